"""The audit trail: who did what, when, on which device, with what outcome; the face of the room."""

from gateway.audit.database import AuditQuery, StoredEntry, StoredHead
from gateway.audit.entry import Actor, AuditEntry, AuditEvent, entry_digest
from gateway.audit.errors import (
    AuditBehind,
    AuditCorrupt,
    AuditError,
    AuditFieldError,
    AuditFull,
    AuditTooNew,
    AuditUnwritable,
)
from gateway.audit.export import AuditExport, entry_line, first_line, head_line, read_export
from gateway.audit.head import AuditHead, ReadHead, SignedHead, read_audit_head, sign_audit_head
from gateway.audit.log import AuditLog, HeadInterval
from gateway.audit.person import PersonTokens
from gateway.audit.verification import AuditFault, AuditFinding, AuditReport, verify_audit

__all__ = [
    "Actor",
    "AuditBehind",
    "AuditCorrupt",
    "AuditEntry",
    "AuditError",
    "AuditEvent",
    "AuditExport",
    "AuditFault",
    "AuditFieldError",
    "AuditFinding",
    "AuditFull",
    "AuditHead",
    "AuditLog",
    "AuditQuery",
    "AuditReport",
    "AuditTooNew",
    "AuditUnwritable",
    "HeadInterval",
    "PersonTokens",
    "ReadHead",
    "SignedHead",
    "StoredEntry",
    "StoredHead",
    "entry_digest",
    "entry_line",
    "first_line",
    "head_line",
    "read_audit_head",
    "read_export",
    "sign_audit_head",
    "verify_audit",
]
