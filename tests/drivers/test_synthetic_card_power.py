"""The card in memory without its power: files stay whole whenever it is cut, and tries are never won by it."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cards.chip.cells import PowerLostError
from drivers.cards.chip.smart_card import CardOptions, SmartCard
from tests.drivers.synthetic_cards import CYCLIC, LINEAR_FIXED, Terminal

Step = Callable[[Terminal], object]
CHANGES: tuple[Step, ...] = (
    lambda t: t.update(b"\x11" * 200, 20),
    lambda t: t.update(b"\x22" * 10, 5),
    lambda t: t.update(b"\xf0" * 100, ins=0xD0),
    lambda t: t.send(0xDC, 1, (2 << 3) | 4, b"new record"),
    lambda t: t.send(0xE2, 0, 2 << 3, b"one more.."),
    lambda t: t.send(0xDC, 0, (3 << 3) | 3, b"cycle"),
    lambda t: t.create(0x0104, size=90),
    lambda t: t.send(0xE4, data=b"\x01\x01"),
    lambda t: t.send(0x44, data=b"\x01\x02"),
    lambda t: t.send(0xE8, data=b"\x01\x02"),
    lambda t: t.send(0x24, 0, 0x81, b"123456" + b"another"),
    lambda t: t.verify(b"wrong!"),
    lambda t: t.verify(b"123456"),
    lambda t: t.send(0x2C, 0, 0x81, b"12345678" + b"fresh!"),
    lambda t: t.send(0xFE),
)


def made(*, torn_writes: bool = False) -> Terminal:
    """A card with one file of each kind, the transparent one current."""
    terminal = Terminal(SmartCard(CardOptions(torn_writes=torn_writes)))
    terminal.create(0x0102, LINEAR_FIXED, length=10, records=4, sfi=2)
    terminal.send(0xE2, data=b"old record")
    terminal.create(0x0103, CYCLIC, length=5, records=2, sfi=3)
    for record in (b"first", b"secnd"):
        terminal.send(0xE2, data=record)
    terminal.create(0x0101, size=300)
    terminal.update(bytes(index % 256 for index in range(300)))
    return terminal


def memory(card: SmartCard) -> object:
    """All that lasts, PINs aside: the tree, contents and records."""
    tree = []
    for header in (card.files.root, *card.files.children(card.files.root)):
        content = card.files.read(header) if header.size else b""
        tree.append((header, content, card.files.records(header) if header.records else []))
    return tree


def restart(terminal: Terminal) -> None:
    terminal.power_up()
    terminal.select(0x0101)


@pytest.mark.parametrize("change", CHANGES)
def test_all_or_nothing_at_every_step(change: Step) -> None:
    before = made()
    old = memory(before.chip)
    steps_before = before.chip.cells.steps
    change(before)
    new, steps = memory(before.chip), before.chip.cells.steps - steps_before
    assert steps > 0
    seen = []
    for step in range(steps):
        terminal = made()
        tries = terminal.chip.pins.status(1)
        terminal.chip.lose_power(after_steps=step)
        with pytest.raises(PowerLostError):
            change(terminal)
        with pytest.raises(PowerLostError):
            terminal.chip.process(b"\x00\xa4\x00\x00")
        terminal.power_up()
        seen.append(memory(terminal.chip))
        assert seen[-1] in (old, new)
        assert terminal.chip.pins.status(1) <= tries
    assert seen[0] == old


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=6), st.integers(0, 60), st.integers(0, 12))
def test_power_fails_anywhere_and_again_while_it_recovers(changes: list[Step], first: int, second: int) -> None:
    unharmed = made()
    states = [memory(unharmed.chip)]
    for change in changes:
        change(unharmed)
        states.append(memory(unharmed.chip))
    terminal = made()
    terminal.chip.lose_power(after_steps=first)
    done = 0
    try:
        for change in changes:
            change(terminal)
            done += 1
    except PowerLostError:
        terminal.chip.lose_power(after_steps=second)
        try:
            terminal.power_up()
        except PowerLostError:
            terminal.power_up()
        assert memory(terminal.chip) in states[done : done + 2]
    else:
        assert memory(terminal.chip) == states[-1]


@pytest.mark.parametrize("guess", [b"000000", b"123456"])
def test_cutting_the_power_wins_no_try(guess: bytes) -> None:
    """An attacker cuts power at each step of a VERIFY: no wrong guess is ever free."""
    for step in range(20):
        terminal = made()
        terminal.chip.lose_power(after_steps=step)
        try:
            answer = terminal.verify(guess)
        except PowerLostError:
            answer = None
        terminal.chip.lose_power()
        terminal.power_up()
        left = terminal.send(0x20, 0, 0x81).sw & 0xF
        if answer is not None:
            assert left == (3 if guess == b"123456" else 2)
            return
        assert left in (2, 3)
    raise AssertionError("a VERIFY never ends")


def test_torn_writes_tear_where_the_card_allows_it() -> None:
    torn = 0
    for step in range(6):
        terminal = made(torn_writes=True)
        old = memory(terminal.chip)
        terminal.chip.lose_power(after_steps=step)
        with pytest.raises(PowerLostError):
            terminal.update(b"\x99" * 300)
        restart(terminal)
        content = terminal.read() + terminal.read(44, 256)
        assert 0 < content.count(0x99) < 300
        torn += memory(terminal.chip) != old
    assert torn == 6


def test_power_fails_before_a_command() -> None:
    terminal = made()
    terminal.chip.lose_power(after_commands=2)
    assert terminal.read(4) == b"\x00\x01\x02\x03"
    assert terminal.update(b"abcd") == 0x9000
    with pytest.raises(PowerLostError):
        terminal.update(b"efgh")
    restart(terminal)
    assert terminal.read(4) == b"abcd"
    assert terminal.send(0x20, 0, 0x81).sw == 0x63C3


def test_nothing_is_carried_over_a_reset() -> None:
    terminal = made()
    terminal.verify(b"123456")
    assert terminal.raw("10D6000002AAAA").sw == 0x9000
    terminal.power_up()
    assert terminal.send(0x20, 0, 0x81).sw == 0x63C3
    assert terminal.send(0xB0, ne=4).sw == 0x6986
    assert terminal.raw("00C0000004").sw == 0x6985
    terminal.select(0x0101)
    assert terminal.read(2) == b"\x00\x01"
