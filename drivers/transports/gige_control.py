"""Single registers of a GigE Vision camera by GVCP: is it there, who controls it, and letting go of it."""

import errno
import socket
import struct
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from drivers.errors import DeviceBusy, DeviceError, DeviceHung, DeviceLost

GVCP_PORT = 3956
CONTROL_PRIVILEGE = 0x0A00
"""Control Channel Privilege register: who may write (GigE Vision 2.0, bootstrap registers)."""
CONTROLLED = 0x3
"""Its bits for exclusive access and for control access."""
ANSWER_TIMEOUT_S = 0.6
"""An answer that takes longer is none; a camera is asked six times in it."""
_SLICE_S = 0.1
_KEY, _ACKNOWLEDGE = 0x42, 0x01
_READ, _READ_ACK, _WRITE, _WRITE_ACK, _PENDING = 0x80, 0x81, 0x82, 0x83, 0x89
_ACCESS_DENIED = 0x8006
_GONE = frozenset(
    {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.ENODEV}
)


class ControlChannel:
    """Reads and writes registers of one camera, apart from whoever else talks to it.

    Parameters
    ----------
    camera : str
        Its IPv4 address: datagrams go there alone.
    sender : socket.socket, optional
        An unconnected UDP socket to send from, e.g. the one by which a camera knows its controller; it becomes this
        object's. By default a new one.
    timeout_s : float
        How long it may take to answer.

    Raises
    ------
    DeviceLost
        There is no way to that address.
    """

    def __init__(
        self, camera: str, sender: socket.socket | None = None, *, timeout_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        self.camera, self._timeout_s = camera, timeout_s
        self._socket = sender or socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._id = 0
        try:
            # Connected, a socket hears of it when nobody listens there, and hears nobody else.
            self._socket.connect((camera, GVCP_PORT))
        except OSError as error:
            self._socket.close()
            raise self._lost(error) from error

    @property
    def interface(self) -> str:
        """Our own address on the way to the camera."""
        return str(self._socket.getsockname()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def read(self, register: int, stop: Callable[[], bool] = bool) -> int | None:
        """The value of a 32-bit register, or None where `stop`, asked every 100 ms, says so.

        Raises
        ------
        DeviceHung
            No answer came in time.
        DeviceLost
            Nobody listens at that address, or there is no way to it.
        DeviceBusy
            Another program holds the camera exclusively.
        DeviceError
            The camera refused.
        """
        answer = self._ask(_READ, struct.pack("!I", register), _READ_ACK, stop)
        if answer is None:
            return None
        if len(answer) < 4:
            raise DeviceError(f"the camera at {self.camera} gave a short answer; restart it")
        return int(struct.unpack_from("!I", answer)[0])

    def write(self, register: int, value: int, stop: Callable[[], bool] = bool) -> None:
        """Write a 32-bit register; raises as `read` does."""
        self._ask(_WRITE, struct.pack("!II", register, value), _WRITE_ACK, stop)

    def _ask(self, command: int, payload: bytes, expected: int, stop: Callable[[], bool]) -> bytes | None:
        self._id = self._id % 0xFFFF + 1
        request = struct.pack("!BBHHH", _KEY, _ACKNOWLEDGE, command, len(payload), self._id) + payload
        deadline = time.monotonic() + self._timeout_s
        try:
            while time.monotonic() < deadline:
                if stop():
                    return None
                self._socket.send(request)
                answer = self._answer(expected, min(deadline, time.monotonic() + _SLICE_S))
                if answer is not None:
                    return answer
        except OSError as error:
            raise self._lost(error) from error
        raise DeviceHung(f"the camera at {self.camera} does not answer; check its cable and its supply, or reset it")

    def _answer(self, expected: int, until: float) -> bytes | None:
        """What follows the header of the answer, or None where none came until then."""
        while (left := until - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                packet = self._socket.recv(2048)
            except TimeoutError:
                return None
            if len(packet) < 8:
                continue
            status, kind, length, number = struct.unpack_from("!HHHH", packet)
            if number != self._id or kind not in (expected, _PENDING) or kind == _PENDING:
                continue  # late, or another's; a camera that asks for more time is asked again
            if status == _ACCESS_DENIED:
                raise DeviceBusy(f"another program holds the camera at {self.camera}; close it and try again")
            if status:
                raise DeviceError(f"the camera at {self.camera} refused a register (GVCP status {status:04X})")
            return packet[8 : 8 + length]
        return None

    def _lost(self, error: OSError) -> DeviceLost:
        why = "nobody answers there" if error.errno == errno.ECONNREFUSED else error.strerror or str(error)
        remedy = "check its cable, its supply and its address" if error.errno in _GONE else "check the network"
        return DeviceLost(f"the camera at {self.camera} is gone ({why}); {remedy}")
