"""Bytes to and from one serial port through pyserial, with errors that say cause and remedy."""

import contextlib
import errno
import fcntl
import grp
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from drivers.errors import (
    DeviceAccessDenied,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
)
from drivers.transports.node_holders import holders_in_words

if TYPE_CHECKING:
    import serial

SLICE_S: Final = 0.05
"""How long one read waits for a first byte, and so how often whoever reads can look at a cancel event."""
WRITE_TIMEOUT_S: Final = 1.0
"""A command of some 20 bytes leaves a port of 9600 baud in 20 ms; one that takes nothing for a second is stuck."""


class SerialLink(Protocol):
    """What a driver asks of a serial port, 8 data bits, no parity, 1 stop bit, no flow control.

    Calls are made by one thread at a time. Any of them raises `DeviceLost` when the port went away.
    """

    @property
    def port(self) -> str:
        """Where it is, e.g. `/dev/ttyUSB0`."""
        ...

    @property
    def baud(self) -> int:
        """The rate that is set, bits per second."""
        ...

    def open(self, baud: int) -> None:
        """Open the port for this process alone; what came before is forgotten."""
        ...

    def close(self) -> None:
        """Give the port back; safe to call twice."""
        ...

    def set_baud(self, baud: int) -> None:
        """Change the rate at once; `DeviceUnsupported` where the port does not have it, and the old one stays."""
        ...

    def write(self, data: bytes) -> None:
        """Send; returns when the system took all of it."""
        ...

    def read(self) -> bytes:
        """What has come, waiting up to `SLICE_S` for a first byte; empty when none came."""
        ...

    def discard_input(self) -> None:
        """Forget what has come."""
        ...


