"""Captures between their values and the API's messages."""

from dataclasses import fields
from math import isfinite

from rekam.v1 import capture_pb2, common_pb2

from gateway.capture.slap_record import FINGER_BLOBS
from gateway.capture.values import (
    Action,
    CapturedFinger,
    CaptureSnapshot,
    CaptureState,
    Ended,
    ImageTransfer,
    LiveQuality,
    MissingReason,
    Modality,
    Outcome,
    Position,
    Problem,
    StoredPart,
)
from gateway.events import Event
from gateway.eye import EyePosition
from gateway.face import FacePosition
from gateway.finger import SLAP_CODES, FingerPosition, SlapHand
from gateway.fingerprint import FingerQuality
from gateway.iris.liveness import CueStatus, LivenessVerdict
from gateway.iris.liveness.reasons import REASONS
from gateway.iris.quality import IrisQuality
from gateway.portrait import PortraitQuality
from gateway.service import convert
from gateway.trust import StatedCue, StatedLiveness


def quality(value: FingerQuality | IrisQuality | PortraitQuality) -> common_pb2.Quality:
    """A score and its measures."""
    return common_pb2.Quality(
        score=value.score, algorithm=value.algorithm, version=str(value.version), measures=_measures(value)
    )


def _measures(value: FingerQuality | IrisQuality | PortraitQuality) -> dict[str, float]:
    """Its plain numbers; one that could not be measured is left out."""
    measured = ((field.name, getattr(value, field.name)) for field in fields(value))
    numbers = {name: float(number) for name, number in measured if isinstance(number, int | float)}
    return {name: number for name, number in numbers.items() if isfinite(number) and name != "version"}


def live_quality(value: LiveQuality) -> capture_pb2.LiveQuality:
    """How the finger on the glass, or the eye or the face before the camera, looks."""
    return capture_pb2.LiveQuality(
        finger_present=value.finger_present,
        score=value.score,
        still=value.still,
        guidance=[convert.guidance(remark) for remark in value.guidance],
        eye_present=value.eye_present,
        face_present=value.face_present,
        fingers=[
            capture_pb2.LiveFinger(position=int(each.position), present=each.present, score=each.score)  # type: ignore[arg-type]
            for each in value.fingers
        ],
    )


def capture(snapshot: CaptureSnapshot) -> capture_pb2.Capture:
    """A capture as it stands."""
    request = snapshot.request
    message = capture_pb2.Capture(
        capture_id=request.capture_id,
        device_id=request.device_id,
        modality=modality_number(request.modality),  # type: ignore[arg-type]
        state=convert.enum_number(snapshot.state, "CAPTURE_STATE", capture_pb2.CaptureState),  # type: ignore[arg-type]
        transaction_id=request.transaction_id,
        retake_of=request.retake_of,
    )
    add_position(message, request.position)
    if snapshot.ended is not None:
        _add_ended(message, snapshot.ended)
    return message


def modality_number(modality: Modality) -> int:
    """The API's number for a modality."""
    return convert.enum_number(modality, "MODALITY", common_pb2.Modality)


def modality(number: int) -> Modality:
    """The modality for the API's number."""
    return convert.enum_value(number, "MODALITY", common_pb2.Modality, Modality)


def position(request: capture_pb2.StartCaptureRequest) -> Position:
    """What is asked for, in the table of its modality."""
    if request.modality == common_pb2.MODALITY_FACE:
        return FacePosition.FRONT
    return finger_position(request.position) if request.position else EyePosition(request.eye)


def finger_position(code: int) -> FingerPosition | SlapHand:
    """The finger or the slap of that position code."""
    return SlapHand(code) if code in SLAP_CODES else FingerPosition(code)


def add_position(message: capture_pb2.Capture, value: Position) -> None:
    """Say which finger, slap or eye, in the field of its modality."""
    if isinstance(value, EyePosition):
        message.eye = int(value)  # type: ignore[assignment]
    elif not isinstance(value, FacePosition):
        message.position = int(value)  # type: ignore[assignment]


def _add_ended(message: capture_pb2.Capture, ended: Ended) -> None:
    message.outcome = convert.enum_number(ended.outcome, "CAPTURE_OUTCOME", capture_pb2.CaptureOutcome)  # type: ignore[assignment]
    message.guidance.extend(convert.guidance(remark) for remark in ended.guidance)
    message.minutia_count = ended.minutia_count
    if ended.quality is not None:
        message.quality.CopyFrom(quality(ended.quality))
    if ended.recorded is not None:
        message.sequence = ended.recorded.sequence
        message.manifest_sha256 = ended.recorded.manifest_sha256
        message.parts.extend(stored_part(part) for part in ended.recorded.parts)
    message.liveness.extend(map(liveness, ended.liveness))
    message.fingers.extend(map(captured_finger, ended.fingers))
    if ended.missing_reason is not None:
        message.missing_reason = missing_number(ended.missing_reason)  # type: ignore[assignment]
    if ended.problem is not None:
        message.error.CopyFrom(problem(ended.problem))


