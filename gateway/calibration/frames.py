"""Frames for a calibration, in the device's thread: of what lies still, and one of each finger that is laid."""

import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

from calibration.procedures import AnyFrame
from drivers import CaptureTimeout, FingerprintScanner
from gateway.devices.worker import Watch
from gateway.guidance import LocalizedText

LIFT_S = 30.0
"""To lift a finger, at least."""
MARGIN_S = 30.0
"""Beyond what the driver is given, before it counts as hung."""

FIRST_S = 30.0
"""Until the first frame of a device that shows them: sensors warm up, and what draws one is loaded."""
SILENCE_S = 10.0
"""Between two frames; longer than a machine is ever too busy, and soon enough for who waits beside the device."""


def shown_frames(driver: Any, stop: Event, watch: Watch, timeout_s: float) -> Iterator[AnyFrame]:
    """Frames of a device that shows them, or one for each capture of a device that does not; until `stop` is set."""
    if hasattr(driver, "frames"):
        watch.expect(FIRST_S)
        for frame in driver.frames(stop):
            watch.expect(SILENCE_S)
            yield frame
        return
    scanner: FingerprintScanner = driver
    while not stop.is_set():
        watch.expect(timeout_s + MARGIN_S)
        yield scanner.capture(timeout_s, stop)


def captured_prints(
    driver: Any,
    watch: Watch,
    stop: Event,
    count: int,
    timeout_s: float,
    *,
    lay: Callable[[int], None],
    fault_of: Callable[[AnyFrame], LocalizedText | None],
    told: Callable[[int, LocalizedText | None], None],
) -> Iterator[AnyFrame]:
    """Capture so many prints, a finger laid anew for each; one that shows no print is captured again.

    Parameters
    ----------
    driver : FingerprintScanner
    watch : Watch
    stop : Event
    count : int
    timeout_s : float
        For each finger, from one print to the next.
    lay : callable
        Lays the finger of that number, from 1, where the device draws what it sees.
    fault_of : callable
        What is wrong with a frame; None where it shows a print.
    told : callable
        Called with how many are there, and what is wrong with the last.

    Raises
    ------
    DeviceError
        As the driver's; `CaptureCancelled` once `stop` is set, `CaptureTimeout` where no print comes in time.
    """
    for number in range(1, count + 1):
        lay(number)
        deadline, fault = time.monotonic() + timeout_s, None
        while True:
            told(number - 1, fault)
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                said = f" ({fault.en})" if fault else ""
                raise CaptureTimeout(f"print {number} of {count} did not come in {timeout_s:.0f} s{said}")
            watch.expect(left_s + MARGIN_S)
            frame = driver.capture(left_s, stop)
            if hasattr(driver, "await_removal"):
                left_s = max(LIFT_S, deadline - time.monotonic())
                watch.expect(left_s + MARGIN_S)
                driver.await_removal(left_s, stop)
            fault = fault_of(frame)
            if fault is None:
                yield frame
                break
    told(count, None)
