"""The exchange with a card: 61XX, 6CXX, chains, extended lengths, and cards that lie about any of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cards.apdu import CommandApdu, ResponseApdu, decode_command
from drivers.cards.exchange import MAX_ROUNDS, exchange, inserted_card
from drivers.errors import CardUnusable, DeviceError, DeviceUnsupported
from drivers.protocols import CardProtocol, InsertedCard


def card(protocol: CardProtocol = CardProtocol.T1, *, chaining: bool = True, extended: bool = False) -> InsertedCard:
    return InsertedCard(b"\x3b\x00", protocol, chaining, extended)


class Scripted:
    """A card that says what it is told to, and remembers what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.asked: list[str] = []
        self._answers = [bytes.fromhex(answer) for answer in answers]

    def __call__(self, raw: bytes) -> bytes:
        self.asked.append(raw.hex().upper())
        return self._answers.pop(0)


READ = CommandApdu(0x00, 0xB0, ne=256)


def test_more_data_is_fetched() -> None:
    send = Scripted("6102", "AABB6101", "CC9000")
    assert exchange(send, READ, card()) == ResponseApdu(b"\xaa\xbb\xcc", 0x9000)
    assert send.asked == ["00B0000000", "00C0000002", "00C0000001"]


def test_data_beside_61_counts() -> None:
    send = Scripted("AABB6101", "CC9000")
    assert exchange(send, READ, card()) == ResponseApdu(b"\xaa\xbb\xcc", 0x9000)


def test_no_more_is_fetched_than_was_asked() -> None:
    send = Scripted("6120", "AABBCC611D")
    assert exchange(send, CommandApdu(0, 0xCA, ne=3), card()) == ResponseApdu(b"\xaa\xbb\xcc", 0x611D)
    assert send.asked == ["00CA000003", "00C0000003"]


def test_wrong_length_is_asked_again() -> None:
    send = Scripted("6C02", "AABB9000")
    assert exchange(send, CommandApdu(0, 0xB2, 1, 4, ne=16), card()) == ResponseApdu(b"\xaa\xbb", 0x9000)
    assert send.asked == ["00B2010410", "00B2010402"]


def test_status_at_the_end_is_the_one_given() -> None:
    assert exchange(Scripted("6101", "AA6282"), READ, card()) == ResponseApdu(b"\xaa", 0x6282)
    assert exchange(Scripted("6101", "6985"), READ, card()) == ResponseApdu(b"", 0x6985)


@pytest.mark.parametrize(
    ("cla", "fetching"),
    [(0x00, "00"), (0x02, "02"), (0x0C, "00"), (0x10, "00"), (0x80, "00"), (0x84, "00"), (0x45, "45")],
)
def test_fetching_keeps_the_channel_only(cla: int, fetching: str) -> None:
    send = Scripted("6101", "AA9000")
    exchange(send, CommandApdu(cla, 0xCA, ne=256), card())
    assert send.asked[1][:2] == fetching


def test_t0_travels_without_le_and_with_p3() -> None:
    send = Scripted("9000", "6102", "AABB9000")
    t0 = card(CardProtocol.T0)
    exchange(send, CommandApdu(0x00, 0x44), t0)
    assert exchange(send, CommandApdu(0x00, 0xA4, data=b"\x3f\x00", ne=256), t0).data == b"\xaa\xbb"
    assert send.asked == ["0044000000", "00A40000023F00", "00C0000002"]


def test_long_command_becomes_a_chain() -> None:
    send = Scripted("9000", "9000", "9000")
    data = bytes(255) + bytes([1]) * 255 + b"\x02"
    assert exchange(send, CommandApdu(0x00, 0xDB, 0x3F, 0xFF, data, 256), card()).ok
    assert [line[:10] for line in send.asked] == ["10DB3FFFFF", "10DB3FFFFF", "00DB3FFF01"]
    assert send.asked[2] == "00DB3FFF010200"
    assert "".join(line[10 : 10 + 510] for line in send.asked[:2]) == data[:510].hex().upper()


