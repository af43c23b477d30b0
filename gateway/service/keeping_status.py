"""What is said when what the office keeps cannot be used: spool, trail, keys, the list of duplicates."""

from collections.abc import Callable

from google.rpc import code_pb2

from gateway.audit import AuditError
from gateway.card_holders import HolderError, HoldersFull, HolderUnfit, HolderUnknown
from gateway.duplicates import BookFull, DuplicatesError, ListRefused, LocalKeyLocked
from gateway.service.refusal import Refusal, row
from gateway.spool import CaptureErased, SpoolError, SpoolFull
from gateway.trust import KeyChangeRefused, KeyExpired, KeyModuleGone, KeyProblem, KeyRevoked

ROWS: dict[type, Callable[[BaseException], Refusal]] = {
    SpoolFull: row(
        code_pb2.RESOURCE_EXHAUSTED,
        "SPOOL_FULL",
        "Penyimpanan penuh: {error}",
        "The spool is full: {error}",
    ),
    CaptureErased: row(
        code_pb2.NOT_FOUND,
        "ERASED",
        "Rekaman {capture_id} telah dihapus pada {erased_at:%Y-%m-%d %H:%M} UTC. Manifesnya yang bertanda tangan "
        "masih tersimpan dalam rantai dan dapat diunduh; isinya tidak dapat dikembalikan.",
        "Capture {capture_id} was erased on {erased_at:%Y-%m-%d %H:%M} UTC. Its signed manifest is kept in the chain "
        "and can be downloaded; what it recorded cannot be brought back.",
        metadata=lambda e: {"capture_id": e.capture_id, "erased_at": e.erased_at.isoformat()},
    ),
    SpoolError: row(
        code_pb2.FAILED_PRECONDITION,
        "SPOOL_UNUSABLE",
        "Penyimpanan tidak dapat dipakai: {error}",
        "The spool cannot be used: {error}",
    ),
    ListRefused: row(
        code_pb2.FAILED_PRECONDITION,
        "LIST_REFUSED",
        "Daftar dari gateway tetangga ditolak, dan tidak ada yang berubah: {error}",
        "The neighbour's list is not taken in, and nothing was changed: {error}",
    ),
    LocalKeyLocked: row(
        code_pb2.FAILED_PRECONDITION,
        "DUPLICATES_LOCKED",
        "Kunci daftar duplikat tidak dapat dibuka: {error}",
        "The key of the duplicate list cannot be opened: {error}",
    ),
    BookFull: row(
        code_pb2.RESOURCE_EXHAUSTED,
        "DUPLICATES_FULL",
        "Tidak ada ruang untuk daftar duplikat: {error}",
        "There is no room for the duplicate list: {error}",
    ),
    DuplicatesError: row(
        code_pb2.FAILED_PRECONDITION,
        "DUPLICATES_UNUSABLE",
        "Daftar duplikat tidak dapat dipakai: {error}",
        "The duplicate list cannot be used: {error}",
    ),
    HolderUnknown: row(code_pb2.NOT_FOUND, HolderUnknown.reason, "{words.id}", "{words.en}"),
    HolderUnfit: row(code_pb2.FAILED_PRECONDITION, HolderUnfit.reason, "{words.id}", "{words.en}"),
    HoldersFull: row(code_pb2.RESOURCE_EXHAUSTED, HoldersFull.reason, "{words.id}", "{words.en}"),
    HolderError: row(code_pb2.FAILED_PRECONDITION, HolderError.reason, "{words.id}", "{words.en}"),
    AuditError: row(
        code_pb2.FAILED_PRECONDITION,
        "AUDIT_UNUSABLE",
        "Jejak audit tidak dapat dipakai: {error}",
        "The audit trail cannot be used: {error}",
    ),
    KeyExpired: row(
        code_pb2.FAILED_PRECONDITION,
        "KEY_EXPIRED",
        "Kunci penanda tangan tidak berlaku: {error}",
        "The signing key is not valid: {error}",
    ),
    KeyRevoked: row(
        code_pb2.FAILED_PRECONDITION,
        "KEY_REVOKED",
        "Kunci penanda tangan telah dicabut: {error}",
        "The signing key is revoked: {error}",
    ),
    KeyModuleGone: row(
        code_pb2.UNAVAILABLE,
        "KEY_UNAVAILABLE",
        "Modul keamanan yang menyimpan kunci tidak menjawab: {error}",
        "The security module with the key does not answer: {error}",
        retry_s=lambda _: 5.0,
    ),
    KeyChangeRefused: row(
        code_pb2.FAILED_PRECONDITION,
        "KEY_CHANGE_REFUSED",
        "Kunci tidak diubah: {error}",
        "The keys stay as they are: {error}",
    ),
    KeyProblem: row(
        code_pb2.FAILED_PRECONDITION,
        "KEY_UNUSABLE",
        "Kunci penanda tangan tidak dapat dipakai: {error}",
        "The signing key cannot be used: {error}",
    ),
}
