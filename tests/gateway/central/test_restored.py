"""A store that was put back from yesterday's backup, a disk without its packets, a step that was cut in between."""

import shutil
from pathlib import Path

import pytest

from gateway.centre import EnrolmentStatus, Receipt, StandingState
from gateway.guidance import LocalizedText
from tests.gateway.central.centres import GATEWAY, all_answers, made_centre, opened, packet, place, sent, served, way

_NO_WORDS = LocalizedText(id="", en="")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return made_centre(tmp_path / "centre")


async def test_a_store_from_a_backup_goes_on_under_another_ledger_and_holds_again_what_is_there(
    state: Path, tmp_path: Path
) -> None:
    made = [packet(tmp_path, number) for number in (1, 2, 3)]
    async with served(state) as centre, way(place(state, centre.address)) as out:
        await sent(out, made[0])
        first = await out.centre()
    shutil.copy(state / "centre.sqlite3", tmp_path / "backup")
    async with served(state) as centre, way(place(state, centre.address)) as out:
        for each in made[1:]:
            await sent(out, each)
        assert (await out.centre()).ledger_id == first.ledger_id
    shutil.copy(tmp_path / "backup", state / "centre.sqlite3")
    (state / "packets" / GATEWAY / f"{made[2].notice.packet_id}.rekam").unlink()  # not all of the disk came back
    async with served(state) as centre, way(place(state, centre.address)) as out:
        after = await out.centre()
        assert after.ledger_id != first.ledger_id
        assert after.last_sequence == 4  # the second was there, and is held again; of the third nothing is known
        standings = await out.offer([each.notice for each in made])
        assert [each.state for each in standings] == [
            StandingState.RECEIVED,
            StandingState.RECEIVED,
            StandingState.PARTIAL,
        ]
        assert (await sent(out, made[2])).state is StandingState.RECEIVED
        receipts = [each for each in await all_answers(out, state) if isinstance(each, Receipt)]
    assert {each.ledger_id for each in receipts} == {after.ledger_id}
    assert [each.packet_id for each in receipts] == [each.notice.packet_id for each in made]
    async with served(state) as centre, way(place(state, centre.address)) as out:
        assert (await out.centre()).ledger_id == after.ledger_id


async def test_a_server_that_is_put_back_while_the_centre_runs_is_noticed(state: Path, tmp_path: Path) -> None:
    made = [packet(tmp_path, number) for number in (1, 2)]
    async with served(state) as centre, way(place(state, centre.address)) as out:
        await sent(out, made[0])
        before = await out.centre()
        # What a restored database amounts to.
        with opened(state) as beside, beside.store._database.writing() as told:
            for table in ("answers", "packets"):
                told.run(f"DELETE FROM {table}")
            told.run("UPDATE gateways SET last_sequence = 0")
            told.run("UPDATE ledger SET ordinal = 0")
        assert (await sent(out, made[1])).state is StandingState.RECEIVED
        after = await out.centre()
        assert after.ledger_id != before.ledger_id
        assert after.last_sequence == 2
        # The file of the first is still there: nothing of it has to be sent again.
        standing = (await out.offer([made[0].notice]))[0]
        assert (standing.state, standing.received) == (StandingState.PARTIAL, made[0].notice.size)
        assert (await sent(out, made[0])).state is StandingState.RECEIVED


async def test_a_file_that_got_its_name_before_a_kill_is_held_without_being_sent_again(
    state: Path, tmp_path: Path
) -> None:
    made = packet(tmp_path)
    held = state / "packets" / GATEWAY / f"{made.notice.packet_id}.rekam"
    held.parent.mkdir()
    held.write_bytes(made.content)
    async with served(state) as centre, way(place(state, centre.address)) as out:
        assert (await out.offer([made.notice]))[0].received == made.notice.size
        assert (await sent(out, made)).state is StandingState.RECEIVED
    assert held.read_bytes() == made.content


async def test_a_packet_whose_file_is_lost_is_asked_for_again_and_keeps_its_receipt(
    state: Path, tmp_path: Path
) -> None:
    made = packet(tmp_path)
    async with served(state) as centre, way(place(state, centre.address)) as out:
        await sent(out, made)
        with opened(state) as beside:
            held = beside.store.packets(GATEWAY, [made.notice.packet_id])[made.notice.packet_id]
            beside.store.set_status(
                held, EnrolmentStatus.PRINT_READY_RECORD, held.received, _NO_WORDS, beside.ledger.mark
            )
        (state / "packets" / GATEWAY / f"{made.notice.packet_id}.rekam").unlink()
        before = await all_answers(out, state)
        assert (await out.offer([made.notice]))[0].state is StandingState.PARTIAL
        assert (await sent(out, made)).state is StandingState.RECEIVED
        assert await all_answers(out, state) == before
    with opened(state) as beside:
        now = beside.store.packets(GATEWAY, [made.notice.packet_id])[made.notice.packet_id]
        assert now.status is EnrolmentStatus.PRINT_READY_RECORD
