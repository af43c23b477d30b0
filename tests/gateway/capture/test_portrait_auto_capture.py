"""When a portrait is taken by itself, and which frame of the stream it is."""

import numpy as np

from drivers import PortraitFrame
from gateway.capture.portrait_auto_capture import PortraitAutoCapture, PortraitAutoCaptureSettings
from gateway.guidance import GuidanceCode
from tests.gateway.portrait.figures import figure, wall

SETTINGS = PortraitAutoCaptureSettings(still_frames=3)
GOOD, SHUT, FAR = figure(3), figure(3, "eyes_closed"), figure(3, "far")


class Stream:
    """Frames at 30 a second."""

    def __init__(self, settings: PortraitAutoCaptureSettings = SETTINGS) -> None:
        self.auto = PortraitAutoCapture(settings)
        self.now = 0.0

    def see(self, pixels: np.ndarray, times: int = 1) -> list[bool]:
        taken = []
        for _ in range(times):
            self.now += 1 / 30
            taken.append(self.auto.look(PortraitFrame(pixels, self.now)).take)
        return taken

    def codes(self) -> list[GuidanceCode]:
        return [remark.code for remark in self.auto.remarks]


def test_three_good_and_still_frames_are_taken_and_not_before():
    stream = Stream()
    stream.see(wall(), 5)
    assert stream.codes() == [GuidanceCode.NO_FACE]
    assert stream.see(GOOD, 4) == [False, False, False, True]  # the first follows an empty frame
    assert stream.codes() == []


def test_who_moves_is_waited_for_and_told():
    stream = Stream()
    moving = [figure(3, x_mm=x) for x in (-40.0, 40.0)]
    for _ in range(5):
        assert not any(stream.see(moving[0]) + stream.see(moving[1]))
    assert stream.codes() == [GuidanceCode.FACE_MOVED]
    assert stream.see(moving[1], 3)[-1]


def test_shut_eyes_are_waited_for_two_seconds_and_open_ones_preferred():
    stream = Stream(PortraitAutoCaptureSettings(still_frames=3, min_score=40))
    assert not any(stream.see(SHUT, 50))
    assert stream.codes() == [GuidanceCode.EYES_NOT_SEEN]
    assert any(stream.see(SHUT, 20))
    stream.see(GOOD)
    best = stream.auto.recent()
    assert best is not None
    assert best.frame.pixels is GOOD
    stream.see(SHUT, 10)
    assert stream.auto.recent() is best
    stream.see(SHUT, 31)  # older than a second: the operator means the face that is there now
    recent = stream.auto.recent()
    assert recent is not None
    assert recent.frame.pixels is SHUT
    assert stream.auto.best is best


def test_without_a_face_the_newest_frame_is_at_hand_and_none_is_the_best():
    stream = Stream()
    assert stream.auto.recent() is None
    empty = wall()
    stream.see(empty, 3)
    recent = stream.auto.recent()
    assert recent is not None
    assert (recent.frame.pixels is empty, stream.auto.best) == (True, None)


def test_few_frames_are_kept():
    stream = Stream()
    stream.see(GOOD, 40)
    stream.see(FAR, 40)
    assert len(stream.auto._recent) <= 2
