"""Gallery: one print searched among many, the unlikely ones put aside before the full comparison."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Generic, TypeVar
from zlib import crc32

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


@dataclass(frozen=True, eq=False)
class Likeness(Generic[Id]):
    """What a first look at every entry says.

    Parameters
    ----------
    ids : tuple
        None where an entry was removed.
    values : (len(ids),) float32
        Sum of the cosines of the probe's twelve minutiae that find their like best; -inf where an entry was removed.
    """

    ids: tuple[Id | None, ...]
    values: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Rows(Generic[Id]):
    """The entries at one moment. Others are written behind `used` only, so that who reads these is not disturbed."""

    ids: list[Id | None]
    shapes: list[tuple[int, int, int, float]]
    starts: NDArray[np.intp]
    minutiae: NDArray[np.void]
    surroundings: NDArray[np.int8]
    slots: int
    used: int

    def span(self, slot: int) -> slice:
        start = int(self.starts[slot])
        return slice(start, start + max(1, self.shapes[slot][0]))

    def template(self, slot: int) -> FingerTemplate:
        count, width, height, ppi = self.shapes[slot]
        rows = self.minutiae[self.span(slot)][:count].copy()
        return FingerTemplate(
            rows["x"], rows["y"], rows["angle"], rows["kind"], rows["quality"], width=width, height=height, ppi=ppi
        )


class Gallery(Generic[Id]):
    """Templates by id, to be searched; in memory some 80 bytes a minutia: 14 of its own, 64 of its surroundings.

    Threads may add and remove while others search: a search sees what was there when it began, less what is removed.
    """

    def __init__(self) -> None:
        self._slots: dict[Id, int] = {}
        self._lock = Lock()
        self._rows: _Rows[Id] = _Rows(
            [], [], np.zeros(16, np.intp), np.zeros(1024, _MINUTIA), np.zeros((1024, DIRECTIONS), np.int8), 0, 0
        )

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, entry: object) -> bool:
        return entry in self._slots

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays that hold the templates, spare room not counted."""
        rows = self._rows
        return int(rows.used * (_MINUTIA.itemsize + rows.surroundings.shape[1]) + rows.starts.itemsize * rows.slots)

    def add(self, entry: Id, template: FingerTemplate, surroundings: NDArray[np.int8] | None = None) -> None:
        """Take `template` in as `entry`.

        Parameters
        ----------
        entry : hashable
        template : FingerTemplate
        surroundings : (n, 64) int8, optional
            What `quantized_surroundings` gave for this template, where it was kept: it takes most of the time.

        Raises
        ------
        ValueError
            `entry` is there already; a place or a direction is not a finite number; `surroundings` has another shape.
        """
        if entry in self._slots:
            raise ValueError(f"the gallery has an entry {entry!r} already")
        if surroundings is None:
            surroundings = quantized_surroundings(template)
        elif surroundings.shape != (len(template), DIRECTIONS):
            raise ValueError(f"surroundings of {len(template)} minutiae are not of shape {surroundings.shape}")
        with self._lock:
            self._add(entry, template, surroundings)

    def _add(self, entry: Id, template: FingerTemplate, surroundings: NDArray[np.int8]) -> None:
        if entry in self._slots:
            raise ValueError(f"the gallery has an entry {entry!r} already")
        old, count = self._rows, len(template)
        # An entry without minutiae holds an empty row, so that every entry has one.
        start, end = old.used, old.used + max(1, count)
        rows = _Rows(
            old.ids,
            old.shapes,
            _grown(old.starts, old.slots + 1),
            _grown(old.minutiae, end),
            _grown(old.surroundings, end),
            old.slots + 1,
            end,
        )
        own = rows.minutiae[start : start + count]
        for name in _MINUTIA.names or ():
            own[name] = getattr(template, name)
        rows.surroundings[start:end] = 0
        # Prepared minutiae have another order; which one does not matter here.
        rows.surroundings[start : start + count] = surroundings
        rows.starts[old.slots] = start
        rows.ids.append(entry)
        rows.shapes.append((count, template.width, template.height, template.ppi))
        self._rows = rows
        self._slots[entry] = old.slots

    def remove(self, entry: Id) -> None:
        """Forget `entry`; its minutiae are overwritten at once, their room is used again later.

        Raises
        ------
        KeyError
            It is not there.
        """
        with self._lock:
            rows, slot = self._rows, self._slots.pop(entry)
            rows.ids[slot] = None
            span = rows.span(slot)
            rows.minutiae[span] = 0
            rows.surroundings[span] = 0
            if len(self._slots) < rows.slots // 2:
                self._close_gaps()

    def template(self, entry: Id) -> FingerTemplate:
        """The template that was taken in as `entry`.

        Raises
        ------
        KeyError
            It is not there.
        """
        with self._lock:
            return self._rows.template(self._slots[entry])

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
        probe, rows = prepare(template), self._rows
        found = [
            Candidate(entry, score)
            for slot in self._likely(rows, probe)
            if (entry := rows.ids[slot]) is not None
            and (score := compare_prepared(probe, prepare(rows.template(slot)))) >= least
            and rows.ids[slot] is not None
        ]
        return sorted(found, key=lambda candidate: -candidate.score)[:limit]

    def likeness(self, probe: PreparedTemplate, cancelled: Callable[[], bool] | None = None) -> Likeness[Id]:
        """The first look of a search alone: how alike the surroundings of `probe` and of every entry are.

        Parameters
        ----------
        probe : PreparedTemplate
        cancelled : callable, optional
            Asked every few milliseconds; once it says so, what was not looked at yet is left at -inf.
        """
        rows = self._rows
        values = _likeness(rows, probe, cancelled) / np.float32(_LEVELS)
        ids = tuple(rows.ids[: rows.slots])
        values[[slot for slot, entry in enumerate(ids) if entry is None]] = -np.inf
        return Likeness(ids, values)

    def _likely(self, rows: _Rows[Id], probe: PreparedTemplate) -> NDArray[np.intp]:
        """The slots worth a full comparison."""
        live = np.array([entry is not None for entry in rows.ids[: rows.slots]], np.bool_)
        count = int(live.sum())
        wanted = _ALWAYS_COMPARED + int(_COMPARED_SHARE * count)
        if count <= wanted:
            return np.flatnonzero(live)
        likeness = np.where(live, _likeness(rows, probe), -np.inf)
        return np.argpartition(-likeness, wanted)[:wanted]

    def _close_gaps(self) -> None:
        old = self._rows
        kept = [slot for slot in range(old.slots) if old.ids[slot] is not None]
        spans = [old.span(slot) for slot in kept]
        places = np.concatenate([np.arange(span.start, span.stop) for span in spans] or [np.zeros(0, np.intp)])
        ids = [old.ids[slot] for slot in kept]
        self._rows = _Rows(
            ids,
            [old.shapes[slot] for slot in kept],
            np.cumsum([0, *(span.stop - span.start for span in spans)])[:-1].astype(np.intp),
            old.minutiae[places],
            old.surroundings[places],
            len(kept),
            len(places),
        )
        self._slots = {entry: slot for slot, entry in enumerate(ids) if entry is not None}


