"""DeviceService: what is attached, how it does, and how it is mended."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from threading import Event as ThreadEvent

from rekam.v1 import common_pb2
from rekam.v1 import device_pb2 as pb

from drivers import DeviceDriver, DeviceError, DeviceUnsupported, PersonPart, SelfTestStep
from gateway.capture.leases import LeaseBook
from gateway.devices.device import OPEN_S, Device
from gateway.devices.history import DeviceHistory
from gateway.devices.registry import DeviceRegistry
from gateway.devices.state import DeviceSnapshot, DeviceState
from gateway.devices.worker import Watch
from gateway.events import EventLog
from gateway.eye import EyePosition
from gateway.finger import SLAP_CODES, FingerPosition, SlapHand
from gateway.service import convert, device_messages
from gateway.service.access import Caller
from gateway.service.errors import BadArgumentError, DeviceNotReadyError, StoppingError
from gateway.service.idempotency import Idempotency
from gateway.service.recording import DeviceRecordings
from gateway.trust import time_now

HEARTBEAT_S = 4.0
HISTORY_DAYS = 31
HISTORY_INCIDENTS = 100
SELF_TEST_STEP_S = 30.0


class DeviceCore:
    """Lists, watches, resets and tests devices."""

    def __init__(
        self,
        registry: DeviceRegistry,
        leases: LeaseBook,
        changes: EventLog[DeviceSnapshot],
        idempotency: Idempotency,
        history: DeviceHistory,
    ) -> None:
        self._registry = registry
        self._leases = leases
        self._changes = changes
        self._idempotency = idempotency
        self._history = history
        self._recordings = DeviceRecordings(registry, leases)

    async def list_devices(self, request: pb.ListDevicesRequest, caller: Caller) -> pb.ListDevicesResponse:
        """All devices, or those of a modality or a kind."""
        devices = [self._message(device.snapshot) for device in self._registry.devices()]
        return pb.ListDevicesResponse(
            devices=[
                device
                for device in devices
                if request.modality in (common_pb2.MODALITY_UNSPECIFIED, device.modality)
                and request.kind in (pb.DEVICE_KIND_UNSPECIFIED, device.kind)
            ],
            problems=[pb.DriverProblem(driver=p.driver, detail=p.detail) for p in self._registry.problems],
        )

    async def get_device(self, request: pb.GetDeviceRequest, caller: Caller) -> pb.GetDeviceResponse:
        """One device."""
        return pb.GetDeviceResponse(device=self._message(self._registry.known(request.device_id).snapshot))

    async def get_device_history(
        self, request: pb.GetDeviceHistoryRequest, caller: Caller
    ) -> pb.GetDeviceHistoryResponse:
        """What has happened to a device, day by day."""
        device = self._registry.known(request.device_id)
        device.count_uptime()
        days = await asyncio.to_thread(self._history.days, request.device_id, request.days or HISTORY_DAYS)
        incidents = await asyncio.to_thread(self._history.incidents, request.device_id, HISTORY_INCIDENTS)
        return pb.GetDeviceHistoryResponse(
            days=[device_messages.device_day(day) for day in days],
            incidents=[device_messages.device_incident(incident) for incident in incidents],
        )

    async def watch_devices(
        self, request: pb.WatchDevicesRequest, caller: Caller
    ) -> AsyncIterator[pb.WatchDevicesResponse]:
        """Every device, then each change."""
        from_seq, seq = self._changes.last_seq, 0
        for device in self._registry.devices():
            seq += 1
            yield pb.WatchDevicesResponse(
                seq=seq, time=convert.event_time(time_now()), device=self._message(device.snapshot)
            )
        async for event in self._changes.follow(from_seq, HEARTBEAT_S):
            seq += 1
            if event is None:
                yield pb.WatchDevicesResponse(seq=seq, time=convert.event_time(time_now()))
            else:
                yield pb.WatchDevicesResponse(
                    seq=seq, time=convert.event_time(event.time), device=self._message(event.payload)
                )
        raise StoppingError("the gateway is stopping")

    async def reset_device(self, request: pb.ResetDeviceRequest, caller: Caller) -> pb.ResetDeviceResponse:
        """Reset a device now, whoever uses it."""

        async def reset() -> pb.ResetDeviceResponse:
            device = self._registry.known(request.device_id)
            await device.reset()
            return pb.ResetDeviceResponse(device=self._message(device.snapshot))

        return await self._idempotency.once("ResetDevice", request, pb.ResetDeviceResponse, reset)

    async def run_self_test(
        self, request: pb.RunSelfTestRequest, caller: Caller
    ) -> AsyncIterator[pb.RunSelfTestResponse]:
        """Exercise a device under a lease of its own, a step at a time."""
        device = self._usable(request.device_id)
        lease = await self._leases.acquire(
            [request.device_id], ttl_s=10 * SELF_TEST_STEP_S, holder="self test", reason=f"asked by {caller.peer}"
        )
        steps: asyncio.Queue[SelfTestStep | None] = asyncio.Queue()
        loop, cancel = asyncio.get_running_loop(), ThreadEvent()

        def job(driver: DeviceDriver, watch: Watch) -> None:
            watch.expect(SELF_TEST_STEP_S)
            for step in driver.self_test(cancel):
                watch.expect(SELF_TEST_STEP_S)
                loop.call_soon_threadsafe(steps.put_nowait, step)

        async def run() -> None:
            try:
                await device.run(job, within_s=OPEN_S)
            finally:
                steps.put_nowait(None)

        task = asyncio.create_task(run())
        try:
            while (step := await steps.get()) is not None:
                yield pb.RunSelfTestResponse(name=step.name, passed=step.passed, detail=step.detail)
            await task
        finally:
            cancel.set()
            try:
                with contextlib.suppress(DeviceError):
                    await task
            finally:
                self._leases.release(lease.lease_id)

    def record_device(
        self, request: pb.RecordDeviceRequest, caller: Caller
    ) -> AsyncGenerator[pb.RecordDeviceResponse, None]:
        """Write down a device's traffic for a bug report."""
        return self._recordings.record(request, caller)

    async def present_synthetic(
        self, request: pb.PresentSyntheticRequest, caller: Caller
    ) -> pb.PresentSyntheticResponse:
        """Bring a synthetic person before a synthetic device."""

        async def present() -> pb.PresentSyntheticResponse:
            device = self._usable(request.device_id)
            placement = request.placement if request.HasField("placement") else None
            try:
                await device.present(request.person, _person_part(request), placement, _without(request))
            except DeviceUnsupported as error:
                raise BadArgumentError("device_id", str(error)) from error
            except ValueError as error:
                raise BadArgumentError("part", str(error)) from error
            return pb.PresentSyntheticResponse(device=self._message(device.snapshot))

        return await self._idempotency.once("PresentSynthetic", request, pb.PresentSyntheticResponse, present)

    async def stop(self) -> None:
        """Wait for what still uses a device, once its lease has ended."""
        await self._recordings.stop()

    def _usable(self, device_id: str) -> Device:
        device = self._registry.known(device_id)
        if device.snapshot.state in (DeviceState.FAILED, DeviceState.ABSENT):
            detail = device.snapshot.problem.en if device.snapshot.problem else "it is not attached"
            raise DeviceNotReadyError(device_id, detail)
        return device

    def _message(self, snapshot: DeviceSnapshot) -> pb.Device:
        return device_messages.device(snapshot, self._leases.holder_of(snapshot.device_id))


def _person_part(request: pb.PresentSyntheticRequest) -> PersonPart:
    if request.HasField("position"):
        return _finger_part(request.position)
    return _EYES[EyePosition(request.eye)] if request.HasField("eye") else PersonPart.FACE


def _without(request: pb.PresentSyntheticRequest) -> tuple[PersonPart, ...]:
    return tuple(map(_finger_part, request.missing_fingers))


def _finger_part(code: int) -> PersonPart:
    """One finger, or a slap; both sides bear the same names."""
    return PersonPart[(SlapHand(code) if code in SLAP_CODES else FingerPosition(code)).name]


_EYES = {
    EyePosition.RIGHT: PersonPart.RIGHT_EYE,
    EyePosition.LEFT: PersonPart.LEFT_EYE,
    EyePosition.BOTH: PersonPart.BOTH_EYES,
}
