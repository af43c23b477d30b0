"""What an eye is told by: measures that tell a drawn ring from an iris, in any tone; and the fit's file."""

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.iris.analysis import SeenEye, seen_eyes
from gateway.iris.plausibility import FIT, MEASURES, eye_measures, plausibility_fit, written_fit
from gateway.iris.ring_texture import RING_TEXTURE, ring_texture
from gateway.iris.surroundings import SURROUNDINGS, surroundings

EYES = (4001, 4002, 4003)


def likeliest(pixels: NDArray[np.uint8]) -> SeenEye:
    return next(iter(seen_eyes(pixels)))[0]


def about(found: SeenEye, grey: NDArray[np.uint8]) -> dict[str, float]:
    """Surroundings of outlines that are given, in any image."""
    pupil, limbus = found.eye.pupil.curve, found.eye.limbus.curve
    middle = float(np.median(grey[found.hidden.box][found.hidden.usable]))
    return dict(zip(SURROUNDINGS, surroundings(pupil, limbus, grey, middle), strict=True))


def texture(found: SeenEye, strip: NDArray[np.uint8]) -> dict[str, float]:
    pupil, limbus = found.eye.pupil.curve, found.eye.limbus.curve
    return dict(zip(RING_TEXTURE, ring_texture(pupil, limbus, strip, found.strip_mask, 80.0), strict=True))


def ring(softness: float) -> NDArray[np.uint8]:
    """An eye drawn with two circles."""
    image = np.full((280, 320), 210.0)
    cv2.circle(image, (160, 140), 100, 130.0, -1)
    cv2.circle(image, (160, 140), 40, 20.0, -1)
    noise = np.random.default_rng(1).normal(0, 2, image.shape)
    return np.clip(cv2.GaussianBlur(image, (0, 0), softness) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", EYES)
def test_surroundings_are_the_same_in_another_tone(seed: int) -> None:
    pixels = drawn_eye(seed, 1).pixels
    found = likeliest(pixels)
    darker = np.clip(0.5 * pixels + 40, 0, 255).astype(np.uint8)
    as_it_is, dark = about(found, pixels), about(found, darker)
    assert as_it_is == pytest.approx(dark, abs=0.15)


@pytest.mark.parametrize("seed", EYES)
def test_lids_are_seen_above_and_a_ring_has_none(seed: int) -> None:
    eye, drawn = drawn_eye(seed, 1).pixels, ring(1.0)
    of_eye, of_ring = about(likeliest(eye), eye), about(likeliest(drawn), drawn)
    assert abs(of_ring["step_above"] - of_ring["step_beside"]) < 0.05
    assert of_ring["limbus_softness"] > of_eye["limbus_softness"] + 0.05


def test_a_soft_limbus_is_softer() -> None:
    hard, soft = (about(likeliest(drawn), drawn)["limbus_softness"] for drawn in (ring(1.0), ring(4.0)))
    assert hard > soft + 0.5


@pytest.mark.parametrize("seed", EYES)
def test_an_iris_hangs_together_and_noise_does_not(seed: int) -> None:
    found = likeliest(drawn_eye(seed, 1).pixels)
    noise = np.random.default_rng(seed).normal(120, 8, found.strip.shape)
    of_iris, of_noise = texture(found, found.strip), texture(found, np.rint(noise).astype(np.uint8))
    assert of_iris["streaks"] > of_noise["streaks"] + 0.1
    assert abs(of_noise["streaks"]) < 0.1
    assert abs(of_noise["fine_streaks"]) < 0.1


def test_a_covered_ring_has_no_texture_and_is_no_error() -> None:
    found = likeliest(drawn_eye(EYES[0], 1).pixels)
    pupil, limbus = found.eye.pupil.curve, found.eye.limbus.curve
    hidden = np.zeros_like(found.strip_mask)
    assert all(math.isnan(value) for value in ring_texture(pupil, limbus, found.strip, hidden, 80.0))
    around = surroundings(pupil, limbus, drawn_eye(EYES[0], 1).pixels, float("nan"))
    assert np.isfinite(around).all()


def test_an_open_eye_has_every_measure() -> None:
    pixels = drawn_eye(EYES[0], 1).pixels
    found = likeliest(pixels)
    measures = eye_measures(found.eye, (found.upper, found.lower), pixels, found.strip, found.strip_mask)
    assert measures.shape == (len(MEASURES),)
    assert np.isfinite(measures).all()


def test_the_fit_is_written_as_it_is_read() -> None:
    assert written_fit(plausibility_fit()) == FIT.read_text()
