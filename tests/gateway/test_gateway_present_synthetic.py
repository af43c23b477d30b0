"""Synthetic persons brought before the gateway's synthetic devices, and refused by all others."""

import asyncio

import grpc
import numpy as np
import pytest
from rekam.v1 import capture_pb2, common_pb2, device_pb2

from drivers import PersonPart, synthetic_person
from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.devices import device as devices
from gateway.finger import FingerTemplate
from gateway.fingerprint import analyze, compare, score_at_fmr
from gateway.iris import compare as iris_distance
from gateway.iris import decode_code, distance_at_fmr
from gateway.records import fmr
from tests.gateway.client import Client, eventually, refused
from tests.gateway.running import desk, synthetic, synthetic_iris

RIGHT_INDEX = common_pb2.FINGER_POSITION_RIGHT_INDEX
RIGHT_EYE, LEFT_EYE = common_pb2.EYE_POSITION_RIGHT, common_pb2.EYE_POSITION_LEFT
SCANNER, CAMERA = "synthetic:T-1", "synthetic-iris:I-1"
CARD = {"driver": "synthetic-card", "serial": "C-1"}


async def present(client: Client, device_id: str, person: int = 42, **fields: object) -> device_pb2.Device:
    request = device_pb2.PresentSyntheticRequest(device_id=device_id, person=person, **fields)  # type: ignore[arg-type]
    return (await client.ask("DeviceService", request, device_pb2.PresentSyntheticResponse)).device


async def is_idle(client: Client, device_id: str) -> bool:
    devices = (await client.devices()).devices
    return any(each.device_id == device_id and each.state == device_pb2.DEVICE_STATE_IDLE for each in devices)


async def template(client: Client) -> FingerTemplate:
    capture = await client.capture(device_id=SCANNER)
    assert capture.outcome == capture_pb2.CAPTURE_OUTCOME_CAPTURED
    return fmr.decode(await client.download(capture.capture_id, capture_pb2.CAPTURE_PART_TEMPLATE)).views[0].template


async def test_devices_say_whether_they_are_synthetic(tmp_path):
    async with desk(tmp_path, synthetic(), synthetic_iris(), CARD) as client:
        found = {device.driver: device.synthetic for device in (await client.devices()).devices}
        assert found == {"synthetic": True, "synthetic-iris": True, "synthetic-card": False}


async def test_the_finger_that_was_presented_is_captured_next(tmp_path):
    async with desk(tmp_path, synthetic(finger=17)) as client:
        before = await template(client)
        device = await present(client, SCANNER, position=RIGHT_INDEX)
        assert (device.device_id, device.state) == (SCANNER, device_pb2.DEVICE_STATE_IDLE)
        shown = await template(client)
        await present(client, SCANNER, position=RIGHT_INDEX)
        again = await template(client)
        await present(client, SCANNER, 43, position=RIGHT_INDEX)
        other = await template(client)
    seed = synthetic_person(42).finger_seed(PersonPart.RIGHT_INDEX)
    known = analyze(draw_fingerprint(seed, 1), 500.0).template
    threshold = score_at_fmr(0.0001)
    assert compare(shown, known) >= threshold
    assert compare(shown, again) >= threshold
    assert len(shown) != len(again) or not np.array_equal(shown.x, again.x), "another placement"
    for stranger in (before, other):
        assert compare(stranger, known) < threshold


async def test_each_eye_that_was_presented_is_captured_as_that_eye(tmp_path):
    async with desk(tmp_path, synthetic_iris(eye=17)) as client:
        codes = []
        for eye in (RIGHT_EYE, LEFT_EYE, RIGHT_EYE):
            await present(client, CAMERA, eye=eye)
            # Drawing a person may take seconds of a busy machine; and of any placement the score may be middling.
            capture = await client.capture_iris(eye, timeout=60, min_quality=50)
            assert capture.outcome == capture_pb2.CAPTURE_OUTCOME_CAPTURED
            assert "wrong_eye" not in [remark.code for remark in capture.guidance]
            part = capture_pb2.CAPTURE_PART_IRIS_CODE
            codes.append(decode_code(await client.download(capture.capture_id, part)))
    right, left, again = codes
    threshold = distance_at_fmr(0.0001)
    assert iris_distance(right, again) <= threshold < iris_distance(right, left)


