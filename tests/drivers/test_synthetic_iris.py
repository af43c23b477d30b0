"""The synthetic iris camera: the contract, its options, visits, faults and what frames tell."""

import math
from collections.abc import Iterator
from functools import partial
from itertools import islice
from threading import Event, Thread
from time import monotonic
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import DeviceError, DeviceHung, DeviceLost
from drivers.frame import Eyes, IrisFrame
from drivers.iris.synthesis.condition import CONDITIONS
from drivers.iris.synthesis.scene import Stance
from drivers.iris.synthesis.sitter import BLINK_EVERY_S, BLINK_S, LEAVE_S, Chosen, Sitter, Visit
from drivers.iris.synthetic import FAULTS, SyntheticIrisCamera
from drivers.protocols import IrisCamera
from tests.contract.iris_camera import IrisCameraContract
from tests.drivers import synthetic_faults

PATIENCE_S = 60.0
UNHURRIED = 1.0
"""Frames per second that a busy machine draws, too: a self test tells a slow one by the wall clock."""
STANCE = Stance(1.0, -0.5, 250.0, 1.0, 0.5, 0.2, (0.0, 0.0), 0.0)


def quick(**options: object) -> SyntheticIrisCamera:
    """A small camera before which people come fast."""
    defaults: dict[str, object] = {
        "delay_s": 0.02,
        "approach_s": 0.1,
        "settle_s": 0.1,
        "frame_rate": 100.0,
        "width": 240,
        "height": 180,
    }
    return SyntheticIrisCamera(**{**defaults, **options})  # type: ignore[arg-type]


