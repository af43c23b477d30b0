"""The V4L2 cameras on the kernel's virtual one (vivid), which is pulled and plugged in again."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event, Timer

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.errors import DeviceBusy, DeviceLost, DeviceNotFound, DeviceUnsupported
from drivers.iris.uvc import UvcIrisCamera
from drivers.portrait.uvc import UvcPortraitCamera
from drivers.protocols import IrisCamera, PortraitCamera
from drivers.transports.v4l2 import Convert, V4l2Camera
from drivers.transports.v4l2_modes import Wish
from drivers.transports.v4l2_nodes import KINDS, wanted_node
from drivers.transports.v4l2_pixels import COLOUR_ORDER, COMPRESSED, Pixels, colour, grey
from tests.contract.iris_camera import IrisCameraContract
from tests.contract.portrait_camera import PortraitCameraContract
from tests.drivers.zfm_bench import nothing_left
from tests.vm import vivid
from tests.vm.desk import PATIENCE_S, Desk, until

FloatPixels = NDArray[np.float64]
# Small: an emulated processor has to draw 30 of them a second.
iris_camera = partial(UvcIrisCamera, width=320, height=180)
portrait_camera = partial(UvcPortraitCamera, width=320, height=180)


@pytest.fixture(autouse=True)
def node(desk: Desk) -> Iterator[str]:
    """The camera, plugged in and well; nothing of it is left open."""
    node = vivid.plugged_camera()
    vivid.set_control(node, vivid.LOST_PERCENT, 0)
    vivid.set_control(node, vivid.TEXT, 0)
    with nothing_left():
        yield node


class _Played:
    """What happens to the virtual camera while it is used: its cable is pulled after a while; a reset mends it."""

    def __init__(self, node: str, scenario: str) -> None:
        self._node, self._scenario = node, scenario
        self._timer = Timer(1.0, vivid.pull_camera)
        if scenario in ("waiting", "hang"):
            vivid.set_control(node, vivid.LOST_PERCENT, 100)

    def entered(self) -> None:
        if self._scenario == "unplugged":
            self._timer.start()

    def left(self) -> None:
        if self._timer.ident is not None:
            self._timer.join()

    def reset(self) -> None:
        if self._scenario == "hang":
            vivid.set_control(self._node, vivid.LOST_PERCENT, 0)


class PlayedIrisCamera(UvcIrisCamera):
    def __init__(self, node: str, scenario: str) -> None:
        super().__init__(node, width=320, height=180)
        self.played = _Played(node, scenario)

    def __enter__(self) -> "PlayedIrisCamera":
        super().__enter__()
        self.played.entered()
        return self

    def __exit__(self, *exc: object) -> None:
        self.played.left()
        super().__exit__(*exc)

    def reset(self) -> None:
        self.played.reset()
        super().reset()


class PlayedPortraitCamera(UvcPortraitCamera):
    def __init__(self, node: str, scenario: str) -> None:
        super().__init__(node, width=320, height=180)
        self.played = _Played(node, scenario)

    def __enter__(self) -> "PlayedPortraitCamera":
        super().__enter__()
        self.played.entered()
        return self

    def __exit__(self, *exc: object) -> None:
        self.played.left()
        super().__exit__(*exc)

    def reset(self) -> None:
        self.played.reset()
        super().reset()


class TestIrisOnVivid(IrisCameraContract):
    patience_s = PATIENCE_S

    @pytest.fixture(autouse=True)
    def _node(self, node: str) -> None:
        self.node = node

    def camera(self, scenario: str) -> IrisCamera:
        return PlayedIrisCamera(self.node, scenario)


class TestPortraitOnVivid(PortraitCameraContract):
    patience_s = PATIENCE_S

    @pytest.fixture(autouse=True)
    def _node(self, node: str) -> None:
        self.node = node

    def camera(self, scenario: str) -> PortraitCamera:
        return PlayedPortraitCamera(self.node, scenario)


def test_it_is_found_as_a_camera_for_colours(node: str) -> None:
    assert node in [address.location.partition(":")[2] for address in UvcPortraitCamera.attached()]
    assert UvcIrisCamera.attached() == []
    vivid.pull_camera()
    assert UvcPortraitCamera.attached() == []


@pytest.mark.parametrize("rate", [15.0, 30.0])
@pytest.mark.parametrize("lost_percent", [0, 30])
def test_every_frame_comes_or_is_counted_as_dropped(node: str, desk: Desk, rate: float, lost_percent: int) -> None:
    vivid.set_control(node, vivid.LOST_PERCENT, lost_percent)
    with iris_camera(node, frame_rate=rate) as camera:
        frames = list(islice(camera.frames(Event()), round(2 * rate)))
    dropped = sum(frame.dropped for frame in frames[1:])
    seconds = frames[-1].captured_at - frames[0].captured_at
    desk.figures.append(
        f"vivid at {rate:.0f}/s, {lost_percent} % lost: {(len(frames) - 1) / seconds:.1f} frames/s came, "
        f"{dropped} of {len(frames) - 1 + dropped} dropped"
    )
    # vivid counts by its clock, whether or not anybody kept up with it.
    assert (len(frames) - 1 + dropped) / seconds == pytest.approx(rate, rel=0.1)
    if lost_percent:
        assert dropped >= 1


def test_damaged_frame_is_dropped_and_counted(node: str) -> None:
    with iris_camera(node) as camera:
        frames = camera.frames(Event())
        next(frames)
        vivid.set_control(node, vivid.DAMAGE, 1)
        dropped = until(lambda: next(frames).dropped, "no frame was dropped")
        assert dropped >= 1
        frames.close()  # type: ignore[attr-defined]


def one_picture(node: str, pixel_format: str, convert: Convert) -> Pixels:
    camera = V4l2Camera(
        lambda: wanted_node(node, KINDS, monochrome=False), (pixel_format,), convert, Wish(320, 180), {}
    )
    camera.open()
    try:
        assert camera.opened.layout.pixel_format == pixel_format
        return camera.capture(PATIENCE_S, Event()).pixels
    finally:
        camera.close()


REC_601, REC_709 = np.array([0.299, 0.587, 0.114]), np.array([0.2126, 0.7152, 0.0722])
GREY_OF: dict[str, Callable[[FloatPixels], FloatPixels]] = {
    **dict.fromkeys(("GREY", "Y10", "Y12", "Y16"), lambda rgb: rgb @ REC_709),
    **dict.fromkeys(("YUYV", "UYVY", "NV12"), lambda rgb: 16 + 219 / 255 * (rgb @ REC_601)),
    **dict.fromkeys(("RGB3", "BGR3"), lambda rgb: rgb @ REC_601),
}
"""What vivid makes of a colour: its monochrome formats have the luma of ITU-R BT.709, YUV that of BT.601, limited."""
CLOSE = 3.5
"""Levels: YUV of limited range has 219 of them."""


@pytest.mark.parametrize("pixel_format", GREY_OF)
def test_grey_of_each_format_is_that_of_the_kernels_bars(node: str, pixel_format: str) -> None:
    vivid.set_control(node, vivid.TEXT, vivid.NO_TEXT)
    expected = GREY_OF[pixel_format](one_picture(node, "RGB3", colour).astype(np.float64))
    assert np.ptp(expected) > 100
    assert_close(one_picture(node, pixel_format, grey), expected)


@pytest.mark.parametrize("pixel_format", [name for name in COLOUR_ORDER if name not in ("RGB3", *COMPRESSED)])
def test_colours_of_each_format_are_those_of_the_kernels_bars(node: str, pixel_format: str) -> None:
    vivid.set_control(node, vivid.TEXT, vivid.NO_TEXT)
    expected = one_picture(node, "RGB3", colour).astype(np.float64)
    bars = {tuple(pixel) for pixel in expected[90, 20::40].astype(int).tolist()}
    assert bars == {(r, g, b) for r in (0, 191) for g in (0, 191) for b in (0, 191)}  # 75 % of full red, green, blue
    assert_close(one_picture(node, pixel_format, colour), expected)


def assert_close(seen: Pixels, expected: FloatPixels) -> None:
    """All but the edges of the eight bars, where two pixels share a colour."""
    assert seen.shape == expected.shape
    assert np.quantile(np.abs(seen - expected), 0.93) <= CLOSE


def test_settings_reach_the_kernel(node: str) -> None:
    with iris_camera(node, gain=37) as camera:
        assert vivid.control(node, "Gain") == 37
        assert vivid.control(node, "Gain, Automatic") == 0
        camera.capture(PATIENCE_S, Event())
    with iris_camera(node):
        assert vivid.control(node, "Gain, Automatic") == 1
    with pytest.raises(DeviceUnsupported, match="gain"), iris_camera(node, gain=100_000):
        pytest.fail("it was opened")
    with pytest.raises(DeviceUnsupported, match="exposure"), iris_camera(node, exposure_ms=5.0):
        pytest.fail("it was opened")


def test_size_that_it_does_not_have_is_refused(node: str) -> None:
    with pytest.raises(DeviceUnsupported, match="640x360"), UvcIrisCamera(node, width=333, height=222):
        pytest.fail("it was opened")


def test_second_use_is_told_who_has_it(node: str) -> None:
    with (
        iris_camera(node),
        pytest.raises(DeviceBusy, match="this program"),
        portrait_camera(node),
    ):
        pytest.fail("it was opened")
    with portrait_camera(node) as portrait:
        portrait.capture(PATIENCE_S, Event())


def press_disconnect(node: str) -> None:
    vivid.set_control(node, vivid.DISCONNECT, 1)


def pull(node: str) -> None:
    vivid.pull_camera()


@pytest.mark.parametrize("vanish", [press_disconnect, pull])
def test_camera_goes_in_mid_stream_and_comes_back(node: str, desk: Desk, vanish: Callable[[str], None]) -> None:
    with iris_camera(node) as camera:
        frames = camera.frames(Event())
        for _ in islice(frames, 5):
            pass
        vanish(node)
        pulled_at = time.monotonic()
        with pytest.raises(DeviceLost):
            list(frames)
        noticed_s = time.monotonic() - pulled_at
        with pytest.raises(DeviceLost):
            camera.capture(1.0, Event())
    desk.figures.append(f"vivid, {vanish.__name__}: noticed after {1000 * noticed_s:.0f} ms")
    if vanish is pull:
        assert not Path(node).exists()
        with pytest.raises(DeviceNotFound), iris_camera(node):
            pytest.fail("it was opened")
    plugged_at = time.monotonic()
    node = vivid.plugged_camera()
    with iris_camera(node) as camera:
        camera.capture(PATIENCE_S, Event())
    desk.figures.append(f"vivid, plugged in: a frame after {1000 * (time.monotonic() - plugged_at):.0f} ms")


def test_ten_pulls_in_a_row(node: str) -> None:
    for _ in range(10):
        with iris_camera(vivid.plugged_camera()) as camera:
            frames = camera.frames(Event())
            next(frames)
            vivid.pull_camera()
            with pytest.raises(DeviceLost):
                list(frames)
