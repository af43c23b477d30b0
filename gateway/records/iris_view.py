"""The pixels of each kind of iris image, cut and masked around an iris whose place is known.

Margins are counted in iris radii: 0.6 at the sides, 0.2 above and below (ISO/IEC 19794-6:2011). Pixel (0, 0) has its
centre at x = y = 0 and reaches half a pixel around it. Nothing here finds an iris.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.records.image_data import MAX_PIXELS
from gateway.records.iris_image import ImageKind

Point = Sequence[float] | NDArray[np.floating]
"""x and y."""

SIDE_MARGIN = 0.6
VERTICAL_MARGIN = 0.2
SCLERA_GREY = 200
LID_GREY = 128
VGA_SIZE = (640, 480)
MASK_BLUR = 0.015
"""Standard deviation of a mask's soft border in iris radii: 200 falls to the iris over some 5 pixels at a radius of
125 in MOSIP's sample of kind 7."""

_STEEPEST_LID = 0.6  # of the lids beside the iris in MOSIP's sample of kind 7
_SIDES = ("left", "top", "right", "bottom")
_SUBPIXEL_BITS = 6


@dataclass(frozen=True, eq=False)
class IrisView:
    """An image of one kind, and where the iris lies in it.

    Parameters
    ----------
    pixels : (height, width) uint8
    kind : ImageKind
    centre : (float, float)
        x and y in pixels.
    radius : float
        Of the iris, in pixels.
    """

    pixels: NDArray[np.uint8]
    kind: ImageKind
    centre: tuple[float, float]
    radius: float


def uncropped(pixels: NDArray[np.uint8], centre: Point, radius: float) -> IrisView:
    """Kind 1: the image as it is, its margins checked.

    Parameters
    ----------
    pixels : (height, width) uint8
    centre : (x, y)
        Of the iris, in pixels.
    radius : float
        Of the iris, in pixels.

    Raises
    ------
    ValueError
        The array is no such image, the geometry is none, or a margin is missing; the message names its side.
    """
    centre_x, centre_y = _checked(pixels, centre, radius)
    _require_margins(pixels.shape, (centre_x, centre_y), radius)
    return IrisView(pixels.copy(), ImageKind.UNCROPPED, (centre_x, centre_y), float(radius))


def vga(pixels: NDArray[np.uint8], centre: Point, radius: float) -> IrisView:
    """Kind 2: 640 x 480 pixels, the iris as near to the middle as the image has pixels for.

    An image with an iris too large for that is made smaller; nothing is ever made larger. Parameters as `uncropped`.

    Raises
    ------
    ValueError
        As `uncropped`, or the image has not that many pixels around the iris.
    """
    centre_x, centre_y = _checked(pixels, centre, radius)
    _require_margins(pixels.shape, (centre_x, centre_y), radius)
    width, height = VGA_SIZE
    # Two pixels of play, as the cut falls on whole pixels.
    scale = min(
        1.0, (width - 2) / (2 * radius * (1 + SIDE_MARGIN)), (height - 2) / (2 * radius * (1 + VERTICAL_MARGIN))
    )
    if scale < 1:
        rows, columns = ceil(pixels.shape[0] * scale), ceil(pixels.shape[1] * scale)
        centre_x = (centre_x + 0.5) * columns / pixels.shape[1] - 0.5
        centre_y = (centre_y + 0.5) * rows / pixels.shape[0] - 0.5
        radius = radius * columns / pixels.shape[1]
        pixels = np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    rows, columns = pixels.shape
    if columns < width or rows < height:
        raise ValueError(f"{columns}x{rows} pixels to choose from, fewer than {width}x{height}; write it as uncropped")
    left = min(max(round(centre_x - (width - 1) / 2), 0), columns - width)
    top = min(max(round(centre_y - (height - 1) / 2), 0), rows - height)
    return IrisView(
        pixels[top : top + height, left : left + width].copy(),
        ImageKind.VGA,
        (centre_x - left, centre_y - top),
        float(radius),
    )


