"""Fingertips: where on a large glass something has the outline of a fingertip, whichever way it points."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.slap.contact import GRID_PPI

STEP_MM = 1.0
ANGLES_DEG = tuple(range(-60, 61, 12))
WIDTHS_MM = (6.0, 7.8, 10.0, 12.8, 16.4, 20.5)
"""A light touch of a child's little finger to a large man's thumb."""
LENGTH = 1.35
"""Of the outline, in widths: a little less than from the tip to the fold, so that a short one fills it."""
MIN_SCORE = 0.3
_MAX_CANDIDATES = 14
_FINGERS = 4
_SIZE_BONUS = 0.05
"""For twice the width: a small outline fits into any part of a large finger."""
_FINGER_TURN_DEG = 26.0
"""Between a finger and its hand; of two thumbs each may turn towards the other."""
_MARGIN = 14


@dataclass(frozen=True)
class FingertipCandidate:
    """Something like a fingertip; mm from the frame's top left corner, x to the right, y down.

    `rotation_deg` is counter-clockwise from upright, (x, y) the middle of an outline `width` across and `LENGTH` times
    that along; `score` is 1 for skin that fills the outline and leaves free what is around the tip.
    """

    x: float
    y: float
    rotation_deg: float
    width: float
    score: float


def fingertip_candidates(contact: NDArray[np.float32]) -> tuple[list[FingertipCandidate], float]:
    """Outlines that fit best, each at a place of its own, best first.

    A matched filter for each width and direction: skin inside, none above and around the tip, and none in a narrow
    strip at either side. What lies below does not matter, for there the finger may go on. Parts of an outline that are
    off the glass do not count.

    Parameters
    ----------
    contact : (h, w) float32
        As `SlapContact.contact`.

    Returns
    -------
    candidates : list of FingertipCandidate
    hand_turn_deg : float
        Which way the hand points, counter-clockwise from upright.
    """
    size = tuple(max(8, round(side * 25.4 / GRID_PPI / STEP_MM)) for side in contact.shape)
    coarse = np.asarray(cv2.resize(contact, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
    filters = _filters(size)
    spectrum = np.fft.rfft2(coarse, filters.canvas)
    inside = np.fft.irfft2(spectrum * filters.inside, filters.canvas)[:, : filters.extent[0], : filters.extent[1]]
    around = np.fft.irfft2(spectrum * filters.around, filters.canvas)[:, : filters.extent[0], : filters.extent[1]]
    score = (inside * filters.inside_norm - around * filters.around_norm) * filters.trust
    fits = np.asarray(score, np.float32).reshape(len(WIDTHS_MM), len(ANGLES_DEG), *filters.extent)
    fits += np.log2(np.array(WIDTHS_MM, np.float32) / 12)[:, None, None, None] * np.float32(_SIZE_BONUS)
    turn = _hand_turn(fits)
    near = np.flatnonzero(np.abs(np.array(ANGLES_DEG) - turn) <= _FINGER_TURN_DEG)
    return _peaks(fits[:, near], [ANGLES_DEG[k] for k in near], _MAX_CANDIDATES), turn


def _hand_turn(score: NDArray[np.float32]) -> float:
    """The direction in which up to four outlines together fit best: fingers of a hand are nearly parallel.

    One finger that touches its neighbour often fits best when it is turned away from it; the hand does not.
    """
    fits = []
    for k, angle in enumerate(ANGLES_DEG):
        peaks = _peaks(score[:, k : k + 1, ::2, ::2], [angle], _FINGERS, 2)
        fits.append(sum(max(0.0, peak.score - 0.4) * peak.width**0.5 for peak in peaks))
    smooth = np.convolve(np.pad(fits, 1, mode="edge"), (0.5, 1.0, 0.5), "valid")
    best = int(np.argmax(smooth))
    if 0 < best < len(smooth) - 1:
        before, at, after = (float(v) for v in smooth[best - 1 : best + 2])
        bend = before - 2 * at + after
        return ANGLES_DEG[best] + (0.5 * (before - after) / bend if bend < 0 else 0.0) * (ANGLES_DEG[1] - ANGLES_DEG[0])
    return float(ANGLES_DEG[best])


def _peaks(score: NDArray[np.float32], angles: list[int], most: int, stride: int = 1) -> list[FingertipCandidate]:
    """The best outlines of (widths, angles, h, w) scores, each at a place of its own, best first."""
    flat = score.reshape(-1, *score.shape[2:])
    best = np.argmax(flat, axis=0)
    peak = np.take_along_axis(flat, best[None], axis=0)[0]
    found: list[FingertipCandidate] = []
    rows, columns = np.arange(peak.shape[0])[:, None] * stride, np.arange(peak.shape[1])[None, :] * stride
    while len(found) < most:
        row, column = np.unravel_index(int(np.argmax(peak)), peak.shape)
        value = float(peak[row, column])
        if value < MIN_SCORE:
            break
        which = int(best[row, column])
        angle, width = angles[which % len(angles)], WIDTHS_MM[which // len(angles)]
        x, y = (int(column) * stride - _MARGIN + 0.5) * STEP_MM, (int(row) * stride - _MARGIN + 0.5) * STEP_MM
        found.append(FingertipCandidate(x, y, float(angle), width, value))
        turn = np.radians(angle)
        dx, dy = columns - int(column) * stride, rows - int(row) * stride
        across, along = np.cos(turn) * dx - np.sin(turn) * dy, -np.sin(turn) * dx - np.cos(turn) * dy
        peak = np.where((np.abs(across) < 0.62 * width) & (np.abs(along) < 1.0 * width), -1, peak)
    return found


@dataclass(frozen=True, eq=False)
class _Filters:
    canvas: tuple[int, int]
    extent: tuple[int, int]
    inside: NDArray[np.complex64]
    around: NDArray[np.complex64]
    inside_norm: NDArray[np.float32]
    around_norm: NDArray[np.float32]
    trust: NDArray[np.float32]


@lru_cache(maxsize=4)
def _filters(size: tuple[int, int]) -> _Filters:
    """Spectra of all outlines for a grid of `size`, and how much of each lies on the glass at each place."""
    extent = (size[0] + 2 * _MARGIN, size[1] + 2 * _MARGIN)
    reach = 30
    canvas = (cv2.getOptimalDFTSize(extent[0] + reach), cv2.getOptimalDFTSize(extent[1] + reach))
    inside, around = [], []
    for width in WIDTHS_MM:
        for angle in ANGLES_DEG:
            pad, rim = _outline(width, angle, reach)
            inside.append(_spectrum(pad, canvas, reach))
            around.append(_spectrum(rim, canvas, reach))
    pads, rims = np.stack(inside), np.stack(around)
    glass = np.fft.rfft2(np.ones(size, np.float32), canvas)
    seen_pad = np.fft.irfft2(glass * pads, canvas)[:, : extent[0], : extent[1]]
    seen_rim = np.fft.irfft2(glass * rims, canvas)[:, : extent[0], : extent[1]]
    return _Filters(
        canvas,
        extent,
        pads,
        rims,
        np.asarray(1 / np.maximum(seen_pad, 0.2), np.float32),
        # An unseen rim is no sign that nothing is there: what of it is on the glass counts for no more than twice.
        np.asarray(1 / np.maximum(seen_rim, 0.5), np.float32),
        np.asarray(np.clip((seen_pad - 0.2) / 0.5, 0, 1) ** 0.5, np.float32),
    )


def _outline(width: float, angle: float, reach: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights inside (sum 1) and around (sum 1) a fingertip's outline, sampled at every 1/4 step."""
    fine = 4
    offsets = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
    x, y = offsets[None, :] * STEP_MM, offsets[:, None] * STEP_MM
    turn = np.radians(angle)
    across, along = np.cos(turn) * x - np.sin(turn) * y, -np.sin(turn) * x - np.cos(turn) * y
    half, length = width / 2, LENGTH * width

    def within(grow: float) -> NDArray[np.bool_]:
        """Inside the outline, grown by so many mm: a rounded tip on a straight stem."""
        tip = length / 2 + grow
        wide = half + grow
        rounded = np.clip((along - (tip - 1.1 * wide)) / (1.1 * wide), 0, None)
        return np.asarray(((across / wide) ** 2 + rounded**2 < 1) & (along > -length / 2) & (np.abs(across) < wide))

    pad = within(0.0).astype(np.float32)
    above = along > length / 2 - half
    cap = (within(1.0 + 0.28 * width) & ~within(1.0) & above).astype(np.float32)
    sides = (within(0.4 + 0.12 * width) & ~within(0.4) & ~above).astype(np.float32)
    rim = 0.65 * cap / max(cap.sum(), 1) + 0.35 * sides / max(sides.sum(), 1)
    shape = (2 * reach + 1, 2 * reach + 1)
    pad = cv2.resize(pad / pad.sum(), shape, interpolation=cv2.INTER_AREA)
    rim = cv2.resize(rim, shape, interpolation=cv2.INTER_AREA)
    return np.asarray(pad * fine**2, np.float32), np.asarray(rim * fine**2, np.float32)


def _spectrum(kernel: NDArray[np.float32], canvas: tuple[int, int], reach: int) -> NDArray[np.complex64]:
    """Of the flipped kernel, so placed that element (0, 0) of a correlation is `_MARGIN` outside the frame's corner."""
    height, width = canvas
    flipped = np.zeros(canvas, np.float32)
    flipped[: 2 * reach + 1, : 2 * reach + 1] = kernel[::-1, ::-1]
    placed = np.roll(flipped, (_MARGIN - reach, _MARGIN - reach), axis=(0, 1))
    return np.asarray(np.fft.rfft2(placed.reshape(height, width)), np.complex64)
