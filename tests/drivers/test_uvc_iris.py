"""The near-infrared camera on V4L2: the contract over a node that follows the documentation, and what frames tell."""

from collections.abc import Iterator
from itertools import islice
from threading import Event
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers import DeviceUnsupported
from drivers.frame import Eyes
from drivers.iris.uvc import UvcIrisCamera
from drivers.protocols import IrisCamera
from drivers.transports import v4l2
from tests.contract.iris_camera import IrisCameraContract
from tests.drivers.v4l2_node import (
    EXPOSURE,
    EXPOSURE_AUTO,
    FOCUS,
    GAIN,
    LAMP,
    FakeKernel,
    Node,
    Setting,
    nothing_is_left,
)
from tests.drivers.v4l2_pictures import encoded, ramp


def camera_of(node: Node, **options: object) -> UvcIrisCamera:
    return UvcIrisCamera("/dev/video0", calls=FakeKernel(node), **options)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _quick_to_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "RESET_PATIENCE_S", 5.0)


class ContractOverTheFakeKernel(IrisCameraContract):
    node: ClassVar[dict[str, object]] = {}

    @pytest.fixture(autouse=True)
    def _nothing_left(self) -> Iterator[None]:
        self.kernels: list[FakeKernel] = []
        yield
        for kernel in self.kernels:
            with nothing_is_left(kernel):
                pass

    def camera(self, scenario: str) -> IrisCamera:
        node = Node(**self.node)  # type: ignore[arg-type]
        if scenario == "waiting":
            node.hung = True
        if scenario == "unplugged":
            node.unplug_after = 3
        if scenario == "hang":
            node.hang_after = 0
            node.mends_by_reopening = True
        kernel = FakeKernel(node)
        self.kernels.append(kernel)
        return UvcIrisCamera("/dev/video0", calls=kernel)


class TestGrey(ContractOverTheFakeKernel):
    pass


class TestTenBitsWithPaddedRows(ContractOverTheFakeKernel):
    node: ClassVar[dict[str, object]] = {"formats": ("Y10",), "padding": 34}


class TestNearInfraredAsYuyv(ContractOverTheFakeKernel):
    node: ClassVar[dict[str, object]] = {"formats": ("YUYV",), "monotonic": False}


class TestNearInfraredAsJpeg(ContractOverTheFakeKernel):
    node: ClassVar[dict[str, object]] = {"formats": ("MJPG",), "start_of_exposure": True}


class TestFrames:
    def test_pixels_are_those_of_the_camera(self) -> None:
        with camera_of(Node(padding=13)) as camera:
            seen = next(camera.frames(Event())).pixels
        expected = np.frombuffer(encoded(ramp(64, 48), "GREY"), np.uint8).reshape(48, 64)
        assert any(np.array_equal(seen, np.roll(expected, 2 * phase, axis=0)) for phase in range(4))

    def test_turned_and_mirrored(self) -> None:
        def corner(width: int, height: int) -> NDArray[np.uint8]:
            picture = np.zeros((height, width, 3), np.uint8)
            picture[:24, :32] = 200
            return picture

        node = Node(picture=corner, lost=lambda sequence: sequence % 4 != 0)
        with camera_of(node, rotated=90, mirrored=True) as camera:
            assert (camera.identity.width, camera.identity.height) == (48, 64)
            pixels = next(camera.frames(Event())).pixels
        assert pixels.shape == (64, 48)
        # The left upper quarter is the right upper one when turned clockwise, and left again in the mirror.
        assert pixels[:32, :24].min() > 150
        assert pixels[32:].max() < 50

    def test_frames_tell_what_is_known(self) -> None:
        node = Node(controls={EXPOSURE: Setting(1, 5000, 83)})
        options = {"eyes": "both", "wavelength_nm": 850.0, "focus_distance_mm": 300.0, "px_per_mm": 16.0}
        with camera_of(node, **options) as camera:
            assert camera.identity.ppi == pytest.approx(406.4)
            frame = camera.capture(5, Event())
        assert frame.eyes is Eyes.BOTH
        assert frame.exposure_ms == pytest.approx(8.3)
        assert frame.gain_db is None
        assert frame.focus_distance_mm == 300.0
        assert frame.illumination is not None
        assert frame.illumination.wavelength_nm == 850.0

    def test_settings_overrule_automatics(self) -> None:
        node = Node(
            controls={
                EXPOSURE_AUTO: Setting(0, 3, 3, kind=3),
                EXPOSURE: Setting(1, 5000, 312),
                GAIN: Setting(0, 100, 0),
                FOCUS: Setting(0, 255, 0),
            }
        )
        with camera_of(node, exposure_ms=9.96, gain=17, focus=120) as camera:
            assert camera.capture(5, Event()).exposure_ms == pytest.approx(10.0)
        values = {control: setting.value for control, setting in node.controls.items()}
        assert values == {EXPOSURE_AUTO: 1, EXPOSURE: 100, GAIN: 17, FOCUS: 120}

    def test_an_exposure_forgotten_by_another_program_is_left_to_the_automatic(self) -> None:
        node = Node(controls={EXPOSURE_AUTO: Setting(0, 3, 1, kind=3, default=3), EXPOSURE: Setting(1, 5000, 1)})
        with camera_of(node):
            assert node.controls[EXPOSURE_AUTO].value == 3

    @pytest.mark.parametrize("options", [{"gain": 3}, {"exposure_ms": 900.0}, {"focus": 1}])
    def test_settings_that_it_does_not_have(self, options: dict[str, float]) -> None:
        node = Node(controls={EXPOSURE: Setting(1, 5000, 1), FOCUS: Setting(0, 9, 0, flags=4)})
        kernel = FakeKernel(node)
        with nothing_is_left(kernel), pytest.raises(DeviceUnsupported, match="configuration"):
            UvcIrisCamera("/dev/video0", calls=kernel, **options).__enter__()  # type: ignore[arg-type]

    def test_lamps_are_lit_while_somebody_watches(self) -> None:
        node = Node(controls={LAMP: Setting(0, 1, 0, kind=2)})
        with camera_of(node) as camera:
            assert node.controls[LAMP].value == 0
            frames = camera.frames(Event())
            next(frames)
            assert node.controls[LAMP].value == 1
            frames.close()  # type: ignore[attr-defined]
            assert (node.controls[LAMP].value, node.streaming) == (0, False)

    def test_lost_frames_are_told(self) -> None:
        with camera_of(Node(rates=(100,), lost=lambda sequence: sequence % 3 != 0)) as camera:
            frames = list(islice(camera.frames(Event()), 5))
        assert frames[0].dropped == 0
        assert all(frame.dropped >= 2 and frame.dropped % 3 == 2 for frame in frames[1:])


class TestOptions:
    @pytest.mark.parametrize(
        "options",
        [
            {"eyes": "third"},
            {"rotated": 45},
            {"width": 3},
            {"height": 100_000},
            {"frame_rate": 0.0},
            {"exposure_ms": -1.0},
            {"focus_distance_mm": 0.0},
            {"px_per_mm": -3.0},
            {"wavelength_nm": 85.0},
        ],
    )
    def test_out_of_range(self, options: dict[str, object]) -> None:
        with pytest.raises(ValueError):
            camera_of(Node(), **options)
