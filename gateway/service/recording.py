"""Tapes of devices for bug reports: recorded under a lease of their own, handed out in chunks."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator
from threading import Event

from rekam.v1 import device_pb2 as pb

from gateway.capture.leases import Lease, LeaseBook
from gateway.devices.device import OPEN_S, Device
from gateway.devices.recorded import (
    CAPTURE_GRACE_S,
    LONGEST_TEST_S,
    Recording,
    RecordingStep,
    record_traffic,
)
from gateway.devices.registry import DeviceRegistry
from gateway.devices.state import DeviceState
from gateway.roles import TECHNICIAN
from gateway.service import convert
from gateway.service.access import Caller
from gateway.service.errors import DeviceNotReadyError, RoleDeniedError

CHUNK = 512 * 1024
FINGER_S = 15.0


class DeviceRecordings:
    """Records devices; one that is asked for and left is ended, and the device given back."""

    def __init__(self, registry: DeviceRegistry, leases: LeaseBook) -> None:
        self._registry = registry
        self._leases = leases
        self._tasks: set[asyncio.Task[Recording]] = set()

    async def record(
        self, request: pb.RecordDeviceRequest, caller: Caller
    ) -> AsyncGenerator[pb.RecordDeviceResponse, None]:
        """Each step, then the tape.

        Raises
        ------
        RoleDeniedError
            Images are for technicians.
        DeviceNotReadyError
            The device is not attached. One that is out of order is recorded all the same.
        """
        if request.with_images and TECHNICIAN not in caller.roles:
            raise RoleDeniedError(TECHNICIAN)
        device = self._registry.known(request.device_id)
        if device.snapshot.state is DeviceState.ABSENT:
            raise DeviceNotReadyError(request.device_id, "it is not attached")
        timeout_s = convert.seconds(request.timeout) if request.HasField("timeout") else FINGER_S
        lease = await self._leases.acquire(
            [request.device_id],
            ttl_s=2 * OPEN_S + LONGEST_TEST_S + timeout_s + CAPTURE_GRACE_S,
            holder="recording",
            reason=f"asked by {caller.peer}",
        )
        steps: asyncio.Queue[RecordingStep | None] = asyncio.Queue()
        cancel = Event()
        self._leases.on_end(lease.lease_id, lambda _: cancel.set())
        task = asyncio.create_task(
            self._recorded(device, lease, timeout_s, request.with_images, cancel, steps), name="record a device"
        )
        self._tasks.add(task)  # it goes on to its end, whatever becomes of who asked
        task.add_done_callback(self._tasks.discard)
        try:
            while (step := await steps.get()) is not None:
                detail = convert.localized(step.detail)
                yield pb.RecordDeviceResponse(step=pb.RecordingStep(name=step.name, passed=step.passed, detail=detail))
            for chunk in _chunks(await task):
                yield pb.RecordDeviceResponse(tape=chunk)
        finally:
            cancel.set()
            if not task.done():
                with contextlib.suppress(Exception):  # of a recording that nobody waits for any more
                    await asyncio.shield(task)

    async def stop(self) -> None:
        """Wait for recordings whose leases have ended: the gateway stops."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _recorded(
        self,
        device: Device,
        lease: Lease,
        timeout_s: float,
        with_images: bool,
        cancel: Event,
        steps: "asyncio.Queue[RecordingStep | None]",
    ) -> Recording:
        loop = asyncio.get_running_loop()

        def told(step: RecordingStep) -> None:
            loop.call_soon_threadsafe(steps.put_nowait, step)

        try:
            return await record_traffic(device, timeout_s=timeout_s, with_images=with_images, cancel=cancel, told=told)
        finally:
            self._leases.release(lease.lease_id)
            loop.call_soon_threadsafe(steps.put_nowait, None)


def _chunks(recording: Recording) -> list[pb.TapeChunk]:
    text = recording.text.encode()
    chunks = [
        pb.TapeChunk(offset=offset, total_size=len(text), data=text[offset : offset + CHUNK])
        for offset in range(0, len(text), CHUNK)
    ]
    chunks[-1].sha256 = hashlib.sha256(text).hexdigest()
    chunks[-1].cut = recording.cut
    return chunks
