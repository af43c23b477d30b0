"""Between the gateway's values and the API's messages, and back."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from rekam.v1 import audit_pb2, capture_pb2, common_pb2, device_pb2, key_pb2, lease_pb2

from drivers import DeviceKind
from gateway.audit import AuditEntry
from gateway.capture.leases import Lease, LeaseState
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
from gateway.devices.history import DeviceDay, Incident
from gateway.devices.state import DeviceSnapshot, DeviceState
from gateway.events import Event
from gateway.eye import EyePosition
from gateway.face import FacePosition
from gateway.finger import SLAP_CODES, FingerPosition, SlapHand
from gateway.fingerprint import FingerQuality
from gateway.guidance import Guidance, LocalizedText
from gateway.iris.liveness import CueStatus, LivenessVerdict
from gateway.iris.liveness.reasons import REASONS
from gateway.iris.quality import IrisQuality
from gateway.portrait import PortraitQuality
from gateway.trust import ClockQuality, KeyRecord, RevocationReason, SignedTime, StatedCue, StatedLiveness, time_now

E = TypeVar("E", bound=StrEnum)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def duration(seconds: float) -> Duration:
    """Seconds as a Duration."""
    message = Duration()
    message.FromNanoseconds(round(seconds * 1e9))
    return message


def seconds(message: Duration) -> float:
    """A Duration as seconds."""
    return message.ToNanoseconds() / 1e9


def timestamp(moment: datetime) -> Timestamp:
    """A moment as a Timestamp."""
    # Four times as fast as FromDatetime; every event and every answer of GetInfo has two.
    return Timestamp(seconds=int((moment - _EPOCH) // _SECOND), nanos=moment.microsecond * 1000)


def moment(message: Timestamp) -> datetime:
    """A Timestamp as a moment, UTC, to the microsecond."""
    return message.ToDatetime(UTC)


def enum_number(value: StrEnum, prefix: str, enum: object) -> int:
    """The API's number for one of our enumerations; both bear the same names."""
    return enum.Value(f"{prefix}_{value.name}")  # type: ignore[attr-defined,no-any-return]


def enum_value(number: int, prefix: str, enum: object, kind: type[E]) -> E:
    """Our enumeration's member for the API's number."""
    return kind[enum.Name(number).removeprefix(f"{prefix}_")]  # type: ignore[attr-defined]


def event_time(time: SignedTime) -> common_pb2.EventTime:
    """When something happened."""
    message = common_pb2.EventTime(
        monotonic=duration(time.since_boot_s),
        wall=timestamp(time.wall),
        quality=_CLOCK[time.quality],
    )
    if time.uncertainty_s is not None:
        message.uncertainty.CopyFrom(duration(time.uncertainty_s))
    return message


def clock_quality(quality: ClockQuality) -> common_pb2.ClockQuality:
    """How far a wall time can be trusted."""
    return _CLOCK[quality]


_CLOCK = {
    ClockQuality.TRUSTED: common_pb2.CLOCK_QUALITY_TRUSTED,
    ClockQuality.HOLDOVER: common_pb2.CLOCK_QUALITY_HOLDOVER,
    ClockQuality.UNTRUSTED: common_pb2.CLOCK_QUALITY_UNTRUSTED,
}


def audit_entry(entry: AuditEntry | None, canonical: bytes) -> audit_pb2.AuditEntry:
    """An entry of the audit trail; its bytes alone where they cannot be read."""
    if entry is None:
        return audit_pb2.AuditEntry(canonical=canonical)
    event = entry.event
    return audit_pb2.AuditEntry(
        sequence=entry.sequence,
        time=event_time(entry.time),
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


def localized(text: LocalizedText) -> common_pb2.LocalizedText:
    """Words in both languages."""
    return common_pb2.LocalizedText(id=text.id, en=text.en)


def guidance(remark: Guidance) -> common_pb2.Guidance:
    """One remark for the operator."""
    return common_pb2.Guidance(code=remark.code.value, fault=localized(remark.fault), remedy=localized(remark.remedy))


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
        guidance=[guidance(remark) for remark in value.guidance],
        eye_present=value.eye_present,
        face_present=value.face_present,
        fingers=[
            capture_pb2.LiveFinger(position=int(each.position), present=each.present, score=each.score)  # type: ignore[arg-type]
            for each in value.fingers
        ],
    )


