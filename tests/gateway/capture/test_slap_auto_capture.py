"""When a slap is taken: whole, clear and still; what is told of hands that are not, and which frame is the best."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers import Frame
from drivers.fingerprint.synthesis.slap import DrawnFinger, drawn_slap
from drivers.fingerprint.synthesis.slap import SlapHand as DrawnHand
from gateway.capture.auto_capture import AutoCaptureSettings
from gateway.capture.slap_auto_capture import SlapAutoCapture, SlapLook
from gateway.finger import FingerPosition, SlapHand

SETTINGS = AutoCaptureSettings(still_frames=3, min_preview_score=20, improve_s=0.5, retry_s=0.25)
EMPTY = np.full((750, 800), 240, np.uint8)
FRAME_S = 0.1


@cache
def drawn(hand: DrawnHand, impression: int = 3) -> NDArray[np.uint8]:
    return drawn_slap(42, hand, impression, width=800, height=750, ppi=250.0).pixels


def drawn_fingers() -> tuple[DrawnFinger, ...]:
    """Where the fingers of the right hand truly lie."""
    return drawn_slap(42, DrawnHand.RIGHT_FOUR, 3, width=800, height=750, ppi=250.0).fingers


class Watched:
    """Auto-capture that looks at frames a tenth of a second apart."""

    def __init__(
        self,
        hand: SlapHand = SlapHand.RIGHT_FOUR,
        *missing: FingerPosition,
        settings: AutoCaptureSettings = SETTINGS,
    ) -> None:
        self.auto = SlapAutoCapture(settings, hand, missing)
        self.now = 100.0

    def look(self, pixels: NDArray[np.uint8], times: int = 1) -> list[SlapLook]:
        looks = []
        for _ in range(times):
            self.now += FRAME_S
            looks.append(self.auto.look(Frame(pixels, 250.0, self.now)))
        return looks


def codes(look: SlapLook) -> list[str]:
    return [remark.code.value for remark in look.live.guidance]


def right(impression: int = 3) -> NDArray[np.uint8]:
    return drawn(DrawnHand.RIGHT_FOUR, impression)


def test_a_whole_hand_is_taken_once_it_lies_still() -> None:
    watched = Watched()
    watched.look(EMPTY)
    looks = watched.look(right(), 5)
    # The first frame of the hand has nothing in common with the empty glass before it.
    assert [look.take for look in looks] == [False, False, False, True, True]
    assert all(look.live.finger_present for look in looks)
    assert [finger.present for finger in looks[-1].live.fingers] == [True] * 4
    assert looks[-1].live.score == min(finger.score for finger in looks[-1].live.fingers) >= 20
    chosen = watched.auto.chosen()
    assert chosen is not None
    assert chosen.captured_at > looks[0].frame.captured_at


def test_what_was_not_good_enough_is_waited_for() -> None:
    watched = Watched()
    looks = watched.look(right(), 4)
    assert looks[-1].take
    watched.auto.refuse(looks[-1].frame)
    assert [look.take for look in watched.look(right(), 4)] == [False, False, True, True]


def test_a_hand_that_moves_is_not_taken_and_told_so() -> None:
    watched = Watched()
    moving = [np.roll(right(), 3 * step, axis=1) for step in range(6)]
    looks = [watched.look(pixels)[0] for pixels in moving]
    assert not any(look.take or look.live.still for look in looks)
    assert "moved" in codes(looks[-1])


def test_a_hand_that_lacks_a_finger_is_never_taken() -> None:
    ring_gone = right().copy()
    watched = Watched()
    (look,) = watched.look(ring_gone)
    ring = next(finger for finger in drawn_fingers() if finger.position == 4)
    ring_gone[:, round(ring.x - ring.width * 0.62) : round(ring.x + ring.width * 0.62)] = 240
    looks = watched.look(ring_gone, 8)
    assert not any(each.take for each in looks)
    assert "fingers_missing" in codes(looks[-1])
    assert looks[-1].live.score == 0
    # The frame before showed all of them: it is the best.
    assert watched.auto.best is look.frame
    declared = Watched(SlapHand.RIGHT_FOUR, FingerPosition.RIGHT_RING)
    assert declared.look(ring_gone, 5)[-1].take


def test_the_other_hand_is_told_and_is_not_the_best_of_anything() -> None:
    watched = Watched()
    left = drawn(DrawnHand.LEFT_FOUR, 1)
    partial = left.copy()
    partial[:, 400:] = 240  # as it comes, a part of it is seen
    looks = watched.look(partial) + watched.look(left, 6) + watched.look(partial, 2)
    assert not any(look.take for look in looks)
    assert "wrong_hand" in codes(looks[-3])
    assert watched.auto.best is None
    watched.look(EMPTY)
    watched.look(right())
    assert watched.auto.best is not None


def test_a_hand_that_is_lifted_before_it_was_taken() -> None:
    watched = Watched()
    watched.look(right(), 2)
    looks = watched.look(EMPTY, 20)
    assert codes(looks[0]) == ["lifted_early"]
    assert codes(looks[-1]) == ["no_finger"]
    taken = Watched()
    assert taken.look(right(), 4)[-1].take
    assert codes(taken.look(EMPTY)[0]) == ["no_finger"]


def test_fingers_too_close_are_waited_for_and_then_taken() -> None:
    close = right(7)
    watched = Watched()
    looks = watched.look(close, 12)
    assert "fingers_too_close" in codes(looks[3])
    first = next(place for place, look in enumerate(looks) if look.take)
    assert looks[first].frame.captured_at - looks[3].frame.captured_at == pytest.approx(SETTINGS.improve_s, abs=FRAME_S)


def test_frames_of_another_shape_have_nothing_in_common() -> None:
    watched = Watched()
    watched.look(right())
    assert not watched.look(np.ascontiguousarray(right()[:-10]))[0].live.still


@pytest.mark.parametrize(("least", "told"), [(100, ["too_hard"]), (0, [])])
def test_how_a_finger_touches_is_told_where_it_is_not_clear_enough(least: int, told: list[str]) -> None:
    wet = drawn_slap(42, DrawnHand.RIGHT_FOUR, 3, "wet", width=800, height=750, ppi=250.0).pixels
    watched = Watched(settings=replace(SETTINGS, min_preview_score=least))
    assert codes(watched.look(wet, 3)[-1]) == told
