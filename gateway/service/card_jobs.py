"""Jobs of cards as clients ask for them: made, resumed, given up, told."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from rekam.v1 import capture_pb2
from rekam.v1 import card_pb2 as pb

from gateway.personalisation import JobRecord, JobState, PersonalisationOutcome, Personaliser
from gateway.roles import SUPERVISOR
from gateway.service import card_messages, convert
from gateway.service.access import Caller, check_one_of
from gateway.service.card_audit import CardAudit
from gateway.service.card_readers import CardReaders
from gateway.service.card_requests import CardRequests
from gateway.service.card_work import CardWork, CardWorks
from gateway.service.idempotency import Idempotency
from gateway.trust import KeyProblem

M = TypeVar("M", pb.PersonaliseCardResponse, pb.ResumeCardJobResponse)

HEARTBEAT_S = 4.0
WAIT_S = 60.0
GIVE_UP_WAIT_S = 5.0
JOBS_TOLD = 50


class CardJobs:
    """Answers all that is asked about jobs; belongs to the event loop's thread.

    Parameters
    ----------
    digest : callable
        Keyed: of a request with personal data, it says nothing to who has the disk alone.
    """

    def __init__(
        self,
        readers: CardReaders,
        works: CardWorks,
        requests: CardRequests,
        personaliser: Personaliser,
        audit: CardAudit,
        idempotency: Idempotency,
        digest: Callable[[bytes], bytes],
    ) -> None:
        self._readers, self._works, self._requests, self._personaliser = readers, works, requests, personaliser
        self._audit, self._idempotency, self._digest = audit, idempotency, digest
        self._taking = asyncio.Lock()
        """Whether a person has a card already is looked up and entered by one at a time."""

    async def personalise_card(
        self, request: pb.PersonaliseCardRequest, caller: Caller
    ) -> AsyncGenerator[pb.PersonaliseCardResponse, None]:
        """Make a card."""
        if request.enrolled.replacement_reason:
            check_one_of(frozenset({SUPERVISOR}), caller)
        job_id = await self._taken(request, caller)
        wait_s = _wait_s(request.wait, WAIT_S, given=request.HasField("wait"))
        async for answer in self._worked(
            job_id, request.device_id, wait_s, request.operator, caller, pb.PersonaliseCardResponse
        ):
            yield answer

    async def resume_card_job(
        self, request: pb.ResumeCardJobRequest, caller: Caller
    ) -> AsyncGenerator[pb.ResumeCardJobResponse, None]:
        """Go on with a job."""
        wait_s = _wait_s(request.wait, WAIT_S, given=request.HasField("wait"))
        async for answer in self._worked(
            request.job_id, request.device_id, wait_s, request.operator, caller, pb.ResumeCardJobResponse
        ):
            yield answer

    async def invalidate_card(self, request: pb.InvalidateCardRequest, caller: Caller) -> pb.InvalidateCardResponse:
        """Give up a card that waits and is there."""

        async def invalidate() -> pb.InvalidateCardResponse:
            await self._record(request.job_id)
            device = self._readers.reader(request.device_id)
            outcome = await self._works.invalidate(
                request.job_id,
                device,
                self._audit.actor(caller, request.operator),
                request.operator or caller.peer,
                request.reason,
                _wait_s(request.wait, GIVE_UP_WAIT_S, given=request.HasField("wait")),
            )
            return pb.InvalidateCardResponse(result=await self._result(outcome))

        return await self._idempotency.once("InvalidateCard", request, pb.InvalidateCardResponse, invalidate)

    async def write_off_card(self, request: pb.WriteOffCardRequest, caller: Caller) -> pb.WriteOffCardResponse:
        """Give up a card that waits and is gone."""

        async def write_off() -> pb.WriteOffCardResponse:
            outcome = await asyncio.to_thread(self._personaliser.write_off, request.job_id, request.reason)
            await self._works.note_ended(outcome, self._audit.actor(caller, request.operator))
            return pb.WriteOffCardResponse(result=await self._result(outcome))

        return await self._idempotency.once("WriteOffCard", request, pb.WriteOffCardResponse, write_off)

    async def abandon_card_job(self, request: pb.AbandonCardJobRequest, caller: Caller) -> pb.AbandonCardJobResponse:
        """Give up a job of which no card waits; one that waits for a blank stops waiting."""

        async def abandon() -> pb.AbandonCardJobResponse:
            work = self._works.of(request.job_id)
            if work is not None:
                work.cancel.set()
                await work.done.wait()
            await asyncio.to_thread(self._personaliser.abandon, request.job_id)
            await self._works.tell(request.job_id)
            return pb.AbandonCardJobResponse(job=await self._message(request.job_id))

        return await self._idempotency.once("AbandonCardJob", request, pb.AbandonCardJobResponse, abandon)

    async def get_card_job(self, request: pb.GetCardJobRequest, caller: Caller) -> pb.GetCardJobResponse:
        """A job as it stands."""

        def read() -> tuple[JobRecord, bytes]:
            record = self._personaliser.journal.record(request.job_id)
            try:
                results = (self._personaliser.signed_result(each.serial) for each in record.cards[::-1])
                return record, next((each for each in results if each is not None), b"")
            except KeyProblem:
                return record, b""  # it is signed when the key can sign again and somebody asks

        record, result = await asyncio.to_thread(read)
        return pb.GetCardJobResponse(
            job=card_messages.job(record, self._works.device_of(request.job_id)), result=result
        )

    async def list_card_jobs(self, request: pb.ListCardJobsRequest, caller: Caller) -> pb.ListCardJobsResponse:
        """The latest first."""

        def read() -> list[JobRecord]:
            journal = self._personaliser.journal
            if request.enrolment_id:
                found = journal.of_enrolment(request.enrolment_id)
            else:
                found = journal.pending() if request.waiting else journal.records()
            kept = [each for each in found if each.state.is_pending or not request.waiting]
            return kept[::-1][: request.limit or JOBS_TOLD]

        records = await asyncio.to_thread(read)
        return pb.ListCardJobsResponse(
            jobs=[card_messages.job(each, self._works.device_of(each.job.job_id)) for each in records]
        )

    async def _taken(self, request: pb.PersonaliseCardRequest, caller: Caller) -> str:
        """The job of a request: taken now, or before under the same key."""
        if request.HasField("signed"):

            async def take() -> pb.GetCardJobResponse:
                record = await asyncio.to_thread(self._requests.take_signed, request.signed)
                return pb.GetCardJobResponse(job=card_messages.job(record))

            answer = await self._idempotency.once("PersonaliseCard", request, pb.GetCardJobResponse, take)
            return answer.job.job_id
        stated = self._digest(b"PersonaliseCard/" + request.SerializeToString(deterministic=True))
        job_id = f"card-{stated.hex()[:16]}"
        async with self._taking:
            asker = request.operator or caller.peer
            await asyncio.to_thread(self._requests.take_enrolled, job_id, request.enrolled, asker)
        return job_id

    async def _worked(
        self, job_id: str, device_id: str, wait_s: float, operator: str, caller: Caller, answer: type[M]
    ) -> AsyncGenerator[M, None]:
        """Work on a job, or join who does; of one that is done tell so."""
        record = await self._record(job_id)
        work = self._works.of(job_id)
        if work is None and record.state is JobState.DONE:
            yield answer(job=card_messages.job(record))
            yield answer(result=await self._result(await asyncio.to_thread(self._told_again, record)))
            return
        if work is None:
            device = self._readers.reader(device_id)
            actor = self._audit.actor(caller, operator)
            work = await self._works.begin(job_id, device, actor, operator or caller.peer, wait_s)
        yield answer(job=await self._message(job_id))
        async for each in self._followed(work, answer):
            yield each

    async def _followed(self, work: CardWork, answer: type[M]) -> AsyncGenerator[M, None]:
        work.watchers += 1
        try:
            async for event in work.events.follow(0, HEARTBEAT_S):
                if event is None:
                    yield answer(heartbeat=capture_pb2.Heartbeat())
                else:
                    yield answer(progress=card_messages.progress(event.payload))
            await work.done.wait()
            if work.error is not None:
                raise work.error
            assert work.outcome is not None
            yield answer(result=await self._result(work.outcome))
        finally:
            work.watchers -= 1
            self._works.unwatched(work)

    def _told_again(self, record: JobRecord) -> PersonalisationOutcome:
        card = record.card
        assert card is not None  # a job that is done has its card
        return PersonalisationOutcome(record.job.job_id, JobState.DONE, card.serial, "", False, card.result)

    async def _record(self, job_id: str) -> JobRecord:
        return await asyncio.to_thread(self._personaliser.journal.record, job_id)

    async def _message(self, job_id: str) -> pb.CardJob:
        return card_messages.job(await self._record(job_id), self._works.device_of(job_id))

    async def _result(self, outcome: PersonalisationOutcome) -> pb.CardResult:
        return card_messages.result(outcome, await self._record(outcome.job_id))


def _wait_s(message: Duration, usual: float, *, given: bool) -> float:
    return convert.seconds(message) if given else usual
