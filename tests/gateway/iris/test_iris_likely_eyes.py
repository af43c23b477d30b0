"""Which discs of a frame are looked at as pupils, and with how many circles about each."""

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.iris.eye import LikelyEye, likely_eyes
from gateway.iris.glints import filled_glints


def eye(seed: int, share: float = 1.0) -> NDArray[np.uint8]:
    """A drawn eye of half the size, its contrast a share of its own."""
    grey = cv2.resize(drawn_eye(seed, 1).pixels, (320, 240), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(np.clip(grey.mean() + share * (grey - grey.mean()), 0, 255), np.uint8)


def beside(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> tuple[LikelyEye, ...]:
    return likely_eyes(filled_glints(np.concatenate([left, right], axis=1)))


def sides(likely: tuple[LikelyEye, ...]) -> list[str]:
    """Where those pupils lie that are as large as a drawn one."""
    return ["left" if each.pupil.curve.x < 320 else "right" for each in likely if each.pupil.curve.radius > 15]


def test_both_eyes_of_a_frame_are_looked_at_the_clearer_first() -> None:
    for first, left, right in (("left", 1.0, 0.7), ("right", 0.7, 1.0)):
        found = sides(beside(eye(3, left), eye(4, right)))
        assert found[0] == first
        assert set(found) == {"left", "right"}


def test_one_that_is_much_less_like_an_eye_is_left_out() -> None:
    faint = sides(beside(eye(3), eye(4, 0.25)))
    assert faint
    assert set(faint) == {"left"}


def test_rivals_of_a_limbus_are_looked_at_about_the_likeliest_pupil_alone() -> None:
    for seed in range(3, 9):
        likely = beside(eye(seed), eye(seed + 1, 0.9))
        assert all(len(each.eyes) == 1 for each in likely[1:])
        assert len(likely[0].eyes) == len(likely[0].circles)
    grey = eye(3)
    (alone, *_) = likely_eyes(filled_glints(grey), 1, rivals=False)
    assert len(alone.eyes) == 1


def test_an_even_frame_has_none() -> None:
    assert likely_eyes(np.full((240, 320), 90, np.uint8)) == ()
