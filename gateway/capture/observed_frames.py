"""The frames of an eye before the camera that are kept for its liveness: few a second, of the last seconds."""

from bisect import insort
from dataclasses import dataclass

from drivers import IrisFrame
from gateway.capture.judged_eyes import JudgedEyes


@dataclass(frozen=True)
class ObservationLimits:
    """How many frames are kept."""

    kept_s: float = 4.5
    """Half a second more than a pupil's wander takes."""
    per_second: float = 9.0
    """A little more than the 8 that a pupil's movement takes, as blinks leave some out."""
    most_bytes: int = 64 << 20
    """The oldest go first: 30 frames of two megapixels."""
    gap_s: float = 1.0
    """When no eye was seen for so long, what comes next is presented anew: a blink takes a third of it."""


@dataclass(frozen=True, eq=False)
class Observed:
    """One frame, and what it was judged to show if it was."""

    frame: IrisFrame
    judged: JudgedEyes | None = None


class ObservedFrames:
    """The frames of one presentation, in the order of their times, bounded in number and bytes."""

    def __init__(self, limits: ObservationLimits | None = None) -> None:
        self._limits = limits or ObservationLimits()
        self._kept: list[Observed] = []
        self._began_at: float | None = None
        self._seen_at = float("-inf")
        self._due_at = float("-inf")

    def see(self, frame: IrisFrame) -> None:
        """An eye is seen in the next frame of the stream; it is kept if it is time for one again."""
        now = frame.captured_at
        if self._began_at is None or now - self._seen_at > self._limits.gap_s:
            self._kept, self._began_at, self._due_at = [], now, now
        self._seen_at = max(self._seen_at, now)
        if now >= self._due_at:
            # Counted on from when it was due, so that the pace is kept whatever the camera's own rate is.
            period = 1 / self._limits.per_second
            self._due_at = max(self._due_at + period, now)
            self._keep(Observed(frame))

    def judge(self, judged: JudgedEyes) -> None:
        """Keep a frame that was judged in full: to look at it costs nothing more."""
        if self._is_of_this_presentation(judged.frame):
            self._keep(Observed(judged.frame, judged))

    def around(self, judged: JudgedEyes) -> tuple[Observed, ...]:
        """The frames of the presentation that one is of, it among them; it alone where it is of an earlier one."""
        if not self._is_of_this_presentation(judged.frame):
            return (Observed(judged.frame, judged),)
        at = judged.frame.captured_at
        others = [each for each in self._kept if each.frame.captured_at != at]
        return tuple(sorted([*others, Observed(judged.frame, judged)], key=_time))

    def _is_of_this_presentation(self, frame: IrisFrame) -> bool:
        return self._began_at is not None and frame.captured_at >= self._began_at

    def _keep(self, observed: Observed) -> None:
        at = observed.frame.captured_at
        self._kept = [
            each
            for each in self._kept
            if each.frame.captured_at != at and self._seen_at - each.frame.captured_at <= self._limits.kept_s
        ]
        insort(self._kept, observed, key=_time)
        size = sum(each.frame.pixels.nbytes for each in self._kept)
        while size > self._limits.most_bytes and len(self._kept) > 1:
            size -= self._kept.pop(0).frame.pixels.nbytes


def _time(observed: Observed) -> float:
    return observed.frame.captured_at
