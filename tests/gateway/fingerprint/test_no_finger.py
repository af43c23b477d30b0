"""What is no finger gives no minutiae that look sure: noise of all kinds, stripes, squares, text, a face."""

import math
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.fingerprint import analyze

SHAPE = (374, 388)
Y, X = np.mgrid[: SHAPE[0], : SHAPE[1]]
MOST = 12
"""Minutiae above quality 40."""


def sure_minutiae(pixels: NDArray[np.uint8]) -> int:
    return int((analyze(pixels, 500.0).template.quality > 40).sum())


def grey(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def spectral_noise(seed: int, gain: NDArray[np.float64]) -> NDArray[np.uint8]:
    white = np.random.default_rng(seed).normal(size=SHAPE)
    noise = np.fft.ifft2(np.fft.fft2(white) * gain).real
    return grey(128 + 45 * noise / noise.std())


def frequency() -> NDArray[np.float64]:
    radius = np.hypot(np.fft.fftfreq(SHAPE[1])[None], np.fft.fftfreq(SHAPE[0])[:, None])
    radius[0, 0] = 1
    return np.asarray(radius)


def jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)


def sine(period_px: float, degrees: float) -> NDArray[np.float64]:
    angle = math.radians(degrees)
    return np.asarray(np.sin(2 * math.pi / period_px * (X * math.cos(angle) + Y * math.sin(angle))))


@pytest.mark.parametrize("fall", [0.0, 0.5, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("jpeg_quality", [None, 25, 8])
def test_noise_whose_strength_falls_with_frequency(fall: float, jpeg_quality: int | None) -> None:
    for seed in range(2):
        pixels = spectral_noise(seed, frequency() ** -fall)
        assert sure_minutiae(pixels if jpeg_quality is None else jpeg(pixels, jpeg_quality)) <= MOST


@pytest.mark.parametrize("period_px", [7, 9, 12])
@pytest.mark.parametrize("width", [0.15, 0.3])
def test_noise_of_the_ridges_frequency(period_px: float, width: float) -> None:
    gain = np.exp(-0.5 * ((frequency() * period_px - 1) / width) ** 2)
    for seed in range(2):
        assert sure_minutiae(spectral_noise(seed, gain)) <= MOST


@pytest.mark.parametrize("period_px", [5, 9, 9.5, 14, 20])
@pytest.mark.parametrize("degrees", [0, 17, 45])
def test_stripes(period_px: float, degrees: float) -> None:
    wave = sine(period_px, degrees)
    for pixels in (grey(128 + 100 * wave), np.where(wave > 0, 230, 30).astype(np.uint8)):
        assert sure_minutiae(pixels) <= MOST


@pytest.mark.parametrize("side_px", [2, 3, 5, 8, 16])
def test_checkerboards(side_px: int) -> None:
    board = np.where((X // side_px + Y // side_px) % 2, 230, 30).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((194, 187), 20, 1)
    turned = cv2.warpAffine(board, turn, (SHAPE[1], SHAPE[0]), borderValue=(128,))
    assert sure_minutiae(board) <= MOST
    assert sure_minutiae(np.asarray(turned, np.uint8)) <= MOST


def test_text() -> None:
    page = np.full(SHAPE, 255, np.uint8)
    for row in range(20):
        words = f"The quick brown fox jumps over {row}"
        cv2.putText(page, words, (5, 18 + 18 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0,), 1, cv2.LINE_AA)
    rng = np.random.default_rng(1)
    assert sure_minutiae(page) <= MOST
    assert sure_minutiae(jpeg(grey(page * 0.7 + 30 + rng.normal(0, 5, SHAPE)), 30)) <= MOST


def test_a_figure_like_a_face() -> None:
    face = np.full(SHAPE, 200, np.uint8)
    cv2.ellipse(face, (194, 187), (110, 150), 0, 0, 360, (150,), -1)
    for x in (150, 240):
        cv2.ellipse(face, (x, 150), (20, 10), 0, 0, 360, (60,), -1)
    cv2.ellipse(face, (194, 260), (40, 14), 0, 0, 180, (80,), -1)
    rng = np.random.default_rng(2)
    soft = np.asarray(cv2.GaussianBlur(face, (0, 0), 3), np.uint8)
    for pixels in (face, soft, grey(soft + rng.normal(0, 6, SHAPE)), jpeg(grey(soft + rng.normal(0, 4, SHAPE)), 12)):
        assert sure_minutiae(pixels) <= MOST


def test_a_ramp_a_dot_and_rings() -> None:
    assert sure_minutiae(grey(X * 255 / SHAPE[1])) <= MOST
    assert sure_minutiae(np.where((X == 50) & (Y == 50), 0, 255).astype(np.uint8)) == 0
    assert sure_minutiae(grey(128 + 100 * np.sin(2 * math.pi / 9 * np.hypot(X - 190, Y - 180)))) <= MOST
