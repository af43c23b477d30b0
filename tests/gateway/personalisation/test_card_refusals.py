"""Cards, keys and PINs that a job does not take: each refused by name, the card untouched, the job as it was."""

from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest

from drivers import CardRefused
from drivers.cards.chip.header import LifeCycle
from drivers.cards.chip.secure_channel import ChannelKeys
from gateway.card import CardNotTrusted, StaticKeys, public_test_keys
from gateway.card_profile import Application, Condition, Operation
from gateway.personalisation import (
    AlreadyPersonal,
    BlankNotInStock,
    CardBarred,
    CardKeysMissing,
    CardOfAnotherJob,
    CardPending,
    CardSecrets,
    ChipUnsuited,
    ImageUnfit,
    JobBusy,
    JobClosed,
    JobExpired,
    JobState,
    NoRoom,
    NothingPending,
    PinBlocked,
    PinRefused,
    ProfileChanged,
    ReaderBusy,
    ReasonInvalid,
    TestKeysRefused,
)
from tests.drivers.synthetic_cards import Terminal
from tests.gateway.personalisation.card_desk import (
    AID,
    FILES,
    Line,
    chip,
    commands_of,
    contents,
    profile,
    reader,
    serial_of,
)
from tests.gateway.personalisation.card_ends import end_of, is_a_card, is_blank


def refused(desk, card, error, job_id="job-1", **options):
    """The job is refused with this card, and neither is the worse for it."""
    files = {each.number for each in card.files._all()}
    with pytest.raises(error) as raised:
        desk.personalise(reader(card, **options), job_id)
    assert desk.journal.record(job_id).state is JobState.FAILED_CLEAN
    assert {each.number for each in card.files._all()} == files
    assert not any(each[:8].hex() in str(raised.value) for each in contents().values())
    return str(raised.value)


def test_a_card_of_another_job(desk):
    finished, in_hand = chip("finished"), chip("in hand")
    desk.personalise(reader(finished), desk.take("first"))
    with pytest.raises(CardPending):
        desk.personalise(
            reader(in_hand, fault="card_reset", fault_after_commands=12, fault_count=9), desk.take("other")
        )
    desk.take()
    assert "finished for job first" in refused(desk, finished, CardOfAnotherJob)
    assert "in hand for job other" in refused(desk, in_hand, CardOfAnotherJob)
    assert is_a_card(finished)
    assert desk.journal.stock.level().in_hand == 1
    assert desk.personalise(reader(in_hand), "other").state is JobState.DONE


def test_a_card_that_is_personal_already_or_torn_by_somebody_else(desk, folder):
    card, torn = chip(), chip("torn")
    desk.personalise(reader(card), desk.take())
    with pytest.raises(CardPending):
        desk.personalise(reader(torn, fault="card_reset", fault_after_commands=12, fault_count=9), desk.take("torn"))
    elsewhere = replace(desk, folder=folder / "elsewhere", _open=None)
    elsewhere.take()
    refused(elsewhere, card, AlreadyPersonal)
    refused(elsewhere, torn, AlreadyPersonal)
    assert is_a_card(card)
    elsewhere.close()


def test_a_directory_of_the_same_identifier_under_another_name(desk):
    card = chip()
    Terminal(card).create(0x4F01, 0x38, name=bytes.fromhex("A00000000101"))
    desk.take()
    refused(desk, card, AlreadyPersonal)


def test_files_in_the_master_file_count_as_well(desk):
    master = Application("master", 0x3F00, b"", (replace(FILES[1], name="access", fid=0x011C, sfi=0),))
    desk.profile = profile(applications=(master, *profile().applications))
    desk.sizes = {**desk.sizes, "access": 40}
    card = chip()
    Terminal(card).create(0x011C, size=10)
    desk.take()
    refused(desk, card, AlreadyPersonal)
    blank = chip("blank")
    assert desk.personalise(reader(blank)).state is JobState.DONE
    terminal = Terminal(blank)
    assert terminal.select(0x011C) == 0x9000
    assert terminal.read() == contents({"access": 40})["access"]


