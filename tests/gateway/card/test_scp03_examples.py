"""SCP03 and its keys by published examples, and cards whose first answer is none."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import given
from hypothesis import strategies as st

from drivers import CommandApdu, ResponseApdu
from drivers.cards.apdu import decode_command
from gateway.card import scp03_keys
from gateway.card.errors import CardNotTrusted, MalformedCardData, UnsupportedByCard
from gateway.card.message_ciphers import aes_cmac
from gateway.card.scp03 import SecurityLevel, open_scp03
from gateway.card.scp03_keys import DiversifiedKeys, StaticKeys, diversified_keys
from tests.gateway.card import scp03_examples as examples
from tests.gateway.card.scripted_card import ScriptedCard, one_after_another


def challenge(initialize: str) -> str:
    return decode_command(bytes.fromhex(initialize)).data.hex()


class Recorder:
    """Answers as an example does, and keeps what was sent."""

    def __init__(self, *answers: str) -> None:
        self.answers = [bytes.fromhex(answer) for answer in answers]
        self.late: Callable[[], bytes] = lambda: b""
        self.sent: list[CommandApdu] = []

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        self.sent.append(command)
        return ResponseApdu(self.answers.pop(0) if self.answers else self.late(), 0x9000)


@pytest.mark.parametrize("example", examples.SIM, ids=lambda item: f"AES-{8 * item.key_length} {item.level:02X}")
def test_sessions_with_a_sim_card(example):
    source = StaticKeys(examples.sim_key(0x00, example.key_length), examples.sim_key(0x10, example.key_length))
    level = SecurityLevel(example.level)
    card = Recorder(example.card, "", example.eid)
    random = one_after_another(challenge(example.initialize))
    session = open_scp03(card.transmit, source, level, key_version=bytes.fromhex(example.initialize)[2], random=random)
    assert card.sent[0].encode() == bytes.fromhex(example.initialize)
    assert card.sent[1].encode() == bytes.fromhex(example.authenticate)
    assert session.transmit(decode_command(bytes.fromhex(examples.PLAIN_GET_EID))).data.hex() == examples.PLAIN_EID
    assert card.sent[2].encode() == bytes.fromhex(example.get_eid)
    # The cases that follow are known as commands alone; they are answered with nothing but the code that is due.
    card.late = lambda: b""
    if level.authenticates_answers:
        card.late = lambda: aes_cmac(session._keys.rmac, session._chaining + b"\x90\x00")[:8]
    for plain, expected in zip(examples.PLAIN_CASES, example.cases, strict=True):
        assert session.transmit(decode_command(bytes.fromhex(plain))) == ResponseApdu(b"", 0x9000)
        due = decode_command(bytes.fromhex(expected))
        assert (card.sent[-1].header, card.sent[-1].data) == (due.header, due.data)
        assert card.sent[-1].ne == (256 if level.authenticates_answers else due.ne)


@pytest.mark.parametrize("example", examples.KEY_LENGTHS_AND_MODES, ids=lambda item: f"AES-{8 * item[0]} S{item[1]}")
def test_both_modes_with_every_key_length(example):
    length, mac_length, initialize, answer, authenticate = example
    source = StaticKeys(bytes.fromhex(examples.ENC)[:length], bytes.fromhex(examples.MAC)[:length])
    card = ScriptedCard((initialize, answer + "9000"), (authenticate, "9000"))
    random = one_after_another(challenge(initialize))
    level = SecurityLevel.C_ENC_R_ENC
    open_scp03(card.transmit, source, level, key_version=0x30, mac_length=mac_length, random=random)
    assert card.left == 0


def test_a_recorded_card_under_the_test_keys():
    initialize, answer, authenticate = examples.JCOP4
    card = ScriptedCard((initialize, answer + "9000"), (authenticate, "9000"))
    random = one_after_another(challenge(initialize))
    open_scp03(card.transmit, scp03_keys.public_test_keys(), SecurityLevel.C_MAC, random=random)
    assert card.left == 0


def key_check_value(key: bytes) -> str:
    encryptor = Cipher(AES(key), modes.CBC(bytes(16))).encryptor()
    return encryptor.update(b"\x01" * 16)[:3].hex().upper()


@pytest.mark.parametrize(("length", "enc", "mac"), examples.DIVERSIFIED)
def test_diversified_keys_of_every_length(length, enc, mac):
    keys = diversified_keys(bytes(range(0x40, 0x40 + length)), bytes(range(10)))
    assert (key_check_value(keys.enc), key_check_value(keys.mac)) == (enc, mac)


def test_a_published_diversified_key():
    master = bytes.fromhex("8C72C72CF908411653018807950D82FBAD947562F0828A0B10B8B9606ABF3BCD")
    keys = diversified_keys(master, bytes.fromhex("D9B1DE5D0362DEDCE4FB"))
    assert keys.enc.hex().upper() == "9AAC5D0B3601F89438A0D9D0B6B256CFB47E6462DFA5228D3420C4AC7C224781"
    with pytest.raises(ValueError, match="10 bytes"):
        diversified_keys(master, b"123")


def test_keys_that_anybody_knows_say_so():
    assert scp03_keys.public_test_keys().for_tests
    assert DiversifiedKeys(bytes(range(0x40, 0x60))).for_tests
    assert StaticKeys(bytes(16), bytes(range(0x40, 0x50))).for_tests
    assert not StaticKeys(bytes(16), bytes(16)).for_tests
    for keys in ((b"", b""), (bytes(16), bytes(24)), (bytes(15), bytes(15))):
        with pytest.raises(ValueError, match="16, 24 or 32"):
            StaticKeys(*keys)


@pytest.mark.parametrize(
    ("answer", "error", "complaint"),
    [
        ("", MalformedCardData, "0 bytes"),
        (examples.JCOP4[1][:-2], MalformedCardData, "31 bytes, not 32"),
        (examples.JCOP4[1] + "00", MalformedCardData, "33 bytes, not 32"),
        (examples.JCOP4[1].replace("010370", "010270"), UnsupportedByCard, "SCP02"),
        (examples.JCOP4[1].replace("010370", "010371"), UnsupportedByCard, "S16, S8 was asked"),
        (examples.JCOP4[1].replace("010370", "010310"), UnsupportedByCard, "01 or 03"),
        (examples.JCOP4[1].replace("010370", "010330"), UnsupportedByCard, "13 or below"),
        (examples.JCOP4[1], CardNotTrusted, "version 01"),
    ],
)
def test_answers_to_initialize_update_that_are_none(answer, error, complaint):
    card = Recorder(answer)
    with pytest.raises(error, match=complaint):
        open_scp03(card.transmit, scp03_keys.public_test_keys(), SecurityLevel.C_ENC_R_ENC)


@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda tail: bytes.fromhex(examples.JCOP4[1])[:13] + tail))
def test_any_answer_to_initialize_update_is_refused_by_name(octets):
    with pytest.raises((MalformedCardData, UnsupportedByCard, CardNotTrusted)):
        open_scp03(
            lambda command: ResponseApdu(octets, 0x9000), scp03_keys.public_test_keys(), SecurityLevel.C_ENC_R_ENC
        )
