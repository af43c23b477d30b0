"""Packets of the ZFM family: the bytes of one, and those that a stream of any bytes holds.

EF 01 | address u32 | kind u8 | length u16 = payload + 2 | payload | checksum u16, big-endian; the checksum is the sum
of kind, length bytes and payload, modulo 65536 (Grow R503 user manual 1.4.1, chapter IV).
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

START: Final = b"\xef\x01"
LARGEST_PAYLOAD: Final = 256
"""Bytes of the largest packet size that a module can be set to (code 3)."""

_HEADER: Final = struct.Struct(">2sIBH")
_CHECKSUM_BYTES: Final = 2


class PacketKind(IntEnum):
    """What a packet is."""

    COMMAND = 0x01
    DATA = 0x02
    ACKNOWLEDGE = 0x07
    LAST_DATA = 0x08


_KINDS: Final = frozenset(PacketKind)


@dataclass(frozen=True)
class Packet:
    """One packet.

    Raises
    ------
    ValueError
        The address has more than 32 bits, or the payload more than 256 bytes.
    """

    address: int
    kind: PacketKind
    payload: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.address < 1 << 32:
            raise ValueError(f"an address has 32 bits, not {self.address:#x}")
        if len(self.payload) > LARGEST_PAYLOAD:
            raise ValueError(f"a packet carries at most {LARGEST_PAYLOAD} bytes, not {len(self.payload)}")


def encode_packet(packet: Packet) -> bytes:
    """The bytes of a packet, as they go over the line."""
    header = _HEADER.pack(START, packet.address, packet.kind, len(packet.payload) + _CHECKSUM_BYTES)
    body = header + packet.payload
    return body + _checksum(body).to_bytes(_CHECKSUM_BYTES, "big")


class PacketDecoder:
    """Finds the packets in a stream that may hold anything else: noise, cut packets, packets with a wrong checksum.

    A start that turns out to begin no packet is skipped by one byte only, so that a damaged packet hides none of
    those that follow it.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.skipped = 0
        """Bytes that belonged to no packet."""
        self.broken = 0
        """Starts of a packet that was not whole, or whose checksum was wrong."""

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that end in `data`, in their order."""
        self._buffer += data
        return self._take(waiting=True)

    def give_up(self) -> list[Packet]:
        """The packets hidden in one that was begun and will not be ended, as nothing comes any more."""
        return self._take(waiting=False)

    def clear(self) -> None:
        """Forget what was begun, and the counts."""
        self._buffer.clear()
        self.skipped = self.broken = 0

    def _take(self, waiting: bool) -> list[Packet]:
        packets: list[Packet] = []
        buffer, start = self._buffer, 0
        while True:
            found = buffer.find(START, start)
            if found < 0:
                # The last byte may be half of a start.
                found = len(buffer) - (waiting and buffer[start:].endswith(START[:1]))
            self.skipped += found - start
            start = found
            if start >= len(buffer) - 1:
                break
            size = _size(buffer, start)
            if waiting and size is None:
                break
            packet = None if size is None else _packet(bytes(buffer[start : start + size]))
            if packet is None:
                self.broken += 1
                self.skipped += 1
                start += 1
            else:
                packets.append(packet)
                start += len(packet.payload) + _HEADER.size + _CHECKSUM_BYTES
        if not waiting:
            self.skipped += len(buffer) - start
            start = len(buffer)
        del buffer[:start]
        return packets


_PASSWORD_COMMANDS: Final = (0x12, 0x13)
"""SetPwd and VfyPwd."""


class StreamBlanker:
    """Takes images and passwords out of what goes over the line; fits `SerialBlanker`, for tapes.

    A decoder finds the same packets in what is left: data packets hold zeros, with the checksum that fits, and the
    password is 0. Bytes outside of a packet, damaged ones of an image among them, become zero, but for the mark with
    which a damaged packet begins.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def sent(self, data: bytes) -> bytes:
        """One command, without the password."""
        packet = _packet(data) if data[:2] == START and len(data) >= _HEADER.size + _CHECKSUM_BYTES else None
        if packet is None or packet.payload[:1] not in (bytes([code]) for code in _PASSWORD_COMMANDS):
            return data
        return encode_packet(Packet(packet.address, packet.kind, packet.payload[:1] + bytes(len(packet.payload) - 1)))

    def came(self, data: bytes) -> bytes:
        """What came, up to a packet that is not at its end yet."""
        self._buffer += data
        return self._take(waiting=True)

    def flush(self) -> bytes:
        """The rest, when nothing more of its packet comes."""
        return self._take(waiting=False)

    def _take(self, waiting: bool) -> bytes:
        buffer, start, blanked = self._buffer, 0, bytearray()
        while True:
            found = buffer.find(START, start)
            if found < 0:
                found = len(buffer) - (waiting and buffer[start:].endswith(START[:1]))
            blanked += bytes(found - start)
            start = found
            if start >= len(buffer) - 1:
                break
            size = _size(buffer, start)
            if waiting and size is None:
                break
            packet = None if size is None else _packet(bytes(buffer[start : start + size]))
            whole = _without_image(packet) if packet else START
            blanked += whole
            start += len(whole)
        if not waiting:
            blanked += bytes(len(buffer) - start)
            start = len(buffer)
        del buffer[:start]
        return bytes(blanked)


def _without_image(packet: Packet) -> bytes:
    if packet.kind not in (PacketKind.DATA, PacketKind.LAST_DATA):
        return encode_packet(packet)
    return encode_packet(Packet(packet.address, packet.kind, bytes(len(packet.payload))))


def _size(buffer: bytearray, start: int) -> int | None:
    """Bytes of the packet that begins at `start`; 0 for none that can be, None where more must come to tell."""
    if len(buffer) > start + 6 and buffer[start + 6] not in _KINDS:
        return 0
    if len(buffer) < start + _HEADER.size:
        return None
    length = int.from_bytes(buffer[start + 7 : start + 9], "big")
    if not _CHECKSUM_BYTES <= length <= LARGEST_PAYLOAD + _CHECKSUM_BYTES:
        return 0
    size = _HEADER.size + length
    return None if len(buffer) < start + size else size


def _packet(data: bytes) -> Packet | None:
    if not data or _checksum(data[:-2]) != int.from_bytes(data[-2:], "big"):
        return None
    _, address, kind, _ = _HEADER.unpack_from(data)
    return Packet(address, PacketKind(kind), data[_HEADER.size : -2])


def _checksum(body: bytes) -> int:
    return sum(body[6:]) & 0xFFFF
