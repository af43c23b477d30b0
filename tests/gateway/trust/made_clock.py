"""A machine whose clocks do what a test says, as Linux has them."""

from datetime import UTC, datetime

from gateway.trust.clock_source import ClockReading

START = datetime(2026, 5, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MadeClock:
    """Clocks that stand still until time is made to pass.

    `oscillator` is its true rate less one: the wall clock is right while `frequency` is its opposite.
    """

    def __init__(self, wall: datetime = START, max_error_s: float | None = None, oscillator: float = 0.0) -> None:
        self.wall_ns = int((wall - EPOCH).total_seconds()) * 10**9
        self.boot_ns = self.awake_ns = self.raw_ns = 100 * 10**9
        self.true_ns = self.wall_ns
        self.max_error_s = max_error_s
        self.oscillator = oscillator
        self.frequency = 0.0
        self.pending_s = 0.0

    def read(self) -> ClockReading:
        return ClockReading(
            self.wall_ns, self.boot_ns, self.awake_ns, self.raw_ns, self.max_error_s, self.frequency, self.pending_s, 0
        )

    def pass_s(self, seconds: float) -> None:
        raw_ns = int(seconds * 1e9 * (1 + self.oscillator))
        disciplined_ns = int(raw_ns * (1 + self.frequency))
        self.true_ns += int(seconds * 1e9)
        self.raw_ns += raw_ns
        self.wall_ns += disciplined_ns
        self.boot_ns += disciplined_ns
        self.awake_ns += disciplined_ns

    def sleep_s(self, seconds: float) -> None:
        self.true_ns += int(seconds * 1e9)
        self.wall_ns += int(seconds * 1e9)
        self.boot_ns += int(seconds * 1e9)

    def step_s(self, seconds: float, *, unsynchronises: bool = True) -> None:
        self.wall_ns += int(seconds * 1e9)
        if unsynchronises:
            self.max_error_s = None

    def synchronise(self, error_s: float) -> None:
        """As a daemon that knows the true time steps the clock."""
        self.wall_ns = self.true_ns
        self.max_error_s = error_s

    @property
    def error_s(self) -> float:
        return abs(self.wall_ns - self.true_ns) / 1e9
