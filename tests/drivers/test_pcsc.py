"""The PC/SC card writer against pcscd, vsmartcard's virtual reader, its ISO 7816 card, and cards that misbehave."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from threading import Event
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cards.apdu import CommandApdu
from drivers.cards.chip.smart_card import CardOptions, SmartCard
from drivers.cards.pcsc_iso7816 import PcscCardWriter
from drivers.errors import (
    CardLost,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
)
from drivers.protocols import CardProtocol, CardWriter, DeviceAddress
from drivers.transports.pcsc_service import attached_readers
from tests.contract.card_writer import GET_CHALLENGE, SELECT_MF, CardWriterContract
from tests.drivers.pcsc_peer import READER, SLOTS, Pcscd, Script, Silent, Vicc, VirtualCard, empty_for_one_look, missing
from tests.drivers.synthetic_cards import control_parameters

needs_peers = pytest.mark.skipif(bool(missing()), reason=missing())
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def running() -> Iterator[Pcscd]:
    daemon = Pcscd()
    daemon.start()
    await_readers(1)
    yield daemon
    daemon.close()


class Desk:
    """One slot of pcscd's reader, and the cards that a test puts into it; they leave it with the test."""

    _turn: ClassVar[Iterator[int]] = cycle(range(len(SLOTS)))
    _ports_used: ClassVar[set[int]] = set()

    def __init__(self, daemon: Pcscd, folder: Path) -> None:
        self.daemon = daemon
        # Each test takes the other slot: pcscd needs a while to see that a card has left one.
        number = next(self._turn)
        self.port = daemon.ports[number]
        self.reader = SLOTS[number]
        self._folder = folder
        self._cards: list[VirtualCard | Vicc] = []

    def put_in(
        self, card: SmartCard | None = None, *, script: Script | None = None, atr: bytes | None = None
    ) -> VirtualCard:
        virtual = VirtualCard(self.port, card, script=script, atr=atr, after_another=self._used())
        self._cards.append(virtual)
        return virtual

    def put_vicc_in(self) -> Vicc:
        if self._used():
            empty_for_one_look(self.port)
        vicc = Vicc(self.port, self._folder)
        self._cards.append(vicc)
        return vicc

    def await_empty(self) -> None:
        """Wait until pcscd sees that the card before has left the slot, if there was one."""
        with PcscCardWriter(self.reader) as writer:
            writer.await_removal(PATIENCE_S, Event())

    def take(self) -> None:
        """Take the card, if there is one."""
        while self._cards:
            self._cards.pop().pull()

    def _used(self) -> bool:
        """Whether there was a card in this slot before; if it still is, it is taken."""
        used = self.port in self._ports_used
        self._ports_used.add(self.port)
        self.take()
        return used

    def restart(self, friendly_names: list[str] | None = None) -> None:
        chosen = [READER] if friendly_names is None else friendly_names
        self.daemon.kill()
        self.take()
        self._ports_used.clear()
        self.daemon.configure(chosen)
        self.daemon.start()
        await_readers(len(chosen))


