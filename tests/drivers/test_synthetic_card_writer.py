"""The synthetic card writer: the contract, its options, its faults, and a hundred random sequences of them."""

import contextlib
import threading
from threading import Event, Timer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cards.apdu import CommandApdu
from drivers.cards.synthetic import FAULTS, SmartCard, SyntheticCardWriter
from drivers.errors import CardLost, CardUnusable, CardWasReset, DeviceError
from drivers.protocols import CardProtocol, CardWriter
from tests.contract.card_writer import GET_CHALLENGE, SELECT_MF, CardWriterContract
from tests.drivers.synthetic_cards import control_parameters, held

FAULT_OF_SCENARIO = {
    "card": None,
    "no-card": "no_card",
    "pulled": "pull_card",
    "card-reset": "card_reset",
    "unplugged": "unplug",
    "hang": "hang",
    "mute": "mute",
    "garbled": "garbled",
    "endless": "endless",
}


class TestSyntheticCardWriter(CardWriterContract):
    def writer(self, scenario: str) -> CardWriter:
        after = 0 if scenario == "mute" else 1
        return SyntheticCardWriter(fault=FAULT_OF_SCENARIO[scenario], fault_after_commands=after)


class TestSyntheticCardWriterT0(TestSyntheticCardWriter):
    def writer(self, scenario: str) -> CardWriter:
        after = 0 if scenario == "mute" else 1
        fault = FAULT_OF_SCENARIO[scenario]
        return SyntheticCardWriter(protocol="T=0", fault=fault, fault_after_commands=after)


