"""The store, on SQLite and on PostgreSQL alike."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.central import StoreError, StoreUnavailable, StoreWentBack
from gateway.central.chain_forks import ChainFork
from gateway.central.sql_store import STORE_FILE, SqlStore, open_store
from gateway.central.store import VerifiedPacket
from gateway.centre import Announcement, AnnouncementKind, EnrolmentStatus
from gateway.guidance import LocalizedText
from tests.gateway.central.postgres_cluster import Cluster

AT = datetime(2026, 3, 4, 5, 6, 7, 89_000, tzinfo=UTC)
WORDS = LocalizedText(id="Hubungi kantor asal.", en="Call the office it came from. 100 % sure?")


def verified(number: int, gateway_id: str = "kedoya-1") -> VerifiedPacket:
    return VerifiedPacket(
        gateway_id, f"packet-{number}", f"{number:064x}", 500_000 + number, "c0ffee00" * 4, number, "ab" * 32, ""
    )


@pytest.fixture
def store(tmp_path: Path, store_url: str) -> Iterator[SqlStore]:
    with closing(open_store(store_url, tmp_path, "pusat-1")) as opened:
        opened.register("kedoya-1", "bundle", AT)
        yield opened


def test_packets_are_received_with_a_receipt_and_a_status_each(store: SqlStore) -> None:
    reception = store.receive([verified(1), verified(2)], AT, 0)
    first, second = reception.packets
    assert first is not None
    assert second is not None
    assert reception.ordinal == store.ordinal() == 2
    assert (first.ordinal, second.ordinal) == (1, 2)
    assert (first.receipt_sequence, second.receipt_sequence) == (1, 3)
    assert (first.sha256, first.received, first.status) == (f"{1:064x}", AT, EnrolmentStatus.RECEIVED_AT_CENTRAL)
    answers = store.answers("kedoya-1", 0, 10)
    assert [(each.sequence, each.packet_id, each.status) for each in answers] == [
        (1, "packet-1", None),
        (2, "packet-1", EnrolmentStatus.RECEIVED_AT_CENTRAL),
        (3, "packet-2", None),
        (4, "packet-2", EnrolmentStatus.RECEIVED_AT_CENTRAL),
    ]
    assert (answers[0].sha256, answers[0].size, answers[0].at) == (f"{1:064x}", 500_001, AT)
    assert store.last_sequence("kedoya-1") == 4
    assert [each.sequence for each in store.answers("kedoya-1", 1, 2)] == [2, 3]


def test_a_packet_that_is_told_again_is_one_packet_and_another_of_its_id_changes_nothing(store: SqlStore) -> None:
    first = store.receive([verified(1)], AT, 0).packets[0]
    later = AT + timedelta(hours=1)
    other = replace(verified(1), sha256="ff" * 32)
    again, conflict, new = store.receive([verified(1), other, verified(2)], later, 1).packets
    assert again == conflict == first
    assert new is not None
    assert new.receipt_sequence == 3
    assert store.last_sequence("kedoya-1") == 4
    assert store.counts() == {EnrolmentStatus.RECEIVED_AT_CENTRAL: 2}


def test_the_same_id_of_two_gateways_is_two_packets(store: SqlStore) -> None:
    store.register("palmerah-2", "bundle", AT)
    store.receive([verified(1), verified(1, "palmerah-2")], AT, 0)
    assert [each.gateway_id for each in store.packets_named("packet-1")] == ["kedoya-1", "palmerah-2"]
    assert store.last_sequence("palmerah-2") == 2


def test_a_packet_of_nobody_is_not_held(store: SqlStore) -> None:
    assert store.receive([verified(1, "nobody")], AT, 0).packets == (None,)
    assert store.packets("nobody", ["packet-1"]) == {}


def test_a_status_moves_a_packet_once(store: SqlStore) -> None:
    packet = store.receive([verified(1)], AT, 0).packets[0]
    assert packet is not None
    later = AT + timedelta(days=1)
    assert store.set_status(packet, EnrolmentStatus.DUPLICATE_RECORD, later, WORDS, 1) == 2
    assert store.set_status(packet, EnrolmentStatus.DUPLICATE_RECORD, later, WORDS, 2) is None
    answer = store.answers("kedoya-1", 2, 10)
    assert [(each.sequence, each.status, each.words, each.at) for each in answer] == [
        (3, EnrolmentStatus.DUPLICATE_RECORD, WORDS, later)
    ]
    assert store.packets("kedoya-1", ["packet-1"])["packet-1"].status is EnrolmentStatus.DUPLICATE_RECORD
    assert store.packets_with(EnrolmentStatus.RECEIVED_AT_CENTRAL, 0, 10) == []


def test_pages_of_packets(store: SqlStore) -> None:
    store.receive([verified(number) for number in range(1, 300)], AT, 0)
    assert [each.chain_sequence for each in store.newest_packets("kedoya-1", 2)] == [299, 298]
    assert len(store.newest_packets(None, 500)) == 299
    page = store.packets_with(EnrolmentStatus.RECEIVED_AT_CENTRAL, 290, 5)
    assert [each.ordinal for each in page] == [291, 292, 293, 294, 295]
    assert len(store.packets("kedoya-1", [f"packet-{number}" for number in range(1, 501)])) == 299


def test_a_store_below_the_mark_went_back_and_keeps_nothing_of_the_change(store: SqlStore) -> None:
    with pytest.raises(StoreWentBack):
        store.receive([verified(1)], AT, 1)
    assert store.ordinal() == 0
    assert store.packets("kedoya-1", ["packet-1"]) == {}


def test_gateways_come_and_go_and_their_numbers_go_on(store: SqlStore) -> None:
    store.receive([verified(1)], AT, 0)
    store.register("kedoya-1", "newer", AT)
    known = store.gateway("kedoya-1")
    assert known is not None
    assert (known.bundle_pem, known.last_sequence, known.added) == ("newer", 2, AT)
    assert store.unregister("kedoya-1")
    assert not store.unregister("kedoya-1")
    assert store.gateway("kedoya-1") is None
    assert list(store.gateways()) == []
    store.register("kedoya-1", "back", AT)
    assert store.last_sequence("kedoya-1") == 2


def test_announcements_are_kept_newest_first(store: SqlStore) -> None:
    made = [
        Announcement("pusat-1", f"a-{n}", AnnouncementKind.OUTAGE, AT + timedelta(hours=n), AT, back, WORDS)
        for n, back in ((1, None), (2, AT + timedelta(days=2)))
    ]
    for each in (*made, made[0]):
        store.announce(each)
    assert list(store.announcements(5)) == made[::-1]


def test_receptions_from_many_threads_take_their_turns(store: SqlStore) -> None:
    gate = threading.Barrier(4)

    def receive(worker: int) -> None:
        gate.wait()
        for number in range(10):
            store.receive([verified(worker * 100 + number), verified(999)], AT, 0)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(receive, range(4)))
    sequences = [each.sequence for each in store.answers("kedoya-1", 0, 1000)]
    assert sequences == list(range(1, 2 * 41 + 1))
    assert len({each.ordinal for each in store.newest_packets(None, 100)}) == 41


def test_a_chain_that_forks_is_found_and_refuses_nobody(store: SqlStore) -> None:
    one, two = (replace(verified(n), digest=f"{n:064x}", previous=f"{n - 1:064x}" if n > 1 else "") for n in (1, 2))
    assert store.receive([one, two], AT, 0).forks == ()
    clone = replace(two, packet_id="clone-2", sha256="c" * 64, digest="c" * 64)
    later = AT + timedelta(hours=1)
    reception = store.receive([clone], later, 0)
    assert [each and each.packet_id for each in reception.packets] == ["clone-2"]
    fork = ChainFork("kedoya-1", two.chain_id, 2, later, ("packet-2", "clone-2"))
    assert reception.forks == (fork,)
    # Told again it is no news; a third at the same place is none either, and the next number follows one of them.
    assert store.receive([clone], later, 0).forks == ()
    third = replace(verified(3), previous="c" * 64)
    assert store.receive([replace(two, packet_id="clone-3", sha256="d" * 64), third], later, 0).forks == ()
    assert store.chain_forks(None, 10) == [replace(fork, packet_ids=("packet-2", "clone-2", "clone-3"))]
    assert store.chain_forks("another", 10) == []
    assert store.count_forks() == 1


def test_a_packet_that_follows_one_that_is_not_here_shows_a_fork(store: SqlStore) -> None:
    store.receive([replace(verified(4), digest="4" * 64)], AT, 0)
    (fork,) = store.receive([replace(verified(5), previous="f" * 64)], AT, 0).forks
    assert (fork.sequence, fork.packet_ids) == (4, ("packet-4",))
    # What is missing altogether is no fork: it may be on its way.
    assert store.receive([replace(verified(9), previous="e" * 64)], AT, 0).forks == ()


def test_the_same_numbers_of_two_gateways_or_two_chains_are_no_fork(store: SqlStore) -> None:
    store.register("kedoya-2", "bundle", AT)
    others = [verified(1, "kedoya-2"), replace(verified(1), packet_id="moved", chain_id="feed" * 8)]
    assert store.receive([verified(1), *others], AT, 0).forks == ()


def test_forks_of_a_store_of_before_are_found_when_it_is_opened(tmp_path: Path) -> None:
    with closing(open_store("", tmp_path, "pusat-1")) as store:
        store.register("kedoya-1", "bundle", AT)
        store.receive([verified(1), verified(2), replace(verified(2), packet_id="clone-2")], AT, 0)
    with closing(sqlite3.connect(tmp_path / STORE_FILE)) as connection:
        connection.executescript("DROP TABLE chain_forks; DROP INDEX packets_by_place")
    with closing(open_store("", tmp_path, "pusat-1")) as store:
        (fork,) = store.chain_forks("kedoya-1", 10)
    assert (fork.sequence, fork.packet_ids) == (2, ("packet-2", "clone-2"))


def test_what_was_received_is_there_after_the_store_is_opened_again(tmp_path: Path, store_url: str) -> None:
    with closing(open_store(store_url, tmp_path, "pusat-1")) as store:
        store.register("kedoya-1", "bundle", AT)
        store.receive([verified(1)], AT, 0)
    with closing(open_store(store_url, tmp_path, "pusat-1")) as store:
        assert store.ordinal() == 1
        assert "packet-1" in store.packets("kedoya-1", ["packet-1"])
    with pytest.raises(StoreError, match="centre pusat-1, not pusat-2"):
        open_store(store_url, tmp_path, "pusat-2")


def test_a_damaged_file_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "centre.sqlite3").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    with pytest.raises(StoreError, match="damaged"):
        open_store("", tmp_path, "pusat-1")


def test_a_server_that_is_killed_and_started_again_goes_on(tmp_path: Path, postgres: Cluster) -> None:
    with closing(open_store(postgres.database(), tmp_path, "pusat-1")) as store:
        store.register("kedoya-1", "bundle", AT)
        store.receive([verified(1)], AT, 0)
        postgres.stop("immediate")
        try:
            with pytest.raises(StoreUnavailable, match="does not answer"):
                store.receive([verified(2)], AT, 1)
        finally:
            postgres.start()
        assert store.receive([verified(2)], AT, 1).ordinal == 2
        assert len(store.newest_packets(None, 10)) == 2


def test_a_server_without_fsync_is_refused(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.database()
    postgres.stop()
    postgres.start("-c fsync=off")
    try:
        with pytest.raises(StoreError, match="fsync = off"):
            open_store(url, tmp_path, "pusat-1")
    finally:
        postgres.stop()
        postgres.start()
