"""The number that a resident is given for an enrolment: short enough to be read out over the telephone."""

import hashlib
import re

# Crockford's base 32: no I, L, O and U, which are taken for 1, 1, 0 and V.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
_CHARACTERS = 10
"""50 bits: among a million enrolments of an office two have one number with a chance of 1 in 2,000."""
_FORM = re.compile(rf"[{_ALPHABET}]{{5}}-[{_ALPHABET}]{{5}}")


def reference_number(enrolment_id: str) -> str:
    """The number of an enrolment, `7K2QD-4MZ0X`; it says nothing of the person and cannot be turned back."""
    value = int.from_bytes(hashlib.sha256(b"rekam-reference\0" + enrolment_id.encode()).digest()[:7], "big") >> 6
    text = "".join(_ALPHABET[(value >> 5 * place) & 31] for place in reversed(range(_CHARACTERS)))
    return f"{text[:5]}-{text[5:]}"


def read_reference_number(text: str) -> str:
    """A number as somebody wrote it: lower case, without the dash, with O for 0.

    Raises
    ------
    ValueError
        It is none.
    """
    plain = re.sub(r"[\s-]", "", text).upper().translate(_READ_AS)
    number = f"{plain[:5]}-{plain[5:]}"
    if not _FORM.fullmatch(number):
        raise ValueError("a reference number has ten letters and digits, as in 7K2QD-4MZ0X")
    return number
