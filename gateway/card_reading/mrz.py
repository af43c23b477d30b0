"""The machine readable zone as a chip repeats it in DG1 (ICAO Doc 9303-3, 4.9; 9303-4, -5 and -6, 4.2.2)."""

import re
from dataclasses import dataclass
from enum import Enum

from gateway.card import MalformedCardData, check_digit

_CHARACTERS = re.compile(r"[A-Z0-9<]+")


class MrzLayout(Enum):
    """Characters in each line."""

    TD1 = (30, 30, 30)
    """Identity cards."""
    TD2 = (36, 36)
    TD3 = (44, 44)
    """Passports."""


class MrzField(Enum):
    """A part of the zone that has a check digit."""

    DOCUMENT_NUMBER = "document number"
    BIRTH = "date of birth"
    EXPIRY = "date of expiry"
    OPTIONAL = "optional data"
    COMPOSITE = "all of it"


@dataclass(frozen=True, repr=False)
class MachineReadableZone:
    """What stands in the zone, without fillers; its text form shows none of it.

    Parameters
    ----------
    layout : MrzLayout
    document_code, issuer, document_number, nationality : str
    birth, expiry : str
        YYMMDD; `<` where a part is not known.
    sex : str
        `M`, `F` or empty.
    primary_name, secondary_name : str
        Empty where there is none: many people have one name alone.
    optional_data : str
    wrong_checks : tuple of MrzField
        Fields whose check digit does not agree.
    """

    layout: MrzLayout
    document_code: str
    issuer: str
    document_number: str
    nationality: str
    birth: str
    sex: str
    expiry: str
    primary_name: str
    secondary_name: str
    optional_data: str
    wrong_checks: tuple[MrzField, ...]

    def __repr__(self) -> str:
        return f"<machine readable zone of layout {self.layout.name}>"


def read_mrz(text: str) -> MachineReadableZone:
    """Take a zone apart; check digits that do not agree are named, not refused.

    Parameters
    ----------
    text : str
        All lines in one, as DG1 holds them.

    Raises
    ------
    MalformedCardData
        Its length is that of no layout, or it has characters that no zone has.
    """
    layout = next((each for each in MrzLayout if sum(each.value) == len(text)), None)
    if layout is None or not _CHARACTERS.fullmatch(text):
        raise MalformedCardData("the machine readable zone has no known length, or characters that none has")
    return _identity_card(text) if layout is MrzLayout.TD1 else _booklet(text, layout)


def _identity_card(text: str) -> MachineReadableZone:
    first, second, third = text[:30], text[30:60], text[60:]
    number, check, optional = _whole_number(first[5:14], first[14], first[15:30])
    composite = first[5:30] + second[0:7] + second[8:15] + second[18:29]
    checks = {
        MrzField.DOCUMENT_NUMBER: (number, check),
        MrzField.BIRTH: (second[0:6], second[6]),
        MrzField.EXPIRY: (second[8:14], second[14]),
        MrzField.COMPOSITE: (composite, second[29]),
    }
    return _zone(
        MrzLayout.TD1,
        first[0:5],
        third,
        number,
        second[15:18],
        second[0:6],
        second[7],
        second[8:14],
        optional + second[18:29],
        checks,
    )


def _booklet(text: str, layout: MrzLayout) -> MachineReadableZone:
    width = layout.value[0]
    first, second = text[:width], text[width:]
    number, check, optional = second[0:9], second[9], second[28:42]
    if layout is MrzLayout.TD2:
        number, check, optional = _whole_number(number, check, second[28:35])
    checks = {
        MrzField.DOCUMENT_NUMBER: (number, check),
        MrzField.BIRTH: (second[13:19], second[19]),
        MrzField.EXPIRY: (second[21:27], second[27]),
        MrzField.COMPOSITE: (second[0:10] + second[13:20] + second[21 : width - 1], second[width - 1]),
    }
    if layout is MrzLayout.TD3 and not (second[42] == "<" and not optional.strip("<")):
        checks[MrzField.OPTIONAL] = (optional, second[42])
    return _zone(
        layout,
        first[0:5],
        first[5:],
        number,
        second[10:13],
        second[13:19],
        second[20],
        second[21:27],
        optional,
        checks,
    )


def _whole_number(number: str, check: str, optional: str) -> tuple[str, str, str]:
    """A number of more than nine characters goes on in the optional data, its check digit after it (9303-5, 4.2.2)."""
    if check != "<" or optional.startswith("<"):
        return number, check, optional
    rest, _, left = optional.partition("<")
    return number + rest[:-1], rest[-1:], left


def _zone(
    layout: MrzLayout,
    head: str,
    names: str,
    number: str,
    nationality: str,
    birth: str,
    sex: str,
    expiry: str,
    optional: str,
    checks: dict[MrzField, tuple[str, str]],
) -> MachineReadableZone:
    primary, _, secondary = names.rstrip("<").partition("<<")
    return MachineReadableZone(
        layout=layout,
        document_code=_plain(head[0:2]),
        issuer=_plain(head[2:5]),
        document_number=_plain(number),
        nationality=_plain(nationality),
        birth=birth,
        sex=_plain(sex),
        expiry=expiry,
        primary_name=_plain(primary),
        secondary_name=_plain(secondary),
        optional_data=_plain(optional),
        wrong_checks=tuple(field for field, (text, digit) in checks.items() if check_digit(text) != digit),
    )


def _plain(text: str) -> str:
    return text.replace("<", " ").strip()
