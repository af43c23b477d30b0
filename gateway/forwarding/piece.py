"""One send of a packet's bytes, and how far it came."""

from pathlib import Path

from gateway.forwarding import folder
from gateway.forwarding.packet import QueuedPacket


class Piece:
    """How far one send came."""

    def __init__(self, packet: QueuedPacket, path: Path) -> None:
        self.packet = packet
        self.reached = packet.acknowledged
        self.taken = 0
        """Bytes that the way took to send."""
        self._path = path

    def read(self, begin: int, end: int) -> bytes:
        """Bytes of the file for the way; OSError where they cannot be read."""
        data = folder.read_bytes(self._path, begin, end)
        self.taken += len(data)
        return data

    def acknowledged(self, offset: int) -> None:
        """The centre has the bytes up to there."""
        self.reached = max(self.reached, min(offset, self.packet.notice.size))
