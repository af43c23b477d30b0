"""One packet for one enrolment, whatever is cut, full or broken on the way."""

import errno
import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from gateway.enrolment import (
    AuditEntry,
    AuditUnavailable,
    DuplicatesUnavailable,
    EnrolmentState,
    EnrolmentStatement,
    PacketPart,
    SealedPacket,
    SealingFailed,
    SealingFull,
    SealingRefused,
    StoreFull,
    VersionConflict,
    WrongState,
)
from gateway.trust import ClockQuality, SignedTime, time_now
from tests.gateway.enrolment.office import OPERATOR, QUICK, Everybody, FileAudit, FolderSealer, Office, portrait

DAY_MS = 86_400_000


class PowerCut(BaseException):
    """The process ends here."""


class Failing(FolderSealer):
    """Fails once, before or after the packet is there."""

    def __init__(self, folder, error: BaseException, *, after: bool = False) -> None:
        super().__init__(folder)
        self.error: BaseException | None = error
        self.after = after

    def seal(self, packet_id: str, statement: EnrolmentStatement, parts: Sequence[PacketPart]) -> SealedPacket:
        error, self.error = self.error, None
        if error is None:
            return super().seal(packet_id, statement, parts)
        if self.after:
            super().seal(packet_id, statement, parts)
        else:
            (self.folder / f"{packet_id}.torn").write_bytes(b"half")
        raise error


def packets(folder) -> list[str]:
    return sorted(path.name for path in (folder / "packets").glob("*.packet"))


@pytest.mark.parametrize("after", [False, True])
def test_a_power_cut_while_sealing_ends_in_one_packet(tmp_path, after):
    state = tmp_path / "state"
    with Office(state, sealer=Failing(state / "packets", PowerCut(), after=after)) as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        with pytest.raises(PowerCut):
            office.enrolments.seal(it, OPERATOR, snapshot.version)
        cut = office.enrolments.get(it)
        assert (cut.state, cut.sealing) == (EnrolmentState.OPEN, True)
    with Office(state) as office:
        assert office.enrolments.get(it).sealing
        recovery = office.enrolments.recover()
        assert (recovery.sealed, recovery.left) == ((it,), {})
        sealed = office.enrolments.get(it)
        assert sealed.state is EnrolmentState.SEALED
        assert packets(state) == [f"{sealed.packet.packet_id}.packet"]
        assert office.sealer.seals == (0 if after else 1)
        assert office.enrolments.recover().sealed == ()


def test_after_a_cut_the_same_call_or_another_change_goes_on(tmp_path):
    state = tmp_path / "state"
    sealer = Failing(state / "packets", PowerCut())
    with Office(state, sealer=sealer) as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        with pytest.raises(PowerCut):
            office.enrolments.seal(it, OPERATOR, snapshot.version)
        changed = office.enrolments.add_portrait(it, portrait(300, 400), OPERATOR, office.enrolments.get(it).version)
        assert not changed.sealing
        sealer.error, sealer.after = PowerCut(), True
        with pytest.raises(PowerCut):
            office.enrolments.seal(it, OPERATOR, changed.version)
        with pytest.raises(WrongState, match="turned out to be sealed"):
            office.enrolments.add_portrait(it, portrait(), OPERATOR, office.enrolments.get(it).version)
        assert office.enrolments.get(it).state is EnrolmentState.SEALED
        assert len(packets(state)) == 1
        other = office.filled(person=1)
        sealer.error, sealer.after = PowerCut(), False
        with pytest.raises(PowerCut):
            office.enrolments.seal(other.enrolment_id, OPERATOR, other.version)
        # The caller cannot know that its seal raised the version.
        assert office.enrolments.seal(other.enrolment_id, OPERATOR, other.version).packet is not None
        assert len(packets(state)) == 2


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), SealingFull),
        (RuntimeError("the key went away"), SealingFailed),
    ],
)
def test_a_packet_that_cannot_be_written_leaves_the_enrolment_open_and_whole(tmp_path, error, raised):
    state = tmp_path / "state"
    with Office(state, sealer=Failing(state / "packets", error)) as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        with pytest.raises(raised, match="nothing of it is lost"):
            office.enrolments.seal(it, OPERATOR, snapshot.version)
        still = office.enrolments.get(it)
        assert (still.state, still.sealing, still.parts) == (EnrolmentState.OPEN, False, snapshot.parts)
        assert packets(state) == []
        assert office.enrolments.seal(it, OPERATOR, still.version).packet is not None
        assert len(packets(state)) == 1


