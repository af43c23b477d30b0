"""The person before the camera: who comes next, how they approach, settle, blink and leave."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import cos, exp, hypot, pi, sin
from threading import Lock
from typing import Generic, TypeVar

from drivers.frame import Eyes
from drivers.iris.synthesis.drawn_eye import settled_pose
from drivers.iris.synthesis.pose import Pose
from drivers.iris.synthesis.scene import Stance

Drawn = TypeVar("Drawn")

LEAVE_S = 0.5
BLINK_S = 0.28
BLINK_EVERY_S = 3.4
"""Between two blinks of a person who looks into a camera, on the average."""
_COMES_FROM_MM = (-38.0, 24.0, 190.0)  # x, y, farther than at rest
_GOES_MM = (42.0, 18.0, 150.0)
_LOOKS_AROUND_DEG = 13.0
_OVERSHOOT_MM = (2.4, -1.6, 9.0)
_SWAY_MM = (0.16, 0.12, 0.7)
_WANDER_MM = 6.0  # radius of the circle on which a restless head drifts
_STEP_S = 0.004


@dataclass(frozen=True)
class Chosen:
    """Who comes, and how."""

    eye: int
    other_eye: int | None
    """The left eye, where both are shown; then `eye` is the right one."""
    impression: int
    condition: str
    artefact: str | None = None
    face: int | None = None
    """Seed of lids, lashes and skin; None: as of `eye`."""
    eyes: Eyes | None = None
    """What is shown, where that is another than the camera was set for."""


@dataclass(frozen=True)
class Visit(Generic[Drawn]):
    """A person's stay before the camera; times are `time.monotonic()` seconds."""

    chosen: Chosen
    drawn: Drawn
    stance: Stance
    came_at: float
    arrived_at: float
    settled_at: float
    leaves_at: float
    """Gone `LEAVE_S` later."""

    def pose(self, now: float) -> Pose:
        """Where the head is at `now`, where the eyes look, and how fast it all moves."""
        x, y, distance, yaw, pitch = self._place(now)
        before, after = self._place(now - _STEP_S), self._place(now + _STEP_S)
        return replace(
            settled_pose(self.stance),
            x_mm=x,
            y_mm=y,
            distance_mm=distance,
            yaw_deg=yaw,
            pitch_deg=pitch,
            closing=self.closing(now),
            velocity_mm_per_s=((after[0] - before[0]) / (2 * _STEP_S), (after[1] - before[1]) / (2 * _STEP_S)),
        )

    def at_rest(self, now: float) -> bool:
        """Whether the person has settled, stays, and has the eyes open."""
        return self.settled_at <= now < self.leaves_at and self.closing(now) <= 0.0

    def closing(self, now: float) -> float:
        """How far a blink has closed the lids: 0 open, 1 shut. One falls into the approach."""
        since = now - self.came_at - 0.55 * (self.arrived_at - self.came_at)
        if since < 0:
            return 0.0
        into = since % BLINK_EVERY_S
        if into >= BLINK_S:
            return 0.0
        # Lids fall about twice as fast as they rise.
        down = 0.35 * BLINK_S
        return sin(pi / 2 * into / down) if into < down else cos(pi / 2 * (into - down) / (BLINK_S - down)) ** 2

    def _place(self, now: float) -> tuple[float, float, float, float, float]:
        stance = self.stance
        x, y, distance = stance.x_mm, stance.y_mm, stance.distance_mm
        yaw, pitch = stance.yaw_deg, stance.pitch_deg
        approach = max(self.arrived_at - self.came_at, 1e-3)
        left = 1 - min(max((now - self.came_at) / approach, 0.0), 1.0)
        ease = left * left * (3 - 2 * left)
        since = max(0.0, now - self.arrived_at)
        settle = max(self.settled_at - self.arrived_at, 1e-3)
        swing = exp(-4 * since / settle) * sin(2 * pi * 1.1 * min(since / settle, 1.0)) if since < 2 * settle else 0.0
        calm = min(since / 0.3, 1.0)
        x += _COMES_FROM_MM[0] * ease + _OVERSHOOT_MM[0] * swing + calm * _SWAY_MM[0] * sin(2 * pi * 0.31 * now)
        y += _COMES_FROM_MM[1] * ease + _OVERSHOOT_MM[1] * swing + calm * _SWAY_MM[1] * sin(2 * pi * 0.43 * now + 1)
        distance += _COMES_FROM_MM[2] * ease + _OVERSHOOT_MM[2] * swing + calm * _SWAY_MM[2] * sin(2 * pi * 0.19 * now)
        yaw += _LOOKS_AROUND_DEG * min(1.0, 2 * ease) + calm * 0.25 * sin(2 * pi * 0.7 * now)
        pitch += 0.5 * _LOOKS_AROUND_DEG * min(1.0, 2 * ease) + calm * 0.2 * sin(2 * pi * 0.57 * now + 2)
        speed = hypot(*stance.drift_mm_per_s)
        if speed > 0 and now > self.arrived_at:
            angle = speed / _WANDER_MM * since
            x += _WANDER_MM * sin(angle)
            y += 0.5 * _WANDER_MM * (1 - cos(angle))
        if now > self.leaves_at:
            gone = min((now - self.leaves_at) / LEAVE_S, 1.0) ** 2
            x, y = x + _GOES_MM[0] * gone, y + _GOES_MM[1] * gone
            distance += _GOES_MM[2] * gone
        return x, y, distance, yaw, pitch


