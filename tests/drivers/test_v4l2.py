"""The V4L2 transport: what a driver may say, who holds a camera, and that the newest frame is taken."""

import ctypes
import errno
import os
import termios
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from drivers import (
    DeviceAccessDenied,
    DeviceBusy,
    DeviceNotFound,
    DeviceUnsupported,
)
from drivers.transports import v4l2_abi as abi
from drivers.transports import v4l2_errors
from drivers.transports.v4l2 import V4l2Camera
from drivers.transports.v4l2_calls import READY, KernelCalls
from drivers.transports.v4l2_errors import opening_error, using_error
from drivers.transports.v4l2_modes import Wish
from drivers.transports.v4l2_nodes import VideoNode
from drivers.transports.v4l2_pixels import COLOUR_ORDER, GREY_ORDER, grey
from tests.drivers.v4l2_bench import Opened, camera_of
from tests.drivers.v4l2_node import METADATA_AND_STREAMING, FakeKernel, Node, nothing_is_left


class TestAgreement:
    def test_the_largest_fluent_picture_is_taken(self) -> None:
        sizes = ((320, 240), (1280, 720), (640, 480), (4096, 3072))
        with Opened(Node(sizes=sizes)) as camera:
            assert (camera.opened.layout.width, camera.opened.layout.height) == (1280, 720)

    def test_the_best_format_of_those_offered_is_taken(self) -> None:
        with Opened(Node(formats=("MJPG", "YUYV", "GREY"))) as camera:
            assert camera.opened.layout.pixel_format == "GREY"

    def test_a_wish_is_kept(self) -> None:
        node = Node(sizes=((320, 240), (640, 480)), rates=(15, 30, 60))
        with Opened(node, Wish(320, 240, 15.0)) as camera:
            assert camera.opened.layout.width == 320
            assert camera.opened.interval_s == pytest.approx(1 / 15)

    def test_a_size_that_there_is_not_names_those_that_there_are(self) -> None:
        with pytest.raises(DeviceUnsupported, match="320x240"), Opened(Node(sizes=((320, 240),)), Wish(width=640)):
            pass

    def test_sizes_by_steps(self) -> None:
        with Opened(Node(sizes=((64, 48), (800, 608)), stepwise=True), Wish(width=480)) as camera:
            assert (camera.opened.layout.width, camera.opened.layout.height) == (480, 480)

    def test_a_driver_that_lists_no_sizes_and_no_rates(self) -> None:
        with Opened(Node(lists_sizes=False, rates=(), sizes=((160, 120),))) as camera:
            assert camera.opened.layout.width == 160
            assert next(camera.frames(Event())).pixels.shape == (120, 160)

    @pytest.mark.parametrize(
        ("answers", "said"),
        [
            ({"width": 0}, "impossible size"),
            ({"width": 1_000_000}, "impossible size"),
            ({"height": 7}, "impossible size"),
            ({"bytesperline": 3}, "rows that cannot hold"),
            ({"sizeimage": 17}, "too short"),
            ({"sizeimage": 0}, "impossible frame length"),
            ({"sizeimage": 2**32 - 1}, "impossible frame length"),
            ({"pixelformat": 0x34363248}, "H264"),
            ({"field": 4}, "interlaced"),
            ({"sizeimage": 1_000_000}, "buffers of"),
        ],
    )
    def test_what_cannot_be_is_refused(self, answers: dict[str, int], said: str) -> None:
        kernel = FakeKernel(Node(answers=answers))
        with nothing_is_left(kernel), pytest.raises(DeviceUnsupported, match=said):
            camera_of(kernel).open()

    @pytest.mark.parametrize("fault", [{"buffer_length": 100}, {"buffer_count": 1}, {"buffer_count": 99}])
    def test_buffers_that_will_not_do(self, fault: dict[str, int]) -> None:
        kernel = FakeKernel(Node(**fault))  # type: ignore[arg-type]
        with nothing_is_left(kernel), pytest.raises(DeviceUnsupported, match="buffers"):
            camera_of(kernel).open()

    @pytest.mark.parametrize("node", [Node(capabilities=METADATA_AND_STREAMING), Node(formats=("H264", "BA81"))])
    def test_no_camera_for_us(self, node: Node) -> None:
        kernel = FakeKernel(node)
        with nothing_is_left(kernel), pytest.raises(DeviceUnsupported):
            camera_of(kernel).open()