def device(snapshot: DeviceSnapshot, lease: Lease | None) -> device_pb2.Device:
    """A device and who holds it."""
    identity, health = snapshot.identity, snapshot.health
    message = device_pb2.Device(
        device_id=snapshot.device_id,
        driver=identity.driver,
        vendor=identity.vendor,
        model=identity.model or snapshot.label,
        serial=identity.serial,
        firmware=identity.firmware,
        modality=_MODALITIES.get(snapshot.kind, common_pb2.MODALITY_UNSPECIFIED),
        kind=enum_number(snapshot.kind, "DEVICE_KIND", device_pb2.DeviceKind),  # type: ignore[arg-type]
        ppi=identity.ppi,
        width=identity.width,
        height=identity.height,
        state=enum_number(snapshot.state, "DEVICE_STATE", device_pb2.DeviceState),  # type: ignore[arg-type]
        health=device_pb2.DeviceHealth(
            captures=health.captures,
            timeouts=health.timeouts,
            resets=health.resets,
            losses=health.losses,
            failures=health.failures,
            bad_frames=health.bad_frames,
            uptime=duration(health.uptime_s),
            temperature_celsius=health.temperature_c,
            last_error=health.last_error,
        ),
        lease_holder=lease.holder if lease else "",
        live_preview=snapshot.live_preview,
        calibration_id=snapshot.calibration_id,
        synthetic=snapshot.synthetic,
    )
    if snapshot.state is DeviceState.ABSENT:
        message.problem.CopyFrom(_ABSENT)
    elif snapshot.problem:
        message.problem.CopyFrom(localized(snapshot.problem))
    if health.last_error_at:
        message.health.last_error_time.CopyFrom(timestamp(health.last_error_at))
    if health.attached_since:
        message.health.attached_since.CopyFrom(timestamp(health.attached_since))
    return message


def device_day(day: DeviceDay) -> device_pb2.DeviceDay:
    """One day of a device."""
    happened = day.happened
    return device_pb2.DeviceDay(
        date=day.day.isoformat(),
        captures=happened.captures,
        timeouts=happened.timeouts,
        resets=happened.resets,
        losses=happened.losses,
        failures=happened.failures,
        bad_frames=happened.bad_frames,
        uptime=duration(happened.uptime_s),
        temperature_celsius=happened.temperature_c,
    )


def device_incident(incident: Incident) -> device_pb2.DeviceIncident:
    """One thing that went wrong with a device."""
    return device_pb2.DeviceIncident(
        time=timestamp(incident.at),
        kind=enum_number(incident.kind, "DEVICE_INCIDENT_KIND", device_pb2.DeviceIncidentKind),  # type: ignore[arg-type]
        detail=incident.detail,
    )


_MODALITIES = {
    DeviceKind.FINGERPRINT_SCANNER: common_pb2.MODALITY_FINGER,
    DeviceKind.IRIS_CAMERA: common_pb2.MODALITY_IRIS,
    DeviceKind.PORTRAIT_CAMERA: common_pb2.MODALITY_FACE,
    DeviceKind.SLAP_SCANNER: common_pb2.MODALITY_FINGER,
}

_ABSENT = common_pb2.LocalizedText(id="Alat tidak terpasang.", en="The device is not attached.")


def lease(value: Lease, monotonic_now: float) -> lease_pb2.Lease:
    """A lease; its end also as a wall time for people."""
    message = lease_pb2.Lease(
        lease_id=value.lease_id,
        device_ids=value.device_ids,
        holder=value.holder,
        reason=value.reason,
        state=enum_number(value.state, "LEASE_STATE", lease_pb2.LeaseState),  # type: ignore[arg-type]
        queue_place=value.queue_place,
        ttl=duration(value.ttl_s),
    )
    if value.state is LeaseState.HELD:
        remaining_s = max(0.0, value.expires_at - monotonic_now)
        message.remaining.CopyFrom(duration(remaining_s))
        message.expires_at.CopyFrom(timestamp(time_now().wall + timedelta(seconds=remaining_s)))
    return message


def capture(snapshot: CaptureSnapshot) -> capture_pb2.Capture:
    """A capture as it stands."""
    request = snapshot.request
    message = capture_pb2.Capture(
        capture_id=request.capture_id,
        device_id=request.device_id,
        modality=modality_number(request.modality),  # type: ignore[arg-type]
        state=enum_number(snapshot.state, "CAPTURE_STATE", capture_pb2.CaptureState),  # type: ignore[arg-type]
        transaction_id=request.transaction_id,
        retake_of=request.retake_of,
    )
    add_position(message, request.position)
    if snapshot.ended is not None:
        _add_ended(message, snapshot.ended)
    return message


