"""The person before the camera: who comes, how they approach, settle, blink and leave."""

from dataclasses import dataclass
from math import cos, pi, sin

from drivers.portrait.synthesis.condition import CONDITIONS
from drivers.portrait.synthesis.figure import Figure, drawn_figure

LEAVE_S = 0.6
BLINK_S = 0.26
BLINK_EVERY_S = 4.1
_COMES_FROM_MM = (-230.0, 40.0, 900.0)
_GOES_MM = (420.0, 30.0, 260.0)


@dataclass(frozen=True)
class Pose:
    """Where the head is, and what the eyes do; millimetres and degrees."""

    x_mm: float
    y_mm: float
    distance_mm: float
    roll_deg: float
    gaze: tuple[float, float]
    closing: float


@dataclass(frozen=True, eq=False)
class Visit:
    """A person's stay before the camera; times are `time.monotonic()` seconds."""

    face: int
    condition: str
    figure: Figure
    came_at: float
    arrived_at: float
    settled_at: float
    leaves_at: float

    def pose(self, now: float) -> Pose:
        """Where the head is at `now`."""
        wanted = CONDITIONS[self.condition]
        left = 1 - min(max((now - self.came_at) / max(self.arrived_at - self.came_at, 1e-3), 0.0), 1.0)
        ease = left * left * (3 - 2 * left)
        settle = max(self.settled_at - self.arrived_at, 1e-3)
        into = min(max((now - self.arrived_at) / settle, 0.0), 1.0)
        swing = (1 - into) ** 2 * sin(2 * pi * 1.2 * into)
        sway = wanted.sway_mm * min(into, 1.0)
        x = wanted.offset_mm[0] + _COMES_FROM_MM[0] * ease + 9 * swing + sway * sin(2 * pi * 0.9 * now)
        y = wanted.offset_mm[1] + _COMES_FROM_MM[1] * ease - 6 * swing + 0.6 * sway * sin(2 * pi * 0.7 * now + 1)
        distance = wanted.distance_mm + _COMES_FROM_MM[2] * ease + 14 * swing
        if now > self.leaves_at:
            gone = min((now - self.leaves_at) / LEAVE_S, 1.0) ** 2
            x, y, distance = x + _GOES_MM[0] * gone, y + _GOES_MM[1] * gone, distance + _GOES_MM[2] * gone
        looks = (wanted.gaze[0] + 0.6 * min(1.0, 2 * ease), wanted.gaze[1])
        return Pose(x, y, distance, wanted.roll_deg + 5 * ease, looks, max(wanted.closing, self.blink(now)))

    def at_rest(self, now: float) -> bool:
        """Whether the person has settled, stays, and does not blink just now."""
        return self.settled_at <= now < self.leaves_at and self.blink(now) == 0.0

    def blink(self, now: float) -> float:
        """How far a blink has closed the lids: 0 open, 1 shut."""
        since = now - self.came_at - 0.3
        if since < 0 or (into := since % BLINK_EVERY_S) >= BLINK_S:
            return 0.0
        return (1 - cos(2 * pi * into / BLINK_S)) / 2


class Visits:
    """Somebody comes whenever the camera is watched, stays a while, leaves and comes again.

    Parameters
    ----------
    face : int
        Seed of who comes first.
    condition : str
        One of `CONDITIONS`.
    delay_s, approach_s, settle_s, hold_s : float
        From being watched to appearing, from there to arriving, from there to stillness, from there to leaving.
    """

    def __init__(
        self, face: int, condition: str, *, delay_s: float, approach_s: float, settle_s: float, hold_s: float
    ) -> None:
        self._chosen = (face, condition)
        self._delay_s, self._approach_s, self._settle_s, self._hold_s = delay_s, approach_s, settle_s, hold_s
        self._visit: Visit | None = None
        self._come_at: float | None = None
        self._figure = (face, drawn_figure(face))

    def choose(self, face: int, condition: str | None) -> None:
        """Say who comes next; whoever is there and is another leaves. May be called from another thread."""
        self._chosen = (face, self._chosen[1] if condition is None else condition)

    def bring(self, face: int) -> None:
        """Say who comes next; the place is free at once. May be called from another thread."""
        self._chosen = (face, self._chosen[1])
        self._visit = self._come_at = None

    def at(self, now: float) -> Visit | None:
        """Who is before the camera at `now`."""
        visit = self._visit
        if visit is not None and (visit.face, visit.condition) != self._chosen and now < visit.leaves_at:
            visit = self._visit = Visit(
                visit.face, visit.condition, visit.figure, visit.came_at, visit.arrived_at, visit.settled_at, now
            )
        if visit is not None and now >= visit.leaves_at + LEAVE_S:
            visit = self._visit = None
            self._come_at = now + self._delay_s
        if self._come_at is None:
            self._come_at = now + self._delay_s
        if visit is None and now >= self._come_at:
            visit = self._visit = self._begun(now)
        return visit

    def _begun(self, now: float) -> Visit:
        face, condition = self._chosen
        if self._figure[0] != face:
            self._figure = (face, drawn_figure(face))
        arrived_at = now + self._approach_s
        settled_at = arrived_at + self._settle_s
        return Visit(face, condition, self._figure[1], now, arrived_at, settled_at, settled_at + self._hold_s)
