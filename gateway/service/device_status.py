"""What is said when a device, a card, a lease or a calibration stands in the way of a request."""

from collections.abc import Callable

from google.rpc import code_pb2

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
from gateway.calibration.errors import (
    CalibrationError,
    CalibrationFailed,
    CalibrationMissing,
    CalibrationObjected,
    CalibrationOverdue,
    CalibrationRefused,
    CalibrationUnknown,
)
from gateway.capture.leases import LeaseHeldError, LeaseLostError
from gateway.capture.recorder import RecordingError
from gateway.service.errors import (
    DeviceNotReadyError,
    LeaseRequiredError,
)
from gateway.service.refusal import Refusal, row

_LOST = row(
    code_pb2.UNAVAILABLE,
    "DEVICE_LOST",
    "Alat terputus ({error}). Periksa kabelnya; gateway memulihkannya sendiri.",
    "The device was lost ({error}). Check its cable; the gateway brings it back by itself.",
    retry_s=lambda _: 2.0,
)

_NOT_READY = row(
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


ROWS: dict[type, Callable[[BaseException], Refusal]] = {
    DeviceNotFound: row(
        code_pb2.NOT_FOUND, "DEVICE_NOT_FOUND", "Alat tidak ditemukan: {error}.", "The device was not found: {error}."
    ),
    DeviceBusy: _NOT_READY,
    DeviceUnsupported: _NOT_READY,
    DeviceAccessDenied: _NOT_READY,
    DeviceNotReadyError: _NOT_READY,
    DeviceLost: _LOST,
    DeviceHung: _LOST,
    DeviceError: _NOT_READY,
    CaptureTimeout: row(
        code_pb2.DEADLINE_EXCEEDED,
        "CAPTURE_TIMEOUT",
        "Tidak ada jari dalam waktu yang ditentukan.",
        "No finger came in the time given.",
    ),
    CaptureCancelled: row(
        code_pb2.CANCELLED, "CAPTURE_CANCELLED", "Perekaman dibatalkan.", "The capture was cancelled."
    ),
    CardTimeout: row(
        code_pb2.DEADLINE_EXCEEDED,
        "CARD_TIMEOUT",
        "Tidak ada kartu dalam waktu yang ditentukan.",
        "No card came in the time given.",
    ),
    CardLost: row(
        code_pb2.FAILED_PRECONDITION,
        "CARD_LOST",
        "Kartu dicabut saat sedang dipakai; pasang kembali kartu itu.",
        "The card was taken away while it was in use; put it back.",
    ),
    CardWasReset: row(
        code_pb2.ABORTED,
        "CARD_RESET",
        "Kartu kehilangan daya; mulai lagi.",
        "The card lost its power; begin again.",
        retry_s=lambda _: 1.0,
    ),
    CardUnusable: row(
        code_pb2.FAILED_PRECONDITION,
        "CARD_UNUSABLE",
        "Kartu tidak dapat dibaca: balikkan, bersihkan, atau ambil yang lain.",
        "The card cannot be read: turn it round, clean it, or take another.",
    ),
    CardRefused: row(
        code_pb2.FAILED_PRECONDITION,
        "CARD_REFUSED",
        "Kartu menolak: {error}.",
        "The card refused: {error}.",
        metadata=lambda e: {
            "sw": f"{e.sw:04X}",
            "tries_left": "" if e.tries_left is None else str(e.tries_left),
        },
    ),
    LeaseHeldError: row(
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
    LeaseLostError: row(
        code_pb2.FAILED_PRECONDITION,
        "LEASE_LOST",
        "Pinjaman alat sudah berakhir ({error}). Mintalah yang baru.",
        "The lease is over ({error}). Acquire a new one.",
        metadata=lambda e: {"lease_id": e.lease_id, "state": e.state.value if e.state else "unknown"},
    ),
    LeaseRequiredError: row(
        code_pb2.FAILED_PRECONDITION,
        "LEASE_REQUIRED",
        "Pinjaman tidak mencakup alat ini: {error}.",
        "The lease does not cover this device: {error}.",
    ),
    RecordingError: _recording_refusal,
    CalibrationUnknown: row(
        code_pb2.NOT_FOUND, "NOT_FOUND", "Kalibrasi tidak ditemukan: {error}", "The calibration was not found: {error}"
    ),
    CalibrationObjected: row(
        code_pb2.FAILED_PRECONDITION,
        "CALIBRATION_OBJECTED",
        "Kalibrasi tidak dipakai: {error}",
        "The calibration is not put into use: {error}",
        metadata=lambda e: {f"objection_{number}": text for number, text in enumerate(e.objections, 1)},
    ),
    CalibrationOverdue: row(
        code_pb2.FAILED_PRECONDITION,
        "CALIBRATION_OVERDUE",
        "Kalibrasi alat lewat waktunya, dan kantor ini menunggu teknisi: {error}",
        "The device's calibration is overdue, and this office waits for the technician: {error}",
    ),
    CalibrationFailed: row(
        code_pb2.FAILED_PRECONDITION,
        "CALIBRATION_FAILED",
        "Alat tidak memenuhi batasnya, dan kantor ini tidak memakainya: {error}",
        "The device does not keep its limits, and this office does not use it so: {error}",
    ),
    CalibrationMissing: row(
        code_pb2.FAILED_PRECONDITION,
        "CALIBRATION_MISSING",
        "Alat belum dikalibrasi, dan kantor ini menunggu teknisi: {error}",
        "The device is not calibrated, and this office waits for the technician: {error}",
    ),
    CalibrationRefused: row(
        code_pb2.FAILED_PRECONDITION, "CALIBRATION_REFUSED", "Kalibrasi ditolak: {error}", "Refused: {error}"
    ),
    CalibrationError: row(
        code_pb2.FAILED_PRECONDITION,
        "CALIBRATIONS_UNUSABLE",
        "Catatan kalibrasi tidak dapat dipakai: {error}",
        "The record of calibrations cannot be used: {error}",
    ),
    MeasurementRefused: row(
        code_pb2.INVALID_ARGUMENT,
        "MEASUREMENT_REFUSED",
        "Pengukuran tidak dapat dimulai: {error}",
        "The measurement cannot begin: {error}",
    ),
}
