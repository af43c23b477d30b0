"""TOML that somebody wrote, whatever is wrong with it."""

import tomllib
from typing import Any


def toml_table(text: str) -> dict[str, Any]:
    """The table that a text is.

    Raises
    ------
    tomllib.TOMLDecodeError
        It is no TOML, or such as tomllib itself does not get through: nested without end, or a number of more digits
        than Python reads.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise tomllib.TOMLDecodeError(str(error)) from error
