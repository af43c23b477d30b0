"""Synthetic scanners with a truth, and frames of what lies on their glass."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from calibration.corrected_frames import corrected_frames
from calibration.frames import FrameStack
from calibration.measurement import Measurement
from calibration.order import LAYS
from calibration.scanner.bad_pixels import measure_bad_pixels
from calibration.scanner.flat_field import measure_flat_field
from calibration.targets import Target, bundled_targets
from drivers.fingerprint.synthesis.drawn_target import draw_target
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth, sensed
from drivers.fingerprint.synthesis.target_element import EMPTY_GLASS, LaidTarget

SHAPE = (374, 388)
LIGHT, GREY, DARK = "uniform-light", "uniform-grey", "uniform-dark"
OF_KIND = {
    "ladder": "ronchi-1",
    "steps": "step-tablet-12",
    "sine": "sine-1-10",
    "bars": "bars-1-10",
    "edge": "slanted-edge",
}
OF_LIGHTNESS = {"light": LIGHT, "grey": GREY, "dark": DARK}


def target(name: str) -> Target:
    return bundled_targets()[name]


def real_scanner(seed: int) -> ScannerTruth:
    """One with the faults and the noise that scanners have: SNR 60 to 180 in light."""
    rng = np.random.default_rng([seed, 0x5343])
    return ScannerTruth(
        seed=seed,
        ppi_x=float(rng.uniform(480, 520)),
        ppi_y=float(rng.uniform(480, 520)),
        distortion_px=float(rng.uniform(0, 0.6)),
        blur_mm=float(rng.uniform(0.008, 0.03)),
        white=float(rng.uniform(190, 230)),
        dark=float(rng.uniform(8, 16)),
        gamma=float(rng.choice([0.9, 1.0, 1.0, 1.1])),
        gain_spread=float(rng.uniform(0.003, 0.015)),
        offset_spread=float(rng.uniform(0.1, 0.8)),
        falloff=float(rng.uniform(0, 0.2)),
        hot_share=float(10 ** rng.uniform(-4, -2.6)),
        dead_share=float(10 ** rng.uniform(-4, -2.6)),
        read_noise=float(rng.uniform(0.6, 2.0)),
        shot_gain=float(rng.uniform(0.003, 0.02)),
    )


def frames_of(
    truth: ScannerTruth,
    scene: LaidTarget | Target | str,
    count: int = 8,
    *,
    take: int = 0,
    lamp: float = 1.0,
    stray: float = 0.0,
    gains: Iterable[float] = (),
    **laid: object,
) -> FrameStack:
    """Frames of a target, by its name, its description or as it lies there."""
    if isinstance(scene, str):
        scene = target(scene)
    if isinstance(scene, Target):
        scene = LaidTarget(scene.fields, scene.size_mm, scene.ground, **laid)  # type: ignore[arg-type]
    fields = truth.fields(SHAPE)
    seen = draw_target(scene, fields.x_mm, fields.y_mm, truth.optics)
    rng = np.random.default_rng([truth.seed, take, 0x46])
    side: NDArray[np.float32] | None = None
    if stray:
        side = np.asarray(np.broadcast_to(np.linspace(stray, 0, SHAPE[1], dtype=np.float32), SHAPE), np.float32)
    light = list(gains) or [1.0] * count
    return FrameStack(np.stack([sensed(truth, seen, rng, light=lamp * each, stray=side) for each in light]), 500.0)


def darkness_of(truth: ScannerTruth, count: int = 16, *, stray: float = 0.0) -> FrameStack:
    return frames_of(truth, EMPTY_GLASS, count, take=99, lamp=0.0, stray=stray)


def levelled(truth: ScannerTruth, count: int = 64) -> tuple[Measurement, Measurement]:
    """Flat field and bad pixels of a scanner."""
    light, dark = frames_of(truth, LIGHT, count, take=98), darkness_of(truth, count)
    return measure_flat_field(light, dark, target(LIGHT)), measure_bad_pixels(light, dark, target(LIGHT))


def corrected(stack: FrameStack, level: tuple[Measurement, Measurement]) -> FrameStack:
    return corrected_frames(stack, *level)


def value(measurement: Measurement, name: str) -> float:
    return next(measured.value for measured in measurement.values if measured.name == name)


def target_of_lay(name: str) -> Target | None:
    """The bundled target that serves a lay of the plan."""
    lay = LAYS[name]
    if not lay.target_kind:
        return None
    return target(OF_LIGHTNESS[lay.lightness] if lay.target_kind == "uniform" else OF_KIND[lay.target_kind])
