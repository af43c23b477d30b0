"""DuplicatesService: lists of recorded people, given to neighbour gateways and taken in from them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from rekam.v1 import duplicates_pb2 as pb

from gateway.audit import Actor, AuditEntry, AuditError, AuditEvent, AuditLog, PersonTokens
from gateway.audit.entry import ROLES
from gateway.duplicates import DuplicateBook, DuplicatesError, ListRefused, NeighbourSource
from gateway.duplicates.exchange_key import ExchangeKey, public_pem, read_recipient, thumbprint
from gateway.duplicates.neighbour_list import ListStatement, statement_of
from gateway.service import convert
from gateway.service.access import Caller
from gateway.service.audit_trail import peer_name
from gateway.service.errors import BadArgumentError, NotFoundError
from gateway.service.uploads import Uploads
from gateway.trust import KeyProblem, Signer, TrustAnchors, time_now
from gateway.trust.clock import is_plausible

log = structlog.get_logger(__name__)

CHUNK = 512 * 1024
VALID_DAYS = 30
T = TypeVar("T")


@dataclass(frozen=True)
class _Packed:
    """A list that was made here."""

    statement: ListStatement
    data: bytes


class DuplicatesCore:
    """Gives and takes lists, one after the other.

    Parameters
    ----------
    book : callable
        The duplicate book, opened where need be; blocking.
    exchange : ExchangeKey
    key : Signer
        Signs the lists that are made here.
    trail : AuditLog
    tokens : PersonTokens
    """

    def __init__(
        self,
        book: Callable[[], DuplicateBook],
        exchange: ExchangeKey,
        key: Signer,
        trail: AuditLog,
        tokens: PersonTokens,
    ) -> None:
        self._book = book
        self._exchange = exchange
        self._key = key
        self._trail = trail
        self._tokens = tokens
        self._uploads = Uploads()
        self._turn = asyncio.Lock()
        """A list is in memory as a whole, several times over: one at a time."""
        self._running: set[asyncio.Task[Any]] = set()

    async def get_exchange_key(self, request: pb.GetExchangeKeyRequest, caller: Caller) -> pb.GetExchangeKeyResponse:
        """What neighbours make their lists for."""
        private = await asyncio.to_thread(self._exchange.private_key)
        return pb.GetExchangeKeyResponse(
            gateway_id=self._key.gateway_id,
            public_key_pem=public_pem(private),
            thumbprint=thumbprint(private.public_key()),
        )

    async def export_neighbour_list(
        self, request: pb.ExportNeighbourListRequest, caller: Caller
    ) -> AsyncIterator[pb.ExportNeighbourListResponse]:
        """Everybody recorded here, for one neighbour; audited, then given."""
        async with self._turn:
            packed = await asyncio.to_thread(self._packed, request)
        statement, data = packed.statement, packed.data
        # What leaves is in the trail before it does; where it cannot be written, nothing leaves.
        told = self._told("duplicates.exported", caller, request.operator, statement.list_id, statement.people)
        await asyncio.wrap_future(told)
        log.info("neighbour_list_exported", list=statement.list_id, people=statement.people, bytes=len(data))
        yield pb.ExportNeighbourListResponse(
            list=pb.NeighbourListFile(
                list_id=statement.list_id,
                recipient=statement.recipient,
                people=statement.people,
                made_at=convert.timestamp(statement.made_at),
                expires_at=convert.timestamp(statement.expires_at),
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
            )
        )
        for start in range(0, len(data), CHUNK):
            yield pb.ExportNeighbourListResponse(data=data[start : start + CHUNK])

    async def import_neighbour_list(
        self, request: pb.ImportNeighbourListRequest, caller: Caller
    ) -> pb.ImportNeighbourListResponse:
        """A part of a list; with the last one it is taken in."""
        # A bundle that is none is told before the list is sent for nothing.
        anchors = _anchors(request.trust_pem) if request.trust_pem else None
        received = self._uploads.add(request.sha256, request.total_size, request.offset, request.data)
        if received < request.total_size:
            return pb.ImportNeighbourListResponse(received=received)
        if anchors is None:
            raise BadArgumentError("trust_pem", "the neighbour's trust bundle is due with the last part")
        data = self._uploads.take(request.sha256)
        source = await self._to_its_end(self._taken_in(data, request.sha256, anchors, caller, request.operator))
        return pb.ImportNeighbourListResponse(received=received, neighbour=_neighbour(source))

    async def list_neighbours(self, request: pb.ListNeighboursRequest, caller: Caller) -> pb.ListNeighboursResponse:
        """The lists that are here."""
        sources = await asyncio.to_thread(lambda: self._book().sources())
        return pb.ListNeighboursResponse(neighbours=[_neighbour(source) for source in sources])

    async def forget_neighbour(self, request: pb.ForgetNeighbourRequest, caller: Caller) -> pb.ForgetNeighbourResponse:
        """Erase one list."""
        people = await self._to_its_end(self._forgotten(request.gateway_id, caller, request.operator))
        return pb.ForgetNeighbourResponse(people=people)

    async def stop(self) -> None:
        """Wait until what was begun has ended."""
        self._uploads.clear()
        if self._running:
            await asyncio.wait(self._running)

    def _packed(self, request: pb.ExportNeighbourListRequest) -> _Packed:
        try:
            recipient = read_recipient(request.recipient_pem)
        except ValueError as error:
            raise BadArgumentError("recipient_pem", str(error)) from error
        if thumbprint(recipient) == self._own_thumbprint():
            raise BadArgumentError("recipient_pem", "it is this gateway's own key; the neighbour's is due")
        valid = timedelta(days=request.valid_days or VALID_DAYS)
        data = self._book().export_list(recipient, self._key.current(), time_now(), valid)
        return _Packed(statement_of(data), data)

    def _own_thumbprint(self) -> str | None:
        try:
            return thumbprint(self._exchange.private_key().public_key())
        except (DuplicatesError, KeyProblem):
            return None  # a gateway that cannot open its own key gives lists all the same

    async def _taken_in(
        self, data: bytes, sha256: str, anchors: TrustAnchors, caller: Caller, operator: str
    ) -> NeighbourSource:
        async with self._turn:
            source = await asyncio.to_thread(self._imported, data, sha256, anchors)
        log.info("neighbour_list_imported", gateway=source.gateway_id, list=source.list_id, people=source.people)
        await _written(self._told("duplicates.imported", caller, operator, source.list_id, source.people))
        return source

    def _imported(self, data: bytes, sha256: str, anchors: TrustAnchors) -> NeighbourSource:
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ListRefused("The file was damaged on its way to the gateway.", "Import it again.")
        private = self._exchange.private_key()
        return self._book().import_list(data, private, anchors, time_now().wall)

    async def _forgotten(self, gateway_id: str, caller: Caller, operator: str) -> int:
        async with self._turn:
            list_id, people = await asyncio.to_thread(self._erased, gateway_id)
        log.info("neighbour_list_forgotten", gateway=gateway_id, list=list_id, people=people)
        await _written(self._told("duplicates.forgotten", caller, operator, list_id, people))
        return people

    def _erased(self, gateway_id: str) -> tuple[str, int]:
        book = self._book()
        list_id = next((each.list_id for each in book.sources() if each.gateway_id == gateway_id), None)
        if list_id is None:
            raise NotFoundError("neighbour list", gateway_id)
        return list_id, book.forget_source(gateway_id).neighbours.get(gateway_id, 0)

    def _told(self, event: str, caller: Caller, operator: str, list_id: str, people: int) -> "Future[AuditEntry]":
        actor = Actor(
            peer_name(caller.peer, caller.desk_id),
            tuple(sorted(caller.roles & frozenset(ROLES))),
            self._tokens.operator_name(operator),
        )
        list_name = self._tokens.object_name(list_id)
        return self._trail.submit(AuditEvent(event, actor=actor, object_kind="list", object_id=list_name, count=people))

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it, and tell it in the trail, whether the caller stays or not."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # told to the caller, or nobody is there any more


async def _written(entry: "Future[AuditEntry]") -> None:
    """Wait until it is on the disk; what it tells was done, and is not undone where it cannot be."""
    try:
        await asyncio.wrap_future(entry)
    except AuditError as error:
        log.error("audit_entries_missing", error=str(error))


def _anchors(pem: str) -> TrustAnchors:
    try:
        return TrustAnchors.from_pem(pem)
    except ValueError as error:
        raise BadArgumentError(
            "trust_pem", "it holds no certificates; what `rekam keys export --pem` writes at the neighbour is due"
        ) from error


def _neighbour(source: NeighbourSource) -> pb.Neighbour:
    now = time_now().wall
    return pb.Neighbour(
        gateway_id=source.gateway_id,
        list_id=source.list_id,
        made_at=convert.timestamp(source.made_at),
        expires_at=convert.timestamp(source.expires_at),
        people=source.people,
        ended=is_plausible(now) and source.expires_at <= now,
    )
