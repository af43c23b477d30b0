"""What every fingerprint scanner does; a driver's test subclasses this and opens its scanner in each scenario."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from threading import Event, Timer
from time import monotonic
from typing import ClassVar

import numpy as np
import pytest

from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceError,
    DeviceLost,
    FingerprintScanner,
    Frame,
    LiveFingerprintScanner,
)


class FingerprintScannerContract(ABC):
    """Subclass it as `TestSomeModel` and say what `scanner` opens.

    Scenarios:

    - `finger`: a finger is laid down, rests and is lifted.
    - `no-finger`: nobody touches the glass.
    - `unplugged`: the cable is pulled while a finger is awaited.
    - `hang`: the device stops answering while a finger is awaited; after a reset a finger is laid down.
    - `self-test`: whatever the self test needs; the device is well.
    """

    scenarios: ClassVar[frozenset[str]] = frozenset({"finger", "no-finger", "unplugged", "hang", "self-test"})
    """Those that this driver's recordings hold; tests of the others are skipped."""
    patience_s: ClassVar[float] = 60.0
    """Longer than any finger of the scenarios takes to come or to go."""

    @abstractmethod
    def scanner(self, scenario: str) -> FingerprintScanner:
        """A scanner in that scenario, not yet entered."""

    def test_finger_becomes_a_grey_frame(self) -> None:
        with self._scanner("finger") as scanner:
            identity = scanner.identity
            began = monotonic()
            frame = scanner.capture(self.patience_s, Event())
            assert began <= frame.captured_at <= monotonic()
            assert_grey_frame(frame)
            assert frame.ppi == identity.ppi
            assert frame.pixels.shape == (identity.height, identity.width)

    def test_identity_names_driver_and_model(self) -> None:
        with self._scanner("finger") as scanner:
            identity = scanner.identity
            assert identity.driver
            assert identity.vendor
            assert identity.model

    def test_finger_is_lifted(self) -> None:
        with self._scanner("finger") as scanner:
            scanner.capture(self.patience_s, Event())
            scanner.await_removal(self.patience_s, Event())

    def test_nobody_comes(self) -> None:
        with self._scanner("no-finger") as scanner, pytest.raises(CaptureTimeout):
            scanner.capture(0.3, Event())

    def test_no_time_at_all(self) -> None:
        with self._scanner("no-finger") as scanner, pytest.raises(CaptureTimeout):
            scanner.capture(0.0, Event())

    def test_cancel_ends_a_wait_and_leaves_the_device_well(self) -> None:
        with self._scanner("no-finger") as scanner:
            cancel = Event()
            timer = Timer(0.1, cancel.set)
            timer.start()
            with pytest.raises(CaptureCancelled):
                scanner.capture(self.patience_s, cancel)
            timer.join()
            with pytest.raises(CaptureTimeout):
                scanner.capture(0.1, Event())

    def test_cancel_that_came_before(self) -> None:
        cancel = Event()
        cancel.set()
        with self._scanner("no-finger") as scanner, pytest.raises(CaptureCancelled):
            scanner.capture(self.patience_s, cancel)

    def test_pulled_cable(self) -> None:
        with self._scanner("unplugged") as scanner, pytest.raises(DeviceLost):
            scanner.capture(self.patience_s, Event())

    def test_hang_ends_with_a_reset(self) -> None:
        with self._scanner("hang") as scanner, ThreadPoolExecutor(1) as worker:
            capture = worker.submit(scanner.capture, self.patience_s, Event())
            # A driver may notice by itself; one that cannot is freed by a reset, however often it is repeated.
            while not capture.done():
                scanner.reset()
                wait([capture], 0.02)
            assert isinstance(capture.exception(), DeviceLost)
            scanner.reset()
            assert_grey_frame(scanner.capture(self.patience_s, Event()))

    def test_closed_scanner_refuses(self) -> None:
        scanner = self._scanner("finger")
        with scanner:
            pass
        with pytest.raises(DeviceError):
            scanner.capture(0.1, Event())

    def test_self_test_passes(self) -> None:
        with self._scanner("self-test") as scanner:
            steps = list(scanner.self_test(Event()))
        assert steps
        assert all(step.name and step.detail for step in steps)
        assert [step.name for step in steps if not step.passed] == []

    def test_live_frames_follow_each_other(self) -> None:
        with self._scanner("finger") as scanner:
            cancel = Event()
            frames = list(islice(live(scanner).frames(cancel), 5))
            for frame in frames:
                assert frame.pixels.ndim == 2
                assert frame.pixels.dtype == np.uint8
            times = [frame.captured_at for frame in frames]
            assert times == sorted(set(times))

    def test_live_frames_end_with_cancel(self) -> None:
        with self._scanner("no-finger") as scanner:
            cancel = Event()
            frames = live(scanner).frames(cancel)
            next(frames)
            cancel.set()
            assert list(frames) == []

    def test_live_frames_tell_of_a_pulled_cable(self) -> None:
        with self._scanner("unplugged") as scanner:
            cancel = Event()
            timer = Timer(self.patience_s, cancel.set)
            timer.start()
            try:
                with pytest.raises(DeviceLost):
                    list(live(scanner).frames(cancel))
            finally:
                timer.cancel()
                timer.join()

    def _scanner(self, scenario: str) -> FingerprintScanner:
        if scenario not in self.scenarios:
            pytest.skip(f"this driver has no scenario {scenario!r}")
        return self.scanner(scenario)


def live(scanner: FingerprintScanner) -> LiveFingerprintScanner:
    """The same scanner, if it has previews; the test is skipped if not."""
    if not isinstance(scanner, LiveFingerprintScanner):
        pytest.skip("this scanner has no live frames")
    return scanner


def assert_grey_frame(frame: Frame) -> None:
    """A finger on a light ground: grey, two-dimensional, and by no means uniform."""
    assert frame.pixels.ndim == 2
    assert frame.pixels.dtype == np.uint8
    assert frame.ppi > 0
    dark, light = np.percentile(frame.pixels, (5, 95))
    assert light - dark > 40