def _likeness(
    rows: _Rows[Id], probe: PreparedTemplate, cancelled: Callable[[], bool] | None = None
) -> NDArray[np.float32]:
    """(slots,) `_LEVELS` times the sum of the best cosines of the probe's minutiae with those of each entry."""
    asked = projected_cylinders(probe.cylinders).T
    result = np.full(rows.slots, -np.inf, np.float32)
    if not len(probe):
        result[:] = 0
        return result
    bounds = np.append(rows.starts[: rows.slots], rows.used)
    first = 0
    while first < rows.slots and not (cancelled is not None and cancelled()):
        last = max(first + 1, int(np.searchsorted(bounds, bounds[first] + _CHUNK_ROWS, "right")) - 1)
        seen = rows.surroundings[bounds[first] : bounds[last]].astype(np.float32)
        best = np.maximum.reduceat(product(seen, asked), bounds[first:last] - bounds[first], axis=0)
        if best.shape[1] > _BEST:
            best = np.partition(best, -_BEST, axis=1)[:, -_BEST:]
        result[first:last] = best.sum(axis=1)
        first = last
    return result


def quantized_surroundings(template: FingerTemplate) -> NDArray[np.int8]:
    """(n, 64) the surroundings of each minutia as a gallery keeps them; see `surroundings_version`.

    Raises
    ------
    ValueError
        A place or a direction is not a finite number.
    """
    return np.rint(projected_cylinders(prepare(template).cylinders) * _LEVELS).astype(np.int8)


@cache
def surroundings_version() -> int:
    """32 bits that change whenever `quantized_surroundings` gives something else: a checksum of what it gives here."""
    turn = np.arange(24, dtype=np.float32)
    template = FingerTemplate(
        x=190 + 7 * turn * np.cos(2.4 * turn),
        y=190 + 7 * turn * np.sin(2.4 * turn),
        angle=(0.7 * turn) % np.float32(2 * np.pi),
        kind=(1 + turn % 2).astype(np.uint8),
        quality=np.full(24, 60, np.uint8),
        width=380,
        height=380,
        ppi=500.0,
    )
    return crc32(quantized_surroundings(template).tobytes())


def _grown(array: NDArray[Any], length: int) -> NDArray[Any]:
    """`array`, or a larger copy, with room for `length` rows."""
    if length <= len(array):
        return array
    larger = np.zeros((max(length, len(array) * 3 // 2), *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
