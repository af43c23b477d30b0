"""How well altered copies of the public irises are still recognised: FNMR of each alteration against clean.

`python -m tests.benchmarks.iris_stress` compares every altered image with the clean images of the same eye's other
impressions, and of others' eyes; the threshold is that of FMR 0.1 % on clean impostor pairs. A copy without a code
counts as a non-match.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.iris import IrisCode, analyze
from gateway.iris.comparison import compare
from tests.benchmarks.altered_eyes import ALTERATIONS
from tests.benchmarks.iris_accuracy import IRISES, public_sets
from tests.benchmarks.iris_figure import POOLED, IrisFigure
from tests.benchmarks.iris_sets import CodedSet, chosen_eyes, coded_set

CLEAN = "clean"
STRANGERS = 60
"""Impostor pairs of each image."""
MUST_POINTS, REACH_POINTS = 2.0, 0.5


@dataclass(frozen=True)
class Stressed:
    """What came of one alteration of one set; counts, and FMR in percent at the threshold of clean pairs."""

    alteration: str
    images: int
    failures: int
    mated: int
    missed: int
    fmr_percent: float

    @property
    def fnmr_percent(self) -> float:
        """Of mated pairs."""
        return 100 * self.missed / max(1, self.mated)


def clean_limit(coded: CodedSet) -> float:
    """Distance at FMR 0.1 % of a set's clean pairs."""
    return float(np.quantile(_distances(coded, coded.codes)[1], 1e-3))


def stressed(coded: CodedSet, limit: float, every: int, alteration: str) -> Stressed:
    """Measure one alteration of a set's every `every`-th eye, of which `coded` are the clean codes."""
    codes: tuple[IrisCode | None, ...] = coded.codes
    if alteration != CLEAN:
        rng = np.random.default_rng(7)
        alter = ALTERATIONS[alteration]
        codes = tuple(analyze(alter(pixels, rng)).template for _, _, pixels in chosen_eyes(coded.name, every))
    genuine, impostor = _distances(coded, codes)
    missed = int((genuine > limit).sum())
    fmr = 100 * float((impostor <= limit).mean())
    return Stressed(alteration, len(codes), codes.count(None), len(genuine), missed, fmr)


def _distances(coded: CodedSet, altered: Sequence[IrisCode | None]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of altered against clean: every mated pair of different images, and 60 impostors of each."""
    rng = np.random.default_rng(11)
    genuine, impostor = [], []
    for index, one in enumerate(altered):
        strangers = set(rng.permutation(len(coded.eyes))[:STRANGERS].tolist())
        for other, reference in enumerate(coded.codes):
            same = coded.eyes[other] == coded.eyes[index]
            if other == index or not (same or other in strangers):
                continue
            told = 1.0 if one is None or reference is None else compare(one, reference)
            (genuine if same else impostor).append(told)
    return np.array(genuine), np.array(impostor)


def figures(pool: Executor, sets: Sequence[CodedSet], every: int) -> list[IrisFigure]:
    """Points of FNMR that each alteration adds, per set and pooled; failures of all copies."""
    limits = list(pool.map(clean_limit, sets))
    jobs = {
        (coded.name, way): pool.submit(stressed, coded, limit, every, way)
        for way in (CLEAN, *ALTERATIONS)
        for coded, limit in zip(sets, limits, strict=True)
    }
    rows = {key: job.result() for key, job in jobs.items()}
    names = [coded.name for coded in sets]
    clean = _fnmr([rows[name, CLEAN] for name in names])
    found = [IrisFigure("copies: FNMR of the clean images", _by_set(names, clean), "%")]
    for way in ALTERATIONS:
        of_way = [rows[name, way] for name in names]
        points = [after - before for after, before in zip(_fnmr(of_way), clean, strict=True)]
        note = (
            f"{sum(row.failures for row in of_way)} without a code, FMR {max(row.fmr_percent for row in of_way):.2f} %"
        )
        found.append(
            IrisFigure(f"  {way}: points added", _by_set(names, points), "", MUST_POINTS, REACH_POINTS, note=note)
        )
    copies = [row for (_, way), row in rows.items() if way != CLEAN]
    failures = {name: float(sum(rows[name, way].failures for way in ALTERATIONS)) for name in names}
    note = f"{sum(row.images for row in copies):,} copies"
    return [*found, IrisFigure("failures to encode, all copies", failures, "", 0, 0, note=note)]


def _fnmr(rows: Sequence[Stressed]) -> list[float]:
    """Percent, of each row and of all pairs together."""
    mated, missed = sum(row.mated for row in rows), sum(row.missed for row in rows)
    return [*(row.fnmr_percent for row in rows), 100 * missed / max(1, mated)]


def _by_set(names: Sequence[str], values: Sequence[float]) -> dict[str, float]:
    return dict(zip((*names, POOLED), values, strict=True))


def main() -> None:
    """Print a table per set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help="folders of ../shared/data/iris; all when none is named")
    parser.add_argument("--every", type=int, default=3, help="take every so-manieth eye")
    parser.add_argument("--only", nargs="*", default=list(ALTERATIONS), help="alterations")
    options = parser.parse_args()
    if not IRISES.is_dir():
        sys.exit(f"the public irises are not there: {IRISES}")
    for name in options.sets or public_sets():
        print(f"{name:20} failures   FNMR %   points   FMR %")
        coded = coded_set(name, options.every)
        limit = clean_limit(coded)
        clean = stressed(coded, limit, options.every, CLEAN)
        for row in (clean, *(stressed(coded, limit, options.every, way) for way in options.only)):
            print(
                f"  {row.alteration:18} {row.failures:8d} {row.fnmr_percent:8.2f} "
                f"{row.fnmr_percent - clean.fnmr_percent:+8.2f} {row.fmr_percent:7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
