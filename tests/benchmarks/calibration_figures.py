"""How well the scanner's procedures recover the truth of drawn scanners, beside the goals.

`python -m tests.benchmarks.calibration_figures [--scanners N] [--first SEED] [--quick]`

Every scanner is drawn anew: 480 to 520 ppi on each axis, displaced by up to 0.6 pixel rms, optics of 8 to 30 um, uneven
light, bad pixels, fixed pattern, noise of a real scanner, a bent response in half of them. Targets are turned by up to
3 degrees, the slanted edges so that they lean by 2 to 10.

The slanted edge's peer is the transfer function of the drawn optics and pixels, in closed form.
"""

import argparse
import sys
import time
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from calibration.correction import Correction
from calibration.factors import Factors
from calibration.installed import installed_procedures
from calibration.measurement import Measurement
from calibration.procedures import plan
from calibration.scanner.areas import area_means
from calibration.scanner.ctf_bars import measure_ctf_bars
from calibration.scanner.geometry import measure_geometry
from calibration.scanner.mtf_edge import measure_mtf_edge
from calibration.scanner.mtf_sine import measure_mtf_sine
from calibration.scanner.resolution import measure_resolution
from calibration.scanner.snr import measure_snr
from drivers import DeviceKind
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth
from tests.benchmarks.figure import Figure, table
from tests.calibration.scanner_scenes import (
    DARK,
    GREY,
    LIGHT,
    SHAPE,
    corrected,
    darkness_of,
    frames_of,
    levelled,
    looked_at,
    measured_in_order,
    real_scanner,
    target,
    value,
)

_QUICK = 3

Found = dict[str, list[float]]
Level = tuple[Measurement, Measurement]
_GOALS = (
    ("ppi, error of each axis", "%", 0.1),
    ("geometric error map, rms of the error", "pixel", 0.1),
    ("sine MTF at 1-10 cycles/mm, error", "", 0.02),
    ("bar CTF at 1-10 cycles/mm, error", "", 0.02),
    ("slanted-edge MTF up to 8 cycles/mm, error", "", 0.03),
    ("SNR, error", "%", 5.0),
    ("gain by photon transfer, error", "%", 5.0),
    ("read noise, error", "%", 10.0),
    ("bad pixels missed", "", 0.0),
    ("good pixels called bad, of 100,000", "", 1.0),
    ("non-uniformity left after the flat field", "% rms", 0.3),
    ("passes more than 5 % beyond a limit", "", 0.0),
    ("full scanner plan, synthetic device", "s", 20.0),
    ("full scanner plan, processor", "s", 20.0),
)


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scanners", type=int, default=12, help="how many are drawn (12)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--quick", action="store_true", help="three scanners, within a minute")
    options = parser.parse_args()
    scanners = min(options.scanners, _QUICK) if options.quick else options.scanners
    found: Found = defaultdict(list)
    for seed in range(options.first, options.first + scanners):
        one_scanner(seed, found)
    started = time.process_time()
    found["full scanner plan, synthetic device"].append(plan_seconds())
    found["full scanner plan, processor"].append(time.process_time() - started)
    figures = [Figure(name, found[name], unit, goal=goal, judged="worst") for name, unit, goal in _GOALS if found[name]]
    untold = 100 * float(np.mean(found["untold"]))
    figures.append(Figure("correction of a frame of 374 x 388", correction_ms(), "ms", goal=2.0))
    figures.append(Figure("fields that beat with the pixels, not told", [untold], "%"))
    sys.stdout.write(f"{scanners} scanners; the worst value counts\n\n{table(figures)}\n")
    return int(any(figure.verdict == "MISSED" for figure in figures))


def one_scanner(seed: int, found: Found) -> None:
    """Measure one scanner and add its errors."""
    truth = real_scanner(seed)
    turns = np.random.default_rng([seed, 0x54]).uniform(-3, 3, 6)
    _scale(truth, turns, found)
    level = levelled(truth)
    _evenness(truth, level, found)
    _modulation(truth, level, turns, found)
    _edges(truth, level, float(np.random.default_rng([seed, 0x45]).uniform(-3, 4.9)), found)
    _noise(truth, found)


def _scale(truth: ScannerTruth, turns: NDArray[np.float64], found: Found) -> None:
    ladder = target("ronchi-1")
    upright = frames_of(truth, ladder, turn_deg=turns[0], take=1)
    lying = frames_of(truth, ladder, turn_deg=90 + turns[1], take=2)
    scale = measure_resolution(upright, lying, ladder)
    for axis in "xy":
        error = value(scale, f"ppi_{axis}") / getattr(truth, f"ppi_{axis}") - 1
        found["ppi, error of each axis"].append(100 * abs(error))
    maps = measure_geometry(upright, lying, ladder).series
    for axis, displaced in zip("xy", truth.fields(SHAPE).displacement_px, strict=True):
        off = np.asarray(maps[f"error_{axis}"], np.float64) - displaced
        found["geometric error map, rms of the error"].append(float(np.sqrt((off**2).mean())))


