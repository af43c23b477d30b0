"""Slaps that do not go as they should: the other hand, a hand lifted early, scanners that fail, requests refused."""

import grpc
import pytest
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import common_pb2, device_pb2

from tests.gateway.client import refused
from tests.gateway.running import desk, synthetic
from tests.gateway.slap_desk import (
    AMPUTATED,
    BANDAGED,
    RIGHT_FINGERS,
    RIGHT_FOUR,
    RIGHT_RING,
    SCANNER,
    THUMBS,
    capture_lying,
    capture_slap,
    codes,
    manifest,
    missing,
    present,
    slaps,
)


async def test_a_hand_that_is_lifted_early_is_told_so_and_comes_again(tmp_path):
    # It rests for 1.5 s, shorter than so many good frames take.
    lifted = slaps(hold_s=1.5, finger_delay_s=0.3, frame_rate=20.0, impression=None)
    async with desk(tmp_path, lifted, capture={"still_frames": 100}) as client:
        started = await client.start(position=RIGHT_FOUR, timeout=60.0)
        async for event in client.watch_capture(started.capture_id):
            if "lifted_early" in {remark.code for remark in event.live_quality.guidance}:
                await client.command(started.capture_id, pb.CAPTURE_ACTION_CANCEL)
                break
        else:
            raise AssertionError("nobody was told")
        await client.end(started.capture_id)
        capture = await capture_lying(client, timeout=3.0)
        # Its time over, the best of what was there is recorded all the same.
        assert capture.outcome in (pb.CAPTURE_OUTCOME_CAPTURED, pb.CAPTURE_OUTCOME_BELOW_QUALITY)
        assert capture.sequence == 1


async def test_nobody_comes(tmp_path):
    async with desk(tmp_path, slaps(fault="no_finger")) as client:
        capture = await capture_slap(client, timeout=1.5)
        assert (capture.outcome, codes(capture)) == (pb.CAPTURE_OUTCOME_NO_FINGER, ["no_finger"])
        assert (await client.device(SCANNER)).health.timeouts == 1


@pytest.mark.parametrize(("fault", "counted"), [("hang", (1, 0)), ("unplug", (0, 1))])
async def test_a_scanner_that_fails_in_the_middle_comes_back_and_the_capture_goes_on(tmp_path, fault, counted):
    serial = f"S-{fault}"
    failing = slaps(serial=serial, fault=fault, fault_after_frames=3, faults_by_serial=True)
    async with desk(tmp_path, failing, capture={"still_frames": 5}) as client:
        states = []
        started = await client.start(position=RIGHT_FOUR, timeout=60.0)
        async for event in client.watch_capture(started.capture_id):
            if event.HasField("capture"):
                states.append(event.capture.state)
        capture = await client.get_capture(started.capture_id)
        assert capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        assert pb.CAPTURE_STATE_RECOVERING in states
        health = (await client.device(f"synthetic-slap:{serial}")).health
        assert (health.resets, health.losses) == counted


async def test_a_cable_that_is_pulled_before_a_hand_was_judged_leaves_nothing(tmp_path):
    gone = slaps(serial="S-gone", fault="unplug", fault_after_frames=2, fault_count=100)
    async with desk(tmp_path, gone, capture={"still_frames": 40}) as client:
        capture = await capture_slap(client, timeout=3.0)
        assert (capture.outcome, capture.error.reason) == (pb.CAPTURE_OUTCOME_DEVICE_LOST, "DEVICE_LOST")
        assert capture.sequence == 0


async def test_a_slap_is_marked_missing_finger_by_finger(tmp_path):
    async with desk(tmp_path, slaps(fault="no_finger")) as client:
        started = await client.start(position=RIGHT_FOUR, missing_fingers=missing(RIGHT_RING, reason=BANDAGED))
        await client.until(started.capture_id, pb.CAPTURE_STATE_AWAITING_FINGER)
        await client.command(started.capture_id, pb.CAPTURE_ACTION_MARK_MISSING, missing_reason=AMPUTATED)
        capture = await client.end(started.capture_id)
        assert (capture.outcome, capture.missing_reason) == (pb.CAPTURE_OUTCOME_MARKED_MISSING, AMPUTATED)
        signed = await manifest(client, capture.capture_id)
        assert [(each.position.code, each.reason) for each in signed.exceptions] == [
            (2, "amputated"),
            (3, "amputated"),
            (4, "bandaged"),
            (5, "amputated"),
        ]


