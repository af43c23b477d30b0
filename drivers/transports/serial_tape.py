"""Records what goes over a serial port as text, and plays it back strictly."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from drivers.errors import DeviceError, DeviceLost
from drivers.transports import serial
from drivers.transports.serial import SerialLink
from drivers.transports.tape import TapeMismatchError, TapeSink, named_error, recorded_error
from drivers.transports.tape_format import (
    NOTE,
    OUT,
    TapeFormatError,
    TapeTransfer,
    header_text,
    read_lines,
    transfer_lines,
)

MERGED_S: Final = 0.05
MERGED_BYTES: Final = 4096
"""Reads that follow each other so soon are one line of at most so many bytes: what the port gives at once is chance."""
LONGEST_EMPTY_READ_S: Final = 1.0
"""What a tape may ask for; those of a `SerialTransport` last for `SLICE_S`."""
_EMPTY_READS: Final = "empty_reads"
_WAITED_MS: Final = "waited_ms"


class SerialBlanker(Protocol):
    """Takes pictures and secrets out of what goes over a serial port, as it goes."""

    def sent(self, data: bytes) -> bytes:
        """One write without secrets, as many bytes."""
        ...

    def came(self, data: bytes) -> bytes:
        """What was read without pictures: as many bytes, of which some may come with a later call."""
        ...

    def flush(self) -> bytes:
        """The bytes that were kept back."""
        ...


class _Read(NamedTuple):
    at_s: float
    size: int
    empty: int
    """Reads before it in which nothing came."""
    waited_s: float
    """From what was done before until the last of them was over."""


class SerialRecorder:
    """A `SerialLink` that passes everything on to another and writes it down.

    Parameters
    ----------
    link : SerialLink
        To the device.
    sink : TapeSink
        Given whole lines.
    blanker : SerialBlanker
        Secrets are taken out always, pictures unless `with_images`.
    with_images : bool
        For targets, phantoms and synthetic prints, never anybody's finger.
    header : mapping, optional
        What else the first line tells.
    """

    def __init__(
        self,
        link: SerialLink,
        sink: TapeSink,
        blanker: SerialBlanker,
        *,
        with_images: bool = False,
        header: Mapping[str, object] | None = None,
    ) -> None:
        self._link = link
        self._sink = sink
        self._blanker = blanker
        self._with_images = with_images
        self._started = time.monotonic()
        self._reads: deque[_Read] = deque()
        self._blanked = bytearray()
        self._done_s = 0.0
        """When something last happened, be it only that bytes came."""
        self._empty = 0
        """Empty reads since then; and the end of the last of them."""
        self._empty_until_s = 0.0
        sink.write(header_text({"serial_port": link.port, **(header or {})}) + "\n")

    @property
    def port(self) -> str:
        """Where it is."""
        return self._link.port

    @property
    def baud(self) -> int:
        """The rate that is set, bits per second."""
        return self._link.baud

    def note(self, text: str) -> None:
        """Write a line for the reader."""
        self._write(TapeTransfer(NOTE, (("text", text),)))

    def open(self, baud: int) -> None:
        """Open the port and write it down."""
        self._done(_rate("open", baud), lambda: self._link.open(baud))

    def close(self) -> None:
        """Close the port and write it down."""
        self._done(TapeTransfer("close"), self._link.close)

    def set_baud(self, baud: int) -> None:
        """Change the rate and write it down."""
        self._done(_rate("baud", baud), lambda: self._link.set_baud(baud))

    def write(self, data: bytes) -> None:
        """Send, and write it down without secrets."""
        kept = _contained(self._blanker.sent, data)
        self._done(TapeTransfer("send", data=kept), lambda: self._link.write(data))

    def read(self) -> bytes:
        """Read, and write it down; that nothing came is written with what comes at last."""
        try:
            data = self._link.read()
        except DeviceError as error:
            self._write(TapeTransfer("came", error=named_error(error)))
            raise
        if data:
            self._take(data)
        else:
            self._empty += 1
            self._empty_until_s = self._now()
        return data

    def discard_input(self) -> None:
        """Have the port forget what has come, and write that down."""
        self._done(TapeTransfer("discard"), self._link.discard_input)

    def _take(self, data: bytes) -> None:
        now = self._now()
        first = self._reads[-1] if self._reads else None
        soon = first is not None and now - first.at_s < MERGED_S and not self._empty
        if first and soon and first.size + len(data) <= MERGED_BYTES:
            self._reads[-1] = first._replace(size=first.size + len(data))
        else:
            waited_s = self._empty_until_s - self._done_s if self._empty else 0.0
            self._reads.append(_Read(now, len(data), self._empty, waited_s))
        self._done_s, self._empty = now, 0
        self._blanked += data if self._with_images else _contained(self._blanker.came, data, lags=True)
        while len(self._reads) > 1 and self._reads[0].size <= len(self._blanked):
            self._write_read()

    def _write_read(self) -> None:
        read = self._reads.popleft()
        data = bytes(self._blanked[: read.size])
        del self._blanked[: read.size]
        waited = ((_EMPTY_READS, read.empty), (_WAITED_MS, round(1000 * read.waited_s))) if read.empty else ()
        self._put(TapeTransfer("came", waited, data, blanked=not self._with_images, time_s=read.at_s))

    def _done(self, transfer: TapeTransfer, action: Callable[[], None]) -> None:
        try:
            action()
        except DeviceError as error:
            self._write(replace(transfer, error=named_error(error)))
            raise
        self._write(transfer)

    def _write(self, transfer: TapeTransfer) -> None:
        """Write a transfer, after all that came before it."""
        if not self._with_images:
            self._blanked += self._blanker.flush()
        missing = sum(read.size for read in self._reads) - len(self._blanked)
        self._blanked += bytes(max(missing, 0))  # of a blanker that failed
        while self._reads:
            self._write_read()
        self._blanked.clear()
        self._done_s, self._empty = self._now(), 0
        self._put(replace(transfer, time_s=self._done_s))

    def _put(self, transfer: TapeTransfer) -> None:
        self._sink.write("".join(line + "\n" for line in transfer_lines(transfer)))
        self._sink.flush()

    def _now(self) -> float:
        return time.monotonic() - self._started


class SerialTape:
    """A `SerialLink` that plays the tape of a serial port.

    What the driver does must be what the tape holds, in its order. What came is there when the driver reads, after as
    many empty reads as in the recording, which last as long as they did: a driver may have given up in them. Other
    times are not played.

    Parameters
    ----------
    lines : iterable of str
        Written by `SerialRecorder`.

    Raises
    ------
    TapeFormatError
        They are no such tape.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        header, transfers = read_lines(lines)
        if "serial_port" not in header:
            raise TapeFormatError("line 1: the header of a tape of a serial port lacks 'serial_port'")
        self._port = str(header["serial_port"])
        self._transfers = [transfer for transfer in transfers if transfer.op != NOTE]
        self._position = 0
        self._baud = 0
        self._empty = 0
        """Empty reads that were played before what comes next."""

    @property
    def port(self) -> str:
        """Where it was recorded."""
        return self._port

    @property
    def baud(self) -> int:
        """The rate that is set; `DeviceLost` where it is not open."""
        if not self._baud:
            raise DeviceLost(f"the tape of {self._port} is not open")
        return self._baud

    @property
    def transfers(self) -> tuple[TapeTransfer, ...]:
        """All that the tape holds."""
        return tuple(self._transfers)

    @property
    def finished(self) -> bool:
        """Whether all was played; what was written by closing the port aside."""
        return all(transfer.op == "close" for transfer in self._transfers[self._position :])

    def open(self, baud: int) -> None:
        """Play the opening."""
        self._play(_rate("open", baud))
        self._baud = baud

    def close(self) -> None:
        """Play the closing; allowed at any place, as a driver closes after an error."""
        self._baud = 0
        if self._next is not None and self._next.op == "close":
            self._move()

    def set_baud(self, baud: int) -> None:
        """Play a change of the rate."""
        self._play(_rate("baud", baud))
        self._baud = baud

    def write(self, data: bytes) -> None:
        """Play a write."""
        self._play(TapeTransfer("send", data=data))

    def read(self) -> bytes:
        """What came, if that is what the tape holds here."""
        came = self._next
        if came is None or came.op != "came":
            threading.Event().wait(serial.SLICE_S)
            return b""
        empty, waited_ms = (_number(came, name) for name in (_EMPTY_READS, _WAITED_MS))
        if self._empty < empty:
            self._empty += 1
            threading.Event().wait(min(waited_ms / 1000 / empty, LONGEST_EMPTY_READ_S))
            return b""
        self._move()
        if came.error:
            raise recorded_error(came.error)
        return came.data

    def discard_input(self) -> None:
        """Play it; what came before and was not read is forgotten."""
        while self._next is not None and self._next.op == "came" and not self._next.error:
            self._move()
        self._play(TapeTransfer("discard"))

    @property
    def _next(self) -> TapeTransfer | None:
        return self._transfers[self._position] if self._position < len(self._transfers) else None

    def _move(self) -> None:
        self._position += 1
        self._empty = 0

    def _play(self, done: TapeTransfer) -> None:
        expected = self._next
        if expected is None:
            end = self._transfers[-1].line if self._transfers else 1
            raise TapeMismatchError(f"line {end}: the tape ends here, and the driver goes on with '{done}'")
        same = (expected.op, expected.arguments) == (done.op, done.arguments)
        if not same or (done.op in OUT and expected.data != done.data):
            raise TapeMismatchError(f"line {expected.line}: the tape holds '{expected}', the driver did '{done}'")
        self._move()
        if expected.error:
            raise recorded_error(expected.error)


def _contained(blank: Callable[[bytes], bytes], data: bytes, *, lags: bool = False) -> bytes:
    """What the blanker leaves; zeros where it fails, as a driver must not fail by being recorded."""
    try:
        return blank(data)
    except Exception:
        return b"" if lags else bytes(len(data))


def _number(transfer: TapeTransfer, name: str) -> int:
    value = dict(transfer.arguments).get(name, 0)
    if not isinstance(value, int) or value < 0:
        raise TapeFormatError(f"line {transfer.line}: {name} is {value!r}")
    return value


def _rate(op: str, baud: int) -> TapeTransfer:
    return TapeTransfer(op, (("baud", baud),))
