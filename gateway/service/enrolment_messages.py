"""Enrolments and profiles as the API shows them, and what requests hold as the enrolment room takes it."""

from datetime import date

from rekam.v1 import capture_pb2, common_pb2
from rekam.v1 import enrolment_pb2 as pb

from gateway.enrolment import (
    PARTS,
    ClockNote,
    DuplicateView,
    EnrolmentSnapshot,
    EnrolmentSummary,
    ExceptionReason,
    ExceptionView,
    Lack,
    Part,
    PartKind,
    PartView,
    PersonReference,
    Profile,
    ProfileProblem,
    ReferenceRemark,
    Sex,
    StrokePoint,
    WarningView,
)
from gateway.enrolment.part import EYE_POSITIONS, FINGER_POSITIONS, SLAP_POSITIONS
from gateway.enrolment.profile import Step
from gateway.guidance import LocalizedText
from gateway.service import convert
from gateway.service.errors import BadArgumentError

_REASONS = {
    ExceptionReason.AMPUTATED: capture_pb2.MISSING_REASON_AMPUTATED,
    ExceptionReason.BANDAGED: capture_pb2.MISSING_REASON_BANDAGED,
    ExceptionReason.REFUSED: capture_pb2.MISSING_REASON_REFUSED,
    ExceptionReason.DEVICE_BROKEN: capture_pb2.MISSING_REASON_DEVICE_BROKEN,
    ExceptionReason.OTHER: capture_pb2.MISSING_REASON_OTHER,
    ExceptionReason.CANNOT_OPEN_EYE: capture_pb2.MISSING_REASON_CANNOT_OPEN,
}
_BY_REASON = {number: reason for reason, number in _REASONS.items()}
_REMARKS = {
    ReferenceRemark.BIRTH_DATE_DIFFERS: LocalizedText(
        id="Tanggal lahir di dalam NIK berbeda dari yang disebutkan. Periksa; NIK tetap dapat dipakai.",
        en="The date of birth in the NIK differs from the one that was given. Check it; the NIK can be used all the "
        "same.",
    ),
    ReferenceRemark.SEX_DIFFERS: LocalizedText(
        id="Jenis kelamin di dalam NIK berbeda dari yang disebutkan. Periksa; NIK tetap dapat dipakai.",
        en="The sex in the NIK differs from the one that was given. Check it; the NIK can be used all the same.",
    ),
}
_MISSING_RULES = {
    "never": pb.MISSING_RULE_NEVER,
    "reason": pb.MISSING_RULE_REASON,
    "supervisor": pb.MISSING_RULE_SUPERVISOR,
}
_DUPLICATE_RULES = {
    "none": pb.DUPLICATE_RULE_NONE,
    "warn": pb.DUPLICATE_RULE_WARN,
    "supervisor": pb.DUPLICATE_RULE_SUPERVISOR,
}
_REFERENCE_KINDS = {"nik": pb.REFERENCE_KIND_NIK, "application": pb.REFERENCE_KIND_APPLICATION}
_SEXES = {pb.SEX_UNSPECIFIED: None, pb.SEX_MALE: Sex.MALE, pb.SEX_FEMALE: Sex.FEMALE}


