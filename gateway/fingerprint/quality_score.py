"""The quality score: from 0 to 100, the sum of parts that say what they add."""

import math
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.foreground import ForegroundMeasures
from gateway.fingerprint.minutiae import Minutiae

ALGORITHM = "rekam-finger"
ALGORITHM_VERSION = 2
"""Raised whenever the score of any image may change."""
MAX_COUNTED = 150
"""Only the best minutiae are looked at: what bozorth3 takes of a template."""
_NEAR_PX = 60.0
"""3 mm at 500 ppi, about six ridges."""


@dataclass(frozen=True)
class QualityParts:
    """What the score is made of, before weighting; each grows with quality.

    In units of their own, or in points (`quality_points`), whose sum with `OFFSET` is the score up to 90.
    """

    minutiae: float
    """log(1 + sum of the fourth powers of the minutiae's qualities): how many good minutiae there are."""
    clarity: float
    """Mean of those fourth powers, 0 to 1: how clear the ridges are where it counts, however large the print."""
    variety: float
    """How differently the minutiae point, 0 (all ridges parallel) to 1: a print that shows its core and both sides
    of it aligns in one way only; its tip or one edge alone does not."""
    curvature: float
    """Mean difference of the directions of good minutiae within 3 mm, radians: ridges that turn tell places apart."""
    area: float
    """log(1 + area in mm2 times coherence): how much of the skin shows ridges with a direction."""
    placement: float
    """Minus the distance from the middle of the frame, mm: the next impression will lie there."""


WEIGHTS = QualityParts(minutiae=17.6, clarity=132.0, variety=39.1, curvature=56.0, area=18.1, placement=2.6)
"""Points per unit of each part.

Fitted on FVC2002 DB1 and FVC2004 DB2, plain and turned by up to 20 degrees, so that dropping the pairs with the lowest
lesser score leaves the fewest mates below the threshold of FMR 1 %, by bozorth3 on mindtct's minutiae and on ours. The
weights stand for shares of 16, 30, 22, 10, 15 and 7 % of the standard deviation there."""
OFFSET = -161.2
"""With it the poorest twentieth of those prints has 30 or less, the best 95 or more."""

_KNEE, _KNEE_WIDTH = 90.0, 12.0
"""Above it points count less and less: 100 of them make a score of 96, 110 one of 98."""


def quality_parts(found: Minutiae, foreground: ForegroundMeasures) -> QualityParts:
    """The parts in their own units, of minutiae in pixels at 500 ppi.

    All but a tenth of a millisecond goes into the pairs of minutiae.
    """
    best = np.argsort(-found.quality, kind="stable")[:MAX_COUNTED]
    quality = found.quality[best].astype(np.float64)
    area = math.log1p(foreground.area_mm2 * foreground.coherence)
    placement = -math.hypot(*foreground.offset_mm)
    if not len(best):
        return QualityParts(0.0, 0.0, 0.0, 0.0, area, placement)
    doubled = np.exp(2j * found.angle[best].astype(np.float64))
    cubes = quality**3
    return QualityParts(
        minutiae=math.log1p(float((quality**4).sum())),
        clarity=float((quality**4).mean()),
        variety=1 - float(abs(cubes @ doubled) / max(float(cubes.sum()), 1e-9)),
        curvature=_curvature(found.x[best], found.y[best], doubled, quality),
        area=area,
        placement=placement,
    )


def quality_points(parts: QualityParts) -> QualityParts:
    """The parts in points of the score."""
    return QualityParts(*(value * weight for value, weight in zip(astuple(parts), astuple(WEIGHTS), strict=True)))


def quality_score(parts: QualityParts) -> int:
    """Score from 0 to 100.

    What it means, on 448 prints of five public sensors, plain and turned: of mated pairs whose lesser score is 0 to 19,
    23 % do not match (bozorth3 on these minutiae at FMR 1 %); 20 to 39: 18 %; 40 to 59: 6 %; 60 to 79: 1.7 %; 80 and
    more: 0.3 %. `tests/benchmarks/finger_quality.py` measures it. The weights belong to the qualities that `minutiae`
    gives: where those change, the fit and these figures are to be checked again.
    """
    total = OFFSET + math.fsum(astuple(quality_points(parts)))
    if total > _KNEE:  # so that the best prints keep their order
        total = _KNEE + (100 - _KNEE) * (1 - math.exp((_KNEE - total) / _KNEE_WIDTH))
    return int(max(0, round(total)))


def _curvature(
    x: NDArray[np.float32], y: NDArray[np.float32], doubled: NDArray[np.complex128], quality: NDArray[np.float64]
) -> float:
    squares = quality * quality
    near = np.hypot(x[:, None] - x, y[:, None] - y) < _NEAR_PX
    np.fill_diagonal(near, False)
    weight = np.outer(squares, squares) * near
    difference = np.abs(np.angle(doubled[:, None] * np.conj(doubled))) / 2
    total = float(weight.sum())
    return float((weight * difference).sum()) / total if total > 0 else 0.0
