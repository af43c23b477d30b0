"""Secure messaging with AES by published examples, and how a session dies: of any fault, once, and for good.

The AES examples are those of the German health card's clients, on the keys of BSI's worked example for EAC.
"""

from threading import Barrier, Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import CardLost, CommandApdu, ResponseApdu
from drivers.cards.apdu import decode_response
from gateway.card.errors import SessionDead
from gateway.card.message_ciphers import AesCipher, MessageCipher, TripleDesCipher
from gateway.card.padding import padded
from gateway.card.secure_messaging import SecureMessaging
from tests.gateway.card.document_chip import Channel, DocumentChip
from tests.gateway.card.test_bac import PRINTED

ENC, MAC = bytes.fromhex("68406B4162100563D9C901A6154D2901"), bytes.fromhex("73FF268784F72AF833FDC9464049AFC9")
DATA = bytes.fromhex("05060708090A")
STATUS = "990290008E08087631D746F872729000"
READ = CommandApdu(0, 0xB0, 0, 0, ne=16)


def example_session(answer: str, *, extended: bool = False) -> tuple[SecureMessaging, list[CommandApdu]]:
    sent: list[CommandApdu] = []

    def transmit(command: CommandApdu) -> ResponseApdu:
        sent.append(command)
        return decode_response(bytes.fromhex(answer))

    return SecureMessaging(transmit, AesCipher(ENC, MAC), bytes(16), extended_length=extended), sent


@pytest.mark.parametrize(
    ("data", "ne", "expected"),
    [
        (b"", 0, "8E08D92B4FDDC2BBED8C"),
        (b"", 127, "97017F8E0871D8E0418DAE20F3"),
        (b"", 257, "970201018E089F3EDDFBB1D3971D"),
        (DATA, 0, "871101496C26D36306679609665A385C54DB378E08E7AAD918F260D8EF"),
        (DATA, 127, "871101496C26D36306679609665A385C54DB3797017F8E0863D541F262BD445A"),
    ],
)
def test_commands_of_the_example(data, ne, expected):
    session, sent = example_session("9000", extended=True)
    with pytest.raises(SessionDead):
        session.transmit(CommandApdu(1, 2, 3, 4, data, ne))
    assert sent[0].header.hex().upper() == "0D020304"
    assert sent[0].data.hex().upper() == expected


def test_a_long_command_of_the_example():
    session, sent = example_session("9000", extended=True)
    with pytest.raises(SessionDead):
        session.transmit(CommandApdu(1, 2, 3, 4, bytes(256), 127))
    encoded = sent[0].encode().hex().upper()
    assert encoded.startswith("0D02030400012287820111013297D4AA774AB26AF8AD539C0A829BCA4D222D3EE2DB100CF86D7DB5A1FAC1")
    assert encoded.endswith("DF77CA48025D049FCEE497017F8E0856332C83EABDF93C0000")


def test_the_other_example_with_these_keys():
    """MSE:Set DST, the first command of BSI's worked example after PACE, and its answer."""
    session, sent = example_session("990290008E08A89570A68664A7D69000")
    answer = session.transmit(CommandApdu(0, 0x22, 0x81, 0xB6, b"\x83\x0dDECVCAAT00001"))
    assert answer == ResponseApdu(b"", 0x9000)
    assert sent[0].encode().hex().upper() == "0C2281B61D871101BE90237EEB4BA0FF253EA246AE31C8B88E0892D21C73A1DFE99900"


def open_session(chip: DocumentChip, cipher: type[AesCipher] | type[TripleDesCipher], **options) -> SecureMessaging:
    """A session as both sides have it after an authentication."""
    chip.channel = Channel(cipher(ENC, MAC), 41)
    counter = (41).to_bytes(cipher.block, "big")
    return SecureMessaging(options.pop("transmit", chip.transmit), cipher(ENC, MAC), counter, **options)


CIPHERS = pytest.mark.parametrize("cipher", [AesCipher, TripleDesCipher])


