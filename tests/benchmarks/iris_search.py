"""1:N among 50,000 codes: how long a search takes, and how many mates its first pass loses.

The gallery holds one image of some eyes of each public set, and strangers made of the codes of all other eyes: a sector
of one eye's code put into another's, both turned by up to 14 degrees, so that lids lie where lids lie.
"""

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris import Gallery, IrisCode, compare, distance_at_fmr
from gateway.iris.code import COLUMNS, PARTS, ROWS, packed
from gateway.iris.comparison import turned_codes
from tests.benchmarks.iris_figure import POOLED, IrisFigure
from tests.benchmarks.iris_sets import CodedSet

SIZE = 50_000
FMR = 1e-4
EVERY_MATE = 3
"""Which eyes are searched for: every third; of the others strangers are made."""
PROBES_PER_EYE = 3
_TURNS = range(6, 27)
"""Of the 33 that `turned_codes` gives: 10 columns of 256 either way."""
_CHUNKS = 2


@dataclass(frozen=True, eq=False)
class Searched:
    """An eye that is in the gallery, and other images of it."""

    label: str
    enrolled: IrisCode
    probes: tuple[IrisCode, ...]


def searched_eyes(sets: Sequence[CodedSet]) -> tuple[list[Searched], list[IrisCode]]:
    """Eyes that are searched for, and the codes of all others."""
    eyes, others = [], []
    for coded in sets:
        names = sorted(set(coded.eyes))
        for number, name in enumerate(names):
            codes = [
                code for eye, code in zip(coded.eyes, coded.codes, strict=True) if eye == name and code is not None
            ]
            if number % EVERY_MATE:
                others += codes
            elif len(codes) > 1:
                eyes.append(Searched(f"{coded.name} {name}", codes[0], tuple(codes[1 : 1 + PROBES_PER_EYE])))
    return eyes, others


def filled_gallery(eyes: Sequence[Searched], others: Sequence[IrisCode], size: int) -> Gallery:
    """The eyes, and strangers up to `size` codes."""
    gallery = Gallery((eye.label, eye.enrolled) for eye in eyes)
    rng = np.random.default_rng(31)
    turned = [np.stack([plane[_TURNS.start : _TURNS.stop] for plane in turned_codes(code)]) for code in others]
    for number in range(len(gallery), size):
        one, other = rng.choice(len(others), 2, replace=False)
        first, second = (turned[index][:, rng.integers(len(_TURNS))] for index in (one, other))
        sector = _sector(int(rng.integers(COLUMNS)), int(rng.integers(COLUMNS // 4, 3 * COLUMNS // 4)))
        bits, mask = ((first & sector) | (second & ~sector)).reshape(2, PARTS, ROWS, -1)
        gallery.add(f"stranger {number}", IrisCode(bits, mask, others[0].version))
    return gallery


def _sector(start: int, width: int) -> NDArray[np.uint64]:
    """(512,) words of a code that are 1 in some columns of every row."""
    columns = (np.arange(COLUMNS) - start) % COLUMNS < width
    return np.tile(packed(columns), PARTS * ROWS)


def search_seconds(gallery: Gallery, probes: Sequence[IrisCode]) -> list[float]:
    """Processor time of a search for each probe."""
    found = []
    for probe in probes:
        began = time.process_time()
        gallery.search(probe)
        found.append(time.process_time() - began)
    return found


def worn(probe: IrisCode, mate: IrisCode, distance: float, rng: np.random.Generator) -> IrisCode:
    """The probe with so many bits flipped, in patches as real differences are, that it is so distant from a mate."""
    near = compare(probe, mate)
    share = max(0.0, (distance - near) / (1 - 2 * near))
    field = rng.normal(size=(PARTS, ROWS, COLUMNS))
    patches = np.stack([cv2.GaussianBlur(part, (0, 0), sigmaX=4, sigmaY=1.2) for part in field])
    flipped = packed(patches < np.quantile(patches, share))
    return IrisCode((probe.bits ^ flipped) & probe.mask, probe.mask, probe.version)


@dataclass(frozen=True)
class Kept:
    """How many mates nearer than the threshold were searched for, and how many of them the search compared in full."""

    mates: int
    kept: int
    worn_mates: int
    worn_kept: int


def kept_mates(eyes: Sequence[Searched], others: Sequence[IrisCode], size: int, chunk: int) -> Kept:
    """Of one chunk of the probes, as they are and worn to a hundredth under the threshold."""
    gallery = filled_gallery(eyes, others, size)
    rng = np.random.default_rng((32, chunk))
    limit = distance_at_fmr(FMR)
    probes = [(owner, code) for owner in eyes for code in owner.probes]
    plain: list[bool] = []
    hard: list[bool] = []
    for eye, probe in probes[chunk::_CHUNKS]:
        if compare(probe, eye.enrolled) > limit:
            continue
        for which, code in ((plain, probe), (hard, worn(probe, eye.enrolled, limit - 0.01, rng))):
            if compare(code, eye.enrolled) <= limit:
                # Whoever was compared in full has the place that comparing with all would give.
                found = gallery.search(code, most=len(gallery))
                which.append(any(candidate.label == eye.label for candidate in found))
    return Kept(len(plain), sum(plain), len(hard), sum(hard))


def speed_figures(sets: Sequence[CodedSet], size: int = SIZE) -> list[IrisFigure]:
    """Time of a search; to be taken while nothing else runs."""
    eyes, others = searched_eyes(sets)
    seconds = search_seconds(filled_gallery(eyes, others, size), [eye.probes[0] for eye in eyes[:9]])
    note = f"median of {len(seconds)}, {min(seconds):.2f} to {max(seconds):.2f}"
    name = f"1:N search among {size:,} codes (CPU)"
    return [IrisFigure(name, {POOLED: float(np.median(seconds))}, "s", 3, 0.7, note=note)]


def figures(pool: Executor, sets: Sequence[CodedSet], size: int = SIZE) -> list[IrisFigure]:
    """Share of mates that the first pass keeps."""
    eyes, others = searched_eyes(sets)
    jobs = [pool.submit(kept_mates, eyes, others, size, chunk) for chunk in range(_CHUNKS)]
    parts = [job.result() for job in jobs]
    return [
        _kept(f"1:N among {size:,}: mates found", [(part.mates, part.kept) for part in parts]),
        _kept("  worn to just under the threshold", [(part.worn_mates, part.worn_kept) for part in parts]),
    ]


def _kept(name: str, counts: Sequence[tuple[int, int]]) -> IrisFigure:
    mates, kept = (sum(column) for column in zip(*counts, strict=True))
    note = f"{kept} of {mates} mates nearer than at FMR 0.01 %"
    share = {POOLED: 100 * kept / mates if mates else float("nan")}
    return IrisFigure(name, share, "%", 99, None, "higher", note=note)
