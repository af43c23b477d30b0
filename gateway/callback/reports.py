"""Which notice a delivery report is of, and what it says of the whole message."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from gateway.callback.dating import from_ms
from gateway.callback.values import NoticeState
from gateway.sms import Delivery, DeliveryReport

REPORTS_FOR = timedelta(days=3)
"""A modem counts its references to 255 and begins anew; a report is of a message no older than this."""
_CLOCKS_APART = timedelta(minutes=10)
"""Between the service centre's clock and ours."""
_VALIDITY = timedelta(hours=24)
"""`gateway.sms.submit.VALIDITY_24H`."""
REPORT_DUE = _VALIDITY + timedelta(hours=1)
"""After it was handed over: a message is not tried any more by then, and what became of it was reported, if ever."""
REPORTABLE = (NoticeState.SENT, NoticeState.UNCERTAIN, NoticeState.UNREPORTED)
"""Of which a report says something new."""
SETTLED = (NoticeState.DELIVERED, NoticeState.FAILED)

Reportable = tuple[str, str, int, str, int, str]
"""Id, state, segments, parts, begin of the try, reason."""


def meant(rows: Sequence[Reportable], report: DeliveryReport, now: datetime) -> Reportable | None:
    """The notice that a report is of, of those to its number, the latest first; None where it is of none, or known."""
    for row in rows:
        if report.reference in json.loads(row[3]) and now - from_ms(row[4]) <= REPORTS_FOR:
            # Of one that is settled the report is a second copy: a modem gives it again after a power cut.
            return None if row[1] in SETTLED else row
    for row in rows:
        begun = from_ms(row[4])
        at = report.submitted or now
        if row[1] == NoticeState.UNCERTAIN and begun - _CLOCKS_APART <= at <= begun + _VALIDITY:
            return row
    return None


def state_of(deliveries: Mapping[str, str], segments: int, before: NoticeState, reason: str) -> tuple[NoticeState, str]:
    """State and reason of a message whose parts were reported so; those before where that settles nothing."""
    if Delivery.FAILED in deliveries.values():
        return NoticeState.FAILED, "NOT_DELIVERED"
    if sum(each == Delivery.DELIVERED for each in deliveries.values()) >= segments:
        return NoticeState.DELIVERED, ""
    return before, reason
