"""Fingerprint accuracy against NIST's mindtct and bozorth3, and the thresholds that `score_at_fmr` states.

`python -m tests.benchmarks.finger_accuracy` prints EER and FNMR per public set and pooled: mindtct and ours by
bozorth3, ours by `gateway.fingerprint.compare`. It runs `../shared/tools/fp_accuracy.py`, whose adapter this file is,
so that pairs and figures are that tool's. `--thresholds` measures the table of `gateway.fingerprint.decision`.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerPosition
from gateway.fingerprint import analyze
from gateway.fingerprint.comparison import compare_cylinders
from gateway.fingerprint.cylinders import Cylinders, minutia_cylinders
from gateway.records import fmr as finger_records

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
PRINTS = SHARED / "data" / "fingerprints"
RATES = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005)


def fmr(pixels: NDArray[np.uint8]) -> bytes:
    """ISO/IEC 19794-2:2005 record of an image at 500 ppi."""
    analysis = analyze(pixels, 500.0)
    return finger_records.encode_template(analysis.template, FingerPosition.UNKNOWN, analysis.quality.score)


def compare(a: bytes, b: bytes) -> float:
    """Our score of two records."""
    return compare_cylinders(_cylinders(a), _cylinders(b))


def public_prints() -> Iterator[tuple[str, str, str, NDArray[np.uint8], float]]:
    """Set, finger, impression, pixels and ppi of every public print, in a fixed order."""
    for folder in sorted(path for path in PRINTS.iterdir() if path.is_dir()):
        ppi = float((folder / "dpi.txt").read_text())
        for path in sorted(folder.glob("*.png")):
            finger, impression = path.stem.rsplit("_", 1)
            pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            assert pixels is not None
            yield folder.name, finger, impression, np.asarray(pixels, np.uint8), ppi


def thresholds() -> list[tuple[float, float, float]]:
    """(FMR, score, FNMR) over all pairs within each set."""
    sets: dict[str, list[tuple[str, Cylinders]]] = {}
    for name, finger, _, pixels, ppi in public_prints():
        sets.setdefault(name, []).append((finger, minutia_cylinders(analyze(pixels, ppi).template)))
    mates: list[float] = []
    impostors: list[float] = []
    for prints in sets.values():
        for (finger, one), (other_finger, other) in combinations(prints, 2):
            (mates if finger == other_finger else impostors).append(compare_cylinders(one, other))
    descending = np.sort(impostors)[::-1]
    print(f"{len(mates)} mated and {len(impostors)} impostor pairs")
    table = []
    for rate in RATES:
        accepted = int(rate * len(descending))
        score = float(descending[accepted - 1] + descending[accepted]) / 2
        table.append((rate, score, float((np.array(mates) < score).mean())))
    return table


@lru_cache(maxsize=512)
def _cylinders(record: bytes) -> Cylinders:
    return minutia_cylinders(finger_records.decode(record).views[0].template)


def main() -> None:
    """Run the shared tool with this file as its adapter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help="folders of ../shared/data/fingerprints; all when none is named")
    parser.add_argument("--perturb", type=int, metavar="SEED", help="turn by up to 20 degrees and re-tone every image")
    parser.add_argument("--thresholds", action="store_true")
    options = parser.parse_args()
    if not PRINTS.is_dir():
        sys.exit(f"the public prints are not there: {PRINTS}")
    if options.thresholds:
        for rate, score, fnmr in thresholds():
            print(f"FMR {rate:<7g} score {score:.4f}  FNMR {100 * fnmr:.2f} %")
        return
    command = [sys.executable, str(SHARED / "tools" / "fp_accuracy.py"), str(PRINTS), *options.sets]
    command += ["--adapter", str(Path(__file__).resolve()), "--own"]
    if options.perturb is not None:
        command += ["--perturb", str(options.perturb)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
