"""Bounds: who is asked to come later, and when; who writes a packet; what is in force; slow clients; the end."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from rekam.v1 import ingest_pb2 as pb
from rekam.v1 import ingest_pb2_grpc

from gateway.central import AdmissionLimits
from gateway.central.admission import Admission, TurnedAway
from gateway.central.answers import in_force
from gateway.central.claims import Claims
from gateway.central.server import CentreServer, CentreSettings
from gateway.centre import Announcement, AnnouncementKind, CentreBusy, CentreCondition, CentreUnreachable, StandingState
from gateway.guidance import LocalizedText
from tests.gateway.central.centres import ROOMY, made_centre, packet, place, sent, served, until, way
from tests.gateway.central.slow_line import SlowLine

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
NO_WORDS = LocalizedText(id="", en="")


def test_uploads_are_bounded_in_all_and_of_each_gateway(tmp_path: Path) -> None:
    admission = Admission(replace(ROOMY, uploads=4, uploads_per_gateway=2), tmp_path)
    with admission.upload("one", 10), admission.upload("one", 10):
        with pytest.raises(TurnedAway, match="under way already"), admission.upload("one", 10):
            pass
        assert admission.condition("two")[0] is CentreCondition.ACCEPTING
        with admission.upload("two", 10):
            condition, wait_s = admission.condition("three")
            assert condition is CentreCondition.BUSY
            assert wait_s is not None
            assert admission.condition("two")[0] is CentreCondition.ACCEPTING, "it is its turn"
            with (
                admission.upload("two", 10),
                pytest.raises(TurnedAway, match="come again"),
                admission.upload("four", 10),
            ):
                pass
    assert admission.condition("three") == (CentreCondition.ACCEPTING, None)


def test_room_that_was_promised_is_not_promised_twice(tmp_path: Path) -> None:
    import os

    status = os.statvfs(tmp_path)
    free = status.f_bavail * status.f_frsize
    admission = Admission(AdmissionLimits(kept_free_bytes=free // 2), tmp_path)
    assert admission.has_room(free // 3)
    with admission.upload("one", free // 3):
        assert not admission.has_room(free // 3)
    assert admission.has_room(free // 3)


def test_the_more_were_turned_away_the_wider_they_are_spread(tmp_path: Path) -> None:
    admission = Admission(replace(ROOMY, uploads=1), tmp_path)
    calm = [Admission(ROOMY, tmp_path).wait_s("g") for _ in range(200)]
    with admission.upload("one", 1):
        for number in range(300):
            with pytest.raises(TurnedAway), admission.upload(f"g{number}", 1):
                pass
        stormy = [admission.wait_s(f"g{number}") for number in range(200)]
    assert max(calm) <= 4.0
    assert min(calm) >= 2.0
    assert max(stormy) > 100.0
    assert max(stormy) - min(stormy) > 100.0


async def test_the_newest_upload_takes_a_packet_over_and_the_others_take_turns() -> None:
    claims = Claims()
    first = await claims.take("g", "p")
    other = await claims.take("g", "q")
    second = asyncio.create_task(claims.take("g", "p"))
    await asyncio.wait({asyncio.create_task(first.lost.wait())})
    third = asyncio.create_task(claims.take("g", "p"))
    await asyncio.sleep(0)
    assert not second.done()
    claims.release("g", "p", first)
    claim = await second
    assert claim.lost.is_set()
    assert not third.done()
    claims.release("g", "p", claim)
    last = await third
    assert not last.lost.is_set()
    assert not other.lost.is_set()


async def test_one_that_is_given_up_while_it_waits_does_not_let_the_next_in_too_early() -> None:
    claims = Claims()
    first = await claims.take("g", "p")
    second = asyncio.create_task(claims.take("g", "p"))
    await asyncio.sleep(0)
    third = asyncio.create_task(claims.take("g", "p"))
    await asyncio.sleep(0)
    second.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not third.done()
    claims.release("g", "p", first)
    await asyncio.wait_for(third, 60)


def announcement(kind: AnnouncementKind, hours: float, back: float | None = None) -> Announcement:
    issued = AT + timedelta(hours=hours)
    expected = None if back is None else AT + timedelta(hours=back)
    return Announcement("pusat-1", f"a-{hours}", kind, issued, issued, expected, NO_WORDS)


def test_announcements_are_in_force_until_a_return_or_long_after_their_time() -> None:
    outage = announcement(AnnouncementKind.OUTAGE, 0)
    works = announcement(AnnouncementKind.MAINTENANCE, 1, 5)
    back = announcement(AnnouncementKind.RETURN, 6)
    assert in_force([works, outage], AT + timedelta(hours=2)) == [works, outage]
    assert in_force([works, outage], AT + timedelta(days=3)) == [outage]
    assert in_force([back, works, outage], AT + timedelta(hours=7)) == [back]
    assert in_force([back, works, outage], AT + timedelta(days=30)) == []


async def test_slow_gateways_do_not_hold_others(tmp_path: Path) -> None:
    state = made_centre(tmp_path / "centre", "kedoya-1", "palmerah-2")
    slow = [packet(tmp_path, number, 2_000_000, "palmerah-2") for number in range(1, 9)]
    quick = [packet(tmp_path, number, 100_000) for number in range(1, 6)]
    async with (
        served(state) as centre,
        SlowLine(centre.address, bytes_per_s=20_000) as line,
        way(place(state, line.address, "palmerah-2")) as tired,
        way(place(state, centre.address)) as out,
    ):
        crawling = [
            asyncio.create_task(tired.send(each.notice, 0, each.notice.size, each.read, lambda _: None))
            for each in slow
        ]
        await until(lambda: line.carried >= 40_000)
        async with asyncio.timeout(60):
            for each in quick:
                assert (await sent(out, each)).state is StandingState.RECEIVED
        assert not any(each.done() for each in crawling)
        for each in crawling:
            each.cancel()
        await asyncio.gather(*crawling, return_exceptions=True)


async def test_a_centre_that_stops_keeps_what_came_and_says_when_to_come_again(tmp_path: Path) -> None:
    state = made_centre(tmp_path / "centre")
    made = packet(tmp_path, size=4_000_000)
    centre = CentreServer(state, CentreSettings(listen="127.0.0.1:0", limits=ROOMY))
    await centre.start()
    async with SlowLine(centre.address, bytes_per_s=4e6) as line, way(place(state, line.address)) as out:
        came = asyncio.Event()
        sending = asyncio.create_task(out.send(made.notice, 0, made.notice.size, made.read, lambda _: came.set()))
        async with asyncio.timeout(60):
            await came.wait()
            await centre.stop()
            with pytest.raises((CentreBusy, CentreUnreachable)):
                await sending
    async with served(state, CentreSettings(limits=ROOMY)) as centre, way(place(state, centre.address)) as out:
        assert (await out.offer([made.notice]))[0].received >= 1 << 20
        assert (await sent(out, made)).state is StandingState.RECEIVED


async def test_metrics_tell_of_packets_and_bounds(tmp_path: Path) -> None:
    state = made_centre(tmp_path / "centre")
    async with served(state, CentreSettings(limits=ROOMY, metrics="127.0.0.1:0")) as centre:
        async with way(place(state, centre.address)) as out:
            await sent(out, packet(tmp_path))
            await out.centre()
        host, _, port = centre.metrics_address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
        text = (await reader.read()).decode()
        writer.close()
    for line in (
        'rekam_central_packets_total{outcome="received"}',
        'rekam_central_condition{condition="accepting"} 1.0',
        'rekam_central_calls_total{method="UploadPacket",status="OK"}',
    ):
        assert line in text


async def test_garbage_does_not_disturb_a_centre(tmp_path: Path) -> None:
    state = made_centre(tmp_path / "centre")
    noise = random.Random(7)
    async with served(state) as centre, way(place(state, centre.address)) as out:
        host, _, port = centre.address.rpartition(":")
        for content in (b"GET / HTTP/1.1\r\n\r\n", noise.randbytes(5_000), b"\x16\x03\x01" + noise.randbytes(600), b""):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(content)
            writer.close()
        assert (await sent(out, packet(tmp_path))).state is StandingState.RECEIVED


async def test_an_upload_that_is_no_upload_is_refused_and_takes_no_place(tmp_path: Path) -> None:
    state = made_centre(tmp_path / "centre")
    made = packet(tmp_path, size=100_000)
    notice = pb.PacketNotice(
        packet_id=made.notice.packet_id,
        sha256=made.notice.sha256,
        size=made.notice.size,
        chain_id=made.notice.chain_id,
        sequence=made.notice.sequence,
    )
    start = pb.UploadPacketRequest(start=pb.UploadStart(notice=notice))
    data = pb.UploadPacketRequest(data=made.content)
    requests = [
        [data],
        [pb.UploadPacketRequest()],
        [start, start],
        [start, pb.UploadPacketRequest(data=made.content + b"and more")],
        [start, data, pb.UploadPacketRequest(data=b"and more")],
    ]
    async with served(state, CentreSettings(limits=replace(ROOMY, uploads_per_gateway=1))) as centre:
        where = place(state, centre.address)
        credentials = grpc.ssl_channel_credentials(
            where.authority.read_bytes(), where.key.read_bytes(), where.certificate.read_bytes()
        )
        ends = []
        async with grpc.aio.secure_channel(centre.address, credentials) as channel:
            stub = ingest_pb2_grpc.IngestServiceStub(channel)
            for each in requests:
                call = stub.UploadPacket(iter(each))
                try:
                    ends.append([answer.standing.state async for answer in call][-1])
                except grpc.aio.AioRpcError as error:
                    ends.append(error.code())
        received = pb.PACKET_STANDING_STATE_RECEIVED
        # Whoever ends with its last byte is answered, whatever else it had in mind.
        assert ends == [grpc.StatusCode.INVALID_ARGUMENT] * 4 + [received]
