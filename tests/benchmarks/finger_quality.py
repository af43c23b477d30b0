"""Error versus discard of our quality score, beside NFIQ 2's.

`python -m tests.benchmarks.finger_quality` prints, per public set and pooled, the share of mated pairs below the
threshold of FMR 1 % that is left when the pairs with the lowest lesser score are dropped: by our score and by NFIQ 2's
(nbis-py), for mindtct's templates and for ours, both matched by bozorth3. Pairs are those of
`../shared/tools/fp_accuracy.py`. Of pairs with equal scores at the cut, a share is dropped.

The score was fitted on FVC2002_DB1_B and FVC2004_DB2_B, which are marked; the other sets are held out.
"""

import argparse
import random
import sys
import time
from dataclasses import dataclass
from itertools import combinations

import cv2
import nbis
import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerPosition
from gateway.fingerprint import analyze
from gateway.records import fmr
from tests.gateway.fingerprint.prints import PRINTS, public_paths, read

TUNED = {"FVC2002_DB1_B", "FVC2004_DB2_B"}
IMPOSTOR_PAIRS = 1500
FMR = 0.01
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """One print as all see it."""

    finger: str
    ours: int
    nfiq2: int
    templates: dict[str, object | None]


@dataclass(frozen=True)
class Pairs:
    """Scores of one set by one extractor, and the lesser quality of each mated pair."""

    mates: Scores
    impostors: Scores
    ours: Scores
    nfiq2: Scores


