"""How good the synthetic fingers are, by NIST's extractor and matcher.

`python -m tests.benchmarks.synthetic_separation` prints each figure beside its goal.
Every genuine pair against impostor pairs drawn with a fixed seed; mindtct finds the minutiae, bozorth3 compares.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import cv2
import nbis
import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.condition import condition_named
from drivers.fingerprint.synthesis.impression import lay_finger
from drivers.fingerprint.synthesis.master_print import master_print
from drivers.fingerprint.synthesis.platen import clean_platen, seen_frame
from drivers.fingerprint.synthesis.touch import Touch
from drivers.fingerprint.synthetic import draw_fingerprint


@dataclass(frozen=True)
class Separation:
    """Scores of mates and of non-mates, and how many minutiae each image gave."""

    minutiae: list[int]
    genuine: list[int]
    impostor: list[int]

    @property
    def eer_percent(self) -> float:
        """Equal error rate: where as many mates fall below the threshold as non-mates reach it."""
        genuine, impostor = np.sort(self.genuine), np.sort(self.impostor)
        thresholds = np.unique(np.concatenate([genuine, impostor, impostor[-1:] + 1]))
        missed = np.searchsorted(genuine, thresholds) / len(genuine)
        accepted = 1 - np.searchsorted(impostor, thresholds) / len(impostor)
        nearest = int(np.argmin(np.abs(missed - accepted)))
        return float(50 * (missed[nearest] + accepted[nearest]))


def measure_separation(
    fingers: Sequence[int], impressions: Sequence[int], condition: str = "clean", max_impostor_pairs: int = 5000
) -> Separation:
    """Draw, extract and compare."""
    extractor = _extractor()
    owner, templates, counts = [], [], []
    for finger in fingers:
        for impression in impressions:
            template = extractor.extract_minutiae(_png(draw_fingerprint(finger, impression, condition)))
            owner.append(finger)
            templates.append(template)
            counts.append(len(template.get()))
    pairs = list(combinations(range(len(owner)), 2))
    mates = [pair for pair in pairs if owner[pair[0]] == owner[pair[1]]]
    strangers = [pair for pair in pairs if owner[pair[0]] != owner[pair[1]]]
    random.Random(7).shuffle(strangers)

    def scores(chosen: list[tuple[int, int]]) -> list[int]:
        return [int(templates[a].compare(templates[b])) for a, b in chosen]

    return Separation(counts, scores(mates), scores(strangers[:max_impostor_pairs]))


def referee_minutiae(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What mindtct finds: (n, 3) x, y in pixels and the angle in radians, counter-clockwise."""
    # nbis-py's record has 26 bytes before the first minutia, two less than ISO/IEC 19794-2:2005.
    record = _extractor().extract_minutiae(_png(pixels)).to_iso_19794_2_2005()
    rows = np.frombuffer(record[26 : 26 + 6 * record[25]], np.uint8).reshape(-1, 6).astype(np.int64)
    x, y = (rows[:, 0] & 0x3F) << 8 | rows[:, 1], rows[:, 2] << 8 | rows[:, 3]
    return np.stack([x, y, rows[:, 4] * (2 * np.pi / 256)], axis=1)


def _extractor() -> nbis.NbisExtractor:
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=False, ppi=500.0
    )
    return nbis.new_nbis_extractor(settings)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def median_ms(run: Callable[[int], object], count: int) -> float:
    """Median milliseconds of `run(0)`, `run(1)`, ..."""
    took = []
    for index in range(count):
        began = time.perf_counter()
        run(index)
        took.append(1e3 * (time.perf_counter() - began))
    return median(took)


def main() -> None:
    """Print each figure beside its goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fingers", type=int, default=50)
    parser.add_argument("--impressions", type=int, default=4)
    parser.add_argument("--condition", default="clean")
    options = parser.parse_args()
    condition_named(options.condition)
    found = measure_separation(range(1, options.fingers + 1), range(1, options.impressions + 1), options.condition)
    counts = np.array(found.minutiae)
    genuine, impostor = np.array(found.genuine), np.array(found.impostor)
    inside = np.mean((counts >= 25) & (counts <= 80))
    print(f"{options.fingers} fingers x {options.impressions} impressions, {options.condition}")
    print(f"minutiae by mindtct     min {counts.min()} median {np.median(counts):.0f} max {counts.max()}   goal 25-80")
    print(f"  inside the goal       {inside:.1%}")
    print(f"equal error rate        {found.eer_percent:.2f} %   goal <= 2 %")
    print(
        f"  {len(genuine)} mates        5 % {np.percentile(genuine, 5):.0f} median {np.median(genuine):.0f}   goal > 40"
    )
    print(
        f"  {len(impostor)} non-mates   median {np.median(impostor):.0f} 99 % {np.percentile(impostor, 99):.0f}"
        "   goal < 20"
    )
    platen = clean_platen(0, (374, 388), 500.0)
    clean = condition_named("clean")
    laid = lay_finger(master_print(1), (1, 1), clean, (374, 388), 500.0)
    master_ms = median_ms(lambda n: master_print(2_000_000 + n), 9)
    lay_ms = median_ms(lambda n: lay_finger(master_print(1), (1, n), clean, (374, 388), 500.0), 21)
    frame_ms = median_ms(lambda n: seen_frame(platen, laid, Touch(0.8, (n % 7 + 0.5, 1.5), (3.0, 2.0)), n), 41)
    print(f"master print            {master_ms:.0f} ms   goal <= 500 ms")
    print(f"impression              {lay_ms:.1f} ms   goal <= 60 ms")
    print(f"preview frame           {frame_ms:.1f} ms   goal <= 12 ms")


if __name__ == "__main__":
    main()
