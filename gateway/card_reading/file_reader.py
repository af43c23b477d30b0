"""Transparent files of a card, read whole in blocks (ISO/IEC 7816-4:2013, 7.2, 7.4.3 and 11.3)."""

from collections.abc import Callable
from enum import Enum

from drivers import CardRefused, CommandApdu, ResponseApdu
from gateway.card import MalformedCardData, Transmit, data_object, only_object
from gateway.card_reading.wordless import parsed

MAX_FILE = 1 << 18
"""Bytes of the largest file that is read; no chip in use has more memory than this."""
SHORT_BLOCK = 256
EXTENDED_BLOCK = 2048
"""What is asked at once where the card takes extended lengths. Cards whose buffer is smaller refuse, and are then read
in short blocks."""
_HEADER = 8
"""Bytes that hold tag and length of any data object a file can be: a tag of up to three and a length of up to five."""
_LAST_PLAIN_OFFSET = 0x7FFF
_ANSWER_HEAD = 4
"""Of the data object 53 in which the odd instruction gives its bytes; some cards keep so many free whatever is due."""
_END_OF_FILE, _WRONG_LENGTH, _OUTSIDE = 0x6282, 0x6700, 0x6B00
_NO_FCP = (0x6A81, 0x6A86, 0x6700)
"""How cards refuse to tell control parameters that would select a file without."""


class FileShape(Enum):
    """How a file says where it ends."""

    WHOLE = "as its control parameters say, or where reading ends"
    DATA_OBJECT = "one data object, whatever stands after it"


