"""When a slap on a live scanner is whole, good and still enough to be taken, and which frame was the best so far."""

import math
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers import Frame
from gateway.capture.auto_capture import AutoCaptureSettings
from gateway.capture.values import LiveFinger, LiveQuality
from gateway.finger import FingerPosition, SlapHand
from gateway.fingerprint import assess_preview, displacement
from gateway.fingerprint.sample import resampled
from gateway.fingerprint.slap import SeenFingers, crop, seen_fingers, segment_slap
from gateway.guidance import Guidance, GuidanceCode, guidance

QUICK_PPI = 250.0
"""Fingertips are found as well as at 500 ppi, and their ridges are assessed on a quarter of the pixels: 50 ms for a
frame of 81 x 76 mm with four fingers."""
LIFTED_SHOWN_S = 1.5
"""How long a hand that was lifted before it was taken is spoken of."""

MENDABLE = frozenset({GuidanceCode.OFF_GLASS, GuidanceCode.HAND_TURNED, GuidanceCode.FINGERS_TOO_CLOSE})
"""What a person mends while the hand lies there, and what a slap is taken with at last."""

_SKIN = frozenset(
    {
        GuidanceCode.TOO_DRY,
        GuidanceCode.TOO_WET,
        GuidanceCode.TOO_LIGHT,
        GuidanceCode.TOO_HARD,
        GuidanceCode.LOW_CONTRAST,
        GuidanceCode.UNCLEAR_RIDGES,
    }
)
"""Remarks on a single finger that hold for it in a slap; where it lies on its crop is nobody's fault."""


@dataclass(frozen=True)
class SlapLook:
    """One frame as auto-capture sees it."""

    frame: Frame
    live: LiveQuality
    take: bool


@dataclass(frozen=True)
class _Quick:
    """What the quick look at one frame found."""

    seen: SeenFingers
    scores: dict[FingerPosition, int]
    skin: tuple[Guidance, ...]
    """How the least clear finger touches, where it is not clear enough."""

    @property
    def guidance(self) -> tuple[Guidance, ...]:
        """Of the hand, then of that finger."""
        return (*self.seen.guidance, *self.skin)

    @property
    def score(self) -> int:
        """That of the least clear finger; 0 where none is seen."""
        return min(self.scores.values(), default=0)


