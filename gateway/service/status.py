"""Errors of ours to refusals: one table, a file of rows for each part of the gateway."""

from collections.abc import Callable

from gateway.enrolment import EnrolmentError, SealingFailed
from gateway.service import card_status, centre_status, device_status, enrolment_status, keeping_status, request_status
from gateway.service.refusal import Refusal


def refusal_of(error: BaseException) -> Refusal | None:
    """The refusal for an error of ours; None for anything else, which is a bug."""
    for kind in type(error).__mro__:
        row = _TABLE.get(kind)
        if row is not None:
            return row(error)
    return None


def _enrolment_refusal(row: enrolment_status.EnrolmentRow) -> Callable[[BaseException], Refusal]:
    def refusal(error: BaseException) -> Refusal:
        assert isinstance(error, EnrolmentError)
        if type(error) is SealingFailed and error.__cause__ is not None:
            told = refusal_of(error.__cause__)  # a key that has ended, or nobody to seal for, says more
            if told is not None:
                return told
        words = row.words(error)
        violations = ((row.field, words.en),) if row.field else ()
        return Refusal(row.code, error.reason, words, row.metadata(error), row.retry_s, violations, row.details(error))

    return refusal


_TABLE: dict[type, Callable[[BaseException], Refusal]] = {
    **{kind: _enrolment_refusal(row) for kind, row in enrolment_status.ROWS.items()},
    **device_status.ROWS,
    **request_status.ROWS,
    **keeping_status.ROWS,
    **centre_status.ROWS,
    **card_status.ROWS,
}