def captured_finger(value: CapturedFinger) -> capture_pb2.CapturedFinger:
    """One finger of a slap."""
    message = capture_pb2.CapturedFinger(
        position=int(value.position),  # type: ignore[arg-type]
        minutia_count=value.minutia_count,
        guidance=[convert.guidance(remark) for remark in value.guidance],
    )
    if value.quality is not None:
        message.quality.CopyFrom(quality(value.quality))
    if value.missing_reason is not None:
        message.missing_reason = missing_number(value.missing_reason)  # type: ignore[assignment]
    return message


def liveness(stated: StatedLiveness) -> capture_pb2.LivenessAssessment:
    """What heuristics say of one eye."""
    verdict = LivenessVerdict(stated.verdict)
    return capture_pb2.LivenessAssessment(
        eye=stated.position.code,  # type: ignore[arg-type]
        verdict=convert.enum_number(verdict, "LIVENESS_VERDICT", capture_pb2.LivenessVerdict),  # type: ignore[arg-type]
        cues=map(_cue, stated.cues),
        algorithm=stated.algorithm,
        version=stated.version,
    )


def _cue(cue: StatedCue) -> capture_pb2.LivenessCue:
    words = REASONS.get(cue.reason)
    return capture_pb2.LivenessCue(
        name=cue.name,
        status=convert.enum_number(CueStatus(cue.status), "LIVENESS_CUE_STATUS", capture_pb2.LivenessCueStatus),  # type: ignore[arg-type]
        score=cue.score,
        reason=cue.reason,
        words=None if words is None else convert.localized(words),
    )


def stored_part(part: StoredPart) -> capture_pb2.StoredPart:
    """One blob of a recorded capture."""
    finger, plain_name = FINGER_BLOBS.get(part.name, (FingerPosition.UNKNOWN, part.name))
    return capture_pb2.StoredPart(
        part=PARTS_BY_NAME[plain_name],
        name=part.name,
        media_type=part.media_type,
        size=part.size,
        sha256=part.sha256,
        finger=int(finger),  # type: ignore[arg-type]
    )


PARTS_BY_NAME = {
    "manifest.jws": capture_pb2.CAPTURE_PART_MANIFEST,
    "image.fir": capture_pb2.CAPTURE_PART_IMAGE,
    "template.fmr": capture_pb2.CAPTURE_PART_TEMPLATE,
    "preview.png": capture_pb2.CAPTURE_PART_PREVIEW,
    "image.iir": capture_pb2.CAPTURE_PART_IMAGE,
    "image.fac": capture_pb2.CAPTURE_PART_IMAGE,
    "iris.ric": capture_pb2.CAPTURE_PART_IRIS_CODE,
    "iris-right.ric": capture_pb2.CAPTURE_PART_IRIS_CODE_RIGHT,
    "iris-left.ric": capture_pb2.CAPTURE_PART_IRIS_CODE_LEFT,
}


def problem(value: Problem) -> capture_pb2.CaptureError:
    """Why a capture could not be made."""
    return capture_pb2.CaptureError(reason=value.reason, message=convert.localized(value.message))


def missing_number(reason: MissingReason) -> int:
    """The API's number for a reason."""
    return convert.enum_number(reason, "MISSING_REASON", capture_pb2.MissingReason)


def missing_reason(number: int) -> MissingReason:
    """The reason for the API's number."""
    return convert.enum_value(number, "MISSING_REASON", capture_pb2.MissingReason, MissingReason)


def action(number: int) -> Action:
    """The action for the API's number."""
    return convert.enum_value(number, "CAPTURE_ACTION", capture_pb2.CaptureAction, Action)


def outcome(number: int) -> Outcome:
    """The outcome for the API's number."""
    return convert.enum_value(number, "CAPTURE_OUTCOME", capture_pb2.CaptureOutcome, Outcome)


def capture_state(state: CaptureState) -> int:
    """The API's number for a state."""
    return convert.enum_number(state, "CAPTURE_STATE", capture_pb2.CaptureState)


def watch_capture(event: Event[CaptureSnapshot | LiveQuality | ImageTransfer]) -> capture_pb2.WatchCaptureResponse:
    """One event of a capture."""
    message = capture_pb2.WatchCaptureResponse(seq=event.seq, time=convert.event_time(event.time))
    if isinstance(event.payload, LiveQuality):
        message.live_quality.CopyFrom(live_quality(event.payload))
    elif isinstance(event.payload, ImageTransfer):
        message.image_transfer.share = event.payload.share
    else:
        message.capture.CopyFrom(capture(event.payload))
    return message
