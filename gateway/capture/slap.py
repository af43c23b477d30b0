"""The way of one slap, several fingers at once, read top to bottom; runs in the device's own thread."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from drivers import DeviceIdentity, FingerprintScanner, Frame, LiveFingerprintScanner
from gateway.capture.auto_capture import AutoCaptureSettings
from gateway.capture.job import DRIVER_GRACE_S, SILENCE_S, Attempt, CaptureView, Watch, heeding_commands
from gateway.capture.judged_slap import JudgedSlap, judged_slap
from gateway.capture.placements import await_free_glass, placements
from gateway.capture.recorder import Recorder
from gateway.capture.slap_auto_capture import SlapAutoCapture
from gateway.capture.values import CaptureRequest, CaptureState, Ended, LiveQuality, Outcome
from gateway.devices.state import DeviceSnapshot
from gateway.finger import SlapHand
from gateway.guidance import GuidanceCode, guidance
from gateway.metrics import timed

SlapAttempt = Attempt[SlapAutoCapture, JudgedSlap]
Record = Callable[[DeviceIdentity, JudgedSlap], Ended]


class SlapCapture:
    """One slap, over as many trips to the device as it takes.

    Parameters
    ----------
    removal_s : float
        How long the hand may stay on the glass afterwards.
    """

    def __init__(self, request: CaptureRequest, hand: SlapHand, auto: AutoCaptureSettings, removal_s: float) -> None:
        self._request = request
        self._hand = hand
        self._removal_s = removal_s
        missing = tuple(position for position, _ in request.missing)
        self._attempt: SlapAttempt = Attempt(lambda: SlapAutoCapture(auto, hand, missing))

    def on_device(
        self, scanner: FingerprintScanner, recorder: Recorder, view: CaptureView, watch: Watch, deadline: float
    ) -> Ended:
        """See `capture_slap`."""
        record = partial(recorder.record_slap, self._request)
        return capture_slap(scanner, self._request, self._hand, self._attempt, record, view, watch, deadline)

    def leave(self, scanner: FingerprintScanner, view: CaptureView, watch: Watch) -> None:
        """Wait until the hand has left the glass: the next capture must not see it."""
        await_free_glass(scanner, self._removal_s, view, watch)

    def best_record(self, recorder: Recorder, device: DeviceSnapshot) -> Callable[[], Ended] | None:
        """What records the slap that a lost scanner had shown; None where no finger of it was seen."""
        best = self._attempt.best
        return None if best is None else partial(recorder.record_slap, self._request, device.identity, best)

    def forget(self) -> None:
        """Let go of all frames."""
        self._attempt.reset()


def capture_slap(
    scanner: FingerprintScanner,
    request: CaptureRequest,
    hand: SlapHand,
    attempt: SlapAttempt,
    record: Record,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Ended:
    """Capture the fingers of one slap and record them.

    The other hand is not taken by itself: TRIGGER takes it, for whom the shape of the hand deceives.

    Parameters
    ----------
    attempt : SlapAttempt
        Holds the best judgement so far, also where this raises.
    record : callable
        Records the best, given whose it is.
    deadline : float
        `time.monotonic()` at which the best frame so far is taken, however many of its fingers are good.

    Raises
    ------
    DeviceError
        As `capture_finger`.
    """
    attempt.begin()
    view.show_state(CaptureState.AWAITING_FINGER)
    missing = tuple(position for position, _ in request.missing)
    for frame in _frames_worth_judging(scanner, request, attempt, view, watch, deadline):
        watch.expect(DRIVER_GRACE_S)
        with timed("analysis"):
            judged = judged_slap(frame, hand, missing, request.threshold)
        if judged.fingers and (attempt.triggered or not judged.seen.wrong_hand):
            attempt.keep(judged)
        if _is_over(attempt, request) and not view.interrupt.is_set():
            break
        attempt.auto.refuse(frame)
    if attempt.best is None:
        return Ended(Outcome.NO_FINGER, guidance=attempt.auto.remarks or (guidance(GuidanceCode.NO_FINGER),))
    view.show_state(CaptureState.PROCESSING)
    watch.expect(DRIVER_GRACE_S)
    return record(scanner.identity, attempt.best)


def _is_over(attempt: SlapAttempt, request: CaptureRequest) -> bool:
    best = attempt.best
    return attempt.triggered or (best is not None and not request.manual and best.good)


def _frames_worth_judging(
    scanner: FingerprintScanner,
    request: CaptureRequest,
    attempt: SlapAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Frame]:
    def looked_at(deadline: float) -> Iterator[Frame]:
        if isinstance(scanner, LiveFingerprintScanner):
            return _live_frames(scanner, request, attempt, view, watch, deadline)

        def show(frame: Frame) -> None:
            _show(frame, attempt.auto.look(frame).live, view)

        return placements(scanner, request.calibration.correct, show, view, watch, deadline)

    def at_hand() -> Frame | None:
        # Fingers too worn for the quick look, or of the other hand, are judged in full when the operator says so.
        return attempt.auto.best or attempt.auto.newest

    return heeding_commands(
        looked_at, at_hand, attempt, view, CaptureState.AWAITING_FINGER, request.timeout_s, deadline
    )


def _live_frames(
    scanner: LiveFingerprintScanner,
    request: CaptureRequest,
    attempt: SlapAttempt,
    view: CaptureView,
    watch: Watch,
    deadline: float,
) -> Iterator[Frame]:
    """Of frames that auto-capture takes the clearest of the last ones; at the deadline the best of them all."""
    watch.expect(SILENCE_S)
    for raw in scanner.frames(view.interrupt):
        watch.expect(SILENCE_S)
        frame = request.calibration.correct(raw)
        look = attempt.auto.look(frame)
        _show(frame, look.live, view)
        if look.take and not request.manual:
            yield attempt.auto.chosen() or frame
            watch.expect(SILENCE_S)
        if time.monotonic() >= deadline:
            if attempt.auto.best is not None:
                yield attempt.auto.best
            return


def _show(frame: Frame, live: LiveQuality, view: CaptureView) -> None:
    view.show_frame(frame, live)
    view.show_state(CaptureState.CAPTURING if live.finger_present else CaptureState.AWAITING_FINGER)
