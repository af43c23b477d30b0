"""The fingers of a slap that are asked for: named, missed, too many, of the other hand."""

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.finger import FingerPosition, SlapHand
from gateway.fingerprint.slap import SeenFingers, SlapFinger, SlapSegmentation, seen_fingers
from gateway.guidance import GuidanceCode, guidance

HANDS = st.sampled_from([SlapHand.RIGHT_FOUR, SlapHand.LEFT_FOUR, SlapHand.TWO_THUMBS])
INDEX, MIDDLE, RING, LITTLE = SlapHand.RIGHT_FOUR.positions


def finger(position: FingerPosition, place: int, confidence: float = 1.0) -> SlapFinger:
    return SlapFinger(position, 100.0 * place, 200.0, 80.0, 120.0, 0.0, confidence, 1.0)


def segmented(
    hand: SlapHand,
    names: Collection[FingerPosition],
    *,
    seen_hand: SlapHand | None = None,
    extra: int = 0,
    codes: tuple[GuidanceCode, ...] = (),
) -> SlapSegmentation:
    """A slap whose fingertips were given these names, from left to right."""
    seen_hand = seen_hand or hand
    fingers = tuple(finger(name, place) for place, name in enumerate(names))
    others = tuple(finger(FingerPosition.UNKNOWN, 10 + place) for place in range(extra))
    missing = tuple(position for position in seen_hand.positions if position not in names)
    told = tuple(guidance(code) for code in codes)
    return SlapSegmentation(hand, seen_hand, fingers, missing, others, seen_hand is not hand, 0.0, told)


def named(seen: SeenFingers) -> list[FingerPosition]:
    return [each.position for each in seen.fingers]


def codes(seen: SeenFingers) -> list[GuidanceCode]:
    return [remark.code for remark in seen.guidance]


def test_a_whole_hand_is_complete() -> None:
    seen = seen_fingers(segmented(SlapHand.RIGHT_FOUR, (INDEX, MIDDLE, RING, LITTLE)))
    assert named(seen) == [INDEX, MIDDLE, RING, LITTLE]
    assert (seen.complete, seen.guidance) == (True, ())


def test_what_was_said_of_the_person_names_the_fingers_rather_than_their_shape() -> None:
    # Three fingers that look like index, middle and ring finger; the index finger is known to be missing.
    told = segmented(SlapHand.RIGHT_FOUR, (INDEX, MIDDLE, RING), codes=(GuidanceCode.FINGERS_MISSING,))
    seen = seen_fingers(told, [INDEX])
    assert named(seen) == [MIDDLE, RING, LITTLE]
    assert seen.complete
    assert codes(seen) == []


def test_of_fewer_fingers_each_keeps_the_name_that_it_can() -> None:
    seen = seen_fingers(segmented(SlapHand.RIGHT_FOUR, (INDEX, LITTLE)), [MIDDLE])
    assert (named(seen), seen.unseen) == ([INDEX, LITTLE], (RING,))
    assert codes(seen) == [GuidanceCode.FINGERS_MISSING]
    # One that bears a missing finger's name is the neighbour that is there.
    seen = seen_fingers(segmented(SlapHand.RIGHT_FOUR, (INDEX, MIDDLE)), [MIDDLE])
    assert named(seen)[0] is INDEX
    assert named(seen)[1] in (RING, LITTLE)


def test_a_finger_that_was_said_to_be_missing_is_too_much() -> None:
    seen = seen_fingers(segmented(SlapHand.RIGHT_FOUR, (INDEX, MIDDLE, RING, LITTLE)), [RING])
    assert named(seen) == [INDEX, MIDDLE, LITTLE]
    assert [each.position for each in seen.extra] == [RING]
    assert (seen.complete, codes(seen)) == (False, [GuidanceCode.EXTRA_FINGERS])


def test_the_other_hand_bears_the_names_that_were_asked_for() -> None:
    left = SlapHand.LEFT_FOUR.positions
    told = segmented(SlapHand.RIGHT_FOUR, left, seen_hand=SlapHand.LEFT_FOUR, codes=(GuidanceCode.WRONG_HAND,))
    seen = seen_fingers(told)
    assert named(seen) == [INDEX, MIDDLE, RING, LITTLE]
    assert (seen.wrong_hand, seen.complete, codes(seen)) == (True, False, [GuidanceCode.WRONG_HAND])


def test_remarks_come_in_order_and_an_empty_glass_has_one() -> None:
    told = segmented(
        SlapHand.RIGHT_FOUR,
        SlapHand.LEFT_FOUR.positions[:3],
        seen_hand=SlapHand.LEFT_FOUR,
        extra=1,
        codes=(GuidanceCode.WRONG_HAND, GuidanceCode.FINGERS_MISSING, GuidanceCode.OFF_GLASS),
    )
    assert codes(seen_fingers(told)) == [
        GuidanceCode.WRONG_HAND,
        GuidanceCode.EXTRA_FINGERS,
        GuidanceCode.FINGERS_MISSING,
        GuidanceCode.OFF_GLASS,
    ]
    empty = segmented(SlapHand.RIGHT_FOUR, (), codes=(GuidanceCode.NO_FINGER,))
    seen = seen_fingers(empty)
    assert (codes(seen), seen.fingers, seen.complete) == ([GuidanceCode.NO_FINGER], (), False)


@pytest.mark.parametrize(
    ("hand", "missing"),
    [
        (SlapHand.RIGHT_FOUR, SlapHand.RIGHT_FOUR.positions),
        (SlapHand.RIGHT_FOUR, [FingerPosition.LEFT_INDEX]),
        (SlapHand.EITHER_FOUR, []),
    ],
)
def test_what_is_no_slap_of_one_hand(hand: SlapHand, missing: list[FingerPosition]) -> None:
    with pytest.raises(ValueError, match="no slap of one hand"):
        seen_fingers(segmented(hand, ()), missing)


@given(HANDS, st.data())
def test_no_name_is_given_twice_or_out_of_order(hand: SlapHand, data: st.DataObject) -> None:
    positions = hand.positions
    some = st.lists(st.sampled_from(positions), unique=True)
    missing = data.draw(some.filter(lambda each: len(each) < len(positions)))
    names = sorted(data.draw(some), key=positions.index)
    seen = seen_fingers(segmented(hand, names, extra=data.draw(st.integers(0, 2))), missing)
    places = [positions.index(each) for each in named(seen)]
    assert places == sorted(set(places))
    assert not set(named(seen)) & set(missing)
    assert set(named(seen)) | set(seen.unseen) == set(positions) - set(missing)
    assert len(seen.fingers) + len(seen.extra) == len(names) + len(seen.extra) - max(0, len(names) - len(seen.fingers))
