"""Fusion: comparisons of several fingers and irises become one false match rate, and a threshold for a whole search.

Each comparison gives a surprise: minus the logarithm of the share of strangers that come as near or nearer. Strangers'
surprises add up like waiting times (Fisher's method), so that the sum of k of them stands for the rate Q(k, sum). What
persons have in common beyond that, and what the tables say wrongly, is in the line that the fit lays through the tail
of strangers' sums.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from gateway.duplicates.values import Strength

FIT_FILE = "duplicate_fit.json"
FALSE_ALARM_RATE = 1e-3
"""Of a search: one new person in a thousand may be warned of wrongly."""
LEAST_FMR = 1e-12
_MOST_SURPRISE = 40.0
"""Of one comparison: what lies beyond says no more."""
_LIKELY, _CERTAIN = math.log(1e2), math.log(1e5)
"""So many times rarer among strangers than at the threshold."""


@dataclass(frozen=True)
class SurpriseTable:
    """Minus the logarithm of the share of strangers that reach a score.

    Parameters
    ----------
    scores : tuple of float
        Rising; of irises distances with their sign turned, so that more is more alike.
    surprises : tuple of float
        At these scores, rising; under the first it is 0, beyond the last the straight line goes on.
    slope : float
        Of that line.
    """

    scores: tuple[float, ...]
    surprises: tuple[float, ...]
    slope: float

    def surprise(self, score: float) -> float:
        """0 to 40."""
        if score >= self.scores[-1]:
            return min(_MOST_SURPRISE, self.surprises[-1] + self.slope * (score - self.scores[-1]))
        return float(np.interp(score, self.scores, self.surprises, left=0.0))


@dataclass(frozen=True)
class DuplicateFit:
    """What `tests/benchmarks/fit_duplicate_threshold.py` finds.

    Parameters
    ----------
    finger, iris : SurpriseTable
        Over the log-odds of two templates, and over minus the distance of two codes.
    offset, slope : float
        Strangers' fused surprise exceeds t in a share exp(-(t - offset) / slope) of pairs of persons.
    """

    finger: SurpriseTable
    iris: SurpriseTable
    offset: float
    slope: float

    def least_surprise(self, people: int, false_alarm_rate: float) -> float:
        """The threshold at which a search of so many strangers gives an alarm with that probability.

        Never under what the tables alone would ask for.

        Raises
        ------
        ValueError
            The rate is not within 0 and 1, both excluded; `people` is under 1.
        """
        if not 0 < false_alarm_rate < 1 or people < 1:
            raise ValueError(f"no threshold for {people} people at a false alarm rate of {false_alarm_rate}")
        asked = math.log(people / false_alarm_rate)
        return max(asked, self.offset + self.slope * asked)

    def rate(self, fused: float) -> float:
        """Share of strangers whose fused surprise reaches `fused`."""
        exponent = min(fused, (fused - self.offset) / self.slope)
        return min(1.0, max(LEAST_FMR, math.exp(-exponent)))


def fused_surprise(surprises: Sequence[float], hypotheses: int = 1) -> float:
    """One surprise for several independent ones, of the best of some hypotheses.

    Parameters
    ----------
    surprises : sequence of float
        One for each pair of samples compared; without any the answer is 0.
    hypotheses : int
        In how many ways the samples were laid against each other.

    References
    ----------
    R. A. Fisher, Statistical Methods for Research Workers, 4th ed. 1932, clause 21.1, by the gamma distribution.
    """
    count, total = len(surprises), math.fsum(surprises)
    if not count or total <= 0:
        return 0.0
    # ln of the sum of total^i / i! for i < count, from its largest term.
    terms = [i * math.log(total) - math.lgamma(i + 1) for i in range(count)]
    largest = max(terms)
    series = largest + math.log(math.fsum(math.exp(term - largest) for term in terms))
    return max(0.0, total - series - math.log(hypotheses))


def strength(fused: float, threshold: float) -> Strength:
    """In words, how far beyond the threshold a candidate is."""
    if fused >= threshold + _CERTAIN:
        return Strength.CERTAIN
    return Strength.LIKELY if fused >= threshold + _LIKELY else Strength.POSSIBLE


@cache
def fitted() -> DuplicateFit:
    """The fit that the package comes with."""
    return read_fit((files("gateway.duplicates") / FIT_FILE).read_text("utf-8"))


def read_fit(text: str) -> DuplicateFit:
    """The fit in a document of the fit's program."""
    values = json.loads(text)
    tables = [
        SurpriseTable(tuple(part["scores"]), tuple(part["surprises"]), part["slope"])
        for part in (values["finger"], values["iris"])
    ]
    return DuplicateFit(tables[0], tables[1], values["fused"]["offset"], values["fused"]["slope"])