@CIPHERS
def test_all_kinds_of_commands_and_answers(cipher):
    chip = DocumentChip(PRINTED, {0x0101: bytes(range(256)) * 2})
    session = open_session(chip, cipher)
    assert session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x01")) == ResponseApdu(b"", 0x9000)
    assert session.transmit(READ).data == bytes(range(16))
    assert session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x02\x02")).sw == 0x6A82, "a secured refusal is an answer"
    odd = session.transmit(CommandApdu(0, 0xB1, 0, 0, bytes.fromhex("54020100"), 20))
    assert odd.data == b"\x53\x10" + bytes(range(16))
    assert session.transmit(CommandApdu(0, 0xD6, 0, 0, b"\xff" * session.max_block)).ok
    assert session.transmit(CommandApdu(0, 0xB0, ne=256)).data == b"\xff" * session.max_block
    assert session.alive
    assert all(command.is_short for command in chip.sent)


@CIPHERS
def test_a_full_block_either_way_fits_the_short_form(cipher):
    chip = DocumentChip(PRINTED, {1: bytes(300)})
    session = open_session(chip, cipher)
    session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x00\x01"))
    command = CommandApdu(0, 0xD6, 0, 0, bytes(0xDF), 0xDF)
    session.transmit(command)
    assert chip.sent[-1].is_short
    assert chip.sent[-1].ne == 256
    for refused in (CommandApdu(0, 0xD6, 0, 0, bytes(0xE0)), CommandApdu(0x10, 0xD6), CommandApdu(0x80, 0x50)):
        with pytest.raises(ValueError, match=r"secured here|takes 223"):
            session.transmit(refused)
    assert session.alive, "nothing was sent"
    assert session.transmit(READ).ok


@CIPHERS
@given(data=st.binary(max_size=600), ne=st.sampled_from([0, 1, 16, 255, 256, 300, 65536]))
@settings(max_examples=60, deadline=None)
def test_any_command_arrives_as_it_was(cipher, data, ne):
    channel = Channel(cipher(ENC, MAC), 41)
    arrived: list[CommandApdu] = []

    def transmit(command: CommandApdu) -> ResponseApdu:
        arrived.append(channel.plain(command))
        return channel.secured(ResponseApdu(data, 0x6282), odd=False)

    session = SecureMessaging(transmit, cipher(ENC, MAC), (41).to_bytes(cipher.block, "big"), extended_length=True)
    command = CommandApdu(2, 0xD6, 1, 2, data, ne)
    assert session.transmit(command) == ResponseApdu(data, 0x6282)
    due = min(ne, session.max_block)
    assert arrived == [CommandApdu(2, 0xD6, 1, 2, data, due)]


class Line:
    """The way to the chip, with one fault at the n-th command."""

    def __init__(self, chip: DocumentChip, at: int, fault) -> None:
        self.chip, self.at, self.fault, self.count = chip, at, fault, 0
        self.commands: list[bytes] = []

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        self.count += 1
        self.commands.append(command.data)
        if self.count == self.at:
            return self.fault(self.chip, command)
        return self.chip.transmit(command)


def damaged_command(chip, command):
    return chip.transmit(CommandApdu(*command.header, command.data[:-1] + bytes((command.data[-1] ^ 1,)), command.ne))


def unsecured(sw: int, data: bytes = b""):
    return lambda chip, command: ResponseApdu(data, sw)


def lost(chip, command):
    chip.transmit(command)  # carried out, and the answer is lost
    raise CardLost("the card left the field")


def interrupted(chip, command):
    raise KeyboardInterrupt


def changed_status(chip, command):
    return ResponseApdu(chip.transmit(command).data, 0x6282)


def without_status(chip, command):
    channel = chip.channel
    counter = (channel.counter + 2).to_bytes(channel.cipher.block, "big")
    mac = channel.cipher.mac(padded(counter, channel.cipher.block))
    return ResponseApdu(b"\x8e\x08" + mac, 0x9000)


def cut(length: int):
    return lambda chip, command: ResponseApdu(chip.transmit(command).data[:length], 0x9000)


def extended_by_a_byte(chip, command):
    return ResponseApdu(chip.transmit(command).data + b"\x00", 0x9000)


