"""The way of one finger capture, read top to bottom; runs in the device's own thread."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from drivers import CaptureCancelled, CaptureTimeout, FingerprintScanner, Frame, LiveFingerprintScanner, ReportsProgress
from gateway.capture.auto_capture import AutoCapture, AutoCaptureSettings
from gateway.capture.job import (
    CANCEL_S,
    DRIVER_GRACE_S,
    SILENCE_S,
    Attempt,
    CaptureView,
    Watch,
    heeding_commands,
)
from gateway.capture.recorder import Recorder
from gateway.capture.values import CaptureRequest, CaptureState, Ended, Outcome
from gateway.devices.state import DeviceSnapshot, DeviceState
from gateway.fingerprint import FingerAnalysis, analyze
from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.metrics import timed


@dataclass(frozen=True)
class Taken:
    """A frame that was judged in full."""

    frame: Frame
    analysis: FingerAnalysis

    @property
    def rank(self) -> tuple[float, ...]:
        """By quality."""
        return (self.analysis.quality.score,)


FingerAttempt = Attempt[AutoCapture, Taken]


class FingerCapture:
    """One finger, over as many trips to the device as it takes.

    Parameters
    ----------
    removal_s : float
        How long the finger may stay on the glass afterwards.
    """

    def __init__(self, request: CaptureRequest, auto: AutoCaptureSettings, removal_s: float) -> None:
        self._request = request
        self._removal_s = removal_s
        self._attempt: FingerAttempt = Attempt(lambda: AutoCapture(auto))

    def on_device(
        self, scanner: FingerprintScanner, recorder: Recorder, view: CaptureView, watch: Watch, deadline: float
    ) -> Ended:
        """See `capture_finger`."""
        return capture_finger(scanner, self._request, self._attempt, recorder, view, watch, deadline)

    def leave(self, scanner: FingerprintScanner, view: CaptureView, watch: Watch) -> None:
        """Wait until the finger has left the glass: the next capture must not see it."""
        watch.expect(self._removal_s + CANCEL_S)
        view.show_device(DeviceState.AWAITING_FINGER_OFF)
        with contextlib.suppress(CaptureTimeout, CaptureCancelled):
            scanner.await_removal(self._removal_s, view.leaving)

    def best_record(self, recorder: Recorder, device: DeviceSnapshot) -> Callable[[], Ended] | None:
        """What records the finger that a lost scanner had shown; None where it was not seen."""
        best = self._attempt.best
        if best is None or (device.live_preview and not best.analysis.segmentation.any()):
            return None
        return partial(recorder.record_finger, self._request, device.identity, best.frame, best.analysis)

    def forget(self) -> None:
        """Let go of all frames."""
        self._attempt.reset()


def capture_finger(
    scanner: FingerprintScanner,
    request: CaptureRequest,
    attempt: FingerAttempt,
    recorder: Recorder,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Ended:
    """Capture one finger and record it.

    Parameters
    ----------
    attempt : FingerAttempt
        Holds the best frame so far, also where this raises.
    deadline : float
        `time.monotonic()` at which the best frame so far is taken, however good it is.

    Raises
    ------
    DeviceError
        `CaptureCancelled` when the view says to stop; `DeviceLost` when the device has to be brought back, after
        which the capture may be begun again.
    """
    attempt.begin()
    view.show_state(CaptureState.AWAITING_FINGER)
    for frame in _frames_worth_judging(scanner, request, attempt, view, watch, deadline):
        with timed("analysis"):
            analysis = analyze(frame.pixels, frame.ppi)
        if not isinstance(scanner, LiveFingerprintScanner):
            analysis = replace(analysis, guidance=_of_a_finger(analysis.guidance))
        attempt.keep(Taken(frame, analysis))
        if (attempt.triggered or _good_enough(attempt, request)) and not view.interrupt.is_set():
            break
        attempt.auto.refuse(frame)
    if attempt.best is None:
        return Ended(Outcome.NO_FINGER)
    view.show_state(CaptureState.PROCESSING)
    watch.expect(DRIVER_GRACE_S)
    return recorder.record_finger(request, scanner.identity, attempt.best.frame, attempt.best.analysis)


def _of_a_finger(remarks: tuple[Guidance, ...]) -> tuple[Guidance, ...]:
    """The remarks on a frame that its scanner took when it felt a finger: one without ridges is not an empty glass."""
    codes = {remark.code for remark in remarks}
    if GuidanceCode.NO_FINGER not in codes:
        return remarks
    if GuidanceCode.NOT_A_FINGER in codes:
        return (guidance(GuidanceCode.NOT_A_FINGER),)
    return (guidance(GuidanceCode.UNCLEAR_RIDGES),)


def _good_enough(attempt: FingerAttempt, request: CaptureRequest) -> bool:
    best = attempt.best
    return best is not None and not request.manual and best.analysis.quality.score >= request.min_quality


def _frames_worth_judging(
    scanner: FingerprintScanner,
    request: CaptureRequest,
    attempt: FingerAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Frame]:
    def looked_at(deadline: float) -> Iterator[Frame]:
        if isinstance(scanner, LiveFingerprintScanner):
            return _live_frames(scanner, request, attempt, view, watch, deadline)
        return _placements(scanner, request, attempt, view, watch, deadline)

    def at_hand() -> Frame | None:
        # A finger too worn to be seen as one is recorded all the same when the operator says so.
        return attempt.auto.best or attempt.auto.newest

    return heeding_commands(
        looked_at, at_hand, attempt, view, CaptureState.AWAITING_FINGER, request.timeout_s, deadline
    )


def _live_frames(
    scanner: LiveFingerprintScanner,
    request: CaptureRequest,
    attempt: FingerAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Frame]:
    """Frames of a live scanner that auto-capture takes; at the deadline the best of them all."""
    watch.expect(SILENCE_S)
    for frame in scanner.frames(view.interrupt):
        watch.expect(SILENCE_S)
        look = attempt.auto.look(frame)
        view.show_frame(frame, look.live)
        view.show_state(CaptureState.CAPTURING if look.live.finger_present else CaptureState.AWAITING_FINGER)
        if look.take and not request.manual:
            yield frame
        if time.monotonic() >= deadline:
            if attempt.auto.best is not None:
                yield attempt.auto.best
            return


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


def _placements(
    scanner: FingerprintScanner,
    request: CaptureRequest,
    attempt: FingerAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Frame]:
    """The frame of each placement on a scanner that gives one per placement, until the deadline."""
    while (remaining := deadline - time.monotonic()) > 0:
        watch.expect(remaining + DRIVER_GRACE_S)
        try:
            with _shown_progress(scanner, view, watch):
                frame = scanner.capture(remaining, view.interrupt)
        except CaptureTimeout:
            return
        live = attempt.auto.look(frame).live
        view.show_frame(frame, replace(live, finger_present=True, guidance=_of_a_finger(live.guidance)))
        view.show_state(CaptureState.CAPTURING)
        yield frame
        # Not good enough: the finger must be lifted before it can be laid on again.
        watch.expect(remaining + DRIVER_GRACE_S)
        try:
            scanner.await_removal(max(0.0, deadline - time.monotonic()), view.interrupt)
        except CaptureTimeout:
            return
        view.show_state(CaptureState.AWAITING_FINGER)
