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
        self.unread: OSError | None = None
        """Why the file could not be read; the way, which was giving its bytes away, tells it as a fault of its own."""
        self._path = path

    def read(self, begin: int, end: int) -> bytes:
        """Bytes of the file for the way; OSError where they cannot be read."""
        try:
            data = folder.read_bytes(self._path, begin, end)
        except OSError as error:
            self.unread = error
            raise
        self.taken += len(data)
        return data

    def acknowledged(self, offset: int) -> None:
        """The centre has the bytes up to there."""
        self.reached = max(self.reached, min(offset, self.packet.notice.size))