FAULTS = {
    "the card says 6987": (unsecured(0x6987), SessionDead),
    "the card says 6988": (unsecured(0x6988), SessionDead),
    "an error without security": (unsecured(0x6A82), SessionDead),
    "success without security": (unsecured(0x9000), SessionDead),
    "data without security": (unsecured(0x9000, bytes(16)), SessionDead),
    "the command's code is damaged": (damaged_command, SessionDead),
    "another status word": (changed_status, SessionDead),
    "no status object": (without_status, SessionDead),
    "cut to nothing": (cut(0), SessionDead),
    "cut in the cryptogram": (cut(9), SessionDead),
    "cut before the code": (cut(-10), SessionDead),
    "cut in the code": (cut(-1), SessionDead),
    "a byte too many": (extended_by_a_byte, SessionDead),
    "the card is lost": (lost, CardLost),
    "interrupted": (interrupted, KeyboardInterrupt),
}


@CIPHERS
@pytest.mark.parametrize("name", FAULTS)
def test_a_session_dies_of_any_fault_and_never_uses_its_counter_again(cipher, name):
    fault, error = FAULTS[name]
    chip = DocumentChip(PRINTED, {1: bytes(range(64))})
    line = Line(chip, 2, fault)
    session = open_session(chip, cipher, transmit=line.transmit)
    session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x00\x01"))
    with pytest.raises(error):
        session.transmit(READ)
    assert not session.alive
    for _ in range(2):
        with pytest.raises(SessionDead, match="begin again"):
            session.transmit(READ)
    assert line.count == 2, "nothing is sent after a fault"
    assert keys_of(session) == {bytes(16)}, "the keys are overwritten"


def keys_of(session: SecureMessaging) -> set[bytes]:
    cipher: MessageCipher = session._cipher
    return {bytes(value) for value in vars(cipher).values()}


def test_an_old_answer_is_not_taken_again():
    chip = DocumentChip(PRINTED, {1: bytes(64)})
    answers: list[ResponseApdu] = []

    def transmit(command: CommandApdu) -> ResponseApdu:
        answer = chip.transmit(command)
        answers.append(answer)
        return answers[1] if len(answers) == 3 else answer

    session = open_session(chip, AesCipher, transmit=transmit)
    session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x00\x01"))
    session.transmit(READ)
    with pytest.raises(SessionDead, match="authentication code"):
        session.transmit(READ)


def test_the_same_command_is_never_sent_twice_alike():
    chip = DocumentChip(PRINTED, {1: bytes(64)})
    session = open_session(chip, AesCipher)
    session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x00\x01"))
    for _ in range(5):
        session.transmit(CommandApdu(0, 0xD6, 0, 0, bytes(32)))
    assert len({command.data for command in chip.sent}) == 6


def test_a_counter_that_is_used_up_ends_the_session():
    sent: list[CommandApdu] = []

    def transmit(command: CommandApdu) -> ResponseApdu:
        sent.append(command)
        return ResponseApdu(b"", 0x9000)

    session = SecureMessaging(transmit, TripleDesCipher(ENC, MAC), b"\xff" * 8)
    with pytest.raises(SessionDead, match="used up"):
        session.transmit(READ)
    assert not sent


