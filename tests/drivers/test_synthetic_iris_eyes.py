"""The drawn eyes: outlines where the truth says, irises that are their own, pupils, lids, lamps and lens."""

import math
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import eye_anatomy
from drivers.iris.synthesis.condition import CONDITIONS
from drivers.iris.synthesis.drawn_eye import DrawnEye, drawn_eye, drawn_eyes, frame_truths, seen_frame, settled_pose
from drivers.iris.synthesis.eye import Ellipse
from drivers.iris.synthesis.grain import grained
from drivers.iris.synthesis.iris_texture import (
    ANGLES,
    FIRST_ROW,
    ROWS_PER_RING,
    as_seen,
    iris_texture,
)
from drivers.iris.synthesis.lids import lid_edges, unblinked_rows
from drivers.iris.synthesis.optics import Sensor, blurred, exposure_ms, read_out, sensor_of, smeared
from drivers.iris.synthesis.pose import Pose, eye_view
from drivers.iris.synthesis.pupil import LATENCY_S, Pupil, resting_diameter_mm
from drivers.iris.synthesis.scene import EyeScene, eye_scene, seat_person
from tests.benchmarks.synthetic_iris_separation import iris_code, measure_separation, rubber_sheet

EYES = (1, 4, 11)


@cache
def small(eye: int, impression: int = 1, condition: str = "clean", side: str = "right") -> DrawnEye:
    return drawn_eye(eye, impression, condition, side=side, width=320, height=240)


@cache
def large(eye: int, impression: int = 1, condition: str = "clean") -> DrawnEye:
    return drawn_eye(eye, impression, condition)


@cache
def sitting(eye: int, condition: str = "clean") -> EyeScene:
    state = CONDITIONS[condition]
    return eye_scene(eye, 1, state, seat_person(eye, 1, state), nose_right=True, scale=0.5)


def inside(ellipse: Ellipse, shape: tuple[int, int], share: float = 1.0) -> NDArray[np.bool_]:
    y, x = np.mgrid[: shape[0], : shape[1]]
    cos, sin = math.cos(ellipse.angle), math.sin(ellipse.angle)
    along = (x - ellipse.x) * cos + (y - ellipse.y) * sin
    across = (y - ellipse.y) * cos - (x - ellipse.x) * sin
    return np.asarray(np.hypot(along / ellipse.semi_major, across / ellipse.semi_minor) < share)


def visible(drawn: DrawnEye) -> NDArray[np.bool_]:
    truth = drawn.truth
    hidden = (truth.lids | truth.lashes | truth.glints).astype(np.uint8)
    return np.asarray(cv2.dilate(hidden, np.ones((7, 7), np.uint8)) == 0)


