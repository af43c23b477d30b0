"""Records what goes over a USB link as text, and plays it back strictly, with faults on demand."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol, Self, TypeVar

import drivers.errors
from drivers.errors import DeviceError, DeviceHung, DeviceLost
from drivers.transports.tape_format import NOTE, OUT, TapeTransfer, header_line, read_tape, transfer_lines
from drivers.transports.usb import UsbLink
from drivers.transports.usb_ports import UsbDevice
from drivers.transports.usb_reads import PendingRead

_T = TypeVar("_T")

Blanker = Callable[[bytes], bytes]
"""Takes the picture out of one bulk read; given all of a session, in their order."""


class TapeSink(Protocol):
    """Where the text of a tape goes; given whole transfers."""

    def write(self, text: str, /) -> object:
        """Take a transfer's lines."""
        ...

    def flush(self) -> None:
        """Keep what was written, whatever happens next."""
        ...


class TapeMismatchError(AssertionError):
    """The driver did what the tape does not hold; the message says at which line."""


class FaultKind(StrEnum):
    """What goes wrong at a transfer."""

    LOST = "lost"
    """The cable is pulled: this transfer and all after it fail with `DeviceLost`."""
    TIMEOUT = "timeout"
    """It is not answered: `DeviceHung`; a message does not come."""
    SHORT = "short"
    """The first half of the bytes come."""
    GARBLED = "garbled"
    """Every bit of the bytes is turned over."""


@dataclass(frozen=True)
class Fault:
    """One fault, and where the tape goes on after it."""

    kind: FaultKind
    resume_at: int | None = None
    """Number of the transfer that comes next, e.g. of the one that the driver repeats; the following by default."""


