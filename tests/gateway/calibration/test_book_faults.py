"""Calibrations whose maps are damaged, devices that fail and are exchanged, clocks that are wrong."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from calibration.acceptance import ObjectionCode
from calibration.judgement import stated_verdicts
from calibration.limits import limits_of
from calibration.measurement import Measured, Measurement
from calibration.record import CalibrationRecord
from calibration.standing import CalibrationState
from gateway.calibration.book import CalibrationBook
from gateway.calibration.database import FILE_NAME
from gateway.calibration.errors import CalibrationFailed, CalibrationMissing, CalibrationObjected
from gateway.calibration.policy import KindPolicy
from gateway.calibration.values import Conditions
from gateway.calibration.verification import verify_entry
from gateway.trust import ClockQuality, SignedTime, SigningKey, open_signing_key, time_now
from tests.gateway.calibration.test_book import (
    DEVICE,
    IDENTITY,
    KIND,
    SHAPE,
    SNAPSHOT,
    SUPERVISOR,
    TECHNICIAN,
    Desk,
    frame,
)
from tests.gateway.running import desk
from tests.gateway.test_gateway_calibration import accept, calibrated, scanner

OVERRULING = replace(SUPERVISOR, reason="looked at")
ANOTHER = replace(SNAPSHOT, identity=replace(IDENTITY, firmware="2"))


class ClockedDesk(Desk):
    """Its clock calls itself trusted where the test sets it."""

    def now(self) -> SignedTime:
        now = time_now()
        return now if self.wall is None else SignedTime(self.wall, now.since_boot_s, ClockQuality.TRUSTED, 0.1)


@pytest.fixture(scope="module")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return open_signing_key(tmp_path_factory.mktemp("keys"), "gateway-1")


@pytest.fixture
def office(tmp_path: Path, signing_key: SigningKey) -> Iterator[Desk]:
    made = ClockedDesk(tmp_path, signing_key)
    yield made
    made.store.close()


def in_use(office: Desk, ppi: float = 500.0) -> CalibrationRecord:
    one = office.measure(ppi)
    office.book.accept(one.calibration_id, OVERRULING)
    return one


def under(office: Desk, **actions: str) -> CalibrationBook:
    """A book of the same chains with another policy."""
    policy = KindPolicy({CalibrationState(name): action for name, action in actions.items()}, 90, "appendix-f-500")
    return CalibrationBook(office.store, office.key, {KIND: policy}, office.now)


def damage(office: Desk, statement: str) -> None:
    office.store.close()
    connection = sqlite3.connect(office.folder / FILE_NAME)
    connection.execute(statement)
    connection.commit()
    connection.close()
    office.open()


def other_maps(office: Desk) -> CalibrationRecord:
    """Measured with maps that are the damaged ones in no pixel."""
    maps = {"gain": np.full(SHAPE, 1.3, np.float32), "offset": np.full(SHAPE, 9, np.float32)}
    scale = tuple(Measured(name, 501.0, 0.05, "ppi") for name in ("ppi_x", "ppi_y"))
    made = [Measurement("flat_field", "1", (), maps), Measurement("resolution", "1", scale)]
    verdicts = stated_verdicts(limits_of("appendix-f-500"), made)
    return office.book.add_record(DEVICE, KIND, [(each, "") for each in made], (), verdicts, Conditions("Sri", None))


ROTTEN = "UPDATE series SET content = CAST(substr(content, 1, length(content) - 3) || x'000000' AS BLOB)"


@pytest.mark.parametrize("statement", [ROTTEN, "DELETE FROM series"])
def test_a_device_whose_maps_are_damaged_can_be_calibrated_again(office: Desk, statement: str) -> None:
    old = in_use(office)
    assert office.book.measurements_in_use(DEVICE.id)
    damage(office, statement)
    assert office.book.measurements_in_use(DEVICE.id) == []
    new = other_maps(office)
    assert [each.code for each in office.book.objections(new)] == [ObjectionCode.IN_USE_UNREADABLE]
    with pytest.raises(CalibrationObjected, match=f"in use cannot be read: {old.calibration_id}"):
        office.book.accept(new.calibration_id, TECHNICIAN)
    decision = office.book.accept(new.calibration_id, OVERRULING)
    assert "cannot be read" in decision.objections[0]
    assert office.book.for_capture(SNAPSHOT).correct(frame()).ppi == 501.0
    assert office.book.troubles == ()


async def test_a_run_begins_though_the_maps_in_use_are_lost(tmp_path: Path) -> None:
    async with desk(tmp_path / "state", scanner()) as client:
        await accept(client, (await calibrated(client, "resolution", "repeatability")).calibration_id)
    connection = sqlite3.connect(tmp_path / "state" / FILE_NAME)
    assert connection.execute("DELETE FROM series").rowcount
    connection.commit()
    connection.close()
    async with desk(tmp_path / "state", scanner()) as client:
        assert (await calibrated(client, "resolution")).calibration_id


def part(office: Desk) -> CalibrationRecord:
    """A run that tested none of the limits."""
    made = Measurement("repeatability", "1", (Measured("temporal_noise", 0.5, 0.01, "grey"),))
    verdicts = stated_verdicts(limits_of("appendix-f-500"), [made])
    return office.book.add_record(DEVICE, KIND, [(made, "")], (), verdicts, Conditions("Sri", None))


def test_a_failed_device_is_refused_until_its_limit_is_kept(office: Desk) -> None:
    in_use(office)
    in_use(office)
    office.measure(520.0)
    refusing = under(office, failed="refuse")
    mends: list[Callable[[], object]] = [
        lambda: part(office),
        lambda: refusing.rollback(DEVICE.id, replace(TECHNICIAN, reason="older")),
    ]
    for mend in mends:
        mend()
        refusing = under(office, failed="refuse")
        with pytest.raises(CalibrationFailed):
            refusing.for_capture(SNAPSHOT)
    office.again()
    office.measure()
    assert under(office, failed="refuse").for_capture(SNAPSHOT).calibration_id is not None


def test_what_is_silent_of_a_failed_limit_a_technician_does_not_accept(office: Desk) -> None:
    in_use(office)
    office.measure(520.0)
    details = [each.detail for each in office.book.objections(part(office)) if "tested again" in each.detail]
    assert [each.split()[0] for each in details] == ["ppi_x", "ppi_y"]


@pytest.mark.parametrize("overruled", [False, True])
def test_another_device_that_failed_gets_no_factors_and_both_remarks(office: Desk, overruled: bool) -> None:
    in_use(office, 520.0 if overruled else 500.0)
    if not overruled:
        office.measure(520.0)
    capture = under(office, failed="warn", changed="warn").for_capture(ANOTHER)
    assert capture.calibration_id is None
    assert (capture.correct(frame()).pixels == 108).all()
    assert [each.code.value for each in capture.remarks] == ["calibration_failed", "calibration_changed"]
    assert under(office, failed="warn").for_capture(SNAPSHOT).calibration_id is not None


def test_another_device_that_failed_is_refused_by_either_policy(office: Desk) -> None:
    in_use(office)
    office.measure(520.0)
    with pytest.raises(CalibrationMissing):
        under(office, failed="warn", changed="refuse").for_capture(ANOTHER)
    with pytest.raises(CalibrationFailed):
        under(office, failed="refuse", changed="warn").for_capture(ANOTHER)


def test_a_clock_that_is_wrong_at_the_start_damages_no_chain(office: Desk) -> None:
    office.wall = time_now().wall
    one = in_use(office)
    office.wall = time_now().wall - timedelta(days=500)  # plausible, as a mainboard's battery leaves it
    office.again()
    assert office.book.standing(DEVICE.id, IDENTITY).state is CalibrationState.OVERDUE
    capture = under(office, overdue="warn").for_capture(SNAPSHOT)
    assert capture.calibration_id == one.calibration_id
    assert [each.code.value for each in capture.remarks] == ["calibration_overdue"]
    (trouble,) = office.book.troubles
    assert one.calibration_id in trouble
    assert "cannot be believed" in trouble
    office.wall = None  # set right while it runs
    assert office.book.standing(DEVICE.id, IDENTITY).state is CalibrationState.VALID
    assert office.book.troubles == ()
    assert office.measure().sequence == 3


def test_a_calibration_of_a_clock_that_was_ahead_is_overdue_and_replaced(office: Desk) -> None:
    office.wall = time_now().wall + timedelta(days=400)
    ahead = in_use(office)
    left = office.measure(500.1)
    office.wall = None
    for _ in range(2):  # and across a restart
        assert office.book.standing(DEVICE.id, IDENTITY).state is CalibrationState.OVERDUE
        assert any(ahead.calibration_id in each for each in office.book.troubles)
        office.again()
    stored = office.book.signed(DEVICE.id)[0]
    report = verify_entry(stored.jws)
    assert report.as_signed
    assert [each.name for each in report.failures] == ["time"]  # who verifies is told, as before
    with pytest.raises(CalibrationObjected, match="future"):
        office.book.accept(left.calibration_id, TECHNICIAN)
    office.book.accept(office.measure().calibration_id, TECHNICIAN)
    assert office.book.standing(DEVICE.id, IDENTITY).state is CalibrationState.VALID
    assert office.book.troubles == ()


def test_a_clock_of_1970_calls_nothing_a_thing_of_the_future(office: Desk) -> None:
    in_use(office)
    new = office.measure()
    office.wall = datetime(1970, 1, 2, tzinfo=UTC)
    office.again()
    assert office.book.standing(DEVICE.id, IDENTITY).state is CalibrationState.VALID
    assert office.book.objections(new) == ()
    assert office.book.troubles == ()
