"""The way of one portrait, read top to bottom; runs in the device's own thread."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event
from typing import Protocol

from drivers import DeviceIdentity, PortraitFrame
from gateway.capture.job import SILENCE_S, Attempt, CaptureView, Watch, heeding_commands
from gateway.capture.portrait_auto_capture import JudgedPortrait, PortraitAutoCapture, PortraitAutoCaptureSettings
from gateway.capture.recorder import Recorder
from gateway.capture.values import CaptureRequest, CaptureState, Ended, Outcome
from gateway.devices.state import DeviceSnapshot
from gateway.guidance import GuidanceCode, guidance
from gateway.metrics import timed

RECORD_S = 10.0
"""Cutting, coding, signing and storing take a tenth of a second; a full disk more."""


class Camera(Protocol):
    """A portrait camera, as far as a capture needs it."""

    @property
    def identity(self) -> DeviceIdentity:
        """Valid once the `with` block was entered."""
        ...

    def frames(self, cancel: Event) -> Iterator[PortraitFrame]:
        """As `PortraitCamera.frames`."""
        ...


PortraitAttempt = Attempt[PortraitAutoCapture, JudgedPortrait]


class PortraitCapture:
    """One portrait, over as many trips to the device as it takes."""

    def __init__(self, request: CaptureRequest, auto: PortraitAutoCaptureSettings) -> None:
        self._request = request
        self._attempt: PortraitAttempt = Attempt(lambda: PortraitAutoCapture(auto))

    def on_device(self, camera: Camera, recorder: Recorder, view: CaptureView, watch: Watch, deadline: float) -> Ended:
        """See `capture_portrait`."""

        def record(best: JudgedPortrait, identity: DeviceIdentity) -> Ended:
            return recorder.record_portrait(self._request, identity, best)

        return capture_portrait(camera, self._request, self._attempt, record, view, watch, deadline)

    def leave(self, camera: Camera, view: CaptureView, watch: Watch) -> None:
        """Nothing to wait for: a face leaves nothing behind."""

    def best_record(self, recorder: Recorder, device: DeviceSnapshot) -> Callable[[], Ended] | None:
        """What records the face that a lost camera had shown; None where none was seen."""
        best = self._attempt.best or self._attempt.auto.best
        return None if best is None else partial(recorder.record_portrait, self._request, device.identity, best)

    def forget(self) -> None:
        """Let go of all frames."""
        self._attempt.reset()


def capture_portrait(
    camera: Camera,
    request: CaptureRequest,
    attempt: PortraitAttempt,
    record: Callable[[JudgedPortrait, DeviceIdentity], Ended],
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Ended:
    """Capture the portrait of who is before the camera, and record it.

    Parameters
    ----------
    attempt : PortraitAttempt
        Holds the best frame so far, also where this raises.
    record : callable
        Records the best, given whose camera it is.
    deadline : float
        `time.monotonic()` at which the best frame so far is taken, however good it is; without a face in any, none.

    Raises
    ------
    DeviceError
        As `capture_finger`.
    """
    if attempt.auto.best is not None:  # before the camera was lost
        attempt.keep(attempt.auto.best)
    attempt.begin()
    view.show_state(CaptureState.AWAITING_FACE)
    for judged in _worth_recording(camera, request, attempt, view, watch, deadline):
        if judged.seen or attempt.triggered:
            attempt.keep(judged)
        if _is_over(attempt, request) and not view.interrupt.is_set():
            break
    if attempt.best is None:
        return Ended(Outcome.NO_FACE, guidance=attempt.auto.remarks or (guidance(GuidanceCode.NO_FACE),))
    view.show_state(CaptureState.PROCESSING)
    watch.expect(RECORD_S)
    return record(attempt.best, camera.identity)


def _is_over(attempt: PortraitAttempt, request: CaptureRequest) -> bool:
    """Whether somebody said TRIGGER, or the best is good enough."""
    if attempt.triggered or attempt.best is None or request.manual:
        return attempt.triggered
    quality = attempt.best.analysis.quality
    return quality is not None and quality.score >= request.min_quality


def _worth_recording(
    camera: Camera,
    request: CaptureRequest,
    attempt: PortraitAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[JudgedPortrait]:
    def looked_at(deadline: float) -> Iterator[JudgedPortrait]:
        return _frames(camera, request, attempt, view, watch, deadline)

    def at_hand() -> JudgedPortrait | None:
        # A face that is not seen as one is recorded all the same when the operator, who sees it, says so.
        attempt.best = None
        return attempt.auto.recent()

    awaiting = CaptureState.AWAITING_FACE
    return heeding_commands(looked_at, at_hand, attempt, view, awaiting, request.timeout_s, deadline)


def _frames(
    camera: Camera,
    request: CaptureRequest,
    attempt: PortraitAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[JudgedPortrait]:
    """The best frame of the last second whenever auto-capture takes it; at the deadline the best of all."""
    watch.expect(SILENCE_S)
    for raw in camera.frames(view.interrupt):
        watch.expect(SILENCE_S)
        frame = request.calibration.correct(raw)
        with timed("analysis"):
            look = attempt.auto.look(frame)
        view.show_frame(frame, look.live)
        view.show_state(CaptureState.CAPTURING if look.live.face_present else CaptureState.AWAITING_FACE)
        best = attempt.auto.recent()
        if look.take and not request.manual and best is not None:
            yield best
            watch.expect(SILENCE_S)
        if time.monotonic() >= deadline:
            if attempt.auto.best is not None:
                yield attempt.auto.best
            return