class Tape:
    """A `UsbLink` that plays a tape.

    What the driver starts must be what the tape holds, in its order. Messages on the tape may be taken later than they
    were, not earlier. Times are not played; a wait for what does not come lasts as long as it was asked to.

    Parameters
    ----------
    path : Path
        Written by `TapeRecorder`.
    faults : mapping of int to Fault
        By number of the transfer, from 0, as in `transfers`.

    Raises
    ------
    TapeFormatError
        The file is no tape.
    """

    def __init__(self, path: Path, faults: Mapping[int, Fault] | None = None) -> None:
        with path.open(encoding="utf-8") as file:
            self._device, self._transfers = read_tape(file)
        self._path = path
        self._faults = dict(faults or {})
        self._position = 0
        self._messages: deque[bytes] = deque()
        self._lost = False

    @property
    def device(self) -> UsbDevice:
        """The device that was recorded."""
        return self._device

    @property
    def transfers(self) -> tuple[TapeTransfer, ...]:
        """All that the tape holds."""
        return tuple(self._transfers)

    @property
    def finished(self) -> bool:
        """Whether all was played; what was written by closing the device aside."""
        return all(transfer.op == "close" for transfer in self._transfers[self._position :])

    def open(self, interface_class: tuple[int, int, int]) -> None:
        """Play the opening."""
        self._play(TapeTransfer("open", (("interface", bytes(interface_class).hex()),)))

    def close(self) -> None:
        """Play the closing; allowed at any place, as a driver closes after an error."""
        if self._position < len(self._transfers) and self._transfers[self._position].op == "close":
            self._position += 1

    def reset(self) -> None:
        """Play a reset."""
        self._play(TapeTransfer("reset"))

    def control_read(self, request: int, value: int, length: int) -> bytes:
        """Play a control transfer IN."""
        return self._play(TapeTransfer("read", _control(request, value, length=length)))

    def control_write(self, request: int, value: int, data: bytes, index: int = 0) -> None:
        """Play a control transfer OUT."""
        self._play(TapeTransfer("write", _control(request, value, index=index), data))

    def start_interrupts(self, endpoint: int, length: int) -> None:
        """Play the start of the interrupt read."""
        self._play(TapeTransfer("interrupts", _endpoint(endpoint, length)))

    def next_interrupt(self, timeout_s: float) -> bytes | None:
        """The next message, if it is what the tape holds here."""
        self._refuse_if_lost()
        self._gather_messages(most=0 if self._messages else 1)
        if self._messages:
            return self._messages.popleft()
        threading.Event().wait(max(timeout_s, 0))
        return None

    def submit_bulk_read(self, endpoint: int, length: int, timeout_s: float) -> PendingRead:
        """Play the start of a bulk IN transfer."""
        self._play(TapeTransfer("submit", _endpoint(endpoint, length)))
        return _TapeRead(self)

    def bulk_write(self, endpoint: int, data: bytes, timeout_s: float) -> None:
        """Play a bulk OUT transfer."""
        self._play(TapeTransfer("send", _endpoint(endpoint), data))

    def cancel_read(self) -> None:
        """Play the cancelling of the bulk read that was started."""
        self._play(TapeTransfer("cancel"))

    def bulk_result(self, timeout_s: float | None) -> bytes:
        """The result of the bulk read that was started; TimeoutError when the tape holds none here."""
        self._gather_messages()
        if self._position >= len(self._transfers) or self._transfers[self._position].op != "bulk":
            threading.Event().wait(timeout_s)
            raise TimeoutError
        return self._play(TapeTransfer("bulk"))

    def _gather_messages(self, most: int | None = None) -> None:
        """Move messages that lie next on the tape to those the driver has not taken yet."""
        while most != 0 and self._position < len(self._transfers):
            transfer = self._transfers[self._position]
            if transfer.op != "interrupt":
                return
            fault = self._faults.get(self._position)
            if fault is not None and fault.kind is FaultKind.TIMEOUT:
                self._position = self._after(fault)
                continue
            self._messages.append(self._answer(transfer))
            most = None if most is None else most - 1

    def _play(self, done: TapeTransfer) -> bytes:
        self._refuse_if_lost()
        self._gather_messages()
        where = f"{self._path.name}: line "
        if self._position >= len(self._transfers):
            end = self._transfers[-1].line if self._transfers else 1
            raise TapeMismatchError(f"{where}{end}: the tape ends here, and the driver goes on with '{done}'")
        expected = self._transfers[self._position]
        same = (expected.op, expected.arguments) == (done.op, done.arguments)
        if not same or (done.op in OUT and expected.data != done.data):
            raise TapeMismatchError(f"{where}{expected.line}: the tape holds '{expected}', the driver did '{done}'")
        return self._answer(expected)

    def _answer(self, transfer: TapeTransfer) -> bytes:
        """The recorded end of a transfer, or the fault that was asked for; the tape moves on."""
        fault = self._faults.get(self._position)
        self._position = self._after(fault)
        data = transfer.data
        if fault is None:
            if transfer.error:
                raise recorded_error(transfer.error)
        elif fault.kind is FaultKind.LOST:
            self._lost = True
            self._refuse_if_lost()
        elif fault.kind is FaultKind.TIMEOUT:
            raise DeviceHung(f"line {transfer.line} of the tape: no answer, as was asked for")
        elif fault.kind is FaultKind.SHORT:
            data = data[: len(data) // 2]
        else:
            data = bytes(0xFF ^ byte for byte in data)
        return data

    def _after(self, fault: Fault | None) -> int:
        self._faults.pop(self._position, None)  # once: the driver may come here again
        return self._position + 1 if fault is None or fault.resume_at is None else fault.resume_at

    def _refuse_if_lost(self) -> None:
        if self._lost:
            raise DeviceLost("the cable was pulled, as was asked for; plug it in again")


class TapeRecorder:
    """A `UsbLink` that passes everything on to another and writes it down.

    For the bench: `with_images` only with targets, phantoms or synthetic prints, never with anybody's finger.

    Parameters
    ----------
    link : UsbLink
        To the device.
    path : Path or TapeSink
        Written transfer by transfer, so that a crash leaves what was recorded.
    with_images : bool
        Keep the bytes of bulk reads as they are.
    blank : callable
        Takes the picture out of a bulk read. By default all but 64 bytes becomes zero; a driver whose way depends on
        the picture brings its own. Where it fails, all bytes become zero.
    header : mapping, optional
        What else the first line tells.
    """

    def __init__(
        self,
        link: UsbLink,
        path: Path | TapeSink,
        *,
        with_images: bool = False,
        blank: Blanker = lambda data: data[:64] + bytes(max(len(data) - 64, 0)),
        header: Mapping[str, object] | None = None,
    ) -> None:
        self._link = link
        self._blank = None if with_images else blank
        self._started = time.monotonic()
        self._writing = threading.Lock()
        self._file = path.open("w", encoding="utf-8", newline="\n") if isinstance(path, Path) else None
        self._sink: TapeSink = self._file or path  # type: ignore[assignment]
        self._sink.write(header_line(link.device, header) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._file is not None:
            self._file.close()

    def note(self, text: str) -> None:
        """Write a line for the reader."""
        self._write(TapeTransfer(NOTE, (("text", text),)))

    @property
    def device(self) -> UsbDevice:
        """Who the device is."""
        return self._link.device

    def open(self, interface_class: tuple[int, int, int]) -> None:
        """Open the device and write it down."""
        transfer = TapeTransfer("open", (("interface", bytes(interface_class).hex()),))
        self._done(transfer, lambda: self._link.open(interface_class))

    def close(self) -> None:
        """Close the device and write it down."""
        self._done(TapeTransfer("close"), self._link.close)

    def reset(self) -> None:
        """Reset the device and write it down."""
        self._done(TapeTransfer("reset"), self._link.reset)

    def control_read(self, request: int, value: int, length: int) -> bytes:
        """Pass a control transfer IN on and write it down."""
        transfer = TapeTransfer("read", _control(request, value, length=length))
        return self._done(transfer, lambda: self._link.control_read(request, value, length))

    def control_write(self, request: int, value: int, data: bytes, index: int = 0) -> None:
        """Pass a control transfer OUT on and write it down."""
        transfer = TapeTransfer("write", _control(request, value, index=index), data)
        self._done(transfer, lambda: self._link.control_write(request, value, data, index))

    def start_interrupts(self, endpoint: int, length: int) -> None:
        """Start the interrupt read and write it down."""
        transfer = TapeTransfer("interrupts", _endpoint(endpoint, length))
        self._done(transfer, lambda: self._link.start_interrupts(endpoint, length))

    def next_interrupt(self, timeout_s: float) -> bytes | None:
        """Write down the message that the driver takes; that none came is not written."""
        try:
            message = self._link.next_interrupt(timeout_s)
        except DeviceError as error:
            self._write(TapeTransfer("interrupt"), error=named_error(error))
            raise
        if message is not None:
            self._write(TapeTransfer("interrupt"), message)
        return message

    def submit_bulk_read(self, endpoint: int, length: int, timeout_s: float) -> PendingRead:
        """Start a bulk IN transfer; its start and the taking of its result are written down."""
        transfer = TapeTransfer("submit", _endpoint(endpoint, length))
        pending = self._done(transfer, lambda: self._link.submit_bulk_read(endpoint, length, timeout_s))
        return _RecordedRead(self, pending)

    def bulk_write(self, endpoint: int, data: bytes, timeout_s: float) -> None:
        """Pass a bulk OUT transfer on and write it down."""
        transfer = TapeTransfer("send", _endpoint(endpoint), data)
        self._done(transfer, lambda: self._link.bulk_write(endpoint, data, timeout_s))

    def read_cancelled(self, cancel: Callable[[], None]) -> None:
        """Cancel a bulk read and write it down."""
        self._done(TapeTransfer("cancel"), cancel)

    def bulk_taken(self, data: bytes, error: DeviceError | None) -> None:
        """Write down the result of a bulk read, without its picture."""
        kept = data if self._blank is None else self._blanked(data)
        blanked = replace(TapeTransfer("bulk"), blanked=self._blank is not None)
        self._write(blanked, kept, named_error(error) if error else "")

    def _blanked(self, data: bytes) -> bytes:
        assert self._blank is not None
        try:
            return self._blank(data)
        except Exception:  # a driver must not fail by being recorded, nor the picture stay
            return bytes(len(data))

    def _done(self, transfer: TapeTransfer, action: Callable[[], _T]) -> _T:
        try:
            result = action()
        except DeviceError as error:
            self._write(transfer, transfer.data, named_error(error))
            raise
        self._write(transfer, result if isinstance(result, bytes) else transfer.data)
        return result

    def _write(self, transfer: TapeTransfer, data: bytes = b"", error: str = "") -> None:
        done = replace(transfer, data=data, error=error, time_s=time.monotonic() - self._started)
        with self._writing:
            self._sink.write("".join(line + "\n" for line in transfer_lines(done)))
            self._sink.flush()


class _TapeRead:
    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def result(self, timeout: float | None = None) -> bytes:
        return self._tape.bulk_result(timeout)

    def cancel(self) -> None:
        self._tape.cancel_read()


class _RecordedRead:
    def __init__(self, recorder: TapeRecorder, pending: PendingRead) -> None:
        self._recorder = recorder
        self._pending = pending

    def result(self, timeout: float | None = None) -> bytes:
        try:
            data = self._pending.result(timeout)
        except DeviceError as error:
            self._recorder.bulk_taken(b"", error)
            raise
        self._recorder.bulk_taken(data, None)
        return data

    def cancel(self) -> None:
        self._recorder.read_cancelled(self._pending.cancel)


def _control(request: int, value: int, index: int = 0, **more: int) -> tuple[tuple[str, int | str], ...]:
    place = (("index", f"{index:04x}"),) if index else ()
    return (("request", f"{request:02x}"), ("value", f"{value:04x}"), *place, *more.items())


def _endpoint(endpoint: int, length: int | None = None) -> tuple[tuple[str, int | str], ...]:
    named = ("endpoint", f"{endpoint:02x}")
    return (named,) if length is None else (named, ("length", length))


def named_error(error: DeviceError) -> str:
    """The text of an error on a tape."""
    return f"{type(error).__name__}: {error}"


def recorded_error(text: str) -> DeviceError:
    """The error of which this is the text."""
    name, _, message = text.partition(": ")
    kind = getattr(drivers.errors, name, DeviceError)
    return kind(message) if isinstance(kind, type) and issubclass(kind, DeviceError) else DeviceError(text)
