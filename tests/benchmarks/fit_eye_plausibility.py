"""Fits what `gateway.iris.plausibility` tells an eye by.

`python -m tests.benchmarks.fit_eye_plausibility` takes every candidate that the search finds in eyes (the public sets,
drawn ones, altered copies of both, and with an upper lid drawn down) and in what is none (drawn patterns, fingerprints,
skin, inverted eyes), fits, prints how many of either are told wrongly with half of the persons and things held out, and
writes `gateway/iris/plausibility_fit.json`. To be run again when the search or a measure changes. The same images give
the same file.
"""

import argparse
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

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

PENALTY = 3.0
"""Of the squared coefficients."""
WRONG_WEIGHT, RIVAL_WEIGHT = 0.2, 0.5
"""Of what was taken for a pupil in an eye: there the eye itself is usually found before. Of a wrong limbus beside the
right one about the same pupil: the odds choose between the two."""
LIMBUS_APART, PUPIL_APART = 0.12, 0.15
"""Logarithms of radii beyond which a candidate is another thing than the eye."""
HARD_ODDS, HARD_WEIGHT = 1.0, 3.0
"""Eyes that a first fit tells with less weigh so much more in the second: few are half shut or darkly framed."""
EVERY_EYE = 2
DRAWN_EYES, SLIT_EYES = range(3001, 3031), range(3101, 3201)
HARD_THING_ODDS, HARD_THING_WEIGHT = -2.0, 5.0
"""The same of things that a first fit hardly tells: with half held out 15 of 4,767 pass for 27, and 47 of 10,752 eyes
are refused for 38."""
PATTERNS_PER_KIND = 300
MORE_PATTERNS = {"disc": (201, 900), "text": (202, 300), "rings": (203, 300), "blobs": (204, 300), "lines": (205, 300)}
"""Seed and number of those that are taken for an eye more often than others."""
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
    found = [
        (
            pupil,
            abs(np.log(radii.limbus / true.limbus)) < LIMBUS_APART
            and abs(np.log(radii.pupil / true.pupil)) < PUPIL_APART,
            measures,
        )
        for pupil, radii, measures in candidates(pixels)
    ]
    outlined = {id(pupil) for pupil, right, _ in found if right}
    for pupil, right, measures in found:
        yield Seen(image, owner, kind, bool(right), not right, not right and id(pupil) in outlined, measures)


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


def public_candidates(name: str) -> list[Seen]:
    """Of a public set, altered in every way."""
    rng = np.random.default_rng(100)
    seen: list[Seen] = []
    for index, (eye, impression, pixels) in enumerate(public_eyes(name)):
        if index % EVERY_EYE:
            continue
        first = next(iter(seen_eyes(pixels)))[0].eye
        (x, y), radius = first.limbus.curve.centre, first.limbus.curve.radius
        copies = {"clean": pixels}
        copies |= {f"lid {turn}": under_a_lid(pixels, x, y, radius, rng) for turn in range(3)}
        copies |= {f"twice {turn}": altered(pixels, rng) for turn in range(2)}
        copies |= {way: alter(pixels, rng) for way, alter in ALTERATIONS.items()}
        for way, copy in copies.items():
            factor = FRAMED.get(way, 1.0)
            true = Outlined(first.pupil.curve.radius * factor, radius * factor)
            seen += of_eye(f"{name} {eye}_{impression} {way}", f"{name} {eye}", way, copy, true)
    return seen


def drawn_candidates() -> list[Seen]:
    """Of drawn eyes in every condition."""
    seen: list[Seen] = []
    for condition in CONDITIONS:
        for eye in DRAWN_EYES:
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


def of_things(images: Iterator[tuple[str, str, Grey]]) -> list[Seen]:
    """The candidates of (name, kind, image) without an eye."""
    return [
        Seen(f"{kind} {name}", f"{kind} {name}", kind, False, False, False, measures)
        for name, kind, pixels in images
        for _, _, measures in candidates(pixels)
    ]


def patterns() -> list[Seen]:
    """Drawn non-eyes, varied."""
    rng = np.random.default_rng(200)
    return of_things(
        (str(index), kind.__name__, varied(kind(rng), rng)) for kind in KINDS for index in range(PATTERNS_PER_KIND)
    )


def more_patterns(name: str) -> list[Seen]:
    """More of one kind."""
    seed, count = MORE_PATTERNS[name]
    rng = np.random.default_rng(seed)
    kind = next(kind for kind in KINDS if kind.__name__ == name)
    return of_things((f"more{seed} {index}", name, varied(kind(rng), rng)) for index in range(count))


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


