"""A TouchChip coprocessor with its sensor, written from the wire facts and not from the driver."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tests.drivers.simulated_port import PortFault, SimulatedPort

DESCRIPTORS = bytes.fromhex(
    "1201100100000008 7e141620 0200 01020001"
    "09022700010100a032 0904000003ff00000007058102400000070502024000000705830304 0014".replace(" ", "")
)
STRINGS = {1: "Example", 2: "Simulated TouchChip"}
NO_FINGER_YET, KEEP, PRESENT, NO_FINGER, SIDEWAYS = 0x0C, 0x13, 0x00, 0x01, 0x1D


def crc16(data: bytes) -> int:
    """CCITT polynomial, initial value 0, not reflected; bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def ciao(kind: int, sequence: int, payload: bytes) -> bytes:
    body = bytes((kind, sequence << 4 | len(payload) >> 8, len(payload) & 0xFF)) + payload
    return b"Ciao" + body + crc16(body).to_bytes(2, "little")


def padded(message: bytes) -> bytes:
    return message + bytes(max(0, 64 - len(message)))


def ridges(width: int = 192, height: int = 270) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    picture: NDArray[np.uint8] = (130 - 110 * np.cos(np.hypot(x - 90, y - 200) * 2 * np.pi / 7)).astype(np.uint8)
    return picture


def image_parts(picture: NDArray[np.uint8], room: int = 2043) -> list[bytes]:
    """Payloads of all parts: the first with 10 bytes before its pixels, the last with 4 behind them."""
    pixels = picture.tobytes()
    first = room - 11
    parts = [b"\x2c" + bytes.fromhex("8cca00000e1280ca0000") + pixels[:first]]
    rest = [pixels[start : start + room - 1] for start in range(first, len(pixels), room - 1)]
    parts += [b"\x24" + part for part in rest[:-1]]
    return [*parts, b"\x20" + rest[-1] + bytes(4)]


class SimulatedTouchChip(SimulatedPort):
    """One coprocessor.

    Parameters
    ----------
    scans : sequence of sequences of int
        Status codes of each scan, in their order; after the last code of a scan its image comes, if that code is
        `PRESENT`, else nothing. The last scan again and again.
    silicon : tuple of int
        Width and height that the sensor tells.
    keep_alives : int
        Before each status.
    empty_reads : int
        Reads without data before each status.
    hang_at_scan, lose_at_scan : int
        The scan, from 0, at which it falls silent or the cable is pulled; never by default.
    """

    def __init__(
        self,
        scans: Sequence[Sequence[int]] = ((NO_FINGER_YET, KEEP, PRESENT), (NO_FINGER_YET,)),
        *,
        picture: NDArray[np.uint8] | None = None,
        silicon: tuple[int, int] = (256, 360),
        swipe: bool = False,
        keep_alives: int = 0,
        empty_reads: int = 1,
        pictures: Iterable[NDArray[np.uint8]] = (),
        stale: Iterable[bytes] = (),
        hang_at_scan: int = -1,
        lose_at_scan: int = -1,
        faults: Mapping[int, PortFault] | None = None,
    ) -> None:
        super().__init__(DESCRIPTORS, STRINGS, faults)
        self.scans = deque(scans)
        self.picture = ridges() if picture is None else picture
        self.pictures = deque(pictures)
        self.silicon = silicon
        self.swipe = swipe
        self.keep_alives = keep_alives
        self.empty_reads = empty_reads
        self.hang_at_scan = hang_at_scan
        self.lose_at_scan = lose_at_scan
        self.answered_keep_alives = 0
        self.scans_begun = 0
        self.stops = 0
        self.wakes = 0
        self.wrong: list[bytes] = []
        self.sequences: list[int] = []
        self.stale = list(stale)
        self._codes: deque[int] = deque()
        self._parts: deque[bytes] = deque()
        self._image_follows = False

    def powered_up(self) -> None:
        self._codes.clear()
        self._parts.clear()
        self.hang_at_scan = -1

    def controlled(self, request: int, value: int, index: int, data: bytes) -> None:
        assert (request, value, index, len(data)) == (0x0C, 0x100, 0x400, 1)
        self.wakes += 1
        self._codes.clear()
        self._parts.clear()
        self.reply(padded(ciao(3, 0, bytes.fromhex("01000000c0"))))

    def sent(self, data: bytes) -> None:
        if data[:4] != b"Ciao" or len(data) < 9 or crc16(data[4:-2]).to_bytes(2, "little") != data[-2:]:
            self.wrong.append(data)
            return
        kind, sequence, payload = data[4], data[5] >> 4, data[7:-2]
        if kind == 4:
            self.reply(padded(ciao(5, 0, b"\x01")))
        elif kind == 7:
            self.stops += 1
            self._codes.clear()
            self._parts.clear()
            self.reply(padded(ciao(1, 0, b"")))
        elif kind == 9:
            assert (sequence, payload) == (0, b"")
            self.answered_keep_alives += 1
        elif kind == 0:
            self.sequences.append(sequence)
            self._command(sequence, payload)
        else:
            self.wrong.append(data)

    def _command(self, sequence: int, payload: bytes) -> None:
        if payload[:1] == b"\x28" and payload[5:7] == b"\x06\x04":
            info = bytearray(55)
            info[0:7] = bytes.fromhex("28340000000614")
            info[42] = 0xE6 if self.swipe else 0x66
            info[43:47] = b"".join(pixels.to_bytes(2, "little") for pixels in self.silicon)
            self.reply(padded(ciao(0, sequence, bytes(info))))
        elif payload[:1] == b"\x28" and payload[5:7] == b"\x0e\x02":
            assert payload == bytes.fromhex("280b0000000e02feffffff020102")
            self._begin_scan(sequence)
        elif payload == bytes.fromhex("2805000000003001"):
            self._go_on(sequence)
        elif payload == b"\x30":
            self._next_part(sequence)
        else:
            self.wrong.append(payload)

    def _begin_scan(self, sequence: int) -> None:
        scan = self.scans_begun
        self.scans_begun += 1
        if scan == self.hang_at_scan:
            self.silent = True
        if scan == self.lose_at_scan:
            self.pull_cable()
        codes = self.scans[0] if len(self.scans) == 1 else self.scans.popleft()
        self._codes = deque(codes)
        self._image_follows = bool(codes) and codes[-1] == PRESENT
        for message in self.stale:
            self.reply(message)
        self.stale = []
        self._go_on(sequence)

    def _go_on(self, sequence: int) -> None:
        for _ in range(self.keep_alives):
            self.reply(padded(ciao(8, 0, b"")))
        for _ in range(self.empty_reads):
            self.reply(b"")
        if self._codes:
            status = bytearray(20)
            status[0:7] = bytes.fromhex("28110000000020")
            status[11] = self._codes.popleft()
            self.reply(padded(ciao(0, sequence, bytes(status))))
        elif self._image_follows:
            self._parts = deque(image_parts(self.pictures.popleft() if self.pictures else self.picture))
            self._next_part(sequence)

    def _next_part(self, sequence: int) -> None:
        if self._parts:
            self.reply(padded(ciao(0, sequence, self._parts.popleft())))
