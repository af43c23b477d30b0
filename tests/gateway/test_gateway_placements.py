"""Captures from a scanner that gives one frame for each placement of a finger, and no preview before it."""

import pytest
from rekam.v1 import capture_pb2 as pb

from tests.gateway.running import desk

PLACING = {"driver": "placing", "id": "placing:1"}


@pytest.fixture
async def client(tmp_path, ports):
    port = ports.port("1", options={"finger_delay_s": 0.05, "impression": None})
    async with desk(tmp_path, PLACING) as client:
        client.port = port
        yield client


async def test_a_placement_is_a_capture(client):
    assert not (await client.device("placing:1")).live_preview
    capture = await client.capture()
    assert capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
    assert capture.quality.score > 0
    assert (await client.verify(capture.capture_id)).ok


async def test_the_frame_is_shown(client):
    capture = await client.start(min_quality=100, timeout=60)
    shown = await client.preview(capture.capture_id)
    assert shown.live_quality.finger_present
    assert (shown.width, shown.height) == (388, 374)


async def test_of_several_placements_the_best_is_recorded_at_the_timeout(client):
    capture = await client.capture(min_quality=100, timeout=6)
    assert capture.outcome == pb.CAPTURE_OUTCOME_BELOW_QUALITY
    assert client.port.log.count("removal") >= 2
    assert (await client.verify(capture.capture_id)).ok


async def test_a_trigger_takes_what_was_seen(client):
    capture = await client.start(min_quality=100, timeout=60)
    await client.preview(capture.capture_id)
    await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
    ended = await client.end(capture.capture_id)
    assert ended.outcome == pb.CAPTURE_OUTCOME_BELOW_QUALITY
    assert (await client.verify(capture.capture_id)).ok


@pytest.mark.parametrize("fault", [None, "no_finger"])
async def test_a_cancel_ends_the_wait_for_a_finger(tmp_path, ports, fault):
    ports.port("1", options={"fault": fault, "hold_s": 0.2})
    async with desk(tmp_path, PLACING) as client:
        capture = await client.start(min_quality=100, timeout=60)
        await client.until(capture.capture_id, pb.CAPTURE_STATE_AWAITING_FINGER)
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
        ended = await client.end(capture.capture_id)
        assert (ended.outcome, ended.sequence) == (pb.CAPTURE_OUTCOME_CANCELLED, 0)


async def test_no_finger_in_time_is_an_outcome(tmp_path, ports):
    ports.port("1", options={"fault": "no_finger"})
    async with desk(tmp_path, PLACING) as client:
        assert (await client.capture(timeout=0.2)).outcome == pb.CAPTURE_OUTCOME_NO_FINGER
