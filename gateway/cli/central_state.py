"""Which folder a centre's command works in, and how its errors are told."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage

STATE_VARIABLE = "REKAM_CENTRAL_STATE"

StateFolder = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help=f"The centre's folder (else {STATE_VARIABLE}).")
]


def state_folder(named: Path | None) -> Path:
    """The folder that was named, or that of the environment."""
    if named is not None:
        return named
    found = os.environ.get(STATE_VARIABLE)
    if not found:
        raise bad_usage(f"Name the centre's folder: --state DIR, or set {STATE_VARIABLE}.")
    return Path(found)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what keeps a centre from its work into one line and an exit status."""
    from gateway.central import CentralError
    from gateway.trust import KeyProblem

    try:
        yield
    except CentralError as error:
        raise CommandFailure(ExitStatus.REFUSED, error.reason, error.words) from error
    except KeyProblem as error:
        raise CommandFailure(ExitStatus.REFUSED, error.reason, str(error)) from error
    except OSError as error:
        raise CommandFailure(ExitStatus.REFUSED, "STATE_UNUSABLE", f"{error}.") from error
