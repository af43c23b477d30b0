"""Fits the likelihood ratio of `gateway.fingerprint.compare` and measures its false match rates.

`python -m tests.benchmarks.fit_finger_matcher` extracts the public prints and turned, re-toned copies of them, fits,
prints the figures with whole sets and with fingers held out, and writes `matching/comparison_fit.json`.
To be run again when `analyze` or the matcher changes what it finds. The same prints give the same file.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.matching import likelihood
from gateway.fingerprint.matching.comparison import evidence_of
from gateway.fingerprint.matching.evidence import Evidence
from gateway.fingerprint.matching.likelihood import Fit, log_odds, pair_basis, presence_basis, totals
from gateway.fingerprint.matching.prepared import prepare
from gateway.fingerprint.matching.projection import DIRECTIONS
from tests.benchmarks.finger_templates import (
    PRINTS,
    ROOT,
    SETS,
    TUNED_SETS,
    Print,
    all_pairs,
    changed_template,
    extracted_prints,
)

FIT = Path(likelihood.__file__).with_name("comparison_fit.json")
PROJECTION = FIT.with_name("cylinder_projection.npy")
COPY_SEEDS = (101, 102, 103)
"""The third copy is fitted on by nobody."""
IMPOSTORS_PER_SET = 1500
FOLDS = 5
BOOTSTRAPS = 200
FEWEST_PAIRS = 5
RATES = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
NO_EVIDENCE = -100.0


@dataclass(frozen=True, eq=False)
class View:
    """Pairs of prints under one treatment, with their evidence."""

    evidence: list[Evidence | None]
    mates: NDArray[np.bool_]
    sets: NDArray[np.int_]
    fingers: NDArray[np.int_]
    """(pairs, 2)"""

    @property
    def folds(self) -> NDArray[np.int_]:
        """(pairs, 2) the fold of each finger."""
        return self.fingers % FOLDS


def viewed(
    probes: Sequence[Print], gallery: Sequence[Print], impostors_per_set: int | None = IMPOSTORS_PER_SET
) -> View:
    """The evidence of all mates and of impostors, one of each pair from either list (of the same impressions)."""
    owners = sorted({item.owner for item in gallery})
    number = {owner: index for index, owner in enumerate(owners)}
    pairs = all_pairs(list(gallery), impostors_per_set)
    left = [prepare(item.template) for item in probes]
    right = left if gallery is probes else [prepare(item.template) for item in gallery]
    return View(
        [evidence_of(left[i], right[j]) for i, j in pairs],
        np.array([gallery[i].owner == gallery[j].owner for i, j in pairs]),
        np.array([SETS.index(gallery[i].set_name) for i, _ in pairs]),
        np.array([[number[gallery[i].owner], number[gallery[j].owner]] for i, j in pairs]),
    )


def logistic(basis: NDArray[np.floating], truth: NDArray[np.bool_], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients of a logistic regression, by Newton's method; the first of `basis` is the constant.

    A ridge of 1 on columns of unit deviation holds the coefficients.
    """
    scale = basis.std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1
    unit = basis / scale
    ridge = np.full(unit.shape[1], 1.0)
    ridge[0] = 1e-6
    found = np.zeros(unit.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-unit @ found))
        slope = unit.T @ (weight * (chance - truth)) + ridge * found
        curvature = (unit.T * (weight * chance * (1 - chance))) @ unit + np.diag(ridge)
        step = np.linalg.solve(curvature, slope)
        found -= step
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(found / scale)


def fit(evidence: Sequence[Evidence | None], mates: NDArray[np.bool_]) -> Fit:
    """All coefficients from pairs of known truth; mates and impostors weigh the same in the last step."""
    seen = [(item, bool(truth)) for item, truth in zip(evidence, mates, strict=True) if item is not None]
    rows = np.concatenate([pair_basis(item.pairs) for item, _ in seen])
    truth = np.concatenate([np.full(len(item.pairs), mate) for item, mate in seen])
    pair = logistic(rows, truth, np.ones(len(rows)))
    pair[0] -= np.log(truth.mean() / (1 - truth.mean()))
    chances = {}
    for kind in (True, False):
        rows = np.concatenate([presence_basis(item.presence) for item, mate in seen if mate is kind])
        found = np.concatenate([item.matched for item, mate in seen if mate is kind])
        chances[kind] = logistic(rows, found, np.ones(len(rows))).astype(np.float32)
    partial = Fit(pair.astype(np.float32), np.stack([chances[True], chances[False]], axis=1), np.zeros(0))
    sums = np.array([totals(item, partial) for item, _ in seen])
    truth = np.array([mate for _, mate in seen])
    share = truth.mean()
    return replace(partial, total=logistic(sums, truth, np.where(truth, 0.5 / share, 0.5 / (1 - share))))


