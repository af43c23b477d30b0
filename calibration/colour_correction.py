"""Colours of a portrait corrected by a measured white balance: exactly, in linear light, by one table a channel."""

import cv2
import numpy as np
from numpy.typing import NDArray

SAME_SETTING = 0.01
"""Share by which the camera's own white balance may differ from that of the measurement: it rounds what it tells."""


class ColourCorrection:
    """Gains made ready; safe in any thread, as nothing of it changes.

    Parameters
    ----------
    gains : (float, float, float)
        Of red, green and blue, in linear light; what they lift beyond white is clipped.
    white_balance_k : float or None
        What the camera was set for when they were measured; None where it does not tell.
    """

    def __init__(self, gains: tuple[float, float, float], white_balance_k: float | None = None) -> None:
        self.gains = gains
        self.white_balance_k = white_balance_k
        coded = np.arange(256) / 255  # sRGB, IEC 61966-2-1
        linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
        lit = np.clip(linear[:, None] * np.asarray(gains, np.float64)[None, :], 0, 1)
        out = np.where(lit <= 0.0031308, 12.92 * lit, 1.055 * lit ** (1 / 2.4) - 0.055)
        self._table = np.ascontiguousarray(np.rint(255 * out).astype(np.uint8)[:, None, :])

    def fits(self, white_balance_k: float | None) -> bool:
        """Whether a frame was taken with the setting that was measured; so it is taken where either is not told."""
        if white_balance_k is None or self.white_balance_k is None:
            return True
        return abs(white_balance_k / self.white_balance_k - 1) <= SAME_SETTING

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 corrected; `pixels` stays unchanged."""
        return np.asarray(cv2.LUT(pixels, self._table), np.uint8)
