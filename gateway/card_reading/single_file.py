"""One file read, with what became of it in place of an error."""

from drivers import CardRefused
from gateway.card import MalformedCardData
from gateway.card_reading.events import FileOutcome, ReadFile
from gateway.card_reading.file_reader import FileReader, FileShape

_NO_SUCH_FILE = 0x6A82
_FAILED = (0x64, 0x65, 0x6F)
_CORRUPT = 0x6281


def read_single(
    reader: FileReader, fid: int, name: str, shape: FileShape = FileShape.WHOLE
) -> tuple[ReadFile, bytes | None]:
    """Read a file of the current directory; what became of it, and its content where it was read.

    Raises
    ------
    SessionDead, CardLost, ...
        Whatever ends more than this file.
    """
    try:
        octets = reader.read(fid, name, shape)
    except CardRefused as refused:
        if refused.sw == _NO_SUCH_FILE:
            return ReadFile(name, FileOutcome.ABSENT, sw=refused.sw), None
        damaged = refused.sw >> 8 in _FAILED or refused.sw == _CORRUPT
        return ReadFile(name, FileOutcome.DAMAGED if damaged else FileOutcome.REFUSED, sw=refused.sw), None
    except MalformedCardData:
        return ReadFile(name, FileOutcome.DAMAGED), None
    return ReadFile(name, FileOutcome.READ, len(octets)), octets
