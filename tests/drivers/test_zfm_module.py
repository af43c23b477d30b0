"""The simulated module itself: what an enrolment at the desk of its maker would ask of it."""

from collections.abc import Iterator

import numpy as np
import pytest

from drivers.fingerprint.zfm_packet import Packet, PacketDecoder, PacketKind
from drivers.transports.serial import SerialTransport
from tests.drivers.zfm_module import OPTICAL, PRESENT, ROUND, ZfmModule, frame, packed


class Host:
    def __init__(self, module: ZfmModule) -> None:
        self.link = SerialTransport(module.port)
        self.link.open(module.baud)
        self.decoder = PacketDecoder()
        self.packets: list[Packet] = []
        self.address = module.address

    def next(self) -> Packet:
        while not self.packets:
            self.packets += self.decoder.feed(self.link.read())
        return self.packets.pop(0)

    def ask(self, *command: int) -> bytes:
        self.link.write(frame(self.address, 0x01, bytes(command)))
        return self.next().payload

    def data(self) -> bytes:
        parts = [self.next()]
        while parts[-1].kind is PacketKind.DATA:
            parts.append(self.next())
        assert parts[-1].kind is PacketKind.LAST_DATA
        return b"".join(part.payload for part in parts)

    def send(self, data: bytes) -> None:
        parts = [data[at : at + 128] for at in range(0, len(data), 128)]
        for number, part in enumerate(parts, 1):
            self.link.write(frame(self.address, 0x08 if number == len(parts) else 0x02, part))


@pytest.fixture
def module() -> Iterator[ZfmModule]:
    with ZfmModule(ROUND, looks=(PRESENT,)) as module:
        yield module


@pytest.fixture
def host(module: ZfmModule) -> Iterator[Host]:
    host = Host(module)
    yield host
    host.link.close()


def test_enrolment_search_and_deletion(host: Host) -> None:
    assert host.ask(0x02, 1) == b"\x15"
    assert host.ask(0x01) == b"\x00"
    assert host.ask(0x02, 1) == host.ask(0x02, 2) == b"\x00"
    assert host.ask(0x03) == b"\x00\x00\x64"
    assert host.ask(0x05) == b"\x00"
    assert host.ask(0x06, 1, 0, 17) == b"\x00"
    assert host.ask(0x06, 1, 1, 0) == b"\x0b"
    assert host.ask(0x1D) == b"\x00\x00\x01"
    assert host.ask(0x1F, 0) == b"\x00\x00\x00\x02" + bytes(29)
    assert host.ask(0x04, 1, 0, 0, 0, 200) == b"\x00\x00\x11\x00\x64"
    assert host.ask(0x07, 2, 0, 17) == b"\x00"
    assert host.ask(0x07, 2, 0, 18) == b"\x0c"
    assert host.ask(0x0C, 0, 17, 0, 1) == b"\x00"
    assert host.ask(0x0C, 0, 199, 0, 2) == b"\x10"
    assert host.ask(0x04, 1, 0, 0, 0, 200) == b"\x09"
    assert host.ask(0x0D) == b"\x00"


def test_characters_and_images_go_both_ways(module: ZfmModule, host: Host) -> None:
    assert host.ask(0x08, 1) == b"\x0d"
    assert host.ask(0x0A) == b"\x0f"
    assert host.ask(0x09, 1) == b"\x00"
    characters = bytes(range(256)) * 2
    host.send(characters)
    assert host.ask(0x08, 1) == b"\x00"
    assert host.data() == characters
    assert host.ask(0x03) == b"\x08"
    assert host.ask(0x05) == b"\x0a"
    turned = np.ascontiguousarray(ROUND[::-1])
    assert host.ask(0x0B) == b"\x00"
    host.send(packed(turned))
    assert host.ask(0x0A) == b"\x00"
    assert host.data() == packed(turned)


def test_parameters_password_and_address(module: ZfmModule, host: Host) -> None:
    told = bytes.fromhex("00 0000 0009 00c8 0003 ffffffff 0002 0006")
    assert host.ask(0x0F) == told
    assert host.ask(0x0E, 5, 4) == host.ask(0x0E, 6, 3) == b"\x00"
    assert host.ask(0x0E, 7, 1) == host.ask(0x0E, 4, 13) == b"\x1a"
    assert host.ask(0x0F)[7:15] == bytes.fromhex("0004 ffffffff 0003")
    assert host.ask(0x12, 0, 0, 0, 9) == b"\x00"
    assert host.ask(0x13, 0, 0, 0, 8) == b"\x13"
    assert host.ask(0x01) == b"\x21"
    assert host.ask(0x13, 0, 0, 0, 9) == b"\x00"
    host.link.write(frame(0xFFFFFFFF, 0x01, bytes((0x15, 0, 0, 0, 5))))
    assert host.next() == Packet(5, PacketKind.ACKNOWLEDGE, b"\x00")
    host.address = 5
    assert host.ask(0x40) == b"\x00"
    assert host.ask(0x53) == b"\x55"
    assert host.ask(0x35, 1, 2, 3, 4) == b"\x00"
    assert host.ask(0x77) == b"\xfc"


def test_other_rate_is_heard_as_noise(module: ZfmModule, host: Host) -> None:
    host.link.set_baud(9600)
    host.link.write(frame(0xFFFFFFFF, 0x01, bytes((0x13, 0, 0, 0, 0))))
    assert PacketDecoder().feed(host.link.read()) == []
    host.link.set_baud(57600)
    assert host.ask(0x0E, 4, 12) == b"\x00"
    host.link.set_baud(115200)
    assert host.ask(0x0F)[-1] == 12


def test_pictures_differ() -> None:
    assert OPTICAL.shape == (288, 256)
    assert len(packed(OPTICAL)) == 36864
    assert {0, 15} <= set(np.unique(OPTICAL))