def await_readers(count: int) -> None:
    """Ask until pcscd sees so many readers, of two slots each; it needs a moment to start them."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(DeviceError):
            if len(attached_readers()) == 2 * count:
                return
        assert time.monotonic() < deadline, "pcscd did not start"
        Event().wait(0.02)


@pytest.fixture
def desk(running: Pcscd, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(running, tmp_path)
    yield desk
    desk.take()


def card_that(fault: str, after: int = 1) -> Script:
    """A script: so many commands are answered well, then the fault."""
    chip = SmartCard()
    chip.power_up()

    def answer(count: int, raw: bytes) -> bytes | None:
        if count <= after or fault == "none":
            return chip.process(raw)
        if fault == "pulled":
            return None
        if fault == "hang":
            raise Silent
        if fault == "garbled":
            return b"\x12\x34\x56" if count == after + 1 else chip.process(raw)
        if fault == "endless":
            return b"\x00\x61\x01" if raw[1] == 0xC0 or count == after + 1 else chip.process(raw)
        raise AssertionError(fault)

    return answer


def silent_card(asked: Event) -> Script:
    """A script: the first command is never answered."""

    def answer(count: int, raw: bytes) -> bytes | None:
        asked.set()
        raise Silent

    return answer


@needs_peers
class TestPcscWithVirtualCards(CardWriterContract):
    """Cards that this process plays, so that they can fail; everything between is pcscd's and vsmartcard's."""

    scenarios = frozenset({"card", "no-card", "pulled", "hang", "mute", "garbled", "endless"})

    @pytest.fixture(autouse=True)
    def _desk(self, desk: Desk) -> None:
        self.desk = desk

    def writer(self, scenario: str) -> CardWriter:
        if scenario == "card":
            self.desk.put_in()
        elif scenario == "mute":
            self.desk.put_in(atr=b"\x3b")  # a virtual reader has no way to say nothing; this is no answer either
        elif scenario == "no-card":
            self.desk.await_empty()
        else:
            self.desk.put_in(script=card_that(scenario))
        return PcscCardWriter(self.desk.reader)

    def card_put_in(self) -> None:
        self.desk.put_in()

    def card_taken(self) -> None:
        self.desk.take()


@needs_peers
class TestPcscWithVicc(CardWriterContract):
    """vsmartcard's own card."""

    scenarios = frozenset({"card", "no-card"})

    @pytest.fixture(autouse=True)
    def _desk(self, desk: Desk) -> None:
        self.desk = desk

    def writer(self, scenario: str) -> CardWriter:
        if scenario == "card":
            self.desk.put_vicc_in()
        else:
            self.desk.await_empty()
        return PcscCardWriter(self.desk.reader)

    def card_taken(self) -> None:
        self.desk.take()


@needs_peers
def test_vicc_keeps_a_file(desk: Desk) -> None:
    desk.put_vicc_in()
    with PcscCardWriter(desk.reader) as writer:
        card = writer.await_card(PATIENCE_S, Event())
        assert (card.protocol, card.chaining, card.extended_length) == (CardProtocol.T1, False, False)
        # vicc 0.8 wants the structure that it knows by default, and an Le with what it writes.
        assert writer.transmit(CommandApdu(0, 0xE0, data=control_parameters(0x0101, size=256, sfi=1))).ok
        assert writer.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x01")).ok
        content = bytes(range(200))
        assert writer.transmit(CommandApdu(0, 0xD6, data=content, ne=256)).sw in (0x9000, 0x6282)
        assert writer.transmit(CommandApdu(0, 0xB0, ne=200)).data == content
        # It gives 4 of its 8 random bytes and says 6104.
        assert writer.transmit(CommandApdu(0, 0x84, ne=4)).sw == 0x6104


@needs_peers
def test_vicc_that_dies_is_a_card_that_was_pulled(desk: Desk) -> None:
    vicc = desk.put_vicc_in()
    with PcscCardWriter(desk.reader) as writer:
        writer.await_card(PATIENCE_S, Event())
        vicc.pull()
        with pytest.raises(CardLost):
            writer.transmit(SELECT_MF)
        desk.put_vicc_in()
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(SELECT_MF).ok


@needs_peers
@pytest.mark.parametrize("protocol", list(CardProtocol))
def test_long_commands_and_answers(desk: Desk, protocol: CardProtocol) -> None:
    desk.put_in(SmartCard(CardOptions(protocol=protocol)))
    content = bytes(index * 7 % 256 for index in range(2000))
    with PcscCardWriter(desk.reader) as writer:
        card = writer.await_card(PATIENCE_S, Event())
        assert card.protocol is protocol
        assert card.extended_length == (protocol is not CardProtocol.T0)
        assert writer.transmit(CommandApdu(0, 0xE0, data=control_parameters(0x0101, size=2000))).ok
        with writer.transaction():
            assert writer.transmit(CommandApdu(0, 0xD6, data=content)).ok
        card = writer.reset_card()
        assert writer.transmit(CommandApdu(0, 0xB0, ne=16)).sw == 0x6986
        assert writer.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x01")).ok
        step = 250 if protocol is CardProtocol.T0 else 2000
        read = [writer.transmit(CommandApdu(0, 0xB0, at >> 8, at & 0xFF, ne=step)).data for at in range(0, 2000, step)]
        assert b"".join(read) == content


