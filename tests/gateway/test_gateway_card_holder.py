"""Holder checks at one gateway: on the chip itself, left in their middle, given up; and readers that come and go."""

from importlib.resources import files
from threading import Event

from rekam.v1 import card_pb2 as pb
from rekam.v1 import common_pb2, gateway_pb2, lease_pb2

from tests.gateway.card_counter import (
    ANOTHER,
    PERSON,
    READER,
    SCANNER,
    counter,
    fails,
    keep,
    reader,
    told,
)
from tests.gateway.client import seconds
from tests.gateway.holder_check.synthetic_holder import LEFT, RIGHT, compact_minutiae
from tests.gateway.holder_check.test_on_card import put_finger
from tests.gateway.running import synthetic


async def test_the_chip_compares_by_itself_and_counts_too(tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    text = (files("gateway.card_profile") / "profiles" / "sample-id.toml").read_text(encoding="utf-8")
    own = text.replace('name = "sample-id"', 'name = "own-id"').replace("tries = 4", "tries = 4\non_card = true")
    (folder / "own-id.toml").write_text(own, encoding="utf-8")
    (folder / "broken.toml").write_text("name = 1\n", encoding="utf-8")
    card = {"profiles": folder, "profile": "own-id"}
    devices = (reader(on_card_comparison=True), synthetic())
    async with counter(tmp_path / "state", *devices, card=card) as (gateway, desk):
        listed = await desk.ask(pb.ListCardProfilesRequest())
        assert "own-id" in {each.name for each in listed.profiles}
        assert [each.file for each in listed.problems] == ["broken.toml"]

        def as_the_issuer_does(writer, _):
            writer.await_card(5.0, Event())
            for reference, part in enumerate((RIGHT, LEFT), 1):
                assert put_finger(writer, reference, part, compact_minutiae(PERSON, part)) == 0x9000
            writer.release_card()

        await gateway._registry.known(READER).run(as_the_issuer_does, within_s=20.0)
        made = await desk.made(keep(gateway), profile="")
        assert (made.done, made.job.profile) == (True, "own-id")
        asked = common_pb2.FINGER_POSITION_RIGHT_INDEX
        await desk.place(PERSON)
        decision = await desk.verified(position=asked)
        assert (decision.comparison, decision.hands_over) == (pb.HOLDER_COMPARISON_CARD, True)
        await desk.place(ANOTHER)
        decision = await desk.verified(position=asked)
        assert (decision.outcome, decision.card_tries_left) == (pb.HOLDER_OUTCOME_NOT_MATCHED, 3)


async def test_who_leaves_leaves_no_device_taken_and_takes_no_try(tmp_path):
    async with counter(tmp_path, reader(), synthetic(finger_delay_s=1000.0)) as (gateway, desk):
        assert (await desk.made(keep(gateway))).done
        call = desk.stream("VerifyHolder", pb.VerifyHolderRequest(wait=seconds(300.0)))
        card = (await call.read()).card
        assert (card.tries_left, card.scanner_id) == (4, SCANNER)
        watched = desk.client.watch(topics=[gateway_pb2.TOPIC_LEASES])
        async for change in watched:
            if change.lease.state == lease_pb2.LEASE_STATE_HELD:
                call.cancel()
            if change.lease.state == lease_pb2.LEASE_STATE_RELEASED and READER in change.lease.device_ids:
                break
        late = await fails(desk.verified(wait=seconds(0.2)))
        assert late.reason == "NO_FINGER_SEEN"
        assert (await told(desk.stream("ReadCard", pb.ReadCardRequest())))[-1].reading.serial == card.serial


async def test_a_job_that_waits_for_a_blank_is_given_up_by_a_supervisor(tmp_path):
    async with counter(tmp_path, reader(fault="no_card")) as (gateway, desk):
        call = desk.personalise(keep(gateway), wait_s=300.0)
        async for answer in call:
            if answer.progress.state == pb.CARD_JOB_STATE_CHECKING:
                break
        job = (await desk.ask(pb.ListCardJobsRequest())).jobs[0]
        assert (job.device_id, job.card_waits) == (READER, False)
        given_up = (await desk.ask(pb.AbandonCardJobRequest(job_id=job.job_id))).job
        assert given_up.closed
        assert (await fails(told(call))).reason == "CAPTURE_CANCELLED"
        assert (await fails(told(resumed(desk, job.job_id)))).reason == "JOB_CLOSED"


def resumed(desk, job_id):
    return desk.stream("ResumeCardJob", pb.ResumeCardJobRequest(job_id=job_id))


async def test_a_blank_proves_nobody(tmp_path):
    async with counter(tmp_path) as (_, desk):
        assert (await fails(desk.verified())).reason == "CARD_NOT_RECOGNISED"
        assert (await fails(desk.verified(scanner_id=READER))).fields == ["scanner_id"]
        assert (await fails(desk.read(device_id=SCANNER))).fields == ["device_id"]


async def test_who_has_no_usable_finger_places_none_and_a_supervisor_answers(tmp_path):
    async with counter(tmp_path, reader(), synthetic(finger_delay_s=1000.0)) as (gateway, desk):
        assert (await desk.made(keep(gateway, fingers=False))).done
        decision = await desk.verified()
        assert (decision.outcome, decision.tries_left) == (pb.HOLDER_OUTCOME_NO_TEMPLATE, 4)
        supervised = pb.SupervisedHandOver(reason=pb.SUPERVISED_REASON_NO_TEMPLATE_ON_CARD)
        assert (await desk.verified(supervised=supervised, operator="sari")).hands_over
