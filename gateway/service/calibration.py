"""CalibrationService: how devices stand, runs of procedures, what is put into use, and reports of it."""

import asyncio
import contextlib
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog
from rekam.v1 import calibration_pb2 as pb

from calibration.procedures import Procedure, Registry, plan
from gateway.calibration.book import CalibrationBook
from gateway.calibration.errors import CalibrationRefused, CalibrationUnknown
from gateway.calibration.run import CalibrationRun, Judge
from gateway.calibration.store import CalibrationStore, RunPart
from gateway.calibration.values import Conditions, Decider, LaidTarget, Lay, RunRequest
from gateway.capture import previews
from gateway.capture.leases import LeaseBook, LeaseLostError
from gateway.devices.device import Device
from gateway.devices.registry import DeviceRegistry
from gateway.devices.state import DeviceState
from gateway.roles import SUPERVISOR
from gateway.service import calibration_messages as messages
from gateway.service import convert
from gateway.service.access import Caller
from gateway.service.calibration_files import entries_zip, report_file
from gateway.service.errors import BadArgumentError, DeviceNotReadyError, NotFoundError
from gateway.service.idempotency import Idempotency
from gateway.trust import time_now

log = structlog.get_logger(__name__)

HEARTBEAT_S = 4.0
CHUNK = 512 * 1024
PICTURE_WAIT_S = 5.0
RUNS_KEPT = 50
LEASE_S = 120.0
LOOK_S = 5.0
"""So often the lease of a run is renewed, and whoever started it is looked for."""
ABANDONED_S = 90.0
"""An attended run is cancelled when nobody has watched it for so long; it can be resumed."""
HISTORY = 50


@dataclass(frozen=True)
class Tools:
    """What runs are made with.

    Parameters
    ----------
    procedures : callable
        All that there are.
    read_target : callable
        Of a target's file; raises `MeasurementRefused`.
    bundled : callable
        Nominal targets, for devices that draw what they see.
    judge : callable
    lay : callable
    """

    procedures: Callable[[], Registry]
    read_target: Callable[[bytes], LaidTarget]
    bundled: Callable[[], Mapping[str, LaidTarget]]
    judge: Judge
    lay: Lay


