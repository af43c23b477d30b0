"""Data objects of cards: BER-TLV with tags of up to three bytes, read strictly (ISO/IEC 7816-4:2013, 5.2.2).

asn1crypto reads what is ASN.1 (EF.CardAccess, EF.SOD); card data objects are read here, as its parser takes indefinite
lengths, which cards must not send, and copies what is left at each step.
"""

from dataclasses import dataclass

from gateway.card.errors import MalformedCardData

MAX_TAG = 3
MAX_LENGTH = 4
"""Bytes of a length after the first; 7816-4:2013, 5.2.2.2, has up to four."""


@dataclass(frozen=True, repr=False)
class DataObject:
    """One data object; its text form shows tag and length, never the value."""

    tag: int
    """All bytes of the tag as one number, e.g. 0x7F49."""
    value: bytes
    raw: bytes
    """As it came, tag and length with it: what a MAC is computed over."""

    def __repr__(self) -> str:
        return f"<data object {self.tag:02X}, {len(self.value)} bytes>"


def data_object(tag: int, value: bytes) -> bytes:
    """Tag, length in its shortest form, value."""
    length = len(value)
    if length < 0x80:
        head = bytes((length,))
    else:
        count = (length.bit_length() + 7) // 8
        head = bytes((0x80 | count,)) + length.to_bytes(count, "big")
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + head + value


def data_objects(octets: bytes) -> list[DataObject]:
    """All data objects that follow one another in `octets`, with nothing before, between or after.

    Raises
    ------
    MalformedCardData
        A tag or length is cut off, too long or indefinite, or a value goes beyond the end.
    """
    found = []
    position = 0
    while position < len(octets):
        start = position
        tag, position = _tag(octets, position)
        length, position = _length(octets, position)
        if length > len(octets) - position:
            raise MalformedCardData(
                f"data object {tag:02X} at byte {start} says {length} bytes, {len(octets) - position} follow"
            )
        position += length
        found.append(DataObject(tag, octets[position - length : position], octets[start:position]))
    return found


def only_object(octets: bytes, tag: int) -> bytes:
    """The value of the one data object that `octets` are.

    Raises
    ------
    MalformedCardData
        There is none, another or more than one.
    """
    found = data_objects(octets)
    if [item.tag for item in found] != [tag]:
        raise MalformedCardData(f"one data object {tag:02X} is due; there are {len(found)}, of other tags or too many")
    return found[0].value


def objects_by_tag(octets: bytes) -> dict[int, bytes]:
    """Values by tag, where no tag may come twice.

    Raises
    ------
    MalformedCardData
        Malformed, or a tag comes twice.
    """
    found = data_objects(octets)
    by_tag = {item.tag: item.value for item in found}
    if len(by_tag) != len(found):
        raise MalformedCardData(f"of {len(found)} data objects one comes twice")
    return by_tag


def _tag(octets: bytes, start: int) -> tuple[int, int]:
    position = start + 1
    if octets[start] & 0x1F == 0x1F:
        while True:
            if position >= len(octets):
                raise MalformedCardData(f"the tag at byte {start} is cut off")
            position += 1
            if position - start > MAX_TAG:
                raise MalformedCardData(f"the tag at byte {start} is longer than {MAX_TAG} bytes")
            if not octets[position - 1] & 0x80:
                break
    return int.from_bytes(octets[start:position], "big"), position


def _length(octets: bytes, start: int) -> tuple[int, int]:
    if start >= len(octets):
        raise MalformedCardData(f"the length at byte {start} is missing")
    first = octets[start]
    if first < 0x80:
        return first, start + 1
    count = first & 0x7F
    if not 1 <= count <= MAX_LENGTH:
        raise MalformedCardData(f"the length at byte {start} is indefinite or longer than {MAX_LENGTH} bytes")
    end = start + 1 + count
    if end > len(octets):
        raise MalformedCardData(f"the length at byte {start} is cut off")
    return int.from_bytes(octets[start + 1 : end], "big"), end