@pytest.mark.parametrize(
    "options",
    [
        {"fault": "sloth"},
        {"card_delay_s": -1.0},
        {"card_delay_s": float("nan")},
        {"fault": "hang", "fault_after_commands": -1},
        {"fault": "hang", "fault_count": 0},
        {"fault": "pull_card", "fault_after_writes": -1},
        {"protocol": "T=7"},
        {"capacity": 100},
        {"fault": "status_word", "fault_sw": 1},
        {"pin": "пин-код"},
    ],
)
def test_wrong_options(options: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        SyntheticCardWriter(**options)  # type: ignore[arg-type]


def test_names_of_faults_are_told() -> None:
    with pytest.raises(ValueError, match=", ".join(FAULTS)):
        SyntheticCardWriter(fault="sloth")


@pytest.mark.parametrize("protocol", list(CardProtocol))
def test_long_commands_and_answers(protocol: CardProtocol) -> None:
    content = bytes(index * 7 % 256 for index in range(2000))
    with SyntheticCardWriter(protocol=protocol) as writer:
        card = held(writer).card
        assert card is not None
        assert card.protocol is protocol
        assert card.extended_length == (protocol is not CardProtocol.T0)
        assert writer.transmit(CommandApdu(0, 0xE0, data=control_parameters(0x0101, size=2000))).ok
        assert writer.transmit(CommandApdu(0, 0xD6, data=content)).ok
        read = b"".join(
            writer.transmit(CommandApdu(0, 0xB0, start >> 8, start & 0xFF, ne=250)).data
            for start in range(0, 2000, 250)
        )
        assert read == content


def test_status_word_on_demand() -> None:
    with SyntheticCardWriter(fault="status_word", fault_sw=0x6581, fault_after_commands=1) as writer:
        held(writer)
        assert [writer.transmit(SELECT_MF).sw for _ in range(3)] == [0x9000, 0x6581, 0x9000]


def test_more_than_was_asked() -> None:
    with SyntheticCardWriter(fault="too_long") as writer:
        held(writer)
        with pytest.raises(CardUnusable, match="300"):
            writer.transmit(GET_CHALLENGE)


def test_garbled_answer_to_reset() -> None:
    with SyntheticCardWriter(fault="garbled_atr", fault_count=2) as writer:
        for _ in range(2):
            with pytest.raises(CardUnusable, match="garbage"):
                writer.await_card(1.0, Event())
        assert held(writer).transmit(SELECT_MF).ok


@pytest.mark.parametrize(("fault", "error"), [("pull_card", CardLost), ("card_reset", CardWasReset)])
def test_power_fails_in_the_middle_of_a_write(fault: str, error: type[CardLost]) -> None:
    card = SmartCard()
    content = bytes(range(256)) * 2
    update = CommandApdu(0, 0xD6, data=content)
    with SyntheticCardWriter(card=card) as writer:
        held(writer)
        writer.transmit(CommandApdu(0, 0xE0, data=control_parameters(0x0101, size=512)))
        began = card.cells.steps
        assert writer.transmit(update).ok
        steps = card.cells.steps - began
        assert writer.transmit(CommandApdu(0, 0xD6, data=bytes(512))).ok
    outcomes = set()
    for step in range(steps):
        with SyntheticCardWriter(
            card=card, fault=fault, fault_after_commands=1, fault_after_writes=step, card_delay_s=0
        ) as writer:
            held(writer)
            assert writer.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x01")).ok
            with pytest.raises(error):
                writer.transmit(update)
            held(writer)
            writer.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x01"))
            read = writer.transmit(CommandApdu(0, 0xB0, ne=512)).data
            assert read in (bytes(512), content)
            outcomes.add(read)
            writer.transmit(CommandApdu(0, 0xD6, data=bytes(512)))
    assert bytes(512) in outcomes


def test_another_card_is_put_in() -> None:
    with SyntheticCardWriter(card_delay_s=0) as writer:
        first = held(writer).transmit(CommandApdu(0, 0xCA, 1, 1, ne=256)).data
        writer.insert(SmartCard())
        with pytest.raises(CardLost):
            writer.transmit(SELECT_MF)
        held(writer)
        assert writer.transmit(CommandApdu(0, 0xCA, 1, 1, ne=256)).data == first  # made alike


def test_opened_twice() -> None:
    with SyntheticCardWriter() as writer, pytest.raises(DeviceError, match="open already"):
        writer.__enter__()


ACTIONS = st.sampled_from(
    ["await", "removal", "select", "challenge", "long", "reset_card", "release", "reset", "reopen"]
)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(list(FAULTS)),
    st.integers(0, 6),
    st.one_of(st.none(), st.integers(0, 20)),
    st.integers(1, 3),
    st.sampled_from(list(CardProtocol)),
    st.lists(ACTIONS, max_size=12),
)
def test_random_faults_end_in_errors_of_ours(
    fault: str, after: int, writes: int | None, count: int, protocol: CardProtocol, actions: list[str]
) -> None:
    threads = threading.active_count()
    writer = SyntheticCardWriter(
        protocol=protocol,
        fault=fault,
        fault_after_commands=after,
        fault_after_writes=writes,
        fault_count=count,
        card_delay_s=0.001,
    )
    writer.__enter__()
    for action in actions:
        freed = Event()
        watchdog = Timer(0.02, _free, (writer, freed))
        watchdog.start()
        try:
            with contextlib.suppress(DeviceError):
                _act(writer, action)
        finally:
            freed.set()
            watchdog.cancel()
            watchdog.join()
        if writer.card is None:
            with pytest.raises(DeviceError):
                writer.transmit(SELECT_MF)
    writer.__exit__(None, None, None)
    assert writer.card is None
    assert threading.active_count() == threads


def _free(writer: SyntheticCardWriter, freed: Event) -> None:
    while not freed.wait(0.002):
        if writer.hangs:
            writer.reset()


def _act(writer: SyntheticCardWriter, action: str) -> None:
    if action == "await":
        writer.await_card(0.01, Event())
    elif action == "removal":
        writer.await_removal(0.01, Event())
    elif action == "select":
        writer.transmit(SELECT_MF)
    elif action == "challenge":
        assert len(writer.transmit(GET_CHALLENGE).data) in (0, 8)
    elif action == "long":
        writer.transmit(CommandApdu(0, 0xE0, data=control_parameters(0x0101, size=400)))
        writer.transmit(CommandApdu(0, 0xD6, data=bytes(400)))
    elif action == "reset_card":
        writer.reset_card()
    elif action == "release":
        writer.release_card()
    elif action == "reset":
        writer.reset()
    else:
        writer.__exit__(None, None, None)
        writer.__enter__()
