"""Corrections of frames within a capture: those of another scale than was measured are taken as they come."""

import numpy as np
import pytest

from calibration.correction import Correction
from calibration.factors import Factors
from drivers import Frame
from gateway.calibration.in_use import CaptureCalibration


def frame(ppi: float) -> Frame:
    return Frame(np.zeros((100, 80), np.uint8), ppi, 1.0)


@pytest.mark.parametrize("nominal_ppi", [0.0, 500.0])
def test_a_scale_without_maps_is_not_put_on_frames_of_another_scale(nominal_ppi: float) -> None:
    correction = Correction(Factors(ppi_x=500.4, ppi_y=499.9))
    calibration = CaptureCalibration("cal-1", correction, nominal_ppi=nominal_ppi)
    assert calibration.correct(frame(500.0)).ppi == pytest.approx(500.15, abs=0.01)
    assert calibration.calibration_id == "cal-1"
    other = frame(1000.0)
    assert calibration.correct(other) is other
    assert calibration.calibration_id is None
    assert [each.code.value for each in calibration.remarks] == ["calibration_changed"]


def test_a_scale_that_a_supervisor_accepted_far_from_nominal_fits_frames_of_the_nominal_one() -> None:
    correction = Correction(Factors(ppi_x=550.0, ppi_y=550.0))
    calibration = CaptureCalibration("cal-1", correction, nominal_ppi=500.0)
    assert calibration.correct(frame(500.0)).ppi == pytest.approx(550.0)
    assert calibration.calibration_id == "cal-1"


def test_maps_are_not_put_on_frames_of_their_size_and_another_scale() -> None:
    correction = Correction(Factors(bad=np.ones((100, 80), bool)))
    calibration = CaptureCalibration("cal-1", correction, nominal_ppi=500.0)
    other = frame(1000.0)
    assert calibration.correct(other) is other
    assert calibration.calibration_id is None