def pupil_area(frame: IrisFrame) -> int:
    """Pixels as dark as a pupil in the middle of the frame."""
    height, width = frame.pixels.shape
    middle = frame.pixels[height // 4 : -height // 4, width // 4 : -width // 4]
    return int(np.count_nonzero(middle < 36))


class TestSyntheticIrisCamera(IrisCameraContract):
    def camera(self, scenario: str) -> IrisCamera:
        fault = {"waiting": "no_eye", "unplugged": "unplug", "hang": "hang"}.get(scenario)
        unhurried = {"frame_rate": UNHURRIED} if scenario == "self-test" else {}
        return quick(fault=fault, fault_after_frames=2 if scenario == "unplugged" else 0, **unhurried)


class TestTwoEyes(IrisCameraContract):
    scenarios = frozenset({"eye", "self-test"})

    def camera(self, scenario: str) -> IrisCamera:
        rate = UNHURRIED if scenario == "self-test" else 30.0
        return quick(eyes="both", width=640, height=160, frame_rate=rate)


class TestOptions:
    def test_defaults(self) -> None:
        identity = SyntheticIrisCamera().identity
        assert (identity.width, identity.height) == (640, 480)
        assert (identity.driver, identity.serial) == ("synthetic-iris", "SYN-0001")
        # CALIBRATION: a registration camera has more than 10 pixels to the millimetre.
        assert identity.ppi / 25.4 > 16.7

    def test_two_eyes_have_a_wide_frame(self) -> None:
        identity = SyntheticIrisCamera(eyes="both").identity
        assert (identity.width, identity.height) == (1920, 480)
        assert identity.ppi == SyntheticIrisCamera().identity.ppi

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
            {"eye": -1},
            {"other_eye": -1},
            {"impression": -1},
            {"eyes": "third"},
            {"width": 10},
            {"height": 100_000},
            {"eyes": "both", "width": 641},
            {"frame_rate": 0.0},
            {"frame_rate": math.nan},
            {"room_lux": -1.0},
            {"room_lux": math.inf},
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

    def test_not_open(self) -> None:
        with pytest.raises(DeviceError):
            next(quick().frames(Event()))

    def test_open_twice(self) -> None:
        camera = quick()
        with camera, pytest.raises(DeviceError), camera:
            pass


class TestFrames:
    @pytest.mark.parametrize(
        "told",
        [
            {"pixels": np.zeros((4, 4, 3), np.uint8)},
            {"pixels": np.zeros((4, 4), np.float32)},
            {"pixels": np.zeros((0, 4), np.uint8)},
            {"exposure_ms": 0.0},
            {"exposure_ms": math.nan},
            {"gain_db": math.inf},
            {"focus_distance_mm": -5.0},
            {"dropped": -1},
        ],
    )
    def test_a_frame_refuses_what_cannot_be(self, told: dict[str, Any]) -> None:
        with pytest.raises(ValueError):
            IrisFrame(**{"pixels": np.zeros((4, 4), np.uint8), "captured_at": 1.0, **told})

    def test_frames_tell_how_they_were_taken(self) -> None:
        with quick(eyes="left") as camera:
            frame = camera.capture(PATIENCE_S, Event())
        assert frame.eyes is Eyes.LEFT
        assert frame.exposure_ms is not None
        assert 4 < frame.exposure_ms < 15
        assert frame.gain_db == 6.0
        assert frame.focus_distance_mm == 250.0
        assert frame.illumination is not None
        assert 700 <= frame.illumination.wavelength_nm <= 900

    def test_exposure_grows_with_the_distance(self) -> None:
        exposures = []
        for condition in ("near", "clean", "far"):
            with quick(condition=condition) as camera:
                exposures.append(camera.capture(PATIENCE_S, Event()).exposure_ms)
        assert exposures == sorted(exposures)  # type: ignore[type-var]
        assert exposures[0] != exposures[-1]

    def test_a_slow_taker_misses_frames_and_is_told(self) -> None:
        with quick(fault="no_eye", frame_rate=200.0) as camera:
            frames = camera.frames(Event())
            next(frames)
            Event().wait(0.1)
            assert next(frames).dropped >= 10

    def test_an_empty_place_is_dark(self) -> None:
        with quick(fault="no_eye") as camera:
            assert next(camera.frames(Event())).pixels.max() < 60

    def test_both_eyes(self) -> None:
        with quick(eyes="both", width=640, height=160, eye=3) as camera:
            frame = camera.capture(PATIENCE_S, Event())
        assert frame.eyes is Eyes.BOTH
        # A pupil in each half.
        assert np.count_nonzero(frame.pixels[:, :320] < 36) > 80
        assert np.count_nonzero(frame.pixels[:, 320:] < 36) > 80


class TestVisits:
    def test_preview_shows_an_empty_place_then_an_eye_that_comes_nearer_then_nobody(self) -> None:
        with quick(approach_s=0.4, hold_s=0.2, delay_s=0.1) as camera:
            cancel, light = Event(), []
            for frame in camera.frames(cancel):
                light.append(float(frame.pixels.mean()))
                if max(light) > 60 and light[-1] < 30:
                    cancel.set()
        assert light[0] < 30
        assert max(light) > 120

    def test_a_settled_eye_is_nearly_still(self) -> None:
        with quick(hold_s=60.0) as camera:
            first = camera.capture(PATIENCE_S, Event()).pixels.astype(float)
            second = camera.capture(PATIENCE_S, Event()).pixels.astype(float)
        assert 0 < np.abs(first - second).mean() < 6

    def test_each_visit_is_the_next_impression(self) -> None:
        with quick(hold_s=0.3) as camera:
            first = camera.capture(PATIENCE_S, Event())
            cancel = Event()
            gone = (frame for frame in camera.frames(cancel) if frame.pixels.mean() < 30)
            next(gone)
            second = camera.capture(PATIENCE_S, Event())
        assert np.abs(first.pixels.astype(float) - second.pixels).mean() > 6

    def test_presented_eye_replaces_the_one_that_is_there(self) -> None:
        with quick(hold_s=60.0) as camera:
            camera.capture(PATIENCE_S, Event())
            camera.present(17, 3, "pupil_wide")
            shown = camera.capture(PATIENCE_S, Event())
        with quick(eye=17, impression=3, condition="pupil_wide") as other:
            expected = other.capture(PATIENCE_S, Event())
        # The head sways by tenths of a millimetre: compare coarsely.
        blocks = [frame.pixels.reshape(18, 10, 24, 10).astype(float).mean(axis=(1, 3)) for frame in (shown, expected)]
        assert np.corrcoef(blocks[0].ravel(), blocks[1].ravel())[0, 1] > 0.97

    def test_present_refuses_what_cannot_come(self) -> None:
        with pytest.raises(ValueError, match="soapy"):
            quick().present(1, condition="soapy")
        with pytest.raises(ValueError):
            quick().present(-1)

    def test_pupils_follow_the_room(self) -> None:
        with quick(hold_s=60.0, room_lux=0.5, impression=1) as camera:
            dark = pupil_area(camera.capture(PATIENCE_S, Event()))
            camera.light_room(20_000.0)
            bright = dark
            for frame in islice(camera.frames(Event()), 400):
                bright = min(bright, pupil_area(frame))
                if bright < 0.5 * dark:
                    break
        assert bright < 0.5 * dark

    def test_lit_room_must_be_a_number(self) -> None:
        with pytest.raises(ValueError):
            quick().light_room(math.nan)


class TestSitter:
    def visit(self) -> Visit[str]:
        return Visit(Chosen(1, None, 1, "clean"), "eye", STANCE, 100.0, 101.0, 101.5, 109.5)

    def test_comes_from_afar_and_settles_where_it_was_to(self) -> None:
        visit = self.visit()
        distances = [visit.pose(100.0 + share).distance_mm for share in np.linspace(0, 1, 11)]
        assert distances[0] > 1.5 * STANCE.distance_mm
        assert distances == sorted(distances, reverse=True)
        settled = [visit.pose(at) for at in np.linspace(102.5, 109, 50)]
        assert max(abs(pose.x_mm - STANCE.x_mm) for pose in settled) < 0.4
        assert max(abs(pose.distance_mm - STANCE.distance_mm) for pose in settled) < 1.5
        assert max(math.hypot(*pose.velocity_mm_per_s) for pose in settled) < 1.0

    def test_looks_at_the_camera_in_the_end(self) -> None:
        visit = self.visit()
        assert abs(visit.pose(100.1).yaw_deg) > 8
        assert abs(visit.pose(102.0).yaw_deg - STANCE.yaw_deg) < 0.5

    def test_velocity_is_that_of_the_movement(self) -> None:
        visit = self.visit()
        before, at, after = (visit.pose(when) for when in (100.49, 100.5, 100.51))
        assert at.velocity_mm_per_s[0] == pytest.approx((after.x_mm - before.x_mm) / 0.02, rel=0.02)

    def test_blinks_close_the_eye_wholly_and_briefly(self) -> None:
        visit = self.visit()
        at = np.arange(101.0, 109.0, 0.005)
        closing = np.array([visit.closing(when) for when in at])
        assert closing.max() > 0.99
        assert closing.min() == 0
        assert np.mean(closing > 0) == pytest.approx(BLINK_S / BLINK_EVERY_S, abs=0.03)

    def test_not_at_rest_in_a_blink(self) -> None:
        visit = self.visit()
        at = np.arange(101.5, 109.0, 0.005)
        assert all(visit.at_rest(when) == (visit.closing(when) == 0) for when in at)
        assert not visit.at_rest(101.4)
        assert not visit.at_rest(109.6)

    def test_a_restless_head_keeps_its_speed(self) -> None:
        drifting = Stance(0.0, 0.0, 250.0, 0.0, 0.0, 0.0, (100.0, 60.0), 0.0)
        visit = Visit(Chosen(1, None, 1, "moved"), "eye", drifting, 0.0, 0.5, 0.6, 60.0)
        speeds = [math.hypot(*visit.pose(at).velocity_mm_per_s) for at in np.linspace(1, 5, 80)]
        assert min(speeds) > 40
        assert max(abs(visit.pose(at).x_mm) for at in np.linspace(1, 5, 80)) < 8

    def test_a_person_who_left_comes_again(self) -> None:
        drawn: list[Chosen] = []

        def draw(chosen: Chosen) -> tuple[str, Stance]:
            drawn.append(chosen)
            return "eye", STANCE

        sitter: Sitter[str] = Sitter(
            draw,
            Chosen(5, None, 1, "clean"),
            repeat_impression=False,
            delay_s=0,
            approach_s=0.1,
            settle_s=0.1,
            hold_s=1,
        )
        try:
            sitter.attend(10.0)
            first = visit_at(sitter, 10.1)
            assert first.chosen.impression == 1
            gone = first.leaves_at + LEAVE_S + 0.01
            second = visit_at(sitter, gone)
            assert second.chosen.impression == 2
        finally:
            sitter.close()
        assert [chosen.impression for chosen in drawn[:2]] == [1, 2]


def visit_at(sitter: Sitter[str], now: float) -> Visit[str]:
    """The visit at that time, once its drawing is done."""
    deadline = monotonic() + PATIENCE_S
    while monotonic() < deadline:
        visit = sitter.at(now)
        if visit is not None and now < visit.leaves_at + LEAVE_S:
            return visit
    raise AssertionError("nobody came")


def frames_until(camera: SyntheticIrisCamera, enough: int) -> Iterator[IrisFrame]:
    cancel = Event()
    for count, frame in enumerate(camera.frames(cancel)):
        yield frame
        if count == enough:
            cancel.set()


class TestFaults:
    def test_unplugged_until_it_is_opened_again(self) -> None:
        camera = quick(fault="unplug", fault_after_frames=3)
        with camera:
            frames = camera.frames(Event())
            for _ in range(3):
                next(frames)
            with pytest.raises(DeviceLost):
                next(frames)
            with pytest.raises(DeviceLost):
                camera.reset()
        with camera:
            camera.capture(PATIENCE_S, Event())

    def test_fault_occurs_as_often_as_asked(self) -> None:
        camera = quick(fault="unplug", fault_count=2)
        for _ in range(2):
            with camera, pytest.raises(DeviceLost):
                camera.capture(PATIENCE_S, Event())
        with camera:
            camera.capture(PATIENCE_S, Event())

    def test_hang_is_deaf_to_cancel(self) -> None:
        raised: list[BaseException] = []
        cancel, seen = Event(), Event()

        def watch(camera: SyntheticIrisCamera) -> None:
            try:
                for _ in camera.frames(cancel):
                    seen.set()
            except DeviceLost as error:
                raised.append(error)

        with quick(fault="hang", fault_after_frames=2) as camera:
            thread = Thread(target=watch, args=(camera,))
            thread.start()
            assert seen.wait(PATIENCE_S)
            while not camera.hangs:
                thread.join(0.01)
            cancel.set()
            thread.join(0.2)
            assert thread.is_alive()
            camera.reset()
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
            assert isinstance(raised[0], DeviceHung)

    def test_closing_frees_a_hang(self) -> None:
        raised: list[BaseException] = []

        def watch(camera: SyntheticIrisCamera) -> None:
            try:
                camera.capture(PATIENCE_S, Event())
            except DeviceLost as error:
                raised.append(error)

        with quick(fault="hang") as camera:
            thread = Thread(target=watch, args=(camera,))
            thread.start()
            while not camera.hangs:
                thread.join(0.01)
        thread.join(PATIENCE_S)
        assert isinstance(raised[0], DeviceHung)

    def test_slow_frames_come_further_apart(self) -> None:
        began = monotonic()
        with quick(fault="slow", fault_after_frames=3) as camera:
            last = list(frames_until(camera, 8))[-1]
        # Two intervals of 10 ms, then six of 50 ms: never sooner, but a frame that was late may be made up for.
        assert last.captured_at - began >= 0.25

    def test_lost_frames_are_counted(self) -> None:
        with quick(fault="drops", fault_after_frames=2) as camera:
            dropped = [frame.dropped for frame in frames_until(camera, 5)]
        assert all(count >= 2 for count in dropped[2:])

    def test_failed_lamps_leave_the_image_dark(self) -> None:
        with quick(fault="lamps_off", frame_rate=UNHURRIED, hold_s=60.0) as camera:
            frame = camera.capture(PATIENCE_S, Event())
            failed = [step for step in camera.self_test(Event()) if not step.passed]
        assert np.percentile(frame.pixels, 95) < 40
        assert [step.name for step in failed] == ["lamps"]
        assert "cable" in failed[0].detail

    @pytest.mark.parametrize("fault", ["slow", "drops"])
    def test_a_camera_that_loses_time_fails_the_self_test(self, fault: str) -> None:
        with quick(fault=fault, frame_rate=UNHURRIED) as camera:
            assert [step.name for step in camera.self_test(Event()) if not step.passed] == ["rate"]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["unplug", "hang", "slow", "no_eye"]), synthetic_faults.FAULTS, synthetic_faults.ACTS)
def test_random_faults_end_in_frames_or_errors(fault: str, options: dict[str, int], acts: list[str]) -> None:
    quick_one = partial(
        quick,
        delay_s=1000.0,
        frame_rate=1000.0,
        width=120,
        height=120,  # nobody: drawing an eye takes long
    )
    synthetic_faults.survive(quick_one, fault, options, acts)
