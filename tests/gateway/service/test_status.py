"""Every error that a client can meet has a row, with words in both languages; anything else is a bug."""

import inspect
from datetime import UTC, datetime

import pytest
from google.rpc import code_pb2, error_details_pb2

import drivers
from calibration.errors import MeasurementRefused
from drivers import DeviceError
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
from gateway.capture.leases import LeaseHeldError, LeaseLostError, LeaseState
from gateway.capture.recorder import RecordingError
from gateway.card_holders import HolderError, HoldersFull, HolderUnfit, HolderUnknown
from gateway.desks import CertificateRefused
from gateway.duplicates import BookFull, DuplicatesError, ListRefused, ListTooLarge, LocalKeyLocked
from gateway.enrolment import EnrolmentError, Lack, ReferenceFault, ReferenceInvalid, SealingFailed, SealingRefused
from gateway.enrolment import errors as enrolment_errors
from gateway.events import FellBehindError
from gateway.forwarding import ForwardingError, OutboxFull, PacketUnknown, RetryRefused
from gateway.guidance import LocalizedText
from gateway.ledger import LedgerError, StandingUnknown, StatusRefused
from gateway.link import AnnouncementRefused, HistoryCorrupt, HistoryUnwritable, LinkError
from gateway.service import card_status, errors
from gateway.service.refusal import to_status, unexpected
from gateway.service.status import _TABLE, refusal_of
from gateway.spool import (
    CaptureErased,
    CaptureUnknown,
    SpoolCorrupt,
    SpoolError,
    SpoolFull,
    SpoolUnwritable,
    StateTooNew,
)
from gateway.trust import KeyChangeRefused, KeyExpired, KeyModuleGone, KeyProblem, KeyRevoked


def children(kind: type) -> list[type]:
    return [found for child in kind.__subclasses__() for found in (child, *children(child))]


DEVICE_ERRORS = [kind for kind in (DeviceError, *children(DeviceError)) if kind.__module__.startswith("drivers")]
SERVICE_ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == errors.__name__
]

ENROLMENT_ERRORS = [
    kind
    for _, kind in inspect.getmembers(enrolment_errors, inspect.isclass)
    if issubclass(kind, EnrolmentError) and kind.__module__ == enrolment_errors.__name__
]


