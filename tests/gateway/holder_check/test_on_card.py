"""On-card comparison with the chip in memory: what it says of itself, who passes, and both counters."""

from dataclasses import replace
from threading import Event

import pytest

from drivers import CardLost, CardRefused, CommandApdu, ResponseApdu
from drivers.cards.synthetic import SyntheticCardWriter
from gateway.card import MalformedCardData, data_object
from gateway.finger import FingerPosition
from gateway.holder_check import (
    ComparisonPlace,
    HolderCheck,
    HolderOutcome,
    LiveFinger,
    OnCardFinger,
    TryJournal,
    TryState,
    on_card_fingers,
)
from gateway.holder_check.on_card import on_card_minutiae
from gateway.records.compact_card import MinutiaOrder
from tests.gateway.holder_check.synthetic_holder import (
    HAND_OVER,
    HOLDER,
    LEFT,
    RIGHT,
    STRANGER,
    compact_minutiae,
    live,
    nothing_seen,
    print_of,
)

SUBTYPES = {RIGHT: 0x09, LEFT: 0x0A}
COMPARED = (HolderOutcome.NOT_MATCHED, HolderOutcome.MATCHED)


@pytest.fixture
def journal(tmp_path):
    with TryJournal.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def check(journal):
    return HolderCheck(journal)


def put_finger(writer: SyntheticCardWriter, reference: int, part, minutiae: bytes) -> int:
    header = data_object(0xA1, data_object(0x82, bytes((SUBTYPES[part],))))
    data = data_object(0x83, bytes((reference,))) + header + data_object(0x7F2E, data_object(0x81, minutiae))
    return writer.transmit(CommandApdu(0x00, 0xDB, 0x3F, 0xFF, data_object(0x7F60, data))).sw


def card_of(person: int, **options) -> SyntheticCardWriter:
    """A reader that holds a card with both index fingers of a person on its chip."""
    writer = SyntheticCardWriter(on_card_comparison=True, card_delay_s=0.0, **options)
    writer.__enter__()
    writer.await_card(5.0, Event())
    for reference, part in enumerate((RIGHT, LEFT), 1):
        assert put_finger(writer, reference, part, compact_minutiae(person, part)) == 0x9000
    return writer


def test_the_card_tells_which_fingers_it_compares_with():
    assert on_card_fingers(card_of(HOLDER).transmit) == (
        OnCardFinger(1, FingerPosition.RIGHT_INDEX, 8, 60, MinutiaOrder.NONE),
        OnCardFinger(2, FingerPosition.LEFT_INDEX, 8, 60, MinutiaOrder.NONE),
    )


def test_a_card_that_does_not_compare_has_none():
    with SyntheticCardWriter(card_delay_s=0.0) as writer:
        writer.await_card(5.0, Event())
        assert on_card_fingers(writer.transmit) == ()


@pytest.mark.parametrize("part", [RIGHT, LEFT])
def test_the_holder_passes(check, part):
    writer = card_of(HOLDER)
    decision = check.on_card(HAND_OVER, live(HOLDER, part), on_card_fingers(writer.transmit), writer.transmit)
    assert (decision.outcome, decision.place) == (HolderOutcome.MATCHED, ComparisonPlace.CARD)
    assert decision.finger is live(HOLDER, part).position
    assert (decision.tries_left, decision.fmr) == (4, None)


def test_another_person_is_counted_on_both_sides_and_refused_the_fifth_time(check, journal):
    writer = card_of(HOLDER)
    fingers = on_card_fingers(writer.transmit)
    found = []
    for impression in range(5):
        decision = check.on_card(HAND_OVER, live(STRANGER, RIGHT, impression), fingers, writer.transmit)
        found.append((decision.outcome, decision.tries_left, decision.card_tries_left))
    assert found[:4] == [(HolderOutcome.NOT_MATCHED, left, left) for left in (3, 2, 1, 0)]
    assert found[4] == (HolderOutcome.NO_TRIES_LEFT, 0, 0)
    assert len(journal.tries(HAND_OVER)) == 4
    assert writer.transmit(CommandApdu(0, 0x21, 0, 1)).sw == 0x6983


