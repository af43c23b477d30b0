"""Changes of enrolments as others see them: each made once however often it is asked for, none on a full disk."""

import asyncio
import os
import sqlite3

import cv2
import grpc
import numpy as np
import pytest
from rekam.v1 import capture_pb2
from rekam.v1 import enrolment_pb2 as pb
from rekam.v1 import gateway_pb2 as gpb

from gateway.spool import Spool
from gateway.spool.errors import SpoolKeyWrong
from tests.gateway.client import first, refused
from tests.gateway.enrolment.office import KeyCipher, portrait
from tests.gateway.running import connected
from tests.gateway.service.enrolment_desk import NIK, QUICK, SUPERVISOR, FrontEnd, office


async def _seen(stream, count):
    """So many changes of a watch, heartbeats left out."""
    found = []
    async for answer in stream:
        if answer.HasField("enrolment"):
            found.append(answer)
            if len(found) == count:
                stream.cancel()
                return found
    raise AssertionError("the watch ended too early")


async def test_a_watch_tells_every_change_in_order_and_resumes(tmp_path):
    async with office(tmp_path, QUICK) as desk:
        waiting = await desk.create("quick")
        watch = desk.watch()
        begun = await first(watch, lambda answer: answer.HasField("enrolment"))
        assert begun.enrolment.enrolment_id == waiting.enrolment_id
        beat = await first(watch, lambda answer: answer.HasField("heartbeat"))
        own = desk.watch(enrolment_id=waiting.enrolment_id, from_seq=beat.seq, run_id=beat.run_id)

        await desk.change("AddPortrait", image=portrait())
        await desk.change("PauseEnrolment", reason="lunch")
        await desk.create("quick")
        await desk.change("AbandonEnrolment", reason="wrong person")
        changes = await _seen(watch, 4)
        assert [each.seq for each in changes] == [beat.seq + n for n in range(1, 5)]
        lines = [(each.enrolment.version, each.enrolment.state) for each in changes]
        assert lines == [
            (2, pb.ENROLMENT_STATE_OPEN),
            (3, pb.ENROLMENT_STATE_PAUSED),
            (1, pb.ENROLMENT_STATE_OPEN),
            (2, pb.ENROLMENT_STATE_ABANDONED),
        ]
        assert changes[3].enrolment.HasField("ended")
        assert [each.seq for each in await _seen(own, 2)] == [beat.seq + 1, beat.seq + 2]
        again = await _seen(desk.watch(from_seq=changes[1].seq, run_id=beat.run_id), 2)
        assert [each.seq for each in again] == [each.seq for each in changes[2:]]
        # Numbers of another run mean nothing: what is under way, and from there on.
        anew = await _seen(desk.watch(from_seq=changes[3].seq, run_id="run-before"), 1)
        assert (anew[0].enrolment.version, anew[0].enrolment.state) == (3, pb.ENROLMENT_STATE_PAUSED)


async def test_the_one_stream_of_a_page_tells_enrolments_too(tmp_path):
    async with office(tmp_path, QUICK) as desk:
        before = await desk.create("quick")
        watch = desk.client.watch(topics=[gpb.TOPIC_ENROLMENTS])
        snapshot = await first(watch, lambda answer: answer.HasField("enrolment"))
        assert snapshot.enrolment.enrolment_id == before.enrolment_id
        await first(watch, lambda answer: answer.HasField("heartbeat"))
        await desk.change("AddPortrait", image=portrait())
        change = await first(watch, lambda answer: answer.HasField("enrolment"))
        assert change.enrolment.version == 2
        watch.cancel()


async def test_a_watch_ends_when_the_gateway_does(tmp_path):
    async with office(tmp_path) as desk:
        watch = desk.watch()
        await first(watch, lambda answer: answer.HasField("heartbeat"))
        stopped = asyncio.create_task(desk.gateway.stop())
        with pytest.raises(grpc.aio.AioRpcError) as error:
            async for _ in watch:
                pass
        await stopped
    assert refused(error.value).reason == "STOPPING"


