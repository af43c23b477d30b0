"""Fingers on cards: what reduction and the compact format cost in accuracy, and how long the holder check decides.

`python -m tests.benchmarks.card_templates` compares each public impression, as a card would hold it, with the others
as they are captured: by the gateway's matcher, and by the synthetic chip's. Prints the equal error rate pooled over
all sets and those at two false match rates, the ratio to full templates, what the thresholds of `score_at_fmr` are
worth for such pairs, and other ways of choosing the minutiae that stay. `figures` measures the decision.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers import PersonPart, synthetic_person
from drivers.cards.chip.finger_comparison import SAME_FINGER, similarity
from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import analyze, compare_prepared, prepare, score_at_fmr
from gateway.fingerprint.matching.prepared import PreparedTemplate
from gateway.fingerprint.reduced import (
    CARD_MINUTIAE,
    best_first,
    reduced,
    with_ranked_quality,
    with_usual_quality,
    within_span,
)
from gateway.holder_check import HandOver, HolderCheck, HolderOutcome, LiveFinger, TryJournal
from gateway.records import compact_card
from tests.benchmarks.figure import Figure, markdown, table
from tests.benchmarks.finger_templates import PRINTS, SETS, Print, all_pairs, extracted_prints
from tests.benchmarks.fit_finger_matcher import error_rates
from tests.gateway.holder_check.synthetic_holder import StoredFinger

GOAL = 1.15
DECISION_GOAL_MS = 200.0
LIMITS = (CARD_MINUTIAE, 40, 30)
IMPOSTORS_PER_SET = 1500
RATES = (1e-2, 1e-3, 1e-4)
ORDERED = ", ordered by quality"
Reduction = Callable[[FingerTemplate, int], FingerTemplate]
Pairs = list[tuple[int, int]]


def taken(template: FingerTemplate, kept: NDArray[np.intp]) -> FingerTemplate:
    """Some of the minutiae of a template."""
    names = ("x", "y", "angle", "kind", "quality")
    return replace(template, **{name: getattr(template, name)[kept] for name in names})


def poorest_first(template: FingerTemplate, limit: int) -> FingerTemplate:
    """Drop the minutiae of the least quality first, wherever they are."""
    return taken(template, np.sort(np.argsort(-template.quality.astype(int), kind="stable")[:limit]))


def weighted(template: FingerTemplate, limit: int) -> FingerTemplate:
    """Drop by distance from the centroid over quality: a poor one goes before a good one that is a little further."""
    x, y = template.x - template.x.mean(), template.y - template.y.mean()
    cost = np.hypot(x, y) * (2 - np.maximum(template.quality, 1) / 100)
    return taken(template, np.sort(np.argsort(cost, kind="stable")[:limit]))


REDUCTIONS: dict[str, Reduction] = {"furthest first": reduced, "poorest first": poorest_first, "weighted": weighted}


def compact(template: FingerTemplate, limit: int, reduction: Reduction = reduced) -> FingerTemplate:
    """A template as it comes back from a card."""
    return compact_card.decode(as_on_card(reduction(template, limit)))


def compared(template: FingerTemplate, limit: int, reduction: Reduction = reduced) -> PreparedTemplate:
    """The same as the holder check compares it."""
    return prepare(with_usual_quality(compact(template, limit, reduction)))


def as_on_card(template: FingerTemplate) -> bytes:
    """The bytes of a template's minutiae that a card has room and reach for."""
    return compact_card.encode(compact_card.within_reach(within_span(template)))


def ranked(template: FingerTemplate, limit: int) -> PreparedTemplate:
    """As `compared`, of a card whose minutiae are ordered by quality."""
    return prepare(with_ranked_quality(compact_card.decode(as_on_card(best_first(reduced(template, limit))))))


def scores_of(references: list[PreparedTemplate], probes: list[PreparedTemplate], pairs: Pairs) -> NDArray[np.float64]:
    return np.array([compare_prepared(references[i], probes[j]) for i, j in pairs])


def rows(prints: list[Print]) -> Iterator[tuple[str, ...]]:
    """The table, full templates first."""
    pairs = all_pairs(prints, IMPOSTORS_PER_SET)
    mates = np.array([prints[i].owner == prints[j].owner for i, j in pairs])
    probes = [prepare(each.template) for each in prints]
    full = scores_of(probes, probes, pairs)
    eer = error_rates(full[mates], full[~mates])[0]
    yield _row("full templates", full, mates, eer)
    for limit in LIMITS:
        cards = [ranked(each.template, limit) for each in prints]
        yield _row(f"compact, {limit}, furthest first{ORDERED}", scores_of(cards, probes, pairs), mates, eer)
        for name, reduction in REDUCTIONS.items():
            cards = [compared(each.template, limit, reduction) for each in prints]
            yield _row(f"compact, {limit}, {name}", scores_of(cards, probes, pairs), mates, eer)
    only = [prepare(reduced(each.template)) for each in prints]
    yield _row(f"{CARD_MINUTIAE} minutiae, not compact", scores_of(only, probes, pairs), mates, eer)
    cards = [prepare(compact(each.template, CARD_MINUTIAE)) for each in prints]
    yield _row(f"compact, {CARD_MINUTIAE}, qualities unknown", scores_of(cards, probes, pairs), mates, eer)
    cards = [compared(each.template, CARD_MINUTIAE) for each in prints]
    yield _row(f"compact, {CARD_MINUTIAE}, both sides", scores_of(cards, cards, pairs), mates, eer)


