"""The eyes of a frame, judged: which of them they look like where the camera does not say."""

import numpy as np
import pytest

from drivers import Eyes, IrisFrame
from drivers.iris.synthetic import drawn_eye, drawn_eyes
from gateway.capture.judged_eyes import JudgedEyes, judged_eyes
from gateway.eye import EyePosition
from gateway.guidance import GuidanceCode

RIGHT, LEFT, BOTH = EyePosition.RIGHT, EyePosition.LEFT, EyePosition.BOTH


def codes(judged: JudgedEyes) -> list[GuidanceCode]:
    return [remark.code for remark in judged.guidance]


@pytest.mark.parametrize(("side", "asked"), [("right", LEFT), ("left", RIGHT)])
def test_an_unlabelled_eye_that_is_certainly_the_other_is_remarked_on_and_stays_usable(side, asked):
    frame = IrisFrame(drawn_eye(17, 1, side=side).pixels, 1.0)
    judged = judged_eyes(frame, asked)
    assert judged.looks_wrong
    assert codes(judged)[0] is GuidanceCode.WRONG_EYE
    assert judged.frame is frame
    # The operator decides: it is no less an eye.
    assert judged.seen
    assert judged.coded
    rightly = judged_eyes(frame, RIGHT if asked is LEFT else LEFT)
    assert not rightly.looks_wrong
    assert GuidanceCode.WRONG_EYE not in codes(rightly)
    assert rightly.rank == judged.rank


def test_what_the_camera_says_goes_before_looks():
    pixels = drawn_eye(17, 1, side="right").pixels
    labelled = judged_eyes(IrisFrame(pixels, 1.0, Eyes.LEFT), LEFT)
    assert not labelled.looks_wrong
    assert GuidanceCode.WRONG_EYE not in codes(labelled)
    other = judged_eyes(IrisFrame(pixels, 1.0, Eyes.RIGHT), LEFT)
    assert (other.wrong_eye, other.looks_wrong, other.seen) == (True, False, False)


def test_an_eye_that_does_not_tell_its_side_is_not_remarked_on():
    drawn = drawn_eye(17, 1, side="right")
    (iris,) = (truth.iris for truth in drawn.truths)
    radius, x = iris.semi_major, iris.x
    narrow = np.ascontiguousarray(drawn.pixels[:, int(x - 1.4 * radius) : int(x + 1.4 * radius)])
    assert not judged_eyes(IrisFrame(narrow, 1.0), LEFT).looks_wrong
    assert not judged_eyes(IrisFrame(np.full((480, 640), 128, np.uint8), 1.0), LEFT).looks_wrong


def test_halves_of_a_frame_are_not_guessed_at():
    judged = judged_eyes(IrisFrame(drawn_eyes(17, 40, 1).pixels, 1.0, Eyes.BOTH), BOTH)
    assert [each.eye for each in judged.eyes] == [RIGHT, LEFT]
    assert not judged.looks_wrong
