"""SCP03 against the card in memory on every protocol, and how its sessions die."""

from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import CardLost, CardProtocol, CardRefused, CommandApdu, ResponseApdu
from drivers.cards.chip.secure_channel import ChannelKeys, public_test_keys
from drivers.cards.chip.smart_card import CardOptions, SmartCard
from drivers.cards.exchange import exchange, inserted_card
from drivers.cards.synthetic import SyntheticCardWriter
from gateway.card import scp03_keys
from gateway.card.errors import CardNotTrusted, PasswordRefused, SessionDead
from gateway.card.scp03 import Scp03Session, SecurityLevel, open_scp03
from gateway.card.scp03_keys import CardKeys, DiversifiedKeys, Scp03Keys, StaticKeys, diversified_keys
from tests.drivers.synthetic_cards import control_parameters, held

LEVELS = pytest.mark.parametrize("level", SecurityLevel)
WRITE = CommandApdu(0, 0xD6, 0, 0, bytes(range(64)))


class Desk:
    """A card in memory that knows SCP03, and the way to it, which can be tampered with."""

    def __init__(self, protocol: CardProtocol = CardProtocol.T1, keys: ChannelKeys | None = None, **options) -> None:
        channel = keys or public_test_keys()
        self.chip = SmartCard(CardOptions(protocol=protocol, channel=channel, **options))
        self.card = inserted_card(self.chip.power_up(), protocol is CardProtocol.T0)
        self.sent: list[CommandApdu] = []
        self.before = self.after = lambda value: value

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        self.sent.append(command)
        return self.after(exchange(self.chip.process, self.before(command), self.card))

    def open(self, level: SecurityLevel, source=None, **options) -> Scp03Session:
        return open_scp03(self.transmit, source or scp03_keys.public_test_keys(), level, **options)

    def create(self, session, fid: int = 0x0101, size: int = 600, **options) -> None:
        assert session.transmit(CommandApdu(0, 0xE0, data=control_parameters(fid, size=size, **options))).ok


@LEVELS
@pytest.mark.parametrize("protocol", CardProtocol)
@pytest.mark.parametrize("mac_length", [8, 16])
def test_files_are_made_and_read_on_every_protocol(level, protocol, mac_length):
    keys = ChannelKeys(bytes(range(16)), bytes(range(16, 32)), mac_length=mac_length)
    desk = Desk(protocol, keys)
    session = desk.open(level, StaticKeys(keys.enc, keys.mac, version=0x30), mac_length=mac_length)
    desk.create(session)
    content = bytes(range(256)) + bytes(range(255, -1, -1))
    for start in range(0, len(content), session.max_block):
        block = content[start : start + session.max_block]
        assert session.transmit(CommandApdu(0, 0xD6, start >> 8, start & 0xFF, block)) == ResponseApdu(b"", 0x9000)
    read = b""
    while len(read) < len(content):
        ne = min(session.max_block, len(content) - len(read))
        answer = session.transmit(CommandApdu(0, 0xB0, len(read) >> 8, len(read) & 0xFF, ne=ne))
        assert (answer.sw, len(answer.data)) == (0x9000, ne)
        read += answer.data
    assert read == content
    assert session.transmit(CommandApdu(0, 0xA4, 0, 0x0C, b"\x09\x09")).sw == 0x6A82
    assert session.transmit(CommandApdu(0, 0xB0, 0, 0, ne=5)).data == content[:5], "a refusal ends nothing"
    assert all(command.is_short for command in desk.sent)


@LEVELS
@pytest.mark.parametrize("protocol", CardProtocol)
def test_warnings_come_over_the_channel_with_their_data(level, protocol):
    desk = Desk(protocol)
    session = desk.open(level)
    desk.create(session)
    parameters = session.transmit(CommandApdu(0, 0xA4, 0, 0x04, b"\x01\x01", 256))
    assert parameters.ok
    assert session.transmit(CommandApdu(0, 0x04)).ok
    warned = session.transmit(CommandApdu(0, 0xA4, 0, 0x04, b"\x01\x01", 256))
    assert (warned.sw, warned.data[0], len(warned.data)) == (0x6283, 0x62, len(parameters.data))
    assert session.alive


def test_encrypted_levels_never_show_the_content():
    shown = {}
    for level in SecurityLevel:
        desk = Desk()
        session = desk.open(level)
        desk.create(session)
        session.transmit(WRITE)
        shown[level] = any(WRITE.data[:16] in command.data for command in desk.sent)
    assert shown == {level: not level.encrypts_commands for level in SecurityLevel}


def test_a_file_that_only_the_channel_may_write():
    desk = Desk()
    session = desk.open(SecurityLevel.C_ENC)
    desk.create(session, access=bytes.fromhex("0240"), life=0x05)
    assert session.transmit(WRITE).ok
    session.close()
    desk.card = inserted_card(desk.chip.power_up(), False)
    assert desk.transmit(CommandApdu(0, 0xA4, 0, 0x0C, b"\x01\x01")).ok
    assert desk.transmit(WRITE).sw == 0x6982
    assert desk.transmit(CommandApdu(0, 0xB0, ne=64)).data == WRITE.data, "reading is free"
    again = desk.open(SecurityLevel.C_MAC)
    again.transmit(CommandApdu(0, 0xA4, 0, 0x0C, b"\x01\x01"))
    assert again.transmit(WRITE).ok


