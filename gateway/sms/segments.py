"""How a text is coded and cut: what a person pays for."""

from dataclasses import dataclass
from enum import IntEnum

from gateway.sms.gsm7 import septets_of

MAX_SEGMENTS = 255
"""TP-UDH counts parts in one octet (3GPP TS 23.040 clause 9.2.3.24.1)."""


class Coding(IntEnum):
    """TP-Data-Coding-Scheme of a message (3GPP TS 23.038 clause 4)."""

    GSM7 = 0x00
    UCS2 = 0x08


# Units (septets, or 16-bit codes) of a single part, and of one part of several: 140 octets, 6 of them a header then.
_SINGLE = {Coding.GSM7: 160, Coding.UCS2: 70}
_JOINED = {Coding.GSM7: 153, Coding.UCS2: 67}


@dataclass(frozen=True)
class Segments:
    """A text, cut."""

    coding: Coding
    parts: tuple[str, ...]
    odd_characters: str
    """Characters for which the 7-bit alphabet has no code, each once: one of them more than doubles the cost."""


def segments_of(text: str) -> Segments:
    """Cut a text into what messages hold; no character is cut in two.

    Raises
    ------
    ValueError
        It is empty, has an unpaired surrogate, or is longer than a message of 255 parts.
    """
    if not text:
        raise ValueError("a message has no text")
    odd = "".join(dict.fromkeys(char for char in text if septets_of(char) is None))
    coding = Coding.UCS2 if odd else Coding.GSM7
    lengths = [units_of(char, coding) for char in text]
    if sum(lengths) <= _SINGLE[coding]:
        return Segments(coding, (text,), odd)
    parts: list[str] = []
    start, used = 0, 0
    for place, length in enumerate(lengths):
        if used + length > _JOINED[coding]:
            parts.append(text[start:place])
            start, used = place, 0
        used += length
    parts.append(text[start:])
    if len(parts) > MAX_SEGMENTS:
        raise ValueError(f"a message has at most {MAX_SEGMENTS} parts, this one {len(parts)}")
    return Segments(coding, tuple(parts), odd)


def units_of(char: str, coding: Coding) -> int:
    """Septets, or 16-bit codes, that a character takes.

    Raises
    ------
    ValueError
        It has no such code.
    """
    if coding is Coding.GSM7:
        septets = septets_of(char)
        if septets is None:
            raise ValueError(f"{char!r} is not in the GSM 7-bit alphabet")
        return len(septets)
    if 0xD800 <= ord(char) <= 0xDFFF:
        raise ValueError(f"{char!r} is half a character")
    # Characters beyond the basic plane go as two codes; telephones read UTF-16 where UCS-2 is said.
    return 2 if ord(char) > 0xFFFF else 1
