"""V4L2 pixel formats to arrays: values, padding, damage, and what a driver may not say."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers import DeviceUnsupported
from drivers.transports.v4l2_pixels import (
    COLOUR_ORDER,
    GREY_ORDER,
    DamagedFrameError,
    PixelLayout,
    checked_layout,
    colour,
    grey,
)
from tests.drivers.v4l2_pictures import encoded, ramp

UNCOMPRESSED = ("GREY", "Y10", "Y12", "Y16", "Y8I", "YUYV", "UYVY", "NV12", "RGB3", "BGR3")
WIDTH, HEIGHT = 64, 48


def layout_of(name: str, padding: int = 0, width: int = WIDTH, height: int = HEIGHT) -> PixelLayout:
    per_pixel = {"GREY": 1, "NV12": 1, "RGB3": 3, "BGR3": 3}.get(name, 2)
    stride = per_pixel * width + padding
    return checked_layout(name, width, height, stride, stride * height * (3 if name == "NV12" else 2) // 2)


def coded(name: str, padding: int = 0) -> NDArray[np.uint8]:
    return np.frombuffer(encoded(ramp(WIDTH, HEIGHT), name, padding), np.uint8)


@pytest.mark.parametrize("padding", [0, 2, 30])
@pytest.mark.parametrize("name", UNCOMPRESSED)
def test_grey_levels(name: str, padding: int) -> None:
    seen = grey(coded(name, padding), layout_of(name, padding)).astype(int)
    truth = cv2.cvtColor(ramp(WIDTH, HEIGHT), cv2.COLOR_RGB2GRAY).astype(int)
    if name in ("YUYV", "UYVY", "NV12"):
        truth = np.rint(16 + truth * 219 / 255).astype(int)  # luma as it is coded
    assert np.abs(seen - truth).max() <= (0 if name not in ("YUYV", "UYVY", "NV12") else 1)


@pytest.mark.parametrize("padding", [0, 2, 30])
@pytest.mark.parametrize("name", ["YUYV", "UYVY", "NV12", "RGB3", "BGR3"])
def test_colours(name: str, padding: int) -> None:
    seen = colour(coded(name, padding), layout_of(name, padding)).astype(int)
    assert np.abs(seen - ramp(WIDTH, HEIGHT)).mean() < 2.5


def test_a_monochrome_camera_has_equal_channels() -> None:
    seen = colour(coded("GREY"), layout_of("GREY"))
    assert np.array_equal(seen[..., 0], seen[..., 2])
    assert np.array_equal(seen[..., 0], grey(coded("GREY"), layout_of("GREY")))


def test_jpeg() -> None:
    layout = checked_layout("MJPG", WIDTH, HEIGHT, 0, WIDTH * HEIGHT * 2)
    truth = ramp(WIDTH, HEIGHT)
    assert np.abs(colour(coded("MJPG"), layout).astype(int) - truth).mean() < 4
    expected = cv2.cvtColor(truth, cv2.COLOR_RGB2GRAY).astype(int)
    assert np.abs(grey(coded("MJPG"), layout).astype(int) - expected).mean() < 3


def test_jpeg_followed_by_padding() -> None:
    layout = checked_layout("MJPG", WIDTH, HEIGHT, 0, WIDTH * HEIGHT * 2)
    padded = np.concatenate([coded("MJPG"), np.zeros(777, np.uint8)])
    assert np.array_equal(grey(padded, layout), grey(coded("MJPG"), layout))


def test_jpeg_without_its_huffman_tables() -> None:
    """As cameras of the USB video class send it: the tables are those of ITU-T T.81, annex K."""
    data = cv2.imencode(".jpg", ramp(WIDTH, HEIGHT)[..., ::-1])[1].tobytes()
    bare = data
    while (at := bare.find(b"\xff\xc4")) >= 0:
        bare = bare[:at] + bare[at + 2 + int.from_bytes(bare[at + 2 : at + 4], "big") :]
    assert len(bare) < len(data) - 300
    layout = checked_layout("MJPG", WIDTH, HEIGHT, 0, WIDTH * HEIGHT * 2)
    seen = grey(np.frombuffer(bare, np.uint8), layout)
    assert np.array_equal(seen, grey(np.frombuffer(data, np.uint8), layout))


@pytest.mark.parametrize("name", [*UNCOMPRESSED, "MJPG"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_a_frame_cut_short(name: str, share: float) -> None:
    data = coded(name)
    layout = checked_layout("MJPG", WIDTH, HEIGHT, 0, 2**16) if name == "MJPG" else layout_of(name)
    for read in (grey, colour):
        with pytest.raises(DamagedFrameError):
            read(data[: int(share * len(data))], layout)


def test_a_jpeg_of_another_size() -> None:
    with pytest.raises(DamagedFrameError, match="64x48 came where 32x48"):
        grey(coded("MJPG"), checked_layout("MJPG", 32, 48, 0, 10_000))


def test_a_jpeg_that_says_another_size_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder takes memory for what the header says before it looks at the scan."""
    data = bytearray(coded("MJPG").tobytes())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = (12_000).to_bytes(2, "big") * 2
    layout = checked_layout("MJPG", WIDTH, HEIGHT, 0, 2**16)
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(DamagedFrameError, match="12000x12000 came where 64x48"):
        grey(np.frombuffer(bytes(data), np.uint8), layout)
    with pytest.raises(DamagedFrameError, match="0x0 came"):
        grey(np.frombuffer(bytes(data[:at] + data[data.index(b"\xff\xda") :]), np.uint8), layout)