def cropped(pixels: NDArray[np.uint8], centre: Point, radius: float, *, extend: bool = False) -> IrisView:
    """Kind 3: the iris and its margins, 3.2 by 2.4 radii and at most two pixels more, centred within a pixel.

    Parameters
    ----------
    pixels, centre, radius
        As `uncropped`.
    extend : bool
        Continue an image that ends within a margin by its nearest pixel, instead of refusing it. The iris itself
        has to be in the image.

    Raises
    ------
    ValueError
        As `uncropped`.
    """
    centre_x, centre_y = _checked(pixels, centre, radius)
    left, top, right, bottom = _margin_box((centre_x, centre_y), radius)
    if extend:
        _require_margins(pixels.shape, (centre_x, centre_y), radius, margins=(0.0, 0.0))
        if (right - left) * (bottom - top) > MAX_PIXELS:
            raise ValueError(f"a crop of {right - left}x{bottom - top} pixels, expected at most {MAX_PIXELS}")
    else:
        _require_margins(pixels.shape, (centre_x, centre_y), radius)
    rows = np.arange(top, bottom).clip(0, pixels.shape[0] - 1)
    columns = np.arange(left, right).clip(0, pixels.shape[1] - 1)
    return IrisView(pixels[np.ix_(rows, columns)], ImageKind.CROPPED, (centre_x - left, centre_y - top), float(radius))


def cropped_and_masked(
    pixels: NDArray[np.uint8],
    centre: Point,
    radius: float,
    upper_lid: NDArray[np.floating] | None = None,
    lower_lid: NDArray[np.floating] | None = None,
    *,
    limbus: NDArray[np.floating] | None = None,
    extend: bool = True,
) -> IrisView:
    """Kind 7: as kind 3, with the sclera painted 200 and the lids 128; what is seen of iris and pupil is untouched.

    The painted parts run softly into each other and towards the iris, which keeps the coded image small.

    Parameters
    ----------
    pixels, centre, radius
        As `uncropped`.
    upper_lid, lower_lid : (n, 2) float, n >= 2, optional
        x and y along the edge of a lid, in the pixels given, in any order of x; beyond its ends it goes on straight, by
        a slope of 0.6 at most. All above the upper and all below the lower edge is lid, over the iris too. Without it
        no lid is painted there.
    limbus : (n, 2) float, n >= 3, optional
        The iris' border as a closed polygon, where it is no circle.
    extend : bool
        As `cropped`; a missing margin is mostly painted over here.

    Raises
    ------
    ValueError
        As `uncropped`, or a polyline is none.
    """
    view = cropped(pixels, centre, radius, extend=extend)
    rows, columns = view.pixels.shape
    offset = np.subtract(view.centre, _checked(pixels, centre, radius))
    lids = np.zeros((rows, columns), np.bool_)
    y = np.arange(rows)[:, None]
    if upper_lid is not None:
        lids |= y < _lid_edge(upper_lid, "upper_lid", offset, columns)
    if lower_lid is not None:
        lids |= y > _lid_edge(lower_lid, "lower_lid", offset, columns)
    visible = _iris_area(view, limbus, offset) & ~lids
    painted = np.where(visible, view.pixels, np.where(lids, LID_GREY, SCLERA_GREY)).astype(np.uint8)
    soft = cv2.GaussianBlur(painted, (0, 0), max(0.8, MASK_BLUR * radius), borderType=cv2.BORDER_REPLICATE)
    return IrisView(
        np.where(visible, view.pixels, soft).astype(np.uint8), ImageKind.CROPPED_AND_MASKED, view.centre, view.radius
    )