def perturbed(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Turned by up to 20 degrees and re-toned, as fp_accuracy.py does."""
    height, width = pixels.shape
    ground = int(np.median(np.r_[pixels[0], pixels[-1]]))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-20, 20)), 1)
    turned = cv2.warpAffine(pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=ground)
    toned = (turned.astype(np.float32) - 128) * rng.uniform(0.8, 1.1) + 128 + rng.uniform(-10, 10)
    return np.asarray(np.clip(toned, 0, 255), np.uint8)


def extractor(nfiq2: bool) -> nbis.NbisExtractor:
    return nbis.new_nbis_extractor(
        nbis.NbisExtractorSettings(
            min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=nfiq2, ppi=500.0
        )
    )


def for_nbis(record: bytes) -> bytes:
    """nbis-py 0.1.3 wants 26 bytes before the first minutia, 150 minutiae at most, sorted by x then y."""
    minutiae = [record[28 + 6 * i : 34 + 6 * i] for i in range(record[27])]
    best = sorted(minutiae, key=lambda m: -m[5])[:150]
    best.sort(key=lambda m: (int.from_bytes(m[0:2], "big") & 0x3FFF, int.from_bytes(m[2:4], "big") & 0x3FFF))
    body = record[:22] + b"\0\0\0" + bytes([len(best)]) + b"".join(best)
    return body[:8] + len(body).to_bytes(4, "big") + body[12:]


def judged(name: str, seed: int | None, spent: list[float]) -> list[Judged]:
    with_score, without = extractor(True), extractor(False)
    rng = np.random.default_rng(seed)
    prints = []
    for path in (path for path in public_paths() if path.parent.name == name):
        pixels, ppi = read(path)
        if ppi != 500:
            pixels = np.asarray(
                cv2.resize(pixels, None, fx=500 / ppi, fy=500 / ppi, interpolation=cv2.INTER_AREA), np.uint8
            )
        if seed is not None:
            pixels = perturbed(pixels, rng)
        png = cv2.imencode(".png", pixels)[1].tobytes()
        try:
            theirs = with_score.extract_minutiae(png)
            nfiq2 = theirs.quality().score
        except nbis.NbisError:  # NFIQ 2 failed: 255 is a failure, worse than any score
            theirs, nfiq2 = without.extract_minutiae(png), -1
        began = time.process_time()
        analysis = analyze(pixels, 500.0)
        spent.append(time.process_time() - began)
        record = fmr.encode_template(analysis.template, FingerPosition.UNKNOWN, analysis.quality.score)
        templates = {
            "mindtct": without.load_iso_19794_2_2005(theirs.to_iso_19794_2_2005()),
            "ours": without.load_iso_19794_2_2005(for_nbis(record)) if len(analysis.template) else None,
        }
        prints.append(Judged(path.stem.rsplit("_", 1)[0], analysis.quality.score, nfiq2, templates))
    return prints


def compared(prints: list[Judged], engine: str) -> Pairs:
    indices = list(combinations(range(len(prints)), 2))
    mates = [(a, b) for a, b in indices if prints[a].finger == prints[b].finger]
    impostors = [(a, b) for a, b in indices if prints[a].finger != prints[b].finger]
    random.Random(7).shuffle(impostors)

    def score(a: int, b: int) -> float:
        one, other = prints[a].templates[engine], prints[b].templates[engine]
        return one.compare(other) if one is not None and other is not None else 0.0  # type: ignore[attr-defined]

    return Pairs(
        np.array([score(a, b) for a, b in mates], float),
        np.array([score(a, b) for a, b in impostors[:IMPOSTOR_PAIRS]], float),
        np.array([min(prints[a].ours, prints[b].ours) for a, b in mates], float),
        np.array([min(prints[a].nfiq2, prints[b].nfiq2) for a, b in mates], float),
    )


def threshold(impostors: Scores) -> float:
    """Least score that at most `FMR` of the impostors reach."""
    scores = np.unique(np.append(impostors, impostors.max() + 1e-6))
    reached = 1 - np.searchsorted(np.sort(impostors), scores, "left") / len(impostors)
    return float(scores[np.argmax(reached <= FMR)])


def error_after_discard(missed: NDArray[np.bool_], quality: Scores, share: float) -> float:
    """FNMR of what is left."""
    dropped = round(share * len(quality))
    if not dropped:
        return float(missed.mean())
    cut = np.sort(quality)[dropped - 1]
    tied = quality == cut
    left = 1 - (dropped - np.count_nonzero(quality < cut)) / np.count_nonzero(tied)
    return float((missed[quality > cut].sum() + left * missed[tied].sum()) / (len(quality) - dropped))


def show(name: str, engine: str, pairs: Pairs, shares: list[float]) -> None:
    missed = pairs.mates < threshold(pairs.impostors)
    cells = []
    for share in shares:
        ours, theirs = (100 * error_after_discard(missed, q, share) for q in (pairs.ours, pairs.nfiq2))
        cells.append(f"{ours:6.2f} {theirs:6.2f} {ours / theirs if theirs else float(ours > 0):5.2f}")
    print(f"{name:16s} {engine:8s} {100 * missed.mean():6.2f} | " + " | ".join(cells), flush=True)


def bands(pairs: Pairs) -> None:
    """What a score means: share of mates that miss, by the lesser score of the pair."""
    missed = pairs.mates < threshold(pairs.impostors)
    for low in range(0, 100, 20):
        inside = (pairs.ours >= low) & (pairs.ours < (101 if low == 80 else low + 20))
        if inside.any():
            print(
                f"  lesser score {low:2d} and more: {inside.sum():5d} pairs, FNMR {100 * missed[inside].mean():5.1f} %"
            )


def pooled(parts: list[Pairs]) -> Pairs:
    return Pairs(*(np.concatenate([getattr(part, field) for part in parts]) for field in Pairs.__dataclass_fields__))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--perturb", type=int, metavar="SEED")
    parser.add_argument("--discard", type=float, nargs="+", default=[0.1, 0.2, 0.3])
    options = parser.parse_args()
    if not PRINTS.is_dir():
        sys.exit(f"the public prints are not there: {PRINTS}")
    cv2.setNumThreads(1)
    names = options.sets or sorted(path.name for path in PRINTS.iterdir() if path.is_dir())
    print(
        f"{'FNMR % at FMR 1 %':16s} {'':8s}    all | "
        + " | ".join(f"-{100 * s:.0f} %: ours NFIQ2 x" for s in options.discard)
    )
    spent: list[float] = []
    results: dict[str, list[Pairs]] = {"mindtct": [], "ours": []}
    for name in names:
        prints = judged(name, options.perturb, spent)
        for engine, parts in results.items():
            parts.append(compared(prints, engine))
            show(name + (" (tuned)" if name in TUNED else ""), engine, parts[-1], options.discard)
    for engine, parts in results.items():
        show("POOLED", engine, pooled(parts), options.discard)
    bands(pooled(results["ours"]))
    print(f"extraction with quality: {1e3 * np.median(spent):.1f} ms of CPU (median)")


if __name__ == "__main__":
    main()
