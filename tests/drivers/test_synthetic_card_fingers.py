"""On-card comparison of the card in memory: fingers put on it, compared, counted, and never given out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cards.chip.cells import PowerLostError
from drivers.cards.chip.data_objects import data_object, data_objects
from drivers.cards.chip.finger_comparison import same_finger, similarity
from drivers.cards.chip.refusal import Refused
from drivers.cards.chip.smart_card import CardOptions, SmartCard
from drivers.cards.synthetic import SyntheticCardWriter
from tests.drivers.synthetic_cards import Terminal

RIGHT_INDEX, LEFT_INDEX = 0x09, 0x0A


def minutiae(seed: int, count: int = 40) -> bytes:
    """A finger of nobody: minutiae anywhere in 20 by 24 mm."""
    rng = np.random.default_rng(seed)
    columns = (rng.integers(10, 210, count), rng.integers(10, 250, count), rng.integers(0, 64, count) | 0x40)
    return np.stack(columns, axis=1).astype(np.uint8).tobytes()


def placed_again(octets: bytes, seed: int, turn: int = 0, shift: tuple[int, int] = (0, 0), lost: int = 6) -> bytes:
    """The same finger another time: turned by so many 64ths, shifted, jittered, some minutiae missing, some new."""
    rng = np.random.default_rng([seed, 1])
    raw = np.frombuffer(octets, np.uint8).reshape(-1, 3).astype(np.float64)[lost:]
    angle = turn * 2 * np.pi / 64
    x, y = raw[:, 0] - 110, -(raw[:, 1] - 130)
    x, y = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    x, y = x + 110 + shift[0] + rng.normal(0, 1, len(x)), -y + 130 + shift[1] + rng.normal(0, 1, len(x))
    direction = (raw[:, 2].astype(int) + turn + rng.integers(-1, 2, len(x))) % 64
    rows = np.stack([x, y, direction | 0x40], axis=1)
    inside = ((rows[:, :2] >= 0) & (rows[:, :2] <= 255)).all(axis=1)
    new = np.frombuffer(minutiae(seed + 999, 4), np.uint8)
    return np.rint(rows[inside]).astype(np.uint8).tobytes() + new.tobytes()


def information(reference: int, subtype: int, octets: bytes) -> bytes:
    header = data_object(0xA1, data_object(0x82, bytes((subtype,))))
    data = data_object(0x7F2E, data_object(0x81, octets))
    return data_object(0x7F60, data_object(0x83, bytes((reference,))) + header + data)


def terminal(**options) -> Terminal:
    return Terminal(SmartCard(CardOptions(compare_fingers=same_finger, **options)))


def put(card: Terminal, reference: int = 1, subtype: int = RIGHT_INDEX, octets: bytes | None = None) -> int:
    data = information(reference, subtype, minutiae(1) if octets is None else octets)
    return card.send(0xDB, 0x3F, 0xFF, data).sw


def verify(card: Terminal, octets: bytes, reference: int = 1) -> int:
    return card.send(0x21, 0, reference, data_object(0x7F2E, data_object(0x81, octets))).sw


@pytest.mark.parametrize("turn", [0, 3, -5])
@pytest.mark.parametrize("shift", [(0, 0), (20, -12)])
def test_the_same_finger_passes_and_others_do_not(turn, shift):
    for seed in range(6):
        finger = minutiae(seed)
        assert same_finger(finger, placed_again(finger, seed, turn, shift))
        assert not same_finger(finger, placed_again(minutiae(seed + 100), seed, turn, shift))


@given(st.binary(max_size=180).map(lambda octets: octets[: len(octets) // 3 * 3]), st.integers(0, 50))
def test_any_minutiae_can_be_compared(octets, seed):
    assert 0 <= similarity(octets, minutiae(seed)) <= 1
    assert similarity(octets, b"") == 0


def test_failures_are_counted_and_a_match_gives_the_tries_back():
    card = terminal()
    assert put(card) == 0x9000
    stranger = minutiae(2)
    assert [verify(card, stranger) for _ in range(3)] == [0x63C3, 0x63C2, 0x63C1]
    assert card.send(0x21, 0, 1).sw == 0x63C1
    assert verify(card, placed_again(minutiae(1), 5)) == 0x9000
    assert card.send(0x21, 0, 1).sw == 0x63C4
    assert [verify(card, stranger) for _ in range(5)] == [0x63C3, 0x63C2, 0x63C1, 0x63C0, 0x6983]
    assert verify(card, minutiae(1)) == 0x6983
    card.power_up()
    assert card.send(0x21, 0, 1).sw == 0x6983


def test_each_finger_has_its_own_tries():
    card = terminal(finger_tries=2)
    assert put(card, 1) == put(card, 2, LEFT_INDEX, minutiae(7)) == 0x9000
    assert [verify(card, minutiae(3)) for _ in range(2)] == [0x63C1, 0x63C0]
    assert verify(card, minutiae(7), 2) == 0x9000


@pytest.mark.parametrize("step", range(6))
def test_power_lost_while_it_compares_costs_a_try_or_none_and_never_gives_one(step):
    card = terminal()
    put(card)
    verify(card, minutiae(2))
    card.chip.lose_power(after_steps=step)
    try:
        assert verify(card, minutiae(2)) == 0x63C2
        card.chip.lose_power()
    except PowerLostError:
        pass
    card.power_up()
    assert card.send(0x21, 0, 1).sw in (0x63C2, 0x63C3)


@pytest.mark.parametrize("octets", [b"", minutiae(1, 7), minutiae(1, 61), minutiae(1)[:-1]])
def test_what_cannot_be_compared_is_refused_without_a_try(octets):
    card = terminal()
    assert put(card, octets=octets) == 0x6A80
    assert put(card) == 0x9000
    assert verify(card, octets) == 0x6A80
    assert card.send(0x21, 0, 1, b"\x7f\x2e\x85").sw == 0x6A80
    assert card.send(0x21, 0, 1, data_object(0x81, minutiae(1))).sw == 0x6A80
    assert card.send(0x21, 0, 1).sw == 0x63C4


def test_references_are_told_without_their_minutiae():
    card = terminal()
    assert card.send(0xCA, 0x7F, 0x61, ne=256).sw == 0x6A88
    put(card, 2, LEFT_INDEX)
    put(card, 1, RIGHT_INDEX)
    group = card.send(0xCA, 0x7F, 0x61, ne=256).data
    one = card.send(0xCA, 0x7F, 0x60, ne=256).data
    outer = data_objects(group)[0x7F61]
    assert outer.startswith(b"\x02\x01\x02" + one)
    header = data_objects(data_objects(one)[0x7F60])
    assert header[0x83] == b"\x01"
    told = data_objects(header[0xA1])
    assert (told[0x81], told[0x82], told[0x87], told[0x88]) == (b"\x08", b"\x09", b"\x01\x01", b"\x00\x06")
    assert data_objects(told[0xB1]) == {0x81: b"\x08\x3c", 0x82: b"\x00"}
    assert minutiae(1)[:6] not in group
    assert minutiae(1)[:6].hex() not in repr(card.chip.cells.get((-2, 1)))


def test_fingers_are_put_in_the_issuers_time_alone():
    card = terminal()
    assert put(card) == 0x9000
    assert card.send(0xDB, 0x00, 0x00, information(1, RIGHT_INDEX, minutiae(1))).sw == 0x6A88
    card.select(0x3F00)
    assert card.send(0x44).sw == 0x9000
    assert put(card, 1, RIGHT_INDEX, minutiae(5)) == 0x6982
    assert verify(card, minutiae(1)) == 0x9000


@pytest.mark.parametrize("reference", [0, 0x1F])
def test_references_have_numbers_from_1_to_30(reference):
    assert put(terminal(), reference) == 0x6A80


def test_a_card_that_does_not_compare_knows_none_of_it():
    card = Terminal(SmartCard())
    assert put(card) == 0x6A88
    assert verify(card, minutiae(1)) == 0x6D00
    assert card.send(0xCA, 0x7F, 0x61, ne=256).sw == card.send(0xCA, 0x7F, 0x60, ne=256).sw == 0x6A88


def test_it_is_an_option_of_the_synthetic_reader():
    with SyntheticCardWriter(on_card_comparison=True) as writer:
        assert writer.inserted.options.compare_fingers is same_finger


@given(st.binary(max_size=40))
def test_any_bytes_are_taken_apart_or_refused(octets):
    try:
        found, sw = data_objects(octets), 0x9000
    except Refused as refused:
        found, sw = {}, refused.sw
    assert sw in (0x9000, 0x6A80)
    assert sum(len(value) for value in found.values()) <= len(octets)


@given(st.sampled_from([0x53, 0x7F2E]), st.binary(max_size=700))
def test_data_objects_come_back(tag, value):
    assert data_objects(data_object(tag, value)) == {tag: value}
