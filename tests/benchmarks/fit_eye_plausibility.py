"""Fits what `gateway.iris.plausibility` tells an eye by.

`python -m tests.benchmarks.fit_eye_plausibility` takes every candidate that the search finds in eyes (the public sets,
drawn ones, altered copies of both, and with an upper lid drawn down) and in what is none (drawn patterns, fingerprints,
skin, inverted eyes), fits, prints how many of either are told wrongly with half of the persons and things held out, and
writes `gateway/iris/plausibility_fit.json`. To be run again when the search or a measure changes. The same images give
the same file, and nothing in it is set by hand: the offset puts 0 where one in 250 of the things held out passes.
"""

import argparse
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from drivers.iris.synthesis.condition import CONDITIONS
from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.iris.analysis import seen_eyes
from gateway.iris.eye import LEAST_RADIUS
from gateway.iris.plausibility import (
    FIT,
    MEASURES,
    PlausibilityFit,
    eye_measures,
    log_odds,
    standardised,
    written_fit,
)
from gateway.iris.pupil import PupilEdge
from tests.benchmarks.altered_eyes import ALTERATIONS, FRAMED, Grey
from tests.benchmarks.iris_accuracy import IRISES, SHARED, public_eyes, public_sets
from tests.gateway.iris.non_eyes import KINDS

PENALTY, PRODUCT_PENALTY = 3.0, 10.0
"""Of the squared coefficients: of measures and their squares, and of products of two."""
PASSING = 1 / 250
"""Share of the things held out that passes from 0 on: most are of hard kinds, and half of the owners tell them worse
than all do. Of others, of all kinds alike, the fit of all lets far fewer pass (`iris_refusals`)."""
WRONG_WEIGHT, RIVAL_WEIGHT = 0.2, 0.5
"""Of what was taken for a pupil in an eye: there the eye itself is usually found before. Of a wrong limbus beside the
right one about the same pupil: the odds choose between the two."""
LIMBUS_APART, PUPIL_APART = 0.12, 0.15
"""Logarithms of radii beyond which a candidate is another thing than the eye."""
PUPIL_MOVED = 0.5
"""Radii that its centre is off at most."""
HARD_ODDS, HARD_WEIGHT = 1.0, 3.0
"""Eyes that a first fit tells with less weigh so much more in the second: few are half shut or darkly framed."""
EVERY_EYE, EVERY_WAY = 2, 3
"""Every second image in every third way, another third for each."""
DRAWN_EYES, SLIT_EYES = range(3001, 3031), range(3101, 3201)
HARD_THING_ODDS, HARD_THING_WEIGHT = -2.0, 5.0
"""The same of things that a first fit hardly tells."""
PATTERNS_PER_KIND = 200
MORE_PATTERNS = {"disc": (201, 600), "text": (202, 300), "rings": (203, 300), "blobs": (204, 300), "lines": (205, 300)}
"""Seed and number of those that are taken for an eye more often than others."""
_PER_JOB = 50
FOLDS = 2


@dataclass(frozen=True, eq=False)
class Seen:
    """One candidate of one image."""

    image: str
    owner: str
    """Whose eye, or which thing: what is held out together."""
    kind: str
    is_eye: bool
    misplaced: bool
    """Found in an eye, but not its pupil or not its limbus."""
    rival: bool
    """So, and the right limbus was found about the same pupil."""
    measures: NDArray[np.float64]


@dataclass(frozen=True)
class Outlined:
    """Radii of the true pupil and limbus, pixels."""

    pupil: float
    limbus: float


def candidates(pixels: Grey) -> Iterator[tuple[PupilEdge, Outlined, NDArray[np.float64]]]:
    """Every disc that the search takes for a pupil, with each limbus about it, and its measures."""
    for found, grey, scale in seen_eyes(pixels):
        if found.eye.limbus.curve.radius >= LEAST_RADIUS:
            radii = Outlined(found.eye.pupil.curve.radius * scale, found.eye.limbus.curve.radius * scale)
            measures = eye_measures(found.eye, (found.upper, found.lower), grey, found.strip, found.strip_mask)
            yield found.eye.pupil, radii, measures


