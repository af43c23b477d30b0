"""Minutiae for the chip of a card: the compact size format of ISO/IEC 19794-2, three bytes for each minutia.

It has no header: position and sampling rate are said elsewhere. Coordinates count tenths of a millimetre, so that what
is read is a template of 256 x 256 pixels at 254 ppi; angles count 64ths of a turn. A round trip moves a minutia by
0.05 mm on each axis and turns it by 2.8 degrees at most; qualities are not kept.
"""

from dataclasses import replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate, MinutiaType
from gateway.records.errors import RecordError

MINUTIA_BYTES = 3
UNITS = 256
"""A coordinate has eight bits."""
PPI = 254.0
"""Tenths of a millimetre are 254 to the inch."""
MAX_MINUTIAE = 255
_ANGLES = 64


class MinutiaOrder(StrEnum):
    """The order in which a card wants minutiae (ISO/IEC 19794-2:2005, comparison parameters of card formats)."""

    NONE = "none"
    X_ASCENDING = "x-ascending"
    X_DESCENDING = "x-descending"
    Y_ASCENDING = "y-ascending"
    Y_DESCENDING = "y-descending"
    ANGLE_ASCENDING = "angle-ascending"
    ANGLE_DESCENDING = "angle-descending"
    POLAR_ASCENDING = "polar-ascending"
    """By distance from the centroid, nearest first."""
    POLAR_DESCENDING = "polar-descending"


def encode(template: FingerTemplate, order: MinutiaOrder = MinutiaOrder.NONE) -> bytes:
    """The bytes of a template's minutiae.

    Parameters
    ----------
    template : FingerTemplate
        At most 255 minutiae within 25.5 mm of the image's left and upper edge; see `within_reach`.
    order : MinutiaOrder
        Ties are broken by y, x, angle and type, so that equal templates give equal bytes.

    Returns
    -------
    bytes
        For each minutia x and y in 0.1 mm, then the type in two bits and the angle in six.

    Raises
    ------
    ValueError
        Too many minutiae, one out of reach, or one without a right type or angle.

    References
    ----------
    ISO/IEC 19794-2:2005, finger minutiae card format, compact size.
    """
    if len(template) > MAX_MINUTIAE:
        raise ValueError(f"{len(template)} minutiae, expected at most {MAX_MINUTIAE}")
    if np.any(template.kind > MinutiaType.BIFURCATION):
        raise ValueError(f"minutia type {template.kind.max()}, expected 0 to 2")
    if not np.all(np.isfinite(template.angle)):
        raise ValueError("a minutia's angle is not finite")
    x, y = (_units(coordinate, template.ppi, axis) for axis, coordinate in (("x", template.x), ("y", template.y)))
    # 64 wraps to 0: a turn is no turn.
    angle = np.rint(template.angle.astype(np.float64) * (_ANGLES / (2 * np.pi))).astype(np.int64) % _ANGLES
    kind = template.kind.astype(np.int64)
    at = _sorted(np.column_stack([x, y, kind << 6 | angle]), order)
    return at.astype(np.uint8).tobytes()


def decode(data: bytes, order: MinutiaOrder = MinutiaOrder.NONE) -> FingerTemplate:
    """The template whose minutiae these bytes are.

    Parameters
    ----------
    order : MinutiaOrder
        What the card declared; it is checked.

    Returns
    -------
    FingerTemplate
        256 x 256 at 254 ppi, every quality unknown.

    Raises
    ------
    RecordError
        Not whole minutiae, too many, a reserved type, or another order.
    """
    count, rest = divmod(len(data), MINUTIA_BYTES)
    if rest:
        raise RecordError(count * MINUTIA_BYTES, "minutia", f"needs {MINUTIA_BYTES} bytes, but only {rest} are left")
    if count > MAX_MINUTIAE:
        raise RecordError(MAX_MINUTIAE * MINUTIA_BYTES, "minutiae", f"are {count}, expected at most {MAX_MINUTIAE}")
    raw = np.frombuffer(data, np.uint8).reshape(count, MINUTIA_BYTES).astype(np.int64)
    kind = raw[:, 2] >> 6
    if np.any(kind == 3):
        index = int(np.argmax(kind == 3))
        raise RecordError(index * MINUTIA_BYTES + 2, "minutia type", f"of minutia {index} is 3, expected 0 to 2")
    if order is not MinutiaOrder.NONE:
        keys = _key(raw, order)
        falling = np.flatnonzero(np.diff(keys) < 0)
        if falling.size:
            index = int(falling[0]) + 1
            raise RecordError(index * MINUTIA_BYTES, "minutia", f"{index} is not in the order {order.value}")
    return FingerTemplate(
        raw[:, 0].astype(np.float32),
        raw[:, 1].astype(np.float32),
        ((raw[:, 2] & 63) * (2 * np.pi / _ANGLES)).astype(np.float32),
        kind.astype(np.uint8),
        np.zeros(count, np.uint8),
        UNITS,
        UNITS,
        PPI,
    )


def within_reach(template: FingerTemplate) -> FingerTemplate:
    """The same minutiae, moved together where they lie beyond 25.5 mm.

    A minutia is the same wherever a finger lay on the glass; only what lies between minutiae counts.

    Raises
    ------
    ValueError
        They span more than 25.5 mm: no place makes them fit.
    """
    scale = PPI / template.ppi
    moved = {}
    for axis in ("x", "y"):
        places = getattr(template, axis).astype(np.float64)
        if not len(places) or np.rint(places.max() * scale) < UNITS:
            continue
        if np.rint((places.max() - places.min()) * scale) >= UNITS:
            span = (places.max() - places.min()) * scale / 10
            raise ValueError(f"the minutiae span {span:.1f} mm, a compact card template at most 25.5")
        moved[axis] = (places - places.min()).astype(np.float32)
    return replace(template, **moved) if moved else template


def _units(coordinate: NDArray[np.float32], ppi: float, axis: str) -> NDArray[np.int64]:
    units = np.rint(coordinate.astype(np.float64) * (PPI / ppi))
    if not np.all((units >= 0) & (units < UNITS)):
        raise ValueError(f"a minutia's {axis} lies beyond 25.5 mm, which is the reach of a compact card template")
    return units.astype(np.int64)


def _sorted(minutiae: NDArray[np.int64], order: MinutiaOrder) -> NDArray[np.int64]:
    if order is MinutiaOrder.NONE or not len(minutiae):
        return minutiae
    x, y, angle = minutiae.T
    return np.asarray(minutiae[np.lexsort((angle, x, y, _key(minutiae, order)))])


def _key(minutiae: NDArray[np.int64], order: MinutiaOrder) -> NDArray[np.int64]:
    """What does not fall from one minutia to the next where they are in order; whole numbers, so that all agree."""
    x, y, angle = minutiae.T
    by, _, way = order.value.partition("-")
    if by == "polar":
        count = len(minutiae)
        # Distances from the centroid, squared and times the count squared: exact.
        key = (count * x - x.sum()) ** 2 + (count * y - y.sum()) ** 2
    else:
        key = {"x": x, "y": y, "angle": angle & 63}[by]
    return np.asarray(key if way == "ascending" else -key)
