"""People whose card is still to be made, at a whole gateway: kept from the seal on, gone with the centre's word or the
days, and nobody at all where no cards are made."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rekam.v1 import capture_pb2, purge_pb2

from gateway.audit import AuditQuery
from gateway.audit.entry import AuditEntry
from gateway.card_holders import CardHolders, HolderUnknown
from gateway.card_profile import load_profile, personal_contents, template_of
from gateway.centre import EnrolmentStatus, StatusAnswer
from gateway.elapsed import moment_now
from gateway.finger import FingerPosition
from gateway.fingerprint import compare, score_at_fmr
from gateway.fingerprint.reduced import reduced
from gateway.ledger import StatusLedger
from gateway.purge import ids_digest
from gateway.records import fmr
from tests.gateway.card_holders.people import portrait, signature
from tests.gateway.client import eventually
from tests.gateway.left_spool import left_spool
from tests.gateway.service.enrolment_desk import NIK, FrontEnd, office

WITH_CARD = """
id = "with-card"
version = 1
most_tries = 1
duplicates = "none"
[name]
id = "Dengan kartu"
en = "With a card"
[[step]]
parts = ["right-index", "left-index"]
[[step]]
parts = ["portrait", "signature"]
missing = "reason"
"""
CARD = {"profile": "sample-id", "enrolments": ["with-card"]}
S = EnrolmentStatus


def cards_office(folder: Path, **tables: object):
    return office(folder, WITH_CARD, card=CARD, **tables)


def holders_of(desk: FrontEnd) -> CardHolders:
    found = desk.gateway._centre.card_holders.holders
    assert found is not None
    return found


async def sealed(desk: FrontEnd, profile: str = "with-card") -> str:
    await desk.create(profile)
    await desk.add_fingers()
    if profile == "with-card":
        await desk.change("AddPortrait", image=portrait())
        await desk.change("AddSignature", image=signature())
    await desk.seal()
    return desk.seen.enrolment_id


def answer(packet_id: str, status: EnrolmentStatus, sequence: int = 1) -> StatusAnswer:
    at = datetime.now(UTC).replace(microsecond=0)
    return StatusAnswer("centre-1", "ab" * 16, sequence, "gateway-1", packet_id, status, at)


async def test_a_whole_enrolment_becomes_a_card(tmp_path):
    async with cards_office(tmp_path) as desk:
        await desk.create("with-card")
        captures = {part: await desk.finger(part) for part in ("right-index", "left-index")}
        taken = {
            part: fmr.decode(await desk.client.download(each, capture_pb2.CAPTURE_PART_TEMPLATE)).views[0].template
            for part, each in captures.items()
        }
        for each in captures.values():
            await desk.change("AddCapture", capture_id=each)
        await desk.change("AddPortrait", image=portrait())
        await desk.change("AddSignature", image=signature())
        assert holders_of(desk).count() == 0
        await desk.seal()
        enrolment_id = desk.seen.enrolment_id
        assert any("portraits and fingers of people" in each.en for each in (await desk.client.info()).warnings)
    async with cards_office(tmp_path) as desk:
        person = await asyncio.to_thread(holders_of(desk).person, enrolment_id)
        assert person.biodata.reference == NIK
        contents = personal_contents(profile := load_profile("sample-id"), person, reduced=reduced)
        assert {"biodata", "portrait", "signature", "finger-1", "finger-2"} <= contents.keys()
        for name, part in (("finger-1", "right-index"), ("finger-2", "left-index")):
            on_card = template_of(profile, contents, name)
            assert on_card.position is FingerPosition[part.upper().replace("-", "_")]
            assert len(on_card.template) <= 60
            assert compare(taken[part], on_card.template) > score_at_fmr(1e-4)
            other = "left-index" if part == "right-index" else "right-index"
            assert compare(taken[other], on_card.template) < score_at_fmr(1e-4)


async def test_where_no_cards_are_made_or_not_of_this_profile_nobody_is_kept(tmp_path):
    async with office(tmp_path, WITH_CARD) as desk:
        await sealed(desk)
        assert desk.gateway._centre.card_holders.holders is None
        kinds, _ = await purged(desk, dry_run=True)
        assert "card_holders" not in kinds
    assert not list((tmp_path / "state").glob("card-holders*"))
    assert not (tmp_path / "state" / "keys" / "card-holders.key").exists()
    async with cards_office(tmp_path) as desk:
        await sealed(desk, "two-fingers")
        assert holders_of(desk).count() == 0
        with pytest.raises(HolderUnknown):
            holders_of(desk).person(desk.seen.enrolment_id)
        kept = await sealed(desk)
    async with office(tmp_path, WITH_CARD) as desk:
        # The office no longer makes cards: nobody new is kept, and who is there is erased in time.
        await sealed(desk)
        assert holders_of(desk).enrolment_ids() == (kept,)
        kinds, _ = await purged(desk, dry_run=True)
        assert kinds["card_holders"].count == 0


@pytest.mark.parametrize(
    ("status", "stays"),
    [
        (S.DUPLICATE_RECORD, False),
        (S.ENROLL_FAILURE_AT_CENTRAL, False),
        (S.ENROLL_FAILURE_AT_REGIONAL, False),
        (S.CARD_ISSUED, False),
        (S.SEARCH_FAILURE_AT_CENTRAL, True),
        (S.ADJUDICATE_RECORD, True),
        (S.PRINT_READY_RECORD, True),
        (S.CARD_PRINTED, True),
    ],
)
async def test_the_centres_word_ends_what_is_kept_where_there_is_no_card_any_more(tmp_path, status, stays):
    async with cards_office(tmp_path) as desk:
        await desk.create("with-card")
        await desk.add_fingers()
        for part in ("portrait", "signature"):
            reason = capture_pb2.MISSING_REASON_REFUSED
            await desk.change("AddException", part=part, reason=reason)
        packet = await desk.seal()
        ledger = desk.gateway._centre.outbox.ledger
        await asyncio.to_thread(ledger.answered, answer(packet.packet_id, status), "centre")
        assert ledger.get(desk.seen.enrolment_id).status is status
        assert holders_of(desk).holds(desk.seen.enrolment_id) == stays


async def test_a_word_that_came_as_the_power_failed_is_heeded_by_the_next_start(tmp_path):
    async with cards_office(tmp_path) as desk:
        gone = await sealed(desk)
        packet_id = desk.seen.packet.packet_id
        kept = await sealed(desk)
    state = tmp_path / "state"
    with left_spool(state), StatusLedger.open(state, moment_now, lambda _: None) as ledger:
        ledger.answered(answer(packet_id, S.DUPLICATE_RECORD), "centre")
    async with cards_office(tmp_path) as desk:

        async def settled() -> bool:
            return await asyncio.to_thread(holders_of(desk).enrolment_ids) == (kept,)

        assert await eventually(settled)
        assert not holders_of(desk).holds(gone)


async def test_of_whom_the_card_is_made_nothing_is_left_though_that_was_not_said(tmp_path):
    async with cards_office(tmp_path) as desk:
        made, waits = await sealed(desk), await sealed(desk)
        cards = desk.gateway._centre.card_holders
        cards.has_card = lambda enrolment_id: enrolment_id == made
        kinds, _ = await purged(desk, dry_run=True)
        assert list(kinds["card_holders"].ids) == [made]
        await asyncio.to_thread(cards.settle)
        assert holders_of(desk).enrolment_ids() == (waits,)
        cards.has_card = lambda enrolment_id: enrolment_id == waits
        kinds, _ = await purged(desk)
        assert (list(kinds["card_holders"].ids), holders_of(desk).count()) == ([waits], 0)


async def purged(desk: FrontEnd, **fields: object) -> tuple[dict[str, purge_pb2.PurgedKind], purge_pb2.PurgeProof]:
    kinds, proof = {}, purge_pb2.PurgeProof()
    request = purge_pb2.PurgeRequest(**{"clock_is_right": True, "operator": "Siti", **fields})
    async for each in desk.client.stream("PurgeService", "Purge", request):
        if each.HasField("proof"):
            proof = each.proof
        else:
            kinds[each.kind.name] = each.kind
    return kinds, proof


def grow_old(state: Path, enrolment_id: str, days: float) -> None:
    connection = sqlite3.connect(state / "card-holders.sqlite3", timeout=60)
    by = int(timedelta(days=days).total_seconds() * 1000)
    connection.execute("UPDATE holders SET kept_ms = kept_ms - ? WHERE enrolment_id = ?", (by, enrolment_id))
    connection.commit()
    connection.close()


async def test_the_days_end_what_is_kept_with_a_proof_in_the_audit_trail(tmp_path):
    state = tmp_path / "state"
    async with cards_office(tmp_path) as desk:
        old, young = await sealed(desk), await sealed(desk)
        grow_old(state, old, 181)
        grow_old(state, young, 179)
        (key, body) = (
            sqlite3.connect(state / "card-holders.sqlite3")
            .execute("SELECT data_key, body FROM holders WHERE enrolment_id = ?", (old,))
            .fetchone()
        )
        kinds, _ = await purged(desk, dry_run=True)
        assert (list(kinds["card_holders"].ids), holders_of(desk).count()) == ([old], 2)
        kinds, proof = await purged(desk)
        erased = kinds["card_holders"]
        assert (list(erased.ids), erased.count, erased.complete) == ([old], 1, True)
        assert holders_of(desk).enrolment_ids() == (young,)
        (entry,) = [
            AuditEntry.from_bytes(each.body)
            for each in desk.gateway._kept.trail.entries(AuditQuery(event="purge.card_holders"))
        ]
        assert (entry.event.object_kind, entry.event.object_id) == ("enrolment", ids_digest([old]))
        assert proof.sequence >= entry.sequence == erased.audit_sequence
        kinds, _ = await purged(desk)
        assert (kinds["card_holders"].count, kinds["card_holders"].complete) == (0, True)
    files = b"".join(each.read_bytes() for each in state.glob("card-holders.sqlite3*"))
    assert key not in files
    assert body[:64] not in files


async def test_what_an_abandoned_enrolment_holds_is_kept_for_no_card(tmp_path):
    async with cards_office(tmp_path) as desk:
        await desk.create("with-card")
        await desk.add_fingers()
        await desk.change("AddPortrait", image=portrait())
        await desk.change("AbandonEnrolment", reason="went home")
        assert holders_of(desk).count() == 0
        with pytest.raises(HolderUnknown):
            holders_of(desk).person(desk.seen.enrolment_id)
