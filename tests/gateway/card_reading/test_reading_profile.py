"""A card of a profile: all that may be seen is read, what may not is named, and faults end cleanly."""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event

import pytest

from drivers import CaptureCancelled, CardLost, CardRefused, CardWasReset
from drivers.cards.chip.secure_channel import ChannelKeys
from drivers.cards.chip.secure_channel import public_test_keys as chip_test_keys
from drivers.cards.chip.smart_card import SmartCard
from drivers.protocols import CardProtocol
from gateway.card import CardNotTrusted, PasswordRefused, SecurityLevel, public_test_keys
from gateway.card_profile import CardProfile, Channel, Diversification
from gateway.card_reading import (
    AccessWay,
    CardCredentials,
    CardNotRecognised,
    CardOpened,
    CardReading,
    FileDone,
    FileOutcome,
    ReadingRestarted,
    read_card,
)
from tests.gateway.card_reading.sample_card import (
    AID,
    CONTENTS,
    FILES,
    PIN,
    card_file,
    held_writer,
    profile,
    written_card,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WITH_PIN = CardCredentials(pin=PIN)
SEEN = ("biodata", "portrait", "seal")


@dataclass(frozen=True)
class Verdict:
    genuine: bool
    failures: tuple[str, ...] = ()


def events(writer, credentials=None, profiles=None, **options):
    return list(read_card(writer, profiles or [profile()], credentials, at=NOW, cancel=Event(), **options))


def follow(events, told: list, cancel: Event | None = None) -> None:
    """Take note of each event until an error ends them; after the first file `cancel` is set."""
    for event in events:
        told.append(event)
        if cancel is not None and isinstance(event, FileDone):
            cancel.set()


def reading(writer, credentials=None, profiles=None, **options) -> CardReading:
    last = events(writer, credentials, profiles, **options)[-1]
    assert isinstance(last, CardReading)
    return last


@pytest.mark.parametrize("protocol", list(CardProtocol))
@pytest.mark.parametrize("extended_length", [True, False])
def test_what_may_be_seen_is_read_and_what_may_not_is_named(protocol, extended_length):
    chip = written_card(protocol=protocol, extended_length=extended_length)
    found = reading(held_writer(chip))
    assert found.way is AccessWay.PLAIN
    assert dict(found.contents) == {name: CONTENTS[name] for name in SEEN}
    assert found.names(FileOutcome.READ) == SEEN
    assert found.names(FileOutcome.REFUSED) == ("signature", "finger", "secret")
    assert [file.sw for file in found.files] == [None, None, 0x6982, 0x6982, None, None]
    assert found.portrait is not None
    assert (found.portrait.media_type, found.portrait.data) == ("image/jpeg", CONTENTS["portrait"])
    assert found.genuine is None


def test_events_count_the_files():
    told = events(held_writer(written_card()))
    assert told[0] == CardOpened("sample", AccessWay.PLAIN)
    done = [event for event in told if isinstance(event, FileDone)]
    assert [(event.file.name, event.index, event.total) for event in done] == [
        (file.name, place, len(FILES)) for place, file in enumerate(FILES, 1)
    ]
    assert [event.file.octets for event in done] == [len(CONTENTS[name]) if name in SEEN else 0 for name in CONTENTS]


def test_the_pin_opens_one_file_more():
    found = reading(held_writer(written_card()), WITH_PIN)
    assert found.way is AccessWay.PIN
    assert found.contents["signature"] == CONTENTS["signature"]
    assert found.names(FileOutcome.REFUSED) == ("finger", "secret")


def test_a_wrong_pin_costs_one_try_and_the_last_one_says_so():
    writer = held_writer(written_card())
    for left in (2, 1, 0):
        with pytest.raises(PasswordRefused) as refused:
            events(writer, CardCredentials(pin=b"000000"))
        assert refused.value.tries_left == left
    with pytest.raises(PasswordRefused, match="unblocking") as refused:
        events(writer, WITH_PIN)
    assert refused.value.tries_left == 0
    assert "000000" not in str(refused.value)


def test_a_pin_that_no_file_asks_for_is_not_sent():
    files = tuple(file for file in FILES if file.name != "signature")
    writer = held_writer(written_card())
    found = reading(writer, CardCredentials(pin=b"000000"), [profile(files=files)])
    assert found.way is AccessWay.PLAIN
    assert reading(writer, WITH_PIN).way is AccessWay.PIN


def test_files_that_are_not_there_are_absent():
    found = reading(held_writer(written_card(leave_out=("seal", "signature"))))
    assert found.names(FileOutcome.ABSENT) == ("signature", "seal")
    assert "seal" not in found.contents


def test_an_application_is_recognised_among_several():
    others = [profile("other", bytes.fromhex("F000000001")), profile()]
    assert reading(held_writer(written_card()), profiles=others).profile == "sample"


def test_a_card_without_any_of_them_is_said_to_be_unknown():
    with pytest.raises(CardNotRecognised, match="other"):
        events(held_writer(written_card()), profiles=[profile("other", bytes.fromhex("F000000001"))])


def test_one_application_of_several_may_be_missing():
    second = profile("other", bytes.fromhex("F000000001"), (card_file("extra", 0x0101),)).applications[0]
    both = profile()
    both = type(both)(**{**vars(both), "applications": (*both.applications, second)})
    found = reading(held_writer(written_card()), profiles=[both])
    assert found.names(FileOutcome.ABSENT) == ("extra",)
    assert found.names(FileOutcome.READ) == SEEN


def test_a_portrait_that_is_no_image_is_told_and_the_rest_is_there():
    files = (*(file for file in FILES if file.name not in ("portrait", "biodata")), card_file("portrait", 0x0101))
    found = reading(held_writer(written_card()), profiles=[profile(files=files)])
    assert found.portrait is None
    assert list(found.undecoded) == ["portrait"]
    assert found.contents["portrait"] == CONTENTS["biodata"]


def test_the_seal_is_checked_over_what_was_read():
    given = {}

    def check(which, contents, /, *, chip_serial, whole):
        given.update(profile=which.name, contents=dict(contents), serial=chip_serial, whole=whole)
        return Verdict(genuine=set(contents) == set(SEEN))

    chip = written_card()
    found = reading(held_writer(chip), check_seal=check)
    assert found.genuine is True
    assert given == {
        "profile": "sample",
        "contents": {name: CONTENTS[name] for name in SEEN},
        "serial": chip.serial,
        "whole": False,
    }


def channel_card() -> tuple[SmartCard, CardProfile]:
    """The card with the public test keys on its chip, and its profile with the channel."""
    channel = Channel(SecurityLevel.C_ENC_R_ENC, diversification=Diversification.NONE)
    return written_card(channel=chip_test_keys()), replace(profile(), channel=channel)


def test_the_issuers_keys_open_the_templates_and_never_ask_what_would_end_the_channel():
    chip, which = channel_card()
    found = reading(held_writer(chip), CardCredentials(keys=public_test_keys()), [which])
    assert found.way is AccessWay.CHANNEL
    assert found.names(FileOutcome.READ) == ("biodata", "portrait", "finger", "seal")
    assert found.names(FileOutcome.REFUSED) == ("signature", "secret")
    assert found.contents["finger"] == CONTENTS["finger"]


def test_keys_and_pin_open_all_that_there_is_to_see():
    chip, which = channel_card()
    told = {}

    def check(_, contents, /, *, chip_serial, whole):
        told.update(whole=whole, serial=chip_serial)
        return Verdict(True)

    files = tuple(file for file in FILES if file.name != "secret")
    which = replace(which, applications=(replace(which.applications[0], files=files),))
    found = reading(held_writer(chip), CardCredentials(pin=PIN, keys=public_test_keys()), [which], check_seal=check)
    assert dict(found.contents) == {file.name: CONTENTS[file.name] for file in files}
    assert told == {"whole": True, "serial": chip.serial}


def test_a_wrong_pin_over_the_channel_is_refused_once():
    chip, which = channel_card()
    writer = held_writer(chip)
    with pytest.raises(PasswordRefused) as refused:
        events(writer, CardCredentials(pin=b"000000", keys=public_test_keys()), [which])
    assert refused.value.tries_left == 2
    assert reading(writer, WITH_PIN).way is AccessWay.PIN


def test_a_card_with_other_keys_is_not_trusted():
    _, which = channel_card()
    with pytest.raises(CardNotTrusted):
        events(
            held_writer(written_card(channel=ChannelKeys(bytes(16), bytes(16)))),
            CardCredentials(keys=public_test_keys()),
            [which],
        )


def test_only_what_is_wanted_is_read():
    chip, which = channel_card()
    found = reading(held_writer(chip), CardCredentials(keys=public_test_keys()), [which], only=("finger",))
    assert [file.name for file in found.files] == ["finger"]
    assert dict(found.contents) == {"finger": CONTENTS["finger"]}
    seal = reading(
        held_writer(chip),
        profiles=[which],
        only=("finger",),
        check_seal=lambda which, contents, /, *, chip_serial, whole: pytest.fail("it was not read"),
    )
    assert seal.seal is None


def test_a_reset_within_the_channel_opens_another():
    for after in range(0, 40, 3):
        chip, which = channel_card()
        writer = held_writer(chip, fault="card_reset", fault_after_commands=after)
        told = events(writer, CardCredentials(keys=public_test_keys()), [which])
        assert told[-1].contents["finger"] == CONTENTS["finger"]


def test_a_card_without_its_seal_is_judged_and_one_that_hides_it_is_not():
    missing = reading(
        held_writer(written_card(leave_out=("seal",))),
        check_seal=lambda which, contents, /, *, chip_serial, whole: Verdict("seal" in contents, ("no seal",)),
    )
    assert missing.genuine is False
    hidden = reading(
        held_writer(written_card()),
        profiles=[profile(seal="secret")],
        check_seal=lambda which, contents, /, *, chip_serial, whole: pytest.fail("it cannot be judged"),
    )
    assert (hidden.seal, hidden.genuine) == (None, None)


def test_a_card_that_refuses_the_seal_that_it_should_show_is_judged():
    files = (*(file for file in FILES if file.name not in ("seal", "secret")), card_file("seal", 0x0105))
    found = reading(
        held_writer(written_card()),
        profiles=[profile(files=files)],
        check_seal=lambda which, contents, /, *, chip_serial, whole: Verdict("seal" in contents, ("no seal",)),
    )
    assert found.names(FileOutcome.REFUSED) == ("signature", "finger", "seal")
    assert found.genuine is False


def commands_of_a_reading() -> int:
    chip = written_card()
    before = chip.commands
    reading(held_writer(chip), WITH_PIN)
    return chip.commands - before


def test_a_card_pulled_at_any_command_ends_with_that_and_can_be_read_again():
    for after in range(commands_of_a_reading()):
        writer = held_writer(written_card(), fault="pull_card", fault_after_commands=after)
        with pytest.raises(CardLost) as lost:
            events(writer, WITH_PIN)
        assert not isinstance(lost.value, CardWasReset)
        writer.await_card(5.0, Event())
        assert reading(writer, WITH_PIN).contents["signature"] == CONTENTS["signature"]


def test_a_card_that_is_reset_is_read_once_more_from_its_beginning_but_no_pin_twice():
    outcomes = []
    for after in range(commands_of_a_reading()):
        writer = held_writer(written_card(), fault="card_reset", fault_after_commands=after)
        try:
            told = events(writer, WITH_PIN)
        except CardWasReset:
            outcomes.append("pin")
            continue
        outcomes.append("again")
        assert [type(event) for event in told].count(ReadingRestarted) == 1
        place = told.index(ReadingRestarted())
        assert told[place + 1] == CardOpened("sample", AccessWay.PIN)
        assert {name: told[-1].contents[name] for name in (*SEEN, "signature")} == dict(told[-1].contents)
    assert outcomes.count("pin") == 1


def test_a_card_that_is_reset_again_and_again_is_given_up():
    writer = held_writer(written_card(), fault="card_reset", fault_after_commands=3, fault_count=2)
    told = []
    with pytest.raises(CardWasReset):
        follow(read_card(writer, [profile()], at=NOW, cancel=Event()), told)
    assert [type(event) for event in told].count(ReadingRestarted) == 1


@pytest.mark.parametrize("sw", [0x6F00, 0x6581, 0x6985, 0x6281])
def test_a_wrong_status_word_anywhere_loses_a_file_or_is_said_to_close_the_application(sw):
    for after in range(commands_of_a_reading()):
        writer = held_writer(written_card(), fault="status_word", fault_after_commands=after, fault_sw=sw)
        try:
            found = reading(writer)
        except (CardRefused, CardNotRecognised):
            continue
        lost = [name for name in SEEN if name not in found.contents]
        named = {file.name: file for file in found.files}
        if len(lost) == 1:
            assert named[lost[0]].outcome is (FileOutcome.REFUSED if sw == 0x6985 else FileOutcome.DAMAGED)
        elif lost:
            assert {(file.outcome, file.sw) for file in found.files} == {(FileOutcome.REFUSED, sw)}


def test_a_reading_can_be_cancelled_between_commands():
    cancel = Event()
    writer = held_writer(written_card())
    told = []
    with pytest.raises(CaptureCancelled):
        follow(read_card(writer, [profile()], at=NOW, cancel=cancel), told, cancel)
    assert [event.file.name for event in told if isinstance(event, FileDone)] == ["biodata"]
    assert reading(writer).names(FileOutcome.READ) == SEEN


def test_a_reading_that_nobody_follows_any_more_leaves_the_card_usable():
    writer = held_writer(written_card())
    events_of_it = read_card(writer, [profile()], at=NOW, cancel=Event())
    assert isinstance(next(events_of_it), CardOpened)
    events_of_it.close()
    assert reading(writer).names(FileOutcome.READ) == SEEN


def test_without_a_card_or_a_time_zone_nothing_is_begun():
    writer = held_writer(written_card())
    with pytest.raises(ValueError, match="time zone"):
        next(read_card(writer, [profile()], at=datetime(2026, 6, 1), cancel=Event()))
    writer.release_card()
    with pytest.raises(ValueError, match="no card"):
        next(read_card(writer, [profile()], at=NOW, cancel=Event()))


def test_no_text_form_and_no_log_shows_content_or_pin(caplog):
    caplog.set_level(logging.DEBUG)
    told = events(held_writer(written_card()), WITH_PIN)
    text = caplog.text + repr(told) + repr(WITH_PIN) + str(told)
    for content in (*CONTENTS.values(), PIN, AID):
        assert repr(content)[2:18] not in text
        assert content.hex()[:12] not in text.lower()
