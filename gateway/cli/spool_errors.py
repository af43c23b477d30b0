"""How the errors of sticks, copies and mirrors are told."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.cli.exits import CommandFailure, ExitStatus

_BAD_INPUT = frozenset({"VOLUME_DAMAGED", "COPY_DAMAGED", "PASSPHRASE_WRONG", "STATE_NOT_EMPTY", "NOTHING_TO_TAKE"})


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn them into one line and an exit status: 2 for what was given, 6 for what does not allow it."""
    from gateway.bundle import BundleError
    from gateway.spool import SpoolError
    from gateway.trust import KeyProblem

    try:
        yield
    except BundleError as error:
        status = ExitStatus.USAGE if error.reason in _BAD_INPUT else ExitStatus.REFUSED
        raise CommandFailure(status, error.reason, error.words) from error
    except SpoolError as error:
        raise CommandFailure(ExitStatus.REFUSED, "STATE_LOCKED", str(error)) from error
    except KeyProblem as error:
        raise CommandFailure(ExitStatus.REFUSED, error.reason, str(error)) from error
