"""What a gateway looks after again and again goes on though one look fails by a bug."""

import gateway.upkeep
from gateway.bundle import MirrorKeeper
from gateway.service import mirror
from gateway.service.daily_purge import DailyPurge
from gateway.service.enrolment_office import EnrolmentOffice
from gateway.service.key import KeyWatch
from tests.gateway.client import eventually
from tests.gateway.running import running, synthetic


class Failing:
    """Fails once the gateway serves, and counts how often it is asked."""

    def __init__(self) -> None:
        self.serves, self.asked = False, 0

    def __call__(self, *_: object) -> None:
        if self.serves:
            self.asked += 1
            raise KeyError("a bug")

    async def later(self, *arguments: object) -> None:
        self(*arguments)

    async def again(self) -> bool:
        return self.asked >= 3


async def test_a_look_that_fails_is_not_the_last(tmp_path, monkeypatch):
    periods = ("KEYS_PERIOD_S", "ENROLMENTS_PERIOD_S", "PURGE_PERIOD_S")
    for period in periods:
        monkeypatch.setattr(gateway.upkeep, period, 0.02)
    keys, enrolments, purges = Failing(), Failing(), Failing()
    monkeypatch.setattr(KeyWatch, "look", lambda self: keys())
    monkeypatch.setattr(EnrolmentOffice, "recover", lambda self: enrolments())
    monkeypatch.setattr(DailyPurge, "look", lambda self: purges.later())
    async with running(tmp_path, synthetic()):
        for each in (keys, enrolments, purges):
            each.serves = True
        for each in (keys, enrolments, purges):
            assert await eventually(each.again)


async def test_a_mirror_that_fails_is_looked_at_again(tmp_path, monkeypatch):
    monkeypatch.setattr(mirror, "LOOK_PERIOD_S", 0.02)
    looks = Failing()
    looks.serves = True
    monkeypatch.setattr(MirrorKeeper, "look", lambda self: looks())
    medium = tmp_path / "medium"
    medium.mkdir()
    async with running(tmp_path, synthetic(), spool={"mirror": medium}):
        assert await eventually(looks.again)
