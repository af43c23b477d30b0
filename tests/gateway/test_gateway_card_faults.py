"""Cards and their faults at one gateway: pulled, cut off, left alone; nothing is called done that is not."""

import asyncio

from rekam.v1 import card_pb2 as pb
from rekam.v1 import device_pb2, gateway_pb2

from tests.gateway.card_counter import PERSON, READER, counter, fails, keep, reader, told
from tests.gateway.client import seconds
from tests.gateway.running import synthetic

PULLED = {"fault": "pull_card", "fault_after_commands": 60, "fault_count": 3}
"""Three times while it is written: no contact is mended by a fourth try."""


async def job_of(desk, enrolment_id):
    listed = await desk.ask(pb.ListCardJobsRequest(enrolment_id=enrolment_id))
    return listed.jobs[0]


async def test_what_was_begun_is_finished_when_the_client_goes_away(tmp_path):
    async with counter(tmp_path, reader()) as (gateway, desk):
        changes = desk.client.watch(topics=[gateway_pb2.TOPIC_CARDS])
        call = desk.personalise(keep(gateway))
        async for answer in call:
            if answer.progress.state == pb.CARD_JOB_STATE_WRITING:
                break
        call.cancel()
        async for change in changes:
            if change.card_job.state == pb.CARD_JOB_STATE_DONE:
                break
        assert change.card_job.cards[0].standing == pb.CARD_STANDING_PERSONAL


async def test_a_job_that_nobody_follows_stops_waiting_for_a_blank(tmp_path):
    async with counter(tmp_path, reader(fault="no_card"), lease={"abandoned_s": 0.5}) as (gateway, desk):
        call = desk.personalise(keep(gateway), wait_s=300.0)
        async for answer in call:
            if answer.progress.state == pb.CARD_JOB_STATE_CHECKING:
                break
        call.cancel()
        async for change in desk.client.watch(topics=[gateway_pb2.TOPIC_LEASES]):
            if change.lease.state and READER in change.lease.device_ids and change.lease.state != 2:
                break
        state = (await job_of(desk, "")).state
        assert state == pb.CARD_JOB_STATE_FAILED_CLEAN


async def test_a_card_that_is_pulled_waits_and_is_finished_by_its_job(tmp_path):
    async with counter(tmp_path, reader(**PULLED)) as (gateway, desk):
        enrolment_id = keep(gateway)
        found = await fails(desk.made(enrolment_id))
        assert found.reason == "CARD_PENDING"
        job = await job_of(desk, enrolment_id)
        assert job.card_waits
        warnings = [each.en for each in (await desk.client.info()).warnings]
        assert any(job.job_id in each for each in warnings)
        refusal = await fails(desk.ask(pb.AbandonCardJobRequest(job_id=job.job_id)))
        assert refusal.reason == "CARD_PENDING"  # a half written card cannot be forgotten
        answers = await told(desk.stream("ResumeCardJob", pb.ResumeCardJobRequest(job_id=job.job_id)))
        assert answers[-1].result.done
        assert answers[-1].result.serial == found.metadata["serial"]
        assert len(answers[-1].result.job.cards) == 1
        assert not any(job.job_id in each.en for each in (await desk.client.info()).warnings)


async def test_a_card_that_waits_can_be_put_out_of_use(tmp_path):
    async with counter(tmp_path, reader(**PULLED)) as (gateway, desk):
        enrolment_id = keep(gateway)
        await fails(desk.made(enrolment_id))
        job = await job_of(desk, enrolment_id)
        spoiled = (await desk.ask(pb.InvalidateCardRequest(job_id=job.job_id, reason="OPERATOR"))).result
        assert (spoiled.done, spoiled.reason, spoiled.out_of_use) == (False, "OPERATOR", True)
        listed = await desk.ask(pb.ListStockRequest())
        assert [each.job_id for each in listed.spoiled] == [job.job_id]
        told_of = await desk.ask(pb.GetCardJobRequest(job_id=job.job_id))
        assert (told_of.job.state, bool(told_of.result)) == (pb.CARD_JOB_STATE_INVALIDATED, True)


