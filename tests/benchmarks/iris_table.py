"""Every figure of the irises beside what it must be and what it should reach: the iris part of `make accuracy`.

`python -m tests.benchmarks.iris_table` takes some ten minutes on two quiet cores: times first, while nothing else runs,
then the rest in two processes. `--quick` takes every sixth eye and fewer of the rest.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor

import cv2

from tests.benchmarks import iris_drawn, iris_refusals, iris_search, iris_sets, iris_speed, iris_stress
from tests.benchmarks.iris_accuracy import IRISES
from tests.benchmarks.iris_figure import IrisFigure, table
from tests.benchmarks.iris_sets import CodedSet

QUICK_EVERY = 6
EYES_PER_CONDITION = 100
GROUPS = ("speed", "search", "sets", "stress", "refusals", "drawn")


def measured(group: str, pool: Executor, sets: Sequence[CodedSet], every: int) -> list[IrisFigure]:
    """The figures of one group."""
    size = iris_search.SIZE if every == 1 else iris_search.SIZE // 10
    groups: dict[str, Callable[[], list[IrisFigure]]] = {
        "speed": lambda: iris_speed.told_figures(every > 1),
        "search": lambda: iris_search.speed_figures(sets, size) + iris_search.figures(pool, sets, size),
        "sets": lambda: iris_sets.figures(pool, sets),
        "stress": lambda: iris_stress.figures(pool, sets, every),
        "refusals": lambda: iris_refusals.figures(pool, every),
        "drawn": lambda: iris_drawn.figures(pool, max(2, EYES_PER_CONDITION // every)),
    }
    return groups[group]()


def main() -> int:
    """Print a table per group as soon as it is there, then what was missed; 1 where anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"the same as --every {QUICK_EVERY}")
    parser.add_argument("--every", type=int, default=1, help="take every so-manieth eye, and as many fewer of the rest")
    parser.add_argument("--only", action="append", choices=GROUPS, help="this group alone; may be repeated")
    parser.add_argument("--processes", type=int, default=2, help="that measure what is not a time")
    options = parser.parse_args()
    if not IRISES.is_dir():
        sys.exit(f"the public irises are not there: {IRISES}")
    every = QUICK_EVERY if options.quick else max(1, options.every)
    cv2.setNumThreads(1)
    missed: list[IrisFigure] = []
    with ProcessPoolExecutor(options.processes) as pool:
        sets: Sequence[CodedSet] = ()
        for group in [name for name in GROUPS if name in (options.only or GROUPS)]:
            if not sets and group in ("search", "sets", "stress"):
                sets = iris_sets.coded_sets(pool, every)
            began = time.perf_counter()
            found = measured(group, pool, sets, every)
            print(f"\n{table(found)}", flush=True)
            print(f"{group}: measured in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
            missed += [figure for figure in found if figure.verdict == "MISSED"]
    lines = [f"- {figure.name.strip()}: {figure.worst:.3g} {figure.unit}".rstrip() for figure in missed]
    print("\n".join(["", f"{len(missed)} missed", *lines]))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
