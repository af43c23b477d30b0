"""Iris cameras and card writers beside scanners: listed, tested, reset, and kept from captures of fingers."""

import grpc
import pytest
from rekam.v1 import common_pb2, device_pb2

from tests.gateway.client import refused
from tests.gateway.running import desk, synthetic

IRIS = {"driver": "synthetic-iris", "serial": "I-1", "frame_rate": 1.0}
"""A frame a second: that is what a busy machine draws, too, and its self test tells a slow one."""
CARD = {"driver": "synthetic-card", "serial": "C-1"}
FACE = {"driver": "synthetic-portrait", "serial": "P-1", "delay_s": 0.0, "approach_s": 0.0, "settle_s": 0.0}
QUICK_DEVICES = (synthetic(), IRIS, CARD, FACE)


async def test_each_kind_is_listed_as_what_it_is(tmp_path):
    async with desk(tmp_path, *QUICK_DEVICES) as client:
        devices = {device.driver: device for device in (await client.devices()).devices}
        assert {driver: (device.kind, device.modality) for driver, device in devices.items()} == {
            "synthetic": (device_pb2.DEVICE_KIND_FINGERPRINT_SCANNER, common_pb2.MODALITY_FINGER),
            "synthetic-iris": (device_pb2.DEVICE_KIND_IRIS_CAMERA, common_pb2.MODALITY_IRIS),
            "synthetic-portrait": (device_pb2.DEVICE_KIND_PORTRAIT_CAMERA, common_pb2.MODALITY_FACE),
            "synthetic-card": (device_pb2.DEVICE_KIND_CARD_WRITER, common_pb2.MODALITY_UNSPECIFIED),
        }
        assert all(device.state == device_pb2.DEVICE_STATE_IDLE for device in devices.values())
        assert devices["synthetic-iris"].width == 640
        iris = await client.devices(modality=common_pb2.MODALITY_IRIS)
        assert [device.device_id for device in iris.devices] == ["synthetic-iris:I-1"]
        cards = await client.devices(kind=device_pb2.DEVICE_KIND_CARD_WRITER)
        assert [device.device_id for device in cards.devices] == ["synthetic-card:C-1"]


@pytest.mark.parametrize("device_id", ["synthetic-iris:I-1", "synthetic-card:C-1", "synthetic-portrait:P-1"])
async def test_each_kind_is_tested_and_reset(tmp_path, device_id):
    async with desk(tmp_path, *QUICK_DEVICES) as client:
        steps = await client.self_test(device_id)
        assert steps
        assert all(step.passed for step in steps), steps
        await client.reset(device_id)
        device = await client.device(device_id)
        assert (device.state, device.health.resets) == (device_pb2.DEVICE_STATE_IDLE, 1)


async def test_a_finger_is_captured_from_scanners_only(tmp_path):
    async with desk(tmp_path, *QUICK_DEVICES) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start(device_id="synthetic-card:C-1")
        found = refused(error.value)
        assert found.code == grpc.StatusCode.INVALID_ARGUMENT
        assert "card writer" in str(error.value.details()) or "card writer" in found.words["en"]
        assert (await client.capture()).device_id == "synthetic:T-1"
    async with desk(tmp_path / "none", IRIS, CARD) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start()
        assert refused(error.value).reason == "DEVICE_NOT_FOUND"


async def test_what_happened_to_a_device_is_there_after_a_restart(tmp_path):
    hanging = synthetic(1, fault="hang", fault_after_frames=3, faults_by_serial=True, serial="H-1")
    async with desk(tmp_path, hanging) as client:
        for _ in range(2):
            await client.capture()
        history = await client.history("synthetic:H-1")
        (day,) = history.days
        assert (day.captures, day.resets, day.losses) == (2, 1, 0)
        assert day.uptime.ToMilliseconds() > 0
        (incident,) = history.incidents
        assert incident.kind == device_pb2.DEVICE_INCIDENT_KIND_RESET
        assert incident.detail
        assert not day.HasField("temperature_celsius")
    async with desk(tmp_path, synthetic(1, serial="H-1")) as client:
        health = (await client.device("synthetic:H-1")).health
        assert (health.captures, health.resets) == (2, 1)
        await client.capture()
        (day,) = (await client.history("synthetic:H-1", days=1)).days
        assert day.captures == 3
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.history("synthetic:nobody")
        assert refused(error.value).reason == "DEVICE_NOT_FOUND"
