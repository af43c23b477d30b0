"""Portraits and signatures fitted to their files: the best that fits, in the coding asked for, and what is refused."""

import cv2
import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import synthetic_person
from gateway.card_profile import MalformedContent
from gateway.card_profile.picture import JPEG, JPEG_2000, PNG, pixels_of, read_picture
from gateway.card_profile.portrait import fitted_portrait
from gateway.card_profile.signature_image import fitted_signature, ink_of

FACE = synthetic_person(7).portrait(1)
PAPER = np.repeat(synthetic_person(7).signature(1).picture()[:, :, None], 3, axis=2)


def error(content: bytes) -> float:
    """Against the portrait as it would be shown, 320 pixels high."""
    shown = cv2.resize(FACE, (240, 320), interpolation=cv2.INTER_AREA).astype(np.float32)
    return float(np.mean((cv2.resize(pixels_of(content), (240, 320), interpolation=cv2.INTER_CUBIC) - shown) ** 2))


@pytest.mark.parametrize("coding", ["jpeg", "jpeg2000"])
def test_more_room_is_a_better_portrait(coding):
    errors = []
    for limit in (1500, 3000, 6000):
        content = fitted_portrait(FACE, limit, coding, 320, 128)
        assert 0.6 * limit < len(content) <= limit
        assert read_picture(content, (JPEG if coding == "jpeg" else JPEG_2000,)).components == 3
        errors.append(error(content))
    assert errors == sorted(errors, reverse=True)
    # 38 dB at 6 KB, drawn as the face is.
    assert errors[-1] < 10


def test_of_the_two_codings_the_newer_keeps_more():
    assert error(fitted_portrait(FACE, 3000, "jpeg2000", 320, 128)) < error(
        fitted_portrait(FACE, 3000, "jpeg", 320, 128)
    )


def test_a_smaller_size_is_taken_where_it_is_closer():
    small = read_picture(fitted_portrait(FACE, 1100, "jpeg", 480, 128), (JPEG,))
    large = read_picture(fitted_portrait(FACE, 9000, "jpeg", 480, 128), (JPEG,))
    assert 128 <= small.height < large.height <= 480
    assert abs(small.width / small.height - 0.75) < 0.02


@pytest.mark.parametrize("limit", [1000, 1400, 2200])
def test_no_other_size_is_closer(limit):
    best = fitted_portrait(FACE, limit, "jpeg", 320, 128)
    for height in (320, 256, 205, 164, 131, 128):
        try:
            other = fitted_portrait(FACE, limit, "jpeg", height, height)
        except ValueError:  # too large even at the least quality
            continue
        assert error(best) <= error(other) + 1e-6


def test_a_portrait_is_never_enlarged():
    tiny = cv2.resize(FACE, (96, 128), interpolation=cv2.INTER_AREA)
    assert read_picture(fitted_portrait(tiny, 9000, "jpeg2000", 320, 240), (JPEG_2000,)).height == 128


def test_grey_portraits_have_one_component():
    assert read_picture(fitted_portrait(FACE, 2000, "jpeg2000", 320, 128, grey=True), (JPEG_2000,)).components == 1


def test_a_limit_that_nothing_fits_says_what_is_needed():
    with pytest.raises(ValueError, match=r"smallest form has \d+ bytes, the file at most 300"):
        fitted_portrait(FACE, 300, "jpeg", 320, 128)
    with pytest.raises(ValueError, match=r"smallest form has \d+ bytes, the file at most 100"):
        fitted_signature(ink_of(PAPER), 100, 320, 120)


@pytest.mark.parametrize("limit", [400, 600, 900, 2000])
def test_a_signature_is_as_wide_as_it_may_be(limit):
    ink = ink_of(PAPER)
    content = fitted_signature(ink, limit, 320, 100)
    picture = read_picture(content, (PNG,))
    assert len(content) <= limit
    assert picture.width <= 320
    assert picture.components == 1
    if picture.width < 320:
        assert len(fitted_signature(ink, 9000, round(picture.width / 0.85), 100)) > limit


def test_ink_is_cut_out_of_the_paper():
    paper = np.full((200, 400, 3), 240, np.uint8)
    cv2.line(paper, (100, 50), (300, 150), (30, 30, 30), 3)
    ink = ink_of(paper)
    assert 100 <= ink.shape[0] <= 120
    assert 200 <= ink.shape[1] <= 215
    assert set(np.unique(ink)) == {0, 255}


