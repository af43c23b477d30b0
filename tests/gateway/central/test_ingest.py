"""A centre over real TLS: what it takes, what it refuses, what it answers."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.central import AdmissionLimits, StubSearch
from gateway.central.metrics import REGISTRY
from gateway.central.server import CentreSettings
from gateway.centre import (
    AnswerCursor,
    CentreBusy,
    CentreCondition,
    EnrolmentStatus,
    PacketNotice,
    Receipt,
    StandingState,
    StatusAnswer,
    read_answer,
)
from gateway.packet import verify_packet
from gateway.trust import TrustAnchors
from tests.gateway.central.centres import (
    CENTRE,
    GATEWAY,
    ROOMY,
    all_answers,
    anchors,
    changed,
    gateway_key,
    made_centre,
    opened,
    packet,
    place,
    sent,
    served,
    until,
    way,
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return made_centre(tmp_path / "centre")


async def test_a_packet_is_taken_verified_held_and_receipted(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path, size=300_000)
    told: list[int] = []
    async with served(state) as centre, way(place(state, centre.address)) as out:
        before = await out.centre()
        standing = await out.send(made.notice, 0, made.notice.size, made.read, told.append)
        after = await out.centre()
        answers = await all_answers(out, state)
    assert standing.state is StandingState.RECEIVED
    receipt = read_answer(standing.receipt, anchors(state))
    assert isinstance(receipt, Receipt)
    assert (receipt.packet_id, receipt.sha256, receipt.size) == (
        made.notice.packet_id,
        made.notice.sha256,
        made.notice.size,
    )
    assert (receipt.centre_id, receipt.gateway_id, receipt.ledger_id) == (CENTRE, GATEWAY, after.ledger_id)
    assert (before.last_sequence, after.last_sequence) == (0, 2)
    assert before.condition is CentreCondition.ACCEPTING
    assert answers[0] == receipt
    assert isinstance(answers[1], StatusAnswer)
    assert answers[1].status is EnrolmentStatus.RECEIVED_AT_CENTRAL
    held = state / "packets" / GATEWAY / f"{made.notice.packet_id}.rekam"
    assert held.read_bytes() == made.content
    assert verify_packet(held, TrustAnchors.from_pem(gateway_key().trust_bundle().certificates_pem)).ok
    assert list((state / "parts").rglob("*.part")) == []


async def test_a_packet_told_and_sent_again_is_one_packet(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path)
    async with served(state) as centre, way(place(state, centre.address)) as out:
        first = await sent(out, made)
        again = await out.send(made.notice, 0, made.notice.size, made.read, lambda _: None)
        offered = await out.offer([made.notice, made.notice])
        answers = await all_answers(out, state)
    receipts = [read_answer(each.receipt, anchors(state)) for each in (first, again, *offered)]
    assert all(each == receipts[0] for each in receipts)
    assert len(answers) == 2


async def test_another_packet_under_a_held_id_is_refused_and_the_first_stays(state: Path, tmp_path: Path) -> None:
    made, other = packet(tmp_path, 1), packet(tmp_path, 2, packet_id="packet-kedoya-1-1")
    async with served(state) as centre, way(place(state, centre.address)) as out:
        await sent(out, made)
        standing = await sent(out, other)
    assert (standing.state, standing.reason) == (StandingState.REFUSED, "PACKET_ID_TAKEN")
    assert (state / "packets" / GATEWAY / "packet-kedoya-1-1.rekam").read_bytes() == made.content


async def test_two_packets_of_one_id_at_once_leave_one(state: Path, tmp_path: Path) -> None:
    made, other = packet(tmp_path, 1, 400_000), packet(tmp_path, 2, 400_000, packet_id="packet-kedoya-1-1")
    async with served(state) as centre, way(place(state, centre.address)) as out:
        standings = await asyncio.gather(
            *(out.send(each.notice, 0, each.notice.size, each.read, lambda _: None) for each in (made, other))
        )
        finished = [await sent(out, each) for each in (made, other)]
    assert {each.state for each in standings} <= {StandingState.RECEIVED, StandingState.REFUSED, StandingState.PARTIAL}
    assert sorted(each.state for each in finished) == [StandingState.RECEIVED, StandingState.REFUSED]
    winner = made if finished[0].state is StandingState.RECEIVED else other
    assert (state / "packets" / GATEWAY / "packet-kedoya-1-1.rekam").read_bytes() == winner.content


async def test_a_cloned_gateway_is_alarmed_of_and_every_packet_held(state: Path, tmp_path: Path) -> None:
    ours, clones = packet(tmp_path, 7), packet(tmp_path, 7, packet_id="clone-7")
    async with served(state) as centre, way(place(state, centre.address)) as out:
        with capture_logs() as logs:
            standings = [await sent(out, each) for each in (ours, clones, clones)]
    assert [each.state for each in standings] == [StandingState.RECEIVED] * 3
    (told,) = [each for each in logs if each["event"] == "chain_forked"]
    assert (told["log_level"], told["gateway"], told["sequence"]) == ("error", GATEWAY, 7)
    assert told["packets"] == [ours.notice.packet_id, "clone-7"]
    assert REGISTRY.get_sample_value("rekam_central_chain_forks") == 1


async def test_a_part_goes_on_at_the_byte_after_the_centre_was_away(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path, size=3_000_000)
    told: list[int] = []
    async with served(state) as centre, way(place(state, centre.address)) as out:
        partial = await out.send(made.notice, 0, 1_500_001, made.read, told.append)
    assert (partial.state, partial.received) == (StandingState.PARTIAL, 1_500_001)
    assert told == sorted(told)
    assert told
    async with served(state) as centre, way(place(state, centre.address)) as out:
        assert (await out.offer([made.notice]))[0].received == 1_500_001
        elsewhere = await out.send(made.notice, 7, made.notice.size, made.read, lambda _: None)
        assert (elsewhere.state, elsewhere.received) == (StandingState.PARTIAL, 1_500_001)
        read: list[tuple[int, int]] = []

        def noted(begin: int, end: int) -> bytes:
            read.append((begin, end))
            return made.read(begin, end)

        standing = await out.send(made.notice, 1_500_001, made.notice.size, noted, lambda _: None)
    assert standing.state is StandingState.RECEIVED
    assert min(begin for begin, _ in read) == 1_500_001


async def test_a_whole_part_is_completed_without_a_byte(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path)
    part = state / "parts" / GATEWAY / f".{made.notice.packet_id}.{made.notice.sha256}.part"
    part.parent.mkdir()
    part.write_bytes(made.content)
    async with served(state) as centre, way(place(state, centre.address)) as out:
        assert (await out.offer([made.notice]))[0].received == made.notice.size
        standing = await out.send(made.notice, made.notice.size, made.notice.size, made.read, lambda _: None)
    assert standing.state is StandingState.RECEIVED


async def test_a_part_that_a_power_cut_spoilt_begins_again(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path, size=300_000)
    part = state / "parts" / GATEWAY / f".{made.notice.packet_id}.{made.notice.sha256}.part"
    part.parent.mkdir()
    part.write_bytes(made.content[:100_000] + bytes(50_000))
    async with served(state) as centre, way(place(state, centre.address)) as out:
        first = await sent(out, made)
        assert (first.state, first.received) == (StandingState.PARTIAL, 0)
        assert (await sent(out, made)).state is StandingState.RECEIVED


async def test_bytes_that_are_wrong_again_and_again_are_asked_for_once_more_and_not_for_ever(
    state: Path, tmp_path: Path
) -> None:
    made = packet(tmp_path, size=300_000)
    wrong = replace(made, content=made.content[:-9] + bytes(9))
    async with served(state) as centre, way(place(state, centre.address)) as out:
        ends = []
        for _ in range(2):
            await out.send(wrong.notice, 0, 100_000, wrong.read, lambda _: None)
            ends.append(await out.send(wrong.notice, 100_000, wrong.notice.size, wrong.read, lambda _: None))
    assert [(each.state, each.received) for each in ends] == [(StandingState.PARTIAL, 0), (StandingState.REFUSED, 0)]


async def test_a_gateway_that_is_not_known_yet_keeps_its_packets_until_it_is(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path, gateway_id="palmerah-2")
    async with served(state) as centre, way(place(state, centre.address, "palmerah-2")) as out:
        offered = (await out.offer([made.notice]))[0]
        standing = await out.send(made.notice, 0, made.notice.size, made.read, lambda _: None)
        assert (await out.centre()).last_sequence == 0
        assert {offered.state, standing.state} == {StandingState.NOT_NOW}
        assert {offered.reason, standing.reason} == {"GATEWAY_UNKNOWN"}
        made_centre(state, "palmerah-2")
        assert (await sent(out, made)).state is StandingState.RECEIVED


async def test_a_key_that_is_not_known_yet_keeps_the_bytes_until_its_bundle_comes(state: Path, tmp_path: Path) -> None:
    from tests.gateway.trust.signed_captures import new_key

    rotated = new_key(GATEWAY)
    made = packet(tmp_path, key=rotated)
    async with served(state) as centre, way(place(state, centre.address)) as out:
        standings = [await sent(out, made), await sent(out, made)]
        assert [(each.state, each.reason) for each in standings] == [(StandingState.NOT_NOW, "SIGNER_UNKNOWN")] * 2
        with opened(state) as known:
            known.store.register(GATEWAY, rotated.trust_bundle().certificates_pem, datetime.now(UTC))
        offered = (await out.offer([made.notice]))[0]
        assert (offered.state, offered.received) == (StandingState.PARTIAL, made.notice.size)
        assert (await sent(out, made)).state is StandingState.RECEIVED


async def test_damage_is_refused_by_name_and_not_kept(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path, size=600_000)
    flipped = bytearray(made.content)
    flipped[-1000] ^= 1
    spoilt = {
        "DIGEST_WRONG": replace(made, content=bytes(flipped)),
        "CHUNK_WRONG": changed(made, bytes(flipped)),
        "NOT_A_PACKET": changed(made, b"\x89PNG" + made.content[4:]),
        "FORM_WRONG": changed(made, made.content[:15]),
        "SEAL_BROKEN": changed(made, made.content[:200] + made.content[200:].replace(b"rekam-packet-seal", b"x", 0)),
        "NOTICE_WRONG": replace(made, notice=replace(made.notice, sequence=9)),
    }
    spoilt["SEAL_BROKEN"] = changed(made, _with_seal_of(made.content, packet(tmp_path, 2, 600_000).content))
    async with served(state) as centre, way(place(state, centre.address)) as out:
        for reason, each in spoilt.items():
            standing = await sent(out, each)
            assert (standing.state, standing.reason) == (StandingState.REFUSED, reason)
            assert standing.words
        assert await all_answers(out, state) == []
        assert (await sent(out, made)).state is StandingState.RECEIVED
    assert list((state / "parts").rglob("*.part")) == []


def _with_seal_of(content: bytes, other: bytes) -> bytes:
    """The packet with the seal of another one, of the same length or not."""
    header, seal = (int.from_bytes(content[at : at + 4], "big") for at in (12, 16))
    other_header, other_seal = (int.from_bytes(other[at : at + 4], "big") for at in (12, 16))
    start = 20 + other_header
    new_seal = other[start : start + other_seal]
    return (
        content[:16]
        + len(new_seal).to_bytes(4, "big")
        + content[20 : 20 + header]
        + new_seal
        + content[20 + header + seal :]
    )


async def test_a_packet_of_another_gateway_is_refused(state: Path, tmp_path: Path) -> None:
    made_centre(state, "palmerah-2")
    made = packet(tmp_path)
    bundle = gateway_key().trust_bundle().certificates_pem + gateway_key("palmerah-2").trust_bundle().certificates_pem
    with opened(state) as known:
        known.store.register("palmerah-2", bundle, datetime.now(UTC))
    async with served(state) as centre, way(place(state, centre.address, "palmerah-2")) as out:
        standing = await sent(out, made)
    assert (standing.state, standing.reason) == (StandingState.REFUSED, "GATEWAY_WRONG")


async def test_what_is_too_large_is_refused_before_a_byte_of_it(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path, size=200_000)
    settings = CentreSettings(limits=replace(ROOMY, packet_bytes=100_000))
    async with served(state, settings) as centre, way(place(state, centre.address)) as out:
        assert (await sent(out, made)).reason == "TOO_LARGE"
        standing = await out.send(made.notice, 0, made.notice.size, made.read, lambda _: None)
    assert standing.reason == "TOO_LARGE"
    assert not list((state / "parts").rglob("*.part"))


async def test_a_nearly_full_disk_is_told_before_bytes_are_taken(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path)
    settings = CentreSettings(limits=AdmissionLimits(kept_free_bytes=1 << 60))
    async with served(state, settings) as centre, way(place(state, centre.address)) as out:
        told = await out.centre()
        standing = await out.send(made.notice, 0, made.notice.size, made.read, lambda _: None)
    assert told.condition is CentreCondition.CLOSED
    assert told.retry_after_s is not None
    assert (standing.state, standing.reason, standing.received) == (StandingState.NOT_NOW, "STORE_FULL", 0)


async def test_a_centre_with_its_hands_full_asks_for_time_spread_out(state: Path, tmp_path: Path) -> None:
    made = [packet(tmp_path, number, 1_500_000) for number in range(1, 9)]
    settings = CentreSettings(limits=replace(ROOMY, uploads=2))
    waits = []
    async with served(state, settings) as centre, way(place(state, centre.address)) as out:
        results = await asyncio.gather(
            *(out.send(each.notice, 0, each.notice.size, each.read, lambda _: None) for each in made),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                assert isinstance(result, CentreBusy)
                waits.append(result.retry_after_s)
        assert (await out.centre()).last_sequence == 2 * (len(made) - len(waits))
        for each in made:
            assert (await sent(out, each)).state is StandingState.RECEIVED
    assert len(waits) >= 2
    assert len(set(waits)) == len(waits)
    assert all(wait is not None and wait > 1 for wait in waits)


async def test_two_uploads_of_one_packet_at_once_do_no_harm(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path, size=4_000_000)
    async with (
        served(state) as centre,
        way(place(state, centre.address)) as one,
        way(place(state, centre.address)) as two,
    ):
        results = await asyncio.gather(
            *(out.send(made.notice, 0, made.notice.size, made.read, lambda _: None) for out in (one, two))
        )
        standing = await sent(one, made)
        assert len(await all_answers(two, state)) == 2
    assert {each.state for each in results} <= {StandingState.PARTIAL, StandingState.RECEIVED}
    assert standing.state is StandingState.RECEIVED
    assert (state / "packets" / GATEWAY / f"{made.notice.packet_id}.rekam").read_bytes() == made.content


async def test_answers_go_on_after_a_cursor(state: Path, tmp_path: Path) -> None:
    made = [packet(tmp_path, number) for number in range(1, 4)]
    async with served(state) as centre, way(place(state, centre.address)) as out:
        for each in made:
            await sent(out, each)
        taken = [(cursor, jws) async for cursor, jws in out.answers(AnswerCursor())]
        ledger = (await out.centre()).ledger_id
        rest = [cursor async for cursor, _ in out.answers(taken[3][0])]
        other = [cursor async for cursor, _ in out.answers(AnswerCursor("0" * 32, 5))]
    assert [cursor.sequence for cursor, _ in taken] == [1, 2, 3, 4, 5, 6]
    assert {cursor.ledger_id for cursor, _ in taken} == {ledger}
    assert [cursor.sequence for cursor in rest] == [5, 6]
    assert len(other) == 6


async def test_the_stub_of_the_search_moves_packets_on(state: Path, tmp_path: Path) -> None:
    made = [packet(tmp_path, number) for number in (1, 2)]
    search = StubSearch(
        EnrolmentStatus.PRINT_READY_RECORD, by_packet={made[1].notice.packet_id: EnrolmentStatus.DUPLICATE_RECORD}
    )
    settings = CentreSettings(limits=ROOMY, search=search, search_every_s=0.05)
    async with served(state, settings) as centre, way(place(state, centre.address)) as out:
        for each in made:
            await sent(out, each)

        async def moved_on() -> bool:
            return (await out.centre()).last_sequence >= 6

        await until(moved_on)
        answers = await all_answers(out, state)
    moved = {each.packet_id: each.status for each in answers if isinstance(each, StatusAnswer)}
    assert moved == {
        made[0].notice.packet_id: EnrolmentStatus.PRINT_READY_RECORD,
        made[1].notice.packet_id: EnrolmentStatus.DUPLICATE_RECORD,
    }


async def test_stale_parts_are_cleared_and_others_stay(state: Path, tmp_path: Path) -> None:
    import os

    folder = state / "parts" / GATEWAY
    folder.mkdir()
    (folder / f".old.{'a' * 64}.part").write_bytes(b"x")
    (folder / f".new.{'b' * 64}.part").write_bytes(b"x")
    long_ago = (datetime.now(UTC) - timedelta(days=31)).timestamp()
    os.utime(folder / f".old.{'a' * 64}.part", (long_ago, long_ago))
    async with served(state):
        await until(lambda: not (folder / f".old.{'a' * 64}.part").exists())
    assert (folder / f".new.{'b' * 64}.part").exists()


async def test_a_notice_out_of_its_bounds_is_refused_by_the_door(state: Path) -> None:
    async with served(state) as centre, way(place(state, centre.address)) as out:
        (standing,) = await out.offer([PacketNotice("../x", "a" * 64, 1, "b" * 32, 1)])
        assert (standing.state, standing.reason) == (StandingState.REFUSED, "NOTICE_INVALID")
