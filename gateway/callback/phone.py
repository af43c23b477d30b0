"""Telephone numbers as people in Indonesia write them, made E.164."""

import re

INDONESIA = "62"
_LONGEST = 15
"""Digits of an international number (ITU-T E.164 clause 6.2.1)."""
# Between digits people put spaces, dots, dashes, slashes and brackets.
_SEPARATORS = re.compile(r"[\s.\-/()\u2010-\u2015\u00a0]+")


class PhoneInvalid(ValueError):
    """The text is no telephone number; the message says what is due, and does not quote it."""


def normalised_phone(text: str) -> str:
    """The number in the form `+6281234567890`.

    Parameters
    ----------
    text : str
        `0812-3456-7890`, `62812...`, `+62 812...`, `0062...`, `8123...`, `+62 (0)812...`; numbers of other countries
        with `+` or `00` in front.

    Raises
    ------
    PhoneInvalid
    """
    plain = _SEPARATORS.sub("", text.strip())
    plus = plain.startswith("+")
    digits = plain.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal()):
        raise PhoneInvalid("a telephone number has digits alone, as in 0812-3456-7890")
    if not plus and digits.startswith("00"):
        plus, digits = True, digits[2:]
    if not plus:
        digits = _with_country(digits)
    if digits.startswith(INDONESIA):
        return f"+{INDONESIA}{_indonesian(digits.removeprefix(INDONESIA))}"
    if digits.startswith("0") or not 7 <= len(digits) <= _LONGEST:
        raise PhoneInvalid("a number of another country has its code, and 7 to 15 digits with it")
    return f"+{digits}"


def masked(phone: str) -> str:
    """The number for a list that many look at: `+62…890`."""
    return f"{phone[:3]}…{phone[-3:]}"


def _with_country(digits: str) -> str:
    if digits.startswith("0"):
        return INDONESIA + digits[1:]
    # Without 0 and plus: 62812... is the whole number; 812... was written without its 0.
    return digits if digits.startswith(INDONESIA) else INDONESIA + digits


def _indonesian(national: str) -> str:
    """The digits after 62; a 0 that was kept before them, as in +62 (0)812, is dropped."""
    national = national.removeprefix("0")
    # Mobile: 8 and eight to eleven more. Others: area codes begin with 2 to 7 and 9; seven to ten digits with them.
    if not re.fullmatch(r"8[0-9]{8,11}|[2-79][0-9]{6,10}", national):
        raise PhoneInvalid("a number of Indonesia has 9 to 12 digits after 0 or +62, as in 0812-3456-7890")
    return national