def test_a_profile_with_a_file_in_the_master_file_survives_power_cuts(desk):
    master = Application("master", 0x3F00, b"", (replace(FILES[1], name="access", fid=0x011C, sfi=0),))
    desk.profile = profile(applications=(master, *profile().applications))
    desk.sizes = {**desk.sizes, "access": 40}
    for number in range(0, 70, 3):
        card, job_id = chip(f"card {number}"), desk.take(f"job-{number}")
        writer = reader(card, fault="card_reset", fault_after_commands=number)
        assert desk.personalise(writer, job_id).state is JobState.DONE


def test_two_applications_and_a_seal_in_the_first(desk):
    seal, *others = FILES
    first = Application("first", 0x4F02, AID + b"\x02", (seal,), {Operation.TERMINATE: Condition.CHANNEL})
    second = replace(profile().applications[0], files=tuple(others))
    desk.profile = profile(applications=(first, second))
    desk.take()
    card = chip()
    assert desk.personalise(reader(card)).state is JobState.DONE
    told = [each.detail for each in desk.journal.steps("job-1") if each.state is JobState.WRITING]
    assert told[-1] == "seal"


def test_a_chip_of_another_type(desk):
    desk.profile = profile(atr="3B8A80018073.*")
    desk.take()
    refused(desk, chip(), ChipUnsuited)
    desk.close()


def test_a_chip_that_fits_the_profiles_pattern(desk):
    desk.profile = profile(atr=chip().atr.hex().upper()[:6] + ".*")
    desk.take()
    assert desk.personalise(reader(chip())).state is JobState.DONE


def test_a_chip_that_is_out_of_use(desk):
    card = chip()
    Terminal(card).send(0xFE)
    assert card.files.root.life is LifeCycle.TERMINATED
    desk.take()
    refused(desk, card, ChipUnsuited)


def test_no_room(desk):
    desk.take()
    refused(desk, chip(capacity=512), NoRoom)
    full = chip("full")
    Terminal(full).create(0x0909, size=7500)
    refused(desk, full, NoRoom)


def test_a_chip_whose_files_cost_more_than_they_hold_is_spoiled_and_counted(desk):
    desk.profile = profile(capacity=1)
    card = chip(capacity=600)  # enough for the contents, not for the headers
    desk.take()
    outcome = desk.personalise(reader(card))
    assert (outcome.state, outcome.reason) == (JobState.INVALIDATED, "CARD_REFUSED_6A84")
    assert end_of(desk, card, "job-1") == "spoiled"


def test_test_keys_are_refused_unless_they_are_allowed(desk):
    desk.secrets = CardSecrets(public_test_keys())
    desk.take()
    card = chip()
    with pytest.raises(TestKeysRefused, match="everybody knows"):
        desk.personalise(reader(card))
    desk.secrets = CardSecrets()
    with pytest.raises(CardKeysMissing, match="no keys"):
        desk.personalise(reader(card))
    assert card.commands == 0
    assert "40" not in repr(CardSecrets(StaticKeys(b"\x40" * 16, b"\x40" * 16), b"40404040"))


def test_keys_that_are_another_batchs(desk):
    card = chip()
    desk.take()
    desk.secrets = CardSecrets(StaticKeys(b"\x01" * 16, b"\x02" * 16))
    refused(desk, card, CardNotTrusted)
    desk.secrets = CardSecrets(StaticKeys(b"\x01" * 16, b"\x02" * 16, version=9))
    refused(desk, card, LookupError)
    refused(desk, chip("knows no channel", channel=None), CardRefused)


def test_keys_of_a_card_that_nobody_else_knows(desk):
    keys = ChannelKeys(b"\x01" * 32, b"\x02" * 32, mac_length=16)
    desk.secrets = CardSecrets(StaticKeys(keys.enc, keys.mac))
    desk.profile = profile(channel=replace(profile().channel, mac_length=16))
    desk.take()
    assert desk.personalise(reader(chip(channel=keys))).state is JobState.DONE


@pytest.mark.parametrize(("spent", "error"), [(3, PinBlocked), (2, PinRefused)])
def test_a_pin_without_tries_to_spare_is_not_tried(desk, spent, error):
    desk.profile, desk.secrets = profile(channel=None), CardSecrets(pin=b"123456")
    card = chip()
    terminal = Terminal(card)
    for _ in range(spent):
        terminal.verify(b"000000")
    desk.take()
    refused(desk, card, error)
    assert card.pins.status(1) == (0x6983 if spent == 3 else 0x63C1), "no try was taken"


