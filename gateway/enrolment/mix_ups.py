"""Mix-ups within one enrolment, noticed by matching its samples with each other.

What matching cannot know: whether a hand is the right one while nothing was captured that it could be confused with
(the first slap of a person, a left hand given for a right and the right for a left throughout), which of two fingers
that changed places is the one that was asked for, and whether a print too poor to match is of somebody else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from gateway.finger import FingerTemplate
from gateway.fingerprint import MIN_FMR, compare, fmr_at_score, score_at_fmr
from gateway.guidance import LocalizedText
from gateway.iris import IrisCode, distance_at_fmr
from gateway.iris import compare as iris_distance

FALSE_ALARMS = 0.01
"""Share of enrolments without a mix-up that are warned of a finger given twice: as one in a thousand for each of ten
fingers, shared over all comparisons of the enrolment. With many samples the shared rate lies below what was measured
(`gateway.fingerprint.MEASURED_FMR`), and is extrapolated."""
OTHER_FINGER_FMR = 0.1
"""Mates reach less than this threshold only when one of the two prints is poor (see previous_captures)."""
LEAST_MINUTIAE = 20
IRIS_FMR = 0.0001
LEAST_IRIS_BITS = 9_000
"""As for single captures: with less than half of the usual 20,000, a code that does not match proves nothing."""


class MixUp(StrEnum):
    """What was noticed."""

    SAME_FINGER_TWICE = "same_finger_twice"
    FINGERS_SWAPPED = "fingers_swapped"
    WRONG_HAND = "wrong_hand"
    OTHER_FINGER = "other_finger"
    """Tries of one position that do not match each other: another finger, or another person's."""
    SAME_EYE_TWICE = "same_eye_twice"
    EYES_SWAPPED = "eyes_swapped"
    OTHER_EYE = "other_eye"


@dataclass(frozen=True, eq=False)
class Sample:
    """A finger or an eye of one capture."""

    capture_id: str
    unit: str
    """What it is said to be."""
    content: FingerTemplate | IrisCode


@dataclass(frozen=True)
class MixUpWarning:
    """Something that was noticed, and that a retake or a supervisor has to settle.

    Parameters
    ----------
    code : MixUp
    units : tuple of str
        The fingers or eyes concerned.
    captures : tuple of str
        The captures concerned.
    score : float
        Of the comparison that tells most: similarity of fingers, 0 to 1; distance of irises, 0 to 1, less is nearer.
    fmr : float or None
        At most this share of pairs of different fingers is as alike; None where the samples are too unlike.
    """

    code: MixUp
    units: tuple[str, ...]
    captures: tuple[str, ...]
    score: float
    fmr: float | None

    @property
    def id(self) -> str:
        """The same for the same finding, whatever else is captured."""
        return ":".join((self.code.value, *self.units, *self.captures))

    @property
    def words(self) -> LocalizedText:
        """For people."""
        return _WORDS[self.code]


_WORDS = {
    MixUp.SAME_FINGER_TWICE: LocalizedText(
        id="Satu jari terekam untuk dua posisi. Hapus yang salah dan rekam lagi.",
        en="One finger was given for two positions. Remove the wrong one and capture it again.",
    ),
    MixUp.FINGERS_SWAPPED: LocalizedText(
        id="Dua jari tertukar antara dua perekaman. Hapus yang salah dan rekam lagi.",
        en="Two fingers changed places between captures. Remove the wrong ones and capture them again.",
    ),
    MixUp.WRONG_HAND: LocalizedText(
        id="Tangan kiri terekam sebagai tangan kanan, atau sebaliknya. Hapus yang salah dan rekam lagi.",
        en="A left hand was given for a right one, or the other way round. Remove the wrong one and capture it again.",
    ),
    MixUp.OTHER_FINGER: LocalizedText(
        id="Perekaman dari posisi yang sama tidak cocok: jari lain, atau orang lain. Hapus yang salah dan rekam lagi.",
        en="Tries of one position do not match: another finger, or another person's. Remove the wrong one, try again.",
    ),
    MixUp.SAME_EYE_TWICE: LocalizedText(
        id="Satu mata terekam sebagai kedua mata. Hapus yang salah dan rekam lagi.",
        en="One eye was given as both. Remove the wrong one and capture it again.",
    ),
    MixUp.EYES_SWAPPED: LocalizedText(
        id="Kedua mata tertukar antara dua perekaman. Hapus yang salah dan rekam lagi.",
        en="The eyes changed places between captures. Remove the wrong ones and capture them again.",
    ),
    MixUp.OTHER_EYE: LocalizedText(
        id="Perekaman dari mata yang sama tidak cocok: mata lain, atau orang lain. Hapus yang salah dan rekam lagi.",
        en="Tries of one eye do not match: the other eye, or another person's. Remove the wrong one and try again.",
    ),
}

