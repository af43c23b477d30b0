"""What is printed on a document and opens its chip: MRZ or card access number (Doc 9303-3, 4.9; 9303-11, 9.7.2)."""

import re
from dataclasses import dataclass, field

from gateway.card.session_keys import sha1

_WEIGHTS = (7, 3, 1)
_NUMBER = re.compile(r"[A-Z0-9<]{1,22}")
_DATE = re.compile(r"[0-9<]{6}")
_CAN = re.compile(r"[0-9]{6}")


def check_digit(text: str) -> str:
    """The check digit of a field of the MRZ: weights 7, 3, 1, modulo 10 (9303-3, 4.9).

    Raises
    ------
    ValueError
        A character that no MRZ holds.
    """
    total = 0
    for position, character in enumerate(text):
        if character == "<":
            value = 0
        elif character.isascii() and character.isdigit():
            value = int(character)
        elif "A" <= character <= "Z":
            value = ord(character) - ord("A") + 10
        else:
            raise ValueError("an MRZ holds A to Z, 0 to 9 and < alone")
        total += value * _WEIGHTS[position % 3]
    return str(total % 10)


@dataclass(frozen=True)
class MrzPassword:
    """Document number, birth and expiry, without check digits; its text form shows nothing.

    Parameters
    ----------
    document_number : str
        As printed; fillers at its end may be left out.
    birth, expiry : str
        YYMMDD; `<` where unknown.

    Raises
    ------
    ValueError
        A field that no MRZ can hold; the message names the field alone.
    """

    document_number: str = field(repr=False)
    birth: str = field(repr=False)
    expiry: str = field(repr=False)

    reference = 0x01
    """Password reference of PACE (9303-11, 4.4.4.1)."""
    name = "the fields of the MRZ"

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.document_number):
            raise ValueError("the document number is not one of A to Z, 0 to 9 and <")
        for name in ("birth", "expiry"):
            if not _DATE.fullmatch(getattr(self, name)):
                raise ValueError(f"the date of {name} is six digits, YYMMDD")

    @property
    def information(self) -> bytes:
        """The fields with their check digits, as they are hashed (9303-11, D.2)."""
        number = self.document_number.ljust(9, "<")
        fields = (number, self.birth, self.expiry)
        return "".join(text + check_digit(text) for text in fields).encode("ascii")

    @property
    def secret(self) -> bytes:
        """20 bytes: what PACE derives a key from, and BAC from its first 16."""
        return sha1(self.information)


@dataclass(frozen=True)
class CardAccessNumber:
    """Six digits on the front of a card; its text form shows nothing.

    Raises
    ------
    ValueError
        It is not six digits.
    """

    digits: str = field(repr=False)

    reference = 0x02
    name = "the card access number"

    def __post_init__(self) -> None:
        if not _CAN.fullmatch(self.digits):
            raise ValueError("a card access number is six digits")

    @property
    def secret(self) -> bytes:
        """The digits as characters (9303-11, 9.7.3)."""
        return self.digits.encode("ascii")
