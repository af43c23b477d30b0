"""Values on both sides of limits, with their uncertainty, and what may be said of a device."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.limits import Grade, Limit, limits_of
from calibration.measurement import Measured, Measurement
from calibration.verdict import Decision, judged, judged_cases, not_measured, overall, summary, verdicts
from tests.benchmarks.calibration_verdicts import drawn_verdicts, measured_verdicts


def limit(least: float | None = None, most: float | None = None, share: float | None = None) -> Limit:
    return Limit("x", "x", "u", least, most, share, "source", "clause", Grade.KNOWN)


@pytest.mark.parametrize(
    ("value", "uncertainty", "decision"),
    [
        (10.0, 0.0, Decision.PASS),
        (9.99, 0.0, Decision.FAIL),
        (10.3, 0.1, Decision.PASS),
        (10.1, 0.1, Decision.NOT_DECIDED),
        (9.9, 0.1, Decision.NOT_DECIDED),
        (9.7, 0.1, Decision.FAIL),
    ],
)
def test_a_value_within_its_uncertainty_of_a_limit_is_not_decided(
    value: float, uncertainty: float, decision: Decision
) -> None:
    assert judged(limit(least=10.0), Measured("x", value, uncertainty, "u")).decision is decision
    mirrored = judged(limit(most=-10.0), Measured("x", -value, uncertainty, "u"))
    assert mirrored.decision is decision


@given(st.floats(0, 20), st.floats(0, 3))
def test_both_bounds_are_judged(value: float, uncertainty: float) -> None:
    both = judged(limit(5.0, 15.0), Measured("x", value, uncertainty, "u")).decision
    each = {judged(part, Measured("x", value, uncertainty, "u")).decision for part in (limit(5.0), limit(None, 15.0))}
    assert both is (Decision.FAIL if Decision.FAIL in each else Decision.PASS if len(each) == 1 and
                    Decision.PASS in each else Decision.NOT_DECIDED)  # fmt: skip


def test_99_percent_of_cases_are_no_maximum() -> None:
    cases = np.full(1000, 0.5)
    cases[:10] = 40.0
    of_99 = limit(most=1.0, share=0.99)
    told = judged_cases(of_99, cases, Measured("x", 0.0, 0.01, "u"))
    assert (told.decision, told.cases, told.within) == (Decision.PASS, 1000, 0.99)
    assert told.value == 0.5
    cases[10] = -40.0  # below, beyond the bound: the sign of an error means nothing
    told = judged_cases(of_99, cases, Measured("x", 0.0, 0.01, "u"))
    assert told.decision is Decision.FAIL
    assert told.value == 40.0


def test_cases_at_the_bound_are_not_decided() -> None:
    cases = np.full(1000, 0.5)
    cases[:20] = 1.01
    assert (
        judged_cases(limit(most=1.0, share=0.99), cases, Measured("x", 0, 0.01, "u")).decision is Decision.NOT_DECIDED
    )
    assert judged_cases(limit(most=1.0, share=0.99), cases, Measured("x", 0, 0.001, "u")).decision is Decision.FAIL


def test_of_few_cases_all_count() -> None:
    cases = np.full(40, 0.5)
    of_99 = limit(most=1.0, share=0.99)
    assert judged_cases(of_99, cases, Measured("x", 0, 0, "u")).decision is Decision.PASS
    cases[3] = 2.0
    assert judged_cases(of_99, cases, Measured("x", 0, 0, "u")).decision is Decision.FAIL


@pytest.mark.parametrize(
    "measured",
    [
        Measured("x", 1.0, 0.0, "mm"),
        Measured("y", 1.0, 0.0, "u"),
        Measured("x", float("nan"), 0.0, "u"),
        Measured("x", 1.0, float("inf"), "u"),
        Measured("x", 1.0, -1.0, "u"),
    ],
)
def test_what_does_not_fit_the_limit_is_refused(measured: Measured) -> None:
    with pytest.raises(ValueError):
        judged(limit(least=1.0), measured)
    with pytest.raises(ValueError):
        judged_cases(limit(least=1.0, share=0.9), np.ones(3), measured)


def test_no_case_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="finite"):
        judged_cases(limit(most=1.0, share=0.9), np.empty(0), Measured("x", 0, 0, "u"))


def test_a_standard_is_held_against_measurements() -> None:
    limits = limits_of("appendix-f-500")
    snr = np.full(50, 130.0)
    snr[:3] = 20.0
    measurements = [
        Measurement("resolution", "1", (Measured("ppi_x", 500.1, 0.1, "ppi"), Measured("ppi_y", 515.0, 0.1, "ppi"))),
        Measurement("snr", "1", (Measured("snr_white", 125.0, 1.0, "1"),), {"snr_white": snr}),
        Measurement("ctf_bars", "1", (Measured("ctf_5", 0.7, 0.01, "1"), Measured("ctf_9.8", 0.3, 0.01, "1"))),
        Measurement("other", "1", (Measured("temperature", 30.0, 1.0, "C"),)),
    ]
    found = verdicts(limits, measurements)
    told = {verdict.limit.name: verdict.decision for verdict in found}
    assert told == {
        "ppi_x": Decision.PASS,
        "ppi_y": Decision.FAIL,
        "snr_white": Decision.FAIL,
        "ctf_5": Decision.PASS,
        "ctf_9.8": Decision.PASS,
    }
    left = not_measured(limits, found)
    assert "linearity" in left
    assert "mtf" in left
    assert not {"ppi_x", "ctf", "snr_white"} & set(left)
    assert overall(found) is Decision.FAIL
    words = summary(limits, found)
    assert "self-test beyond nominal limits" in words.en
    assert "ppi_y" in words.en
    assert "melewati" in words.id


def test_a_pass_is_worded_as_a_self_test_and_says_what_is_left_open() -> None:
    limits = limits_of("appendix-f-500")
    found = verdicts(limits, [Measurement("resolution", "1", (Measured("ppi_x", 500.0, 0.1, "ppi"),))])
    words = summary(limits, found)
    assert words.en.startswith("self-test within Appendix F nominal limits; not measured: ")
    assert "certified" not in words.en
    assert overall(()) is Decision.NOT_DECIDED


def test_oversharpening_fails_by_the_upper_bound() -> None:
    limits = limits_of("appendix-f-500")
    (verdict,) = verdicts(limits, [Measurement("ctf_bars", "1", (Measured("ctf_2", 1.09, 0.01, "1"),))])
    assert verdict.decision is Decision.FAIL


def test_300_values_on_both_sides_of_every_limit() -> None:
    tally = drawn_verdicts(300)
    assert tally.right_share >= 0.99
    assert tally.passed_far_beyond == 0
    assert drawn_verdicts(60, most_uncertain=0.02).passed_far_beyond == 0


def test_scanners_on_both_sides_of_their_limits_are_told_apart_by_measuring_them() -> None:
    tally = measured_verdicts(4, first=8)
    assert tally.clear >= 2
    assert tally.right == tally.clear
    assert tally.passed_far_beyond == 0


def test_what_a_curve_leaves_open_is_told_by_frequency() -> None:
    limits = limits_of("piv-071006")
    assert {"ctf", "mtf", "mtf_edge"} <= set(not_measured(limits, ()))
    some = (Measured("mtf_edge_1", 0.95, 0.001, "1"), Measured("ctf_1", 0.95, 0.001, "1"))
    left = set(not_measured(limits, verdicts(limits, [Measurement("some", "1", some)])))
    assert "mtf" in left, "a slanted edge is no sine"
    assert {f"ctf_{each}" for each in range(2, 11)} <= left
    assert not {"ctf", "ctf_1", "mtf_edge"} & left
    near = tuple(Measured(f"ctf_{each + 0.3:g}", 0.6, 0.001, "1") for each in range(1, 10))
    left = set(not_measured(limits, verdicts(limits, [Measurement("ctf_bars", "1", near)])))
    assert {each for each in left if each.startswith("ctf")} == {"ctf_10"}