def test_a_full_disk_refuses_a_change_and_loses_nothing(tmp_path):
    with Office(tmp_path / "state") as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        connection = office.store._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (most,) = connection.execute("PRAGMA max_page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreFull, match="Free space"):
            office.enrolments.add_portrait(it, portrait(900, 1200), OPERATOR, snapshot.version)
        assert office.enrolments.get(it) == snapshot
        connection.execute(f"PRAGMA max_page_count = {most}")
        after = office.enrolments.add_portrait(it, portrait(900, 1200), OPERATOR, snapshot.version)
        assert office.enrolments.seal(it, OPERATOR, after.version).packet is not None


def test_a_disk_that_is_full_to_the_last_byte_while_sealing(small_disk):
    state = small_disk / "state"
    with Office(state) as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        with pytest.raises(OSError, match="No space"):
            (small_disk / "ballast").write_bytes(bytes(8_000_000))
        for _ in range(2):
            with pytest.raises((SealingFull, StoreFull)):
                office.enrolments.seal(it, OPERATOR, office.enrolments.get(it).version)
        still = office.enrolments.get(it)
        assert (still.state, still.parts) == (EnrolmentState.OPEN, snapshot.parts)
        (small_disk / "ballast").unlink()
        assert office.enrolments.seal(it, OPERATOR, still.version).state is EnrolmentState.SEALED
        assert len(packets(state)) == 1


def test_two_front_ends_that_seal_get_the_same_packet(tmp_path):
    state = tmp_path / "state"
    with Office(state) as office:
        snapshot = office.filled()
        results: list[object] = []
        start = threading.Barrier(4)

        def seal() -> None:
            start.wait()
            results.append(office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version).packet)

        threads = [threading.Thread(target=seal) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(results) == 4
        assert len(set(results)) == 1
        assert office.sealer.seals == 1
        assert len(packets(state)) == 1


def test_two_front_ends_that_change_one_version_do_not_both_win(tmp_path):
    with Office(tmp_path / "state") as office:
        snapshot = office.create()
        outcomes: list[str] = []
        start = threading.Barrier(4)

        def change() -> None:
            start.wait()
            try:
                office.enrolments.add_portrait(snapshot.enrolment_id, portrait(), OPERATOR, snapshot.version)
                outcomes.append("done")
            except VersionConflict:
                outcomes.append("conflict")

        threads = [threading.Thread(target=change) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(outcomes) == ["conflict"] * 3 + ["done"]


def test_a_capture_that_the_spool_lost_is_named_and_captured_again(tmp_path):
    with Office(tmp_path / "state") as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        lost = next(part.capture_id for part in snapshot.parts if part.key == "right-middle")
    with sqlite3.connect(tmp_path / "state" / "spool.sqlite3") as connection:
        connection.execute("DELETE FROM captures WHERE capture_id = ?", (lost,))
    connection.close()
    with Office(tmp_path / "state") as office:
        with pytest.raises(SealingRefused) as refused:
            office.enrolments.seal(it, OPERATOR, snapshot.version)
        assert [(lack.part, lack.code) for lack in refused.value.lacks] == [("right-middle", "CAPTURE_UNREADABLE")]
        snapshot = office.enrolments.remove_capture(it, lost, "lost", OPERATOR, snapshot.version)
        snapshot = office.add(snapshot, office.finger(it, "right-middle", 2, seed=5))
        assert office.enrolments.seal(it, OPERATOR, snapshot.version).packet is not None


def test_nothing_is_sealed_unaudited_and_the_audit_trail_catches_up(tmp_path):
    class Broken(FileAudit):
        broken = False

        def append(self, entry: AuditEntry) -> None:
            if self.broken:
                raise OSError(errno.EIO, "the audit disk is gone")
            super().append(entry)

    (tmp_path / "state").mkdir()
    audit = Broken(tmp_path / "state" / "audit.jsonl")
    with Office(tmp_path / "state", audit=audit) as office:
        snapshot = office.create()
        audit.broken = True
        it = snapshot.enrolment_id
        captures = (office.finger(it, "right-index", 1), office.finger(it, "right-middle", 2))
        snapshot = office.add(snapshot, *captures)
        snapshot = office.enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
        assert "audit disk" in str(office.enrolments.audit_problem)
        with pytest.raises(AuditUnavailable, match="audit disk"):
            office.enrolments.seal(it, OPERATOR, snapshot.version)
        assert office.enrolments.get(it).state is EnrolmentState.OPEN
    with Office(tmp_path / "state") as office:
        office.enrolments.recover()
        snapshot = office.enrolments.get(it)
        assert office.enrolments.seal(it, OPERATOR, snapshot.version).packet is not None
        entries = office.audit.entries()
        assert [entry["event_id"] for entry in entries] == [f"{it}/{n + 1}" for n in range(len(entries))]
        assert entries[-1]["action"] == "enrolment.sealed"
        assert office.enrolments.audit_problem is None


def test_what_a_failing_neighbour_left_undone_is_done_at_the_next_start(tmp_path):
    class Away(Everybody):
        def remember(self, *args: object) -> None:
            raise ConnectionError("the search is away")

    with Office(tmp_path / "state", duplicates=Away()) as office:
        snapshot = office.filled()
        sealed = office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version)
        assert sealed.state is EnrolmentState.SEALED
        assert office.erased.ids == []
        assert list(office.enrolments.recover().left) == [snapshot.enrolment_id]
    with Office(tmp_path / "state") as office:
        assert office.enrolments.recover().finished == (snapshot.enrolment_id,)
        assert len(office.everybody.people[snapshot.enrolment_id]) == 2
        assert len(office.erased.ids) == 2


def test_a_search_that_is_away_stops_only_those_who_ask_for_it(tmp_path):
    class Away(Everybody):
        def search(self, *args: object) -> list:
            raise ConnectionError("the search is away")

    asked = QUICK.replace('"quick"', '"warned"').replace('duplicates = "none"', 'duplicates = "warn"')
    strict = QUICK.replace('"quick"', '"strict"').replace('duplicates = "none"', 'duplicates = "supervisor"')
    with Office(tmp_path / "state", asked, strict, duplicates=Away()) as office:
        snapshot = office.filled(profile="warned")
        assert office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version).packet is not None
        (statement,) = office.sealer.statements()
        assert statement["duplicates_checked"] is None
        snapshot = office.filled(profile="strict")
        with pytest.raises(DuplicatesUnavailable, match="the search is away"):
            office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version)
        assert office.enrolments.get(snapshot.enrolment_id) == snapshot


