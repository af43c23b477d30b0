"""Comparison of two templates: one number for how likely they are of one finger, and which minutiae say so."""

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate
from gateway.fingerprint.matching.evidence import Evidence, gathered_evidence
from gateway.fingerprint.matching.likelihood import fitted, log_odds, score_of_odds
from gateway.fingerprint.matching.prepared import PreparedTemplate, prepare
from gateway.fingerprint.matching.relaxation import MIN_PAIRS
from gateway.fingerprint.sample import ANALYSIS_PPI


@dataclass(frozen=True, eq=False)
class MatchedPairs:
    """Which minutiae of two templates are the same, and how the one print lies on the other.

    Parameters
    ----------
    score : float
        As `compare` gives it.
    indices : (n, 2) intp
        Of the minutiae of the first and of the second template.
    rotation : float
        Radians by which the first is turned, counter-clockwise as seen.
    translation : (2,) float64
        With the rotation, takes a place (x, y) of the first template, in its own pixels from the top left corner, to
        (cos x + sin y + translation_x, -sin x + cos y + translation_y) in px at 500 ppi of the second, once x and y are
        scaled to 500 ppi.
    """

    score: float
    indices: NDArray[np.intp]
    rotation: float
    translation: NDArray[np.float64]

    def laid(self, x: NDArray[np.float32], y: NDArray[np.float32], ppi: float, onto_ppi: float) -> NDArray[np.float64]:
        """(n, 2) places of the first template's pixels at `ppi` in the second's pixels at `onto_ppi`."""
        scale = ANALYSIS_PPI / ppi
        cos, sin = math.cos(self.rotation), math.sin(self.rotation)
        moved = np.stack([cos * x * scale + sin * y * scale, -sin * x * scale + cos * y * scale], axis=1)
        return np.asarray((moved + self.translation) * (onto_ppi / ANALYSIS_PPI))


def compare(a: FingerTemplate, b: FingerTemplate) -> float:
    """Similarity of two templates, 0 to 1; neither their order nor that of their minutiae matters.

    A logistic of the log-likelihood ratio of one finger against two, from what matches and from what is missing where
    the prints overlap. Any turn of one print against the other is followed. 1 where places and directions are the
    same; 0 where either template has under three minutiae whose surroundings can be told. Types and qualities may be
    unknown (0). `score_at_fmr` says what a score is worth.

    Raises
    ------
    ValueError
        A place or a direction is not a finite number.

    References
    ----------
    Minutia cylinders, relaxed: R. Cappelli, M. Ferrara, D. Maltoni, IEEE PAMI 32(12), 2010. The likelihood ratio is
    fitted by `tests/benchmarks/fit_finger_matcher.py`.
    """
    return compare_prepared(_prepared(a), _prepared(b))


def compare_prepared(a: PreparedTemplate, b: PreparedTemplate) -> float:
    """`compare` for prepared templates."""
    if _same(a, b):
        return 1.0
    evidence = evidence_of(a, b)
    return 0.0 if evidence is None else score_of_odds(log_odds(evidence, fitted()))


def evidence_of(a: PreparedTemplate, b: PreparedTemplate) -> Evidence | None:
    """What `compare` judges: the evidence of the two, in an order of its own."""
    return gathered_evidence(*_ordered(a, b))


def matched_pairs(a: FingerTemplate, b: FingerTemplate) -> MatchedPairs:
    """What `compare` finds: the score, the minutiae that match and the motion that lays `a` on `b`.

    Raises
    ------
    ValueError
        A place or a direction is not a finite number.
    """
    one, other = _prepared(a), _prepared(b)
    score = compare_prepared(one, other)
    first, second = _ordered(one, other)
    evidence = gathered_evidence(first, second)
    if evidence is None:
        return MatchedPairs(score, np.zeros((0, 2), np.intp), 0.0, np.zeros(2))
    pairing = evidence.pairing
    cos, sin, x, y = (float(value) for value in pairing.motion)
    rows, columns = pairing.rows, pairing.columns
    if first is not one:
        # The motion was found from the second to the first: turn it round.
        rows, columns = columns, rows
        sin, x, y = -sin, -(cos * x + sin * y), -(cos * y - sin * x)
    # From the prepared axes (y up, around each print's middle) to the image's (y down, from its corner).
    from_x, from_y = (float(value) for value in one.middle)
    to_x, to_y = (float(value) for value in other.middle)
    shift_x = x + to_x - (cos * from_x - sin * from_y)
    shift_y = y + to_y - (sin * from_x + cos * from_y)
    return MatchedPairs(
        score,
        np.stack([one.index[rows], other.index[columns]], axis=1),
        math.atan2(sin, cos),
        np.array([shift_x, -shift_y]),
    )


_PREPARED: "WeakKeyDictionary[FingerTemplate, tuple[bytes, PreparedTemplate]]" = WeakKeyDictionary()


def _prepared(template: FingerTemplate) -> PreparedTemplate:
    """`prepare`, once for each template that is alive; again should its arrays have been written to."""
    content = b"".join(
        values.tobytes() for values in (template.x, template.y, template.angle, template.kind, template.quality)
    )
    known = _PREPARED.get(template)
    if known is None or known[0] != content:
        known = content, prepare(template)
        _PREPARED[template] = known
    return known[1]


def _same(a: PreparedTemplate, b: PreparedTemplate) -> bool:
    """Whether they are one and the same; under three places say nothing, as all lie around their own middle."""
    if a.points.tobytes() != b.points.tobytes():
        return False
    return len(np.unique(a.points[:2], axis=1).T) >= MIN_PAIRS


def _ordered(a: PreparedTemplate, b: PreparedTemplate) -> tuple[PreparedTemplate, PreparedTemplate]:
    """The two in an order that does not depend on the caller's, the smaller first."""
    swap = len(a) > len(b) or (len(a) == len(b) and _key(a) > _key(b))
    return (b, a) if swap else (a, b)


def _key(template: PreparedTemplate) -> tuple[bytes, bytes]:
    return template.points.tobytes(), template.known.tobytes()
