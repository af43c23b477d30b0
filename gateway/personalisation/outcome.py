"""How a card ended, signed and put into the journal."""

import re
from dataclasses import dataclass

from drivers import CardRefused
from gateway.personalisation.job import JobState
from gateway.personalisation.journal import Journal
from gateway.personalisation.journal_entry import CardRecord, JobRecord
from gateway.personalisation.result import CardOutcome, CardResult, sign_result
from gateway.trust import KeyProblem, Signer


@dataclass(frozen=True)
class PersonalisationOutcome:
    """How a card ended."""

    job_id: str
    state: JobState
    """`DONE` or `INVALIDATED`."""
    serial: str
    """Of the card."""
    reason: str
    """What spoiled it: a code; empty where it is done."""
    terminated: bool
    """Of a spoiled card: its chip is out of use. Else it is to be destroyed by hand."""
    result: bytes | None
    """JWS of a `CardResult`; None where the key could not sign: `Personaliser.signed_result` makes it later."""


def signed(
    journal: Journal,
    signer: Signer,
    record: JobRecord,
    serial: str,
    outcome: CardOutcome,
    reason: str = "",
    *,
    terminated: bool = False,
) -> bytes:
    """The signed result of a card.

    Raises
    ------
    KeyProblem
    """
    job, card = record.job, journal.card(serial)
    assert card is not None  # whatever ended was bound before
    result = CardResult(
        job.job_id,
        signer.gateway_id,
        outcome,
        serial,
        terminated,
        job.profile,
        job.profile_version,
        job.image_sha256,
        card.card_sha256,
        job.enrolment_id,
        job.requested_by,
        reason,
        journal.now(),
    )
    return sign_result(result, signer)


def spoiled(
    journal: Journal, signer: Signer, record: JobRecord, serial: str, reason: str, *, terminated: bool
) -> PersonalisationOutcome:
    """Count a job's card as spoiled, whether or not the key can sign that now."""
    try:
        result = signed(journal, signer, record, serial, CardOutcome.INVALIDATED, reason, terminated=terminated)
    except KeyProblem:
        result = None
    journal.spoil(record.job.job_id, reason, terminated=terminated, result=result)
    return PersonalisationOutcome(record.job.job_id, JobState.INVALIDATED, serial, reason, terminated, result)


def mark_out_of_use(journal: Journal, signer: Signer, known: CardRecord) -> None:
    """Put down that a barred card was put out of use when it came back."""
    result = None
    if known.job_id:
        record = journal.record(known.job_id)
        try:
            result = signed(
                journal, signer, record, known.serial, CardOutcome.INVALIDATED, known.reason, terminated=True
            )
        except KeyProblem:
            result = None  # the former one stands: it says less, and nothing false of the card's use
    journal.put_out_of_use(known.serial, result)


def code_of(error: Exception) -> str:
    """A stable code of what happened: an error's own, or its class in capitals, e.g. CARD_REFUSED_6A84."""
    if isinstance(error, CardRefused):
        return f"CARD_REFUSED_{error.sw:04X}"
    own = getattr(error, "reason", None)
    return own if isinstance(own, str) else re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).upper()
