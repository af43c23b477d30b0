"""The V4L2 transport under faults: damage, silence, pulled cables, resets; nothing hangs, nothing is left."""

import contextlib
import threading
from collections.abc import Callable
from itertools import islice
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import (
    CaptureTimeout,
    DeviceError,
    DeviceHung,
    DeviceLost,
)
from drivers.transports import v4l2
from drivers.transports.v4l2 import V4l2Camera
from tests.drivers.v4l2_bench import Opened, camera_of
from tests.drivers.v4l2_node import FakeKernel, Node, nothing_is_left


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "SILENCE_S", 0.4)
    monkeypatch.setattr(v4l2, "FIRST_FRAME_S", 0.4)


class TestFaults:
    @pytest.mark.parametrize("damage", ["flag", "short", "cut", "empty", "long"])
    @pytest.mark.parametrize("pixel_format", ["GREY", "MJPG"])
    def test_damaged_frames_are_counted_and_passed_over(self, damage: str, pixel_format: str) -> None:
        node = Node(formats=(pixel_format,), rates=(50,), damage=lambda sequence: damage if sequence % 2 else "")
        # A byte behind the end of a JPEG image is no loss; else it goes on until some were met.
        wanted = 0 if (damage, pixel_format) == ("short", "MJPG") else 3
        with Opened(node) as camera:
            for count, frame in enumerate(camera.frames(Event())):
                assert np.ptp(frame.pixels) > 40
                assert not wanted or not count or frame.dropped % 2 == 1
                if count >= 3 and camera.damaged_frames >= wanted:
                    break

    @pytest.mark.usefixtures("impatient")
    def test_damage_alone_is_a_hang_that_says_so(self) -> None:
        with Opened(Node(damage=lambda _: "cut")) as camera, pytest.raises(DeviceHung, match="damaged"):
            next(camera.frames(Event()))

    @pytest.mark.usefixtures("impatient")
    def test_silence_is_a_hang(self) -> None:
        with Opened(Node(hang_after=2)) as camera, pytest.raises(DeviceHung, match="nothing"):
            list(camera.frames(Event()))

    @pytest.mark.usefixtures("impatient")
    def test_silence_over_several_captures_is_a_hang(self) -> None:
        with Opened(Node(hung=True)) as camera:
            errors = []
            for _ in range(8):
                with pytest.raises(DeviceError) as error:
                    camera.capture(0.08, Event())
                errors.append(error.type)
        assert errors[0] is CaptureTimeout
        assert DeviceHung in errors

    def test_a_pulled_cable(self) -> None:
        opened = Opened(Node(unplug_after=3))
        with opened as camera:
            with pytest.raises(DeviceLost):
                list(camera.frames(Event()))
            with pytest.raises(DeviceLost):
                camera.capture(1, Event())
            with pytest.raises(DeviceLost, match="did not come back"):
                camera.reset()
            with pytest.raises(DeviceLost):
                camera.capture(1, Event())
            with opened.node.changed():
                opened.node.unplugged, opened.node.unplug_after = False, None
            camera.reset()
            camera.capture(5, Event())

    def test_a_queue_in_error(self) -> None:
        opened = Opened(Node())
        with opened as camera:
            frames = camera.frames(Event())
            next(frames)
            with opened.node.changed():
                opened.node.broken = True
            with pytest.raises(DeviceHung):
                list(frames)
            opened.node.broken = False
            camera.reset()
            camera.capture(5, Event())

    def test_a_picture_that_grows_while_in_use_is_refused_clearly(self) -> None:
        opened = Opened(Node())
        with opened as camera:
            frames = camera.frames(Event())
            next(frames)
            opened.node.resize(128, 96)
            with pytest.raises(DeviceLost, match="from 64x48 to 128x96"):
                list(frames)
            camera.reset()
            assert camera.capture(5, Event()).pixels.shape == (96, 128)

    def test_a_change_to_the_same_picture_is_survived(self) -> None:
        opened = Opened(Node())
        with opened as camera:
            frames = camera.frames(Event())
            next(frames)
            opened.node.resize(64, 48)
            assert [frame.pixels.shape for frame in islice(frames, 3)] == [(48, 64)] * 3
            assert opened.node.starts == 2

    @pytest.mark.usefixtures("impatient")
    def test_a_jpeg_that_changes_its_size_silently(self) -> None:
        opened = Opened(Node(formats=("MJPG",)))
        with opened as camera:
            frames = camera.frames(Event())
            next(frames)
            with opened.node.changed():
                opened.node.frame_size = (32, 32)
            with pytest.raises(DeviceHung, match="32x32 came where 64x48"):
                list(frames)


