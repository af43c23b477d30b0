"""A card from a blank to a signed result, on every protocol and level, and what stands on it then."""

import pytest

from drivers import CardProtocol
from gateway.card import SecurityLevel
from gateway.card_profile import CardImage, Channel
from gateway.personalisation import (
    CardOutcome,
    CardPending,
    CardSecrets,
    CardStanding,
    ImageUnfit,
    JobState,
    NoRoom,
    image_digest,
    read_result,
)
from tests.drivers.synthetic_cards import Terminal
from tests.gateway.personalisation.card_desk import (
    AID,
    FILES,
    NOON,
    anchors,
    chip,
    contents,
    profile,
    reader,
    serial_of,
)
from tests.gateway.personalisation.card_ends import files_on


def test_a_card_is_written_read_back_activated_and_signed_for(desk):
    card = chip()
    desk.take()
    steps = []
    outcome = desk.personalise(reader(card), progress=steps.append)
    assert (outcome.state, outcome.serial, outcome.reason) == (JobState.DONE, serial_of(card), "")
    assert files_on(card) == contents()
    result = read_result(outcome.result, anchors(desk.signer))
    assert (result.outcome, result.card_serial) == (CardOutcome.PERSONALISED, serial_of(card))
    assert (result.job_id, result.enrolment_id, result.time.wall) == ("job-1", "enrolment-7", NOON)
    assert result.image_sha256 == desk.job().image_sha256
    record = desk.journal.record("job-1")
    assert (record.state, record.closed, record.card.standing) == (JobState.DONE, True, CardStanding.FINISHED)
    assert [each.step for each in steps] == sorted(each.step for each in steps)
    assert steps[-1].step == steps[-1].of
    assert {each.detail for each in steps if each.state is JobState.WRITING} == set(contents())


def test_the_seal_is_written_last_and_nothing_is_activated_before_all_was_read_back(desk):
    card = chip()
    desk.take()
    desk.personalise(reader(card))
    told = [(each.state, each.detail) for each in desk.journal.steps("job-1")]
    names = ["biodata", "portrait", "signature", "finger", "seal"]
    assert told == [
        (JobState.CREATED, ""),
        (JobState.CHECKING, ""),
        (JobState.AUTHENTICATING, ""),
        *((JobState.WRITING, name) for name in names),
        (JobState.READING_BACK, ""),
        (JobState.ACTIVATING, ""),
        (JobState.DONE, ""),
    ]


def test_the_profiles_rules_hold_on_the_finished_card(desk):
    card = chip()
    desk.take()
    desk.personalise(reader(card))
    terminal = Terminal(card)
    assert terminal.send(0xA4, 0x04, 0x0C, AID).ok
    for file in FILES:
        assert terminal.select(file.fid) == 0x9000
        readable = file.name in ("biodata", "seal")
        assert terminal.send(0xB0, ne=1).sw == (0x9000 if readable else 0x6982)
        assert terminal.update(b"x") == 0x6982
        assert terminal.send(0xE4).sw == 0x6982, "nobody deletes it"
    assert terminal.verify(b"123456") == 0x9000
    assert terminal.select(0x0103) == 0x9000
    assert terminal.read() == contents()["signature"], "its holder's PIN opens it"


@pytest.mark.parametrize("level", [*SecurityLevel, None])
@pytest.mark.parametrize("protocol", CardProtocol)
def test_every_protocol_and_level(desk, protocol, level):
    desk.profile = profile(channel=None if level is None else Channel(level))
    if level is None:
        desk.secrets = CardSecrets(pin=b"123456")
    card = chip(protocol=protocol, extended_length=False)
    desk.take()
    assert desk.personalise(reader(card)).state is JobState.DONE
    assert files_on(card) == contents()


def test_a_seal_is_made_for_the_chip_and_anew_for_each_blank(desk):
    chips = []

    def seal(image, serial):
        chips.append(serial)
        return CardImage(image.profile, {**image.contents, "seal": b"seal of " + serial + bytes([len(chips)])})

    desk.seal = seal
    desk.sizes = {name: size for name, size in desk.sizes.items() if name != "seal"}
    first, second, lost = chip("first"), chip("second"), chip("lost")
    desk.take()
    full = reader(chip("full", capacity=512))
    with pytest.raises(NoRoom):
        desk.personalise(full)
    assert chips == [], "nothing is signed for a card that will not do"
    with pytest.raises(CardPending):
        desk.personalise(reader(lost, fault="card_reset", fault_after_commands=12, fault_count=9))
    desk.close()
    desk.personaliser.write_off("job-1", "CARD_GONE")
    outcome = desk.personalise(reader(first, fault="card_reset", fault_after_commands=6))
    assert files_on(first)["seal"] == b"seal of " + first.serial + b"\x03", "twice, as the first try wrote nothing"
    assert chips == [lost.serial, first.serial, first.serial]
    result = read_result(outcome.result, anchors(desk.signer))
    assert result.image_sha256 == desk.job().image_sha256
    assert result.card_sha256 == image_digest("test-id", 1, files_on(first))
    desk.take("job-2")
    with pytest.raises(CardPending):
        desk.personalise(reader(second, fault="card_reset", fault_after_commands=35, fault_count=9), "job-2")
    desk.close()
    assert desk.personalise(reader(second), "job-2").state is JobState.DONE
    assert files_on(second)["seal"] == b"seal of " + second.serial + b"\x04", "the one that was written"


def test_a_seal_that_cannot_be_made_leaves_the_blank_alone(desk):
    def seal(image, serial):
        raise ValueError("no")

    desk.seal = seal
    desk.sizes = {name: size for name, size in desk.sizes.items() if name != "seal"}
    desk.take()
    with pytest.raises(ValueError, match="no"):
        desk.personalise(reader(chip()))
    assert desk.journal.record("job-1").state is JobState.FAILED_CLEAN
    desk.seal = lambda image, serial: CardImage(image.profile, {**image.contents, "seal": b"s", "biodata": b"other"})
    desk.close()
    with pytest.raises(ImageUnfit):
        desk.personalise(reader(chip()))


def test_a_person_without_usable_fingers_has_a_card_without_templates(desk):
    desk.sizes = {name: size for name, size in desk.sizes.items() if name != "finger"}
    card = chip()
    desk.take()
    assert desk.personalise(reader(card)).state is JobState.DONE
    assert files_on(card).keys() == contents().keys() - {"finger"}


def test_a_job_that_is_done_tells_so_again_and_touches_no_card(desk):
    first, second = chip(), chip("SYN-CARD-0002")
    desk.take()
    done = desk.personalise(reader(first))
    assert desk.personalise(reader(second)) == done
    assert second.commands == 0


def test_what_stood_on_the_card_is_erased_from_the_journal(desk):
    desk.take()
    image = {each[:24] for each in contents().values()}
    with desk.journal._database.reading() as connection:
        (sealed,) = connection.execute("SELECT sealed FROM jobs").fetchone()
    left = b"".join(path.read_bytes() for path in desk.folder.iterdir())
    assert sealed in left
    assert not any(part in left for part in image), "it is encrypted while it is kept"
    desk.personalise(reader(chip()))
    left = b"".join(path.read_bytes() for path in desk.folder.iterdir())
    assert sealed[:32] not in left
    assert sealed[-32:] not in left
