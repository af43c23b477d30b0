"""The journal on the disk: what can be read in it, by whom, and what happens when it is damaged."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.enrolment import EnrolmentState, EnrolmentStore, StoreCorrupt, StoreTooNew
from tests.gateway.enrolment.office import NIK, OPERATOR, KeyCipher, Office, portrait, strokes

MARKS = ("HENNA-AND-A-SCAR", NIK)


def files_of(state) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in state.glob("enrolments*")}


def marked(office: Office):
    snapshot = office.create("ktp-el")
    it, enrolments = snapshot.enrolment_id, office.enrolments
    snapshot = enrolments.add_exception(
        it, "left-iris", "refused", OPERATOR, snapshot.version, detail=MARKS[0], photo=portrait()
    )
    snapshot = enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
    return enrolments.add_signature(it, strokes(), portrait(kind=".png"), OPERATOR, snapshot.version)


def needles() -> list[bytes]:
    found = [encoded for mark in MARKS for encoded in (mark.encode(), mark.encode("utf-16-le"))]
    found.append(int(NIK).to_bytes(8, "big"))
    found += [portrait()[600:640], portrait(kind=".png")[600:640], b'"columns"', b"JFIF"]
    return found


def test_nothing_of_the_person_lies_in_the_file_in_the_clear(tmp_path):
    state = tmp_path / "state"
    with Office(state) as office:
        open_one, given_up = marked(office), marked(office)
        office.enrolments.abandon(given_up.enrolment_id, "left", OPERATOR, given_up.version)
        during = files_of(state)
        assert "enrolments.sqlite3-wal" in during
        assert office.enrolments.get(open_one.enrolment_id).reference.value == NIK
        audit = (state / "audit.jsonl").read_bytes()
    for name, data in {**during, **files_of(state), "audit": audit}.items():
        assert [needle for needle in needles() if needle in data] == [], name
    assert (state / "enrolments.sqlite3").stat().st_mode & 0o077 == 0


def test_an_erased_enrolment_cannot_be_opened_even_with_the_gateways_key(tmp_path):
    state = tmp_path / "state"
    with Office(state) as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        (wrapped,) = office.store._connection.execute("SELECT data_key FROM enrolments").fetchone()
        office.enrolments.seal(it, OPERATOR, snapshot.version)
    for data in files_of(state).values():
        assert wrapped not in data
    with sqlite3.connect(state / "enrolments.sqlite3") as connection:
        assert connection.execute("SELECT data_key FROM enrolments").fetchall() == [(None,)]
        assert connection.execute("SELECT count(*) FROM contents").fetchall() == [(0,)]
        kinds = [kind for (kind,) in connection.execute("SELECT kind FROM journal ORDER BY number")]
    connection.close()
    assert kinds[-2:] == ["sealing", "sealed"]


def test_under_another_key_it_does_not_open_and_nothing_is_lost(tmp_path):
    state = tmp_path / "state"
    with Office(state) as office:
        snapshot = office.filled()
    with (
        Office(state, cipher=KeyCipher(b"x" * 32)) as office,
        pytest.raises(StoreCorrupt, match="this gateway's key"),
    ):
        office.enrolments.get(snapshot.enrolment_id)
    with Office(state) as office:
        assert office.enrolments.get(snapshot.enrolment_id) == snapshot


@pytest.mark.parametrize("column", ["body", "kind", "version", "end"])
def test_a_changed_entry_is_noticed(tmp_path, column):
    state = tmp_path / "state"
    with Office(state) as office:
        snapshot = office.filled()
    change = {
        "body": "UPDATE journal SET body = zeroblob(length(body)) WHERE version = 2",
        "kind": "UPDATE journal SET kind = 'resumed' WHERE version = 2",
        "version": "DELETE FROM journal WHERE version = 2",
        "end": "DELETE FROM journal WHERE version = 4",
    }[column]
    with sqlite3.connect(state / "enrolments.sqlite3") as connection:
        connection.execute(change)
    connection.close()
    with Office(state) as office, pytest.raises(StoreCorrupt):
        office.enrolments.get(snapshot.enrolment_id)


def test_a_damaged_file_is_set_aside_and_work_goes_on(tmp_path):
    state = tmp_path / "state"
    with Office(state) as office:
        office.filled()
    path = state / "enrolments.sqlite3"
    path.write_bytes(b"nothing of a database" * 1000)
    with Office(state) as office:
        (incident,) = office.store.incidents
        assert incident.path.name.startswith("enrolments.corrupt-")
        assert incident.path.exists()
        assert office.enrolments.list() == []
        snapshot = office.filled()
        assert office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version).packet is not None


def test_a_newer_file_is_left_alone(tmp_path):
    state = tmp_path / "state"
    with Office(state):
        pass
    with sqlite3.connect(state / "enrolments.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(StoreTooNew, match="version 9"):
        EnrolmentStore.open(state, KeyCipher())


def test_lists_are_the_latest_first_and_by_state(tmp_path):
    with Office(tmp_path / "state") as office:
        made = [office.create().enrolment_id for _ in range(5)]
        first = office.enrolments.get(made[0])
        office.enrolments.pause(made[0], "", OPERATOR, first.version)
        assert {line.enrolment_id for line in office.enrolments.list()} == set(made)
        assert [line.enrolment_id for line in office.enrolments.list([EnrolmentState.PAUSED])] == [made[0]]
        assert len(office.enrolments.list(limit=2)) == 2
        before = int(first.started.wall.timestamp() * 1000)
        assert office.enrolments.list(before_ms=before) == []


def test_nothing_in_the_open_is_written_beside_it(tmp_path):
    state = tmp_path / "state"
    with Office(state) as office:
        marked(office)
        names = {path.name for path in state.iterdir()}
    assert names <= {
        *("audit.jsonl", "chain-head.json", "keys", "lock", "packets"),
        *(f"{name}.sqlite3{end}" for name in ("enrolments", "spool") for end in ("", "-wal", "-shm")),
    }


def test_enrolments_that_end_hold_up_none_that_begin(tmp_path):
    with Office(tmp_path / "state") as office:

        def come_and_go(_: int) -> None:
            for _ in range(25):
                begun = office.create()
                office.enrolments.abandon(begun.enrolment_id, "went away", OPERATOR, begun.version)

        with ThreadPoolExecutor(4) as desks:
            assert list(desks.map(come_and_go, range(4))) == [None] * 4
        assert len(office.enrolments.list((EnrolmentState.ABANDONED,), limit=1000)) == 100
