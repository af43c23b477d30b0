"""One frame of one eye, or of two, and what is truly in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import PX_PER_MM
from drivers.iris.synthesis.condition import condition_named
from drivers.iris.synthesis.eye import EyeTruth, eye_truth, seen_eye
from drivers.iris.synthesis.optics import (
    Sensor,
    blur_px,
    blurred,
    brightness,
    exposure_ms,
    read_out,
    sensor_of,
    smeared,
)
from drivers.iris.synthesis.pose import EyeView, Pose, eye_view
from drivers.iris.synthesis.presentation import presented_scene
from drivers.iris.synthesis.printed_eye import print_truth, seen_print
from drivers.iris.synthesis.pupil import resting_diameter_mm
from drivers.iris.synthesis.scene import EyeScene, Stance, seat_person

ROOM_LUX = 50.0
"""Visible light at the eyes of a person at a desk who looks at a dark lens."""
BETWEEN_EYES_MM = 63.0
SINGLE_SHAPE = (480, 640)
TWIN_SHAPE = (480, 1920)
_ROOM_GREY = 14.0  # of what is behind a person who is not there


@dataclass(frozen=True, eq=False)
class DrawnEye:
    """A frame and its truth; the truths of two eyes are in the order right, left."""

    pixels: NDArray[np.uint8]
    truths: tuple[EyeTruth, ...]

    @property
    def truth(self) -> EyeTruth:
        """Of the only eye, or of the right one."""
        return self.truths[0]


def drawn_eye(
    eye: int,
    impression: int,
    condition: str = "clean",
    *,
    side: str = "right",
    width: int = 640,
    height: int = 480,
    lux: float = ROOM_LUX,
    artefact: str | None = None,
) -> DrawnEye:
    """Draw one sitting of one eye; the same arguments give the same pixels.

    Parameters
    ----------
    eye, impression : int
        Seeds, 0 or more: which eye, and which of its sittings.
    condition : str
        One of `CONDITIONS`.
    side : {"right", "left"}
        Which eye of a face it is: a right eye has its nose on the right of the image.
    width, height : int
        Pixels.
    lux : float
        Visible light, which the pupil follows.
    artefact : str, optional
        One of `ARTEFACTS`, presented in place of the bare eye or over it.

    Raises
    ------
    ValueError
        No such condition, artefact or side, a negative seed, or a frame without pixels.
    """
    check_seeds(eye, None, impression)
    if side not in ("right", "left"):
        raise ValueError(f"an eye is the right or the left one, not {side!r}")
    scale = frame_scale(width, height, twin=False)
    state = condition_named(condition)
    stance = seat_person(eye, impression, state)
    scene = presented_scene(eye, impression, state, stance, nose_right=side == "right", scale=scale, artefact=artefact)
    return _still((scene,), stance, (height, width), lux, impression)


def drawn_eyes(
    right_eye: int,
    left_eye: int,
    impression: int,
    condition: str = "clean",
    *,
    width: int = 1920,
    height: int = 480,
    lux: float = ROOM_LUX,
    artefact: str | None = None,
) -> DrawnEye:
    """The same of both eyes of a face in one wide frame; the right eye is on the left of the image."""
    check_seeds(right_eye, left_eye, impression)
    scale = frame_scale(width, height, twin=True)
    state = condition_named(condition)
    stance = seat_person(right_eye, impression, state)
    scenes = tuple(
        presented_scene(
            eye, impression, state, stance, nose_right=nose, scale=scale, face_seed=right_eye, artefact=artefact
        )
        for eye, nose in ((right_eye, True), (left_eye, False))
    )
    return _still(scenes, stance, (height, width), lux, impression)


def seen_frame(
    scenes: Sequence[EyeScene],
    pose: Pose,
    pupil_ratios: Sequence[float],
    sensor: Sensor,
    tick: int,
    *,
    lamps: float = 1.0,
) -> NDArray[np.uint8]:
    """What the camera delivers of a person.

    Parameters
    ----------
    scenes : sequence of EyeScene
        One eye, in the frame's middle; or the right and the left one; none: nobody is there.
    pose : Pose
    pupil_ratios : sequence of float
        Of each eye.
    sensor : Sensor
    tick : int
        Chooses the noise.
    lamps : float
        Share of their light that the camera's lamps give, beyond the condition's.

    Returns
    -------
    (height, width) uint8
    """
    shape = (sensor.fall.shape[0], sensor.fall.shape[1])
    if not scenes:
        return read_out(sensor.fall * np.float32(_ROOM_GREY * lamps), sensor, 6.0, tick)
    state = scenes[0].condition
    level = state.lamp_level * lamps
    views = _views(scenes, pose, shape)
    images = [
        _seen(scene, pose, view, ratio, (shape[0], stop - start))
        for scene, ratio, (view, start, stop) in zip(scenes, pupil_ratios, views, strict=True)
    ]
    image = images[0] if len(images) == 1 else np.concatenate(images, axis=1)
    resolution, scale = scenes[0].px_per_mm / PX_PER_MM, views[0][0].scale
    image = blurred(image, blur_px(pose.distance_mm, scale, pose.focus_error_px, resolution))
    seconds = exposure_ms(level, pose.distance_mm) / 1000
    x, y = (speed * seconds * scale for speed in pose.velocity_mm_per_s)
    if hypot(x, y) >= 1:
        image = smeared(image, (x, y))
    image *= sensor.fall
    image *= np.float32(brightness(level, pose.distance_mm, state.gain_db))
    return read_out(image, sensor, state.gain_db, tick)


def frame_truths(
    scenes: Sequence[EyeScene], pose: Pose, pupil_ratios: Sequence[float], shape: tuple[int, int]
) -> tuple[EyeTruth, ...]:
    """What is truly in the frame that `seen_frame` gives for these; outlines are in pixels of the whole frame."""
    truths = []
    for scene, ratio, (view, start, stop) in zip(scenes, pupil_ratios, _views(scenes, pose, shape), strict=True):
        size = (shape[0], stop - start)
        if scene.printed is not None:
            part = print_truth(scene.printed, pose, view, size)
        else:
            part = eye_truth(scene, pose, view, ratio, size)
        truths.append(_within(part, shape, start))
    return tuple(truths)


def frame_scale(width: int, height: int, *, twin: bool) -> float:
    """Sampling of a frame of that size relative to one of 640x480 of one eye.

    Raises
    ------
    ValueError
        It cannot be drawn.
    """
    if min(width, height) < 120 or max(width, height) > 4096:
        raise ValueError(f"a frame has 120 to 4096 pixels on each side, not {width} x {height}")
    if twin and width % 2:
        raise ValueError(f"a frame of two eyes has an even width, not {width}")
    nominal = TWIN_SHAPE if twin else SINGLE_SHAPE
    return min(width / nominal[1], height / nominal[0])


def check_seeds(eye: int, other_eye: int | None, impression: int | None) -> None:
    """ValueError unless all can be seeds."""
    if any(seed is not None and seed < 0 for seed in (eye, other_eye, impression)):
        raise ValueError(f"eyes and impression are seeds of 0 or more, not {eye}, {other_eye} and {impression}")


def settled_pose(stance: Stance) -> Pose:
    """The pose of a person who stands so."""
    return Pose(
        x_mm=stance.x_mm,
        y_mm=stance.y_mm,
        distance_mm=stance.distance_mm,
        roll_deg=stance.roll_deg,
        yaw_deg=stance.yaw_deg,
        pitch_deg=stance.pitch_deg,
        velocity_mm_per_s=stance.drift_mm_per_s,
        focus_error_px=stance.focus_error_px,
    )


def _seen(
    scene: EyeScene, pose: Pose, view: EyeView, pupil_ratio: float, shape: tuple[int, int]
) -> NDArray[np.float32]:
    if scene.printed is not None:
        return seen_print(scene.printed, pose, view, pupil_ratio, shape)
    return seen_eye(scene, pose, view, pupil_ratio, shape)


def _views(scenes: Sequence[EyeScene], pose: Pose, shape: tuple[int, int]) -> list[tuple[EyeView, int, int]]:
    """Each eye's projection, in pixels of its part of the frame, and the columns of that part."""
    height, width = shape
    part = width // len(scenes)
    found = []
    for index, scene in enumerate(scenes):
        beside = 0.0 if len(scenes) == 1 else (index - 0.5) * BETWEEN_EYES_MM
        middle = ((width - 1) / 2 - index * part, (height - 1) / 2)
        view = eye_view(pose, middle, beside, scene.px_per_mm, scene.torsion_deg)
        found.append((view, index * part, (index + 1) * part))
    return found


