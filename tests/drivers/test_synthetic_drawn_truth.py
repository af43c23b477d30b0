"""Truths drawn for a serial number: the same each time, others for others, and within the limits that judge them."""

from threading import Event
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from calibration.limits import limits_of
from drivers.cards.line import drawn_line, line_of
from drivers.cards.synthetic import SyntheticCardWriter
from drivers.iris.synthesis.drawn_truth import drawn_truth as drawn_camera
from drivers.iris.synthetic import SyntheticIrisCamera
from drivers.portrait.synthesis.drawn_truth import drawn_truth as drawn_portrait
from drivers.portrait.synthetic import SyntheticPortraitCamera

SEEDS = range(40)


def test_a_serial_number_has_one_truth_and_another_a_different_one() -> None:
    for device in (SyntheticIrisCamera, SyntheticPortraitCamera):
        first, again, other = (device(serial=name, truth="drawn").truth for name in ("A-1", "A-1", "A-2"))
        assert first is not None
        assert first == again != other
    lines = [SyntheticCardWriter(serial=name, truth="drawn").line for name in ("A-1", "A-1", "A-2")]
    truths = [line.truth for line in lines if line is not None]
    assert truths[0] == truths[1] != truths[2]
    assert truths[0] == drawn_line(crc32(b"A-1"), contactless=False)


def test_a_reader_without_contacts_has_a_reach() -> None:
    line = SyntheticCardWriter(serial="A-1", protocol="T=CL", truth="drawn").line
    assert line is not None
    assert 25 <= line.truth.reach_mm <= 40


@pytest.mark.parametrize("make", [SyntheticIrisCamera, SyntheticPortraitCamera, SyntheticCardWriter])
def test_another_word_is_answered_with_what_there_is(make: Any) -> None:
    with pytest.raises(ValueError, match="'drawn' or a table"):
        make(truth="perfect")
    with pytest.raises(ValueError, match="drawn"):
        line_of("new")


def test_every_drawn_iris_camera_keeps_the_limits_by_more_than_what_they_are_measured_to() -> None:
    limits = {each.name: each for each in limits_of("iris-enrolment").limits}
    for truth in map(drawn_camera, SEEDS):
        assert truth.modulation(2, 250) >= (limits["modulation_2"].at_least or 1) + 0.03
        assert min(truth.px_per_mm(250)) * 11.7 >= (limits["iris_diameter"].at_least or 1e9) * 1.005
        assert 100 * truth.flicker <= (limits["flicker"].at_most or 0) - 1
        light = 0.75 * truth.level * (1 - truth.fall)  # the grey card, where it is darkest
        ratio = light / np.sqrt(truth.read_noise**2 + truth.shot_noise * light)
        assert 20 * np.log10(ratio) >= (limits["snr"].at_least or 1e9) + 0.5


def test_every_drawn_portrait_camera_keeps_the_limits() -> None:
    limits = {each.name: each for each in limits_of("portrait").limits}
    for truth in map(drawn_portrait, SEEDS):
        red, _, blue = truth.gains()
        for name, gain in (("red_over_green", red), ("blue_over_green", blue)):
            assert (limits[name].at_least or 0) + 0.01 <= gain <= (limits[name].at_most or 0) - 0.01
        assert -1 < truth.exposure_stops < 0.7


def test_an_eye_is_seen_as_by_a_camera_without_a_truth() -> None:
    def frame(**options: Any) -> np.ndarray:
        with SyntheticIrisCamera(eye=3, delay_s=0.0, approach_s=0.0, settle_s=0.0, frame_rate=200.0, **options) as seen:
            return np.asarray(next(iter(seen.frames(Event()))).pixels, np.float64)

    plain, drawn = frame(), frame(truth="drawn")
    assert abs(drawn.mean() / plain.mean() - 1) < 0.03
