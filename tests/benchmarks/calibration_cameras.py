"""How truly limits are judged, and cameras and card writers measured: against what is true of the synthetic ones.

`python -m tests.benchmarks.calibration_cameras [--quick]` prints the table.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np

from calibration.camera.placement import check_colour_card, check_square
from calibration.camera.target import IRIS_SQUARE, PORTRAIT_CARD
from calibration.card import conversation, timing, write_read_cycle
from calibration.colour_correction import ColourCorrection
from calibration.errors import MeasurementRefused
from calibration.factors import factors_of
from calibration.iris import distance, focus, illumination, mtf_edge, resolution, snr
from calibration.iris.stop import DistanceStop
from calibration.measurement import Measurement
from calibration.portrait import distance as portrait_distance
from calibration.portrait import exposure as portrait_exposure
from calibration.portrait import sharpness, white_balance
from calibration.slanted_edge import slanted_edge_mtf
from drivers import DeviceKind
from drivers.cards.line import CardLine, LineTruth
from drivers.cards.synthetic import SyntheticCardWriter
from drivers.iris.synthesis.camera_truth import CameraTruth, HotSpot, TargetPlacement
from drivers.iris.synthesis.target_frame import target_frame
from drivers.iris.synthetic import SyntheticIrisCamera
from drivers.portrait.synthesis.colour_card import CardPlacement, PortraitTruth, card_frame
from drivers.portrait.synthetic import SyntheticPortraitCamera
from tests.benchmarks.calibration_verdicts import drawn_verdicts
from tests.benchmarks.figure import Figure, table
from tests.calibration.drawn_edge import drawn_edge, gaussian_mtf
from tests.calibration.sat import sat_through

SHAPE = (480, 640)
GREY, CAP = TargetPlacement(target="grey"), TargetPlacement(target="cap")


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """All of them; `scratch` is not used."""
    rng = np.random.default_rng(0x43414C)
    some = 6 if quick else 20
    parts = (
        _verdicts,
        _edges,
        _iris_sharpness,
        _iris_light,
        _portrait,
        _refusals,
        _placements,
        _cards,
        _iris_conversations,
        _other_conversations,
    )
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


def _portrait_camera(rng: np.random.Generator) -> PortraitTruth:
    return PortraitTruth(
        px_per_mm=float(rng.uniform(1.0, 1.25)),
        blur_px=float(rng.uniform(0.5, 1.1)),
        light_k=float(rng.uniform(4000, 6500)),
        exposure_stops=float(rng.uniform(-0.9, -0.2)),
    )


def _portrait(rng: np.random.Generator, some: int) -> list[Figure]:
    colour, stops, half, away = [], [], [], []
    for number in range(max(3, some // 2)):
        truth = _portrait_camera(rng)
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


def _placements(rng: np.random.Generator, some: int) -> list[Figure]:
    """What the look at one frame says while a target is placed: iris camera and portrait camera."""
    square = {
        "none": (GREY, {}),
        "too straight": (TargetPlacement(turn_deg=0.5), {}),
        "turned": (TargetPlacement(turn_deg=14), {}),
        "tilted": (TargetPlacement(tilt_deg=10), {}),
        "upside down": (TargetPlacement(turn_deg=185), {}),
        "beside": (TargetPlacement(x_mm=12), {}),
        "dirty": (TargetPlacement(specks=5), {}),
        "hand": (TargetPlacement(covered=0.3), {}),
        "out of focus": (TargetPlacement(), {"lens_blur_px": 6.5}),
        "too light": (TargetPlacement(), {"exposure_ms": 16.0}),
        "too dark": (TargetPlacement(), {"exposure_ms": 0.4}),
    }
    card = {
        "straight": (CardPlacement(turn_deg=0.5), {}),
        "tilted": (CardPlacement(tilt_deg=14), {}),
        "mirrored": (CardPlacement(mirrored=True), {}),
        "hand": (CardPlacement(covered=0.35), {}),
        "out of focus": (CardPlacement(), {"blur_px": 6.0}),
        "too light": (CardPlacement(), {"exposure_stops": 1.5}),
        "too dark": (CardPlacement(), {"exposure_stops": -5.0}),
    }
    seen = refused = good = false = 0
    for number in range(max(2, some // 4)):
        truth, room = _iris_camera(rng), _portrait_camera(rng)
        for placement, changes in square.values():
            (frame,) = _shots(placement, replace(truth, **changes), 1, number)  # type: ignore[arg-type]
            refused += _refuses(lambda f=frame: check_square(f, IRIS_SQUARE))  # type: ignore[misc]
        for laid, changes in card.values():
            shown = card_frame(laid, replace(room, **changes), SHAPE, serial=7, tick=number)  # type: ignore[arg-type]
            refused += _refuses(lambda f=shown: check_colour_card(f, PORTRAIT_CARD))  # type: ignore[misc]
        seen += len(square) + len(card)
        for turn in (-9.0, 3.2, 5.0, 8.0):
            tilt = float(rng.uniform(-3, 3))
            (frame,) = _shots(TargetPlacement(turn_deg=turn, tilt_deg=tilt), truth, 1, number)
            false += _refuses(lambda f=frame: check_square(f, IRIS_SQUARE))  # type: ignore[misc]
            shown = card_frame(CardPlacement(turn_deg=turn, tilt_deg=tilt), room, SHAPE, serial=7, tick=number)
            false += _refuses(lambda f=shown: check_colour_card(f, PORTRAIT_CARD))  # type: ignore[misc]
            good += 2
    return [
        Figure("placing: bad ones refused in one frame", [100 * refused / seen], "%", 100, "higher", "worst"),
        Figure("placing: good ones refused", [100 * false / good], "%", 0, "lower", "worst"),
    ]


def _refuses(measure: Callable[[], object]) -> bool:
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


def _iris_conversations(rng: np.random.Generator, some: int) -> list[Figure]:
    """As a technician goes through it: views laid, looked at, exposed, and the next one chosen."""
    ends, far, stops, black, straight, curved, drive = [], [], [], [], [], [], []
    for number in range(max(2, some // 5)):
        truth = replace(_iris_camera(rng), aperture_mm=float(rng.uniform(1.4, 6.0)), black=float(rng.uniform(2, 9)))
        with SyntheticIrisCamera(frame_rate=1000.0, delay_s=1000.0, truth=truth, serial=f"B-{number}") as camera:
            rail = sat_through(camera, DeviceKind.IRIS_CAMERA, "focus")
            away = sat_through(camera, DeviceKind.IRIS_CAMERA, "distance")
            drive.append(_values(sat_through(camera, DeviceKind.IRIS_CAMERA, "eye_safety"))["configured_drive"] - 62.5)
        fine = np.linspace(120, 450, 6601)
        sharp = fine[[truth.modulation(2, float(mm)) >= 0.6 for mm in fine]]
        seen = _values(rail)
        ends += [abs(seen["focus_near"] - sharp.min()), abs(seen["focus_far"] - sharp.max())]
        stops.append(float(len(rail.series["distance_mm"])))
        farthest = min(truth.px_per_mm(250)) * (250 + truth.pupil_mm) * 11.7 / 210 - truth.pupil_mm
        far.append(abs(_values(away)["iris_farthest"] - farthest))
        for gamma, into in ((1.0, straight), (0.7, curved)):
            bent = replace(truth, gamma=gamma)
            with SyntheticIrisCamera(
                frame_rate=1000.0, delay_s=1000.0, truth=bent, width=320, height=240, serial=f"B-{number}"
            ) as camera:
                told = _values(sat_through(camera, DeviceKind.IRIS_CAMERA, "exposure"))
            into.append(told["exposure_linearity"])
            if gamma == 1.0:
                black.append(abs(told["black"] - truth.black))
    return [
        Figure(
            "conversation, iris: ends of the range of focus, lenses of 1.4 to 6 mm", ends, "mm", 2.0, "lower", "worst"
        ),
        Figure("conversation, iris: stops on the rail", stops, "", 26, "lower", "worst"),
        Figure("conversation, iris: farthest place of 210 pixels", far, "mm", 2.0, "lower", "worst"),
        Figure("conversation, iris: departure of a straight sensor", straight, "%", 0.5, "lower", "worst"),
        Figure("conversation, iris: departure found of a power of 0.7", curved, "%", 1.2, "higher", "worst"),
        Figure("conversation, iris: black by exposures", black, "grey", 1.0, "lower", "worst"),
        Figure("conversation, iris: configured drive", list(np.abs(drive)), "%", 0.01, "lower", "worst"),
    ]


def _other_conversations(rng: np.random.Generator, some: int) -> list[Figure]:
    colour, focal, reach, left = [], [], [], []
    for number in range(max(2, some // 5)):
        room = _portrait_camera(rng)
        with SyntheticPortraitCamera(frame_rate=1000.0, truth=room, serial=f"B-{number}") as camera:
            seen = sat_through(camera, DeviceKind.PORTRAIT_CAMERA, "white_balance")
            away = _values(sat_through(camera, DeviceKind.PORTRAIT_CAMERA, "distance"))
            camera.show_target(CardPlacement())  # drawn anew: the correction is held against the card
            card = next(iter(camera.frames(Event()))).pixels
        red, _, blue = room.gains()
        told = _values(seen)
        colour += [100 * abs(told["red_over_green"] / red - 1), 100 * abs(told["blue_over_green"] / blue - 1)]
        focal.append(100 * abs(away["focal_px"] / (room.px_per_mm * 700) - 1))
        gains = factors_of([seen]).colour_gains
        assert gains is not None
        corrected = ColourCorrection(gains).apply(card)
        left.append(_values(white_balance.measure([corrected] * 4))["grey_chroma"])
        truth = {"reach_mm": float(rng.uniform(5, 60)), "reach_softness_mm": 0.1, "seed": number}
        with SyntheticCardWriter(card_delay_s=0, protocol="T=CL", truth=truth) as writer:
            found = _values(sat_through(writer, DeviceKind.CARD_WRITER, "field"))["reach"]
        reach.append(abs(found - truth["reach_mm"]))
    return [
        Figure("conversation, portrait: red and blue over green", colour, "%", 1.0, "lower", "worst"),
        Figure("conversation, portrait: chroma of grey after correction", left, "", 1.0, "lower", "worst"),
        Figure("conversation, portrait: focal length", focal, "%", 0.5, "lower", "worst"),
        Figure("conversation, card: reach", reach, "mm", 2.5, "lower", "worst"),
    ]


def _values(measurement: Measurement) -> dict[str, float]:
    return {value.name: value.value for value in measurement.values}


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a third of the devices, within a minute")
    found = figures(Path(), quick=parser.parse_args().quick)
    sys.stdout.write(f"{table(found)}\n")
    return int(any(figure.verdict == "MISSED" for figure in found))


if __name__ == "__main__":
    sys.exit(main())
