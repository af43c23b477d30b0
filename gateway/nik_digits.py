"""Whether a text holds what looks like a NIK, so that it goes nowhere where one must not be."""

import re

_DIGITS = re.compile(r"\d(?:[\s.\-/_]?\d){15}")


def has_nik_digits(text: str) -> bool:
    """Sixteen digits in a row, however they are grouped; a longer run holds a NIK too."""
    return _DIGITS.search(text) is not None
