"""Whether a target lies before a camera as a procedure needs it, told of one frame at a time while it is placed."""

from math import atan2, degrees

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import black_level, check_light
from calibration.camera.grey import grey_card
from calibration.camera.square import SquareInFrame, square_in
from calibration.camera.target import CameraTarget
from calibration.errors import TargetOutOfFocus, TargetTilted
from calibration.portrait.colour_card import colour_card_in

LEAST_TURN_DEG, MOST_TURN_DEG = 2.5, 12.0
"""An edge along the pixels shows no more of a lens than the pixels; beyond, rows and columns mix. People are told 3 to
10 degrees: pixels that are not square turn a target by a degree more."""
MOST_BLUR_PX = 4.0
"""Deviation of the blur beyond which a quarter cycle per pixel is gone whatever the lens: the place is wrong."""
_SMOOTH_PX, _LEAST_RANGE = 1.0, 60.0
_ANY_EDGE = 1.25  # of the most blur: the steepest edge of the frame is told roughly, as it may be a grey one
_PROFILES = 60
_MIDDLE = 0.6


def check_square(
    pixels: NDArray[np.uint8], target: CameraTarget, distance_mm: float | None = None, *, sharp: bool = True
) -> SquareInFrame:
    """See that the square is there, whole, clean, upright, level, turned as edges need it, well lit, and in focus.

    Parameters
    ----------
    pixels : (height, width) uint8
        One frame.
    target : CameraTarget
    distance_mm : float, optional
        Where it is held.
    sharp : bool
        False on a rail, where most places are out of focus.

    Raises
    ------
    Overexposed, Underexposed, TargetOutOfFocus, TargetTilted
    MeasurementRefused
        As `square_in`.
    """
    check_light(pixels[None])
    if sharp:
        _check_any_edge(pixels)
    square = square_in(pixels.astype(np.float32), target, distance_mm)
    _check_turn(square)
    if sharp:
        _check_focus(pixels, square)
    return square


def check_colour_card(pixels: NDArray[np.uint8], target: CameraTarget, distance_mm: float | None = None) -> None:
    """See that the colour card is there, whole, clean, upright, level, turned, well lit, and in focus.

    Parameters
    ----------
    pixels : (height, width, 3) uint8
        One frame.

    Raises
    ------
    MeasurementRefused
        As `check_square` and `colour_card_in`.
    """
    _check_any_edge(pixels[..., 1])
    card = colour_card_in([pixels], target, distance_mm, least=1)
    _check_turn(card.square)
    _check_focus(card.linear[0, ..., 1], card.square)


def check_grey_card(pixels: NDArray[np.uint8], black: float = 0.0) -> None:
    """See that one even grey fills the frame, clean and well lit; errors as `grey_card`."""
    grey_card(pixels[None], black)


def check_cap(pixels: NDArray[np.uint8]) -> None:
    """See that no light comes in; `StrayLight` where it does."""
    black_level([pixels])


def blur_px(image: NDArray[np.generic], square: SquareInFrame) -> float:
    """Deviation of the blur of the square's sides, as the steepest slope of each tells it; noise makes it smaller.

    Parameters
    ----------
    image : (height, width)
        Grey or linear light.
    square : SquareInFrame
        Found in it.
    """
    found = []
    for index in range(4):
        a, b = square.corners[index], square.corners[(index + 1) % 4]
        along = (b - a) / np.hypot(*(b - a))
        normal = np.array([along[1], -along[0]])
        reach = min(0.3 * square.side_px, 24.0)
        steps = np.arange(-reach, reach + 0.25, 0.5)
        share = np.linspace(0.5 - _MIDDLE / 2, 0.5 + _MIDDLE / 2, _PROFILES)[:, None]
        places = (a + share * (b - a))[:, None, :] + steps[None, :, None] * normal
        profile = cv2.remap(
            np.asarray(image, np.float32),
            places[..., 0].astype(np.float32),
            places[..., 1].astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ).mean(axis=0)
        height = abs(float(profile[-3:].mean() - profile[:3].mean()))
        slope = float(np.abs(np.gradient(profile, steps)).max())
        # A Gaussian edge of height h and deviation s is h / (s sqrt(2 pi)) steep in its middle.
        found.append(height / max(slope, 1e-6) / (2 * np.pi) ** 0.5)
    return float(np.median(found))


def _check_turn(square: SquareInFrame) -> None:
    a, b, *_ = square.corners
    turn = abs(degrees(atan2(float(b[1] - a[1]), float(b[0] - a[0]))))
    if not LEAST_TURN_DEG <= turn <= MOST_TURN_DEG:
        raise TargetTilted(
            f"the target is turned by {turn:.1f} degrees in its plane; turn it to 3 to 10 degrees, square to the camera"
        )


def _check_any_edge(pixels: NDArray[np.uint8]) -> None:
    """Refuse a frame with light and dark and no edge between them: blur that wide looks like dirt, or another card."""
    smooth = cv2.GaussianBlur(pixels, (0, 0), _SMOOTH_PX).astype(np.float32)
    dark, light = np.percentile(smooth, [0.5, 95])
    if light - dark < _LEAST_RANGE:
        return
    down, across = np.gradient(smooth)
    steepest = float(np.percentile(np.hypot(down, across), 99.9))
    blur = float(light - dark) / max(steepest, 1e-6) / (2 * np.pi) ** 0.5
    if blur**2 - _SMOOTH_PX**2 > (_ANY_EDGE * MOST_BLUR_PX) ** 2:
        raise TargetOutOfFocus(
            "nothing in the frame is sharp; move the target nearer or farther until its sides are, and focus the lens"
            " where no place is"
        )


def _check_focus(image: NDArray[np.generic], square: SquareInFrame) -> None:
    if (blur := blur_px(image, square)) > MOST_BLUR_PX:
        raise TargetOutOfFocus(
            f"the target's sides are {2.56 * blur:.0f} pixels wide; move it nearer or farther until they are sharp,"
            " and focus the lens where no place is"
        )