@pytest.mark.parametrize("kind", ENROLMENT_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_an_enrolment_has_a_row(kind):
    assert kind in _TABLE


@pytest.mark.parametrize("kind", DEVICE_ERRORS + SERVICE_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_row_of_its_own(kind):
    own_row = kind in _TABLE
    public = kind.__name__ in drivers.__all__ or kind.__module__ == errors.__name__
    assert own_row or not public
    assert any(parent in _TABLE for parent in kind.__mro__)


WORDS = LocalizedText(id="satu", en="one")
CASES = [
    (CalibrationUnknown("x", "y"), "NOT_FOUND", "NOT_FOUND"),
    (CalibrationObjected("x", "y", ("ppi_x is 530",)), "FAILED_PRECONDITION", "CALIBRATION_OBJECTED"),
    (CalibrationOverdue("x", "y"), "FAILED_PRECONDITION", "CALIBRATION_OVERDUE"),
    (CalibrationFailed("x", "y"), "FAILED_PRECONDITION", "CALIBRATION_FAILED"),
    (CalibrationMissing("x", "y"), "FAILED_PRECONDITION", "CALIBRATION_MISSING"),
    (CalibrationRefused("x", "y"), "FAILED_PRECONDITION", "CALIBRATION_REFUSED"),
    (CalibrationError("x", "y"), "FAILED_PRECONDITION", "CALIBRATIONS_UNUSABLE"),
    (MeasurementRefused("x"), "INVALID_ARGUMENT", "MEASUREMENT_REFUSED"),
    (drivers.DeviceNotFound("x"), "NOT_FOUND", "DEVICE_NOT_FOUND"),
    (drivers.DeviceBusy("x"), "FAILED_PRECONDITION", "DEVICE_NOT_READY"),
    (drivers.DeviceAccessDenied("x"), "FAILED_PRECONDITION", "DEVICE_NOT_READY"),
    (drivers.DeviceUnsupported("x"), "FAILED_PRECONDITION", "DEVICE_NOT_READY"),
    (DeviceError("x"), "FAILED_PRECONDITION", "DEVICE_NOT_READY"),
    (drivers.DeviceLost("x"), "UNAVAILABLE", "DEVICE_LOST"),
    (drivers.DeviceHung("x"), "UNAVAILABLE", "DEVICE_LOST"),
    (drivers.CaptureTimeout("x"), "DEADLINE_EXCEEDED", "CAPTURE_TIMEOUT"),
    (drivers.CaptureCancelled("x"), "CANCELLED", "CAPTURE_CANCELLED"),
    (LeaseHeldError("d", "Ani", 3.5), "ABORTED", "LEASE_HELD"),
    (LeaseLostError("l", LeaseState.EXPIRED), "FAILED_PRECONDITION", "LEASE_LOST"),
    (LeaseLostError("l", None), "FAILED_PRECONDITION", "LEASE_LOST"),
    (errors.LeaseRequiredError("x"), "FAILED_PRECONDITION", "LEASE_REQUIRED"),
    (errors.DeviceNotReadyError("d", "x"), "FAILED_PRECONDITION", "DEVICE_NOT_READY"),
    (errors.NotFoundError("capture", "c"), "NOT_FOUND", "NOT_FOUND"),
    (errors.BadArgumentError("f", "x"), "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    (errors.InvalidRequestError((("f", "x"), ("", "y"))), "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    (errors.RoleDeniedError("supervisor"), "PERMISSION_DENIED", "ROLE_DENIED"),
    (
        CertificateRefused("revoked", LocalizedText(id="Dicabut.", en="Revoked.")),
        "UNAUTHENTICATED",
        "CERTIFICATE_REFUSED",
    ),
    (errors.OriginDeniedError("x"), "PERMISSION_DENIED", "ORIGIN_DENIED"),
    (errors.PairingRequiredError(), "UNAUTHENTICATED", "PAIRING_REQUIRED"),
    (errors.TooManyRequestsError(0.5), "RESOURCE_EXHAUSTED", "TOO_MANY_REQUESTS"),
    (errors.SlowReaderError("x"), "RESOURCE_EXHAUSTED", "SLOW_READER"),
    (drivers.CardTimeout("x"), "DEADLINE_EXCEEDED", "CARD_TIMEOUT"),
    (drivers.CardLost("x"), "FAILED_PRECONDITION", "CARD_LOST"),
    (drivers.CardWasReset("x"), "ABORTED", "CARD_RESET"),
    (drivers.CardUnusable("x"), "FAILED_PRECONDITION", "CARD_UNUSABLE"),
    (drivers.CardRefused(0x63C2, "the PIN"), "FAILED_PRECONDITION", "CARD_REFUSED"),
    (errors.TooManyTriesError(9.0), "RESOURCE_EXHAUSTED", "TOO_MANY_TRIES"),
    (errors.StoppingError("x"), "UNAVAILABLE", "STOPPING"),
    (errors.TemplatesUnusableError("x"), "FAILED_PRECONDITION", "TEMPLATES_UNUSABLE"),
    (errors.NotSealedError("x"), "FAILED_PRECONDITION", "NOT_SEALED"),
    (CallbackUnknown("notice", "x"), "NOT_FOUND", "NOT_FOUND"),
    (CallbackError("x", "y"), "FAILED_PRECONDITION", "CALLBACKS_UNUSABLE"),
    (FellBehindError(1, 5), "RESOURCE_EXHAUSTED", "SLOW_READER"),
    (RecordingError("SPOOL_FULL", LocalizedText("penuh", "full")), "RESOURCE_EXHAUSTED", "SPOOL_FULL"),
    (CaptureErased("c", datetime(2026, 5, 4, tzinfo=UTC)), "NOT_FOUND", "ERASED"),
    (errors.ClockUntrustedError(), "FAILED_PRECONDITION", "CLOCK_UNTRUSTED"),
    (SpoolFull("x", "y"), "RESOURCE_EXHAUSTED", "SPOOL_FULL"),
    (BundleUnknown("tidak ada", "none"), "NOT_FOUND", "NOT_FOUND"),
    (SourceChanged("berubah", "changed"), "FAILED_PRECONDITION", "PACKET_CHANGED"),
    (BundleError("rusak", "broken"), "FAILED_PRECONDITION", "BUNDLES_UNUSABLE"),
    (OutboxFull("x", "y"), "RESOURCE_EXHAUSTED", "SPOOL_FULL"),
    (PacketUnknown("x", "y"), "NOT_FOUND", "NOT_FOUND"),
    (RetryRefused("x", "y"), "FAILED_PRECONDITION", "RETRY_REFUSED"),
    (ForwardingError("x", "y"), "FAILED_PRECONDITION", "OUTBOX_UNUSABLE"),
    (StandingUnknown("x", "y"), "NOT_FOUND", "NOT_FOUND"),
    (StatusRefused("x", "y"), "FAILED_PRECONDITION", "STATUS_REFUSED"),
    (LedgerError("x", "y"), "FAILED_PRECONDITION", "LEDGER_UNUSABLE"),
    (AuditError("x", "y"), "FAILED_PRECONDITION", "AUDIT_UNUSABLE"),
    (ListRefused("x", "y"), "FAILED_PRECONDITION", "LIST_REFUSED"),
    (LocalKeyLocked("x", "y"), "FAILED_PRECONDITION", "DUPLICATES_LOCKED"),
    (HolderUnknown(WORDS, WORDS), "NOT_FOUND", "HOLDER_UNKNOWN"),
    (HolderUnfit(WORDS, WORDS), "FAILED_PRECONDITION", "HOLDER_UNFIT"),
    (HoldersFull(WORDS, WORDS), "RESOURCE_EXHAUSTED", "HOLDERS_FULL"),
    (HolderError(WORDS, WORDS), "FAILED_PRECONDITION", "HOLDERS_UNUSABLE"),
    (BookFull("x", "y"), "RESOURCE_EXHAUSTED", "DUPLICATES_FULL"),
    (DuplicatesError("x", "y"), "FAILED_PRECONDITION", "DUPLICATES_UNUSABLE"),
    (ListTooLarge("x", "y"), "FAILED_PRECONDITION", "DUPLICATES_UNUSABLE"),
    (errors.UploadOutOfStepError(500), "FAILED_PRECONDITION", "UPLOAD_OUT_OF_STEP"),
    (SpoolUnwritable("x", "y"), "FAILED_PRECONDITION", "SPOOL_UNUSABLE"),
    (SpoolCorrupt("x", "y"), "FAILED_PRECONDITION", "SPOOL_UNUSABLE"),
    (StateTooNew("x", "y"), "FAILED_PRECONDITION", "SPOOL_UNUSABLE"),
    (CaptureUnknown("x", "y"), "FAILED_PRECONDITION", "SPOOL_UNUSABLE"),
    (KeyExpired("x", "y"), "FAILED_PRECONDITION", "KEY_EXPIRED"),
    (KeyRevoked("x", "y"), "FAILED_PRECONDITION", "KEY_REVOKED"),
    (KeyModuleGone("x", "y"), "UNAVAILABLE", "KEY_UNAVAILABLE"),
    (KeyChangeRefused("x", "y"), "FAILED_PRECONDITION", "KEY_CHANGE_REFUSED"),
    (KeyProblem("x", "y"), "FAILED_PRECONDITION", "KEY_UNUSABLE"),
    (enrolment_errors.EnrolmentUnknown("x", "y"), "NOT_FOUND", "ENROLMENT_UNKNOWN"),
    (enrolment_errors.ProfileUnknown("x", "y"), "NOT_FOUND", "PROFILE_UNKNOWN"),
    (enrolment_errors.ProfileProblem("x", "y"), "FAILED_PRECONDITION", "PROFILE_INVALID"),
    (ReferenceInvalid(ReferenceFault.LENGTH, "x", "y"), "INVALID_ARGUMENT", "REFERENCE_INVALID"),
    (enrolment_errors.VersionConflict(1, 2), "ABORTED", "VERSION_CONFLICT"),
    (enrolment_errors.WrongState("x", "y"), "FAILED_PRECONDITION", "ENROLMENT_NOT_OPEN"),
    (enrolment_errors.CaptureNotFound("x", "y"), "NOT_FOUND", "CAPTURE_UNKNOWN"),
    (enrolment_errors.CaptureChanged("x", "y"), "FAILED_PRECONDITION", "CAPTURE_CHANGED"),
    (enrolment_errors.CaptureOfAnother("x", "y"), "FAILED_PRECONDITION", "CAPTURE_OF_ANOTHER_ENROLMENT"),
    (enrolment_errors.CaptureUnfit("x", "y"), "FAILED_PRECONDITION", "CAPTURE_UNFIT"),
    (enrolment_errors.PartUnknown("x", "y"), "INVALID_ARGUMENT", "PART_UNKNOWN"),
    (enrolment_errors.ExceptionRefused("x", "y"), "FAILED_PRECONDITION", "EXCEPTION_REFUSED"),
    (enrolment_errors.ApprovalRefused("x", "y"), "FAILED_PRECONDITION", "APPROVAL_REFUSED"),
    (enrolment_errors.ImageRefused("x", "y"), "INVALID_ARGUMENT", "IMAGE_REFUSED"),
    (enrolment_errors.SupplementRefused("x", "y"), "FAILED_PRECONDITION", "SUPPLEMENT_REFUSED"),
    (
        SealingRefused((Lack("portrait", "MISSING", LocalizedText("tidak ada", "missing"), LocalizedText("a", "b")),)),
        "FAILED_PRECONDITION",
        "ENROLMENT_INCOMPLETE",
    ),
    (SealingFailed("x", "y"), "FAILED_PRECONDITION", "SEALING_FAILED"),
    (enrolment_errors.SealingFull("x", "y"), "RESOURCE_EXHAUSTED", "SPOOL_FULL"),
    (enrolment_errors.AuditUnavailable("x", "y"), "FAILED_PRECONDITION", "AUDIT_UNAVAILABLE"),
    (enrolment_errors.DuplicatesUnavailable("x", "y"), "FAILED_PRECONDITION", "DUPLICATES_UNAVAILABLE"),
    (
        enrolment_errors.NotComparable(LocalizedText("tidak ada jari", "no finger")),
        "FAILED_PRECONDITION",
        "DUPLICATES_UNAVAILABLE",
    ),
    (enrolment_errors.StoreFull("x", "y"), "RESOURCE_EXHAUSTED", "SPOOL_FULL"),
    (enrolment_errors.StoreUnwritable("x", "y"), "FAILED_PRECONDITION", "STATE_UNWRITABLE"),
    (enrolment_errors.StoreCorrupt("x", "y"), "DATA_LOSS", "STATE_CORRUPT"),
    (enrolment_errors.StoreTooNew("x", "y"), "FAILED_PRECONDITION", "STATE_TOO_NEW"),
    (AnnouncementRefused("x", "y"), "INVALID_ARGUMENT", "ANNOUNCEMENT_INVALID"),
    (HistoryCorrupt("x", "y"), "DATA_LOSS", "STATE_CORRUPT"),
    (HistoryUnwritable("x", "y"), "FAILED_PRECONDITION", "STATE_UNWRITABLE"),
    (LinkError("x", "y"), "FAILED_PRECONDITION", "STATE_UNWRITABLE"),
    (EnrolmentError("x", "y"), "FAILED_PRECONDITION", "ENROLMENT_FAILED"),
]


def test_every_row_has_a_case():
    assert {type(error) for error, _, _ in CASES} >= set(_TABLE) - {SpoolError} - set(card_status.ROWS)


@pytest.mark.parametrize(("error", "code", "reason"), CASES, ids=lambda value: type(value).__name__)
def test_an_error_becomes_its_status_with_words_in_both_languages(error, code, reason):
    refusal = refusal_of(error)
    assert refusal is not None
    status = to_status(refusal)
    assert code_pb2.Code.Name(status.code) == code
    info, words, retry = error_details_pb2.ErrorInfo(), {}, None
    for detail in status.details:
        message = error_details_pb2.LocalizedMessage()
        delay = error_details_pb2.RetryInfo()
        if detail.Unpack(message):
            words[message.locale] = message.message
        elif detail.Unpack(delay):
            retry = delay.retry_delay.ToNanoseconds() / 1e9
        else:
            detail.Unpack(info)
    assert (info.domain, info.reason) == ("rekam", reason)
    assert set(words) == {"id", "en"}
    assert words["id"] != words["en"]
    assert status.message == words["en"]
    assert "{" not in words["id"] + words["en"]
    retried = reason in ("CARD_RESET", "DEVICE_LOST", "KEY_UNAVAILABLE", "LEASE_HELD", "STOPPING")
    retried = retried or reason in ("TOO_MANY_TRIES", "TOO_MANY_REQUESTS")
    assert (retry is not None) == retried


def test_what_a_client_can_act_on_is_in_the_metadata():
    held = refusal_of(LeaseHeldError("d", "Ani", 3.5))
    assert held is not None
    assert dict(held.metadata) == {"holder": "Ani", "device_id": "d", "remaining_ms": "3500"}
    assert held.retry_s == 3.5
    behind = refusal_of(FellBehindError(1, 5))
    assert behind is not None
    assert dict(behind.metadata) == {"oldest_seq": "5"}


def test_why_a_seal_failed_is_told_where_it_is_known():
    try:
        try:
            raise KeyExpired("It ended.", "Rotate it.")
        except KeyExpired as cause:
            raise SealingFailed("x", "y") from cause
    except SealingFailed as error:
        found = refusal_of(error)
    assert found is not None
    assert found.reason == "KEY_EXPIRED"


def test_every_fault_of_a_reference_has_words_in_both_languages():
    said = {refusal_of(ReferenceInvalid(fault, "It is wrong.", "y")).message.id for fault in ReferenceFault}  # type: ignore[union-attr]
    assert len(said) == len(ReferenceFault)


@pytest.mark.parametrize(
    "error", [ValueError("3171234567890001"), RuntimeError("secret"), KeyError("secret"), OSError("secret")]
)
def test_anything_else_is_a_bug_of_which_no_word_leaves(error):
    assert refusal_of(error) is None
    status = to_status(unexpected())
    assert status.code == code_pb2.INTERNAL
    assert b"secret" not in status.SerializeToString()
    assert b"3171234567890001" not in status.SerializeToString()


def test_words_of_a_client_are_not_taken_for_a_template():
    refusal = refusal_of(errors.NotFoundError("capture", "{holder} {0} %s"))
    assert refusal is not None
    assert "{holder} {0} %s" in refusal.message.id