class SerialTransport:
    """A `SerialLink` to a port of this machine.

    Parameters
    ----------
    port : str
        Its path. `/dev/serial/by-id/...` stays the same when a USB adapter is plugged in elsewhere; `/dev/ttyUSB0`
        does not.
    """

    def __init__(self, port: str) -> None:
        self._path = port
        self._serial: serial.Serial | None = None

    @property
    def port(self) -> str:
        """Its path."""
        return self._path

    @property
    def baud(self) -> int:
        """The rate that is set, bits per second."""
        return int(self._opened().baudrate)

    def open(self, baud: int) -> None:
        """Open the port for this process alone; what came before is forgotten.

        Raises
        ------
        DeviceNotFound
            There is no such port, or nothing behind it.
        DeviceAccessDenied, DeviceBusy
            The system, or another program, keeps it from us.
        DeviceUnsupported
            It is no serial port, or does not have this rate.
        """
        import serial  # at a desk without a serial device it is not needed

        if self._serial is not None:
            raise DeviceBusy(f"{self._path} is open already; close it first")
        try:
            opened = serial.Serial(self._path, baud, timeout=SLICE_S, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
        except (OSError, termios.error, ValueError) as error:  # SerialException is an OSError
            raise self._opening_error(error) from error
        with contextlib.suppress(OSError):
            # The lock that pyserial takes stops only those who ask for it; this stops whoever opens, but for root.
            fcntl.ioctl(opened.fileno(), termios.TIOCEXCL)
        self._serial = opened

    def close(self) -> None:
        """Give the port back; safe to call twice."""
        opened, self._serial = self._serial, None
        if opened is None:
            return
        with contextlib.suppress(OSError):
            fcntl.ioctl(opened.fileno(), termios.TIOCNXCL)
        with contextlib.suppress(OSError):
            opened.close()

    def set_baud(self, baud: int) -> None:
        """Change the rate at once; `DeviceUnsupported` where the port does not have it, and the old one stays."""
        opened = self._opened()
        before = opened.baudrate
        try:
            opened.baudrate = baud
        except (termios.error, ValueError, OSError) as error:
            number = _errno(error)
            if number not in (errno.EINVAL, None):
                raise self._lost(error, "changing its rate") from error
            with contextlib.suppress(termios.error, ValueError, OSError):
                opened.baudrate = before
            raise DeviceUnsupported(f"{self._path} does not have a rate of {baud} baud: {error}") from error

    def write(self, data: bytes) -> None:
        """Send; returns when the system took all of it.

        Raises
        ------
        DeviceHung
            It took nothing for `WRITE_TIMEOUT_S`.
        DeviceLost
            The port went away.
        """
        import serial

        opened = self._opened()
        try:
            opened.write(data)
        except serial.SerialTimeoutException as error:
            raise DeviceHung(f"{self._path} takes no more bytes; reset the device, or re-plug its adapter") from error
        except OSError as error:
            raise self._lost(error, "writing") from error

    def read(self) -> bytes:
        """What has come, waiting up to `SLICE_S` for a first byte; empty when none came."""
        opened = self._opened()
        try:
            first: bytes = opened.read(1)
            rest: bytes = opened.read(opened.in_waiting) if first else b""
        except OSError as error:
            raise self._lost(error, "reading") from error
        return first + rest

    def discard_input(self) -> None:
        """Forget what has come."""
        try:
            self._opened().reset_input_buffer()
        except (OSError, termios.error) as error:
            raise self._lost(error, "emptying it") from error

    def _opened(self) -> Any:
        if self._serial is None:
            raise DeviceLost(f"{self._path} is not open; it was closed or a reset failed")
        return self._serial

    def _lost(self, error: Exception, doing: str) -> DeviceLost:
        return DeviceLost(f"{self._path} went away ({doing}: {error}); check the cable and plug it in again")

    def _opening_error(self, error: Exception) -> DeviceError:
        number = _errno(error)
        if number in (errno.EACCES, errno.EPERM):
            return DeviceAccessDenied(
                f"this user may not open {self._path}; run 'usermod -aG {_group_of(self._path)} USER' with the name "
                "of the user that the gateway runs as, and start it anew"
            )
        if number in (errno.EBUSY, errno.EAGAIN):
            return DeviceBusy(
                f"{holders_in_words(Path(self._path))} holds {self._path}; close it and try again (ModemManager takes "
                "new ports by itself: 'systemctl disable --now ModemManager')"
            )
        if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO):
            return DeviceNotFound(
                f"there is no serial port {self._path}; plug its adapter in, or correct 'port' in the configuration"
                f" (ports here: {_ports_here()})"
            )
        return DeviceUnsupported(f"{self._path} cannot be used as a serial port: {error}; correct 'port' or 'baud'")


def drain(link: SerialLink, quiet_s: float, within_s: float, check: Callable[[], None]) -> bool:
    """Read and forget until nothing has come for `quiet_s`; False when that is not so after `within_s`.

    Parameters
    ----------
    link : SerialLink
        Open.
    quiet_s, within_s : float
        Seconds.
    check : callable
        Called at least every `SLICE_S`; what it raises ends the wait.
    """
    now = time.monotonic()
    last_byte, deadline = now, now + within_s
    while True:
        check()
        came = bool(link.read())
        now = time.monotonic()
        if came:
            last_byte = now
        elif now - last_byte >= quiet_s:
            return True
        if now >= deadline:
            return False


def _errno(error: Exception) -> int | None:
    """The number, also where pyserial wraps an error of termios in one without it."""
    cause: BaseException | None = error
    while cause is not None:
        number = cause.args[0] if isinstance(cause, termios.error) and cause.args else getattr(cause, "errno", None)
        if isinstance(number, int):
            return number
        cause = cause.__context__
    return None


def _group_of(path: str) -> str:
    try:
        return grp.getgrgid(Path(path).stat().st_gid).gr_name
    except (OSError, KeyError):
        return "dialout"


def _ports_here() -> str:
    from serial.tools import list_ports

    return ", ".join(sorted(port.device for port in list_ports.comports())) or "none"