def _checked(pixels: NDArray[np.uint8], centre: Point, radius: float) -> tuple[float, float]:
    if pixels.ndim != 2 or pixels.dtype != np.uint8 or 0 in pixels.shape or pixels.size > MAX_PIXELS:
        raise ValueError(
            f"an image of shape {pixels.shape} and type {pixels.dtype}, expected (height, width) uint8 "
            f"of at most {MAX_PIXELS} pixels"
        )
    if len(centre) != 2 or not all(isfinite(value) for value in (*centre, radius)) or radius < 1:
        raise ValueError(f"an iris at {tuple(centre)} of radius {radius}, expected x, y and 1 pixel or more")
    return float(centre[0]), float(centre[1])


def _margin_box(
    centre: tuple[float, float], radius: float, margins: tuple[float, float] = (SIDE_MARGIN, VERTICAL_MARGIN)
) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the pixels that hold the iris and its margins, the latter two exclusive."""
    across, along = radius * (1 + margins[0]), radius * (1 + margins[1])
    return (
        floor(centre[0] - across + 0.5),
        floor(centre[1] - along + 0.5),
        ceil(centre[0] + across + 0.5),
        ceil(centre[1] + along + 0.5),
    )


def _require_margins(
    shape: tuple[int, ...],
    centre: tuple[float, float],
    radius: float,
    margins: tuple[float, float] = (SIDE_MARGIN, VERTICAL_MARGIN),
) -> None:
    left, top, right, bottom = _margin_box(centre, radius, margins)
    missing = (-left, -top, right - shape[1], bottom - shape[0])
    short = [f"{count} at the {side}" for side, count in zip(_SIDES, missing, strict=True) if count > 0]
    if short:
        what = "margin" if any(margins) else "iris"
        raise ValueError(f"the image ends within the {what}: pixels missing are {', '.join(short)}")


def _polyline(points: NDArray[np.floating], name: str, least: int) -> NDArray[np.float64]:
    line = np.asarray(points, np.float64)
    if line.ndim != 2 or line.shape[1] != 2 or len(line) < least or not np.isfinite(line).all():
        raise ValueError(f"{name} has shape {line.shape}, expected (n, 2) finite numbers, n >= {least}")
    return line


def _lid_edge(
    points: NDArray[np.floating], name: str, offset: NDArray[np.float64], columns: int
) -> NDArray[np.float64]:
    """y of a lid's edge in each column of the view."""
    line = _polyline(points, name, 2) + offset
    x, y = line[np.argsort(line[:, 0], kind="stable")].T
    column = np.arange(columns)
    edge = np.asarray(np.interp(column, x, y), np.float64)
    edge += _end_slope(x, y, x[0]) * np.minimum(column - x[0], 0)
    edge += _end_slope(x, y, x[-1]) * np.maximum(column - x[-1], 0)
    return edge


def _end_slope(x: NDArray[np.float64], y: NDArray[np.float64], end: float) -> float:
    """Slope of the line through the points within a third of the length from `end`, or through all if these are few."""
    near = np.abs(x - end) <= (x[-1] - x[0]) / 3
    if near.sum() < 3:
        near[:] = True
    across = x[near] - x[near].mean()
    spread = float(across @ across)
    slope = float(across @ y[near]) / spread if spread > 0 else 0.0
    return min(max(slope, -_STEEPEST_LID), _STEEPEST_LID)


def _iris_area(view: IrisView, limbus: NDArray[np.floating] | None, offset: NDArray[np.float64]) -> NDArray[np.bool_]:
    rows, columns = view.pixels.shape
    if limbus is None:
        y, x = np.ogrid[:rows, :columns]
        return np.asarray(np.hypot(x - view.centre[0], y - view.centre[1]) <= view.radius, np.bool_)
    contour = _polyline(limbus, "limbus", 3) + offset
    # Far beyond the view a contour is no iris, and would overflow the fixed point that OpenCV draws with.
    contour = contour.clip(-4.0 * max(rows, columns), 4.0 * max(rows, columns))
    area = np.zeros((rows, columns), np.uint8)
    cv2.fillPoly(area, [np.rint(contour * (1 << _SUBPIXEL_BITS)).astype(np.int32)], 1, shift=_SUBPIXEL_BITS)
    return area > 0
