"""The option `truth` of synthetic devices: values by name, or a truth that is drawn for the serial number."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

Truth = TypeVar("Truth")

DRAWN = "drawn"
"""Instead of values: a truth drawn for the serial number."""


def truth_of(
    options: Truth | Mapping[str, float] | str,
    kind: type[Truth],
    what: str,
    drawn: Callable[[], Truth],
    of_values: Callable[[Mapping[str, float]], Truth],
) -> Truth:
    """A truth, one made of plain values, or one drawn for the serial number.

    Parameters
    ----------
    options : kind, mapping or str
        A mapping is for `of_values`; the word is `DRAWN`.
    kind : type
        Of the truth.
    what : str
        Whose values they are, e.g. `of an iris camera`.
    drawn : callable
        Draws the truth of the serial number.
    of_values : callable

    Raises
    ------
    ValueError
        None of these; what `of_values` raises.
    """
    if isinstance(options, kind):
        return options
    if options == DRAWN:
        return drawn()
    if not isinstance(options, Mapping):
        raise ValueError(f"truth is {DRAWN!r} or a table of values {what}, not {options!r}")
    return of_values(options)


def check_known(names: Collection[str], known: Collection[str], what: str) -> None:
    """Refuse a value's name that there is not.

    Raises
    ------
    ValueError
        The message lists those there are.
    """
    if unknown := sorted(set(names) - set(known)):
        raise ValueError(f"no truth {', '.join(unknown)} {what}; there are {', '.join(known)}")
