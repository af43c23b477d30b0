"""What camera and light make of colours: exposure, gain, white balance, noise."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

EXPOSURE_MS = 12.0
"""In a well-lit office, without gain."""
EXPOSURE_LIMITS_MS = (0.5, 30.0)
GAIN_LIMIT_DB = 18.0
_WAVELENGTHS_M = np.array([610e-9, 545e-9, 465e-9])
"""About where the three channels see best."""
_SECOND_RADIATION_M_K = 1.438777e-2
"""hc/k of Planck's law (CODATA 2018)."""
_NOISE_AT_GAIN = (0.9, 1.9)
"""Deviation in levels without gain, and its growth for each factor of gain."""


@dataclass(frozen=True)
class CameraSetting:
    """What the camera's automatic took."""

    exposure_ms: float
    gain_db: float
    level: float
    """What comes out, relative to a good picture: 1 unless the automatic was at its end."""


def automatic(light: float) -> CameraSetting:
    """Exposure first, then gain, each within its limits."""
    wanted_ms = EXPOSURE_MS / light
    exposure_ms = float(np.clip(wanted_ms, *EXPOSURE_LIMITS_MS))
    gain_db = float(np.clip(20 * np.log10(max(wanted_ms / exposure_ms, 1e-3)), 0.0, GAIN_LIMIT_DB))
    level = light * exposure_ms / EXPOSURE_MS * 10 ** (gain_db / 20)
    return CameraSetting(exposure_ms, gain_db, float(level))


def noise_deviation(gain_db: float) -> float:
    """Of the noise, in levels of the picture."""
    still, growth = _NOISE_AT_GAIN
    return float(still + growth * (10 ** (gain_db / 20) - 1) / 2)


def tint(light_k: float, white_balance_k: float) -> NDArray[np.float64]:
    """(3,) gains of red, green, blue under a light of one colour temperature, set for another; green is 1.

    Ratios of Planck's law in Wien's form.
    """
    gains = np.exp(-_SECOND_RADIATION_M_K / _WAVELENGTHS_M * (1 / light_k - 1 / white_balance_k))
    return np.asarray(gains / gains[1], np.float64)


@lru_cache(maxsize=64)
def tone_table(level: float, light_k: float, white_balance_k: float) -> NDArray[np.uint8]:
    """(256, 1, 3) uint8 for `cv2.LUT`: sRGB in, sRGB out, light multiplied in between (IEC 61966-2-1)."""
    coded = np.arange(256) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    lit = np.clip(linear[:, None] * level * tint(light_k, white_balance_k)[None, :], 0, 1)
    out = np.where(lit <= 0.0031308, 12.92 * lit, 1.055 * lit ** (1 / 2.4) - 0.055)
    return np.ascontiguousarray(np.rint(255 * out).astype(np.uint8)[:, None, :])
