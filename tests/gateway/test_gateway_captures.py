"""Captures over the API: how they end, how they are told, watched, repeated and verified."""

import asyncio
import time

import grpc
import numpy as np
import pytest
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import common_pb2, gateway_pb2

from gateway.capture.session import MAX_PREVIEW_AGE_S
from gateway.records import fir, fmr
from gateway.trust import Manifest, read_signature
from tests.gateway.client import Client, eventually, refused, seconds
from tests.gateway.running import connected, desk, running, synthetic

DONE = pb.CAPTURE_STATE_DONE
ABANDONED_S = 3.0
"""Longer than a machine is too busy for a client to watch what it has just begun."""


async def manifest(client: Client, capture_id: str) -> Manifest:
    jws = await client.download(capture_id, pb.CAPTURE_PART_MANIFEST)
    return Manifest.from_bytes(read_signature(jws).payload)


async def test_a_good_and_still_finger_is_taken_by_itself(client):
    capture = await client.capture(
        device_id="synthetic:T-1", transaction_id="transaction 7", nonce=b"\x01\x02", operator="Budi", min_quality=20
    )
    assert capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
    assert capture.sequence == 1
    assert capture.quality.score >= 20
    assert capture.minutia_count > 10
    assert [part.part for part in capture.parts] == [1, 2, 3]
    assert (await client.verify(capture.capture_id)).ok
    signed = await manifest(client, capture.capture_id)
    assert (signed.transaction_id, signed.nonce, signed.operator) == ("transaction 7", "0102", "Budi")
    assert signed.position.name == "right-index"
    assert signed.quality is not None
    assert signed.quality.score == capture.quality.score
    image = fir.decode(await client.download(capture.capture_id, pb.CAPTURE_PART_IMAGE))
    assert fir.decode_pixels(image.representations[0]).shape == (374, 388)
    template = fmr.decode(await client.download(capture.capture_id, pb.CAPTURE_PART_TEMPLATE))
    assert len(template.views[0].template) == capture.minutia_count
    assert (await client.download(capture.capture_id, pb.CAPTURE_PART_PREVIEW)).startswith(b"\x89PNG")
    assert (await client.device("synthetic:T-1")).health.captures == 1


async def test_below_the_asked_score_the_best_frame_is_recorded_all_the_same(client):
    await client.seen(device_id="synthetic:T-1")
    capture = await client.capture(device_id="synthetic:T-1", min_quality=100, timeout=2, wait=60)
    assert capture.outcome == pb.CAPTURE_OUTCOME_BELOW_QUALITY
    assert capture.sequence == 1
    assert (await client.verify(capture.capture_id)).ok


async def test_no_finger_leaves_no_record(tmp_path):
    async with desk(tmp_path, synthetic(1, fault="no_finger")) as client:
        capture = await client.capture(timeout=0.3)
        assert capture.outcome == pb.CAPTURE_OUTCOME_NO_FINGER
        assert capture.sequence == 0
        assert not capture.parts
        assert (await client.device("synthetic:T-1")).health.timeouts == 1
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.verify(capture.capture_id)
        assert refused(error.value).reason == "NOT_FOUND"
        assert (await client.capture(timeout=0.2)).outcome == pb.CAPTURE_OUTCOME_NO_FINGER


async def test_a_trigger_takes_the_frame_of_a_manual_capture(client):
    capture = await client.start(manual=True)
    await client.until(capture.capture_id, pb.CAPTURE_STATE_CAPTURING)
    await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
    ended = await client.end(capture.capture_id)
    assert ended.outcome == pb.CAPTURE_OUTCOME_CAPTURED
    assert (await client.verify(capture.capture_id)).ok


async def test_a_trigger_on_an_empty_glass_is_recorded_as_what_it_is(tmp_path):
    async with desk(tmp_path, synthetic(1, fault="no_finger")) as client:
        capture = await client.start(min_quality=1)
        await client.preview(capture.capture_id)
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        ended = await client.end(capture.capture_id)
        assert (ended.outcome, ended.quality.score) == (pb.CAPTURE_OUTCOME_BELOW_QUALITY, 0)
        assert [remark.code for remark in ended.guidance] == ["no_finger"]