def of_eye(image: str, owner: str, kind: str, pixels: Grey, true: Outlined) -> Iterator[Seen]:
    """The candidates of an image of an eye."""
    found = list(candidates(pixels))
    fits = [
        abs(np.log(radii.limbus / true.limbus)) < LIMBUS_APART and abs(np.log(radii.pupil / true.pupil)) < PUPIL_APART
        for _, radii, _ in found
    ]
    of_size = [pupil for (pupil, _, _), fit in zip(found, fits, strict=True) if fit]
    likeliest = max(of_size, key=lambda pupil: pupil.contrast, default=None)
    right = [fit and _in_place(pupil, likeliest) for (pupil, _, _), fit in zip(found, fits, strict=True)]
    outlined = {id(pupil) for (pupil, _, _), is_eye in zip(found, right, strict=True) if is_eye}
    for (pupil, _, measures), is_eye in zip(found, right, strict=True):
        yield Seen(image, owner, kind, is_eye, not is_eye, not is_eye and id(pupil) in outlined, measures)


def _in_place(pupil: PupilEdge, likeliest: PupilEdge | None) -> bool:
    """Whether it is where the darkest of the right size is: in a mottled frame others have that size by chance."""
    if likeliest is None:
        return False
    apart = np.hypot(*np.subtract(pupil.curve.centre, likeliest.curve.centre))
    return bool(apart < PUPIL_MOVED * likeliest.curve.radius)


def under_a_lid(pixels: Grey, x: float, y: float, radius: float, rng: np.random.Generator) -> Grey:
    """The upper lid drawn down: the image's own rows from above the iris, moved down to a parabola."""
    top, down_to = y - radius * rng.uniform(0.75, 0.95), y - radius * rng.uniform(-0.05, 0.55)
    moved_by = int(down_to - top)
    if moved_by < 2:
        return pixels
    height, width = pixels.shape
    line = down_to + radius * rng.uniform(0.1, 0.4) * ((np.arange(width) - x) / radius) ** 2
    moved = np.vstack([np.repeat(pixels[:1], moved_by, 0), pixels[:-moved_by]])
    return np.asarray(np.where(np.arange(height)[:, None] < line, moved, pixels), np.uint8)


def altered(pixels: Grey, rng: np.random.Generator) -> Grey:
    """Two alterations, one after the other, of those that leave the size."""
    for name in rng.choice([name for name in ALTERATIONS if name not in FRAMED], 2, replace=False):
        pixels = ALTERATIONS[str(name)](pixels, rng)
    return pixels


@lru_cache(maxsize=2)
def _images(name: str) -> tuple[tuple[str, str, Grey], ...]:
    return tuple(public_eyes(name))


