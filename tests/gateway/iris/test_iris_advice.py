"""Guidance on drawn eyes: the remark that fits each condition, and none on clean ones."""

from dataclasses import replace
from functools import lru_cache
from itertools import islice
from threading import Event

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import drawn_eye
from drivers.iris.synthetic import SyntheticIrisCamera
from gateway.guidance import GuidanceCode
from gateway.iris.advice import GuidanceLimits, sample_guidance, side_guidance
from gateway.iris.analysis import analyze
from gateway.iris.contrast import FrameLight
from gateway.iris.gaze import estimated_gaze
from gateway.iris.geometry import IrisOutcome
from gateway.iris.preview import assess_preview, closed_eye, missing_eye_guidance
from gateway.iris.pupil_disc import pupil_disc
from gateway.iris.pupil_seed import PupilSeed
from gateway.iris.side import EstimatedSide, Side
from tests.benchmarks.iris_guidance import FITTING, fits, image_guidance

EYES = (2, 5, 12)
IMAGE_CONDITIONS = sorted(FITTING)
UNSEEN_BY_PREVIEW = {"lashes", "spectacles"}
"""Circles and lids tell nothing of these."""
PREVIEW_CONDITIONS = sorted(set(FITTING) - UNSEEN_BY_PREVIEW)


@lru_cache(maxsize=64)
def pixels_of(eye: int, condition: str) -> NDArray[np.uint8]:
    return drawn_eye(eye, 1, condition).pixels