async def test_the_same_request_twice_is_one_change_also_after_a_restart(tmp_path):
    async with office(tmp_path, QUICK) as desk:
        request = {"profile_id": "quick", "nik": NIK, "operator": "sari", "idempotency_key": "monday 1"}
        answers = [await desk.call("CreateEnrolment", **request) for _ in range(2)]
        assert answers[0] == answers[1]
        both = await asyncio.gather(
            *(desk.call("CreateEnrolment", **{**request, "idempotency_key": "monday 2"}) for _ in range(3))
        )
        assert len({each.enrolment.enrolment_id for each in both}) == 1
        other = await desk.refusal("CreateEnrolment", **{**request, "nik": NIK[:-1] + "2"})
        assert (other.reason, other.fields) == ("INVALID_ARGUMENT", ["idempotency_key"])
        desk.seen = answers[0].enrolment
        pause = desk.filled("PauseEnrolment", reason="lunch")
        paused = await desk.call("PauseEnrolment", **pause)
    async with office(tmp_path, QUICK) as desk:
        assert await desk.call("CreateEnrolment", **request) == answers[0]
        # Without the key the second would be refused: it saw the version before the first.
        assert await desk.call("PauseEnrolment", **pause) == paused
        assert len(await desk.listed()) == 2


async def test_a_client_that_leaves_in_the_middle_gets_its_answer_when_it_asks_again(tmp_path):
    async with office(tmp_path) as desk:
        await desk.create()
        await desk.add_fingers()
        request = pb.SealEnrolmentRequest(**desk.filled("SealEnrolment"))
        watch = desk.watch()
        await first(watch, lambda answer: answer.HasField("heartbeat"))
        call = desk.client.unary("EnrolmentService", "SealEnrolment", request)
        # The seal has begun: the journal says so before the packet is written.
        await first(watch, lambda answer: answer.HasField("enrolment"))
        call.cancel()
        answer = await desk.client.unary("EnrolmentService", "SealEnrolment", request)
        assert answer.enrolment.state == pb.ENROLMENT_STATE_SEALED
        assert len(list((tmp_path / "state" / "packets").glob("*.rekam"))) == 1
        watch.cancel()


