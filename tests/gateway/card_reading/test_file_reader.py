"""Files are read whole from cards that tell their size and from those that do not, and lies about it are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import CardRefused
from gateway.card import MalformedCardData, data_object
from gateway.card_reading.file_reader import MAX_FILE, FileReader, FileShape
from tests.gateway.card_reading.flat_card import FlatCard

FID = 0x0101


def octets(length: int) -> bytes:
    return bytes((index * 31 + index // 256) % 256 for index in range(length))


HABITS = [
    {},
    {"control_parameters": True},
    {"exact": True},
    {"warns": True},
    {"exact": True, "control_parameters": True},
    {"warns": True, "control_parameters": True},
]


@pytest.mark.parametrize("habits", HABITS)
@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 127, 255, 256, 257, 511, 512, 700])
@pytest.mark.parametrize("block", [223, 256, 2048])
def test_a_file_of_any_length_is_read_whole(habits, length, block):
    card = FlatCard({FID: octets(length)}, **habits)
    assert FileReader(card.transmit, block).read(FID, "it") == octets(length)


@pytest.mark.parametrize("habits", HABITS)
@given(length=st.integers(0, 1200), tag=st.sampled_from([0x61, 0x5F1F, 0x7F61]), after=st.integers(0, 300))
def test_a_data_object_is_read_to_its_end_and_no_further(habits, length, tag, after):
    whole = data_object(tag, octets(length))
    card = FlatCard({FID: whole + bytes(after)}, **habits)
    assert FileReader(card.transmit, 223).read(FID, "it", FileShape.DATA_OBJECT) == whole


def test_no_more_commands_than_blocks_where_the_size_is_told():
    card = FlatCard({FID: octets(1000)}, control_parameters=True)
    FileReader(card.transmit, 256).read(FID, "it")
    assert [command.ne for command in card.sent] == [256, 256, 256, 256, 232]


def test_a_card_that_does_not_tell_sizes_is_asked_once():
    card = FlatCard({FID: octets(20), FID + 1: octets(30)})
    reader = FileReader(card.transmit)
    assert reader.read(FID, "one") + reader.read(FID + 1, "other") == octets(20) + octets(30)
    assert [command.p2 for command in card.sent if command.ins == 0xA4] == [0x04, 0x0C, 0x0C]


@pytest.mark.parametrize("told", [True, False])
def test_a_file_beyond_32_kib_is_read_with_the_odd_instruction(told):
    card = FlatCard({FID: octets(40_000)}, control_parameters=told)
    assert FileReader(card.transmit, 223).read(FID, "it") == octets(40_000)
    assert {command.ins for command in card.sent} == {0xA4, 0xB0, 0xB1}
    whole = data_object(0x75, octets(70_000))
    card = FlatCard({FID: whole})
    assert FileReader(card.transmit, 2048).read(FID, "it", FileShape.DATA_OBJECT) == whole


def test_a_card_whose_buffer_is_small_is_read_in_short_blocks_from_then_on():
    card = FlatCard({FID: octets(3000), FID + 1: octets(3000)}, control_parameters=True, buffer=1000)
    reader = FileReader(card.transmit, 2048)
    assert reader.read(FID, "one") == octets(3000)
    assert reader.read(FID + 1, "other") == octets(3000)
    assert [command.ne for command in card.sent if command.ins == 0xB0].count(2048) == 1


@pytest.mark.parametrize("shape", list(FileShape))
def test_a_file_that_is_shorter_than_it_says_is_named(shape):
    whole = data_object(0x61, octets(300))
    card = FlatCard({FID: whole[:200]}, control_parameters=True, said_size=len(whole))
    with pytest.raises(MalformedCardData, match=r"DG1 says 304 bytes and gives 200"):
        FileReader(card.transmit).read(FID, "DG1", shape)


def test_a_data_object_without_room_for_it_is_named():
    card = FlatCard({FID: data_object(0x61, octets(300))[:100]}, control_parameters=True)
    with pytest.raises(MalformedCardData, match="has room for 100"):
        FileReader(card.transmit).read(FID, "DG1", FileShape.DATA_OBJECT)


@pytest.mark.parametrize("start", ["", "00" * 20, "ff" * 20, "61", "6180" + "00" * 9, "6185" + "00" * 9, "7f", "7f61"])
def test_what_is_no_data_object_is_named(start):
    with pytest.raises(MalformedCardData, match="DG1"):
        FileReader(FlatCard({FID: bytes.fromhex(start)}).transmit).read(FID, "DG1", FileShape.DATA_OBJECT)


def test_a_card_that_never_ends_or_says_absurd_sizes_is_left():
    card = FlatCard({FID: b"x"}, endless=True)
    with pytest.raises(MalformedCardData, match="longer than any card's memory"):
        FileReader(card.transmit, 2048).read(FID, "it")
    assert len(card.sent) < MAX_FILE // 2048 + 8
    lying = FlatCard({FID: b"x"}, control_parameters=True, said_size=MAX_FILE + 1)
    with pytest.raises(MalformedCardData, match="longer than any card's memory"):
        FileReader(lying.transmit).read(FID, "it")
    lying = FlatCard({FID: b"\x61\x84\x7f\xff\xff\xff" + bytes(20)})
    with pytest.raises(MalformedCardData, match="longer than any card's memory"):
        FileReader(lying.transmit).read(FID, "it", FileShape.DATA_OBJECT)


def test_a_card_that_gives_more_than_was_asked_is_not_believed():
    with pytest.raises(MalformedCardData, match="257 bytes of it where 256 were asked"):
        FileReader(FlatCard({FID: octets(700)}, too_much=True).transmit).read(FID, "it")


def test_refusals_pass_through_with_their_status_word():
    with pytest.raises(CardRefused, match="select DG3") as refused:
        FileReader(FlatCard({}).transmit).read(FID, "DG3")
    assert refused.value.sw == 0x6A82