def fit_views(views: Sequence[View], chosen: Sequence[NDArray[np.bool_]]) -> Fit:
    """`fit` on the chosen pairs of some views."""
    evidence = [
        view.evidence[index] for view, mask in zip(views, chosen, strict=True) for index in np.flatnonzero(mask)
    ]
    return fit(evidence, np.concatenate([view.mates[mask] for view, mask in zip(views, chosen, strict=True)]))


def set_fits(train: Sequence[View]) -> list[Fit]:
    """For each set a fit on the others."""
    return [fit_views(train, [view.sets != number for view in train]) for number in range(len(SETS))]


def held_out_by_set(fits: Sequence[Fit], test: View) -> NDArray[np.float64]:
    """Log-odds of `test`, each set by the fit on the others."""
    pairs = zip(test.evidence, test.sets, strict=True)
    return np.array([NO_EVIDENCE if item is None else log_odds(item, fits[number]) for item, number in pairs])


def fold_fits(train: Sequence[View]) -> list[list[Fit]]:
    """Fits that saw no finger of fold i or of fold j."""
    fits: dict[tuple[int, int], Fit] = {}
    for i in range(FOLDS):
        for j in range(i, FOLDS):
            unseen = [np.asarray(~np.isin(view.folds, (i, j)).any(axis=1)) for view in train]
            fits[i, j] = fit_views(train, unseen)
    return [[fits[min(i, j), max(i, j)] for j in range(FOLDS)] for i in range(FOLDS)]


def held_out_by_finger(fits: list[list[Fit]], test: View) -> NDArray[np.float64]:
    """Log-odds of `test`, each pair by a fit that saw neither finger."""
    return np.array(
        [
            NO_EVIDENCE if item is None else log_odds(item, fits[i][j])
            for item, (i, j) in zip(test.evidence, test.folds, strict=True)
        ]
    )


def error_rates(mates: NDArray[np.float64], strangers: NDArray[np.float64]) -> tuple[float, float, float]:
    """EER, FNMR at FMR 1 % and at 0.1 %, in percent."""
    thresholds = np.unique(np.concatenate([mates, strangers, [strangers.max() + 1e-6]]))
    fnmr = np.searchsorted(np.sort(mates), thresholds) / len(mates)
    fmr = 1 - np.searchsorted(np.sort(strangers), thresholds) / len(strangers)
    nearest = int(np.abs(fnmr - fmr).argmin())
    at = [float(fnmr[np.argmax(fmr <= rate)]) for rate in (0.01, 0.001)]
    return 50 * float(fnmr[nearest] + fmr[nearest]), 100 * at[0], 100 * at[1]


def report(name: str, view: View, scores: NDArray[np.float64]) -> None:
    """One line: pooled, the sets that choices were made on, and the others."""
    tuned = np.isin(view.sets, [SETS.index(item) for item in TUNED_SETS])
    parts = []
    for label, mask in (("pooled", np.ones_like(tuned)), ("tuned sets", tuned), ("other sets", ~tuned)):
        eer, at_1, at_01 = error_rates(scores[mask & view.mates], scores[mask & ~view.mates])
        parts.append(f"{label}: EER {eer:5.2f} FMR100 {at_1:5.2f} FMR1000 {at_01:5.2f}")
    print(f"{name:34s} " + " | ".join(parts), flush=True)


