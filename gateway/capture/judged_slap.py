"""A frame of a slap, judged in full: its fingers parted, named, cut out and analysed one by one."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers import Frame
from gateway.capture.placements import of_a_finger
from gateway.finger import FingerPosition, SlapHand
from gateway.fingerprint import FingerAnalysis, analyze
from gateway.fingerprint.slap import SeenFingers, crop, seen_fingers, segment_slap
from gateway.guidance import Guidance


@dataclass(frozen=True, eq=False)
class JudgedFinger:
    """One finger of the slap.

    Parameters
    ----------
    position : FingerPosition
    pixels : (height, width) uint8
        Cut out upright, at the slap's sampling rate.
    analysis : FingerAnalysis
        Of those pixels.
    """

    position: FingerPosition
    pixels: NDArray[np.uint8]
    analysis: FingerAnalysis

    @property
    def score(self) -> int:
        """0 to 100."""
        return self.analysis.quality.score


@dataclass(frozen=True, eq=False)
class JudgedSlap:
    """A slap and its fingers, from left to right.

    Parameters
    ----------
    frame : Frame
    seen : SeenFingers
    fingers : tuple of JudgedFinger
    passed : int
        How many of them reach their threshold.
    """

    frame: Frame
    seen: SeenFingers
    fingers: tuple[JudgedFinger, ...]
    passed: int

    @property
    def rank(self) -> tuple[float, ...]:
        """Most fingers that reach their threshold, then nothing that is too much, most fingers, the best of the worst.

        The order of a plain slap's tries in BSI TR-03121-3 (see `best_of_tries`), which the enrolment keeps between
        captures.
        """
        return self.passed, self.seen.complete, len(self.fingers), self.score

    @property
    def score(self) -> int:
        """That of the worst finger; 0 where none is seen."""
        return min((finger.score for finger in self.fingers), default=0)

    @property
    def good(self) -> bool:
        """Whether all that was asked for is there, nothing else, and good enough."""
        return self.seen.complete and self.passed == len(self.fingers)

    @property
    def inverted(self) -> bool:
        """Whether most of the fingers have light ridges on a dark ground."""
        return 2 * sum(finger.analysis.inverted for finger in self.fingers) > len(self.fingers)

    @property
    def guidance(self) -> tuple[Guidance, ...]:
        """Of the hand, then of its fingers."""
        remarks = [*self.seen.guidance, *(each for finger in self.fingers for each in finger.analysis.guidance)]
        return tuple({remark.code: remark for remark in remarks}.values())


def judged_slap(
    frame: Frame, hand: SlapHand, missing: Collection[FingerPosition], threshold: Callable[[FingerPosition], int]
) -> JudgedSlap:
    """Judge a frame: 30 ms for its fingertips, 20 ms for each finger of 500 ppi.

    Parameters
    ----------
    hand : SlapHand
        One hand or two thumbs.
    missing : collection of FingerPosition
        Fingers of the hand that are not there.
    threshold : callable
        Score that a finger must reach.
    """
    seen = seen_fingers(segment_slap(frame.pixels, frame.ppi, hand), missing)
    fingers = []
    for finger in seen.fingers:
        pixels = crop(frame.pixels, finger, frame.ppi)
        analysis = analyze(pixels, frame.ppi)
        # Its outline was seen: one without ridges is not an empty glass.
        analysis = replace(analysis, guidance=of_a_finger(analysis.guidance))
        fingers.append(JudgedFinger(finger.position, pixels, analysis))
    passed = sum(finger.score >= threshold(finger.position) for finger in fingers)
    return JudgedSlap(frame, seen, tuple(fingers), passed)
