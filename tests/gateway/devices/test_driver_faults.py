"""Drivers that raise what no driver should: their device is out of order, and neither others nor the gateway are."""

import asyncio

import pytest
from structlog.testing import capture_logs

from drivers import Discovery
from gateway.devices.registry import DeviceRegistry, DeviceSettings
from gateway.devices.state import DeviceState
from tests.gateway.desk_ports import PORTS, QUICK
from tests.gateway.devices.test_registry import NEVER, registry_of, states

FAILED, IDLE = DeviceState.FAILED, DeviceState.IDLE


@pytest.fixture
def faulty(ports):
    """A port whose driver is a `KeyError` to build; put it into `PORTS`, and it is well."""
    port = ports.port("1")
    del PORTS["1"]
    return port


async def test_a_driver_with_a_bug_is_tried_again_with_pauses_and_told_once(ports, faulty):
    ports.port("2")
    with capture_logs() as logged:
        async with registry_of(ports) as (registry, _):
            assert states(registry) == {faulty.device_id: FAILED, "cabled-2:2": IDLE}
            device = registry.known(faulty.device_id)
            assert device.snapshot.problem is not None
            assert device.snapshot.problem.en == "The device cannot be used: '1'"
            assert not device.due_for_retry
            for _ in range(3):
                await device.start()
            assert device.snapshot.health.failures == 1
            async with asyncio.timeout(60):
                assert not await device.recover(NEVER)
            PORTS["1"] = faulty
            await device.start()
            assert states(registry) == {faulty.device_id: IDLE, "cabled-2:2": IDLE}
    (told,) = (line for line in logged if line["event"] == "driver_failed")
    assert told["device"] == faulty.device_id
    assert isinstance(told["exc_info"], KeyError)


async def test_a_configured_device_with_a_faulty_driver_does_not_stop_the_start(faulty):
    settings = [
        DeviceSettings(faulty.driver, faulty.device_id, attach=True),
        DeviceSettings("synthetic", "synthetic:1", attach=True, options=QUICK),
    ]
    registry = DeviceRegistry(settings, lambda _: None, NEVER, lambda: Discovery(()))
    try:
        await registry.start()
        assert states(registry) == {faulty.device_id: FAILED, "synthetic:1": IDLE}
    finally:
        await registry.stop()
