"""Whether measured values keep the limits, as far as their uncertainty lets anybody say.

The rule is acceptance with a guard band (JCGM 106:2012, 8.3.2; ILAC-G8:09/2019, binary rule with w = U): a value passes
where it keeps the limit by at least its expanded uncertainty U = 2 u, and fails where it breaks it by at least U. What
lies between is not decided: more frames, or a better target, may decide it. So a device at its limit passes in 2.3 %
of cases at most.

A limit that holds for "99 % of cases" is held against the cases themselves: it passes if so many keep it by U each,
and fails if not even so many keep it with U in their favour. Of so few cases that 99 % are
all of them, all have to keep it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, isfinite

import numpy as np
from numpy.typing import NDArray

from calibration.limits import Limit, LimitCurve, LimitSet
from calibration.measurement import Measured, Measurement
from gateway.guidance import LocalizedText

COVERAGE = 2.0
"""Expanded over standard uncertainty: 95 % on two sides, 97.7 % on one."""
NEAR_CYCLES_PER_MM = 0.5
"""Of a whole frequency: so near a value stands for it."""


class Decision(StrEnum):
    """What can be said of a value and its limit."""

    PASS = "pass"  # noqa: S105 - no secret
    FAIL = "fail"
    NOT_DECIDED = "not_decided"
    """Within uncertainty of the limit."""


@dataclass(frozen=True)
class Verdict:
    """One limit, and how a measured value stands to it.

    Parameters
    ----------
    limit : Limit
    value : float
        The value; of a limit on a share of cases the case that stands where the share ends, e.g. the 99th in a hundred.
    uncertainty : float
        Standard uncertainty, of each case where there are cases.
    decision : Decision
    cases : int, optional
        How many there were.
    within : float, optional
        Share of them within the bounds, without any guard band.
    """

    limit: Limit
    value: float
    uncertainty: float
    decision: Decision
    cases: int | None = None
    within: float | None = None


def judged(limit: Limit, measured: Measured) -> Verdict:
    """Hold one value against a limit on it.

    Raises
    ------
    ValueError
        Another value or unit than the limit's, or a value or uncertainty that is no finite number.
    """
    _check(limit, measured)
    guard = COVERAGE * measured.uncertainty
    return Verdict(limit, measured.value, measured.uncertainty, _decision(limit, measured.value, guard))


def judged_cases(limit: Limit, cases: NDArray[np.generic], measured: Measured) -> Verdict:
    """Hold all cases of a value against a limit on a share of them.

    Parameters
    ----------
    limit : Limit
    cases : array
        One value for each case, in the limit's unit; where there is only an upper bound their sign means nothing.
    measured : Measured
        Tells the unit, and the standard uncertainty of each case.

    Raises
    ------
    ValueError
        As `judged`, or there is no case.
    """
    _check(limit, measured)
    values = np.asarray(cases, np.float64).ravel()
    if not values.size or not np.isfinite(values).all():
        raise ValueError(f"{limit.name} needs cases that are finite numbers; there are {values.size}")
    if limit.at_least is None:
        values = np.abs(values)
    share = 1.0 if limit.share is None else limit.share
    # 99 % of 40 cases is 40 of them; a whisker keeps 0.97 * 100 at 97.
    needed = ceil(share * values.size - 1e-9)
    guard = COVERAGE * measured.uncertainty
    decision = Decision.NOT_DECIDED
    if _count_within(limit, values, -guard) >= needed:
        decision = Decision.PASS
    elif _count_within(limit, values, guard) < needed:
        decision = Decision.FAIL
    margins = np.sort(_margins(limit, values))[::-1]
    at_share = float(values[np.argmin(np.abs(_margins(limit, values) - margins[needed - 1]))])
    within = _count_within(limit, values, 0.0) / values.size
    return Verdict(limit, at_share, measured.uncertainty, decision, values.size, within)


def verdicts(limits: LimitSet, measurements: Iterable[Measurement]) -> tuple[Verdict, ...]:
    """Every measured value against every limit on it; values without a limit are told, and not judged.

    A limit on a share of cases takes the measurement's series of the value's name. Where there is none, the value is
    taken for the case at the end of that share, as the procedure worked it out.
    """
    found = []
    for measurement in measurements:
        for measured in measurement.values:
            for limit in limits.on(measured.name):
                cases = measurement.series.get(measured.name)
                with_cases = cases is not None and limit.share is not None
                found.append(
                    judged_cases(limit, cases, measured)
                    if with_cases and cases is not None
                    else judged(limit, measured)
                )
    return tuple(found)


def left_open(limits: LimitSet, found: Iterable[Verdict]) -> tuple[Limit, ...]:
    """Limits that nothing was held against.

    Returns
    -------
    tuple of Limit
        Of a curve without any value one of the curve's name, without a lower bound. Of a curve with some one for each
        whole frequency that has no value within half a cycle per millimetre: targets miss their nominal frequency.
    """
    seen = {verdict.limit.name for verdict in found}
    single = tuple(limit for limit in limits.limits if limit.name not in seen)
    return single + tuple(limit for curve in limits.curves for limit in _left_of_curve(curve, seen))


def not_measured(limits: LimitSet, found: Iterable[Verdict]) -> tuple[str, ...]:
    """Names of limits and of curves that nothing was held against: what a self-test leaves open."""
    return tuple(limit.name for limit in left_open(limits, found))


def overall(found: Sequence[Verdict]) -> Decision:
    """One decision of many: a failure outweighs all; nothing judged is nothing decided."""
    decisions = {verdict.decision for verdict in found}
    if Decision.FAIL in decisions:
        return Decision.FAIL
    return Decision.PASS if decisions == {Decision.PASS} else Decision.NOT_DECIDED


def summary(limits: LimitSet, found: Sequence[Verdict]) -> LocalizedText:
    """What may be said of the device: a self-test and its outcome, and what it left open; it is never a certificate."""
    decision, left = overall(found), not_measured(limits, found)
    open_id = f"; tidak diukur: {', '.join(left)}" if left else ""
    open_en = f"; not measured: {', '.join(left)}" if left else ""
    if decision is Decision.PASS:
        return LocalizedText(limits.wording.id + open_id, limits.wording.en + open_en)
    wanted = Decision.FAIL if decision is Decision.FAIL else Decision.NOT_DECIDED
    names = ", ".join(verdict.limit.name for verdict in found if verdict.decision is wanted) or "-"
    if decision is Decision.FAIL:
        text = LocalizedText(
            f"uji mandiri melewati batas nominal {limits.title.id}: {names}",
            f"self-test beyond nominal limits of {limits.title.en}: {names}",
        )
    else:
        text = LocalizedText(
            f"uji mandiri terhadap batas nominal {limits.title.id} tidak dapat diputuskan: {names}",
            f"self-test against nominal limits of {limits.title.en} not decided: {names}",
        )
    return LocalizedText(text.id + open_id, text.en + open_en)


def _left_of_curve(curve: LimitCurve, seen: Iterable[str]) -> list[Limit]:
    frequency = re.compile(rf"{re.escape(curve.name)}_(\d+(?:\.\d+)?)")  # `mtf_edge_5` is none of `mtf`
    there = [float(match[1]) for name in seen if (match := frequency.fullmatch(name))]
    if not there:
        most = curve.at_most
        return [Limit(curve.name, curve.name, curve.unit, None, most, None, curve.source, curve.clause, curve.grade)]
    whole = range(ceil(curve.lowest), floor(curve.highest) + 1)
    return [curve.limit_at(each) for each in whole if min(abs(each - one) for one in there) > NEAR_CYCLES_PER_MM]


def _check(limit: Limit, measured: Measured) -> None:
    if measured.name != limit.of:
        raise ValueError(f"{limit.name} is a limit on {limit.of}, not on {measured.name}")
    if measured.unit != limit.unit:
        raise ValueError(f"{measured.name} was measured in {measured.unit!r}, its limit is in {limit.unit!r}")
    if not isfinite(measured.value) or not isfinite(measured.uncertainty) or measured.uncertainty < 0:
        raise ValueError(f"{measured.name} is {measured.value} with uncertainty {measured.uncertainty}: no measurement")


def _margins(limit: Limit, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each value keeps within its bounds; negative beyond."""
    low = np.inf if limit.at_least is None else values - limit.at_least
    high = np.inf if limit.at_most is None else limit.at_most - values
    return np.asarray(np.minimum(low, high), np.float64)


def _count_within(limit: Limit, values: NDArray[np.float64], allowance: float) -> int:
    return int((_margins(limit, values) >= -allowance).sum())


def _decision(limit: Limit, value: float, guard: float) -> Decision:
    margin = float(_margins(limit, np.array([value]))[0])
    if margin >= guard:
        return Decision.PASS
    return Decision.FAIL if margin <= -guard and margin < 0 else Decision.NOT_DECIDED
