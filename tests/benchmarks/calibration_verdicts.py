"""Verdicts on both sides of limits: on values, at every limit of every standard, and on whole scanners, measured.

`python -m tests.benchmarks.calibration_verdicts [--scanners N] [--first SEED] [--quick]`

Of a scanner one quantity is drawn up to a tenth of its limit to either side, and the truth made so that it has it: ppi
of an axis, sine MTF or bar CTF at one frequency, signal to noise in light and dark, bend of the response. The
procedures measure it as the plan does, and the verdict is held against the truth.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from scipy.optimize import brentq

from calibration.limits import Limit, limits_of, standards
from calibration.measurement import Measured, Measurement
from calibration.scanner.ctf_bars import measure_ctf_bars
from calibration.scanner.grey_linearity import measure_grey_linearity
from calibration.scanner.mtf_sine import measure_mtf_sine
from calibration.scanner.resolution import measure_resolution
from calibration.scanner.snr import measure_snr
from calibration.verdict import Decision, judged, judged_cases, verdicts
from drivers.fingerprint.synthesis.drawn_truth import drawn_truth
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth
from drivers.fingerprint.synthesis.target_element import ElementKind
from tests.benchmarks.calibration_figures import true_ctf, true_mtf, true_snr
from tests.benchmarks.figure import Figure, table
from tests.calibration.scanner_scenes import DARK, LIGHT, corrected, darkness_of, frames_of, levelled, target

CLEAR, FAR = 0.02, 0.05
MOST_UNCERTAIN = 0.0045
"""Standard uncertainty as a share of the limit: with 2 u of guard band and 2 % of distance, about what 99 % allow."""
_CASES = 200
_SHARP_MM, _DULL_MM = 0.004, 0.09
"""Optics at both ends: point spread functions of that deviation."""


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


def measured_verdicts(scanners: int, first: int = 0) -> Tally:
    """So many scanners, each drawn at one limit of Appendix F, measured by the procedure that the limit is about."""
    clear = right = far = passed = 0
    limits = limits_of("appendix-f-500")
    for seed in range(first, first + scanners):
        rng = np.random.default_rng([seed, 0x564D])
        kind = _KINDS[seed % len(_KINDS)]
        name, measurement, value = kind(drawn_truth(seed, 500.0), float(rng.uniform(-0.1, 0.1)), rng)
        (verdict,) = (each for each in verdicts(limits, [measurement]) if each.limit.name == name)
        limit = verdict.limit
        bound = limit.at_most if limit.at_least is None else limit.at_least
        margin = _margin(limit, value) / (bound or 1.0)
        # The whole band of ppi is 2 % wide: there a fifth of a percent is clear.
        if abs(margin) > (0.002 if name.startswith("ppi") else CLEAR):
            clear += 1
            right += verdict.decision is (Decision.PASS if margin > 0 else Decision.FAIL)
        if margin < -FAR:
            far += 1
            passed += verdict.decision is Decision.PASS
    return Tally(clear, right, far, passed)


Drawn = tuple[str, Measurement, float]
"""The name of a limit, what was measured, and the truth."""


def _ppi(truth: ScannerTruth, off: float, rng: np.random.Generator) -> Drawn:
    axis = "xy"[int(rng.integers(2))]
    # Up to 6 % off: nobody finds a target that is a tenth larger than it is.
    bound, outward = (495.0, -1) if rng.random() < 0.5 else (505.0, 1)
    ppi = bound * (1 + outward * (abs(off) * 0.6 if off < 0 else -off * 0.1))
    made = replace(truth, **{f"ppi_{axis}": ppi})
    ladder = target("ronchi-1")
    upright, lying = (
        frames_of(made, ladder, turn_deg=90 * turns + float(rng.uniform(-3, 3)), take=turns) for turns in (0, 1)
    )
    return f"ppi_{axis}", measure_resolution(upright, lying, ladder), ppi


_CHARTS = (
    ("mtf", "sine-1-10", measure_mtf_sine, true_mtf),
    ("ctf", "bars-1-10", measure_ctf_bars, true_ctf),
)


def _modulation(truth: ScannerTruth, off: float, rng: np.random.Generator) -> Drawn:
    cycles = int(rng.integers(1, 11))
    prefix, chart, measure, true = _CHARTS[int(rng.integers(2))]
    (curve,) = (each for each in limits_of("appendix-f-500").curves if each.name == prefix)
    turn = float(rng.uniform(-3, 3))

    def told(blur_mm: float) -> float:
        made = replace(truth, blur_mm=blur_mm)
        return min(true(made, cycles, turn), true(made, cycles, 90 + turn))

    least = curve.limit_at(cycles).at_least or 0.0
    # At low frequencies no optics is a tenth better than the limit, as nothing exceeds 1, or a tenth worse.
    wanted = float(np.clip(least * (1 + off), told(_DULL_MM), told(_SHARP_MM)))
    made = replace(truth, blur_mm=brentq(lambda blur_mm: told(blur_mm) - wanted, _SHARP_MM, _DULL_MM))
    level = levelled(made, 32)
    stacks = [
        corrected(frames_of(made, target(chart), 16, turn_deg=90 * turns + turn, take=3 + turns), level)
        for turns in (0, 1)
    ]
    # The drawn target has the very reflectances of its file, as one that was measured beyond doubt.
    known = replace(target(chart), reflectance_uncertainty=0.0)
    return f"{prefix}_{cycles}", measure(stacks[0], stacks[1], known), told(made.blur_mm)


def _noise(truth: ScannerTruth, off: float, rng: np.random.Generator) -> Drawn:
    name, lit = (("snr_white", LIGHT), ("snr_black", DARK))[int(rng.integers(2))]
    wanted = 125.0 * (1 + off)

    def told(read_noise: float) -> float:
        return true_snr(replace(truth, read_noise=read_noise), lit)

    made = replace(truth, read_noise=brentq(lambda read_noise: told(read_noise) - wanted, 0.0, 5.0))
    light, dark = (frames_of(made, chart, 16, take=take) for take, chart in ((11, LIGHT), (12, DARK)))
    measurement = measure_snr(light, target(LIGHT), dark, target(DARK), darkness_of(made))
    return name, measurement, told(made.read_noise)


def _response(truth: ScannerTruth, off: float, rng: np.random.Generator) -> Drawn:
    chart = target("step-tablet-12")
    patches = np.array([each.light for each in chart.of_kind(ElementKind.UNIFORM)])

    def told(gamma: float) -> float:
        grey = (truth.white - truth.dark) * patches**gamma
        return float(np.abs(grey - np.polyval(np.polyfit(patches, grey, 1), patches)).max())

    made = replace(truth, gamma=brentq(lambda gamma: told(gamma) - 7.65 * (1 + off), 1.0, 2.0))
    steps = frames_of(made, chart, 16, turn_deg=float(rng.uniform(-3, 3)), take=21)
    return "linearity", measure_grey_linearity(corrected(steps, levelled(made, 32)), chart), told(made.gamma)


def covered(scanners: int, first: int = 0) -> tuple[int, int]:
    """Values of modulation that lie within 2 u of the truth, and all, on targets that are not quite what they say.

    Every reflectance of a drawn target differs from its file's by a normal deviate of the uncertainty that is assumed
    where a certificate is silent; optics from sharper than any limit to duller.
    """
    within = of = 0
    for seed in range(first, first + scanners):
        rng = np.random.default_rng([seed, 0x434F56])
        blur_mm = float(np.exp(rng.uniform(np.log(0.008), np.log(0.045))))
        truth = replace(drawn_truth(seed, 500.0), blur_mm=blur_mm)
        level, turn = levelled(truth, 16), float(rng.uniform(-3, 3))
        for prefix, chart, measure, true in _CHARTS:
            told = target(chart)
            off = 1 + told.reflectance_uncertainty * rng.standard_normal((len(told.fields), 2))
            fields = (
                replace(f, light=f.light * a, dark=f.dark * b) for f, (a, b) in zip(told.fields, off, strict=True)
            )
            shown = frames_of(truth, replace(told, fields=tuple(fields)), 8, turn_deg=turn, take=3)
            for value in measure(corrected(shown, level), None, told).values:
                error = value.value - true(truth, float(value.name.removeprefix(f"{prefix}_")), turn)
                within, of = within + (abs(error) <= 2 * value.uncertainty), of + 1
    return within, of


_KINDS: tuple[Callable[[ScannerTruth, float, np.random.Generator], Drawn], ...] = (_ppi, _modulation, _noise, _response)


def figures_of(values: Tally, draws: int, scanners: Tally, drawn: int, covers: tuple[int, int]) -> list[Figure]:
    """Both tallies beside their goals."""
    found = []
    for what, tally in ((f"{drawn} scanners, measured", scanners), (f"{draws} values at each limit", values)):
        found += [
            Figure(f"verdicts right, {what}, > 2 % off", [100 * tally.right_share], "%", goal=99.0, better="higher"),
            Figure(
                f"passes > 5 % beyond, {what}", [float(tally.passed_far_beyond)], f"of {tally.far_beyond}", goal=0.0
            ),
        ]
    within, of = covers
    what = f"modulation within 2 u of the truth, targets off by 1 %, {of} values"
    return [*found, Figure(what, [100 * within / of], "%", goal=95.0, better="higher")]


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scanners", type=int, default=300, help="how many are drawn (300)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--quick", action="store_true", help="12 scanners, and a fifth of the values: within a minute")
    options = parser.parse_args()
    count, draws = (min(options.scanners, 12), 60) if options.quick else (options.scanners, 300)
    scanners = measured_verdicts(count, options.first)
    figures = figures_of(drawn_verdicts(draws), draws, scanners, count, covered(max(3, count // 30), options.first))
    sys.stdout.write(f"{scanners.clear} of {count} scanners lie clear of their limit\n\n{table(figures)}\n")
    return int(any(figure.verdict == "MISSED" for figure in figures))


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


if __name__ == "__main__":
    sys.exit(main())
