"""When an eye is taken by itself, by drawn frames at 30 a second."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from drivers import Eyes, IrisFrame
from drivers.iris.synthetic import drawn_eye, drawn_eyes
from gateway.capture.iris_auto_capture import EyeLook, IrisAutoCapture, IrisAutoCaptureSettings
from gateway.capture.judged_eyes import OneEyeCameraError, judged_eyes
from gateway.eye import EyePosition
from gateway.guidance import GuidanceCode, guidance

SETTINGS = IrisAutoCaptureSettings()
PERIOD_S = 1 / 30


@lru_cache
def pixels(condition: str = "clean", seed: int = 17) -> np.ndarray:
    return drawn_eye(seed, 1, condition).pixels


@lru_cache
def twin() -> np.ndarray:
    return drawn_eyes(17, 40, 1).pixels


EMPTY = np.full((480, 640), 20, np.uint8)


class Stream:
    """Frames one after the other, and what auto-capture says of them."""

    def __init__(
        self,
        asked: EyePosition = EyePosition.RIGHT,
        settings: IrisAutoCaptureSettings = SETTINGS,
        period_s: float = PERIOD_S,
    ) -> None:
        self.auto = IrisAutoCapture(settings, asked)
        self.now = 100.0
        self.period_s = period_s

    def show(self, image: np.ndarray, eyes: Eyes = Eyes.UNKNOWN) -> EyeLook:
        self.now += self.period_s
        return self.auto.look(IrisFrame(image, self.now, eyes))

    def frames_until_taken(self, image: np.ndarray, most: int = 300, eyes: Eyes = Eyes.UNKNOWN) -> int:
        return next((n for n in range(1, most + 1) if self.show(image, eyes).take), 0)


def told(look: EyeLook) -> list[GuidanceCode]:
    return [remark.code for remark in look.live.guidance]


def test_a_good_eye_is_taken_when_so_many_frames_were_still():
    # The first frame has none before it to be still against.
    assert Stream().frames_until_taken(pixels()) == SETTINGS.still_frames + 1


def test_a_moving_eye_is_not_taken_and_told_to_hold_still():
    stream = Stream()
    looks = [stream.show(np.roll(pixels(), 20 * (n % 2), axis=1)) for n in range(30)]
    assert not any(look.take or look.live.still for look in looks)
    assert all(look.live.eye_present for look in looks)
    assert told(looks[-1]) == [GuidanceCode.EYE_MOVED]
    assert stream.frames_until_taken(pixels()) <= SETTINGS.still_frames + 1


def test_a_slow_drift_is_still():
    stream = Stream()
    assert any(stream.show(np.roll(pixels(), n, axis=1)).take for n in range(10))


def test_an_empty_place_is_never_taken():
    stream = Stream()
    assert stream.frames_until_taken(EMPTY, 90) == 0
    assert stream.auto.remarks[0].code is GuidanceCode.NO_EYE


@pytest.mark.parametrize(("condition", "seed"), [("lids_low", 40), ("defocused", 3)])
def test_an_eye_that_never_looks_good_is_judged_in_full_after_a_while(condition, seed):
    stream = Stream()
    frames = stream.frames_until_taken(pixels(condition, seed))
    assert frames * PERIOD_S == pytest.approx(SETTINGS.improve_s, abs=0.1)
    stream.auto.refuse(stream.auto.recent(), (), stream.now)
    assert stream.frames_until_taken(pixels(condition, seed)) * PERIOD_S == pytest.approx(SETTINGS.retry_s, abs=0.1)


def test_the_person_is_given_time_for_what_can_be_mended():
    stream = Stream()
    frames = stream.frames_until_taken(pixels("near"))
    assert stream.auto.remarks[0].code is GuidanceCode.EYE_TOO_NEAR
    assert frames * PERIOD_S == pytest.approx(SETTINGS.improve_s, abs=0.1)


def test_a_wide_pupil_is_not_waited_for():
    stream = Stream()
    assert stream.frames_until_taken(pixels("pupil_wide")) == SETTINGS.still_frames + 1
    assert stream.auto.remarks[0].code is GuidanceCode.PUPIL_TOO_WIDE


def test_after_a_refusal_there_is_a_pause_and_the_reason_is_shown():
    stream = Stream()
    stream.frames_until_taken(pixels())
    burst = stream.auto.recent()
    aside = (guidance(GuidanceCode.LOOK_AT_CAMERA),)
    assert stream.auto.could_be_better(aside, stream.now)
    stream.auto.refuse(burst, aside, stream.now)
    assert not stream.auto.recent()
    assert not stream.auto.sharpest()
    assert told(stream.show(pixels())) == [GuidanceCode.LOOK_AT_CAMERA]
    assert stream.frames_until_taken(pixels()) * PERIOD_S == pytest.approx(SETTINGS.retry_s, abs=2 * PERIOD_S)
    stream.now += SETTINGS.improve_s
    assert not stream.auto.could_be_better(aside, stream.now)


def test_the_sharpest_frames_of_the_last_second_are_kept_for_the_judgement():
    stream = Stream()
    sharp = [stream.show(pixels()) and stream.auto.newest for _ in range(2)]
    for _ in range(20):
        stream.show(pixels("defocused"))
    assert set(map(id, sharp)) < set(map(id, stream.auto.recent()))
    for _ in range(30):
        stream.show(pixels("defocused"))
    assert not set(map(id, sharp)) & set(map(id, stream.auto.recent()))
    assert set(map(id, sharp)) < set(map(id, stream.auto.sharpest()))
    assert len(stream.auto.sharpest()) == SETTINGS.kept_frames


def test_the_eye_that_the_camera_calls_the_other_is_neither_taken_nor_kept():
    stream = Stream(EyePosition.LEFT)
    assert stream.frames_until_taken(pixels(), 90, Eyes.RIGHT) == 0
    assert not stream.auto.sharpest()
    assert [remark.code for remark in stream.auto.remarks] == [GuidanceCode.WRONG_EYE]
    assert stream.frames_until_taken(pixels(), 90, Eyes.LEFT) > 0


def test_an_eye_that_a_full_judgement_calls_the_other_is_told_so_and_waited_for():
    stream = Stream()
    stream.frames_until_taken(pixels())
    other = (guidance(GuidanceCode.WRONG_EYE),)
    assert stream.auto.could_be_better(other, stream.now)
    stream.auto.refuse(stream.auto.recent(), other, stream.now)
    assert told(stream.show(pixels())) == [GuidanceCode.WRONG_EYE]
    assert not stream.auto.could_be_better(other, stream.now + SETTINGS.improve_s)


def test_an_eye_that_never_looks_good_is_not_waited_for_longer():
    stream = Stream()
    stream.frames_until_taken(pixels("defocused", 3))
    aside = (guidance(GuidanceCode.LOOK_AT_CAMERA),)
    assert stream.auto.could_be_better(aside, stream.now - 1)
    assert not stream.auto.could_be_better(aside, stream.now + 0.1)


def test_frames_that_show_an_eye_are_observed():
    stream = Stream()
    for _ in range(5):
        stream.show(EMPTY)
    for _ in range(30):
        stream.show(pixels())
    assert stream.auto.newest is not None
    kept = stream.auto.observed.around(judged_eyes(stream.auto.newest, EyePosition.RIGHT))
    assert 8 <= len(kept) <= 11
    assert all(each.frame.pixels is pixels() for each in kept)


def test_both_eyes_have_to_be_good_at_once():
    closed = twin().copy()
    closed[:, closed.shape[1] // 2 :] = 128
    stream = Stream(EyePosition.BOTH)
    assert stream.frames_until_taken(closed, 90, Eyes.BOTH) == 0
    assert GuidanceCode.NO_EYE in [remark.code for remark in stream.auto.remarks]
    assert stream.auto.sharpest()  # one eye is better than none
    assert stream.frames_until_taken(twin(), 90, Eyes.BOTH) > 0
    assert Stream(EyePosition.RIGHT).frames_until_taken(closed, 90, Eyes.BOTH) == SETTINGS.still_frames + 1


def test_both_eyes_of_a_frame_that_shows_one_are_refused():
    for eyes in (Eyes.UNKNOWN, Eyes.RIGHT):
        with pytest.raises(OneEyeCameraError):
            Stream(EyePosition.BOTH).show(pixels(), eyes)


def test_a_glimpse_is_not_an_eye_that_was_seen():
    stream = Stream()
    for n in range(90):
        stream.show(pixels() if n % 3 == 0 else EMPTY)
    assert not stream.auto.saw_eye
    for _ in range(15):
        stream.show(pixels("lids_low", 40))
    assert stream.auto.saw_eye
    assert not Stream().auto.saw_eye


def test_of_a_slow_stream_fewer_frames_say_that_an_eye_was_seen():
    stream = Stream(period_s=0.2)
    for _ in range(3):
        stream.show(pixels("lids_low", 40))
        assert not stream.auto.saw_eye
    stream.show(pixels("lids_low", 40))
    assert stream.auto.saw_eye
    empty = Stream(period_s=0.2)
    for n in range(60):
        empty.show(pixels() if n % 3 == 0 else EMPTY)
    assert not empty.auto.saw_eye


def test_what_a_late_judgement_says_is_waited_for_from_then():
    stream, wrong = Stream(), (guidance(GuidanceCode.WRONG_EYE),)
    for _ in range(4):
        stream.show(pixels())
    late = stream.now + 10.0  # a busy machine took so long to judge what looked good
    assert stream.auto.could_be_better(wrong, late)
    assert stream.auto.could_be_better(wrong, late + 0.9 * SETTINGS.improve_s)
    assert not stream.auto.could_be_better(wrong, late + 1.1 * SETTINGS.improve_s)


def test_what_was_told_all_the_time_is_not_waited_for_twice():
    stream, far = Stream(), (guidance(GuidanceCode.EYE_MOVED),)
    for n in range(30):
        stream.show(np.roll(pixels(), 20 * (n % 2), axis=1))
    assert stream.auto.could_be_better(far, stream.now)
    assert not stream.auto.could_be_better(far, stream.now + SETTINGS.improve_s)


def test_frames_that_flicker_do_not_flicker_what_is_shown():
    stream = Stream(settings=replace(SETTINGS, min_clarity=100))
    for _ in range(5):
        stream.show(pixels())
    looks = [stream.show(EMPTY if n % 4 == 0 else pixels()) for n in range(20)]
    assert all(look.live.eye_present for look in looks)
