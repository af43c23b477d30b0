"""What is no eye: how many such images get a code.

Drawn patterns in every tone, half of the public fingerprints, and parts of the public eyes beside the pupil (lids,
brows, lashes): none of them among what `fit_eye_plausibility` was fitted on.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor

import cv2
import numpy as np

from gateway.iris import analyze
from tests.benchmarks.altered_eyes import Grey
from tests.benchmarks.fit_eye_plausibility import EVERY_EYE, varied
from tests.benchmarks.iris_accuracy import IRISES, SHARED, public_eyes, public_sets
from tests.benchmarks.iris_figure import POOLED, IrisFigure
from tests.gateway.iris.non_eyes import KINDS, non_eyes

PATTERNS, CROPS_PER_IMAGE = 2000, 2
MOST_CODED = 1 / 500
_PATTERN_SEED, _PRINT_SEED, _CROP_SEED = 9001, 9002, 9003
"""The fit's are 200, 300 and 400, the tests' 2."""
_CHUNKS = 4
_CROP_ROWS = (70, 140)
_TRIES = 20


def patterns(count: int, seed: int) -> Iterator[tuple[str, Grey]]:
    """Drawn images without an eye, as they are or varied."""
    rng = np.random.default_rng((seed, 1))
    for name, pixels in non_eyes(count, seed):
        yield name, varied(pixels, rng)


def prints(every: int) -> Iterator[tuple[str, Grey]]:
    """Every second fingerprint of the public sets that the fit has not seen: whole, or a part enlarged."""
    rng = np.random.default_rng(_PRINT_SEED)
    for path in sorted((SHARED / "data" / "fingerprints").glob("*/*.png"))[1 :: 2 * every]:
        pixels = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
        if rng.random() < 0.5:
            factor = rng.uniform(1, 3)
            pixels = np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor), np.uint8)
            height, width = pixels.shape
            top, left = int(rng.integers(0, max(1, height - 260))), int(rng.integers(0, max(1, width - 340)))
            pixels = pixels[top : top + 260, left : left + 340]
        yield "print", varied(pixels, rng)


def crops(name: str, every: int) -> Iterator[tuple[str, Grey]]:
    """Parts of a set's images that show lids and brow but no pupil, as 240 rows; of images that the fit left out."""
    rng = np.random.default_rng(_CROP_SEED)
    images = [pixels for index, (_, _, pixels) in enumerate(public_eyes(name)) if index % EVERY_EYE == 1]
    for pixels in images[::every]:
        geometry = analyze(pixels).geometry
        if geometry is None:
            continue
        (x, y), radius = geometry.pupil.centre, geometry.pupil.radius
        for _ in range(CROPS_PER_IMAGE):
            part = _part_beside(pixels, (x, y, 1.1 * radius), rng)
            if part is not None:
                yield f"crop of {name}", varied(part, rng)


def _part_beside(pixels: Grey, circle: tuple[float, float, float], rng: np.random.Generator) -> Grey | None:
    """A random part that lies outside of a circle; None where none was met with."""
    height, width = pixels.shape
    x, y, radius = circle
    for _ in range(_TRIES):
        rows = int(rng.integers(*_CROP_ROWS))
        columns = rows * 4 // 3
        top, left = int(rng.integers(0, height - rows)), int(rng.integers(0, width - columns))
        nearest_x, nearest_y = np.clip(x, left, left + columns), np.clip(y, top, top + rows)
        if np.hypot(x - nearest_x, y - nearest_y) > radius:
            part = pixels[top : top + rows, left : left + columns]
            return np.asarray(cv2.resize(part, (320, 240), interpolation=cv2.INTER_CUBIC), np.uint8)
    return None


def coded_patterns(count: int, seed: int) -> tuple[Counter[str], Counter[str]]:
    """Of each kind: images with a code, and all."""
    return _counted(patterns(count, seed))


def coded_prints(every: int) -> tuple[Counter[str], Counter[str]]:
    """The same of fingerprints."""
    return _counted(prints(every))


def coded_crops(name: str, every: int) -> tuple[Counter[str], Counter[str]]:
    """The same of lids and brows."""
    return _counted(crops(name, every))


def _counted(images: Iterator[tuple[str, Grey]]) -> tuple[Counter[str], Counter[str]]:
    coded: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for kind, pixels in images:
        seen[kind] += 1
        coded[kind] += analyze(pixels).template is not None
    return coded, seen


def figures(pool: Executor, every: int) -> list[IrisFigure]:
    """Share of the drawn ones, of the prints, of the crops, and of all together."""
    count = PATTERNS // every // _CHUNKS
    count -= count % len(KINDS)
    jobs = [pool.submit(coded_patterns, count, _PATTERN_SEED + 10 * chunk) for chunk in range(_CHUNKS)]
    jobs.append(pool.submit(coded_prints, every))
    if IRISES.is_dir():
        jobs += [pool.submit(coded_crops, name, every) for name in public_sets()]
    results = [job.result() for job in jobs]
    coded = sum((result[0] for result in results), Counter[str]())
    seen = sum((result[1] for result in results), Counter[str]())
    drawn = [kind.__name__ for kind in KINDS]
    groups = (
        [("drawn", drawn)] + [(kind, [kind]) for kind in seen if kind not in drawn] + [("all of these", list(seen))]
    )
    found = []
    for name, kinds in groups:
        passed, every_one = sum(coded[kind] for kind in kinds), sum(seen[kind] for kind in kinds)
        which = ", ".join(f"{kind} {coded[kind]}" for kind in kinds if coded[kind]) if len(kinds) > 1 else ""
        note = f"{passed} of {every_one:,}" + (f": {which}" if which else "")
        share = {POOLED: 100 * passed / max(1, every_one)}
        # A few hundred prints or crops alone do not tell 1 in 500.
        must = 100 * MOST_CODED if len(kinds) > 1 else None
        found.append(IrisFigure(f"no eye, yet a code: {name}", share, "%", must, note=note))
    return found