def enrolment(snapshot: EnrolmentSnapshot) -> pb.Enrolment:
    """The whole of an enrolment, the person's reference masked."""
    message = pb.Enrolment(
        enrolment_id=snapshot.enrolment_id,
        version=snapshot.version,
        state=convert.enum_number(snapshot.state, "ENROLMENT_STATE", pb.EnrolmentState),  # type: ignore[arg-type]
        sealing=snapshot.sealing,
        profile_id=snapshot.profile_id,
        profile_version=snapshot.profile_version,
        profile_name=convert.localized(snapshot.profile_name),
        reference_remarks=[
            pb.ReferenceRemark(code=remark.value, words=convert.localized(_REMARKS[remark]))
            for remark in snapshot.reference_remarks
        ],
        operator=snapshot.operator,
        started=convert.event_time(snapshot.started),
        parts=map(_part, snapshot.parts),
        exceptions=map(_exception, snapshot.exceptions),
        warnings=map(_warning, snapshot.warnings),
        clock_notes=map(_clock_note, snapshot.clock_notes),
        lacks=map(lack, snapshot.open),
        next_part=snapshot.next,
        abandoned_reason=snapshot.abandoned_reason,
        supplements=snapshot.supplements,
        can_be_supplemented=snapshot.can_be_supplemented,
    )
    if snapshot.reference is not None:
        message.reference.CopyFrom(reference(snapshot.reference, show=False))
    if snapshot.ended is not None:
        message.ended.CopyFrom(convert.event_time(snapshot.ended))
    if snapshot.duplicates is not None:
        message.duplicates.CopyFrom(_duplicates(snapshot.duplicates))
    if snapshot.packet is not None:
        packet = snapshot.packet
        message.packet.CopyFrom(pb.SealedPacket(packet_id=packet.packet_id, sha256=packet.sha256, size=packet.size))
    return message


def reference(value: PersonReference, *, show: bool) -> pb.PersonReference:
    """Whose enrolment it is, masked; in full where it is to be shown."""
    return pb.PersonReference(
        kind=_REFERENCE_KINDS[value.kind.value], masked=value.masked, value=value.value if show else ""
    )


def summary(line: EnrolmentSummary) -> pb.EnrolmentSummary:
    """One line of a list."""
    message = pb.EnrolmentSummary(
        enrolment_id=line.enrolment_id,
        version=line.version,
        state=convert.enum_number(line.state, "ENROLMENT_STATE", pb.EnrolmentState),  # type: ignore[arg-type]
        profile_id=line.profile_id,
        operator=line.operator,
        started=convert.event_time(line.started),
        packet_id=line.packet_id,
    )
    if line.ended is not None:
        message.ended.CopyFrom(convert.event_time(line.ended))
    return message


def lack(value: Lack) -> pb.Lack:
    """One thing that stands between an enrolment and its seal."""
    return pb.Lack(
        part=value.part, code=value.code, cause=convert.localized(value.cause), remedy=convert.localized(value.remedy)
    )


def profile(value: Profile) -> pb.Profile:
    """What can be enrolled."""
    width, height = value.least_portrait_px
    return pb.Profile(
        profile_id=value.id,
        version=value.version,
        name=common_pb2.LocalizedText(id=value.name.id, en=value.name.en),
        references=[_REFERENCE_KINDS[kind] for kind in value.reference],
        application_pattern=value.application_pattern,
        most_tries=value.most_tries,
        below_threshold_needs_supervisor=value.below_threshold == "supervisor",
        mix_ups_can_be_approved=value.warnings == "supervisor",
        duplicates=_DUPLICATE_RULES[value.duplicates],
        retention_days=value.retention_days,
        least_portrait_width=width,
        least_portrait_height=height,
        steps=map(_step, value.step),
        parts=[_profile_part(part, value) for part in value.parts.values()],
    )


def profile_problem(profile_id: str, problem: ProfileProblem) -> pb.ProfileProblem:
    """A profile file that cannot be used."""
    words = LocalizedText(id=f"Profil {profile_id} tidak dapat dipakai: {problem}", en=str(problem))
    return pb.ProfileProblem(profile_id=profile_id, problem=convert.localized(words))


def exception_reason(number: int) -> ExceptionReason:
    """Why a part is missing, for the API's number."""
    return _BY_REASON[number]  # type: ignore[index]


def sex(number: int) -> Sex | None:
    """The sex for the API's number; None where none was given."""
    return _SEXES[number]  # type: ignore[index]


