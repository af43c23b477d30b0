"""One reader of smart cards through PC/SC (pcscd and pyscard), with errors that say cause and remedy."""

import contextlib
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.errors import (
    CardLost,
    CardUnusable,
    CardWasReset,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
)
from drivers.transports.pcsc_service import (
    PcscReader,
    chosen_reader,
    code_text,
    established_context,
    listed_readers,
    load_scard,
    service_sockets,
)

REMOVAL_NOTICED_S = 0.6
"""pcscd looks for the card every 400 ms where the reader does not tell it (PCSCLITE_STATUS_POLL_RATE); before that, a
pulled card is just a failed command."""

_establishing = threading.Lock()


@dataclass(frozen=True)
class ReaderState:
    """What the service knows of a reader at this moment."""

    flags: int
    """As SCardGetStatusChange gives them, with the count of events in the upper half."""
    present: bool
    mute: bool
    """A card is there and does not answer."""
    held_by_another: bool
    atr: bytes
    """The card's answer to reset; empty where there is none, or nothing has changed."""


class PcscTransport:
    """One reader, its states and the card that is connected.

    Calls are made by one thread at a time, except `cut`. Raises `DeviceLost` when the reader or the service went away,
    and `DeviceHung` from a call that `cut` ended; after either, the next call finds the reader anew.

    Parameters
    ----------
    wanted : str
        The reader's PC/SC name, its `lasting_name` or serial number; `""` for the only one there is.
    """

    def __init__(self, wanted: str = "") -> None:
        self._wanted = wanted
        self._scard: Any = None
        self._context: int | None = None
        self._socket: tuple[int, str] | None = None
        self._reader: PcscReader | None = None
        self._handle: int | None = None
        self._protocol = 0
        self._opened = False
        self._cut = self._was_cut = False

    @property
    def reader(self) -> PcscReader | None:
        """The reader, once `open` has found it."""
        return self._reader

    @property
    def connected(self) -> bool:
        """Whether a card is held."""
        return self._handle is not None and not self._cut

    def open(self) -> None:
        """Find the reader.

        Raises
        ------
        DeviceNotFound
            No reader, or none of this name.
        DeviceError
            pyscard or the service is missing, or several readers fit.
        """
        if self._opened:
            raise DeviceError("this reader is open already; close it first")
        self._scard = load_scard()
        self._cut = False
        self._establish()
        self._opened = True

    def close(self) -> None:
        """Power the card down and let go of the reader; safe to call twice."""
        self._opened = False
        with contextlib.suppress(DeviceError):
            self.disconnect()
        self._release()

    def cut(self) -> None:
        """Cut the line to the service, from another thread: a call that is stuck in it ends with `DeviceHung`.

        PC/SC has no way to end a command to a card. On Linux the service is reached by a socket, which is shut down
        here; the service itself may stay stuck in the reader's driver until that gives up or the reader is pulled.
        """
        line = self._socket
        if line is None:
            return
        self._cut = True
        number, inode = line
        with contextlib.suppress(OSError):
            if str(Path(f"/proc/self/fd/{number}").readlink()) == inode:
                ours = socket.socket(fileno=number)
                try:
                    ours.shutdown(socket.SHUT_RDWR)
                finally:
                    ours.detach()  # it is the library's to close

    def state(self) -> ReaderState:
        """The reader's state at this moment."""
        return self._status(self._scard_checked().SCARD_STATE_UNAWARE, 0.0)

    def state_after(self, known: ReaderState, timeout_s: float) -> ReaderState:
        """The reader's state as soon as it differs from `known`, or after `timeout_s`."""
        return self._status(known.flags, timeout_s)

    def connect(self) -> tuple[bytes, bool]:
        """Power the card up and hold it exclusively.

        Returns
        -------
        atr : bytes
        t0 : bool
            True for T=0, False for T=1, which contactless cards are given too.
        """
        scard, context, reader = self._scard_checked(), self._live(), self._found()
        code, handle, protocol = scard.SCardConnect(
            context, reader.name, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        self._check(code, "powering the card up")
        self._handle, self._protocol, self._was_cut = handle, protocol, False
        return self.state().atr, protocol == scard.SCARD_PROTOCOL_T0

    def reconnect(self) -> tuple[bytes, bool]:
        """Power the card that is held down and up again."""
        scard, handle = self._scard_checked(), self._held()
        code, protocol = scard.SCardReconnect(
            handle,
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
            scard.SCARD_UNPOWER_CARD,
        )
        self._check(code, "resetting the card")
        self._protocol = protocol
        return self.state().atr, protocol == scard.SCARD_PROTOCOL_T0

    def require_card(self) -> None:
        """Raise `CardLost` where no card is held, and `DeviceHung` once where `cut` took it."""
        self._scard_checked()
        if self._cut and self._handle is not None:
            self._forget_cut()
            raise DeviceHung(f"the card reader {self._found().model} was reset; wait for the card again")
        if self._handle is None:
            raise CardLost("no card is held; wait for one first")

    def disconnect(self) -> None:
        """Power the card down and let go of it; nothing happens where none is held."""
        handle, self._handle = self._handle, None
        if handle is not None and self._context is not None and not self._cut:
            # An error says that the card is gone already, which is what was wanted.
            self._scard_checked().SCardDisconnect(handle, self._scard.SCARD_UNPOWER_CARD)

    def begin_transaction(self) -> None:
        """Keep the card powered and to ourselves until `end_transaction`."""
        handle = self._held()
        self._check(self._scard.SCardBeginTransaction(handle), "beginning a transaction")

    def end_transaction(self) -> None:
        """End what `begin_transaction` began; the card stays as it is."""
        handle = self._held()
        self._check(self._scard.SCardEndTransaction(handle, self._scard.SCARD_LEAVE_CARD), "ending a transaction")

    def transmit(self, command: bytes) -> bytes:
        """One command's bytes to the card, and the response's back; nothing is looked into."""
        scard, handle = self._scard_checked(), self._held()
        header = scard.SCARD_PCI_T0 if self._protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        code, response = scard.SCardTransmit(handle, header, list(command))
        self._check(code, "sending a command")
        if len(response) < 2:  # how some readers' drivers tell of a card that left in the middle of a command
            raise self._card_fault("sending a command: no answer")
        return bytes(response)

    def attribute(self, name: str) -> bytes:
        """An attribute of the reader such as `VENDOR_NAME` while a card is held; empty where it has none."""
        scard, handle = self._scard_checked(), self._held()
        code, value = scard.SCardGetAttrib(handle, getattr(scard, f"SCARD_ATTR_{name}"))
        return bytes(value) if code == scard.SCARD_S_SUCCESS else b""

    def _status(self, known: int, timeout_s: float) -> ReaderState:
        scard, context, reader = self._scard_checked(), self._live(), self._found()
        code, states = scard.SCardGetStatusChange(context, max(0, round(timeout_s * 1000)), [(reader.name, known)])
        if code == scard.SCARD_E_TIMEOUT and known != scard.SCARD_STATE_UNAWARE:
            flags, atr = known, b""
        else:
            self._check(code, "asking for the reader's state")
            flags, atr = states[0][1] & ~scard.SCARD_STATE_CHANGED, bytes(states[0][2])
        gone = scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE
        # pcscd also says so of a reader that failed to answer once: what it lists tells whether it is there.
        if flags & gone and reader.name not in {each.name for each in listed_readers(scard, context)}:
            raise self._lost(f"the card reader {reader.model} was unplugged; plug it in again")
        return ReaderState(
            flags,
            present=bool(flags & scard.SCARD_STATE_PRESENT),
            mute=bool(flags & scard.SCARD_STATE_MUTE),
            atr=atr,
            held_by_another=not self.connected
            and bool(flags & (scard.SCARD_STATE_INUSE | scard.SCARD_STATE_EXCLUSIVE)),
        )

    def _establish(self) -> None:
        with _establishing:
            before = service_sockets()
            context = established_context(self._scard)
            ours = service_sockets() - before
        self._context = context
        self._socket = ours.pop() if len(ours) == 1 else None
        try:
            self._reader = chosen_reader(listed_readers(self._scard, context), self._wanted)
        except DeviceError:
            self._release()
            raise
        # From now on the same one, also if it was the only one: another plugged in later is not taken for it.
        self._wanted = self._wanted or self._reader.lasting_name

    def _release(self) -> None:
        context, self._context, self._socket, self._handle = self._context, None, None, None
        if context is not None:
            self._scard.SCardReleaseContext(context)

    def _forget_cut(self) -> None:
        self._release()
        self._cut, self._was_cut = False, True

    def _live(self) -> int:
        """The context, made anew where the last one was lost or cut."""
        self._scard_checked()
        if self._cut:
            self._forget_cut()
        if self._context is None:
            try:
                self._establish()
            except DeviceError as error:
                raise DeviceLost(str(error)) from error
        assert self._context is not None
        return self._context

    def _scard_checked(self) -> Any:
        if not self._opened:
            raise DeviceLost("the card reader is not open; use it in a with block")
        return self._scard

    def _found(self) -> PcscReader:
        assert self._reader is not None
        return self._reader

    def _held(self) -> int:
        self.require_card()
        assert self._handle is not None
        return self._handle

    def _lost(self, message: str) -> DeviceLost:
        self._release()
        return DeviceLost(message)

    def _check(self, code: int, doing: str) -> None:
        """Raise what a PC/SC code means; the card is let go of wherever its session is over."""
        scard, reader = self._scard, self._found()
        if code == scard.SCARD_S_SUCCESS:
            return
        text = f"{doing}: {code_text(scard, code)}"
        if self._cut:
            self._forget_cut()
            raise DeviceHung(f"the card reader {reader.model} did not answer and was reset ({doing})")
        if code == scard.SCARD_E_SHARING_VIOLATION and self._was_cut:
            raise DeviceBusy(
                f"{reader.model} is still stuck in the command that was cut off; pull the card, or plug the reader in "
                f"again ({text})"
            )
        if code in (scard.SCARD_E_SHARING_VIOLATION, scard.SCARD_E_SERVER_TOO_BUSY):
            raise DeviceBusy(
                f"another program holds the card in {reader.model}; close it (a browser, gpg's scdaemon and OpenSC are "
                f"usual ones) and try again ({text})"
            )
        if code in (scard.SCARD_E_NO_SMARTCARD, scard.SCARD_W_REMOVED_CARD):
            self._drop_card()
            raise CardLost(f"there is no card in {reader.model}; put one in ({text})")
        if code == scard.SCARD_W_RESET_CARD:
            self._drop_card()
            raise CardWasReset(f"the card in {reader.model} was reset ({doing}); begin again with it")
        if code in _card_faults(scard):
            raise self._card_fault(text)
        if code in (scard.SCARD_E_READER_UNAVAILABLE, scard.SCARD_E_UNKNOWN_READER):
            raise self._lost(f"the card reader {reader.model} was unplugged; plug it in again ({text})")
        raise self._lost(f"the PC/SC service went away or failed; restart it: systemctl restart pcscd ({text})")

    def _card_fault(self, text: str) -> DeviceError:
        """A card that failed: gone, as is seen a little later, or there and unusable."""
        reader, deadline = self._found(), time.monotonic() + REMOVAL_NOTICED_S
        self._drop_card()
        state = self.state()
        while state.present and not state.mute and (left := deadline - time.monotonic()) > 0:
            state = self.state_after(state, left)
        if not state.present:
            return CardLost(f"the card left {reader.model}; put it in again ({text})")
        return CardUnusable(
            f"the card in {reader.model} does not answer; put it in the other way round, wipe its contacts, or take "
            f"another card ({text})"
        )

    def _drop_card(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            self._scard.SCardDisconnect(handle, self._scard.SCARD_UNPOWER_CARD)


def _card_faults(scard: Any) -> tuple[int, ...]:
    """Codes of a command that failed between reader and card, or of a card that cannot be powered up."""
    return (
        scard.SCARD_E_NOT_TRANSACTED,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_W_UNSUPPORTED_CARD,
        scard.SCARD_E_PROTO_MISMATCH,
        scard.SCARD_E_CARD_UNSUPPORTED,
        scard.SCARD_E_INSUFFICIENT_BUFFER,
    )
