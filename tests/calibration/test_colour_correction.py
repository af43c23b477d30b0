"""A measured white balance put into portraits."""

import numpy as np
import pytest

from calibration.acceptance import ObjectionCode, objections
from calibration.colour_correction import ColourCorrection
from calibration.correction import Correction
from calibration.errors import MeasurementRefused
from calibration.factors import Factors, FactorsUnusable, factors_of
from calibration.measurement import Measured, Measurement
from calibration.portrait.colour_card import linear_light
from drivers import PortraitFrame
from gateway.calibration.in_use import CaptureCalibration
from gateway.guidance import GuidanceCode
from tests.calibration.records import record

PIXELS = np.random.default_rng(3).integers(20, 200, (60, 80, 3)).astype(np.uint8)


def balance(red: float, blue: float, kelvin: float | None = 5000.0) -> Measurement:
    values = [Measured("red_over_green", red, 0.001, "1"), Measured("blue_over_green", blue, 0.001, "1")]
    if kelvin is not None:
        values.append(Measured("white_balance_k", kelvin, 0.0, "K"))
    return Measurement("white_balance", "1", tuple(values))


def in_use(measurement: Measurement) -> CaptureCalibration:
    return CaptureCalibration("cal-1", Correction(factors_of([measurement])))


def test_grey_that_was_coloured_comes_out_grey() -> None:
    found = in_use(balance(1.2, 0.8)).correct(PortraitFrame(PIXELS, 1.0, white_balance_k=5000.0))
    before, after = (linear_light(each).mean(axis=(0, 1)) for each in (PIXELS, found.pixels))
    assert after == pytest.approx(before * np.array([1 / 1.2, 1, 1 / 0.8]), rel=0.01)
    assert (PIXELS[..., 1] == found.pixels[..., 1]).all()


def test_no_gain_changes_nothing() -> None:
    assert (ColourCorrection((1.0, 1.0, 1.0)).apply(PIXELS) == PIXELS).all()


def test_with_another_setting_the_frame_is_taken_as_it_comes_and_the_calibration_is_not_named() -> None:
    calibration = in_use(balance(1.2, 0.8))
    frame = PortraitFrame(PIXELS, 1.0, white_balance_k=5600.0)
    assert calibration.correct(frame).pixels is PIXELS
    assert calibration.calibration_id is None
    assert [each.code for each in calibration.remarks] == [GuidanceCode.CALIBRATION_CHANGED]


@pytest.mark.parametrize(("measured", "told"), [(None, 5600.0), (5000.0, None), (5000.0, 5030.0)])
def test_where_the_setting_is_not_told_or_only_rounded_it_holds(measured: float | None, told: float | None) -> None:
    calibration = in_use(balance(1.2, 0.8, measured))
    frame = PortraitFrame(PIXELS, 1.0, white_balance_k=told)
    assert (calibration.correct(frame).pixels != PIXELS).any()
    assert calibration.calibration_id == "cal-1"


@pytest.mark.parametrize("red", [0.0, -1.0, float("nan")])
def test_a_balance_that_is_none_is_used_by_nobody(red: float) -> None:
    with pytest.raises(FactorsUnusable, match="white balance"):
        factors_of([balance(red, 1.0)])


def test_a_light_that_no_office_has_needs_a_supervisor() -> None:
    found = {each.code for each in objections(record(), factors_of([balance(2.6, 0.9)]), None)}
    assert ObjectionCode.IMPLAUSIBLE_GAIN in found
    fine = {each.code for each in objections(record(), factors_of([balance(1.2, 0.9)]), None)}
    assert ObjectionCode.IMPLAUSIBLE_GAIN not in fine


def test_a_calibration_that_would_lose_the_white_balance_needs_one_too() -> None:
    found = objections(record(), Factors(), record(), factors_of([balance(1.2, 0.9)]))
    assert any("no white balance" in each.detail for each in found)
    assert not issubclass(FactorsUnusable, MeasurementRefused)
