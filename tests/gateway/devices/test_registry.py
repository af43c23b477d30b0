"""Hot plug: what the ports show becomes devices, and what has gone is let go of."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from drivers import DeviceAddress, DeviceCondition, Discovery, DiscoveryProblem
from gateway.devices.registry import DeviceRegistry, DeviceSettings
from gateway.devices.state import DeviceSnapshot, DeviceState
from tests.gateway.client import eventually
from tests.gateway.desk_ports import QUICK, Desk
from tests.gateway.running import device_threads

NEVER = 3600.0


class Announced:
    """What the registry said, with how many scanners were open at each port just then."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.changes: list[tuple[str, DeviceState]] = []
        self.open_at: list[int] = []

    def __call__(self, snapshot: DeviceSnapshot) -> None:
        self.changes.append((snapshot.device_id, snapshot.state))
        self.open_at.append(sum(port.open_scanners for port in self.desk.ports.values()))


@asynccontextmanager
async def registry_of(desk: Desk) -> AsyncIterator[tuple[DeviceRegistry, Announced]]:
    """A registry that looks once at its start, and then when it is told to."""
    announced, first_look = Announced(desk), threading.Event()

    def look() -> Discovery:
        if first_look.is_set():
            return desk.look()
        first_look.set()
        return Discovery(())

    registry = DeviceRegistry((), announced, NEVER, look)
    await registry.start()
    try:
        assert await asyncio.to_thread(first_look.wait, 60)
        await registry.rescan()
        yield registry, announced
    finally:
        await registry.stop()


def states(registry: DeviceRegistry) -> dict[str, DeviceState]:
    return {device.address.device_id: device.snapshot.state for device in registry.devices()}


async def test_a_device_is_opened_when_it_is_plugged_in_and_closed_when_it_goes(ports):
    port = ports.port("1", plugged=False)
    threads = device_threads()
    async with registry_of(ports) as (registry, announced):
        assert states(registry) == {}
        port.plugged = True
        await registry.rescan()
        assert states(registry) == {port.device_id: DeviceState.IDLE}
        device = registry.get(port.device_id)
        assert device is not None
        assert device.snapshot.live_preview
        assert device.snapshot.health.attached_since is not None
        await registry.rescan()
        assert port.log == ["opened"]
        port.pull()
        await registry.rescan()
        assert states(registry) == {port.device_id: DeviceState.ABSENT}
        assert port.log == ["opened", "closed"]
        port.plugged = True
        await registry.rescan()
        assert registry.get(port.device_id) is device
        assert states(registry) == {port.device_id: DeviceState.IDLE}
    assert announced.changes[-1] == (port.device_id, DeviceState.ABSENT)
    assert port.open_scanners == 0
    assert device_threads() == threads


async def test_the_old_object_is_closed_before_a_new_one_is_announced(ports):
    """A second device of the same serial number comes: from now on both are named by their ports."""
    one = ports.port("1", serial="S")
    async with registry_of(ports) as (registry, announced):
        assert states(registry) == {"cabled-1:S": DeviceState.IDLE}
        one.serial = ""
        ports.port("2")
        await registry.rescan()
        assert states(registry) == {
            "cabled-1:S": DeviceState.ABSENT,
            "cabled-1:1": DeviceState.IDLE,
            "cabled-2:2": DeviceState.IDLE,
        }
        gone = announced.changes.index(("cabled-1:S", DeviceState.ABSENT))
        come = announced.changes.index(("cabled-1:1", DeviceState.RECOVERING))
        assert gone < come
        assert announced.open_at[gone] == 0
        assert one.most_open == 1


async def test_a_device_in_use_is_not_taken_from_its_job(ports):
    port = ports.port("1")
    async with registry_of(ports) as (registry, _):
        device = registry.get(port.device_id)
        assert device is not None
        entered, leave = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def job(scanner, watch):
            loop.call_soon_threadsafe(entered.set)
            asyncio.run_coroutine_threadsafe(leave.wait(), loop).result()
            return scanner.identity.serial

        task = asyncio.create_task(device.run(job, within_s=10))
        await entered.wait()
        port.pull()
        await registry.rescan()
        assert port.log == ["opened"]
        leave.set()
        assert await task == "CAB-1"
        await registry.rescan()
        assert states(registry) == {port.device_id: DeviceState.ABSENT}


async def test_a_rescan_beside_a_recovery_opens_the_device_once(ports):
    port = ports.port("1")
    async with registry_of(ports) as (registry, _):
        device = registry.get(port.device_id)
        assert device is not None
        recovered, *_ = await asyncio.gather(device.recover(5), registry.rescan(), registry.rescan())
        assert recovered
        assert port.log == ["opened", "closed", "opened"]
        assert port.most_open == 1
        assert states(registry) == {port.device_id: DeviceState.IDLE}


async def test_a_device_put_into_another_port_is_recovered_there(ports):
    port = ports.port("1")
    async with registry_of(ports) as (registry, _):
        device = registry.get(port.device_id)
        assert device is not None
        port.pull()
        recovery = asyncio.create_task(device.recover(30))
        await asyncio.sleep(0)
        port.location, port.plugged = "port:9", True
        await registry.rescan()
        assert device.address.location == "port:9"
        assert await recovery