def public_candidates(name: str, index: int) -> list[Seen]:
    """Of one image of a public set, altered in some ways; and of what is no eye in it."""
    rng = np.random.default_rng((100, zlib.crc32(name.encode()), index))
    eye, impression, pixels = _images(name)[index]
    first = next(iter(seen_eyes(pixels)))[0].eye
    (x, y), radius = first.limbus.curve.centre, first.limbus.curve.radius
    copies = {"clean": pixels, "lid": under_a_lid(pixels, x, y, radius, rng), "twice": altered(pixels, rng)}
    ways = list(ALTERATIONS)[index // EVERY_EYE % EVERY_WAY :: EVERY_WAY]
    copies |= {way: ALTERATIONS[way](pixels, rng) for way in ways}
    seen: list[Seen] = []
    for way, copy in copies.items():
        factor = FRAMED.get(way, 1.0)
        true = Outlined(first.pupil.curve.radius * factor, radius * factor)
        seen += of_eye(f"{name} {eye}_{impression} {way}", f"{name} {eye}", way, copy, true)
    pupil = first.pupil.curve
    part = _beside(pixels, pupil.centre, 1.1 * pupil.radius, rng)
    things = [("inverted", np.asarray(255 - pixels, np.uint8))]
    things += [] if part is None else [("skin", varied(part, rng))]
    return seen + of_things(((f"{eye}_{impression}", kind, thing) for kind, thing in things), owner=f"{name} {eye}")


def drawn_candidates(eye: int) -> list[Seen]:
    """Of a drawn eye in every condition."""
    seen: list[Seen] = []
    for condition in CONDITIONS:
        drawn = drawn_eye(eye, 1, condition)
        pupil, iris = drawn.truth.pupil, drawn.truth.iris
        true = Outlined((pupil.semi_major * pupil.semi_minor) ** 0.5, (iris.semi_major * iris.semi_minor) ** 0.5)
        seen += of_eye(f"drawn {eye} {condition}", f"drawn {eye}", condition, drawn.pixels, true)
    return seen


def varied(pixels: Grey, rng: np.random.Generator) -> Grey:
    """As it is, or in another tone, blurred, noisy, flat or larger."""
    way = int(rng.integers(0, 7))
    if way == 1:
        return np.asarray(np.clip(255 * (pixels / 255.0) ** rng.uniform(0.5, 2), 0, 255), np.uint8)
    if way == 2:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.6, 3)), np.uint8)
    if way == 3:
        return np.clip(pixels + rng.normal(0, rng.uniform(2, 8), pixels.shape), 0, 255).astype(np.uint8)
    if way == 4:
        return np.asarray(np.clip(pixels * rng.uniform(0.3, 0.8) + rng.uniform(0, 60), 0, 255), np.uint8)
    if way == 5:
        factor = rng.uniform(0.7, 2)
        return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor), np.uint8)
    return pixels


def of_things(images: Iterable[tuple[str, str, Grey]], owner: str | None = None) -> list[Seen]:
    """The candidates of (name, kind, image) without an eye; each is its own owner where none is told."""
    return [
        Seen(f"{kind} {owner} {name}", owner or f"{kind} {name}", kind, False, False, False, measures)
        for name, kind, pixels in images
        for _, _, measures in candidates(pixels)
    ]


def patterns(name: str, seed: int, first: int, count: int) -> list[Seen]:
    """Drawn non-eyes of one kind, varied."""
    rng = np.random.default_rng((seed, zlib.crc32(name.encode()), first))
    kind = next(kind for kind in KINDS if kind.__name__ == name)
    return of_things((f"{seed} {first + index}", name, varied(kind(rng), rng)) for index in range(count))


def slit_pupils() -> list[Seen]:
    """Drawn eyes with a cat's pupil: upright, or across as a goat's."""
    rng = np.random.default_rng(500)

    def images() -> Iterator[tuple[str, str, Grey]]:
        for eye in SLIT_EYES:
            drawn = drawn_eye(eye, 1)
            pixels, iris, pupil = drawn.pixels.copy(), drawn.truth.iris, drawn.truth.pupil
            at, radius = (round(iris.x), round(iris.y)), iris.semi_major
            rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
            away = np.hypot(columns - at[0], rows - at[1])
            tone = int(np.median(pixels[(away > 0.6 * radius) & (away < 0.9 * radius)]))
            cv2.circle(pixels, at, round(1.1 * pupil.semi_major), tone, -1)
            height = rng.uniform(0.45, 0.85) * radius
            axes = (round(rng.uniform(0.1, 0.6) * height), round(height))
            cv2.ellipse(pixels, at, axes, 90 * (rng.random() < 0.2), 0, 360, int(rng.integers(0, 30)), -1, cv2.LINE_AA)
            yield str(eye), "slit", np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.0), np.uint8)

    return of_things(images())


