"""What goes into a packet beside the statement: files by name and digest, read once, in pieces."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from gateway.packet.errors import PartChanged
from gateway.packet.statement import StatedPart

_PIECE = 64 << 10


@dataclass(frozen=True)
class PacketPart:
    """One file of a packet.

    Parameters
    ----------
    name : str
        Segments of letters, digits, `.`, `_`, `-`, at most four with `/` between them.
    media_type : str
    size : int
        Bytes.
    sha256 : str
        64 lower-case hexadecimal digits.
    open : callable
        Gives a new stream of exactly those bytes; called once or twice, closed after each use.
    """

    name: str
    media_type: str
    size: int
    sha256: str
    open: Callable[[], BinaryIO] = field(repr=False, compare=False)

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> "PacketPart":
        """A part that is in memory."""
        digest = hashlib.sha256(content).hexdigest()
        return cls(name, media_type, len(content), digest, lambda: io.BytesIO(content))

    @property
    def stated(self) -> StatedPart:
        """As the statement names it."""
        return StatedPart(self.name, self.media_type, self.size, self.sha256)

    def pieces(self) -> Iterator[bytes]:
        """Its bytes in pieces of 64 KiB at most, checked against size and digest as they go.

        Raises
        ------
        PartChanged
            They are others than stated; at the end, when all are through, or as soon as they are too many.
        """
        digest, seen = hashlib.sha256(), 0
        try:
            with self.open() as stream:
                while piece := stream.read(_PIECE):
                    seen += len(piece)
                    if seen > self.size:
                        raise self._changed(f"has more than the {self.size} bytes that were stated")
                    digest.update(piece)
                    yield piece
        except OSError as error:
            raise PartChanged(
                f"The part {self.name} cannot be read: {error.strerror or error}.", "Look at the disk that it is on."
            ) from error
        if seen != self.size:
            raise self._changed(f"has {seen} bytes, {self.size} were stated")
        if digest.hexdigest() != self.sha256:
            raise self._changed("has another SHA-256 than was stated")

    def content(self) -> bytes:
        """All its bytes; for small ones."""
        return b"".join(self.pieces())

    def _changed(self, what: str) -> PartChanged:
        return PartChanged(
            f"The part {self.name} {what}: it was changed after it was recorded.", "Capture it again, then seal."
        )
