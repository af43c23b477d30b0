"""NFIQ 2's public measures against NIST's own output, and on what is no print."""

import numpy as np
import pytest

from gateway.fingerprint.nfiq2.blocks import gradient_moments, oriented_blocks, turned_blocks
from gateway.fingerprint.nfiq2.histogram import MeasureHistogram, measure_histogram
from gateway.fingerprint.nfiq2.measures import nfiq2_measures
from gateway.fingerprint.nfiq2.orientation import orientation_flow
from gateway.fingerprint.nfiq2.profiles import frequency_concentration, local_clarity, ridge_valley_ratios
from gateway.fingerprint.nfiq2.roi import region_of_interest
from tests.gateway.fingerprint.prints import NFIQ2, drawn, grey, needs_nfiq2, nfiq2_rows


@pytest.mark.shared
@needs_nfiq2
def test_all_measures_are_those_of_nfiq2() -> None:
    rows = nfiq2_rows()
    assert len(rows) == 5
    for row in rows:
        measured = nfiq2_measures(grey(NFIQ2 / row["Filename"]), 500.0)
        assert measured.mu == pytest.approx(float(row["Mu"]), abs=6e-4)
        assert measured.uniform_image == pytest.approx(float(row["UniformImage"]), abs=6e-4)
        assert measured.mmb == pytest.approx(float(row["MMB"]), abs=6e-4)
        for name, histogram in {
            "OCL": measured.orientation_certainty,
            "OF": measured.orientation_flow,
            "FDA": measured.frequency_concentration,
            "LCS": measured.local_clarity,
            "RVUP": measured.ridge_valley_uniformity,
        }.items():
            assert histogram.bins == tuple(int(row[f"{name}_Bin10_{number}"]) for number in range(10)), name
            assert histogram.mean == pytest.approx(float(row[f"{name}_Bin10_Mean"]), abs=1e-5)
            assert histogram.deviation == pytest.approx(float(row[f"{name}_Bin10_StdDev"]), abs=1e-5)
        assert measured.region.mean == pytest.approx(float(row["ImgProcROIArea_Mean"]), abs=6e-4)
        relative, total = (float(row[f"OrientationMap_ROIFilter_Coherence{what}"]) for what in ("Rel", "Sum"))
        assert measured.region.coherence_mean == pytest.approx(relative, abs=1e-5)
        assert measured.region.coherence_sum == pytest.approx(total, abs=1e-3)


def stripes(turn: float, period: float = 9.0, side: int = 260) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    y, x = np.mgrid[:side, :side]
    wave = np.sin((x * np.cos(turn) + y * np.sin(turn)) * 2 * np.pi / period)
    return np.asarray(128 + 90 * wave, np.uint8)


@pytest.mark.parametrize("turn", [0.0, 0.7, -0.7, 1.5])
def test_turned_blocks_of_stripes_are_level(turn: float) -> None:
    pixels = stripes(turn)
    blocks = oriented_blocks(pixels)
    assert blocks.foreground.all()
    # NFIQ 2 halves the mixed moment: of a plain wave the angle is off by up to 10 degrees.
    assert np.abs(np.sin(blocks.angle - turn)).max() < 0.2
    kept = turned_blocks(pixels, blocks, (16, 32), quarter=False, padded=False)
    assert kept.shape == (blocks.foreground.size, 16, 32)
    assert local_clarity(pixels, blocks).min() > 0.5
    noise = np.random.default_rng(3).integers(0, 256, pixels.shape, dtype=np.uint8)
    noisy = frequency_concentration(noise, oriented_blocks(noise))
    assert np.median(frequency_concentration(pixels, blocks)) > np.median(noisy) + 0.05
    ratios = ridge_valley_ratios(pixels, blocks)
    assert 0.7 < np.median(ratios) < 1.4


def test_parallel_stripes_do_not_turn_and_a_print_does() -> None:
    assert orientation_flow(oriented_blocks(stripes(0.4))).size == 0
    assert orientation_flow(oriented_blocks(drawn())).mean() > 0.05


def test_moments_are_exact_and_count_cut_blocks() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (70, 33), dtype=np.uint8)
    moments = gradient_moments(pixels)
    assert moments.xx.shape == (3, 2)
    block = pixels[64:, :32].astype(np.float64)
    gy, gx = np.gradient(block)
    assert moments.xx[2, 0] == 4 * (gx * gx).sum()
    assert moments.yy[2, 0] == 4 * (gy * gy).sum()
    assert moments.xy[2, 0] == 4 * (gx * gy).sum()
    assert moments.xx[0, 1] == 0  # one pixel wide


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((300, 300), 255, np.uint8),
        np.zeros((64, 64), np.uint8),
        np.zeros((1, 1), np.uint8),
        np.full((36, 36), 90, np.uint8),
    ],
)
def test_a_uniform_image_has_no_local_measures(pixels: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]") -> None:
    measured = nfiq2_measures(pixels, 500.0)
    assert measured.uniform_image == 0
    for histogram in (measured.local_clarity, measured.frequency_concentration, measured.orientation_certainty):
        assert histogram == MeasureHistogram((0,) * 10, 0.0, 0.0)


def test_measures_leave_the_sample_alone_and_take_any_layout() -> None:
    pixels = drawn()
    expected = nfiq2_measures(pixels, 500.0)
    assert nfiq2_measures(np.asfortranarray(pixels), 500.0) == expected
    assert nfiq2_measures(pixels[::-1][::-1], 500.0) == expected


def test_a_value_on_a_limit_belongs_above_it() -> None:
    limits = tuple(float(limit) for limit in range(1, 10))
    assert measure_histogram(np.array([1.0, 0.5, 20.0]), limits).bins == (1, 1, 0, 0, 0, 0, 0, 0, 0, 1)


def test_the_region_is_the_largest_dark_area_without_holes() -> None:
    pixels = np.full((300, 300), 240, np.uint8)
    pixels[40:240, 40:240] = 60
    pixels[120:160, 120:160] = 240
    pixels[255:290, 255:290] = 60
    region = region_of_interest(pixels)
    assert region[140, 140]
    assert not region[275, 275]
    assert 0.8 < region.sum() / 200**2 < 1.4
