"""Gallery: one print searched among many, the unlikely ones put aside before the full comparison."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate
from gateway.fingerprint.matching.comparison import compare_prepared
from gateway.fingerprint.matching.decision import score_at_fmr
from gateway.fingerprint.matching.prepared import PreparedTemplate, prepare
from gateway.fingerprint.matching.product import product
from gateway.fingerprint.matching.projection import DIRECTIONS, projected_cylinders

Id = TypeVar("Id", bound=Hashable)

_MINUTIA = np.dtype([("x", "f4"), ("y", "f4"), ("angle", "f4"), ("kind", "u1"), ("quality", "u1")])
_LEVELS = 127
_BEST = 12
_CHUNK_ROWS = 16_384
_ALWAYS_COMPARED = 100
_COMPARED_SHARE = 0.06
"""With 0.005 the filter lost up to 1.8 % of the mates that a comparison with all 10,000 entries would find first
(`tests/benchmarks/finger_gallery.py`)."""


@dataclass(frozen=True)
class Candidate(Generic[Id]):
    """An entry that a search found, and its `compare` score with the probe."""

    id: Id
    score: float


class Gallery(Generic[Id]):
    """Templates by id, to be searched; in memory some 80 bytes a minutia: 14 of its own, 64 of its surroundings.

    Not safe for threads that add or remove while others search.
    """

    def __init__(self) -> None:
        self._slots: dict[Id, int] = {}
        self._ids: list[Id | None] = []
        self._shapes: list[tuple[int, int, int, float]] = []
        self._starts: NDArray[np.intp] = np.zeros(16, np.intp)
        self._minutiae: NDArray[np.void] = np.zeros(1024, _MINUTIA)
        self._surroundings: NDArray[np.int8] = np.zeros((1024, DIRECTIONS), np.int8)
        self._used = 0

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, entry: object) -> bool:
        return entry in self._slots

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays that hold the templates, spare room not counted."""
        return int(
            self._used * (_MINUTIA.itemsize + self._surroundings.shape[1]) + self._starts.itemsize * len(self._ids)
        )

    def add(self, entry: Id, template: FingerTemplate) -> None:
        """Take `template` in as `entry`.

        Raises
        ------
        ValueError
            `entry` is there already; a place or a direction is not a finite number.
        """
        if entry in self._slots:
            raise ValueError(f"the gallery has an entry {entry!r} already")
        surroundings = _quantized(projected_cylinders(prepare(template).cylinders))
        slot, count = len(self._ids), len(template)
        # An entry without minutiae holds an empty row, so that every entry has one.
        start, end = self._used, self._used + max(1, count)
        self._minutiae = _grown(self._minutiae, end)
        self._surroundings = _grown(self._surroundings, end)
        self._starts = _grown(self._starts, slot + 1)
        rows = self._minutiae[start : start + count]
        for name in _MINUTIA.names or ():
            rows[name] = getattr(template, name)
        self._surroundings[start:end] = 0
        # Prepared minutiae have another order; which one does not matter here.
        self._surroundings[start : start + count] = surroundings
        self._starts[slot] = start
        self._used = end
        self._ids.append(entry)
        self._shapes.append((count, template.width, template.height, template.ppi))
        self._slots[entry] = slot

    def remove(self, entry: Id) -> None:
        """Forget `entry`; its minutiae are overwritten at once, their room is used again later.

        Raises
        ------
        KeyError
            It is not there.
        """
        slot = self._slots.pop(entry)
        rows = self._rows(slot)
        self._minutiae[rows] = 0
        self._surroundings[rows] = 0
        self._ids[slot] = None
        if len(self._slots) < len(self._ids) // 2:
            self._close_gaps()

    def template(self, entry: Id) -> FingerTemplate:
        """The template that was taken in as `entry`.

        Raises
        ------
        KeyError
            It is not there.
        """
        return self._template(self._slots[entry])

    def search(self, template: FingerTemplate, limit: int = 10, fmr: float | None = None) -> list[Candidate[Id]]:
        """The entries most like `template`, best first.

        A filter over the minutiae's surroundings chooses 100 entries and 6 % of all, which are compared in full.

        Parameters
        ----------
        template : FingerTemplate
        limit : int
            At most so many.
        fmr : float, optional
            Only those that one comparison of strangers reaches at this rate or less (`score_at_fmr`). Among n entries
            some n * fmr strangers are still to be expected.

        Raises
        ------
        ValueError
            `limit` is under 1; `fmr` is out of range; a place or a direction is not a finite number.
        """
        if limit < 1:
            raise ValueError(f"a search gives at least one candidate, not {limit}")
        least = 0.0 if fmr is None else score_at_fmr(fmr)
        probe = prepare(template)
        found = [
            Candidate(entry, score)
            for slot in self._likely(probe)
            if (entry := self._ids[slot]) is not None
            and (score := compare_prepared(probe, prepare(self._template(slot)))) >= least
        ]
        return sorted(found, key=lambda candidate: -candidate.score)[:limit]

    def _likely(self, probe: PreparedTemplate) -> NDArray[np.intp]:
        """The slots worth a full comparison."""
        live = np.array([entry is not None for entry in self._ids], np.bool_)
        wanted = _ALWAYS_COMPARED + int(_COMPARED_SHARE * len(self))
        if len(self) <= wanted:
            return np.flatnonzero(live)
        likeness = np.where(live, self._likeness(probe), -np.inf)
        return np.argpartition(-likeness, wanted)[:wanted]

    def _likeness(self, probe: PreparedTemplate) -> NDArray[np.float32]:
        """(slots,) mean cosine of the probe's minutiae that find their like in each entry."""
        slots = len(self._ids)
        asked = projected_cylinders(probe.cylinders).T
        bounds = np.append(self._starts[:slots], self._used)
        result = np.empty(slots, np.float32)
        first = 0
        while first < slots:
            last = max(first + 1, int(np.searchsorted(bounds, bounds[first] + _CHUNK_ROWS, "right")) - 1)
            rows = self._surroundings[bounds[first] : bounds[last]].astype(np.float32)
            best = np.maximum.reduceat(product(rows, asked), bounds[first:last] - bounds[first], axis=0)
            if best.shape[1] > _BEST:
                best = np.partition(best, -_BEST, axis=1)[:, -_BEST:]
            result[first:last] = best.sum(axis=1)
            first = last
        return result

    def _rows(self, slot: int) -> slice:
        start = int(self._starts[slot])
        return slice(start, start + max(1, self._shapes[slot][0]))

    def _template(self, slot: int) -> FingerTemplate:
        count, width, height, ppi = self._shapes[slot]
        rows = self._minutiae[self._rows(slot)][:count].copy()
        return FingerTemplate(
            rows["x"], rows["y"], rows["angle"], rows["kind"], rows["quality"], width=width, height=height, ppi=ppi
        )

    def _close_gaps(self) -> None:
        kept = [slot for slot, entry in enumerate(self._ids) if entry is not None]
        spans = [self._rows(slot) for slot in kept]
        rows = np.concatenate([np.arange(span.start, span.stop) for span in spans] or [np.zeros(0, np.intp)])
        self._minutiae, self._surroundings = self._minutiae[rows], self._surroundings[rows]
        self._starts = np.cumsum([0, *(span.stop - span.start for span in spans)])[:-1].astype(np.intp)
        self._used = len(rows)
        self._ids = [self._ids[slot] for slot in kept]
        self._shapes = [self._shapes[slot] for slot in kept]
        self._slots = {entry: slot for slot, entry in enumerate(self._ids) if entry is not None}


def _quantized(surroundings: NDArray[np.float32]) -> NDArray[np.int8]:
    return np.rint(surroundings * _LEVELS).astype(np.int8)


def _grown(array: NDArray[Any], length: int) -> NDArray[Any]:
    """`array`, or a larger copy, with room for `length` rows."""
    if length <= len(array):
        return array
    larger = np.zeros((max(length, len(array) * 3 // 2), *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
