"""Entries of the audit trail as messages of the API."""

from rekam.v1 import audit_pb2

from gateway.audit import AuditEntry
from gateway.service import convert


def audit_entry(entry: AuditEntry | None, canonical: bytes) -> audit_pb2.AuditEntry:
    """An entry of the audit trail; its bytes alone where they cannot be read."""
    if entry is None:
        return audit_pb2.AuditEntry(canonical=canonical)
    event = entry.event
    return audit_pb2.AuditEntry(
        sequence=entry.sequence,
        time=convert.event_time(entry.time),
        boot_id=entry.boot_id,
        event=event.event,
        peer=event.actor.peer,
        roles=event.actor.roles,
        operator=event.actor.operator,
        device_id=event.device,
        object_kind=event.object_kind,
        object_id=event.object_id,
        outcome=event.outcome,
        reason=event.reason,
        count=event.count,
        shift_ms=event.shift_ms,
        canonical=canonical,
    )
