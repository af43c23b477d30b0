"""A gallery of codes, and the one in it that is most like another: first by a few bits of all, then by all of a few."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.iris.code import COLUMNS, PARTS, ROWS, IrisCode
from gateway.iris.comparison import compare
from gateway.iris.first_look import FEW_WORDS, few_words, most_alike

_WORDS = PARTS * ROWS * COLUMNS // 64
_GROWTH = 1.5
_LEAST_SHORTLIST, _ENOUGH = 200, 800
"""Of the first look, see `most_alike`."""


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
        self._few = np.zeros((2, 0, FEW_WORDS), np.uint64)
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
        self._few[:, count] = few_words(code)
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
        alike = most_alike(probe, self._few[:, : len(self._labels)], _LEAST_SHORTLIST, _ENOUGH)
        found = [(compare(probe, self._code(index)), int(index)) for index in alike]
        found.sort()
        return tuple(Candidate(self._labels[index], distance) for distance, index in found[:most])

    def _code(self, index: int) -> IrisCode:
        shape = (PARTS, ROWS, COLUMNS // 64)
        bits, mask = (plane[index].reshape(shape) for plane in self._planes)
        return IrisCode(bits, mask, self._version or 0)


def _grown(planes: NDArray[np.uint64], room: int) -> NDArray[np.uint64]:
    larger = np.zeros((2, room, planes.shape[2]), np.uint64)
    larger[:, : planes.shape[1]] = planes
    return larger
