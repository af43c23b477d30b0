"""One run of procedures on one device, as an object of the gateway: it is watched, told, cut off and resumed."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from calibration.canonical import FormError
from calibration.errors import MeasurementRefused, TargetExpired
from calibration.measurement import Measurement
from calibration.procedures import AnyFrame, CardSitting, Procedure, Sitting, View
from calibration.record import CalibratedDevice, StatedVerdict, UsedTarget
from calibration.steadiness import check_steady
from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceError,
    DeviceKind,
    DeviceLost,
    FingerprintScanner,
)
from gateway.calibration.book import CalibrationBook
from gateway.calibration.errors import CalibrationError
from gateway.calibration.store import CalibrationStore
from gateway.calibration.values import LaidTarget, RunRequest, RunSnapshot, RunState
from gateway.devices.device import OPEN_S, Device
from gateway.devices.state import DeviceState
from gateway.devices.worker import Watch
from gateway.events import EventLog
from gateway.guidance import LocalizedText
from gateway.trust import KeyProblem, time_now

log = structlog.get_logger(__name__)

EVENTS_KEPT = 2_000
SILENCE_S = 2.0
PLACING_S = 1800.0
"""A technician who has not laid the target by then has gone home; what was measured is kept, and can be resumed."""
UNATTENDED_S = 20.0
"""Until the target is seen where nobody is there to say that it lies."""
STEADY_LOOKS = 2
"""Frames in a row that show the target well before an unattended run measures."""
FRAME_S = 30.0
CARD_S = 120.0
LOOK_EVERY_S = 0.25


@dataclass
class _Told:
    """What the device's thread is told; set from the loop."""

    go: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)


Judge = Callable[[DeviceKind, str, Sequence[Measurement]], tuple[StatedVerdict, ...]]
"""Verdicts of the measurements on a kind of device by the limits of that name."""

