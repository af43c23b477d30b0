"""Fingers laid on a scanner's glass and lifted from it again, one image for each time; runs in the device's thread."""

import contextlib
import time
from collections.abc import Callable, Iterator

from drivers import CaptureCancelled, CaptureTimeout, FingerprintScanner, Frame, ReportsProgress
from gateway.capture.job import CANCEL_S, DRIVER_GRACE_S, CaptureView, Watch
from gateway.capture.values import CaptureState
from gateway.devices.state import DeviceState
from gateway.guidance import Guidance, GuidanceCode, guidance


def placements(
    scanner: FingerprintScanner,
    correct: Callable[[Frame], Frame],
    show: Callable[[Frame], None],
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Frame]:
    """The frame of each placement on a scanner that gives one per placement, until the deadline.

    Parameters
    ----------
    correct : callable
        By the scanner's calibration: before a frame is looked at.
    show : callable
        Looks at a frame and shows it.
    deadline : float
        `time.monotonic()`.
    """
    while (remaining := deadline - time.monotonic()) > 0:
        watch.expect(remaining + DRIVER_GRACE_S)
        try:
            with _shown_progress(scanner, view, watch):
                frame = correct(scanner.capture(remaining, view.interrupt))
        except CaptureTimeout:
            return
        show(frame)
        view.show_state(CaptureState.CAPTURING)
        yield frame
        # Not good enough: the finger must be lifted before it can be laid on again.
        watch.expect(remaining + DRIVER_GRACE_S)
        try:
            scanner.await_removal(max(0.0, deadline - time.monotonic()), view.interrupt)
        except CaptureTimeout:
            return
        view.show_state(CaptureState.AWAITING_FINGER)


def await_free_glass(scanner: FingerprintScanner, removal_s: float, view: CaptureView, watch: Watch) -> None:
    """Wait until what was captured has left the glass: the next capture must not see it.

    Parameters
    ----------
    removal_s : float
        How long it may stay.
    """
    watch.expect(removal_s + CANCEL_S)
    view.show_device(DeviceState.AWAITING_FINGER_OFF)
    with contextlib.suppress(CaptureTimeout, CaptureCancelled):
        scanner.await_removal(removal_s, view.leaving)


def of_a_finger(remarks: tuple[Guidance, ...]) -> tuple[Guidance, ...]:
    """The remarks on a frame that its scanner took when it felt a finger: one without ridges is not an empty glass."""
    codes = {remark.code for remark in remarks}
    if GuidanceCode.NO_FINGER not in codes:
        return remarks
    if GuidanceCode.NOT_A_FINGER in codes:
        return (guidance(GuidanceCode.NOT_A_FINGER),)
    return (guidance(GuidanceCode.UNCLEAR_RIDGES),)


@contextlib.contextmanager
def _shown_progress(scanner: FingerprintScanner, view: CaptureView, watch: Watch) -> Iterator[None]:
    """Show how far the image of a slow scanner is; each word of it is a sign of life."""
    if not isinstance(scanner, ReportsProgress):
        yield
        return

    def progress(share: float) -> None:
        watch.expect(DRIVER_GRACE_S)
        view.show_state(CaptureState.CAPTURING)
        view.show_transfer(share)

    scanner.progress = progress
    try:
        yield
    finally:
        scanner.progress = None