class CalibrationCore:
    """Answers all that is asked about calibrations; belongs to the event loop's thread."""

    def __init__(
        self,
        registry: DeviceRegistry,
        leases: LeaseBook,
        book: CalibrationBook,
        store: CalibrationStore,
        tools: Tools,
        idempotency: Idempotency,
    ) -> None:
        self._registry = registry
        self._leases = leases
        self._book = book
        self._store = store
        self._tools = tools
        self._idempotency = idempotency
        self._runs: OrderedDict[str, CalibrationRun] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked_at: dict[str, float] = {}
        self._watchers: dict[str, int] = {}

    async def list_calibrations(
        self, request: pb.ListCalibrationsRequest, caller: Caller
    ) -> pb.ListCalibrationsResponse:
        """How every device stands: those that are attached, and those that were calibrated here."""
        ids = dict.fromkeys([*(each.address.device_id for each in self._registry.devices()), *self._book.device_ids()])
        return pb.ListCalibrationsResponse(standings=[self._standing(each) for each in ids])

    async def plan_calibration(self, request: pb.PlanCalibrationRequest, caller: Caller) -> pb.PlanCalibrationResponse:
        """The procedures in their order."""
        device = self._registry.known(request.device_id)
        done = await self._parts(request.resume_run_id, request.device_id)
        steps = self._planned(device, request.procedures, done)
        standard = self._book.policy_for(device.snapshot.kind).standard
        return pb.PlanCalibrationResponse(steps=map(messages.step, steps), standard=standard)

    async def start_calibration(
        self, request: pb.StartCalibrationRequest, caller: Caller
    ) -> pb.StartCalibrationResponse:
        """Begin a run."""

        async def start() -> pb.StartCalibrationResponse:
            device = self._usable(request.device_id)
            done = await self._parts(request.resume_run_id, request.device_id)
            steps = self._planned(device, request.procedures, done)
            if not steps and not done:
                raise BadArgumentError("device_id", f"there is no procedure for {request.device_id}")
            given = await asyncio.to_thread(lambda: [self._tools.read_target(each) for each in request.targets])
            targets = self._targets(steps, given, synthetic=device.snapshot.synthetic)
            room = request.temperature_celsius if request.HasField("temperature_celsius") else None
            conditions = Conditions(request.operator, device.snapshot.health.temperature_c if room is None else room)
            run_id = request.resume_run_id or f"run-{time_now().wall:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
            run = await self._begin(
                device,
                RunRequest(
                    run_id,
                    request.device_id,
                    steps,
                    targets,
                    conditions,
                    attended=not request.unattended,
                    done=[(each.measurement, each.target_id) for each in done],
                    done_targets=[target for each in done for target in each.targets],
                ),
                caller,
            )
            return pb.StartCalibrationResponse(run=messages.run(run.snapshot))

        return await self._idempotency.once("StartCalibration", request, pb.StartCalibrationResponse, start)

    async def watch_calibration(
        self, request: pb.WatchCalibrationRequest, caller: Caller
    ) -> AsyncIterator[pb.WatchCalibrationResponse]:
        """Every change of a run."""
        run = self._run(request.run_id)
        self._watchers[request.run_id] = self._watchers.get(request.run_id, 0) + 1
        try:
            async for event in run.events.follow(request.from_seq, HEARTBEAT_S):
                if event is None:
                    yield pb.WatchCalibrationResponse(seq=run.events.last_seq, time=convert.event_time(time_now()))
                else:
                    yield pb.WatchCalibrationResponse(
                        seq=event.seq, time=convert.event_time(event.time), run=messages.run(event.payload)
                    )
        finally:
            self._watchers[request.run_id] -= 1
            self._asked(request.run_id)

    async def next_calibration_picture(
        self, request: pb.NextCalibrationPictureRequest, caller: Caller
    ) -> pb.NextCalibrationPictureResponse:
        """The newest picture after `after_seq`."""
        run = self._run(request.run_id)
        timeout_s = convert.seconds(request.timeout) if request.HasField("timeout") else PICTURE_WAIT_S
        found = await run.picture(request.after_seq, timeout_s)
        self._asked(request.run_id)
        if found is None:
            return pb.NextCalibrationPictureResponse()
        seq, frame = found
        pixels = previews.scaled(frame.pixels, request.max_width)
        data = await asyncio.to_thread(previews.jpeg, pixels)
        return pb.NextCalibrationPictureResponse(seq=seq, width=pixels.shape[1], height=pixels.shape[0], jpeg=data)

    async def command_calibration(
        self, request: pb.CommandCalibrationRequest, caller: Caller
    ) -> pb.CommandCalibrationResponse:
        """Tell a run something; nothing happens where it has ended."""

        async def command() -> pb.CommandCalibrationResponse:
            run = self._run(request.run_id)
            self._asked(request.run_id)
            if request.command == pb.CALIBRATION_COMMAND_CANCEL:
                run.cancel()
            else:
                run.go_on()
            return pb.CommandCalibrationResponse(run=messages.run(run.snapshot))

        return await self._idempotency.once("CommandCalibration", request, pb.CommandCalibrationResponse, command)

    async def accept_calibration(
        self, request: pb.AcceptCalibrationRequest, caller: Caller
    ) -> pb.AcceptCalibrationResponse:
        """Put a calibration into use."""

        async def accept() -> pb.AcceptCalibrationResponse:
            decider = _decider(request.operator, request.reason, caller)
            decision = await asyncio.to_thread(self._book.accept, request.calibration_id, decider)
            self._tell_device(decision.device_id)
            return pb.AcceptCalibrationResponse(
                standing=self._standing(decision.device_id), objections=decision.objections
            )

        return await self._idempotency.once("AcceptCalibration", request, pb.AcceptCalibrationResponse, accept)

    async def rollback_calibration(
        self, request: pb.RollbackCalibrationRequest, caller: Caller
    ) -> pb.RollbackCalibrationResponse:
        """Back to the calibration before."""

        async def rollback() -> pb.RollbackCalibrationResponse:
            decider = _decider(request.operator, request.reason, caller)
            await asyncio.to_thread(self._book.rollback, request.device_id, decider)
            self._tell_device(request.device_id)
            return pb.RollbackCalibrationResponse(standing=self._standing(request.device_id))

        return await self._idempotency.once("RollbackCalibration", request, pb.RollbackCalibrationResponse, rollback)

    async def get_calibration_history(
        self, request: pb.GetCalibrationHistoryRequest, caller: Caller
    ) -> pb.GetCalibrationHistoryResponse:
        """What is known of a device, the newest first."""
        entries = self._book.entries(request.device_id)
        if not entries:
            self._registry.known(request.device_id)
        newest = entries[::-1][: request.limit or HISTORY]
        return pb.GetCalibrationHistoryResponse(
            standing=self._standing(request.device_id), entries=map(messages.entry, newest)
        )

    async def download_calibration(
        self, request: pb.DownloadCalibrationRequest, caller: Caller
    ) -> AsyncGenerator[pb.DownloadCalibrationResponse, None]:
        """A report or the signed entries, in chunks."""
        content = await asyncio.to_thread(self._file, request)
        for offset in range(0, max(1, len(content)), CHUNK):
            yield pb.DownloadCalibrationResponse(
                offset=offset, total_size=len(content), data=content[offset : offset + CHUNK]
            )

    async def stop(self) -> None:
        """Cancel what runs and wait until it has ended: the gateway stops."""
        for run in self._runs.values():
            run.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LOOK_S)
        for task in self._tasks:
            task.cancel()

    def _file(self, request: pb.DownloadCalibrationRequest) -> bytes:
        record = self._book.record(request.calibration_id)
        if request.part == pb.CALIBRATION_PART_ENTRIES:
            signed = [each for each in self._book.signed(record.device.id) if each.sequence <= record.sequence]
            return entries_zip(signed, self._book.packed_series(record))
        standing = self._book.standing(record.device.id)
        return report_file(
            record,
            tuple(self._book.measurements(record)),
            self._book.entries(record.device.id),
            request.language or "id",
            in_use=standing.calibration_id == record.calibration_id,
            pdf=request.part == pb.CALIBRATION_PART_REPORT_PDF,
        )

    async def _begin(self, device: Device, request: RunRequest, caller: Caller) -> CalibrationRun:
        """Take the lease and run; a run that is resumed must not be under way."""
        under_way = self._runs.get(request.run_id)
        if under_way is not None and not under_way.done.is_set():
            raise CalibrationRefused(f"Run {request.run_id} is under way.", "Watch it, or cancel it first.")
        lease = await self._leases.acquire(
            [request.device_id],
            ttl_s=LEASE_S,
            holder=request.conditions.operator,
            reason=f"calibration, asked by {caller.peer}",
        )
        run = CalibrationRun(request, device, self._book, self._store, self._tools.judge, self._tools.lay)
        self._leases.on_end(lease.lease_id, lambda _: run.cancel())
        self._runs[request.run_id] = run
        self._asked(request.run_id)
        self._forget_oldest()
        for work in (self._run_to_end(run, lease.lease_id), self._keep(run, lease.lease_id)):
            task = asyncio.create_task(work, name=f"calibrate {request.device_id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return run

    async def _run_to_end(self, run: CalibrationRun, lease_id: str) -> None:
        def leave() -> None:
            with contextlib.suppress(LeaseLostError):
                self._leases.release(lease_id)

        try:
            await run.run(leave)
        finally:
            lost = run.device.snapshot.state is DeviceState.RECOVERING
            if lost:
                await run.device.recover(0)

    async def _keep(self, run: CalibrationRun, lease_id: str) -> None:
        """Renew the lease while the run goes on; end one whose technician has gone."""
        loop, run_id = asyncio.get_running_loop(), run.request.run_id
        while not run.done.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await run.done.wait()
            if run.done.is_set():
                return
            alone = not self._watchers.get(run_id) and loop.time() - self._asked_at[run_id] > ABANDONED_S
            if run.request.attended and alone:
                run.cancel()
            try:
                self._leases.renew(lease_id)
            except LeaseLostError:
                run.cancel()
                return

    def _forget_oldest(self) -> None:
        ended = [run_id for run_id, run in self._runs.items() if run.done.is_set()]
        for run_id in ended[: max(0, len(ended) - RUNS_KEPT)]:
            del self._runs[run_id]
            self._asked_at.pop(run_id, None)
            self._watchers.pop(run_id, None)

    def _asked(self, run_id: str) -> None:
        self._asked_at[run_id] = asyncio.get_running_loop().time()

    def _run(self, run_id: str) -> CalibrationRun:
        run = self._runs.get(run_id)
        if run is None:
            raise NotFoundError("calibration run of this gateway's run", run_id)
        return run

    def _usable(self, device_id: str) -> Device:
        device = self._registry.known(device_id)
        if device.snapshot.state in (DeviceState.FAILED, DeviceState.ABSENT):
            detail = device.snapshot.problem.en if device.snapshot.problem else "it is not attached"
            raise DeviceNotReadyError(device_id, detail)
        return device

    async def _parts(self, run_id: str, device_id: str) -> list[RunPart]:
        """What the run to be resumed has measured within the last week."""
        if not run_id:
            return []
        of, parts = await asyncio.to_thread(self._store.parts, run_id, int(time_now().wall.timestamp() * 1000))
        if not parts:
            raise CalibrationUnknown(f"Nothing of the last week is kept of run {run_id}.", "Start a new one.")
        if of != device_id:
            raise CalibrationRefused(f"Run {run_id} is of {of}.", f"Resume it on {of}.")
        return parts

    def _planned(self, device: Device, names: Iterable[str], done: list[RunPart]) -> list[Procedure]:
        procedures = [each.measurement.procedure for each in done]
        return plan(self._tools.procedures(), device.snapshot.kind, names, procedures)

    def _targets(
        self, steps: Iterable[Procedure], given: list[LaidTarget], *, synthetic: bool
    ) -> dict[str, LaidTarget]:
        """The target of each step by the name under which it is asked for: its id, else its kind."""
        by_name = {each.used.kind: each for each in given} | {each.used.id: each for each in given}
        found = {}
        asked = [(procedure.name, view.target) for procedure in steps for view in procedure.views if view.target]
        for name, wanted in asked:
            target = by_name.get(wanted) or (self._tools.bundled().get(wanted) if synthetic else None)
            if target is None:
                raise BadArgumentError(
                    "targets", f"{name} needs a target {wanted}; give its file, see `rekam calibrate targets`"
                )
            found[wanted] = target
        return found

    def _standing(self, device_id: str) -> pb.CalibrationStanding:
        device = self._registry.get(device_id)
        attached = device is not None and device.snapshot.state is not DeviceState.ABSENT
        identity = device.snapshot.identity if device is not None and attached else None
        run_id = next(
            (key for key, run in self._runs.items() if run.request.device_id == device_id and not run.done.is_set()),
            "",
        )
        return messages.standing(
            device_id,
            None if device is None else device.snapshot.kind,
            self._book.standing(device_id, identity),
            attached=attached,
            run_id=run_id,
        )

    def _tell_device(self, device_id: str) -> None:
        device = self._registry.get(device_id)
        if device is not None:
            device.note_calibration()


def _decider(operator: str, reason: str, caller: Caller) -> Decider:
    return Decider(operator, tuple(sorted(caller.roles)), SUPERVISOR in caller.roles, reason)
