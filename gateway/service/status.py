"""One table: which error of ours is which gRPC status, with reason, retry and words in both languages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from calibration.errors import MeasurementRefused
from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    CardLost,
    CardRefused,
    CardTimeout,
    CardUnusable,
    CardWasReset,
    DeviceAccessDenied,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
)
from gateway.audit import AuditError
from gateway.bundle import BundleError, BundleUnknown, SourceChanged
from gateway.calibration.errors import (
    CalibrationError,
    CalibrationFailed,
    CalibrationMissing,
    CalibrationObjected,
    CalibrationOverdue,
    CalibrationRefused,
    CalibrationUnknown,
)
from gateway.callback import CallbackError, CallbackUnknown
from gateway.capture.leases import LeaseHeldError, LeaseLostError
from gateway.capture.recorder import RecordingError
from gateway.desks import CertificateRefused
from gateway.duplicates import BookFull, DuplicatesError, ListRefused, LocalKeyLocked
from gateway.enrolment import EnrolmentError, SealingFailed
from gateway.events import FellBehindError
from gateway.forwarding import ForwardingError, OutboxFull, PacketUnknown, RetryRefused
from gateway.guidance import LocalizedText
from gateway.ledger import LedgerError, StandingUnknown, StatusRefused
from gateway.link import AnnouncementRefused, HistoryCorrupt, LinkError
from gateway.service import enrolment_status
from gateway.service.errors import (
    BadArgumentError,
    ClockUntrustedError,
    DeviceNotReadyError,
    InvalidRequestError,
    LeaseRequiredError,
    NotFoundError,
    NotSealedError,
    OriginDeniedError,
    PairingRequiredError,
    RoleDeniedError,
    SlowReaderError,
    StoppingError,
    TemplatesUnusableError,
    TooManyRequestsError,
    TooManyTriesError,
    UploadOutOfStepError,
)
from gateway.spool import CaptureErased, SpoolError, SpoolFull
from gateway.trust import KeyChangeRefused, KeyExpired, KeyModuleGone, KeyProblem, KeyRevoked

DOMAIN = "rekam"


@dataclass(frozen=True)
class Refusal:
    """How a request fails, for any door."""

    code: int
    """A `google.rpc.Code`."""
    reason: str
    message: LocalizedText
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    retry_s: float | None = None
    violations: tuple[tuple[str, str], ...] = ()
    details: tuple[Message, ...] = ()
    """Messages of ours that the status carries besides."""


def refusal_of(error: BaseException) -> Refusal | None:
    """The refusal for an error of ours; None for anything else, which is a bug."""
    for kind in type(error).__mro__:
        row = _TABLE.get(kind)
        if row is not None:
            return row(error)
    return None


def unexpected() -> Refusal:
    """What a bug looks like from outside: no text of it leaves."""
    return Refusal(
        code_pb2.INTERNAL,
        "INTERNAL",
        LocalizedText(
            id="Kesalahan dalam gateway; rinciannya ada di catatan log.",
            en="A fault inside the gateway; its log has the details.",
        ),
    )


def to_status(refusal: Refusal) -> status_pb2.Status:
    """The refusal as `google.rpc.Status` with its details."""
    details: list[Any] = [
        error_details_pb2.ErrorInfo(domain=DOMAIN, reason=refusal.reason, metadata=dict(refusal.metadata)),
        error_details_pb2.LocalizedMessage(locale="id", message=refusal.message.id),
        error_details_pb2.LocalizedMessage(locale="en", message=refusal.message.en),
    ]
    if refusal.retry_s is not None:
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(int(max(0.0, refusal.retry_s) * 1e9))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    if refusal.violations:
        bad = error_details_pb2.BadRequest()
        for name, description in refusal.violations:
            bad.field_violations.add(field=name, description=description)
        details.append(bad)
    details += refusal.details
    status = status_pb2.Status(code=refusal.code, message=refusal.message.en)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def _row(
    code: int,
    reason: str,
    id_text: str,
    en_text: str,
    *,
    retry_s: Callable[[Any], float] | None = None,
    metadata: Callable[[Any], dict[str, str]] | None = None,
    violations: bool = False,
) -> Callable[[BaseException], Refusal]:
    def refusal(error: BaseException) -> Refusal:
        words = {"error": str(error), **vars(error)}
        return Refusal(
            code,
            reason,
            LocalizedText(id=id_text.format(**words), en=en_text.format(**words)),
            metadata(error) if metadata else {},
            retry_s(error) if retry_s else None,
            error.violations if violations else (),  # type: ignore[attr-defined]
        )

    return refusal


_LOST = _row(
    code_pb2.UNAVAILABLE,
    "DEVICE_LOST",
    "Alat terputus ({error}). Periksa kabelnya; gateway memulihkannya sendiri.",
    "The device was lost ({error}). Check its cable; the gateway brings it back by itself.",
    retry_s=lambda _: 2.0,
)

_NOT_READY = _row(
    code_pb2.FAILED_PRECONDITION,
    "DEVICE_NOT_READY",
    "Alat belum siap: {error}.",
    "The device is not ready: {error}.",
)


def _recording_refusal(error: BaseException) -> Refusal:
    assert isinstance(error, RecordingError)
    full = error.reason == "SPOOL_FULL"
    code = code_pb2.RESOURCE_EXHAUSTED if full else code_pb2.FAILED_PRECONDITION
    return Refusal(code, error.reason, error.words)


def _enrolment_refusal(row: enrolment_status.EnrolmentRow) -> Callable[[BaseException], Refusal]:
    def refusal(error: BaseException) -> Refusal:
        assert isinstance(error, EnrolmentError)
        if type(error) is SealingFailed and error.__cause__ is not None:
            told = refusal_of(error.__cause__)  # a key that has ended, or nobody to seal for, says more
            if told is not None:
                return told
        words = row.words(error)
        violations = ((row.field, words.en),) if row.field else ()
        return Refusal(row.code, error.reason, words, row.metadata(error), row.retry_s, violations, row.details(error))

    return refusal


_TABLE: dict[type, Callable[[BaseException], Refusal]] = {
    **{kind: _enrolment_refusal(row) for kind, row in enrolment_status.ROWS.items()},
    DeviceNotFound: _row(
        code_pb2.NOT_FOUND, "DEVICE_NOT_FOUND", "Alat tidak ditemukan: {error}.", "The device was not found: {error}."
    ),
    DeviceBusy: _NOT_READY,
    DeviceUnsupported: _NOT_READY,
    DeviceAccessDenied: _NOT_READY,
    DeviceNotReadyError: _NOT_READY,
    DeviceLost: _LOST,
    DeviceHung: _LOST,
    DeviceError: _NOT_READY,
    CaptureTimeout: _row(
        code_pb2.DEADLINE_EXCEEDED,
        "CAPTURE_TIMEOUT",
        "Tidak ada jari dalam waktu yang ditentukan.",
        "No finger came in the time given.",
    ),
    CaptureCancelled: _row(
        code_pb2.CANCELLED, "CAPTURE_CANCELLED", "Perekaman dibatalkan.", "The capture was cancelled."
    ),
    CardTimeout: _row(
        code_pb2.DEADLINE_EXCEEDED,
        "CARD_TIMEOUT",
        "Tidak ada kartu dalam waktu yang ditentukan.",
        "No card came in the time given.",
    ),
    CardLost: _row(
        code_pb2.FAILED_PRECONDITION,
        "CARD_LOST",
        "Kartu dicabut saat sedang dipakai; pasang kembali kartu itu.",
        "The card was taken away while it was in use; put it back.",
    ),
    CardWasReset: _row(
        code_pb2.ABORTED,
        "CARD_RESET",
        "Kartu kehilangan daya; mulai lagi.",
        "The card lost its power; begin again.",
        retry_s=lambda _: 1.0,
    ),
    CardUnusable: _row(
        code_pb2.FAILED_PRECONDITION,
        "CARD_UNUSABLE",
        "Kartu tidak dapat dibaca: balikkan, bersihkan, atau ambil yang lain.",
        "The card cannot be read: turn it round, clean it, or take another.",
    ),
    CardRefused: _row(
        code_pb2.FAILED_PRECONDITION,
        "CARD_REFUSED",
        "Kartu menolak: {error}.",
        "The card refused: {error}.",
        metadata=lambda e: {
            "sw": f"{e.sw:04X}",
            "tries_left": "" if e.tries_left is None else str(e.tries_left),
        },
    ),
    LeaseHeldError: _row(
        code_pb2.ABORTED,
        "LEASE_HELD",
        "Alat sedang dipakai oleh {holder}. Tunggu, atau minta antrean dengan `wait`.",
        "The device is in use by {holder}. Wait, or queue for it with `wait`.",
        retry_s=lambda e: e.remaining_s,
        metadata=lambda e: {
            "holder": e.holder,
            "device_id": e.device_id,
            "remaining_ms": str(int(e.remaining_s * 1000)),
        },
    ),
    LeaseLostError: _row(
        code_pb2.FAILED_PRECONDITION,
        "LEASE_LOST",
        "Pinjaman alat sudah berakhir ({error}). Mintalah yang baru.",
        "The lease is over ({error}). Acquire a new one.",
        metadata=lambda e: {"lease_id": e.lease_id, "state": e.state.value if e.state else "unknown"},
    ),
    LeaseRequiredError: _row(
        code_pb2.FAILED_PRECONDITION,
        "LEASE_REQUIRED",
        "Pinjaman tidak mencakup alat ini: {error}.",
        "The lease does not cover this device: {error}.",
    ),
    NotFoundError: _row(
        code_pb2.NOT_FOUND,
        "NOT_FOUND",
        "Tidak ada {kind} dengan nama {name}.",
        "There is no {kind} named {name}.",
        metadata=lambda e: {"kind": e.kind, "name": e.name},
    ),
    BadArgumentError: _row(
        code_pb2.INVALID_ARGUMENT,
        "INVALID_ARGUMENT",
        "Permintaan tidak dapat dipakai: {error}.",
        "The request cannot be used: {error}.",
        violations=True,
    ),
    InvalidRequestError: _row(
        code_pb2.INVALID_ARGUMENT,
        "INVALID_ARGUMENT",
        "Permintaan tidak dapat dipakai: {error}.",
        "The request cannot be used: {error}.",
        violations=True,
    ),
    RoleDeniedError: _row(
        code_pb2.PERMISSION_DENIED,
        "ROLE_DENIED",
        "Anda memerlukan peran {needed}.",
        "This needs the role {needed}.",
        metadata=lambda e: {"needed": e.needed},
    ),
    OriginDeniedError: _row(
        code_pb2.PERMISSION_DENIED, "ORIGIN_DENIED", "Asal halaman tidak diizinkan.", "This origin is not allowed."
    ),
    CertificateRefused: _row(
        code_pb2.UNAUTHENTICATED,
        "CERTIFICATE_REFUSED",
        "{words_id}",
        "{words_en}",
        metadata=lambda e: {"cause": e.cause},
    ),
    PairingRequiredError: _row(
        code_pb2.UNAUTHENTICATED,
        "PAIRING_REQUIRED",
        "Halaman ini belum dipasangkan dengan gateway; mintalah kode dan ketikkan (Pair).",
        "This page is not paired with the gateway; ask for a code and type it in (Pair).",
    ),
    TooManyRequestsError: _row(
        code_pb2.RESOURCE_EXHAUSTED,
        "TOO_MANY_REQUESTS",
        "Terlalu banyak permintaan; tunggu sebentar.",
        "Too many requests; wait a moment.",
        retry_s=lambda e: e.retry_s,
    ),
    SlowReaderError: _row(
        code_pb2.RESOURCE_EXHAUSTED,
        "SLOW_READER",
        "Pembaca tertinggal terlalu jauh; mulailah lagi tanpa from_seq.",
        "The reader is too far behind; begin again without from_seq.",
    ),
    FellBehindError: _row(
        code_pb2.RESOURCE_EXHAUSTED,
        "SLOW_READER",
        "Pembaca tertinggal terlalu jauh; mulailah lagi tanpa from_seq.",
        "The reader is too far behind; begin again without from_seq.",
        metadata=lambda e: {"oldest_seq": str(e.oldest)},
    ),
    ClockUntrustedError: _row(
        code_pb2.FAILED_PRECONDITION,
        "CLOCK_UNTRUSTED",
        "Jam komputer ini tidak dapat dipercaya, sehingga umur data tidak diketahui; tidak ada yang dihapus. "
        "Sinkronkan jam (`timedatectl`), atau nyatakan bahwa jam sudah benar (`--clock-is-right`).",
        "This machine's clock cannot be trusted, so nobody knows how old anything is; nothing was erased. "
        "Synchronise it (`timedatectl`), or state that it is right (`--clock-is-right`).",
    ),
    StoppingError: _row(
        code_pb2.UNAVAILABLE,
        "STOPPING",
        "Gateway sedang berhenti; sambungkan lagi sebentar kemudian.",
        "The gateway is stopping; connect again in a moment.",
        retry_s=lambda _: 2.0,
    ),
    TooManyTriesError: _row(
        code_pb2.RESOURCE_EXHAUSTED,
        "TOO_MANY_TRIES",
        "Terlalu banyak percobaan; tunggu sebentar.",
        "Too many tries; wait a moment.",
        retry_s=lambda e: e.retry_s,
    ),
    RecordingError: _recording_refusal,
    SpoolFull: _row(
        code_pb2.RESOURCE_EXHAUSTED,
        "SPOOL_FULL",
        "Penyimpanan penuh: {error}",
        "The spool is full: {error}",
    ),
    CaptureErased: _row(
        code_pb2.NOT_FOUND,
        "ERASED",
        "Rekaman {capture_id} telah dihapus pada {erased_at:%Y-%m-%d %H:%M} UTC. Manifesnya yang bertanda tangan "
        "masih tersimpan dalam rantai dan dapat diunduh; isinya tidak dapat dikembalikan.",
        "Capture {capture_id} was erased on {erased_at:%Y-%m-%d %H:%M} UTC. Its signed manifest is kept in the chain "
        "and can be downloaded; what it recorded cannot be brought back.",
        metadata=lambda e: {"capture_id": e.capture_id, "erased_at": e.erased_at.isoformat()},
    ),
    SpoolError: _row(
        code_pb2.FAILED_PRECONDITION,
        "SPOOL_UNUSABLE",
        "Penyimpanan tidak dapat dipakai: {error}",
        "The spool cannot be used: {error}",
    ),
    AnnouncementRefused: _row(
        code_pb2.INVALID_ARGUMENT,
        "ANNOUNCEMENT_INVALID",
        "Pengumuman tidak dapat diterima: {error}",
        "The announcement cannot be taken: {error}",
    ),
    HistoryCorrupt: _row(
        code_pb2.DATA_LOSS,
        "STATE_CORRUPT",
        "Catatan gangguan jaringan rusak: {error}",
        "The record of outages is damaged: {error}",
    ),
    LinkError: _row(
        code_pb2.FAILED_PRECONDITION,
        "STATE_UNWRITABLE",
        "Catatan gangguan jaringan tidak dapat dipakai: {error}",
        "The record of outages cannot be used: {error}",
    ),
    ListRefused: _row(
        code_pb2.FAILED_PRECONDITION,
        "LIST_REFUSED",
        "Daftar dari gateway tetangga ditolak, dan tidak ada yang berubah: {error}",
        "The neighbour's list is not taken in, and nothing was changed: {error}",
    ),
    LocalKeyLocked: _row(
        code_pb2.FAILED_PRECONDITION,
        "DUPLICATES_LOCKED",
        "Kunci daftar duplikat tidak dapat dibuka: {error}",
        "The key of the duplicate list cannot be opened: {error}",
    ),
    BookFull: _row(
        code_pb2.RESOURCE_EXHAUSTED,
        "DUPLICATES_FULL",
        "Tidak ada ruang untuk daftar duplikat: {error}",
        "There is no room for the duplicate list: {error}",
    ),
    DuplicatesError: _row(
        code_pb2.FAILED_PRECONDITION,
        "DUPLICATES_UNUSABLE",
        "Daftar duplikat tidak dapat dipakai: {error}",
        "The duplicate list cannot be used: {error}",
    ),
    UploadOutOfStepError: _row(
        code_pb2.FAILED_PRECONDITION,
        "UPLOAD_OUT_OF_STEP",
        "Bagian berkas tidak berurutan: yang ditunggu mulai dari bita {received}. Kirim lagi dari sana.",
        "The parts of the file are out of order: the one from byte {received} on is due. Send it from there again.",
        metadata=lambda e: {"received": str(e.received)},
    ),
    BundleUnknown: _row(code_pb2.NOT_FOUND, "NOT_FOUND", "{words.id}", "{words.en}"),
    SourceChanged: _row(code_pb2.FAILED_PRECONDITION, "PACKET_CHANGED", "{words.id}", "{words.en}"),
    BundleError: _row(code_pb2.FAILED_PRECONDITION, "BUNDLES_UNUSABLE", "{words.id}", "{words.en}"),
    OutboxFull: _row(
        code_pb2.RESOURCE_EXHAUSTED,
        "SPOOL_FULL",
        "Yang menunggu pusat sudah mencapai batasnya; semua yang sudah direkam tetap aman: {error}",
        "What waits for the centre has reached its limit: {error}",
    ),
    PacketUnknown: _row(code_pb2.NOT_FOUND, "NOT_FOUND", "Paket tidak ditemukan: {error}", "{error}"),
    RetryRefused: _row(code_pb2.FAILED_PRECONDITION, "RETRY_REFUSED", "Paket dibiarkan apa adanya: {error}", "{error}"),
    ForwardingError: _row(
        code_pb2.FAILED_PRECONDITION,
        "OUTBOX_UNUSABLE",
        "Daftar kirim tidak dapat dipakai: {error}",
        "The outbox cannot be used: {error}",
    ),
    StandingUnknown: _row(code_pb2.NOT_FOUND, "NOT_FOUND", "Perekaman tidak ditemukan: {error}", "{error}"),
    StatusRefused: _row(code_pb2.FAILED_PRECONDITION, "STATUS_REFUSED", "Status tidak diubah: {error}", "{error}"),
    LedgerError: _row(
        code_pb2.FAILED_PRECONDITION,
        "LEDGER_UNUSABLE",
        "Daftar status tidak dapat dipakai: {error}",
        "The ledger of statuses cannot be used: {error}",
    ),
    CalibrationUnknown: _row(
        code_pb2.NOT_FOUND, "NOT_FOUND", "Kalibrasi tidak ditemukan: {error}", "The calibration was not found: {error}"
    ),
    CalibrationObjected: _row(
        code_pb2.FAILED_PRECONDITION,
        "CALIBRATION_OBJECTED",
        "Kalibrasi tidak dipakai: {error}",
        "The calibration is not put into use: {error}",
        metadata=lambda e: {f"objection_{number}": text for number, text in enumerate(e.objections, 1)},
    ),
    CalibrationOverdue: _row(
        code_pb2.FAILED_PRECONDITION,
        "CALIBRATION_OVERDUE",
        "Kalibrasi alat lewat waktunya, dan kantor ini menunggu teknisi: {error}",
        "The device's calibration is overdue, and this office waits for the technician: {error}",
    ),
    CalibrationFailed: _row(
        code_pb2.FAILED_PRECONDITION,
        "CALIBRATION_FAILED",
        "Alat tidak memenuhi batasnya, dan kantor ini tidak memakainya: {error}",
        "The device does not keep its limits, and this office does not use it so: {error}",
    ),
    CalibrationMissing: _row(
        code_pb2.FAILED_PRECONDITION,
        "CALIBRATION_MISSING",
        "Alat belum dikalibrasi, dan kantor ini menunggu teknisi: {error}",
        "The device is not calibrated, and this office waits for the technician: {error}",
    ),
    CalibrationRefused: _row(
        code_pb2.FAILED_PRECONDITION, "CALIBRATION_REFUSED", "Kalibrasi ditolak: {error}", "Refused: {error}"
    ),
    CalibrationError: _row(
        code_pb2.FAILED_PRECONDITION,
        "CALIBRATIONS_UNUSABLE",
        "Catatan kalibrasi tidak dapat dipakai: {error}",
        "The record of calibrations cannot be used: {error}",
    ),
    MeasurementRefused: _row(
        code_pb2.INVALID_ARGUMENT,
        "MEASUREMENT_REFUSED",
        "Pengukuran tidak dapat dimulai: {error}",
        "The measurement cannot begin: {error}",
    ),
    AuditError: _row(
        code_pb2.FAILED_PRECONDITION,
        "AUDIT_UNUSABLE",
        "Jejak audit tidak dapat dipakai: {error}",
        "The audit trail cannot be used: {error}",
    ),
    CallbackUnknown: _row(
        code_pb2.NOT_FOUND,
        "NOT_FOUND",
        "Tidak ada {kind} dengan nama {name}.",
        "There is no {kind} named {name}.",
        metadata=lambda e: {"kind": e.kind, "name": e.name},
    ),
    CallbackError: _row(
        code_pb2.FAILED_PRECONDITION,
        "CALLBACKS_UNUSABLE",
        "Daftar panggil balik tidak dapat dipakai: {error}",
        "The call-back list cannot be used: {error}",
    ),
    TemplatesUnusableError: _row(
        code_pb2.FAILED_PRECONDITION,
        "TEMPLATES_UNUSABLE",
        "Templat kantor ini tidak dapat dipakai: {error}. Perbaiki berkasnya; perubahan berlaku seketika.",
        "The office's own words cannot be used: {error}. Mend the file; a change is taken at once.",
    ),
    NotSealedError: _row(
        code_pb2.FAILED_PRECONDITION,
        "NOT_SEALED",
        "Perekaman {name} belum disegel; tanda terima diberikan setelah disegel.",
        "Enrolment {name} is not sealed; a slip is given once it is.",
    ),
    KeyExpired: _row(
        code_pb2.FAILED_PRECONDITION,
        "KEY_EXPIRED",
        "Kunci penanda tangan tidak berlaku: {error}",
        "The signing key is not valid: {error}",
    ),
    KeyRevoked: _row(
        code_pb2.FAILED_PRECONDITION,
        "KEY_REVOKED",
        "Kunci penanda tangan telah dicabut: {error}",
        "The signing key is revoked: {error}",
    ),
    KeyModuleGone: _row(
        code_pb2.UNAVAILABLE,
        "KEY_UNAVAILABLE",
        "Modul keamanan yang menyimpan kunci tidak menjawab: {error}",
        "The security module with the key does not answer: {error}",
        retry_s=lambda _: 5.0,
    ),
    KeyChangeRefused: _row(
        code_pb2.FAILED_PRECONDITION,
        "KEY_CHANGE_REFUSED",
        "Kunci tidak diubah: {error}",
        "The keys stay as they are: {error}",
    ),
    KeyProblem: _row(
        code_pb2.FAILED_PRECONDITION,
        "KEY_UNUSABLE",
        "Kunci penanda tangan tidak dapat dipakai: {error}",
        "The signing key cannot be used: {error}",
    ),
}
