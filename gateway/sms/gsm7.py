"""The GSM 7-bit default alphabet with its extension table, and how its septets are packed (3GPP TS 23.038)."""

from collections.abc import Sequence

ESCAPE = 0x1B

# 3GPP TS 23.038 clause 6.2.1; the position is the code. ESCAPE stands for itself and is no character.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Clause 6.2.1.1.
_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}

_CODES: dict[str, tuple[int, ...]] = {
    **{char: (code,) for code, char in enumerate(_BASIC) if code != ESCAPE},
    **{char: (ESCAPE, code) for code, char in _EXTENSION.items()},
}


def septets_of(char: str) -> tuple[int, ...] | None:
    """The one or two septets of a character; None where the alphabet has none."""
    return _CODES.get(char)


def text_of(septets: Sequence[int]) -> str:
    """The text of septets; an escape without a known code is a space and the basic character (clause 6.2.1.1).

    Raises
    ------
    ValueError
        A value is no septet, or an escape ends the text.
    """
    found: list[str] = []
    codes = iter(septets)
    for code in codes:
        if not 0 <= code < 0x80:
            raise ValueError(f"{code} is no septet")
        if code != ESCAPE:
            found.append(_BASIC[code])
            continue
        extended = next(codes, None)
        if extended is None:
            raise ValueError("an escape ends the text")
        found.append(_EXTENSION.get(extended, _BASIC[extended] if extended != ESCAPE else " "))
    return "".join(found)


def pack(septets: Sequence[int], fill_bits: int = 0) -> bytes:
    """Septets as octets, the first in the lowest bits (clause 6.1.2.1.1).

    Parameters
    ----------
    septets : sequence of int
        Each 0 to 127.
    fill_bits : int
        Zero bits before the first septet, 0 to 6, so that it begins on a septet boundary after a header.
    """
    value, bits = 0, fill_bits
    for septet in septets:
        value |= septet << bits
        bits += 7
    return value.to_bytes((bits + 7) // 8, "little")


def unpack(packed: bytes, count: int, fill_bits: int = 0) -> list[int]:
    """`count` septets out of octets.

    Raises
    ------
    ValueError
        There are fewer.
    """
    if len(packed) * 8 < fill_bits + count * 7:
        raise ValueError(f"{len(packed)} octets hold fewer than {count} septets")
    value = int.from_bytes(packed, "little") >> fill_bits
    return [(value >> 7 * each) & 0x7F for each in range(count)]
