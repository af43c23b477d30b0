"""Enhanced ridges: what fits the local direction and the ridge frequency is kept, the rest goes."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.orientation import RidgeOrientation, ridge_orientation
from gateway.fingerprint.ridge_frequency import ridge_frequency

_WINDOW_PX = 16
_STEP_PX = 8
_ANGLES = 64
_BAND_WIDTH = 0.35
_ANGLE_WIDTH_RAD = 0.4
_BATCH = 4096
"""Windows filtered at a time: bounds the memory of a large image to some 30 MB."""
_RMS_SIGMA_PX = 7.0
_FIRST_PASS_SHARE = 0.5
"""What of the first pass the second sees besides the sample: takes a sixth off the EER of the two tuning sets."""
_ACROSS_SIGMA_PX = 1.4
_ACROSS_REACH_PX = 4
_ALONG_SIGMA_PX = 3.5
_ALONG_STEPS = np.array([2.0, 4.0, 6.0, 8.0])
"""How far along a ridge it is sampled, to both sides: the profile varies slowly there."""
_ROW = 512


@dataclass(frozen=True, eq=False)
class EnhancedRidges:
    """What two passes of filtering leave of a sample at 350 ppi.

    Parameters
    ----------
    windows, lines : (h, w) float32
        After the first and the second pass; positive on ridges.
    orientation : RidgeOrientation
        Estimated anew on the first pass.
    certainty : (rows, columns) float32
        On the orientation's grid, 0 to 1: coherence times the root of the relative strength of the ridges.
    frequency : float
        Ridges per pixel.
    """

    windows: NDArray[np.float32]
    lines: NDArray[np.float32]
    orientation: RidgeOrientation
    certainty: NDArray[np.float32]
    frequency: float


def enhanced_ridges(
    ridges: NDArray[np.float32], foreground: NDArray[np.bool_], orientation: RidgeOrientation
) -> EnhancedRidges:
    """Filter the normalized sample, (h, w) float32 at 350 ppi, in two passes.

    The first pass makes the direction surer, the second uses it: one pass alone costs a percent of EER.
    """
    frequency = ridge_frequency(ridges, foreground)
    windows = window_enhanced(ridges, foreground, orientation, frequency)
    even = np.asarray(windows / (_local_rms(windows, _RMS_SIGMA_PX) + np.float32(1e-3)), np.float32)
    surer = ridge_orientation(even)
    mixed = np.asarray(ridges + np.float32(_FIRST_PASS_SHARE) * even, np.float32)
    lines = line_enhanced(mixed, foreground, surer, frequency)
    return EnhancedRidges(windows, lines, surer, _certainty(lines, surer), frequency)


def window_enhanced(
    ridges: NDArray[np.float32], foreground: NDArray[np.bool_], orientation: RidgeOrientation, frequency: float
) -> NDArray[np.float32]:
    """First pass: overlapping windows, each filtered in the frequency domain along its own direction.

    Parameters
    ----------
    ridges : (h, w) float32
        Normalized sample at 350 ppi.
    foreground : (h, w) bool
    frequency : float
        Ridges per pixel.

    Returns
    -------
    (h, w) float32
        0 far from the foreground.

    References
    ----------
    S. Chikkerur, A. N. Cartwright, V. Govindaraju, Fingerprint enhancement using STFT analysis, Pattern Recognition
    40, 2007.
    """
    from scipy import fft

    height, width = ridges.shape
    rows, columns = -(-height // _STEP_PX) + 1, -(-width // _STEP_PX) + 1
    full = ((rows + 1) * _STEP_PX, (columns + 1) * _STEP_PX)
    padded = np.zeros(full, np.float32)
    padded[_STEP_PX : _STEP_PX + height, _STEP_PX : _STEP_PX + width] = ridges
    covered = np.zeros(full, np.uint8)
    covered[_STEP_PX : _STEP_PX + height, _STEP_PX : _STEP_PX + width] = foreground
    tiles = covered.reshape(rows + 1, _STEP_PX, columns + 1, _STEP_PX).max(axis=(1, 3))
    wanted = tiles[:-1, :-1] | tiles[1:, :-1] | tiles[:-1, 1:] | tiles[1:, 1:]
    top, left = np.nonzero(wanted)
    # A window's middle lies at (row * step, column * step) of the image.
    size = (columns, rows)
    field = cv2.remap(
        cv2.merge([orientation.cos2, orientation.sin2]),
        *_grid_positions(orientation.cos2.shape, (height, width), size),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).reshape(rows, columns, 2)[top, left]
    double = np.arctan2(field[:, 1], field[:, 0])
    angle_index = np.round(double * (_ANGLES / (2 * math.pi))).astype(np.intp) % _ANGLES
    responses = _window_filters(frequency)
    taper = np.sin((np.arange(_WINDOW_PX) + 0.5) * (math.pi / _WINDOW_PX)).astype(np.float32)
    taper2 = taper[:, None] * taper
    windows = np.lib.stride_tricks.sliding_window_view(padded, (_WINDOW_PX, _WINDOW_PX))[::_STEP_PX, ::_STEP_PX]
    half = _STEP_PX
    out = np.zeros((rows + 1, columns + 1, half, half), np.float32)
    for start in range(0, len(top), _BATCH):
        r, c = top[start : start + _BATCH], left[start : start + _BATCH]
        spectrum = fft.rfft2(windows[r, c] * taper2)
        spectrum *= responses[angle_index[start : start + _BATCH]]
        piece = fft.irfft2(spectrum, s=(_WINDOW_PX, _WINDOW_PX), overwrite_x=True)
        piece *= taper2
        # Each addition touches a tile once at most, so that indexed addition is exact.
        out[r, c] += piece[:, :half, :half]
        out[r, c + 1] += piece[:, :half, half:]
        out[r + 1, c] += piece[:, half:, :half]
        out[r + 1, c + 1] += piece[:, half:, half:]
    image = out.transpose(0, 2, 1, 3).reshape(full)
    return np.ascontiguousarray(image[half : half + height, half : half + width])


def line_enhanced(
    ridges: NDArray[np.float32], foreground: NDArray[np.bool_], orientation: RidgeOrientation, frequency: float
) -> NDArray[np.float32]:
    """Second pass: a zero-mean Gabor profile across each ridge, then a Gaussian along it.

    Each pixel is filtered along straight lines of its own direction, sampled bilinearly.

    Parameters
    ----------
    ridges : (h, w) float32
        At 350 ppi: the normalized sample with some of the first pass (that alone, filtered twice, invents ridges).
    foreground : (h, w) bool
    frequency : float
        Ridges per pixel.

    Returns
    -------
    (h, w) float32
        Positive on ridges; 0 farther than 0.7 mm from the foreground.
    """
    width = ridges.shape[1]
    reach = 2 * int(_ALONG_STEPS[-1]) + 5
    inside = np.flatnonzero(cv2.dilate(foreground.astype(np.uint8), np.ones((reach, reach), np.uint8)))
    if not len(inside):
        return np.zeros_like(ridges)
    # cv2.remap takes any arrangement of target pixels: those near the foreground, in rows of a handy length.
    rows = -(-len(inside) // _ROW)
    at = np.pad(inside, (0, rows * _ROW - len(inside)), mode="edge").reshape(rows, _ROW)
    y, x = (part.astype(np.float32) for part in np.divmod(at.astype(np.int32), np.int32(width)))
    nx, ny = orientation.across(ridges.shape, at)
    across = _profiled(ridges, at, (x, y), (nx, ny), frequency)
    spread = _scattered(across, at, ridges.shape)
    weights = np.exp(-0.5 * (_ALONG_STEPS / _ALONG_SIGMA_PX) ** 2)
    weights /= 1 + 2 * weights.sum()
    total = across * np.float32(1 - 2 * weights.sum())
    for step, weight in zip(_ALONG_STEPS.tolist(), weights.tolist(), strict=True):
        dx, dy = np.float32(step) * ny, np.float32(step) * nx
        moved = _sampled(spread, x - dx, y + dy)
        moved += _sampled(spread, x + dx, y - dy)
        total += np.float32(weight) * moved
    return _scattered(total, at, ridges.shape)


def _scattered(values: NDArray[np.float32], at: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """An image of `shape` that has `values` at the flat indices `at`, 0 elsewhere."""
    image = np.zeros(shape, np.float32)
    image.reshape(-1)[at] = values
    return image


def _profiled(
    ridges: NDArray[np.float32],
    at: NDArray[np.intp],
    place: tuple[NDArray[np.float32], NDArray[np.float32]],
    normal: tuple[NDArray[np.float32], NDArray[np.float32]],
    frequency: float,
) -> NDArray[np.float32]:
    """Zero-mean Gabor profile of `ridges` along `normal` at the pixels `at`, whose x and y are `place`."""
    offsets = np.arange(-_ACROSS_REACH_PX, _ACROSS_REACH_PX + 1, dtype=np.float64)
    envelope = np.exp(-0.5 * (offsets / _ACROSS_SIGMA_PX) ** 2)
    profile = envelope * np.cos(2 * math.pi * frequency * offsets)
    profile -= envelope * (profile.sum() / envelope.sum())
    total = ridges.ravel()[at] * np.float32(profile[_ACROSS_REACH_PX])
    # The profile is even.
    for offset in range(1, _ACROSS_REACH_PX + 1):
        dx, dy = np.float32(offset) * normal[0], np.float32(offset) * normal[1]
        moved = _sampled(ridges, place[0] + dx, place[1] + dy)
        moved += _sampled(ridges, place[0] - dx, place[1] - dy)
        moved *= np.float32(profile[_ACROSS_REACH_PX + offset])
        total += moved
    return total


def _sampled(image: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _local_rms(image: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Root of the locally averaged square; smooth enough to be taken at half the resolution."""
    height, width = image.shape
    half = (max(1, width // 2), max(1, height // 2))
    power = cv2.GaussianBlur(cv2.resize(image * image, half, interpolation=cv2.INTER_AREA), (0, 0), sigma_px / 2)
    return np.asarray(cv2.resize(np.sqrt(power), (width, height)), np.float32)


def _certainty(lines: NDArray[np.float32], orientation: RidgeOrientation) -> NDArray[np.float32]:
    rows, columns = orientation.coherence.shape
    power = cv2.resize(lines * lines, (columns, rows), interpolation=cv2.INTER_AREA)
    rms = np.sqrt(cv2.GaussianBlur(power, (0, 0), 1.4))
    strong = max(float(np.quantile(rms, 0.9)), 1e-6)
    return orientation.coherence * np.sqrt(np.minimum(1, rms / np.float32(strong)))


def _window_filters(frequency: float) -> NDArray[np.float32]:
    """Responses for each of the quantised doubled angles, (angles, 16, 9): log-normal in radius, Gaussian in angle."""
    fy = np.fft.fftfreq(_WINDOW_PX).astype(np.float32)[:, None]
    fx = np.fft.rfftfreq(_WINDOW_PX).astype(np.float32)[None]
    radius = np.hypot(fx, fy)
    radius[0, 0] = 1
    radial = np.exp(-0.5 * (np.log(radius / frequency) / _BAND_WIDTH) ** 2)
    radial[0, 0] = 0
    direction = np.arctan2(fy, fx)
    angles = (np.arange(_ANGLES) * (math.pi / _ANGLES))[:, None, None]
    off = np.abs(direction - angles) % math.pi
    off = np.minimum(off, math.pi - off)
    return np.asarray(radial * np.exp(-0.5 * (off / _ANGLE_WIDTH_RAD) ** 2), np.float32)


def _grid_positions(
    grid: tuple[int, ...], image: tuple[int, int], size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where the middles of the windows lie on the orientation's grid: x and y maps of `size` (columns, rows)."""
    columns, rows = size
    x = (np.arange(columns, dtype=np.float32) * _STEP_PX) * (grid[1] / image[1]) - 0.5
    y = (np.arange(rows, dtype=np.float32) * _STEP_PX) * (grid[0] / image[0]) - 0.5
    map_x, map_y = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    return map_x, map_y
