"""When a face before a live camera is good and still enough to be taken, and which frame was the best so far."""

from collections import Counter, deque
from dataclasses import dataclass
from itertools import chain
from math import hypot

from drivers import PortraitFrame
from gateway.capture.values import LiveQuality
from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.portrait import Head, PortraitAnalysis, analyze


@dataclass(frozen=True)
class PortraitAutoCaptureSettings:
    """When frames are taken by themselves."""

    min_score: int = 60
    """Score, 0 to 100, that a frame must have; drawn figures that sit well before the camera have 75 and more."""
    still_frames: int = 8
    """So many frames in a row must be good and still: a quarter of a second at 30 frames a second."""
    max_displacement: float = 0.04
    """Head widths that a head may move between two frames: 6 mm."""
    improve_s: float = 2.0
    """A face that could be presented better, as the remarks say, is waited for this long; then it is taken."""
    recent_s: float = 1.0
    """What is taken is not older than this: the operator means the face that is there now."""


@dataclass(frozen=True, eq=False)
class JudgedPortrait:
    """A frame and what it shows."""

    frame: PortraitFrame
    analysis: PortraitAnalysis

    @property
    def seen(self) -> bool:
        """Whether there is a face."""
        return self.analysis.head is not None

    @property
    def rank(self) -> tuple[float, ...]:
        """By whether a face is seen, then by whether its eyes are, then by score, then by sharpness."""
        head, quality = self.analysis.head, self.analysis.quality
        if head is None or quality is None:
            return (0.0, 0.0, 0.0, 0.0)
        return (1.0, float(head.eyes is not None), float(quality.score), -quality.edge_blur)


@dataclass(frozen=True, eq=False)
class PortraitLook:
    """One frame as auto-capture sees it."""

    judged: JudgedPortrait
    live: LiveQuality
    take: bool


class PortraitAutoCapture:
    """Watches the frames of one attempt."""

    def __init__(self, settings: PortraitAutoCaptureSettings) -> None:
        self._settings = settings
        self.newest: JudgedPortrait | None = None
        self.best: JudgedPortrait | None = None
        """Of all frames that showed a face."""
        self.remarks: tuple[Guidance, ...] = ()
        """What stands in the way, by the last frames."""
        self._recent: deque[JudgedPortrait] = deque()
        self._codes: deque[tuple[GuidanceCode, ...]] = deque(maxlen=_STEADY_FRAMES)
        self._present: deque[bool] = deque(maxlen=_STEADY_FRAMES)
        self._good_frames = 0
        self._first_good_at: float | None = None

    def look(self, frame: PortraitFrame) -> PortraitLook:
        """Judge the next frame of the stream."""
        judged = JudgedPortrait(frame, analyze(frame.pixels))
        head, quality = judged.analysis.head, judged.analysis.quality
        before = None if self.newest is None else self.newest.analysis.head
        still = head is not None and self._is_still(before, head)
        self.newest = judged
        self._keep(judged)
        good = quality is not None and quality.score >= self._settings.min_score
        if good and self._first_good_at is None:
            self._first_good_at = frame.captured_at
        self._good_frames = self._good_frames + 1 if good and still else 0
        codes = tuple(remark.code for remark in judged.analysis.guidance)
        if not codes and not still and self._codes:  # the first frame has none before it
            codes = (GuidanceCode.FACE_MOVED,)
        self._codes.append(codes)
        self._present.append(head is not None)
        self.remarks = self._steady_remarks()
        live = LiveQuality(
            score=0 if quality is None else quality.score,
            still=still,
            guidance=self.remarks,
            face_present=2 * sum(self._present) > len(self._present),
        )
        enough = self._good_frames >= self._settings.still_frames
        return PortraitLook(judged, live, enough and not self.could_be_better(codes, frame.captured_at))

    def recent(self) -> JudgedPortrait | None:
        """The best of the last second; without a face in it, the newest."""
        seen = [each for each in self._recent if each.seen]
        return max(seen, key=lambda each: each.rank) if seen else self.newest

    def could_be_better(self, codes: tuple[GuidanceCode, ...], at: float) -> bool:
        """Whether to wait still for what the person can mend, though the face is good enough."""
        waited_s = 0.0 if self._first_good_at is None else at - self._first_good_at
        return waited_s < self._settings.improve_s and not _MENDED_AT_ONCE.isdisjoint(codes)

    def _is_still(self, before: Head | None, now: Head) -> bool:
        if before is None:
            return False
        moved = hypot(now.centre[0] - before.centre[0], now.centre[1] - before.centre[1])
        return moved <= self._settings.max_displacement * now.width

    def _keep(self, judged: JudgedPortrait) -> None:
        if judged.seen and (self.best is None or judged.rank >= self.best.rank):
            self.best = judged
        since = judged.frame.captured_at - self._settings.recent_s
        # A frame is seven megabytes where it is large: of a second's thirty, those are let go that are surpassed.
        kept = [each for each in self._recent if each.frame.captured_at >= since and each.rank > judged.rank]
        self._recent = deque([*kept[: _MOST_RECENT - 1], judged])

    def _steady_remarks(self) -> tuple[Guidance, ...]:
        """What most of the last frames say; remarks that flicker cannot be followed."""
        said = Counter(chain.from_iterable(self._codes))
        latest = dict.fromkeys(chain.from_iterable(reversed(self._codes)))
        return tuple(guidance(code) for code in latest if 2 * said[code] > len(self._codes))


_STEADY_FRAMES = 5
_MOST_RECENT = 6

_MENDED_AT_ONCE = {
    GuidanceCode.HEAD_TOO_SMALL,
    GuidanceCode.HEAD_TOO_LARGE,
    GuidanceCode.HEAD_OFF_CENTRE,
    GuidanceCode.HEAD_TILTED,
    GuidanceCode.FACE_BLURRED,
    GuidanceCode.FACE_MOVED,
    GuidanceCode.EYES_NOT_SEEN,
}
"""What a person mends while the camera looks; the light of the room is another's matter."""
