"""Iris codes of everybody in memory, and the few that are worth comparing in full with another."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from gateway.iris import IrisCode, compare
from gateway.iris.code import PARTS, ROWS
from gateway.iris.comparison import TYPICAL_COUNT, turned_codes

_FEW = np.array([part * ROWS * 4 + row * 4 + word for part in (4, 5, 6, 7) for row in (3, 7, 11) for word in range(4)])
"""Words of the first look: three rows of the longer wavelength, both diagonals; as `gateway.iris.Gallery` looks."""
_ENOUGH = TYPICAL_COUNT * len(_FEW) // (4 * PARTS * ROWS)
"""Bits in common there, from which on fewer are no worse."""
_BLOCK = 2048
_SHORTLIST = 0.03
_LEAST_SHORTLIST = 100


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
        self._held = _Codes([], [], np.zeros((2, 16, len(_FEW)), np.uint64), 0)

    def __len__(self) -> int:
        return len(self._slots)

    def add(self, entry: int, code: IrisCode) -> None:
        """Keep a code as `entry`, 0 or more and not there yet."""
        with self._lock:
            held = self._held
            few = held.few
            if held.count == few.shape[1]:
                few = np.zeros((2, 3 * held.count // 2, len(_FEW)), np.uint64)
                few[:, : held.count] = held.few
            for plane, words in enumerate((code.bits, code.mask)):
                few[plane, held.count] = words.reshape(-1)[_FEW]
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
                few = np.zeros((2, max(16, len(kept)), len(_FEW)), np.uint64)
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
        for slot in self._shortlist(held, probe, cancelled):
            if cancelled():
                break
            entry, code = held.entries[slot], held.codes[slot]
            if code is not None:
                found[entry] = compare(probe, code)
        return found

    def _shortlist(self, held: _Codes, probe: IrisCode, cancelled: Callable[[], bool]) -> NDArray[np.intp]:
        size = max(_LEAST_SHORTLIST, int(_SHORTLIST * held.count))
        if held.count <= size:
            return np.arange(held.count)
        bits, mask = (words[:, _FEW] for words in turned_codes(probe))
        least = np.empty(held.count, np.float32)
        for start in range(0, held.count, _BLOCK):
            if cancelled():
                return np.zeros(0, np.intp)
            stop = min(start + _BLOCK, held.count)
            least[start:stop] = _first_look(bits, mask, held.few[0, start:stop], held.few[1, start:stop])
        return np.argpartition(least, size)[:size]


def _first_look(
    bits: NDArray[np.uint64], mask: NDArray[np.uint64], stored: NDArray[np.uint64], stored_mask: NDArray[np.uint64]
) -> NDArray[np.float32]:
    """(n,) least share of differing bits of (n, words) stored codes over (turns, words) of a probe."""
    least = np.full(len(stored), 1.0, np.float32)
    ones = np.ones(stored.shape[1], np.float32)
    for turned, turned_mask in zip(bits, mask, strict=True):
        common = stored_mask & turned_mask
        count = np.bitwise_count(common).astype(np.float32) @ ones
        differing = np.bitwise_count((stored ^ turned) & common).astype(np.float32) @ ones
        # Few common bits are worth less, as in `compare`.
        share = 0.5 - (0.5 - differing / np.maximum(count, 1)) * np.minimum(1, count / _ENOUGH)
        np.minimum(least, share, out=least)
    return least