def _row(name: str, scores: NDArray[np.float64], mates: NDArray[np.bool_], full_eer: float) -> tuple[str, ...]:
    found = error_rates(scores[mates], scores[~mates])
    passed = [f"{(scores[~mates] >= score_at_fmr(rate)).mean() * 100:.3f}" for rate in RATES]
    missed = [f"{(scores[mates] < score_at_fmr(rate)).mean() * 100:.2f}" for rate in RATES]
    return name, *(f"{value:.2f}" for value in found), f"{found[0] / max(full_eer, 1e-3):.2f}", *passed, *missed


def chip_rows(prints: list[Print]) -> Iterator[tuple[str, ...]]:
    """The synthetic chip's own comparison of compact templates."""
    pairs = all_pairs(prints, IMPOSTORS_PER_SET)
    mates = np.array([prints[i].owner == prints[j].owner for i, j in pairs])
    cards = [as_on_card(reduced(each.template, CARD_MINUTIAE)) for each in prints]
    scores = np.array([similarity(cards[i], cards[j]) for i, j in pairs])
    yield (
        "EER, FNMR at FMR 1 % and 0.1 %",
        " ".join(f"{each:.2f}" for each in error_rates(scores[mates], scores[~mates])),
    )
    for rate in RATES:
        yield f"least similarity for FMR {rate:g}", f"{np.quantile(scores[~mates], 1 - rate):.3f}"
    passed, missed = (scores[~mates] >= SAME_FINGER).mean(), (scores[mates] < SAME_FINGER).mean()
    yield f"FMR and FNMR at {SAME_FINGER}", f"{100 * passed:.3f} {100 * missed:.2f}"


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """From a frame of a synthetic person to the decision, the try counted on the disk before and after."""
    runs = 8 if quick else 40
    person = synthetic_person(41)
    index = person.finger_seed(PersonPart.RIGHT_INDEX), person.finger_seed(PersonPart.LEFT_INDEX)
    templates = [
        StoredFinger(position, compact(analyze(draw_fingerprint(seed, 0), 500.0).template, CARD_MINUTIAE))
        for seed, position in zip(index, (FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX), strict=True)
    ]
    frames = cycle([draw_fingerprint(index[0], impression) for impression in range(1, 5)])
    spent = []
    with tempfile.TemporaryDirectory(dir=scratch) as folder, TryJournal.open(Path(folder)) as journal:
        check = HolderCheck(journal)
        for number in range(runs):
            frame = next(frames)
            began = time.perf_counter()
            finger = LiveFinger((analyze(frame, 500.0).template,))
            decision = check.in_gateway(HandOver("card", f"job-{number}"), finger, templates)
            spent.append(1e3 * (time.perf_counter() - began))
            assert decision.outcome is HolderOutcome.MATCHED
    return [Figure("holder check: frame → decision, two templates on the card", spent, "ms", DECISION_GOAL_MS)]


def main() -> None:
    """Print both tables and the decision; exit status 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs of the decision")
    parser.add_argument("--decision", action="store_true", help="the decision alone, without the public prints")
    options = parser.parse_args()
    found: list[Figure] = []
    if not options.decision:
        found += accuracy_figures()
    with tempfile.TemporaryDirectory() as scratch:
        found += figures(Path(scratch), options.quick)
    print(table(found))
    sys.exit(any(figure.verdict == "MISSED" for figure in found))


def accuracy_figures() -> list[Figure]:
    """Print the tables of accuracy, and give the ratio that is promised."""
    if not PRINTS.is_dir():
        sys.exit(f"the public prints are not there: {PRINTS}")
    prints = extracted_prints()
    count = statistics.median(len(each.template) for each in prints)
    print(f"{len(prints)} impressions of {len(SETS)} sets, {count:.0f} minutiae in the median\n")
    head = ("Card's side", "EER %", "FNMR@1 %", "FNMR@0.1 %", "EER ratio")
    head += tuple(f"FMR at {rate:g}, %" for rate in RATES) + tuple(f"FNMR at {rate:g}, %" for rate in RATES)
    found = list(rows(prints))
    print(markdown([head, *found]), "\n")
    print(markdown([("Synthetic chip's comparison", ""), *chip_rows(prints)]), "\n")
    ratios = {row[0]: float(row[4]) for row in found}
    name = f"EER of compact {CARD_MINUTIAE}-minutiae templates over that of full ones"
    plain, ordered = (ratios[f"compact, {CARD_MINUTIAE}, furthest first{how}"] for how in ("", ORDERED))
    return [Figure(f"{name}, ordered by quality", [ordered], "x", GOAL), Figure("  in any order", [plain], "x")]


if __name__ == "__main__":
    main()
