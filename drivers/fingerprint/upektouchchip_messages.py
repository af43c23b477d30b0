"""The messages of the UPEK TouchChip coprocessor ("Ciao"): their frame, its checksum, the sensor and image parts."""

import binascii
from typing import NamedTuple

HEAD_BYTES = 64
"""What the host reads first; a longer message goes on in a second read."""
REST_BYTES = 1988
"""What the host asks for then."""

_MARK = b"Ciao"
_FRAME_BYTES = 9
"""Mark, kind, sequence and length (12 bits), checksum."""

DATA = 0x00
"""Kind of the messages that carry commands, status and image; their sequence number is echoed."""
STOPPED = 0x01
READY = 0x03
SESSION = 0x04
ACCEPTED = 0x05
STOP = 0x07
KEEP_ALIVE = 0x08
ALIVE = 0x09

STATUS = 0x28
FIRST_PART = 0x2C
PART = 0x24
LAST_PART = 0x20

GET_INFO = bytes.fromhex("28040000000604")
AWAIT_PRESS = bytes.fromhex("280b0000000e02feffffff020102")
GO_ON = bytes.fromhex("2805000000003001")
NEXT_PART = b"\x30"
STOP_PAYLOAD = b"\x01"
FIRST_SESSION = bytes.fromhex("01004600000000000101000000")
SECOND_SESSION = bytes.fromhex("0100bc02000000000101000000")

_FIRST_PART_HEADER_BYTES = 10
_LAST_PART_TRAILER_BYTES = 4
_SMALLEST, _LARGEST = 64, 1024


class BadMessageError(ValueError):
    """What came is no message: cut, garbled, or another's."""


class Message(NamedTuple):
    """One message either way."""

    kind: int
    sequence: int
    """0 to 15."""
    payload: bytes


class SensorInfo(NamedTuple):
    """What the coprocessor tells of the sensor at its end."""

    swipe: bool
    """A finger is drawn across it, not laid on it."""
    width: int
    height: int
    """Pixels of the image, three quarters of the silicon's each way (508 per inch there, 381 here)."""


def encode_message(kind: int, sequence: int, payload: bytes) -> bytes:
    """The bytes of a message; CRC-16/XMODEM over all but the mark, low byte first."""
    body = bytes((kind, (sequence & 0xF) << 4 | len(payload) >> 8, len(payload) & 0xFF)) + payload
    return _MARK + body + binascii.crc_hqx(body, 0).to_bytes(2, "little")


def message_bytes(head: bytes) -> int:
    """How long the message is that begins so.

    Raises
    ------
    BadMessageError
        No message begins so.
    """
    if len(head) < _FRAME_BYTES or head[:4] != _MARK:
        raise BadMessageError(f"{len(head)} bytes that are no beginning of a message")
    return ((head[5] & 0x0F) << 8 | head[6]) + _FRAME_BYTES


def decode_message(data: bytes) -> Message:
    """One message; what the device pads it with after its end is left out.

    Raises
    ------
    BadMessageError
        It is cut, or its checksum is wrong.
    """
    size = message_bytes(data)
    if len(data) < size:
        raise BadMessageError(f"a message of {size} bytes ends after {len(data)}")
    body, told = data[4 : size - 2], int.from_bytes(data[size - 2 : size], "little")
    if binascii.crc_hqx(body, 0) != told:
        raise BadMessageError(f"the checksum of a message of {size} bytes is wrong")
    return Message(data[4], data[5] >> 4, body[3:])


def status_code(message: Message) -> int:
    """The code of a `STATUS` message."""
    if len(message.payload) < 12:
        raise BadMessageError(f"a status of {len(message.payload)} bytes")
    return message.payload[11]


def sensor_info(message: Message) -> SensorInfo:
    """The sensor, from the answer to `GET_INFO`.

    Raises
    ------
    BadMessageError
        It is not that answer, or tells of a size that no sensor has.
    """
    payload = message.payload  # begins at byte 7 of the message
    if message.kind != DATA or len(payload) < 47 or payload[5:7] != b"\x06\x14":
        raise BadMessageError("the answer does not tell of the sensor")
    width, height = (int.from_bytes(payload[at : at + 2], "little") for at in (43, 45))
    if not all(_SMALLEST <= pixels <= _LARGEST and pixels % 4 == 0 for pixels in (width, height)):
        raise BadMessageError(f"a sensor of {width} x {height} is impossible")
    return SensorInfo(bool(payload[42] & 0x80), width * 3 // 4, height * 3 // 4)


def image_bytes(message: Message) -> bytes:
    """The pixels of an image part.

    Raises
    ------
    BadMessageError
        It is too short to be one.
    """
    kind, pixels = message.payload[0], message.payload[1:]
    before = _FIRST_PART_HEADER_BYTES if kind == FIRST_PART else 0
    after = _LAST_PART_TRAILER_BYTES if kind == LAST_PART else 0
    if len(pixels) < before + after:
        raise BadMessageError(f"an image part of {len(message.payload)} bytes")
    return pixels[before : len(pixels) - after]


class ImageBlanker:
    """Takes the picture out of what is read, and sets the checksum right; for tapes.

    A part comes in two reads, so that it must see them all, in their order.
    """

    def __init__(self) -> None:
        self._head = b""
        self._wanted = 0

    def __call__(self, data: bytes) -> bytes:
        """One read without its picture."""
        if self._wanted and data[:4] == _MARK:  # the rest never came: the read was cancelled or failed
            self._wanted = 0
        if self._wanted:
            whole, head = self._head + data, len(self._head)
            wanted, self._wanted = self._wanted, 0
            return _blanked(whole, wanted)[head:] if len(whole) >= wanted else bytes(len(data))
        try:
            size = message_bytes(data)
        except BadMessageError:
            return data[:4] + bytes(max(0, len(data) - 4))
        if size <= len(data):
            return _blanked(data, size)
        self._head, self._wanted = data, size
        return _blanked(data + bytes(size - len(data)), size)[: len(data)]


def _blanked(data: bytes, size: int) -> bytes:
    message = Message(data[4], data[5] >> 4, data[7 : size - 2])
    if message.kind != DATA or message.payload[:1] not in (bytes([FIRST_PART]), bytes([PART]), bytes([LAST_PART])):
        return data
    try:
        pixels = len(image_bytes(message))
    except BadMessageError:
        return data[:8] + bytes(len(data) - 8)
    before = 1 + (_FIRST_PART_HEADER_BYTES if message.payload[0] == FIRST_PART else 0)
    payload = message.payload[:before] + bytes(pixels) + message.payload[before + pixels :]
    return encode_message(message.kind, message.sequence, payload) + data[size:]
