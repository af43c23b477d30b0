"""The way over a hub: what is its own, each for real over servers of the test's own."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nats.errors import Error as NatsError

from gateway.central import Authority
from gateway.centre import (
    AnswerCursor,
    CentreBusy,
    CentreCondition,
    CentreUnreachable,
    StandingState,
    UnreachableCause,
)
from gateway.hub import (
    IN_STREAM,
    OUT_STREAM,
    HubPlace,
    OfficeSubjects,
    connect,
    connect_fault,
    segment_headers,
    streams,
)
from gateway.hub.accounts import CENTRE_INBOX
from gateway.hub.connection import tls_context
from gateway.hub.messages import REPLY_HEADER, last_from_bytes, notices_to_bytes
from gateway.ways import JetstreamWay
from tests.gateway.central.centres import GATEWAY, packet, until
from tests.gateway.hub.hubs import Hub, hub_at, new_key
from tests.gateway.ways.ways_scenes import SMALL_HUB, HubScene, hub_scene


async def in_stream(hub: Hub) -> int:
    """Messages that the centre has not taken."""
    connection = await connect(hub.place(""), CENTRE_INBOX)
    try:
        return (await connection.stream.stream_info(IN_STREAM)).state.messages
    finally:
        await connection.close()


async def cause_of(where: HubPlace, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> UnreachableCause:
    out = JetstreamWay(where, GATEWAY, clock)
    try:
        with pytest.raises(CentreUnreachable) as caught:
            await out.centre()
    finally:
        await out.close()
    assert caught.value.detail
    return caught.value.cause


async def test_the_hub_takes_packets_while_the_centre_is_away_and_says_so(tmp_path: Path) -> None:
    made = [packet(tmp_path, number, size=300_000) for number in (1, 2)]
    async with hub_scene(tmp_path, is_up=False) as scene:
        state = await scene.out.centre()
        assert isinstance(scene.out, JetstreamWay)
        assert scene.out.centre_is_silent
        assert state.condition is CentreCondition.ACCEPTING
        for each in made:
            assert (await scene.out.offer([each.notice]))[0].received == 0
            standing = await scene.out.send(each.notice, 0, each.notice.size, each.read, lambda _: None)
            assert (standing.state, standing.received) == (StandingState.PARTIAL, each.notice.size)
        # Another process, as after a restart, learns from the hub what it has: nothing is sent again.
        again = scene.another_way()
        standings = await again.offer([each.notice for each in made])
        assert [each.received for each in standings] == [each.notice.size for each in made]
        carried = scene.line.carried
        await scene.up()
        assert len(await scene.answers(4)) == 4
        assert all(scene.held(each) for each in made)
        assert scene.line.carried - carried < 50_000
        await until(lambda: _is_empty(scene.hub))


async def _is_empty(hub: Hub) -> bool:
    return await in_stream(hub) == 0


async def test_a_segment_whose_acknowledgement_was_lost_is_one_message(tmp_path: Path) -> None:
    made = packet(tmp_path, size=60_000)
    async with hub_scene(tmp_path, is_up=False) as scene:
        for _ in range(3):  # each a new process that knows of nothing
            await scene.another_way().send(made.notice, 0, made.notice.size, made.read, lambda _: None)
        assert await in_stream(scene.hub) == 1
        await scene.up()
        assert len(await scene.answers(2)) == 2


async def test_the_hubs_word_is_taken_where_the_centre_is_slow(tmp_path: Path) -> None:
    made = packet(tmp_path, size=60_000)
    async with hub_scene(tmp_path, replace(SMALL_HUB, alive_s=30.0)) as scene:
        await scene.stop_unnoticed()
        out = scene.another_way(offer_s=0.3)
        assert (await out.centre()).centre_is_silent is False
        await out.send(made.notice, 0, made.notice.size, made.read, lambda _: None)
        assert (await out.offer([made.notice]))[0].received == made.notice.size


async def test_what_the_centre_wants_again_is_sent_again_though_the_hub_knew_it(tmp_path: Path) -> None:
    made = packet(tmp_path, size=60_000)
    async with hub_scene(tmp_path) as scene:
        # The centre loses what came in part: by the hub's memory it has it still.
        await scene.out.send(made.notice, 0, 30_000, made.read, lambda _: None)
        assert (await scene.out.offer([made.notice]))[0].received == 30_000
        for part in (scene.state / "parts").rglob("*.part"):
            part.unlink()
        assert (await scene.out.offer([made.notice]))[0].received == 0
        assert (await scene.delivered(made))[made.notice.packet_id].state is StandingState.RECEIVED


async def test_a_packet_that_was_whole_when_the_centre_was_killed_is_held_when_it_is_asked_for(tmp_path: Path) -> None:
    made = packet(tmp_path, size=60_000)
    async with hub_scene(tmp_path) as scene:
        # What a kill between the last byte and the verdict leaves.
        part = scene.state / "parts" / GATEWAY / f".{made.notice.packet_id}.{made.notice.sha256}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(made.content)
        size = made.notice.size
        assert (await scene.out.send(made.notice, size, size, made.read, int)).state is StandingState.RECEIVED
        assert len(await scene.answers(2)) == 2


async def test_a_gap_is_asked_for(tmp_path: Path) -> None:
    made = packet(tmp_path, size=90_000)
    async with hub_scene(tmp_path) as scene:
        await scene.another_way().send(made.notice, 40_000, made.notice.size, made.read, lambda _: None)
        assert (await scene.out.offer([made.notice]))[0].received == 0
        assert (await scene.delivered(made))[made.notice.packet_id].state is StandingState.RECEIVED
        assert len(await scene.answers(2)) == 2


async def test_answers_that_the_hub_lost_are_given_again(tmp_path: Path) -> None:
    made = [packet(tmp_path, number, size=5_000) for number in range(1, 25)]
    async with hub_scene(tmp_path) as scene:
        await scene.delivered(*made)
        everything = await scene.answers(48)
        connection = await connect(scene.hub.place(""), CENTRE_INBOX)
        ledger_id = everything[0].ledger_id
        for number in (1, 2, 20, 48):
            subject = OfficeSubjects(GATEWAY).answer(ledger_id, number)
            await connection.stream.purge_stream(OUT_STREAM, subject=subject)
        await connection.close()
        assert await scene.answers(48) == everything
        assert await scene.answers(0, AnswerCursor(ledger_id, 48)) == []


async def test_a_number_that_the_hub_forgot_is_no_centre_put_back_from_a_backup(tmp_path: Path) -> None:
    async with hub_scene(tmp_path) as scene:
        await scene.delivered(packet(tmp_path, size=5_000))
        taken = (await scene.answers(2))[-1]
        connection = await connect(scene.hub.place(""), CENTRE_INBOX)
        await connection.stream.purge_stream(OUT_STREAM, subject=OfficeSubjects(GATEWAY).last)
        await connection.close()
        state = await scene.out.centre()
        assert state.ledger_id == taken.ledger_id
        assert state.last_sequence >= taken.sequence


async def test_the_centre_says_an_offices_last_number_again_before_the_hub_forgets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "DUPLICATES_S", 30.0)  # no longer than a stream's age
    async with hub_scene(tmp_path, replace(SMALL_HUB, out_days=60 / 86_400)) as scene:
        await scene.delivered(packet(tmp_path, size=5_000))
        await scene.answers(2)
        connection = await connect(scene.hub.place(""), CENTRE_INBOX)
        place: set[int | None] = set()

        async def came_twice_more() -> bool:
            message = await connection.stream.get_last_msg(OUT_STREAM, OfficeSubjects(GATEWAY).last, direct=True)
            place.add(message.seq)
            assert last_from_bytes(message.data or b"")[1] == 2
            return len(place) == 3

        await until(came_twice_more, 60.0)
        await connection.close()


async def test_a_hub_that_lost_everything_is_filled_again(tmp_path: Path) -> None:
    made = [packet(tmp_path, number, size=50_000) for number in (1, 2)]
    async with hub_scene(tmp_path) as scene:
        await scene.delivered(made[0])
        everything = await scene.answers(2)
        await scene.hub.end()
        _remove(scene.hub.folder / "store")
        await scene.hub.start()
        await until(lambda: _speaks(scene))
        state = await scene.out.centre()
        assert (state.ledger_id, state.last_sequence) == (everything[0].ledger_id, 2)
        assert await scene.answers(2) == everything
        assert (await scene.delivered(made[1]))[made[1].notice.packet_id].state is StandingState.RECEIVED


async def _speaks(scene: HubScene) -> bool:
    try:
        return bool((await scene.out.centre()).centre_id)
    except (CentreUnreachable, CentreBusy):
        return False


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.usefixtures("uncollected")
async def test_messages_that_are_wrong_stand_in_nobodys_way(tmp_path: Path) -> None:
    made = packet(tmp_path, size=50_000)
    subjects = OfficeSubjects(GATEWAY)
    async with hub_scene(tmp_path) as scene:
        connection = await connect(scene.hub.place(GATEWAY), subjects.inbox)
        other = replace(made.notice, packet_id="another")
        wrong = [
            (subjects.notice, b"\xff\x00", None),
            (subjects.notice, b"[" * 100_000, None),
            (subjects.notice, b"[]", None),
            (subjects.notice, b'[{"packet_id": 1}]', None),
            (subjects.segment("x"), b"data", None),
            (subjects.segment("x"), b"data", segment_headers(other, 0)),
            (subjects.segment(made.notice.packet_id), b"data", segment_headers(made.notice, made.notice.size)),
            (subjects.segment(made.notice.packet_id), b"", segment_headers(made.notice, 0)),
            (subjects.segment(made.notice.packet_id), b"x", {**segment_headers(made.notice, 0), "Rekam-Offset": "-1"}),
            (subjects.notice, notices_to_bytes([made.notice]), {REPLY_HEADER: "rekam.inbox.somebody.else"}),
        ]
        for subject, data, headers in wrong:
            await connection.stream.publish(subject, data, headers=headers)
        await connection.close()
        assert (await scene.delivered(made))[made.notice.packet_id].state is StandingState.RECEIVED
        await until(lambda: _is_empty(scene.hub))
        assert len(await scene.answers(2)) == 2


async def test_a_gateway_reaches_its_own_subjects_alone(tmp_path: Path) -> None:
    made = packet(tmp_path, size=50_000)
    async with hub_at(tmp_path / "hub", GATEWAY, "palmerah.2") as hub:
        assert await in_stream_made(hub)
        out = JetstreamWay(hub.place("palmerah.2"), GATEWAY)
        calls = (out.centre(), out.send(made.notice, 0, made.notice.size, made.read, lambda _: None))
        for call in calls:
            with pytest.raises(CentreUnreachable) as caught:
                async with asyncio.timeout(60):
                    await call
            assert caught.value.cause is UnreachableCause.OWN_CERTIFICATE
        await out.close()


async def in_stream_made(hub: Hub) -> bool:
    from gateway.hub import ensure_streams

    connection = await connect(hub.place(""), CENTRE_INBOX)
    try:
        made = await ensure_streams(connection.client, SMALL_HUB)
        assert await ensure_streams(connection.client, SMALL_HUB) == []  # told twice, one effect
        return len(made) == 4
    finally:
        await connection.close()


async def test_why_a_hub_is_not_reached(tmp_path: Path) -> None:
    async with hub_at(tmp_path / "hub", GATEWAY) as hub:
        where = hub.place(GATEWAY)
        with pytest.raises(CentreBusy):  # up, and without a centre
            await JetstreamWay(where, GATEWAY).centre()
        assert await cause_of(replace(where, host="centre.invalid")) is UnreachableCause.NAME
        assert await cause_of(replace(where, server_name="elsewhere.example")) is UnreachableCause.CERTIFICATE
        other = tmp_path / "other.pem"
        other.write_bytes(Authority.made("portal", datetime.now(UTC)).certificate_pem)
        assert await cause_of(replace(where, authority=other)) is UnreachableCause.CERTIFICATE
        stranger = tmp_path / "stranger.nk"
        stranger.write_bytes(new_key().seed)
        assert await cause_of(replace(where, seed=stranger)) is UnreachableCause.OWN_CERTIFICATE
        stranger.write_text("no seed")
        assert await cause_of(replace(where, seed=stranger)) is UnreachableCause.OWN_CERTIFICATE
        stranger.write_bytes(os.urandom(40))
        assert await cause_of(replace(where, seed=stranger)) is UnreachableCause.OWN_CERTIFICATE
        assert await cause_of(replace(where, seed=tmp_path / "nowhere")) is UnreachableCause.OWN_CERTIFICATE
        assert await cause_of(replace(where, authority=tmp_path / "nowhere")) is UnreachableCause.OWN_CERTIFICATE
    assert await cause_of(where) is UnreachableCause.REFUSED


async def test_a_line_that_is_too_slow_for_the_hubs_challenge_is_no_wrong_key(tmp_path: Path) -> None:
    async with hub_at(tmp_path / "hub", GATEWAY) as hub:
        where = hub.place(GATEWAY)
        context = tls_context(where.authority)
        reader, writer = await asyncio.open_connection(where.host, where.port, ssl=context)
        async with asyncio.timeout(60):
            while not (line := await reader.readline()).startswith(b"-ERR"):
                assert line.startswith((b"INFO", b"PING"))
        writer.transport.abort()
        # As the client passes it on.
        fault = connect_fault(NatsError(f"nats: {line.decode()[5:].strip()}"), where)
        assert fault.cause is UnreachableCause.TIMEOUT


async def test_a_hub_whose_certificate_has_ended_and_a_clock_that_is_wrong(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub", [GATEWAY])
    for made, clock, cause in (
        (datetime.now(UTC) - timedelta(days=500), datetime.now(UTC), UnreachableCause.CERTIFICATE),
        (datetime.now(UTC) + timedelta(days=400), datetime.now(UTC), UnreachableCause.CLOCK),
        (datetime.now(UTC) - timedelta(days=500), datetime(1970, 1, 2, tzinfo=UTC), UnreachableCause.CLOCK),
    ):
        issued = hub.authority.server_certificate(["127.0.0.1"], made)
        (hub.folder / "server.pem").write_bytes(issued.certificate_pem)
        (hub.folder / "server.key").write_bytes(issued.key_pem)
        await hub.start()
        try:
            assert await cause_of(hub.place(GATEWAY), lambda clock=clock: clock) is cause  # type: ignore[misc]
        finally:
            await hub.end()


async def test_a_send_in_which_nothing_moves_is_given_up(tmp_path: Path) -> None:
    made = packet(tmp_path, size=3_000_000)
    async with hub_scene(tmp_path) as scene:
        out = JetstreamWay(scene.hub.place(GATEWAY, scene.line.address), GATEWAY, stall_s=1.0)

        def freeze(_: int) -> None:
            scene.line.is_frozen = True

        with pytest.raises(CentreUnreachable) as caught:
            await out.send(made.notice, 0, made.notice.size, made.read, freeze)
        assert caught.value.cause is UnreachableCause.TIMEOUT
        scene.line.is_frozen = False
        assert (await out.offer([made.notice]))[0].received > 0
        assert (await scene.delivered(made, out=out))[made.notice.packet_id].state is StandingState.RECEIVED
        await out.close()


async def test_segments_fit_into_what_the_hub_takes(tmp_path: Path) -> None:
    made = packet(tmp_path, size=400_000)
    async with hub_at(tmp_path / "hub", GATEWAY, max_payload=64 << 10) as hub:
        assert await in_stream_made(hub)
        out = JetstreamWay(hub.place(GATEWAY), GATEWAY)
        await out.send(made.notice, 0, made.notice.size, made.read, lambda _: None)
        assert await in_stream(hub) >= 7
        await out.close()


@pytest.mark.parametrize("max_payload", [4 << 10, 12 * 1024 - 1])
async def test_a_hub_whose_messages_are_too_small_is_told(tmp_path: Path, max_payload: int) -> None:
    made = packet(tmp_path, size=40_000)

    def never(begin: int, end: int) -> bytes:
        raise AssertionError(f"bytes {begin} to {end} were read for a hub that cannot take them")

    async with hub_at(tmp_path / "hub", GATEWAY, max_payload=max_payload) as hub:
        assert await in_stream_made(hub)
        out = JetstreamWay(hub.place(GATEWAY), GATEWAY)
        with pytest.raises(CentreUnreachable, match="Raise max_payload"):
            await out.send(made.notice, 0, made.notice.size, never, lambda _: None)
        await out.close()
