"""Which frames are kept for liveness: few a second, of the last seconds, of one presentation."""

from itertools import pairwise

import numpy as np
import pytest

from drivers import IrisFrame
from gateway.capture.judged_eyes import JudgedEyes
from gateway.capture.observed_frames import ObservationLimits, ObservedFrames

LIMITS = ObservationLimits()
GREY = np.zeros((48, 64), np.uint8)


def shown(observed: ObservedFrames, seconds: float, rate: float, start: float = 100.0) -> list[IrisFrame]:
    frames = [IrisFrame(GREY, start + n / rate) for n in range(round(seconds * rate))]
    for frame in frames:
        observed.see(frame)
    return frames


def judged(frame: IrisFrame) -> JudgedEyes:
    return JudgedEyes(frame, (), wrong_eye=False)


def times(observed: ObservedFrames, best: IrisFrame) -> list[float]:
    return [each.frame.captured_at for each in observed.around(judged(best))]


@pytest.mark.parametrize("rate", [9.0, 15.0, 25.0, 30.0, 60.0, 120.0])
def test_frames_of_the_last_seconds_are_kept_at_a_steady_pace(rate):
    observed = ObservedFrames()
    frames = shown(observed, 10.0, rate)
    kept = times(observed, frames[-1])
    assert kept == sorted(kept)
    assert 4.0 < kept[-1] - kept[0] <= LIMITS.kept_s + 1 / LIMITS.per_second
    # What a pupil's wander takes, and not much more.
    assert 8.0 < (len(kept) - 1) / (kept[-1] - kept[0]) < 10.0
    assert max(after - before for before, after in pairwise(kept)) < 1 / LIMITS.per_second + 1.5 / rate


def test_of_a_slow_camera_every_frame_is_kept():
    observed = ObservedFrames()
    frames = shown(observed, 4.0, 5.0)
    assert times(observed, frames[-1]) == [frame.captured_at for frame in frames]


def test_bytes_are_bounded_and_the_oldest_go_first():
    observed = ObservedFrames(ObservationLimits(most_bytes=10 * GREY.nbytes))
    frames = shown(observed, 4.0, 9.0)
    assert times(observed, frames[-1]) == [frame.captured_at for frame in frames[-10:]]


def test_a_blink_goes_on_and_an_absence_begins_anew():
    observed = ObservedFrames()
    first = shown(observed, 1.0, 30.0)
    after_blink = shown(observed, 1.0, 30.0, start=first[-1].captured_at + 0.4)
    assert times(observed, after_blink[-1])[0] == first[0].captured_at
    another = shown(observed, 1.0, 30.0, start=after_blink[-1].captured_at + LIMITS.gap_s + 0.1)
    assert times(observed, another[-1])[0] == another[0].captured_at
    # Of an earlier presentation nothing is left, and frames of another say nothing about it.
    assert times(observed, first[5]) == [first[5].captured_at]


def test_what_was_judged_is_kept_with_its_judgement_and_once():
    observed = ObservedFrames()
    frames = shown(observed, 1.0, 30.0)
    best, other = judged(frames[7]), judged(frames[0])
    observed.judge(best)
    observed.judge(other)
    found = observed.around(best)
    assert [each.judged for each in found if each.judged is not None] == [other, best]
    assert len({each.frame.captured_at for each in found}) == len(found)
    observed.judge(judged(IrisFrame(GREY, 90.0)))  # from before
    assert observed.around(best)[0].frame is frames[0]


def test_the_best_frame_stays_though_it_is_older_than_what_is_kept():
    observed = ObservedFrames()
    frames = shown(observed, 12.0, 30.0)
    found = times(observed, frames[1])
    assert found[0] == frames[1].captured_at
    assert found[1] > frames[-1].captured_at - LIMITS.kept_s - 0.2


def test_before_an_eye_was_seen_a_frame_stands_alone():
    frame = IrisFrame(GREY, 5.0)
    assert times(ObservedFrames(), frame) == [5.0]
