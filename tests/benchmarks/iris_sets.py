"""The public sets coded once: error rates over all their pairs, failures to encode, what the quality score is worth.

Every mated and every impostor pair within a set is compared. A mated pair with an image that has no code is a
non-match; an impostor pair with one is left out. So does `../shared/tools/iris_accuracy.py`, which draws 20,000 of the
impostors.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.iris import IrisCode, analyze, compare
from tests.benchmarks.iris_accuracy import public_eyes, public_sets
from tests.benchmarks.iris_figure import POOLED, IrisFigure

FMR = 1e-3
DROPPED = 0.1
"""Share of the images that the quality figure leaves out."""
GOALS = {"CASIA1_A": ((0.2, 0.0), (0.4, 0.0)), "MMU1": ((1.5, 0.7), (2.5, 1.0))}
"""Must and reach of EER and of FNMR at FMR 0.1 %, percent."""


@dataclass(frozen=True, eq=False)
class CodedSet:
    """The images of a set, in the order of `chosen_eyes`; a score of -1 where nothing could be judged."""

    name: str
    eyes: tuple[str, ...]
    impressions: tuple[str, ...]
    codes: tuple[IrisCode | None, ...]
    scores: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PairDistances:
    """Of pairs of images.

    Parameters
    ----------
    genuine, impostor : (n,) and (m,) float64
        inf for a mated pair without a code.
    mates : (n, 2) intp
        Which images the mated pairs are of.
    """

    genuine: NDArray[np.float64]
    impostor: NDArray[np.float64]
    mates: NDArray[np.intp]


def chosen_eyes(name: str, every: int) -> list[tuple[str, str, NDArray[np.uint8]]]:
    """Eye, impression and pixels of a set's every `every`-th eye."""
    images = list(public_eyes(name))
    eyes = set(sorted({eye for eye, _, _ in images})[::every])
    return [image for image in images if image[0] in eyes]


def coded_set(name: str, every: int) -> CodedSet:
    """Code and score of every image of a set's every `every`-th eye."""
    images = chosen_eyes(name, every)
    found = [analyze(pixels) for _, _, pixels in images]
    return CodedSet(
        name,
        tuple(eye for eye, _, _ in images),
        tuple(impression for _, impression, _ in images),
        tuple(one.template for one in found),
        tuple(-1 if one.quality is None else one.quality.score for one in found),
    )


def coded_sets(pool: Executor, every: int) -> tuple[CodedSet, ...]:
    """All public sets that are there."""
    return tuple(pool.map(coded_set, public_sets(), [every] * len(public_sets())))


def pair_distances(coded: CodedSet) -> PairDistances:
    """Of all pairs within a set."""
    genuine, impostor, mates = [], [], []
    for index, one in enumerate(coded.codes):
        for other in range(index):
            mate, reference = coded.eyes[index] == coded.eyes[other], coded.codes[other]
            if one is not None and reference is not None:
                (genuine if mate else impostor).append(compare(one, reference))
            elif mate:
                genuine.append(np.inf)
            if mate:
                mates.append((index, other))
    return PairDistances(np.array(genuine), np.array(impostor), np.array(mates, np.intp).reshape(-1, 2))


def error_rates(genuine: NDArray[np.float64], impostor: NDArray[np.float64]) -> tuple[float, float, float]:
    """EER and FNMR at FMR 0.1 %, percent, and the distance that the latter stands at.

    A pair matches at or below a threshold; the EER is the mean of both rates where they are nearest.
    """
    limits = np.unique(np.r_[-1.0, genuine[np.isfinite(genuine)], impostor])
    fnmr = 1 - np.searchsorted(np.sort(genuine), limits, "right") / len(genuine)
    fmr = np.searchsorted(np.sort(impostor), limits, "right") / len(impostor)
    nearest = int(np.abs(fnmr - fmr).argmin())
    at = int(np.flatnonzero(fmr <= FMR)[-1])
    return 50 * float(fnmr[nearest] + fmr[nearest]), 100 * float(fnmr[at]), float(limits[at])


def without_the_worst(coded: CodedSet, pairs: PairDistances) -> tuple[float, float]:
    """FNMR at FMR 0.1 %, percent, of all images and without the tenth of them with the lowest scores.

    The threshold is that of all images' impostors for both.
    """
    _, fnmr, limit = error_rates(pairs.genuine, pairs.impostor)
    ascending = np.argsort(coded.scores, kind="stable")
    kept = np.ones(len(ascending), bool)
    kept[ascending[: round(DROPPED * len(ascending))]] = False
    left = pairs.genuine[kept[pairs.mates].all(axis=1)]
    return fnmr, 100 * float((left > limit).mean())


def figures(pool: Executor, sets: Sequence[CodedSet]) -> list[IrisFigure]:
    """Error rates of each set and pooled at one threshold; failures; quality."""
    of_sets = list(pool.map(pair_distances, sets))
    found: list[IrisFigure] = []
    for coded, pairs in zip(sets, of_sets, strict=True):
        eer, fnmr, _ = error_rates(pairs.genuine, pairs.impostor)
        (eer_must, eer_reach), (fnmr_must, fnmr_reach) = GOALS.get(coded.name, ((None, None), (None, None)))
        note = f"{len(pairs.genuine):,} mated, {len(pairs.impostor):,} impostor pairs"
        found.append(IrisFigure(f"{coded.name}: EER", {coded.name: eer}, "%", eer_must, eer_reach, note=note))
        found.append(
            IrisFigure(f"{coded.name}: FNMR at FMR 0.1 %", {coded.name: fnmr}, "%", fnmr_must, fnmr_reach, note=note)
        )
    genuine = np.concatenate([pairs.genuine for pairs in of_sets])
    eer, fnmr, _ = error_rates(genuine, np.concatenate([pairs.impostor for pairs in of_sets]))
    found.append(IrisFigure("EER, one threshold for all sets", {POOLED: eer}, "%"))
    found.append(IrisFigure("FNMR at FMR 0.1 %, one threshold for all sets", {POOLED: fnmr}, "%"))
    failures = {coded.name: float(coded.codes.count(None)) for coded in sets}
    images = sum(len(coded.codes) for coded in sets)
    found.append(IrisFigure("failures to encode, images as they are", failures, "", 0, 0, note=f"{images} images"))
    return found + quality_figures(sets, of_sets)


def quality_figures(sets: Sequence[CodedSet], of_sets: Sequence[PairDistances]) -> list[IrisFigure]:
    """What is left of FNMR without the images that the score holds for the worst; of the sets that have any."""
    found: list[IrisFigure] = []
    for coded, pairs in zip(sets, of_sets, strict=True):
        of_all, left = without_the_worst(coded, pairs)
        if of_all > 0:
            note = f"{left:.2f} % of {of_all:.2f} %"
            must, reach = (0.5, 0.25) if coded.name == "MMU1" else (None, None)
            share = {coded.name: left / of_all}
            found.append(IrisFigure(f"{coded.name}: FNMR without the worst 10 %", share, "x", must, reach, note=note))
    return found