def test_a_blocked_card_refuses_a_new_journal_and_a_used_up_journal_a_new_card(tmp_path):
    writer = card_of(HOLDER)
    fingers = on_card_fingers(writer.transmit)
    with TryJournal.open(tmp_path / "one") as journal:
        for _ in range(4):
            HolderCheck(journal).on_card(HAND_OVER, live(STRANGER), fingers, writer.transmit)
        fresh = card_of(HOLDER)
        refused = HolderCheck(journal).on_card(HAND_OVER, live(HOLDER), fingers, fresh.transmit)
        assert refused.outcome is HolderOutcome.NO_TRIES_LEFT
        assert fresh.transmit(CommandApdu(0, 0x21, 0, 1)).sw == 0x63C4
    with TryJournal.open(tmp_path / "other") as journal:
        blocked = HolderCheck(journal).on_card(HAND_OVER, live(HOLDER), fingers, writer.transmit)
        assert (blocked.outcome, blocked.card_tries_left) == (HolderOutcome.NO_TRIES_LEFT, 0)
        assert journal.tries(HAND_OVER) == ()
        other_finger = HolderCheck(journal).on_card(HAND_OVER, live(HOLDER, LEFT), fingers, writer.transmit)
        assert other_finger.outcome is HolderOutcome.MATCHED


def test_a_match_gives_the_tries_back_on_both_sides(check):
    writer = card_of(HOLDER)
    fingers = on_card_fingers(writer.transmit)
    for _ in range(3):
        check.on_card(HAND_OVER, live(STRANGER), fingers, writer.transmit)
    assert check.on_card(HAND_OVER, live(HOLDER), fingers, writer.transmit).outcome is HolderOutcome.MATCHED
    assert check.tries_left(HAND_OVER) == 4
    assert writer.transmit(CommandApdu(0, 0x21, 0, 1)).sw == 0x63C4


def test_a_finger_that_the_card_does_not_have_takes_no_try(check, journal):
    writer = card_of(HOLDER)
    only_right = on_card_fingers(writer.transmit)[:1]
    decision = check.on_card(HAND_OVER, live(HOLDER, LEFT), only_right, writer.transmit)
    assert decision.outcome is HolderOutcome.NO_TEMPLATE
    assert check.on_card(HAND_OVER, live(HOLDER), (), writer.transmit).outcome is HolderOutcome.NO_TEMPLATE
    assert journal.tries(HAND_OVER) == ()


def test_any_finger_goes_to_the_first_that_is_not_blocked(check):
    writer = card_of(HOLDER)
    fingers = on_card_fingers(writer.transmit)
    for _ in range(4):
        writer.transmit(verify_command(1, compact_minutiae(STRANGER, RIGHT)))
    anything = LiveFinger(live(HOLDER, LEFT).templates)
    decision = check.on_card(HAND_OVER, anything, fingers, writer.transmit)
    assert (decision.outcome, decision.finger) == (HolderOutcome.MATCHED, FingerPosition.LEFT_INDEX)


def verify_command(reference: int, minutiae: bytes) -> CommandApdu:
    return CommandApdu(0, 0x21, 0, reference, data_object(0x7F2E, data_object(0x81, minutiae)))


def test_a_finger_that_shows_too_little_takes_no_try(check, journal):
    writer = card_of(HOLDER)
    fingers = on_card_fingers(writer.transmit)
    assert check.on_card(HAND_OVER, nothing_seen(), fingers, writer.transmit).outcome is HolderOutcome.POOR_PROBE
    choosy = [OnCardFinger(1, FingerPosition.RIGHT_INDEX, 255, 60, MinutiaOrder.NONE)]
    assert check.on_card(HAND_OVER, live(HOLDER), choosy, writer.transmit).outcome is HolderOutcome.POOR_PROBE
    assert journal.tries(HAND_OVER) == ()


def test_a_card_pulled_while_it_compares_costs_the_try(check, journal):
    writer = card_of(HOLDER)
    fingers = on_card_fingers(writer.transmit)
    writer.inserted.lose_power(after_commands=1)
    with pytest.raises(CardLost):
        check.on_card(HAND_OVER, live(HOLDER), fingers, writer.transmit)
    assert [each.state for each in journal.tries(HAND_OVER)] == [TryState.BEGUN]
    assert check.tries_left(HAND_OVER) == 3
    writer.await_card(5.0, Event())
    assert check.on_card(HAND_OVER, live(HOLDER), fingers, writer.transmit).outcome is HolderOutcome.MATCHED


