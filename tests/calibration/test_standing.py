"""What a device fails, whether it is another one, and whether its calibration's time can be believed."""

from datetime import timedelta

import pytest

from calibration.acceptance import ObjectionCode, objections
from calibration.factors import Factors
from calibration.record import Action, CalibrationRecord, Entry, VerdictOutcome
from calibration.standing import CalibrationState, Standing, standing_of
from tests.calibration.records import BEGIN, decision, record, verdict

GOOD = Factors(ppi_x=500.0, ppi_y=500.0)
ACCEPTED = (record(), decision(Action.ACCEPT, "cal-1", 2))
FAILED, VALID = CalibrationState.FAILED, CalibrationState.VALID


def failed(sequence: int) -> CalibrationRecord:
    return record(sequence=sequence, verdicts=(verdict(value=510.0),))


def silent(sequence: int) -> CalibrationRecord:
    """One that tested another limit than the one that is failed."""
    return record(sequence=sequence, verdicts=(verdict("ppi_y"), verdict(outcome=VerdictOutcome.NOT_MEASURED)))


def standing(*entries: Entry, serial: str = "A", firmware: str = "1") -> Standing:
    return standing_of(entries, BEGIN + timedelta(days=1), serial, firmware)


@pytest.mark.parametrize(
    "after",
    [
        record(sequence=4, verdicts=()),
        silent(4),
        record(sequence=4, verdicts=(verdict(value=505.1, outcome=VerdictOutcome.UNCERTAIN),)),
    ],
)
def test_only_a_limit_that_was_kept_again_is_failed_no_more(after: CalibrationRecord) -> None:
    assert standing(*ACCEPTED, failed(3), after).failing == {"ppi_x"}
    assert standing(*ACCEPTED, failed(3), after).state is FAILED
    assert standing(*ACCEPTED, failed(3), after, record(sequence=5)).state is VALID


def test_limits_that_fail_in_different_measurements_add_up() -> None:
    other = record(sequence=4, verdicts=(verdict("ppi_y", 510.0),))
    assert standing(*ACCEPTED, failed(3), other).failing == {"ppi_x", "ppi_y"}
    assert standing(*ACCEPTED, failed(3), other, record(sequence=5)).failing == {"ppi_y"}


def test_a_later_calibration_that_is_accepted_ends_a_failure_and_an_older_one_does_not() -> None:
    two = (*ACCEPTED, record(sequence=3), decision(Action.ACCEPT, "cal-3", 4), failed(5))
    assert standing(*two, decision(Action.ROLLBACK, "cal-1", 6)).state is FAILED
    assert standing(*two, decision(Action.ACCEPT, "cal-1", 6)).state is FAILED
    later = (*two, silent(6), decision(Action.ACCEPT, "cal-6", 7))
    assert standing(*later).state is VALID
    # What ended the failure is in use no more.
    assert standing(*later, decision(Action.ROLLBACK, "cal-3", 8)).state is FAILED


def test_what_was_overruled_fails_until_it_is_kept() -> None:
    overruled = (*ACCEPTED, failed(3), record(sequence=4), decision(Action.ACCEPT, "cal-3", 5))
    assert standing(*overruled).failing == {"ppi_x"}
    assert standing(*overruled, silent(6)).failing == {"ppi_x"}
    assert standing(*overruled, record(sequence=6)).state is VALID
    assert standing(*overruled, decision(Action.ROLLBACK, "cal-1", 6)).state is VALID  # cal-4 kept it after all


def test_a_limit_that_failed_cannot_be_passed_over_in_silence() -> None:
    def codes(new: CalibrationRecord) -> set[str]:
        return {each.code for each in objections(new, GOOD, record(), GOOD, frozenset({"ppi_x"}))}

    assert codes(silent(4)) == {ObjectionCode.NOT_JUDGED}
    assert codes(record(sequence=4)) == set()


@pytest.mark.parametrize(("serial", "firmware", "changed"), [("A", "1", False), ("B", "1", True), ("A", "2", True)])
def test_a_failure_does_not_hide_that_it_is_another_device(serial: str, firmware: str, changed: bool) -> None:
    now = standing(*ACCEPTED, failed(3), serial=serial, firmware=firmware)
    assert (now.state, now.changed) == (FAILED, changed)


@pytest.mark.parametrize(
    ("ahead", "state"), [(0.9, VALID), (1.1, CalibrationState.OVERDUE), (800, CalibrationState.OVERDUE)]
)
def test_a_calibration_of_the_future_is_overdue(ahead: float, state: CalibrationState) -> None:
    entries = (record(day=ahead), decision(Action.ACCEPT, "cal-1", 2))
    now = standing_of(entries, BEGIN, None, None)
    assert (now.state, now.from_future) == (state, state is not VALID)
    assert standing_of(entries, BEGIN, None, None, clock_plausible=False).state is VALID


def test_a_calibration_of_the_future_is_not_accepted_unasked() -> None:
    new = record(day=2, sequence=3)

    def codes(**now: object) -> set[str]:
        return {each.code for each in objections(new, GOOD, record(), GOOD, **now)}  # type: ignore[arg-type]

    assert codes(now=BEGIN) == {ObjectionCode.FROM_FUTURE}
    assert codes(now=BEGIN + timedelta(days=1)) == set()
    assert codes(now=None) == set()
