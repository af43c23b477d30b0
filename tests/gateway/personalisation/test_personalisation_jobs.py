"""Jobs handed in: by this office, or signed by its centre; what is refused, by name."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from gateway.personalisation import (
    CardOfAnotherJob,
    CardOutcome,
    CardPending,
    ImageUnfit,
    JobExpired,
    JobForAnotherGateway,
    JobInvalid,
    JobReplayed,
    JobSignatureInvalid,
    JobState,
    JobUnknown,
    JournalCorrupt,
    JournalTooNew,
    WrongCard,
    image_digest,
    read_result,
    sign_job,
)
from gateway.personalisation.job import TYPE, job_bytes, read_job_bytes
from gateway.trust import KeyExpired, KeyModuleGone, sign_payload
from tests.gateway.personalisation.card_desk import (
    MemoryCipher,
    anchors,
    chip,
    contents,
    reader,
    serial_of,
    signing_key,
)

CENTRE = signing_key("centre")


def test_a_job_signed_by_the_centre_is_taken_and_its_signer_kept(desk):
    record = desk.personaliser.take_signed(sign_job(desk.job(), CENTRE), desk.image(), anchors(CENTRE))
    assert (record.state, record.signed_by, record.job) == (JobState.CREATED, CENTRE.key_id, desk.job())
    assert desk.personalise(reader(chip())).state is JobState.DONE


def test_a_changed_a_strangers_and_an_unsigned_job_are_refused(desk):
    jws = sign_job(desk.job(), CENTRE)
    header, payload, signature = jws.split(b".")
    other = sign_job(desk.job("job-2"), CENTRE).split(b".")[1]
    for bad, known in (
        (b".".join((header, other, signature)), CENTRE),
        (jws, signing_key("another-centre")),
        (sign_payload(job_bytes(desk.job()), CENTRE, "rekam-receipt+jws"), CENTRE),
        (b".".join((header, payload)), CENTRE),
        (b"", CENTRE),
    ):
        with pytest.raises(JobSignatureInvalid):
            desk.personaliser.take_signed(bad, desk.image(), anchors(known))
    assert desk.journal.records() == ()


def test_a_revoked_key_signs_no_jobs(desk):
    jws, known = sign_job(desk.job(), CENTRE), anchors(CENTRE)
    revoked = replace(known, revocations={CENTRE.key_id: None})
    with pytest.raises(JobSignatureInvalid, match="revoked"):
        desk.personaliser.take_signed(jws, desk.image(), revoked)


def test_a_job_for_another_gateway(desk):
    job = desk.job(gateway_id="palmerah-2")
    with pytest.raises(JobForAnotherGateway, match="palmerah-2"):
        desk.personaliser.take_signed(sign_job(job, CENTRE), desk.image(), anchors(CENTRE))
    with pytest.raises(JobForAnotherGateway):
        desk.personaliser.take(job, desk.image())


def test_a_job_whose_time_is_over_and_a_clock_that_judges_nothing(desk):
    jws = sign_job(desk.job(), CENTRE)
    desk.clock.wall += timedelta(days=7)
    with pytest.raises(JobExpired):
        desk.personaliser.take_signed(jws, desk.image(), anchors(CENTRE))
    desk.clock.wall = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    assert desk.personaliser.take_signed(jws, desk.image(), anchors(CENTRE)).state is JobState.CREATED


def test_a_job_replayed_is_refused_whatever_became_of_it(desk):
    jws = sign_job(desk.job(), CENTRE)
    desk.personaliser.take_signed(jws, desk.image(), anchors(CENTRE))
    with pytest.raises(JobReplayed, match="created"):
        desk.personaliser.take_signed(jws, desk.image(), anchors(CENTRE))
    desk.personalise(reader(chip()))
    with pytest.raises(JobReplayed, match="done"):
        desk.personaliser.take_signed(jws, desk.image(), anchors(CENTRE))
    desk.personaliser.take(desk.job("given-up"), desk.image())
    desk.personaliser.abandon("given-up")
    with pytest.raises(JobReplayed):
        desk.personaliser.take(desk.job("given-up"), desk.image())


def test_other_contents_than_the_job_names(desk):
    job = desk.job()
    desk.sizes = {**desk.sizes, "biodata": 41}
    with pytest.raises(ImageUnfit, match="not what the job names"):
        desk.personaliser.take(job, desk.image())
    with pytest.raises(ImageUnfit):
        desk.personaliser.take(desk.job(profile_version=2), desk.image())


@pytest.mark.parametrize(
    "change",
    [
        {"job_id": ""},
        {"job_id": "../../etc"},
        {"image_sha256": "AB" * 32},
        {"profile_version": 0},
        {"enrolment_id": "a b"},
        {"requested_by": ""},
        {"expires": datetime(2026, 3, 4, 12, 0, tzinfo=UTC)},
        {"expires": datetime(2026, 3, 5, 12, 0, 0, 1, tzinfo=UTC)},
    ],
)
def test_a_job_that_contradicts_itself(desk, change):
    with pytest.raises(JobInvalid):
        sign_job(desk.job(**change), CENTRE)


def test_a_job_has_one_spelling(desk):
    payload = job_bytes(desk.job())
    assert read_job_bytes(payload) == desk.job()
    for bad in (payload + b" ", payload.replace(b'"version":1', b'"version":2'), b"[]", b"\xff", b'{"a":1}'):
        with pytest.raises(JobInvalid):
            read_job_bytes(bad)
    with pytest.raises(JobInvalid):
        desk.personaliser.take_signed(sign_payload(payload + b" ", CENTRE, TYPE), desk.image(), anchors(CENTRE))


def test_the_digest_is_over_names_version_and_contents(desk):
    known = image_digest("a", 1, contents())
    others = {
        image_digest("b", 1, contents()),
        image_digest("a", 2, contents()),
        image_digest("a", 1, {**contents(), "seal": b"x"}),
        image_digest("a", 1, {"other" if name == "seal" else name: each for name, each in contents().items()}),
    }
    assert known not in others
    assert len(others) == 4
    assert image_digest("a", 1, dict(reversed(contents().items()))) == known


def test_an_unknown_job(desk):
    with pytest.raises(JobUnknown):
        desk.journal.record("job-1")
    with pytest.raises(JobUnknown):
        desk.journal.step("job-1", JobState.WRITING)


def test_contents_under_another_local_key_are_not_believed(desk):
    desk.take()
    desk.close()
    desk.cipher = MemoryCipher()
    with pytest.raises(JournalCorrupt, match="does not open"):
        desk.personalise(reader(chip()))


def test_a_newer_journal_and_a_damaged_one_are_left_alone(desk):
    desk.take()
    path = desk.journal._database.path
    desk.journal._database._connection.execute("PRAGMA user_version = 99")
    desk.journal._database.empty_log()
    desk.close()
    before = path.read_bytes()
    with pytest.raises(JournalTooNew):
        assert desk.journal
    assert path.read_bytes() == before
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(JournalCorrupt):
        assert desk.journal


def test_a_result_is_the_gateways_and_unchanged(desk):
    desk.take()
    jws = desk.personalise(reader(chip())).result
    assert read_result(jws, anchors(desk.signer)).card_serial == serial_of(chip())
    header, payload, signature = jws.split(b".")
    for bad, known in (
        (jws, CENTRE),
        (b".".join((header, payload[:-4] + b"AAAA", signature)), desk.signer),
        (sign_job(desk.job(), desk.signer), desk.signer),
    ):
        with pytest.raises(JobSignatureInvalid):
            read_result(bad, anchors(known))


def test_a_card_is_not_begun_with_a_key_that_cannot_sign(desk):
    desk.clock.wall = datetime(2060, 1, 1, tzinfo=UTC)
    desk.take()
    card = chip()
    with pytest.raises(KeyExpired):
        desk.personalise(reader(card))
    assert card.commands == 0


class AbsentToken:
    """The signer, on a token that is pulled when a test says so."""

    def __init__(self, key):
        self._key, self.gone = key, False

    def __getattr__(self, name):
        return getattr(self._key, name)

    def current(self):
        return self

    def sign(self, data):
        if self.gone:
            raise KeyModuleGone("The token does not answer.", "Plug it in.")
        return self._key.sign(data)


def test_a_token_that_is_pulled_while_a_card_is_written_lets_it_wait(desk):
    token = desk.signer = AbsentToken(desk.signer)

    def pull(progress):
        token.gone = progress.state is JobState.ACTIVATING

    desk.take()
    card = chip()
    with pytest.raises(CardPending, match="token does not answer"):
        desk.personalise(reader(card), progress=pull)
    token.gone = False
    assert desk.personalise(reader(card)).state is JobState.DONE


def test_a_spoiled_card_is_counted_without_the_token_and_signed_for_later(desk):
    token = desk.signer = AbsentToken(desk.signer)
    desk.take()
    card = chip()
    with pytest.raises(CardPending):
        desk.personalise(reader(card, fault="card_reset", fault_after_commands=12, fault_count=9))
    token.gone = True
    assert desk.personaliser.signed_result(serial_of(card)) is None, "it has not ended"
    assert desk.personaliser.write_off("job-1", "CARD_GONE").result is None
    with pytest.raises(KeyModuleGone):
        desk.personaliser.signed_result(serial_of(card))
    token.gone = False
    jws = desk.personaliser.signed_result(serial_of(card))
    result = read_result(jws, anchors(desk.signer))
    assert (result.outcome, result.reason, result.terminated) == (CardOutcome.INVALIDATED, "CARD_GONE", False)
    assert desk.personaliser.signed_result(serial_of(card)) == jws
    with reader(card) as writer:
        assert desk.personaliser.examine(writer, Event(), wait_s=5).terminated
        assert desk.personaliser.examine(writer, Event(), wait_s=5).terminated
    assert read_result(desk.personaliser.signed_result(serial_of(card)), anchors(desk.signer)).terminated
    with reader(chip("blank")) as writer:
        assert desk.personaliser.examine(writer, Event(), wait_s=5) is None


def test_no_way_through_the_journal_gives_a_job_two_cards_or_a_card_two_jobs(desk):
    desk.take("job-1")
    desk.take("job-2")
    desk.journal.bind("job-1", "AA", desk.image())
    with pytest.raises(WrongCard, match="has card AA"):
        desk.journal.bind("job-1", "BB", desk.image())
    with pytest.raises(CardOfAnotherJob):
        desk.journal.bind("job-2", "AA", desk.image())
    connection = desk.journal._database._connection
    insert = "INSERT INTO cards (serial, job_id, standing, wall_ms) VALUES (?, ?, ?, 0)"
    for values in (
        ("BB", "job-1", "bound"),
        ("BB", "job-1", "finished"),
        ("AA", "job-2", "bound"),
        ("CC", "none", "bound"),
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(insert, values)
    connection.execute(insert, ("BB", "job-1", "spoiled"))
    desk.journal.step("job-1", JobState.WRITING, "biodata")
    with pytest.raises(CardPending):
        desk.journal.release("job-1", "INTERRUPTED")
