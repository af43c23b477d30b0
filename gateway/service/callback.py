"""CallbackService: whom to call back, and the notices that tell them."""

import asyncio

from rekam.v1 import callback_pb2 as pb

from gateway.callback import (
    Callback,
    CallbackRefused,
    Consent,
    Held,
    Language,
    Notice,
    NoticeState,
    Occasion,
    Purpose,
    Wish,
    masked,
)
from gateway.guidance import LocalizedText
from gateway.service import convert
from gateway.service.access import Caller
from gateway.service.errors import BadArgumentError
from gateway.service.idempotency import Idempotency
from gateway.service.people_office import PeopleOffice
from gateway.trust import time_now

_PURPOSES = {
    pb.CALLBACK_PURPOSE_SERVICE_BACK: Purpose.SERVICE_BACK,
    pb.CALLBACK_PURPOSE_CARD_READY: Purpose.CARD_READY,
}
_PURPOSE_NUMBERS = {purpose: number for number, purpose in _PURPOSES.items()}
_STATES = {
    None: pb.NOTICE_STATE_UNSPECIFIED,
    NoticeState.QUEUED: pb.NOTICE_STATE_QUEUED,
    NoticeState.SENDING: pb.NOTICE_STATE_SENDING,
    NoticeState.SENT: pb.NOTICE_STATE_SENT,
    NoticeState.DELIVERED: pb.NOTICE_STATE_DELIVERED,
    NoticeState.FAILED: pb.NOTICE_STATE_FAILED,
    NoticeState.UNCERTAIN: pb.NOTICE_STATE_UNCERTAIN,
    NoticeState.UNREPORTED: pb.NOTICE_STATE_UNREPORTED,
}


class CallbackCore:
    """Answers for the list of an office.

    Parameters
    ----------
    office : PeopleOffice
    idempotency : Idempotency
    """

    def __init__(self, office: PeopleOffice, idempotency: Idempotency) -> None:
        self._office = office
        self._idempotency = idempotency

    async def add_callback(self, request: pb.AddCallbackRequest, caller: Caller) -> pb.AddCallbackResponse:
        """See the service."""

        async def add() -> pb.AddCallbackResponse:
            now = time_now().wall
            wish = Wish(
                request.name,
                request.phone,
                _PURPOSES[request.purpose],
                request.reference,
                Consent(now, request.operator) if request.consent else None,
                Language(request.language or Language.ID),
            )
            try:
                line = await asyncio.to_thread(self._office.store.add, wish, now, self._office.keep)
            except CallbackRefused as error:
                raise BadArgumentError(error.field, error.description) from None
            return pb.AddCallbackResponse(callback_id=line.callback_id, expires_at=convert.timestamp(line.expires))

        return await self._idempotency.once("CallbackService.AddCallback", request, pb.AddCallbackResponse, add)

    async def list_callbacks(self, request: pb.ListCallbacksRequest, caller: Caller) -> pb.ListCallbacksResponse:
        """See the service."""
        lines = await asyncio.to_thread(self._office.store.lines, _PURPOSES.get(request.purpose))
        return pb.ListCallbacksResponse(callbacks=[_line(line, full=request.full_numbers) for line in lines])

    async def remove_callback(self, request: pb.RemoveCallbackRequest, caller: Caller) -> pb.RemoveCallbackResponse:
        """See the service."""
        await asyncio.to_thread(self._office.store.remove, request.callback_id)
        return pb.RemoveCallbackResponse()

    async def queue_notices(self, request: pb.QueueNoticesRequest, caller: Caller) -> pb.QueueNoticesResponse:
        """See the service."""
        occasion = Occasion(_PURPOSES[request.purpose], request.occasion)
        try:
            done = await asyncio.to_thread(self._office.queue, occasion)
        except ValueError as error:
            raise BadArgumentError("occasion", str(error)) from error
        return pb.QueueNoticesResponse(
            queued=done.queued,
            already=done.already,
            without_consent=done.without_consent,
            refused_callback_ids=done.refused,
        )

    async def send_notices(self, request: pb.SendNoticesRequest, caller: Caller) -> pb.SendNoticesResponse:
        """See the service. Once begun it goes on to its end, whether the caller stays or not."""
        step = asyncio.to_thread(self._office.step, clock_is_right=request.clock_is_right, at_once=True)
        done = await asyncio.shield(asyncio.ensure_future(step))
        answer = pb.SendNoticesResponse(
            sent=done.sent,
            waiting=done.waiting,
            failed=done.failed,
            uncertain=done.uncertain,
            reports=done.reports,
        )
        if done.held is not None:
            words = HELD[done.held]
            if done.problem is not None:
                words = LocalizedText(id=f"{words.id} {done.problem}", en=f"{words.en} {done.problem}")
            answer.held = done.held.name
            answer.held_words.CopyFrom(convert.localized(words))
        return answer

    async def list_notices(self, request: pb.ListNoticesRequest, caller: Caller) -> pb.ListNoticesResponse:
        """See the service."""
        notices = await asyncio.to_thread(self._office.outbox.notices)
        return pb.ListNoticesResponse(notices=[_notice(notice) for notice in notices])

    async def get_way_out(self, request: pb.GetWayOutRequest, caller: Caller) -> pb.GetWayOutResponse:
        """See the service."""
        found = await asyncio.to_thread(self._office.way_out)
        answer = pb.GetWayOutResponse(
            kind=found.kind,
            spent_today=found.spent_today,
            messages_per_day=self._office.rules.messages_per_day,
        )
        if found.modem is not None:
            answer.sim, answer.registered = found.modem.sim, found.modem.registered
            if found.modem.signal_dbm is not None:
                answer.signal_dbm = found.modem.signal_dbm
        if found.problem is not None:
            answer.problem.CopyFrom(convert.localized(found.problem))
        return answer

    async def retry_notice(self, request: pb.RetryNoticeRequest, caller: Caller) -> pb.RetryNoticeResponse:
        """See the service."""
        await asyncio.to_thread(self._office.outbox.again, request.notice_id, time_now().wall)
        return pb.RetryNoticeResponse()


