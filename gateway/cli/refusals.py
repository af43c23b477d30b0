"""What a failed call means: the gateway's own words and reason, and the exit status for it."""

from typing import TYPE_CHECKING, Any

from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    import grpc
    from google.rpc.status_pb2 import Status

DETAILS_KEY = "grpc-status-details-bin"

_STATUS_OF_REASON = {
    "DEVICE_NOT_FOUND": ExitStatus.DEVICE,
    "DEVICE_NOT_READY": ExitStatus.DEVICE,
    "DEVICE_LOST": ExitStatus.DEVICE,
    "CAPTURE_TIMEOUT": ExitStatus.OUTCOME,
    "CAPTURE_CANCELLED": ExitStatus.OUTCOME,
    "INVALID_ARGUMENT": ExitStatus.USAGE,
    "ONE_EYE_CAMERA": ExitStatus.USAGE,
    "NOT_FOUND": ExitStatus.USAGE,
    "ENROLMENT_UNKNOWN": ExitStatus.USAGE,
    "PROFILE_UNKNOWN": ExitStatus.USAGE,
    "REFERENCE_INVALID": ExitStatus.USAGE,
    "PART_UNKNOWN": ExitStatus.USAGE,
    "IMAGE_REFUSED": ExitStatus.USAGE,
    "ANNOUNCEMENT_INVALID": ExitStatus.USAGE,
    "NOT_SEALED": ExitStatus.OUTCOME,
    "ENROLMENT_INCOMPLETE": ExitStatus.OUTCOME,
    "ERASED": ExitStatus.OUTCOME,
    "MEASUREMENT_REFUSED": ExitStatus.USAGE,
    "CARD_TIMEOUT": ExitStatus.OUTCOME,
    "CARD_LOST": ExitStatus.DEVICE,
    "CARD_RESET": ExitStatus.DEVICE,
    "CARD_UNUSABLE": ExitStatus.DEVICE,
    "CARD_PENDING": ExitStatus.OUTCOME,
    "CARD_NOT_GENUINE": ExitStatus.OUTCOME,
    "CARD_NOT_TRUSTED": ExitStatus.OUTCOME,
    "CARD_NOT_RECOGNISED": ExitStatus.OUTCOME,
    "CARD_PASSWORD_REFUSED": ExitStatus.OUTCOME,
    "NO_FINGER_SEEN": ExitStatus.OUTCOME,
    "CREDENTIAL_NEEDED": ExitStatus.USAGE,
    "CARD_PROFILE_UNKNOWN": ExitStatus.USAGE,
    "CARD_PROFILE_INVALID": ExitStatus.USAGE,
    "JOB_INVALID": ExitStatus.USAGE,
    "REASON_INVALID": ExitStatus.USAGE,
    "STOCK_REFUSED": ExitStatus.USAGE,
    "INTERNAL": ExitStatus.FAULT,
    "STOPPING": ExitStatus.UNREACHABLE,
}


def status_of(reason: str) -> ExitStatus:
    """The exit status for a reason of the API's error table; whatever is none of these is a refusal."""
    return _STATUS_OF_REASON.get(reason, ExitStatus.REFUSED)


def failure_of(error: "grpc.RpcError", address: str, *, by_certificate: bool = False) -> CommandFailure:
    """The failure of a call to the gateway at `address`, to which this desk showed a certificate or not."""
    from google.rpc import error_details_pb2

    status = _details(error)
    if status is None:
        return _without_details(error, address, by_certificate=by_certificate)
    info = error_details_pb2.ErrorInfo()
    words = {"en": status.message, "id": status.message}
    for detail in status.details:
        localized = error_details_pb2.LocalizedMessage()
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(localized.DESCRIPTOR):
            detail.Unpack(localized)
            words[localized.locale] = localized.message
    return CommandFailure(status_of(info.reason), info.reason, LocalizedText(id=words["id"], en=words["en"]))


def _details(error: Any) -> "Status | None":
    from google.protobuf.message import DecodeError
    from google.rpc import status_pb2

    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY:
            try:
                status: Status = status_pb2.Status.FromString(value)
            except DecodeError:
                return None
            return status
    return None


def _without_details(error: Any, address: str, *, by_certificate: bool) -> CommandFailure:
    """The call never came to the gateway's own code, or whoever answers is no Rekam gateway."""
    import grpc

    code = error.code()
    if code is grpc.StatusCode.UNIMPLEMENTED:
        message = LocalizedText(
            id=f"{address} tidak mengenal panggilan ini: bukan gateway Rekam, atau versi lain.",
            en=f"{address} does not know this call: it is no Rekam gateway, or one of another version.",
        )
    elif code is grpc.StatusCode.DEADLINE_EXCEEDED:
        message = LocalizedText(
            id=f"Gateway di {address} tidak menjawab pada waktunya. Lihat catatan log-nya, atau jalankan lagi.",
            en=f"The gateway at {address} did not answer in time. Look at its log, or start it again.",
        )
    elif code is grpc.StatusCode.UNAVAILABLE and by_certificate:
        # The port was open a moment ago. With TLS 1.3 a client that is refused is told nothing but the end.
        message = LocalizedText(
            id=f"{address} menolak sertifikat meja ini, menunjukkan sertifikat yang bukan dari gateway itu, atau "
            "berhenti. Minta folder baru dari `rekam trust issue-desk` pada gateway, dan periksa jam kedua mesin.",
            en=f"{address} refused this desk's certificate, showed one that is not of that gateway, or stopped. Ask "
            "for a new folder of `rekam trust issue-desk` at the gateway, and look at both machines' clocks.",
        )
        return CommandFailure(ExitStatus.REFUSED, "CERTIFICATE_REFUSED", message)
    elif code is grpc.StatusCode.UNAVAILABLE:
        message = LocalizedText(
            id=f"Gateway di {address} berhenti. Jalankan lagi dengan `rekam serve`, atau lihat `rekam doctor`.",
            en=f"The gateway at {address} went away. Start it again with `rekam serve`, or see `rekam doctor`.",
        )
    else:
        said = f"{code.name} ({error.details()})"
        message = LocalizedText(
            id=f"{address} menjawab {said}. Benarkah itu gateway Rekam? Lihat `rekam doctor`.",
            en=f"{address} answered {said}. Is it a Rekam gateway? See `rekam doctor`.",
        )
    return CommandFailure(ExitStatus.UNREACHABLE, "GATEWAY_UNREACHABLE", message)
