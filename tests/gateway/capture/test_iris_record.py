"""What is recorded of an eye, wherever it lies in its frame."""

from datetime import UTC, datetime

import numpy as np
import pytest

from drivers import Eyes, IrisFrame
from drivers.iris.synthetic import drawn_eye, drawn_eyes
from gateway.capture.iris_record import CODE_NAMES, iris_blobs
from gateway.capture.judged_eyes import JudgedEyes, judged_eyes
from gateway.eye import EyePosition
from gateway.iris import compare, decode_code, distance_at_fmr
from gateway.records import iir

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RIGHT, LEFT, BOTH = EyePosition.RIGHT, EyePosition.LEFT, EyePosition.BOTH
CLEAN = drawn_eye(17, 1).pixels


def judged(pixels: np.ndarray, asked: EyePosition = RIGHT, eyes: Eyes = Eyes.UNKNOWN) -> JudgedEyes:
    return judged_eyes(IrisFrame(np.ascontiguousarray(pixels), 1.0, eyes), asked)


def only_image(found: JudgedEyes, asked: EyePosition = RIGHT) -> iir.IrisImage:
    (image,) = iir.decode(iris_blobs(asked, found, NOW)[0].content).representations
    return image


def test_a_frame_of_640x480_is_recorded_to_the_pixel():
    found = judged(CLEAN, LEFT)
    image = only_image(found, LEFT)
    assert (image.eye, image.kind, image.captured_at) == (iir.EyeLabel.LEFT, iir.ImageKind.VGA, NOW)
    assert np.array_equal(iir.decode_pixels(image), CLEAN)
    assert image.history is iir.CompressionHistory.LOSSLESS
    assert image.device.technology is iir.IrisTechnology.CMOS_OR_CCD
    assert image.quality == found.quality.score
    geometry = found.eyes[0].analysis.geometry
    assert image.extent.centre_x[0] == pytest.approx(geometry.limbus.centre[0], abs=1)
    assert image.extent.diameter[0] == pytest.approx(2 * geometry.limbus.radius, abs=1)


def test_of_a_larger_frame_640x480_about_the_iris_are_recorded_at_its_own_scale():
    wide = np.pad(CLEAN, ((200, 100), (300, 50)), mode="edge")
    found = judged(wide)
    image = only_image(found)
    assert (image.kind, image.width, image.height) == (iir.ImageKind.VGA, 640, 480)
    pixels = iir.decode_pixels(image)
    assert abs(image.extent.centre_x[0] - 319.5) < 2
    x, y = found.eyes[0].analysis.geometry.limbus.centre
    left, top = round(x - image.extent.centre_x[0]), round(y - image.extent.centre_y[0])
    near = [(row, column) for row in range(top - 1, top + 2) for column in range(left - 1, left + 2)]
    assert any(np.array_equal(pixels, wide[row : row + 480, column : column + 640]) for row, column in near)


def test_a_frame_too_small_or_too_narrow_about_the_iris_gives_the_iris_and_its_margins():
    x, y = (round(value) for value in judged(CLEAN).eyes[0].analysis.geometry.limbus.centre)
    small = CLEAN[y - 150 : y + 150, x - 200 : x + 200]
    image = only_image(judged(small))
    assert image.kind is iir.ImageKind.CROPPED
    assert image.width / image.height == pytest.approx(3.2 / 2.4, abs=0.02)
    narrow = CLEAN[y - 150 : y + 150, x - 130 : x + 200]
    found = judged(narrow)
    image = only_image(found)
    assert image.kind is iir.ImageKind.CROPPED
    assert image.width == pytest.approx(3.2 * found.eyes[0].analysis.geometry.limbus.radius, abs=3)


@pytest.mark.parametrize("shape", [(300, 400), (480, 640)])
def test_where_no_iris_is_found_the_whole_frame_is_recorded_without_a_place(shape):
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, shape, np.uint8)
    found = judged(noise)
    image = only_image(found)
    assert image.kind is iir.ImageKind.UNCROPPED
    assert (image.extent.diameter, image.quality) == ((0, 0), None)
    assert np.array_equal(iir.decode_pixels(image), noise)
    assert not found.seen
    assert len(iris_blobs(RIGHT, found, NOW)) == 1


def test_an_iris_that_the_frame_cuts_off_is_recorded_as_it_was_seen():
    x = round(judged(CLEAN).eyes[0].analysis.geometry.limbus.centre[0])
    cut = CLEAN[:, x - 60 :]
    image = only_image(judged(cut))
    assert image.kind is iir.ImageKind.UNCROPPED
    assert np.array_equal(iir.decode_pixels(image), cut)


def test_both_eyes_are_one_record_and_two_codes_by_name():
    frame = drawn_eyes(17, 40, 1).pixels
    found = judged(frame, BOTH, Eyes.BOTH)
    image, *codes = iris_blobs(BOTH, found, NOW)
    record = iir.decode(image.content)
    assert (record.eyes, [each.eye for each in record.representations]) == (iir.EyeCount.BOTH, [1, 2])
    assert [blob.name for blob in codes] == [CODE_NAMES[RIGHT], CODE_NAMES[LEFT]]
    assert compare(decode_code(codes[0].content), decode_code(codes[1].content)) > distance_at_fmr(0.0001)
    half = frame.shape[1] // 2
    halves = [iir.decode_pixels(each) for each in record.representations]
    assert all(pixels.shape == (480, 640) for pixels in halves)
    assert any(np.array_equal(halves[0], frame[:, left : left + 640]) for left in range(half - 640 + 1))
    assert any(np.array_equal(halves[1], frame[:, half + left : half + left + 640]) for left in range(half - 640 + 1))


def test_of_two_eyes_the_worse_one_counts():
    frame = drawn_eyes(17, 40, 1).pixels.copy()
    frame[:, frame.shape[1] // 2 :] = 90
    found = judged(frame, BOTH, Eyes.BOTH)
    assert (found.coded, found.quality, found.seen) == (False, None, True)
    assert found.rank < judged(drawn_eyes(17, 40, 1).pixels, BOTH, Eyes.BOTH).rank
    assert [blob.name for blob in iris_blobs(BOTH, found, NOW)] == ["image.iir", CODE_NAMES[RIGHT]]
