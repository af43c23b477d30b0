"""The durable store of captures; the face of the room."""

from gateway.spool.capture import (
    Blob,
    KeptResponse,
    SignedCapture,
    SpoolDepth,
    SpoolIncident,
    SpoolLimits,
    StoredCapture,
)
from gateway.spool.errors import (
    CaptureAlreadyStored,
    CaptureUnknown,
    SpoolCorrupt,
    SpoolError,
    SpoolFull,
    SpoolUnwritable,
    StateLocked,
    StateTooNew,
)
from gateway.spool.head import ChainHead
from gateway.spool.salvage import SalvageReport
from gateway.spool.store import Spool

__all__ = [
    "Blob",
    "CaptureAlreadyStored",
    "CaptureUnknown",
    "ChainHead",
    "KeptResponse",
    "SalvageReport",
    "SignedCapture",
    "Spool",
    "SpoolCorrupt",
    "SpoolDepth",
    "SpoolError",
    "SpoolFull",
    "SpoolIncident",
    "SpoolLimits",
    "SpoolUnwritable",
    "StateLocked",
    "StateTooNew",
    "StoredCapture",
]
