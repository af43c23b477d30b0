"""A card's whole way at one gateway: made, read, handed to its holder and to nobody else."""

from rekam.v1 import audit_pb2, gateway_pb2
from rekam.v1 import card_pb2 as pb

from drivers import synthetic_person
from gateway.holder_check import read_statement
from gateway.personalisation import read_result
from gateway.trust import TrustAnchors
from tests.gateway.card_counter import ANOTHER, NAME, PERSON, counter, fails, keep, reader, told
from tests.gateway.running import synthetic


async def test_a_card_is_made_read_and_handed_to_its_holder_alone(tmp_path):
    async with counter(tmp_path) as (gateway, desk):
        enrolment_id = keep(gateway)
        answers = await told(desk.personalise(enrolment_id))
        assert answers[0].job.enrolment_id == enrolment_id
        steps = [each.progress.step for each in answers if each.HasField("progress")]
        assert steps == sorted(steps)
        made = answers[-1].result
        assert (made.done, made.job.state) == (True, pb.CARD_JOB_STATE_DONE)
        anchors = TrustAnchors.from_pem((await _bundle(desk)).certificates_pem)
        assert read_result(made.result, anchors).job_id == made.job.job_id
        # Who was kept for it, and whom a power cut left after its last step, is known to need nothing any more.
        has_card = gateway._centre.card_holders.has_card
        assert (has_card(enrolment_id), has_card("another")) == (True, False)

        reading = (await desk.read())[-1].reading
        assert (reading.serial, reading.job_id) == (made.serial, made.job.job_id)
        assert reading.genuineness == pb.CARD_GENUINENESS_GENUINE
        assert (reading.biodata.reference, reading.biodata.name) == (synthetic_person(PERSON).nik, NAME)
        assert reading.portrait.data.startswith(b"\xff\xd8\xff")
        assert not reading.fingers  # templates never leave the chip in the clear

        await desk.place(PERSON)
        decision = await desk.verified()
        assert (decision.outcome, decision.hands_over) == (pb.HOLDER_OUTCOME_MATCHED, True)
        assert read_statement(decision.statement).statement.decision.hand_over.card_serial == made.serial
        for left in (3, 2, 1, 0):
            await desk.place(ANOTHER)
            decision = await desk.verified()
            assert (decision.outcome, decision.tries_left) == (pb.HOLDER_OUTCOME_NOT_MATCHED, left)
        await desk.place(PERSON)
        fifth = await desk.verified()
        assert (fifth.outcome, fifth.hands_over) == (pb.HOLDER_OUTCOME_NO_TRIES_LEFT, False)


async def test_a_capture_that_was_made_for_the_card_counts_once(tmp_path):
    async with counter(tmp_path) as (gateway, desk):
        made = await desk.made(keep(gateway))
        await desk.place(PERSON)
        other = await desk.client.capture(transaction_id="another")
        assert (await fails(desk.verified(capture_id=other.capture_id))).reason == "CAPTURE_NOT_FOR_HOLDER"
        await desk.place(PERSON)
        capture = await desk.client.capture(transaction_id=made.job.job_id)
        decision = await desk.verified(capture_id=capture.capture_id)
        assert decision.outcome == pb.HOLDER_OUTCOME_MATCHED
        assert read_statement(decision.statement).statement.decision.capture_id == capture.capture_id
        again = await fails(desk.verified(capture_id=capture.capture_id))
        assert again.reason == "CAPTURE_NOT_FOR_HOLDER"
        assert (await fails(desk.verified(capture_id="cap-000000000000"))).reason == "CAPTURE_NOT_FOR_HOLDER"


async def test_a_supervisor_answers_for_who_has_no_usable_finger(tmp_path):
    async with counter(tmp_path) as (gateway, desk):
        made = await desk.made(keep(gateway))
        supervised = pb.SupervisedHandOver(reason=pb.SUPERVISED_REASON_FINGERS_NOT_USABLE, paper="BA-7")
        assert (await fails(desk.verified(supervised=supervised))).fields == ["operator"]
        decision = await desk.verified(supervised=supervised, operator="Ibu Sari")
        assert (decision.outcome, decision.hands_over) == (pb.HOLDER_OUTCOME_SUPERVISED, True)
        signed = read_statement(decision.statement).statement.decision
        assert signed.approval is not None
        assert (signed.approval.supervisor, signed.approval.paper) == ("Ibu Sari", "BA-7")
        assert signed.hand_over.job_id == made.job.job_id


async def test_nothing_of_a_person_stands_in_log_trail_or_journal(tmp_path, capsys):
    pin = "QZ7KX9TW"
    async with counter(tmp_path, reader(pin=pin), synthetic()) as (gateway, desk):
        assert (await desk.made(keep(gateway), operator="ani")).done
        assert (await desk.read(pin=pin, operator="ani"))[-1].reading.biodata.name == NAME
        await desk.place(PERSON)
        assert (await desk.verified(operator="ani")).hands_over
        query = audit_pb2.QueryAuditRequest()
        entries = [each async for each in desk.client.stream("AuditService", "QueryAudit", query)]
    told_of = b"".join(each.SerializeToString() for each in entries).decode("utf-8", "replace")
    for event in ("card.personalised", "card.read", "card.holder_checked", "CardService.PersonaliseCard"):
        assert event in told_of
    written = told_of + capsys.readouterr().out
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.endswith(".key")]
    written += "".join(path.read_bytes().decode("latin-1") for path in kept)
    for secret in (synthetic_person(PERSON).nik, NAME, pin):
        assert secret not in written


async def _bundle(desk):
    return await desk.client.ask(
        "GatewayService", gateway_pb2.GetTrustBundleRequest(), gateway_pb2.GetTrustBundleResponse
    )
