"""Cards between their values and the API's messages, and back."""

from dataclasses import fields, replace
from datetime import date

from rekam.v1 import card_pb2 as pb

from gateway.card import CardAccessNumber, KeySource, MrzPassword
from gateway.card_profile import LIFELONG, Biodata, CardProfile, Sex
from gateway.card_reading import CardCredentials
from gateway.holder_check import LIVENESS_WORDS, HolderDecision, SupervisedReason
from gateway.personalisation import (
    BlankRange,
    CardRecord,
    JobRecord,
    JobState,
    PersonalisationOutcome,
    Progress,
    Reconciliation,
    StockLevel,
)
from gateway.personalisation import CardStanding as Standing
from gateway.service import capture_messages, convert
from gateway.service.card_profiles import handed_in
from gateway.service.errors import BadArgumentError

LIFELONG_WORD = "lifelong"
_DATES = ("birth_date", "valid_until", "issue_date")
_STANDINGS = {
    Standing.BOUND: pb.CARD_STANDING_WAITING,
    Standing.FINISHED: pb.CARD_STANDING_PERSONAL,
    Standing.SPOILED: pb.CARD_STANDING_SPOILED,
}


def profile(value: CardProfile) -> pb.CardProfile:
    """What a desk knows of a profile."""
    return pb.CardProfile(
        name=value.name,
        version=value.version,
        title=convert.localized(value.title),
        capacity=value.capacity,
        files=[file.name for file in value.files],
        handed_in=handed_in(value),
        holder_check=value.holder is not None,
        channel=value.channel is not None,
        test_keys=value.channel is not None and value.channel.test_keys,
    )


def job_state(state: JobState) -> int:
    """The API's number for a state."""
    return convert.enum_number(state, "CARD_JOB_STATE", pb.CardJobState)


def standing(record: CardRecord | None) -> int:
    """How a card stands by the journal; unspecified where it knows nothing of it."""
    return pb.CARD_STANDING_UNSPECIFIED if record is None else _STANDINGS[record.standing]


def job(record: JobRecord, device_id: str = "") -> pb.CardJob:
    """A job as it stands, and the reader that works on it now."""
    asked = record.job
    return pb.CardJob(
        job_id=asked.job_id,
        state=job_state(record.state),  # type: ignore[arg-type]
        detail=record.detail,
        enrolment_id=asked.enrolment_id,
        profile=asked.profile,
        profile_version=asked.profile_version,
        requested_by=asked.requested_by,
        created=convert.timestamp(asked.created),
        expires=convert.timestamp(asked.expires),
        signed_by=record.signed_by,
        closed=record.closed,
        cards=[
            pb.CardOfJob(
                serial=each.serial,
                standing=standing(each),  # type: ignore[arg-type]
                reason=each.reason,
                out_of_use=each.terminated,
            )
            for each in record.cards
        ],
        card_waits=record.state.is_pending and not device_id,
        device_id=device_id,
    )


def progress(value: Progress) -> pb.CardProgress:
    """One step of a card."""
    return pb.CardProgress(
        state=job_state(value.state),  # type: ignore[arg-type]
        file=value.detail,
        step=value.step,
        steps=value.of,
    )


def result(outcome: PersonalisationOutcome, record: JobRecord) -> pb.CardResult:
    """How a card ended."""
    return pb.CardResult(
        job=job(record),
        serial=outcome.serial,
        done=outcome.state is JobState.DONE,
        reason=outcome.reason,
        out_of_use=outcome.terminated,
        result=outcome.result or b"",
    )


def biodata(value: Biodata) -> pb.CardBiodata:
    """Biodata; what is not known is empty."""
    message = pb.CardBiodata()
    for each in fields(value):
        found = getattr(value, each.name)
        if isinstance(found, date):
            text = LIFELONG_WORD if found == LIFELONG and each.name == "valid_until" else found.isoformat()
        else:
            text = "" if found is None else str(found)
        setattr(message, each.name, text)
    return message


