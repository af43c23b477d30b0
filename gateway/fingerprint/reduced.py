"""Reduced template: as many minutiae as a card holds, and what stands in for the qualities that it does not hold."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate

CARD_MINUTIAE = 60
"""What cards in use hold at most of one finger (DIN V 66400 and the profiles that follow it)."""
CARD_SPAN_MM = 25.5
"""What a coordinate of the compact card format reaches: 255 tenths of a millimetre (ISO/IEC 19794-2:2005)."""
USUAL_QUALITY = 81
"""Median of the minutiae that `analyze` finds in five public sets (FVC2002 DB1, DB2 and DB4, FVC2004 DB2, UPEK). A
lower one counts too little against an impostor what is missing: at 60 the threshold for one false match in a hundred
let 2.5 pass, at 81 0.9 (`tests/benchmarks/card_templates.py`)."""
_DECILES = np.array([32, 57, 68, 75, 79, 83, 86, 88, 91, 95], np.float64)
"""Qualities in the same sets: the middles of ten equal parts, the poorest first."""
_MM_PER_INCH = 25.4


def reduced(template: FingerTemplate, limit: int = CARD_MINUTIAE) -> FingerTemplate:
    """`template` with at most `limit` minutiae: those furthest from their centroid are dropped first.

    The next impression of a finger covers its middle before its rim, and what lies within the remaining area is left
    whole: a gap there would count as a minutia that the finger does not have. Of two that are equally far the one of
    lesser quality goes. What is left keeps its order.

    Parameters
    ----------
    template : FingerTemplate
    limit : int
        At least 1.

    Returns
    -------
    FingerTemplate
        `template` itself where it has no more.

    Raises
    ------
    ValueError
        `limit` is below 1, or a place is not a finite number.

    References
    ----------
    ISO/IEC 19794-2:2005, card formats, and DIN V 66400: truncation by the distance from the centroid.
    """
    if limit < 1:
        raise ValueError(f"a template cannot be reduced to {limit} minutiae")
    _check_places(template)
    if len(template) <= limit:
        return template
    return _taken(template, np.sort(_outwards(template)[:limit]))


def within_span(template: FingerTemplate, span_mm: float = CARD_SPAN_MM) -> FingerTemplate:
    """`template` without those furthest from the centroid, until it is no wider and no higher than `span_mm`.

    Returns
    -------
    FingerTemplate
        `template` itself where it fits; its order is kept.

    Raises
    ------
    ValueError
        The span is negative, or a place is not a finite number.
    """
    if span_mm < 0:
        raise ValueError(f"a template cannot span {span_mm} mm")
    _check_places(template)
    order, span_px = _outwards(template), span_mm * template.ppi / _MM_PER_INCH
    fits = np.ones(len(template), np.bool_)
    for places in (template.x[order].astype(np.float64), template.y[order].astype(np.float64)):
        fits &= np.maximum.accumulate(places) - np.minimum.accumulate(places) <= span_px
    # Each minutia only widens what the nearer ones span, so that the first that does not fit ends it.
    count = int(fits.sum())
    return template if count == len(template) else _taken(template, np.sort(order[:count]))


def with_usual_quality(template: FingerTemplate) -> FingerTemplate:
    """A template of ours that came back from a card, with `USUAL_QUALITY` where it has none: card formats hold none.

    `compare` takes an unknown quality for a poorer one, as it may be anybody's extractor that did not tell it.
    """
    quality = np.where(template.quality == 0, USUAL_QUALITY, template.quality).astype(np.uint8)
    return replace(template, quality=quality)


def best_first(template: FingerTemplate) -> FingerTemplate:
    """The same minutiae, those of the best quality first.

    A card format has no room for qualities, but where a card asks for no order of its own, the order can tell them:
    `with_ranked_quality` reads it.
    """
    order = np.lexsort((template.angle, template.y, template.x, -template.quality.astype(np.int16)))
    return _taken(template, order)


def with_ranked_quality(template: FingerTemplate) -> FingerTemplate:
    """A template that was written by `best_first` and came back, with the quality that is usual for each place.

    Only for cards of which the profile says so: in any other order qualities would be invented.
    """
    count = len(template)
    better_than = 1 - (np.arange(count) + 0.5) / max(count, 1)
    middles = (np.arange(len(_DECILES)) + 0.5) / len(_DECILES)
    quality = np.rint(np.interp(better_than, middles, _DECILES)).astype(np.uint8)
    return replace(template, quality=quality)


def _check_places(template: FingerTemplate) -> None:
    if not (np.isfinite(template.x).all() and np.isfinite(template.y).all()):
        raise ValueError("the place of a minutia is not a finite number")


def _outwards(template: FingerTemplate) -> NDArray[np.intp]:
    """Indices from the centroid outwards; the last keys make it an order of the minutiae, not of how they stand."""
    return np.lexsort(
        (template.angle, template.y, template.x, -template.quality.astype(np.int16), _from_centroid(template))
    )


def _taken(template: FingerTemplate, kept: NDArray[np.intp]) -> FingerTemplate:
    return FingerTemplate(
        x=template.x[kept],
        y=template.y[kept],
        angle=template.angle[kept],
        kind=template.kind[kept],
        quality=template.quality[kept],
        width=template.width,
        height=template.height,
        ppi=template.ppi,
    )


def _from_centroid(template: FingerTemplate) -> NDArray[np.float64]:
    """(n,) squared distance in px; sums of whole numbers are exact in any order, so ties stay ties."""
    x, y = template.x.astype(np.float64), template.y.astype(np.float64)
    count = len(x)
    return np.asarray((count * x - x.sum()) ** 2 + (count * y - y.sum()) ** 2)
