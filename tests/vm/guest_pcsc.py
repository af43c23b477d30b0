"""The PC/SC driver with pcscd, libccid and a USB reader of a real kernel, which is pulled and plugged in again."""

import time
from collections.abc import Callable
from functools import partial
from threading import Event, Timer

import pytest

from drivers.cards.apdu import CommandApdu, ResponseApdu
from drivers.cards.pcsc_iso7816 import PcscCardWriter
from drivers.errors import CardLost, CardTimeout, CardUnusable, DeviceLost, DeviceNotFound
from drivers.protocols import CardProtocol, CardWriter
from tests.contract.card_writer import SELECT_MF, CardWriterContract
from tests.drivers.synthetic_cards import control_parameters
from tests.vm.desk import PATIENCE_S, Desk, until


@pytest.fixture
def reader(desk: Desk) -> Desk:
    """An empty reader, plugged in."""
    desk.ask("plug", device="reader")
    desk.ask("card_out")
    until(PcscCardWriter.attached, "pcscd did not see the reader")
    await_empty_reader()
    return desk


def plugged_in_anew(desk: Desk) -> None:
    """Pull the reader, and plug it in; returns once pcscd has seen both."""
    pull_reader(desk)
    desk.ask("plug", device="reader")
    until(PcscCardWriter.attached, "pcscd did not see the reader come back")


def pull_reader(desk: Desk) -> None:
    """Returns once pcscd has seen it go, which takes it up to a second."""
    desk.ask("unplug", device="reader")
    until(lambda: not PcscCardWriter.attached(), "pcscd did not see the reader go")


def await_empty_reader() -> None:
    """pcscd 1.9 never sees a card that was changed for another between two of its looks, if a command failed then."""
    with PcscCardWriter() as writer:
        writer.await_removal(PATIENCE_S, Event())


class PlayedWriter(PcscCardWriter):
    """Something happens to the card or the reader once the first command was answered."""

    def __init__(self, accident: Callable[[], object]) -> None:
        super().__init__()
        self._accident: Callable[[], object] | None = accident

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        answer = super().transmit(command)
        accident, self._accident = self._accident, None
        if accident is not None:
            accident()
        return answer


class TestPcscOnUsbCcid(CardWriterContract):
    """All that QEMU can play.

    It takes no card without an answer to reset, tells none that it was reset, and where a card does not answer it waits
    even after that was taken out.
    """

    scenarios = frozenset({"card", "no-card", "pulled", "unplugged", "garbled", "endless"})
    patience_s = PATIENCE_S

    @pytest.fixture(autouse=True)
    def _desk(self, reader: Desk) -> None:
        self.desk = reader

    def writer(self, scenario: str) -> CardWriter:
        if scenario != "no-card":
            self.desk.ask("card_in", fault=scenario if scenario in ("garbled", "endless") else "none")
        if scenario == "pulled":
            return PlayedWriter(self.card_taken)
        if scenario == "unplugged":
            return PlayedWriter(partial(pull_reader, self.desk))
        return PcscCardWriter()

    def card_put_in(self) -> None:
        await_empty_reader()
        self.desk.ask("card_in")

    def card_taken(self) -> None:
        self.desk.ask("card_out")


@pytest.mark.parametrize("protocol", [CardProtocol.T0, CardProtocol.TCL])
def test_long_commands_and_answers(reader: Desk, protocol: CardProtocol) -> None:
    """The answer to reset of a T=CL card offers T=0, too; it has extended lengths and chaining."""
    reader.ask("card_in", protocol=protocol.value)
    content = bytes(index * 7 % 256 for index in range(1000))
    with PcscCardWriter() as writer:
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(CommandApdu(0, 0xE0, data=control_parameters(0x0101, size=1000))).ok
        assert writer.transmit(CommandApdu(0, 0xD6, data=content)).ok
        # QEMU's reader has room for 384 bytes of an answer, and cuts a longer one off without a word.
        read = [writer.transmit(CommandApdu(0, 0xB0, at >> 8, at & 0xFF, ne=250)).data for at in range(0, 1000, 250)]
    assert b"".join(read) == content


def test_card_whose_protocol_the_reader_does_not_have(reader: Desk) -> None:
    """QEMU's reader has T=0 alone."""
    reader.ask("card_in", protocol=CardProtocol.T1.value)
    with PcscCardWriter() as writer:
        with pytest.raises(CardUnusable):
            writer.await_card(PATIENCE_S, Event())
        reader.ask("card_out")
        writer.await_removal(PATIENCE_S, Event())  # pcscd may take two cards in a hurry for one
        reader.ask("card_in")
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(SELECT_MF).ok


