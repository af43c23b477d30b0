"""The way of one finger capture, read top to bottom; runs in the device's own thread."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Event
from typing import Protocol

from drivers import CaptureCancelled, CaptureTimeout, FingerprintScanner, Frame, LiveFingerprintScanner, ReportsProgress
from gateway.capture.auto_capture import AutoCapture, AutoCaptureSettings
from gateway.capture.recorder import Recorder
from gateway.capture.values import CaptureRequest, CaptureState, Ended, LiveQuality, Outcome
from gateway.fingerprint import FingerAnalysis, analyze
from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.metrics import timed

SILENCE_S = 2.0
"""A live scanner that delivers no frame for so long hangs."""

DRIVER_GRACE_S = 10.0
"""What a driver may take beyond the time-out it was given: power-up, retries, the transfer of the image."""


class Watch(Protocol):
    """The watchdog, as the capture sees it."""

    def expect(self, within_s: float) -> None:
        """The next sign of life comes within `within_s`."""
        ...


class CaptureView(Protocol):
    """What the capture shows to whoever watches, and what it is told; called from the device's thread."""

    interrupt: Event
    """Set whenever a command has come: the wait for a finger ends, and `command` says why."""

    def command(self) -> "Command":
        """The command that came, once; clears `interrupt` unless it is to stop."""
        ...

    def show_state(self, state: CaptureState) -> None:
        """The capture has come to `state`; `CaptureCancelled` where it is to be recorded but was told to stop."""
        ...

    def show_frame(self, frame: Frame, live: LiveQuality) -> None:
        """A frame for the preview."""
        ...

    def show_transfer(self, share: float) -> None:
        """So much of an image has arrived from a slow device, 0 to 1."""
        ...


@dataclass(frozen=True)
class Command:
    """What a client wants of a running capture."""

    trigger: bool = False
    retake: bool = False


@dataclass(frozen=True)
class Taken:
    """A frame that was judged in full."""

    frame: Frame
    analysis: FingerAnalysis


class Attempt:
    """What is kept between frames until the capture is over or begun anew; outlives a lost device."""

    def __init__(self, settings: AutoCaptureSettings) -> None:
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget everything: RETAKE."""
        self.best: Taken | None = None
        self.triggered = False
        self.begin()

    def begin(self) -> None:
        """A stream of frames begins: what auto-capture knew of the one before does not count."""
        self.auto = AutoCapture(self._settings)

    def keep(self, taken: Taken) -> None:
        """Remember the better one."""
        if self.best is None or taken.analysis.quality.score >= self.best.analysis.quality.score:
            self.best = taken


def capture_finger(
    scanner: FingerprintScanner,
    request: CaptureRequest,
    attempt: Attempt,
    recorder: Recorder,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Ended:
    """Capture one finger and record it.

    Parameters
    ----------
    attempt : Attempt
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


def _good_enough(attempt: Attempt, request: CaptureRequest) -> bool:
    best = attempt.best
    return best is not None and not request.manual and best.analysis.quality.score >= request.min_quality


def _frames_worth_judging(
    scanner: FingerprintScanner,
    request: CaptureRequest,
    attempt: Attempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Frame]:
    """Yield frames to be judged in full, until the deadline or a TRIGGER; begin again at a RETAKE."""
    while True:
        with contextlib.suppress(CaptureCancelled):  # by a command: see which
            if isinstance(scanner, LiveFingerprintScanner):
                yield from _live_frames(scanner, request, attempt, view, watch, deadline)
            else:
                yield from _placements(scanner, request, attempt, view, watch, deadline)
        if not view.interrupt.is_set():
            return
        command = view.command()
        if command.retake:
            attempt.reset()
            deadline = time.monotonic() + request.timeout_s
            view.show_state(CaptureState.AWAITING_FINGER)
        if command.trigger:
            attempt.triggered = True
            # A finger too worn to be seen as one is recorded all the same when the operator says so.
            frame = attempt.auto.best or attempt.auto.newest
            if frame is not None:
                yield frame
            return


def _live_frames(
    scanner: LiveFingerprintScanner,
    request: CaptureRequest,
    attempt: Attempt,
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
    attempt: Attempt,
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
