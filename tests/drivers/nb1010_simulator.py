"""An NB-1010-U, written from the wire facts and not from the driver."""

from collections import deque
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from tests.drivers.simulated_port import PortFault, SimulatedPort

DESCRIPTORS = bytes.fromhex(
    "12010002000000408d29101001000102000109022700010100a032090400000300000000070581034000050705020240000007058302400000"
)
STRINGS = {1: "Example", 2: "Simulated Sensor"}
COMMANDS = {0x38: (0x37, 8), 0x0D: (0x20, 12), 0x12: (0x20, 32)}


def ridges() -> NDArray[np.uint8]:
    """Dark rings around a point on a light ground."""
    y, x = np.mgrid[0:180, 0:256].astype(np.float32)
    picture: NDArray[np.uint8] = (130 - 110 * np.cos(np.hypot(x - 120, y - 200) * 2 * np.pi / 7)).astype(np.uint8)
    return picture


def image_part(picture: NDArray[np.uint8], number: int) -> bytes:
    """Two rows as one transfer of 540 bytes."""
    header = bytearray(25)
    header[0], header[1] = 0x80, 0x21
    header[4:6] = (540).to_bytes(2, "little")
    header[12] = number < 89
    header[16] = 2 * number + 1
    header[20:25] = bytes.fromhex("0001000001")
    return bytes(header) + picture[2 * number : 2 * number + 2].tobytes() + bytes(3)


class SimulatedNb1010(SimulatedPort):
    """One sensor.

    Parameters
    ----------
    contacts : iterable of int
        Contact strength at each question for a finger; the last again and again.
    lost_parts : iterable of int
        Parts that are not sent, in the first image only.
    stale : iterable of bytes
        Replies that come before the answer to the first command.
    hang_at_poll, lose_at_poll : int
        The question, from 0, at which the sensor falls silent or the cable is pulled; never by default.
    """

    def __init__(
        self,
        contacts: Iterable[int] = (0, 0, 0xF7, 0xF7, 0),
        *,
        picture: NDArray[np.uint8] | None = None,
        lost_parts: Iterable[int] = (),
        stale: Iterable[bytes] = (),
        hang_at_poll: int = -1,
        lose_at_poll: int = -1,
        faults: Mapping[int, PortFault] | None = None,
    ) -> None:
        super().__init__(DESCRIPTORS, STRINGS, faults)
        self.contacts = deque(contacts)
        self.picture = ridges() if picture is None else picture
        self.lost_parts = set(lost_parts)
        self.hang_at_poll = hang_at_poll
        self.lose_at_poll = lose_at_poll
        self.commands: list[int] = []
        self.wrong: list[bytes] = []
        self.prepared = False
        for reply in stale:
            self.reply(reply)

    def powered_up(self) -> None:
        self.prepared = False
        self.hang_at_poll = -1

    def sent(self, data: bytes) -> None:
        length = int.from_bytes(data[4:6], "little")
        code = COMMANDS.get(data[1], (0, 0))
        if data[0] != 0x80 or len(data) != length or length != code[1]:
            self.wrong.append(data)
            return
        self.commands.append(data[1])
        reply = bytearray(16)
        reply[0], reply[1], reply[2], reply[4] = 0x80, code[0], data[2], 16
        if data[1] == 0x38:
            poll = self.commands.count(0x38) - 1
            if poll == self.hang_at_poll:
                self.silent = True
                return
            if poll == self.lose_at_poll:
                self.pull_cable()
                return
            reply[12] = self.contacts[0] if len(self.contacts) == 1 else self.contacts.popleft()
        self.reply(bytes(reply))
        if data[1] == 0x0D:
            self.prepared = data[8:12] == bytes.fromhex("00040000")
        if data[1] == 0x12 and self.prepared:
            self.prepared = False
            for number in range(90):
                if number not in self.lost_parts:
                    self.reply(image_part(self.picture, number))
            self.lost_parts = set()
