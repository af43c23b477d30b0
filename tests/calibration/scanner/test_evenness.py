"""Darkness, flat field, bad pixels, uniformity and residue."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.errors import (
    AlreadyCorrected,
    GainChanged,
    MeasurementRefused,
    OutOfOrder,
    Overexposed,
    StrayLight,
    TargetCovered,
    TargetDirty,
    TargetMissing,
    TargetUnsuitable,
    TargetWrong,
    TooFewFrames,
    Underexposed,
)
from calibration.frames import Correction
from calibration.scanner.areas import area_means
from calibration.scanner.bad_pixels import measure_bad_pixels
from calibration.scanner.dark import measure_dark
from calibration.scanner.flat_field import measure_flat_field
from calibration.scanner.illumination import measure_illumination
from calibration.scanner.platen import measure_platen
from calibration.scanner.uniformity import measure_uniformity
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth
from drivers.fingerprint.synthesis.target_element import EMPTY_GLASS
from tests.calibration.scanner_scenes import (
    DARK,
    GREY,
    LIGHT,
    SHAPE,
    corrected,
    darkness_of,
    frames_of,
    levelled,
    real_scanner,
    target,
    value,
)

TRUTH = ScannerTruth(
    seed=5, falloff=0.15, gain_spread=0.01, offset_spread=0.5, hot_share=0.001, dead_share=0.001, read_noise=1.2
)


def test_darkness_is_measured_and_its_noise_is_the_sensors() -> None:
    found = measure_dark(darkness_of(TRUTH))
    assert value(found, "dark_level") == pytest.approx(8.0, abs=0.05)
    assert value(found, "dark_noise") == pytest.approx(1.2, rel=0.03)
    assert value(found, "dark_pattern") == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("stray", [0.03, 0.1, 0.6])
def test_stray_light_is_no_darkness(stray: float) -> None:
    with pytest.raises(StrayLight):
        measure_dark(darkness_of(TRUTH, stray=stray))
    with pytest.raises(StrayLight):
        measure_flat_field(frames_of(TRUTH, LIGHT, 16), darkness_of(TRUTH, stray=stray), target(LIGHT))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_flat_field_evens_out_other_frames(seed: int) -> None:
    truth = real_scanner(seed)
    flat, bad = levelled(truth)
    fields = truth.fields(SHAPE)
    even = (fields.gain * np.asarray(flat.series["gain"], np.float32))[~(fields.hot | fields.dead)]
    truly = 100 * float(even.std() / even.mean())
    assert truly < 0.3 < value(flat, "nonuniformity")
    assert value(flat, "flat_residual") == pytest.approx(truly, abs=0.05)
    frames = corrected(frames_of(truth, GREY, 8, take=3), (flat, bad))
    assert frames.applied == {Correction.DARK, Correction.FLAT_FIELD, Correction.BAD_PIXELS}
    areas = area_means(frames.mean, 500.0)
    assert np.ptp(areas) / areas.mean() < 0.003


@pytest.mark.parametrize(("hot", "dead"), [(0.0001, 0.0), (0.0, 0.0001), (0.001, 0.0005), (0.0025, 0.0025)])
def test_all_bad_pixels_are_found_and_hardly_another(hot: float, dead: float) -> None:
    truth = replace(TRUTH, hot_share=hot, dead_share=dead)
    _, found = levelled(truth, 16)
    fields, told = truth.fields(SHAPE), np.asarray(found.series["bad"], np.bool_)
    assert not (fields.hot & ~np.asarray(found.series["hot"], np.bool_)).any()
    assert not (fields.dead & ~told).any()
    assert (told & ~fields.hot & ~fields.dead).sum() <= told.size / 100_000
    assert value(found, "bad_pixels") == pytest.approx(100 * (hot + dead), rel=0.05)


@pytest.mark.parametrize(
    ("laid", "named"),
    [
        ({"dirt": 0.3}, TargetDirty),
        ({"covered": 0.05}, TargetCovered),
        ({"covered": 0.4}, TargetCovered),
        ({"lamp": 1.4}, Overexposed),
        ({"lamp": 0.05}, Underexposed),
        ({"count": 4}, TooFewFrames),
        ({"gains": (1.0,) * 8 + (1.03,) * 8}, GainChanged),
    ],
)
def test_a_bad_lay_gives_no_flat_field(laid: dict[str, object], named: type[MeasurementRefused]) -> None:
    light = frames_of(TRUTH, LIGHT, **{"count": 16, **laid})  # type: ignore[arg-type]
    for measure in (measure_flat_field, measure_bad_pixels):
        with pytest.raises(named, match=";"):
            measure(light, darkness_of(TRUTH), target(LIGHT))


def test_a_print_on_the_glass_is_not_baked_in() -> None:
    with pytest.raises(TargetDirty):
        measure_flat_field(frames_of(replace(TRUTH, residue=1.0), LIGHT, 16), darkness_of(TRUTH), target(LIGHT))


@pytest.mark.parametrize("other", ["ronchi-1", "bars-1-10", "slanted-edge", "step-tablet-12"])
def test_a_pattern_is_no_even_target(other: str) -> None:
    with pytest.raises(TargetWrong):
        measure_flat_field(frames_of(TRUTH, other, 16), darkness_of(TRUTH), target(LIGHT))
    with pytest.raises(TargetUnsuitable):
        measure_flat_field(frames_of(TRUTH, LIGHT, 16), darkness_of(TRUTH), target(other))


def test_uniformity_sees_what_the_flat_field_mends() -> None:
    level = levelled(TRUTH)
    light, dark = frames_of(TRUTH, LIGHT, 16, take=1), frames_of(TRUTH, DARK, 16, take=2)
    raw = measure_uniformity(light, target(LIGHT), dark, target(DARK))
    mended = measure_uniformity(corrected(light, level), target(LIGHT), corrected(dark, level), target(DARK))
    assert value(raw, "area_means_light") > 5 > 0.5 > value(mended, "area_means_light")
    assert value(raw, "pixel_deviation_light") > 22 > 5 > value(mended, "pixel_deviation_light")
    assert len(np.asarray(raw.series["adjacent_means_dark"])) > 1000


def test_uniformity_refuses_the_frames_that_the_flat_field_was_made_of() -> None:
    light, dark = frames_of(TRUTH, LIGHT, 64, take=98), frames_of(TRUTH, DARK, 8, take=2)
    with pytest.raises(AlreadyCorrected, match="these very frames"):
        measure_uniformity(corrected(light, levelled(TRUTH)), target(LIGHT), dark, target(DARK))


def test_light_and_dark_targets_are_not_confused() -> None:
    light, dark = frames_of(TRUTH, LIGHT, 8, take=1), frames_of(TRUTH, DARK, 8, take=2)
    with pytest.raises(TargetMissing):
        measure_uniformity(light, target(LIGHT), light, target(DARK))
    with pytest.raises(TargetWrong):
        measure_uniformity(light, target(LIGHT), frames_of(TRUTH, GREY, 8), target(DARK))
    with pytest.raises(TargetUnsuitable):
        measure_uniformity(dark, target(DARK), light, target(LIGHT))


def test_residue_shows_against_the_stored_background() -> None:
    clean = frames_of(TRUTH, EMPTY_GLASS, 8)
    same = measure_platen(frames_of(TRUTH, EMPTY_GLASS, 8, take=1), clean.mean)
    dirty = measure_platen(frames_of(replace(TRUTH, residue=0.3), EMPTY_GLASS, 8), clean.mean)
    assert value(same, "residue_area") < 0.1 < 10 < value(dirty, "residue_area")
    assert 1 < value(dirty, "residue_depth") < 7
    dim = measure_platen(frames_of(TRUTH, EMPTY_GLASS, 8, lamp=0.93), clean.mean)
    assert value(dim, "light_change") == pytest.approx(-7, abs=0.6)


def test_a_background_that_does_not_fit_is_not_used() -> None:
    empty = frames_of(TRUTH, EMPTY_GLASS, 8)
    with pytest.raises(OutOfOrder):
        measure_platen(empty, empty.mean[:-1])
    with pytest.raises(GainChanged):
        measure_platen(frames_of(TRUTH, EMPTY_GLASS, 8, lamp=0.6), empty.mean)
    with pytest.raises(TargetCovered):
        measure_platen(frames_of(TRUTH, LIGHT, 8, covered=0.3), frames_of(TRUTH, LIGHT, 8).mean)
    first = measure_platen(empty, None)
    assert first.remarks
    np.testing.assert_array_equal(np.asarray(first.series["background"]), empty.mean)


def test_corrected_frames_give_no_corrections() -> None:
    level = levelled(TRUTH, 16)
    frames = corrected(frames_of(TRUTH, LIGHT, 16, take=1), level)
    with pytest.raises(AlreadyCorrected):
        measure_flat_field(frames, darkness_of(TRUTH), target(LIGHT))
    with pytest.raises(AlreadyCorrected):
        measure_bad_pixels(frames, darkness_of(TRUTH), target(LIGHT))
    with pytest.raises(OutOfOrder):
        corrected(frames, level)


def test_illumination_is_that_of_the_light_alone_where_darkness_was_measured() -> None:
    truth = replace(TRUTH, dark=24.0)
    light, dark = frames_of(truth, LIGHT, 16), darkness_of(truth)
    gain = area_means(np.asarray(truth.fields(SHAPE).gain, np.float32), 500.0)
    true = 100 * float(gain.min() / gain.max())
    found = measure_illumination(light, target(LIGHT), dark.mean)
    assert value(found, "evenness") == pytest.approx(true, abs=0.3)
    assert value(found, "hot_spot") < 2
    assert value(found, "flicker") < 0.1
    assert not found.remarks
    blind = measure_illumination(light, target(LIGHT))
    assert value(blind, "evenness") > value(found, "evenness") + 0.5, "a pedestal counts as light"
    assert "pedestal" in blind.remarks[0]
    with pytest.raises(OutOfOrder, match="dark frames"):
        measure_illumination(light, target(LIGHT), dark.mean[:-1])
    with pytest.raises(AlreadyCorrected):
        measure_illumination(corrected(light, levelled(truth, 16)), target(LIGHT))
