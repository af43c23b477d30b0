"""Measures that NIST's NFIQ 2.3 also computes, and our own score."""

from dataclasses import astuple, replace

import numpy as np
import pytest

from gateway.fingerprint import FingerQuality, analyze
from gateway.fingerprint.foreground import ForegroundMeasures, cut_share, darkness
from gateway.fingerprint.minutiae import Minutiae
from gateway.fingerprint.nfiq2.grey import block_mean, trimmed
from gateway.fingerprint.nfiq2.histogram import measure_histogram
from gateway.fingerprint.nfiq2.orientation import CERTAINTY_LIMITS, orientation_certainty
from gateway.fingerprint.quality_score import OFFSET, quality_parts, quality_score
from tests.gateway.fingerprint.prints import NFIQ2, drawn, grey, needs_nfiq2, nfiq2_rows


def quality(condition: str) -> FingerQuality:
    return analyze(drawn(condition=condition), 500.0).quality


@pytest.mark.shared
@needs_nfiq2
def test_measures_are_nfiq2s_own() -> None:
    rows = nfiq2_rows()
    assert len(rows) == 5
    for row in rows:
        measured = analyze(grey(NFIQ2 / row["Filename"]), 500.0).quality
        assert measured.mean == pytest.approx(float(row["Mu"]), abs=6e-4)
        assert measured.contrast == pytest.approx(float(row["UniformImage"]), abs=6e-4)
        assert measured.block_mean == pytest.approx(float(row["MMB"]), abs=6e-4)
        assert measured.orientation_certainty == pytest.approx(float(row["OCL_Bin10_Mean"]), abs=1e-6)
        assert measured.orientation_certainty_deviation == pytest.approx(float(row["OCL_Bin10_StdDev"]), abs=1e-6)
        counts = tuple(int(row[f"OCL_Bin10_{bin_}"]) for bin_ in range(10))
        assert measured.orientation_certainty_histogram == counts


def test_parallel_stripes_are_wholly_certain_and_noise_is_not() -> None:
    column = np.arange(96)
    stripes = np.tile((128 + 90 * np.sin(column * 2 * np.pi / 9)).astype(np.uint8), (96, 1))
    np.testing.assert_allclose(orientation_certainty(stripes), 1.0, atol=1e-12)
    noise = np.random.default_rng(2).integers(0, 256, (320, 320), dtype=np.uint8)
    assert orientation_certainty(noise).mean() < 0.25


def test_certainty_is_that_of_the_definition_on_one_block() -> None:
    block = np.random.default_rng(3).integers(0, 256, (32, 32), dtype=np.uint8)
    gy, gx = np.gradient(block.astype(np.float64))
    xx, xy, yy = (gx * gx).sum(), (gx * gy).sum(), (gy * gy).sum()
    lesser, greater = np.linalg.eigvalsh(np.array([[xx, xy], [xy, yy]]))
    assert orientation_certainty(block)[0] == pytest.approx(1 - lesser / greater, abs=1e-9)


def test_blocks_without_gradient_and_parts_of_blocks_are_left_out() -> None:
    assert orientation_certainty(np.full((64, 64), 7, np.uint8)).size == 0
    assert orientation_certainty(np.zeros((31, 400), np.uint8)).size == 0
    assert sum(measure_histogram(orientation_certainty(drawn()), CERTAINTY_LIMITS).bins) == (374 // 32) * (388 // 32)


def test_block_mean_counts_partial_blocks_like_full_ones() -> None:
    pixels = np.zeros((32, 40), np.uint8)
    pixels[:, 32:] = 200
    assert block_mean(pixels) == 100.0


def test_trimming_takes_off_blank_borders_only() -> None:
    pixels = np.full((50, 60), 255, np.uint8)
    pixels[10:20, 15:40] = 0
    pixels[30:35, 15:40] = 0
    assert trimmed(pixels).shape == (25, 25)
    assert trimmed(np.full((5, 5), 255, np.uint8)).size == 0


def minutiae(count: int, value: float, spread: float = 1.0) -> Minutiae:
    """Minutiae of one quality on a grid, pointing all ways (`spread` 1) or one (0)."""
    number = np.arange(count)
    return Minutiae(
        x=(20 + 40 * (number % 8)).astype(np.float32),
        y=(20 + 40 * (number // 8)).astype(np.float32),
        angle=(spread * number * 2.4 % (2 * np.pi)).astype(np.float32),
        kind=np.ones(count, np.uint8),
        quality=np.full(count, value, np.float32),
    )


FOREGROUND = quality("clean").foreground


def score(count: int, value: float, spread: float = 1.0, foreground: ForegroundMeasures = FOREGROUND) -> int:
    return quality_score(quality_parts(minutiae(count, value, spread), foreground))


def test_each_part_raises_the_score() -> None:
    assert score(5, 0.7) < score(15, 0.7) < score(30, 0.7)
    assert score(30, 0.5) < score(30, 0.7) < score(30, 0.8)
    assert score(30, 0.7, 0.0) < score(30, 0.7, 1.0)
    assert score(20, 0.7, foreground=replace(FOREGROUND, area_mm2=60.0)) < score(20, 0.7)
    assert score(20, 0.7, foreground=replace(FOREGROUND, coherence=0.3)) < score(20, 0.7)
    assert score(20, 0.7, foreground=replace(FOREGROUND, offset_mm=(4.0, 3.0))) < score(20, 0.7)


def test_the_score_stays_within_its_range_and_is_0_without_minutiae() -> None:
    assert score(1, 0.01) == 0
    assert score(255, 1.0) == 100
    blank = analyze(np.full((300, 300), 230, np.uint8), 500.0).quality
    assert blank.score == 0


def test_the_parts_explain_the_score() -> None:
    for condition in ("clean", "dry", "partial"):
        measured = quality(condition)
        total = OFFSET + sum(astuple(measured.parts))
        if 0 < total < 90:
            assert measured.score == pytest.approx(total, abs=1)
        else:
            assert measured.score == 0 or 90 <= measured.score <= min(100, total + 1)
        assert (measured.algorithm, measured.version) == ("rekam-finger", 2)


def test_the_order_of_minutiae_does_not_matter() -> None:
    found = minutiae(40, 0.7)
    shuffled = np.random.default_rng(5).permutation(40)
    other = Minutiae(*(getattr(found, name)[shuffled] for name in ("x", "y", "angle", "kind", "quality")))
    assert astuple(quality_parts(found, FOREGROUND)) == pytest.approx(astuple(quality_parts(other, FOREGROUND)))


def test_poorer_impressions_score_less() -> None:
    clean = quality("clean").score
    assert quality("light").score < clean - 15
    assert quality("partial").score < clean - 15


def test_darkness_follows_the_width_of_the_ridges() -> None:
    assert quality("dry").foreground.darkness < quality("clean").foreground.darkness
    assert quality("clean").foreground.darkness < quality("wet").foreground.darkness
    assert darkness(np.zeros(0, np.uint8)) == 0.0
    assert darkness(np.array([0] * 50 + [200] * 50, np.uint8)) == pytest.approx(0.5)


def test_cut_share_counts_the_frame() -> None:
    mask = np.zeros((10, 20), np.bool_)
    assert cut_share(mask) == 0.0
    mask[0] = True
    assert cut_share(mask) == pytest.approx(20 / 56)