async def test_a_part_is_read_in_one_answer_or_from_where_one_likes(client):
    capture = await client.capture()
    whole = await client.download(capture.capture_id, pb.CAPTURE_PART_IMAGE)

    async def read(**asked: int) -> pb.ReadCaptureResponse:
        request = pb.ReadCaptureRequest(capture_id=capture.capture_id, part=pb.CAPTURE_PART_IMAGE, **asked)
        return await client.ask("CaptureService", request, pb.ReadCaptureResponse)

    answer = await read()
    assert (answer.data, answer.offset, answer.total_size) == (whole, 0, len(whole))
    assert answer.media_type == next(part.media_type for part in capture.parts if part.part == pb.CAPTURE_PART_IMAGE)
    pieces = [await read(offset=offset, max_bytes=10_000) for offset in range(0, len(whole), 10_000)]
    assert len(pieces) > 1
    assert b"".join(piece.data for piece in pieces) == whole
    beyond = await read(offset=len(whole) + 7)
    assert (beyond.data, beyond.offset, beyond.total_size) == (b"", len(whole), len(whole))


async def test_a_retake_starts_the_term_of_the_captures_own_lease_anew(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        capture = await client.start(manual=True, timeout=60)
        await client.until(capture.capture_id, pb.CAPTURE_STATE_AWAITING_FINGER)
        ends = [lease.expires_at async for lease in _held_leases(client)]
        await asyncio.sleep(0.05)
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_RETAKE)
        later = [lease.expires_at async for lease in _held_leases(client)]
        assert later[0].ToNanoseconds() > ends[0].ToNanoseconds()
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)


async def _held_leases(client):
    async for event in client.watch(topics=[gateway_pb2.TOPIC_LEASES]):
        if event.HasField("heartbeat"):
            return
        yield event.lease


async def test_a_retake_of_a_running_capture_begins_anew(client):
    capture = await client.start(manual=True)
    await client.until(capture.capture_id, pb.CAPTURE_STATE_CAPTURING)
    again = await client.command(capture.capture_id, pb.CAPTURE_ACTION_RETAKE)
    assert again.capture_id == capture.capture_id
    states = []
    async for event in client.watch_capture(capture.capture_id):
        if not event.HasField("capture"):
            continue
        states.append(event.capture.state)
        if states[-2:] == [pb.CAPTURE_STATE_AWAITING_FINGER, pb.CAPTURE_STATE_CAPTURING] and len(states) > 3:
            await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
    assert states.count(pb.CAPTURE_STATE_AWAITING_FINGER) == 2
    assert event.capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_a_retake_of_a_finished_capture_names_it(client):
    one = await client.capture(transaction_id="t", operator="Sri")
    another = await client.command(one.capture_id, pb.CAPTURE_ACTION_RETAKE)
    assert another.capture_id != one.capture_id
    ended = await client.end(another.capture_id)
    assert ended.retake_of == one.capture_id
    signed = await manifest(client, another.capture_id)
    assert (signed.retake_of, signed.transaction_id, signed.operator) == (one.capture_id, "t", "Sri")
    assert (await client.verify(another.capture_id)).ok


async def test_a_missing_finger_is_a_signed_record(client):
    capture = await client.start(manual=True, position=common_pb2.FINGER_POSITION_LEFT_RING)
    await client.command(capture.capture_id, pb.CAPTURE_ACTION_MARK_MISSING, missing_reason=pb.MISSING_REASON_AMPUTATED)
    ended = await client.end(capture.capture_id)
    assert ended.outcome == pb.CAPTURE_OUTCOME_MARKED_MISSING
    assert ended.missing_reason == pb.MISSING_REASON_AMPUTATED
    assert (await client.verify(capture.capture_id)).ok
    (exception,) = (await manifest(client, capture.capture_id)).exceptions
    assert (exception.position.name, exception.reason) == ("left-ring", "amputated")
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.download(capture.capture_id, pb.CAPTURE_PART_PREVIEW)
    assert refused(error.value).reason == "NOT_FOUND"