async def test_what_is_kept_for_a_repeated_request_cannot_be_read_from_the_disk(tmp_path):
    async with office(tmp_path, QUICK) as desk:
        await desk.create("quick")
        await desk.change(
            "AddException",
            part="left-index",
            reason=capture_pb2.MISSING_REASON_AMPUTATED,
            detail="lost in a sawmill",
        )
        seen = desk.seen.SerializeToString()
    found = [path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert any(b"CreateEnrolment" in content for content in found)
    for secret in (NIK.encode(), NIK[-4:].encode() + b"\x1a", b"lost in a sawmill", "•".encode(), seen[:200]):
        assert not any(secret in content for content in found)


def _lose_answers(state) -> int:
    """As when the power fails between the journal and the answers; gives how many there were."""
    connection = sqlite3.connect(state / "spool.sqlite3")
    with connection:
        count = connection.execute("DELETE FROM idempotency").rowcount
    connection.close()
    return count


async def test_a_request_whose_answer_was_lost_is_answered_with_what_is_there(tmp_path):
    requests = []
    profile = QUICK.replace('duplicates = "none"', 'duplicates = "warn"')
    async with office(tmp_path, profile) as desk:

        async def change(method: str, **fields):
            fields = desk.filled(method, **fields)
            requests.append((method, fields))
            desk.seen = (await desk.call(method, **fields)).enrolment

        await change("CreateEnrolment", profile_id="quick", nik=NIK)
        await change("AddCapture", capture_id=await desk.finger("right-index"))
        await change("AddException", part="left-index", reason=capture_pb2.MISSING_REASON_BANDAGED)
        await change("ApprovePart", part="left-index", supervisor=SUPERVISOR)
        await change("WithdrawException", part="left-index")
        await change("RemoveCapture", capture_id=desk.seen.parts[0].capture_id, reason="blurred")
        await change("AddPortrait", image=portrait())
        await change("CheckDuplicate")
        await change("PauseEnrolment", reason="lunch")
        await change("ResumeEnrolment")
        before = desk.seen
    assert _lose_answers(tmp_path / "state") == len(requests)
    async with office(tmp_path, profile) as desk:
        for method, fields in requests:
            assert (await desk.call(method, **fields)).enrolment == before
        assert [each.enrolment_id for each in await desk.listed()] == [before.enrolment_id]
        # Another request that saw the same old version is refused as ever, and another key begins another enrolment.
        desk.seen = before
        late = await desk.refused("AddPortrait", image=portrait(), seen_version=1)
        assert late.reason == "VERSION_CONFLICT"
        assert (await desk.create("quick")).enrolment_id != before.enrolment_id


async def test_a_seal_and_a_supplement_whose_answers_were_lost_are_one_packet_and_one_enrolment(tmp_path):
    async with office(tmp_path, QUICK) as desk:
        await desk.create("quick")
        await desk.change("AddCapture", capture_id=await desk.finger("right-index"))
        await desk.change(
            "AddException",
            part="left-index",
            reason=capture_pb2.MISSING_REASON_DEVICE_BROKEN,
            approver=SUPERVISOR,
        )
        await desk.change("AddPortrait", image=portrait())
        seal = desk.filled("SealEnrolment")
        packet = (await desk.call("SealEnrolment", **seal)).enrolment.packet
        supplement = desk.filled("SupplementEnrolment")
        later = (await desk.call("SupplementEnrolment", **supplement)).enrolment
    assert _lose_answers(tmp_path / "state") > 0
    async with office(tmp_path, QUICK) as desk:
        assert (await desk.call("SealEnrolment", **seal)).enrolment.packet == packet
        assert (await desk.call("SupplementEnrolment", **supplement)).enrolment == later
        assert len(await desk.listed()) == 2


def test_an_answer_is_not_read_under_another_key_and_the_first_one_stays(tmp_path):
    with Spool.open(tmp_path, open_cipher=lambda needed: KeyCipher(b"a" * 32)) as answers:
        digest = bytes(range(32))
        assert answers.recall("Seal", "k") is None
        assert answers.remember("Seal", "k", digest, b"first").response == b"first"
        assert answers.remember("Seal", "k", digest, b"second").response == b"first"
        kept = answers.recall("Seal", "k")
        assert kept is not None
        assert (kept.request_digest, kept.response) == (digest, b"first")
        assert answers.recall("Pause", "k") is None
    with pytest.raises(SpoolKeyWrong):
        Spool.open(tmp_path, open_cipher=lambda needed: KeyCipher(b"b" * 32))


async def test_the_loop_never_waits_while_a_large_portrait_is_added(tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (1500, 1500, 3), np.uint8)
    image = bytes(cv2.imencode(".png", noise)[1])
    async with office(tmp_path, QUICK) as desk:
        await desk.create("quick")
        await desk.add_fingers()
        shares = [1.0]
        while min(shares) >= 0.5 and len(shares) < 20:  # what else the machine does may hold up one or the other
            shares.append(await _stalled_share(desk.change("AddPortrait", image=image)))
        assert min(shares) < 0.5
        await desk.seal()


async def _stalled_share(change) -> float:
    """The longest time that the loop stood still, as a share of the time that a change took."""
    longest, loop = 0.0, asyncio.get_running_loop()
    task = asyncio.create_task(change)
    begun = loop.time()
    while not task.done():
        due = loop.time() + 0.002
        await asyncio.sleep(0.002)
        longest = max(longest, loop.time() - due)
    await task
    return longest / (loop.time() - begun)


@pytest.mark.parametrize("room", [0, 120_000], ids=["for nothing", "for the journal, and no packet"])
async def test_a_full_disk_during_the_seal_leaves_the_enrolment_open(disk, tmp_path, room):
    async with office(tmp_path, state=disk / "state", spool={"reserve_mb": 1}) as desk:
        await desk.create()
        await desk.add_fingers()
        ballast = disk / "ballast"
        _fill(ballast, disk, room)
        full = await desk.refused("SealEnrolment")
        assert (full.code, full.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SPOOL_FULL")
        assert set(full.words) == {"id", "en"}
        assert (await desk.get()).state == pb.ENROLMENT_STATE_OPEN
        assert not list((disk / "state" / "packets").glob("*.rekam"))
        ballast.unlink()
        packet = await desk.seal()
        assert len(await desk.download(packet.packet_id)) == packet.size
        assert len(list((disk / "state" / "packets").glob("*.rekam"))) == 1


def _fill(ballast, disk, room):
    """Leave so many bytes free."""
    with ballast.open("wb", buffering=0) as file:
        while (free := os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - room) >= 4096:
            file.write(bytes(min(free, 1 << 20)))


async def test_two_front_ends_work_on_one_enrolment(tmp_path):
    async with office(tmp_path, QUICK) as desk:
        await desk.create("quick")
        capture_id = await desk.finger("right-index")
        async with connected(desk.gateway) as client:
            other = FrontEnd(client, desk.gateway)
            await other.get(desk.seen.enrolment_id)
            await desk.change("AddPortrait", image=portrait())
            # A capture undoes nothing: it needs no version, and is taken by both.
            unseen = {"enrolment_id": desk.seen.enrolment_id, "capture_id": capture_id, "operator": "budi"}
            answers = await asyncio.gather(*(each.call("AddCapture", **unseen) for each in (desk, other)))
            assert {answer.enrolment.version for answer in answers} == {3}
            assert (await other.refused("PauseEnrolment")).reason == "VERSION_CONFLICT"
            await other.get()
            await other.change("PauseEnrolment")
            assert (await desk.get()).state == pb.ENROLMENT_STATE_PAUSED
