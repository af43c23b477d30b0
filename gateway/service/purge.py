"""PurgeService: what is past its term, erased kind by kind, told, and written into the audit trail."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from rekam.v1 import purge_pb2 as pb

from gateway.audit import Actor, AuditEntry, AuditError, AuditEvent, AuditLog, PersonTokens, SignedHead
from gateway.audit.entry import MAX_COUNT, ROLES
from gateway.guidance import LocalizedText
from gateway.purge import Purged, Purger, ids_digest
from gateway.service import convert
from gateway.service.access import Caller
from gateway.service.audit_trail import peer_name
from gateway.service.errors import ClockUntrustedError
from gateway.service.refusal import unexpected
from gateway.service.status import refusal_of
from gateway.trust import ClockQuality, KeyProblem, time_now

log = structlog.get_logger(__name__)

IDS_IN_MESSAGE = 1000


@dataclass(frozen=True)
class _Told:
    """One kind, and the entry of the audit trail about it."""

    name: str
    purged: Purged
    reason: str = ""
    """Of the error table, where it failed."""
    entry: AuditEntry | None = None


class PurgeCore:
    """Runs the purgers, one after the other, whoever asks.

    Parameters
    ----------
    purgers : sequence of Purger
        Those that others build on last: an enrolment is forgotten after its captures.
    trail : AuditLog
    tokens : PersonTokens
    """

    def __init__(self, purgers: Sequence[Purger], trail: AuditLog, tokens: PersonTokens) -> None:
        self._purgers = tuple(purgers)
        self._trail = trail
        self._tokens = tokens
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[tuple[list[_Told], SignedHead | None]]] = set()

    async def purge(self, request: pb.PurgeRequest, caller: Caller) -> AsyncIterator[pb.PurgeResponse]:
        """Erase, then tell."""
        now = time_now()
        if now.quality is ClockQuality.UNTRUSTED and not (request.dry_run or request.clock_is_right):
            raise ClockUntrustedError
        actor = Actor(
            peer_name(caller.peer, caller.desk_id),
            tuple(sorted(caller.roles & frozenset(ROLES))),
            self._tokens.operator_name(request.operator),
        )
        told, head = await self._begun(now.wall, actor, dry_run=request.dry_run)
        for each in told:
            for message in _messages(each):
                yield pb.PurgeResponse(kind=message)
        if head is not None:
            yield pb.PurgeResponse(
                proof=pb.PurgeProof(audit_head=head.jws, chain_id=head.head.chain_id, sequence=head.head.sequence)
            )

    async def by_itself(self) -> tuple[LocalizedText, ...]:
        """Erase without anybody asking.

        Returns
        -------
        tuple of LocalizedText
            What could not be erased, and why; empty where all was.

        Raises
        ------
        ClockUntrustedError
            Nothing was erased.
        """
        now = time_now()
        if now.quality is ClockQuality.UNTRUSTED:
            raise ClockUntrustedError
        told, _ = await self._begun(now.wall, Actor(), dry_run=False)
        left = [each for each in told if not each.purged.complete]
        return tuple(
            remark for each in left for remark in each.purged.remarks or (LocalizedText(id=each.name, en=each.name),)
        )

    async def stop(self) -> None:
        """Wait until what was begun has ended."""
        if self._running:
            await asyncio.wait(self._running)

    async def _begun(self, now: datetime, actor: Actor, *, dry_run: bool) -> tuple[list[_Told], SignedHead | None]:
        """Run, and tell it in the trail to its end, whether the caller stays or not."""
        work = asyncio.create_task(self._run(now, actor, dry_run=dry_run))
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        return await asyncio.shield(work)

    async def _run(self, now: datetime, actor: Actor, *, dry_run: bool) -> tuple[list[_Told], SignedHead | None]:
        async with self._turn:
            if not dry_run:
                # A process that is killed in the middle leaves this in the trail: something may have been erased.
                await _written(self._trail.submit(AuditEvent("purge.begun", actor=actor)))
            told = [await self._kind(purger, now, actor, dry_run=dry_run) for purger in self._purgers]
        return told, None if dry_run else await self._head()

    async def _kind(self, purger: Purger, now: datetime, actor: Actor, *, dry_run: bool) -> _Told:
        try:
            told = _Told(purger.name, await asyncio.to_thread(purger.purge, now, dry_run=dry_run))
        except Exception as error:
            # The other kinds are erased all the same.
            refusal = refusal_of(error)
            if refusal is None:
                log.exception("purge_failed", kind=purger.name)
                refusal = unexpected()
            told = _Told(purger.name, Purged(remarks=(refusal.message,), complete=False), refusal.reason)
        purged = told.purged
        log.info("purged", kind=purger.name, count=purged.count, bytes=purged.bytes, dry_run=dry_run)
        if dry_run:
            return told
        event = AuditEvent(
            event=f"purge.{purger.name}",
            outcome="OK" if purged.complete else "INCOMPLETE",
            reason=told.reason,
            actor=actor,
            object_kind=purger.object_kind if purged.ids else "",
            object_id=ids_digest(purged.ids) if purged.ids else "",
            count=min(purged.count, MAX_COUNT),
        )
        entry = await _written(self._trail.submit(event))
        if entry is None:
            told = replace(told, purged=replace(purged, remarks=(*purged.remarks, _NOT_AUDITED), complete=False))
        return replace(told, entry=entry)

    async def _head(self) -> SignedHead | None:
        try:
            return await asyncio.wrap_future(self._trail.submit_head())
        except (AuditError, KeyProblem) as error:
            log.error("purge_head_not_signed", error=str(error))
            return None


_NOT_AUDITED = LocalizedText(
    id="Tidak dapat dicatat dalam jejak audit; lihat peringatan gateway.",
    en="It could not be written into the audit trail; see the gateway's warnings.",
)


async def _written(entry: "Future[AuditEntry]") -> AuditEntry | None:
    try:
        return await asyncio.wrap_future(entry)
    except AuditError as error:
        log.error("audit_entries_missing", error=str(error))
        return None


def _messages(told: _Told) -> list[pb.PurgedKind]:
    purged = told.purged
    ids = purged.ids
    return [
        pb.PurgedKind(
            name=told.name,
            ids=ids[start : start + IDS_IN_MESSAGE],
            count=purged.count,
            bytes=purged.bytes,
            ids_sha256=ids_digest(ids) if ids else "",
            remarks=[convert.localized(remark) for remark in purged.remarks] if start == 0 else [],
            complete=purged.complete,
            audit_sequence=told.entry.sequence if told.entry is not None else 0,
        )
        for start in range(0, max(1, len(ids)), IDS_IN_MESSAGE)
    ]
