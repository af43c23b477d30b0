"""BER-TLV inside a chip: tags of one or two bytes, lengths of up to three (ISO/IEC 7816-4:2013, 5.2.2)."""

from drivers.cards.chip.refusal import Refused


def data_object(tag: int, value: bytes) -> bytes:
    """Tag, length in its shortest form, value."""
    head = tag.to_bytes(2 if tag > 0xFF else 1, "big")
    length = len(value)
    if length < 0x80:
        return head + bytes((length,)) + value
    if length <= 0xFF:
        return head + bytes((0x81, length)) + value
    return head + b"\x82" + length.to_bytes(2, "big") + value


def data_objects(octets: bytes) -> dict[int, bytes]:
    """Values by tag of data objects that follow one another, none of them twice.

    Raises
    ------
    Refused
        6A80: malformed.
    """
    found: dict[int, bytes] = {}
    position = 0
    while position < len(octets):
        tag = octets[position]
        position += 1
        if tag & 0x1F == 0x1F:
            tag = tag << 8 | _byte(octets, position)
            position += 1
            if tag & 0x80:
                raise Refused(0x6A80)
        length, position = _length(octets, position)
        value = octets[position : position + length]
        if len(value) != length or tag in found:
            raise Refused(0x6A80)
        found[tag] = value
        position += length
    return found


def _length(octets: bytes, position: int) -> tuple[int, int]:
    first = _byte(octets, position)
    if first < 0x80:
        return first, position + 1
    count = first & 0x7F
    if count not in (1, 2):
        raise Refused(0x6A80)
    end = position + 1 + count
    if end > len(octets):
        raise Refused(0x6A80)
    return int.from_bytes(octets[position + 1 : end], "big"), end


def _byte(octets: bytes, position: int) -> int:
    if position >= len(octets):
        raise Refused(0x6A80)
    return octets[position]