def _within(truth: EyeTruth, shape: tuple[int, int], start: int) -> EyeTruth:
    """The truth of a part of a frame, as one of the whole."""
    if truth.lids.shape == shape:
        return truth

    def whole(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        full = np.zeros(shape, np.bool_)
        full[:, start : start + mask.shape[1]] = mask
        return full

    return replace(
        truth,
        pupil=replace(truth.pupil, x=truth.pupil.x + start),
        iris=replace(truth.iris, x=truth.iris.x + start),
        lids=whole(truth.lids),
        lashes=whole(truth.lashes),
        glints=whole(truth.glints),
    )


def _still(
    scenes: tuple[EyeScene, ...], stance: Stance, shape: tuple[int, int], lux: float, impression: int
) -> DrawnEye:
    pose = settled_pose(stance)
    ratios = [still_pupil_ratio(scene, lux) for scene in scenes]
    pixels = seen_frame(scenes, pose, ratios, sensor_of(0, shape), impression)
    return DrawnEye(pixels, frame_truths(scenes, pose, ratios, shape))


def still_pupil_ratio(scene: EyeScene, lux: float) -> float:
    """Pupil to iris diameter in a light that was there for long, without unrest."""
    if scene.condition.pupil_ratio is not None:
        return scene.condition.pupil_ratio
    eye = scene.eye
    ratio = resting_diameter_mm(eye, lux) * scene.pupil_factor / (2 * eye.iris_radius)
    return float(np.clip(ratio, 0.16, 0.75))
