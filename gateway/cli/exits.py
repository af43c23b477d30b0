"""How a command ends: its exit status, and why it failed, in words for people and for programs."""

from enum import IntEnum

from gateway.guidance import LocalizedText


class ExitStatus(IntEnum):
    """What the shell is told."""

    DONE = 0
    FAULT = 1
    """A bug, in the gateway or in the command itself."""
    USAGE = 2
    """Wrong usage, or a bad input file."""
    OUTCOME = 3
    """It ran, with an outcome that is not success: below the asked quality, no match, verification failed."""
    DEVICE = 4
    UNREACHABLE = 5
    REFUSED = 6
    """Role, lease, calibration, key, spool or state folder do not allow it."""


class CommandFailure(Exception):
    """A command cannot do what was asked.

    Parameters
    ----------
    status : ExitStatus
    reason : str
        For programs: a reason of the API's error table, or one of the command's own.
    message : str or LocalizedText
        Cause and remedy in plain words.
    """

    def __init__(self, status: ExitStatus, reason: str, message: str | LocalizedText) -> None:
        words = LocalizedText(id=message, en=message) if isinstance(message, str) else message
        super().__init__(words.en)
        self.status = status
        self.reason = reason
        self.words = words


def bad_usage(message: str | LocalizedText) -> CommandFailure:
    """What was asked cannot be."""
    return CommandFailure(ExitStatus.USAGE, "BAD_USAGE", message)


def bad_file(message: str | LocalizedText) -> CommandFailure:
    """An input file cannot be used."""
    return CommandFailure(ExitStatus.USAGE, "BAD_FILE", message)
