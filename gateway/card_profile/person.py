"""Whose card it is: biodata, portrait, signature and fingers, as they go onto a card; no text form shows any of it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerPosition, FingerTemplate

LIFELONG = date(9999, 12, 31)
"""Of a card that has no end (RFC 5280, 4.1.2.5, has the same for certificates)."""
MOST_CHARACTERS = 160
"""Of one field. Names have at most 60 (Permendagri 73/2022), addresses are longer."""
_REFERENCE = re.compile(r"[0-9A-Z][0-9A-Z/-]{3,39}")

Picture = bytes | NDArray[np.uint8]
"""A JPEG, PNG or JPEG 2000 file, or (height, width) or (height, width, 3) pixels, red first."""


class Sex(StrEnum):
    """As biodata have it."""

    MALE = "male"
    FEMALE = "female"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, repr=False)
class Biodata:
    """What is known of a person in words (UU 24/2013, article 64); everything but the reference may be missing.

    Texts are one line each, as the population register writes them: "LAKI-LAKI", "-" and the like are the caller's
    words. Nothing is derived from a NIK, whose digits may contradict the rest for a lifetime (PP 40/2019, article 30).

    Parameters
    ----------
    reference : str
        NIK or the number of an application: text, though it may be all digits.
    name, birth_place, blood_type, address, rt_rw, village, district, regency, province, religion, marital_status,
    occupation, citizenship, issue_place, issuer, card_number : str
        Empty where it is not known. `citizenship` is WNI, WNA or a code of three letters.
    birth_date, issue_date, valid_until : date, optional
        `valid_until` is `LIFELONG` where the card has no end.
    sex : Sex, optional

    Raises
    ------
    ValueError
        A field is out of its form; the message names the field alone.
    """

    reference: str
    name: str = ""
    birth_place: str = ""
    birth_date: date | None = None
    sex: Sex | None = None
    blood_type: str = ""
    address: str = ""
    rt_rw: str = ""
    village: str = ""
    district: str = ""
    regency: str = ""
    province: str = ""
    religion: str = ""
    marital_status: str = ""
    occupation: str = ""
    citizenship: str = ""
    valid_until: date | None = None
    issue_place: str = ""
    issue_date: date | None = None
    issuer: str = ""
    card_number: str = ""

    def __post_init__(self) -> None:
        if not _REFERENCE.fullmatch(self.reference):
            raise ValueError("reference: 4 to 40 of A-Z 0-9 / - are due")
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, str) and (problem := text_problem(value)):
                raise ValueError(f"{each.name}: {problem}")
        if self.sex is not None and not isinstance(self.sex, Sex):
            raise ValueError("sex: one of male, female and unspecified is due")
        for name in ("birth_date", "issue_date", "valid_until"):
            value = getattr(self, name)
            if value is not None and type(value) is not date:
                raise ValueError(f"{name}: a date without a time is due")

    def __repr__(self) -> str:
        return "<biodata>"


@dataclass(frozen=True, eq=False, repr=False)
class FingerScan:
    """The image of one finger, for cards that hold images rather than minutiae.

    Parameters
    ----------
    pixels : (height, width) uint8
        Ridges dark.
    ppi : float
    quality : int, optional
        0 to 100; None where it is not known.
    """

    pixels: NDArray[np.uint8]
    ppi: float
    quality: int | None = None


@dataclass(frozen=True, eq=False, repr=False)
class CardPerson:
    """All that may go onto a card of one person; a profile takes of it what it asks for."""

    biodata: Biodata
    portrait: Picture | None = None
    signature: Picture | None = None
    """Dark on light."""
    fingers: Mapping[FingerPosition, FingerTemplate] = field(default_factory=lambda: MappingProxyType({}))
    finger_scans: Mapping[FingerPosition, FingerScan] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return "<card person>"


def text_problem(text: str) -> str:
    """What speaks against a text as a field of a card; empty where nothing does."""
    if len(text) > MOST_CHARACTERS:
        return f"at most {MOST_CHARACTERS} characters are due"
    if text != text.strip():
        return "blanks at its ends"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co") for character in text):
        return "a line break, control character or character of no script"
    if unicodedata.normalize("NFC", text) != text:
        # One spelling of each text, so that equal biodata are equal bytes.
        return "not in Unicode's normal form C"
    return ""
