"""One capture as an object of the gateway: it runs, is watched, is told things, and ends."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceDriver,
    DeviceError,
    DeviceLost,
    Frame,
    IrisFrame,
    PortraitFrame,
)
from gateway.capture import problems
from gateway.capture.job import CANCEL_S, Command
from gateway.capture.leases import LeaseHeldError
from gateway.capture.modality import ModalitySettings, modality_capture
from gateway.capture.recorder import Recorder, RecordingError
from gateway.capture.thread_view import ThreadView
from gateway.capture.values import (
    Action,
    CaptureRequest,
    CaptureSnapshot,
    CaptureState,
    Ended,
    ImageTransfer,
    LiveQuality,
    MissingReason,
    Outcome,
    Problem,
)
from gateway.devices.device import Device
from gateway.devices.state import DeviceState
from gateway.devices.worker import Watch
from gateway.events import EventLog
from gateway.metrics import CAPTURES

log = structlog.get_logger(__name__)

EVENTS_KEPT = 4096
"""Of one capture: at 5 live qualities a second more than its longest time-out of 300 s gives."""

LIVE_EVENT_PAUSE_S = 0.2
MAX_PREVIEW_AGE_S = 0.1
"""Two frames at 20 a second; what the client sees is to be younger than 150 ms."""


@dataclass(frozen=True)
class SessionSettings:
    """How captures run."""

    modalities: ModalitySettings
    recovery_s: float


@dataclass(frozen=True)
class Preview:
    """The newest frame for people to look at."""

    seq: int
    frame: Frame | IrisFrame | PortraitFrame
    live: LiveQuality


class CaptureSession:
    """One capture; belongs to the event loop's thread, but for its `ThreadView`, which the device's thread uses."""

    def __init__(
        self,
        request: CaptureRequest,
        device: Device,
        recorder: Recorder,
        settings: SessionSettings,
        on_change: Callable[[CaptureSnapshot], None],
    ) -> None:
        self.device = device
        self.snapshot = CaptureSnapshot(request)
        self.events: EventLog[CaptureSnapshot | LiveQuality | ImageTransfer] = EventLog(EVENTS_KEPT)
        self.watchers = 0
        self.lease_id = ""
        """The lease that its asker holds; empty where it has one of its own."""
        self.asked_at = asyncio.get_running_loop().time()
        """When somebody last cared for it, by the loop's clock."""
        self.gives_up_unwatched = False
        """Holds a lease of its own, so that it ends when all who watched it are gone."""
        self.renew_lease: Callable[[], object] = lambda: None
        """Starts the term of the capture's own lease anew; does nothing where the lease is its asker's."""
        self.done = asyncio.Event()
        self.stopped = asyncio.Event()
        """A client wants it to stop."""
        self._recorder = recorder
        self._settings = settings
        self._on_change = on_change
        self._view = ThreadView(
            asyncio.get_running_loop(), self._show, self._show_frame, self._show_transfer, self._end, device.show
        )
        self._modality = modality_capture(request, settings.modalities)
        self._missing: MissingReason | None = None
        self._watch: Watch | None = None
        self._deadline: float | None = None
        self._last_deadline: float | None = None
        self._recovery: asyncio.Task[bool] | None = None
        self._preview: Preview | None = None
        self._preview_changed = asyncio.Event()
        self._live_shown_at = 0.0
        self._live_shown: LiveQuality | None = None
        self._show(CaptureState.QUEUED)

    @property
    def request(self) -> CaptureRequest:
        """What was asked."""
        return self.snapshot.request

    async def run(self) -> None:
        """Make the capture: to its end, whatever happens on the way; then wait for a finger to leave."""
        try:
            ended = await self._capture()
        except asyncio.CancelledError:
            self._end(Ended(Outcome.CANCELLED))
            raise
        except Exception:
            log.exception("capture_failed", capture=self.request.capture_id)
            ended = Ended(Outcome.FAILED, problem=problems.internal())
        self._end(ended)

    def asked_after(self) -> None:
        """Somebody cares for the capture still."""
        self.asked_at = asyncio.get_running_loop().time()

    def command(self, action: Action, missing_reason: MissingReason | None = None) -> None:
        """Tell a running capture something; nothing happens where it is over or being recorded."""
        if self.snapshot.state in (CaptureState.DONE, CaptureState.PROCESSING):
            return
        if action in (Action.MARK_MISSING, Action.CANCEL):
            if not self._view.stop():
                return
            if action is Action.MARK_MISSING:
                self._missing = missing_reason
            self.stopped.set()
            if self._watch is not None:
                self._watch.expect(CANCEL_S)
            return
        if action is Action.RETAKE:
            # The time begins anew, and with it the lease that the capture took for itself.
            if self._deadline is not None:
                self._deadline, self._last_deadline = time.monotonic() + self.request.timeout_s, None
            self.renew_lease()
        self._view.tell(Command(trigger=action is Action.TRIGGER, retake=action is Action.RETAKE))

    async def end_unstarted(self, error: LeaseHeldError | None) -> None:
        """The device never became free, or a client stopped the capture while it queued."""
        self._end(await self._stopped() if error is None else Ended(Outcome.FAILED, problem=problems.held(error)))

    def leave_finger(self) -> None:
        """Do not wait until the finger of a recorded capture has left the glass: the gateway stops."""
        self._view.leaving.set()

    async def next_preview(self, after_seq: int, timeout_s: float) -> Preview | None:
        """The newest frame, once there is one later than `after_seq`; None at the time-out or the end."""
        deadline = time.monotonic() + timeout_s
        while True:
            preview = self._preview
            if preview is not None and preview.seq > after_seq and not self._is_stale(preview):
                return preview
            remaining = deadline - time.monotonic()
            if self.done.is_set() or remaining <= 0:
                return None
            changed = self._preview_changed
            try:
                async with asyncio.timeout(remaining):
                    await changed.wait()
            except TimeoutError:
                return None

    def _is_stale(self, preview: Preview) -> bool:
        """A live picture that stands still misleads; the frame of a placement is shown until there is another."""
        return self.device.snapshot.live_preview and time.monotonic() - preview.frame.captured_at > MAX_PREVIEW_AGE_S

    async def _capture(self) -> Ended:
        losses = 0
        while True:
            try:
                return await self._once_on_device()
            except (CaptureCancelled, CaptureTimeout):
                return await self._stopped()
            except RecordingError as error:
                return Ended(Outcome.FAILED, problem=Problem(error.reason, error.words))
            except DeviceLost as error:
                # Brought back in a task of its own: whether or not this capture is still wanted.
                recovery = self._recovery = asyncio.create_task(self.device.recover(self._settings.recovery_s))
                if self.snapshot.ended is not None:  # lost when all was recorded
                    return self.snapshot.ended
                if not self.stopped.is_set():
                    self._show(CaptureState.RECOVERING)
                recovered = await self._unless_stopped(recovery)
                if self.stopped.is_set():
                    return await self._stopped()
                losses += 1
                if not recovered or losses > MAX_LOSSES:
                    return await self._given_up(error)
                if not self._goes_on():
                    return await self._given_up(error)
            except DeviceError as error:
                return await self._given_up(error)

    def _goes_on(self) -> bool:
        """Whether there is time left after a recovery; what recoveries cost is given back, but not for ever."""
        if self._deadline is None:
            return True
        now = time.monotonic()
        if self._last_deadline is None:
            self._last_deadline = self._deadline + self._settings.recovery_s + MIN_AFTER_RECOVERY_S
        self._deadline = min(max(self._deadline, now + MIN_AFTER_RECOVERY_S), self._last_deadline)
        return now < self._deadline

    async def _once_on_device(self) -> Ended:
        def job(driver: DeviceDriver, watch: Watch) -> Ended:
            # The time-out counts from when the device is ours, not from when we began to queue for it.
            deadline = self._deadline or time.monotonic() + self.request.timeout_s
            self._deadline, self._watch = deadline, watch
            self._view.begin()
            ended = self._modality.on_device(driver, self._recorder, self._view, watch, deadline)
            if ended.recorded is not None:
                self._view.show_ended(ended)
                self._modality.leave(driver, self._view, watch)
            return ended

        try:
            return await self.device.run(job, within_s=JOB_START_S)
        finally:
            self._watch = None

    async def _unless_stopped(self, recovery: asyncio.Task[bool]) -> bool:
        stopped = asyncio.create_task(self.stopped.wait())
        try:
            await asyncio.wait({recovery, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        return recovery.done() and recovery.result()

    async def _given_up(self, error: DeviceError) -> Ended:
        """The device does not come back: the best frame that it gave is recorded, should there be one."""
        self._view.stop()  # its thread, given up as hung, may come back while this is recorded
        record = self._modality.best_record(self._recorder, self.device.snapshot)
        if record is None:
            return Ended(Outcome.DEVICE_LOST, problem=problems.lost(error))
        ended = await self._record(record)
        return ended if ended.problem else replace(ended, problem=problems.lost(error))

    async def _stopped(self) -> Ended:
        missing = self._missing
        if missing is None:
            return Ended(Outcome.CANCELLED)
        return await self._record(
            lambda: self._recorder.record_missing(self.request, self.device.snapshot.identity, missing)
        )

    async def _record(self, record: Callable[[], Ended]) -> Ended:
        self._show(CaptureState.PROCESSING)
        try:
            return await asyncio.to_thread(record)
        except RecordingError as error:
            return Ended(Outcome.FAILED, problem=Problem(error.reason, error.words))

    def _end(self, ended: Ended) -> None:
        if self.done.is_set():
            return
        self._view.stop()  # a thread that was given up as hung and comes back must not record what was told as lost
        self.snapshot = replace(self.snapshot, state=CaptureState.DONE, ended=ended)
        if ended.outcome in (Outcome.CAPTURED, Outcome.BELOW_QUALITY):
            self.device.count_capture()
        elif ended.outcome in (Outcome.NO_FINGER, Outcome.NO_EYE, Outcome.NO_FACE):
            self.device.count_timeout()
        CAPTURES.labels(ended.outcome.value).inc()
        score = ended.quality.score if ended.quality else None
        log.info("capture_ended", capture=self.request.capture_id, outcome=ended.outcome.value, score=score)
        # Hundreds of ended captures are kept to be watched again, a megabyte of frames each is not.
        self._preview = None
        self._modality.forget()
        self.events.append(self.snapshot)
        self.events.close()
        self.done.set()
        self._wake_preview()
        self._on_change(self.snapshot)

    def _show(self, state: CaptureState) -> None:
        if self.done.is_set() or (state is self.snapshot.state and self.events.last_seq):
            return
        self.snapshot = replace(self.snapshot, state=state)
        self.events.append(self.snapshot)
        self._on_change(self.snapshot)
        shown = _DEVICE_STATES.get(state)
        if shown is not None:
            self.device.show(shown)

    def _show_frame(self, frame: Frame | IrisFrame | PortraitFrame, live: LiveQuality) -> None:
        if self.done.is_set():
            return
        self._preview = Preview(self._preview.seq + 1 if self._preview else 1, frame, live)
        self._wake_preview()
        before = self._live_shown
        changed = before is None or before.told != live.told
        if live != before and (changed or frame.captured_at - self._live_shown_at >= LIVE_EVENT_PAUSE_S):
            if frame.captured_at - self._live_shown_at < LIVE_EVENT_PAUSE_S / 4:
                return
            self._live_shown, self._live_shown_at = live, frame.captured_at
            self.events.append(live)

    def _show_transfer(self, share: float) -> None:
        if not self.done.is_set():
            self.events.append(ImageTransfer(share))

    def _wake_preview(self) -> None:
        self._preview_changed.set()
        self._preview_changed = asyncio.Event()


JOB_START_S = 30.0
"""Opening the device anew and beginning; the job says afterwards how long it may be silent."""

MAX_LOSSES = 3
"""A device that goes away more often during one capture is not mended by going on."""

MIN_AFTER_RECOVERY_S = 5.0
"""A capture goes on for at least so long after its device came back, whatever was left of its time-out."""

_DEVICE_STATES = {
    CaptureState.AWAITING_FINGER: DeviceState.AWAITING_FINGER_ON,
    CaptureState.AWAITING_EYE: DeviceState.AWAITING_EYE,
    CaptureState.AWAITING_FACE: DeviceState.AWAITING_FACE,
    CaptureState.CAPTURING: DeviceState.CAPTURING,
}
