"""Iris accuracy on the public sets, and the thresholds that `distance_at_fmr` states.

`python -m tests.benchmarks.iris_accuracy` prints EER, FNMR, d' and times per public set. It runs
`../shared/tools/iris_accuracy.py`, whose adapter this file is, so that pairs and figures are that tool's.
`--thresholds` measures the table of `gateway.iris.decision`. `iris_table` holds all figures against their goals.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris import IrisCode, analyze, compare

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
IRISES = SHARED / "data" / "iris"
RATES = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)


def encode(pixels: NDArray[np.uint8]) -> IrisCode | None:
    """Code of an image; None is a failure to encode."""
    return analyze(pixels).template


def distance(a: IrisCode, b: IrisCode) -> float:
    """Smaller is more alike."""
    return compare(a, b)


def public_eyes(name: str) -> Iterator[tuple[str, str, NDArray[np.uint8]]]:
    """Eye, impression and pixels of every image of a public set, in a fixed order."""
    for path in sorted((IRISES / name).glob("*.png")):
        eye, impression = path.stem.rsplit("_", 1)
        pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        assert pixels is not None
        yield eye, impression, np.asarray(pixels, np.uint8)


def public_sets() -> list[str]:
    """Names of the public sets that are there."""
    return sorted(path.name for path in IRISES.iterdir() if path.is_dir())


def set_distances(name: str) -> tuple[list[float], list[float]]:
    """Of all mated and of all impostor pairs within a set."""
    codes = [(eye, code) for eye, _, pixels in public_eyes(name) if (code := encode(pixels)) is not None]
    mates: list[float] = []
    impostors: list[float] = []
    for index, (eye, code) in enumerate(codes):
        for other_eye, other in codes[:index]:
            (mates if eye == other_eye else impostors).append(compare(code, other))
    return mates, impostors


def thresholds() -> list[tuple[float, float, float]]:
    """(FMR, distance, FNMR) over all pairs within each set."""
    mates: list[float] = []
    impostors: list[float] = []
    for name in public_sets():
        of_set = set_distances(name)
        mates += of_set[0]
        impostors += of_set[1]
    ascending = np.sort(impostors)
    print(f"{len(mates)} mated and {len(impostors)} impostor pairs")
    table = []
    for rate in RATES:
        accepted = int(rate * len(ascending))
        limit = float(ascending[accepted - 1] + ascending[accepted]) / 2
        table.append((rate, limit, float((np.array(mates) > limit).mean())))
    return table


def main() -> None:
    """Run the shared tool with this file as its adapter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help="folders of ../shared/data/iris; all when none is named")
    parser.add_argument("--perturb", type=int, metavar="SEED", help="turn by a few degrees and re-tone every image")
    parser.add_argument("--bootstrap", type=int, default=0, metavar="N", help="draws for 95 %% intervals over eyes")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="name the N worst pairs")
    parser.add_argument("--thresholds", action="store_true")
    options = parser.parse_args()
    if not IRISES.is_dir():
        sys.exit(f"the public irises are not there: {IRISES}")
    if options.thresholds:
        for rate, limit, fnmr in thresholds():
            print(f"FMR {rate:<7g} distance {limit:.4f}  FNMR {100 * fnmr:.2f} %")
        return
    command = [sys.executable, str(SHARED / "tools" / "iris_accuracy.py")]
    command += [str(IRISES / name) for name in options.sets or public_sets()]
    command += ["--adapter", str(Path(__file__).resolve())]
    command += ["--bootstrap", str(options.bootstrap), "--worst", str(options.worst)]
    if options.perturb is not None:
        command += ["--perturb", str(options.perturb)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
