"""Clients who behave as people and programs do: they cancel, retake, vanish, race for a device and take leases."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import grpc
from rekam.v1 import capture_pb2, device_pb2

from tests.gateway.client import Client, refused
from tests.soak.tally import OUT_OF_ORDER, Tally

T = TypeVar("T")

ABANDONED_S = 1.0
"""The gateway under soak gives a capture up when nobody has cared for it so long."""
OUTCOME_S = 60.0
"""No capture here may run longer: 3 s on the device, a few recoveries of 3 s, some waiting for the device."""
GIVEN_UP_S = 10.0
"""Cancelling a device that hangs just then takes 2 s, a reset and 2 s more."""
LEASE_WAIT_S = 30.0

EXPECTED = {"LEASE_HELD", "LEASE_LOST", "DEVICE_NOT_READY", "DEVICE_NOT_FOUND", "DEVICE_LOST"}
"""Refusals that a client of a failing device must live with."""

BEHAVIOURS = {
    "watches": 30,
    "looks": 12,
    "cancels": 8,
    "retakes": 7,
    "triggers": 6,
    "marks missing": 5,
    "vanishes": 4,
    "wants more": 4,
    "races": 5,
    "leases": 6,
    "lets a lease run out": 2,
    "steals": 2,
    "resets": 2,
    "tests": 2,
}

OF_A_FINGER = [
    reason
    for reason in capture_pb2.MissingReason.values()
    if reason not in (capture_pb2.MISSING_REASON_UNSPECIFIED, capture_pb2.MISSING_REASON_CANNOT_OPEN)
]


@asynccontextmanager
async def client_of(address: str) -> AsyncIterator[Client]:
    """A client over a connection of its own."""
    async with grpc.aio.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        yield Client(channel)


class Desk:
    """What happens at one device until enough captures were made; several may share the device."""

    def __init__(self, address: str, client: Client, device_id: str, lots: random.Random, tally: Tally) -> None:
        self._address = address
        self._client = client
        self._device_id = device_id
        self._lots = lots
        self._tally = tally
        self._apart: set[asyncio.Task[None]] = set()

    async def work(self, captures: int) -> None:
        """Behave at random until the tally has so many captures, and see every one of them end."""
        while self._tally.captures < captures:
            behaviour = self._lots.choices(list(BEHAVIOURS), list(BEHAVIOURS.values()))[0]
            self._tally.behaviours[behaviour] += 1
            before = self._tally.captures
            await getattr(self, f"_{behaviour.replace(' ', '_')}")()
            if self._tally.captures == before:
                await asyncio.sleep(0.1)  # refused: a person looks at the message
        if self._apart:
            await asyncio.gather(*self._apart)

    async def capture_once(self) -> capture_pb2.Capture | None:
        """An ordinary capture from its start to its end; None where it was refused."""
        capture_id = await self._start()
        return await self._end(capture_id) if capture_id else None

    async def _watches(self) -> None:
        await self.capture_once()

    async def _looks(self) -> None:
        if capture_id := await self._start():
            await asyncio.gather(self._end(capture_id), self._look(capture_id, self._lots.choice((0.0, 0.0, 0.3))))

    async def _cancels(self) -> None:
        await self._told(capture_pb2.CAPTURE_ACTION_CANCEL)

    async def _retakes(self) -> None:
        await self._told(capture_pb2.CAPTURE_ACTION_RETAKE)

    async def _triggers(self) -> None:
        await self._told(capture_pb2.CAPTURE_ACTION_TRIGGER, {"manual": True})

    async def _marks_missing(self) -> None:
        reason = self._lots.choice(OF_A_FINGER)
        await self._told(capture_pb2.CAPTURE_ACTION_MARK_MISSING, {}, missing_reason=reason)

    async def _vanishes(self) -> None:
        """A client's process dies; another one asks long after what became of its capture."""
        channel = grpc.aio.insecure_channel(self._address, [("grpc.use_local_subchannel_pool", 1)])
        capture_id = await self._start(Client(channel), manual=True, timeout=30)
        watch = asyncio.create_task(_until_cut(Client(channel), capture_id)) if capture_id else None
        await asyncio.sleep(self._lots.uniform(0.0, 0.3))
        await channel.close(0)
        if watch is None or capture_id is None:
            return
        await watch
        task = asyncio.create_task(self._found_abandoned(capture_id))
        self._apart.add(task)
        task.add_done_callback(self._apart.discard)

    async def _wants_more(self) -> None:
        if capture_id := await self._start(min_quality=100, timeout=self._lots.uniform(0.3, 1.0)):
            await self._end(capture_id)

    async def _races(self) -> None:
        """Two programs at one device at once, one of which does not queue."""
        queued, rude = await asyncio.gather(self._start(), self._start(wait=0))
        await asyncio.gather(*(self._end(capture_id) for capture_id in (queued, rude) if capture_id))

    async def _leases(self) -> None:
        if lease_id := await self._lease(ttl_s=30.0):
            for _ in range(self._lots.randint(1, 3)):
                if capture_id := await self._start(lease_id=lease_id, wait=0):
                    await self._end(capture_id)
            await self._try(self._client.release(lease_id))

    async def _lets_a_lease_run_out(self) -> None:
        if lease_id := await self._lease(ttl_s=1.0):
            while (capture_id := await self._start(lease_id=lease_id, wait=0, manual=True)) is not None:
                await self._end(capture_id)

    async def _steals(self) -> None:
        capture_id = await self._start(manual=True)
        await asyncio.sleep(self._lots.uniform(0.0, 0.5))
        lease = await self._try(self._client.steal(self._device_id))
        if lease is not None:
            await asyncio.sleep(self._lots.uniform(0.0, 0.5))
            await self._try(self._client.release(lease.lease_id))
        if capture_id:
            await self._end(capture_id)

    async def _resets(self) -> None:
        capture_id = await self._start()
        await asyncio.sleep(self._lots.uniform(0.0, 0.3))
        await self._try(self._client.reset(self._device_id))
        if capture_id:
            await self._end(capture_id)

    async def _tests(self) -> None:
        await self._try(self._client.self_test(self._device_id))

    async def _told(self, action: capture_pb2.CaptureAction, start: dict[str, Any] | None = None, **told: Any) -> None:
        """A capture that is told something after a moment; a RETAKE of one that is over begins another."""
        capture_id = await self._start(**start or {})
        if capture_id is None:
            return
        end = asyncio.create_task(self._end(capture_id))
        await asyncio.sleep(self._lots.uniform(0.0, 0.5))
        answer = await self._try(self._client.command(capture_id, action, **told))
        await end
        if answer is not None and answer.capture_id != capture_id:
            self._tally.start(answer)
            await self._end(answer.capture_id)

    async def _start(self, client: Client | None = None, **fields: Any) -> str | None:
        wanted = {"device_id": self._device_id, "wait": LEASE_WAIT_S, "timeout": 3.0, "min_quality": 0, **fields}
        capture = await self._try((client or self._client).start(**wanted))
        if capture is None:
            return None
        self._tally.start(capture)
        return capture.capture_id

    async def _lease(self, ttl_s: float) -> str | None:
        lease = await self._try(self._client.acquire(self._device_id, ttl_s=ttl_s, wait_s=LEASE_WAIT_S / 2))
        return lease.lease_id if lease is not None else None

    async def _end(self, capture_id: str) -> capture_pb2.Capture | None:
        """Watch a capture to its end; whatever keeps it from one is a problem."""
        last: capture_pb2.Capture | None = None
        call = self._client.watch_capture(capture_id)
        try:
            async with asyncio.timeout(OUTCOME_S):
                async for event in call:
                    if event.HasField("capture"):
                        last = event.capture
        except TimeoutError:
            self._problem(capture_id, f"did not end in {OUTCOME_S:.0f} s; it was {last}")
        except grpc.aio.AioRpcError as error:
            self._problem(capture_id, f"could not be watched: {refused(error)}")
        else:
            if last is None or last.state != capture_pb2.CAPTURE_STATE_DONE:
                self._problem(capture_id, f"was watched to the end of its events, but it was {last}")
            else:
                self._tally.end(last)
                return last
        return None

    async def _look(self, capture_id: str, pause_s: float) -> None:
        seq = 0
        while preview := await self._try(self._client.preview(capture_id, seq, max_width=160)):
            if not preview.seq:
                return
            if preview.seq <= seq:
                self._problem(capture_id, f"showed the preview {preview.seq} after {seq}")
            seq = preview.seq
            self._tally.previews += 1
            await asyncio.sleep(pause_s)

    async def _found_abandoned(self, capture_id: str) -> None:
        await asyncio.sleep(2 * ABANDONED_S)
        loop = asyncio.get_running_loop()
        asked = loop.time()
        if await self._end(capture_id) and loop.time() - asked > GIVEN_UP_S:
            self._problem(capture_id, f"was still there {loop.time() - asked:.1f} s after nobody cared for it")

    async def _try(self, call: Awaitable[T]) -> T | None:
        """The answer, or None for a refusal; one that nobody should meet is a problem."""
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            why = refused(error)
            reason = why.reason or why.code.name
            self._tally.refusals[reason] += 1
            if reason not in EXPECTED:
                self._tally.problems.append(f"{self._device_id}: refused with {reason}: {why.text}")
            return None

    def _problem(self, capture_id: str, words: str) -> None:
        self._tally.problems.append(f"{self._device_id}: {capture_id} {words}")