async def test_a_missing_finger_can_be_marked_while_the_capture_queues(client):
    lease = await client.acquire("synthetic:T-1")
    capture = await client.start(device_id="synthetic:T-1", wait=30)
    assert capture.state == pb.CAPTURE_STATE_QUEUED
    await client.command(capture.capture_id, pb.CAPTURE_ACTION_MARK_MISSING, missing_reason=pb.MISSING_REASON_BANDAGED)
    ended = await client.end(capture.capture_id)
    assert ended.outcome == pb.CAPTURE_OUTCOME_MARKED_MISSING
    assert (await client.renew(lease.lease_id)).lease_id == lease.lease_id


async def test_a_cancelled_capture_leaves_nothing_and_frees_the_device(client):
    capture = await client.start(device_id="synthetic:T-1", manual=True)
    await client.until(capture.capture_id, pb.CAPTURE_STATE_CAPTURING)
    await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
    ended = await client.end(capture.capture_id)
    assert ended.outcome == pb.CAPTURE_OUTCOME_CANCELLED
    assert ended.sequence == 0
    assert (await client.capture(device_id="synthetic:T-1", wait=60)).sequence == 1


async def test_whoever_was_told_that_a_capture_stops_does_not_find_it_in_the_spool(client):
    """A CANCEL at any moment either stops the capture, or comes too late and changes nothing."""
    outcomes = set()
    for delay_ms in range(0, 130, 10):
        capture = await client.start(device_id="synthetic:T-1", wait=60)
        await asyncio.sleep(delay_ms / 1000)
        told = await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
        ended = await client.end(capture.capture_id)
        outcomes.add(ended.outcome)
        recorded = ended.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        assert recorded or ended.outcome == pb.CAPTURE_OUTCOME_CANCELLED
        assert bool(ended.sequence) == recorded
        assert told.state != DONE or recorded
    assert pb.CAPTURE_OUTCOME_CANCELLED in outcomes