@needs_peers
def test_chip_that_loses_power_in_a_write(desk: Desk) -> None:
    chip = SmartCard()
    desk.put_in(chip)
    content = bytes(range(256))
    with PcscCardWriter(desk.reader) as writer:
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(CommandApdu(0, 0xE0, data=control_parameters(0x0101, size=256))).ok
        chip.lose_power(after_steps=12)
        with pytest.raises(CardLost):
            writer.transmit(CommandApdu(0, 0xD6, data=content))
        desk.put_in(chip)
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x01")).ok
        assert writer.transmit(CommandApdu(0, 0xB0, ne=256)).data == bytes(256)


@needs_peers
def test_another_program_holds_the_card(desk: Desk) -> None:
    desk.put_in()
    with PcscCardWriter(desk.reader) as first, PcscCardWriter(desk.reader) as second:
        first.await_card(PATIENCE_S, Event())
        with pytest.raises(DeviceBusy, match="another program"):
            second.await_card(0.15, Event())
        first.release_card()
        second.await_card(PATIENCE_S, Event())
        assert second.transmit(SELECT_MF).ok


@needs_peers
def test_a_stuck_reader_is_told_until_the_card_is_pulled(desk: Desk) -> None:
    asked = Event()
    desk.put_in(script=silent_card(asked))
    with PcscCardWriter(desk.reader) as writer, ThreadPoolExecutor(1) as worker:
        writer.await_card(PATIENCE_S, Event())
        stuck = worker.submit(writer.transmit, SELECT_MF)
        assert asked.wait(PATIENCE_S)
        writer.reset()
        assert isinstance(stuck.exception(PATIENCE_S), DeviceHung)
        with pytest.raises(DeviceBusy, match="pull the card"):
            writer.await_card(0.2, Event())
        desk.put_in()
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(SELECT_MF).ok


@needs_peers
def test_reset_between_commands_is_told_once(desk: Desk) -> None:
    desk.put_in()
    with PcscCardWriter(desk.reader) as writer:
        writer.await_card(PATIENCE_S, Event())
        writer.reset()
        assert writer.card is None
        for error in (DeviceHung, CardLost):
            with pytest.raises(error):
                writer.transmit(SELECT_MF)
        writer.await_card(PATIENCE_S, Event())
        writer.reset()
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(SELECT_MF).ok


@needs_peers
def test_pcscd_dies_and_returns(desk: Desk) -> None:
    desk.put_in()
    with PcscCardWriter(desk.reader) as writer:
        writer.await_card(PATIENCE_S, Event())
        desk.daemon.kill()
        with pytest.raises(DeviceLost, match="service"):
            writer.transmit(SELECT_MF)
        for use in (lambda: writer.await_card(1.0, Event()), lambda: writer.await_removal(1.0, Event())):
            with pytest.raises(DeviceLost, match="systemctl"):
                use()
        desk.restart()
        desk.put_in()
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(SELECT_MF).ok


@needs_peers
def test_pcscd_dies_in_the_middle_of_a_command(desk: Desk) -> None:
    asked = Event()
    desk.put_in(script=silent_card(asked))
    with PcscCardWriter(desk.reader) as writer, ThreadPoolExecutor(1) as worker:
        writer.await_card(PATIENCE_S, Event())
        command = worker.submit(writer.transmit, SELECT_MF)
        assert asked.wait(PATIENCE_S)
        desk.daemon.kill()
        assert isinstance(command.exception(PATIENCE_S), DeviceLost)
    desk.restart()


@needs_peers
def test_reader_comes_and_goes(desk: Desk) -> None:
    try:
        with PcscCardWriter(desk.reader) as writer:
            desk.restart([])
            for _ in range(2):
                with pytest.raises(DeviceLost):
                    writer.await_card(1.0, Event())
            assert PcscCardWriter.attached() == []
            with pytest.raises(DeviceNotFound, match="plug it in"):
                PcscCardWriter().__enter__()
            desk.restart()
            desk.put_in()
            writer.await_card(PATIENCE_S, Event())
            assert writer.transmit(SELECT_MF).ok
    finally:
        desk.restart()


@needs_peers
def test_two_readers_of_one_name(desk: Desk) -> None:
    """PC/SC reaches readers by name only, so that these two cannot be told apart: neither is opened by chance."""
    try:
        desk.restart(["Twin", "Twin", "Single"])
        found = [address.device_id for address in PcscCardWriter.attached()]
        assert found == ["pcsc:Twin", "pcsc:Twin_slot_01", "pcsc:Single", "pcsc:Single_slot_01"]
        for name in ("Twin", "Twin 00 00", "pcsc:Twin"):
            with pytest.raises(DeviceError, match=r"unplug|several"):
                PcscCardWriter(name.removeprefix("pcsc:")).__enter__()
        with PcscCardWriter("Single") as writer:
            assert writer.identity.model == "Single"
    finally:
        desk.restart()


