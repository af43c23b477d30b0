"""A security module computes CMACs, and a card opens to keys that never left it."""

from threading import Event

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from drivers import CardRefused, CommandApdu, ResponseApdu
from drivers.cards.chip.secure_channel import ChannelKeys
from drivers.cards.chip.smart_card import CardOptions, SmartCard
from drivers.cards.synthetic import SyntheticCardWriter
from gateway.card import (
    Asked,
    CmacKeys,
    MalformedCardData,
    ModuleAccess,
    ModulePinRefused,
    SecurityLevel,
    UnsupportedByCard,
    diversified_keys,
    module_cmacs,
    open_scp03,
)
from tests.drivers.synthetic_cards import Terminal
from tests.gateway.card.module_chip import ACCESS, APPLICATION, ENC, KEYS, MAC, MASTER, PIN, module_chip, tries_left


def cmac(key: bytes, message: bytes) -> bytes:
    made = CMAC(AES(key))
    made.update(message)
    return made.finalize()


def module(chip: SmartCard):
    writer = SyntheticCardWriter(card=chip, card_delay_s=0.0)
    writer.__enter__()
    writer.await_card(1.0, Event())
    return writer


class Maker:
    """A `CmacMaker` over a chip, as the gateway has one over a reader."""

    def __init__(self, chip: SmartCard) -> None:
        self.sessions = 0
        self._chip = chip

    def cmacs(self, asked: list[Asked]) -> list[bytes]:
        self.sessions += 1
        return module_cmacs(module(self._chip).transmit, ACCESS, [(int(key), message) for key, message in asked])

    def key_length(self, key: str) -> int:
        return len(KEYS[int(key)])


def test_checksums_are_cmacs_under_the_keys_that_were_named():
    asked = [(ENC, b"one"), (ENC, b"two" * 20), (MASTER, b"one"), (MAC, b"one"), (ENC, b"one")]
    made = module_cmacs(module(module_chip()).transmit, ACCESS, asked)
    assert made == [cmac(KEYS[key], message) for key, message in asked]


def test_the_pin_is_tried_once_and_never_for_the_last_time():
    chip = module_chip()
    wrong = ModuleAccess(APPLICATION, b"13572468")
    for left in (2, 1):
        with pytest.raises(ModulePinRefused, match=str(left)) as error:
            module_cmacs(module(chip).transmit, wrong, [(ENC, b"one")])
        assert error.value.tries_left == tries_left(chip) == left
        assert "13572468" not in str(error.value)
    for access in (wrong, ACCESS):  # the right one too: whoever mends it looks first
        with pytest.raises(ModulePinRefused, match="1 try left"):
            module_cmacs(module(chip).transmit, access, [(ENC, b"one")])
        assert tries_left(chip) == 1
    assert PIN not in repr(ACCESS)


@pytest.mark.parametrize(("sw", "left"), [(0x6300, None), (0x6982, None), (0x6983, 0), (0x63C1, 1)])
def test_whatever_the_module_refuses_the_pin_with_is_a_refusal(sw, left):
    chip = module(module_chip())

    def refusing(command: CommandApdu) -> ResponseApdu:
        return ResponseApdu(b"", sw) if command.ins == 0x20 and command.data else chip.transmit(command)

    with pytest.raises(ModulePinRefused) as error:
        module_cmacs(refusing, ACCESS, [(ENC, b"one")])
    assert error.value.tries_left == left


def test_a_module_that_does_not_tell_its_tries_is_not_tried():
    chip, sent = module(module_chip()), []

    def silent(command: CommandApdu) -> ResponseApdu:
        sent.append(command)
        return ResponseApdu(b"", 0x6700) if command.ins == 0x20 and not command.data else chip.transmit(command)

    with pytest.raises(UnsupportedByCard, match="6700"):
        module_cmacs(silent, ACCESS, [(ENC, b"one")])
    assert not [each for each in sent if each.ins == 0x20 and each.data]