def threshold_rows(strangers: NDArray[np.float64], fingers: NDArray[np.int_]) -> list[dict[str, float]]:
    """For each rate the log-odds that such a share reaches, how many pairs that is, and a 90 % interval of the rate.

    The interval is a bootstrap over fingers, as pairs of one finger are not independent.
    """
    rng = np.random.default_rng(11)
    count = int(fingers.max()) + 1
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=BOOTSTRAPS).astype(np.float64)
    weights = drawn[:, fingers[:, 0]] * drawn[:, fingers[:, 1]]
    falling = np.sort(strangers)[::-1]
    rows: list[dict[str, float]] = []
    for rate in RATES:
        reached = int(rate * len(falling))
        if reached < FEWEST_PAIRS:
            break
        threshold = float(falling[reached - 1] + falling[reached]) / 2
        rates = weights[:, strangers >= threshold].sum(axis=1) / weights.sum(axis=1)
        low, high = np.percentile(rates, (5, 95))
        row = {"fmr": rate, "log_odds": threshold, "pairs": reached, "low": float(low), "high": float(high)}
        rows.append({name: float(f"{value:.5g}") for name, value in row.items()})
    return rows


def principal_cylinders(prints: Sequence[Print]) -> NDArray[np.float16]:
    """(1 + 64, cells * angles) the mean cylinder and the directions that cylinders differ most in."""
    cylinders = [prepare(item.template).cylinders for item in prints]
    values = np.concatenate([item.values for item in cylinders]).astype(np.float64)
    seen = np.concatenate([np.repeat(item.valid, item.values.shape[1] // item.valid.shape[1], 1) for item in cylinders])
    mean = values.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    centred = values - seen * mean
    _, directions = np.linalg.eigh(centred.T @ centred)
    chosen = directions[:, ::-1][:, :DIRECTIONS].T
    largest = np.take_along_axis(chosen, np.abs(chosen).argmax(axis=1)[:, None], axis=1)
    return np.vstack([mean, chosen * np.sign(largest)]).astype(np.float16)


def rounded(values: NDArray[np.floating]) -> list[float]:
    """Numbers as the file holds them."""
    return [float(f"{value:.6g}") for value in values]


def main() -> None:
    """Extract, fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    options = parser.parse_args()
    if not PRINTS.is_dir():
        sys.exit(f"the public prints are not there: {PRINTS}")
    began = time.process_time()
    plain = extracted_prints()
    one, other, unseen = (extracted_prints(seed) for seed in COPY_SEEDS)
    rng = np.random.default_rng(1)
    changed = [replace(item, template=changed_template(item.template, rng)) for item in plain]
    train = [viewed(plain, plain), viewed(one, other), viewed(changed, plain)]
    copies = viewed(unseen, unseen)
    print(f"templates and evidence: {time.process_time() - began:.0f} s", flush=True)
    left_out = set_fits(train)
    for name, view in (("plain", train[0]), ("turned, re-toned", copies), ("one template changed", train[2])):
        report(f"{name}, set left out", view, held_out_by_set(left_out, view))
    fits = fold_fits(train)
    for name, view in (("plain", train[0]), ("turned, re-toned", copies), ("one template changed", train[2])):
        report(f"{name}, fingers left out", view, held_out_by_finger(fits, view))
    strangers, fingers = [], []
    for left, right in ((plain, plain), (one, plain), (unseen, one)):
        view = viewed(left, right, None)
        strangers.append(held_out_by_finger(fits, view)[~view.mates])
        fingers.append(view.fingers[~view.mates])
    rows = threshold_rows(np.concatenate(strangers), np.concatenate(fingers))
    for row in rows:
        interval = f"{row['low']:.2g} to {row['high']:.2g}"
        print(f"FMR {row['fmr']:<7g} log-odds {row['log_odds']:8.4f}  {row['pairs']:.0f} pairs, {interval}")
    final = fit_views(train, [np.ones_like(view.mates) for view in train])
    document = {
        "made_by": "python -m tests.benchmarks.fit_finger_matcher",
        "fingers": len({item.owner for item in plain}),
        "impressions": len(plain),
        "impostor_pairs": sum(map(len, strangers)),
        "thresholds": rows,
        "pair": rounded(final.pair),
        "genuine": rounded(final.presence[:, 0]),
        "impostor": rounded(final.presence[:, 1]),
        "total": rounded(final.total),
    }
    if not options.dry_run:
        FIT.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
        np.save(PROJECTION, principal_cylinders(plain))
        print(f"{FIT.relative_to(ROOT)} and {PROJECTION.name} written")
    print(f"{time.process_time() - began:.0f} s of processor time")


if __name__ == "__main__":
    main()
