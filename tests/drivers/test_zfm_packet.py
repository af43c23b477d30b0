"""Packets of the ZFM family: bytes there and back, and whatever else a line may carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.fingerprint.zfm_packet import Packet, PacketDecoder, PacketKind, encode_packet
from tests.drivers.zfm_module import frame

PACKETS = st.builds(Packet, st.integers(0, 0xFFFFFFFF), st.sampled_from(PacketKind), st.binary(max_size=256).map(bytes))
COMMAND = Packet(0xFFFFFFFF, PacketKind.COMMAND, b"\x13\0\0\0\0")


def decoded(data: bytes) -> list[Packet]:
    decoder = PacketDecoder()
    return decoder.feed(data) + decoder.give_up()


def test_verify_password_as_the_manual_shows_it() -> None:
    assert encode_packet(COMMAND) == bytes.fromhex("ef01ffffffff01000713000000 00001b")


@given(PACKETS)
def test_there_and_back(packet: Packet) -> None:
    data = encode_packet(packet)
    assert data == frame(packet.address, packet.kind, packet.payload)
    assert decoded(data) == [packet]


@given(st.lists(PACKETS, max_size=4), st.data())
def test_pieces_make_no_difference(packets: list[Packet], data: st.DataObject) -> None:
    stream = b"".join(map(encode_packet, packets))
    decoder, found = PacketDecoder(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += decoder.feed(stream[:size])
        stream = stream[size:]
    assert found == packets
    assert (decoder.skipped, decoder.broken) == (0, 0)


@given(st.lists(st.binary(max_size=300) | PACKETS.map(encode_packet) | st.just(b"\xef\x01"), max_size=6))
def test_any_bytes_are_a_packet_or_skipped(pieces: list[bytes]) -> None:
    decoder = PacketDecoder()
    found = [packet for piece in pieces for packet in decoder.feed(piece)] + decoder.give_up()
    assert sum(len(encode_packet(packet)) for packet in found) + decoder.skipped == sum(map(len, pieces))
    assert decoder.feed(b"") == []


@given(st.binary(max_size=300), PACKETS, st.binary(max_size=300))
def test_noise_around_hides_nothing(before: bytes, packet: Packet, after: bytes) -> None:
    # Noise that begins a packet may reach into ours; only by accident would its checksum be right, too.
    found = decoded(before + encode_packet(packet) + after)
    assert packet in found


@given(PACKETS, st.data())
def test_one_wrong_bit_is_no_such_packet(packet: Packet, data: st.DataObject) -> None:
    sent = bytearray(encode_packet(packet))
    bit = data.draw(st.integers(8 * 6, 8 * len(sent) - 1))  # the address has no checksum
    sent[bit // 8] ^= 1 << bit % 8
    assert packet not in decoded(bytes(sent))


@pytest.mark.parametrize("length", [0, 1, 259, 0xFFFF])
def test_impossible_length_does_not_wait_for_its_bytes(length: int) -> None:
    decoder = PacketDecoder()
    header = b"\xef\x01\xff\xff\xff\xff\x07" + length.to_bytes(2, "big")
    assert decoder.feed(header + encode_packet(COMMAND)) == [COMMAND]
    assert decoder.broken == 1


def test_unknown_kind_is_no_packet() -> None:
    assert decoded(frame(1, 0x03, b"x") + encode_packet(COMMAND)) == [COMMAND]


def test_packet_behind_one_that_was_cut_comes_out_when_nothing_follows() -> None:
    decoder = PacketDecoder()
    cut = encode_packet(Packet(1, PacketKind.DATA, bytes(128)))[:60]
    assert decoder.feed(cut + encode_packet(COMMAND)) == []
    assert decoder.give_up() == [COMMAND]


@pytest.mark.parametrize(("address", "payload"), [(-1, b""), (1 << 32, b""), (0, bytes(257))])
def test_what_no_packet_can_carry(address: int, payload: bytes) -> None:
    with pytest.raises(ValueError):
        Packet(address, PacketKind.DATA, payload)
