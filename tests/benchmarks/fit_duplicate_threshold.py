"""Fits how likely strangers look alike to the duplicate check, and writes `gateway/duplicates/duplicate_fit.json`.

`python -m tests.benchmarks.fit_duplicate_threshold` draws persons (seeds of their own: `duplicate_search` judges on
others), compares each one's second placement with everybody else's first, and writes

- for one finger, at each rate, the greater of two log-odds: what that share of drawn strangers reaches, and what that
  share of the public prints' strangers reaches (the matcher's own table, fingers held out); beyond the last the flatter
  of their two slopes;
- the same for one iris, drawn strangers against the table of the public sets;
- the line through the tail of two fingers fused, its slope at the upper end of a 90 % interval over persons.

To be run again when `analyze`, a matcher or a decision table changes. Six minutes; the same code gives the same file.
"""

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gateway.duplicates import fusion
from gateway.duplicates.fusion import DuplicateFit, SurpriseTable, fused_surprise, read_fit
from gateway.finger import FingerTemplate
from gateway.fingerprint import prepare
from gateway.fingerprint.matching.comparison import evidence_of
from gateway.fingerprint.matching.likelihood import fitted, log_odds
from gateway.iris import compare, distance_at_fmr
from tests.benchmarks.duplicate_people import FIT_PEOPLE, DrawnPerson, drawn_irises, drawn_people
from tests.benchmarks.finger_templates import ROOT