def test_a_wrong_pin_costs_one_try_and_is_not_shown(desk):
    desk.profile, desk.secrets = profile(channel=None), CardSecrets(pin=b"987654")
    card = chip()
    desk.take()
    assert "987654" not in refused(desk, card, PinRefused)
    assert card.pins.status(1) == 0x63C2


def test_a_blank_that_is_not_in_stock(desk):
    card, other = chip(), chip("SYN-CARD-0002")
    desk.journal.stock.bring_in(serial_of(card), serial_of(card), "Pak Budi")
    desk.take()
    refused(desk, other, BlankNotInStock)
    assert desk.personalise(reader(card)).state is JobState.DONE


def test_a_spoiled_blank_is_put_out_of_use_at_sight(desk):
    card = chip()
    desk.journal.stock.spoil(serial_of(card), "misprinted")
    desk.take()
    with pytest.raises(CardBarred, match=r"misprinted.*out of use"):
        desk.personalise(reader(card))
    assert card.files.root.life is LifeCycle.TERMINATED
    assert desk.journal.card(serial_of(card)).terminated
    assert desk.journal.record("job-1").state is JobState.FAILED_CLEAN


def test_two_jobs_for_one_reader_and_one_job_at_two(desk):
    desk.take("job-1")
    desk.take("job-2")
    writer, other = reader(chip()), reader(chip("SYN-CARD-0002"))
    inside, go_on = Event(), Event()

    def hold(progress) -> None:
        if progress.state is JobState.WRITING:
            inside.set()
            assert go_on.wait(60)

    outcomes = []
    first = Thread(target=lambda: outcomes.append(desk.personalise(writer, "job-1", progress=hold)))
    first.start()
    try:
        assert inside.wait(60)
        with pytest.raises(ReaderBusy, match="job-1"):
            desk.personaliser.personalise("job-2", writer, Event())
        with other, pytest.raises(JobBusy):
            desk.personaliser.personalise("job-1", other, Event())
        with pytest.raises(JobBusy):
            desk.personaliser.write_off("job-1", "CARD_GONE")
    finally:
        go_on.set()
        first.join(60)
    assert outcomes[0].state is JobState.DONE
    assert desk.personalise(writer, "job-1") == outcomes[0], "the reader is free again"
    assert desk.personalise(other, "job-2").state is JobState.DONE


def test_a_job_whose_time_is_over_begins_no_card_but_finishes_one(desk):
    card = chip()
    desk.take("late")
    with pytest.raises(CardPending):
        desk.personalise(reader(card, fault="card_reset", fault_after_commands=12, fault_count=9), desk.take())
    desk.clock.wall += timedelta(days=8)
    with pytest.raises(JobExpired):
        desk.personalise(reader(chip("SYN-CARD-0002")), "late")
    assert desk.personalise(reader(card)).state is JobState.DONE
    assert desk.journal.expired(desk.clock.wall) == ("late",)
    desk.personaliser.abandon("late")
    assert desk.journal.expired(desk.clock.wall) == ()
    with pytest.raises(JobClosed):
        desk.personalise(reader(chip("SYN-CARD-0002")), "late")


def test_a_profile_that_was_changed_under_its_version(desk):
    card = chip()
    with pytest.raises(CardPending):
        desk.personalise(reader(card, fault="card_reset", fault_after_commands=12, fault_count=9), desk.take())
    before, desk.profile = desk.profile, profile(capacity=1025)
    with pytest.raises(ProfileChanged):
        desk.personalise(reader(card))
    desk.profile = before
    assert desk.personalise(reader(card)).state is JobState.DONE


def test_a_card_that_somebody_activated_while_it_was_away_is_put_out_of_use(desk):
    card = chip()
    with pytest.raises(CardPending):
        desk.personalise(reader(card, fault="card_reset", fault_after_commands=12, fault_count=9), desk.take())
    terminal = Terminal(card)
    assert terminal.send(0xA4, 0x04, 0x0C, AID).ok
    assert terminal.send(0x44).ok
    outcome = desk.personalise(reader(card))
    assert (outcome.state, outcome.reason) == (JobState.INVALIDATED, "CARD_ALREADY_PERSONAL")
    assert end_of(desk, card, "job-1") == "spoiled"