class TestOpening:
    def test_forbidden_tells_the_remedy(self) -> None:
        with pytest.raises(DeviceAccessDenied, match=r"usermod -aG video.*udev"):
            camera_of(FakeKernel(Node(forbidden=True))).open()

    def test_absent(self) -> None:
        with pytest.raises(DeviceNotFound):
            camera_of(FakeKernel(Node(unplugged=True))).open()

    def test_held_by_another_program(self) -> None:
        kernel = FakeKernel(Node(busy=True))
        with nothing_is_left(kernel), pytest.raises(DeviceBusy, match="another program"):
            camera_of(kernel).open()

    def test_held_by_another_object(self) -> None:
        kernel = FakeKernel(Node())
        first, second = camera_of(kernel), camera_of(kernel)
        first.open()
        with pytest.raises(DeviceBusy):
            second.open()
        assert next(first.frames(Event())).pixels.size
        first.close()
        second.open()
        second.close()
        with nothing_is_left(kernel):
            pass

    def test_opened_twice(self) -> None:
        with Opened(Node()) as camera, pytest.raises(DeviceBusy):
            camera.open()

    def test_no_bandwidth_on_the_bus(self) -> None:
        with Opened(Node(no_bandwidth=True)) as camera, pytest.raises(DeviceBusy, match="bandwidth"):
            next(camera.frames(Event()))

    def test_a_file_that_is_no_camera(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"text")
        node = VideoNode(str(tmp_path / "file"), "", 0, "")
        camera = V4l2Camera(lambda: node, GREY_ORDER, grey, Wish(), {}, KernelCalls())
        with pytest.raises(DeviceUnsupported):
            camera.open()

    def test_the_holder_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for number, name in ((4001, "cheese"), (4002, "idle")):
            descriptors = tmp_path / str(number) / "fd"
            descriptors.mkdir(parents=True)
            (tmp_path / str(number) / "comm").write_text(f"{name}\n")
            (descriptors / "7").symlink_to("/dev/null" if name == "cheese" else "/dev/zero")
        monkeypatch.setattr(v4l2_errors, "PROCESSES", tmp_path)
        assert "cheese (process 4001) holds" in str(opening_error(OSError(errno.EBUSY, "busy"), "/dev/null"))
        assert "idle" not in str(using_error(OSError(errno.EBUSY, "busy"), "/dev/null", "starting"))
        own = tmp_path / str(os.getpid()) / "fd"
        own.mkdir(parents=True)
        (own / "3").symlink_to("/dev/full")
        assert "this program itself" in str(opening_error(OSError(errno.EBUSY, "busy"), "/dev/full"))