def test_a_seal_that_got_no_further_than_its_search_goes_on_for_the_same_request(tmp_path):
    asked = QUICK.replace('"quick"', '"warned"').replace('duplicates = "none"', 'duplicates = "warn"')
    request = "5eed" * 8
    with Office(tmp_path / "state", asked) as office:
        seen = office.filled(profile="warned")
        with office.enrolments.answering(request):
            # What a seal does first; then the power fails.
            office.enrolments.check_duplicates(seen.enrolment_id, OPERATOR)
    with Office(tmp_path / "state", asked) as office:
        with pytest.raises(VersionConflict):
            office.enrolments.seal(seen.enrolment_id, OPERATOR, seen.version)
        with office.enrolments.answering("07e4" * 8), pytest.raises(VersionConflict):
            office.enrolments.seal(seen.enrolment_id, OPERATOR, seen.version)
        with office.enrolments.answering(request):
            assert office.enrolments.seal(seen.enrolment_id, OPERATOR, seen.version).packet is not None


def test_a_seal_that_had_to_be_settled_first_is_not_the_answer(tmp_path):
    with Office(tmp_path / "state", sealer=Failing(tmp_path / "state" / "packets", PowerCut())) as office:
        seen = office.filled()
        with pytest.raises(PowerCut):
            office.enrolments.seal(seen.enrolment_id, OPERATOR, seen.version)
    with Office(tmp_path / "state") as office:
        begun = office.enrolments.get(seen.enrolment_id)
        assert begun.sealing
        with office.enrolments.answering("5eed" * 8):
            assert office.enrolments.done(seen.enrolment_id) is None
            paused = office.enrolments.pause(seen.enrolment_id, "lunch", OPERATOR, begun.version)
            assert office.enrolments.done(seen.enrolment_id) == paused
    with Office(tmp_path / "state") as office, office.enrolments.answering("5eed" * 8):
        assert office.enrolments.done(seen.enrolment_id) == paused


