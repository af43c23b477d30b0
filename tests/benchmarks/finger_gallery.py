"""1:N search: how long it takes, and how many mates its filter loses that a comparison with everyone would find first.

`python -m tests.benchmarks.finger_gallery` searches impressions of the public prints' fingers in a gallery of one other
impression of each finger and, as strangers, mirrored prints (fingers that nobody has), turned, re-toned and changed.
"""

import argparse
import statistics
import sys
import time
from dataclasses import replace

import numpy as np

from gateway.fingerprint.matching.comparison import compare_prepared
from gateway.fingerprint.matching.gallery import Gallery
from gateway.fingerprint.matching.prepared import prepare
from tests.benchmarks.finger_templates import PRINTS, Print, changed_template, extracted_prints, mirrored

COPY_SEEDS = (201, 202, 203)


def strangers(count: int) -> list[Print]:
    """Mirrored prints: each image as it is, then turned and re-toned, then again with changes to the template."""
    rng = np.random.default_rng(5)
    seen = [
        replace(item, template=mirrored(item.template))
        for seed in (None, *COPY_SEEDS)
        for item in extracted_prints(seed)
    ]
    found = list(seen)
    while len(found) < count:
        found += [replace(item, template=changed_template(item.template, rng)) for item in seen[: count - len(found)]]
    return found[:count]


def main() -> None:
    """Fill a gallery, search, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--impressions", type=int, default=3, help="probes per finger, at most 7")
    options = parser.parse_args()
    if not PRINTS.is_dir():
        sys.exit(f"the public prints are not there: {PRINTS}")
    by_owner: dict[tuple[str, str], list[Print]] = {}
    for item in extracted_prints():
        by_owner.setdefault(item.owner, []).append(item)
    gallery: Gallery[object] = Gallery()
    began = time.process_time()
    for owner, prints in by_owner.items():
        gallery.add(owner, prints[0].template)
    for number, item in enumerate(strangers(options.size - len(gallery))):
        gallery.add(number, item.template)
    print(
        f"{len(gallery)} templates, {gallery.nbytes / len(gallery):.0f} bytes each, {time.process_time() - began:.0f} s"
    )
    seconds, first, lost, probes = [], 0, 0, 0
    for owner, prints in by_owner.items():
        mate = prepare(prints[0].template)
        for probe in prints[1 : 1 + options.impressions]:
            began = time.process_time()
            found = gallery.search(probe.template, limit=len(gallery))
            seconds.append(time.process_time() - began)
            probes += 1
            first += found[0].id == owner
            # Whoever is not among those that were compared in full comes first in a search of everyone only if it
            # outscores all these.
            passed = any(candidate.id == owner for candidate in found)
            lost += not passed and compare_prepared(prepare(probe.template), mate) > found[0].score
    shares = f"mate first {100 * first / probes:.1f} %, lost by the filter {100 * lost / probes:.1f} % at most"
    print(f"{probes} probes: {shares}")
    print(f"one search: {statistics.median(seconds):.3f} s of processor time (median)")


if __name__ == "__main__":
    main()
