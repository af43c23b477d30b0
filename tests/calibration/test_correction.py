"""Corrections: exactly what the formula says, in the frame's own geometry, and cheap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.correction import Correction
from calibration.factors import Factors, FactorsUnusable, factors_of
from calibration.measurement import Measured, Measurement
from calibration.series import SeriesDamaged, packed, series_digest, unpacked

SHAPE = (61, 83)


def some_factors(seed: int, bad_share: float = 0.0) -> Factors:
    rng = np.random.default_rng(seed)
    bad = rng.random(SHAPE) < bad_share
    gain = rng.uniform(0.7, 1.4, SHAPE).astype(np.float32)
    offset = rng.uniform(0, 20, SHAPE).astype(np.float32)
    return Factors(gain, offset, bad if bad_share else None, 503.0, 498.0)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_gain_and_offset_are_the_formula_rounded(seed: int) -> None:
    factors = some_factors(seed)
    frame = np.random.default_rng(seed + 1).integers(0, 256, SHAPE, dtype=np.uint8)
    kept = frame.copy()
    exact = (frame.astype(np.float64) - factors.offset) * factors.gain
    corrected = Correction(factors).apply(frame)
    assert np.array_equal(frame, kept)
    tie = np.abs(exact - np.floor(exact) - 0.5) < 1e-4  # float32 may fall on either side
    expected = np.clip(np.rint(exact), 0, 255)
    assert np.array_equal(corrected[~tie], expected[~tie])
    assert np.abs(corrected.astype(float) - np.clip(exact, 0, 255)).max() <= 0.5 + 1e-4


def test_flat_frames_come_out_even_to_a_level() -> None:
    rng = np.random.default_rng(3)
    dark = rng.uniform(2, 10, SHAPE).astype(np.float32)
    light = dark + 180 * rng.uniform(0.8, 1.2, SHAPE).astype(np.float32)
    gain = (light - dark).mean() / (light - dark)
    corrected = Correction(Factors(gain, dark)).apply(np.rint(light).astype(np.uint8))
    assert np.ptp(corrected.astype(int)) <= 2


@given(seed=st.integers(0, 1000), share=st.sampled_from([0.001, 0.02, 0.2]))
@settings(max_examples=20, deadline=None)
def test_bad_pixels_become_the_median_of_good_neighbours(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    bad = rng.random(SHAPE) < share
    frame = rng.integers(0, 256, SHAPE, dtype=np.uint8)
    corrected = Correction(Factors(bad=bad)).apply(frame)
    assert np.array_equal(corrected[~bad], frame[~bad])
    for row, column in np.argwhere(bad):
        square = (slice(max(0, row - 1), row + 2), slice(max(0, column - 1), column + 2))
        good = frame[square][~bad[square]]
        if good.size >= 3:  # else it looks farther
            assert corrected[row, column] == np.floor(np.median(good) + 0.5)


def test_a_hole_is_filled_from_its_rim() -> None:
    bad = np.zeros(SHAPE, bool)
    bad[20:25, 30:35] = True
    frame = np.full(SHAPE, 120, np.uint8)
    frame[bad] = 255
    assert (Correction(Factors(bad=bad)).apply(frame) == 120).all()


def test_a_frame_of_another_size_is_refused() -> None:
    correction = Correction(some_factors(1))
    other = np.zeros((10, 10), np.uint8)
    assert not correction.fits(other)
    with pytest.raises(ValueError, match="does not fit"):
        correction.apply(other)


def measurement(procedure: str, **series: np.ndarray) -> Measurement:
    return Measurement(
        procedure, "1", (Measured("ppi_x", 501.0, 0.1, "ppi"), Measured("ppi_y", 499.0, 0.1, "ppi")), series
    )


def test_factors_are_taken_from_measurements_by_name() -> None:
    gain, offset = np.ones(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    bad = np.zeros(SHAPE, bool)
    factors = factors_of(
        [
            measurement("flat_field", gain=gain, offset=offset),
            measurement("bad_pixels", bad=bad),
            measurement("resolution"),
        ]
    )
    assert factors.ppi == pytest.approx((501 * 499) ** 0.5)
    assert factors.shape == SHAPE
    assert not factors_of([])


@pytest.mark.parametrize(
    "series",
    [
        {"gain": np.ones(SHAPE, np.float32)},
        {"gain": np.zeros(SHAPE, np.float32), "offset": np.zeros(SHAPE, np.float32)},
        {"gain": np.full(SHAPE, np.nan, np.float32), "offset": np.zeros(SHAPE, np.float32)},
        {"gain": np.ones((5, 5), np.float32), "offset": np.zeros(SHAPE, np.float32)},
    ],
)
def test_maps_that_would_ruin_frames_are_refused(series: dict[str, np.ndarray]) -> None:
    with pytest.raises(FactorsUnusable, match="measure"):
        factors_of([measurement("flat_field", **series)])


def test_a_series_comes_back_and_a_changed_one_does_not() -> None:
    values = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    digest = series_digest("gain", values)
    content = packed(values)
    assert np.array_equal(unpacked(content, digest), values)
    for damaged in (content[:-50], packed(values + 1), b"", packed(values[:, :-1])):
        with pytest.raises(SeriesDamaged):
            unpacked(damaged, digest)
