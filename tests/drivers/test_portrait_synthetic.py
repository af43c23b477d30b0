"""The synthetic portrait camera: the contract, its options, visits, conditions and faults."""

import math
from functools import partial
from itertools import islice
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import DeviceError
from drivers.frame import PortraitFrame
from drivers.portrait.synthesis.condition import CONDITIONS
from drivers.portrait.synthesis.figure import drawn_figure, figure_traits
from drivers.portrait.synthesis.light import GAIN_LIMIT_DB, automatic, tint
from drivers.portrait.synthesis.visit import LEAVE_S, Visits
from drivers.portrait.synthetic import FAULTS, SyntheticPortraitCamera
from drivers.protocols import PortraitCamera
from tests.contract.portrait_camera import PortraitCameraContract
from tests.drivers import synthetic_faults

PATIENCE_S = 60.0


def quick(**options: object) -> SyntheticPortraitCamera:
    """A small camera before which people come fast."""
    defaults: dict[str, object] = {
        "delay_s": 0.02,
        "approach_s": 0.1,
        "settle_s": 0.1,
        "frame_rate": 100.0,
        "width": 200,
        "height": 150,
    }
    return SyntheticPortraitCamera(**{**defaults, **options})  # type: ignore[arg-type]


def taken(**options: object) -> PortraitFrame:
    with quick(hold_s=60.0, **options) as camera:
        return camera.capture(PATIENCE_S, Event())


class TestSyntheticPortraitCamera(PortraitCameraContract):
    def camera(self, scenario: str) -> PortraitCamera:
        fault = {"waiting": "no_person", "unplugged": "unplug", "hang": "hang"}.get(scenario)
        return quick(fault=fault, fault_after_frames=2 if scenario == "unplugged" else 0)


class TestOptions:
    def test_defaults(self) -> None:
        identity = SyntheticPortraitCamera().identity
        assert (identity.width, identity.height) == (640, 480)
        assert (identity.driver, identity.serial) == ("synthetic-portrait", "SYN-0001")

    def test_unknown_names_are_answered_with_the_known(self) -> None:
        with pytest.raises(ValueError) as condition:
            quick(condition="soapy")
        assert all(name in str(condition.value) for name in CONDITIONS)
        with pytest.raises(ValueError) as fault:
            quick(fault="melt")
        assert all(name in str(fault.value) for name in FAULTS)

    @pytest.mark.parametrize(
        "options",
        [
            {"face": -1},
            {"width": 10},
            {"height": 100_000},
            {"frame_rate": 0.0},
            {"frame_rate": math.nan},
            {"white_balance_k": 3.0},
            {"hold_s": -1.0},
            {"settle_s": math.inf},
            {"approach_s": math.nan},
            {"fault_after_frames": -1},
            {"fault_count": 0},
        ],
    )
    def test_out_of_range(self, options: dict[str, object]) -> None:
        with pytest.raises(ValueError):
            quick(**options)

    def test_open_twice(self) -> None:
        camera = quick()
        with camera, pytest.raises(DeviceError), camera:
            pass

    @pytest.mark.parametrize(
        "told",
        [
            {"pixels": np.zeros((4, 4), np.uint8)},
            {"pixels": np.zeros((4, 4, 4), np.uint8)},
            {"pixels": np.zeros((4, 4, 3), np.float32)},
            {"pixels": np.zeros((0, 4, 3), np.uint8)},
            {"exposure_ms": 0.0},
            {"gain_db": math.inf},
            {"white_balance_k": -1.0},
            {"dropped": -1},
        ],
    )
    def test_a_frame_refuses_what_cannot_be(self, told: dict[str, Any]) -> None:
        with pytest.raises(ValueError):
            PortraitFrame(**{"pixels": np.zeros((4, 4, 3), np.uint8), "captured_at": 1.0, **told})