def test_each_card_has_its_own_keys_from_one_master():
    master = bytes(range(100, 132))
    for serial in ("CARD-1", "CARD-2"):
        number = SmartCard(CardOptions(serial=serial)).serial
        own = diversified_keys(master, number + bytes(2))
        desk = Desk(keys=ChannelKeys(own.enc, own.mac), serial=serial)
        assert desk.open(SecurityLevel.C_ENC_R_ENC, DiversifiedKeys(master)).alive
        with pytest.raises(CardNotTrusted):
            desk.open(SecurityLevel.C_MAC, StaticKeys(own.mac, own.enc))


def test_other_keys_are_noticed_before_the_card_counts_a_try():
    desk = Desk()
    with pytest.raises(CardNotTrusted, match="version 30"):
        desk.open(SecurityLevel.C_MAC, StaticKeys(bytes(16), bytes(16)))
    assert len(desk.sent) == 1
    with pytest.raises(LookupError, match="version 48, version 1"):
        desk.open(SecurityLevel.C_MAC, StaticKeys(bytes(16), bytes(16), version=1))
    with pytest.raises(CardRefused, match="6A88"):
        desk.open(SecurityLevel.C_MAC, key_version=0x31)


def test_a_proof_that_is_damaged_on_the_line_is_refused_by_the_card():
    desk = Desk()
    kept: list[object] = []

    class Source:
        for_tests = True

        def derive_session_keys(self, card: CardKeys, host: bytes, chip: bytes):
            kept.append(scp03_keys.public_test_keys().derive_session_keys(card, host, chip))
            return kept[0]

    desk.before = lambda command: flipped(command, 0) if command.ins == 0x82 else command
    with pytest.raises(PasswordRefused, match="this batch"):
        desk.open(SecurityLevel.C_MAC, Source())
    assert kept[0].enc == kept[0].mac == kept[0].rmac == bytes(16), "the keys are overwritten"
    desk.before = lambda command: command
    assert desk.open(SecurityLevel.C_MAC).alive, "another try is free to go well"


