"""Captured eyes with their outlines drawn over, for people."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris import IrisGeometry

_PUPIL, _LIMBUS, _LID = (60, 200, 60), (60, 160, 240), (220, 120, 60)
_THICKNESS = 2
_GROUND = 255


def outlined_eye(pixels: NDArray[np.uint8], geometry: IrisGeometry | None) -> NDArray[np.uint8]:
    """Draw the pupil green, the limbus orange and the lids blue.

    Parameters
    ----------
    pixels : (height, width) uint8
    geometry : IrisGeometry or None
        In these pixels; nothing is drawn without one.

    Returns
    -------
    (height, width, 3) uint8
        BGR.
    """
    image = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    if geometry is not None:
        lines = (
            (geometry.limbus.points, True, _LIMBUS),
            (geometry.pupil.points, True, _PUPIL),
            (geometry.upper_lid, False, _LID),
            (geometry.lower_lid, False, _LID),
        )
        for points, closed, colour in lines:
            if points is not None:
                cv2.polylines(image, [_fixed(points)], closed, colour, _THICKNESS, cv2.LINE_AA, _SUBPIXEL_BITS)
    return np.asarray(image, np.uint8)


def side_by_side(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """(height, width, 3) images from left to right, on white where they differ in height."""
    height = max(image.shape[0] for image in images)
    padded = [np.pad(image, ((0, height - len(image)), (0, 0), (0, 0)), constant_values=_GROUND) for image in images]
    return np.concatenate(padded, axis=1)


def _fixed(points: NDArray[np.float32]) -> NDArray[np.int32]:
    return np.rint(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)


_SUBPIXEL_BITS = 4