_Pair = tuple[Sample, Sample]


class Comparisons:
    """The scores of pairs of samples, each compared once; one per enrolment, kept in memory alone."""

    def __init__(self) -> None:
        self._scores: dict[frozenset[tuple[str, str]], float] = {}

    def of(self, one: Sample, other: Sample) -> float:
        """`compare` of two samples of one kind."""
        key = frozenset(((one.capture_id, one.unit), (other.capture_id, other.unit)))
        if key not in self._scores:
            self._scores[key] = _compared(one, other)
        return self._scores[key]


def mix_ups(samples: Sequence[Sample], comparisons: Comparisons | None = None) -> tuple[MixUpWarning, ...]:
    """Everything that matching shows of a mix-up.

    Parameters
    ----------
    samples : sequence of Sample
        All fingers and eyes of the enrolment that were not removed.
    comparisons : Comparisons, optional
        What was compared before.

    Returns
    -------
    tuple of MixUpWarning
        By code and units; the same for the same samples in any order.
    """
    known = comparisons or Comparisons()
    fingers = [sample for sample in samples if isinstance(sample.content, FingerTemplate)]
    eyes = [sample for sample in samples if isinstance(sample.content, IrisCode)]
    found = [*_finger_mix_ups(fingers, known.of), *_eye_mix_ups(eyes, known.of)]
    return tuple(sorted(found, key=lambda warning: warning.id))


def _finger_mix_ups(samples: list[Sample], score: Callable[[Sample, Sample], float]) -> list[MixUpWarning]:
    pairs = list(combinations(samples, 2))
    across = [pair for pair in pairs if pair[0].unit != pair[1].unit]
    if across:
        threshold = score_at_fmr(max(FALSE_ALARMS / max(len(across), 10), MIN_FMR))
        across = [pair for pair in across if score(*pair) >= threshold]

    def alike(code: MixUp, found: Sequence[_Pair]) -> MixUpWarning:
        best = max(score(*pair) for pair in found)
        return _warning(code, found, best, fmr_at_score(best))

    warnings, left = [], across
    for capture_id in _one_handed(samples):
        # One cross-hand pair may be a finger that slipped in; two are a hand.
        hands = [pair for pair in left if _other_hand(pair) and capture_id in {each.capture_id for each in pair}]
        if len(hands) >= 2:
            warnings.append(alike(MixUp.WRONG_HAND, hands))
            left = [pair for pair in left if pair not in hands]
    for swapped in _swapped(left):
        warnings.append(alike(MixUp.FINGERS_SWAPPED, swapped))
        left = [pair for pair in left if pair not in swapped]
    for pair in [pair for pair in left if _other_hand(pair) and _same_digit(pair)]:
        warnings.append(alike(MixUp.WRONG_HAND, [pair]))
        left.remove(pair)
    by_units: dict[frozenset[str], list[_Pair]] = {}
    for pair in left:
        by_units.setdefault(frozenset(sample.unit for sample in pair), []).append(pair)
    warnings += [alike(MixUp.SAME_FINGER_TWICE, found) for found in by_units.values()]
    told = {_name(sample) for pair in across for sample in pair}
    rich = [sample for sample in samples if len(_template(sample)) >= LEAST_MINUTIAE]
    least = score_at_fmr(OTHER_FINGER_FMR)
    for unlike in _unlike_tries(rich, lambda pair: score(*pair) >= least, told):
        best = max(score(*pair) for pair in unlike)
        warnings.append(_warning(MixUp.OTHER_FINGER, unlike, best, None))
    return warnings


