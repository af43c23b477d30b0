"""The way of one finger capture, read top to bottom; runs in the device's own thread."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from drivers import FingerprintScanner, Frame, LiveFingerprintScanner
from gateway.capture.auto_capture import AutoCapture, AutoCaptureSettings
from gateway.capture.job import (
    DRIVER_GRACE_S,
    SILENCE_S,
    Attempt,
    CaptureView,
    Watch,
    heeding_commands,
)
from gateway.capture.placements import await_free_glass, of_a_finger, placements
from gateway.capture.recorder import Recorder
from gateway.capture.values import CaptureRequest, CaptureState, Ended, Outcome
from gateway.devices.state import DeviceSnapshot
from gateway.fingerprint import FingerAnalysis, analyze
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
        await_free_glass(scanner, self._removal_s, view, watch)

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
            analysis = replace(analysis, guidance=of_a_finger(analysis.guidance))
        attempt.keep(Taken(frame, analysis))
        if (attempt.triggered or _good_enough(attempt, request)) and not view.interrupt.is_set():
            break
        attempt.auto.refuse(frame)
    if attempt.best is None:
        return Ended(Outcome.NO_FINGER)
    view.show_state(CaptureState.PROCESSING)
    watch.expect(DRIVER_GRACE_S)
    return recorder.record_finger(request, scanner.identity, attempt.best.frame, attempt.best.analysis)


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
    for raw in scanner.frames(view.interrupt):
        watch.expect(SILENCE_S)
        frame = request.calibration.correct(raw)
        look = attempt.auto.look(frame)
        view.show_frame(frame, look.live)
        view.show_state(CaptureState.CAPTURING if look.live.finger_present else CaptureState.AWAITING_FINGER)
        if look.take and not request.manual:
            yield frame
        if time.monotonic() >= deadline:
            if attempt.auto.best is not None:
                yield attempt.auto.best
            return


def _placements(
    scanner: FingerprintScanner,
    request: CaptureRequest,
    attempt: FingerAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Frame]:
    """The frame of each placement on a scanner that gives one per placement, until the deadline."""

    def show(frame: Frame) -> None:
        live = attempt.auto.look(frame).live
        view.show_frame(frame, replace(live, finger_present=True, guidance=of_a_finger(live.guidance)))

    return placements(scanner, request.calibration.correct, show, view, watch, deadline)