def modality_number(modality: Modality) -> int:
    """The API's number for a modality."""
    return enum_number(modality, "MODALITY", common_pb2.Modality)


def modality(number: int) -> Modality:
    """The modality for the API's number."""
    return enum_value(number, "MODALITY", common_pb2.Modality, Modality)


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
    message.outcome = enum_number(ended.outcome, "CAPTURE_OUTCOME", capture_pb2.CaptureOutcome)  # type: ignore[assignment]
    message.guidance.extend(guidance(remark) for remark in ended.guidance)
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
        guidance=[guidance(remark) for remark in value.guidance],
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
        verdict=enum_number(verdict, "LIVENESS_VERDICT", capture_pb2.LivenessVerdict),  # type: ignore[arg-type]
        cues=map(_cue, stated.cues),
        algorithm=stated.algorithm,
        version=stated.version,
    )


def _cue(cue: StatedCue) -> capture_pb2.LivenessCue:
    words = REASONS.get(cue.reason)
    return capture_pb2.LivenessCue(
        name=cue.name,
        status=enum_number(CueStatus(cue.status), "LIVENESS_CUE_STATUS", capture_pb2.LivenessCueStatus),  # type: ignore[arg-type]
        score=cue.score,
        reason=cue.reason,
        words=None if words is None else localized(words),
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
    return capture_pb2.CaptureError(reason=value.reason, message=localized(value.message))


def missing_number(reason: MissingReason) -> int:
    """The API's number for a reason."""
    return enum_number(reason, "MISSING_REASON", capture_pb2.MissingReason)


def missing_reason(number: int) -> MissingReason:
    """The reason for the API's number."""
    return enum_value(number, "MISSING_REASON", capture_pb2.MissingReason, MissingReason)


def action(number: int) -> Action:
    """The action for the API's number."""
    return enum_value(number, "CAPTURE_ACTION", capture_pb2.CaptureAction, Action)


def outcome(number: int) -> Outcome:
    """The outcome for the API's number."""
    return enum_value(number, "CAPTURE_OUTCOME", capture_pb2.CaptureOutcome, Outcome)


def capture_state(state: CaptureState) -> int:
    """The API's number for a state."""
    return enum_number(state, "CAPTURE_STATE", capture_pb2.CaptureState)


def watch_capture(event: Event[CaptureSnapshot | LiveQuality | ImageTransfer]) -> capture_pb2.WatchCaptureResponse:
    """One event of a capture."""
    message = capture_pb2.WatchCaptureResponse(seq=event.seq, time=event_time(event.time))
    if isinstance(event.payload, LiveQuality):
        message.live_quality.CopyFrom(live_quality(event.payload))
    elif isinstance(event.payload, ImageTransfer):
        message.image_transfer.share = event.payload.share
    else:
        message.capture.CopyFrom(capture(event.payload))
    return message


_STORES = {"file": key_pb2.KEY_STORE_KIND_FILE, "pkcs11": key_pb2.KEY_STORE_KIND_PKCS11}


def key(record: KeyRecord) -> key_pb2.Key:
    """One signing key, its public side."""
    public, certificate = record.public, record.public.chain[0]
    message = key_pb2.Key(
        key_id=record.key_id,
        state=enum_number(record.state, "KEY_STATE", key_pb2.KeyState),  # type: ignore[arg-type]
        store=_STORES[record.store],
        certificates_pem=record.certificates_pem,
        not_before=timestamp(certificate.not_valid_before_utc),
        not_after=timestamp(record.not_after),
        created_at=timestamp(record.made_at),
        vouched_for=bool(public.succession),
    )
    if record.retired_at is not None:
        message.retired_at.CopyFrom(timestamp(record.retired_at))
    revocation = public.revocation
    if revocation is not None:
        place = revocation.place
        message.revocation.CopyFrom(
            key_pb2.KeyRevocation(
                reason=enum_number(revocation.reason, "REVOCATION_REASON", key_pb2.RevocationReason),  # type: ignore[arg-type]
                note=revocation.note,
                revoked_at=timestamp(revocation.wall),
                clock_quality=_CLOCK[revocation.quality],
                chain_id=place.chain_id if place else "",
                last_sequence=place.sequence if place else 0,
            )
        )
    return message


def revocation_reason(number: int) -> RevocationReason:
    """Why a key is revoked."""
    return enum_value(number, "REVOCATION_REASON", key_pb2.RevocationReason, RevocationReason)