class TestTruth:
    def test_same_arguments_same_pixels(self) -> None:
        again = drawn_eye(4, 1, width=320, height=240)
        assert np.array_equal(small(4).pixels, again.pixels)
        assert not np.array_equal(small(4, 2).pixels, again.pixels)

    @pytest.mark.parametrize("condition", ["clean", "gaze_off", "pupil_wide", "rotated", "lashes"])
    @pytest.mark.parametrize("eye", EYES)
    def test_pupil_is_dark_iris_grey_and_sclera_light_where_the_truth_says(self, eye: int, condition: str) -> None:
        drawn = small(eye, 1, condition)
        truth, shape, seen = drawn.truth, drawn.pixels.shape, visible(drawn)
        pupil = drawn.pixels[inside(truth.pupil, shape, 0.88) & seen]
        ring = drawn.pixels[inside(truth.iris, shape, 0.9) & ~inside(truth.pupil, shape, 1.15) & seen]
        sclera = drawn.pixels[inside(truth.iris, shape, 1.35) & ~inside(truth.iris, shape, 1.12) & seen]
        assert np.percentile(pupil, 95) < 40
        assert np.median(ring) > np.median(pupil) + 50
        assert np.median(sclera) > np.median(ring) + 25

    @pytest.mark.parametrize("eye", EYES)
    def test_outlines_are_where_the_grey_changes_most(self, eye: int) -> None:
        drawn = large(eye)
        for ellipse, tolerance in ((drawn.truth.pupil, 1.6), (drawn.truth.iris, 2.5)):
            radius = np.arange(0.8, 1.2, 0.004) * ellipse.semi_major
            # Lateral arcs: lids hide the rest.
            angle = np.radians([*range(-25, 26, 2), *range(155, 206, 2)])
            x = (ellipse.x + radius[:, None] * np.cos(angle)).astype(np.float32)
            y = (ellipse.y + radius[:, None] * np.sin(angle)).astype(np.float32)
            grey = cv2.remap(drawn.pixels.astype(np.float32), x, y, cv2.INTER_LINEAR).mean(axis=1)
            step = np.convolve(np.gradient(grey), np.hanning(9), "same")
            assert radius[np.argmax(step)] == pytest.approx(ellipse.semi_major, abs=tolerance)

    @pytest.mark.parametrize("eye", EYES)
    def test_a_clean_eye_is_fit_for_registration(self, eye: int) -> None:
        """CALIBRATION: 210 pixels across; ISO/IEC 29794-6: margins, concentricity, contrasts, pupil ratio."""
        drawn = large(eye)
        pupil, iris = drawn.truth.pupil, drawn.truth.iris
        assert 2 * iris.semi_major >= 205
        assert min(iris.x, 640 - iris.x) - iris.semi_major > 0.6 * iris.semi_major
        assert min(iris.y, 480 - iris.y) - iris.semi_major > 0.2 * iris.semi_major
        assert math.hypot(pupil.x - iris.x, pupil.y - iris.y) < 0.1 * iris.semi_major
        assert 0.2 < drawn.truth.pupil_ratio < 0.7
        grey = np.bincount(drawn.pixels.ravel(), minlength=256) / drawn.pixels.size
        assert -np.sum(grey[grey > 0] * np.log2(grey[grey > 0])) >= 6

    def test_masks_cover_what_they_say(self) -> None:
        drawn = large(2, 1, "lashes")
        truth, iris = drawn.truth, inside(drawn.truth.iris, drawn.pixels.shape, 0.95)
        ring = iris & ~inside(drawn.truth.pupil, drawn.pixels.shape, 1.1)
        assert not (truth.lids & truth.lashes).any()
        assert 0.02 < np.mean(truth.lashes[ring]) < 0.4
        assert np.median(drawn.pixels[truth.lashes & ring]) < np.median(drawn.pixels[visible(drawn) & ring]) - 15
        assert np.median(drawn.pixels[truth.lids]) > 150
        count, _ = cv2.connectedComponents(truth.glints.astype(np.uint8))
        assert count - 1 == 2
        core = cv2.erode(truth.glints.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        assert drawn.pixels[core].min() > 150

    def test_gaze_off_moves_and_foreshortens_the_iris(self) -> None:
        straight, aside = small(4).truth, small(4, 1, "gaze_off").truth
        assert straight.iris.semi_minor / straight.iris.semi_major > 0.995
        gaze = math.hypot(aside.yaw_deg, aside.pitch_deg)
        assert aside.iris.semi_minor / aside.iris.semi_major == pytest.approx(math.cos(math.radians(gaze)), abs=0.01)
        moved = math.hypot(aside.iris.x - 160, aside.iris.y - 120) / aside.px_per_mm
        assert moved > 2.0

    def test_sides_mirror_the_face_but_not_the_iris(self) -> None:
        right, left = small(4), small(4, side="left")
        assert iris_code(right.pixels, right.truth).distance(iris_code(left.pixels, left.truth)) < 0.25
        centred = [
            np.roll(drawn.pixels, round(160 - drawn.truth.iris.x), axis=1).astype(float) for drawn in (right, left)
        ]
        mirrored = np.corrcoef(centred[0].ravel(), centred[1][:, ::-1].ravel())[0, 1]
        assert mirrored > np.corrcoef(centred[0].ravel(), centred[1].ravel())[0, 1]

    def test_two_eyes_of_one_face(self) -> None:
        drawn = drawn_eyes(3, 4, 1, width=960, height=240)
        assert drawn.pixels.shape == (240, 960)
        right, left = drawn.truths
        apart = math.hypot(left.iris.x - right.iris.x, left.iris.y - right.iris.y) / right.px_per_mm
        assert apart == pytest.approx(63, abs=0.5)
        assert right.iris.x < 480 < left.iris.x
        alone = small(4)
        codes = [iris_code(drawn.pixels, truth) for truth in drawn.truths]
        assert codes[1].distance(iris_code(alone.pixels, alone.truth)) < 0.36
        assert codes[0].distance(codes[1]) > 0.38

    @pytest.mark.parametrize(
        "arguments",
        [(-1, 1, "clean"), (1, -1, "clean"), (1, 1, "soapy")],
    )
    def test_refuses_what_cannot_be_drawn(self, arguments: tuple[int, int, str]) -> None:
        with pytest.raises(ValueError):
            drawn_eye(*arguments)

    def test_refuses_odd_frames_and_sides(self) -> None:
        with pytest.raises(ValueError, match="right or the left"):
            drawn_eye(1, 1, side="middle")
        with pytest.raises(ValueError):
            drawn_eye(1, 1, width=20)
        with pytest.raises(ValueError, match="even"):
            drawn_eyes(1, 2, 1, width=961)


class TestIdentity:
    def test_mates_match_and_strangers_do_not(self) -> None:
        found = measure_separation(range(1, 8), (1, 2), max_impostor_pairs=400)
        assert found.eer_percent == 0
        assert found.decidability > 4
        assert 0.05 < np.mean(found.genuine) < 0.3
        assert np.mean(found.impostor) == pytest.approx(0.46, abs=0.02)
        assert np.std(found.impostor) < 0.04

    def test_another_gaze_is_the_same_eye(self) -> None:
        codes = [iris_code(drawn.pixels, drawn.truth) for drawn in (large(4), large(4, 2, "gaze_off"))]
        assert codes[0].distance(codes[1]) < 0.33

    def test_a_wide_pupil_is_the_same_eye(self) -> None:
        codes = [
            iris_code(drawn.pixels, drawn.truth) for drawn in (large(4, 1, "pupil_small"), large(4, 2, "pupil_wide"))
        ]
        assert codes[0].distance(codes[1]) < 0.36

    def test_sheet_has_structure_along_the_radius_longer_than_along_the_angle(self) -> None:
        for eye in EYES:
            sheet, seen = rubber_sheet(large(eye).pixels, large(eye).truth)
            columns = seen[8:56].all(axis=0)
            part = (sheet - cv2.GaussianBlur(sheet, (0, 0), 12, sigmaY=0.01, borderType=cv2.BORDER_REFLECT))[8:56]
            pixel = 1.0 / 64 * 75, 2 * math.pi * 75 / 512  # of the frame to a row and to a column, about
            rows_on, columns_on = round(5 / pixel[0]), round(5 / pixel[1])
            along = np.mean(part[rows_on:, columns] * part[:-rows_on, columns])
            both = columns & np.roll(columns, columns_on)
            around = np.mean((part * np.roll(part, columns_on, axis=1))[:, both])
            assert along > 1.5 * around


class TestTexture:
    def test_ring_closes(self) -> None:
        ring = iris_texture(7, 7).ring
        assert np.array_equal(ring[:, 0], ring[:, -1])
        within = slice(10 - FIRST_ROW, 90 - FIRST_ROW)
        steps = np.abs(np.diff(ring[within], axis=1))
        assert steps[:, -1].mean() < 2 * steps.mean()

    def test_eyes_are_not_akin_and_sittings_are(self) -> None:
        within = slice(20 - FIRST_ROW, 80 - FIRST_ROW)

        def relief(ring: NDArray[np.float32]) -> NDArray[np.float32]:
            part = ring[within, :ANGLES]
            return np.asarray((part - part.mean(axis=1, keepdims=True)).ravel())

        one, other = iris_texture(1, 1), iris_texture(2, 1)
        seen = as_seen(one, np.random.default_rng(3))
        assert abs(np.corrcoef(relief(one.ring), relief(other.ring))[0, 1]) < 0.15
        assert 0.6 < np.corrcoef(relief(one.ring), relief(seen.ring))[0, 1] < 0.99

    def test_furrows_come_with_a_wide_pupil(self) -> None:
        texture = iris_texture(5, 5)
        small_pupil, wide = texture.at_dilation(0.25), texture.at_dilation(0.6)
        assert np.array_equal(small_pupil, texture.ring)
        assert np.abs(wide - small_pupil).max() > 3

    def test_pupil_is_painted_inside_the_ring(self) -> None:
        ring = iris_texture(5, 5).ring
        assert ring[: -FIRST_ROW - 5].max() < 40
        assert ring[-FIRST_ROW + 10 : ROWS_PER_RING - FIRST_ROW].mean() > 70

    def test_grain_is_as_long_as_it_says(self) -> None:
        field = grained((256, 256), (8, 3), np.random.default_rng(1))
        assert field.mean() == pytest.approx(0, abs=1e-3)
        assert field.std() == pytest.approx(1, abs=1e-3)
        # Smoothed white noise correlates by exp(-d² / 4 s²).
        for axis, grain in ((0, 8), (1, 3)):
            assert np.mean(field * np.roll(field, 2 * grain, axis)) == pytest.approx(math.exp(-1), abs=0.08)


class TestPupil:
    EYE = eye_anatomy(1)

    def test_more_light_a_smaller_pupil(self) -> None:
        diameters = [resting_diameter_mm(self.EYE, lux) for lux in (0.1, 1, 10, 100, 1000, 10_000)]
        assert diameters == sorted(diameters, reverse=True)
        assert 1.5 < diameters[-1] < diameters[0] < 9

    def test_reflex_begins_late_closes_fast_and_opens_slowly(self) -> None:
        pupil = Pupil(self.EYE, 1.0, 1)
        wide = pupil.ratio(9.99)
        pupil.light(10_000.0, 10.0)
        assert pupil.ratio(10.0 + 0.9 * LATENCY_S) == pytest.approx(wide, rel=0.05)
        small_pupil = pupil.ratio(12.0)
        half = (wide + small_pupil) / 2
        assert pupil.ratio(10.0 + LATENCY_S + 0.35) < half
        pupil.light(1.0, 20.0)
        assert pupil.ratio(20.0 + LATENCY_S + 0.35) < half
        assert pupil.ratio(30.0) == pytest.approx(wide, rel=0.08)

    def test_never_rests(self) -> None:
        pupil = Pupil(self.EYE, 50.0, 1)
        ratios = np.array([pupil.ratio(at) for at in np.arange(0, 30, 1 / 30)])
        assert 0.005 < ratios.std() / ratios.mean() < 0.04

    def test_light_reaches_the_drawn_eye(self) -> None:
        dim, bright = (drawn_eye(1, 1, lux=lux, width=320, height=240).truth.pupil_ratio for lux in (0.5, 5000.0))
        assert dim > 1.5 * bright


class TestLids:
    EDGES = lid_edges(eye_anatomy(3), np.linspace(-30, 30, 241, dtype=np.float32), 1.0, 0.0)
    Y = np.linspace(-20, 20, 161, dtype=np.float32)

    def test_meet_at_the_corners_and_part_between(self) -> None:
        outside = np.abs(self.EDGES.along) >= 1
        height = self.EDGES.lower - self.EDGES.upper
        assert np.allclose(height[outside], 0, atol=1e-4)
        assert np.all(height[np.abs(self.EDGES.along) < 0.9] > 0.5)
        assert 8 < height.max() < 13

    def test_open_is_where_it_is(self) -> None:
        open_rows = unblinked_rows(self.EDGES, self.Y, 0.0)
        assert np.abs(open_rows - self.Y[:, None]).max() < 1e-3

    @pytest.mark.parametrize("closing", [0.3, 0.7, 1.0])
    def test_a_blink_folds_nothing_over(self, closing: float) -> None:
        rows = unblinked_rows(self.EDGES, self.Y, closing)
        assert np.all(np.isfinite(rows))
        assert np.diff(rows, axis=0).min() >= -1e-4

    def test_a_blink_covers_the_iris(self) -> None:
        scene = sitting(4)
        pose = replace(settled_pose(scene.stance), closing=1.0)
        truth = frame_truths((scene,), pose, (0.4,), (240, 320))[0]
        assert np.mean(truth.lids[inside(truth.iris, (240, 320), 0.9)]) > 0.93
        pixels = seen_frame((scene,), pose, (0.4,), sensor_of(0, (240, 320)), 1)
        iris = inside(truth.iris, (240, 320), 0.4)
        assert np.median(pixels[iris]) > 100

    def test_lids_follow_the_gaze_down(self) -> None:
        x = np.zeros(1, np.float32)
        eye = eye_anatomy(3)
        assert lid_edges(eye, x, 1.0, 2.0).upper[0] > lid_edges(eye, x, 1.0, 0.0).upper[0] + 0.8


class TestLight:
    def test_lens_blurs_by_what_it_is_told(self) -> None:
        for deviation in (0.8, 1.7, 3.0, 6.0):
            dot = np.zeros((129, 129), np.float32)
            dot[64, 64] = 1
            spread = blurred(dot, deviation)
            offsets = np.arange(-64, 65) ** 2
            assert spread.sum() == pytest.approx(1, abs=0.02)
            assert math.sqrt(float((spread.sum(axis=0) * offsets).sum())) == pytest.approx(deviation, rel=0.12)

    @pytest.mark.parametrize("way", [(12.0, 0.0), (-9.0, 9.0), (0.0, 30.0), (3.0, -1.0)])
    def test_movement_smears_along_itself_about_its_middle(self, way: tuple[float, float]) -> None:
        dot = np.zeros((129, 129), np.float32)
        dot[64, 64] = 1
        y, x = np.nonzero(smeared(dot, way))
        weights = smeared(dot, way)[y, x]
        assert weights.sum() == pytest.approx(1, abs=1e-3)
        assert np.average(x, weights=weights) == pytest.approx(64, abs=1)
        assert np.average(y, weights=weights) == pytest.approx(64, abs=1)
        assert np.ptp(x) == pytest.approx(abs(way[0]), abs=2.5)
        assert np.ptp(y) == pytest.approx(abs(way[1]), abs=2.5)

    def test_sensor_is_as_quiet_as_asked(self) -> None:
        """CALIBRATION: at least 36 dB."""
        shape = (240, 320)
        sensor = Sensor(np.ones(shape, np.float32), sensor_of(1, shape).noise)
        card = read_out(np.full(shape, 200, np.float32), sensor, 6.0, 1).astype(float)
        assert card.mean() == pytest.approx(200, abs=1)
        assert 36 < 20 * math.log10(card.mean() / card.std()) < 42
        assert not np.array_equal(card, read_out(np.full(shape, 200, np.float32), sensor, 6.0, 2))

    def test_exposure_keeps_its_limits(self) -> None:
        assert exposure_ms(1.0, 250.0) == pytest.approx(8.0)
        assert exposure_ms(0.01, 250.0) == 12.0
        assert exposure_ms(50.0, 250.0) == 4.8

    def test_glints_move_less_than_the_iris(self) -> None:
        straight, aside = (eye_view(Pose(yaw_deg=yaw), (160, 120), 0.0, 10.0) for yaw in (0.0, 15.0))
        assert aside.iris[0] - straight.iris[0] == pytest.approx(98 * math.sin(math.radians(15)), rel=1e-6)
        assert 0 < aside.cornea[0] - straight.cornea[0] < 0.7 * (aside.iris[0] - straight.iris[0])


class TestConditions:
    def detail(self, condition: str) -> tuple[float, float]:
        """Strength of fine structure across and down, relative to the iris's grey."""
        drawn = large(4, 1, condition)
        ring = inside(drawn.truth.iris, drawn.pixels.shape, 1.15) & ~inside(drawn.truth.iris, drawn.pixels.shape, 0.85)
        grey = drawn.pixels.astype(np.float32)
        across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
        scale = float(np.median(grey[ring]))
        return float(np.percentile(np.abs(across[ring]), 95)) / scale, float(
            np.percentile(np.abs(down[ring]), 95)
        ) / scale

    def test_names_draw_themselves(self) -> None:
        for name in CONDITIONS:
            assert small(4, 1, name).pixels.std() > 5

    def test_blur(self) -> None:
        clean, soft, moved = self.detail("clean"), self.detail("defocused"), self.detail("moved")
        assert max(soft) < 0.65 * max(clean)
        assert min(moved) < 0.8 * min(clean)

    def test_light(self) -> None:
        dark, clean, bright = (float(small(4, 1, name).pixels.mean()) for name in ("dark", "clean", "bright"))
        assert dark < 0.5 * clean
        assert bright > 1.25 * clean
        assert np.mean(small(4, 1, "bright").pixels == 255) > 0.3

    def test_noise(self) -> None:
        def noise(name: str) -> float:
            drawn = small(4, 1, name)
            pupil = inside(drawn.truth.pupil, drawn.pixels.shape, 0.8) & ~drawn.truth.glints
            return float(drawn.pixels[cv2.erode(pupil.astype(np.uint8), np.ones((3, 3))) > 0].std())

        assert noise("noisy") > 2 * noise("clean")

    def test_distance(self) -> None:
        far, clean, near = (small(4, 1, name).truth.iris.semi_major for name in ("far", "clean", "near"))
        assert far < 0.75 * clean
        assert near > 1.25 * clean

    def test_pupils(self) -> None:
        assert small(4, 1, "pupil_small").truth.pupil_ratio < 0.2
        assert small(4, 1, "pupil_wide").truth.pupil_ratio > 0.6

    def test_low_lids_hide_the_iris(self) -> None:
        def hidden(name: str) -> float:
            drawn = small(4, 1, name)
            return float(np.mean((drawn.truth.lids | drawn.truth.lashes)[inside(drawn.truth.iris, (240, 320))]))

        assert hidden("clean") < 0.25
        assert hidden("lids_low") > 0.3

    def test_spectacles_mirror_the_lamps_and_have_a_rim(self) -> None:
        bare, worn = large(11), large(11, 1, "spectacles")
        assert worn.truth.glints.sum() > 2 * bare.truth.glints.sum()
        dark = [np.mean(drawn.pixels[drawn.truth.lids] < 80) for drawn in (bare, worn)]
        assert dark[1] > dark[0] + 0.01

    def test_turned_and_shifted(self) -> None:
        assert abs(small(4, 1, "rotated").truth.roll_deg) > 12
        iris = small(4, 1, "off_centre").truth.iris
        assert math.hypot(iris.x - 160, iris.y - 120) > 60
