"""What a capture says of liveness, by frames of the synthetic camera."""

import time
from functools import lru_cache
from threading import Event

import numpy as np
import pytest
from structlog.testing import capture_logs

from drivers import Eyes, Illumination, IrisFrame, LightChange
from drivers.iris.synthetic import SyntheticIrisCamera, drawn_eye, drawn_eyes
from gateway.capture import liveness
from gateway.capture.judged_eyes import judged_eyes
from gateway.capture.liveness import assessed_eyes, lit_lamps, stated_liveness
from gateway.capture.observed_frames import Observed
from gateway.eye import EyePosition
from gateway.iris.liveness import LivenessVerdict
from gateway.iris.liveness.reasons import REASONS

RIGHT, BOTH = EyePosition.RIGHT, EyePosition.BOTH


@lru_cache
def camera_frames(
    artefact: str = "none", step: float | None = None
) -> tuple[tuple[IrisFrame, ...], LightChange | None]:
    """Two seconds at a camera, 10 frames a second."""
    options = {"delay_s": 0.0, "approach_s": 0.0, "settle_s": 0.05, "hold_s": 1000.0, "frame_rate": 10.0}
    found: list[IrisFrame] = []
    with SyntheticIrisCamera(eye=17, artefact=artefact, light_step_s=step, room_lux=50.0, **options) as camera:  # type: ignore[arg-type]
        for frame in camera.frames(Event()):
            if frame.pixels.std() > 20:  # somebody is there
                found.append(frame)
            if len(found) == 20:
                return tuple(found), camera.light_change
    raise AssertionError


def observed(frames: tuple[IrisFrame, ...]) -> tuple[Observed, ...]:
    return tuple(map(Observed, frames))


def later(seconds: float = 30.0) -> float:
    return time.monotonic() + seconds


def test_a_bare_eye_shows_signs_of_life_and_its_pupil_is_not_assessed_without_a_step_of_the_light():
    frames, light = camera_frames()
    assert light is None
    found = assessed_eyes(RIGHT, observed(frames), light, later())[RIGHT]
    assert found.verdict is LivenessVerdict.BONA_FIDE_SIGNS
    assert found.cue("pupil_response").score is None
    assert found.cue("glint_pattern").score == pytest.approx(1.0, abs=0.5)


def test_a_step_of_the_light_lets_the_pupil_answer():
    frames, light = camera_frames(step=0.4)
    assert light is not None
    assert light.brighter
    found = assessed_eyes(RIGHT, observed(frames), light, later())[RIGHT]
    assert (found.cue("pupil_response").score or 0) > 0.8


def test_a_print_is_suspected_and_the_reasons_have_codes():
    frames, _ = camera_frames("printed_eye")
    with capture_logs() as logged:
        (found,) = stated_liveness("c-1", RIGHT, observed(frames), None)
    assert found.verdict == "attack_suspected"
    suspecting = [cue for cue in found.cues if cue.status == "attack_suspected"]
    assert suspecting
    assert all(cue.score is not None and cue.score < 50 for cue in suspecting)
    assert {cue.reason for cue in found.cues} <= set(REASONS)
    codes = [cue.reason for cue in suspecting]
    told = {"event": "attack_suspected", "log_level": "warning", "capture": "c-1", "eye": "right", "cues": codes}
    assert logged == [told]


def test_both_eyes_of_a_frame_are_assessed_each_for_itself():
    frame = IrisFrame(drawn_eyes(17, 40, 1).pixels, 1.0, Eyes.BOTH)
    found = stated_liveness("c-1", BOTH, (Observed(frame),), None)
    assert [(each.position.code, each.position.name) for each in found] == [(1, "right"), (2, "left")]
    assert [len(each.cues) for each in found] == [5, 5]
    assert {cue.status for cue in found[0].cues if cue.name == "sameness"} == {"not_assessed"}


def test_where_time_is_over_five_frames_are_looked_at_and_no_more(monkeypatch):
    frames, _ = camera_frames()
    best = judged_eyes(frames[4], RIGHT)
    analysed: list[IrisFrame] = []

    def counted(frame: IrisFrame, asked: EyePosition) -> object:
        analysed.append(frame)
        return judged_eyes(frame, asked)

    monkeypatch.setattr(liveness, "judged_eyes", counted)
    mixed = (*observed(frames[:4]), Observed(frames[4], best), *observed(frames[5:]))
    found = assessed_eyes(RIGHT, mixed, None, time.monotonic() - 1)[RIGHT]
    assert analysed == list(reversed(frames[-4:]))
    assert found.cue("printed_dots").score is not None
    assert found.cue("glint_pattern").score is not None  # which takes five
    analysed.clear()
    assessed_eyes(RIGHT, mixed, None, later())
    assert analysed == [frame for frame in reversed(frames) if frame is not frames[4]]


def test_frames_that_were_judged_before_cost_no_time(monkeypatch):
    frames, _ = camera_frames()
    judged = tuple(Observed(frame, judged_eyes(frame, RIGHT)) for frame in frames[-5:])
    monkeypatch.setattr(liveness, "judged_eyes", None)
    found = assessed_eyes(RIGHT, (*observed(frames[:-5]), *judged), None, time.monotonic() - 1)[RIGHT]
    assert found.cue("glint_pattern").score is not None


def test_frames_about_a_step_of_the_light_are_looked_at_first(monkeypatch):
    frames = tuple(IrisFrame(np.full((48, 64), n, np.uint8), 10.0 + n / 10) for n in range(45))
    analysed: list[float] = []

    def counted(frame: IrisFrame, asked: EyePosition) -> object:
        analysed.append(frame.captured_at)
        return judged_eyes(frame, asked)

    monkeypatch.setattr(liveness, "judged_eyes", counted)
    assessed_eyes(RIGHT, observed(frames), LightChange(11.0, brighter=True), later())
    assert [round(10 * at - 100) for at in analysed] == [*range(22, 5, -1), *range(44, 22, -1), *range(5, -1, -1)]


def test_frames_without_an_eye_are_not_assessed():
    empty = tuple(IrisFrame(np.full((480, 640), 128, np.uint8), float(n)) for n in range(3))
    found = assessed_eyes(RIGHT, observed(empty), None, later())[RIGHT]
    assert found.cue("glint_pattern").score is None
    assert found.cue("lens_ring").score is None


def test_a_fault_of_the_heuristics_loses_no_capture(monkeypatch):
    def failing(*_: object, **__: object) -> object:
        raise RuntimeError("a fault")

    monkeypatch.setattr(liveness, "assess_liveness", failing)
    frame = IrisFrame(drawn_eye(17, 1).pixels, 1.0)
    with capture_logs() as logged:
        assert stated_liveness("c-1", RIGHT, (Observed(frame),), None) == ()
    assert [(each["event"], each["capture"]) for each in logged] == [("liveness_failed", "c-1")]


def test_lamps_are_counted_where_the_camera_tells_and_they_do_not_change():
    pixels = np.zeros((8, 8), np.uint8)

    def lit(*lamps: bool) -> IrisFrame:
        return IrisFrame(pixels, 1.0, illumination=Illumination(850.0, 0.5, lamps))

    dark = IrisFrame(pixels, 1.0)
    assert lit_lamps([lit(True, True), lit(True, True)]) == 2
    assert lit_lamps([lit(True, False)]) == 1
    assert lit_lamps([lit(True, True), lit(True, False)]) is None
    assert lit_lamps([lit(True, True), dark]) is None
    assert lit_lamps([dark]) is lit_lamps([lit()]) is None
