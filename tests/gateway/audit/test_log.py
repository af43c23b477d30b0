"""The trail of a state folder: acknowledged means on the disk, chained and in order."""

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.audit import (
    Actor,
    AuditEntry,
    AuditError,
    AuditEvent,
    AuditLog,
    AuditQuery,
    AuditTooNew,
    AuditUnwritable,
    HeadInterval,
    read_audit_head,
    verify_audit,
)
from gateway.audit.trail_file import AUDIT_FILE
from gateway.trust import KeyExpired
from tests.gateway.audit.made_trails import event, opened, signer


def bodies(trail: AuditLog) -> list[bytes]:
    return [stored.body for stored in trail.entries(AuditQuery(), limit=10**6)]


def heads(trail: AuditLog) -> list[bytes]:
    return [stored.jws for stored in trail.heads()]


def events(trail: AuditLog) -> list[str]:
    return [AuditEntry.from_bytes(body).event.event for body in bodies(trail)]


def whole(trail: AuditLog) -> bool:
    return verify_audit(bodies(trail), heads(trail)).ok


def test_entries_are_chained_and_are_there_again(state):
    with opened(state) as trail:
        made = [trail.append(event(number)) for number in range(5)]
        assert [entry.sequence for entry in made] == [1, 2, 3, 4, 5]
        assert bodies(trail) == [entry.to_bytes() for entry in made]
        assert trail.last_sequence == 5
    with opened(state) as trail:
        assert trail.troubles() == ()
        assert trail.append(event(6)).sequence == 6
        assert whole(trail)
    assert {path.stat().st_mode & 0o777 for path in state.glob("audit*")} == {0o600}


def test_many_callers_share_the_trail(state):
    with opened(state) as trail, ThreadPoolExecutor(8) as callers:
        made = list(callers.map(lambda number: trail.append(event(number)), range(400)))
        assert sorted(entry.sequence for entry in made) == list(range(1, 401))
        assert whole(trail)
        assert {entry.event.object_id for entry in made} == {event(number).object_id for number in range(400)}


async def test_callers_of_a_loop_await_their_entry_and_one_that_leaves_is_written_all_the_same(state):
    with opened(state) as trail:
        waits = [asyncio.wrap_future(trail.submit(event(number))) for number in range(50)]
        waits[7].cancel()
        made = await asyncio.gather(*waits, return_exceptions=True)
        assert sum(isinstance(each, asyncio.CancelledError) for each in made) == 1
        await asyncio.wrap_future(trail.submit(event(50)))
        assert len(bodies(trail)) == 51


def test_heads_are_signed_every_so_many_entries_on_demand_and_at_the_end(state):
    with opened(state, HeadInterval(entries=10)) as trail:
        for number in range(25):
            trail.append(event(number))
        head = trail.sign_head()
        assert head.head.sequence == 25
        assert trail.sign_head().jws == head.jws  # nothing new to sign
        assert [read_audit_head(jws).head.sequence for jws in heads(trail)] == [10, 20, 25]
        assert [stored.sequence for stored in trail.heads(11, 20)] == [20]
        trail.append(event(26))
    with opened(state) as trail:
        assert read_audit_head(heads(trail)[-1]).head.sequence == 26
        report = verify_audit(bodies(trail), heads(trail))
        assert (report.ok, report.unsealed, report.heads) == (True, 0, 4)


def test_heads_are_signed_after_so_many_seconds(state):
    sign = signer(state)
    with opened(state, HeadInterval(entries=10**6, seconds=0.05), sign) as trail:
        trail.append(event(1))
        assert sign.was_asked.wait(60)
        assert trail.sign_head().head.sequence == 1
        assert sign.signed == [1]


def test_a_key_that_does_not_sign_stops_no_entry(state):
    sign = signer(state)
    sign.refuses = True
    with opened(state, HeadInterval(entries=2), sign) as trail:
        for number in range(5):
            trail.append(event(number))
        with pytest.raises(KeyExpired):
            trail.sign_head()
        assert "could not be signed" in trail.troubles()[0]
        sign.refuses = False
        assert trail.sign_head().head.sequence == 5
        assert trail.troubles() == ()


def test_an_empty_trail_has_no_head(state):
    with opened(state) as trail, pytest.raises(AuditError, match="no entry"):
        trail.sign_head()


def test_entries_are_found_by_what_they_say(state):
    with opened(state) as trail:
        for number in range(10):
            trail.append(event(number))
        other = replace(event(99), event="device.lost", actor=Actor(), object_kind="", object_id="")
        trail.append(other)
        stored = [AuditEntry.from_bytes(body) for body in bodies(trail)]

        def found(*, newest_first: bool = False, limit: int = 100, **asked: object) -> list[int]:
            return [
                each.sequence for each in trail.entries(AuditQuery(**asked), newest_first=newest_first, limit=limit)
            ]

        assert found(from_sequence=3, to_sequence=5) == [3, 4, 5]
        assert found(newest_first=True, limit=3) == [11, 10, 9]
        assert found(event="device.lost") == [11]
        assert found(actor="gateway") == [11]
        assert found(actor="Budi-2", limit=2) == [1, 2]
        assert found(actor="this machine", from_sequence=9) == [9, 10]
        assert found(object_id=event(4).object_id) == [5]
        assert found(device="synthetic:SYN-0002") == []
        assert len(found(device="synthetic:SYN-0001")) == 11
        assert found(from_time=stored[0].time.wall, to_time=stored[-1].time.wall) == list(range(1, 12))
        assert found(to_time=stored[0].time.wall - timedelta(seconds=1)) == []