async def test_every_event_can_be_read_again_from_any_place(client):
    capture = await client.start(manual=True)
    await client.until(capture.capture_id, pb.CAPTURE_STATE_CAPTURING)
    await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
    events = [event async for event in client.watch_capture(capture.capture_id)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[-1].capture.state == DONE
    for from_seq in range(len(events)):
        rest = [event async for event in client.watch_capture(capture.capture_id, from_seq)]
        assert rest == events[from_seq:]
    walls = [event.time.wall.ToNanoseconds() for event in events]
    monotonic = [event.time.monotonic.ToNanoseconds() for event in events]
    assert monotonic == sorted(monotonic)
    assert walls[0] > 0


async def test_a_slow_reader_of_previews_gets_none_that_is_old(client):
    capture = await client.start(manual=True, timeout=60)
    slow = quick = (await client.preview(capture.capture_id)).seq
    for _ in range(4):
        while quick < slow + 5:  # another reader keeps up meanwhile
            quick = (await client.preview(capture.capture_id, quick)).seq
        asked = time.monotonic()
        shown = await client.preview(capture.capture_id, slow)
        assert shown.seq >= quick
        assert shown.age.ToNanoseconds() / 1e9 < MAX_PREVIEW_AGE_S + time.monotonic() - asked
        slow = quick = shown.seq
    await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
    ended = await client.preview(capture.capture_id, slow + 100)
    assert ended.seq == 0
    assert ended.state == DONE


async def test_previews_come_as_fast_as_the_device_gives_them(client):
    capture = await client.start(manual=True, timeout=60)
    at, seq, gaps = time.monotonic(), 0, []
    while len(gaps) < 60:
        seq = (await client.preview(capture.capture_id, seq, max_width=200)).seq
        gaps.append(time.monotonic() - at)
        at += gaps[-1]
    # Of those that nothing else on the machine delayed: a pace of its own would delay every one.
    assert sorted(gaps)[len(gaps) // 4] < 1 / 15


async def test_previews_come_raw_or_as_jpeg_and_as_small_as_asked(client):
    capture = await client.start(manual=True)
    raw = await client.preview(capture.capture_id, format=pb.PREVIEW_FORMAT_RAW)
    assert (raw.width, raw.height, len(raw.pixels)) == (388, 374, 388 * 374)
    small = await client.preview(capture.capture_id, format=pb.PREVIEW_FORMAT_RAW, max_width=100)
    assert (small.width, small.height) == (100, 96)
    assert np.frombuffer(small.pixels, np.uint8).size == 9600
    assert (await client.preview(capture.capture_id)).pixels.startswith(b"\xff\xd8")


async def test_no_preview_in_time_is_an_empty_answer(client):
    lease = await client.acquire("synthetic:T-1")
    capture = await client.start(device_id="synthetic:T-1", wait=10)
    shown = await client.preview(capture.capture_id, timeout=seconds(0.05))
    assert shown.seq == 0
    assert shown.state == pb.CAPTURE_STATE_QUEUED
    await client.release(lease.lease_id)


async def test_one_key_is_one_capture(client):
    request = client.start_request(idempotency_key="key 1", manual=True)
    calls = (client.unary("CaptureService", "StartCapture", request) for _ in range(5))
    answers = await asyncio.gather(*calls)
    assert len({answer.capture.capture_id for answer in answers}) == 1
    later = await client.unary("CaptureService", "StartCapture", request)
    assert later.capture.capture_id == answers[0].capture.capture_id
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.start(idempotency_key="key 1", manual=False)
    assert refused(error.value).fields == ["idempotency_key"]
    assert refused(error.value).code is grpc.StatusCode.INVALID_ARGUMENT


async def test_one_key_is_one_retake(client):
    capture = await client.capture()
    again = await asyncio.gather(
        *(client.command(capture.capture_id, pb.CAPTURE_ACTION_RETAKE, idempotency_key="retake") for _ in range(3))
    )
    assert len({each.capture_id for each in again}) == 1


async def test_a_key_is_remembered_by_the_next_run(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        one = await client.start(idempotency_key="key 1")
        await client.end(one.capture_id)
    async with desk(tmp_path, synthetic()) as client:
        again = await client.start(idempotency_key="key 1")
        assert again.capture_id == one.capture_id
        stored = await client.get_capture(one.capture_id)
        assert (stored.sequence, stored.state) == (1, DONE)
        (event,) = [event async for event in client.watch_capture(one.capture_id)]
        assert event.capture == stored
        assert (await client.capture()).sequence == 2
        assert (await client.verify(one.capture_id)).ok


async def test_an_asker_that_leaves_does_not_take_the_answer_from_the_other(client):
    holding = await client.acquire("synthetic:T-1")
    one = client.acquire_call("synthetic:T-1", wait_s=30.0, idempotency_key="shared")
    other = client.acquire_call("synthetic:T-1", wait_s=30.0, idempotency_key="shared")
    watch = client.watch()
    async for event in watch:
        if event.lease.queue_place == 1:
            break
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one
    await client.release(holding.lease_id)
    assert (await other).lease.state == 2


async def test_two_captures_on_one_lease_follow_each_other(client):
    lease = await client.acquire("synthetic:T-1")
    one = await client.start(lease_id=lease.lease_id)
    two = await client.start(lease_id=lease.lease_id)
    ended = [await client.end(capture.capture_id) for capture in (one, two)]
    assert [capture.sequence for capture in ended] == [1, 2]
    assert {capture.device_id for capture in ended} == {"synthetic:T-1"}
    assert (await client.renew(lease.lease_id)).state == 2


async def test_the_end_of_a_lease_ends_its_captures(client):
    lease = await client.acquire("synthetic:T-1")
    captures = [await client.start(lease_id=lease.lease_id, manual=True) for _ in range(2)]
    await client.until(captures[0].capture_id, pb.CAPTURE_STATE_CAPTURING)
    await client.release(lease.lease_id)
    for capture in captures:
        assert (await client.end(capture.capture_id)).outcome == pb.CAPTURE_OUTCOME_CANCELLED
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.start(lease_id=lease.lease_id)
    assert refused(error.value).reason == "LEASE_LOST"
    assert refused(error.value).metadata["state"] == "released"


async def test_a_lease_of_another_device_does_not_serve(client):
    lease = await client.acquire("synthetic:T-1")
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.start(lease_id=lease.lease_id, device_id="synthetic:T-2")
    assert refused(error.value).reason == "LEASE_REQUIRED"


async def test_a_capture_without_a_device_takes_a_free_one(client):
    captures = [await client.start(manual=True) for _ in range(2)]
    assert {capture.device_id for capture in captures} == {"synthetic:T-1", "synthetic:T-2"}
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.start()
    assert refused(error.value).reason == "LEASE_HELD"


async def test_a_queued_capture_says_at_last_that_the_device_stayed_taken(client):
    await client.acquire("synthetic:T-1", holder="Ani")
    capture = await client.capture(device_id="synthetic:T-1", wait=0.1)
    assert capture.outcome == pb.CAPTURE_OUTCOME_FAILED
    assert capture.error.reason == "LEASE_HELD"
    assert "Ani" in capture.error.message.id


async def test_a_lease_of_the_capture_that_is_released_by_another_ends_it(client):
    capture = await client.start(device_id="synthetic:T-1", manual=True)
    await client.until(capture.capture_id, pb.CAPTURE_STATE_CAPTURING)
    watch = client.watch()
    async for event in watch:
        if event.HasField("lease"):
            break
    await client.release(event.lease.lease_id)
    assert (await client.end(capture.capture_id)).outcome == pb.CAPTURE_OUTCOME_CANCELLED


async def test_a_capture_of_which_nobody_asks_is_given_up(tmp_path):
    async with running(tmp_path, synthetic(), lease={"abandoned_s": ABANDONED_S}) as gateway:
        async with connected(gateway) as client:
            abandoned = await client.start(manual=True, timeout=60)
            queued = await client.start(manual=True, timeout=60, wait=60)
        async with connected(gateway) as client:
            assert (await client.capture(wait=60)).outcome == pb.CAPTURE_OUTCOME_CAPTURED
            for capture in (abandoned, queued):
                ended = await client.get_capture(capture.capture_id)
                assert (ended.state, ended.outcome) == (DONE, pb.CAPTURE_OUTCOME_CANCELLED)


async def test_a_capture_that_is_only_asked_after_goes_on(tmp_path):
    async with desk(tmp_path, synthetic(), lease={"abandoned_s": ABANDONED_S}) as client:
        await client.seen()
        capture = await client.start(manual=True, timeout=1.5 * ABANDONED_S, wait=60)

        async def ended() -> pb.Capture | None:
            now = await client.get_capture(capture.capture_id)
            return now if now.state == DONE else None

        assert (await eventually(ended, 0.05)).outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_a_queued_capture_marked_missing_leaves_the_device_that_becomes_free(client):
    """The device comes free while the mark is being recorded: the queued claim must not take and keep it."""
    for _ in range(10):
        lease = await client.acquire("synthetic:T-1")
        queued = await client.start(device_id="synthetic:T-1", wait=20)
        missing = client.command(
            queued.capture_id, pb.CAPTURE_ACTION_MARK_MISSING, missing_reason=pb.MISSING_REASON_AMPUTATED
        )
        await asyncio.gather(missing, client.release(lease.lease_id))
        await client.end(queued.capture_id)

        async def free() -> bool:
            return not (await client.device("synthetic:T-1")).lease_holder

        async with asyncio.timeout(60):
            assert await eventually(free)
