"""A print with its minutiae drawn over it, for people."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate, MinutiaType

_ENDING = (60, 60, 220)
_BIFURCATION = (210, 120, 20)
_OUTSIDE = 0.55


def annotated(
    pixels: NDArray[np.uint8], template: FingerTemplate, segmentation: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8]:
    """Draw minutiae over a print: endings red circles, bifurcations blue squares, each with its direction.

    Parameters
    ----------
    pixels : (height, width) uint8
    template : FingerTemplate
        In the pixels of that image.
    segmentation : (height, width) bool, optional
        What lies outside of it is faded.

    Returns
    -------
    (height * k, width * k, 3) uint8
        BGR; k is 2 for images below 600 pixels of width, so that the marks leave the ridges to be seen.
    """
    enlarge = 2 if pixels.shape[1] < 600 else 1
    grey = pixels
    if segmentation is not None:
        faded = (255 - (255 - pixels.astype(np.float32)) * (1 - _OUTSIDE)).astype(np.uint8)
        grey = np.where(segmentation, pixels, faded)
    image = cv2.cvtColor(
        cv2.resize(grey, None, fx=enlarge, fy=enlarge, interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2BGR
    )
    length = 11 * template.ppi / 500 * enlarge
    radius = max(2, round(length / 3))
    # Sixteenths of a pixel: minutiae lie between pixels.
    points = np.stack([template.x, template.y], axis=1) * enlarge + (enlarge - 1) / 2
    ends = points + length * np.stack([np.cos(template.angle), -np.sin(template.angle)], axis=1)
    for point, end, kind, quality in zip(points, ends, template.kind, template.quality, strict=True):
        colour = _BIFURCATION if kind == MinutiaType.BIFURCATION else _ENDING
        thickness = 2 if quality >= 50 and enlarge == 2 else 1
        centre = tuple(np.round(point * 16).astype(int).tolist())
        tip = tuple(np.round(end * 16).astype(int).tolist())
        cv2.line(image, centre, tip, colour, thickness, cv2.LINE_AA, 4)
        if kind == MinutiaType.BIFURCATION:
            corner = np.round(point - radius).astype(int)
            far = np.round(point + radius).astype(int)
            cv2.rectangle(image, corner.tolist(), far.tolist(), colour, thickness, cv2.LINE_AA)
        else:
            cv2.circle(image, centre, radius * 16, colour, thickness, cv2.LINE_AA, 4)
    return image.astype(np.uint8, copy=False)
