"""What every iris camera does; a driver's test subclasses this and opens its camera in each scenario."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from threading import Event, Timer
from time import monotonic
from typing import ClassVar

import numpy as np
import pytest

from drivers import CaptureCancelled, CaptureTimeout, DeviceError, DeviceLost
from drivers.frame import IrisFrame
from drivers.protocols import IrisCamera


class IrisCameraContract(ABC):
    """Subclass it as `TestSomeModel` and say what `camera` opens.

    Scenarios:

    - `eye`: frames come; one of them, or all, show an eye that is held still.
    - `waiting`: a capture has nothing to deliver: nobody is before a camera that finds eyes by itself; another gets no
      frame for as long as the tests wait, and is well.
    - `unplugged`: the cable is pulled while frames come.
    - `hang`: the device stops answering; after a reset frames come as in `eye`.
    - `self-test`: whatever the self test needs; the device is well.
    """

    scenarios: ClassVar[frozenset[str]] = frozenset({"eye", "waiting", "unplugged", "hang", "self-test"})
    """Those that this driver's recordings or peers hold; tests of the others are skipped."""
    patience_s: ClassVar[float] = 60.0
    """Longer than any eye of the scenarios takes to come."""
    min_contrast: ClassVar[int] = 40
    """Grey levels between the darkest and the lightest twentieth of a captured frame."""

    @abstractmethod
    def camera(self, scenario: str) -> IrisCamera:
        """A camera in that scenario, not yet entered."""

    def test_eye_becomes_a_grey_frame(self) -> None:
        with self._camera("eye") as camera:
            identity = camera.identity
            began = monotonic()
            frame = camera.capture(self.patience_s, Event())
            assert began <= frame.captured_at <= monotonic()
            self.assert_iris_frame(frame)
            assert frame.pixels.shape == (identity.height, identity.width)

    def test_identity_names_driver_and_model(self) -> None:
        with self._camera("eye") as camera:
            identity = camera.identity
            assert identity.driver
            assert identity.vendor
            assert identity.model

    def test_a_second_capture_is_a_later_frame(self) -> None:
        with self._camera("eye") as camera:
            first = camera.capture(self.patience_s, Event())
            assert camera.capture(self.patience_s, Event()).captured_at > first.captured_at

    def test_nothing_comes(self) -> None:
        with self._camera("waiting") as camera, pytest.raises(CaptureTimeout):
            camera.capture(0.3, Event())

    def test_no_time_at_all(self) -> None:
        with self._camera("waiting") as camera, pytest.raises(CaptureTimeout):
            camera.capture(0.0, Event())

    def test_cancel_ends_a_wait_and_leaves_the_device_well(self) -> None:
        with self._camera("waiting") as camera:
            cancel = Event()
            timer = Timer(0.1, cancel.set)
            timer.start()
            with pytest.raises(CaptureCancelled):
                camera.capture(self.patience_s, cancel)
            timer.join()
            with pytest.raises(CaptureTimeout):
                camera.capture(0.1, Event())

    def test_cancel_that_came_before(self) -> None:
        cancel = Event()
        cancel.set()
        with self._camera("eye") as camera:
            with pytest.raises(CaptureCancelled):
                camera.capture(self.patience_s, cancel)
            assert list(camera.frames(cancel)) == []

    def test_pulled_cable(self) -> None:
        with self._camera("unplugged") as camera, pytest.raises(DeviceLost):
            for _ in camera.frames(Event()):
                pass

    def test_capture_after_a_pulled_cable(self) -> None:
        with self._camera("unplugged") as camera:
            with pytest.raises(DeviceLost):
                list(camera.frames(Event()))
            with pytest.raises(DeviceLost):
                camera.capture(self.patience_s, Event())

    def test_hang_ends_with_a_reset(self) -> None:
        with self._camera("hang") as camera, ThreadPoolExecutor(1) as worker:
            watching = worker.submit(lambda: list(camera.frames(Event())))
            # A driver may notice by itself; one that cannot is freed by a reset, however often it is repeated.
            while not watching.done():
                camera.reset()
                wait([watching], 0.02)
            assert isinstance(watching.exception(), DeviceLost)
            camera.reset()
            self.assert_iris_frame(camera.capture(self.patience_s, Event()))

    def test_closed_camera_refuses(self) -> None:
        camera = self._camera("eye")
        with camera:
            pass
        with pytest.raises(DeviceError):
            camera.capture(0.1, Event())
        with pytest.raises(DeviceError):
            next(camera.frames(Event()))

    def test_opens_again(self) -> None:
        camera = self._camera("eye")
        for _ in range(2):
            with camera:
                assert_grey(next(camera.frames(Event())))

    def test_self_test_passes(self) -> None:
        with self._camera("self-test") as camera:
            steps = list(camera.self_test(Event()))
        assert steps
        assert all(step.name and step.detail for step in steps)
        assert [step.name for step in steps if not step.passed] == []

    def test_frames_follow_each_other(self) -> None:
        with self._camera("eye") as camera:
            identity = camera.identity
            frames = list(islice(camera.frames(Event()), 5))
        for frame in frames:
            assert_grey(frame)
            assert frame.pixels.shape == (identity.height, identity.width)
        times = [frame.captured_at for frame in frames]
        assert times == sorted(set(times))

    def test_frames_end_with_cancel(self) -> None:
        with self._camera("eye") as camera:
            cancel = Event()
            frames = camera.frames(cancel)
            next(frames)
            cancel.set()
            assert list(frames) == []

    def test_a_frame_is_nobody_elses(self) -> None:
        """A driver that reuses its buffers hands out copies."""
        with self._camera("eye") as camera:
            frames = camera.frames(Event())
            first = next(frames)
            kept = first.pixels.copy()
            for _ in range(4):
                next(frames)
        assert np.array_equal(first.pixels, kept)

    def assert_iris_frame(self, frame: IrisFrame) -> None:
        """Grey, two-dimensional, and by no means uniform."""
        assert_grey(frame)
        dark, light = np.percentile(frame.pixels, (5, 95))
        assert light - dark > self.min_contrast

    def _camera(self, scenario: str) -> IrisCamera:
        if scenario not in self.scenarios:
            pytest.skip(f"this driver has no scenario {scenario!r}")
        return self.camera(scenario)


def assert_grey(frame: IrisFrame) -> None:
    """Whatever it shows, in the shape and type of a frame."""
    assert frame.pixels.ndim == 2
    assert frame.pixels.dtype == np.uint8
    assert frame.dropped >= 0
