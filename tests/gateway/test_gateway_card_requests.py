"""What is asked of a counter and refused: second cards, other people, other centres, the wrong role."""

import asyncio
import dataclasses
from datetime import timedelta

import grpc
import pytest
from rekam.v1 import card_pb2 as pb
from rekam.v1 import key_pb2

from drivers import synthetic_person
from gateway.card_profile import Biodata, CardPerson, builtin_profiles, card_image
from gateway.centre import EnrolmentStatus, StatusAnswer
from gateway.personalisation import PersonalisationJob, image_digest, sign_job
from gateway.service.card_requests import card_template
from gateway.trust import time_now
from tests.gateway.card_counter import ANOTHER, PERSON, counter, fails, keep, pictures, reader, templates, told
from tests.gateway.personalisation.card_desk import signing_key


async def test_a_second_card_for_one_person_is_refused_and_the_same_request_is_one_card(tmp_path):
    async with counter(tmp_path, reader(1), reader(2)) as (gateway, desk):
        enrolment_id = keep(gateway)
        first, second = await asyncio.gather(desk.made(enrolment_id), desk.made(enrolment_id))
        assert first == second
        again = await desk.made(enrolment_id)
        assert (again.serial, again.job.job_id) == (first.serial, first.job.job_id)
        refusal = await fails(desk.made(enrolment_id, key="another-key"))
        assert (refusal.reason, refusal.metadata) == ("ENROLMENT_HAS_CARD", {"job_id": first.job.job_id})
        gone = await fails(desk.made(enrolment_id, key="third", replacement_reason="lost"))
        assert gone.code is grpc.StatusCode.NOT_FOUND  # what was kept for the card was erased with it


async def test_a_finished_card_is_left_alone(tmp_path):
    async with counter(tmp_path, reader()) as (gateway, desk):
        assert (await desk.made(keep(gateway))).done
        other = keep(gateway, "enr-00112233445566ab", ANOTHER)
        assert (await fails(desk.made(other, key="other"))).reason == "CARD_OF_ANOTHER_JOB"
        assert (await desk.read())[-1].reading.genuineness == pb.CARD_GENUINENESS_GENUINE
        watched = desk.stream("WatchReaders", pb.WatchReadersRequest())
        seen = (await watched.read()).reader
        assert (seen.presence, seen.standing) == (pb.CARD_PRESENCE_PRESENT, pb.CARD_STANDING_PERSONAL)
        watched.cancel()
        assert (await fails(desk.read(pin="9999"))).metadata == {"tries_left": "2"}


async def test_a_blank_of_no_stock_is_not_used(tmp_path):
    async with counter(tmp_path, reader()) as (gateway, desk):
        watched = desk.stream("WatchReaders", pb.WatchReadersRequest())
        blank = (await watched.read()).reader
        watched.cancel()
        assert blank.standing == pb.CARD_STANDING_BLANK
        await desk.ask(pb.AddStockRequest(first="0001", last="0009", operator="sari"))
        assert (await fails(desk.made(keep(gateway)))).reason == "BLANK_NOT_IN_STOCK"
        await desk.ask(pb.AddStockRequest(first=blank.serial, last=blank.serial, operator="sari"))
        job = (await desk.ask(pb.ListCardJobsRequest())).jobs[0]
        answers = await told(desk.stream("ResumeCardJob", pb.ResumeCardJobRequest(job_id=job.job_id)))
        assert answers[-1].result.done
        counted = await desk.ask(pb.ReconcileStockRequest(counted=8, operator="sari"))
        assert (counted.agrees, counted.difference) == (False, -1)


@pytest.fixture(scope="module")
def centre_key():
    return signing_key("centre-1")


@pytest.fixture
def anchors(tmp_path, centre_key):
    path = tmp_path / "centre.pem"
    path.write_text(centre_key.trust_bundle().certificates_pem, encoding="ascii")
    return path


def signed(key):
    """A job of the centre's, with all that is to stand on its card but the seal."""
    profile, now = builtin_profiles()["sample-id"], time_now().wall
    person = CardPerson(Biodata(synthetic_person(PERSON).nik), *pictures(PERSON), templates(PERSON))
    contents = dict(card_image(profile, person, key, at=now, reduced=card_template).contents)
    # The gateway seals for the chip: its own certificate goes with that.
    del contents["seal"]
    return contents, profile


async def test_a_job_that_the_centre_signed_is_taken_once_and_no_other(tmp_path, anchors, centre_key):
    async with counter(tmp_path / "state", reader(1), reader(2), centre={"anchors": anchors}) as (gateway, desk):
        gateway_id = (await desk.client.info()).gateway_id
        contents, profile = signed(gateway._cards._key)
        created = time_now().wall.replace(microsecond=0)
        job = PersonalisationJob(
            *("centre-job-1", gateway_id, profile.name, profile.version),
            *(image_digest(profile.name, profile.version, contents), "enrolment-7", "centre", created),
            created + timedelta(days=7),
        )

        def request(jws, key="key-1", **changed):
            source = pb.SignedCardJob(jws=jws, contents={**contents, **changed})
            return desk.stream("PersonaliseCard", pb.PersonaliseCardRequest(signed=source, idempotency_key=key))

        jws = sign_job(job, centre_key)
        forged = jws[:-6] + (b"AAAAAA" if not jws.endswith(b"AAAAAA") else b"BBBBBB")
        assert (await fails(told(request(forged)))).reason == "JOB_SIGNATURE_INVALID"
        assert (
            await fails(told(request(sign_job(job, signing_key("other-centre")))))
        ).reason == "JOB_SIGNATURE_INVALID"
        other = dataclasses.replace(job, gateway_id="another")
        assert (await fails(told(request(sign_job(other, centre_key))))).reason == "JOB_FOR_ANOTHER_GATEWAY"
        assert (await fails(told(request(jws, biodata=contents["biodata"] + b"x")))).reason == "IMAGE_UNFIT"
        made = (await told(request(jws)))[-1].result
        assert made.done
        assert made.job.signed_by == centre_key.key_id
        assert (await told(request(jws)))[-1].result.serial == made.serial
        replayed = await fails(told(request(jws, "key-2")))
        assert (replayed.code, replayed.reason) == (grpc.StatusCode.ALREADY_EXISTS, "JOB_REPLAYED")
        assert (await desk.read())[-1].reading.genuineness == pb.CARD_GENUINENESS_GENUINE


