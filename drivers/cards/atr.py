"""What a card tells of itself when it is powered up (ISO/IEC 7816-3:2006, 8.2; 7816-4:2013, 12.1.1; PC/SC part 3)."""

from dataclasses import dataclass

MAX_ATR = 33


@dataclass(frozen=True)
class AnswerToReset:
    """An answer to reset, taken apart.

    A contactless card has none; its reader makes one of the answer to select (PC/SC part 3, 3.1.3.2.3).
    """

    raw: bytes
    protocols: tuple[int, ...]
    """Transmission protocols offered, e.g. (0, 1), in the card's order."""
    historical: bytes
    contactless: bool
    """It has the form that readers give contactless cards: 3B 8X 80 01 and historical bytes. A contact card that
    offers T=0 and T=1 with default parameters looks the same."""
    chaining: bool | None
    """Whether commands may be chained; None where the card does not say."""
    extended_length: bool | None
    """Whether lengths may be in the extended form; None where the card does not say."""


def decode_atr(raw: bytes) -> AnswerToReset:
    """Take an answer to reset apart.

    Raises
    ------
    ValueError
        It is not one: wrong first byte, ends early, too long, or its check byte does not fit. Bytes after the end
        are refused too.
    """
    if not 2 <= len(raw) <= MAX_ATR:
        raise ValueError(f"an answer to reset has 2 to {MAX_ATR} bytes, not {len(raw)}")
    if raw[0] not in (0x3B, 0x3F):
        raise ValueError(f"an answer to reset begins with 3B or 3F, not {raw[0]:02X}")
    historical_length, interface, position = raw[1] & 0xF, raw[1] >> 4, 2
    protocols: list[int] = []
    while True:
        position += (interface & 7).bit_count()  # TA, TB, TC
        if not interface & 8:
            break
        if position >= len(raw):
            raise ValueError("an answer to reset ends before its interface bytes do")
        td = raw[position]
        position += 1
        interface = td >> 4
        if td & 0xF not in protocols and td & 0xF != 15:  # 15 marks global bytes, not a protocol
            protocols.append(td & 0xF)
    protocols = protocols or [0]
    # 7816-3, 8.2.5: TCK is absent if T=0 alone is indicated, by default or by name.
    end = position + historical_length + (protocols != [0] or _names_global(raw))
    if len(raw) != end:
        raise ValueError(f"an answer to reset says {end} bytes and has {len(raw)}")
    if end > position + historical_length and _parity(raw[1:]):
        raise ValueError("the check byte of an answer to reset is wrong")
    historical = raw[position : position + historical_length]
    chaining, extended = _capabilities(historical)
    contactless = raw[0] == 0x3B and raw[1] >> 4 == 8 and raw[2:4] == b"\x80\x01"
    return AnswerToReset(raw, tuple(protocols), historical, contactless, chaining, extended)


def _names_global(raw: bytes) -> bool:
    """Whether T=15 is named, with which TCK is present even if the only protocol is T=0."""
    interface, position = raw[1] >> 4, 2
    while True:
        position += (interface & 7).bit_count()
        if not interface & 8:
            return False
        if raw[position] & 0xF == 15:
            return True
        interface = raw[position] >> 4
        position += 1


def _parity(octets: bytes) -> int:
    parity = 0
    for octet in octets:
        parity ^= octet
    return parity


def _capabilities(historical: bytes) -> tuple[bool | None, bool | None]:
    """Command chaining and extended length from the third software function table (7816-4:2013, 12.1.1.9)."""
    if not historical or historical[0] not in (0x00, 0x80):
        return None, None
    objects = historical[1:-3] if historical[0] == 0x00 else historical[1:]
    position = 0
    while position < len(objects):
        tag, length = objects[position] >> 4, objects[position] & 0xF
        value = objects[position + 1 : position + 1 + length]
        if tag == 7 and len(value) == 3:
            return bool(value[2] & 0x80), bool(value[2] & 0x40)
        position += 1 + length
    return None, None
