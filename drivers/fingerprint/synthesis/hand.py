"""The hand that lays fingers on the glass: which one comes next, when it touches, how it moves, when it leaves."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import cos, hypot, sin
from threading import Lock
from typing import Generic, TypeVar

from drivers.fingerprint.synthesis.touch import EXPOSURE_S, Touch

Drawn = TypeVar("Drawn")

LIFT_S = 0.18
REACTION_S = 0.35
"""Time from being told to lift a finger to lifting it."""
_WANDER_PX = 17.0  # radius of the circle on which a restless finger slides
_APPROACH_PX = (14.0, -20.0)  # where it first touches, relative to where it settles: it comes from beyond the tip


@dataclass(frozen=True)
class Chosen:
    """Which finger is laid, and how."""

    finger: int
    impression: int
    condition: str


@dataclass(frozen=True)
class Placement(Generic[Drawn]):
    """A finger on the glass, from touch to lift; times are `time.monotonic()` seconds."""

    chosen: Chosen
    drawn: Drawn
    touched_at: float
    settled_at: float
    lifted_at: float
    """When it begins to leave; it is gone `LIFT_S` later."""

    def touch(self, now: float, drift_px_per_s: tuple[float, float]) -> Touch:
        """How it lies at `now`, in pixels at 500 ppi; a drift keeps it sliding on a circle at that speed."""
        if now >= self.lifted_at:
            left = max(0.0, 1 - (now - self.lifted_at) / LIFT_S)
            return Touch(left * left)
        if now < self.settled_at:
            span = max(self.settled_at - self.touched_at, 1e-3)
            to_go = 1 - (now - self.touched_at) / span
            pressure = 0.12 + 0.88 * min(1.0, (1 - to_go) / 0.8) ** 1.3
            speed = 2 * to_go / span * EXPOSURE_S
            x, y = _APPROACH_PX
            return Touch(pressure, (x * to_go**2, y * to_go**2), (-x * speed, -y * speed))
        speed = hypot(*drift_px_per_s)
        if speed == 0:
            return Touch()
        angle = speed / _WANDER_PX * (now - self.settled_at)
        slide = (_WANDER_PX * sin(angle), _WANDER_PX * (1 - cos(angle)) - _WANDER_PX)
        smear = speed * EXPOSURE_S
        return Touch(1.0, slide, (smear * cos(angle), smear * sin(angle)))


class Hand(Generic[Drawn]):
    """Lays a finger down whenever somebody watches the glass, and lifts it again.

    Drawing a new finger takes a good part of a second; it happens in a thread of its own while the glass is still
    empty, so that frames go on.

    Parameters
    ----------
    draw : callable
        Makes what a placement shows.
    chosen : Chosen
        The first finger.
    repeat_impression : bool
        True: always that impression; False: the next one at each placement.
    delay_s, settle_s, hold_s : float
        From being watched to touching, from touching to resting, from resting to lifting.
    """

    def __init__(
        self,
        draw: Callable[[Chosen], Drawn],
        chosen: Chosen,
        *,
        repeat_impression: bool,
        delay_s: float,
        settle_s: float,
        hold_s: float,
    ) -> None:
        self._draw = draw
        self._chosen = chosen
        self._repeat = repeat_impression
        self._delay_s, self._settle_s, self._hold_s = delay_s, settle_s, hold_s
        self._last_impression: dict[int, int] = {}
        self._coming: tuple[Chosen, Future[Drawn]] | None = None
        self._touch_at = 0.0
        self._placement: Placement[Drawn] | None = None
        self._closed = False
        self._lock = Lock()
        self._artist = ThreadPoolExecutor(max_workers=1, thread_name_prefix="synthetic-finger")

    def choose(self, finger: int, impression: int | None, condition: str | None, now: float) -> None:
        """Say which finger comes next; one that rests on the glass is lifted for it."""
        with self._lock:
            self._repeat = impression is not None
            self._chosen = Chosen(
                finger,
                impression if impression is not None else self._last_impression.get(finger, 0) + 1,
                condition if condition is not None else self._chosen.condition,
            )
            self._withdraw()
            self._lift(now)

    def bring(self, chosen: Chosen, now: float, *, repeat: bool) -> None:
        """Say which finger comes next, with that impression first, and each time if it is to be repeated.

        The glass is free at once: whoever captures next sees no other finger.
        """
        with self._lock:
            self._repeat = repeat
            self._chosen = chosen
            self._withdraw()
            self._placement = None
            self._touch_at = now + self._delay_s

    def attend(self, now: float) -> None:
        """Somebody begins to watch: a finger that is not there yet comes after the delay."""
        with self._lock:
            self._prepare(now)
            if self._placement is None and self._touch_at < now:
                self._touch_at = now + self._delay_s

    def at(self, now: float) -> Placement[Drawn] | None:
        """What lies on the glass at `now`; to be called often while it is watched."""
        with self._lock:
            self._prepare(now)
            if self._placement is None and self._coming is not None and now >= self._touch_at:
                chosen, drawing = self._coming
                if drawing.done():
                    self._coming = None
                    self._last_impression[chosen.finger] = chosen.impression
                    if not self._repeat and self._chosen == chosen:
                        self._chosen = Chosen(chosen.finger, chosen.impression + 1, chosen.condition)
                    settled_at = now + self._settle_s
                    self._placement = Placement(chosen, drawing.result(), now, settled_at, settled_at + self._hold_s)
            return self._placement

    def lift(self, now: float) -> None:
        """Ask for the finger to be taken away; it goes after a moment, or when it would have gone anyway."""
        with self._lock:
            self._lift(now + REACTION_S)

    def close(self) -> None:
        """Stop drawing."""
        with self._lock:
            self._closed = True
            self._withdraw()
        self._artist.shutdown(wait=True)

    def _lift(self, when: float) -> None:
        placement = self._placement
        if placement is not None and when < placement.lifted_at:
            self._placement = Placement(
                placement.chosen, placement.drawn, placement.touched_at, min(placement.settled_at, when), when
            )

    def _withdraw(self) -> None:
        if self._coming is not None:
            self._coming[1].cancel()
            self._coming = None

    def _prepare(self, now: float) -> None:
        if self._placement is not None and now >= self._placement.lifted_at + LIFT_S:
            self._placement = None
            self._touch_at = max(self._touch_at, now + self._delay_s)
        if self._coming is None and not self._closed:
            self._coming = (self._chosen, self._artist.submit(self._draw, self._chosen))
            if self._placement is None and self._touch_at < now:
                self._touch_at = now + self._delay_s
