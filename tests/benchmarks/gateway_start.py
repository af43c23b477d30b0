"""From the start of the process to serving, its imports, and the memory it then holds."""

import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.figure import Figure
from tests.benchmarks.gateway_process import serving

IMPORT = "import time; began = time.process_time(); import gateway.main; print(time.process_time() - began)"
SETTLED_S = 3.0
TWO_SCANNERS = """
[[device]]
driver = "synthetic"
serial = "SYN-0001"
[[device]]
driver = "synthetic"
serial = "SYN-0002"
finger = 42
"""
"""A desk's memory is held against the goal; that with the eyes and the face of `--synthetic` is told beside it."""


def import_ms() -> float:
    """Processor time of importing the whole gateway in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True, timeout=60)
    return 1e3 * float(done.stdout)


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Starts with a new state folder, where a key is made, and again with the same; memory once all is quiet."""
    first, later, resident, five = [], [], [], []
    for run in range(3 if quick else 7):
        state = scratch / f"start-{run}"
        with serving(state) as gateway:
            first.append(gateway.start_s)
        with serving(state) as gateway:
            later.append(gateway.start_s)
            if run < 3:
                time.sleep(SETTLED_S)
                five.append(gateway.resident_mb())
        if run < 3:
            with serving(scratch / f"two-{run}", TWO_SCANNERS) as gateway:
                time.sleep(SETTLED_S)
                resident.append(gateway.resident_mb())
    return [
        Figure("start to serving, first start (key made)", first, "s", goal=1.5),
        Figure("start to serving, later starts", later, "s", goal=1.5),
        Figure("  of which importing gateway.main (CPU)", [import_ms() for _ in range(5)], "ms"),
        Figure("idle resident memory, two scanners", resident, "MB", goal=160),
        Figure("  the five synthetic devices of --synthetic", five, "MB"),
    ]
