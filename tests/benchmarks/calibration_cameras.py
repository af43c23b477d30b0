"""How truly limits are judged, and cameras and card writers measured: against what is true of the synthetic ones.

`python -m tests.benchmarks.calibration_cameras` prints the table.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np

from calibration.card import conversation, timing, write_read_cycle
from calibration.errors import MeasurementRefused
from calibration.iris import distance, focus, illumination, mtf_edge, resolution, snr
from calibration.iris.stop import DistanceStop
from calibration.measurement import Measurement
from calibration.portrait import distance as portrait_distance
from calibration.portrait import exposure as portrait_exposure
from calibration.portrait import sharpness, white_balance
from calibration.slanted_edge import slanted_edge_mtf
from drivers.cards.line import CardLine, LineTruth
from drivers.cards.synthetic import SyntheticCardWriter
from drivers.iris.synthesis.camera_truth import CameraTruth, HotSpot, TargetPlacement
from drivers.iris.synthesis.target_frame import target_frame
from drivers.portrait.synthesis.colour_card import CardPlacement, PortraitTruth, card_frame
from tests.benchmarks.calibration_verdicts import drawn_verdicts
from tests.benchmarks.figure import Figure, table
from tests.calibration.drawn_edge import drawn_edge, gaussian_mtf

SHAPE = (480, 640)
GREY, CAP = TargetPlacement(target="grey"), TargetPlacement(target="cap")


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """All of them; `scratch` is not used."""
    rng = np.random.default_rng(0x43414C)
    some = 6 if quick else 20
    parts = (_verdicts, _edges, _iris_sharpness, _iris_light, _portrait, _refusals, _cards)
    return [figure for part in parts for figure in part(rng, some)]


def _verdicts(rng: np.random.Generator, some: int) -> list[Figure]:
    draws = 300 if some > 6 else 60
    tally, rough = drawn_verdicts(draws), drawn_verdicts(draws, most_uncertain=0.02)
    return [
        Figure(
            "verdicts right, truth > 2 % from a limit, u up to 0.45 % of it",
            [100 * tally.right_share],
            "%",
            99,
            "higher",
            "worst",
        ),
        Figure(
            "passes > 5 % beyond a limit, u up to 2 % of it", [float(rough.passed_far_beyond)], "", 0, "lower", "worst"
        ),
    ]


def _edges(rng: np.random.Generator, some: int) -> list[Figure]:
    off = []
    for number in range(4 * some):
        blur, angle = float(rng.uniform(0.35, 2.0)), float(rng.uniform(2, 10))
        found = slanted_edge_mtf(drawn_edge(angle, blur, noise=2.0, upright=bool(number % 2), seed=number))
        shown = found.frequency <= 8 / 19.685
        off.append(float(np.abs(found.modulation - gaussian_mtf(found.frequency, blur))[shown].max()))
    return [Figure("slanted edge, 2-10 degrees, to 8 cycles/mm at 500 ppi", off, "", 0.03, "lower", "worst")]


def _iris_camera(rng: np.random.Generator) -> CameraTruth:
    return CameraTruth(
        px_per_mm_x=float(rng.uniform(17.5, 20.5)),
        px_per_mm_y=float(rng.uniform(17.5, 20.5)),
        pupil_mm=float(rng.uniform(0, 20)),
        focus_mm=float(rng.uniform(235, 265)),
        lens_blur_px=float(rng.uniform(0.5, 1.0)),
        aperture_mm=float(rng.uniform(1.4, 2.0)),
        fall=float(rng.uniform(0.05, 0.3)),
        read_noise=float(rng.uniform(0.6, 2.5)),
        shot_noise=float(rng.uniform(0.01, 0.06)),
        fixed_pattern=float(rng.uniform(0.002, 0.015)),
    )


def _shots(placement: TargetPlacement, truth: CameraTruth, count: int, first: int = 0) -> list[np.ndarray]:
    ticks = range(first, first + count)
    return [target_frame(placement, truth, SHAPE, serial=7, tick=tick, seconds=tick / 30) for tick in ticks]


def _iris_sharpness(rng: np.random.Generator, some: int) -> list[Figure]:
    scale, modulation, ends, far = [], [], [], []
    for number in range(some):
        truth = _iris_camera(rng)
        turn = float(rng.uniform(2.2, 10)) * (-1 if number % 2 else 1)
        frames = _shots(TargetPlacement(turn_deg=turn, tilt_deg=float(rng.uniform(-3, 3))), truth, 8)
        seen = _values(resolution.measure(frames))
        for axis, true in zip("xy", truth.px_per_mm(250), strict=True):
            scale.append(100 * abs(seen[f"px_per_mm_{axis}"] / true - 1))
        for value in mtf_edge.measure(frames).values:
            modulation.append(abs(value.value - truth.modulation(float(value.name.split("_")[1]), 250)))
    for _ in range(max(2, some // 5)):
        truth = _iris_camera(rng)
        stops = [
            DistanceStop(
                float(mm),
                _shots(TargetPlacement(distance_mm=float(mm)), replace(truth, exposure_ms=8 * (mm / 250) ** 2), 4),
            )
            for mm in np.linspace(175, 345, 10)
        ]
        seen = _values(focus.measure(stops))
        fine = np.linspace(120, 450, 3301)
        sharp = fine[[truth.modulation(2, float(mm)) >= 0.6 for mm in fine]]
        ends += [abs(seen["focus_near"] - sharp.min()), abs(seen["focus_far"] - sharp.max())]
        farthest = min(truth.px_per_mm(250)) * (250 + truth.pupil_mm) * 11.7 / 210 - truth.pupil_mm
        far.append(abs(_values(distance.measure(stops[::3]))["iris_farthest"] - farthest))
    return [
        Figure("iris: px/mm of each axis, tilted by 3 degrees at most", scale, "%", 0.1, "lower", "worst"),
        Figure("iris: modulation at 1-4 lp/mm", modulation, "", 0.03, "lower", "worst"),
        Figure("iris: ends of the range of focus", ends, "mm", 2.0, "lower", "worst"),
        Figure("iris: farthest place of 210 pixels", far, "mm", 2.0, "lower", "worst"),
    ]


def _iris_light(rng: np.random.Generator, some: int) -> list[Figure]:
    even, spot, swing, noise, pattern = [], [], [], [], []
    for number in range(max(3, some // 2)):
        strength = float(rng.uniform(0.05, 0.3))
        place = (float(rng.uniform(-0.3, 0.3)), float(rng.uniform(-0.2, 0.2)), float(rng.uniform(0.03, 0.07)))
        truth = replace(
            _iris_camera(rng),
            hot_spots=(HotSpot(*place, strength),),
            flicker=float(rng.uniform(0.05, 0.2)),
            flicker_hz=float(rng.uniform(97, 103)) + 4 * (number % 2),
        )
        times = np.cumsum(rng.uniform(0.95, 1.05, 40)) / 30
        frames = [
            target_frame(GREY, truth, SHAPE, serial=7, tick=tick, seconds=float(at)) for tick, at in enumerate(times)
        ]
        seen = _values(illumination.measure(frames, times.tolist(), black=truth.black))
        blocks = illumination.block_means(truth.light(SHAPE))
        even.append(abs(seen["evenness"] - 100 * blocks.min() / blocks.max()))
        spot.append(abs(seen["hot_spot"] - 100 * strength))
        swing.append(abs(seen["flicker"] - 200 * truth.flicker_seen()))
        still = replace(truth, flicker=0.0, hot_spots=())
        told = _values(snr.measure(_shots(GREY, still, 16), _shots(CAP, still, 8, 50)))
        noise.append(abs(told["snr"] - still.snr_db(told["grey_card"])))
        pattern.append(100 * abs(told["fixed_pattern"] / (100 * still.fixed_pattern) - 1))
    return [
        Figure("iris: evenness, in percent of light", even, "%", 1.0, "lower", "worst"),
        Figure("iris: hot spots of 5-30 %", spot, "%", 2.0, "lower", "worst"),
        Figure("iris: flicker about 100 Hz", swing, "%", 1.0, "lower", "worst"),
        Figure("iris: SNR (5 % are 0.42 dB)", noise, "dB", 0.42, "lower", "worst"),
        Figure("iris: fixed pattern of 0.2-1.5 %", pattern, "%", 10.0, "lower", "worst"),
    ]


def _portrait(rng: np.random.Generator, some: int) -> list[Figure]:
    colour, stops, half, away = [], [], [], []
    for number in range(max(3, some // 2)):
        truth = PortraitTruth(
            px_per_mm=float(rng.uniform(1.0, 1.25)),
            blur_px=float(rng.uniform(0.5, 1.1)),
            light_k=float(rng.uniform(4000, 6500)),
            exposure_stops=float(rng.uniform(-0.9, -0.2)),
        )
        mm, turn = float(rng.uniform(620, 780)), float(rng.uniform(4, 10)) * (-1 if number % 2 else 1)
        placement = CardPlacement(distance_mm=mm, turn_deg=turn)
        frames = [card_frame(placement, truth, SHAPE, serial=7, tick=tick) for tick in range(6)]
        seen = _values(white_balance.measure(frames))
        red, _, blue = truth.gains()
        colour += [100 * abs(seen["red_over_green"] / red - 1), 100 * abs(seen["blue_over_green"] / blue - 1)]
        true_stops = truth.exposure_stops + np.log2(1 - truth.fall / 2)
        stops.append(abs(_values(portrait_exposure.measure(frames))["exposure_error"] - true_stops))
        mtf50 = (np.log(2) / 2) ** 0.5 / np.pi / truth.blur_px
        half.append(100 * abs(_values(sharpness.measure(frames))["mtf50"] / mtf50 - 1))
        told = _values(portrait_distance.measure(frames, focal_px=truth.px_per_mm * 700))
        away.append(100 * abs(told["distance"] / mm - 1))
    return [
        Figure("portrait: red and blue over green", colour, "%", 1.0, "lower", "worst"),
        Figure("portrait: exposure", stops, "stops", 0.05, "lower", "worst"),
        Figure("portrait: MTF50", half, "%", 5.0, "lower", "worst"),
        Figure("portrait: distance", away, "%", 0.5, "lower", "worst"),
    ]


def _refusals(rng: np.random.Generator, some: int) -> list[Figure]:
    bad = {
        "none": GREY,
        "tilted": TargetPlacement(tilt_deg=10),
        "turned": TargetPlacement(turn_deg=20),
        "upside down": TargetPlacement(turn_deg=185),
        "beside": TargetPlacement(x_mm=12),
        "dirty": TargetPlacement(specks=5),
        "hand": TargetPlacement(covered=0.3),
        "dark": CAP,
    }
    measured = refused = 0
    for _ in range(max(2, some // 5)):
        truth = replace(_iris_camera(rng), lens_blur_px=0.75)
        for placement in bad.values():
            refused += _refuses(lambda p=placement, t=truth: mtf_edge.measure(_shots(p, t, 4)))  # type: ignore[misc]
            measured += 1
    false = sum(
        _refuses(lambda: mtf_edge.measure(_shots(TargetPlacement(tilt_deg=3), _iris_camera(rng), 4)))
        for _ in range(some)
    )
    return [
        Figure("iris: bad placements refused", [100 * refused / measured], "%", 100, "higher", "worst"),
        Figure("iris: good placements refused", [100 * false / some], "%", 0, "lower", "worst"),
    ]


def _refuses(measure: Callable[[], Measurement]) -> bool:
    try:
        measure()
    except MeasurementRefused:
        return True
    return False


def _cards(rng: np.random.Generator, some: int) -> list[Figure]:
    held, off = [], []
    for number in range(some):
        rate = float(10 ** rng.uniform(-5, -3.5))
        line = CardLine(LineTruth(bit_error_rate=rate, spread=0.0, seed=number))
        with SyntheticCardWriter(card_delay_s=0, line=line) as writer:
            exercise = conversation.exercise(writer, 100, Event(), clock=line.now)
            resets = conversation.power_ups(writer, 20, Event(), clock=line.now)
        held.append(_values(write_read_cycle.measure(exercise))["bit_error_bound"] >= rate)
        true = 1000 * (line.truth.command_s + line.truth.byte_s * (5 + conversation.PATTERN_BYTES + 2))
        off.append(100 * abs(_values(timing.measure(exercise, resets))["write_p50"] / true - 1))
    return [
        Figure("card: bounds that hold the true rate (95 % are meant)", [100 * np.mean(held)], "%", 85, "higher"),
        Figure("card: time of a write", off, "%", 1.0, "lower", "worst"),
    ]


def _values(measurement: Measurement) -> dict[str, float]:
    return {value.name: value.value for value in measurement.values}


if __name__ == "__main__":
    print(table(figures(Path(), quick=False)))
