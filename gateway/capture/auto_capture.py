"""When a finger on a live scanner is good and still enough to be taken, and which frame was the best so far."""

import math
from dataclasses import dataclass

from drivers import Frame
from gateway.capture.values import LiveQuality
from gateway.fingerprint import PlacementAdvice, PreviewQuality, assess_preview, displacement
from gateway.guidance import GuidanceCode


@dataclass(frozen=True)
class AutoCaptureSettings:
    """When a frame is taken by itself."""

    min_preview_score: int = 40
    """Fast score, 0 to 100, that a frame must have."""
    still_frames: int = 4
    """So many frames in a row must be good and still: 160 ms at 25 frames a second."""
    max_displacement_mm: float = 0.15
    """A finger that moved further between two frames smears; a third of a ridge period at 500 ppi."""
    improve_s: float = 2.0
    """A finger that could still be laid on better, as the remarks say, is waited for this long; then it is taken."""
    retry_s: float = 0.5
    """Pause between full judgements of frames that looked good but were not: each costs about two frames."""


@dataclass(frozen=True)
class Look:
    """One frame as auto-capture sees it."""

    frame: Frame
    live: LiveQuality
    take: bool


class AutoCapture:
    """Watches the frames of one attempt."""

    def __init__(self, settings: AutoCaptureSettings) -> None:
        self._settings = settings
        self.newest: Frame | None = None
        self._good_frames = 0
        self._first_good_at: float | None = None
        self._not_before = 0.0
        self._best_score = -1.0
        self.best: Frame | None = None
        """The frame with the best fast score of those that show a finger."""
        self._advice = PlacementAdvice()
        self._looked_at = float("-inf")

    def look(self, frame: Frame) -> Look:
        """Judge the next frame of the stream."""
        quality = assess_preview(frame.pixels, frame.ppi)
        moved_mm = self._displacement(frame) if quality.finger_present else math.inf
        still = quality.finger_present and moved_mm <= self._settings.max_displacement_mm
        self.newest = frame
        if quality.finger_present:
            self._keep_best(frame, quality, still)
        good = quality.finger_present and quality.clarity >= self._settings.min_preview_score
        self._good_frames = self._good_frames + 1 if good and still else 0
        # Frames of a device that was opened anew, or whose clock is coarse, may bear the same time.
        self._looked_at = max(frame.captured_at, math.nextafter(self._looked_at, math.inf))
        remarks = self._advice.look(quality, moved_mm, self._looked_at)
        take = self._good_frames >= self._settings.still_frames and not self._could_improve(frame, quality)
        if take:
            self._advice.taken()
        return Look(frame, LiveQuality(quality.finger_present, round(quality.clarity), still, remarks), take)

    def _could_improve(self, frame: Frame, quality: PreviewQuality) -> bool:
        if self._first_good_at is None:
            self._first_good_at = frame.captured_at
        if frame.captured_at < self._not_before:
            return True
        waited_s = frame.captured_at - self._first_good_at
        movable = any(remark.code in _BY_MOVING for remark in quality.guidance)
        return movable and waited_s < self._settings.improve_s

    def refuse(self, frame: Frame) -> None:
        """The frame taken was not good enough after all: wait a little before the next is taken."""
        self._not_before = frame.captured_at + self._settings.retry_s

    def _displacement(self, frame: Frame) -> float:
        """Millimetres since the frame before; infinite where the two have nothing in common."""
        previous = self.newest
        if previous is None or previous.pixels.shape != frame.pixels.shape:
            return math.inf
        return displacement(previous.pixels, frame.pixels, frame.ppi)

    def _keep_best(self, frame: Frame, quality: PreviewQuality, still: bool) -> None:
        # A moving frame scores half: it may be sharp, and still be torn by a line-by-line sensor.
        score = quality.clarity if still else quality.clarity / 2
        if score >= self._best_score:
            self._best_score, self.best = score, frame


_BY_MOVING = {
    GuidanceCode.PARTIAL,
    GuidanceCode.OFF_CENTRE,
    GuidanceCode.MOVE_LEFT,
    GuidanceCode.MOVE_RIGHT,
    GuidanceCode.MOVE_UP,
    GuidanceCode.MOVE_DOWN,
    GuidanceCode.ROTATED,
    GuidanceCode.TOO_LIGHT,
    GuidanceCode.TOO_HARD,
}
"""What a person mends while the finger lies there; dryness or a dirty glass is another placement's matter."""
