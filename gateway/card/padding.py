"""Padding of messages to a cipher's block (ISO/IEC 9797-1, padding method 2; 7816-4:2013, 10.2.3.1)."""

from gateway.card.errors import MalformedCardData


def padded(octets: bytes, block: int) -> bytes:
    """`octets`, then 80, then as few zeros as fill a block."""
    return octets + b"\x80" + bytes(-(len(octets) + 1) % block)


def unpadded(octets: bytes, block: int) -> bytes:
    """What was padded.

    Raises
    ------
    MalformedCardData
        No 80 in the last block, or something but zeros after it.
    """
    stripped = octets.rstrip(b"\x00")
    if not stripped or stripped[-1] != 0x80 or len(octets) - len(stripped) >= block:
        raise MalformedCardData("the padding of what the card sent is wrong")
    return stripped[:-1]