FIT = Path(fusion.__file__).with_name(fusion.FIT_FILE)
RATES = (0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
TAIL = 0.005
"""Share of the strangers' sums that the line is laid through."""
NO_EVIDENCE = -100.0
BOOTSTRAPS = 200
FEWEST_PAIRS = 10
PEOPLE, EYE_PEOPLE = 320, 60


def finger_odds(probes: Sequence[FingerTemplate], enrolled: Sequence[FingerTemplate]) -> NDArray[np.float64]:
    """(probes, enrolled) log-odds."""
    fit, mates = fitted(), [prepare(template) for template in enrolled]
    found = np.full((len(probes), len(enrolled)), NO_EVIDENCE)
    for row, template in enumerate(probes):
        probe = prepare(template)
        for column, mate in enumerate(mates):
            evidence = evidence_of(probe, mate)
            if evidence is not None:
                found[row, column] = log_odds(evidence, fit)
    return found


def surprise_table(strangers: NDArray[np.float64], public: Sequence[tuple[float, float]]) -> SurpriseTable:
    """The worse of what drawn strangers and the public ones reach.

    Parameters
    ----------
    strangers : (n,) float64
        Scores, more is more alike.
    public : sequence of (float, float)
        Rates, falling, and the score that such a share reaches.
    """
    falling = np.sort(strangers)[::-1]
    seen = [(rate, float(falling[int(rate * len(falling))])) for rate in RATES if rate * len(falling) >= FEWEST_PAIRS]
    tables = [table for table in (seen, list(public)) if table]
    least = min(table[-1][0] for table in tables)
    rows: list[tuple[float, float]] = []
    for rate in (rate for rate in RATES if rate >= least):
        score = max(value for table in tables if (value := _score_at(table, rate)) is not None)
        rows.append((score, -math.log(rate)))
    slope = min(_last_decade(table) for table in tables)
    scores = np.maximum.accumulate([score for score, _ in rows])
    return SurpriseTable(
        tuple(rounded(scores)), tuple(rounded([surprise for _, surprise in rows])), rounded([slope])[0]
    )


def _score_at(table: Sequence[tuple[float, float]], rate: float) -> float | None:
    """Interpolated over log rate, the last decade's line going on; None over the first rate."""
    if rate > table[0][0]:
        return None
    logs, scores = [-math.log(other) for other, _ in table], [score for _, score in table]
    if -math.log(rate) <= logs[-1]:
        return float(np.interp(-math.log(rate), logs, scores))
    return scores[-1] + (-math.log(rate) - logs[-1]) / _last_decade(table)


def _last_decade(table: Sequence[tuple[float, float]]) -> float:
    """Surprise for a unit of score over the last decade of rates."""
    near = next(row for row in table if row[0] <= 10.01 * table[-1][0])
    return math.log(near[0] / table[-1][0]) / (table[-1][1] - near[1])


def tail_line(fused: NDArray[np.float64]) -> tuple[float, float, float]:
    """Offset and slope of the tail of (probes, enrolled) fused surprises of strangers, NaN on the diagonal; the middle
    slope too. The slope is the 95th percentile over samples of the persons."""
    rng = np.random.default_rng(17)
    count = len(fused)
    slopes = []
    for _ in range(BOOTSTRAPS):
        chosen = rng.integers(count, size=count)
        slopes.append(_tail(fused[np.ix_(chosen, chosen)])[1])
    limit, middle = _tail(fused)
    slope = float(np.percentile(slopes, 95))
    return limit + slope * math.log(TAIL), slope, middle


def _tail(fused: NDArray[np.float64]) -> tuple[float, float]:
    """Where the tail begins, and the mean excess in it."""
    values = fused[np.isfinite(fused)]
    limit = float(np.quantile(values, 1 - TAIL))
    return limit, float((values[values > limit] - limit).mean())


def finger_parts(people: Sequence[tuple[DrawnPerson, ...]]) -> tuple[SurpriseTable, NDArray[np.float64]]:
    """The table, and (2, n, n) log-odds of second placements against first ones."""
    odds = np.stack(
        [
            finger_odds([times[1].fingers[finger] for times in people], [times[0].fingers[finger] for times in people])
            for finger in range(2)
        ]
    )
    strangers = odds[:, ~np.eye(len(people), dtype=bool)].reshape(-1)
    return surprise_table(strangers, fitted().thresholds), odds


def iris_table(count: int) -> tuple[SurpriseTable, int]:
    """The table, and from how many pairs of drawn irises."""
    pairs = []
    sittings = list(drawn_irises(FIT_PEOPLE, count, 2))
    for number, (_, again) in enumerate(sittings):
        for other, (before, _) in enumerate(sittings):
            pairs += [-compare(one.code, two.code) for one in again for two in before if number != other]
    public = [(rate, -distance_at_fmr(rate)) for rate in RATES if rate <= 0.1]
    return surprise_table(np.array(pairs), public), len(pairs)


def fused_matrix(odds: NDArray[np.float64], table: SurpriseTable) -> NDArray[np.float64]:
    """(n, n) fused surprises of both fingers."""
    return np.array(
        [
            [
                fused_surprise([table.surprise(float(value)) for value in odds[:, row, column]])
                for column in range(odds.shape[2])
            ]
            for row in range(odds.shape[1])
        ]
    )


def rounded(values: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """Numbers as the file holds them."""
    return [float(f"{value:.5g}") for value in values]


def main() -> None:
    """Draw, compare, fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--eye-people", type=int, default=EYE_PEOPLE)
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    options = parser.parse_args()
    began = time.process_time()
    people = list(drawn_people(FIT_PEOPLE, options.people, 2))
    print(f"{len(people)} people drawn twice: {time.process_time() - began:.0f} s", flush=True)
    finger, odds = finger_parts(people)
    fused = fused_matrix(odds, finger)
    mates = np.sort(np.diag(fused).copy())
    np.fill_diagonal(fused, np.nan)
    offset, slope, middle = tail_line(fused)
    print(f"fingers: {time.process_time() - began:.0f} s; tail slope {middle:.3f}, {slope:.3f} at 95 %", flush=True)
    iris, iris_pairs = iris_table(options.eye_people)
    document = {
        "made_by": "python -m tests.benchmarks.fit_duplicate_threshold",
        "people": len(people),
        "finger_pairs": 2 * len(people) * (len(people) - 1),
        "iris_pairs": iris_pairs,
        "finger": table_values(finger),
        "iris": table_values(iris),
        "fused": {"offset": rounded([offset])[0], "slope": rounded([slope])[0]},
    }
    text = json.dumps(document, indent=1) + "\n"
    report(read_fit(text), mates, fused)
    if not options.dry_run:
        FIT.write_text(text, "utf-8")
        print(f"{FIT.relative_to(ROOT)} written")
    print(f"{time.process_time() - began:.0f} s of processor time")


def table_values(table: SurpriseTable) -> dict[str, object]:
    """A table as the file holds it."""
    return {"scores": list(table.scores), "surprises": list(table.surprises), "slope": table.slope}


def report(fit: DuplicateFit, mates: NDArray[np.float64], strangers: NDArray[np.float64]) -> None:
    """What the fit says of the persons it was made on; `duplicate_search` says it of others."""
    for count in (len(mates) - 1, 5000):
        threshold = fit.least_surprise(count, fusion.FALSE_ALARM_RATE)
        alarms = int((np.nanmax(strangers, axis=1) >= threshold).sum())
        print(
            f"{count} people: threshold {threshold:.2f}; {int((mates < threshold).sum())} of {len(mates)} mates under "
            f"it, least {mates[0]:.1f}, median {np.median(mates):.1f}; {alarms} searches with a stranger over it, "
            f"most {np.nanmax(strangers):.1f}"
        )


if __name__ == "__main__":
    main()
