"""Lists of enrolments a page at a time, none lost or shown twice where several began in one millisecond."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from gateway.enrolment import Enrolments, EnrolmentState, EnrolmentSummary
from gateway.service.errors import BadArgumentError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_MS = 1 << 62
_WHOLE = 1000


@dataclass(frozen=True)
class Page:
    """Where a page begins.

    Parameters
    ----------
    before_ms : int
        Enrolments begun before that millisecond since 1970.
    shown : tuple of str
        Those of the last millisecond that the page before had already.
    """

    before_ms: int
    shown: tuple[str, ...]

    @property
    def token(self) -> str:
        """For the client to give back."""
        return base64.urlsafe_b64encode(json.dumps([self.before_ms, *self.shown]).encode()).decode()

    @classmethod
    def of(cls, token: str) -> Self:
        """The page that a token names.

        Raises
        ------
        BadArgumentError
        """
        try:
            before_ms, *shown = json.loads(base64.urlsafe_b64decode(token.encode()))
            if not (
                isinstance(before_ms, int) and abs(before_ms) <= _END_MS and all(isinstance(s, str) for s in shown)
            ):
                raise ValueError
        except (ValueError, TypeError, RecursionError, binascii.Error):
            raise BadArgumentError("page_token", "is none that this gateway gave; begin without one") from None
        return cls(before_ms, tuple(shown))


def first_page() -> Page:
    """Where a list begins."""
    return Page(_END_MS, ())


def next_page(
    enrolments: Enrolments, states: Sequence[EnrolmentState], page: Page, size: int
) -> tuple[list[EnrolmentSummary], Page | None]:
    """Up to `size` enrolments, and where the next page begins; None after the last. Blocking."""
    # One more than is shown says whether there is a next page.
    found = enrolments.list(states, size + len(page.shown) + 1, page.before_ms)
    left = [line for line in found if line.enrolment_id not in page.shown]
    lines = left[:size]
    if len(left) <= size:
        return lines, None
    last_ms = _begun_ms(lines[-1])
    shown = [line.enrolment_id for line in lines if _begun_ms(line) == last_ms]
    if page.before_ms == last_ms + 1:
        shown += page.shown
    return lines, Page(last_ms + 1, tuple(shown))


def under_way(enrolments: Enrolments) -> list[EnrolmentSummary]:
    """Every enrolment that is open or paused, the latest first. Blocking."""
    found: list[EnrolmentSummary] = []
    page: Page | None = first_page()
    while page is not None:
        lines, page = next_page(enrolments, (EnrolmentState.OPEN, EnrolmentState.PAUSED), page, _WHOLE)
        found += lines
    return found


def _begun_ms(line: EnrolmentSummary) -> int:
    return (line.started.wall - _EPOCH) // timedelta(milliseconds=1)