def read_biodata(message: pb.CardBiodata, reference: str) -> Biodata:
    """The biodata of a request; `reference` where it names none.

    Raises
    ------
    BadArgumentError
        A field is out of its form; it is named, its content never.
    """
    values: dict[str, object] = {"reference": message.reference or reference}
    for each in fields(Biodata):
        text = getattr(message, each.name)
        if each.name == "reference" or not text:
            continue
        values[each.name] = _read(each.name, text)
    try:
        return Biodata(**values)  # type: ignore[arg-type]
    except ValueError as error:
        field = str(error).partition(":")[0]
        raise BadArgumentError(f"biodata.{field}", str(error).partition(": ")[2] or "cannot stand on a card") from None


def _read(name: str, text: str) -> object:
    if name == "sex":
        return Sex(text)
    if name not in _DATES:
        return text
    if text == LIFELONG_WORD:
        return LIFELONG
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadArgumentError(f"biodata.{name}", "is no day of the calendar; give it as YYYY-MM-DD") from None


def credentials(message: pb.CardCredentials, keys: KeySource | None = None) -> CardCredentials:
    """What opens a card.

    Raises
    ------
    BadArgumentError
    """
    found = CardCredentials(keys=keys)
    try:
        if message.HasField("mrz"):
            mrz = message.mrz
            found = replace(found, mrz=MrzPassword(mrz.document_number, mrz.birth, mrz.expiry))
        if message.can:
            found = replace(found, can=CardAccessNumber(message.can))
    except ValueError as error:
        raise BadArgumentError("credentials", str(error)) from None
    return replace(found, pin=message.pin.encode("ascii")) if message.pin else found


def decision(value: HolderDecision, statement: bytes) -> pb.HolderDecision:
    """What a holder check came to."""
    message = pb.HolderDecision(
        outcome=convert.enum_number(value.outcome, "HOLDER_OUTCOME", pb.HolderOutcome),  # type: ignore[arg-type]
        words=convert.localized(value.outcome.text),
        hands_over=value.outcome.hands_over,
        card_serial=value.hand_over.card_serial,
        job_id=value.hand_over.job_id,
        tries_left=value.tries_left,
        liveness=map(capture_messages.liveness, value.liveness),
        liveness_note=convert.localized(LIVENESS_WORDS),
        statement=statement,
    )
    if value.place is not None:
        message.comparison = convert.enum_number(value.place, "HOLDER_COMPARISON", pb.HolderComparison)  # type: ignore[assignment]
    if value.finger is not None:
        message.finger = int(value.finger)  # type: ignore[assignment]
    if value.fmr is not None:
        message.false_match_rate = value.fmr
    if value.card_tries_left is not None:
        message.card_tries_left = value.card_tries_left
    return message


def supervised_reason(number: int) -> SupervisedReason:
    """The reason for the API's number."""
    return convert.enum_value(number, "SUPERVISED_REASON", pb.SupervisedReason, SupervisedReason)


def level(value: StockLevel) -> pb.StockLevel:
    """The book."""
    return pb.StockLevel(
        brought_in=value.brought_in,
        used=value.used,
        spoiled=value.spoiled,
        in_hand=value.in_hand,
        unlisted=value.unlisted,
        blanks=value.blanks,
    )


def blank_range(value: BlankRange) -> pb.BlankRange:
    """Blanks that were brought in together."""
    return pb.BlankRange(
        first=value.first,
        last=value.last,
        blanks=value.blanks,
        brought_by=value.brought_by,
        time=convert.timestamp(value.at),
    )


def reconciliation(value: Reconciliation, book: StockLevel) -> pb.ReconcileStockResponse:
    """A person's count beside the book."""
    return pb.ReconcileStockResponse(
        book=value.book,
        counted=value.counted,
        difference=value.difference,
        agrees=value.agrees,
        missing=value.missing,
        surplus=[pb.SurplusBlank(serial=serial, book=words) for serial, words in value.surplus],
        level=level(book),
    )
