"""What the course of frames tells."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.drawn_platen import draw_platen
from gateway.fingerprint import assess_preview, displacement
from gateway.fingerprint.sequence_advice import PlacementAdvice
from gateway.guidance import GuidanceCode
from tests.gateway.fingerprint.prints import drawn

EMPTY = draw_platen(1, "empty")
FRAME_S = 0.04


def told(frames: list[NDArray[np.uint8]], advice: PlacementAdvice | None = None) -> list[set[GuidanceCode]]:
    """Remarks on each of `frames`, 25 a second."""
    advice = advice or PlacementAdvice()
    previous: NDArray[np.uint8] | None = None
    said = []
    seen = {id(frame): assess_preview(frame, 500.0) for frame in frames}
    for at, frame in enumerate(frames):
        moved = 0.0 if previous is None or previous is frame else displacement(previous, frame, 500.0)
        said.append({remark.code for remark in advice.look(seen[id(frame)], moved, FRAME_S * at)})
        previous = frame
    return said


def test_a_finger_that_comes_rests_and_goes_draws_no_complaint() -> None:
    said = told([EMPTY] * 3 + [drawn()] * 12 + [EMPTY] * 3)
    assert set().union(*said[3:15]) == set()
    assert said[-1] == {GuidanceCode.NO_FINGER}


def test_a_finger_that_goes_before_it_rested_was_lifted_early() -> None:
    said = told([EMPTY] * 2 + [drawn()] * 3 + [EMPTY] * 45)
    assert GuidanceCode.LIFTED_EARLY in said[5]
    assert GuidanceCode.LIFTED_EARLY not in said[-1]


def test_a_finger_that_was_taken_may_go() -> None:
    advice = PlacementAdvice()
    preview = assess_preview(drawn(), 500.0)
    advice.look(preview, math.inf, 0.0)
    advice.look(preview, 0.0, 0.04)
    advice.taken()
    remarks = advice.look(assess_preview(EMPTY, 500.0), math.inf, 0.08)
    assert [remark.code for remark in remarks] == [GuidanceCode.NO_FINGER]


def test_a_sliding_finger_moves_and_the_first_touch_does_not() -> None:
    frames = [np.roll(drawn(), 6 * step, axis=1) for step in range(4)]
    said = told([EMPTY, *frames, frames[-1]])
    assert GuidanceCode.MOVED not in said[1]
    assert all(GuidanceCode.MOVED in remarks for remarks in said[2:5])
    assert GuidanceCode.MOVED not in said[5]


def test_residue_is_named_once_it_stays() -> None:
    said = told([draw_platen(2, "residue")] * 4)
    assert GuidanceCode.DIRTY_PLATEN not in said[1]
    assert GuidanceCode.DIRTY_PLATEN in said[2] & said[3]


def test_time_must_advance() -> None:
    advice = PlacementAdvice()
    preview = assess_preview(EMPTY, 500.0)
    advice.look(preview, 0.0, 1.0)
    with pytest.raises(ValueError, match="one after the other"):
        advice.look(preview, 0.0, 1.0)