def flipped(message, bit: int):
    data = bytearray(message.data)
    data[bit // 8] ^= 0x80 >> bit % 8
    if isinstance(message, CommandApdu):
        return CommandApdu(*message.header, bytes(data), message.ne)
    return ResponseApdu(bytes(data), message.sw)


@LEVELS
def test_a_bit_flipped_on_the_way_there_ends_both_sides(level):
    for bit in range(0, 8 * 72, 37):
        desk = Desk()
        session = desk.open(level)
        desk.create(session)
        desk.before = lambda command, bit=bit: flipped(command, bit)
        with pytest.raises(SessionDead, match="6982"):
            session.transmit(WRITE)
        desk.before = lambda command: command
        sent = len(desk.sent)
        with pytest.raises(SessionDead):
            session.transmit(WRITE)
        assert len(desk.sent) == sent
        assert desk.transmit(CommandApdu(0x04, 0xB0, ne=1)).sw == 0x6982, "the card's channel is closed, too"
        assert desk.transmit(CommandApdu(0, 0xB0, ne=64)).data == bytes(64), "nothing was written"


@pytest.mark.parametrize("level", [level for level in SecurityLevel if level.authenticates_answers])
def test_a_bit_flipped_on_the_way_back_ends_the_session(level):
    length = {0x11: 24, 0x13: 24, 0x33: 40}[level]
    for bit in range(8 * length):
        if bit % 7 and bit < 8 * (length - 1):
            continue
        desk = Desk()
        session = desk.open(level)
        desk.create(session)
        desk.create(session, 0x0102, size=16)
        desk.after = lambda answer, bit=bit: flipped(answer, bit) if answer.data else answer
        with pytest.raises(SessionDead, match="wrong or missing"):
            session.transmit(CommandApdu(0, 0xB0, ne=16))
        assert not session.alive


@pytest.mark.parametrize("level", [level for level in SecurityLevel if level.authenticates_answers])
@pytest.mark.parametrize("answer", [(b"", 0x9000), (b"", 0x6282), (bytes(7), 0x9000), (bytes(8), 0x63C1)])
def test_success_and_warnings_without_a_code_are_not_believed(level, answer):
    desk = Desk()
    session = desk.open(level)
    desk.after = lambda response: ResponseApdu(*answer)
    with pytest.raises(SessionDead):
        session.transmit(WRITE)


@LEVELS
@pytest.mark.parametrize("sw", [0x6982, 0x6987, 0x6988])
def test_a_card_that_says_its_security_is_broken_ends_the_session(level, sw):
    desk = Desk()
    session = desk.open(level)
    desk.after = lambda response: ResponseApdu(b"", sw)
    with pytest.raises(SessionDead, match=f"{sw:04X}"):
        session.transmit(WRITE)
    with pytest.raises(SessionDead):
        session.transmit(WRITE)


@LEVELS
def test_a_lost_answer_ends_the_session_and_a_new_one_has_other_keys(level):
    desk = Desk()
    session = desk.open(level)
    desk.create(session)

    def lose(response: ResponseApdu) -> ResponseApdu:
        raise TimeoutError("no answer")

    desk.after = lose
    with pytest.raises(TimeoutError):
        session.transmit(WRITE)
    desk.after = lambda response: response
    with pytest.raises(SessionDead, match="TimeoutError"):
        session.transmit(WRITE)
    first = desk.sent[-1]
    again = desk.open(level)
    again.transmit(CommandApdu(0, 0xA4, 0, 0x0C, b"\x01\x01"))
    again.transmit(WRITE)
    assert desk.sent[-1].data != first.data


def test_a_command_replayed_to_the_card_closes_its_channel():
    desk = Desk()
    session = desk.open(SecurityLevel.C_ENC)
    desk.create(session)
    session.transmit(WRITE)
    assert desk.transmit(desk.sent[-1]).sw == 0x6982
    with pytest.raises(SessionDead):
        session.transmit(WRITE)


def test_a_plain_command_in_between_closes_the_cards_channel():
    desk = Desk()
    session = desk.open(SecurityLevel.C_MAC)
    assert desk.transmit(CommandApdu(0, 0xA4, 0, 0x0C, b"\x3f\x00")).sw == 0x6982
    assert desk.transmit(CommandApdu(0, 0xA4, 0, 0x0C, b"\x3f\x00")).ok
    with pytest.raises(SessionDead, match="6982"):
        session.transmit(WRITE)


def test_power_closes_the_channel():
    desk = Desk()
    session = desk.open(SecurityLevel.C_ENC_R_ENC)
    desk.card = inserted_card(desk.chip.power_up(), False)
    with pytest.raises(SessionDead, match="6982"):
        session.transmit(WRITE)


def test_commands_that_cannot_be_secured_are_refused_before_they_are_counted():
    desk = Desk()
    session = desk.open(SecurityLevel.C_ENC)
    sent = len(desk.sent)
    for command in (CommandApdu(0, 0xD6, data=bytes(224)), CommandApdu(0x10, 0xD6), CommandApdu(0x0C, 0xB0)):
        with pytest.raises(ValueError, match=r"secured here|takes 223"):
            session.transmit(command)
    assert len(desk.sent) == sent
    desk.create(session)


def test_a_card_without_keys_knows_no_channel():
    chip = SmartCard()
    card = inserted_card(chip.power_up(), False)
    with pytest.raises(CardRefused, match="6E00"):
        open_scp03(
            lambda command: exchange(chip.process, command, card),
            scp03_keys.public_test_keys(),
            SecurityLevel.C_MAC,
        )


def test_a_card_that_is_pulled_at_any_command_leaves_a_dead_session_and_a_whole_file():
    for commands in range(2, 9):
        writer = SyntheticCardWriter(
            secure_channel=True, fault="pull_card", fault_after_commands=commands, card_delay_s=0.0
        )
        with writer:
            held(writer)
            session = open_scp03(writer.transmit, scp03_keys.public_test_keys(), SecurityLevel.C_ENC_R_MAC)
            written = 0
            try:
                session.transmit(CommandApdu(0, 0xE0, data=control_parameters(0x0101, size=600)))
                for start in range(0, 600, 100):
                    session.transmit(CommandApdu(0, 0xD6, start >> 8, start & 0xFF, b"\xaa" * 100))
                    written += 100
            except CardLost:
                assert not session.alive
                with pytest.raises(SessionDead, match="CardLost"):
                    session.transmit(WRITE)
            assert written == 100 * max(0, commands - 3)
            writer.await_card(60, Event())
            again = open_scp03(writer.transmit, scp03_keys.public_test_keys(), SecurityLevel.C_ENC_R_MAC)
            if again.transmit(CommandApdu(0, 0xA4, 0, 0x0C, b"\x01\x01")).ok:
                read = again.transmit(CommandApdu(0, 0xB0, ne=223)).data
                assert read == (b"\xaa" * written + bytes(600))[:223]
            else:
                assert commands == 2


@pytest.mark.parametrize("level", [level for level in SecurityLevel if level.authenticates_answers])
@given(octets=st.binary(max_size=60), sw=st.sampled_from([0x9000, 0x6282, 0x63C2, 0x6982]))
@settings(deadline=None)
def test_no_bytes_are_taken_for_an_answer(level, octets, sw):
    keys = Scp03Keys(bytes(16), bytes(16), bytes(16))
    session = Scp03Session(lambda command: ResponseApdu(octets, sw), keys, level, 8)
    with pytest.raises(SessionDead):
        session.transmit(WRITE)