async def test_a_reader_that_is_unplugged_comes_back_and_a_chip_that_lost_all_is_not_called_done(tmp_path):
    async with counter(tmp_path, reader(fault="unplug", fault_after_commands=60)) as (gateway, desk):
        enrolment_id = keep(gateway)
        assert (await fails(desk.made(enrolment_id))).reason == "CARD_PENDING"
        job = await job_of(desk, enrolment_id)
        async for change in desk.client.watch(topics=[gateway_pb2.TOPIC_DEVICES]):
            if change.device.state == device_pb2.DEVICE_STATE_IDLE:
                break
        answers = await told(desk.stream("ResumeCardJob", pb.ResumeCardJobRequest(job_id=job.job_id)))
        # The drawn chip is made anew with its reader, and holds nothing of what was written.
        result = answers[-1].result
        assert (result.done, result.reason) == (False, "CARD_READ_BACK_DIFFERS")
        assert (await desk.ask(pb.ListStockRequest())).level.spoiled == 1


async def test_after_a_restart_the_card_waits_still_and_can_be_written_off(tmp_path):
    async with counter(tmp_path, reader(**PULLED)) as (gateway, desk):
        enrolment_id = keep(gateway)
        await fails(desk.made(enrolment_id))
        job = await job_of(desk, enrolment_id)
    async with counter(tmp_path, reader(2)) as (gateway, desk):
        waiting = (await desk.ask(pb.ListCardJobsRequest(waiting=True))).jobs
        assert [each.job_id for each in waiting] == [job.job_id]
        refusal = await fails(told(desk.stream("ResumeCardJob", pb.ResumeCardJobRequest(job_id=job.job_id))))
        assert refusal.reason == "CARD_WRONG"  # another blank lies in the reader
        gone = (await desk.ask(pb.WriteOffCardRequest(job_id=job.job_id, reason="CARD_GONE"))).result
        assert (gone.done, gone.out_of_use) == (False, False)
        answers = await told(desk.stream("ResumeCardJob", pb.ResumeCardJobRequest(job_id=job.job_id)))
        assert answers[-1].result.done  # the job has another card
        assert answers[-1].result.serial != gone.serial
        level = (await desk.ask(pb.ListStockRequest())).level
        assert (level.used, level.spoiled) == (1, 1)


async def test_two_readers_at_once_and_no_two_jobs_at_one(tmp_path):
    devices = (reader(1), reader(2), synthetic())
    async with counter(tmp_path, *devices) as (gateway, desk):
        enrolments = [keep(gateway, f"enr-00112233445566a{number}", PERSON + number) for number in (0, 1)]
        results = await asyncio.gather(
            *(
                desk.made(each, key=each, device_id=f"synthetic-card:R-{number}")
                for number, each in enumerate(enrolments, 1)
            )
        )
        assert all(each.done for each in results)
        assert len({each.serial for each in results}) == 2
        await desk.client.acquire(READER)
        refusal = await fails(desk.read(device_id=READER))
        assert refusal.reason == "LEASE_HELD"
        assert refusal.retry_s


async def test_no_card_comes(tmp_path):
    async with counter(tmp_path, reader(fault="no_card")) as (gateway, desk):
        refusal = await fails(desk.made(keep(gateway), wait_s=0.2))
        assert refusal.reason == "CARD_TIMEOUT"
        job = (await desk.ask(pb.ListCardJobsRequest())).jobs[0]
        given_up = (await desk.ask(pb.AbandonCardJobRequest(job_id=job.job_id))).job
        assert given_up.closed
        assert (await fails(desk.read(wait=seconds(0.1)))).reason == "CARD_TIMEOUT"


async def test_a_card_that_is_being_written_is_finished_when_the_gateway_stops(tmp_path):
    async with counter(tmp_path, reader()) as (gateway, desk):
        call = desk.personalise(keep(gateway))
        async for answer in call:
            if answer.progress.state == pb.CARD_JOB_STATE_WRITING:
                break
        job_id = (await desk.ask(pb.ListCardJobsRequest())).jobs[0].job_id
    async with counter(tmp_path, reader()) as (_, desk):
        assert (await desk.ask(pb.GetCardJobRequest(job_id=job_id))).job.state == pb.CARD_JOB_STATE_DONE