HELD = {
    Held.NO_WAY_OUT: LocalizedText(
        id="Tidak ada modem atau penyedia SMS; cetak daftar dan telepon (`rekam callbacks list --full`).",
        en="There is neither a modem nor a provider; print the list and call (`rekam callbacks list --full`).",
    ),
    Held.CLOCK_UNTRUSTED: LocalizedText(
        id="Jam komputer tidak dapat dipercaya: tidak diketahui apakah sekarang malam. Sinkronkan jam, atau nyatakan "
        "bahwa jam sudah benar (`--clock-is-right`).",
        en="The computer's clock cannot be trusted: nobody knows whether it is night. Synchronise it, or state that it "
        "is right (`--clock-is-right`).",
    ),
    Held.QUIET_HOURS: LocalizedText(
        id="Jam tenang: pesan dikirim sendiri setelahnya.",
        en="Quiet hours: messages leave by themselves afterwards.",
    ),
    Held.DAY_IS_SPENT: LocalizedText(
        id="Jumlah pesan hari ini sudah habis ([sms] messages_per_day); sisanya dikirim besok.",
        en="The day's messages are used up ([sms] messages_per_day); the rest leaves tomorrow.",
    ),
    Held.UNAVAILABLE: LocalizedText(
        id="Modem atau penyedia tidak menerima pesan sekarang.",
        en="The modem or the provider takes no messages now.",
    ),
}
"""Why nothing leaves, in words."""


def _line(line: Callback, *, full: bool) -> pb.Callback:
    wish = line.wish
    message = pb.Callback(
        callback_id=line.callback_id,
        name=wish.name,
        phone=wish.phone if full else masked(wish.phone),
        purpose=_PURPOSE_NUMBERS[wish.purpose],
        reference=wish.reference,
        language=wish.language.value,
        created_at=convert.timestamp(line.created),
        expires_at=convert.timestamp(line.expires),
        notice=_STATES[line.notice],
    )
    if wish.consent is not None:
        message.consented_at.CopyFrom(convert.timestamp(wish.consent.asked_at))
        message.consent_asked_by = wish.consent.asked_by
    return message


def _notice(notice: Notice) -> pb.Notice:
    return pb.Notice(
        notice_id=notice.notice_id,
        callback_id=notice.callback_id,
        state=_STATES[notice.state],
        tries=notice.tries,
        due_at=convert.timestamp(notice.due),
        changed_at=convert.timestamp(notice.changed),
        segments=notice.segments,
        reason=notice.reason,
    )
