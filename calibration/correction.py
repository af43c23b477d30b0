"""Factors applied to frames, exactly and within two milliseconds a frame."""

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.colour_correction import ColourCorrection
from calibration.factors import Factors

MAX_RADIUS = 8
"""Of the square about a bad pixel in which good neighbours are looked for; a hole that large is no scanner any more."""
MIN_NEIGHBOURS = 3
MAX_NEIGHBOURS = 8
"""The nearest: as many as a lone bad pixel has about it."""
_NONE = np.int16(32767)
_ORDERING = (
    *((0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (1, 2), (5, 6)),
    *((0, 4), (3, 7), (1, 5), (2, 6), (1, 4), (3, 6), (2, 4), (3, 5), (3, 4)),
)
"""Batcher's odd-even merge sort of eight in 19 comparisons: of all bad pixels at once, thirty times as fast as sort."""


class Correction:
    """Factors made ready; safe in any thread, as nothing of it changes.

    Parameters
    ----------
    factors : Factors
    """

    def __init__(self, factors: Factors) -> None:
        self.factors = factors
        self.ppi = factors.ppi
        self.shape = factors.shape
        self.colours = (
            None if factors.colour_gains is None else ColourCorrection(factors.colour_gains, factors.white_balance_k)
        )
        """Of a portrait camera; None where its colours are taken as they come."""
        self._gain: NDArray[np.float32] | None = None
        self._shift: NDArray[np.float32] | None = None
        if factors.gain is not None and factors.offset is not None:
            self._gain = np.ascontiguousarray(factors.gain, np.float32)
            self._shift = np.asarray(factors.gain.astype(np.float64) * factors.offset, np.float32)
        self._bad: NDArray[np.intp] | None = None
        if factors.bad is not None and factors.bad.any():
            self._bad, self._neighbours = _good_neighbours(factors.bad)
            self._filled = self._neighbours >= 0

    def fits(self, pixels: NDArray[np.uint8]) -> bool:
        """Whether a frame has the size that was measured."""
        return self.shape is None or pixels.shape == self.shape

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The frame corrected: flat field first, then each bad pixel as the median of its good neighbours.

        Parameters
        ----------
        pixels : (height, width) uint8
            As the device delivered it; stays unchanged.

        Raises
        ------
        ValueError
            A frame of another size than the maps.
        """
        if not self.fits(pixels):
            raise ValueError(f"a frame of {pixels.shape} does not fit the calibration's {self.shape}")
        corrected: NDArray[np.uint8] = pixels
        if self._gain is not None and self._shift is not None:
            scaled = cv2.multiply(pixels, self._gain, dtype=cv2.CV_32F)
            # Rounds half to even, and saturates.
            corrected = np.asarray(cv2.subtract(scaled, self._shift, dtype=cv2.CV_8U), np.uint8)
        if self._bad is not None:
            corrected = corrected.copy() if corrected is pixels else corrected
            flat = corrected.reshape(-1)
            flat[self._bad] = _medians(flat, self._neighbours, self._filled)
        return corrected


def _good_neighbours(bad: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Flat indices of the bad pixels, and in columns those of the good ones about each, filled with -1.

    The square about a pixel grows until it holds `MIN_NEIGHBOURS` good ones. Bad pixels that have none within
    `MAX_RADIUS` are left out: there is nothing to mend them with.
    """
    height, width = bad.shape
    places: list[int] = []
    about: list[NDArray[np.intp]] = []
    for row, column in np.argwhere(bad):
        for radius in range(1, MAX_RADIUS + 1):
            top, left = max(0, row - radius), max(0, column - radius)
            square = ~bad[top : min(height, row + radius + 1), left : min(width, column + radius + 1)]
            if square.sum() >= MIN_NEIGHBOURS:
                rows, columns = np.nonzero(square)
                rows, columns = rows + top, columns + left
                nearest = np.argsort((rows - row) ** 2 + (columns - column) ** 2, kind="stable")[:MAX_NEIGHBOURS]
                places.append(int(row * width + column))
                about.append(rows[nearest] * width + columns[nearest])
                break
    neighbours = np.full((MAX_NEIGHBOURS, len(about)), -1, np.intp)
    for index, each in enumerate(about):
        neighbours[: len(each), index] = each
    return np.asarray(places, np.intp), neighbours


def _medians(flat: NDArray[np.uint8], neighbours: NDArray[np.intp], filled: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Median of each column's pixels; the middle of an even number's two is rounded up."""
    values = flat[neighbours].astype(np.int16)
    values[~filled] = _NONE
    lanes = list(values)
    for low, high in _ORDERING:
        lanes[low], lanes[high] = np.minimum(lanes[low], lanes[high]), np.maximum(lanes[low], lanes[high])
    ordered = np.stack(lanes)
    counts = filled.sum(axis=0)
    columns = np.arange(ordered.shape[1])
    middle = ordered[(counts - 1) // 2, columns] + ordered[counts // 2, columns]
    medians: NDArray[np.uint8] = ((middle + 1) // 2).astype(np.uint8)
    return medians