@needs_peers
def test_addresses_open_what_they_name(desk: Desk) -> None:
    found = PcscCardWriter.attached()
    assert [address.device_id for address in found] == ["pcsc:Virtual_PCD", "pcsc:Virtual_PCD_slot_01"]
    assert [address.location for address in found] == [f"pcsc:{slot}" for slot in SLOTS]
    for at in (found[1], DeviceAddress(found[1].device_id, "pcsc", "")):
        with PcscCardWriter.at(at) as writer:
            assert writer.identity.model == READER
            assert next(iter(writer.self_test(Event()))).detail.startswith(SLOTS[1])
    with pytest.raises(DeviceError, match="several"):
        PcscCardWriter().__enter__()
    with pytest.raises(DeviceNotFound, match="Nothing"):
        PcscCardWriter("Nothing").__enter__()


Sequence = tuple[str, int, list[str]]
FAULTS = st.sampled_from(["none", "pulled", "garbled", "endless", "hang"])
ACTIONS = st.sampled_from(["select", "challenge", "reset_card", "release", "await", "reset", "reopen", "transaction"])
SEQUENCES = st.tuples(FAULTS, st.integers(0, 3), st.lists(ACTIONS, min_size=1, max_size=6))


@needs_peers
def test_random_faults_end_in_errors_of_ours_and_leak_nothing(desk: Desk) -> None:
    """A hundred sequences, on both slots at once: pcscd needs a while to see a card come."""
    desk.restart()
    threads, handles = threading.active_count(), open_files()
    benches = [Bench(slot, port) for slot, port in zip(SLOTS, desk.daemon.ports, strict=True)]

    @settings(max_examples=50, deadline=None)
    @given(st.tuples(SEQUENCES, SEQUENCES))
    def run(sequences: tuple[Sequence, Sequence]) -> None:
        with ThreadPoolExecutor(len(benches)) as both:
            list(both.map(Bench.play, benches, sequences))

    run()
    for bench in benches:
        bench.clear()
    assert threading.active_count() <= threads
    assert open_files() <= handles


class Bench:
    """A slot with a card that stays in from one sequence to the next, unless the sequence pulled or silenced it."""

    def __init__(self, slot: str, port: int) -> None:
        self._slot, self._port = slot, port
        self._card: VirtualCard | None = None
        self._script: Script | None = None

    def play(self, sequence: Sequence) -> None:
        """Whatever the driver raises is an error of ours, and after it the driver works with a new card."""
        fault, after, actions = sequence
        if self._card is None or self._card.gone:
            self.clear()
            self._card = VirtualCard(self._port, script=self._answer, after_another=True)
        self._script, self._first = card_that(fault, after), None
        with PcscCardWriter(self._slot) as writer:
            for action in ("await", *actions):
                watchdog = threading.Timer(1.5, writer.reset)  # a hang ends only so
                watchdog.start()
                with contextlib.suppress(DeviceError):
                    act(writer, action)
                watchdog.cancel()
                watchdog.join()
        with pytest.raises(DeviceError):
            writer.transmit(SELECT_MF)
        if fault == "hang":
            self.clear()

    def clear(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            card.pull()

    def _answer(self, count: int, raw: bytes) -> bytes | None:
        assert self._script is not None
        self._first = count if self._first is None else self._first
        return self._script(count - self._first + 1, raw)


def act(writer: PcscCardWriter, action: str) -> None:
    if action == "await":
        writer.await_card(1.2, Event())
    elif action == "select":
        writer.transmit(SELECT_MF)
    elif action == "challenge":
        assert len(writer.transmit(GET_CHALLENGE).data) in (0, 8)
    elif action == "transaction":
        with writer.transaction():
            writer.transmit(SELECT_MF)
    elif action == "reset_card":
        writer.reset_card()
    elif action == "release":
        writer.release_card()
    elif action == "reset":
        writer.reset()
    else:
        writer.__exit__(None, None, None)
        writer.__enter__()


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208
