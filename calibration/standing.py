"""How a device stands: never calibrated, valid, due soon, overdue, failed, or another one than was measured."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from calibration.record import Action, CalibratedDevice, CalibrationDecision, CalibrationRecord, Entry, VerdictOutcome

DUE_SOON = timedelta(days=14)
AHEAD = timedelta(days=1)
"""A record further ahead of the clock than that was made by a clock that was wrong, or is read by one."""


class CalibrationState(StrEnum):
    """Where a device's calibration stands; overdue and failed are different things."""

    NEVER = "never"
    """No calibration is in use."""
    VALID = "valid"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    """Its time is over or cannot be believed, or a drift was seen; the last values kept the limits."""
    FAILED = "failed"
    """A limit was not kept; it was not kept again since, and no later calibration came into use."""
    CHANGED = "changed"
    """Another serial number or firmware than was measured."""


@dataclass(frozen=True)
class Standing:
    """A device's calibration as it stands.

    Parameters
    ----------
    state : CalibrationState
    in_use : CalibrationRecord or None
        Whose factors captures are made with.
    latest : CalibrationRecord or None
        The last one measured, accepted or not.
    due_opened : CalibrationDecision or None
        A drift that the gateway saw since the calibration in use was accepted.
    failing : frozenset of str
        The limits that are not kept; the device has failed while there are any.
    changed : bool
        Whether it is another device than the calibration in use was measured on, whatever else its state says.
    from_future : bool
        Whether the calibration in use is of a time that the clock has not reached.
    """

    state: CalibrationState
    in_use: CalibrationRecord | None = None
    latest: CalibrationRecord | None = None
    due_opened: CalibrationDecision | None = None
    failing: frozenset[str] = frozenset()
    changed: bool = False
    from_future: bool = False

    @property
    def calibration_id(self) -> str | None:
        """Of the calibration in use."""
        return None if self.in_use is None else self.in_use.calibration_id


def standing_of(
    entries: tuple[Entry, ...],
    now: datetime,
    serial: str | None,
    firmware: str | None,
    *,
    clock_plausible: bool = True,
) -> Standing:
    """How a device stands by its chain.

    Parameters
    ----------
    entries : tuple of Entry
        Of one device, the oldest first.
    serial, firmware : str or None
        As the device tells them now; None where it is not attached.
    clock_plausible : bool
        Whether the clock that shows `now` can be right at all; one that cannot calls no record one of the future.
    """
    records = {each.calibration_id: each for each in entries if isinstance(each, CalibrationRecord)}
    in_use: CalibrationRecord | None = None
    due: CalibrationDecision | None = None
    latest: CalibrationRecord | None = None
    for entry in entries:
        if isinstance(entry, CalibrationRecord):
            latest = entry
        elif entry.action is Action.DUE:
            due = entry
        else:
            in_use, due = records.get(entry.in_use or ""), None
    failing = _failing(entries, records)
    changed = in_use is not None and _is_another(in_use.device, serial, firmware)
    from_future = in_use is not None and clock_plausible and is_of_future(in_use, now)
    if failing:
        state = CalibrationState.FAILED
    elif in_use is None:
        state = CalibrationState.NEVER
    elif changed:
        state = CalibrationState.CHANGED
    elif due is not None or from_future or now >= in_use.due:
        state = CalibrationState.OVERDUE
    else:
        state = CalibrationState.DUE_SOON if now >= in_use.due - DUE_SOON else CalibrationState.VALID
    return Standing(state, in_use, latest, due, failing, changed, from_future)


def is_of_future(record: CalibrationRecord, now: datetime) -> bool:
    """Whether a record says that it was made more than a day after `now`: its time cannot be believed, nor its term."""
    return record.time.wall > now + AHEAD


def _failing(entries: tuple[Entry, ...], records: dict[str, CalibrationRecord]) -> frozenset[str]:
    """The limits that are not kept: outside when last judged, by no record older than the calibration in use."""
    failed: dict[str, int] = {}
    """By limit, the number of the record that found it outside; none has found it inside since."""
    in_use: CalibrationRecord | None = None
    # A supervisor who overruled a failed limit put it into use; the device fails all the same, and says so.
    of_in_use: set[str] = set()
    for entry in entries:
        if isinstance(entry, CalibrationRecord):
            kept = {each.limit for each in entry.verdicts if each.outcome is VerdictOutcome.PASS}
            of_in_use -= kept
            failed = {limit: number for limit, number in failed.items() if limit not in kept}
            failed.update((each.limit, entry.sequence) for each in entry.failures)
        elif entry.action is not Action.DUE:
            in_use = records.get(entry.in_use or "")
            of_in_use = set() if in_use is None else {each.limit for each in in_use.failures}
    since = 0 if in_use is None else in_use.sequence
    return frozenset(of_in_use.union(limit for limit, number in failed.items() if number > since))


def _is_another(measured: CalibratedDevice, serial: str | None, firmware: str | None) -> bool:
    return (serial is not None and serial != measured.serial) or (
        firmware is not None and firmware != measured.firmware
    )


def previous_in_use(entries: tuple[Entry, ...]) -> str | None:
    """The calibration that a rollback brings back: the one in use before the present one; None: none before it.

    A rollback leads further back, not to and fro.
    """
    stack: list[str] = []
    for entry in entries:
        if not isinstance(entry, CalibrationDecision):
            continue
        if entry.action is Action.ACCEPT and entry.in_use:
            stack.append(entry.in_use)
        elif entry.action is Action.ROLLBACK:
            while stack and stack[-1] != entry.in_use:
                stack.pop()
    return stack[-2] if len(stack) > 1 else None
