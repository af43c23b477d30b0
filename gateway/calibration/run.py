"""One run of procedures on one device, as an object of the gateway: it is watched, told, cut off and resumed."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from calibration.canonical import FormError
from calibration.errors import MeasurementRefused
from calibration.measurement import Measurement
from calibration.procedures import AnyFrame, CardSitting, Procedure, Sitting, View
from calibration.record import CalibratedDevice, StatedVerdict
from calibration.steadiness import check_steady
from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceError,
    DeviceKind,
    DeviceLost,
)
from gateway.calibration.book import CalibrationBook
from gateway.calibration.card_run import CardDesk
from gateway.calibration.errors import CalibrationError
from gateway.calibration.frame_run import FrameDesk
from gateway.calibration.run_words import CANCELLED, FAULT, lost, plain
from gateway.calibration.store import CalibrationStore, RunPart
from gateway.calibration.values import LaidTarget, Lay, RunRequest, RunSnapshot, RunState
from gateway.devices.device import OPEN_S, Device
from gateway.devices.state import DeviceState
from gateway.devices.worker import Watch
from gateway.events import EventLog
from gateway.guidance import LocalizedText
from gateway.trust import KeyProblem, time_now

log = structlog.get_logger(__name__)

EVENTS_KEPT = 2_000
PLACING_S = 1800.0
"""A technician who has not laid the target by then has gone home; what was measured is kept, and can be resumed."""
UNATTENDED_S = 20.0
"""Until the target is seen where nobody is there to say that it lies."""


@dataclass
class _Told:
    """What the device's thread is told; set from the loop."""

    go: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)


Judge = Callable[[DeviceKind, str, Sequence[Measurement]], tuple[StatedVerdict, ...]]
"""Verdicts of the measurements on a kind of device by the limits of that name."""