async def test_a_stopped_device_is_not_opened_by_a_recovery_under_way(ports):
    port = ports.port("1")
    async with registry_of(ports) as (registry, _):
        device = registry.get(port.device_id)
        assert device is not None
        port.pull()
        recovery = asyncio.create_task(device.recover(3600))
        await asyncio.sleep(0)
        await device.stop()
        port.plugged = True
        assert not await recovery
        assert device.snapshot.state is DeviceState.ABSENT
        assert port.open_scanners == 0


async def test_a_hub_with_twenty_devices_comes_and_goes():
    """All at once, as when the hub's own cable is pulled."""
    hub = tuple(DeviceAddress(f"synthetic:H-{n}", "synthetic", "Synthetic", f"usb:1-1.{n}") for n in range(1, 21))
    attached = [hub]
    threads = device_threads()
    registry = DeviceRegistry(
        [DeviceSettings("synthetic", options=QUICK)], lambda _: None, NEVER, lambda: Discovery(attached[0])
    )
    await registry.start()
    try:
        for plugged, state in ((hub, DeviceState.IDLE), ((), DeviceState.ABSENT), (hub, DeviceState.IDLE)):
            attached[0] = plugged

            async def arrived(state: DeviceState = state) -> bool:
                await registry.rescan()
                return list(states(registry).values()) == [state] * 20

            async with asyncio.timeout(60):
                assert await eventually(arrived)
            assert len(device_threads()) - len(threads) == (20 if plugged else 0)
    finally:
        await registry.stop()
    assert device_threads() == threads


async def test_what_a_device_tells_of_itself_is_added_up(ports):
    port = ports.port("1")
    async with registry_of(ports) as (registry, _):
        device = registry.get(port.device_id)
        assert device is not None

        async def used(bad_frames: int, temperature_c: float | None) -> tuple[int, float | None]:
            port.condition = DeviceCondition(bad_frames, temperature_c)
            await device.run(lambda driver, watch: None, within_s=5)
            return device.snapshot.health.bad_frames, device.snapshot.health.temperature_c

        assert await used(2, None) == (2, None)
        assert await used(5, 40.5) == (5, 40.5)
        assert await device.recover(5)  # the driver counts from 0 again
        assert await used(1, 39.0) == (6, 39.0)
        device.count_uptime()
        assert device.snapshot.health.uptime_s > 0


async def test_one_failure_that_is_tried_again_and_again_counts_once(ports):
    port = ports.port("1")
    async with registry_of(ports) as (registry, _):
        device = registry.get(port.device_id)
        assert device is not None
        port.plugged = False
        assert not await device.recover(0)
        for _ in range(3):
            await device.start()
        assert (device.snapshot.state, device.snapshot.health.failures) == (DeviceState.FAILED, 1)
        device._failures = 5_000  # after two days
        await device.start()
        assert device.snapshot.state is DeviceState.FAILED
        assert not device.due_for_retry
        port.plugged = True
        await device.start()
        up = device.snapshot.health.uptime_s
        port.plugged = False
        assert not await device.recover(0)
        assert device.snapshot.health.failures == 2
        assert device.snapshot.health.uptime_s > up


async def test_a_failed_look_leaves_devices_in_use_alone(ports):
    port = ports.port("1")
    looks = 0

    def look() -> Discovery:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise OSError("the bus is gone")
        return ports.look()

    changes = []
    registry = DeviceRegistry((), changes.append, 0.001, look)
    await registry.start()
    try:

        async def looked_again() -> bool:
            return looks > 3

        assert await eventually(looked_again)
        assert states(registry) == {port.device_id: DeviceState.IDLE}
        assert port.log == ["opened"]
    finally:
        await registry.stop()


async def test_problems_of_drivers_are_kept_as_they_stand(ports):
    ports.problems = (DiscoveryProblem("acme", "its library is missing"),)
    async with registry_of(ports) as (registry, _):
        assert registry.problems == ports.problems
        ports.problems = ()
        await registry.rescan()
        assert registry.problems == ()


async def test_a_failed_device_is_tried_again_and_then_well(ports):
    port = ports.port("1")
    looking = ports.look()
    port.plugged = False
    announced = Announced(ports)
    registry = DeviceRegistry((), announced, NEVER, lambda: looking)
    await registry.start()
    try:
        await registry.rescan()
        device = registry.get(port.device_id)
        assert device is not None
        assert states(registry) == {port.device_id: DeviceState.FAILED}
        assert device.snapshot.problem is not None
        assert "empty" in device.snapshot.problem.en
        assert not device.due_for_retry
        port.plugged = True
        assert await device.recover(1)
        assert states(registry) == {port.device_id: DeviceState.IDLE}
        assert device.snapshot.problem is None
    finally:
        await registry.stop()


@pytest.mark.parametrize("options", [{"condition": "underwater"}, {"no_such_option": 1}])
async def test_a_recovery_does_not_go_on_where_the_options_are_wrong(options):
    settings = DeviceSettings("synthetic", "synthetic:1", attach=True, options={**QUICK, **options})
    registry = DeviceRegistry([settings], lambda _: None, NEVER, lambda: Discovery(()))
    await registry.start()
    try:
        device = registry.get("synthetic:1")
        assert device is not None
        assert device.snapshot.state is DeviceState.FAILED
        async with asyncio.timeout(60):
            assert not await device.recover(3600)
        assert device.snapshot.problem is not None
        assert any(word in device.snapshot.problem.en for word in ("underwater", "no_such_option"))
        assert not device.due_for_retry
    finally:
        await registry.stop()
