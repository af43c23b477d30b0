"""A full disk: whoever appends is told, nothing stops, and the trail says afterwards how much is missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.audit import AuditEntry, AuditFull, AuditLog, AuditQuery, verify_audit
from tests.gateway.audit import small_disks
from tests.gateway.audit.made_trails import event, opened
from tests.gateway.audit.small_disks import filled


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disks.small_disk(tmp_path / "disk", "2m") as disk:
        yield disk


def refused(trail: AuditLog) -> int:
    """Append until the write-ahead log has no room left, and then some."""
    full = 0
    for number in range(5000):
        try:
            trail.append(event(number))
        except AuditFull:
            full += 1
            if full == 5:
                return full
    raise AssertionError("a full disk took 5,000 entries")


def gaps(trail: AuditLog) -> list[int | None]:
    entries = [AuditEntry.from_bytes(stored.body) for stored in trail.entries(AuditQuery(), limit=10**6)]
    return [entry.event.count for entry in entries if entry.event.event == "audit.gap"]


def test_entries_that_a_full_disk_did_not_take_are_told_of_once_there_is_room(small_disk):
    with opened(small_disk / "state") as trail:
        trail.append(event(1))
        ballast = filled(small_disk)
        assert refused(trail) == trail.missing == 5
        assert "full" in trail.troubles()[0]
        assert "Free space" in trail.troubles()[0]
        ballast.unlink()
        trail.append(event(2))
        assert trail.missing == 0
        assert trail.troubles() == ()
        assert gaps(trail) == [5]
        bodies = [stored.body for stored in trail.entries(AuditQuery(), limit=10**6)]
        report = verify_audit(bodies, [stored.jws for stored in trail.heads()])
        assert report.ok
        assert report.missing == 5


def test_what_is_missing_is_known_after_a_restart(small_disk):
    trail = opened(small_disk / "state")
    trail.append(event(1))
    ballast = filled(small_disk)
    refused(trail)
    trail.close()
    ballast.unlink()
    with opened(small_disk / "state") as trail:
        assert trail.missing == 5
        trail.append(event(2))
        assert gaps(trail) == [5]


def test_a_gateway_that_starts_on_a_full_disk_begins_its_trail_once_there_is_room(small_disk):
    (small_disk / "state").mkdir()
    with opened(small_disk / "state"):
        pass
    for path in (small_disk / "state").glob("audit*"):
        path.unlink()
    ballast = filled(small_disk)
    with opened(small_disk / "state") as trail:
        with pytest.raises(AuditFull):
            trail.append(event(1))
        assert trail.missing == 1
        ballast.unlink()
        trail.append(event(2))
        assert gaps(trail) == [1]


def test_a_trail_that_is_gone_is_noticed_though_the_disk_is_full_meanwhile(small_disk):
    state = small_disk / "state"
    with opened(state) as trail:
        for number in range(4):
            trail.append(event(number))
    (state / "audit.sqlite3").unlink()
    ballast = filled(small_disk)
    with opened(state) as trail, pytest.raises(AuditFull):
        trail.append(event(5))
    ballast.unlink()
    with opened(state) as trail:
        assert "lost its last 4 entries" in trail.troubles()[0]
        assert trail.append(event(6)).sequence == 7
        assert gaps(trail) == [4, 1]
