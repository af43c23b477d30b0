"""Verdicts on values drawn on both sides of every limit of every standard."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from calibration.limits import Limit, limits_of, standards
from calibration.measurement import Measured
from calibration.verdict import Decision, judged, judged_cases

CLEAR, FAR = 0.02, 0.05
MOST_UNCERTAIN = 0.0045
"""Standard uncertainty as a share of the limit: with 2 u of guard band and 2 % of distance, about what 99 % allow."""
_CASES = 200


@dataclass(frozen=True)
class Tally:
    """Of all draws."""

    clear: int
    """Truths more than 2 % from the limit."""
    right: int
    far_beyond: int
    """Truths more than 5 % beyond."""
    passed_far_beyond: int

    @property
    def right_share(self) -> float:
        """Of the clear ones."""
        return self.right / max(self.clear, 1)


def drawn_verdicts(draws: int, most_uncertain: float = MOST_UNCERTAIN) -> Tally:
    """So many devices at each bound of each limit, a tenth on either side of it, measured with noise."""
    rng = np.random.default_rng(0x5645)
    clear = right = far = passed = 0
    for standard in standards():
        found = limits_of(standard)
        every = [*found.limits, *(curve.limit_at(f) for curve in found.curves for f in (1, 5, 10))]
        for limit, bound, inward in (place for each in every for place in _bounds(each)):
            for _ in range(draws):
                off = float(rng.uniform(-0.1, 0.1))  # inwards, as a share of the bound
                truth = bound + inward * off * abs(bound)
                # A range narrower than the draws has its other bound, too: there the truth decides.
                margin = _margin(limit, truth) / abs(bound)
                decision = _decision(limit, truth, float(rng.uniform(0.1, 1)) * most_uncertain * abs(bound), rng)
                if abs(margin) > CLEAR:
                    clear += 1
                    right += decision is (Decision.PASS if margin > 0 else Decision.FAIL)
                if margin < -FAR:
                    far += 1
                    passed += decision is Decision.PASS
    return Tally(clear, right, far, passed)


def _bounds(limit: Limit) -> list[tuple[Limit, float, int]]:
    pairs = ((limit.at_least, 1), (limit.at_most, -1))
    return [(limit, bound, inward) for bound, inward in pairs if bound]


def _margin(limit: Limit, value: float) -> float:
    low = np.inf if limit.at_least is None else value - limit.at_least
    high = np.inf if limit.at_most is None else limit.at_most - value
    return float(min(low, high))


def _decision(limit: Limit, truth: float, uncertainty: float, rng: np.random.Generator) -> Decision:
    if limit.share is None:
        value = truth + uncertainty * float(rng.standard_normal())
        return judged(limit, Measured(limit.of, value, uncertainty, limit.unit)).decision
    # The case at the end of the share is the truth; those before it lie well within, those after far beyond.
    beyond = _CASES - ceil(limit.share * _CASES - 1e-9)
    bound = limit.at_least if limit.at_most is None else limit.at_most
    inward = 1 if limit.at_most is None else -1
    cases = np.full(_CASES, (bound or 0.0) * (1 + 0.5 * inward))
    cases[:beyond] = (bound or 0.0) * (1 - 0.5 * inward)
    cases[beyond] = truth + uncertainty * float(rng.standard_normal())
    return judged_cases(limit, cases, Measured(limit.of, truth, uncertainty, limit.unit)).decision