def test_reader_is_named_by_what_it_is(reader: Desk) -> None:
    (address,) = PcscCardWriter.attached()
    with PcscCardWriter.at(address) as writer:
        assert "Gemalto" in writer.identity.model  # QEMU's reader has the number of one of theirs
        assert writer.identity.serial == "REKAM0002"
        assert all(step.passed for step in writer.self_test(Event()))


def test_reader_pulled_while_a_card_is_awaited_and_plugged_in_again(reader: Desk) -> None:
    with PcscCardWriter() as writer:
        pulled_at: list[float] = []

        def pull() -> None:
            reader.ask("unplug", device="reader")
            pulled_at.append(time.monotonic())

        timer = Timer(0.5, pull)
        timer.start()
        with pytest.raises(DeviceLost):
            writer.await_card(PATIENCE_S, Event())
        timer.join()
        reader.figures.append(
            f"pcsc, reader pulled while a card is awaited: noticed after {_ms_since(pulled_at[0])} ms"
        )
        assert PcscCardWriter.attached() == []
        with pytest.raises(DeviceNotFound), PcscCardWriter():
            pytest.fail("it was opened")
        with pytest.raises(DeviceLost):
            writer.await_card(0.2, Event())
        reader.ask("card_in")
        reader.ask("plug", device="reader")
        plugged_at = time.monotonic()
        until(PcscCardWriter.attached, "pcscd did not see the reader come back")
        reader.figures.append(f"pcsc, reader plugged in: listed after {_ms_since(plugged_at)} ms")
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(SELECT_MF).ok
        reader.figures.append(f"pcsc, reader plugged in: a card answers after {_ms_since(plugged_at)} ms")


def test_reader_pulled_in_a_transaction(reader: Desk) -> None:
    reader.ask("card_in")
    with PcscCardWriter() as writer:
        writer.await_card(PATIENCE_S, Event())
        # Whichever pcscd sees first: that the card does not answer, or that the reader is gone.
        with pytest.raises((DeviceLost, CardLost)), writer.transaction():  # noqa: PT012
            assert writer.transmit(SELECT_MF).ok
            reader.ask("unplug", device="reader")
            pulled_at = time.monotonic()
            until(lambda: not writer.transmit(SELECT_MF).ok, "the reader still answers")
        reader.figures.append(f"pcsc, reader pulled in a transaction: noticed after {_ms_since(pulled_at)} ms")
        assert writer.card is None
        until(lambda: not PcscCardWriter.attached(), "pcscd did not see the reader go")
        with pytest.raises(DeviceLost):
            writer.await_card(1.0, Event())
    plugged_in_anew(reader)
    with PcscCardWriter() as writer:
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(SELECT_MF).ok


def test_file_is_still_there_when_the_card_comes_back(reader: Desk) -> None:
    reader.ask("card_in")
    with PcscCardWriter() as writer:
        writer.await_card(PATIENCE_S, Event())
        assert writer.transmit(CommandApdu(0, 0xE0, data=control_parameters(0x0101, size=16))).ok
        assert writer.transmit(CommandApdu(0, 0xD6, data=b"sixteen octets..")).ok
        reader.ask("card_out")
        with pytest.raises(CardLost):
            until(lambda: not writer.transmit(SELECT_MF).ok, "the card still answers")
        writer.await_removal(PATIENCE_S, Event())
        with pytest.raises(CardTimeout):
            writer.await_card(0.2, Event())
        reader.ask("card_in", same=True)
        put_in_at = time.monotonic()
        writer.await_card(PATIENCE_S, Event())
        reader.figures.append(f"pcsc, card put in: held after {_ms_since(put_in_at)} ms")
        assert writer.transmit(CommandApdu(0, 0xB0, ne=16)).sw == 0x6986  # nothing is selected
        assert writer.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x01")).ok
        assert writer.transmit(CommandApdu(0, 0xB0, ne=16)).data == b"sixteen octets.."


def test_five_pulls_in_a_row(reader: Desk) -> None:
    for _ in range(5):
        reader.ask("card_in")
        with PcscCardWriter() as writer:
            writer.await_card(PATIENCE_S, Event())
            assert writer.transmit(SELECT_MF).ok
            plugged_in_anew(reader)


def _ms_since(moment: float) -> int:
    return round(1000 * (time.monotonic() - moment))
