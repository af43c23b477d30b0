"""Grey of pupil, iris and sclera, and what it says of contrast, exposure and noise."""

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.geometry import Contour, IrisGeometry

_T = TypeVar("_T", bound=np.generic)
_RAYS = 128
_PUPIL_SHARES = np.linspace(0.1, 0.8, 8)
_SCLERA_SHARES = np.linspace(1.1, 1.2, 5)
_IRIS_STEPS = np.linspace(0.0, 1.0, 10)
_SATURATED = 250
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True)
class GreyZones:
    """Grey levels of one eye, 0 to 255.

    Pupil to 0.8 of its radius, iris from the middle of the ring to 0.9 of the iris radius, sclera from 1.1 to 1.2 of
    it; medians, without what is covered. The sclera counts only beside visible iris.
    """

    pupil: float
    iris: float
    sclera: float
    saturated: float
    """Share of iris and sclera samples of 250 or more, 0 to 1."""
    noise: float
    """Standard deviation of the sensor's noise in the pupil."""


def grey_zones(grey: NDArray[np.uint8], geometry: IrisGeometry) -> GreyZones:
    """Medians of the zones of ISO/IEC 29794-6:2015 in (height, width) uint8 `grey`; 0 where a zone is not seen."""
    pupil, limbus = _rays(geometry.pupil), _rays(geometry.limbus)
    ratio = geometry.pupil_ratio
    outer = np.clip((0.9 - ratio) / max(1 - ratio, 1e-6), 0.55, 1.0)
    shares = (0.5 + (outer - 0.5) * _IRIS_STEPS)[:, None, None]
    ring = pupil + (limbus - pupil) * shares
    seen = _sampled(geometry.mask, ring, False)
    dark = _scaled(pupil, geometry.pupil, _PUPIL_SHARES)
    white = _scaled(limbus, geometry.limbus, _SCLERA_SHARES)
    beside = _inside(white, grey.shape) & seen[-1]
    iris = _sampled(grey, ring, 0)[seen]
    sclera = _sampled(grey, white, 0)[beside]
    no_glint = _inside(dark, grey.shape) & ~_sampled(geometry.glints, dark, False)
    bright = np.concatenate([iris, sclera])
    return GreyZones(
        pupil=_median(_sampled(grey, dark, 0)[no_glint]),
        iris=_median(iris),
        sclera=_median(sclera),
        saturated=float((bright >= _SATURATED).mean()) if bright.size else 0.0,
        noise=_noise(grey, geometry),
    )


def iris_sclera_contrast(zones: GreyZones) -> float:
    """Percent, 0 to 100; over 5 is recommended.

    References
    ----------
    ISO/IEC 29794-6:2015, iris-sclera contrast.
    """
    divisor = zones.sclera + zones.iris - 2 * zones.pupil
    if divisor <= 0:
        return 0.0
    return float(np.clip(100 * (zones.sclera - zones.iris) / divisor, 0, 100))


def iris_pupil_contrast(zones: GreyZones) -> float:
    """Percent, 0 to 100; 30 or more is recommended.

    References
    ----------
    ISO/IEC 29794-6:2015, iris-pupil contrast.
    """
    weber = (zones.iris - zones.pupil) / (20 + zones.pupil)
    return 100 * weber / (0.75 + weber) if weber > 0 else 0.0


def grey_scale_utilisation(grey: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Entropy of the visible iris's grey levels, 0 to 8 bits; 6 or more is recommended.

    References
    ----------
    ISO/IEC 29794-6:2015, grey scale utilisation.
    """
    counts = np.bincount(grey[mask], minlength=256)
    total = counts.sum()
    if not total:
        return 0.0
    share = counts[counts > 0] / total
    return float(max(0.0, -(share * np.log2(share)).sum()))


def _noise(grey: NDArray[np.uint8], geometry: IrisGeometry) -> float:
    """Of the square in the pupil: the iris has a texture of its own."""
    (x, y), half = geometry.pupil.centre, 0.55 * geometry.pupil.radius
    box = tuple(slice(max(0, int(at - half)), max(0, int(at + half) + 1)) for at in (y, x))
    return pixel_noise(grey[box], ~geometry.glints[box])


def pixel_noise(part: NDArray[np.uint8], plain: NDArray[np.bool_]) -> float:
    """Standard deviation of a sensor's noise in (h, w) uint8 `part`, where it is plain; 0 where too little is.

    References
    ----------
    J. Immerkaer, CVIU 64(2), 1996.
    """
    if min(part.shape) < 5:
        return 0.0
    response = cv2.filter2D(part.astype(np.float32), cv2.CV_32F, _NOISE_KERNEL)[1:-1, 1:-1]
    free = cv2.erode(plain.astype(np.uint8), np.ones((5, 5), np.uint8))[1:-1, 1:-1] > 0
    # The median withstands a glint's foot; 6 is the kernel's norm.
    return 1.4826 * float(np.median(np.abs(response[free]))) / 6 if free.any() else 0.0


def _rays(contour: Contour) -> NDArray[np.float32]:
    step = max(1, len(contour.points) // _RAYS)
    return contour.points[::step]


def _scaled(points: NDArray[np.float32], contour: Contour, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    centre = np.array(contour.centre)
    return np.asarray(centre + (points - centre) * shares[:, None, None])


def _inside(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    x, y = points[..., 0], points[..., 1]
    return np.asarray((x >= 0) & (y >= 0) & (x <= shape[1] - 1) & (y <= shape[0] - 1))


def _sampled(image: NDArray[_T], points: NDArray[np.float64], outside: int | bool) -> NDArray[_T]:
    """The nearest pixels."""
    inside = _inside(points, image.shape)
    column = np.clip(np.rint(points[..., 0]).astype(np.intp), 0, image.shape[1] - 1)
    row = np.clip(np.rint(points[..., 1]).astype(np.intp), 0, image.shape[0] - 1)
    return np.asarray(np.where(inside, image[row, column], image.dtype.type(outside)))


def _median(values: NDArray[np.uint8]) -> float:
    return float(np.median(values)) if values.size else 0.0


@dataclass(frozen=True)
class FrameLight:
    """How bright a whole frame is."""

    bright_level: float
    """Its 90th percentile, 0 to 255."""
    saturated: float
    """Share of its pixels of 250 or more, 0 to 1."""


def frame_light(grey: NDArray[np.uint8]) -> FrameLight:
    """Of every fourth pixel of every fourth row of (height, width) uint8 `grey`."""
    counts = np.bincount(grey[::4, ::4].ravel(), minlength=256)
    reached = np.cumsum(counts) / counts.sum()
    return FrameLight(float(np.searchsorted(reached, 0.9)), float(1 - reached[_SATURATED - 1]))
