"""A card writer without hardware, with a card in memory, that fails when it is asked to."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from secrets import token_hex
from threading import Event
from typing import Self
from zlib import crc32

from drivers.cards.apdu import CommandApdu, ResponseApdu
from drivers.cards.chip.cells import PowerLostError
from drivers.cards.chip.finger_comparison import same_finger
from drivers.cards.chip.secure_channel import public_test_keys
from drivers.cards.chip.smart_card import CardOptions, SmartCard
from drivers.cards.exchange import GET_RESPONSE, exchange, inserted_card
from drivers.cards.line import CardLine, LineTruth, line_of
from drivers.errors import (
    CaptureCancelled,
    CardLost,
    CardTimeout,
    CardUnusable,
    CardWasReset,
    DeviceError,
    DeviceHung,
    DeviceLost,
)
from drivers.protocols import CardProtocol, DeviceIdentity, InsertedCard, SelfTestStep

__all__ = ["FAULTS", "CardOptions", "SmartCard", "SyntheticCardWriter"]

FAULTS = {
    "unplug": "the reader's cable is pulled; opening it again finds it plugged in",
    "hang": "the reader stops answering until `reset`",
    "pull_card": "the card is pulled, and put in again when one is waited for",
    "card_reset": "the card loses power for a moment and stays in the reader",
    "mute": "the card does not answer a reset",
    "garbled_atr": "the card answers a reset with garbage",
    "garbled": "the card answers a command with half a status word",
    "too_long": "the card answers a command with more than was asked",
    "endless": "the card promises more data for ever",
    "status_word": "the card answers a command with `fault_sw` and does not carry it out",
    "no_card": "nobody ever puts a card in",
}
_POLL_S = 0.01


class SyntheticCardWriter:
    """A reader with a card for demonstrations, training and tests; every option is a plain value.

    Parameters
    ----------
    serial : str
        Serial number of the reader.
    card : SmartCard, optional
        The card that is put in; by default one made from the options that follow.
    card_serial, pin, unblocking : str
        As printed; PIN and unblocking code are sent as ASCII.
    protocol : str
        `T=0`, `T=1` or `T=CL`.
    chaining, extended_length, torn_writes, capacity
        As `CardOptions`.
    secure_channel : bool
        Whether the card knows SCP03, under the public test keys.
    on_card_comparison : bool
        Whether the card compares fingers by itself.
    card_delay_s : float
        Seconds from being waited for until a card is put in, and until it is taken away.
    fault : str, optional
        One of `FAULTS`.
    fault_after_commands : int
        Commands carried out well, GET RESPONSE and links of a chain among them, before the fault.
    fault_after_writes : int, optional
        For `pull_card` and `card_reset`: in place of that, programming steps of the chip's memory, so that the
        fault falls into the middle of a write.
    fault_count : int
        How many times it fails before it stays well.
    fault_sw : int
        For `status_word`.
    line : CardLine, optional
        What is true of the way to the card, for a technician's measurements; by default it is perfect.
    truth : LineTruth, dict or str, optional
        Makes such a line, by the names of `LineTruth`'s fields, for a configuration file; `"drawn"`: drawn for the
        serial number.

    Raises
    ------
    ValueError
        An option out of range; an unknown fault is answered with the names there are.
    """

    def __init__(
        self,
        *,
        serial: str = "SYN-0001",
        card: SmartCard | None = None,
        card_serial: str = "SYN-CARD-0001",
        pin: str = "123456",
        unblocking: str = "12345678",
        protocol: str = "T=1",
        chaining: bool = True,
        extended_length: bool = True,
        torn_writes: bool = False,
        capacity: int = 8192,
        secure_channel: bool = False,
        on_card_comparison: bool = False,
        card_delay_s: float = 0.05,
        fault: str | None = None,
        fault_after_commands: int = 0,
        fault_after_writes: int | None = None,
        fault_count: int = 1,
        fault_sw: int = 0x6F00,
        line: CardLine | None = None,
        truth: LineTruth | dict[str, float] | str | None = None,
    ) -> None:
        if fault is not None and fault not in FAULTS:
            raise ValueError(f"no fault {fault!r}; there are {', '.join(FAULTS)}")
        if not 0 <= card_delay_s < inf:
            raise ValueError("card_delay_s must be finite and not negative")
        if fault_after_commands < 0 or (fault_after_writes or 0) < 0 or fault_count < 1:
            raise ValueError("fault_after_... must not be negative, and fault_count at least 1")
        if not 256 <= capacity <= 65536:
            raise ValueError(f"capacity is 256 to 65536 bytes, not {capacity}")
        if not 0x6100 <= fault_sw <= 0x9FFF:
            raise ValueError(f"{fault_sw:04X} is no status word")
        self._serial, self._delay_s = serial, float(card_delay_s)
        self._fault, self._fault_after, self._faults_left = fault, fault_after_commands, fault_count
        self._fault_writes, self._fault_sw = fault_after_writes, fault_sw
        self.inserted = card or SmartCard(
            CardOptions(
                protocol=CardProtocol(protocol),
                chaining=chaining,
                extended_length=extended_length,
                capacity=capacity,
                torn_writes=torn_writes,
                pin=pin.encode("ascii"),
                unblocking=unblocking.encode("ascii"),
                serial=card_serial,
                channel=public_test_keys() if secure_channel else None,
                compare_fingers=same_finger if on_card_comparison else None,
            )
        )
        """The card that is, or will be put, in the reader; tests and demonstrations may look into it."""
        self.line = line
        if line is None and truth is not None:
            contactless = CardProtocol(protocol) is CardProtocol.TCL
            self.line = line_of(truth, crc32(serial.encode()), contactless=contactless)
        self._present_since: float | None = None
        self._open = False
        self._plugged = True
        self._carried_out = 0
        self._endless = False
        self._armed = False
        self._answers = Event()
        self._answers.set()
        self._card: InsertedCard | None = None

    @property
    def identity(self) -> DeviceIdentity:
        """Who it is."""
        return DeviceIdentity("synthetic-card", "Rekam", "Synthetic card writer", self._serial, "1")

    @property
    def card(self) -> InsertedCard | None:
        """The card that is held."""
        return self._card

    def __enter__(self) -> Self:
        if self._open:
            raise DeviceError("this synthetic card writer is open already; close it first")
        self._open = self._plugged = True
        self._carried_out = 0
        return self

    def __exit__(self, *exc: object) -> None:
        self._open = False
        self._answers.set()
        self._let_go()

    def insert(self, card: SmartCard) -> None:
        """Put another card in the place of the one that is in; it was pulled for that."""
        self._let_go(removed=True)
        self.inserted = card

    def insert_blank(self) -> str:
        """Put a blank like the card that is in, with another serial number, in its place."""
        options = replace(self.inserted.options, serial=f"SYN-{token_hex(6).upper()}")
        self.insert(SmartCard(options))
        return options.serial

    def await_card(self, timeout_s: float, cancel: Event) -> InsertedCard:
        """Wait until a card is put in, and power it up; errors as the protocol says."""
        self._check_reader()
        _refuse_cancelled(cancel)
        if self._card is not None:
            return self.reset_card()
        began = time.monotonic()
        while not self._card_lies_in(began):
            self._wait(began, timeout_s, cancel, "no card was put in")
        return self._powered_up()

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Ask for the card and wait until it is taken; errors as the protocol says."""
        self._check_reader()
        _refuse_cancelled(cancel)
        self.release_card()
        began = time.monotonic()
        while self._present_since is not None and time.monotonic() < began + self._delay_s:
            self._wait(began, timeout_s, cancel, "the card was not taken")
        self._present_since = None

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command and give the whole answer; errors as the protocol says."""
        return exchange(self._send, command, self._held())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep the commands of the block together: nobody else is there to come in between."""
        self._held()
        yield

    def reset_card(self) -> InsertedCard:
        """Power the card down and up."""
        self._held()
        return self._powered_up()

    def release_card(self) -> None:
        """Power the card down and let go of it."""
        self._let_go()

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Power a card up if there is one, and ask for its root file."""
        self._check_reader()
        _refuse_cancelled(cancel)
        yield SelfTestStep("reader", True, "the synthetic card writer answers")
        _refuse_cancelled(cancel)
        if self._fault == "no_card":
            yield SelfTestStep("card", True, "no card is in it; put one in to test more")
            return
        try:
            card = self.await_card(self._delay_s + 1.0, cancel)
            yield SelfTestStep("card", True, f"{card.protocol}, {len(card.atr)} bytes of answer to reset")
            answer = self.transmit(CommandApdu(0x00, 0xA4, 0x00, 0x0C, b"\x3f\x00"))
            yield SelfTestStep("command", answer.ok, f"the card answers {answer.sw:04X}")
        except (CardLost, CardUnusable) as error:
            yield SelfTestStep("card", False, str(error))
        finally:
            self.release_card()

    @property
    def hangs(self) -> bool:
        """Whether it is deaf at this moment; may be asked from another thread."""
        return not self._answers.is_set()

    def reset(self) -> None:
        """Free a reader that hangs; from another thread, too. The next call finds the card let go of."""
        if not self._plugged:
            raise DeviceLost("the synthetic card writer is unplugged; open it again")
        self._answers.set()

    def _send(self, raw: bytes) -> bytes:
        """One command's bytes to the card, with the fault in its place."""
        fetching = raw[1] == GET_RESPONSE
        if self._endless and fetching:
            return bytes(min(raw[4] or 256, 16)) + b"\x61\x10"
        self._endless = False
        if self._is_due():
            answer = self._meet_fault(raw)
            if answer is not None:
                return answer
        self._carried_out += 1
        if self.line is not None and self.line.drops():
            self._let_go()
            raise CardLost("the card left the reader's field; hold it still")
        if self.line is not None and self.line.refuses():
            return self.line.carried(raw, b"\x6f\x00")
        try:
            answer = self.inserted.process(raw)
            return answer if self.line is None else self.line.carried(raw, answer)
        except PowerLostError as error:  # in the middle of a write, or where `inserted.lose_power` said
            if self._armed:
                self._armed = False
                self._faults_left -= 1
            raise self._power_fault() from error

    def _is_due(self) -> bool:
        if self._fault is None or self._faults_left == 0:
            return False
        due = self._carried_out >= self._fault_after
        if self._fault_writes is not None and self._fault in ("pull_card", "card_reset"):
            if due and not self._armed:
                self._armed = True
                self.inserted.lose_power(after_steps=self._fault_writes)
            return False
        return due

    def _meet_fault(self, raw: bytes) -> bytes | None:
        """Raise or answer as the fault of this moment does; None where it is no fault of a command."""
        if self._fault in ("mute", "garbled_atr", "no_card"):
            return None
        self._faults_left -= 1
        if self._fault == "unplug":
            self._plugged = False
            self._let_go()
            raise DeviceLost("the synthetic card writer was unplugged; open it again")
        if self._fault == "hang":
            self._answers.clear()
            self._answers.wait()
            self._let_go()
            raise DeviceHung("the synthetic card writer hung and was reset; wait for the card again")
        if self._fault in ("pull_card", "card_reset"):
            raise self._power_fault()
        if self._fault == "endless":
            self._endless = True
            return b"\x61\x10"
        if self._fault == "too_long":
            return bytes(300) + b"\x90\x00"
        return b"\x90" if self._fault == "garbled" else self._fault_sw.to_bytes(2, "big")

    def _power_fault(self) -> CardLost:
        stays = self._fault == "card_reset"
        self._let_go(removed=not stays)
        if stays:
            return CardWasReset("the card lost its power for a moment; begin again with it")
        return CardLost("the card was pulled from the synthetic card writer; put it in again")

    def _powered_up(self) -> InsertedCard:
        self._let_go(removed=False)
        atr_fault = self._fault in ("mute", "garbled_atr") and self._faults_left > 0
        if atr_fault and self._carried_out >= self._fault_after:
            self._faults_left -= 1
            if self._fault == "mute":
                raise CardUnusable("the card does not answer; put it in the other way round, or wipe its contacts")
            return inserted_card(b"\x3b\xff\x11", t0=False)
        if self.line is not None and not self.line.powers_up():
            raise CardUnusable("the card does not answer; hold it closer to the reader")
        try:
            atr = self.inserted.power_up()
        except PowerLostError as error:
            raise self._power_fault() from error
        self._card = inserted_card(atr, self.inserted.options.protocol is CardProtocol.T0)
        return self._card

    def _card_lies_in(self, began: float) -> bool:
        if self._fault == "no_card":
            return False
        if self._present_since is None and time.monotonic() >= began + self._delay_s:
            self._present_since = time.monotonic()
        return self._present_since is not None

    def _let_go(self, *, removed: bool = False) -> None:
        self._card = None
        self.inserted.power_down()
        if removed:
            self._present_since = None

    def _held(self) -> InsertedCard:
        self._check_reader()
        if self._card is None:
            raise CardLost("no card is held; wait for one first")
        return self._card

    def _check_reader(self) -> None:
        if not self._plugged:
            raise DeviceLost("the synthetic card writer is unplugged; open it again")
        if not self._open:
            raise DeviceLost("the synthetic card writer is not open; use it in a with block")

    def _wait(self, began: float, timeout_s: float, cancel: Event, complaint: str) -> None:
        left = began + timeout_s - time.monotonic()
        if left <= 0:
            raise CardTimeout(f"{complaint} in the time given")
        cancel.wait(min(_POLL_S, left))
        _refuse_cancelled(cancel)


def _refuse_cancelled(cancel: Event) -> None:
    if cancel.is_set():
        raise CaptureCancelled("the wait for a card was cancelled")
