"""The card in memory: its files, records, PIN and life, on every protocol."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cards.apdu import decode_response
from drivers.cards.atr import decode_atr
from drivers.cards.chip.commands import COMMANDS
from drivers.cards.chip.smart_card import CardOptions, SmartCard
from drivers.protocols import CardProtocol
from tests.drivers.synthetic_cards import (
    CYCLIC,
    DEDICATED,
    LINEAR_FIXED,
    LINEAR_VARIABLE,
    Terminal,
    control_parameters,
)

AID = bytes.fromhex("A000000247 1001")


@pytest.fixture(params=list(CardProtocol))
def terminal(request: pytest.FixtureRequest) -> Terminal:
    return Terminal(SmartCard(CardOptions(protocol=request.param)))


def test_answer_to_reset_tells_the_truth() -> None:
    for protocol in CardProtocol:
        for chaining in (False, True):
            card = SmartCard(CardOptions(protocol=protocol, chaining=chaining, extended_length=not chaining))
            atr = decode_atr(card.power_up())
            assert atr.contactless == (protocol is CardProtocol.TCL)
            assert atr.chaining == chaining
            assert atr.extended_length == (not chaining and protocol is not CardProtocol.T0)
            assert (0 if protocol is CardProtocol.T0 else 1) in atr.protocols


def test_transparent_file(terminal: Terminal) -> None:
    assert terminal.create(0x0101, size=600, sfi=3) == 0x9000
    content = bytes(index % 251 for index in range(600))
    assert terminal.update(content) == 0x9000
    assert terminal.select(0x3F00) == 0x9000
    assert terminal.send(0xB0, 0, 0, ne=16).sw == 0x6986
    assert terminal.send(0xB0, 0x80 | 3, 5, ne=10).data == content[5:15]
    assert terminal.read() == content[:256]
    assert terminal.read(88, 512) == content[512:]
    assert terminal.send(0xB0, 2, 0, ne=100).data == content[512:]
    assert terminal.send(0xB0, 2, 88, ne=1).sw == 0x6B00
    assert terminal.update(b"xx", 599) == 0x6A84
    assert terminal.update(b"x", 600) == 0x6B00
    assert terminal.send(0xD6).sw == 0x6700


def test_reading_past_the_end_is_told() -> None:
    terminal = Terminal(SmartCard())
    terminal.create(0x0101, size=10)
    assert terminal.raw("00B0000810").sw == 0x6282
    t0 = Terminal(SmartCard(CardOptions(protocol=CardProtocol.T0)))
    t0.create(0x0101, size=10)
    assert t0.raw("00B0000810").sw == 0x6C02


def test_write_sets_bits(terminal: Terminal) -> None:
    terminal.create(0x0101, size=4)
    terminal.update(b"\x0f\x00\x00\xff")
    assert terminal.update(b"\xf0\x01", ins=0xD0) == 0x9000
    assert terminal.read(4) == b"\xff\x01\x00\xff"


def test_tree_and_the_ways_to_select(terminal: Terminal) -> None:
    assert terminal.create(0x5000, DEDICATED, name=AID) == 0x9000
    assert terminal.create(0x0101, size=4) == 0x9000
    assert terminal.update(b"DF's") == 0x9000
    terminal.select(0x3F00)
    assert terminal.create(0x0101, size=4) == 0x9000
    assert terminal.update(b"MF's") == 0x9000
    assert terminal.send(0xA4, 4, 0x0C, AID).sw == 0x9000
    assert terminal.select(0x0101, 2) == 0x9000
    assert terminal.read(4) == b"DF's"
    assert terminal.send(0xA4, 8, 0x0C, bytes.fromhex("50000101")).sw == 0x9000
    assert terminal.read(4) == b"DF's"
    assert terminal.send(0xA4, 3, 0x0C).sw == 0x9000  # parent
    assert terminal.select(0x0101) == 0x9000
    assert terminal.read(4) == b"MF's"
    assert terminal.send(0xA4, 9, 0x0C, bytes.fromhex("50000101")).sw == 0x9000
    assert terminal.send(0xA4, 4, 0x0C, AID[:5]).sw == 0x9000
    assert terminal.send(0xA4, 4, 0x0E, AID[:5]).sw == 0x6A82  # no next one
    assert terminal.send(0xA4, 4, 0x0C, b"\xd2\x76").sw == 0x6A82
    assert terminal.select(0x5000, 1) == 0x6A82
    assert terminal.send(0xA4).sw == 0x9000  # MF
    assert terminal.select(0x5000, 1) == 0x9000
    assert [terminal.send(0xA4, how, 0x0C, b"\x01").sw for how in (0, 8, 3, 7)] == [0x6A87, 0x6A87, 0x6A87, 0x6A86]


def test_control_information(terminal: Terminal) -> None:
    terminal.create(0x0101, LINEAR_FIXED, length=20, records=3, sfi=5, access=b"\x03\x11\x00")
    template = terminal.send(0xA4, 0, 0x04, b"\x01\x01", 256).data
    assert template[0] == 0x62
    for part in ("82050241001403", "83020101", "8A0103", "880128", "8C03031100"):
        assert bytes.fromhex(part) in template
    assert terminal.send(0xA4, 0, 0x00, b"\x3f\x00", 256).data[0] == 0x6F


def test_linear_records(terminal: Terminal) -> None:
    terminal.create(0x0201, LINEAR_FIXED, length=4, records=3, sfi=7)
    for text in (b"one.", b"two.", b"thr."):
        assert terminal.send(0xE2, 0, 7 << 3, text).sw == 0x9000
    assert terminal.send(0xE2, 0, 0, b"four").sw == 0x6A84
    assert terminal.send(0xE2, 0, 0, b"long one").sw == 0x6700
    assert terminal.send(0xB2, 2, 4, ne=256).data == b"two."
    assert terminal.send(0xB2, 2, 5, ne=256).data == b"two.thr."
    assert terminal.send(0xB2, 4, 4, ne=256).sw == 0x6A83
    assert terminal.send(0xDC, 2, 4, b"TWO.").sw == 0x9000
    terminal.select(0x0201)
    walk = [terminal.send(0xB2, 0, mode, ne=4).data for mode in (0, 2, 2, 3, 1)]
    assert walk == [b"one.", b"TWO.", b"thr.", b"TWO.", b"thr."]
    assert terminal.send(0xB2, 0, 2, ne=4).sw == 0x6A83
    assert terminal.send(0xD2, 1, 4, b"\x80\x00\x00\x00").sw == 0x9000
    assert terminal.send(0xB2, 1, 4, ne=4).data == b"\xefne."
    assert terminal.send(0xB0, ne=4).sw == 0x6981


def test_variable_and_cyclic_records(terminal: Terminal) -> None:
    terminal.create(0x0202, LINEAR_VARIABLE, length=10, records=2)
    assert [terminal.send(0xE2, data=text).sw for text in (b"a", b"a longer 1", b"more")] == [0x9000, 0x9000, 0x6A84]
    assert terminal.send(0xB2, 2, 4, ne=256).data == b"a longer 1"
    terminal.create(0x0203, CYCLIC, length=1, records=3)
    for letter in b"abcd":
        assert terminal.send(0xE2, data=bytes((letter,))).sw == 0x9000
    assert terminal.send(0xB2, 1, 5, ne=256).data == b"dcb"
    assert terminal.send(0xDC, 0, 3, b"e").sw == 0x9000
    assert terminal.send(0xB2, 1, 5, ne=256).data == b"edc"
    assert terminal.send(0xDC, 2, 4, b"D").sw == 0x9000
    assert terminal.send(0xB2, 1, 5, ne=256).data == b"eDc"


def test_room_and_names(terminal: Terminal) -> None:
    free = int.from_bytes(terminal.send(0xCA, 1, 2, ne=256).data, "big")
    assert free <= 8192
    assert terminal.create(0x0101, size=free) == 0x6A84
    assert terminal.create(0x0101, size=free - 32) == 0x9000
    assert int.from_bytes(terminal.send(0xCA, 1, 2, ne=256).data, "big") == 0
    assert terminal.create(0x0102, size=1) == 0x6A84
    assert terminal.send(0xE4, data=b"\x01\x01").sw == 0x9000
    assert int.from_bytes(terminal.send(0xCA, 1, 2, ne=256).data, "big") == free
    assert terminal.create(0x0101, size=1) == 0x9000
    assert terminal.create(0x0101, size=1) == 0x6A89
    terminal.create(0x5000, DEDICATED, name=AID)
    terminal.select(0x3F00)
    assert terminal.create(0x5001, DEDICATED, name=AID) == 0x6A8A
    assert len(terminal.send(0xCA, 1, 1, ne=256).data) == 8
    assert terminal.send(0xCA, 0, 0x5A, ne=256).sw == 0x6A88


@pytest.mark.parametrize(
    "template",
    [
        b"",
        b"\x6f\x00",
        b"\x62\x02\x82\x01",
        b"\x62\x03\x82\x01\x01",
        control_parameters(0x3F00, size=1),
        control_parameters(0x0101, kind=0x77),
        control_parameters(0x0101, size=0x8000),
        control_parameters(0x0101, LINEAR_FIXED),
        control_parameters(0x0101, LINEAR_FIXED, length=300, records=1),
        control_parameters(0x0101, CYCLIC, length=3, records=0),
        control_parameters(0x0101, size=1, name=AID),
        control_parameters(0x0101, size=1, sfi=31),
        control_parameters(0x0101, size=1, life=2),
        control_parameters(0x0101, size=1, access=b"\x03\x11"),
        control_parameters(0x0101, size=1, access=b"\x01\x42"),
    ],
)
def test_malformed_file_is_not_made(template: bytes) -> None:
    terminal = Terminal(SmartCard())
    assert terminal.send(0xE0, data=template).sw in (0x6A80, 0x6700)
    assert terminal.chip.files.children(terminal.chip.files.root) == []


def test_pin(terminal: Terminal) -> None:
    assert terminal.send(0x20, 0, 0x81).sw == 0x63C3
    assert terminal.verify(b"000000") == 0x63C2
    assert terminal.verify(b"123456") == 0x9000
    assert terminal.send(0x20, 0, 0x81).sw == 0x9000
    assert terminal.send(0x20, 0xFF, 0x81).sw == 0x9000
    assert terminal.send(0x20, 0, 0x81).sw == 0x63C3
    assert terminal.send(0x24, 0, 0x81, b"123456" + b"4711!").sw == 0x9000
    assert [terminal.verify(b"123456"), terminal.verify(b"4711!")] == [0x63C2, 0x9000]
    assert terminal.send(0x24, 1, 0x81, b"abcdef").sw == 0x9000
    assert terminal.send(0x24, 1, 0x81, b"abc").sw == 0x6A80
    assert terminal.send(0x20, 0, 0x82).sw == 0x6A88
    terminal.power_up()
    assert terminal.send(0x24, 1, 0x81, b"abcdef").sw == 0x6982
    assert [terminal.verify(b"wrong!") for _ in range(4)] == [0x63C2, 0x63C1, 0x63C0, 0x6983]
    assert terminal.verify(b"abcdef") == 0x6983
    assert terminal.send(0x20, 0, 0x81).sw == 0x6983
    assert terminal.send(0x2C, 0, 0x81, b"87654321" + b"654321").sw == 0x63C2
    assert terminal.send(0x2C, 0, 0x81, b"12345678" + b"654321").sw == 0x9000
    assert terminal.verify(b"654321") == 0x9000
    assert terminal.send(0x2C, 1, 0x81, b"12345678").sw == 0x9000
    assert [terminal.send(0x2C, 1, 0x81, b"00000000").sw for _ in range(4)] == [0x63C2, 0x63C1, 0x63C0, 0x6983]
    assert terminal.send(0x2C, 1, 0x81, b"12345678").sw == 0x6983
    assert terminal.verify(b"654321") == 0x9000


def test_access_holds_once_activated(terminal: Terminal) -> None:
    # Read always, update with PIN 1, delete never.
    terminal.create(0x0101, size=4, access=b"\x43\xff\x11\x00")
    assert terminal.update(b"made") == 0x9000
    assert terminal.send(0x44).sw == 0x9000
    assert terminal.update(b"oops") == 0x6982
    assert terminal.read(4) == b"made"
    assert terminal.verify(b"123456") == 0x9000
    assert terminal.update(b"mine") == 0x9000
    assert terminal.send(0xE4).sw == 0x6982
    terminal.power_up()
    terminal.select(0x0101)
    assert terminal.update(b"oops") == 0x6982
    assert terminal.read(4) == b"mine"


def test_life(terminal: Terminal) -> None:
    terminal.create(0x5000, DEDICATED)
    terminal.create(0x0101, size=4)
    assert terminal.send(0x04).sw == 0x9000  # deactivate
    assert terminal.select(0x0101) == 0x6283
    assert terminal.send(0xB0, ne=4).sw == 0x6985
    assert terminal.send(0x44).sw == 0x9000
    assert terminal.read(4) == bytes(4)
    assert terminal.send(0xE8).sw == 0x9000  # terminate EF
    assert terminal.send(0xB0, ne=4).sw == 0x6985
    assert terminal.send(0x44).sw == 0x6985
    assert terminal.send(0xE8, data=b"\x50\x00").sw == 0x6981
    assert terminal.send(0xE6, data=b"\x50\x00").sw == 0x9000  # terminate DF
    assert terminal.select(0x5000) == 0x6285
    assert terminal.create(0x0102, size=1) == 0x6985
    assert terminal.send(0xFE).sw == 0x9000  # terminate card usage
    assert terminal.send(0x84, ne=8).sw == 0x6985
    terminal.power_up()
    assert terminal.select(0x3F00) == 0x6285
    assert terminal.create(0x0103, size=1) == 0x6985
    assert len(terminal.send(0xCA, 1, 1, ne=256).data) == 8


def test_deleting_a_directory_deletes_what_is_in_it() -> None:
    terminal = Terminal(SmartCard())
    free = terminal.chip.files.free
    terminal.create(0x5000, DEDICATED)
    terminal.create(0x5100, DEDICATED)
    terminal.create(0x0101, size=100)
    terminal.select(0x3F00)
    assert terminal.send(0xE4, data=b"\x50\x00").sw == 0x9000
    assert terminal.chip.files.free == free
    assert terminal.send(0xE4).sw == 0x6985
    assert terminal.select(0x5000) == 0x6A82


def test_chains() -> None:
    terminal = Terminal(SmartCard(CardOptions(extended_length=False)))
    terminal.create(0x0101, size=600)
    content = bytes(range(200)) * 3
    assert terminal.update(content) == 0x9000
    assert terminal.chip.files.read(terminal.chip.files.header(1)) == content
    assert terminal.raw("10D6000001AA").sw == 0x9000
    assert terminal.raw("00B0000001").sw == 0x6883
    assert terminal.raw("00D6000001AA").sw == 0x9000
    assert terminal.raw("00D60000000100" + "00" * 256).sw == 0x6700  # extended, which it does not take
    plain = Terminal(SmartCard(CardOptions(chaining=False)))
    assert plain.raw("10D6000001AA").sw == 0x6884
    for _ in range(32):
        assert terminal.raw("10D60000FF" + "00" * 255).sw == 0x9000
    assert terminal.raw("10D60000FF" + "00" * 255).sw == 0x6700


def test_answers_longer_than_asked_are_fetched() -> None:
    terminal = Terminal(SmartCard())
    first = terminal.raw("00A40000023F0004")
    assert (len(first.data), first.sw >> 8) == (4, 0x61)
    rest = terminal.raw(f"00C00000{first.sw & 0xFF:02X}")
    assert rest.sw == 0x9000
    assert first.data + rest.data == terminal.send(0xA4, 0, 0, b"\x3f\x00", 256).data
    assert terminal.raw("00C0000004").sw == 0x6985


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("80A4000C", 0x6E00),
        ("0CA4000C", 0x6882),
        ("01A4000C", 0x6881),
        ("00FF0000", 0x6D00),
        ("00A40040", 0x6A86),
        ("00840000", 0x6700),
        ("0084010008", 0x6A86),
        ("00B0E00001", 0x6A86),
        ("00B2010701", 0x6986),
        ("00200200", 0x6A86),
        ("00240581", 0x6A86),
        ("002C0581", 0x6A86),
        ("00E00100", 0x6A86),
        ("00FE0100", 0x6A86),
        ("00C0000001", 0x6985),
        ("00B0", 0x6700),
        ("", 0x6700),
    ],
)
def test_refusals(command: str, sw: int) -> None:
    assert Terminal(SmartCard()).raw(command).sw == sw


MESSAGES = st.builds(
    lambda ins, p1, p2, data: bytes((0, ins, p1, p2, *((len(data),) if data else ()))) + data,
    st.sampled_from(list(COMMANDS)),
    st.sampled_from([0, 1, 2, 4, 8, 0x81]),
    st.sampled_from([0, 4, 0x0C, 0x81]),
    st.one_of(st.just(b""), st.binary(max_size=20), st.just(control_parameters(0x0101, size=40))),
)


@settings(max_examples=300)
@given(st.lists(st.one_of(st.binary(max_size=24), MESSAGES), max_size=12))
def test_any_bytes_get_a_status_word(messages: list[bytes]) -> None:
    card = SmartCard()
    card.power_up()
    for message in messages:
        decode_response(card.process(message))