def test_thin_lines_stay_whole():
    paper = np.full((400, 1200, 3), 255, np.uint8)
    cv2.line(paper, (50, 200), (1150, 220), (0, 0, 0), 2)
    drawn = read_picture(fitted_signature(ink_of(paper), 900, 320, 100), (PNG,)).pixels()
    columns = (drawn == 0).any(axis=0)
    assert columns[8:-8].all()


@pytest.mark.parametrize("paper", [np.full((50, 50, 3), 255, np.uint8), np.full((50, 50, 3), 128, np.uint8)])
def test_paper_without_ink_is_refused(paper):
    with pytest.raises(ValueError, match="no ink"):
        ink_of(paper)


@pytest.mark.parametrize("form", ["array", "grey", ".jpg", ".png", "jp2"])
def test_pictures_come_in_any_of_these_forms(form):
    bgr = FACE[:, :, ::-1]
    picture = {
        "array": lambda: FACE,
        "grey": lambda: cv2.cvtColor(FACE, cv2.COLOR_RGB2GRAY),
        ".jpg": cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 97])[1].tobytes,
        ".png": cv2.imencode(".png", bgr)[1].tobytes,
        "jp2": lambda: bytes(imagecodecs.jpeg2k_encode(FACE, level=0, reversible=True, codecformat="jp2")),
    }[form]()
    pixels = pixels_of(picture)
    assert pixels.shape == FACE.shape
    expected = np.repeat(cv2.cvtColor(FACE, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2) if form == "grey" else FACE
    assert np.abs(pixels.astype(int) - expected).mean() < 2


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"GIF89a",
        cv2.imencode(".jpg", FACE)[1].tobytes()[:-2],
        cv2.imencode(".png", FACE)[1].tobytes()[:-5],
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros((4, 4), np.uint16),
    ],
)
def test_what_is_no_picture_is_refused(wrong):
    with pytest.raises(ValueError):
        pixels_of(wrong)


def test_a_picture_that_would_take_the_decoders_memory_or_time_never_reaches_it(monkeypatch):
    def not_reached(*_, **__):
        pytest.fail("the decoder was called")

    progressive = cv2.imencode(".jpg", FACE, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    scans = progressive[:-2] + progressive[progressive.rindex(b"\xff\xda") : -2] * 64 + b"\xff\xd9"
    precincts = bytearray(imagecodecs.jpeg2k_encode(np.zeros((2048, 2048), np.uint8), level=0, codecformat="j2k"))
    # Its coding style, now with precincts of 16 by 8 samples.
    at = precincts.index(b"\xff\x52")
    style = bytearray(precincts[at : at + 14])
    style[3] += style[9] + 1
    style[4] |= 1
    precincts[at : at + 14] = style + b"\x34" * (style[9] + 1)
    monkeypatch.setattr(imagecodecs, "jpeg8_decode", not_reached)
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", not_reached)
    for content, words in ((scans, "scans, expected at most 64"), (bytes(precincts), "precincts, expected at most")):
        with pytest.raises(MalformedContent, match=words):
            pixels_of(content)
        with pytest.raises(MalformedContent, match=words):
            read_picture(content, (JPEG, JPEG_2000))


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_picture_is_refused_or_of_the_size_it_says(data):
    coding = data.draw(st.sampled_from(["jpeg", "jpeg2000", "png"]))
    content = _CODED[coding]
    at = data.draw(st.integers(2, len(content) - 3))
    damaged = content[:at] + bytes((content[at] ^ data.draw(st.integers(1, 255)),)) + content[at + 1 :]
    try:
        picture = read_picture(damaged, (JPEG, JPEG_2000, PNG))
    except MalformedContent:
        return
    assert picture.pixels().shape[:2] == (picture.height, picture.width)


_CODED = {
    "jpeg": fitted_portrait(FACE, 1500, "jpeg", 160, 128),
    "jpeg2000": fitted_portrait(FACE, 1500, "jpeg2000", 160, 128),
    "png": fitted_signature(ink_of(PAPER), 900, 320, 100),
}
