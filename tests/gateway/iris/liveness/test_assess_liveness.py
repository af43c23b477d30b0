"""Drawn eyes and artefacts through all cues, the verdict's three states, and what it refuses."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.iris import IrisOutcome, analyze
from gateway.iris.liveness import (
    ALGORITHM,
    ALGORITHM_VERSION,
    CueStatus,
    LightStep,
    LivenessVerdict,
    ObservedFrame,
    assess_liveness,
)
from gateway.iris.liveness.glint_pattern import Glints, frame_glints, glint_movement, glint_pattern
from gateway.iris.liveness.lens_ring import lens_ring, ring_stretch
from gateway.iris.liveness.printed_dots import printed_dots
from tests.gateway.iris.liveness.observed import analysis, drawn

STEP = LightStep(0.8)
LIVE, LASHES, SCREENED, INK_JET, LENS = 9, 4, 5, 3, 1


def painted(frame: ObservedFrame) -> ObservedFrame:
    """The pupil painted over, as in some public sets."""
    assert frame.geometry is not None
    pixels = frame.pixels.copy()
    (x, y), radius = frame.geometry.pupil.centre, frame.geometry.pupil.radius
    cv2.circle(pixels, (round(x), round(y)), round(radius), 20, -1)
    return replace(frame, pixels=pixels)


class TestVerdict:
    @pytest.mark.parametrize(("eye", "condition"), [(LIVE, "clean"), (LASHES, "lashes")])
    def test_an_eye_shows_signs_of_life_and_none_of_an_attack(self, eye: int, condition: str) -> None:
        found = assess_liveness(drawn(eye, None, condition), light=STEP, lamps=2)
        assert found.verdict is LivenessVerdict.BONA_FIDE_SIGNS
        assert {cue.status for cue in found.cues} == {CueStatus.NONE_SEEN}
        assert (found.algorithm, found.version) == (ALGORITHM, ALGORITHM_VERSION)
        assert found.reasons[0] == found.cue("pupil_response").reason

    @pytest.mark.parametrize(
        ("eye", "artefact", "cues"),
        [
            (SCREENED, "printed_eye", {"pupil_response", "glint_pattern", "printed_dots"}),
            (INK_JET, "printed_eye", {"pupil_response"}),
            (INK_JET, "printed_eye_with_hole", {"lens_ring"}),
            (LENS, "patterned_lens", {"lens_ring"}),
        ],
    )
    def test_an_artefact_is_suspected_for_its_own_reasons(self, eye: int, artefact: str, cues: set[str]) -> None:
        found = assess_liveness(drawn(eye, artefact), light=STEP, lamps=2)
        assert found.verdict is LivenessVerdict.ATTACK_SUSPECTED
        suspecting = [cue for cue in found.cues if cue.status is CueStatus.ATTACK_SUSPECTED]
        assert cues <= {cue.name for cue in suspecting}
        assert set(found.reasons) == {cue.reason for cue in suspecting}
        assert found.reasons[0] == min(suspecting, key=lambda cue: cue.score or 0.0).reason

    def test_a_lens_leaves_the_pupil_alive_and_the_skin_without_dots(self) -> None:
        found = assess_liveness(drawn(LENS, "patterned_lens"), light=STEP, lamps=2)
        assert found.cue("pupil_response").status is CueStatus.NONE_SEEN
        assert found.cue("printed_dots").status is CueStatus.NONE_SEEN

    def test_one_frame_shows_no_life(self) -> None:
        found = assess_liveness(drawn(LIVE)[:1], light=STEP, lamps=2)
        assert found.verdict is LivenessVerdict.NOT_ASSESSED
        looked = {cue.name for cue in found.cues if cue.status is not CueStatus.NOT_ASSESSED}
        assert looked == {"printed_dots", "lens_ring"}
        assert assess_liveness(drawn(LENS, "patterned_lens")[:1]).verdict is LivenessVerdict.ATTACK_SUSPECTED

    def test_nothing_and_no_eye_are_not_assessed(self) -> None:
        assert assess_liveness([]).verdict is LivenessVerdict.NOT_ASSESSED
        rng = np.random.default_rng(1)
        empty = [
            ObservedFrame(at / 9, rng.integers(90, 99, (120, 160), np.uint8), analysis(None, IrisOutcome.NO_EYE))
            for at in range(2)
        ]
        found = assess_liveness(empty, light=STEP, lamps=2)
        assert found.verdict is LivenessVerdict.NOT_ASSESSED
        assert len(found.reasons) == 2

    def test_reasons_are_in_both_languages_and_promise_nothing(self) -> None:
        for found in (
            assess_liveness(drawn(LIVE), light=STEP, lamps=2),
            assess_liveness(drawn(SCREENED, "printed_eye"), light=STEP),
            assess_liveness([]),
        ):
            for text in (cue.reason for cue in found.cues):
                assert text.id.endswith(".")
                assert text.en.endswith(".")
                assert text.id != text.en
                assert not any(word in text.en.lower() for word in ("genuine", "guarantee", "certified", "30107"))

    def test_stays_pure(self) -> None:
        frames = drawn(LIVE)
        before = [frame.pixels.copy() for frame in frames]
        assert assess_liveness(frames, light=STEP) == assess_liveness(frames, light=STEP)
        assert all(np.array_equal(old, frame.pixels) for old, frame in zip(before, frames, strict=True))

    def test_refuses_what_cannot_be(self) -> None:
        frames = drawn(LIVE)
        with pytest.raises(ValueError, match="order"):
            assess_liveness(frames[1::-1])
        with pytest.raises(ValueError, match="lamps"):
            assess_liveness(frames, lamps=-1)
        with pytest.raises(ValueError, match="finite"):
            replace(frames[0], time_s=math.nan)
        with pytest.raises(ValueError, match="image of"):
            replace(frames[0], pixels=np.zeros((50, 60), np.uint8))
        with pytest.raises(ValueError):
            replace(frames[0], pixels=np.zeros((480, 640, 3), np.uint8))


class TestGlints:
    def test_an_eye_mirrors_two_lamps_that_move_against_its_pupil(self) -> None:
        seen = [frame_glints(frame.pixels, frame.geometry) for frame in drawn(LIVE) if frame.geometry is not None]
        assert np.median([len(glints.peaks) for glints in seen]) == 2
        # 88 mm apart at 250 mm: 0.24 iris radii.
        apart = [float(np.hypot(*(one.points[0] - one.points[1]))) for one in seen if len(one.points) == 2]
        assert np.median(apart) == pytest.approx(0.24, abs=0.03)
        moved = glint_movement(seen)
        assert moved is not None
        assert moved > 0.0012

    def test_movement_is_that_of_the_pattern_in_the_usual_frames(self) -> None:
        rng = np.random.default_rng(3)
        pattern = np.array([[-0.12, 0.07], [0.12, 0.07]], np.float32)
        for deviation in (0.0005, 0.004):
            seen = [
                Glints(pattern + np.float32(rng.normal(0, deviation, 2)), np.ones(2, np.float32), 180.0, False)
                for _ in range(60)
            ]
            # A lash hides one lamp now and then.
            seen[::6] = [Glints(glints.points[:1], glints.peaks[:1], 180.0, False) for glints in seen[::6]]
            assert glint_movement(seen) == pytest.approx(deviation, rel=0.4)
        assert glint_movement(seen[:10]) is None

    def test_a_printed_glint_is_dull(self) -> None:
        frames = drawn(SCREENED, "printed_eye")
        seen = [frame_glints(frame.pixels, frame.geometry) for frame in frames if frame.geometry is not None]
        assert np.median([glints.peaks[0] for glints in seen if len(glints.peaks)]) < 1.1

    def test_a_painted_pupil_is_not_assessed(self) -> None:
        cue = glint_pattern([painted(frame) for frame in drawn(LIVE)], 2)
        assert cue.status is CueStatus.NOT_ASSESSED
        assert "painted" in cue.reason.en

    def test_missing_reflections_mean_something_only_where_the_lamps_are_known(self) -> None:
        noise, bare = np.random.default_rng(4), []
        for frame in (painted(frame) for frame in drawn(LIVE)):
            grainy = np.clip(frame.pixels + noise.normal(0, 1.5, frame.pixels.shape), 0, 255).astype(np.uint8)
            bare.append(replace(frame, pixels=grainy))
        assert glint_pattern(bare, None).status is CueStatus.NOT_ASSESSED
        assert glint_pattern(bare, 2).status is CueStatus.ATTACK_SUSPECTED

    @pytest.mark.parametrize("condition", ["pupil_wide", "pupil_small", "gaze_off"])
    def test_lamps_are_found_in_any_pupil(self, condition: str) -> None:
        pixels = drawn_eye(LIVE, 1, condition).pixels
        geometry = analyze(pixels).geometry
        assert geometry is not None
        glints = frame_glints(pixels, geometry)
        assert len(glints.peaks) == 2
        assert glints.peaks.min() > 1.1

    def test_a_blurred_eye_without_reflections_is_not_assessed(self) -> None:
        frames = []
        for frame in drawn(LIVE)[:6]:
            pixels = np.asarray(cv2.GaussianBlur(frame.pixels, (0, 0), 5.0), np.uint8)
            frames.append(ObservedFrame(frame.time_s, pixels, analyze(pixels)))
        assert sum(frame.geometry is not None for frame in frames) >= 5
        assert glint_pattern(frames, 2).status is CueStatus.NOT_ASSESSED

    def test_an_overexposed_image_is_not_assessed(self) -> None:
        bright = [replace(frame, pixels=cv2.add(frame.pixels, 60)) for frame in drawn(LIVE)]
        assert glint_pattern(bright, 2).status is CueStatus.NOT_ASSESSED


class TestRing:
    def test_an_iris_stretches_and_a_print_about_a_live_pupil_stays(self) -> None:
        live = ring_stretch(drawn(LIVE)[2], drawn(LIVE)[-1])
        held = drawn(INK_JET, "printed_eye_with_hole")
        print_ = ring_stretch(held[2], held[-1])
        assert live is not None
        assert print_ is not None
        assert live.stretched > live.kept + 0.1
        assert print_.kept > print_.stretched + 0.1

    def test_small_irises_are_not_assessed(self) -> None:
        frames = []
        for frame in drawn(LIVE)[:6]:
            pixels = np.asarray(cv2.resize(frame.pixels, (320, 240), interpolation=cv2.INTER_AREA), np.uint8)
            frames.append(ObservedFrame(frame.time_s, pixels, analyze(pixels)))
        assert any(frame.geometry is not None for frame in frames)
        assert lens_ring(frames).status is CueStatus.NOT_ASSESSED
        assert printed_dots(frames).status is CueStatus.NOT_ASSESSED

    def test_a_finer_camera_sees_the_same_lens_and_the_same_skin(self) -> None:
        for eye, artefact in ((LIVE, None), (LENS, "patterned_lens")):
            frames = []
            for frame in drawn(eye, artefact)[:2]:
                pixels = np.asarray(cv2.resize(frame.pixels, None, fx=2.5, fy=2.5), np.uint8)
                frames.append(ObservedFrame(frame.time_s, pixels, analyze(pixels)))
            assert frames[0].geometry is not None
            assert frames[0].geometry.limbus.radius > 240
            worn = lens_ring(frames).status is CueStatus.ATTACK_SUSPECTED
            assert worn is (artefact is not None)
            assert printed_dots(frames).status is not CueStatus.ATTACK_SUSPECTED

    def test_no_dots_in_a_blurred_frame_says_nothing(self) -> None:
        frames = []
        for frame in drawn(LIVE)[:6]:
            pixels = np.asarray(cv2.GaussianBlur(frame.pixels, (0, 0), 5.0), np.uint8)
            frames.append(ObservedFrame(frame.time_s, pixels, analyze(pixels)))
        assert printed_dots(frames).status is CueStatus.NOT_ASSESSED
        assert lens_ring(frames).status is CueStatus.NOT_ASSESSED
