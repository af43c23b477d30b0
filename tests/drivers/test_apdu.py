"""APDUs: every form there and back, other people's bytes, garbage, status words; answers to reset."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.cards.apdu import (
    ApduError,
    CommandApdu,
    ResponseApdu,
    decode_command,
    decode_response,
    status_text,
    tries_left,
)
from drivers.cards.atr import decode_atr
from drivers.errors import CardRefused, DeviceError

OCTETS = st.integers(0, 255)
INSTRUCTIONS = OCTETS.filter(lambda ins: ins >> 4 not in (6, 9))
LENGTHS = st.sampled_from([0, 1, 2, 254, 255, 256, 257, 65534, 65535])
NES = st.sampled_from([0, 1, 255, 256, 257, 65535, 65536])
COMMANDS = st.builds(
    CommandApdu,
    OCTETS,
    INSTRUCTIONS,
    OCTETS,
    OCTETS,
    st.one_of(st.binary(max_size=300), st.builds(bytes, LENGTHS)),
    st.one_of(NES, st.integers(0, 65536)),
)


@given(COMMANDS)
def test_command_there_and_back(command: CommandApdu) -> None:
    assert decode_command(command.encode()) == command
    assert decode_command(command.encode(extended=True)) == command
    if command.is_short:
        assert len(command.encode()) <= 4 + 1 + 255 + 1
    else:
        with pytest.raises(ApduError):
            command.encode(extended=False)


@given(st.one_of(st.binary(max_size=16), st.binary(max_size=600)))
@example(b"\x00\xb0\x00\x00\x00")
@example(b"\x00\xb0\x00\x00\x00\x00")
@example(b"\x00\xb0\x00\x00\x00\x00\x00\x00")
@example(b"\x00\xd6\x00\x00\x02\x01")
def test_garbage_is_refused_or_means_what_it_says(raw: bytes) -> None:
    try:
        command = decode_command(raw)
    except ApduError:
        return
    assert raw in (command.encode(extended=extended) for extended in (False, True) if command.is_short or extended)


@given(st.binary(max_size=300))
def test_garbage_responses(raw: bytes) -> None:
    try:
        response = decode_response(raw)
    except ApduError:
        return
    assert response.encode() == raw
    assert response.sw >> 12 in (6, 9)


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        # The seven forms of ISO/IEC 7816-3:2006, table 13.
        ("00 A4 00 00", CommandApdu(0x00, 0xA4)),
        ("00 B0 00 00 10", CommandApdu(0x00, 0xB0, ne=16)),
        ("00 B0 00 00 00", CommandApdu(0x00, 0xB0, ne=256)),
        ("00 A4 02 0C 02 01 1E", CommandApdu(0x00, 0xA4, 2, 0x0C, b"\x01\x1e")),
        ("00 A4 04 00 07 A0 00 00 02 47 10 01 00", CommandApdu(0, 0xA4, 4, 0, bytes.fromhex("A0000002471001"), 256)),
        ("00 B0 00 00 00 00 00", CommandApdu(0x00, 0xB0, ne=65536)),
        ("00 B0 00 00 00 01 2C", CommandApdu(0x00, 0xB0, ne=300)),
        ("00 D6 00 00 00 00 01 AA", CommandApdu(0x00, 0xD6, data=b"\xaa")),
        ("00 88 00 00 00 00 01 AA 00 00", CommandApdu(0x00, 0x88, data=b"\xaa", ne=65536)),
    ],
)
def test_forms(raw: str, command: CommandApdu) -> None:
    assert decode_command(bytes.fromhex(raw)) == command


@pytest.mark.parametrize("case", [1, 2, 3, 4])
def test_case(case: int) -> None:
    data, ne = {1: (b"", 0), 2: (b"", 1), 3: (b"a", 0), 4: (b"a", 1)}[case]
    assert CommandApdu(0, 0xA4, data=data, ne=ne).case == case


@pytest.mark.parametrize(
    "values",
    [
        {"cla": 256, "ins": 0xA4},
        {"cla": -1, "ins": 0xA4},
        {"cla": 0, "ins": 0x60},
        {"cla": 0, "ins": 0x9F},
        {"cla": 0, "ins": 0xA4, "p1": 300},
        {"cla": 0, "ins": 0xA4, "data": bytes(65536)},
        {"cla": 0, "ins": 0xA4, "ne": 65537},
        {"cla": 0, "ins": 0xA4, "ne": -1},
    ],
)
def test_impossible_commands(values: dict[str, int]) -> None:
    with pytest.raises(ApduError):
        CommandApdu(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("raw", ["", "90", "6000", "A000", "5F00", "0000"])
def test_impossible_responses(raw: str) -> None:
    with pytest.raises(ApduError):
        decode_response(bytes.fromhex(raw))


def test_text_forms_hide_data() -> None:
    command = CommandApdu(0x00, 0x20, 0x00, 0x81, b"secret")
    response = ResponseApdu(b"secret", 0x9000)
    for text in (repr(command), str(command), repr(response), str(response), f"{response}"):
        assert "secret" not in text
        assert b"secret".hex() not in text.lower().replace(" ", "")
    assert "00 20 00 81" in repr(command)


@given(st.integers(0, 0xFFFF))
def test_every_status_word_has_words(sw: int) -> None:
    assert len(status_text(sw)) >= 4
    left = tries_left(sw)
    assert left is None or 0 <= left <= 15


def test_tries() -> None:
    assert [tries_left(sw) for sw in (0x63C3, 0x63C0, 0x6983, 0x6300, 0x9000)] == [3, 0, 0, None, None]
    assert "1 try left" in status_text(0x63C1)


def test_refusal_carries_status_and_tries() -> None:
    error = CardRefused(0x63C2, "the PIN")
    assert isinstance(error, DeviceError)
    assert (error.sw, error.tries_left, error.doing) == (0x63C2, 2, "the PIN")
    assert str(error) == "the card refused the PIN: not verified; 2 tries left (SW 63C2)"


@pytest.mark.parametrize(
    ("raw", "protocols", "contactless", "chaining", "extended"),
    [
        # vsmartcard's vicc 0.8: T=1, card capabilities that say neither.
        ("3B 95 13 81 01 80 73 FF 01 00 0B", (1,), False, False, False),
        # PC/SC part 3, 3.1.3.2.3.1: an ISO 14443-4 card without historical bytes.
        ("3B 80 80 01 01", (0, 1), True, None, None),
        # The shortest there is: T=0, nothing said.
        ("3B 00", (0,), False, None, None),
        ("3B 02 14 50", (0,), False, None, None),
    ],
)
def test_answers_to_reset(
    raw: str, protocols: tuple[int, ...], contactless: bool, chaining: bool | None, extended: bool | None
) -> None:
    atr = decode_atr(bytes.fromhex(raw))
    assert (atr.protocols, atr.contactless) == (protocols, contactless)
    assert (atr.chaining, atr.extended_length) == (chaining, extended)


@pytest.mark.parametrize(
    "raw", ["", "3B", "3C 00", "3B 01", "3B 00 00", "3B 80 80 01 02", "3B FF 11", "3B 80 80", "00" * 34]
)
def test_garbled_answers_to_reset(raw: str) -> None:
    with pytest.raises(ValueError, match="answer to reset"):
        decode_atr(bytes.fromhex(raw))


@given(st.binary(max_size=40).map(lambda tail: b"\x3b" + tail))
def test_random_answers_to_reset(raw: bytes) -> None:
    atr = None
    with contextlib.suppress(ValueError):
        atr = decode_atr(raw)
    if atr is not None:
        assert atr.raw == raw
        assert len(atr.historical) == raw[1] & 0xF
