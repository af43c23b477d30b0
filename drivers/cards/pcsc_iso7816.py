"""Any PC/SC reader, contact or contactless, as a `CardWriter` for ISO/IEC 7816-4 cards."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Self

from drivers.cards.apdu import CommandApdu, ResponseApdu
from drivers.cards.exchange import exchange, inserted_card
from drivers.errors import (
    CaptureCancelled,
    CardLost,
    CardTimeout,
    CardUnusable,
    DeviceBusy,
    DeviceError,
    DeviceLost,
)
from drivers.plain_name import plain_name
from drivers.protocols import DeviceAddress, DeviceIdentity, InsertedCard, SelfTestStep
from drivers.transports.pcsc import PcscTransport, ReaderState
from drivers.transports.pcsc_service import PcscReader, attached_readers

DRIVER = "pcsc"
_SLICE_S = 0.1
_SELECT_MF = CommandApdu(0x00, 0xA4, 0x00, 0x0C, b"\x3f\x00")


class PcscCardWriter:
    """A reader of the PC/SC service, and the card in it, held exclusively.

    Parameters
    ----------
    reader : str
        Its PC/SC name, its name without the index that pcscd gives it, or its serial number; by default the only
        reader there is.
    """

    def __init__(self, reader: str = "") -> None:
        self._wanted = reader
        self._link = PcscTransport(reader)
        self._card: InsertedCard | None = None
        self._vendor = ""

    @staticmethod
    def attached() -> list[DeviceAddress]:
        """The readers that the PC/SC service sees now; two that cannot be told apart are named by index too.

        Raises
        ------
        DeviceError
            pyscard or pcscd is missing; the message says how to get it.
        """
        readers = list(dict.fromkeys(attached_readers()))  # PC/SC knows two of one name as one, which cannot be opened
        times = Counter(reader.lasting_name for reader in readers)
        return [
            DeviceAddress(
                f"{DRIVER}:{plain_name(r.lasting_name if times[r.lasting_name] == 1 else r.name)}",
                DRIVER,
                r.lasting_name,
                f"pcsc:{r.name}",
            )
            for r in readers
        ]

    @classmethod
    def at(cls, address: DeviceAddress) -> Self:
        """The reader at an address that `attached` gave, or at one made of its `device_id` alone."""
        name = address.location.removeprefix("pcsc:")
        if not name:
            wanted = address.device_id
            name = next((a.location.removeprefix("pcsc:") for a in cls.attached() if a.device_id == wanted), "")
            name = name or wanted.partition(":")[2]
        return cls(name)

    @property
    def identity(self) -> DeviceIdentity:
        """Who the reader is, by its PC/SC name; PC/SC tells more only while a card is held."""
        reader = self._reader
        return DeviceIdentity(DRIVER, self._vendor or reader.model.partition(" ")[0], reader.model, reader.serial)

    @property
    def card(self) -> InsertedCard | None:
        """The card that is held."""
        if not self._link.connected:
            self._card = None
        return self._card

    def __enter__(self) -> Self:
        self._link.open()
        return self

    def __exit__(self, *exc: object) -> None:
        self._card = None
        self._link.close()

    def await_card(self, timeout_s: float, cancel: Event) -> InsertedCard:
        """Wait for a card and hold it; errors as the protocol says."""
        _refuse_cancelled(cancel)
        if self.card is not None:
            with contextlib.suppress(CardLost, CardUnusable):
                return self.reset_card()
        deadline = time.monotonic() + timeout_s
        state = self._link.state()
        while True:
            busy: DeviceBusy | None = None
            if state.mute:
                raise CardUnusable(
                    f"the card in {self._reader.model} does not answer; put it in the other way round, wipe its "
                    "contacts, or take another card"
                )
            if state.present:
                try:
                    return self._connected(self._link.connect)
                except CardLost:
                    pass  # it was pulled at this moment, or had been and the service did not know yet
                except DeviceBusy as error:
                    busy = error
            if time.monotonic() >= deadline:
                raise busy or CardTimeout(f"no card came to {self._reader.model} in the time given")
            state = self._next_state(state, deadline, cancel)

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Release the card and wait until it is taken away; errors as the protocol says."""
        _refuse_cancelled(cancel)
        self.release_card()
        deadline = time.monotonic() + timeout_s
        state = self._link.state()
        while state.present:
            if time.monotonic() >= deadline:
                raise CardTimeout(f"the card was not taken from {self._reader.model} in the time given")
            state = self._next_state(state, deadline, cancel)

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command and give the whole answer; errors as the protocol says."""
        return exchange(self._link.transmit, command, self._held_card())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep the commands of the block together."""
        self._held_card()
        self._link.begin_transaction()
        try:
            yield
        except BaseException:
            with contextlib.suppress(DeviceError):
                self._link.end_transaction()
            raise
        self._link.end_transaction()

    def reset_card(self) -> InsertedCard:
        """Power the card that is held down and up; errors as the protocol says."""
        self._held_card()
        return self._connected(self._link.reconnect)

    def release_card(self) -> None:
        """Power the card down and let go of it."""
        self._card = None
        self._link.disconnect()

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Look at the reader; with a card in it, power it up and ask for its root file, changing nothing."""
        _refuse_cancelled(cancel)
        state = self._link.state()
        yield SelfTestStep("reader", True, f"{self._reader.name} answers")
        _refuse_cancelled(cancel)
        if not state.present:
            yield SelfTestStep("card", True, "no card is in it; put one in to test more")
            return
        try:
            card = self.await_card(1.0, cancel)
            yield SelfTestStep("card", True, f"{card.protocol}, {len(card.atr)} bytes of answer to reset")
            began = time.monotonic()
            answer = self.transmit(_SELECT_MF)
            took_ms = (time.monotonic() - began) * 1000
            yield SelfTestStep("command", True, f"the card answers {answer.sw:04X} in {took_ms:.0f} ms")
        except (CardLost, CardUnusable, CardTimeout, DeviceBusy) as error:
            yield SelfTestStep("card", False, str(error))
        finally:
            self.release_card()

    def reset(self) -> None:
        """Cut a command that is stuck; the next call finds the reader and its card anew. From another thread, too."""
        self._link.cut()

    @property
    def _reader(self) -> PcscReader:
        reader = self._link.reader
        if reader is None:
            raise DeviceLost("the card reader is not open; use it in a with block")
        return reader

    def _held_card(self) -> InsertedCard:
        self._link.require_card()
        assert self._card is not None
        return self._card

    def _connected(self, connect: Callable[[], tuple[bytes, bool]]) -> InsertedCard:
        self._card = None
        raw_atr, t0 = connect()
        try:
            self._card = inserted_card(raw_atr, t0)
        except CardUnusable:
            self._link.disconnect()
            raise
        vendor = self._link.attribute("VENDOR_NAME")
        self._vendor = vendor.decode("ascii", "replace").strip("\0 ") or self._vendor
        return self._card

    def _next_state(self, state: ReaderState, deadline: float, cancel: Event) -> ReaderState:
        """The state a moment later: at once when it changes, and never later than `cancel` must be looked at."""
        left = max(0.0, deadline - time.monotonic())
        if state.held_by_another:
            # pcscd counts its events, not who holds a card: a change of hands is seen by asking again.
            cancel.wait(min(_SLICE_S, left))
            state = self._link.state()
        else:
            state = self._link.state_after(state, min(_SLICE_S, left))
        _refuse_cancelled(cancel)
        return state


def _refuse_cancelled(cancel: Event) -> None:
    if cancel.is_set():
        raise CaptureCancelled("the wait for a card was cancelled")
