"""The ring unrolled between its two contours, so that pupils of any size and irises of any distance are alike."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import PolarCurve

STRIP_ROWS, STRIP_COLUMNS = 64, 512


def unrolled(
    grey: NDArray[np.uint8],
    usable: NDArray[np.bool_],
    origin: tuple[int, int],
    pupil: PolarCurve,
    limbus: PolarCurve,
    outer: float = 1.0,
    rows: int = STRIP_ROWS,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The strip, and where it shows iris.

    Parameters
    ----------
    grey : (h, w) uint8
        A part of the sample about the iris.
    usable : (h, w) bool
    origin : (x, y)
        Sample pixel that the part begins at.
    pupil, limbus : PolarCurve
        In the sample.
    outer : float
        Share of the ring's depth where the strip ends.
    rows : int

    Returns
    -------
    (rows, 512) uint8, (rows, 512) bool
        Row 0 at the pupil, column 0 at +x, columns clockwise in the image.

    References
    ----------
    Rubber sheet of J. Daugman, IEEE PAMI 15(11), 1993, between curves in place of circles.
    """
    share = ((np.arange(rows) + 0.5) / rows * outer)[:, None]
    inner = pupil.points(STRIP_COLUMNS) - origin
    ring = limbus.points(STRIP_COLUMNS) - origin
    x, y = (((1 - share) * inner[:, axis] + share * ring[:, axis]).astype(np.float32) for axis in (0, 1))
    # Larger irises than the strip has columns for would alias.
    fold = int(limbus.radius // 90)
    source = cv2.blur(grey, (fold, fold)) if fold > 1 else grey
    strip = cv2.remap(source, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.remap(usable.astype(np.uint8), x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(strip, np.uint8), np.asarray(seen > 0)
