"""What merging pays: codes of k images as the gallery's entry against one image and against the nearest of k.

`python -m tests.benchmarks.iris_merge` prints a table over the public irises, where they are, and drawn eyes. All
subsets of k of three enrolment images against the other images: of CASIA1 the first session against the second, of MMU1
three ways of splitting its five images, of drawn eyes clean ones against poor ones. Where `merged` refuses, the first
image of the subset stands alone. FMR and FNMR at 0.1 % are those of each row's own threshold, those at the limit of
`distance_at_fmr(0.001)`.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.iris import IrisCode, analyze, distance_at_fmr
from gateway.iris.comparison import distances, turned_codes
from gateway.iris.merging import merged
from tests.benchmarks.iris_accuracy import IRISES, public_eyes, public_sets

ENROLLED = 3
PROBE_CONDITIONS = ("noisy", "lashes", "gaze_off", "spectacles", "lids_low")
Split = tuple[list[IrisCode], list[IrisCode]]
"""Enrolment codes and probes of one eye."""


@dataclass(frozen=True, eq=False)
class MergeFigures:
    """One row: distances of mates and of strangers, and how many galleries `merged` refused to make."""

    mates: NDArray[np.float64]
    strangers: NDArray[np.float64]
    refused: int
    entries: int

    @property
    def decidability(self) -> float:
        """Daugman's d'."""
        apart = self.strangers.mean() - self.mates.mean()
        return float(apart / np.sqrt((self.mates.var() + self.strangers.var()) / 2))

    def fnmr_percent(self, limit: float) -> float:
        """Mates that are farther."""
        return float(100 * (self.mates > limit).mean())

    def fmr_percent(self, limit: float) -> float:
        """Strangers that are as near."""
        return float(100 * (self.strangers <= limit).mean())


def public_splits(name: str, every: int) -> list[dict[str, Split]]:
    """Ways of splitting each eye's images, of every n-th eye."""
    codes: dict[str, list[IrisCode]] = {}
    for eye, _, pixels in public_eyes(name):
        code = analyze(pixels).template
        codes.setdefault(eye, []).extend([code] if code is not None else [])
    chosen = {eye: codes[eye] for eye in sorted(codes)[::every]}
    turns = (0,) if name.startswith("CASIA") else (0, 2, 4)
    found = []
    for turn in turns:
        turned = {eye: own[turn:] + own[:turn] for eye, own in chosen.items()}
        found.append({eye: (own[:ENROLLED], own[ENROLLED:]) for eye, own in turned.items()})
    return found


def drawn_splits(eyes: int) -> list[dict[str, Split]]:
    """Clean impressions against poor ones."""
    found: dict[str, Split] = {}
    for eye in range(700, 700 + eyes):
        clean = [analyze(drawn_eye(eye, n).pixels).template for n in range(ENROLLED)]
        poor = [analyze(drawn_eye(eye, 9, name).pixels).template for name in PROBE_CONDITIONS]
        enrolled, probes = ([code for code in codes if code is not None] for codes in (clean, poor))
        if len(enrolled) == ENROLLED:
            found[str(eye)] = enrolled, probes
    return [found]


def merge_figures(splits: Sequence[dict[str, Split]], size: int, *, merge: bool) -> MergeFigures:
    """Galleries of `size` images each, merged or kept apart."""
    mates: list[NDArray[np.float64]] = []
    strangers: list[NDArray[np.float64]] = []
    refused = entries = 0
    for split in splits:
        owners = np.array([eye for eye, (_, probes) in split.items() for _ in probes])
        all_probes = [code for _, probes in split.values() for code in probes]
        for eye, (enrolled, _) in split.items():
            for subset in combinations(enrolled, size):
                entries += 1
                entry: tuple[IrisCode, ...] = subset
                if merge:
                    try:
                        entry = (merged(subset),)
                    except ValueError:
                        refused, entry = refused + 1, subset[:1]
                nearest = np.min([distances_to(code, all_probes) for code in entry], axis=0)
                mates.append(nearest[owners == eye])
                strangers.append(nearest[owners != eye])
    return MergeFigures(np.concatenate(mates), np.concatenate(strangers), refused, entries)


def distances_to(code: IrisCode, probes: Sequence[IrisCode]) -> NDArray[np.float64]:
    """Of one code to many, as `compare` has them."""
    bits, mask = (np.stack([getattr(probe, name).reshape(-1) for probe in probes]) for name in ("bits", "mask"))
    least = np.full(len(probes), 1.0)
    for turned, turned_mask in zip(*turned_codes(code), strict=True):
        common = mask & turned_mask
        differing = (bits ^ turned) & common
        counts = (np.bitwise_count(words).sum(axis=1, dtype=np.int64) for words in (differing, common))
        np.minimum(least, distances(*counts), out=least)
    return least


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th public eye")
    parser.add_argument("--drawn", type=int, default=12, metavar="N", help="drawn eyes")
    options = parser.parse_args()
    sets = [(name, public_splits(name, options.every)) for name in public_sets()] if IRISES.is_dir() else []
    sets.append((f"{options.drawn} drawn eyes", drawn_splits(options.drawn)))
    limit = distance_at_fmr(0.001)
    print(f"{'':14} {'entry':12} {'FNMR@0.1%':>9} {'d-prime':>8} {'mates':>7} | at {limit:.3f}: FNMR  FMR %  refused")
    for name, splits in sets:
        for size in range(1, ENROLLED + 1):
            for merge in (False, True)[: 1 + (size > 1)]:
                found = merge_figures(splits, size, merge=merge)
                own = float(np.quantile(found.strangers, 0.001))
                entry = "one image" if size == 1 else f"{'merged' if merge else 'nearest of'} {size}"
                at_own = f"{found.fnmr_percent(own):9.2f} {found.decidability:8.2f} {np.median(found.mates):7.3f}"
                at_limit = f"{found.fnmr_percent(limit):14.2f} {found.fmr_percent(limit):6.3f}"
                print(f"{name:14} {entry:12} {at_own} | {at_limit}  {found.refused} of {found.entries}")


if __name__ == "__main__":
    main()
