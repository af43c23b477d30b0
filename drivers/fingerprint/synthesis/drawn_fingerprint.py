"""One impression of one finger, and the minutiae that are truly in it."""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.condition import condition_named
from drivers.fingerprint.synthesis.impression import laid_minutiae, lay_finger
from drivers.fingerprint.synthesis.master_minutiae import DrawnMinutiae
from drivers.fingerprint.synthesis.master_print import master_print
from drivers.fingerprint.synthesis.platen import clean_platen, dirty_platen, seen_frame
from drivers.fingerprint.synthesis.touch import EXPOSURE_S, Touch


def draw_fingerprint(
    finger: int,
    impression: int,
    condition: str = "clean",
    *,
    width: int = 388,
    height: int = 374,
    ppi: float = 500.0,
) -> NDArray[np.uint8]:
    """Draw one impression of one finger; the same arguments give the same pixels.

    Parameters
    ----------
    finger, impression : int
        Seeds, 0 or more: which finger, and which of its placements.
    condition : str
        One of `CONDITIONS`.
    width, height : int
        Pixels.
    ppi : float
        Pixels per inch.

    Returns
    -------
    (height, width) uint8
        Ridges dark on a light ground, fingertip up.

    Raises
    ------
    ValueError
        No such condition, a negative seed, or a frame without pixels.
    """
    check_seeds(finger, impression)
    check_frame(width, height, ppi)
    state = condition_named(condition)
    shape = (height, width)
    platen = clean_platen(0, shape, ppi)
    if state.residue:
        platen = dirty_platen(platen, crc32(f"{finger}/{impression}".encode()), ppi, state.residue)
    laid = lay_finger(master_print(finger), (finger, impression), state, shape, ppi)
    x, y = laid.drift_px_per_s
    touch = Touch(smear_px=(x * EXPOSURE_S, y * EXPOSURE_S)).at_scale(ppi / 500)
    return seen_frame(platen, laid, touch, tick=impression)


def drawn_minutiae(
    finger: int,
    impression: int,
    condition: str = "clean",
    *,
    width: int = 388,
    height: int = 374,
    ppi: float = 500.0,
) -> DrawnMinutiae:
    """The minutiae that `draw_fingerprint` drew, with the same arguments and errors; pixels of that image."""
    check_seeds(finger, impression)
    check_frame(width, height, ppi)
    master = master_print(finger)
    laid = lay_finger(master, (finger, impression), condition_named(condition), (height, width), ppi)
    return laid_minutiae(laid, master.minutiae)


def check_seeds(finger: int, impression: int | None) -> None:
    """ValueError unless both can be seeds."""
    if finger < 0 or (impression is not None and impression < 0):
        raise ValueError(f"finger and impression are seeds of 0 or more, not {finger} and {impression}")


def check_frame(width: int, height: int, ppi: float) -> None:
    """ValueError unless a frame of that size can be drawn."""
    if min(width, height) < 64 or max(width, height) > 4096:
        raise ValueError(f"a frame has 64 to 4096 pixels on each side, not {width} x {height}")
    if not 100 <= ppi <= 2000:
        raise ValueError(f"ppi must lie in 100 to 2000, not {ppi}")