def birth_date(text: str) -> date | None:
    """A date of the calendar.

    Raises
    ------
    BadArgumentError
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadArgumentError("birth_date", "no calendar has this date; give YYYY-MM-DD") from None


def strokes(request: pb.AddSignatureRequest) -> list[list[StrokePoint]]:
    """A signature as the pen moved."""
    return [
        [StrokePoint(point.x, point.y, point.elapsed_ms, point.pressure) for point in stroke.points]
        for stroke in request.strokes
    ]


def _part(view: PartView) -> pb.EnrolmentPart:
    message = pb.EnrolmentPart(
        key=view.key,
        kind=_kind(view.kind),  # type: ignore[arg-type]
        name=convert.localized(view.name),
        status=convert.enum_number(view.status, "ENROLMENT_PART_STATUS", pb.EnrolmentPartStatus),  # type: ignore[arg-type]
        capture_id=view.capture_id,
        tries=[
            pb.EnrolmentTry(capture_id=each.capture_id, scores=each.scores, passed=each.passed, kept=each.kept)
            for each in view.tries
        ],
        required=view.required,
        files=[pb.EnrolmentFile(name=each.name, media_type=each.media_type, size=each.size) for each in view.files],
    )
    _add_position(message, PARTS[view.key])
    return message


def _exception(view: ExceptionView) -> pb.EnrolmentException:
    return pb.EnrolmentException(
        unit=view.unit,
        reason=_REASONS[view.reason],
        by=view.by,
        approved_by=view.approved_by,
        detail=view.detail,
        has_photo=view.has_photo,
        capture_id=view.capture_id,
    )


def _warning(view: WarningView) -> pb.MixUpWarning:
    found = view.warning
    return pb.MixUpWarning(
        code=found.code.value,
        words=convert.localized(view.words),
        units=found.units,
        capture_ids=found.captures,
        score=found.score,
        fmr=found.fmr,
        approved_by=view.approved_by,
    )


def _duplicates(view: DuplicateView) -> pb.DuplicateCheck:
    return pb.DuplicateCheck(
        checked_at=convert.event_time(view.checked_at),
        current=view.current,
        hits=[
            pb.DuplicateHit(
                enrolment_id=hit.enrolment_id,
                recorded_at=hit.recorded_at,
                operator=hit.operator,
                score=hit.score,
                fmr=hit.fmr,
                gateway_id=hit.gateway_id,
                strength=None if hit.strength is None else convert.localized(hit.strength),
                exchanged=hit.exchanged,
            )
            for hit in view.hits
        ],
        approved_by=view.approved_by,
        not_checked=None if view.not_checked is None else convert.localized(view.not_checked),
    )


def _clock_note(note: ClockNote) -> pb.ClockNote:
    return pb.ClockNote(event=note.event, jump=note.jump_s, restart=note.restart)


def _step(step: Step) -> pb.ProfileStep:
    return pb.ProfileStep(
        alternatives=[pb.ProfileAlternative(parts=choice) for choice in step.choices],
        required=step.required,
        missing=_MISSING_RULES[step.missing],
    )


def _profile_part(part: Part, of: Profile) -> pb.ProfilePart:
    judged = part.kind in (PartKind.FINGER, PartKind.SLAP, PartKind.IRIS)
    message = pb.ProfilePart(
        key=part.key,
        kind=_kind(part.kind),  # type: ignore[arg-type]
        name=convert.localized(part.name),
        units=part.units,
        thresholds={unit: of.thresholds.of(unit) for unit in part.units} if judged else {},
    )
    _add_position(message, part)
    return message


def _kind(kind: PartKind) -> int:
    return convert.enum_number(kind, "ENROLMENT_PART_KIND", pb.EnrolmentPartKind)


def _add_position(message: pb.EnrolmentPart | pb.ProfilePart, part: Part) -> None:
    """With what a finger, a slap, an eye or the portrait is captured; no request asks for a signature."""
    if part.key in FINGER_POSITIONS:
        message.modality = common_pb2.MODALITY_FINGER
        message.position = int(FINGER_POSITIONS[part.key])  # type: ignore[assignment]
    elif part.key in SLAP_POSITIONS:
        message.modality = common_pb2.MODALITY_FINGER
        message.position = SLAP_POSITIONS[part.key]  # type: ignore[assignment]
    elif part.key in EYE_POSITIONS:
        message.modality = common_pb2.MODALITY_IRIS
        message.eye = int(EYE_POSITIONS[part.key])  # type: ignore[assignment]
    elif part.kind is PartKind.PORTRAIT:
        message.modality = common_pb2.MODALITY_FACE
