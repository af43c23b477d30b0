"""What stands against putting a calibration into use; all of it can be overruled by a supervisor who says why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import hypot

import numpy as np

from calibration.factors import PPI_X, PPI_Y, Factors
from calibration.record import CalibrationRecord, StatedVerdict, VerdictOutcome
from calibration.standing import is_of_future

MAX_PPI_ERROR = 0.05
"""Share of the nominal scale: more is no scanner's scale but a mistaken target."""
GAIN_BAND = (0.5, 2.0)
MAX_OUTSIDE_BAND = 0.01
"""Share of pixels: a shadow, a hand or dirt on the flat target makes more."""
MAX_BAD = 0.005
"""Share of pixels; 0.001 is usual as a limit of service, five times that is a broken sensor or a mistaken target."""
COVERAGE = 2.0
"""Factor k of the expanded uncertainty (GUM 6.2.2), about 95 %."""
WORSE_SHARE = 0.02
"""Of the limit: losses below are no reason to ask anybody."""


_CORRECTED = {"gain": "flat field", "bad": "bad pixels", "ppi_x": "resolution", "colour_gains": "white balance"}


class ObjectionCode(StrEnum):
    """What is wrong with a calibration."""

    FAILED = "failed"
    IMPLAUSIBLE_PPI = "implausible_ppi"
    IMPLAUSIBLE_GAIN = "implausible_gain"
    TOO_MANY_BAD_PIXELS = "too_many_bad_pixels"
    WORSE = "worse"
    TARGET_EXPIRED = "target_expired"
    INCOMPLETE = "incomplete"
    NOT_JUDGED = "not_judged"
    ANOTHER_DEVICE = "another_device"
    IN_USE_UNREADABLE = "in_use_unreadable"
    FROM_FUTURE = "from_future"


@dataclass(frozen=True)
class Objection:
    """One thing that stands against a calibration."""

    code: ObjectionCode
    detail: str


def objections(
    record: CalibrationRecord,
    factors: Factors,
    in_use: CalibrationRecord | None,
    in_use_factors: Factors | None = None,
    failing: frozenset[str] = frozenset(),
    now: datetime | None = None,
) -> tuple[Objection, ...]:
    """What stands against using a calibration in place of the one in use.

    Parameters
    ----------
    in_use : CalibrationRecord or None
        None where there is none yet.
    in_use_factors : Factors or None
        Of the one in use; None where there is none, or its maps are lost.
    failing : frozenset of str
        The limits that the device does not keep as it stands: using a calibration that is silent of them would hide it.
    now : datetime or None
        None where the clock cannot be right: it judges no record's time.
    """
    found = [Objection(ObjectionCode.FAILED, _outside(each)) for each in record.failures]
    if not any(each.outcome is not VerdictOutcome.NOT_MEASURED for each in record.verdicts):
        found.append(Objection(ObjectionCode.NOT_JUDGED, "no limit was tested"))
    tested = {each.limit for each in record.verdicts if each.outcome is not VerdictOutcome.NOT_MEASURED}
    found += [
        Objection(ObjectionCode.NOT_JUDGED, f"{limit} was not kept, and was not tested again")
        for limit in sorted(failing - tested)
    ]
    if now is not None and is_of_future(record, now):
        told = f"its time, {record.time.wall:%Y-%m-%d %H:%M} UTC, lies in the future and cannot be believed"
        found.append(Objection(ObjectionCode.FROM_FUTURE, told))
    found += _implausible(record, factors)
    found += [
        Objection(ObjectionCode.TARGET_EXPIRED, f"the certificate of {each.id} ended on {each.expires}")
        for each in record.targets
        if each.expires is not None and each.expires < record.time.wall.date()
    ]
    if in_use is not None:
        found += _worse(record, in_use)
        found += _lost(factors, in_use_factors)
        if (record.device.serial, record.device.driver) != (in_use.device.serial, in_use.device.driver):
            told = f"{in_use.calibration_id} is of serial number {in_use.device.serial or 'none'}"
            found.append(Objection(ObjectionCode.ANOTHER_DEVICE, told))
    return tuple(found)