def test_power_lost_at_any_step_of_the_chips_memory_never_gives_a_try_back(tmp_path):
    fingers = on_card_fingers(card_of(HOLDER).transmit)
    for step in range(20):
        writer = card_of(HOLDER)
        with TryJournal.open(tmp_path / str(step)) as journal:
            writer.inserted.lose_power(after_steps=step)
            try:
                decision = HolderCheck(journal).on_card(HAND_OVER, live(STRANGER), fingers, writer.transmit)
            except CardLost:
                writer.await_card(5.0, Event())
                left = writer.transmit(CommandApdu(0, 0x21, 0, 1)).sw & 0xF
                assert left in (3, 4)
                assert journal.left(HAND_OVER, 4) == 3
            else:
                assert (decision.card_tries_left, decision.tries_left) == (3, 3)
                break
    assert 0 < step < 20


def test_a_card_that_did_not_compare_costs_nothing(check, journal):
    def transmit(command: CommandApdu) -> ResponseApdu:
        return ResponseApdu(b"", 0x6A80 if command.data else 0x63C4)

    fingers = [OnCardFinger(1, FingerPosition.RIGHT_INDEX, 8, 60, MinutiaOrder.NONE)]
    with pytest.raises(CardRefused, match="compare a finger"):
        check.on_card(HAND_OVER, live(HOLDER), fingers, transmit)
    assert [each.state for each in journal.tries(HAND_OVER)] == [TryState.NOT_COMPARED]
    assert check.tries_left(HAND_OVER) == 4


def test_minutiae_go_in_the_order_and_number_that_the_card_wants(check):
    sent = []

    def transmit(command: CommandApdu) -> ResponseApdu:
        sent.append(command.data)
        return ResponseApdu(b"", 0x9000)

    fingers = [OnCardFinger(5, FingerPosition.RIGHT_INDEX, 8, 24, MinutiaOrder.X_ASCENDING)]
    assert check.on_card(HAND_OVER, live(HOLDER), fingers, transmit).outcome is HolderOutcome.MATCHED
    minutiae = sent[-1][-24 * 3 :]
    assert sent[-1] == data_object(0x7F2E, data_object(0x81, minutiae))
    columns = list(minutiae[::3])
    assert columns == sorted(columns)
    assert len(print_of(HOLDER, RIGHT, 1)) > 24


def test_a_print_wider_than_a_card_reaches_is_cut_to_its_middle():
    template = print_of(HOLDER, RIGHT, 1)
    wide = replace(template, ppi=template.ppi / 2, width=4 * template.width)
    found = on_card_minutiae(OnCardFinger(1, FingerPosition.RIGHT_INDEX, 8, 60, MinutiaOrder.NONE), wide)
    assert found is not None
    assert 8 * 3 <= len(found) < min(60, len(template)) * 3


INFORMATION = data_object(0x83, b"\x02") + data_object(
    0xA1, data_object(0x82, b"\x16") + data_object(0x87, b"\x01\x01") + data_object(0x88, b"\x00\x06")
)


def test_one_finger_may_be_told_with_its_tag_or_without():
    for answer in (INFORMATION, data_object(0x7F60, INFORMATION)):
        found = on_card_fingers(told({0x7F60: answer}))
        assert found == (OnCardFinger(2, FingerPosition.LEFT_LITTLE, 1, 60, MinutiaOrder.NONE),)


@pytest.mark.parametrize(
    ("tag", "value"), [(0x81, b"\x02"), (0x88, b"\x00\x01"), (0x87, b"\x00\x1b"), (0xB1, data_object(0x82, b"\x1f"))]
)
def test_faces_and_formats_that_are_not_spoken_are_passed_over(tag, value):
    values = {0x88: b"\x00\x05", tag: value}
    header = data_object(0xA1, b"".join(data_object(each, octets) for each, octets in values.items()))
    assert on_card_fingers(told({0x7F60: data_object(0x7F60, data_object(0x83, b"\x01") + header)})) == ()


def test_what_cannot_be_read_is_an_error():
    with pytest.raises(MalformedCardData):
        on_card_fingers(told({0x7F60: b"\x7f\x60\x85"}))
    header = data_object(0xA1, data_object(0x88, b"\x00\x05"))
    with pytest.raises(MalformedCardData, match="by which number"):
        on_card_fingers(told({0x7F60: data_object(0x7F60, header)}))
    with pytest.raises(CardRefused):
        on_card_fingers(lambda command: ResponseApdu(b"", 0x6F00))


def told(objects: dict[int, bytes]):
    """A card that has these data objects."""

    def transmit(command: CommandApdu) -> ResponseApdu:
        found = objects.get(command.p1 << 8 | command.p2)
        return ResponseApdu(b"", 0x6A88) if found is None else ResponseApdu(found, 0x9000)

    return transmit