async def test_no_card_before_the_centre_calls_the_person_unique(tmp_path):
    async with counter(tmp_path, reader(), card={"needs_print_ready": True}) as (gateway, desk):
        enrolment_id, ledger = keep(gateway), gateway._centre.outbox.ledger
        assert (await fails(desk.made(enrolment_id))).reason == "NOT_FOUND"
        await asyncio.to_thread(ledger.begun, enrolment_id)
        await asyncio.to_thread(ledger.sealed, enrolment_id, "packet-1")
        early = await fails(desk.made(enrolment_id))
        assert (early.reason, early.metadata) == ("NOT_PRINT_READY", {"status": "processing"})
        unique = StatusAnswer(
            "centre-1", "0" * 32, 1, "g", "packet-1", EnrolmentStatus.PRINT_READY_RECORD, time_now().wall
        )
        await asyncio.to_thread(ledger.answered, unique, "centre")
        assert (await desk.made(enrolment_id)).done


async def test_biodata_of_another_person_make_no_card(tmp_path):
    async with counter(tmp_path, reader()) as (gateway, desk):
        enrolment_id = keep(gateway)
        foreign = pb.CardBiodata(reference=synthetic_person(ANOTHER).nik, name="SITI")
        assert (await fails(desk.made(enrolment_id, biodata=foreign))).reason == "BIODATA_OF_ANOTHER"
        wrong = pb.CardBiodata(birth_date="1990-02-31")
        assert (await fails(desk.made(enrolment_id, biodata=wrong))).fields == ["biodata.birth_date"]
        assert (await fails(desk.made(enrolment_id, profile="none"))).reason == "CARD_PROFILE_UNKNOWN"
        assert (await fails(desk.made("enr-ffffffffffffffff"))).code is grpc.StatusCode.NOT_FOUND
        assert not (await desk.ask(pb.ListCardJobsRequest())).jobs


async def test_real_chips_get_no_keys_that_everybody_knows(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.service.card_readers._SYNTHETIC_DRIVER", "none: this reader's cards are not drawn")
    async with counter(tmp_path, reader()) as (gateway, desk):
        assert (await fails(desk.made(keep(gateway)))).reason == "TEST_KEYS_REFUSED"


async def test_roles_at_the_counter(tmp_path):
    async with counter(tmp_path, reader(), roles=["technician"]) as (_, desk):
        assert (await fails(desk.read())).reason == "ROLE_DENIED"
        assert (await desk.ask(pb.ListCardProfilesRequest())).profiles
    async with counter(tmp_path, reader(), roles=["operator"]) as (gateway, desk):
        enrolment_id = keep(gateway)
        assert (await fails(desk.made(enrolment_id, replacement_reason="lost"))).reason == "ROLE_DENIED"
        assert (await desk.made(enrolment_id)).done
        supervised = pb.SupervisedHandOver(reason=pb.SUPERVISED_REASON_FINGERS_NOT_USABLE)
        assert (await fails(desk.verified(supervised=supervised, operator="ani"))).reason == "ROLE_DENIED"
        assert (await fails(desk.ask(pb.WriteOffCardRequest(job_id="x", reason="X")))).reason == "ROLE_DENIED"


async def test_a_card_whose_signer_is_revoked_is_not_handed_over(tmp_path):
    async with counter(tmp_path) as (gateway, desk):
        assert (await desk.made(keep(gateway))).done
        (active,) = (await desk.client.ask("KeyService", key_pb2.ListKeysRequest(), key_pb2.ListKeysResponse)).keys
        revoke = key_pb2.RevokeKeyRequest(key_id=active.key_id, reason=key_pb2.REVOCATION_REASON_KEY_COMPROMISE)
        await desk.client.ask("KeyService", revoke, key_pb2.RevokeKeyResponse)
        reading = (await desk.read())[-1].reading
        assert reading.genuineness == pb.CARD_GENUINENESS_NOT_GENUINE
        assert [each.code for each in reading.failures] == ["SIGNER_REVOKED"]
        await desk.place(PERSON)
        assert (await fails(desk.verified())).reason == "CARD_NOT_GENUINE"


async def test_another_drawn_blank_is_for_the_next_person(tmp_path):
    async with counter(tmp_path, reader()) as (gateway, desk):
        first = await desk.made(keep(gateway))
        await desk.ask(pb.InsertSyntheticBlankRequest())
        second = await desk.made(keep(gateway, "enr-00112233445566ab", ANOTHER), key="other")
        assert (first.done, second.done) == (True, True)
        assert first.serial != second.serial
