"""A gallery of codes, and the one in it that is most like another: first by a few bits of all, then by all of a few."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.iris.code import COLUMNS, PARTS, ROWS, IrisCode
from gateway.iris.comparison import compare, turned_codes

_WORDS = PARTS * ROWS * COLUMNS // 64
_GROWTH = 1.5
_BLOCK = 2048
"""Codes at once: what they take stays in the cache of the processor."""
_FEW = np.array([part * ROWS * 4 + row * 4 + word for part in (4, 5, 6, 7) for row in (3, 7, 11) for word in range(4)])
"""Words of the first pass: three rows of the longer wavelength, both diagonals."""
_SHORTLIST = 0.03
_LEAST_SHORTLIST = 200


@dataclass(frozen=True)
class Candidate:
    """An entry of a gallery and its distance, as of `compare`."""

    label: str
    distance: float


class Gallery:
    """Labelled codes in memory, 8 KB each, for searches of one against all.

    Labels may repeat: several codes of one eye, or of both eyes of one person.
    """

    def __init__(self, entries: Iterable[tuple[str, IrisCode]] = ()) -> None:
        self._labels: list[str] = []
        self._planes = np.zeros((2, 0, _WORDS), np.uint64)
        self._few = np.zeros((2, 0, len(_FEW)), np.uint64)
        self._version: int | None = None
        for label, code in entries:
            self.add(label, code)

    def __len__(self) -> int:
        return len(self._labels)

    def add(self, label: str, code: IrisCode) -> None:
        """Keep a copy of a code.

        Raises
        ------
        ValueError
            Its version is not that of the codes that are there.
        """
        if self._version not in (None, code.version):
            raise ValueError(f"a code of version {code.version} in a gallery of version {self._version}")
        self._version = code.version
        count = len(self._labels)
        if count == self._planes.shape[1]:
            room = max(16, int(_GROWTH * count))
            self._planes = _grown(self._planes, room)
            self._few = _grown(self._few, room)
        for plane, words in enumerate((code.bits, code.mask)):
            self._planes[plane, count] = words.reshape(-1)
            self._few[plane, count] = words.reshape(-1)[_FEW]
        self._labels.append(label)

    def search(self, probe: IrisCode, most: int = 10) -> tuple[Candidate, ...]:
        """The most alike, most alike first.

        The first pass ranks all by 3,072 bits; the best 3 %, 200 at least, are compared in full.
        In galleries of up to 200 the answer is that of comparing with all.

        Raises
        ------
        ValueError
            The probe's version is not the gallery's.
        """
        if not self._labels:
            return ()
        if probe.version != self._version:
            raise ValueError(f"a code of version {probe.version} against a gallery of version {self._version}")
        found = [(compare(probe, self._code(index)), int(index)) for index in self._shortlist(probe)]
        found.sort()
        return tuple(Candidate(self._labels[index], distance) for distance, index in found[:most])

    def _code(self, index: int) -> IrisCode:
        shape = (PARTS, ROWS, COLUMNS // 64)
        bits, mask = (plane[index].reshape(shape) for plane in self._planes)
        return IrisCode(bits, mask, self._version or 0)

    def _shortlist(self, probe: IrisCode) -> NDArray[np.intp]:
        count = len(self._labels)
        size = max(_LEAST_SHORTLIST, int(_SHORTLIST * count))
        if count <= size:
            return np.arange(count)
        bits, mask = (words[:, _FEW] for words in turned_codes(probe))
        least = np.empty(count, np.float32)
        for start in range(0, count, _BLOCK):
            stop = min(start + _BLOCK, count)
            least[start:stop] = _first_pass(bits, mask, self._few[0, start:stop], self._few[1, start:stop])
        return np.argpartition(least, size)[:size]


def _first_pass(
    bits: NDArray[np.uint64], mask: NDArray[np.uint64], stored: NDArray[np.uint64], stored_mask: NDArray[np.uint64]
) -> NDArray[np.float32]:
    """(n,) least share of differing bits of (n, words) stored codes over (turns, words) of a probe."""
    least = np.full(len(stored), 1.0, np.float32)
    ones = np.ones(stored.shape[1], np.float32)
    for turned, turned_mask in zip(bits, mask, strict=True):
        common = stored_mask & turned_mask
        differing = (stored ^ turned) & common
        n = np.bitwise_count(common).astype(np.float32) @ ones
        d = np.bitwise_count(differing).astype(np.float32) @ ones
        # Few common bits are worth less, as in `compare`.
        np.minimum(least, 0.5 - (0.5 - d / np.maximum(n, 1)) * np.minimum(1, n / 800), out=least)
    return least


def _grown(planes: NDArray[np.uint64], room: int) -> NDArray[np.uint64]:
    larger = np.zeros((2, room, planes.shape[2]), np.uint64)
    larger[:, : planes.shape[1]] = planes
    return larger