def prints(first: int) -> list[Seen]:
    """Every eighth fingerprint from `first` on, whole or a part enlarged."""
    rng = np.random.default_rng((300, first))

    def images() -> Iterator[tuple[str, str, Grey]]:
        for path in sorted((SHARED / "data" / "fingerprints").glob("*/*.png"))[first::8]:
            pixels = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
            if rng.random() < 0.5:
                factor = rng.uniform(1, 3)
                pixels = np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor), np.uint8)
                height, width = pixels.shape
                top, left = rng.integers(0, max(1, height - 260)), rng.integers(0, max(1, width - 340))
                pixels = pixels[top : top + 260, left : left + 340]
            yield path.stem, "print", varied(pixels, rng)

    return of_things(images())


def _beside(pixels: Grey, pupil: tuple[float, float], apart: float, rng: np.random.Generator) -> Grey | None:
    """A random part, farther than `apart` from a pupil, as 240 rows."""
    height, width = pixels.shape
    for _ in range(20):
        rows = int(rng.integers(70, 140))
        columns = rows * 4 // 3
        if rows >= height or columns >= width:
            continue
        top, left = int(rng.integers(0, height - rows)), int(rng.integers(0, width - columns))
        dx = max(left - pupil[0], 0, pupil[0] - (left + columns))
        dy = max(top - pupil[1], 0, pupil[1] - (top + rows))
        if np.hypot(dx, dy) > apart:
            part = pixels[top : top + rows, left : left + columns]
            return np.asarray(cv2.resize(part, (320, 240), interpolation=cv2.INTER_CUBIC), np.uint8)
    return None


def fitted(seen: list[Seen]) -> PlausibilityFit:
    """Logistic regression in two rounds, eyes and the rest of equal weight in all."""
    first = _regression(seen, np.ones(len(seen)))
    odds, is_eye = _odds(first, seen), np.array([one.is_eye for one in seen])
    is_thing = np.array([not (one.is_eye or one.misplaced) for one in seen])
    weight = np.where(is_eye & (odds < HARD_ODDS), HARD_WEIGHT, 1.0)
    return _regression(seen, np.where(is_thing & (odds > HARD_THING_ODDS), HARD_THING_WEIGHT, weight))


def _odds(fit: PlausibilityFit, seen: list[Seen]) -> NDArray[np.float64]:
    return log_odds(fit, np.array([one.measures for one in seen]))


