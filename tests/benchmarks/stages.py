"""Processor time of the single steps: what a frame costs before and after it is taken."""

import statistics
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from drivers.fingerprint.synthetic import draw_fingerprint
from drivers.fingerprint.uareu4000_image import decode_image
from gateway.fingerprint import analyze, assess_preview, compare, displacement
from tests.benchmarks.figure import Figure
from tests.drivers.uareu4000_simulator import KEYS, image_transfer, ridges

FINGERS = (1, 7, 17, 42)


def cpu_ms(run: Callable[[], object], repeats: int, runs: int) -> list[float]:
    """Milliseconds of processor time of one call, all threads counted: the mean of `repeats`, `runs` times over."""
    run()
    found = []
    for _ in range(runs):
        began = time.process_time()
        for _ in range(repeats):
            run()
        found.append(1e3 * (time.process_time() - began) / repeats)
    return found


def figures(_scratch: Path, quick: bool) -> list[Figure]:
    """Each step on drawn fingers of 388x374 pixels, or on a scrambled transfer of the U.are.U 4000."""
    runs = 3 if quick else 7
    prints = [draw_fingerprint(finger, 1) for finger in FINGERS]
    mates = [draw_fingerprint(finger, 2) for finger in FINGERS]
    templates = [analyze(pixels, 500.0).template for pixels in (*prints, *mates)]
    pairs = cycle([(a, b) for a in templates for b in templates])
    turns = cycle(zip(prints, mates, strict=True))
    transfer = image_transfer(ridges(289), [(0x02, 255), (0x02, 34)])  # all rows scrambled: the dearest frame
    minutiae = statistics.median(len(template) for template in templates)
    return [
        Figure(
            "U.are.U 4000 frame decoded (CPU)",
            cpu_ms(lambda: decode_image(transfer, KEYS.__getitem__), 20, runs),
            "ms",
            15,
        ),
        Figure(
            "preview frame assessed (CPU)", cpu_ms(lambda: assess_preview(next(turns)[0], 500.0), 20, runs), "ms", 8
        ),
        Figure("  and its displacement (CPU)", cpu_ms(lambda: displacement(*next(turns), 500.0), 20, runs), "ms"),
        Figure("analyze() per image (CPU)", cpu_ms(lambda: analyze(next(turns)[0], 500.0), 4, runs), "ms"),
        Figure(
            f"compare() of templates of {minutiae:.0f} minutiae (CPU)",
            [1e3 * ms for ms in cpu_ms(lambda: compare(*next(pairs)), 64, runs)],
            "µs",
        ),
    ]