class SlapAutoCapture:
    """Watches the frames of one attempt.

    Parameters
    ----------
    settings : AutoCaptureSettings
        `min_preview_score` holds for each finger.
    hand : SlapHand
        That is asked for.
    missing : collection of FingerPosition
        Its fingers that are not there.
    """

    def __init__(self, settings: AutoCaptureSettings, hand: SlapHand, missing: Collection[FingerPosition]) -> None:
        self._settings = settings
        self._hand = hand
        self._missing = frozenset(missing)
        self._reduced: NDArray[np.uint8] | None = None
        self.newest: Frame | None = None
        self.best: Frame | None = None
        """The frame that shows most of the fingers asked for, then the clearest; never one of the other hand."""
        self.remarks: tuple[Guidance, ...] = ()
        """On the last frame that showed a finger."""
        self._best_rank: tuple[float, ...] = ()
        self._placements = self._best_placement = 0
        self._lies = self._wrong = False
        self._good: deque[tuple[int, Frame]] = deque(maxlen=settings.still_frames)
        self._first_good_at: float | None = None
        self._not_before = 0.0
        self._whole = self._taken = False
        self._codes: frozenset[GuidanceCode] = frozenset()
        self._lifted_at = -math.inf

    def look(self, frame: Frame) -> SlapLook:
        """Judge the next frame of the stream."""
        reduced = resampled(frame.pixels, frame.ppi, min(frame.ppi, QUICK_PPI))
        quick = self._assessed(reduced, min(frame.ppi, QUICK_PPI))
        moved_mm = self._displacement(reduced, min(frame.ppi, QUICK_PPI)) if quick.seen.fingers else math.inf
        still = moved_mm <= self._settings.max_displacement_mm
        self._reduced, self.newest = reduced, frame
        self._keep_best(frame, quick, still=still)
        good = quick.seen.complete and quick.score >= self._settings.min_preview_score
        if good and still:
            self._good.append((quick.score, frame))
        else:
            self._good.clear()
        remarks = self._told(frame, quick, moved=math.isfinite(moved_mm) and not still)
        take = len(self._good) == self._settings.still_frames and not self._could_improve(frame, quick)
        self._taken = self._taken or take
        return SlapLook(frame, self._live(quick, remarks, still=still), take)

    def chosen(self) -> Frame | None:
        """The clearest of the good and still frames in a row that the last one ends; None where it is none."""
        return max(self._good, key=lambda each: each[0])[1] if self._good else None

    def refuse(self, frame: Frame) -> None:
        """The frame taken was not good enough after all: wait a little before the next is taken."""
        self._not_before = frame.captured_at + self._settings.retry_s

    def _assessed(self, reduced: NDArray[np.uint8], ppi: float) -> _Quick:
        seen = seen_fingers(segment_slap(reduced, ppi, self._hand), self._missing)
        scores: dict[FingerPosition, int] = {}
        skin: tuple[Guidance, ...] = ()
        for finger in seen.fingers:
            quality = assess_preview(crop(reduced, finger, ppi), ppi)
            score = round(quality.clarity) if quality.finger_present else 0
            if score < min((self._settings.min_preview_score, *scores.values())):
                skin = tuple(remark for remark in quality.guidance if remark.code in _SKIN)
            scores[finger.position] = score
        return _Quick(seen, scores, skin)

    def _displacement(self, reduced: NDArray[np.uint8], ppi: float) -> float:
        """Millimetres since the frame before; infinite where the two have nothing in common."""
        if self._reduced is None or self._reduced.shape != reduced.shape:
            return math.inf
        return displacement(self._reduced, reduced, ppi)

    def _keep_best(self, frame: Frame, quick: _Quick, *, still: bool) -> None:
        self._follow(quick.seen)
        if not quick.seen.fingers or (self._wrong and not quick.seen.complete):
            return
        # A moving frame scores half: it may be sharp, and still be torn by a line-by-line sensor.
        score = quick.score if still else quick.score / 2
        rank = (quick.seen.complete, len(quick.seen.fingers), score)
        if rank >= self._best_rank:
            self._best_rank, self.best, self._best_placement = rank, frame, self._placements

    def _follow(self, seen: SeenFingers) -> None:
        """Tell one placement from the next, and those of the other hand: as it comes and goes a part of it is seen."""
        if seen.fingers and not self._lies:
            self._placements += 1
            self._wrong = False
        self._lies = bool(seen.fingers)
        self._wrong = self._wrong or seen.wrong_hand
        incomplete = bool(self._best_rank) and not self._best_rank[0]
        if seen.wrong_hand and incomplete and self._best_placement == self._placements:
            self._best_rank, self.best = (), None

    def _could_improve(self, frame: Frame, quick: _Quick) -> bool:
        if self._first_good_at is None:
            self._first_good_at = frame.captured_at
        if frame.captured_at < self._not_before:
            return True
        waited_s = frame.captured_at - self._first_good_at
        movable = any(remark.code in MENDABLE for remark in quick.seen.guidance)
        return movable and waited_s < self._settings.improve_s

    def _told(self, frame: Frame, quick: _Quick, *, moved: bool) -> tuple[Guidance, ...]:
        """What the person is told; of a hand that was whole and went before it was taken, that it went too early."""
        before, self._codes = self._codes, frozenset(remark.code for remark in quick.guidance)
        if quick.seen.fingers:
            self._whole = self._whole or quick.seen.complete
            self._lifted_at = -math.inf
            self.remarks = quick.guidance
            # A hand that comes or goes lacks fingers, or seems to have too many, for a frame.
            lasting = tuple(remark for remark in quick.guidance if remark.code in before)
            fidgets = moved and quick.seen.complete
            return (*lasting, guidance(GuidanceCode.MOVED)) if fidgets else lasting
        if self._whole and not self._taken:
            self._lifted_at = frame.captured_at
        self._whole = False
        if frame.captured_at - self._lifted_at <= LIFTED_SHOWN_S:
            return (guidance(GuidanceCode.LIFTED_EARLY),)
        return quick.seen.guidance

    def _live(self, quick: _Quick, remarks: tuple[Guidance, ...], *, still: bool) -> LiveQuality:
        asked = (position for position in self._hand.positions if position not in self._missing)
        return LiveQuality(
            finger_present=bool(quick.seen.fingers),
            score=quick.score if not quick.seen.unseen else 0,
            still=still,
            guidance=remarks,
            fingers=tuple(
                LiveFinger(position, position in quick.scores, quick.scores.get(position, 0)) for position in asked
            ),
        )
