"""Ridges, grown from scattered seeds by Gabor filters that follow the orientation and period of each place."""

import cv2
import numpy as np
from numpy.typing import NDArray

REACH = 5  # taps to each side, at half of 500 ppi: one ridge period, which is 2.4 deviations of the filter's envelope
ENVELOPE = 0.42  # deviation of the envelope in ridge periods: three ridges inside, as in Cappelli's SFinGe


def grow_ridges(
    orientation: NDArray[np.float32],
    period: NDArray[np.float32],
    rng: np.random.Generator,
    *,
    seed_spacing_px: float = 26.0,
    steps: int = 34,
) -> NDArray[np.float32]:
    """Let ridges spread from seeds until they fill the finger; minutiae arise where the fronts meet out of step.

    Parameters
    ----------
    orientation : (height, width) float32
        Radians, counter-clockwise, height and width even.
    period : (height, width) float32
        Pixels.
    rng : numpy.random.Generator
        Places the seeds.
    seed_spacing_px : float
        Mean distance between seeds, pixels; the closer, the more minutiae.
    steps : int
        Filter passes; each carries a front about half a ridge further, the later ones straighten the seams.

    Returns
    -------
    (height, width) float32
        -1 in the middle of a valley to 1 on the crest of a ridge, nearly sinusoidal.

    References
    ----------
    Cappelli, Maio and Maltoni, "Synthetic fingerprint-database generation", ICPR 2002 (SFinGe). Here it runs at half
    the resolution (a ridge is still 4.5 samples wide) with a filter for each pixel instead of a quantised bank.
    """
    height, width = orientation.shape
    taps = _gabor_taps(_halved_orientation(orientation), _halved(period) / np.float32(2))
    ridges = np.zeros((height // 2, width // 2), np.float32)
    count = int(height * width / seed_spacing_px**2)
    ridges[rng.integers(0, height // 2, count), rng.integers(0, width // 2, count)] = 1
    for _ in range(steps):
        ridges = np.clip(2.5 * _filtered(ridges, taps), -1, 1)
    ridges = _filtered(ridges, taps)
    grown = cv2.resize(ridges, (width, height), interpolation=cv2.INTER_LANCZOS4)
    return np.asarray(np.clip(grown / 1.15, -1, 1), np.float32)


def ridge_phase(
    ridges: NDArray[np.float32], orientation: NDArray[np.float32], period: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Phase of a grown pattern, by the same filters and their odd partners.

    Returns
    -------
    phase : (height / 2, width / 2) float32
        Radians: 0 on a crest, growing by 2 pi to the next crest on the right of `along`.
    along : (height / 2, width / 2) float32
        Direction along the ridge, radians counter-clockwise, of the two one that need not agree with its neighbours'.
    """
    along, small = _halved_orientation(orientation), _halved(ridges)
    half_period = _halved(period) / np.float32(2)
    even = _filtered(small, _gabor_taps(along, half_period))
    odd = _filtered(small, _gabor_taps(along, half_period, odd=True), odd=True)
    return np.arctan2(odd, even), along


def _halved_orientation(orientation: NDArray[np.float32]) -> NDArray[np.float32]:
    # Doubled angles, for orientation is modulo pi and may jump.
    cos2, sin2 = _halved(np.cos(2 * orientation)), _halved(np.sin(2 * orientation))
    return np.float32(0.5) * np.arctan2(sin2, cos2)


def _halved(field: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = field.shape
    return np.asarray(cv2.resize(field, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.float32)


_Taps = list[tuple[int, int, NDArray[np.float32]]]


def _gabor_taps(orientation: NDArray[np.float32], period: NDArray[np.float32], *, odd: bool = False) -> _Taps:
    """Weights of each neighbour for each pixel; by the filter's symmetry half of the neighbours stand for all."""
    turn = np.float32(2 * np.pi) / period
    across_x, across_y = turn * np.sin(orientation), turn * np.cos(orientation)  # y down
    spread = np.float32(ENVELOPE * float(period.mean()))
    powers_x = {d: np.exp(1j * d * across_x).astype(np.complex64) for d in range(-REACH, REACH + 1)}
    powers_y = {d: np.exp(1j * d * across_y).astype(np.complex64) for d in range(REACH + 1)}
    taps: _Taps = []
    total = 0.0
    for dy in range(REACH + 1):
        for dx in range(-REACH if dy else 0, REACH + 1):
            envelope = float(np.exp(-(dx * dx + dy * dy) / (2 * spread * spread)))
            if envelope < 0.01:
                continue
            total += envelope * (2 if dx or dy else 1)
            px, py = powers_x[dx], powers_y[dy]
            wave = px.real * py.imag + px.imag * py.real if odd else px.real * py.real - px.imag * py.imag
            taps.append((dx, dy, np.float32(envelope) * wave))
    return [(dx, dy, weight * np.float32(2 / total)) for dx, dy, weight in taps]


def _filtered(image: NDArray[np.float32], taps: _Taps, *, odd: bool = False) -> NDArray[np.float32]:
    """The response of each pixel's own filter: 1 on the crest of a full sinusoid that fits it."""
    height, width = image.shape
    padded = np.pad(image, REACH)
    total = np.zeros_like(image)
    pair = np.empty_like(image)
    for dx, dy, weight in taps:
        ahead = padded[REACH + dy : REACH + dy + height, REACH + dx : REACH + dx + width]
        if dx == 0 and dy == 0:
            np.multiply(ahead, weight, out=pair)
        else:
            behind = padded[REACH - dy : REACH - dy + height, REACH - dx : REACH - dx + width]
            (np.subtract if odd else np.add)(behind if odd else ahead, ahead if odd else behind, out=pair)
            pair *= weight
        total += pair
    return total
