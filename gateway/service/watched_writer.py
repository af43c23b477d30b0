"""A card writer that tells the watchdog of its device before each call how long that may take."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from threading import Event
from typing import Self

from drivers import CardWriter, CommandApdu, DeviceIdentity, InsertedCard, ResponseApdu, SelfTestStep
from gateway.devices.worker import Watch

COMMAND_S = 15.0
"""A command and the work between two: chips ask for more time while they erase, and a journal's disk may be slow."""
POWER_S = 10.0


class WatchedWriter:
    """A `CardWriter` over another one, for one task in the device's thread."""

    def __init__(self, writer: CardWriter, watch: Watch) -> None:
        self._writer, self._watch = writer, watch

    @property
    def identity(self) -> DeviceIdentity:
        """The reader."""
        return self._writer.identity

    @property
    def card(self) -> InsertedCard | None:
        """The card that is held."""
        return self._writer.card

    def await_card(self, timeout_s: float, cancel: Event) -> InsertedCard:
        """Wait for a card."""
        self._watch.expect(timeout_s + POWER_S)
        card = self._writer.await_card(timeout_s, cancel)
        self._watch.expect(COMMAND_S)
        return card

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Wait until the reader is empty."""
        self._watch.expect(timeout_s + POWER_S)
        self._writer.await_removal(timeout_s, cancel)
        self._watch.expect(COMMAND_S)

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command."""
        self._watch.expect(COMMAND_S)
        return self._writer.transmit(command)

    def transaction(self) -> AbstractContextManager[None]:
        """Keep commands together."""
        self._watch.expect(COMMAND_S)
        return self._writer.transaction()

    def reset_card(self) -> InsertedCard:
        """A fresh connection."""
        self._watch.expect(POWER_S)
        card = self._writer.reset_card()
        self._watch.expect(COMMAND_S)
        return card

    def release_card(self) -> None:
        """Power the card down."""
        self._writer.release_card()

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Exercise the reader."""
        return self._writer.self_test(cancel)

    def reset(self) -> None:
        """Free a reader that hangs."""
        self._writer.reset()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """The device stays open."""