class CalibrationRun:
    """One run; belongs to the event loop's thread, but for the job in the device's.

    Whoever starts it holds the lease.
    """

    def __init__(
        self,
        request: RunRequest,
        device: Device,
        book: CalibrationBook,
        store: CalibrationStore,
        judge: Judge,
        lay: Lay,
    ) -> None:
        self.request = request
        self.device = device
        self.events: EventLog[RunSnapshot] = EventLog(EVENTS_KEPT)
        self.done = asyncio.Event()
        self.measured: list[tuple[Measurement, str]] = list(request.done)
        self._used_targets = dict.fromkeys(request.done_targets)
        self._book = book
        self._store = store
        self._judge = judge
        self._lay = lay
        self._told = _Told()
        self._views: dict[str, tuple[AnyFrame, ...]] = {}
        self._in_use: dict[str, Measurement] = {}
        self._frame_desk = FrameDesk(
            request.attended,
            self._told.go,
            self._told.stop,
            PLACING_S if request.attended else UNATTENDED_S,
            lay,
            self._sitting_of_one,
            lambda placing, fault: self._tell(self._show_placing, placing, fault),
            lambda share: self._tell(self._show_progress, share),
            lambda frame: self._tell(self._show_picture, frame),
        )
        self._card_desk = CardDesk(
            request.attended,
            self._told.go,
            self._told.stop,
            PLACING_S,
            lay,
            lambda placing, fault: self._tell(self._show_placing, placing, fault),
            lambda share: self._tell(self._show_progress, share),
        )
        self._loop = asyncio.get_running_loop()
        self._picture: tuple[int, AnyFrame] | None = None
        self._picture_changed = asyncio.Event()
        steps = len(request.plan)
        self.snapshot = RunSnapshot(
            request.run_id,
            request.device_id,
            RunState.PLACING,
            steps=steps,
            measurements=tuple(each for each, _ in self.measured),
        )

    def go_on(self) -> None:
        """The target lies as it should: measure."""
        self._told.go.set()

    def cancel(self) -> None:
        """End it; what was measured is kept for a week, and the run can be resumed."""
        self._told.stop.set()

    async def picture(self, after_seq: int, timeout_s: float) -> tuple[int, AnyFrame] | None:
        """The newest frame later than `after_seq`; None where there is none in time, or the run has ended."""
        deadline = self._loop.time() + timeout_s
        while True:
            if self._picture is not None and self._picture[0] > after_seq:
                return self._picture
            if self.done.is_set() or self._loop.time() >= deadline:
                return None
            changed = self._picture_changed
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await changed.wait()

    async def run(self, leave: Callable[[], None] = lambda: None) -> None:
        """To its end, whatever happens on the way; raises nothing but CancelledError.

        Parameters
        ----------
        leave : callable, optional
            Lets go of the device; called before the end is told, so that whoever hears of it finds the device free.
        """
        end: tuple[RunState, str, LocalizedText | None, str] = (RunState.CANCELLED, "CANCELLED", CANCELLED, "")
        try:
            end = await self._to_its_end()
            await self._clear()
        finally:
            leave()
            self._end(*end)

    async def _to_its_end(self) -> tuple[RunState, str, LocalizedText | None, str]:
        """Measure and record; how it ended, why, in words, and the calibration that came of it."""
        try:
            self._in_use = await asyncio.to_thread(self._measured_in_use)
            for step, procedure in enumerate(self.request.plan, 1):
                self._show(RunState.PLACING, procedure=procedure.name, step=step, share=0.0)
                await self._step(procedure)
                self._forget_views(self.request.plan[step:])
            return RunState.DONE, "", None, await self._record()
        except CaptureCancelled:
            return RunState.CANCELLED, "CANCELLED", CANCELLED, ""
        except MeasurementRefused as error:
            return RunState.FAILED, "MEASUREMENT_REFUSED", plain(error), ""
        except CaptureTimeout as error:
            return RunState.FAILED, "TARGET_NOT_SEEN", plain(error), ""
        except DeviceLost as error:
            return RunState.FAILED, "DEVICE_LOST", lost(error), ""
        except DeviceError as error:
            return RunState.FAILED, "DEVICE_NOT_READY", plain(error), ""
        except (CalibrationError, KeyProblem, FormError) as error:
            return RunState.FAILED, getattr(error, "reason", "CALIBRATION_UNUSABLE"), plain(error), ""
        except Exception:
            log.exception("calibration_failed", run=self.request.run_id)
            return RunState.FAILED, "INTERNAL", FAULT, ""

    async def _clear(self) -> None:
        """Take the target off a device that draws one, and let a camera expose as it is set."""
        cameras = (DeviceKind.IRIS_CAMERA, DeviceKind.PORTRAIT_CAMERA)  # whose exposure may have been changed
        laid = self.device.snapshot.synthetic or self.device.snapshot.kind in cameras
        if laid and self.device.snapshot.state not in (
            DeviceState.RECOVERING,
            DeviceState.FAILED,
            DeviceState.ABSENT,
        ):
            with contextlib.suppress(DeviceError):
                await self.device.run(lambda driver, watch: self._lay(driver, None, None, 0), within_s=OPEN_S)

    async def _step(self, procedure: Procedure) -> None:
        """One procedure, as often as it takes: a technician mends what is wrong, an unattended run cannot."""
        targets = {view.name: self._target_for(procedure, view) for view in procedure.views}
        while True:
            try:
                measurement = await self._measured(procedure, targets)
                break
            except MeasurementRefused as error:
                if not self.request.attended:
                    raise
                fault = plain(error)
                self._frame_desk.refused = fault
                self._card_desk.ask_again(fault)
                self._show(RunState.PLACING, fault=fault, share=0.0)
        used = dict.fromkeys(each.used for each in targets.values() if each is not None)
        part = RunPart(measurement, tuple(used))
        now_ms = int(time_now().wall.timestamp() * 1000)
        await asyncio.to_thread(self._store.keep_part, self.request.run_id, self.request.device_id, part, now_ms)
        self.measured.append((measurement, part.target_id))
        self._used_targets |= used
        self._show(RunState.MEASURING, share=1.0, measurements=tuple(each for each, _ in self.measured))

    async def _measured(self, procedure: Procedure, targets: dict[str, LaidTarget | None]) -> Measurement:
        """Take the views of a procedure, those among them that it asks for on the way, and measure them.

        Views that were refused are let go of: the one that came last where the next one was to be chosen, else all.
        """
        if self.device.snapshot.kind is DeviceKind.CARD_WRITER or not procedure.views:
            return await self.device.run(self._card_job(procedure), within_s=OPEN_S)
        views = list(procedure.views)
        for view in views:  # grows while it is gone through
            if view.name not in self._views:
                targets.setdefault(view.name, self._target_for(procedure, view))
                await self._take(procedure, view, targets[view.name])
            if view is not views[-1] or procedure.next_view is None:
                continue
            try:
                wanted = await asyncio.to_thread(procedure.next_view, self._sitting_of(views, targets))
            except MeasurementRefused:
                self._views.pop(view.name, None)
                raise
            if wanted is not None:
                views.append(wanted)
                targets.setdefault(wanted.name, self._target_for(procedure, wanted))
        try:
            return await asyncio.to_thread(procedure.measure, self._sitting_of(views, targets))
        except MeasurementRefused:
            for view in views:
                self._views.pop(view.name, None)
            raise

    async def _take(self, procedure: Procedure, view: View, target: LaidTarget | None) -> None:
        self._told.go.clear()
        frames = await self.device.run(self._frames_job(procedure, view, target), within_s=OPEN_S)
        if not view.prints:
            await asyncio.to_thread(check_steady, frames, light=view.steady)
        self._views[view.name] = tuple(frames)

    def _sitting_of(self, views: Sequence[View], targets: Mapping[str, LaidTarget | None]) -> Sitting:
        frames = {view.name: self._views[view.name] for view in views}
        return self._sitting(frames, targets, {view.name: view for view in views})

    def _sitting(
        self,
        frames: Mapping[str, tuple[AnyFrame, ...]],
        targets: Mapping[str, LaidTarget | None],
        views: Mapping[str, View],
    ) -> Sitting:
        contents = {name: target.content for name, target in targets.items() if target is not None}
        earlier = {each.procedure: each for each, _ in self.measured}
        identity = self.device.snapshot.identity
        return Sitting(frames, contents, identity.ppi, earlier, self._in_use, identity.model, views)

    def _measured_in_use(self) -> dict[str, Measurement]:
        return {each.procedure: each for each in self._book.measurements_in_use(self.request.device_id)}

    def _forget_views(self, left: Sequence[Procedure]) -> None:
        """Let go of frames that no procedure needs any more; one that chooses its views may choose any."""
        needed = {view.name for procedure in left for view in procedure.views}
        if all(procedure.next_view is None for procedure in left):
            self._views = {name: frames for name, frames in self._views.items() if name in needed}

    async def _record(self) -> str:
        """Judge all that was measured, sign it and append it; the calibration's id."""
        measurements = [each for each, _ in self.measured]
        standard = self._book.policy_for(self.device.snapshot.kind).standard
        kind = self.device.snapshot.kind
        verdicts = await asyncio.to_thread(self._judge, kind, standard, measurements)
        record = await asyncio.to_thread(
            self._book.add_record,
            calibrated_device(self.device),
            kind,
            self.measured,
            tuple(self._used_targets),
            verdicts,
            self.request.conditions,
            self.request.run_id,
        )
        return record.calibration_id

    def _target_for(self, procedure: Procedure, view: View) -> LaidTarget | None:
        if not view.target:
            return None
        target = self.request.targets.get(view.target)
        if target is None:
            raise MeasurementRefused(
                f"{procedure.name} needs a target {view.target}, and none was named; give its file with --target"
            )
        target.check_valid(time_now().wall.date())
        return target

    def _frames_job(
        self, procedure: Procedure, view: View, target: LaidTarget | None
    ) -> Callable[[Any, Watch], list[AnyFrame]]:
        return lambda driver, watch: self._frame_desk.taken(driver, watch, procedure, view, target)

    def _sitting_of_one(self, view: View, frame: AnyFrame, target: LaidTarget | None) -> Sitting:
        return self._sitting({view.name: (frame,)}, {view.name: target}, {view.name: view})

    def _card_job(self, procedure: Procedure) -> Callable[[Any, Watch], Measurement]:
        earlier = {each.procedure: each for each, _ in self.measured}

        def job(driver: Any, watch: Watch) -> Measurement:
            sitting = CardSitting(driver, self._told.stop, self._card_desk.show_progress, earlier)
            return self._card_desk.measured(driver, watch, procedure, sitting)

        return job

    def _tell(self, do: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the gateway has stopped meanwhile
            self._loop.call_soon_threadsafe(do, *arguments)

    def _show_placing(self, instruction: LocalizedText, fault: LocalizedText | None) -> None:
        if (self.snapshot.state, self.snapshot.instruction, self.snapshot.fault) != (
            RunState.PLACING,
            instruction,
            fault,
        ):
            self._show(RunState.PLACING, instruction=instruction, fault=fault)

    def _show_progress(self, share: float) -> None:
        self.device.show(DeviceState.CAPTURING)
        if self.snapshot.state is not RunState.MEASURING or share - self.snapshot.share >= 0.1 or share >= 1:
            self._show(RunState.MEASURING, instruction=None, fault=None, share=share)

    def _show_picture(self, frame: AnyFrame) -> None:
        self._picture = ((self._picture[0] if self._picture else 0) + 1, frame)
        changed, self._picture_changed = self._picture_changed, asyncio.Event()
        changed.set()

    def _show(self, state: RunState, **changes: Any) -> None:
        if self.done.is_set():
            return
        if "procedure" in changes:
            self._told.go.clear()
            changes = {"instruction": None, "fault": None, **changes}
        self.snapshot = replace(self.snapshot, state=state, **changes)
        self.events.append(self.snapshot)

    def _end(self, state: RunState, reason: str, fault: LocalizedText | None, calibration_id: str) -> None:
        if self.done.is_set():
            return
        self._show(state, reason=reason, fault=fault, instruction=None, calibration_id=calibration_id)
        self.done.set()
        self._picture = None
        self._picture_changed.set()
        self.events.close()
        log.info("calibration_ended", run=self.request.run_id, state=state.value, reason=reason)


def calibrated_device(device: Device) -> CalibratedDevice:
    """The device as a record states it."""
    snapshot = device.snapshot
    identity = snapshot.identity
    return CalibratedDevice(
        snapshot.device_id,
        snapshot.kind.value,
        identity.driver,
        identity.vendor,
        identity.model,
        identity.serial,
        identity.firmware,
        float(identity.ppi),
    )