class TestFigures:
    def test_a_seed_is_always_the_same_figure(self) -> None:
        assert np.array_equal(drawn_figure(7).sprite, drawn_figure.__wrapped__(7).sprite)
        assert figure_traits(7) == figure_traits(7)

    def test_seeds_differ(self) -> None:
        sprites = [drawn_figure(seed).sprite[::8, ::8].astype(int) for seed in range(12)]
        differences = [np.abs(a - b).mean() for n, a in enumerate(sprites) for b in sprites[:n]]
        assert min(differences) > 1.0

    def test_all_styles_come(self) -> None:
        assert len({figure_traits(seed).hair_style for seed in range(40)}) == 5

    def test_the_figure_covers_the_middle_and_not_the_corners(self) -> None:
        cover = drawn_figure(3).sprite[..., 3]
        assert cover[cover.shape[0] // 3, cover.shape[1] // 2] == 255
        assert cover[0, 0] == 0


class TestConditions:
    def test_light_that_the_automatic_cannot_make_up_for(self) -> None:
        dark, clean, bright = (taken(condition=name) for name in ("dark", "clean", "bright"))
        assert dark.pixels.mean() < 0.6 * clean.pixels.mean()
        assert bright.pixels.mean() > clean.pixels.mean() + 15
        assert dark.gain_db == GAIN_LIMIT_DB
        assert clean.gain_db == 0
        assert dark.exposure_ms is not None
        assert clean.exposure_ms is not None
        assert bright.exposure_ms is not None
        assert dark.exposure_ms > clean.exposure_ms > bright.exposure_ms

    def test_tint_of_the_light(self) -> None:
        warm, cold = (taken(condition=name).pixels.reshape(-1, 3).mean(axis=0) for name in ("warm_light", "cold_light"))
        assert warm[0] > warm[2] + 30
        assert cold[2] > cold[0] + 10

    def test_a_camera_set_for_the_light_sees_no_tint(self) -> None:
        set_for_it = taken(condition="warm_light", white_balance_k=2900.0).pixels.astype(int)
        clean = taken(condition="clean").pixels.astype(int)
        assert abs(set_for_it.mean(axis=(0, 1)) - clean.mean(axis=(0, 1))).max() < 4
        assert tint(4000, 4000) == pytest.approx([1, 1, 1])

    def test_nearer_is_larger(self) -> None:
        wall = quick(fault="no_person")
        with wall:
            empty = next(wall.frames(Event())).pixels.astype(int)
        covered = [
            np.count_nonzero(np.abs(taken(condition=name).pixels - empty).max(axis=2) > 25)
            for name in ("far", "clean", "near")
        ]
        assert covered == sorted(covered)
        assert covered[0] < 0.5 * covered[2]

    def test_defocus_takes_edges_away(self) -> None:
        def edges(frame: PortraitFrame) -> float:
            return float(np.abs(np.diff(frame.pixels.astype(int), axis=1)).max())

        options = {"width": 640, "height": 480, "frame_rate": 30.0}
        assert edges(taken(condition="defocused", **options)) < 0.6 * edges(taken(condition="clean", **options))

    def test_closed_eyes_and_gaze_change_the_eyes(self) -> None:
        options = {"width": 640, "height": 480, "frame_rate": 30.0}
        views = {
            name: taken(condition=name, **options).pixels[190:240, 270:370].astype(int)
            for name in ("clean", "gaze_off", "eyes_closed")
        }
        whites = {name: np.count_nonzero(view.min(axis=2) > 200) for name, view in views.items()}
        assert whites["eyes_closed"] < 0.3 * whites["clean"]
        assert np.abs(views["gaze_off"] - views["clean"]).max() > 80

    def test_automatic_keeps_the_level_within_its_limits(self) -> None:
        assert automatic(1.0).level == pytest.approx(1.0)
        assert automatic(0.1).level == pytest.approx(1.0)
        assert automatic(1e-3).level < 0.1

    @pytest.mark.parametrize("condition", list(CONDITIONS))
    def test_every_condition_can_be_seen(self, condition: str) -> None:
        assert taken(condition=condition).pixels.shape == (150, 200, 3)


class TestVisits:
    def test_preview_shows_nobody_then_a_person_then_nobody(self) -> None:
        visits = Visits(1, "clean", delay_s=1.0, approach_s=1.0, settle_s=1.0, hold_s=5.0)
        assert visits.at(0.0) is None
        visit = visits.at(1.1)
        assert visit is not None
        assert visit.pose(1.2).distance_mm > visit.pose(2.0).distance_mm > visit.pose(5.0).distance_mm - 1
        assert not visit.at_rest(1.2)
        rested = [now for now in np.arange(1.2, 8.0, 0.05) if visit.at_rest(float(now))]
        assert rested
        assert visits.at(visit.leaves_at + LEAVE_S) is None

    def test_presented_figure_replaces_the_one_that_is_there(self) -> None:
        visits = Visits(1, "clean", delay_s=0.0, approach_s=0.0, settle_s=0.0, hold_s=100.0)
        first = visits.at(0.0)
        assert first is not None
        visits.choose(2, "far")
        leaving = visits.at(1.0)
        assert leaving is not None
        assert (leaving.face, leaving.leaves_at) == (1, 1.0)
        visits.at(1.1 + LEAVE_S)
        come = visits.at(1.2 + LEAVE_S)
        assert come is not None
        assert (come.face, come.condition) == (2, "far")

    def test_present_refuses_what_cannot_come(self) -> None:
        with pytest.raises(ValueError, match="soapy"):
            quick().present(1, condition="soapy")
        with pytest.raises(ValueError):
            quick().present(-1)

    def test_a_person_blinks(self) -> None:
        visit = Visits(1, "clean", delay_s=0.0, approach_s=0.0, settle_s=0.0, hold_s=100.0).at(0.0)
        assert visit is not None
        lids = [visit.pose(now / 100).closing for now in range(500)]
        assert max(lids) > 0.9
        assert np.mean(np.array(lids) == 0) > 0.8

    def test_a_settled_face_is_nearly_still(self) -> None:
        with quick(hold_s=60.0) as camera:
            first = camera.capture(PATIENCE_S, Event()).pixels.astype(float)
            second = camera.capture(PATIENCE_S, Event()).pixels.astype(float)
        assert 0 < np.abs(first - second).mean() < 6


class TestFaults:
    def test_drops_are_told(self) -> None:
        with quick(fault="drops") as camera:
            frames = list(islice(camera.frames(Event()), 4))
        assert all(frame.dropped >= 2 for frame in frames[1:])

    def test_a_slow_taker_misses_frames_and_is_told(self) -> None:
        with quick(fault="no_person", frame_rate=200.0) as camera:
            frames = camera.frames(Event())
            next(frames)
            Event().wait(0.1)
            assert next(frames).dropped >= 10

    def test_slow_and_drops_fail_the_self_test(self) -> None:
        for fault in ("slow", "drops"):
            with quick(fault=fault) as camera:
                assert [step.name for step in camera.self_test(Event()) if not step.passed] == ["rate"]

    def test_a_later_use_ends_the_former(self) -> None:
        with quick() as camera:
            former = camera.frames(Event())
            next(former)
            later = camera.frames(Event())
            next(later)
            assert list(former) == []
            next(later)

    @settings(max_examples=100, deadline=None)
    @given(
        st.sampled_from(["unplug", "hang", "slow", "drops", "no_person"]),
        synthetic_faults.FAULTS,
        synthetic_faults.ACTS,
    )
    def test_random_faults_end_in_frames_or_errors(self, fault: str, options: dict[str, int], acts: list[str]) -> None:
        quick_one = partial(quick, delay_s=0.0, approach_s=0.0, settle_s=0.0, frame_rate=1000.0, width=120, height=120)
        synthetic_faults.survive(quick_one, fault, options, acts)
