"""What stands against a calibration, how a device stands, and how it moves."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from calibration.acceptance import ObjectionCode, objections
from calibration.factors import Factors
from calibration.record import Action, CalibrationRecord, Entry, VerdictOutcome
from calibration.report.trend import trend_of
from calibration.standing import CalibrationState, previous_in_use, standing_of
from tests.calibration.records import BEGIN, TARGET, decision, record, verdict

GOOD = Factors(ppi_x=500.0, ppi_y=500.0)


def codes(new: CalibrationRecord, factors: Factors = GOOD, old: CalibrationRecord | None = None) -> set[str]:
    return {each.code for each in objections(new, factors, old, None if old is None else GOOD)}


def test_nothing_stands_against_a_good_one() -> None:
    assert codes(record()) == set()
    assert codes(record(sequence=3), old=record()) == set()


@pytest.mark.parametrize(("ppi", "refused"), [(524.9, False), (525.1, True), (474.9, True), (475.1, False)])
def test_a_scale_more_than_five_percent_off_is_implausible(ppi: float, refused: bool) -> None:
    found = codes(record(), Factors(ppi_x=ppi, ppi_y=500.0))
    assert (ObjectionCode.IMPLAUSIBLE_PPI in found) is refused


def test_a_failed_limit_a_past_certificate_and_nothing_judged_are_told() -> None:
    assert codes(record(verdicts=(verdict(value=510.0),))) == {ObjectionCode.FAILED}
    assert codes(record(targets=(replace(TARGET, expires=date(2026, 2, 28)),))) == {ObjectionCode.TARGET_EXPIRED}
    assert codes(record(targets=(replace(TARGET, expires=BEGIN.date()),))) == set()  # its last day
    left = verdict(outcome=VerdictOutcome.NOT_MEASURED)
    assert codes(record(verdicts=(left,))) == {ObjectionCode.NOT_JUDGED}


def test_maps_beyond_belief_are_told() -> None:
    gain = np.ones((50, 50), np.float32)
    gain[:, :5] = 3.0
    assert ObjectionCode.IMPLAUSIBLE_GAIN in codes(record(), Factors(gain, np.zeros((50, 50), np.float32)))
    bad = np.zeros((50, 50), bool)
    bad[0, :20] = True
    assert ObjectionCode.TOO_MANY_BAD_PIXELS in codes(record(), Factors(bad=bad))


def snr(value: float, uncertainty: float = 0.5) -> CalibrationRecord:
    stated = verdict(
        "snr_white", value, minimum=125.0, maximum=None, uncertainty=uncertainty, outcome=VerdictOutcome.PASS
    )
    return record(verdicts=(stated,))


@pytest.mark.parametrize(
    ("before", "after", "uncertainty", "worse"),
    [(150, 140, 0.5, True), (150, 149, 0.5, False), (150, 140, 6.0, False), (140, 150, 0.5, False)],
)
def test_worse_is_beyond_uncertainty_and_not_by_a_hair(
    before: float, after: float, uncertainty: float, worse: bool
) -> None:
    found = codes(snr(after, uncertainty), old=snr(before, uncertainty))
    assert (ObjectionCode.WORSE in found) is worse


def test_values_of_another_version_are_not_compared() -> None:
    old = snr(150)
    other = replace(old, measurements=(replace(old.measurements[0], version="2"),))
    assert ObjectionCode.WORSE not in codes(replace(snr(126)), old=other)


def test_one_that_corrects_less_and_one_of_another_device_are_told() -> None:
    assert codes(record(), Factors(), record()) == {ObjectionCode.INCOMPLETE}
    other = record(device=replace(record().device, serial="B"))
    assert codes(record(), GOOD, other) == {ObjectionCode.ANOTHER_DEVICE}


def state_of(*entries: Entry, day: float = 1, serial: str | None = "A", firmware: str | None = "1") -> CalibrationState:
    return standing_of(entries, BEGIN + timedelta(days=day), serial, firmware).state


def test_overdue_and_failed_are_different() -> None:
    accepted = (record(), decision(Action.ACCEPT, "cal-1", 2))
    assert state_of() is CalibrationState.NEVER
    assert state_of(record()) is CalibrationState.NEVER
    assert state_of(*accepted) is CalibrationState.VALID
    assert state_of(*accepted, day=80) is CalibrationState.DUE_SOON
    assert state_of(*accepted, day=90) is CalibrationState.OVERDUE
    drifted = decision(Action.DUE, "cal-1", 3)
    assert state_of(*accepted, drifted) is CalibrationState.OVERDUE
    failed = record(sequence=3, verdicts=(verdict(value=510.0),))
    assert state_of(*accepted, failed) is CalibrationState.FAILED
    assert state_of(*accepted, failed, day=99) is CalibrationState.FAILED
    again = record(sequence=4)
    assert state_of(*accepted, failed, again) is CalibrationState.VALID
    assert state_of(*accepted, serial="B") is CalibrationState.CHANGED
    assert state_of(*accepted, firmware="2") is CalibrationState.CHANGED
    assert state_of(*accepted, serial=None, firmware=None) is CalibrationState.VALID


def test_rollback_leads_back_and_not_to_and_fro() -> None:
    entries: tuple[Entry, ...] = (
        record(sequence=1),
        decision(Action.ACCEPT, "cal-1", 2),
        record(sequence=3),
        decision(Action.ACCEPT, "cal-3", 4),
        record(sequence=5),
        decision(Action.ACCEPT, "cal-5", 6),
    )
    assert previous_in_use(entries) == "cal-3"
    entries = (*entries, decision(Action.ROLLBACK, "cal-3", 7))
    assert previous_in_use(entries) == "cal-1"
    entries = (*entries, decision(Action.ROLLBACK, "cal-1", 8))
    assert previous_in_use(entries) is None
    assert previous_in_use(()) is None


def series(slope_per_day: float, count: int = 6, noise: float = 0.0) -> list[CalibrationRecord]:
    rng = np.random.default_rng(1)
    return [
        record(
            day=30 * number,
            sequence=number + 1,
            verdicts=(
                verdict(
                    "snr_white",
                    160 + slope_per_day * 30 * number + noise * rng.normal(),
                    minimum=125.0,
                    maximum=None,
                    uncertainty=0.5,
                    outcome=VerdictOutcome.PASS,
                ),
            ),
        )
        for number in range(count)
    ]


def test_a_trend_tells_when_the_limit_will_be_crossed() -> None:
    trend = trend_of("snr_white", series(-0.1, noise=0.3))
    assert trend is not None
    assert trend.moves
    assert trend.crossing is not None
    assert trend.earliest is not None
    assert abs((trend.crossing - BEGIN).days - 350) < 20
    assert trend.earliest < trend.crossing


def test_chance_and_improvement_forecast_nothing() -> None:
    still = trend_of("snr_white", series(0.0, noise=0.5))
    better = trend_of("snr_white", series(0.1))
    assert still is not None
    assert not still.moves
    assert still.crossing is None
    assert better is not None
    assert better.crossing is None
    assert trend_of("snr_white", series(0.1, count=2)).slope_per_day is None  # type: ignore[union-attr]
    assert trend_of("no_such", series(0.1)) is None
