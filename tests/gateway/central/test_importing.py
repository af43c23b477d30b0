"""Packets that come as files: one packet, however often and by which ways it comes."""

from pathlib import Path

import pytest

from gateway.central import hold_file
from gateway.centre import Receipt, StandingState, read_answer
from gateway.packet import PacketFormError
from tests.gateway.central.centres import (
    GATEWAY,
    Packet,
    all_answers,
    anchors,
    changed,
    made_centre,
    opened,
    packet,
    place,
    sent,
    served,
    way,
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return made_centre(tmp_path / "centre")


def as_file(folder: Path, made: Packet) -> Path:
    path = folder / "stick.rekam"
    path.write_bytes(made.content)
    return path


async def test_a_file_and_the_line_bring_one_packet(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path)
    path = as_file(tmp_path, made)
    async with served(state) as centre, way(place(state, centre.address)) as out:
        with opened(state) as beside:
            results = [hold_file(beside, path), hold_file(beside, path)]
        standing = await sent(out, made)
        answers = await all_answers(out, state)
    receipts = [read_answer(each.receipt, anchors(state)) for each in (*(each for _, each in results), standing)]
    assert isinstance(receipts[0], Receipt)
    assert receipts == [receipts[0]] * 3
    assert [gateway_id for gateway_id, _ in results] == [GATEWAY] * 2
    assert len(answers) == 2
    assert path.exists()
    assert list((state / "parts").rglob("*.part")) == []


def test_what_is_no_good_packet_is_not_held(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path)
    flipped = made.content[:-100] + bytes(100)
    with opened(state) as centre:
        _, standing = hold_file(centre, as_file(tmp_path, changed(made, flipped)))
        assert (standing.state, standing.reason) == (StandingState.REFUSED, "CHUNK_WRONG")
        _, standing = hold_file(centre, as_file(tmp_path, packet(tmp_path, gateway_id="palmerah-2")))
        assert (standing.state, standing.reason) == (StandingState.NOT_NOW, "GATEWAY_UNKNOWN")
        with pytest.raises(PacketFormError):
            hold_file(centre, as_file(tmp_path, changed(made, b"no packet")))
        assert centre.store.ordinal() == 0


def test_a_file_of_another_under_the_name_stays(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path)
    there = state / "packets" / GATEWAY / f"{made.notice.packet_id}.rekam"
    there.parent.mkdir()
    there.write_bytes(b"another")
    with opened(state) as centre:
        _, standing = hold_file(centre, as_file(tmp_path, made))
    assert (standing.state, standing.reason) == (StandingState.NOT_NOW, "NAME_IN_USE")
    assert there.read_bytes() == b"another"
