"""At the centre: volumes in any order, twice, damaged, after the network brought the same; and the answers to them."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.bundle import (
    ImportReport,
    answers_files,
    chain_forks,
    export_volumes,
    read_answers,
    take_files,
    write_answers,
)
from gateway.central import hold_file
from gateway.centre import PacketNotice, PacketStanding, Receipt, StandingState, read_answer
from tests.gateway.bundle.offices import office
from tests.gateway.central.centres import (
    GATEWAY,
    all_answers,
    anchors,
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


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """Thirty packets in three volumes or so."""
    folder = tmp_path / "stick"
    folder.mkdir()
    with office(tmp_path / "office", *range(1, 31)) as made:
        export_volumes(folder, made.desk, max_bytes=400_000)
    return folder


def taken(state: Path, folder: Path) -> ImportReport:
    scratch = state / "scratch"
    scratch.mkdir(exist_ok=True)
    with opened(state) as centre:

        def known(gateway_id: str, notices: Sequence[PacketNotice]) -> list[PacketStanding]:
            return centre.standings().of(gateway_id, notices)

        report = take_files(folder, lambda path: hold_file(centre, path), known, scratch)
    assert list(scratch.iterdir()) == []
    return report


def held(state: Path) -> list[str]:
    with opened(state) as centre:
        return sorted(each.packet_id for each in centre.store.newest_packets(GATEWAY, 1000))


def test_a_stick_is_taken_once_however_often_it_is_imported(state: Path, stick: Path) -> None:
    first, again = taken(state, stick), taken(state, stick)
    assert first.ok
    assert again.ok
    assert sum(each.new for each in first.packets) == 30
    assert sum(each.new for each in again.packets) == 0
    assert len(held(state)) == 30
    assert first.gateways == (GATEWAY,)
    assert [each.missing for each in first.bundles] == [()]


def test_volumes_come_in_any_order_and_what_lacks_is_named(state: Path, stick: Path, tmp_path: Path) -> None:
    volumes = sorted(stick.glob("*.rkv"))
    later = tmp_path / "later"
    later.mkdir()
    volumes[0].rename(later / volumes[0].name)
    report = taken(state, stick)
    assert report.ok
    assert report.bundles[0].missing == (1,)
    assert taken(state, later).ok
    assert len(held(state)) == 30


def test_a_damaged_volume_gives_what_is_whole_and_is_mended_by_another_copy(state: Path, stick: Path) -> None:
    volume = sorted(stick.glob("*.rkv"))[0]
    good = volume.read_bytes()
    volume.write_bytes(good[: len(good) * 2 // 3])
    report = taken(state, stick)
    lost = [each.packet_id for each in report.packets if each.state is None]
    assert not report.ok
    assert lost
    assert sorted(held(state)) == sorted({each.packet_id for each in report.packets} - set(lost))
    volume.write_bytes(good)
    assert taken(state, stick).ok
    assert len(held(state)) == 30


def test_files_that_are_no_volumes_are_told_and_hold_up_nobody(state: Path, stick: Path) -> None:
    (stick / "rekam-0000-broken.rkv").write_bytes(b"\x89RKV")
    (stick / "._rekam-hidden.rkv").write_bytes(b"of another system")
    (stick / "holiday.jpg").write_bytes(b"jpg")
    report = taken(state, stick)
    assert [each.path.name for each in report.files if each.fault] == ["rekam-0000-broken.rkv"]
    assert len(held(state)) == 30


def test_what_our_own_disk_refuses_ends_the_import_and_is_no_fault_of_the_stick(state: Path, stick: Path) -> None:
    scratch = state / "scratch"
    scratch.mkdir()
    with opened(state) as centre:
        came: list[PacketStanding] = []

        def hold(path: Path) -> tuple[str, PacketStanding]:
            if len(came) == 5:
                raise OSError(errno.ENOSPC, "No space left on device")
            gateway_id, standing = hold_file(centre, path)
            came.append(standing)
            return gateway_id, standing

        with pytest.raises(OSError, match="No space left"):
            take_files(stick, hold, centre.standings().of, scratch)
    assert list(scratch.iterdir()) == []
    scratch.rmdir()
    assert len(held(state)) == 5
    report = taken(state, stick)
    assert (report.ok, report.gateways, sum(each.new for each in report.packets)) == (True, (GATEWAY,), 25)


def test_pipes_on_a_stick_hold_up_nobody(state: Path, stick: Path) -> None:
    for name in ("a.rekam", "a.rkv", "rekam-answers-kedoya-1.jws"):
        os.mkfifo(stick / name)
    assert taken(state, stick).ok
    assert answers_files(stick) == []


def test_a_gateway_that_nobody_registered_waits_for_that(state: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick-2"
    stick.mkdir()
    with office(tmp_path / "office-2", 1) as made:
        export_volumes(stick, made.desk)
    with opened(state) as centre:
        centre.store.unregister(GATEWAY)
    report = taken(state, stick)
    assert [(each.state, each.reason) for each in report.packets] == [(StandingState.NOT_NOW, "GATEWAY_UNKNOWN")]


def test_a_packet_by_itself_is_taken_too(state: Path, tmp_path: Path) -> None:
    stick = tmp_path / "loose"
    stick.mkdir()
    made = packet(tmp_path, 7)
    (stick / "anything.rekam").write_bytes(made.content)
    (stick / "none.rekam").write_bytes(b"none")
    report = taken(state, stick)
    assert held(state) == [made.notice.packet_id]
    assert [each.fault is None for each in report.files] == [True, False]


async def test_after_the_network_it_does_no_harm_and_the_answers_are_the_same(state: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick-3"
    stick.mkdir()
    with office(tmp_path / "office-3", 1, 2, 3) as made:
        export_volumes(stick, made.desk)
        async with served(state) as centre, way(place(state, centre.address)) as out:
            await sent(out, next(iter(made.packets.values())))
            report = taken(state, stick)
            answers = await all_answers(out, state)
    assert sum(each.new for each in report.packets) == 2
    receipts = [each for each in answers if isinstance(each, Receipt)]
    assert sorted(each.packet_id for each in receipts) == sorted(made.packets)


def test_answers_travel_as_lines(state: Path, stick: Path) -> None:
    taken(state, stick)
    with opened(state) as centre:
        signed = [
            centre.signer.answer(each, centre.ledger.ledger_id) for each in centre.store.answers(GATEWAY, 0, 1000)
        ]
    placed = write_answers(stick, GATEWAY, signed)
    assert answers_files(stick) == [placed.path]
    text = placed.path.read_bytes()
    placed.path.write_bytes(text.replace(b"\n", b"\r\n") + b"\r\n" + b"x" * 500_000 + b"\n" + signed[0])
    lines = list(read_answers(placed.path))
    assert lines == [*signed, signed[0]]
    assert len({read_answer(each, anchors(state)) for each in lines}) == 60


def test_two_packets_at_one_place_of_a_chain_show() -> None:
    one, two, three = (PacketNotice(f"p-{n}", "ab" * 32, 5, "chain", place) for n, place in ((1, 1), (2, 2), (3, 2)))
    packets = [("g", one), ("g", two), ("g", two), ("g", three), ("h", two)]
    assert chain_forks(packets) == {("g", "chain", 2): ("p-2", "p-3")}
