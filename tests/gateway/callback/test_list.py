"""The list on the disk: who is on it, for how long, and what somebody who takes the disk sees."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.callback import (
    CallbackPurger,
    CallbackRefused,
    CallbackUnknown,
    Consent,
    ListDamaged,
    ListTooNew,
    NoticeState,
    Occasion,
    Outbox,
    Purpose,
    Wish,
)
from gateway.sms import Delivery, DeliveryReport
from tests.gateway.callback.carrier import BACK, KEEP, NOON, Carrier, at, delivery, opened, queue, wish

REFERENCE = "7K2QD-4MZ0X"


def test_who_is_added_is_there_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        added = store.add(wish(), NOON, KEEP)
    with opened(tmp_path) as store:
        (line,) = store.lines()
        assert line == store.get(added.callback_id) == added
    assert line.wish.phone == "+6281200000001"
    assert line.expires - line.created == KEEP


def test_the_same_wish_is_one_line(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        first = store.add(wish(), NOON, KEEP)
        second = store.add(replace(wish(), phone="+62 812 0000 0001", name="Bu Satu"), NOON + timedelta(days=1), KEEP)
        assert first.callback_id == second.callback_id
        assert [line.wish.name for line in store.lines()] == ["Bu Satu"]
        store.add(wish(purpose=Purpose.CARD_READY, reference=REFERENCE), NOON, KEEP)
        assert len(store.lines()) == 2
        assert len(store.lines(Purpose.CARD_READY)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\x1b[2Jb"}, "name"),
        ({"name": "3174012345678901"}, "name"),
        ({"phone": "12"}, "phone"),
        ({"phone": "3174012345678901"}, "phone"),
        ({"reference": REFERENCE}, "reference"),
        ({"purpose": Purpose.CARD_READY, "reference": "3174012345678901"}, "reference"),
        ({"purpose": Purpose.CARD_READY, "reference": ""}, "reference"),
        ({"consent": Consent(NOON, " ")}, "consent"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(tmp_path: Path, change: dict[str, object], field: str) -> None:
    with opened(tmp_path) as store:
        with pytest.raises(CallbackRefused) as error:
            store.add(replace(wish(), **change), NOON, KEEP)  # type: ignore[arg-type]
        assert error.value.field == field
        assert "3174012345678901" not in str(error.value)
        assert store.lines() == []


def test_a_reference_is_read_as_people_write_it(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        line = store.add(wish(purpose=Purpose.CARD_READY, reference="7k2qd 4mzox"), NOON, KEEP)
    assert line.wish.reference == REFERENCE


def test_nothing_of_a_person_is_on_the_disk_in_clear_and_nothing_at_all_once_removed(tmp_path: Path) -> None:
    path = tmp_path / "callbacks.sqlite3"
    with opened(tmp_path) as store:
        line = store.add(wish(purpose=Purpose.CARD_READY, reference=REFERENCE), NOON, KEEP)
        queue(store, Occasion(Purpose.CARD_READY, REFERENCE))
        bodies = sqlite3.connect(path).execute("SELECT body FROM people UNION SELECT body FROM notices").fetchall()
        assert len(bodies) == 2
        everything = b"".join(each.read_bytes() for each in tmp_path.glob("callbacks.sqlite3*"))
        for word in (b"Ibu 1", b"81200000001", REFERENCE.encode(), b"siti", b"Kedoya"):
            assert word not in everything
        store.remove(line.callback_id)
        everything = b"".join(each.read_bytes() for each in tmp_path.glob("callbacks.sqlite3*"))
        assert not any(body[0] in everything for body in bodies)
        assert store.lines() == []
        with pytest.raises(CallbackUnknown):
            store.remove(line.callback_id)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Ibu 1" not in repr(line)
    assert "8120" not in repr(line)


def test_the_list_is_erased_by_days_and_once_served(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        served, other = store.add(wish(1), NOON, KEEP), store.add(wish(2), NOON, timedelta(days=3))
        purger = CallbackPurger(store, KEEP)
        queue(store)
        carrier = Carrier()
        delivery(store, carrier).step(at())
        assert [line.notice for line in store.lines()] == [NoticeState.SENT, NoticeState.SENT]
        assert purger.purge(NOON, dry_run=True).count == 0
        outbox = Outbox(store)
        assert outbox.reported(DeliveryReport("1", served.wish.phone, Delivery.DELIVERED, NOON, 0), NOON)
        assert purger.purge(NOON, dry_run=True).count == 1
        assert purger.purge(NOON, dry_run=False).count == 1
        assert [line.callback_id for line in store.lines()] == [other.callback_id]
        assert purger.purge(NOON + timedelta(hours=49), dry_run=False).count == 1
        # That they were told outlives the lines, and ends too.
        store.add(wish(1), NOON, KEEP)
        assert queue(store) == 0
        assert purger.purge(NOON + KEEP + timedelta(days=3), dry_run=False).count == 1
        store.add(wish(1), NOON, KEEP)
        assert queue(store) == 1


def test_consent_that_is_taken_back_stops_what_waits(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.add(wish(), NOON, KEEP)
        assert queue(store) == 1
        store.add(wish(consent=False), NOON, KEEP)
        carrier = Carrier()
        assert delivery(store, carrier).step(at()).sent == 0
        assert Outbox(store).notices() == []
        assert [line.wish.consent for line in store.lines()] == [None]


@pytest.mark.parametrize("damage", [b"no database at all", b"SQLite format 3\0" + b"\x07" * 4000])
def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, damage: bytes) -> None:
    with opened(tmp_path) as store:
        store.add(wish(), NOON, KEEP)
    (tmp_path / "callbacks.sqlite3").write_bytes(damage)
    with opened(tmp_path) as store:
        assert isinstance(store.incident, ListDamaged)
        assert store.lines() == []
        store.add(wish(), NOON, KEEP)
    assert len(list(tmp_path.glob("callbacks.corrupt-*.sqlite3"))) == 1


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    connection = sqlite3.connect(tmp_path / "callbacks.sqlite3")
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(ListTooNew):
        opened(tmp_path)


def test_a_line_of_another_key_is_told(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.add(wish(), NOON, KEEP)
        connection = sqlite3.connect(store.path)
        connection.execute("UPDATE people SET body = zeroblob(80)")
        connection.commit()
        connection.close()
        with pytest.raises(ListDamaged, match="does not open"):
            store.lines()


def test_a_wish_says_nothing_in_a_log() -> None:
    shown = repr(Wish("Siti", "+628123", Purpose.SERVICE_BACK, "", None))
    assert "Siti" not in shown
    assert "628123" not in shown
    assert BACK.name == "outage-17"
