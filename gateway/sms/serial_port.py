"""The serial port of a modem, through pyserial."""

import contextlib
import termios
from typing import TYPE_CHECKING, Any, Final, Protocol

from gateway.sms.errors import SmsUnavailable

if TYPE_CHECKING:
    import serial

SLICE_S: Final = 0.05
WRITE_TIMEOUT_S: Final = 2.0


class Port(Protocol):
    """Bytes to and from a modem; any call raises `SmsUnavailable` when the port went away."""

    def open(self) -> None:
        """Open it for this process alone, or go on where it is open."""
        ...

    def close(self) -> None:
        """Give it back; safe to call twice."""
        ...

    def write(self, data: bytes) -> None:
        """Send; returns when the system took all of it."""
        ...

    def read(self) -> bytes:
        """What has come, waiting up to `SLICE_S` for a first byte; empty when none came."""
        ...


class SerialPort:
    """A `Port` of this machine.

    Parameters
    ----------
    path : str
        `/dev/serial/by-id/...` stays the same when the modem is plugged in elsewhere.
    baud : int
    """

    def __init__(self, path: str, baud: int = 115_200) -> None:
        self._path = path
        self._baud = baud
        self._serial: serial.Serial | None = None

    def open(self) -> None:
        """See `Port`."""
        import serial

        if self._serial is not None:
            return
        try:
            self._serial = serial.Serial(
                self._path, self._baud, timeout=SLICE_S, write_timeout=WRITE_TIMEOUT_S, exclusive=True
            )
        except (OSError, ValueError, termios.error) as error:
            raise SmsUnavailable(
                f"The modem's port {self._path} cannot be opened: {error}.",
                "Plug the modem in, mend [sms] port, put the gateway's user into the group dialout, and stop other "
                "programs that hold the port (ModemManager takes new ones by itself).",
            ) from error

    def close(self) -> None:
        """See `Port`."""
        opened, self._serial = self._serial, None
        if opened is not None:
            with contextlib.suppress(OSError, termios.error):
                opened.close()

    def write(self, data: bytes) -> None:
        """See `Port`."""
        try:
            self._opened().write(data)
        except (OSError, termios.error, TypeError) as error:  # pyserial's errors are OSErrors; TypeError: see `read`
            raise self._lost(error) from error

    def read(self) -> bytes:
        """See `Port`."""
        opened = self._opened()
        try:
            first: bytes = opened.read(1)
            rest: bytes = opened.read(min(opened.in_waiting, 4096)) if first else b""
        except (OSError, termios.error, TypeError) as error:  # TypeError: closed under a read
            raise self._lost(error) from error
        return first + rest

    def _opened(self) -> Any:
        if self._serial is None:
            raise SmsUnavailable(f"The modem's port {self._path} is not open.", "It is opened again by itself.")
        return self._serial

    def _lost(self, error: Exception) -> SmsUnavailable:
        self.close()
        return SmsUnavailable(
            f"The modem at {self._path} went away ({error}).", "Check its cable; it is opened again by itself."
        )