def _evenness(truth: ScannerTruth, level: Level, found: Found) -> None:
    fields, (flat, bad) = truth.fields(SHAPE), level
    planted, told = fields.hot | fields.dead, np.asarray(bad.series["bad"], np.bool_)
    found["bad pixels missed"].append(float((planted & ~told).sum()))
    found["good pixels called bad, of 100,000"].append(float((told & ~planted).sum() / told.size * 100_000))
    # Free of noise: what the map makes of even light that the true gain bends.
    even = (fields.gain * np.asarray(flat.series["gain"], np.float32))[~planted]
    found["non-uniformity left after the flat field"].append(100 * float(even.std() / even.mean()))


def _modulation(truth: ScannerTruth, level: Level, turns: NDArray[np.float64], found: Found) -> None:
    for name, prefix, measure, true in (
        ("sine MTF", "mtf", measure_mtf_sine, true_mtf),
        ("bar CTF", "ctf", measure_ctf_bars, true_ctf),
    ):
        chart = target("sine-1-10" if prefix == "mtf" else "bars-1-10")
        lays = [
            corrected(frames_of(truth, chart, 16, turn_deg=90 * quarter + turns[2 + quarter], take=3 + quarter), level)
            for quarter in (0, 1)
        ]
        series = measure(lays[0], lays[1], chart).series
        for quarter, axis in enumerate("xy"):
            for frequency, told in zip(series[f"{prefix}_frequency"], series[f"{prefix}_{axis}"], strict=True):
                found["untold"].append(float(not np.isfinite(told)))
                if np.isfinite(told):
                    error = float(told) - true(truth, float(frequency), 90 * quarter + turns[2 + quarter])
                    found[f"{name} at 1-10 cycles/mm, error"].append(abs(error))


def _edges(truth: ScannerTruth, level: Level, turn: float, found: Found) -> None:
    chart = target("slanted-edge")
    series = measure_mtf_edge(corrected(frames_of(truth, chart, 16, turn_deg=turn, take=7), level), chart).series
    for axis, lean in (("x", 5.0), ("y", 95.0)):
        for frequency, told in zip(series["mtf_edge_frequency"], series[f"mtf_edge_{axis}"], strict=True):
            if frequency <= 8:
                error = float(told) - true_mtf(truth, float(frequency), turn + lean)
                found["slanted-edge MTF up to 8 cycles/mm, error"].append(abs(error))


def _noise(truth: ScannerTruth, found: Found) -> None:
    light, dark, grey = (frames_of(truth, name, 16, take=take) for take, name in ((11, LIGHT), (12, DARK), (13, GREY)))
    told = measure_snr(light, target(LIGHT), dark, target(DARK), darkness_of(truth), [grey])
    for name, lit in (("snr_white", LIGHT), ("snr_black", DARK)):
        found["SNR, error"].append(100 * abs(value(told, name) / true_snr(truth, lit) - 1))
    found["gain by photon transfer, error"].append(100 * abs(value(told, "gain") / truth.shot_gain - 1))
    found["read noise, error"].append(100 * abs(value(told, "read_noise") / truth.read_noise - 1))


def true_mtf(truth: ScannerTruth, frequency: float, turn_deg: float) -> float:
    """Of optics and pixels, in closed form."""
    return float(truth.optics.transfer(np.array([frequency]), turn_deg)[0])


def true_ctf(truth: ScannerTruth, frequency: float, turn_deg: float) -> float:
    """Coltman's series: what is left of bars in the middle of each."""
    order = 2 * np.arange(60) + 1
    sign = np.where(np.arange(60) % 2, -1.0, 1.0)
    return float((4 / np.pi * sign / order * truth.optics.transfer(order * frequency, turn_deg)).sum())


def true_snr(truth: ScannerTruth, lit: str) -> float:
    """What 97 of 100 areas reach, rounding to whole levels included."""

    def signal(name: str) -> NDArray[np.float64]:
        reflectance = target(name).fields[0].light ** truth.gamma
        return np.asarray(truth.fields(SHAPE).gain * reflectance * (truth.white - truth.dark), np.float64)

    variance = truth.read_noise**2 + truth.shot_gain * signal(lit) + 1 / 12
    step = area_means(np.asarray(signal(LIGHT) - signal(DARK), np.float32), 500)
    return float(np.quantile(step / np.sqrt(area_means(np.asarray(variance, np.float32), 500)), 0.03))


def correction_ms() -> list[float]:
    """Processor time of correcting a frame, as captures and previews take it; rounds of 20."""
    rng = np.random.default_rng(1)
    factors = Factors(
        rng.uniform(0.8, 1.2, SHAPE).astype(np.float32),
        rng.uniform(0, 9, SHAPE).astype(np.float32),
        rng.random(SHAPE) < 0.005,
        501.0,
        499.0,
    )
    correction, frame = Correction(factors), rng.integers(0, 256, SHAPE, dtype=np.uint8)
    correction.apply(frame)  # made ready once, as `accept` does
    times = []
    for _ in range(10):
        started = time.process_time()
        for _ in range(20):
            correction.apply(frame)
        times.append(1000 * (time.process_time() - started) / 20)
    return times


def plan_seconds() -> float:
    """Time of all frames and all procedures, on a scanner that delivers as fast as it draws."""
    started = time.monotonic()
    procedures = plan(installed_procedures(), DeviceKind.FINGERPRINT_SCANNER)
    measured_in_order(procedures, *looked_at(real_scanner(1), procedures))
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
