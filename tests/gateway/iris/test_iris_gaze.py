"""Gaze in degrees, against the truth of drawn eyes, and on real eyes that look into the lens."""

from functools import lru_cache
from math import cos, degrees, hypot, radians, sin
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.condition import CONDITIONS, Condition
from drivers.iris.synthesis.drawn_eye import seen_frame, settled_pose, still_pupil_ratio
from drivers.iris.synthesis.optics import sensor_of
from drivers.iris.synthesis.scene import eye_scene, seat_person
from gateway.iris import Contour, IrisGeometry, analyze
from gateway.iris.gaze import ASIDE_DEG, GazeEstimate, estimated_gaze, flatness, lamp_offset

SHARED = Path(__file__).resolve().parents[4] / "shared"
IRISES = SHARED / "data" / "iris"
STATES = {
    "clean": CONDITIONS["clean"],
    "gaze_off": CONDITIONS["gaze_off"],
    "rotated": CONDITIONS["rotated"],
    "between": Condition(gaze_deg=(5.0, 16.0)),
}
Looked = tuple[NDArray[np.uint8], IrisGeometry, tuple[float, float]]


@lru_cache(maxsize=40)
def looking(eye: int, state: str) -> Looked:
    """A drawn eye, its outlines, and the sine of its gaze along the image's axes."""
    stance = seat_person(eye, 1, STATES[state])
    scene = eye_scene(eye, 1, STATES[state], stance, nose_right=eye % 2 == 0)
    pose = settled_pose(stance)
    pixels = seen_frame((scene,), pose, [still_pupil_ratio(scene, 50.0)], sensor_of(0, (480, 640)), 1)
    geometry = analyze(pixels).geometry
    assert geometry is not None
    across = sin(radians(pose.yaw_deg)) * cos(radians(pose.pitch_deg))
    down, roll = sin(radians(pose.pitch_deg)), radians(pose.roll_deg)
    return pixels, geometry, (across * cos(roll) - down * sin(roll), across * sin(roll) + down * cos(roll))


def without_lamps(pixels: NDArray[np.uint8], geometry: IrisGeometry) -> NDArray[np.uint8]:
    """The same with its bright spots painted over."""
    (x, y), radius = geometry.limbus.centre, geometry.limbus.radius
    near = np.zeros_like(pixels)
    cv2.circle(near, (round(x), round(y)), round(0.8 * radius), 255, -1)
    spots = cv2.dilate(((pixels > 130) & (near > 0)).astype(np.uint8), np.ones((9, 9), np.uint8))
    return np.asarray(cv2.inpaint(pixels, spots, 3, cv2.INPAINT_TELEA), np.uint8)


def error_deg(found: GazeEstimate, truth: tuple[float, float]) -> float:
    assert found.yaw_deg is not None
    assert found.pitch_deg is not None
    across = sin(radians(found.yaw_deg)) * cos(radians(found.pitch_deg))
    return degrees(hypot(across - truth[0], sin(radians(found.pitch_deg)) - truth[1]))


@pytest.mark.parametrize("state", list(STATES))
def test_the_gaze_of_drawn_eyes_is_known_to_two_degrees(state: str) -> None:
    errors, stated = [], []
    for eye in range(970, 975):
        pixels, geometry, truth = looking(eye, state)
        found = estimated_gaze(pixels, geometry)
        assert found.lamps_seen >= 1
        errors.append(error_deg(found, truth))
        stated.append(found.uncertainty_deg)
        if found.direction_deg is not None and hypot(*truth) > sin(radians(8)):
            apart = (found.direction_deg - degrees(np.arctan2(truth[1], truth[0])) + 180) % 360 - 180
            assert abs(apart) < 20
    rms = float(np.sqrt(np.mean(np.square(errors))))
    assert rms < 2.0
    assert 0.4 * rms < np.median(stated) < 4


def test_looking_aside_is_told_from_looking_straight() -> None:
    for eye in range(970, 975):
        for state in ("clean", "rotated", "between", "gaze_off"):
            pixels, geometry, truth = looking(eye, state)
            found, angle = estimated_gaze(pixels, geometry), degrees(np.arcsin(hypot(*truth)))
            if abs(angle - ASIDE_DEG) > 2.5:
                assert (found.aside > 0.5) == (angle > ASIDE_DEG)
            if angle > ASIDE_DEG + 2:
                assert found.direction_deg is not None