class Sitter(Generic[Drawn]):
    """Comes before the camera whenever somebody watches, and leaves again.

    Drawing an eye takes a good part of a second; it happens in a thread of its own while the place is still empty, so
    that frames go on.

    Parameters
    ----------
    draw : callable
        Makes what a visit shows, and how the person stands.
    chosen : Chosen
        Who comes first.
    repeat_impression : bool
        True: always that impression; False: the next one at each visit.
    delay_s, approach_s, settle_s, hold_s : float
        From being watched to appearing, from there to arriving, from there to stillness, from there to leaving.
    """

    def __init__(
        self,
        draw: Callable[[Chosen], tuple[Drawn, Stance]],
        chosen: Chosen,
        *,
        repeat_impression: bool,
        delay_s: float,
        approach_s: float,
        settle_s: float,
        hold_s: float,
    ) -> None:
        self._draw = draw
        self._chosen = chosen
        self._repeat = repeat_impression
        self._delay_s, self._approach_s, self._settle_s, self._hold_s = delay_s, approach_s, settle_s, hold_s
        self._last_impression: dict[int, int] = {}
        self._coming: tuple[Chosen, Future[tuple[Drawn, Stance]]] | None = None
        self._come_at = 0.0
        self._visit: Visit[Drawn] | None = None
        self._closed = False
        self._lock = Lock()
        self._artist = ThreadPoolExecutor(max_workers=1, thread_name_prefix="synthetic-eye")

    def choose(
        self,
        eye: int,
        other_eye: int | None,
        impression: int | None,
        condition: str | None,
        now: float,
        artefact: str | None = None,
    ) -> None:
        """Say who comes next; whoever is there leaves. Condition and artefact are by default as before."""
        with self._lock:
            self._repeat = impression is not None
            self._chosen = Chosen(
                eye,
                other_eye,
                impression if impression is not None else self._last_impression.get(eye, 0) + 1,
                condition if condition is not None else self._chosen.condition,
                artefact if artefact is not None else self._chosen.artefact,
            )
            self._withdraw()
            if self._visit is not None and now < self._visit.leaves_at:
                self._visit = replace(self._visit, leaves_at=now)

    def bring(self, chosen: Chosen, now: float, *, repeat: bool) -> None:
        """Say who comes next, with that impression first, and each time if it is to be repeated.

        The place is free at once: whoever captures next sees nobody else.
        """
        with self._lock:
            self._repeat = repeat
            self._chosen = chosen
            self._withdraw()
            self._visit = None
            self._come_at = now + self._delay_s

    def attend(self, now: float) -> None:
        """Somebody begins to watch: a person who is not there yet comes after the delay."""
        with self._lock:
            self._prepare(now)
            if self._visit is None and self._come_at < now:
                self._come_at = now + self._delay_s

    def at(self, now: float) -> Visit[Drawn] | None:
        """Who is before the camera at `now`; to be called often while it is watched."""
        with self._lock:
            self._prepare(now)
            if self._visit is None and self._coming is not None and now >= self._come_at:
                chosen, drawing = self._coming
                if drawing.done():
                    self._coming = None
                    self._begin(chosen, drawing.result(), now)
            return self._visit

    def close(self) -> None:
        """Stop drawing."""
        with self._lock:
            self._closed = True
            self._withdraw()
        self._artist.shutdown(wait=True)

    def _begin(self, chosen: Chosen, drawn: tuple[Drawn, Stance], now: float) -> None:
        self._last_impression[chosen.eye] = chosen.impression
        if not self._repeat and self._chosen == chosen:
            self._chosen = replace(chosen, impression=chosen.impression + 1)
        arrived_at = now + self._approach_s
        settled_at = arrived_at + self._settle_s
        self._visit = Visit(chosen, drawn[0], drawn[1], now, arrived_at, settled_at, settled_at + self._hold_s)

    def _withdraw(self) -> None:
        if self._coming is not None:
            self._coming[1].cancel()
            self._coming = None

    def _prepare(self, now: float) -> None:
        if self._visit is not None and now >= self._visit.leaves_at + LEAVE_S:
            self._visit = None
            self._come_at = max(self._come_at, now + self._delay_s)
        if self._coming is None and not self._closed:
            self._coming = (self._chosen, self._artist.submit(self._draw, self._chosen))
            if self._visit is None and self._come_at < now:
                self._come_at = now + self._delay_s