@pytest.mark.parametrize(
    ("device_id", "fields", "code", "field", "told"),
    [
        ("cabled-1:R-1", {"position": RIGHT_INDEX}, "INVALID_ARGUMENT", ["device_id"], "cabled-1:R-1"),
        ("synthetic-card:C-1", {"position": RIGHT_INDEX}, "INVALID_ARGUMENT", ["device_id"], "synthetic-card:C-1"),
        (SCANNER, {"eye": RIGHT_EYE}, "INVALID_ARGUMENT", ["part"], "right-eye is no finger"),
        (CAMERA, {"face": True}, "INVALID_ARGUMENT", ["part"], "one eye at a time"),
        (CAMERA, {"eye": common_pb2.EYE_POSITION_BOTH}, "INVALID_ARGUMENT", ["part"], "one eye at a time"),
        (SCANNER, {}, "INVALID_ARGUMENT", ["part"], ""),
        (SCANNER, {"position": RIGHT_INDEX, "person": 100_000}, "INVALID_ARGUMENT", ["person"], ""),
        ("synthetic:nobody", {"position": RIGHT_INDEX}, "NOT_FOUND", [], "synthetic:nobody"),
    ],
)
async def test_what_cannot_be_presented_is_refused_by_name(tmp_path, ports, device_id, fields, code, field, told):
    ports.port("1", serial="R-1")
    async with desk(tmp_path, synthetic(), synthetic_iris(), CARD, look=ports.look) as client:
        await eventually(lambda: is_idle(client, "cabled-1:R-1"))
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await present(client, device_id, **{"person": 42, **fields})
        found = refused(error.value)
        assert found.code == grpc.StatusCode[code]
        assert found.fields == field
        assert told in found.words["en"]
        assert (await client.capture(device_id=SCANNER)).outcome == capture_pb2.CAPTURE_OUTCOME_CAPTURED


async def test_a_device_that_cannot_be_used_says_why(tmp_path):
    async with desk(tmp_path, synthetic(condition="soaked")) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await present(client, SCANNER, position=RIGHT_INDEX)
        found = refused(error.value)
        assert found.reason == "DEVICE_NOT_READY"
        assert "soaked" in found.words["en"]


async def test_a_device_in_use_is_waited_for_and_not_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(devices, "PRESENT_WAIT_S", 0.3)
    async with desk(tmp_path, synthetic()) as client:
        capture = await client.start(device_id=SCANNER, manual=True)
        await client.until(capture.capture_id, capture_pb2.CAPTURE_STATE_CAPTURING)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await present(client, SCANNER, position=RIGHT_INDEX)
        assert refused(error.value).reason == "DEVICE_NOT_READY"
        assert "in use" in refused(error.value).words["en"]
        monkeypatch.setattr(devices, "PRESENT_WAIT_S", 20.0)
        waiting = asyncio.create_task(present(client, SCANNER, position=RIGHT_INDEX))
        await client.command(capture.capture_id, capture_pb2.CAPTURE_ACTION_TRIGGER)
        await client.end(capture.capture_id)
        assert (await waiting).device_id == SCANNER


async def test_a_deed_with_one_key_is_done_once(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        await present(client, SCANNER, position=RIGHT_INDEX, idempotency_key="k")
        first = await template(client)
        await present(client, SCANNER, 43, position=RIGHT_INDEX)
        await present(client, SCANNER, position=RIGHT_INDEX, idempotency_key="k")
        assert compare(first, await template(client)) < score_at_fmr(0.0001)


async def test_only_the_desk_presents(tmp_path):
    async with desk(tmp_path, synthetic(), roles=frozenset({"auditor"})) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await present(client, SCANNER, position=RIGHT_INDEX)
        assert refused(error.value).reason == "ROLE_DENIED"
