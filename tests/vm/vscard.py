"""A card for QEMU's `ccid-card-passthru`, played by this process in the protocol of libcacard's vscclient."""

import contextlib
import socket
import struct
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Self

from drivers.cards.chip.cells import PowerLostError
from drivers.cards.chip.smart_card import SmartCard

MAGIC = b"VSCD"
VERSION = 0x0000_0002
NO_READER, READER = 0xFFFFFFFF, 0
HEADER = struct.Struct("!3I")
PATIENCE_S = 10.0


class Message(IntEnum):
    """libcacard's vscard_common.h, `VSCMsgType`."""

    INIT = 1
    ERROR = 2
    READER_ADD = 3
    READER_REMOVE = 4
    ATR = 5
    CARD_REMOVE = 6
    APDU = 7


Fault = Callable[[int, bytes], bytes | None]
"""What a card answers to its n-th command (from 1) since it went wrong; None: what it would have answered anyway."""
NO_CARD = b"\x6f\x00"
"""To a command that was on its way while the card was taken: QEMU would wait for its answer for ever."""


class CardSlot:
    """The card side of one reader; a card is put in and taken out at any time, by any thread.

    QEMU does not tell the card that the guest switched its power off or on: a card is powered up when it is put in, and
    stays so until it is taken out.

    Parameters
    ----------
    path : Path
        Socket of the character device that the emulated card is bound to.
    """

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._card: SmartCard | None = None
        self._fault: Fault | None = None
        self._after = 0
        self._commands = 0
        self._powered = False
        self._turn = Lock()
        self._sending = Lock()
        self._error: int | None = None
        self._answered = Event()
        self._thread = Thread(target=self._serve, name="card slot")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE_S)
        self._socket.close()

    def put_in(self, card: SmartCard, fault: Fault | None = None, after: int = 1) -> None:
        """Put a card in, which answers so many commands well before its fault."""
        with self._turn:
            card.power_up()
            self._card, self._commands = card, 0
            self._fault, self._after = fault, after
        if self._powered:
            self._ask(Message.ATR, card.atr)

    def take(self) -> None:
        """Take the card, if there is one.

        An answer that the guest has not fetched from its reader yet is lost then, and libccid waits for it for long.
        """
        with self._turn:
            if self._card is None:
                return
            self._card.power_down()
            self._card = None
        if self._powered:
            self._send(Message.CARD_REMOVE)

    def power_up(self) -> None:
        """The reader was plugged in; tell it of the card that is in it, if there is one."""
        self._powered = True
        self._send(Message.INIT, MAGIC + struct.pack("!2I", VERSION, 0), NO_READER)
        self._ask(Message.READER_ADD)
        with self._turn:
            card = self._card
            if card is not None:
                card.power_up()
        if card is not None:
            self._ask(Message.ATR, card.atr)

    def power_down(self) -> None:
        """The reader was, or is being, pulled out."""
        self._powered = False
        with self._turn:
            if self._card is not None:
                self._card.power_down()

    def _ask(self, kind: Message, data: bytes = b"") -> None:
        self._answered.clear()
        self._send(kind, data)
        if not self._answered.wait(PATIENCE_S):
            raise RuntimeError(f"QEMU did not answer {kind.name}")
        if self._error:
            raise RuntimeError(f"QEMU refused {kind.name}: error {self._error}")

    def _send(self, kind: Message, data: bytes = b"", reader: int = READER) -> None:
        with self._sending:
            self._socket.sendall(HEADER.pack(kind, reader, len(data)) + data)

    def _serve(self) -> None:
        while (head := self._exactly(HEADER.size)) is not None:
            kind, _, length = HEADER.unpack(head)
            data = self._exactly(length)
            if data is None:
                return
            if kind == Message.ERROR:
                self._error = struct.unpack("!I", data)[0]
                self._answered.set()
            elif kind == Message.APDU:
                with contextlib.suppress(OSError):
                    self._send(Message.APDU, self._answer(data))

    def _answer(self, command: bytes) -> bytes:
        with self._turn:
            self._commands += 1
            since = self._commands - self._after
            wrong = self._fault(since, command) if self._fault is not None and since > 0 else None
            if wrong is not None:
                return wrong
            if self._card is None:
                return NO_CARD
            try:
                return self._card.process(command)
            except PowerLostError:
                return NO_CARD

    def _exactly(self, length: int) -> bytes | None:
        octets = b""
        while len(octets) < length:
            try:
                more = self._socket.recv(length - len(octets))
            except OSError:
                return None
            if not more:
                return None
            octets += more
        return octets