class TestNewestFrame:
    def test_a_slow_taker_gets_no_old_frame(self) -> None:
        with Opened(Node(rates=(100,))) as camera:
            frames = camera.frames(Event())
            next(frames)
            Event().wait(0.3)
            asked = monotonic()
            frame = next(frames)
            assert frame.captured_at > asked - 0.02
            assert frame.dropped >= 15

    def test_of_several_that_wait_the_last_is_taken(self) -> None:
        opened = Opened(Node(hang_after=1, numbered=True, monotonic=False))
        with opened as camera:
            frames = camera.frames(Event())
            assert next(frames).pixels[0, 0] == 0
            with opened.node.changed():
                opened.node.hang_after = 3
            opened.node.await_frames(3)
            frame = next(frames)
            assert (frame.pixels[0, 0], frame.dropped) == (2, 1)

    def test_when_no_buffer_was_left_even_the_last_is_too_old(self) -> None:
        opened = Opened(Node(hang_after=1, numbered=True, monotonic=False))
        with opened as camera:
            frames = camera.frames(Event())
            assert next(frames).pixels[0, 0] == 0
            with opened.node.changed():
                opened.node.hang_after = 5
            opened.node.await_frames(5)
            with opened.node.changed():
                opened.node.hang_after, opened.node.due = None, monotonic()
            frame = next(frames)
            assert frame.dropped >= 4
            assert frame.pixels[0, 0] == (frame.dropped + 1) % 256

    @pytest.mark.parametrize("monotonic_stamps", [True, False])
    def test_a_capture_is_exposed_after_the_call(self, monotonic_stamps: bool) -> None:
        with Opened(Node(rates=(50,), monotonic=monotonic_stamps)) as camera:
            former = camera.frames(Event())
            next(former)
            Event().wait(0.1)
            asked = monotonic()
            frame = camera.capture(5, Event())
            assert frame.captured_at - 0.02 >= asked
            assert list(former) == []

    def test_a_stamp_of_the_start_of_exposure(self) -> None:
        with Opened(Node(rates=(50,), start_of_exposure=True)) as camera:
            asked = monotonic()
            assert camera.capture(5, Event()).captured_at >= asked

    @pytest.mark.parametrize("error_s", [3600.0, -3600.0, 0.5])
    def test_a_clock_that_runs_wild_is_not_believed(self, error_s: float) -> None:
        with Opened(Node(clock_error_s=error_s)) as camera:
            frames = list(islice(camera.frames(Event()), 3))
        now = monotonic()
        assert all(now - 5 < frame.captured_at <= now for frame in frames)

    def test_a_later_use_ends_the_former(self) -> None:
        with Opened(Node()) as camera:
            former, later = camera.frames(Event()), camera.frames(Event())
            next(former)
            next(later)
            assert list(former) == []
            next(later)

    def test_it_streams_only_while_it_is_watched(self) -> None:
        opened = Opened(Node())
        with opened as camera:
            assert not opened.node.streaming
            camera.capture(5, Event())
            assert not opened.node.streaming
            frames = camera.frames(Event())
            next(frames)
            assert opened.node.streaming
            frames.close()
            assert not opened.node.streaming

    def test_without_sequence_numbers_what_passed_through_our_hands_is_told(self) -> None:
        damage: Callable[[int], str] = lambda sequence: "" if sequence % 3 == 0 else "flag"  # noqa: E731
        with Opened(Node(counts=False, rates=(100,), damage=damage)) as camera:
            frames = list(islice(camera.frames(Event()), 4))
        assert all(frame.dropped >= 2 for frame in frames[1:])

    def test_sequence_numbers_go_around(self) -> None:
        opened = Opened(Node(rates=(100,), lost=lambda sequence: sequence % 2 == 1))
        with opened as camera:
            frames = camera.frames(Event())
            next(frames)
            with opened.node.changed():
                opened.node.next_sequence = 2**32 - 4
                for buffer in opened.node.done:
                    opened.node.buffers[buffer].sequence = 2**32 - 6
            seen = [next(frames).dropped for _ in range(6)][1:]
        assert all(1 <= dropped < 200 for dropped in seen)


def test_colours_by_the_same_transport() -> None:
    kernel = FakeKernel(Node(formats=("NV12", "YUYV")))
    camera = camera_of(kernel, order=COLOUR_ORDER)
    with nothing_is_left(kernel):
        camera.open()
        assert camera.opened.layout.pixel_format == "YUYV"
        assert camera.capture(5, Event()).pixels.shape == (48, 64, 3)
        camera.close()


class TestKernelCalls:
    """The calls that go to this machine's kernel, on files that are there without a camera."""

    def test_a_request_answers_in_place_and_poll_sees_what_is_there(self, tmp_path: Path) -> None:
        calls, fifo = KernelCalls(), tmp_path / "fifo"
        os.mkfifo(fifo)
        descriptor = calls.open(str(fifo))
        try:
            assert calls.poll(descriptor, 0.0) == 0
            os.write(descriptor, b"twelve bytes")
            assert calls.poll(descriptor, 5.0) == READY
            waiting = ctypes.c_int(0)
            calls.ioctl(descriptor, termios.FIONREAD, waiting)
            assert waiting.value == 12
            with pytest.raises(OSError) as refused:
                calls.ioctl(descriptor, abi.QUERYCAP, abi.Capability())
            assert refused.value.errno == errno.ENOTTY
        finally:
            calls.close(descriptor)

    def test_memory_is_shared_and_read_only(self, tmp_path: Path) -> None:
        calls, file = KernelCalls(), tmp_path / "file"
        file.write_bytes(bytes(4096) + b"frame".ljust(4096))
        descriptor = calls.open(str(file))
        mapping = calls.mmap(descriptor, 4096, 4096)
        calls.close(descriptor)
        with memoryview(mapping) as view:
            assert bytes(view[:5]) == b"frame"
            assert view.readonly
        mapping.close()