def test_a_mirrored_image_looks_the_other_way() -> None:
    pixels, geometry, _ = looking(971, "gaze_off")
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    other = analyze(mirrored).geometry
    assert other is not None
    one, two = estimated_gaze(pixels, geometry), estimated_gaze(mirrored, other)
    assert one.yaw_deg is not None
    assert two.yaw_deg is not None
    assert two.yaw_deg == pytest.approx(-one.yaw_deg, abs=1)
    assert two.pitch_deg == pytest.approx(one.pitch_deg, abs=1)


def test_lamps_elsewhere_are_allowed_for_when_their_place_is_given() -> None:
    pixels, geometry, truth = looking(972, "between")
    # A camera whose lamps are beside its lens by as much as this shift is away.
    moved = lamp_offset(pixels, geometry)
    assert moved is not None
    shift = 0.15
    far = estimated_gaze(pixels, geometry, lamps=(shift, 0.063))
    near = estimated_gaze(pixels, geometry)
    assert error_deg(near, truth) < 2.5
    assert far.yaw_deg is not None
    assert near.yaw_deg is not None
    assert far.yaw_deg - near.yaw_deg == pytest.approx(degrees(shift / 0.7), abs=4)


def test_without_lamps_the_outlines_tell_the_angle_alone() -> None:
    angles: dict[str, list[float]] = {"clean": [], "gaze_off": []}
    for state, found in angles.items():
        for eye in range(970, 975):
            pixels, geometry, _ = looking(eye, state)
            seen = estimated_gaze(without_lamps(pixels, geometry), geometry)
            assert seen.lamps_seen == 0
            assert seen.direction_deg is None
            assert seen.yaw_deg is None
            assert seen.uncertainty_deg > 2.5
            found.append(seen.angle_deg)
    assert np.median(angles["gaze_off"]) > np.median(angles["clean"]) + 3


def test_unknown_lamps_make_the_estimate_rough() -> None:
    pixels, geometry, _ = looking(970, "gaze_off")
    sure, rough = estimated_gaze(pixels, geometry), estimated_gaze(pixels, geometry, lamps=None)
    assert rough.uncertainty_deg > 1.5 * sure.uncertainty_deg


def test_flatness_of_an_ellipse() -> None:
    turn = np.arange(256) * (2 * np.pi / 256)
    for way in (0.0, 0.7, 2.0):
        radii = 50 * (1 + 0.05 * np.cos(2 * (turn - way)))
        points = np.stack([100 + radii * np.cos(turn), 90 + radii * np.sin(turn)], axis=1)
        assert flatness(Contour(points.astype(np.float32))) == pytest.approx(0.05 * np.exp(2j * way), abs=2e-3)


def test_a_geometry_of_another_image_is_refused() -> None:
    pixels, geometry, _ = looking(970, "clean")
    with pytest.raises(ValueError, match="geometry"):
        estimated_gaze(np.ascontiguousarray(pixels[1:]), geometry)
    with pytest.raises(ValueError, match="sample"):
        lamp_offset(pixels.astype(np.float64), geometry)  # type: ignore[arg-type]


@pytest.mark.shared
@pytest.mark.skipif(not IRISES.is_dir(), reason="the public irises are not beside the checkout")
def test_public_eyes_look_into_the_lens_once_its_lamps_are_known() -> None:
    looked: dict[bool, list[tuple[NDArray[np.uint8], IrisGeometry]]] = {False: [], True: []}
    for path in sorted((IRISES / "MMU1").glob("*_2.png")):
        pixels = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
        geometry = analyze(pixels).geometry
        assert geometry is not None
        looked[int(path.stem[:3]) % 2 == 1].append((pixels, geometry))
    offsets = [offset for eye in looked[True] if (offset := lamp_offset(*eye)) is not None]
    lamps = (float(np.median([x for x, _ in offsets])), float(np.median([y for _, y in offsets])))
    found = [estimated_gaze(*eye, lamps=lamps) for eye in looked[False]]
    assert np.median([gaze.angle_deg for gaze in found]) < 7
    assert np.mean([gaze.aside > 0.5 for gaze in found]) < 0.25
