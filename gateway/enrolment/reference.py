"""Whose enrolment it is: a NIK, or an application number; never shown by `repr`, in a log or in an error."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.enrolment.errors import ReferenceInvalid

FIRST_PROVINCE, LAST_PROVINCE = 11, 96
"""Codes of provinces are within these."""
WOMEN = 40
"""Added to the day of birth in the NIK of a woman."""


class ReferenceKind(StrEnum):
    """What the reference is."""

    NIK = "nik"
    APPLICATION = "application"


class ReferenceFault(StrEnum):
    """What is wrong with the shape of a reference."""

    NOT_DIGITS = "not_digits"
    LENGTH = "length"
    PROVINCE = "province"
    DAY = "day"
    MONTH = "month"
    SERIAL = "serial"
    PATTERN = "pattern"
    KIND = "kind"


class ReferenceRemark(StrEnum):
    """In what a NIK differs from what is said of the person; it warns, since a NIK is never re-issued."""

    BIRTH_DATE_DIFFERS = "birth_date_differs"
    SEX_DIFFERS = "sex_differs"


class Sex(StrEnum):
    """As in the population register."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True)
class PersonReference:
    """A checked reference; made by `nik` and `application_number`."""

    kind: ReferenceKind
    value: str

    def __repr__(self) -> str:
        return f"PersonReference({self.kind.value}, masked)"

    @property
    def masked(self) -> str:
        """For a screen that others can see: the last four characters at most, and never the half of it."""
        shown = min(4, len(self.value) // 3)
        return "•" * (len(self.value) - shown) + self.value[len(self.value) - shown :]


def nik(text: str) -> PersonReference:
    """A NIK: `PPKKCC DDMMYY NNNN`, sixteen digits, the day of birth raised by 40 for women.

    Only what no NIK can be is refused. A date inside that no calendar has, as 31 February, is not: a NIK is lifelong
    and stays as it is even if the date in it is wrong.

    Raises
    ------
    ReferenceInvalid
        Names the fault.

    References
    ----------
    UU 23/2006 article 13; PP 40/2019 article 30(2).
    """
    if not re.fullmatch(r"[0-9]*", text):
        raise _invalid(ReferenceFault.NOT_DIGITS, "The NIK holds something other than the digits 0 to 9")
    if len(text) != 16:
        raise _invalid(ReferenceFault.LENGTH, f"The NIK has {len(text)} digits, 16 are due")
    province, day, month, serial = int(text[:2]), int(text[6:8]), int(text[8:10]), int(text[12:])
    if not FIRST_PROVINCE <= province <= LAST_PROVINCE:
        raise _invalid(ReferenceFault.PROVINCE, "The first two digits of the NIK are no province (11 to 96)")
    if not (1 <= day <= 31 or 1 + WOMEN <= day <= 31 + WOMEN):
        raise _invalid(ReferenceFault.DAY, "Digits 7 and 8 of the NIK are no day of birth (01 to 31, or 41 to 71)")
    if not 1 <= month <= 12:
        raise _invalid(ReferenceFault.MONTH, "Digits 9 and 10 of the NIK are no month (01 to 12)")
    if serial == 0:
        raise _invalid(ReferenceFault.SERIAL, "The last four digits of the NIK are no serial number (0001 to 9999)")
    return PersonReference(ReferenceKind.NIK, text)


def application_number(text: str, pattern: str) -> PersonReference:
    """An application number that has the profile's pattern as a whole.

    Raises
    ------
    ReferenceInvalid
    """
    if len(text) > 64 or not re.fullmatch(pattern, text):
        raise ReferenceInvalid(
            ReferenceFault.PATTERN,
            f"The application number does not have the form {pattern}.",
            "Type it as it stands on the application.",
        )
    return PersonReference(ReferenceKind.APPLICATION, text)


def reference_remarks(
    reference: PersonReference, birth_date: date | None = None, sex: Sex | None = None
) -> tuple[ReferenceRemark, ...]:
    """In what a NIK differs from the birth date and the sex that the register has; the century is not in a NIK."""
    if reference.kind is not ReferenceKind.NIK:
        return ()
    day, month, year = (int(reference.value[start : start + 2]) for start in (6, 8, 10))
    remarks = []
    if birth_date is not None and (day % WOMEN, month, year) != (
        birth_date.day,
        birth_date.month,
        birth_date.year % 100,
    ):
        remarks.append(ReferenceRemark.BIRTH_DATE_DIFFERS)
    if sex is not None and (day > WOMEN) != (sex is Sex.FEMALE):
        remarks.append(ReferenceRemark.SEX_DIFFERS)
    return tuple(remarks)


def _invalid(fault: ReferenceFault, cause: str) -> ReferenceInvalid:
    return ReferenceInvalid(fault, f"{cause}.", "Type it again from the family card or the register, digits only.")
