"""How calibrations read on the terminal, and as documents for programs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway.cli.documents import enum_word, localized
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import calibration_pb2 as pb

STATES = {
    "never": LocalizedText("belum pernah dikalibrasi", "never calibrated"),
    "valid": LocalizedText("berlaku", "valid"),
    "due_soon": LocalizedText("hampir habis masanya", "due soon"),
    "overdue": LocalizedText("LEWAT WAKTU", "OVERDUE"),
    "failed": LocalizedText("TIDAK MEMENUHI BATAS", "FAILED"),
    "changed": LocalizedText("alat lain daripada yang diukur", "another device than was measured"),
}
_STYLES = {"valid": "green", "due_soon": "yellow", "overdue": "bold yellow", "failed": "bold red", "changed": "yellow"}
_OUTCOME_STYLES = {"pass": "green", "fail": "bold red", "uncertain": "yellow", "not_measured": "dim"}


def standing_document(standing: "pb.CalibrationStanding") -> dict[str, Any]:
    """How a device stands, for programs."""
    from rekam.v1 import calibration_pb2 as pb
    from rekam.v1 import device_pb2

    return {
        "device_id": standing.device_id,
        "kind": enum_word(standing.kind, "DEVICE_KIND", device_pb2.DeviceKind) if standing.kind else None,
        "state": enum_word(standing.state, "CALIBRATION_STATE", pb.CalibrationState),
        "calibration_id": standing.calibration_id or None,
        "due": standing.due.ToJsonString() if standing.HasField("due") else None,
        "latest_id": standing.latest_id or None,
        "due_reason": standing.due_reason or None,
        "due_evidence": [
            {"name": each.name, "value": each.value, "bound": each.bound, "unit": each.unit}
            for each in standing.due_evidence
        ],
        "attached": standing.attached,
        "run_id": standing.run_id or None,
    }


def tell_standings(standings: Iterable["pb.CalibrationStanding"], output: Output) -> None:
    """One line for each device, and why it is due."""
    from rich.text import Text

    console = output.console()
    for standing in standings:
        state = standing_document(standing)["state"]
        line = Text(standing.device_id, style="bold")
        line.append("  ")
        line.append(in_words(STATES[state]), style=f"{_STYLES.get(state, 'dim')} not bold")
        if standing.calibration_id:
            line.append(f"  {standing.calibration_id}", style="not bold")
            line.append(f", {in_words(_DUE)} {standing.due.ToDatetime():%Y-%m-%d}", style="dim")
        if not standing.attached:
            line.append(f"  ({in_words(_UNPLUGGED)})", style="dim")
        console.print(line, soft_wrap=True)
        if standing.due_reason:
            output.say(f"    {standing.due_reason}")
        for each in standing.due_evidence:
            output.say(f"      {each.name} {each.value:.4g} {each.unit} > {each.bound:.4g}")


def verdict_document(verdict: "pb.CalibrationVerdict") -> dict[str, Any]:
    """A verdict, for programs."""
    from rekam.v1 import calibration_pb2 as pb

    def number(name: str) -> float | None:
        return getattr(verdict, name) if verdict.HasField(name) else None

    return {
        "limit": verdict.limit,
        "procedure": verdict.procedure,
        "unit": verdict.unit,
        "value": number("value"),
        "uncertainty": number("uncertainty"),
        "minimum": number("minimum"),
        "maximum": number("maximum"),
        "outcome": enum_word(verdict.outcome, "CALIBRATION_VERDICT_OUTCOME", pb.CalibrationVerdictOutcome),
        "source": verdict.source,
        "grade": verdict.grade,
    }


def tell_verdicts(verdicts: Sequence[Mapping[str, Any]], output: Output) -> None:
    """A table of what was held against limits; what was not measured is counted."""
    from rich.table import Table

    shown = [each for each in verdicts if each["outcome"] != "not_measured"]
    table = Table(box=None, pad_edge=False)
    for title in ("limit", "value", "± U (k=2)", "at least", "at most", ""):
        table.add_column(title, justify="left" if title in ("limit", "") else "right")
    for each in shown:
        unit = "" if each["unit"] == "1" else f" {each['unit']}"
        cells = [
            each["limit"],
            f"{each['value']:.5g}{unit}",
            f"{2 * each['uncertainty']:.2g}",
            *("-" if each[name] is None else f"{each[name]:.5g}" for name in ("minimum", "maximum")),
        ]
        outcome = each["outcome"]
        table.add_row(*cells, f"[{_OUTCOME_STYLES[outcome]}]{outcome.replace('_', ' ')}[/]")
    if shown:
        output.console().print(table)
    left = len(verdicts) - len(shown)
    if left:
        output.say(in_words(LocalizedText(f"{left} batas tidak diukur.", f"{left} limits were not measured.")))


def run_document(run: "pb.CalibrationRun") -> dict[str, Any]:
    """A run as it stands, for programs."""
    from rekam.v1 import calibration_pb2 as pb

    return {
        "run_id": run.run_id,
        "device_id": run.device_id,
        "state": enum_word(run.state, "CALIBRATION_RUN_STATE", pb.CalibrationRunState),
        "procedure": run.procedure or None,
        "step": run.step,
        "steps": run.steps,
        "share": round(run.share, 3),
        "instruction": _both(run.instruction) if run.HasField("instruction") else None,
        "fault": _both(run.fault) if run.HasField("fault") else None,
        "reason": run.reason or None,
        "calibration_id": run.calibration_id or None,
        "values": [
            {
                "procedure": each.procedure,
                "name": each.name,
                "value": each.value,
                "uncertainty": each.uncertainty,
                "unit": each.unit,
            }
            for each in run.values
        ],
        "remarks": list(run.remarks),
    }


def entry_document(entry: "pb.CalibrationEntry") -> dict[str, Any]:
    """An entry of the history, for programs."""
    common = {"sequence": entry.sequence, "time": entry.time.ToJsonString(), "operator": entry.operator}
    if entry.HasField("record"):
        record = entry.record
        return {
            **common,
            "kind": "record",
            "calibration_id": record.calibration_id,
            "passed": record.passed,
            "standard": record.standard,
            "due": record.due.ToJsonString(),
            "procedures": list(record.procedures),
            "targets": list(record.targets),
            "verdicts": [verdict_document(each) for each in record.verdicts],
            "values": [
                {
                    "procedure": v.procedure,
                    "name": v.name,
                    "value": v.value,
                    "uncertainty": v.uncertainty,
                    "unit": v.unit,
                }
                for v in record.values
            ],
        }
    decision = entry.decision
    return {
        **common,
        "kind": decision.action,
        "calibration_id": decision.calibration_id or None,
        "reason": decision.reason or None,
        "objections": list(decision.objections),
        "evidence": [
            {"name": each.name, "value": each.value, "bound": each.bound, "unit": each.unit}
            for each in decision.evidence
        ],
    }


def _both(text: Any) -> dict[str, str]:
    words = localized(text)
    return {"id": words.id, "en": words.en}


_DUE = LocalizedText("berlaku sampai", "due")
_UNPLUGGED = LocalizedText("tidak terpasang", "not attached")
