"""Verdicts as a record states them: every limit of a standard, those that nothing was held against too."""

from collections.abc import Iterable

from calibration.limits import Limit, LimitSet
from calibration.measurement import Measurement
from calibration.record import StatedVerdict, VerdictOutcome
from calibration.verdict import Decision, Verdict, left_open, verdicts
from drivers import DeviceKind

STANDARDS = {
    DeviceKind.FINGERPRINT_SCANNER: "appendix-f-500",
    DeviceKind.SLAP_SCANNER: "appendix-f-500",
    DeviceKind.IRIS_CAMERA: "iris-enrolment",
    DeviceKind.PORTRAIT_CAMERA: "portrait",
    DeviceKind.CARD_WRITER: "card",
}
"""By which limits a device is judged where nobody names others."""

_OUTCOMES = {
    Decision.PASS: VerdictOutcome.PASS,
    Decision.FAIL: VerdictOutcome.FAIL,
    Decision.NOT_DECIDED: VerdictOutcome.UNCERTAIN,
}


def stated_verdicts(limits: LimitSet | None, measurements: Iterable[Measurement]) -> tuple[StatedVerdict, ...]:
    """Every limit and curve of a standard, held against the measurements; what was not measured is stated as that.

    Parameters
    ----------
    limits : LimitSet or None
        None where no standard says anything of the device.
    measurements : iterable of Measurement
    """
    if limits is None:
        return ()
    measured = list(measurements)
    of_value = {value.name: each.procedure for each in measured for value in each.values}
    found = verdicts(limits, measured)
    stated = [_stated(each, of_value.get(each.limit.of, "")) for each in found]
    return (*stated, *map(_unmeasured, left_open(limits, found)))


def _unmeasured(limit: Limit) -> StatedVerdict:
    return StatedVerdict(
        limit.name,
        "",
        limit.unit,
        None,
        None,
        None if limit.at_least is None else float(limit.at_least),
        None if limit.at_most is None else float(limit.at_most),
        VerdictOutcome.NOT_MEASURED,
        f"{limit.source}; {limit.clause}",
        limit.grade.value,
    )


def _stated(verdict: Verdict, procedure: str) -> StatedVerdict:
    limit = verdict.limit
    return StatedVerdict(
        limit.name,
        procedure,
        limit.unit,
        float(verdict.value),
        float(verdict.uncertainty),
        None if limit.at_least is None else float(limit.at_least),
        None if limit.at_most is None else float(limit.at_most),
        _OUTCOMES[verdict.decision],
        f"{limit.source}; {limit.clause}",
        limit.grade.value,
    )
