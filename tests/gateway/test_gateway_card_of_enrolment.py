"""From the scanner to the hand-over: a drawn person enrolled, sealed, called unique, and given a card of their own."""

import asyncio
from datetime import UTC, datetime

from rekam.v1 import card_pb2 as pb
from rekam.v1 import common_pb2

from gateway.centre import EnrolmentStatus, StatusAnswer
from tests.gateway.card_counter import ANOTHER, PERSON, PIN, CardClient, pictures, reader, told
from tests.gateway.running import connected, running, synthetic
from tests.gateway.service.enrolment_desk import NIK, FrontEnd, centre
from tests.gateway.test_gateway_card_holders import WITH_CARD

LEFT_INDEX = common_pb2.FINGER_POSITION_LEFT_INDEX


async def test_who_was_enrolled_gets_a_card_once_the_centre_says_so(tmp_path):
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "with-card.toml").write_text(WITH_CARD)
    enrolment = {"recipients": [centre(tmp_path)], "profiles": profiles}
    card = {"profile": "sample-id", "enrolments": ["with-card"], "needs_print_ready": True}
    devices = (reader(), synthetic(1), synthetic(2))
    async with (
        running(tmp_path / "state", *devices, enrolment=enrolment, card=card) as gateway,
        connected(gateway) as client,
    ):
        desk, counter = FrontEnd(client, gateway), CardClient(client)
        await desk.create("with-card")
        await counter.place(PERSON)
        await counter.place(PERSON, LEFT_INDEX, at="synthetic:T-2")
        await desk.add_fingers()
        portrait, signature = pictures(PERSON)
        await desk.change("AddPortrait", image=portrait)
        await desk.change("AddSignature", image=signature)
        packet = await desk.seal()
        enrolment_id = desk.seen.enrolment_id
        holders = gateway._centre.card_holders.holders
        assert holders is not None

        ledger, at = gateway._centre.outbox.ledger, datetime.now(UTC).replace(microsecond=0)
        ready = EnrolmentStatus.PRINT_READY_RECORD
        answer = StatusAnswer("centre-1", "ab" * 16, 1, "gateway-1", packet.packet_id, ready, at)
        await asyncio.to_thread(ledger.answered, answer, "centre")
        made = await counter.made(enrolment_id)
        assert (made.done, made.job.enrolment_id) == (True, enrolment_id)
        assert holders.count() == 0  # what was kept for the card has died with it

        reading = (await counter.read(pin=PIN))[-1].reading
        assert reading.genuineness == pb.CARD_GENUINENESS_GENUINE
        assert reading.biodata.reference == NIK
        assert reading.HasField("portrait")
        assert reading.HasField("signature")
        for person, outcome in ((ANOTHER, pb.HOLDER_OUTCOME_NOT_MATCHED), (PERSON, pb.HOLDER_OUTCOME_MATCHED)):
            await counter.place(person)
            decision = await counter.verified(scanner_id="synthetic:T-1")
            assert (decision.outcome, decision.hands_over) == (outcome, person == PERSON)
        assert (await told(counter.personalise(enrolment_id, key="key-1")))[-1].result.serial == made.serial
