"""Which samples of two people are laid against each other: by position, with right and left exchanged, or anyhow where
a position is not known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeVar

import numpy as np

from gateway.eye import EyePosition
from gateway.finger import FingerPosition

Position = TypeVar("Position", FingerPosition, EyePosition)

_HAND = 5
_NO_PAIR = -1e6


@dataclass(frozen=True)
class Paired:
    """The surprises of pairs of different fingers, or eyes.

    Parameters
    ----------
    surprises : tuple of float
        One for each pair.
    hypotheses : int
        From how many ways of laying the samples the best was taken.
    """

    surprises: tuple[float, ...] = ()
    hypotheses: int = 1


def exchanged(position: Position) -> Position:
    """The same finger of the other hand, or the other eye; UNKNOWN stays."""
    if isinstance(position, FingerPosition):
        if position is FingerPosition.UNKNOWN:
            return position
        return FingerPosition(position + _HAND if position <= _HAND else position - _HAND)
    return {EyePosition.RIGHT: EyePosition.LEFT, EyePosition.LEFT: EyePosition.RIGHT}.get(position, position)


def paired(
    probes: Sequence[tuple[Position, int]],
    entries: Sequence[tuple[Position, int]],
    swapped: bool,
    surprise: Callable[[int, int], float],
) -> Paired:
    """Samples laid against each other, each finger at most once.

    Of several samples of one position the best pair counts, less the logarithm of how many there were: two prints of
    one finger are not two fingers.

    Parameters
    ----------
    probes, entries : sequence of (position, number)
        Samples of either person.
    swapped : bool
        Right is laid on left.
    surprise : callable
        Of a probe's and an entry's number.
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = _grouped(probes), _grouped(entries)
    values = np.full((len(rows), len(columns)), _NO_PAIR)
    for row, (position, own) in enumerate(rows):
        wanted = exchanged(position) if swapped else position
        for column, (other, theirs) in enumerate(columns):
            if wanted == other or 0 in (wanted, other):
                best = max(surprise(probe, entry) for probe in own for entry in theirs)
                values[row, column] = max(0.0, best - float(np.log(len(own) * len(theirs))))
    chosen = zip(*linear_sum_assignment(values, maximize=True), strict=True)
    found = tuple(float(values[row, column]) for row, column in chosen if values[row, column] > _NO_PAIR)
    return Paired(found, prod(max(1, int(ways)) for ways in (values > _NO_PAIR).sum(axis=1)))


def _grouped(samples: Sequence[tuple[Position, int]]) -> list[tuple[Position, list[int]]]:
    """Samples of one known position together, others each alone."""
    groups: list[tuple[Position, list[int]]] = []
    for position, number in samples:
        known = next((own for other, own in groups if other == position != 0), None)
        if known is None:
            groups.append((position, [number]))
        else:
            known.append(number)
    return groups
