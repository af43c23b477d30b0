"""PaperService: slips and letters as PDF."""

import asyncio
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import cast

from google.protobuf.timestamp_pb2 import Timestamp
from rekam.v1 import paper_pb2 as pb

from gateway.enrolment import EnrolmentSnapshot, EnrolmentState
from gateway.enrolment.part import PARTS
from gateway.enrolment.values import PartStatus
from gateway.papers import (
    FontUnusable,
    Letter,
    LetterKind,
    LetterRefused,
    Office,
    PaperSize,
    Slip,
    letter_pdf,
    read_letter_templates,
    slip_pdf,
)
from gateway.papers.letter_templates import LettersUnusable
from gateway.papers.values import Language
from gateway.reference_number import read_reference_number, reference_number
from gateway.service import convert
from gateway.service.access import Caller
from gateway.service.errors import BadArgumentError, NotSealedError, TemplatesUnusableError
from gateway.trust import ClockQuality, time_now

_SIZES = {
    pb.PAPER_SIZE_UNSPECIFIED: PaperSize.A5,
    pb.PAPER_SIZE_A4: PaperSize.A4,
    pb.PAPER_SIZE_A5: PaperSize.A5,
    pb.PAPER_SIZE_THERMAL_58: PaperSize.THERMAL_58,
    pb.PAPER_SIZE_THERMAL_80: PaperSize.THERMAL_80,
}
_KINDS = {
    pb.LETTER_KIND_CLOSED: LetterKind.CLOSED,
    pb.LETTER_KIND_OPEN_AGAIN: LetterKind.OPEN_AGAIN,
    pb.LETTER_KIND_CARDS_READY: LetterKind.CARDS_READY,
}


class PaperCore:
    """Makes the office's papers.

    Parameters
    ----------
    enrolment : callable
        The snapshot of an id; blocking. `EnrolmentUnknown` where there is none.
    office : Office
    zone : tzinfo
        Of its dates.
    letters : Path or None
        The office's own words.
    """

    def __init__(
        self, enrolment: Callable[[str], EnrolmentSnapshot], office: Office, zone: tzinfo, letters: Path | None
    ) -> None:
        self._enrolment = enrolment
        self._office = office
        self._zone = zone
        self._letters = letters

    async def render_slip(self, request: pb.RenderSlipRequest, caller: Caller) -> pb.RenderSlipResponse:
        """See the service."""
        return await asyncio.to_thread(self._slip, request)

    async def render_letter(self, request: pb.RenderLetterRequest, caller: Caller) -> pb.RenderLetterResponse:
        """See the service."""
        return await asyncio.to_thread(self._letter, request)

    def _slip(self, request: pb.RenderSlipRequest) -> pb.RenderSlipResponse:
        snapshot = self._enrolment(request.enrolment_id)
        if snapshot.state is not EnrolmentState.SEALED:
            raise NotSealedError(request.enrolment_id)
        slip = slip_of(snapshot, self._zone)
        try:
            pdf = slip_pdf(slip, self._office, _SIZES[request.size], _language(request.language), time_now().wall)
        except FontUnusable as error:
            raise TemplatesUnusableError(str(error)) from error
        return pb.RenderSlipResponse(pdf=pdf, reference_number=slip.reference)

    def _letter(self, request: pb.RenderLetterRequest) -> pb.RenderLetterResponse:
        letter = Letter(
            kind=_KINDS[request.kind],
            addressee=request.addressee,
            date=time_now().wall.astimezone(self._zone),
            since=self._day(request.since) if request.HasField("since") else None,
            expected=self._day(request.expected) if request.HasField("expected") else None,
            references=tuple(_reference(each) for each in request.references),
            signatory=request.signatory,
        )
        try:
            templates = read_letter_templates(self._letters)
            pdf = letter_pdf(letter, self._office, templates, _language(request.language))
        except (LettersUnusable, FontUnusable) as error:
            raise TemplatesUnusableError(str(error)) from error
        except LetterRefused as error:
            raise BadArgumentError(error.field, error.description) from error
        return pb.RenderLetterResponse(pdf=pdf)

    def _day(self, message: Timestamp) -> datetime:
        try:
            return convert.moment(message).astimezone(self._zone)
        except (ValueError, OverflowError) as error:
            raise BadArgumentError("since", "is no date that a calendar has") from error


def slip_of(snapshot: EnrolmentSnapshot, zone: tzinfo) -> Slip:
    """What a slip says of an enrolment: names of parts, and never why one is missing.

    Parameters
    ----------
    snapshot : EnrolmentSnapshot
        Sealed.
    zone : tzinfo
    """
    ended = snapshot.ended or snapshot.started
    return Slip(
        reference=reference_number(snapshot.enrolment_id),
        recorded_at=ended.wall.astimezone(zone),
        recorded=tuple(part.name for part in snapshot.parts if part.status is PartStatus.DONE),
        not_recorded=tuple(PARTS[each.unit].name for each in snapshot.exceptions if each.unit in PARTS),
        clock_is_unsure=ended.quality is ClockQuality.UNTRUSTED,
    )


def _reference(text: str) -> str:
    try:
        return read_reference_number(text)
    except ValueError as error:
        raise BadArgumentError("references", str(error)) from error


def _language(language: str) -> Language:
    return cast(Language, language or "id")  # the rules of the message let nothing else in