def test_a_clock_set_back_changes_no_order_and_is_stated(tmp_path):
    shift = [timedelta(0)]
    boots = ["boot-1"]

    def clock() -> SignedTime:
        now = time_now()
        since = now.since_boot_s if boots[0] == "boot-1" else 5.0
        return SignedTime(now.wall + shift[0], since, ClockQuality.UNTRUSTED, None)

    with Office(tmp_path / "state", clock=clock, boot=lambda: boots[0]) as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        assert snapshot.clock_notes == ()
        shift[0] = timedelta(hours=-3)
        snapshot = office.add(snapshot, office.finger(it, "right-index", 1, seed=7))
        (note,) = snapshot.clock_notes
        assert (note.event, note.restart) == (snapshot.version, False)
        assert note.jump_s == pytest.approx(-10_800, abs=5)
        shift[0], boots[0] = timedelta(days=-20_000), "boot-2"  # the battery is flat: 1971
        office.enrolments.pause(it, "", OPERATOR, snapshot.version)
        snapshot = office.enrolments.resume(it, OPERATOR, snapshot.version + 1)
        assert [each.restart for each in snapshot.clock_notes] == [False, True]
        sealed = office.enrolments.seal(it, OPERATOR, snapshot.version)
        (statement,) = office.sealer.statements()
        assert [each["restart"] for each in statement["clock_notes"]] == [False, True]
        assert statement["boot_ids"] == ["boot-1", "boot-2"]
        assert statement["sealed"]["wall"] < statement["started"]["wall"]
        assert [entry["event_id"] for entry in office.audit.entries()] == [
            f"{it}/{version}" for version in range(1, sealed.version + 1)
        ]


def test_what_is_left_of_a_sealed_enrolment_goes_after_its_days(tmp_path):
    with Office(tmp_path / "state") as office:
        snapshot = office.filled()
        office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version)
        ended_ms = int(office.enrolments.get(snapshot.enrolment_id).ended.wall.timestamp() * 1000)
        assert office.enrolments.purge(ended_ms + 29 * DAY_MS) == ()
        assert office.enrolments.purge(ended_ms + 31 * DAY_MS) == (snapshot.enrolment_id,)
        assert office.enrolments.list() == []


def test_what_the_audit_trail_was_not_told_yet_is_left_until_it_is(tmp_path):
    class Away(FileAudit):
        def append(self, entry: AuditEntry) -> None:
            raise OSError(errno.EIO, "the audit disk is gone")

    (tmp_path / "state").mkdir()
    later = 1 << 50
    with Office(tmp_path / "state", audit=Away(tmp_path / "state" / "audit.jsonl")) as office:
        it = office.create().enrolment_id
        office.enrolments.abandon(it, "left", OPERATOR, 1)
        assert (office.enrolments.past(later), office.enrolments.purge(later)) == ((), ())
    with Office(tmp_path / "state") as office:
        office.enrolments.recover()
        assert [each["action"] for each in office.audit.entries()] == ["enrolment.created", "enrolment.abandoned"]
        ended_ms = later + 31 * DAY_MS
        assert office.enrolments.past(ended_ms) == office.enrolments.purge(ended_ms) == (it,)


@pytest.mark.parametrize("wrong", [datetime(1970, 1, 2, tzinfo=UTC), datetime(2097, 1, 1, tzinfo=UTC)])
def test_the_days_of_what_ended_by_a_wrong_clock_begin_with_a_right_one(tmp_path, wrong):
    def clock() -> SignedTime:
        return SignedTime(wrong, time_now().since_boot_s, ClockQuality.UNTRUSTED, None)

    right_ms = int(datetime(2026, 11, 27, tzinfo=UTC).timestamp() * 1000)
    with Office(tmp_path / "state", clock=clock) as office:
        it = office.create().enrolment_id
        office.enrolments.abandon(it, "left", OPERATOR, 1)
        wrong_ms = int(wrong.timestamp() * 1000)
        assert (office.enrolments.past(right_ms), office.enrolments.purge(right_ms)) == ((), ())
        assert office.enrolments.get(it).ended.wall == wrong
        assert office.enrolments.purge(min(wrong_ms, right_ms)) == ()
        assert office.enrolments.purge(right_ms + 29 * DAY_MS) == ()
        assert office.enrolments.past(right_ms + 31 * DAY_MS) == (it,)
        assert office.enrolments.purge(right_ms + 31 * DAY_MS) == (it,)
