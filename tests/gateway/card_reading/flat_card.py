"""A card with files by identifier that answers READ BINARY as odd cards do."""

from dataclasses import dataclass, field

from drivers import CommandApdu, ResponseApdu
from gateway.card import data_object, only_object


@dataclass
class FlatCard:
    """What it does is said by its fields; every command is noted."""

    files: dict[int, bytes]
    control_parameters: bool = False
    """Whether it tells sizes; else it refuses to be asked."""
    buffer: int = 65536
    """The most it gives at once; it answers 6700 where more is asked."""
    exact: bool = False
    """It answers 6CXX where more is asked than there is."""
    warns: bool = False
    """It answers 6282 where a file ends before the length asked."""
    said_size: int | None = None
    """The size that it tells, whatever is true."""
    too_much: bool = False
    """It gives one byte more than was asked."""
    endless: bool = False
    """Reading never comes to an end."""
    sent: list[CommandApdu] = field(default_factory=list)
    _current: bytes = b""

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        self.sent.append(command)
        return self._select(command) if command.ins == 0xA4 else self._read(command)

    def _select(self, command: CommandApdu) -> ResponseApdu:
        fid = int.from_bytes(command.data, "big")
        if fid not in self.files:
            return ResponseApdu(b"", 0x6A82)
        if command.p2 == 0x04 and not self.control_parameters:
            return ResponseApdu(b"", 0x6A86)
        self._current = self.files[fid]
        size = len(self._current) if self.said_size is None else self.said_size
        told = data_object(0x62, data_object(0x82, b"\x01") + data_object(0x80, size.to_bytes(3, "big")))
        return ResponseApdu(told if command.p2 == 0x04 else b"", 0x9000)

    def _read(self, command: CommandApdu) -> ResponseApdu:
        odd = command.ins == 0xB1
        offset = int.from_bytes(only_object(command.data, 0x54), "big") if odd else command.p1 << 8 | command.p2
        if command.ne > self.buffer:
            return ResponseApdu(b"", 0x6700)
        wanted = command.ne - 4 if odd else command.ne
        if self.endless:
            return ResponseApdu(data_object(0x53, bytes(wanted)) if odd else bytes(wanted), 0x9000)
        left = len(self._current) - offset
        if left <= 0:
            return ResponseApdu(b"", 0x6B00)
        if wanted > left and self.exact:
            return ResponseApdu(b"", 0x6C00 | (left & 0xFF))
        data = self._current[offset : offset + wanted + self.too_much]
        data = data_object(0x53, data) if odd else data
        return ResponseApdu(data, 0x6282 if wanted > left and self.warns else 0x9000)
