"""Synthetic scanners with a truth, and frames of what lies on their glass."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from threading import Event

import numpy as np
from numpy.typing import NDArray

from calibration.corrected_frames import corrected_frames
from calibration.frames import FrameStack
from calibration.installed import bundled_targets as bundled_targets_by_name
from calibration.installed import lay_synthetic
from calibration.measurement import Measurement
from calibration.procedures import Procedure, Sitting
from calibration.scanner.bad_pixels import measure_bad_pixels
from calibration.scanner.flat_field import measure_flat_field
from calibration.scanner.grey_range import PRINTS
from calibration.targets import Target, bundled_targets
from drivers import Frame
from drivers.fingerprint.synthesis.drawn_target import draw_target
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth, sensed
from drivers.fingerprint.synthesis.target_element import EMPTY_GLASS, LaidTarget
from drivers.fingerprint.synthetic import SyntheticFingerprintScanner

SHAPE = (374, 388)
LIGHT, GREY, DARK = "uniform-light", "uniform-grey", "uniform-dark"


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


def looked_at(
    truth: ScannerTruth, procedures: Sequence[Procedure], fingers: int = PRINTS
) -> tuple[dict[str, tuple[Frame, ...]], dict[str, Target]]:
    """Every view of a plan, laid as a run lays it and taken from the driver; prints of so many fingers in turn."""
    frames: dict[str, tuple[Frame, ...]] = {}
    targets: dict[str, Target] = {}
    nominal = bundled_targets_by_name()
    with SyntheticFingerprintScanner(truth=truth, frame_rate=1000.0) as scanner:
        for view in {view.name: view for each in procedures for view in each.views}.values():
            if view.target:
                targets[view.name] = nominal[view.target][0]
            lay_synthetic(scanner, view, targets.get(view.name))
            if not view.prints:
                frames[view.name] = tuple(islice(scanner.frames(Event()), view.frames))
                continue
            prints = []
            for number in range(view.frames):
                lay_synthetic(scanner, view, None, number % fingers)
                prints.append(scanner.capture(10.0, Event()))
            frames[view.name] = tuple(prints)
    return frames, targets


def measured_in_order(
    procedures: Sequence[Procedure], frames: Mapping[str, tuple[Frame, ...]], targets: Mapping[str, Target]
) -> dict[str, Measurement]:
    """All measurements of a plan, each with those before it."""
    earlier: dict[str, Measurement] = {}
    for procedure in procedures:
        earlier[procedure.name] = procedure.measure(Sitting(frames, targets, 500.0, earlier))
    return earlier