def margin(verdict: StatedVerdict) -> float | None:
    """How far the value is inside its limits, in its unit; negative outside; None where there is nothing to say."""
    if verdict.value is None:
        return None
    room = [] if verdict.minimum is None else [verdict.value - verdict.minimum]
    room += [] if verdict.maximum is None else [verdict.maximum - verdict.value]
    return min(room, default=None)


def _outside(verdict: StatedVerdict) -> str:
    bounds = [f"at least {verdict.minimum:g}"] if verdict.minimum is not None else []
    bounds += [f"at most {verdict.maximum:g}"] if verdict.maximum is not None else []
    value = "nothing" if verdict.value is None else f"{verdict.value:.4g}"
    return f"{verdict.limit} is {value} {verdict.unit}; {' and '.join(bounds)} is due".replace("  ", " ")


def _implausible(record: CalibrationRecord, factors: Factors) -> list[Objection]:
    found = []
    nominal = record.device.ppi
    for name in (PPI_X, PPI_Y):
        value = getattr(factors, name)
        if value is not None and nominal > 0 and abs(value / nominal - 1) > MAX_PPI_ERROR:
            told = f"{name} is {value:.1f}, {100 * (value / nominal - 1):+.1f} % from the nominal {nominal:g}"
            found.append(Objection(ObjectionCode.IMPLAUSIBLE_PPI, told))
    if factors.gain is not None:
        outside = float(np.mean((factors.gain < GAIN_BAND[0]) | (factors.gain > GAIN_BAND[1])))
        if outside > MAX_OUTSIDE_BAND:
            told = f"{100 * outside:.1f} % of the pixels need a gain outside {GAIN_BAND[0]:g} to {GAIN_BAND[1]:g}"
            found.append(Objection(ObjectionCode.IMPLAUSIBLE_GAIN, told))
    for name, gain in zip(("red", "green", "blue"), factors.colour_gains or (), strict=False):
        if not GAIN_BAND[0] <= gain <= GAIN_BAND[1]:
            told = f"{name} needs a gain of {gain:.2f}, outside {GAIN_BAND[0]:g} to {GAIN_BAND[1]:g}; check the light"
            found.append(Objection(ObjectionCode.IMPLAUSIBLE_GAIN, told))
    if factors.bad is not None and (share := float(factors.bad.mean())) > MAX_BAD:
        told = f"{100 * share:.2f} % of the pixels count as bad, more than {100 * MAX_BAD:g} %"
        found.append(Objection(ObjectionCode.TOO_MANY_BAD_PIXELS, told))
    return found


def _lost(factors: Factors, in_use: Factors | None) -> list[Objection]:
    """What the calibration in use corrects and this one would not."""
    if in_use is None:
        return []
    lost = [name for name in _CORRECTED if getattr(in_use, name) is not None and not _has(factors, name)]
    return [
        Objection(ObjectionCode.INCOMPLETE, f"it has no {_CORRECTED[name]}, which the calibration in use corrects")
        for name in lost
    ]


def _has(factors: Factors, name: str) -> bool:
    return getattr(factors, name) is not None


def _worse(record: CalibrationRecord, in_use: CalibrationRecord) -> list[Objection]:
    before = {each.limit: each for each in in_use.verdicts}
    versions = {each.procedure: each.version for each in in_use.measurements}
    current = {each.procedure: each.version for each in record.measurements}
    found = []
    for verdict in record.verdicts:
        old = before.get(verdict.limit)
        if old is None or versions.get(old.procedure) != current.get(verdict.procedure):
            continue  # values of different versions of a procedure are not compared
        had, has = margin(old), margin(verdict)
        if had is None or has is None:
            continue
        noise = COVERAGE * hypot(old.uncertainty or 0.0, verdict.uncertainty or 0.0)
        bound = max(abs(verdict.minimum or 0.0), abs(verdict.maximum or 0.0))
        if had - has > max(noise, WORSE_SHARE * bound):
            told = f"{verdict.limit} was {old.value:.4g} and is {verdict.value:.4g} {verdict.unit}".rstrip()
            found.append(Objection(ObjectionCode.WORSE, told))
    return found
