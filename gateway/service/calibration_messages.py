"""Calibrations as messages."""

from collections.abc import Iterable
from enum import StrEnum

from rekam.v1 import calibration_pb2 as pb
from rekam.v1 import device_pb2

from calibration.measurement import Measured
from calibration.procedures import Procedure
from calibration.record import (
    CalibrationDecision,
    CalibrationRecord,
    Entry,
    Evidence,
    StatedVerdict,
    VerdictOutcome,
)
from calibration.standing import Standing
from drivers import DeviceKind
from gateway.calibration.values import RunSnapshot
from gateway.service import convert
from gateway.trust import ClockQuality


def number(value: StrEnum, prefix: str, enum: object) -> int:
    """The API's number for one of our enumerations; both bear the same names."""
    return convert.enum_number(value, prefix, enum)


def standing(
    device_id: str, kind: DeviceKind | None, value: Standing, *, attached: bool, run_id: str = ""
) -> pb.CalibrationStanding:
    """How a device stands."""
    message = pb.CalibrationStanding(
        device_id=device_id,
        kind=0 if kind is None else convert.enum_number(kind, "DEVICE_KIND", device_pb2.DeviceKind),  # type: ignore[arg-type]
        state=number(value.state, "CALIBRATION_STATE", pb.CalibrationState),  # type: ignore[arg-type]
        calibration_id=value.calibration_id or "",
        latest_id="" if value.latest is None else value.latest.calibration_id,
        attached=attached,
        run_id=run_id,
    )
    if value.in_use is not None:
        message.due.CopyFrom(convert.timestamp(value.in_use.due))
    if value.due_opened is not None:
        message.due_reason = value.due_opened.reason
        message.due_evidence.extend(map(_evidence, value.due_opened.evidence))
    return message


def step(procedure: Procedure) -> pb.CalibrationStep:
    """One step of a plan."""
    return pb.CalibrationStep(
        procedure=procedure.name,
        views=[
            pb.CalibrationView(
                name=view.name,
                target=view.target,
                instruction=convert.localized(view.placing),
                frames=view.frames,
            )
            for view in procedure.views
        ],
    )


def run(snapshot: RunSnapshot) -> pb.CalibrationRun:
    """A run as it stands."""
    message = pb.CalibrationRun(
        run_id=snapshot.run_id,
        device_id=snapshot.device_id,
        state=number(snapshot.state, "CALIBRATION_RUN_STATE", pb.CalibrationRunState),  # type: ignore[arg-type]
        procedure=snapshot.procedure,
        step=snapshot.step,
        steps=snapshot.steps,
        share=snapshot.share,
        reason=snapshot.reason,
        calibration_id=snapshot.calibration_id,
        values=[_value(each.procedure, value) for each in snapshot.measurements for value in each.values],
        remarks=[f"{each.procedure}: {remark}" for each in snapshot.measurements for remark in each.remarks],
    )
    if snapshot.instruction is not None:
        message.instruction.CopyFrom(convert.localized(snapshot.instruction))
    if snapshot.fault is not None:
        message.fault.CopyFrom(convert.localized(snapshot.fault))
    return message


def entry(value: Entry) -> pb.CalibrationEntry:
    """A record, or something decided about one."""
    message = pb.CalibrationEntry(
        sequence=value.sequence,
        time=convert.timestamp(value.time.wall),
        clock_quality=convert.clock_quality(ClockQuality(value.time.quality)),
        operator=value.operator,
    )
    if isinstance(value, CalibrationRecord):
        message.record.CopyFrom(_record(value))
    else:
        message.decision.CopyFrom(_decision(value))
    return message


def _record(record: CalibrationRecord) -> pb.CalibrationRecordSummary:
    return pb.CalibrationRecordSummary(
        calibration_id=record.calibration_id,
        passed=record.passed,
        standard=record.standard,
        due=convert.timestamp(record.due),
        verdicts=map(_verdict, record.verdicts),
        values=_values(record),
        procedures=[each.procedure for each in record.measurements],
        targets=[each.id for each in record.targets],
    )


def _decision(decision: CalibrationDecision) -> pb.CalibrationDecisionSummary:
    return pb.CalibrationDecisionSummary(
        action=decision.action.value,
        calibration_id=decision.in_use or "",
        reason=decision.reason,
        objections=decision.objections,
        evidence=map(_evidence, decision.evidence),
    )


def _values(record: CalibrationRecord) -> Iterable[pb.MeasuredValue]:
    return [_value(each.procedure, value) for each in record.measurements for value in each.values]


def _value(procedure: str, value: Measured) -> pb.MeasuredValue:
    return pb.MeasuredValue(
        procedure=procedure, name=value.name, value=value.value, uncertainty=value.uncertainty, unit=value.unit
    )


def _verdict(verdict: StatedVerdict) -> pb.CalibrationVerdict:
    outcome = VerdictOutcome(verdict.outcome)
    return pb.CalibrationVerdict(
        limit=verdict.limit,
        procedure=verdict.procedure,
        unit=verdict.unit,
        value=verdict.value,
        uncertainty=verdict.uncertainty,
        minimum=verdict.minimum,
        maximum=verdict.maximum,
        outcome=number(outcome, "CALIBRATION_VERDICT_OUTCOME", pb.CalibrationVerdictOutcome),  # type: ignore[arg-type]
        source=verdict.source,
        grade=verdict.grade,
    )


def _evidence(evidence: Evidence) -> pb.CalibrationEvidence:
    return pb.CalibrationEvidence(name=evidence.name, value=evidence.value, bound=evidence.bound, unit=evidence.unit)
