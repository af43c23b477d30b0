"""NFIQ 2's measures of the profile across the ridges: FDA, LCS, RVU."""

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.nfiq2.blocks import OrientedBlocks, turned_blocks

FREQUENCY_LIMITS = (0.268, 0.304, 0.33, 0.355, 0.38, 0.407, 0.44, 0.5, 1.0)
CLARITY_LIMITS = (0.0, 0.7, 0.74, 0.77, 0.79, 0.81, 0.83, 0.85, 0.87)
UNIFORMITY_LIMITS = (0.5, 0.667, 0.8, 1.0, 1.25, 1.5, 2.0, 24.0, 30.0)
_PROFILE_PX, _ACROSS_PX = 32, 16
_RIDGE_PX = (3.0, 10.0)
_VALLEY_PX = (2.0, 10.0)
_WIDTH_UNIT_PX = 20.0
"""Widths are compared as shares of 5 pixels at 125 ppi; the division is kept because it rounds."""


def frequency_concentration(pixels: NDArray[np.uint8], blocks: OrientedBlocks) -> NDArray[np.float64]:
    """Frequency domain analysis (FDA) of each foreground block: how much of the profile is one ridge frequency.

    (peak + 0.3 x its two neighbours) / sum of the lower half of the amplitudes, the mean left out; 1 where the peak
    is the lowest frequency, a quirk of NFIQ 2.3.

    Returns
    -------
    (n,) float64
    """
    turned = turned_blocks(pixels, blocks, (_PROFILE_PX, _ACROSS_PX), quarter=True, padded=True)
    if not len(turned):
        return np.zeros(0)
    profile = turned.sum(axis=2, dtype=np.int32) / _ACROSS_PX
    amplitude = np.abs(np.fft.rfft(profile, axis=1))[:, 1:]
    peak = amplitude.argmax(axis=1)
    each = np.arange(len(peak))
    # Above half the sampling rate the amplitudes repeat backwards.
    after = np.where(peak + 1 < amplitude.shape[1], peak + 1, peak - 1)
    sides = amplitude[each, np.maximum(peak - 1, 0)] + amplitude[each, after]
    share = (amplitude[each, peak] + 0.3 * sides) / np.maximum(amplitude[:, :15].sum(axis=1), 1e-12)
    return np.asarray(np.where(peak == 0, 1.0, share))


def local_clarity(pixels: NDArray[np.uint8], blocks: OrientedBlocks) -> NDArray[np.float64]:
    """Local clarity score (LCS) of each foreground block: how few greys of ridges and valleys lie on the wrong side.

    0 where the mean width of ridges or of valleys is implausible.

    Returns
    -------
    (n,) float64
        0 to 1.
    """
    turned = turned_blocks(pixels, blocks, (_ACROSS_PX, _PROFILE_PX), quarter=False, padded=False)
    if not len(turned):
        return np.zeros(0)
    ridge, line = _ridges(turned)
    wrong = np.where(ridge[:, None, :], turned >= line[:, None, :], turned < line[:, None, :]).sum(axis=1)
    ridge_columns = ridge.sum(axis=1)
    valley_columns = _PROFILE_PX - ridge_columns
    beta = (wrong * ridge).sum(axis=1) / np.maximum(ridge_columns * _ACROSS_PX, 1)
    alpha = (wrong * ~ridge).sum(axis=1) / np.maximum(valley_columns * _ACROSS_PX, 1)
    return np.asarray(np.where(_plausible_widths(ridge), 1 - (alpha + beta) / 2, 0.0))


def ridge_valley_ratios(pixels: NDArray[np.uint8], blocks: OrientedBlocks) -> NDArray[np.float64]:
    """Ridge valley uniformity (RVU): width of a ridge over that of the valley beside it, for all complete pairs.

    As NFIQ 2.3 has it: the last column of a block and its first complete width are left out, and in a block with an
    odd number of changes between ridge and valley the ratios are those of valley to ridge.

    Returns
    -------
    (n,) float64
    """
    turned = turned_blocks(pixels, blocks, (_ACROSS_PX, _PROFILE_PX), quarter=False, padded=True)
    if not len(turned):
        return np.zeros(0)
    ridge, _ = _ridges(turned)
    change = ridge[:, 1:-1] != ridge[:, :-2]
    block, at = np.nonzero(change)
    # Three changes in a row in one block bound two widths; a block's first width does not count.
    same = (block[3:] == block[:-3]) if len(block) > 3 else np.zeros(0, np.bool_)
    first = (at[2:-1] - at[1:-2])[same].astype(np.float64)
    second = (at[3:] - at[2:-1])[same].astype(np.float64)
    is_ridge = ridge[block[1:-2], at[1:-2] + 1][same] if len(block) > 3 else np.zeros(0, np.bool_)
    odd = np.bincount(block, minlength=len(ridge))[block[1:-2]][same] % 2 == 1 if len(block) > 3 else is_ridge
    return np.asarray(np.where(is_ridge ^ odd, first / second, second / first))


def _ridges(turned: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which columns of each block are ridge: darker than the straight line through its profile, and that line."""
    profile = turned.sum(axis=1, dtype=np.int32) / _ACROSS_PX
    x = np.arange(1, _PROFILE_PX + 1, dtype=np.float64)
    centred = x - x.mean()
    slope = profile @ centred / (centred @ centred)
    intercept = profile.mean(axis=1) - slope * x.mean()
    # NFIQ 2.3 rounds the line to ten decimals.
    line = x * np.round(slope, 10)[:, None] + np.round(intercept, 10)[:, None]
    return profile < line, line


def _plausible_widths(ridge: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each block's mean ridge and valley width lie within limits.

    The first width counts one pixel too few, the last is left out, as in NFIQ 2.3.
    """
    n, columns = ridge.shape
    change = ridge[:, 1:] != ridge[:, :-1]
    sums, counts = np.zeros((2, n)), np.zeros((2, n))
    previous = np.zeros(n, np.int64)
    for at in range(columns - 1):
        here = change[:, at]
        for kind in (0, 1):
            of_kind = here & (ridge[:, at] == bool(kind))
            sums[kind] += np.where(of_kind, (at - previous) / _WIDTH_UNIT_PX, 0.0)
            counts[kind] += of_kind
        previous = np.where(here, at, previous)
    mean = sums * (1 / np.maximum(counts, 1))
    valley, dark = mean
    return np.asarray(
        (dark >= _RIDGE_PX[0] / _WIDTH_UNIT_PX)
        & (dark <= _RIDGE_PX[1] / _WIDTH_UNIT_PX)
        & (valley >= _VALLEY_PX[0] / _WIDTH_UNIT_PX)
        & (valley <= _VALLEY_PX[1] / _WIDTH_UNIT_PX)
    )
