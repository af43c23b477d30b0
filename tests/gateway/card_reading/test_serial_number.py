"""The chip's serial number while a card is read: a copy that keeps silent is no original, nor one that tells two."""

from dataclasses import replace
from functools import partial
from threading import Event
from types import SimpleNamespace

import pytest

from drivers import CardUnusable, ResponseApdu
from drivers.cards.chip.secure_channel import public_test_keys as chip_test_keys
from gateway.card import SecurityLevel, public_test_keys
from gateway.card_profile import Channel, Diversification, SealFault, SealTrust, check_seal
from gateway.card_profile.seal import encode_seal
from gateway.card_reading import AccessWay, CardCredentials, read_card
from gateway.service.card_read import CardReads, CardTrust
from tests.gateway.card_reading import sample_card
from tests.gateway.card_reading.sample_card import CONTENTS, FILES, held_writer, profile
from tests.gateway.personalisation.card_desk import NOON, CardDesk, Line, signing_key

SEALED = profile(files=tuple(each for each in FILES if each.name in ("biodata", "portrait", "seal")))
OVER_CHANNEL = replace(
    SEALED,
    channel=Channel(SecurityLevel.C_ENC_R_ENC, diversification=Diversification.NONE),
    applications=(
        replace(SEALED.applications[0], files=(*SEALED.files[:2], *profile().files[3:4], *SEALED.files[2:])),
    ),
)
"""With a file that is read over the channel, so that one is opened."""
KEY = signing_key()
GET_DATA = 0xCA


def written(serial: str, monkeypatch: pytest.MonkeyPatch, which=SEALED, **options: object):
    """A chip with what was sealed for chip ORIGINAL."""
    made_for = SimpleNamespace(signer=KEY, at=NOON, chip_serial=sample_card.written_card(serial="ORIGINAL").serial)
    sealed = {file.name: CONTENTS[file.name] for file in which.files if file.name != "seal"}
    monkeypatch.setitem(CONTENTS, "seal", encode_seal(which, sealed, made_for))
    return sample_card.written_card(serial=serial, **options)


class Liar(Line):
    """A line on which the chip answers GET DATA with what the test gives, in turn; None for the truth."""

    def __init__(self, writer, *answers: ResponseApdu | None) -> None:
        super().__init__(writer)
        self._answers = list(answers)

    def transmit(self, command):
        answer = self._answers.pop(0) if command.ins == GET_DATA and self._answers else None
        return super().transmit(command) if answer is None else answer


SILENT = (ResponseApdu(b"", 0x6A88), ResponseApdu(b"", 0x9000))


def faults(writer, which=SEALED, credentials=None):
    check = partial(check_seal, trust=SealTrust.from_pem(KEY.trust_bundle().certificates_pem))
    *_, reading = read_card(writer, [which], credentials, at=NOON, cancel=Event(), check_seal=check)
    return reading.way, reading.genuine, [each.fault for each in reading.seal.failures]


def test_the_original_is_genuine_and_a_copy_is_not(monkeypatch):
    original = held_writer(written("ORIGINAL", monkeypatch))
    assert faults(original) == (AccessWay.PLAIN, True, [])
    copy = held_writer(written("COPY", monkeypatch))
    assert faults(copy) == (AccessWay.PLAIN, False, [SealFault.OTHER_CHIP])


@pytest.mark.parametrize("silence", SILENT)
def test_a_copy_that_does_not_tell_its_number_is_not_genuine(monkeypatch, silence):
    copy = Liar(held_writer(written("COPY", monkeypatch)), silence)
    assert faults(copy) == (AccessWay.PLAIN, False, [SealFault.OTHER_CHIP])


def test_a_copy_that_ends_the_session_rather_than_tell_its_number_is_not_genuine(monkeypatch):
    chip = written("COPY", monkeypatch, OVER_CHANNEL, channel=chip_test_keys())
    found = faults(Liar(held_writer(chip), SILENT[0]), OVER_CHANNEL, CardCredentials(keys=public_test_keys()))
    assert found == (AccessWay.CHANNEL, False, [SealFault.OTHER_CHIP])


@pytest.fixture
def reads(tmp_path):
    desk = CardDesk(tmp_path / "state")
    yield CardReads(None, None, None, desk.journal, CardTrust(KEY), None)
    desk.close()


def test_a_card_that_tells_one_number_to_the_journal_and_another_to_the_seal_is_refused(reads, monkeypatch):
    chip = written("ORIGINAL", monkeypatch)
    read = partial(reads.read, profiles=[SEALED], credentials=CardCredentials(), cancel=Event())
    honest = read(held_writer(chip))
    assert (honest.serial, honest.reading.genuine) == (chip.serial.hex().upper(), True)
    fresh = ResponseApdu(b"\x01\x02\x03\x04", 0x9000)
    with pytest.raises(CardUnusable, match="two serial numbers"):
        read(Liar(held_writer(chip), fresh))
    with pytest.raises(CardUnusable, match="two serial numbers"):
        read(Liar(held_writer(chip), None, fresh))
    # One that keeps silent at first has one number, and no tries are counted by it: whoever counts refuses it.
    silent = read(Liar(held_writer(chip), SILENT[0]))
    assert (silent.serial, silent.reading.genuine) == ("", True)
