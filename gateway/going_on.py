"""Looks that come again and again, none of which may be the last because one failed."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger(__name__)


@contextmanager
def going_on(event: str, **about: object) -> Iterator[None]:
    """Log what nobody expected in the block, with its traceback, and go on; what is expected is caught inside.

    Parameters
    ----------
    event : str
        The line's name in the log.
    about
        Its fields.
    """
    try:
        yield
    except Exception:
        log.exception(event, **about)
