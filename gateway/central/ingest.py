"""What a centre answers its gateways: one method per method of IngestService, over values, without gRPC."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from gateway.central.admission import CLOSED_WAIT_S, TurnedAway
from gateway.central.answers import ANNOUNCEMENTS_TOLD, AnswerSigner, in_force, whole_milliseconds
from gateway.central.claims import Claim, Claims
from gateway.central.errors import StateUnusable, StoreError
from gateway.central.ledger import Ledger
from gateway.central.standings import no_room
from gateway.central.store import CentreStore
from gateway.central.upload import Read, Tell, Upload, UploadPorts
from gateway.centre import CentreCondition, CentreState, PacketNotice, PacketStanding, StandingState
from gateway.trust import KeyProblem

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
_ANSWERS_AT_ONCE = 200


@dataclass(frozen=True)
class UploadOffset:
    """Where an upload's bytes begin."""

    notice: PacketNotice
    offset: int


class Ingest:
    """Answers gateways; used by one event loop.

    Parameters
    ----------
    centre_id : str
    store : CentreStore
    ledger : Ledger
    signer : AnswerSigner
    ports : UploadPorts
    """

    def __init__(
        self, centre_id: str, store: CentreStore, ledger: Ledger, signer: AnswerSigner, ports: UploadPorts
    ) -> None:
        self.centre_id = centre_id
        self._store, self._ledger, self._signer, self._ports = store, ledger, signer, ports
        self._claims = Claims()
        self._settling: set[asyncio.Task[None]] = set()

    async def centre(self, gateway_id: str) -> CentreState:
        """How the centre does.

        Raises
        ------
        TurnedAway
            Not even that can be told.
        """
        place = await self._asked(gateway_id, self._place, gateway_id)
        condition, retry_after_s = self._ports.admission.condition(gateway_id)
        return replace(place, condition=condition, retry_after_s=retry_after_s)

    async def offer(self, gateway_id: str, notices: Sequence[PacketNotice]) -> list[PacketStanding]:
        """Where packets stand, in their order.

        Raises
        ------
        TurnedAway
        """
        with self._ports.admission.offer(gateway_id):
            standings = await self._standings(gateway_id, notices)
        waiting = sum(
            notice.size - each.received
            for notice, each in zip(notices, standings, strict=True)
            if each.state is StandingState.PARTIAL
        )
        self._ports.admission.offered(gateway_id, waiting)
        return standings

    async def upload(self, gateway_id: str, start: UploadOffset, read: Read, tell: Tell) -> PacketStanding:
        """Take bytes of a packet; where it stands afterwards.

        Raises
        ------
        TurnedAway
        TooManyBytes
        """
        notice, admission = start.notice, self._ports.admission
        claim = await self._claims.take(gateway_id, notice.packet_id)
        upload = Upload(self._ports, gateway_id, notice, claim)
        try:
            standing = (await self._standings(gateway_id, [notice]))[0]
            if standing.state is not StandingState.PARTIAL or standing.received != start.offset or claim.lost.is_set():
                return standing
            with admission.upload(gateway_id, notice.size - standing.received) as intake:
                await tell(standing.received)  # its bytes are wanted: the client waits for it before it sends any
                return await self._told(gateway_id, upload.taken(read, tell, intake))
        finally:
            task = asyncio.create_task(self._settled(upload, gateway_id, notice, claim))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def answers(self, gateway_id: str, ledger_id: str, after: int) -> AsyncIterator[tuple[str, int, bytes]]:
        """Ledger, sequence and JWS of each answer beyond a place; of another ledger than that, all.

        Raises
        ------
        TurnedAway
        """
        current = self._ledger.ledger_id
        after = after if ledger_id == current else 0
        while page := await self._asked(gateway_id, self._signed_answers, gateway_id, current, after):
            for sequence, jws in page:
                yield current, sequence, jws
            after = page[-1][0]

    def stop(self) -> None:
        """Take nothing more, and let uploads end where they are: what came stays."""
        self._ports.admission.is_closed = True
        self._claims.end_all()

    async def settled(self) -> None:
        """Wait until what was begun by calls that are over is done."""
        while self._settling:
            await asyncio.wait(self._settling)

    async def _standings(self, gateway_id: str, notices: Sequence[PacketNotice]) -> list[PacketStanding]:
        standings = await self._asked(gateway_id, self._ports.standings.of, gateway_id, notices)
        return [self._with_room(notice, each) for notice, each in zip(notices, standings, strict=True)]

    def _place(self, gateway_id: str) -> CentreState:
        mark = self._ledger.mark  # before the store is asked: it is never ahead of it
        if self._ledger.follow(mark, self._store.ordinal()):
            log.warning("store_went_back", ledger_id=self._ledger.ledger_id)
        ledger_id = self._ledger.ledger_id
        announcements = in_force(self._store.announcements(ANNOUNCEMENTS_TOLD), whole_milliseconds())
        return CentreState(
            *(self.centre_id, ledger_id, self._store.last_sequence(gateway_id), CentreCondition.ACCEPTING, None),
            announcements=tuple(self._signer.announcement(each) for each in announcements),
        )

    def _signed_answers(self, gateway_id: str, ledger_id: str, after: int) -> list[tuple[int, bytes]]:
        answers = self._store.answers(gateway_id, after, _ANSWERS_AT_ONCE)
        if answers:
            self._ledger.reached(self._store.ordinal())
        return [(each.sequence, self._signer.answer(each, ledger_id)) for each in answers]

    def _with_room(self, notice: PacketNotice, standing: PacketStanding) -> PacketStanding:
        if standing.state is not StandingState.PARTIAL:
            return standing
        if self._ports.admission.has_room(notice.size - standing.received):
            return standing
        return no_room(notice, standing.received)

    async def _settled(self, upload: Upload, gateway_id: str, notice: PacketNotice, claim: Claim) -> None:
        try:
            await upload.settle()
        except Exception:
            log.exception("upload_not_settled", gateway=gateway_id, packet=notice.packet_id)
        finally:
            self._claims.release(gateway_id, notice.packet_id, claim)

    async def _asked(self, gateway_id: str, work: Callable[..., _T], *arguments: object) -> _T:
        """The work in a thread; what keeps the centre from it is a reason to come again."""
        loop = asyncio.get_running_loop()
        return await self._told(gateway_id, loop.run_in_executor(self._ports.disk_threads, work, *arguments))

    async def _told(self, gateway_id: str, work: "asyncio.Future[_T] | Coroutine[object, object, _T]") -> _T:
        try:
            return await work
        except (StoreError, StateUnusable) as error:
            log.error("centre_hindered", reason=error.reason, cause=error.words.en)
            raise TurnedAway(error.reason, error.words.en, self._ports.admission.wait_s(gateway_id)) from error
        except KeyProblem as error:
            log.error("centre_cannot_sign", reason=error.reason, cause=str(error))
            raise TurnedAway(error.reason, f"The centre cannot sign: {error}", CLOSED_WAIT_S) from error