def test_broken_chain_ends_there() -> None:
    send = Scripted("6A84")
    assert exchange(send, CommandApdu(0x00, 0xDB, data=bytes(600)), card()).sw == 0x6A84
    assert len(send.asked) == 1


def test_long_command_in_the_extended_form() -> None:
    send = Scripted("9000")
    exchange(send, CommandApdu(0x00, 0xDB, data=bytes(600)), card(extended=True))
    assert send.asked[0].startswith("00DB0000000258")


def test_long_answer_without_the_extended_form() -> None:
    send = Scripted(bytes(256).hex() + "6164", bytes(100).hex() + "9000")
    assert len(exchange(send, CommandApdu(0x00, 0xCA, ne=65536), card()).data) == 356
    assert send.asked == ["00CA000000", "00C0000064"]


def test_card_that_takes_neither() -> None:
    with pytest.raises(DeviceUnsupported, match="255"):
        exchange(Scripted(), CommandApdu(0, 0xD6, data=bytes(256)), card(chaining=False))
    with pytest.raises(DeviceUnsupported):
        exchange(Scripted(), CommandApdu(0x10, 0xD6, data=bytes(256)), card())


@pytest.mark.parametrize(
    "answers",
    [
        ("",),
        ("90",),
        ("FFFF",),
        (bytes(257).hex() + "9000",),
        ("6C02", "6C03"),
        ("6101", "6101"),
        ("6101", bytes(300).hex() + "9000"),
        ("6101", "00"),
    ],
)
def test_lies(answers: tuple[str, ...]) -> None:
    with pytest.raises(CardUnusable):
        exchange(Scripted(*answers), READ, card())


def test_endless_promise_is_bounded() -> None:
    rounds = 0

    def send(raw: bytes) -> bytes:
        nonlocal rounds
        rounds += 1
        return b"\x00\x61\x01"

    with pytest.raises(CardUnusable, match="never ends"):
        exchange(send, READ, card())
    assert rounds <= MAX_ROUNDS + 1


@settings(max_examples=200)
@given(
    st.lists(
        st.one_of(st.binary(max_size=8), st.sampled_from([b"\x61\x01", b"\x6c\x01", b"\xaa\x61\x00", b"\x90\x00"]))
    ),
    st.sampled_from(list(CardProtocol)),
    st.integers(0, 700),
    st.sampled_from([0, 1, 16, 256, 300, 65536]),
)
def test_any_answers_end(answers: list[bytes], protocol: CardProtocol, length: int, ne: int) -> None:
    asked = 0

    def send(raw: bytes) -> bytes:
        nonlocal asked
        decode_command(raw)
        asked += 1
        return answers[asked % len(answers)] if answers else b""

    try:
        response = exchange(send, CommandApdu(0, 0xDA, data=bytes(length), ne=ne), card(protocol))
    except DeviceError:
        pass
    else:
        assert len(response.data) <= 65536
    assert asked <= 2 * MAX_ROUNDS + 6


def test_card_says_what_it_can() -> None:
    vicc = inserted_card(bytes.fromhex("3B 95 13 81 01 80 73 FF 01 00 0B"), t0=False)
    assert (vicc.protocol, vicc.chaining, vicc.extended_length, vicc.max_data) == (CardProtocol.T1, False, False, 255)
    silent = inserted_card(bytes.fromhex("3B 00"), t0=True)
    assert (silent.protocol, silent.chaining, silent.extended_length, silent.max_data) == ("T=0", True, False, 65535)
    contactless = inserted_card(bytes.fromhex("3B 80 80 01 01"), t0=False)
    assert contactless.protocol is CardProtocol.TCL
    with pytest.raises(CardUnusable, match="garbage"):
        inserted_card(b"\x3b\xff", t0=False)
