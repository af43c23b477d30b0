"""What one check of the doctor found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """Captures can be made, but something should be seen to."""
    PROBLEM = "problem"
    """Captures cannot be made, or not all that is asked can be done."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Parameters
    ----------
    name : str
        What was looked at.
    level : Level
    detail : str
        What was seen.
    remedy : str
        The command that mends it, or what a person must do; empty where all is well.
    """

    name: str
    level: Level
    detail: str
    remedy: str = ""


def ok(name: str, detail: str) -> Finding:
    """All is well."""
    return Finding(name, Level.OK, detail)


def warning(name: str, detail: str, remedy: str) -> Finding:
    """Something should be seen to."""
    return Finding(name, Level.WARNING, detail, remedy)


def problem(name: str, detail: str, remedy: str) -> Finding:
    """Something must be mended."""
    return Finding(name, Level.PROBLEM, detail, remedy)