def _regression(seen: list[Seen], weight: NDArray[np.float64]) -> PlausibilityFit:
    measures, is_eye = np.array([one.measures for one in seen]), np.array([one.is_eye for one in seen])
    low, middle, high = np.nanquantile(measures[is_eye], (0.1, 0.5, 0.9), axis=0)
    count = len(MEASURES)
    nothing = np.zeros((count, count))
    start = PlausibilityFit(middle, np.maximum((high - low) / 2, 1e-6), np.zeros(count), nothing, 0.0)
    z = standardised(start, measures)
    one, other = np.triu_indices(count)
    design = np.hstack([z, z[:, one] * z[:, other], np.ones((len(z), 1))])
    penalty = np.r_[np.full(count, PENALTY), np.where(one == other, PENALTY, PRODUCT_PENALTY), 0.0]
    misplaced = np.where([one.rival for one in seen], RIVAL_WEIGHT, WRONG_WEIGHT)
    weight = weight * np.where([one.misplaced for one in seen], misplaced, 1.0)
    weight[is_eye] *= weight[~is_eye].sum() / weight[is_eye].sum()
    sign = np.where(is_eye, 1.0, -1.0)

    def loss(terms: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (design @ terms)
        slope = -sign * weight / (1 + np.exp(np.clip(margin, -50, 50)))
        value = float((weight * np.logaddexp(0, -margin)).sum() + (penalty * terms) @ terms)
        return value, design.T @ slope + 2 * penalty * terms

    terms = minimize(loss, np.zeros(len(penalty)), jac=True, method="L-BFGS-B", options={"maxiter": 3000}).x
    quadratic = nothing.copy()
    quadratic[one, other] = terms[count:-1]
    return PlausibilityFit(middle, start.spread, terms[:count], quadratic, float(terms[-1]))


def collected(pool: Executor) -> list[Seen]:
    """All candidates, in an order that is the same every time."""
    jobs = [pool.submit(prints, first) for first in (0, 2, 4, 6)] + [pool.submit(slit_pupils)]
    for name in public_sets():
        jobs += [pool.submit(public_candidates, name, index) for index in range(0, len(_images(name)), EVERY_EYE)]
    jobs += [pool.submit(drawn_candidates, eye) for eye in DRAWN_EYES]
    for kind in KINDS:
        jobs += [
            pool.submit(patterns, kind.__name__, seed, first, _PER_JOB)
            for seed, count in ((200, PATTERNS_PER_KIND), MORE_PATTERNS.get(kind.__name__, (0, 0)))
            for first in range(0, count, _PER_JOB)
        ]
    return [one for job in jobs for one in job.result()]


def limited_fit(seen: list[Seen]) -> PlausibilityFit:
    """The fit of all, 0 where `PASSING` of the things held out pass that half of the owners say nothing of; printed."""
    fold = np.array([zlib.crc32(one.owner.encode()) % FOLDS for one in seen])
    odds = np.zeros(len(seen))
    for held in range(FOLDS):
        fit = fitted([one for one, of in zip(seen, fold, strict=True) if of != held])
        odds[fold == held] = _odds(fit, [one for one, of in zip(seen, fold, strict=True) if of == held])
    limit = float(np.quantile(list(most_of_things(seen, odds).values()), 1 - PASSING))
    fit = fitted(seen)
    print(f"limit: {limit:.2f}")
    report("held out", seen, odds - limit)
    fit = replace(fit, offset=fit.offset - limit)
    report("all", seen, _odds(fit, seen))
    return fit


def most_of_things(seen: list[Seen], odds: NDArray[np.float64]) -> dict[tuple[str, str], float]:
    """The highest odds in each image without an eye that has any candidate, by kind and image."""
    most: dict[tuple[str, str], float] = {}
    for one, value in zip(seen, odds, strict=True):
        if not one.is_eye and not one.misplaced:
            most[one.kind, one.image] = max(most.get((one.kind, one.image), -np.inf), float(value))
    return most


def report(title: str, seen: list[Seen], odds: NDArray[np.float64]) -> None:
    """How many are told wrongly at 0: eyes by candidate, things by image."""
    eyes = [(float(value), one.image) for one, value in zip(seen, odds, strict=True) if one.is_eye]
    most = most_of_things(seen, odds)
    passed = Counter(kind for (kind, _), value in most.items() if value >= 0)
    misplaced = [value >= 0 for one, value in zip(seen, odds, strict=True) if one.misplaced]
    missed = sorted(eye for eye in eyes if eye[0] < 0)
    print(f"{title}: {len(missed)} of {len(eyes)} eyes refused, {passed.total()} of {len(most)} things taken for one")
    print(f"  of what else was taken for a pupil in eyes {100 * float(np.mean(misplaced)):.1f} % pass")
    print("  things: " + (", ".join(f"{kind} {count}" for kind, count in passed.most_common()) or "none"))
    print("  eyes: " + (", ".join(f"{image} ({value:.1f})" for value, image in missed[:12]) or "none"))


def main() -> None:
    """Collect, fit, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry", action="store_true", help="write nothing")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if not IRISES.is_dir():
        sys.exit(f"the public irises are not there: {IRISES}")
    with ProcessPoolExecutor(options.processes) as pool:
        seen = collected(pool)
    fit = limited_fit(seen)
    if not options.dry:
        FIT.write_text(written_fit(fit))
        print(f"wrote {FIT.name}")


if __name__ == "__main__":
    main()