Lay = Callable[[Any, View | None, Any], None]
"""Lay the target of a view on a device that draws what it sees, or with no view take it away; does nothing on any
other. In the device's thread."""


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
        self._book = book
        self._store = store
        self._judge = judge
        self._lay = lay
        self._told = _Told()
        self._views: dict[str, tuple[AnyFrame, ...]] = {}
        self._in_use: dict[str, Measurement] = {}
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

    async def run(self) -> None:
        """To its end, whatever happens on the way; raises nothing but CancelledError."""
        try:
            self._in_use = await asyncio.to_thread(self._measured_in_use)
            for step, procedure in enumerate(self.request.plan, 1):
                self._show(RunState.PLACING, procedure=procedure.name, step=step, share=0.0)
                await self._step(procedure)
                self._forget_views(self.request.plan[step:])
            await self._record()
        except asyncio.CancelledError:
            self._end(RunState.CANCELLED, "CANCELLED", _CANCELLED)
            raise
        except CaptureCancelled:
            self._end(RunState.CANCELLED, "CANCELLED", _CANCELLED)
        except MeasurementRefused as error:
            self._end(RunState.FAILED, "MEASUREMENT_REFUSED", _plain(error))
        except CaptureTimeout as error:
            self._end(RunState.FAILED, "TARGET_NOT_SEEN", _plain(error))
        except DeviceLost as error:
            self._end(RunState.FAILED, "DEVICE_LOST", _lost(error))
        except DeviceError as error:
            self._end(RunState.FAILED, "DEVICE_NOT_READY", _plain(error))
        except (CalibrationError, KeyProblem, FormError) as error:
            self._end(RunState.FAILED, getattr(error, "reason", "CALIBRATION_UNUSABLE"), _plain(error))
        except Exception:
            log.exception("calibration_failed", run=self.request.run_id)
            self._end(RunState.FAILED, "INTERNAL", _FAULT)
        await self._clear()

    async def _clear(self) -> None:
        """Take the target off a device that draws one."""
        if self.device.snapshot.synthetic and self.device.snapshot.state not in (
            DeviceState.RECOVERING,
            DeviceState.FAILED,
            DeviceState.ABSENT,
        ):
            with contextlib.suppress(DeviceError):
                await self.device.run(lambda driver, watch: self._lay(driver, None, None), within_s=OPEN_S)

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
                for view in procedure.views:
                    self._views.pop(view.name, None)
                self._show(RunState.PLACING, fault=_plain(error), share=0.0)
        target_id = next((each.used.id for each in targets.values() if each is not None), "")
        now_ms = int(time_now().wall.timestamp() * 1000)
        await asyncio.to_thread(
            self._store.keep_part, self.request.run_id, self.request.device_id, measurement, target_id, now_ms
        )
        self.measured.append((measurement, target_id))
        self._show(RunState.MEASURING, share=1.0, measurements=tuple(each for each, _ in self.measured))

    async def _measured(self, procedure: Procedure, targets: Mapping[str, LaidTarget | None]) -> Measurement:
        if not procedure.views:
            return await self.device.run(self._card_job(procedure), within_s=OPEN_S)
        for view in procedure.views:
            if view.name not in self._views:
                self._told.go.clear()
                frames = await self.device.run(self._frames_job(procedure, view, targets[view.name]), within_s=OPEN_S)
                await asyncio.to_thread(check_steady, frames)
                self._views[view.name] = tuple(frames)
        sitting = self._sitting({view.name: self._views[view.name] for view in procedure.views}, targets)
        return await asyncio.to_thread(procedure.measure, sitting)

    def _sitting(self, frames: Mapping[str, tuple[AnyFrame, ...]], targets: Mapping[str, LaidTarget | None]) -> Sitting:
        contents = {name: target.content for name, target in targets.items() if target is not None}
        earlier = {each.procedure: each for each, _ in self.measured}
        return Sitting(frames, contents, self.device.snapshot.identity.ppi, earlier, self._in_use)

    def _measured_in_use(self) -> dict[str, Measurement]:
        standing = self._book.standing(self.request.device_id)
        found = [] if standing.in_use is None else self._book.measurements(standing.in_use)
        return {each.procedure: each for each in found}

    def _forget_views(self, left: Sequence[Procedure]) -> None:
        """Let go of frames that no procedure needs any more."""
        needed = {view.name for procedure in left for view in procedure.views}
        self._views = {name: frames for name, frames in self._views.items() if name in needed}

    async def _record(self) -> None:
        """Judge all that was measured, sign it and append it."""
        measurements = [each for each, _ in self.measured]
        standard = self._book.policy_for(self.device.snapshot.kind).standard
        kind = self.device.snapshot.kind
        verdicts = await asyncio.to_thread(self._judge, kind, standard, measurements)
        used = {target.used.id: target.used for target in self.request.targets.values()}
        ids = dict.fromkeys(target_id for _, target_id in self.measured if target_id)
        targets = [used[each] if each in used else UsedTarget(each, "", "", None, "") for each in ids]
        record = await asyncio.to_thread(
            self._book.add_record,
            calibrated_device(self.device),
            kind,
            self.measured,
            targets,
            verdicts,
            self.request.conditions,
            self.request.run_id,
        )
        self._end(RunState.DONE, calibration_id=record.calibration_id)

    def _target_for(self, procedure: Procedure, view: View) -> LaidTarget | None:
        if not view.target:
            return None
        target = self.request.targets.get(view.target)
        if target is None:
            raise MeasurementRefused(
                f"{procedure.name} needs a target {view.target}, and none was named; give its file with --target"
            )
        expires = target.used.expires
        if expires is not None and expires < time_now().wall.date():
            raise TargetExpired(
                f"the certificate of target {target.used.id} ended on {expires}; have it measured again, or use another"
            )
        return target

    def _frames_job(
        self, procedure: Procedure, view: View, target: LaidTarget | None
    ) -> Callable[[Any, Watch], list[AnyFrame]]:
        def job(driver: Any, watch: Watch) -> list[AnyFrame]:
            watch.expect(FRAME_S)
            self._lay(driver, view, None if target is None else target.content)
            return self._placed_and_taken(driver, watch, procedure, view, target)

        return job

    def _placed_and_taken(
        self, driver: Any, watch: Watch, procedure: Procedure, view: View, target: LaidTarget | None
    ) -> list[AnyFrame]:
        """In the device's thread: look until the target lies well and the word is given, then take the frames."""
        attended = self.request.attended
        placing_s = PLACING_S if attended else UNATTENDED_S
        deadline = time.monotonic() + placing_s
        well, looked_at, fault = 0, -LOOK_EVERY_S, None
        taken: list[AnyFrame] = []
        going = not attended and procedure.look is None
        if not going:
            self._tell(self._show_placing, view.placing, None)
        for frame in _frames(driver, self._told.stop, watch, placing_s):
            self._tell(self._show_picture, frame)
            if going:
                taken.append(frame)
                self._tell(self._show_progress, len(taken) / view.frames)
                if len(taken) >= view.frames:
                    return taken
                continue
            now = time.monotonic()
            if now > deadline:
                said = f" ({fault.en})" if fault else ""
                raise CaptureTimeout(f"what {procedure.name} needs was not laid in {placing_s:.0f} s{said}")
            if procedure.look is not None and (now - looked_at >= LOOK_EVERY_S or not attended):
                looked_at = now
                watch.expect(FRAME_S)
                fault = self._look(procedure, view, frame, target)
                well = 0 if fault else well + 1
                self._tell(self._show_placing, view.placing, fault)
            going = self._told.go.is_set() if attended else well >= STEADY_LOOKS
            if going:
                self._tell(self._show_progress, 0.0)
        raise CaptureCancelled("the calibration was cancelled")

    def _look(
        self, procedure: Procedure, view: View, frame: AnyFrame, target: LaidTarget | None
    ) -> LocalizedText | None:
        assert procedure.look is not None
        try:
            procedure.look(view, self._sitting({view.name: (frame,)}, {view.name: target}))
        except MeasurementRefused as error:
            return _plain(error)
        return None

    def _card_job(self, procedure: Procedure) -> Callable[[Any, Watch], Measurement]:
        def job(driver: Any, watch: Watch) -> Measurement:
            def told(share: float) -> None:
                watch.expect(CARD_S)
                self._tell(self._show_progress, share)

            watch.expect(CARD_S)
            earlier = {each.procedure: each for each, _ in self.measured}
            return procedure.measure(CardSitting(driver, self._told.stop, told, earlier))

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

    def _end(
        self, state: RunState, reason: str = "", fault: LocalizedText | None = None, calibration_id: str = ""
    ) -> None:
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


