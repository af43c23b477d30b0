"""AuditService: the trail, read and verified."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

from rekam.v1 import audit_pb2 as pb

from gateway.audit import (
    AuditEntry,
    AuditHead,
    AuditLog,
    AuditQuery,
    AuditReport,
    PersonTokens,
    StoredEntry,
    entry_digest,
    verify_audit,
)
from gateway.audit.entry import in_form
from gateway.service import audit_messages, convert
from gateway.service.access import Caller
from gateway.service.errors import BadArgumentError
from gateway.trust import TrustAnchors

BATCH = 200
"""Entries of one answer: 200 KB."""
FINDINGS = 100
ALL = 2**53 - 1


class AuditCore:
    """Reads the trail for those who may.

    Parameters
    ----------
    trail : AuditLog
    tokens : PersonTokens
    anchors : callable
        The gateway's own certificates, past and present, by which its heads are judged.
    """

    def __init__(self, trail: AuditLog, tokens: PersonTokens, anchors: Callable[[], TrustAnchors]) -> None:
        self._trail = trail
        self._tokens = tokens
        self._anchors = anchors

    async def query_audit(self, request: pb.QueryAuditRequest, caller: Caller) -> AsyncIterator[pb.QueryAuditResponse]:
        """Entries, and perhaps heads, batch by batch."""
        query = self._query(request)
        low, signed = query.from_sequence or 1, query.from_sequence or 1
        # What comes while it is read is not part of the answer: it would be an entry itself, for ever.
        high = min(query.to_sequence or ALL, self._trail.last_sequence)
        left, last = request.limit or ALL, high
        while left > 0 and low <= high:
            asked = replace(query, from_sequence=low, to_sequence=high)
            found = await asyncio.to_thread(
                self._trail.entries, asked, newest_first=request.newest_first, limit=min(BATCH, left)
            )
            if not found:
                break
            answer = pb.QueryAuditResponse(
                entries=[audit_messages.audit_entry(_read(each), each.body) for each in found]
            )
            left -= len(found)
            if request.newest_first:
                high = found[-1].sequence - 1
            else:
                low = found[-1].sequence + 1
                if request.with_heads:
                    answer.heads.extend(await asyncio.to_thread(self._heads, signed, low - 1))
                    signed = low
            yield answer
        if request.with_heads and (heads := await asyncio.to_thread(self._heads, signed, last)):
            yield pb.QueryAuditResponse(heads=heads)

    async def get_head(self, request: pb.GetHeadRequest, caller: Caller) -> pb.GetHeadResponse:
        """The end of the trail, signed now."""
        signed = await asyncio.wrap_future(self._trail.submit_head())
        head: AuditHead = signed.head
        return pb.GetHeadResponse(
            head=signed.jws,
            chain_id=head.chain_id,
            sequence=head.sequence,
            digest=head.digest,
            time=convert.event_time(head.time),
        )

    async def verify_range(self, request: pb.VerifyRangeRequest, caller: Caller) -> pb.VerifyRangeResponse:
        """Check what is on the disk."""
        high = min(request.to_sequence or ALL, self._trail.last_sequence)
        report = await asyncio.to_thread(self._verify, max(1, request.from_sequence), high)
        return pb.VerifyRangeResponse(
            ok=report.ok,
            findings=[
                pb.AuditFinding(fault=each.fault.value, sequence=each.sequence or 0, detail=each.detail)
                for each in report.findings[:FINDINGS]
            ],
            entries=report.length,
            heads=report.heads,
            sealed_sequence=report.sealed,
            last_sequence=report.last,
            missing=report.missing,
        )

    def _verify(self, low: int, high: int) -> AuditReport:
        before = self._trail.entries(AuditQuery(from_sequence=low - 1, to_sequence=low - 1), limit=1) if low > 1 else []
        # A head beyond the range would make its end look cut off; one beyond the last entry is what shows a cut.
        heads = self._heads(low, ALL if high == self._trail.last_sequence else high)
        return verify_audit(
            self._bodies(low, high),
            heads,
            self._anchors(),
            from_sequence=low,
            previous=entry_digest(before[0].body) if before else None,
        )

    def _bodies(self, low: int, high: int) -> Iterator[bytes]:
        while low <= high:
            found = self._trail.entries(AuditQuery(from_sequence=low, to_sequence=high), limit=BATCH)
            if not found:
                return
            yield from (each.body for each in found)
            low = found[-1].sequence + 1

    def _heads(self, low: int, high: int) -> list[bytes]:
        heads: list[bytes] = []
        while found := self._trail.heads(low, high, BATCH):
            heads += [each.jws for each in found]
            low = found[-1].sequence + 1
        return heads

    def _query(self, request: pb.QueryAuditRequest) -> AuditQuery:
        object_id = self._tokens.object_name(request.object_id) if request.object_id else ""
        if request.person:
            if object_id:
                raise BadArgumentError("person", "with object_id: one entry is about one object")
            object_id = self._tokens.person_token(request.person)
        actor = request.actor
        if actor and not in_form("peer", actor):
            actor = self._tokens.operator_name(actor)
        return AuditQuery(
            from_sequence=request.from_sequence if request.HasField("from_sequence") else None,
            to_sequence=request.to_sequence if request.HasField("to_sequence") else None,
            from_time=convert.moment(request.from_time) if request.HasField("from_time") else None,
            to_time=convert.moment(request.to_time) if request.HasField("to_time") else None,
            actor=actor,
            event=request.event,
            device=self._tokens.device_name(request.device_id) if request.device_id else "",
            object_id=object_id,
        )


def _read(stored: StoredEntry) -> AuditEntry | None:
    try:
        return AuditEntry.from_bytes(stored.body)
    except ValueError:
        return None  # a fault that the query shows as it is, and VerifyRange names