@pytest.mark.parametrize("condition", IMAGE_CONDITIONS)
def test_first_remark_fits_the_condition(condition: str) -> None:
    # What a lid hides it hides from the judgement as well: of these eyes more are needed.
    eyes = range(3, 14) if condition == "lids_low" else EYES
    right = [fits(condition, image_guidance(pixels_of(eye, condition))) for eye in eyes]
    assert sum(right) >= len(eyes) - max(1, len(eyes) // 5)


@pytest.mark.parametrize("condition", PREVIEW_CONDITIONS)
def test_preview_says_what_fits(condition: str) -> None:
    right = [fits(condition, assess_preview(pixels_of(eye, condition)).guidance) for eye in EYES]
    assert sum(right) >= len(EYES) - 1


def test_preview_measures_the_eye() -> None:
    drawn = drawn_eye(3, 1, "clean")
    seen, truth = assess_preview(drawn.pixels), drawn.truth.iris
    assert seen.eye_present
    assert seen.iris_radius == pytest.approx(truth.semi_major, rel=0.08)
    assert seen.centre == pytest.approx((truth.x, truth.y), abs=0.08 * truth.semi_major)
    assert seen.clarity > 50


def test_preview_measures_the_pupil() -> None:
    for condition in ("pupil_small", "clean", "pupil_wide"):
        drawn = drawn_eye(3, 1, condition)
        assert assess_preview(drawn.pixels).pupil_ratio == pytest.approx(drawn.truth.pupil_ratio, rel=0.1), condition


def test_a_lid_over_the_pupil_leaves_its_circle() -> None:
    pixels = np.full((240, 320), 200, np.uint8)
    cv2.circle(pixels, (160, 120), 90, 110, -1)
    cv2.circle(pixels, (160, 120), 30, 15, -1)
    seed = PupilSeed(160.0, 124.0, 26.0, 1.0)
    whole = pupil_disc(pixels, seed)
    pixels[:120] = 200
    half = pupil_disc(pixels, seed)
    assert whole.seen > 0.99
    assert half.seen == pytest.approx(0.5, abs=0.1)
    for found in (whole, half):
        assert (found.x, found.y) == pytest.approx((160, 120), abs=1.5)
        assert found.radius == pytest.approx(30, abs=1.5)


def test_a_slit_between_lids_is_a_closed_eye_and_a_blank_frame_is_none() -> None:
    slits = [missing_eye_guidance(pixels_of(eye, "lids_low")) for eye in EYES]
    assert sum(map(closed_eye, slits)) >= len(EYES) - 1
    assert not closed_eye(missing_eye_guidance(np.full((480, 640), 120, np.uint8)))
    assert not closed_eye(())


@pytest.mark.parametrize("eye", [5007, 5011, 5025])
def test_no_lid_is_seen_within_an_open_iris(eye: int) -> None:
    """Of these eyes a furrow of the iris was once taken for the upper lid."""
    drawn = drawn_eye(eye, 1, "clean")
    geometry = analyze(drawn.pixels).geometry
    assert geometry is not None
    assert geometry.usable > 0.75
    covered = drawn.truth.lids | drawn.truth.lashes
    assert np.count_nonzero(geometry.mask & covered) < 0.02 * np.count_nonzero(geometry.mask)


def test_lashes_that_come_out_of_a_lid_are_masked() -> None:
    drawn = drawn_eye(5, 1, "lashes")
    geometry = analyze(drawn.pixels).geometry
    assert geometry is not None
    columns, rows = np.meshgrid(np.arange(640), np.arange(480))
    (x, y), (px, py) = geometry.limbus.centre, geometry.pupil.centre
    ring = np.hypot(columns - x, rows - y) < 0.95 * geometry.limbus.radius
    ring &= np.hypot(columns - px, rows - py) > 1.1 * geometry.pupil.radius
    lashes = ring & drawn.truth.lashes & ~drawn.truth.lids
    free = ring & ~drawn.truth.lashes & ~drawn.truth.lids & ~drawn.truth.glints
    assert np.count_nonzero(geometry.mask & lashes) < 0.45 * np.count_nonzero(lashes)
    assert np.count_nonzero(geometry.mask & free) > 0.75 * np.count_nonzero(free)


def test_gaze_is_told_by_the_lamps_where_their_place_is_known() -> None:
    pixels = pixels_of(EYES[0], "gaze_off")
    found = analyze(pixels)
    assert found.geometry is not None
    assert found.quality is not None
    gaze = estimated_gaze(pixels, found.geometry, lamps=GuidanceLimits().lamps)
    straight = replace(gaze, aside=0.1, angle_deg=3.0)
    aside = [remark.code for remark in sample_guidance(found.quality, found.outcome, gaze=gaze)]
    assert aside[0] is GuidanceCode.LOOK_AT_CAMERA
    told = [remark.code for remark in sample_guidance(found.quality, found.outcome, gaze=straight)]
    assert GuidanceCode.LOOK_AT_CAMERA not in told
    unknown = assess_preview(pixels, GuidanceLimits(lamps=None))
    assert GuidanceCode.LOOK_AT_CAMERA not in [remark.code for remark in unknown.guidance]


@pytest.mark.parametrize(
    ("asked", "seen", "certainty", "wrong"),
    [
        ("right", "left", 0.99, True),
        ("left", "right", 0.99, True),
        ("right", "right", 0.99, False),
        ("right", "left", 0.92, False),
        ("unknown", "left", 0.99, False),
        ("right", "unknown", 0.6, False),
    ],
)
def test_the_wrong_eye_is_told_where_it_is_sure(asked: Side, seen: Side, certainty: float, wrong: bool) -> None:
    codes = [remark.code for remark in side_guidance(asked, EstimatedSide(seen, certainty))]
    assert codes == ([GuidanceCode.WRONG_EYE] if wrong else [])


def test_an_eye_at_the_rim_of_the_frame_is_off_centre() -> None:
    pixels = pixels_of(EYES[0], "clean")
    for shift in (-130, 130):
        moved = np.ascontiguousarray(np.roll(pixels, shift, axis=0)[max(0, shift) : 480 + min(0, shift)])
        assert image_guidance(moved)[0].code is GuidanceCode.EYE_OFF_CENTRE


@pytest.mark.parametrize("grey", [0, 120, 255])
def test_blank_frames_have_no_eye(grey: int) -> None:
    pixels = np.full((480, 640), grey, np.uint8)
    assert not assess_preview(pixels).eye_present
    first = {0: GuidanceCode.EYE_TOO_DARK, 120: GuidanceCode.NO_EYE, 255: GuidanceCode.EYE_TOO_BRIGHT}
    codes = [remark.code for remark in missing_eye_guidance(pixels)]
    assert codes[0] is first[grey]
    assert codes[-1] is GuidanceCode.NO_EYE


def test_noise_has_no_eye() -> None:
    rng = np.random.default_rng(5)
    seen = [assess_preview(rng.integers(0, 256, (480, 640), dtype=np.uint8)) for _ in range(4)]
    assert not any(quality.eye_present for quality in seen)


@pytest.mark.parametrize("truth", [None, "drawn"])
def test_a_camera_before_which_nobody_is_sees_no_eye(truth: str | None) -> None:
    with SyntheticIrisCamera(delay_s=1e6, frame_rate=1000.0, truth=truth) as camera:
        seen = [assess_preview(frame.pixels) for frame in islice(camera.frames(Event()), 50)]
    assert [quality.eye_present for quality in seen] == [False] * 50


def test_tiny_and_wrong_frames() -> None:
    assert not assess_preview(np.zeros((1, 1), np.uint8)).eye_present
    with pytest.raises(ValueError, match="sample"):
        assess_preview(np.zeros((480, 640), np.float32))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (IrisOutcome.NO_EYE, GuidanceCode.NO_EYE),
        (IrisOutcome.EYE_CLOSED, GuidanceCode.OPEN_WIDER),
        (IrisOutcome.IRIS_INCOMPLETE, GuidanceCode.EYE_OFF_CENTRE),
        (IrisOutcome.TOO_SMALL, GuidanceCode.EYE_TOO_FAR),
    ],
)
def test_outcome_without_outlines(outcome: IrisOutcome, code: GuidanceCode) -> None:
    assert [remark.code for remark in sample_guidance(None, outcome)] == [code]


def test_light_explains_a_missing_eye() -> None:
    dark = sample_guidance(None, IrisOutcome.NO_EYE, FrameLight(bright_level=12.0, saturated=0.0))
    bright = sample_guidance(None, IrisOutcome.NO_EYE, FrameLight(bright_level=255.0, saturated=0.8))
    assert [dark[0].code, bright[0].code] == [GuidanceCode.EYE_TOO_DARK, GuidanceCode.EYE_TOO_BRIGHT]


def test_a_screen_over_the_whole_iris_is_no_lashes() -> None:
    pixels = pixels_of(EYES[0], "clean").copy()
    pixels[:, ::4] = (pixels[:, ::4] * 0.6).astype(np.uint8)
    geometry = analyze(pixels).geometry
    assert geometry is not None
    assert geometry.usable > 0.4