REFUSED = (
    ({"missing_fingers": missing(7)}, "missing_fingers"),
    ({"missing_fingers": missing(2, 2)}, "missing_fingers"),
    ({"missing_fingers": missing(1, 6), "position": THUMBS}, "missing_fingers"),
    ({"missing_fingers": missing(2, reason=pb.MISSING_REASON_CANNOT_OPEN)}, "missing_fingers.reason"),
    ({"finger_thresholds": [pb.FingerThreshold(position=1, min_quality=3)]}, "finger_thresholds"),
    ({"missing_fingers": missing(2), "position": 3}, "fingers"),
    ({"device_id": "synthetic:T-1"}, "device_id"),
    ({"device_id": SCANNER, "position": 3}, "device_id"),
)


async def test_what_no_slap_is_is_refused(tmp_path):
    async with desk(tmp_path, synthetic(), slaps()) as client:
        for fields, field in REFUSED:
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await client.start(**{"position": RIGHT_FOUR, **fields})
            found = refused(error.value)
            assert found.code == grpc.StatusCode.INVALID_ARGUMENT
            assert found.fields == [field]


async def test_each_scanner_takes_what_it_is_for(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start(position=RIGHT_FOUR)
        assert refused(error.value).reason == "DEVICE_NOT_FOUND"
        assert "slap scanner" in (error.value.details() or "")
    async with desk(tmp_path, slaps()) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start(position=3)
        assert refused(error.value).reason == "DEVICE_NOT_FOUND"
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await present(client, position=3)
        assert refused(error.value).code == grpc.StatusCode.INVALID_ARGUMENT
        (device,) = (await client.devices(kind=device_pb2.DEVICE_KIND_SLAP_SCANNER)).devices
        assert (device.device_id, device.modality) == (SCANNER, common_pb2.MODALITY_FINGER)
        assert (device.synthetic, device.live_preview) == (True, True)


async def test_a_client_that_cancels_in_the_middle_leaves_nothing(tmp_path):
    async with desk(tmp_path, slaps(), capture={"still_frames": 100}) as client:
        started = await client.start(position=RIGHT_FOUR)
        await client.until(started.capture_id, pb.CAPTURE_STATE_CAPTURING)
        await client.command(started.capture_id, pb.CAPTURE_ACTION_CANCEL)
        capture = await client.end(started.capture_id)
        assert (capture.outcome, capture.sequence) == (pb.CAPTURE_OUTCOME_CANCELLED, 0)
        # The scanner is free at once.
        assert (await capture_slap(client, timeout=4.0)).sequence == 1


async def test_the_other_hand_is_taken_by_an_operator_alone(tmp_path):
    async with desk(tmp_path, slaps(hand="left", impression=1)) as client:
        capture = await capture_lying(client, timeout=3.0)
        assert (capture.outcome, codes(capture)) == (pb.CAPTURE_OUTCOME_NO_FINGER, ["wrong_hand"])
        assert (capture.sequence, list(capture.parts)) == (0, [])
        started = await client.start(position=RIGHT_FOUR, timeout=60.0)
        await client.until(started.capture_id, pb.CAPTURE_STATE_CAPTURING)
        await client.preview(started.capture_id)
        await client.command(started.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        capture = await client.end(started.capture_id)
        assert (capture.outcome, codes(capture)[0]) == (pb.CAPTURE_OUTCOME_BELOW_QUALITY, "wrong_hand")
        assert [finger.position for finger in capture.fingers] == RIGHT_FINGERS
        assert all(finger.HasField("quality") for finger in capture.fingers)


async def test_a_slap_is_refused_before_anybody_comes_where_there_is_no_room_for_it(tmp_path):
    async with desk(tmp_path, synthetic(), slaps(), spool={"limit_mb": 5, "reserve_mb": 1}) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start(position=RIGHT_FOUR)
        assert refused(error.value).reason == "SPOOL_FULL"
        assert (await client.capture()).sequence == 1  # a single finger needs less
