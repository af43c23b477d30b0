"""What a message must never hold, checked on the finished text: a NIK, and why an enrolment did not go well."""

import re

from gateway.centre.status import STATUS_NAMES, EnrolmentStatus
from gateway.nik_digits import has_nik_digits

_BAD_ENDS = (
    EnrolmentStatus.DUPLICATE_RECORD,
    EnrolmentStatus.ADJUDICATE_RECORD,
    EnrolmentStatus.ENROLL_FAILURE_AT_REGIONAL,
    EnrolmentStatus.ENROLL_FAILURE_AT_CENTRAL,
    EnrolmentStatus.SEARCH_FAILURE_AT_CENTRAL,
)
_WORDS = (
    *("gagal", "kegagalan", "ganda", "duplikat", "ditolak", "cacat", "amputasi", "adjudikasi"),
    *("failed", "failure", "duplicate", "rejected", "amputated", "adjudicate", "adjudication"),
    "nik",
)
_FORBIDDEN = re.compile(
    r"\b(?:"
    + "|".join(
        re.escape(words.lower()).replace(r"\ ", r"\s+")
        for words in (
            *_WORDS,
            *(each.value for each in _BAD_ENDS),
            *(text for each in _BAD_ENDS for text in (STATUS_NAMES[each].id, STATUS_NAMES[each].en)),
        )
    )
    + r")\b"
)


class ContentRefused(ValueError):
    """The text holds what no message may hold; the message says what, and does not quote a number."""


def check_content(text: str) -> None:
    """Raise `ContentRefused` where a text has 16 digits in a row, or words of a failure.

    An SMS is read by whoever holds the telephone, and by every network between: it says that something is ready, and
    nothing of the person.
    """
    if has_nik_digits(text):
        raise ContentRefused("it has 16 digits in a row, as a NIK has; a message never holds one")
    word = _FORBIDDEN.search(text.lower())
    if word is not None:
        raise ContentRefused(f"it says {word[0]!r}; how an enrolment went is told at the office, never by a message")
