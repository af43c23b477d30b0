"""What the centre met, in bins of time."""

from collections import defaultdict
from dataclasses import dataclass, field

BIN_S = 60.0


@dataclass
class Observation:
    """Sums by minute since the centre's return, and how it ended."""

    asked: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    """Work that was asked of the centre, as bytes: what the lines of all uploads would carry, and calls."""
    taken: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    """Bytes that were received."""
    wasted: float = 0.0
    """Bytes that were received and thrown away."""
    whole: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Packets that were received whole."""
    known: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Packets whose small parts the centre has."""
    refusals: int = 0
    backlog: int = 0
    """Packets that waited at the return and still do."""
    backlog_bytes: float = 0.0
    """That waited at the return."""
    recorded: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Packets that came after the return."""
    slowest_office_s: float = 0.0
    """What the office needs that has most waiting for its line and quota, were it alone."""

    def spread(self, sums: dict[int, float], begin_s: float, end_s: float, amount: float) -> None:
        """Share an amount out among the minutes that it took."""
        if end_s <= begin_s:
            sums[int(begin_s // BIN_S)] += amount
            return
        for number in range(int(begin_s // BIN_S), int(end_s // BIN_S) + 1):
            overlap = min(end_s, (number + 1) * BIN_S) - max(begin_s, number * BIN_S)
            if overlap > 0:
                sums[number] += amount * overlap / (end_s - begin_s)

    def load(self, capacity: float) -> list[float]:
        """Of each minute, what was asked over what the centre can do."""
        last = max(self.asked, default=-1)
        return [self.asked[number] / (capacity * BIN_S) for number in range(last + 1)]