async def watch_devices(client: Client, tally: Tally) -> None:
    """Note for how long each device is out of order, until the task is cancelled."""
    loop = asyncio.get_running_loop()
    since: dict[str, float] = {}
    while True:
        with contextlib.suppress(grpc.aio.AioRpcError):  # a stream of this client lasts a minute
            async for change in client.watch_devices():
                if not change.HasField("device"):
                    continue
                device = change.device
                if device.state in OUT_OF_ORDER:
                    since.setdefault(device.device_id, loop.time())
                elif device.device_id in since:
                    took_s = loop.time() - since.pop(device.device_id)
                    tally.recoveries_s.setdefault(device.device_id, []).append(took_s)


async def all_idle(client: Client, count: int, within_s: float) -> list[device_pb2.Device]:
    """Wait until `count` devices are idle and held by nobody; those that are not by then."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while True:
        devices = (await client.devices()).devices
        well = [d for d in devices if d.state == device_pb2.DEVICE_STATE_IDLE and not d.lease_holder]
        if len(well) == count or loop.time() > deadline:
            return [device for device in devices if device not in well]
        await asyncio.sleep(0.05)


async def _until_cut(client: Client, capture_id: str) -> None:
    with contextlib.suppress(grpc.aio.AioRpcError, asyncio.CancelledError):
        async for _ in client.watch_capture(capture_id):
            pass
