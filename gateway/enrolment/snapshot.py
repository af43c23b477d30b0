"""An enrolment as it is shown, made of its record; and the summary that outlives it."""

from dataclasses import replace

from pydantic import TypeAdapter

from gateway.enrolment.part import PARTS, Part
from gateway.enrolment.progress import StepProgress, lacks, parts_in_order, progress, status_of, tries_of
from gateway.enrolment.record import Record
from gateway.enrolment.values import (
    DuplicateView,
    EnrolmentSnapshot,
    EnrolmentState,
    EnrolmentSummary,
    ExceptionView,
    FileView,
    PartView,
    TryView,
    WarningView,
)
from gateway.fingerprint import FAILED
from gateway.guidance import LocalizedText

_OVER = (EnrolmentState.SEALED, EnrolmentState.ABANDONED)
_SUMMARY: TypeAdapter[EnrolmentSnapshot] = TypeAdapter(EnrolmentSnapshot)


def snapshot_of(record: Record) -> EnrolmentSnapshot:
    """The whole of an enrolment as it stands."""
    steps = progress(record)
    over = record.state in _OVER
    due = () if over else parts_in_order(steps)
    created, searched = record.created, record.searched
    return EnrolmentSnapshot(
        enrolment_id=record.enrolment_id,
        version=record.version,
        state=record.state,
        sealing=record.intent is not None,
        profile_id=created.profile.id,
        profile_version=created.profile.version,
        profile_name=LocalizedText(id=created.profile.name.id, en=created.profile.name.en),
        reference=created.reference,
        reference_remarks=created.remarks,
        operator=created.actor,
        started=record.started,
        ended=record.ended,
        parts=tuple(
            _part_view(record, PARTS[key], step) for step in steps for choice in step.step.choices for key in choice
        ),
        exceptions=tuple(
            ExceptionView(unit, why.reason, why.by, why.approved_by, why.detail, bool(why.photo), why.capture_id)
            for unit, why in record.missing.items()
        ),
        warnings=tuple(WarningView(each, each.words, record.settled.get(each.id, "")) for each in record.warnings),
        duplicates=None
        if searched is None
        else DuplicateView(
            searched.time, searched.current, searched.event.hits, searched.approved_by, searched.event.not_checked
        ),
        clock_notes=record.clock_notes,
        open=() if over else lacks(record),
        next=due[0] if due else "",
        packet=record.packet,
        abandoned_reason=record.abandoned_reason,
        supplements=created.supplements,
    )


def over_snapshot_of(record: Record) -> EnrolmentSnapshot:
    """An enrolment that is over, without the person's reference; also where its summary was purged meanwhile."""
    return replace(snapshot_of(record), reference=None)


def summary_of(record: Record) -> bytes:
    """What stays of an enrolment that is over: its snapshot without the person's reference, as JSON."""
    return _SUMMARY.dump_json(over_snapshot_of(record))


def read_summary(data: bytes) -> EnrolmentSnapshot:
    """The snapshot of a summary; ValueError where it is none."""
    return _SUMMARY.validate_json(data)


def line_of(record: Record) -> EnrolmentSummary:
    """One line of a list."""
    return EnrolmentSummary(
        record.enrolment_id,
        record.version,
        record.state,
        record.created.profile.id,
        record.created.actor,
        record.started,
        record.ended,
        "" if record.packet is None else record.packet.packet_id,
    )


def _part_view(record: Record, part: Part, step: StepProgress) -> PartView:
    chosen = step.chosen.get(part.key)
    kept = None if chosen is None or chosen.capture is None else chosen.capture.capture_id
    thresholds = record.created.profile.thresholds
    image = record.images.get(part.key) if record.state not in _OVER else None
    tries = []
    for each in tries_of(record, part):
        scores = {unit: score for unit, score in each.scores.items() if unit in part.units}
        wanted = [unit for unit in part.units if unit not in record.missing]
        passed = all(FAILED != scores.get(unit, FAILED) >= thresholds.of(unit) for unit in wanted)
        tries.append(TryView(each.capture_id, scores, passed, each.capture_id == kept))
    return PartView(
        key=part.key,
        kind=part.kind,
        name=part.name,
        status=status_of(record, part, step),
        capture_id=kept or "",
        tries=tuple(tries),
        required=step.step.required,
        files=() if image is None else tuple(FileView(name, kind, size) for name, kind, size, _ in image.files),
    )
