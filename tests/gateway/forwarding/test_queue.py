"""The outbox's file and the folder of packets: found, missing, damaged, full."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.enrolment import SealedPacket
from gateway.enrolment.sealed_packet import PacketSealer
from gateway.forwarding import (
    OutboxFull,
    OutboxLimits,
    OutboxTooNew,
    PacketQueue,
    PacketState,
    PacketUnknown,
    check_room,
    look,
    read_notice,
    room_warnings,
    small_end,
)
from gateway.forwarding.budget import Quota
from gateway.forwarding.standing import retried
from gateway.packet import read_packet_front
from gateway.trust import open_signing_key
from tests.gateway.enrolment.killed_sealer import RECIPIENT, part, statement
from tests.gateway.forwarding.outbox import Outbox
from tests.gateway.forwarding.scripted_centre import ScriptedCentre

Office = Callable[..., Outbox]
DAY_S = 86_400.0


def sealed(state: Path, *names: str) -> list[SealedPacket]:
    """Packets of nobody in the folder."""
    told: list[SealedPacket] = []
    sealer = PacketSealer.open(state / "packets", [RECIPIENT], open_signing_key(state / "keys"), on_sealed=told.append)
    for name in names:
        sealer.seal(name, statement(name), [part()])
    return told


def test_the_folder_says_what_the_queue_does_not_know(tmp_path: Path) -> None:
    packets = sealed(tmp_path, "c-third-by-name", "b-second", "a-first-by-name")
    (tmp_path / "packets" / "torn.rekam").write_bytes(b"\x89RKM torn")
    with PacketQueue.open(tmp_path) as queue:
        found = look(tmp_path / "packets", queue)
        assert found.added == tuple(each.packet_id for each in packets)  # by their number in the chain
        assert found.unfit == ("torn.rekam",)
        rows = queue.packets()
        assert [(each.notice.sha256, each.notice.size, each.notice.sequence) for each in rows] == [
            (each.sha256, each.size, number) for number, each in enumerate(packets, 1)
        ]
        assert look(tmp_path / "packets", queue).added == ()
        path = tmp_path / "packets" / "b-second.rekam"
        kept = path.read_bytes()
        path.unlink()
        assert look(tmp_path / "packets", queue).missing == ("b-second",)
        assert look(tmp_path / "packets", queue).missing == ()
        path.write_bytes(kept)
        assert look(tmp_path / "packets", queue).added == ("b-second",)
        assert {each.state for each in queue.packets()} == {PacketState.WAITING}
        assert [each.kind.value for each in queue.notes.incidents()] == ["not_a_packet"]


def test_where_the_small_parts_end(tmp_path: Path) -> None:
    (packet,) = sealed(tmp_path, "one")
    path = tmp_path / "packets" / "one.rekam"
    header, _ = read_packet_front(path)
    front = packet.size - header.content_bytes - 16 * header.chunk_count
    assert packet.early_bytes == packet.size  # it fits into one chunk
    assert read_notice(path)[1] == packet.size
    large = replace(header, content_bytes=3 * header.chunk_bytes + 5)
    size = front + large.content_bytes + 16 * 4
    assert small_end(large, size, 10) == front + header.chunk_bytes + 16
    assert small_end(large, size, header.chunk_bytes + 1) == front + 2 * (header.chunk_bytes + 16)
    assert small_end(large, size, large.content_bytes) == size


def test_a_damaged_file_is_set_aside_and_all_is_offered_again(tmp_path: Path) -> None:
    sealed(tmp_path, "one")
    with PacketQueue.open(tmp_path) as queue:
        look(tmp_path / "packets", queue)
    (tmp_path / "forwarding.sqlite3").write_bytes(b"no database at all" * 500)
    with PacketQueue.open(tmp_path) as queue:
        assert look(tmp_path / "packets", queue).added == ("one",)
        assert [each.kind.value for each in queue.notes.incidents()] == ["store_replaced"]
    assert len(list(tmp_path.glob("forwarding.corrupt-*.sqlite3"))) == 1


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    with PacketQueue.open(tmp_path) as queue, queue._file.using() as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(OutboxTooNew):
        PacketQueue.open(tmp_path)


def test_a_packet_that_nobody_knows(tmp_path: Path) -> None:
    with PacketQueue.open(tmp_path) as queue:
        with pytest.raises(PacketUnknown):
            queue.change("nobody", retried)
        assert queue.change_all({"nobody": retried}) == []
        assert queue.get("nobody") is None
        assert queue.next_due_s() is None


def test_room_is_refused_before_and_warned_of_early(office: Office) -> None:
    outbox = office()
    for number in range(1, 9):
        outbox.put(number, size=1000)
    limits = OutboxLimits(max_bytes=10_000, max_age_s=10 * DAY_S, warn_age_s=5 * DAY_S)
    check_room(outbox.queue, limits)
    assert len(room_warnings(outbox.queue, limits)) == 1
    outbox.time.pass_s(6 * DAY_S)
    assert len(room_warnings(outbox.queue, limits)) == 2
    outbox.time.pass_s(4 * DAY_S)
    with pytest.raises(OutboxFull, match="10 days"):
        check_room(outbox.queue, limits)
    with pytest.raises(OutboxFull, match="MB"):
        check_room(outbox.queue, OutboxLimits(max_bytes=8_000))
    check_room(outbox.queue, OutboxLimits(max_bytes=0))
    outbox.run(3 * 3600)  # sent, and erased after its grace: there is room again
    assert set(outbox.states().values()) == {PacketState.ERASED}
    check_room(outbox.queue, OutboxLimits(max_bytes=8_000, max_age_s=1.0))


def test_a_line_of_a_megabyte_a_day_moves_the_small_of_all_first(office: Office, centre: ScriptedCentre) -> None:
    outbox = office(quota=Quota(per_day=1_000_000), answers_s=3600.0, longest_answers_s=3600.0)
    for number in range(1, 9):
        outbox.put(number, size=300_000, early=5_000)
    outbox.run(0.8 * DAY_S)
    spent_first_day = centre.bytes_read
    assert spent_first_day <= 1_000_000
    assert {len(data) >= 5_000 for data in centre.kept.bytes.values()} == {True}
    outbox.restart()
    outbox.run(0.1 * DAY_S)
    assert centre.bytes_read <= 1_000_000
    new = outbox.put(9, size=300_000, early=5_000)
    outbox.run(0.05 * DAY_S)
    # The large had used up their share, and the small still goes.
    assert len(centre.kept.bytes[new.packet_id]) >= 5_000
    assert centre.bytes_read <= 1_000_000
    outbox.run(3.5 * DAY_S)
    assert centre.bytes_read >= 2_700_000
    assert len(centre.kept.whole) == 9


def test_what_the_line_carried_is_kept_for_the_forecast(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    sizes = [outbox.put(number, size=5000).size for number in range(1, 5)]
    step = centre.cut

    def slowly(name: str) -> None:
        step(name)
        outbox.time.pass_s(120.0 if name == "chunk" else 0.0)

    centre.cut = slowly
    outbox.run(2 * 3600)
    outbox.restart()
    history = outbox.queue.notes.history()
    assert sum(each.sent for each in history) == sum(sizes) == sum(each.arrived for each in history)
    # 1 KiB in two minutes, while something waited; idle time says nothing of the line.
    backlogged = sum(each.backlogged_s for each in history)
    assert 20 * 120 <= backlogged <= 25 * 120
    assert sum(each.seconds for each in history) > backlogged
