"""The colour camera on V4L2: the contract over a node that follows the documentation, and what frames tell."""

from collections.abc import Iterator
from threading import Event
from typing import ClassVar

import numpy as np
import pytest

from drivers.portrait.uvc import UvcPortraitCamera
from drivers.protocols import PortraitCamera
from drivers.transports import v4l2
from tests.contract.portrait_camera import PortraitCameraContract
from tests.drivers.v4l2_node import (
    EXPOSURE,
    WHITE_BALANCE,
    WHITE_BALANCE_AUTO,
    FakeKernel,
    Node,
    Setting,
    nothing_is_left,
)
from tests.drivers.v4l2_pictures import ramp


def camera_of(node: Node, **options: object) -> UvcPortraitCamera:
    return UvcPortraitCamera("/dev/video0", calls=FakeKernel(node), **options)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _quick_to_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "RESET_PATIENCE_S", 5.0)


class ContractOverTheFakeKernel(PortraitCameraContract):
    node: ClassVar[dict[str, object]] = {}

    @pytest.fixture(autouse=True)
    def _nothing_left(self) -> Iterator[None]:
        self.kernels: list[FakeKernel] = []
        yield
        for kernel in self.kernels:
            with nothing_is_left(kernel):
                pass

    def camera(self, scenario: str) -> PortraitCamera:
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
        return UvcPortraitCamera("/dev/video0", calls=kernel)


class TestYuyv(ContractOverTheFakeKernel):
    node: ClassVar[dict[str, object]] = {"formats": ("YUYV", "MJPG"), "padding": 12}


class TestJpeg(ContractOverTheFakeKernel):
    node: ClassVar[dict[str, object]] = {"formats": ("MJPG",), "start_of_exposure": True}


class TestNv12(ContractOverTheFakeKernel):
    node: ClassVar[dict[str, object]] = {"formats": ("NV12",), "monotonic": False}


class TestFrames:
    @pytest.mark.parametrize("pixel_format", ["YUYV", "UYVY", "NV12", "MJPG", "RGB3", "BGR3"])
    def test_colours_are_those_of_the_picture(self, pixel_format: str) -> None:
        node = Node(formats=(pixel_format,), padding=6, lost=lambda sequence: sequence % 4 != 0)
        with camera_of(node) as camera:
            seen = next(camera.frames(Event())).pixels
        assert np.abs(seen.astype(int) - ramp(64, 48)).mean() < 4

    def test_frames_tell_what_is_known(self) -> None:
        controls = {EXPOSURE: Setting(1, 5000, 166), WHITE_BALANCE_AUTO: Setting(0, 1, 1, kind=2, default=1)}
        node = Node(formats=("YUYV",), controls={**controls, WHITE_BALANCE: Setting(2800, 6500, 4600)})
        with camera_of(node) as camera:
            frame = camera.capture(5, Event())
        assert frame.exposure_ms == pytest.approx(16.6)
        assert frame.white_balance_k is None
        with camera_of(node, white_balance_k=5200) as camera:
            frame = camera.capture(5, Event())
        assert frame.white_balance_k == 5200
        assert node.controls[WHITE_BALANCE_AUTO].value == 0

    def test_turned(self) -> None:
        with camera_of(Node(formats=("RGB3",)), rotated=270) as camera:
            assert (camera.identity.width, camera.identity.height) == (48, 64)
            assert next(camera.frames(Event())).pixels.shape == (64, 48, 3)


@pytest.mark.parametrize("options", [{"rotated": 1}, {"white_balance_k": 10}, {"exposure_ms": 0.0}, {"width": -1}])
def test_options_out_of_range(options: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        camera_of(Node(), **options)
