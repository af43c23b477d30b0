"""The way of one iris capture, read top to bottom; runs in the device's own thread."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Protocol, runtime_checkable

from drivers import CaptureTimeout, DeviceIdentity, IrisFrame, LightChange, ReportsLightChange
from gateway.capture import problems
from gateway.capture.iris_auto_capture import IrisAutoCapture, IrisAutoCaptureSettings
from gateway.capture.job import DRIVER_GRACE_S, SILENCE_S, Attempt, CaptureView, Watch, heeding_commands
from gateway.capture.judged_eyes import JudgedEyes, OneEyeCameraError, judged_eyes
from gateway.capture.liveness import stated_liveness
from gateway.capture.observed_frames import Observed, ObservedFrames
from gateway.capture.recorder import Recorder
from gateway.capture.values import CaptureRequest, CaptureState, Ended, LiveQuality, Outcome
from gateway.devices.state import DeviceSnapshot
from gateway.eye import EyePosition
from gateway.guidance import GuidanceCode, guidance
from gateway.metrics import timed
from gateway.trust import StatedLiveness


class StillCamera(Protocol):
    """An iris camera, as far as a capture needs it: one that delivers a frame when asked."""

    @property
    def identity(self) -> DeviceIdentity:
        """Valid once the `with` block was entered."""
        ...

    def capture(self, timeout_s: float, cancel: Event) -> IrisFrame:
        """As `IrisCamera.capture`."""
        ...


@runtime_checkable
class LiveCamera(Protocol):
    """An iris camera that shows what is before it, frame after frame."""

    def frames(self, cancel: Event) -> Iterator[IrisFrame]:
        """As `IrisCamera.frames`."""
        ...


Burst = tuple[IrisFrame, ...]
"""Frames to be judged in full, of which the best is kept."""


@dataclass(frozen=True, eq=False)
class TakenEyes:
    """The best so far, and the frames about it that were kept for its liveness when it was taken."""

    judged: JudgedEyes
    observed: tuple[Observed, ...]

    @property
    def rank(self) -> tuple[float, ...]:
        """As that of `judged`."""
        return self.judged.rank


IrisAttempt = Attempt[IrisAutoCapture, TakenEyes]


class IrisCapture:
    """One eye, or both at once, over as many trips to the device as it takes.

    Parameters
    ----------
    liveness : bool
        Whether signs of an attack are looked for.
    """

    def __init__(
        self, request: CaptureRequest, eye: EyePosition, auto: IrisAutoCaptureSettings, *, liveness: bool
    ) -> None:
        self._request = request
        self._eye = eye
        self._liveness = liveness
        self._attempt: IrisAttempt = Attempt(lambda: IrisAutoCapture(auto, eye))

    def on_device(
        self, camera: StillCamera, recorder: Recorder, view: CaptureView, watch: Watch, deadline: float
    ) -> Ended:
        """See `capture_iris`."""
        record = partial(self._record, recorder)
        return capture_iris(camera, self._request, self._eye, self._attempt, record, view, watch, deadline)

    def leave(self, camera: StillCamera, view: CaptureView, watch: Watch) -> None:
        """Nothing to wait for: an eye leaves nothing behind, and one that stays is known again by its code."""

    def best_record(self, recorder: Recorder, device: DeviceSnapshot) -> Callable[[], Ended] | None:
        """What records the eye that a lost camera had shown; None where it was not seen."""
        best = self._attempt.best
        return None if best is None else partial(self._record, recorder, best, device.identity, None)

    def forget(self) -> None:
        """Let go of all frames."""
        self._attempt.reset()

    def _record(
        self, recorder: Recorder, best: TakenEyes, identity: DeviceIdentity, light: LightChange | None
    ) -> Ended:
        liveness: tuple[StatedLiveness, ...] = ()
        if self._liveness:
            # More frames may have come of the same person since; or the camera was lost, and these are all.
            observed = max(best.observed, self._attempt.auto.observed.around(best.judged), key=len)
            liveness = stated_liveness(self._request.capture_id, self._eye, observed, light)
        return recorder.record_iris(self._request, identity, best.judged, liveness)


def capture_iris(
    camera: StillCamera,
    request: CaptureRequest,
    eye: EyePosition,
    attempt: IrisAttempt,
    record: Callable[[TakenEyes, DeviceIdentity, LightChange | None], Ended],
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Ended:
    """Capture one eye, or both of a frame that shows both, and record it.

    Parameters
    ----------
    attempt : IrisAttempt
        Holds the best judgement so far, also where this raises.
    record : callable
        Records the best, given whose it is and when the camera's visible light changed last.
    deadline : float
        `time.monotonic()` at which the best frame so far is taken, however good it is.

    Raises
    ------
    DeviceError
        As `capture_finger`.
    """
    attempt.begin()
    view.show_state(CaptureState.AWAITING_EYE)
    try:
        for burst in _bursts_worth_judging(camera, request, attempt, view, watch, deadline):
            watch.expect(DRIVER_GRACE_S)
            judged = _best_of(burst, eye, attempt.auto.observed, view)
            if judged.seen or attempt.triggered or (attempt.auto.saw_eye and not judged.wrong_eye):
                attempt.keep(TakenEyes(judged, attempt.auto.observed.around(judged)))
            if _is_over(attempt, request) and not view.interrupt.is_set():
                break
            attempt.auto.refuse(burst, judged.guidance, time.monotonic())
    except OneEyeCameraError:
        return Ended(Outcome.FAILED, problem=problems.one_eye_camera())
    if attempt.best is None:
        return Ended(Outcome.NO_EYE, guidance=attempt.auto.remarks or (guidance(GuidanceCode.NO_EYE),))
    view.show_state(CaptureState.PROCESSING)
    watch.expect(DRIVER_GRACE_S)
    light = camera.light_change if isinstance(camera, ReportsLightChange) else None
    return record(attempt.best, camera.identity, light)


def _best_of(burst: Burst, eye: EyePosition, observed: ObservedFrames, view: CaptureView) -> JudgedEyes:
    with timed("analysis"):
        judged = [judged_eyes(burst[0], eye)]
        for frame in burst[1:]:
            if view.interrupt.is_set():
                break
            judged.append(judged_eyes(frame, eye))
    for each in judged:
        observed.judge(each)
    return max(judged, key=lambda each: each.rank)


def _is_over(attempt: IrisAttempt, request: CaptureRequest) -> bool:
    """Whether somebody said TRIGGER, or the best is good enough and the person can do nothing better in time."""
    if attempt.triggered or attempt.best is None or request.manual:
        return attempt.triggered
    best = attempt.best.judged
    enough = best.coded and best.quality is not None and best.quality.score >= request.min_quality
    return enough and not attempt.auto.could_be_better(best.guidance, time.monotonic())


def _bursts_worth_judging(
    camera: StillCamera,
    request: CaptureRequest,
    attempt: IrisAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Burst]:
    def looked_at(deadline: float) -> Iterator[Burst]:
        if isinstance(camera, LiveCamera):
            return _live_bursts(camera, request, attempt, view, watch, deadline)
        return _single_frames(camera, request, attempt, view, watch, deadline)

    def at_hand() -> Burst | None:
        # An eye that cannot be opened, or is not seen as one, is recorded all the same when the operator says so.
        newest = attempt.auto.newest
        return attempt.auto.sharpest() or (None if newest is None else (newest,))

    return heeding_commands(looked_at, at_hand, attempt, view, CaptureState.AWAITING_EYE, request.timeout_s, deadline)


def _live_bursts(
    camera: LiveCamera,
    request: CaptureRequest,
    attempt: IrisAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Burst]:
    """The sharpest frames of the last second whenever auto-capture takes them; at the deadline the sharpest of all."""
    watch.expect(SILENCE_S)
    for raw in camera.frames(view.interrupt):
        watch.expect(SILENCE_S)
        frame = request.calibration.correct(raw)
        look = attempt.auto.look(frame)
        _show(frame, look.live, view)
        if look.take and not request.manual:
            yield attempt.auto.recent()
            watch.expect(SILENCE_S)
        if time.monotonic() >= deadline:
            # The quick look may miss an eye that the full one finds.
            yield tuple(dict.fromkeys((*attempt.auto.sharpest(), frame)))
            return


def _single_frames(
    camera: StillCamera,
    request: CaptureRequest,
    attempt: IrisAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Burst]:
    """Frame after frame of a camera that gives one when asked: each that shows an eye, but for the wrong one."""
    while (remaining := deadline - time.monotonic()) > 0:
        watch.expect(remaining + DRIVER_GRACE_S)
        try:
            frame = request.calibration.correct(camera.capture(remaining, view.interrupt))
        except CaptureTimeout:
            break
        _show(frame, attempt.auto.look(frame).live, view)
        if frame in attempt.auto.recent() and not request.manual:
            yield (frame,)
    watch.expect(DRIVER_GRACE_S)
    if left := attempt.auto.sharpest():
        yield left


def _show(frame: IrisFrame, live: LiveQuality, view: CaptureView) -> None:
    view.show_frame(frame, live)
    view.show_state(CaptureState.CAPTURING if live.eye_present else CaptureState.AWAITING_EYE)