def test_two_threads_take_turns():
    chip = DocumentChip(PRINTED, {1: bytes(range(64))})
    session = open_session(chip, AesCipher)
    session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x00\x01"))
    together, read = Barrier(4), []

    def reader() -> None:
        together.wait(60)
        for _ in range(50):
            read.append(session.transmit(READ).data)

    threads = [Thread(target=reader) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert read == [bytes(range(16))] * 200
    assert len({command.data for command in chip.sent}) == 201


def test_closing_is_for_good():
    chip = DocumentChip(PRINTED, {1: bytes(64)})
    session = open_session(chip, AesCipher)
    session.close()
    session.close()
    with pytest.raises(SessionDead, match="it was closed"):
        session.transmit(READ)
    assert keys_of(session) == {bytes(16)}
    assert not chip.sent


def test_an_answer_of_another_kind_of_command_ends_the_session():
    """Data in object 85 for an even instruction, rightly authenticated."""
    channel = Channel(AesCipher(ENC, MAC), 0)

    def transmit(command: CommandApdu) -> ResponseApdu:
        channel.plain(command)
        return channel.secured(ResponseApdu(bytes(4), 0x9000), odd=True)

    session = SecureMessaging(transmit, AesCipher(ENC, MAC), bytes(16))
    with pytest.raises(SessionDead, match="another kind"):
        session.transmit(READ)


@pytest.mark.parametrize("value", [b"\x01", b"\x01" + bytes(15), b"\x02" + bytes(16), b"\x01" + bytes(16), b""])
def test_cryptograms_that_are_none_end_the_session(value):
    channel = Channel(AesCipher(ENC, MAC), 0)

    def transmit(command: CommandApdu) -> ResponseApdu:
        channel.plain(command)
        said = b"\x87" + bytes((len(value),)) + value + b"\x99\x02\x90\x00"
        mac = channel.cipher.mac(padded(channel.next() + said, 16))
        return ResponseApdu(said + b"\x8e\x08" + mac, 0x9000)

    session = SecureMessaging(transmit, AesCipher(ENC, MAC), bytes(16))
    with pytest.raises(SessionDead, match=r"whole blocks|padding"):
        session.transmit(READ)


@CIPHERS
@given(octets=st.binary(max_size=60), sw=st.sampled_from([0x9000, 0x6282, 0x6A82, 0x6988]))
@settings(deadline=None)
def test_no_bytes_are_taken_for_an_answer(cipher, octets, sw):
    session = SecureMessaging(lambda command: ResponseApdu(octets, sw), cipher(ENC, MAC), bytes(cipher.block))
    with pytest.raises(SessionDead):
        session.transmit(READ)
    assert keys_of(session) == {bytes(16)}


def test_a_session_that_is_closed_amid_a_command_ends_it_with_its_own_keys():
    """Closed by another thread while the card works: nothing is sent, or believed, under overwritten keys."""
    chip = DocumentChip(PRINTED, {1: bytes(range(64))})
    session: SecureMessaging

    def transmit(command: CommandApdu) -> ResponseApdu:
        if command.ins == 0xB0:
            session.close()
            assert not session.alive
            assert keys_of(session) == {ENC, MAC}
        return chip.transmit(command)

    session = open_session(chip, AesCipher, transmit=transmit)
    session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x00\x01"))
    assert session.transmit(READ).data == bytes(range(16))
    assert keys_of(session) == {bytes(16)}
    with pytest.raises(SessionDead, match="it was closed"):
        session.transmit(READ)


def test_closing_does_not_wait_for_a_reader_that_hangs():
    hangs, freed = Event(), Event()

    def transmit(command: CommandApdu) -> ResponseApdu:
        hangs.set()
        freed.wait(60)
        raise CardLost("the reader was reset")

    session = SecureMessaging(transmit, AesCipher(ENC, MAC), bytes(16))
    ended: list[BaseException] = []

    def read() -> None:
        try:
            session.transmit(READ)
        except CardLost as error:
            ended.append(error)

    thread = Thread(target=read)
    thread.start()
    assert hangs.wait(60)
    session.close()
    assert not session.alive
    freed.set()
    thread.join(60)
    assert len(ended) == 1
    assert keys_of(session) == {bytes(16)}


def test_a_session_within_another_dies_with_it():
    outer = SecureMessaging(lambda command: ResponseApdu(b"", 0x6988), AesCipher(ENC, MAC), bytes(16))
    inner = SecureMessaging(lambda command: through(outer, command), AesCipher(ENC, MAC), bytes(16))
    with pytest.raises(SessionDead, match="6988"):
        inner.transmit(READ)
    assert not inner.alive
    assert not outer.alive
    assert keys_of(inner) == keys_of(outer) == {bytes(16)}


def through(session: SecureMessaging, command: CommandApdu) -> ResponseApdu:
    """A secured command as the data of a plain one, as no class can be secured twice."""
    return session.transmit(CommandApdu(0, 0xD6, data=command.encode(), ne=command.ne))
