"""A frame of a target before an iris camera, drawn of what is true of the camera."""

from math import sin

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import WORKING_DISTANCE_MM
from drivers.iris.synthesis.camera_truth import DOT_MM, DOT_RADIUS_MM, CameraTruth, TargetPlacement
from drivers.iris.synthesis.optics import EXPOSURE_MS, GAIN_DB
from drivers.stuck_pixels import with_stuck_pixels
from drivers.target_drawing import blurred_box, blurred_disc, smooth_step, target_plane

_HAND = 0.55  # reflectance of skin near 850 nm
_SPECK = 0.25
_SPECK_MM = (0.15, 0.45)


def target_frame(
    placement: TargetPlacement,
    truth: CameraTruth,
    shape: tuple[int, int],
    *,
    serial: int,
    tick: int,
    seconds: float = 0.0,
    scale: float = 1.0,
) -> NDArray[np.uint8]:
    """What the camera delivers of a target.

    Parameters
    ----------
    placement : TargetPlacement
    truth : CameraTruth
    shape : (int, int)
        Height, width.
    serial : int
        Seed of the sensor's fixed pattern, and of the target's dirt.
    tick : int
        Chooses the noise, which differs in each frame.
    seconds : float
        Of the middle of the exposure; flicker follows it.
    scale : float
        Sampling relative to a frame of 640x480.

    Returns
    -------
    (height, width) uint8
    """
    gain = 10 ** ((truth.gain_db - GAIN_DB) / 20)
    if placement.target == "cap":
        light = np.full(shape, placement.stray, np.float32)
    else:
        nearer = (WORKING_DISTANCE_MM / placement.distance_mm) ** 2
        swing = truth.flicker * float(np.sinc(truth.flicker_hz * truth.exposure_ms / 1000))
        flicker = 1 + swing * sin(2 * np.pi * truth.flicker_hz * seconds)
        amount = truth.level * truth.exposure_ms / EXPOSURE_MS * gain * nearer * flicker
        light = _reflectance(placement, truth, shape, serial, scale) * truth.light(shape) * np.float32(amount)
    pattern = np.random.default_rng([serial, 0x505249]).standard_normal(shape, np.float32)
    light = light * (1 + np.float32(truth.fixed_pattern) * pattern)
    variance = (truth.read_noise * gain) ** 2 + truth.shot_noise * gain * np.maximum(light, 0)
    noise = np.random.default_rng([serial, tick, 0x4E4F49]).standard_normal(shape, np.float32)
    if truth.gamma != 1:
        light = np.float32(255) * np.clip(light / np.float32(255), 0, None) ** np.float32(truth.gamma)
    grey = truth.black + light + np.sqrt(variance, dtype=np.float32) * noise
    return with_stuck_pixels(np.asarray(np.clip(np.rint(grey), 0, 255), np.uint8), truth.stuck_share, serial)


def _reflectance(
    placement: TargetPlacement, truth: CameraTruth, shape: tuple[int, int], serial: int, scale: float
) -> NDArray[np.float32]:
    """Of the target behind the lens."""
    height, width = shape
    across, down = (scale * s for s in truth.px_per_mm(placement.distance_mm))
    u, v = target_plane(
        shape,
        (across, down),
        placement.distance_mm + truth.pupil_mm,
        x_mm=placement.x_mm,
        y_mm=placement.y_mm,
        turn_deg=placement.turn_deg,
        tilt_deg=placement.tilt_deg,
    )
    blur_mm = truth.blur_mm(placement.distance_mm)
    drawn = np.full(shape, placement.grey, np.float64)
    if placement.target == "square":
        half = placement.side_mm / 2
        dark = blurred_box(u, v, (-half, -half, half, half), blur_mm)
        dark += blurred_disc(u, v, DOT_MM, DOT_RADIUS_MM, blur_mm)
        drawn = placement.light + (placement.dark - placement.light) * np.clip(dark, 0, 1)
    rng = np.random.default_rng([serial, 0x535045])
    for _ in range(placement.specks):
        spot = (rng.uniform(-0.45, 0.45) * width / across, rng.uniform(-0.45, 0.45) * height / down)
        radius = rng.uniform(*_SPECK_MM)
        drawn += (_SPECK - drawn) * blurred_disc(u, v, spot, radius, blur_mm)
    if placement.covered:
        edge_px = placement.covered * width
        beside = (edge_px - np.arange(width, dtype=np.float64)) / max(blur_mm * across, 4.0)
        drawn += (_HAND - drawn) * smooth_step(beside)[None, :]
    return np.asarray(drawn, np.float32)
