"""The calibration record and the decisions about it: what is signed, one chain for each device."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from calibration.canonical import FormError, from_canonical, to_canonical
from calibration.measurement import Measured, Measurement
from calibration.series import SeriesDigest, digests_of

TYPE = "rekam-calibration+jws"
"""The `typ` of its signature's header: media type `application/rekam-calibration+jws`."""

RECORD_FORMAT = "rekam-calibration-record"
DECISION_FORMAT = "rekam-calibration-decision"
VERSION = 1
MAX_BYTES = 90_000
"""Largest canonical form, so that its signature keeps within what is read of one; curves and maps are beside it."""

Sign = Callable[[bytes], bytes]
"""Makes a signature of `TYPE` of canonical bytes; whoever has the key gives it."""


@dataclass(frozen=True)
class CalibratedDevice:
    """The device that was measured, as it named itself."""

    id: str
    kind: str
    driver: str
    vendor: str
    model: str
    serial: str
    firmware: str
    ppi: float
    """Nominal; 0 where it names none."""


@dataclass(frozen=True)
class UsedTarget:
    """A target with its own certificate.

    Parameters
    ----------
    id : str
        Name or serial number of this very target.
    kind : str
        `ronchi`, `uniform-light`, ...
    certificate : str
        Number of its certificate; empty where it has none.
    expires : date or None
        Last day of the certificate.
    sha256 : str
        Of the file that described it.
    """

    id: str
    kind: str
    certificate: str
    expires: date | None
    sha256: str


class VerdictOutcome(StrEnum):
    """How a value stands to a limit."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNCERTAIN = "uncertain"
    """The limit lies within the uncertainty of the value."""
    NOT_MEASURED = "not_measured"


@dataclass(frozen=True)
class StatedVerdict:
    """One limit, and what was measured against it.

    Parameters
    ----------
    limit : str
        Name in the file of limits.
    procedure : str
    value, uncertainty : float or None
        None where it was not measured; the uncertainty is a standard one (k = 1).
    minimum, maximum : float or None
    outcome : VerdictOutcome
    source, grade : str
        Where the limit is from, and how well that is evidenced.
    """

    limit: str
    procedure: str
    unit: str
    value: float | None
    uncertainty: float | None
    minimum: float | None
    maximum: float | None
    outcome: VerdictOutcome
    source: str
    grade: str


@dataclass(frozen=True)
class RecordTime:
    """When, and how far that can be believed; as in the manifest of a capture."""

    wall: datetime
    since_boot_s: float
    quality: str
    uncertainty_s: float | None


@dataclass(frozen=True)
class RecordedMeasurement:
    """A measurement, its curves and maps by their digests."""

    procedure: str
    version: str
    target_id: str
    """Empty where it needs none."""
    values: tuple[Measured, ...]
    series: tuple[SeriesDigest, ...]
    frames_sha256: tuple[str, ...]
    """Of its frames, where it stands alone; within a record they are named by `frames`."""
    frames: tuple[int, ...]
    """Places in the record's own list: procedures share frames."""
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class CalibrationRecord:
    """What one run of procedures on one device came to.

    Parameters
    ----------
    calibration_id : str
        What manifests of captures name once it is in use.
    sequence, previous
        Place in the device's chain, from 1, and `entry_digest` of the entry before; None for the first.
    standard : str
        Name of the limits that it was judged by.
    frames_sha256 : tuple of str
        Of all frames that were measured, each once.
    due : datetime
        From when on the device is overdue.
    """

    format: str
    version: int
    calibration_id: str
    device: CalibratedDevice
    sequence: int
    previous: str | None
    standard: str
    measurements: tuple[RecordedMeasurement, ...]
    frames_sha256: tuple[str, ...]
    targets: tuple[UsedTarget, ...]
    verdicts: tuple[StatedVerdict, ...]
    operator: str
    temperature_c: float | None
    time: RecordTime
    boot_id: str
    due: datetime
    gateway_id: str
    software: str

    @property
    def failures(self) -> tuple[StatedVerdict, ...]:
        """The limits that it does not keep."""
        return tuple(each for each in self.verdicts if each.outcome is VerdictOutcome.FAIL)

    @property
    def passed(self) -> bool:
        """Whether anything was judged, and nothing failed."""
        judged = any(each.outcome is not VerdictOutcome.NOT_MEASURED for each in self.verdicts)
        return judged and not self.failures

    def value(self, name: str) -> Measured | None:
        """The value of that name, from whichever procedure gave it last."""
        found = [value for each in self.measurements for value in each.values if value.name == name]
        return found[-1] if found else None

    def measurement(self, procedure: str) -> RecordedMeasurement | None:
        """What that procedure came to."""
        return next((each for each in self.measurements if each.procedure == procedure), None)


