"""What a soak met, and how that reads."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from rekam.v1 import capture_pb2, device_pb2

RECORDED = {
    capture_pb2.CAPTURE_OUTCOME_CAPTURED,
    capture_pb2.CAPTURE_OUTCOME_BELOW_QUALITY,
    capture_pb2.CAPTURE_OUTCOME_MARKED_MISSING,
}
OUT_OF_ORDER = {
    device_pb2.DEVICE_STATE_ABSENT,
    device_pb2.DEVICE_STATE_RECOVERING,
    device_pb2.DEVICE_STATE_FAILED,
}


def words(name: str) -> str:
    """`CAPTURE_OUTCOME_DEVICE_LOST` as `device lost`."""
    return name.partition("OUTCOME_")[2].lower().replace("_", " ")


@dataclass(frozen=True)
class Resources:
    """What the gateway's process holds."""

    resident_mb: float
    """10^6 bytes."""
    threads: int
    open_files: int

    def __str__(self) -> str:
        return f"{self.resident_mb:.1f} MB resident, {self.threads} threads, {self.open_files} open files"


@dataclass
class Tally:
    """Everything that was counted; `problems` says in words what must not be."""

    seed: int
    open_captures: dict[str, str] = field(default_factory=dict)
    """Device by capture id, of those that have not ended."""
    started: Counter[str] = field(default_factory=Counter)
    """Captures by device."""
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    """By device."""
    recorded: dict[int, str] = field(default_factory=dict)
    """Capture id by sequence number, as clients were told."""
    behaviours: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """What captures that FAILED said."""
    refusals: Counter[str] = field(default_factory=Counter)
    faults: dict[str, Counter[str]] = field(default_factory=dict)
    """By device."""
    recoveries_s: dict[str, list[float]] = field(default_factory=dict)
    """Seconds for which a device was out of order, by device."""
    previews: int = 0
    duration_s: float = 0.0
    calm_s: float = 0.0
    """From the last fault that began until every device was idle."""
    resources: dict[str, Resources] = field(default_factory=dict)
    growth_mb: float = 0.0
    """Of resident memory, from the first third of the looks to the last."""
    """By moment."""
    stalls_ms: tuple[float, float] = (0.0, 0.0)
    """99th percentile and largest, upper bounds of their buckets."""
    stored: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def captures(self) -> int:
        """Captures that were started."""
        return self.started.total()

    @property
    def ended(self) -> int:
        """Captures whose outcome is known."""
        return self.captures - len(self.open_captures)

    def start(self, capture: capture_pb2.Capture) -> None:
        """A capture was started."""
        self.open_captures[capture.capture_id] = capture.device_id
        self.started[capture.device_id] += 1

    def end(self, capture: capture_pb2.Capture) -> None:
        """A capture came to its end, as its watcher was told."""
        self.open_captures.pop(capture.capture_id, None)
        outcome = words(capture_pb2.CaptureOutcome.Name(capture.outcome))
        if capture.error.reason and capture.outcome == capture_pb2.CAPTURE_OUTCOME_FAILED:
            outcome += f" ({capture.error.reason})"
            self.failures[capture.error.message.en] += 1
        self.outcomes.setdefault(capture.device_id, Counter())[outcome] += 1
        if capture.outcome == capture_pb2.CAPTURE_OUTCOME_UNSPECIFIED:
            self.problems.append(f"{capture.capture_id} ended without an outcome")
        if bool(capture.sequence) is not (capture.outcome in RECORDED):
            self.problems.append(f"{capture.capture_id} ended {outcome!r} with the number {capture.sequence}")
        if capture.sequence:
            other = self.recorded.setdefault(capture.sequence, capture.capture_id)
            if other != capture.capture_id:
                self.problems.append(f"{other} and {capture.capture_id} have the number {capture.sequence}")

    def __str__(self) -> str:
        total = sum(self.outcomes.values(), Counter[str]())
        faults = sum(self.faults.values(), Counter[str]())
        recoveries = sorted(s for each in self.recoveries_s.values() for s in each)
        rate = self.captures / max(self.duration_s, 1e-9)
        lines = [
            f"seed {self.seed}: {self.captures} captures in {self.duration_s:.0f} s ({rate:.1f}/s)",
            f"outcomes     {_counts(total)}",
            f"behaviours   {_counts(self.behaviours)}",
            f"failures     {_counts(self.failures)}",
            f"refusals     {_counts(self.refusals)}",
            f"faults       {_counts(faults)}",
            f"recoveries   {_seconds(recoveries)}",
            f"previews     {self.previews}",
            f"spool        {self.stored} captures, {len(self.recorded)} were announced",
            *(f"resources    {moment}: {held}" for moment, held in self.resources.items()),
            f"growth       {self.growth_mb:+.1f} MB from the first third of these looks to the last",
            f"loop stalls  99 % below {self.stalls_ms[0]:.0f} ms, all below {self.stalls_ms[1]:.0f} ms",
            f"at the end   every device idle after {self.calm_s:.1f} s",
        ]
        for device in sorted(self.started):
            lines += [
                f"{device}: {self.started[device]} captures: {_counts(self.outcomes.get(device, Counter()))}",
                f"    faults: {_counts(self.faults.get(device, Counter()))}",
                f"    out of order: {_seconds(sorted(self.recoveries_s.get(device, [])))}",
            ]
        lines += [f"PROBLEM: {problem}" for problem in self.problems] or ["no problem was found"]
        return "\n".join(lines)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common()) or "none"


def _seconds(ordered: Sequence[float]) -> str:
    if not ordered:
        return "none"
    return f"{len(ordered)} times, median {median(ordered):.2f} s, longest {ordered[-1]:.2f} s"
