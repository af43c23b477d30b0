"""An AES3500 or AES4000, written from the wire facts and not from the driver."""

from collections import deque
from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.drivers.simulated_port import PortFault, SimulatedPort

CONFIGURATION = "0902200001010080320904000002ffffff000705810240000007050202080000"
STRINGS = {1: "Fingerprint Sensor"}


def ridges(size: int = 128) -> NDArray[np.uint8]:
    """What a frame must show: dark rings on a light ground, in the sensor's 16 levels."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    levels = (7.5 - 7.4 * np.cos(np.hypot(x - 40, y - 100) * 2 * np.pi / 9)).round()
    picture: NDArray[np.uint8] = 17 * levels.astype(np.uint8)
    return picture


@cache
def sensor_transfer(size: int, dump_bytes: int) -> bytes:
    return image_transfer(ridges(size), dump_bytes)


def image_transfer(picture: NDArray[np.uint8], dump_bytes: int = 129) -> bytes:
    """Byte by byte: inverted and turned by 180 degrees, 16 rows a frame, column by column, two rows a byte."""
    size = len(picture)
    seen = [[(255 - int(value)) // 17 for value in row[::-1]] for row in picture[::-1]]
    transfer = bytearray()
    for frame in range(size // 16):
        transfer.append(0xE0 + frame)
        for column in range(size):
            for row in range(16 * frame, 16 * frame + 16, 2):
                transfer.append(seen[row][column] | seen[row + 1][column] << 4)
    return bytes(transfer) + b"\xdf" + bytes(range(0x80, 0x80 + dump_bytes - 1))


class SimulatedAes3500(SimulatedPort):
    """One sensor.

    Parameters
    ----------
    fingers : iterable of bool
        Whether a finger is felt, each time that the sensor is armed; the last again and again.
    transfers : iterable of bytes
        Sent in place of the picture, one after the other, until they are used up.
    hang_at_arm, lose_at_arm : int
        The arming, from 0, after which it is silent or the cable is pulled; never by default.
    """

    def __init__(
        self,
        fingers: Iterable[bool] = (True, False),
        *,
        product: int = 0x5731,
        size: int = 128,
        dump_bytes: int = 129,
        transfers: Iterable[bytes] = (),
        hang_at_arm: int = -1,
        lose_at_arm: int = -1,
        faults: Mapping[int, PortFault] | None = None,
    ) -> None:
        device = bytes.fromhex("12011001ffffff08ff08") + product.to_bytes(2, "little") + bytes.fromhex("000000010001")
        super().__init__(device + bytes.fromhex(CONFIGURATION), STRINGS, faults)
        self.fingers = deque(fingers)
        self.picture = ridges(size)
        self.image = sensor_transfer(size, dump_bytes)
        self.other_transfers = deque(transfers)
        self.hang_at_arm = hang_at_arm
        self.lose_at_arm = lose_at_arm
        self.arms = 0
        self.master_resets = 0
        self.registers: dict[int, int] = {}
        self.wrong: list[bytes] = []

    def powered_up(self) -> None:
        self.registers.clear()
        self.hang_at_arm = -1

    def sent(self, data: bytes) -> None:
        registers = data[0::2]
        if len(data) % 2 or not 2 <= len(data) <= 32 or any(not 0x80 <= register <= 0x9F for register in registers):
            self.wrong.append(data)
            return
        for register, value in zip(registers, data[1::2], strict=True):
            before = self.registers.get(register, 0)
            self.registers[register] = value
            if (register, value) == (0x80, 0x01):
                self.master_resets += 1
                self.registers = {0x80: 1}
                self.forget_replies()
            if (register, before, value) == (0x81, 0x04, 0x00) and self._is_set():
                self._armed()

    def _is_set(self) -> bool:
        return all(register in self.registers for register in range(0x80, 0xA0))

    def _armed(self) -> None:
        arm = self.arms
        self.arms += 1
        if arm == self.hang_at_arm:
            self.silent = True
        if arm == self.lose_at_arm:
            self.pull_cable()
        felt = self.fingers[0] if len(self.fingers) == 1 else self.fingers.popleft()
        if felt:
            self.reply(self.other_transfers.popleft() if self.other_transfers else self.image)