def test_a_jpeg_with_another_in_its_segments() -> None:
    """A thumbnail has a frame header and a scan of its own."""
    data, thumbnail = coded("MJPG").tobytes(), cv2.imencode(".jpg", ramp(16, 16))[1].tobytes()
    segment = b"\xff\xe1" + (2 + len(thumbnail)).to_bytes(2, "big") + thumbnail
    layout = checked_layout("MJPG", WIDTH, HEIGHT, 0, 2**16)
    seen = grey(np.frombuffer(data[:2] + b"\xff" + segment + data[2:], np.uint8), layout)
    assert np.array_equal(seen, grey(coded("MJPG"), layout))


def test_the_last_row_may_lack_its_padding() -> None:
    data, layout = coded("GREY", 16), layout_of("GREY", 16)
    assert np.array_equal(grey(data[:-16], layout), grey(data, layout))


def test_bits_beyond_those_of_the_format_saturate() -> None:
    data = np.full(WIDTH * HEIGHT, 0xFFFF, "<u2").view(np.uint8)
    assert grey(data, layout_of("Y10")).min() == 255


def test_results_are_nobody_elses() -> None:
    for name in UNCOMPRESSED:
        data = coded(name).copy()
        seen = grey(data, layout_of(name)), colour(data, layout_of(name))
        assert not any(np.shares_memory(pixels, data) for pixels in seen)


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(sorted({*GREY_ORDER, *COLOUR_ORDER, "H264", ""})),
    width=st.integers(0, 20_000),
    height=st.integers(0, 20_000),
    stride=st.integers(0, 2**32 - 1) | st.integers(0, 2000),
    size=st.integers(0, 2**32 - 1) | st.integers(0, 10**6),
    length=st.integers(0, 5000),
)
def test_whatever_a_driver_says(name: str, width: int, height: int, stride: int, size: int, length: int) -> None:
    try:
        layout = checked_layout(name, width, height, stride, size)
    except DeviceUnsupported:
        return
    for read in (grey, colour):
        try:
            shape = read(np.zeros(length, np.uint8), layout).shape
        except DamagedFrameError:
            continue
        assert shape[:2] == (height, width)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 1200), junk=st.binary(min_size=1, max_size=40))
def test_a_garbled_jpeg_is_a_frame_or_damaged(at: int, junk: bytes) -> None:
    data = bytearray(coded("MJPG").tobytes())
    data[at : at + len(junk)] = junk
    layout = checked_layout("MJPG", WIDTH, HEIGHT, 0, 2**16)
    try:
        pixels = grey(np.frombuffer(bytes(data), np.uint8), layout)
    except DamagedFrameError:
        return
    assert pixels.shape == (HEIGHT, WIDTH)
