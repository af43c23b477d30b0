"""usbmon recordings: reading pcapng, and playing it to pyusb strictly."""

import contextlib
import errno
import struct
import threading

import pytest
import usb.core
from hypothesis import given
from hypothesis import strategies as st

from drivers.transports.pcapng import TransferKind, UsbPacket, usb_packets
from drivers.transports.usb import UsbTransport
from drivers.transports.usb_descriptors import configuration_tree, device_descriptor
from drivers.transports.usb_ports import attached_usb_devices
from drivers.transports.usb_replay import ReplayMismatchError, UsbmonReplay
from tests.drivers.uareu4000_simulator import CONFIGURATION

DEVICE = bytes.fromhex("1201000200000040ba050a000301010203 01")
ID = (0x05BA, 0x000A)
VENDOR_CLASS = (255, 255, 255)
Event = tuple[str, int, TransferKind, int, int, int, bytes, bytes]


def submitted(urb: int, kind: TransferKind, endpoint: int, length: int, data: bytes = b"", setup: bytes = b"") -> Event:
    return "S", urb, kind, endpoint, -115, length, setup, data


def completed(urb: int, kind: TransferKind, endpoint: int, data: bytes = b"", status: int = 0) -> Event:
    return "C", urb, kind, endpoint, status, len(data), b"", data


def descriptor(urb: int, number: int, data: bytes) -> list[Event]:
    setup = bytes((0x80, 6, 0, number, 0, 0)) + len(data).to_bytes(2, "little")
    return [
        submitted(urb, TransferKind.CONTROL, 0x80, len(data), setup=setup),
        completed(urb, TransferKind.CONTROL, 0x80, data),
    ]


def register_write(urb: int, register: int, data: bytes) -> list[Event]:
    setup = struct.pack("<BBHHH", 0x40, 4, register, 0, len(data))
    return [
        submitted(urb, TransferKind.CONTROL, 0x00, len(data), data, setup),
        completed(urb, TransferKind.CONTROL, 0x00),
    ]


def register_read(urb: int, register: int, data: bytes, status: int = 0) -> list[Event]:
    setup = struct.pack("<BBHHH", 0xC0, 4, register, 0, len(data))
    return [
        submitted(urb, TransferKind.CONTROL, 0x80, len(data), setup=setup),
        completed(urb, TransferKind.CONTROL, 0x80, b"" if status else data, status),
    ]


ENUMERATION = descriptor(1, 1, DEVICE) + descriptor(2, 2, CONFIGURATION[:9]) + descriptor(3, 2, CONFIGURATION)


def recording(events: list[Event], order: str = "<", link: int = 220) -> bytes:
    blocks = [_block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)]
    blocks.append(_block(1, struct.pack(f"{order}HHI", link, 0, 0), order))
    for number, (event, urb, kind, endpoint, status, length, setup, data) in enumerate(events):
        head = struct.pack(
            f"{order}QBBBBHBBqiiII8s16x", urb, ord(event), kind, endpoint, 50, 1, 0 if setup else 45, 0, number, 0,
            status, length, len(data), setup,
        )  # fmt: skip
        packet = head + data
        body = struct.pack(f"{order}IIIII", 0, 0, number, len(packet), len(packet)) + packet + bytes(-len(packet) % 4)
        blocks.append(_block(6, body, order))
    return b"".join(blocks)


def _block(kind: int, body: bytes, order: str) -> bytes:
    size = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + size + body + size


def opened(*events: Event) -> tuple[UsbmonReplay, UsbTransport]:
    replay = UsbmonReplay(usb_packets(recording([*ENUMERATION, *events])), (4, 2), {3: "S-1"})
    (device,) = attached_usb_devices([ID], replay)
    link = UsbTransport(device, replay)
    link.open(VENDOR_CLASS)
    return replay, link


def test_device_is_described_by_the_recording() -> None:
    replay = UsbmonReplay(usb_packets(recording(ENUMERATION)), (4, 2), {3: "S-1"})
    (device,) = attached_usb_devices([ID], replay)
    assert (device.port_path, device.serial, device.manufacturer, device.release) == ("1-4.2", "S-1", "", 0x0103)
    assert attached_usb_devices([(1, 2)], replay) == []


def test_transfers_are_played_in_order() -> None:
    replay, link = opened(*register_write(5, 7, b"\x81"), *register_read(6, 0xF0, b"abcd"))
    link.control_write(4, 7, b"\x81")
    assert link.control_read(4, 0xF0, 4) == b"abcd"
    link.close()
    assert replay.remaining == []


