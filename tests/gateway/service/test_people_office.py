"""The watch over the list: what it does by a clock that nobody can believe, and by one that stood ahead."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.callback import Consent, Purpose, Wish
from gateway.service import people_office
from gateway.service.people_office import PeopleOffice
from gateway.trust import ClockQuality, KeyPlaces, SignedTime
from tests.gateway.running import quick_config

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
DEAD, AHEAD = datetime(2015, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
SLOW = NOW - timedelta(days=200)


class MachineClock:
    """What `time_now` gives, as a test says."""

    def __init__(self) -> None:
        self.wall, self.quality = NOW, ClockQuality.TRUSTED

    def shows(self, wall: datetime, quality: ClockQuality) -> None:
        self.wall, self.quality = wall, quality

    def __call__(self) -> SignedTime:
        return SignedTime(self.wall, 100.0, self.quality, None if self.quality is ClockQuality.UNTRUSTED else 0.1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MachineClock:
    clock = MachineClock()
    monkeypatch.setattr(people_office, "time_now", clock)
    return clock


def opened(folder: Path) -> PeopleOffice:
    return PeopleOffice.open(folder, quick_config(), KeyPlaces())


def add(office: PeopleOffice, number: int) -> None:
    wall = people_office.time_now().wall
    wish = Wish(f"Ibu {number}", f"0812-0000-{number:04}", Purpose.SERVICE_BACK, "", Consent(wall, "siti"))
    office.store.add(wish, wall, office.keep)


def test_a_look_by_a_clock_that_nobody_can_believe_erases_nobody(tmp_path: Path, clock: MachineClock) -> None:
    office = opened(tmp_path)
    for number in (1, 2, 3):
        add(office, number)
    before = office.store.lines()
    clock.shows(AHEAD, ClockQuality.UNTRUSTED)
    office._look()
    assert office.store.lines() == before
    clock.shows(NOW + office.keep, ClockQuality.HOLDOVER)
    office._look()
    assert office.store.lines() == []
    office.close()


@pytest.mark.parametrize("wrong", [DEAD, SLOW, AHEAD])
def test_who_came_while_the_clock_was_wrong_is_there_when_the_time_comes_back(
    tmp_path: Path, clock: MachineClock, wrong: datetime
) -> None:
    office = opened(tmp_path)
    clock.shows(wrong, ClockQuality.UNTRUSTED)
    for number in (1, 2, 3):
        add(office, number)
    office._look()
    clock.shows(NOW, ClockQuality.TRUSTED)
    office._look()
    assert [line.expires for line in office.store.lines()] == [NOW + office.keep] * 3
    assert office.service_is_back("outage-1").queued == 3
    clock.shows(NOW + office.keep, ClockQuality.TRUSTED)
    office._look()
    assert office.store.lines() == []
    office.close()
