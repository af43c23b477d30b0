"""How a device stands: never calibrated, valid, due soon, overdue, failed, or another one than was measured."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from calibration.record import Action, CalibrationDecision, CalibrationRecord, Entry

DUE_SOON = timedelta(days=14)


class CalibrationState(StrEnum):
    """Where a device's calibration stands; overdue and failed are different things."""

    NEVER = "never"
    """No calibration is in use."""
    VALID = "valid"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    """Its time is over, or a drift was seen; the last values kept the limits."""
    FAILED = "failed"
    """The latest measurement was outside a limit, and nobody has put a better one into use since."""
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
    """

    state: CalibrationState
    in_use: CalibrationRecord | None = None
    latest: CalibrationRecord | None = None
    due_opened: CalibrationDecision | None = None

    @property
    def calibration_id(self) -> str | None:
        """Of the calibration in use."""
        return None if self.in_use is None else self.in_use.calibration_id


def standing_of(entries: tuple[Entry, ...], now: datetime, serial: str | None, firmware: str | None) -> Standing:
    """How a device stands by its chain.

    Parameters
    ----------
    entries : tuple of Entry
        Of one device, the oldest first.
    serial, firmware : str or None
        As the device tells them now; None where it is not attached.
    """
    records = {each.calibration_id: each for each in entries if isinstance(each, CalibrationRecord)}
    in_use_id: str | None = None
    due: CalibrationDecision | None = None
    latest: CalibrationRecord | None = None
    pending_failure = False
    for entry in entries:
        if isinstance(entry, CalibrationRecord):
            latest = entry
            pending_failure = bool(entry.failures)
        elif entry.action is Action.DUE:
            due = entry
        else:
            in_use_id, due = entry.in_use, None
            chosen = records.get(in_use_id) if in_use_id else None
            # A supervisor who overruled a failed limit put it into use; the device fails all the same, and says so.
            pending_failure = bool(chosen and chosen.failures)
    in_use = records.get(in_use_id) if in_use_id else None
    state = _state(in_use, due, pending_failure, now, serial, firmware)
    return Standing(state, in_use, latest, due)


def _state(
    in_use: CalibrationRecord | None,
    due: CalibrationDecision | None,
    failed: bool,
    now: datetime,
    serial: str | None,
    firmware: str | None,
) -> CalibrationState:
    if failed:
        return CalibrationState.FAILED
    if in_use is None:
        return CalibrationState.NEVER
    if (serial is not None and serial != in_use.device.serial) or (
        firmware is not None and firmware != in_use.device.firmware
    ):
        return CalibrationState.CHANGED
    if due is not None or now >= in_use.due:
        return CalibrationState.OVERDUE
    return CalibrationState.DUE_SOON if now >= in_use.due - DUE_SOON else CalibrationState.VALID


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
