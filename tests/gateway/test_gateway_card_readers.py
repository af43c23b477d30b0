"""Readers of the PC/SC service at the desk: found, tested, gone with the service, back with it."""

from functools import partial

import pytest
from rekam.v1 import device_pb2

from drivers import Discovery, discover, installed_drivers
from tests.drivers.pcsc_peer import Pcscd, missing
from tests.gateway.client import eventually
from tests.gateway.running import desk

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


def look() -> Discovery:
    return discover(drivers={"pcsc": installed_drivers()["pcsc"]})


async def test_a_reader_comes_and_goes_with_the_service(tmp_path):
    service = Pcscd()
    service.start()
    try:
        async with desk(tmp_path, look=look) as client:

            async def readers(state: int) -> list[device_pb2.Device]:
                kind = device_pb2.DEVICE_KIND_CARD_WRITER
                return [each for each in (await client.devices(kind=kind)).devices if each.state == state]

            async def ready() -> list[device_pb2.Device]:
                """Both slots: one that is there before the other has another name."""
                found = await readers(device_pb2.DEVICE_STATE_IDLE)
                return found if len(found) == 2 else []

            async def stands(state: int) -> bool:
                return reader.device_id in {each.device_id for each in await readers(state)}

            (reader, *_) = await eventually(ready)
            assert reader.driver == "pcsc"
            assert "Virtual PCD" in reader.model
            steps = await client.self_test(reader.device_id)
            assert steps[0].name == "reader"
            assert all(step.passed for step in steps)
            service.kill()
            await eventually(partial(stands, device_pb2.DEVICE_STATE_ABSENT))
            (problem,) = (await client.devices()).problems
            assert problem.driver == "pcsc"
            service.start()
            await eventually(partial(stands, device_pb2.DEVICE_STATE_IDLE))
    finally:
        service.close()