def test_a_pin_that_is_verified_already_is_not_sent_again():
    chip, sent = module(module_chip()), []

    def watched(command: CommandApdu) -> ResponseApdu:
        sent.append(command)
        return chip.transmit(command)

    for _ in range(2):
        module_cmacs(watched, ACCESS, [(ENC, b"one")])
    assert len([each for each in sent if each.ins == 0x20 and each.data]) == 1


def test_what_the_module_lacks_is_named():
    with pytest.raises(CardRefused, match="key 09"):
        module_cmacs(module(module_chip()).transmit, ACCESS, [(9, b"one")])
    with pytest.raises(CardRefused, match="application"):
        module_cmacs(module(SmartCard()).transmit, ACCESS, [(ENC, b"one")])
    with pytest.raises(CardRefused, match="SECURITY ENVIRONMENT"):
        module_cmacs(module(module_chip({})).transmit, ACCESS, [(ENC, b"one")])


def test_an_answer_that_is_no_cmac_is_not_taken_for_one():
    chip = module(module_chip())

    def short(command: CommandApdu) -> ResponseApdu:
        answer = chip.transmit(command)
        return ResponseApdu(answer.data[:8], answer.sw) if command.ins == 0x2A else answer

    with pytest.raises(MalformedCardData, match="8 bytes"):
        module_cmacs(short, ACCESS, [(ENC, b"one")])


def test_a_module_is_told_what_its_mechanism_is_called_where_that_is_needed():
    sent: list[CommandApdu] = []
    chip = module(module_chip())

    def watched(command: CommandApdu) -> ResponseApdu:
        sent.append(command)
        return chip.transmit(command)

    module_cmacs(watched, ModuleAccess(APPLICATION, PIN.encode(), mechanism=0x0D), [(ENC, b"one")])
    (chosen,) = [command.data for command in sent if command.ins == 0x22]
    assert chosen == bytes.fromhex("80010D8301") + bytes((ENC,))


@pytest.mark.parametrize("diversified", [False, True])
def test_a_chip_opens_to_keys_that_stay_in_the_module(diversified):
    blank = SmartCard(CardOptions(serial="BLANK"))
    keys = KEYS[ENC], KEYS[MAC]
    if diversified:
        own = diversified_keys(KEYS[MASTER], blank.serial + bytes(2))
        keys = own.enc, own.mac
    blank = SmartCard(CardOptions(serial="BLANK", channel=ChannelKeys(*keys)))
    maker = Maker(module_chip())
    source = CmacKeys(maker, str(MASTER)) if diversified else CmacKeys(maker, str(ENC), str(MAC))
    assert not source.for_tests
    assert not source.for_tests
    assert maker.sessions == 1
    open_scp03(module(blank).transmit, source, SecurityLevel.C_ENC_R_ENC).close()
    assert maker.sessions == 2


def test_a_chip_gives_no_checksum_before_its_pin_nor_after_a_reset():
    chip = module_chip()
    terminal = Terminal(chip)
    choose, compute = (0x22, 0x41, 0xB4, bytes((0x83, 1, ENC))), (0x2A, 0x8E, 0x80, b"one", 16)
    assert terminal.send(*choose).sw == 0x6982
    assert terminal.send(*compute).sw == 0x6982
    assert terminal.verify(PIN.encode()) == 0x9000
    assert terminal.send(*compute).sw == 0x6985
    assert terminal.send(*choose).sw == 0x9000
    assert terminal.send(*compute).data == cmac(KEYS[ENC], b"one")
    assert terminal.send(0x22, 0x41, 0xB4, b"\x83\x05\x01").sw == 0x6A80
    terminal.power_up()
    assert terminal.verify(PIN.encode()) == 0x9000
    assert terminal.send(*compute).sw == 0x6985
    assert str(KEYS[ENC]) not in repr(chip.options)
    assert Terminal(SmartCard()).send(*choose).sw == 0x6D00