class FileReader:
    """Reads one file after the other over one session; remembers what the card cannot do.

    Parameters
    ----------
    transmit : callable
        Of the session, secured or plain; the directory is current.
    block : int
        The most bytes to ask for at once.
    control_parameters : bool
        Whether to ask for them when a file is selected; the chips of travel documents refuse it.
    before_block : callable
        Called before each command, to raise where the reading was cancelled.
    """

    def __init__(
        self,
        transmit: Transmit,
        block: int = SHORT_BLOCK,
        *,
        control_parameters: bool = True,
        before_block: Callable[[], None] = lambda: None,
    ) -> None:
        self._transmit, self._block, self._asks_size = transmit, block, control_parameters
        self._before = before_block

    def read(self, fid: int, name: str, shape: FileShape = FileShape.WHOLE) -> bytes:
        """Select a file of the current directory by its identifier, and read all of it.

        Raises
        ------
        CardRefused
            The card does not let it be selected or read.
        MalformedCardData
            It is longer or shorter than it says, or no data object.
        """
        said = self._select(fid, name)
        if said == 0:
            return b""
        if shape is FileShape.DATA_OBJECT:
            return self._data_object(name, said)
        return self._whole(name, said)

    def _select(self, fid: int, name: str) -> int | None:
        """Size by the control parameters; None where the card does not tell."""
        identifier, doing = fid.to_bytes(2, "big"), f"to select {name}"
        if self._asks_size:
            response = self._send(CommandApdu(0x00, 0xA4, 0x02, 0x04, identifier, SHORT_BLOCK))
            if response.sw == 0x9000:
                return _size(response.data)
            if response.sw not in _NO_FCP:
                raise CardRefused(response.sw, doing)
            self._asks_size = False
        response = self._send(CommandApdu(0x00, 0xA4, 0x02, 0x0C, identifier))
        if response.sw != 0x9000:
            raise CardRefused(response.sw, doing)
        return None

    def _whole(self, name: str, size: int | None) -> bytes:
        if size is not None:
            return self._bytes(name, b"", size)
        octets, ended = b"", False
        while not ended:
            part, ended = self._part(name, len(octets), self._block)
            octets += part
            if len(octets) > MAX_FILE:
                raise _too_long(name)
            ended = ended or not part
        return octets

    def _data_object(self, name: str, size: int | None) -> bytes:
        wanted = _HEADER if size is None else min(self._block, size)
        start, _ = self._part(name, 0, wanted)
        due = _object_size(start, name)
        if size is not None and due > size:
            raise MalformedCardData(f"{name} says {due} bytes and has room for {size}; the card may be damaged")
        return self._bytes(name, start[:due], due)

    def _bytes(self, name: str, start: bytes, due: int) -> bytes:
        """`start` and what follows it, `due` bytes in all."""
        if due > MAX_FILE:
            raise _too_long(name)
        octets = bytearray(start)
        while len(octets) < due:
            part, ended = self._part(name, len(octets), min(self._block, due - len(octets)))
            octets += part
            if (ended or not part) and len(octets) < due:
                raise MalformedCardData(f"{name} says {due} bytes and gives {len(octets)}; the card may be damaged")
        return bytes(octets)

    def _part(self, name: str, offset: int, wanted: int) -> tuple[bytes, bool]:
        """At most `wanted` bytes at `offset`, and whether the card says that the file ends with them."""
        response = self._read(offset, wanted)
        if response.sw == _WRONG_LENGTH and wanted > SHORT_BLOCK:
            # The card takes extended commands and yet no answer of that length.
            self._block = wanted = SHORT_BLOCK
            response = self._read(offset, wanted)
        if response.sw >> 8 == 0x6C:
            wanted = min(wanted, response.sw & 0xFF or SHORT_BLOCK)
            response = self._read(offset, wanted)
        if response.sw == _OUTSIDE:
            return b"", True
        if response.sw not in (0x9000, _END_OF_FILE):
            raise CardRefused(response.sw, f"to read {name}")
        data = response.data
        if offset > _LAST_PLAIN_OFFSET and data:
            complaint = f"what the card gives of {name} is not the data object that is due"
            data = parsed(lambda: only_object(response.data, 0x53), complaint)[:wanted]
        if len(data) > wanted:
            raise MalformedCardData(f"the card gives {len(data)} bytes of {name} where {wanted} were asked")
        return data, response.sw == _END_OF_FILE

    def _read(self, offset: int, wanted: int) -> ResponseApdu:
        """READ BINARY, with the odd instruction where the even one's offset ends."""
        if offset <= _LAST_PLAIN_OFFSET:
            return self._send(CommandApdu(0x00, 0xB0, offset >> 8, offset & 0xFF, ne=wanted))
        place = offset.to_bytes((offset.bit_length() + 7) // 8, "big")
        ne = min(wanted + _ANSWER_HEAD, self._block)
        return self._send(CommandApdu(0x00, 0xB1, 0, 0, data_object(0x54, place), ne))

    def _send(self, command: CommandApdu) -> ResponseApdu:
        self._before()
        return self._transmit(command)


def _size(template: bytes) -> int | None:
    """Bytes of a file by its control parameters: tag 80 within 62 or 6F (7816-4:2013, table 10)."""
    for outer in (0x62, 0x6F):
        try:
            parameters = only_object(template, outer)
        except MalformedCardData:
            continue
        return _tagged_size(parameters)
    return None


def _tagged_size(parameters: bytes) -> int | None:
    position = 0
    while position + 2 <= len(parameters):
        tag, length = parameters[position], parameters[position + 1]
        value = parameters[position + 2 : position + 2 + length]
        if tag & 0x1F == 0x1F or length > 0x7F or len(value) != length:
            return None
        if tag == 0x80 and 1 <= length <= 4:
            return int.from_bytes(value, "big")
        position += 2 + length
    return None


def _object_size(start: bytes, name: str) -> int:
    """Bytes of the data object that begins with `start`, its tag and length counted."""
    position = 1
    if start and start[0] & 0x1F == 0x1F:
        while position < len(start) and start[position] & 0x80:
            position += 1
        position += 1
    if not start or start[0] in (0x00, 0xFF) or position >= len(start) or start[0] == 0x80:
        raise MalformedCardData(f"{name} holds no data object; it may never have been written")
    first = start[position]
    if first < 0x80:
        return position + 1 + first
    count = first & 0x7F
    length = start[position + 1 : position + 1 + count]
    if not 1 <= count <= 4 or len(length) != count:
        raise MalformedCardData(f"the length of {name} cannot be read; the card may be damaged")
    return position + 1 + count + int.from_bytes(length, "big")


def _too_long(name: str) -> MalformedCardData:
    return MalformedCardData(f"{name} is longer than any card's memory ({MAX_FILE} bytes); the card may be damaged")