class Action(StrEnum):
    """What was decided."""

    ACCEPT = "accept"
    ROLLBACK = "rollback"
    DUE = "due"
    """The gateway itself saw a drift: the device is to be calibrated."""


@dataclass(frozen=True)
class Evidence:
    """What a decision rests on: a figure and the bound that it passed."""

    name: str
    value: float
    bound: float
    unit: str


@dataclass(frozen=True)
class CalibrationDecision:
    """Something decided about a device's calibrations, in the same chain as its records.

    Parameters
    ----------
    decision_id : str
    in_use : str or None
        The calibration whose factors captures are made with from here on; None: none.
    reason : str
        As given by who decided; why the objections do not stand against it.
    objections : tuple of str
        What the rules had against it, in English.
    roles : tuple of str
        Of who decided; empty where the gateway itself did.
    """

    format: str
    version: int
    decision_id: str
    device_id: str
    sequence: int
    previous: str
    action: Action
    in_use: str | None
    operator: str
    roles: tuple[str, ...]
    reason: str
    objections: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    time: RecordTime
    boot_id: str
    gateway_id: str
    software: str


Entry = CalibrationRecord | CalibrationDecision


def recorded(measurement: Measurement, target_id: str = "") -> RecordedMeasurement:
    """A measurement as a record holds it."""
    return RecordedMeasurement(
        measurement.procedure,
        measurement.version,
        target_id,
        measurement.values,
        digests_of(measurement.series),
        measurement.frames_sha256,
        (),
        measurement.remarks,
    )


def sharing_frames(
    measurements: Iterable[RecordedMeasurement],
) -> tuple[tuple[RecordedMeasurement, ...], tuple[str, ...]]:
    """The measurements with places in one list of digests, and that list."""
    stated = tuple(measurements)
    digests = tuple(dict.fromkeys(digest for each in stated for digest in each.frames_sha256))
    places = {digest: place for place, digest in enumerate(digests)}
    return (
        tuple(
            replace(each, frames_sha256=(), frames=tuple(places[digest] for digest in each.frames_sha256))
            for each in stated
        ),
        digests,
    )


def measured_again(stated: RecordedMeasurement, series: Mapping[str, Any]) -> Measurement:
    """A recorded measurement with its series beside it; frames of a record's list are not named again."""
    return Measurement(
        stated.procedure, stated.version, stated.values, dict(series), stated.frames_sha256, stated.remarks
    )


def entry_bytes(entry: Entry) -> bytes:
    """The canonical form (RFC 8785): the payload that is signed.

    Raises
    ------
    FormError
        A value has no form, or the whole is over `MAX_BYTES`.
    """
    _check(entry)
    data = to_canonical(entry)
    if len(data) > MAX_BYTES:
        raise FormError(f"{len(data)} bytes, over the {MAX_BYTES} that an entry may have; measure fewer regions")
    return data


def read_entry(data: bytes) -> Entry:
    """Read an entry strictly, to the byte.

    Raises
    ------
    FormError
    """
    if len(data) > MAX_BYTES:
        raise FormError(f"{len(data)} bytes, over the {MAX_BYTES} that an entry may have")
    try:
        told = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormError(f"not JSON in UTF-8 ({error})") from error
    name = told.get("format") if isinstance(told, dict) else None
    entry: Entry
    if name == RECORD_FORMAT:
        entry = from_canonical(data, CalibrationRecord)
    elif name == DECISION_FORMAT:
        entry = from_canonical(data, CalibrationDecision)
    else:
        raise FormError(f"format: {name!r} is neither {RECORD_FORMAT} nor {DECISION_FORMAT}")
    _check(entry)
    return entry


def entry_digest(payload: bytes) -> str:
    """SHA-256 of the canonical form in lower-case hexadecimal: what the next entry of the device calls `previous`."""
    return hashlib.sha256(payload).hexdigest()


def device_of(entry: Entry) -> str:
    """The device that an entry is about."""
    return entry.device.id if isinstance(entry, CalibrationRecord) else entry.device_id


def id_of(entry: Entry) -> str:
    """The entry's own id."""
    return entry.calibration_id if isinstance(entry, CalibrationRecord) else entry.decision_id


def _check(entry: Entry) -> None:
    if entry.version != VERSION:
        raise FormError(f"version: {entry.version} is not {VERSION}")
    if entry.sequence < 1 or (entry.previous is None) != (entry.sequence == 1):
        raise FormError("previous: null belongs to sequence 1, and to no other")
    if isinstance(entry, CalibrationRecord):
        count = len(entry.frames_sha256)
        if any(not 0 <= place < count for each in entry.measurements for place in each.frames):
            raise FormError("measurements: a frame that is not in the record's list")
