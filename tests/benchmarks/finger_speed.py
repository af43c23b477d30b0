"""What fingers cost: extraction beside NIST's mindtct in the same run, one comparison, a search of many, slaps."""

import statistics
import time
from itertools import cycle
from pathlib import Path

import cv2
import nbis
import numpy as np

from drivers.fingerprint.synthesis.slap import drawn_slap
from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.finger import FingerTemplate
from gateway.fingerprint import Gallery, analyze, compare_prepared, prepare
from gateway.fingerprint.slap import SlapHand, segment_slap
from tests.benchmarks.figure import Figure
from tests.benchmarks.finger_templates import changed_template
from tests.benchmarks.stages import cpu_ms

FINGERS = tuple(range(1, 13))
GALLERY = 10_000


def figures(_scratch: Path, quick: bool) -> list[Figure]:
    """On drawn fingers of 388x374 pixels; the gallery holds them and changed copies of their templates."""
    runs = 3 if quick else 7
    prints = [draw_fingerprint(finger, 1) for finger in FINGERS]
    files = [cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1].tobytes() for pixels in prints]
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=False, ppi=500.0
    )
    mindtct, ours, theirs = nbis.new_nbis_extractor(settings), cycle(prints), cycle(files)
    pairs = [
        (
            cpu_ms(lambda: analyze(next(ours), 500.0), len(FINGERS), 1)[0],
            cpu_ms(lambda: mindtct.extract_minutiae(next(theirs)), len(FINGERS), 1)[0],
        )
        for _ in range(runs)
    ]
    templates = [
        analyze(draw_fingerprint(finger, impression), 500.0).template for finger in FINGERS for impression in (1, 2)
    ]
    prepared = [prepare(template) for template in templates]
    turns = cycle([(a, b) for a in prepared for b in prepared])
    minutiae = statistics.median(len(template) for template in templates)
    return [
        Figure("analyze(), quality included (CPU)", [ours_ms for ours_ms, _ in pairs], "ms"),
        Figure("mindtct on the same prints (CPU)", [theirs_ms for _, theirs_ms in pairs], "ms"),
        Figure("  ours as a share of mindtct's", [ours_ms / theirs_ms for ours_ms, theirs_ms in pairs], "x", 0.8),
        Figure(
            f"one comparison of {minutiae:.0f} minutiae, prepared (CPU)",
            [1e3 * ms for ms in cpu_ms(lambda: compare_prepared(*next(turns)), 64, runs)],
            "µs",
            1500,
        ),
        Figure(f"1:N search among {GALLERY:,} templates (CPU)", _search_s(templates, 3 if quick else 9), "s", 2),
        Figure("slap of 1600x1500 cut into fingers (CPU)", _slap_ms(runs), "ms", 60),
    ]


def _search_s(templates: list[FingerTemplate], probes: int) -> list[float]:
    rng = np.random.default_rng(7)
    gallery: Gallery[int] = Gallery()
    for number in range(GALLERY):
        gallery.add(number, changed_template(templates[number % len(templates)], rng))
    found = []
    for probe in templates[:probes]:
        began = time.process_time()
        gallery.search(probe)
        found.append(time.process_time() - began)
    return found


def _slap_ms(runs: int) -> list[float]:
    pixels = drawn_slap(1, SlapHand.RIGHT_FOUR, 1, "clean").pixels
    return cpu_ms(lambda: segment_slap(pixels, 500.0, SlapHand.RIGHT_FOUR), 2, runs)