def _eye_mix_ups(samples: list[Sample], distance: Callable[[Sample, Sample], float]) -> list[MixUpWarning]:
    threshold = distance_at_fmr(IRIS_FMR)
    across = [
        pair for pair in combinations(samples, 2) if pair[0].unit != pair[1].unit and distance(*pair) <= threshold
    ]
    warnings, left = [], across
    for swapped in _swapped(left):
        nearest = min(distance(*pair) for pair in swapped)
        warnings.append(_warning(MixUp.EYES_SWAPPED, swapped, nearest, IRIS_FMR))
        left = [pair for pair in left if pair not in swapped]
    if left:
        nearest = min(distance(*pair) for pair in left)
        warnings.append(_warning(MixUp.SAME_EYE_TWICE, left, nearest, IRIS_FMR))
    told = {_name(sample) for pair in across for sample in pair}
    rich = [sample for sample in samples if _code(sample).counted >= LEAST_IRIS_BITS]
    for unlike in _unlike_tries(rich, lambda pair: distance(*pair) <= threshold, told):
        nearest = min(distance(*pair) for pair in unlike)
        warnings.append(_warning(MixUp.OTHER_EYE, unlike, nearest, None))
    return warnings


def _one_handed(samples: Sequence[Sample]) -> list[str]:
    """The captures that show several fingers of one hand."""
    units: dict[str, list[str]] = {}
    for sample in samples:
        units.setdefault(sample.capture_id, []).append(sample.unit)
    return [
        capture_id
        for capture_id, shown in units.items()
        if len(shown) > 1 and len({unit.split("-")[0] for unit in shown}) == 1
    ]


def _swapped(pairs: Sequence[_Pair]) -> list[list[_Pair]]:
    """Pairs of pairs: what was said to be A is B elsewhere, and what was said to be B is A elsewhere.

    The four samples are different ones: had one of them been given twice, it would be in both pairs.
    """
    found: list[list[_Pair]] = []
    left = list(pairs)
    for one, other in combinations(pairs, 2):
        same_units = {sample.unit for sample in one} == {sample.unit for sample in other}
        samples = {_name(sample) for pair in (one, other) for sample in pair}
        if same_units and len(samples) == 4 and one in left and other in left:
            found.append([one, other])
            left = [pair for pair in left if pair not in (one, other)]
    return found


def _unlike_tries(
    samples: Sequence[Sample], mates: Callable[[_Pair], bool], told: set[tuple[str, str]]
) -> list[list[_Pair]]:
    """Of each position with tries that match no other try of it: those tries against the rest of them.

    Two tries of which something else was said already (`told`) are that, and not somebody else's besides; a third that
    matches neither is.
    """
    found = []
    for unit in sorted({sample.unit for sample in samples}):
        pairs = list(combinations([sample for sample in samples if sample.unit == unit], 2))
        known = told | {_name(sample) for pair in pairs if mates(pair) for sample in pair}
        unlike = [pair for pair in pairs if any(_name(sample) not in known for sample in pair)]
        if unlike:
            found.append(unlike)
    return found


def _warning(code: MixUp, pairs: Sequence[_Pair], score: float, fmr: float | None) -> MixUpWarning:
    samples = [sample for pair in pairs for sample in pair]
    units = tuple(sorted({sample.unit for sample in samples}))
    captures = tuple(sorted({sample.capture_id for sample in samples}))
    return MixUpWarning(code, units, captures, round(score, 4), fmr)


def _other_hand(pair: _Pair) -> bool:
    return pair[0].unit.split("-")[0] != pair[1].unit.split("-")[0]


def _same_digit(pair: _Pair) -> bool:
    return pair[0].unit.split("-")[1] == pair[1].unit.split("-")[1]


def _name(sample: Sample) -> tuple[str, str]:
    return sample.capture_id, sample.unit


def _template(sample: Sample) -> FingerTemplate:
    assert isinstance(sample.content, FingerTemplate)
    return sample.content


def _code(sample: Sample) -> IrisCode:
    assert isinstance(sample.content, IrisCode)
    return sample.content


def _compared(one: Sample, other: Sample) -> float:
    if isinstance(one.content, FingerTemplate):
        return compare(one.content, _template(other))
    return iris_distance(one.content, _code(other))