@pytest.mark.parametrize(("register", "data"), [(8, b"\x81"), (7, b"\x80"), (7, b"\x81\x00")])
def test_other_than_recorded_is_refused_with_the_packet(register: int, data: bytes) -> None:
    _, link = opened(*register_write(5, 7, b"\x81"))
    with pytest.raises(ReplayMismatchError, match=r"packet 7 \(S\) is control transfer .* data 81, and the host does"):
        link.control_write(4, register, data)
    link.close()


def test_more_than_recorded_is_refused() -> None:
    _, link = opened()
    with pytest.raises(ReplayMismatchError, match="at its end"):
        link.control_read(4, 7, 1)
    link.close()


def test_concurrent_transfers_may_start_in_any_order() -> None:
    bulk = submitted(5, TransferKind.BULK, 0x82, 1000)
    write, wrote = register_write(6, 0x4E, b"\x20")
    image = completed(5, TransferKind.BULK, 0x82, b"i" * 900)
    for events in ([bulk, write, wrote, image], [write, bulk, wrote, image]):
        replay, link = opened(*events)
        pending = link.submit_bulk_read(0x82, 1000, 20)
        link.control_write(4, 0x4E, b"\x20")
        assert pending.result(60) == b"i" * 900
        link.close()
        assert replay.remaining == []


def test_read_that_is_renewed_takes_up_its_answer() -> None:
    pending = submitted(5, TransferKind.INTERRUPT, 0x81, 4)
    _, link = opened(
        pending, *register_write(6, 0x4E, b"\x10"), completed(5, TransferKind.INTERRUPT, 0x81, b"\x01\x01")
    )
    with pytest.raises(usb.core.USBTimeoutError):
        link._handle.read(0x81, 4, timeout=1)
    link.start_interrupts(0x81, 4)
    link.control_write(4, 0x4E, b"\x10")
    assert link.next_interrupt(20) == b"\x01\x01"
    link.close()


def test_recorded_failure_comes_again() -> None:
    _, link = opened(*register_read(5, 7, b"\x00", -errno.EPIPE))
    with pytest.raises(usb.core.USBError) as caught:
        link._handle.ctrl_transfer(0xC0, 4, 7, 0, 1)
    assert caught.value.errno == errno.EPIPE
    link.close()


def test_read_cancelled_in_the_recording_stays_pending_until_closed() -> None:
    replay, link = opened(
        submitted(5, TransferKind.INTERRUPT, 0x81, 64),
        *register_write(6, 0x4E, b"\x70"),
        completed(5, TransferKind.INTERRUPT, 0x81, status=-errno.ENOENT),
    )
    link.start_interrupts(0x81, 64)
    link.control_write(4, 0x4E, b"\x70")
    assert link.next_interrupt(0.01) is None
    link.close()
    assert replay.remaining == []
    assert threading.active_count() == 1


def test_recording_without_descriptors_is_refused() -> None:
    with pytest.raises(ValueError, match="descriptors"):
        UsbmonReplay(usb_packets(recording(register_write(5, 7, b"\x81"))))


class TestPcapng:
    @pytest.mark.parametrize("order", ["<", ">"])
    def test_both_byte_orders(self, order: str) -> None:
        assert usb_packets(recording(ENUMERATION, order)) == usb_packets(recording(ENUMERATION))

    def test_fields(self) -> None:
        packet = usb_packets(recording(register_write(0xABCDEF0123, 7, b"\x81")))[0]
        assert packet == UsbPacket(
            1,
            "S",
            0xABCDEF0123,
            TransferKind.CONTROL,
            0,
            1,
            50,
            -115,
            1,
            bytes.fromhex("4004070000000100"),
            b"\x81",
            0.0,
        )

    @pytest.mark.parametrize("cut", [0, 3, 11, 27, 30, 60, 100, -1, -13])
    def test_cut_file_is_refused(self, cut: int) -> None:
        with pytest.raises(ValueError, match="offset"):
            usb_packets(recording(ENUMERATION)[:cut])

    def test_other_link_types_are_refused(self) -> None:
        with pytest.raises(ValueError, match="link type 220"):
            usb_packets(recording(ENUMERATION, link=1))

    @given(st.data())
    def test_spoilt_files_are_read_or_refused(self, data: st.DataObject) -> None:
        spoilt = bytearray(recording(ENUMERATION))
        for place in data.draw(st.lists(st.integers(0, len(spoilt) - 1), min_size=1, max_size=4)):
            spoilt[place] = data.draw(st.integers(0, 255))
        with contextlib.suppress(ValueError):
            UsbmonReplay(usb_packets(bytes(spoilt)))


@given(st.binary(max_size=80))
def test_any_bytes_are_descriptors_or_refused(data: bytes) -> None:
    for reads in (device_descriptor, configuration_tree):
        with contextlib.suppress(ValueError):
            reads(data)
