"""Fingerprint accuracy against NIST's mindtct and bozorth3.

`python -m tests.benchmarks.finger_accuracy` prints EER and FNMR per public set and pooled: mindtct and ours by
bozorth3, ours by `gateway.fingerprint.compare`. It runs `../shared/tools/fp_accuracy.py`, whose adapter this file is,
so that pairs and figures are that tool's. `fit_finger_matcher` measures the table of `score_at_fmr`.
"""

import argparse
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerPosition
from gateway.fingerprint import analyze
from gateway.fingerprint.matching.comparison import compare_prepared
from gateway.fingerprint.matching.prepared import PreparedTemplate, prepare
from gateway.records import fmr as finger_records

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
PRINTS = SHARED / "data" / "fingerprints"


def fmr(pixels: NDArray[np.uint8]) -> bytes:
    """ISO/IEC 19794-2:2005 record of an image at 500 ppi."""
    analysis = analyze(pixels, 500.0)
    return finger_records.encode_template(analysis.template, FingerPosition.UNKNOWN, analysis.quality.score)


def compare(a: bytes, b: bytes) -> float:
    """Our score of two records."""
    return compare_prepared(_prepared(a), _prepared(b))


@lru_cache(maxsize=512)
def _prepared(record: bytes) -> PreparedTemplate:
    return prepare(finger_records.decode(record).views[0].template)


def main() -> None:
    """Run the shared tool with this file as its adapter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help="folders of ../shared/data/fingerprints; all when none is named")
    parser.add_argument("--perturb", type=int, metavar="SEED", help="turn by up to 20 degrees and re-tone every image")
    options = parser.parse_args()
    if not PRINTS.is_dir():
        sys.exit(f"the public prints are not there: {PRINTS}")
    command = [sys.executable, str(SHARED / "tools" / "fp_accuracy.py"), str(PRINTS), *options.sets]
    command += ["--adapter", str(Path(__file__).resolve()), "--own"]
    if options.perturb is not None:
        command += ["--perturb", str(options.perturb)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
