"""How well altered copies of the public irises are still recognised: FNMR of each alteration against clean.

`python -m tests.benchmarks.iris_stress` compares every altered image with the clean images of the same eye's other
impressions, and of others' eyes; the threshold is that of FMR 0.1 % on clean impostor pairs. A copy without a code
counts as a non-match.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.iris import IrisCode, analyze
from gateway.iris.comparison import compare
from tests.benchmarks.altered_eyes import ALTERATIONS
from tests.benchmarks.iris_accuracy import IRISES, public_eyes, public_sets


@dataclass(frozen=True)
class Stressed:
    """What came of one alteration of one set."""

    alteration: str
    failures: int
    fnmr_percent: float
    added_points: float
    fmr_percent: float


@dataclass(frozen=True, eq=False)
class _Images:
    eyes: list[str]
    pixels: list[NDArray[np.uint8]]


def stressed_set(name: str, every: int, names: Sequence[str] = tuple(ALTERATIONS)) -> list[Stressed]:
    """Measure a set's every `every`-th eye; the first row is clean."""
    eyes = sorted({eye for eye, _, _ in public_eyes(name)})[::every]
    chosen = [(eye, pixels) for eye, _, pixels in public_eyes(name) if eye in eyes]
    images = _Images([eye for eye, _ in chosen], [pixels for _, pixels in chosen])
    clean = [analyze(pixels).template for pixels in images.pixels]
    genuine, impostor = _distances(images.eyes, clean, clean)
    limit = float(np.quantile(impostor, 1e-3))
    base = _fnmr(genuine, limit)
    rows = [Stressed("clean", clean.count(None), base, 0.0, 0.1)]
    for alteration in names:
        rng = np.random.default_rng(7)
        altered = [analyze(ALTERATIONS[alteration](pixels, rng)).template for pixels in images.pixels]
        genuine, impostor = _distances(images.eyes, altered, clean)
        fnmr = _fnmr(genuine, limit)
        fmr = 100 * float((impostor <= limit).mean())
        rows.append(Stressed(alteration, altered.count(None), fnmr, fnmr - base, fmr))
    return rows


def _fnmr(genuine: NDArray[np.float64], limit: float) -> float:
    return 100 * float((genuine > limit).mean())


def _distances(
    eyes: list[str], altered: list[IrisCode | None], clean: list[IrisCode | None]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of altered against clean: every mated pair of different images, and 60 impostors of each."""
    rng = np.random.default_rng(11)
    genuine, impostor = [], []
    for index, one in enumerate(altered):
        strangers = rng.permutation(len(eyes))[:60]
        for other in range(len(eyes)):
            mate = eyes[other] == eyes[index] and other != index
            if not mate and (eyes[other] == eyes[index] or other not in strangers):
                continue
            reference = clean[other]
            told = 1.0 if one is None or reference is None else compare(one, reference)
            (genuine if mate else impostor).append(told)
    return np.array(genuine), np.array(impostor)


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
        for row in stressed_set(name, options.every, options.only):
            print(
                f"  {row.alteration:18} {row.failures:8d} {row.fnmr_percent:8.2f} {row.added_points:+8.2f} "
                f"{row.fmr_percent:7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
