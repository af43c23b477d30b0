"""Portraits as records of bounded size."""

import cv2
import numpy as np
import pytest

from gateway.capture.portrait_record import IMAGE_NAME, MOST_WIDTH_PX, portrait_blob, portrait_jpeg
from gateway.records import fac
from tests.gateway.portrait.figures import figure


def decoded(jpeg: bytes) -> np.ndarray:
    shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    return shown[..., ::-1]


def test_a_portrait_keeps_its_colours_and_its_size():
    pixels = figure(3)[:, 140:500]
    shown = decoded(portrait_jpeg(pixels))
    assert shown.shape == pixels.shape
    assert np.abs(shown.astype(int) - pixels).mean() < 2.0


def test_what_cannot_be_coded_small_is_made_coarser_and_then_smaller():
    noise = np.random.default_rng(3).integers(0, 256, (800, 600, 3), np.uint8)
    for most in (512 << 10, 100 << 10, 16 << 10):
        jpeg = portrait_jpeg(noise, most)
        assert len(jpeg) <= most
        height, width = decoded(jpeg).shape[:2]
        assert width / height == pytest.approx(0.75, abs=0.03)
    assert len(portrait_jpeg(noise)) <= 512 << 10


def test_a_very_large_one_is_shrunk():
    assert decoded(portrait_jpeg(np.full((4000, 3000, 3), 90, np.uint8))).shape == (1600, MOST_WIDTH_PX, 3)


def test_a_bound_that_nothing_fits_into_is_refused():
    with pytest.raises(ValueError, match="16 KiB"):
        portrait_jpeg(figure(3), 1000)


def test_the_record_is_a_face_record():
    blob = portrait_blob(figure(3)[:, 140:500])
    record = fac.decode(blob.content)
    assert (blob.name, record.width, record.height, record.grey) == (IMAGE_NAME, 360, 480, False)