def test_files_that_somebody_changed_between_activation_and_resume_are_noticed(desk):
    """The last file is not activated when the card is pulled, and is written by somebody else then."""
    card = chip()
    desk.take()
    line = Line(reader(card, fault="card_reset", fault_after_commands=35, fault_count=9))
    with pytest.raises(CardPending):
        desk.personalise(line)
    assert desk.journal.record("job-1").state is JobState.ACTIVATING
    terminal = Terminal(card)
    assert terminal.send(0xA4, 0x04, 0x0C, AID).ok
    assert terminal.select(0x0105) == 0x9000
    assert terminal.update(b"forged") == 0x9000
    outcome = desk.personalise(reader(card))
    assert (outcome.state, outcome.reason) == (JobState.INVALIDATED, "CARD_READ_BACK_DIFFERS")
    assert not is_a_card(card)


@pytest.mark.parametrize("seal", ["seal", ""])
def test_what_cannot_be_compared_any_more_needs_a_seal(desk, seal):
    """The card is lost after the file that only its holder reads was activated."""
    desk.profile = profile(seal=seal)
    total = commands_of(desk)
    states = set()
    for number in range(30, total):
        card, job_id = chip(f"card {number}"), desk.take(f"job-{number}")
        with pytest.raises(CardPending):
            desk.personalise(reader(card, fault="card_reset", fault_after_commands=number, fault_count=9), job_id)
        states.add(desk.personalise(reader(card), job_id).state)
        end_of(desk, card, job_id)
    assert states == ({JobState.DONE} if seal else {JobState.DONE, JobState.INVALIDATED})


def test_the_cards_of_an_enrolment_are_found(desk):
    desk.personalise(reader(chip()), desk.take())
    desk.take("job-2")
    found = desk.journal.of_enrolment("enrolment-7")
    assert [(each.job.job_id, each.state) for each in found] == [("job-1", JobState.DONE), ("job-2", JobState.CREATED)]
    assert desk.journal.of_enrolment("enrolment-8") == ()


def test_giving_up(desk):
    card, job_id = chip(), desk.take()
    with pytest.raises(NothingPending):
        desk.personaliser.write_off(job_id, "CARD_GONE")
    with reader(card) as writer, pytest.raises(NothingPending):
        desk.personaliser.resume(job_id, writer, Event())
    with pytest.raises(CardPending):
        desk.personalise(reader(card, fault="card_reset", fault_after_commands=12, fault_count=9))
    with pytest.raises(CardPending):
        desk.personaliser.abandon(job_id)
    with pytest.raises(ReasonInvalid):
        desk.personaliser.write_off(job_id, "it fell behind the cupboard")
    with reader(card) as writer:
        outcome = desk.personaliser.invalidate(job_id, writer, Event(), "OPERATOR", wait_s=5)
    assert (outcome.state, outcome.reason, outcome.terminated) == (JobState.INVALIDATED, "OPERATOR", True)
    desk.personaliser.abandon(job_id)
    with pytest.raises(JobClosed):
        desk.personalise(reader(chip("SYN-CARD-0002")))
    blank = chip("SYN-CARD-0002")
    assert is_blank(blank)


def test_contents_that_do_not_fit_the_profile(desk):
    for sizes, words in (
        ({**desk.sizes, "portrait": 6001}, "portrait has 6001 bytes"),
        ({**desk.sizes, "biodata": 0}, "biodata has 0 bytes"),
        ({**desk.sizes, "iris": 10}, "no file 'iris'"),
        ({name: size for name, size in desk.sizes.items() if name != "signature"}, "'signature'"),
    ):
        desk.sizes, before = sizes, desk.sizes
        with pytest.raises(ImageUnfit, match=words):
            desk.take()
        desk.sizes = before
    desk.profile = profile(seal="another")
    with pytest.raises(ImageUnfit):
        desk.take()
    wrong = replace(FILES[1], access={Operation.CREATE_DF: Condition.ALWAYS})
    desk.profile = profile(applications=(replace(profile().applications[0], files=(FILES[0], wrong, *FILES[2:])),))
    with pytest.raises(ImageUnfit, match="create_df"):
        desk.take()


def test_plain_profiles_ask_for_no_channel(desk):
    desk.profile, desk.secrets = profile(channel=None), CardSecrets()
    desk.take()
    line = Line(reader(chip(channel=None)))
    assert desk.personalise(line).state is JobState.DONE
    assert {each.cla for each in line.sent} == {0}
