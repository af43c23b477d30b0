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
from gateway.spool.encryption import Cipher, OpenCipher
from gateway.spool.erasure import ErasureReport, SpoolEraser
from gateway.spool.errors import (
    CaptureAlreadyStored,
    CaptureErased,
    CaptureUnknown,
    SpoolCorrupt,
    SpoolError,
    SpoolFull,
    SpoolKeyWrong,
    SpoolUnwritable,
    StateLocked,
    StateTooNew,
)
from gateway.spool.gap import leave_gap
from gateway.spool.head import ChainHead
from gateway.spool.purgers import AnswerPurger, CapturePurger
from gateway.spool.salvage import SalvageReport
from gateway.spool.store import Spool

__all__ = [
    "AnswerPurger",
    "Blob",
    "CaptureAlreadyStored",
    "CaptureErased",
    "CapturePurger",
    "CaptureUnknown",
    "ChainHead",
    "Cipher",
    "ErasureReport",
    "KeptResponse",
    "OpenCipher",
    "SalvageReport",
    "SignedCapture",
    "Spool",
    "SpoolCorrupt",
    "SpoolDepth",
    "SpoolEraser",
    "SpoolError",
    "SpoolFull",
    "SpoolIncident",
    "SpoolKeyWrong",
    "SpoolLimits",
    "SpoolUnwritable",
    "StateLocked",
    "StateTooNew",
    "StoredCapture",
    "leave_gap",
]