def test_a_trail_that_is_closed_takes_nothing_and_loses_nothing(state):
    trail = opened(state)
    last = [trail.submit(event(number)) for number in range(20)]
    trail.close()
    trail.close()
    assert [each.result().sequence for each in last] == list(range(1, 21))
    for ask in (lambda: trail.append(event(21)), trail.sign_head, lambda: trail.entries(AuditQuery())):
        with pytest.raises(AuditUnwritable, match="closed"):
            ask()
    assert not [thread for thread in threading.enumerate() if thread.name == "audit writer"]


def filled(state, count=30):
    with opened(state, HeadInterval(entries=10)) as trail:
        for written in [trail.submit(event(number)) for number in range(count)]:
            written.result()
        return bodies(trail)


def on_file(state, *statements: str) -> None:
    connection = sqlite3.connect(state / AUDIT_FILE)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("heads_too", [False, True])
def test_a_trail_that_was_cut_while_the_gateway_was_stopped_is_noticed(state, heads_too):
    filled(state)
    on_file(state, "DELETE FROM entries WHERE sequence > 24")
    if heads_too:
        on_file(state, "DELETE FROM heads WHERE sequence > 24")
    with opened(state) as trail:
        assert "lost its last 6 entries" in trail.troubles()[0]
        gap = AuditEntry.from_bytes(bodies(trail)[-1])
        assert (gap.sequence, gap.event.event, gap.event.reason, gap.event.count) == (31, "audit.gap", "TRAIL_CUT", 6)
        assert trail.append(event(1)).sequence == 32
        first = verify_audit(bodies(trail), heads(trail)).first
        assert (first.fault, first.sequence) == ("removed", 25)
    with opened(state) as trail:
        assert trail.troubles() == ()  # it was told, and stands in the trail


def test_a_cut_is_noticed_by_a_head_where_the_mark_is_gone(state):
    filled(state)
    on_file(state, "DELETE FROM entries WHERE sequence > 24")
    (state / "audit-mark.json").unlink()
    with opened(state) as trail:
        assert "lost its last 6 entries" in trail.troubles()[0]
        assert trail.append(event(1)).sequence == 32


def test_a_file_that_is_gone_is_noticed(state):
    filled(state)
    (state / AUDIT_FILE).unlink()
    with opened(state) as trail:
        assert "lost its last 30 entries" in trail.troubles()[0]
        assert trail.append(event(1)).sequence == 32
        assert verify_audit(bodies(trail), heads(trail)).first.fault == "removed"


def test_another_trails_file_in_the_place_of_this_one_is_set_aside(state, tmp_path):
    filled(state)
    filled(tmp_path / "other", 40)
    (state / AUDIT_FILE).write_bytes((tmp_path / "other" / AUDIT_FILE).read_bytes())
    with opened(state) as trail:
        assert "another chain" in trail.troubles()[0]
        assert events(trail) == ["audit.restarted"]
    assert len(list(state.glob("audit.corrupt-*.sqlite3"))) == 1
    with opened(state) as trail:
        assert trail.troubles() == ()


@pytest.mark.parametrize("damage", ["header", "last entry", "tables", "page"])
def test_a_damaged_file_is_set_aside_and_a_new_chain_says_so(state, damage):
    filled(state)
    path = state / AUDIT_FILE
    if damage == "header":
        path.write_bytes(b"SQLite format 4\0" + path.read_bytes()[16:])
    elif damage == "last entry":
        on_file(state, "UPDATE entries SET body = x'00' WHERE sequence = 30")
    elif damage == "tables":
        on_file(state, "DROP TABLE heads")
    else:
        content = bytearray(path.read_bytes())
        content[4096:] = bytes(len(content) - 4096)
        path.write_bytes(content)
    with opened(state) as trail:
        assert "set aside as audit.corrupt-" in trail.troubles()[0]
        first = AuditEntry.from_bytes(bodies(trail)[0])
        assert (first.sequence, first.event.event, first.event.count) == (1, "audit.restarted", 30)
        trail.append(event(1))
        assert whole(trail)
    assert len(list(state.glob("audit.corrupt-*.sqlite3"))) == 1


def test_damage_while_it_runs_loses_no_entry_that_comes_after_it(state):
    filled(state, 3000)
    with opened(state) as trail:
        trail.append(event(1))
        trail._file.connection.execute("PRAGMA cache_size = 0")
        trail._file.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = bytearray((state / AUDIT_FILE).read_bytes())
        content[8192:] = bytes(len(content) - 8192)
        with (state / AUDIT_FILE).open("r+b") as file:
            file.write(content)
        entry = trail.append(event(2))
        assert entry.event == event(2)
        assert events(trail)[-1] == "CaptureService.StartCapture"
        if entry.chain_id != AuditEntry.from_bytes(bodies(trail)[0]).chain_id:
            raise AssertionError("an entry of a chain that is not in the file")
        assert whole(trail)


def test_a_newer_file_is_left_alone(state):
    filled(state)
    on_file(state, "PRAGMA user_version = 9")
    before = (state / AUDIT_FILE).read_bytes()
    with pytest.raises(AuditTooNew, match="version 9"):
        opened(state)
    assert (state / AUDIT_FILE).read_bytes() == before


def test_an_event_is_checked_before_it_waits():
    with pytest.raises(ValueError, match="device"):
        AuditEvent("device.lost", device="3171234567890001")
