"""A grey card in a frame: that it is one, fills the frame, and is clean."""

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import check_light
from calibration.camera.light_surface import even_light
from calibration.errors import TargetCovered, TargetDirty, TargetWrong

_DARKER = 0.07
_FAR_DARKER = 0.55
_DIRTY_SHARE, _COVERED_SHARE, _OTHER_SHARE = 0.0002, 0.015, 0.01


def grey_card(stack: NDArray[np.uint8], black: float = 0.0) -> NDArray[np.float64]:
    """(height, width) float64: mean light of frames of a grey card, over black.

    Parameters
    ----------
    stack : (n, height, width) uint8
    black : float
        Grey without light.

    Raises
    ------
    Overexposed, Underexposed, TargetWrong, TargetCovered, TargetDirty
        As their names say.
    """
    check_light(stack)
    mean = np.asarray(stack.mean(axis=0, dtype=np.float64) - black, np.float64)
    smooth = np.asarray(cv2.GaussianBlur(mean, (0, 0), 1.5), np.float64)
    even = even_light(smooth, np.ones(mean.shape, np.bool_))
    share = smooth / np.maximum(even, 1.0)
    if float((share < 1 - _FAR_DARKER).mean()) > _OTHER_SHARE:
        raise TargetWrong("the frame shows dark marks, not one even grey; put the grey card before the camera")
    darker = float((share < 1 - _DARKER).mean())
    if darker > _COVERED_SHARE:
        raise TargetCovered(
            f"{100 * darker:.0f} % of the grey card is covered or shaded, or it does not fill the frame;"
            " take the hand away, hold the card closer"
        )
    if darker > _DIRTY_SHARE:
        raise TargetDirty(f"specks cover {100 * darker:.2f} % of the grey card; wipe card and lens")
    return mean