def prints() -> list[Seen]:
    """Fingerprints, whole or a part enlarged."""
    rng = np.random.default_rng(300)

    def images() -> Iterator[tuple[str, str, Grey]]:
        for path in sorted((SHARED / "data" / "fingerprints").glob("*/*.png"))[::2]:
            pixels = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
            if rng.random() < 0.5:
                factor = rng.uniform(1, 3)
                pixels = np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor), np.uint8)
                height, width = pixels.shape
                top, left = rng.integers(0, max(1, height - 260)), rng.integers(0, max(1, width - 340))
                pixels = pixels[top : top + 260, left : left + 340]
            yield path.stem, "print", varied(pixels, rng)

    return of_things(images())


def skin(name: str) -> list[Seen]:
    """Parts of a public set's images beside the pupil, enlarged; and whole ones inverted."""
    rng = np.random.default_rng(400)

    def images() -> Iterator[tuple[str, str, Grey]]:
        for index, (eye, impression, pixels) in enumerate(public_eyes(name)):
            if index % EVERY_EYE:
                continue
            pupil = next(iter(seen_eyes(pixels)))[0].eye.pupil.curve
            part = _beside(pixels, pupil.centre, 1.1 * pupil.radius, rng)
            if part is not None:
                yield f"{name} {eye}_{impression}", "skin", varied(part, rng)
            yield f"{name} {eye}_{impression}", "inverted", 255 - pixels

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
    start = PlausibilityFit(middle, np.maximum((high - low) / 2, 1e-6), np.zeros(count), np.zeros(count), 0.0)
    z = standardised(start, measures)
    design = np.hstack([z, z * z, np.ones((len(z), 1))])
    misplaced = np.where([one.rival for one in seen], RIVAL_WEIGHT, WRONG_WEIGHT)
    weight = weight * np.where([one.misplaced for one in seen], misplaced, 1.0)
    weight[is_eye] *= weight[~is_eye].sum() / weight[is_eye].sum()
    sign = np.where(is_eye, 1.0, -1.0)

    def loss(terms: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (design @ terms)
        slope = -sign * weight / (1 + np.exp(np.clip(margin, -50, 50)))
        pull = np.r_[terms[:-1], 0.0]
        value = float((weight * np.logaddexp(0, -margin)).sum() + PENALTY * (pull @ pull))
        return value, design.T @ slope + 2 * PENALTY * pull

    terms = minimize(loss, np.zeros(2 * count + 1), jac=True, method="L-BFGS-B", options={"maxiter": 3000}).x
    return PlausibilityFit(middle, start.spread, terms[:count], terms[count:-1], float(terms[-1]))


def report(title: str, seen: list[Seen], odds: NDArray[np.float64]) -> None:
    """How many are told wrongly at 0: eyes by candidate, things by image."""
    eyes = [(float(value), one.image) for one, value in zip(seen, odds, strict=True) if one.is_eye]
    most: dict[str, tuple[float, str]] = {}
    for one, value in zip(seen, odds, strict=True):
        if not one.is_eye and not one.misplaced:
            most[one.image] = max(most.get(one.image, (-np.inf, "")), (float(value), one.kind))
    passed = Counter(kind for value, kind in most.values() if value >= 0)
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
    options = parser.parse_args()
    if not IRISES.is_dir():
        sys.exit(f"the public irises are not there: {IRISES}")
    with ProcessPoolExecutor(2) as pool:
        jobs = [pool.submit(public_candidates, name) for name in public_sets()]
        jobs += [pool.submit(drawn_candidates), pool.submit(patterns), pool.submit(prints), pool.submit(slit_pupils)]
        jobs += [pool.submit(skin, name) for name in public_sets()]
        jobs += [pool.submit(more_patterns, name) for name in MORE_PATTERNS]
        seen = [one for job in jobs for one in job.result()]
    fold = np.array([zlib.crc32(one.owner.encode()) % FOLDS for one in seen])
    odds = np.zeros(len(seen))
    for held in range(FOLDS):
        fit = fitted([one for one, of in zip(seen, fold, strict=True) if of != held])
        odds[fold == held] = _odds(fit, [one for one, of in zip(seen, fold, strict=True) if of == held])
    report("held out", seen, odds)
    fit = fitted(seen)
    report("all", seen, _odds(fit, seen))
    if not options.dry:
        FIT.write_text(written_fit(fit))
        print(f"wrote {FIT.name}")


if __name__ == "__main__":
    main()
