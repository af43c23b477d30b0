"""Transfer from edges of known blur, and edges that cannot be measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.errors import (
    MeasurementRefused,
    Overexposed,
    TargetDirty,
    TargetMissing,
    TargetTilted,
    TargetWrong,
    TooFewFrames,
    Underexposed,
)
from calibration.slanted_edge import slanted_edge_mtf
from tests.calibration.drawn_edge import drawn_edge, gaussian_mtf

HIGHEST = 8 / 19.685  # 8 cycles per mm at 500 ppi


@settings(max_examples=40, deadline=None)
@given(st.floats(2, 10), st.floats(0.4, 2.0), st.booleans(), st.integers(0, 2**31))
def test_the_transfer_is_right_to_three_hundredths(angle: float, blur: float, upright: bool, seed: int) -> None:
    found = slanted_edge_mtf(drawn_edge(angle, blur, upright=upright, seed=seed))
    shown = found.frequency <= HIGHEST
    off = np.abs(found.modulation - gaussian_mtf(found.frequency, blur))[shown]
    assert off.max() <= 0.02
    assert found.upright is upright
    assert found.angle_deg == pytest.approx(angle, abs=0.15)


def test_uncertainty_tells_how_far_off_values_are() -> None:
    ratios = []
    for seed in range(40):
        found = slanted_edge_mtf(drawn_edge(4.0, 0.8, noise=4.0, frames=1, seed=seed))
        value, uncertainty = found.at(0.25)
        ratios.append((value - float(gaussian_mtf(np.array(0.25), 0.8))) / uncertainty)
    assert 0.4 <= float(np.std(ratios)) <= 1.6
    assert abs(float(np.mean(ratios))) < 0.8


def test_dark_right_and_leaning_left_change_nothing() -> None:
    stack = drawn_edge(5.0, 0.8, noise=0.0)
    plain = slanted_edge_mtf(stack)
    for turned in (stack[:, :, ::-1], stack[:, ::-1], 255 - stack):
        other = slanted_edge_mtf(turned)
        assert np.abs(other.modulation - plain.modulation).max() < 0.01


def test_a_response_makes_levels_light() -> None:
    stack = drawn_edge(5.0, 0.9, noise=0.5)
    bent = np.rint(255 * (stack / 255.0) ** 0.5).astype(np.uint8)
    straight = 255 * (np.arange(256) / 255) ** 2
    found = slanted_edge_mtf(bent, response=straight)
    assert found.at(0.25)[0] == pytest.approx(float(gaussian_mtf(np.array(0.25), 0.9)), abs=0.02)
    assert abs(slanted_edge_mtf(bent).at(0.25)[0] - found.at(0.25)[0]) > 0.012


def two_edges() -> np.ndarray:
    stack = drawn_edge(5.0, 0.8)
    stack[:, :, 60:] = 30
    return stack


def specked() -> np.ndarray:
    stack = drawn_edge(5.0, 0.8)
    for row, column in ((20, 70), (60, 72), (100, 5), (140, 66)):
        stack[:, row : row + 6, column : column + 6] //= 2
    return stack


@pytest.mark.parametrize(
    ("frames", "refusal"),
    [
        (np.full((3, 100, 80), 120, np.uint8), TargetMissing),
        (np.full((3, 100, 80), 2, np.uint8), Underexposed),
        (np.minimum(drawn_edge(5.0, 0.8).astype(int) * 2, 255).astype(np.uint8), Overexposed),
        (drawn_edge(0.4, 0.8), TargetTilted),
        (drawn_edge(37.0, 0.8), TargetTilted),
        (two_edges(), MeasurementRefused),
        (specked(), TargetDirty),
        (np.zeros((0, 100, 80), np.uint8), TooFewFrames),
        (drawn_edge(5.0, 0.8)[:, :20, :20], TargetWrong),
        (np.random.default_rng(1).integers(0, 255, (2, 100, 80), np.uint8), MeasurementRefused),
    ],
)
def test_what_is_no_edge_is_refused_by_name(frames: np.ndarray, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        slanted_edge_mtf(frames)


def test_nothing_is_extrapolated() -> None:
    with pytest.raises(ValueError, match=r"0 to 0\.5"):
        slanted_edge_mtf(drawn_edge(5.0, 0.8)).at(0.6)
