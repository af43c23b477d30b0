"""Best of several tries: which capture is kept, and which finger of it, by the rule of BSI TR-03121."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.finger import FingerPosition

FAILED = 255
"""Not a score: quality could not be told (ISO/IEC 19794-4). It ranks below every score, 0 included."""
ORDER = (
    FingerPosition.RIGHT_THUMB,
    FingerPosition.LEFT_THUMB,
    FingerPosition.RIGHT_INDEX,
    FingerPosition.LEFT_INDEX,
    FingerPosition.RIGHT_MIDDLE,
    FingerPosition.LEFT_MIDDLE,
    FingerPosition.RIGHT_RING,
    FingerPosition.LEFT_RING,
    FingerPosition.RIGHT_LITTLE,
    FingerPosition.LEFT_LITTLE,
    FingerPosition.UNKNOWN,
)
"""In which the fingers of one slap are compared: index, middle, ring, little; thumbs right, then left."""

Scores = Mapping[FingerPosition, int]


@dataclass(frozen=True)
class BestTry:
    """What is kept of several tries.

    Parameters
    ----------
    tries : mapping of FingerPosition to int
        For each finger, the number of the try that it is taken from, from 0. One and the same number for all, unless
        fingers of different tries were mixed.
    passed : bool
        Every finger reaches its own threshold.
    """

    tries: Mapping[FingerPosition, int]
    passed: bool


def try_passes(scores: Scores, thresholds: Scores) -> bool:
    """Whether every finger of one try reaches its own threshold; a failed finger does not, nor does an empty try."""
    return bool(scores) and all(FAILED != score >= thresholds[finger] for finger, score in scores.items())


def best_of_tries(tries: Sequence[Scores], thresholds: Scores, *, rolled: bool = False) -> BestTry | None:
    """Choose the try that is kept: a single finger, or a whole slap.

    A try that passes comes before one that does not. Among equals, fingers are compared in `ORDER`: the first that
    differs decides, never the sum or the mean. Of tries that are equal throughout the first stays, of rolled prints
    the latest.

    Parameters
    ----------
    tries : sequence of mappings
        Score of each finger, 0 to 100, or `FAILED`, in the order in which they were made. All of the same fingers.
    thresholds : mapping
        Score that each finger must reach.
    rolled : bool
        The tries are rolled prints.

    Returns
    -------
    BestTry or None
        None where there was no try, or where no finger of any try has a score: a failure is never the best.

    Raises
    ------
    ValueError
        The tries are not all of the same fingers, a finger has no threshold, or a score is neither 0 to 100 nor
        `FAILED`.

    References
    ----------
    BSI TR-03121-3, version 6.0, fingerprint capture.
    """
    _check(tries, thresholds)
    if all(score == FAILED for scores in tries for score in scores.values()):
        return None
    ranks = [(try_passes(scores, thresholds), *_in_order(scores)) for scores in tries]
    best = max(ranks)
    number = len(ranks) - 1 - ranks[::-1].index(best) if rolled else ranks.index(best)
    return BestTry(dict.fromkeys(tries[number], number), best[0] is True)


def best_of_each_finger(tries: Sequence[Scores], thresholds: Scores) -> BestTry | None:
    """The best try of each finger for itself: allowed for captures of the two index fingers only.

    Parameters, errors and None as `best_of_tries`; also None where one of the two fingers failed in every try.

    Raises
    ------
    ValueError
        Also where a finger is not an index finger.
    """
    _check(tries, thresholds)
    if not tries:
        return None
    if not set(tries[0]) <= {FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX}:
        raise ValueError("only the two index fingers may be taken from different tries")
    chosen: dict[FingerPosition, int] = {}
    passed = True
    for finger in tries[0]:
        alone = best_of_tries([{finger: scores[finger]} for scores in tries], thresholds)
        if alone is None:
            return None
        chosen[finger] = alone.tries[finger]
        passed &= alone.passed
    return BestTry(chosen, passed)


def _in_order(scores: Scores) -> list[int]:
    return [-1 if scores[finger] == FAILED else scores[finger] for finger in ORDER if finger in scores]


def _check(tries: Sequence[Scores], thresholds: Scores) -> None:
    for scores in tries:
        if set(scores) != set(tries[0]):
            raise ValueError("tries of different fingers cannot be compared; record a missing finger as an exception")
        for finger, score in scores.items():
            if finger not in thresholds:
                raise ValueError(f"there is no threshold for {finger.name}")
            if not (0 <= score <= 100 or score == FAILED):
                raise ValueError(f"a score is 0 to 100, or {FAILED} for a failure, not {score}")
