"""Previous captures: is this finger one that was captured before, and is it the one that it is said to be?"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.finger import FingerPosition
from gateway.fingerprint.matching.decision import MIN_FMR, score_at_fmr
from gateway.guidance import Guidance, GuidanceCode, guidance

SAME_FINGER_FMR = 0.001
"""For all comparisons of one capture together: nine fingers before it, and one in a thousand is warned in vain."""
WRONG_FINGER_FMR = 0.1
"""A mate of the asked finger reaches less than this threshold only when one of the two prints is poor."""


@dataclass(frozen=True)
class PreviousScore:
    """How alike the new capture is to one that was captured before.

    Parameters
    ----------
    position : FingerPosition
        What the earlier capture is said to be.
    score : float
        `compare` of the two templates.
    minutiae : int
        The smaller number of minutiae of the two: a poor print proves nothing when it does not match.
    """

    position: FingerPosition
    score: float
    minutiae: int


def previous_capture_guidance(
    position: FingerPosition,
    previous: Sequence[PreviousScore],
    *,
    fmr: float = SAME_FINGER_FMR,
    min_minutiae: int = 20,
) -> tuple[Guidance, ...]:
    """What earlier captures of the same person say about the new one.

    Same finger again: it matches one that was captured as another finger, at a threshold that shares `fmr` over all
    comparisons. Wrong finger: it does not come near any earlier capture of the same finger, though both are rich in
    minutiae; `WRONG_FINGER_FMR` sets how near.

    Parameters
    ----------
    position : FingerPosition
        What is captured now.
    previous : sequence of PreviousScore
        All earlier captures that may be compared; none is an answer, too.
    fmr : float
        Up to 0.1: the rate at which an enrolment without a mix-up is warned.

    Returns
    -------
    tuple of Guidance
        At most one remark of each kind.

    Raises
    ------
    ValueError
        `fmr` is not supported by `score_at_fmr`.
    """
    threshold = score_at_fmr(fmr)  # refuses what was not measured, also where there is nothing to compare
    others = [earlier for earlier in previous if earlier.position is not position]
    if others:
        threshold = score_at_fmr(max(fmr / len(others), MIN_FMR))
    remarks = []
    if any(earlier.score >= threshold for earlier in others):
        remarks.append(guidance(GuidanceCode.SAME_FINGER_AGAIN))
    mates = [earlier for earlier in previous if earlier.position is position and earlier.minutiae >= min_minutiae]
    if mates and max(earlier.score for earlier in mates) < score_at_fmr(WRONG_FINGER_FMR):
        remarks.append(guidance(GuidanceCode.WRONG_FINGER))
    return tuple(remarks)