class TestReset:
    def test_the_second_reset_in_a_row_reaches_for_the_port(self) -> None:
        opened = Opened(Node(hang_after=0, mends_by_port_reset=True))
        with opened as camera:
            camera.reset()
            assert opened.kernel.port_resets == 0
            with pytest.raises(CaptureTimeout):
                camera.capture(0.05, Event())
            camera.reset()
            assert opened.kernel.port_resets == 1
            camera.capture(5, Event())
            camera.reset()
            assert opened.kernel.port_resets == 1

    def test_a_call_that_does_not_return_is_freed_by_the_port(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(v4l2, "RESET_PATIENCE_S", 0.05)
        opened = Opened(Node())
        with opened as camera:
            entered = threading.Event()

            class Stuck(threading.Event):
                def wait(self, timeout: float | None = None) -> bool:
                    entered.set()
                    return super().wait(timeout)

            opened.node.stuck = Stuck()
            seen: list[BaseException] = []

            def watch() -> None:
                try:
                    list(camera.frames(Event()))
                except DeviceError as error:
                    seen.append(error)

            watcher = threading.Thread(target=watch)
            watcher.start()
            entered.wait()
            camera.reset()
            watcher.join()
            assert opened.kernel.port_resets == 1
            assert isinstance(seen[0], DeviceHung)
            camera.capture(5, Event())

    def test_an_iterator_from_before_a_reset_says_so(self) -> None:
        with Opened(Node()) as camera:
            frames = camera.frames(Event())
            next(frames)
            camera.reset()
            with pytest.raises(DeviceHung, match="reset"):
                next(frames)

    def test_an_iterator_ends_with_its_camera(self) -> None:
        opened = Opened(Node())
        with opened as camera:
            frames = camera.frames(Event())
            next(frames)
        assert list(frames) == []

    def test_not_open(self) -> None:
        camera = camera_of(FakeKernel(Node()))
        with pytest.raises(DeviceError):
            camera.reset()
        with pytest.raises(DeviceError):
            next(camera.frames(Event()))


FAULTS: dict[str, Callable[[Node], None]] = {
    "unplug": lambda node: setattr(node, "unplugged", True),
    "plug": lambda node: setattr(node, "unplugged", False),
    "hang": lambda node: setattr(node, "hung", True),
    "wake": lambda node: setattr(node, "hung", False),
    "break": lambda node: setattr(node, "broken", True),
    "mend": lambda node: setattr(node, "broken", False),
    "busy": lambda node: setattr(node, "busy", True),
    "free": lambda node: setattr(node, "busy", False),
    "damage": lambda node: setattr(node, "damage", lambda sequence: "cut" if sequence % 2 else "flag"),
    "whole": lambda node: setattr(node, "damage", lambda _: ""),
    "lose": lambda node: setattr(node, "lost", lambda sequence: sequence % 5 != 0),
    "forbid": lambda node: setattr(node, "forbidden", True),
    "allow": lambda node: setattr(node, "forbidden", False),
    "lie": lambda node: node.answers.update(width=3),
    "truth": lambda node: node.answers.clear(),
}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "SILENCE_S", 0.02)
    monkeypatch.setattr(v4l2, "FIRST_FRAME_S", 0.02)
    monkeypatch.setattr(v4l2, "REOPEN_TIMEOUT_S", 0.02)
    monkeypatch.setattr(v4l2, "SLICE_S", 0.01)


@pytest.mark.usefixtures("hurried")
@settings(max_examples=100, deadline=None)
@given(
    steps=st.lists(
        st.sampled_from([*FAULTS, "resize", "frames", "capture", "reset", "reopen"]), min_size=3, max_size=14
    ),
    pixel_format=st.sampled_from(["GREY", "Y12", "YUYV", "MJPG"]),
)
def test_no_sequence_of_faults_hangs_or_leaks(steps: list[str], pixel_format: str) -> None:
    node = Node(formats=(pixel_format,), rates=(1000,), mends_by_port_reset=True)
    kernel = FakeKernel(node)
    with nothing_is_left(kernel):
        camera = camera_of(kernel)
        camera.open()
        for step in ("frames", *steps):
            if step in FAULTS:
                with node.changed():
                    FAULTS[step](node)
            elif step == "resize":
                node.resize(80, 64)
            else:
                _use(camera, step)
        camera.close()
        # Whatever happened, a camera that is well is well again once it is opened anew.
        for fault in ("plug", "wake", "mend", "free", "whole", "allow", "truth"):
            FAULTS[fault](node)
        node.lost = lambda _: False
        node.events.clear()
        with pytest.MonkeyPatch.context() as patient:
            patient.setattr(v4l2, "FIRST_FRAME_S", 5.0)
            camera.open()
            assert np.ptp(camera.capture(5, Event()).pixels) > 40
            camera.close()


def _use(camera: V4l2Camera, step: str) -> None:
    with contextlib.suppress(DeviceError):  # any other exception fails the test
        if step == "frames":
            for frame in islice(camera.frames(Event()), 3):
                assert frame.pixels.ndim == 2
        elif step == "capture":
            assert camera.capture(0.05, Event()).pixels.ndim == 2
        elif step == "reset":
            camera.reset()
        else:
            camera.close()
            camera.open()