def _frames(driver: Any, stop: threading.Event, watch: Watch, timeout_s: float) -> Iterator[AnyFrame]:
    """Frames of a device that shows them, or one for each capture of a device that does not."""
    if hasattr(driver, "frames"):
        watch.expect(SILENCE_S)
        for frame in driver.frames(stop):
            watch.expect(SILENCE_S)
            yield frame
        return
    scanner: FingerprintScanner = driver
    while not stop.is_set():
        watch.expect(timeout_s + FRAME_S)
        yield scanner.capture(timeout_s, stop)


def _plain(error: Exception) -> LocalizedText:
    words = getattr(error, "words", None)
    return words if isinstance(words, LocalizedText) else LocalizedText(id=str(error), en=str(error))


_CANCELLED = LocalizedText(
    id="Kalibrasi dibatalkan; yang sudah diukur disimpan dan dapat dilanjutkan.",
    en="The calibration was cancelled; what was measured is kept and can be resumed.",
)
_FAULT = LocalizedText(
    id="Kesalahan dalam gateway; rinciannya ada di catatan log. Yang sudah diukur disimpan.",
    en="A fault inside the gateway; its log has the details. What was measured is kept.",
)


def _lost(error: DeviceLost) -> LocalizedText:
    return LocalizedText(
        id=f"Alat terputus ({error}). Yang sudah diukur disimpan: pasang alat dan lanjutkan kalibrasi.",
        en=f"The device was lost ({error}). What was measured is kept: plug it in and resume the calibration.",
    )
