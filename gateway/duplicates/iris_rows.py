"""Iris codes of everybody in memory, and the few that are worth comparing in full with another."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from gateway.iris import IrisCode, compare
from gateway.iris.comparison import TYPICAL_COUNT
from gateway.iris.first_look import FEW_WORDS, WHOLE_WORDS, few_words, most_alike

_ENOUGH = TYPICAL_COUNT * FEW_WORDS // WHOLE_WORDS
_LEAST_SHORTLIST = 100
"""Of the first look, see `gateway.iris.first_look.most_alike`."""


@dataclass(frozen=True, eq=False)
class _Codes:
    """The codes at one moment; others are written behind `count` only."""

    entries: list[int]
    """-1 where one was removed."""
    codes: list[IrisCode | None]
    few: NDArray[np.uint64]
    """(2, room, words) bits and mask."""
    count: int


class IrisRows:
    """Codes by entry, all of one version. Threads may add and remove while others search."""

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}
        self._lock = Lock()
        self._held = _Codes([], [], np.zeros((2, 16, FEW_WORDS), np.uint64), 0)

    def __len__(self) -> int:
        return len(self._slots)

    def add(self, entry: int, code: IrisCode) -> None:
        """Keep a code as `entry`, 0 or more and not there yet."""
        with self._lock:
            held = self._held
            few = held.few
            if held.count == few.shape[1]:
                few = np.zeros((2, 3 * held.count // 2, FEW_WORDS), np.uint64)
                few[:, : held.count] = held.few
            few[:, held.count] = few_words(code)
            held.entries.append(entry)
            held.codes.append(code)
            self._held = _Codes(held.entries, held.codes, few, held.count + 1)
            self._slots[entry] = held.count

    def remove(self, entry: int) -> None:
        """Forget an entry.

        Raises
        ------
        KeyError
            It is not there.
        """
        with self._lock:
            held, slot = self._held, self._slots.pop(entry)
            held.entries[slot] = -1
            held.codes[slot] = None
            held.few[:, slot] = 0
            if 2 * len(self._slots) < held.count:
                kept = [place for place, other in enumerate(held.entries[: held.count]) if other >= 0]
                few = np.zeros((2, max(16, len(kept)), FEW_WORDS), np.uint64)
                few[:, : len(kept)] = held.few[:, kept]
                entries = [held.entries[place] for place in kept]
                self._held = _Codes(entries, [held.codes[place] for place in kept], few, len(kept))
                self._slots = {other: place for place, other in enumerate(entries)}

    def code(self, entry: int) -> IrisCode:
        """The code that was kept as `entry`.

        Raises
        ------
        KeyError
            It is not there.
        """
        with self._lock:
            code = self._held.codes[self._slots[entry]]
        if code is None:
            raise KeyError(entry)
        return code

    def distances(self, probe: IrisCode, cancelled: Callable[[], bool]) -> dict[int, float]:
        """Distance, as of `gateway.iris.compare`, of the entries that look most like `probe`: 3 %, 100 at least.

        Raises
        ------
        ValueError
            The probe's version is not that of the codes.
        """
        held, found = self._held, {}
        for slot in most_alike(probe, held.few[:, : held.count], _LEAST_SHORTLIST, _ENOUGH, cancelled):
            if cancelled():
                break
            entry, code = held.entries[slot], held.codes[slot]
            if code is not None:
                found[entry] = compare(probe, code)
        return found
