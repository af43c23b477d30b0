"""What can go wrong with what is kept of calibrations, and with what is asked of them."""

import sqlite3
from pathlib import Path

from gateway.sqlite_file import SqliteFault, sqlite_fault


class CalibrationError(Exception):
    """It was not done; nothing is changed.

    Parameters
    ----------
    cause, remedy : str
        In plain words; the message is both.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class CalibrationUnknown(CalibrationError):
    """No calibration, or run, of that name."""


class CalibrationObjected(CalibrationError):
    """Something stands against it, and a supervisor has to say why it is right all the same.

    Parameters
    ----------
    objections : tuple of str
    """

    def __init__(self, cause: str, remedy: str, objections: tuple[str, ...]) -> None:
        super().__init__(cause, remedy)
        self.objections = objections


class CalibrationRefused(CalibrationError):
    """It cannot be done, whoever asks."""


class CalibrationOverdue(CalibrationError):
    """No capture: the device is to be calibrated, and this office's policy is to wait for that."""


class CalibrationFailed(CalibrationError):
    """No capture: the device does not keep its limits, and this office's policy is not to use it so."""


class CalibrationMissing(CalibrationError):
    """No capture: the device was never calibrated, or is another one now."""


class RecordsUnwritable(CalibrationError):
    """The file of calibrations cannot be read or written now."""


class RecordsCorrupt(CalibrationError):
    """The file of calibrations is damaged."""


class RecordsTooNew(CalibrationError):
    """The file of calibrations was made by a newer gateway."""


def from_sqlite(error: sqlite3.Error, path: Path) -> CalibrationError:
    """The error of ours for one of SQLite's."""
    fault = sqlite_fault(error, path)
    if fault is SqliteFault.DAMAGED:
        return RecordsCorrupt(f"The file of calibrations {path} is damaged ({error}).", "Start the gateway again.")
    if fault is SqliteFault.FULL:
        return RecordsUnwritable(f"The disk of {path} is full.", "Make room and try again; nothing was changed.")
    return RecordsUnwritable(f"{path} cannot be written ({error}).", "Look at its permissions and its disk.")


def from_os(error: OSError, path: Path) -> CalibrationError:
    """The error of ours for one of the system's."""
    return RecordsUnwritable(
        f"{path} cannot be used: {error.strerror or error}.", "Look at its permissions and its disk."
    )
