"""umockdev's recordings: reading their text, and playing them to pyusb as umockdev does."""

import contextlib
import errno

import pytest
import usb.core
from hypothesis import given
from hypothesis import strategies as st

from drivers.transports.pcapng import TransferKind
from drivers.transports.usb import UsbTransport
from drivers.transports.usb_ioctl_recording import RecordedUrb, recorded_description, recorded_urbs
from drivers.transports.usb_ioctl_replay import IoctlReplay
from drivers.transports.usb_ports import attached_usb_devices
from drivers.transports.usb_replay import ReplayMismatchError

ID = (0x298D, 0x1010)
NO_CLASS = (0, 0, 0)
DESCRIPTORS = (
    "12010002000000408D29101001000102000109022700010100A032090400000300000000070581034000050705020240000007058302400000"
)
DESCRIPTION = rf"""P: /devices/pci0000:00/0000:00:01.3/usb1/1-7/1-7.2
N: bus/usb/001/003={DESCRIPTORS}
E: DEVNAME=/dev/bus/usb/001/003
A: manufacturer=Example\n
A: product=A sensor
A: serial=not asked for by the descriptor

P: /devices/pci0000:00/0000:00:01.3/usb1/1-7
A: product=A hub
"""
TRAFFIC = """@DEV /dev/bus/usb/001/003
USBDEVFS_GET_CAPABILITIES 0 FD010000
USBDEVFS_REAPURBNDELAY 0 3 2 0 0 2 2 0 8001
 USBDEVFS_REAPURBNDELAY 0 3 131 0 0 4 3 0 A1A2A3
USBDEVFS_REAPURBNDELAY 0 3 2 0 0 2 2 0 8000
 USBDEVFS_REAPURBNDELAY 0 3 131 0 0 4 2 0 B1B2
 USBDEVFS_REAPURB 0 2 0 0 0 9 1 0 400C0001000401007E
 USBDEVFS_REAPURB 0 2 128 0 0 10 2 0 C0040700000002005566
USBDEVFS_REAPURBNDELAY 0 3 2 -32 0 2 0 0 8002
"""


def opened() -> tuple[IoctlReplay, UsbTransport]:
    replay = IoctlReplay(recorded_urbs(TRAFFIC), recorded_description(DESCRIPTION))
    (device,) = attached_usb_devices([ID], replay)
    link = UsbTransport(device, replay)
    link.open(NO_CLASS)
    return replay, link


def test_device_is_described_by_the_recording() -> None:
    replay = IoctlReplay(recorded_urbs(TRAFFIC), recorded_description(DESCRIPTION))
    (device,) = attached_usb_devices([ID], replay)
    assert (device.port_path, device.manufacturer, device.product, device.serial) == (
        "1-7.2",
        "Example",
        "A sensor",
        "",
    )


def test_transfers_are_read_in_the_order_of_the_file() -> None:
    urbs = recorded_urbs(TRAFFIC)
    assert urbs[1] == RecordedUrb(4, 1, TransferKind.BULK, 0x83, 0, 4, b"\xa1\xa2\xa3")
    assert [urb.depth for urb in urbs] == [0, 1, 0, 1, 1, 1, 0]


def test_a_transfer_that_was_made_often_stands_once() -> None:
    replay, link = opened()
    for _ in range(2):
        for sent, comes in ((b"\x80\x01", b"\xa1\xa2\xa3"), (b"\x80\x00", b"\xb1\xb2")):
            link.bulk_write(0x02, sent, 1)
            assert link.submit_bulk_read(0x83, 4, 1).result(60) == comes
    link.control_write(0x0C, 0x100, b"\x7e", 0x400)
    assert link.control_read(0x04, 0x07, 2) == b"\x55\x66"
    assert [urb.status for urb in replay.remaining] == [-errno.EPIPE]
    with pytest.raises(usb.core.USBError) as caught:
        link._handle.write(0x02, b"\x80\x02")
    assert caught.value.errno == errno.EPIPE
    assert replay.remaining == []
    link.close()


@pytest.mark.parametrize("sent", [b"\x80\x03", b"\x80", b"\x80\x01\x00"])
def test_other_than_recorded_is_refused(sent: bytes) -> None:
    _, link = opened()
    link.bulk_write(0x02, b"\x80\x01", 1)
    with pytest.raises(ReplayMismatchError, match=r"after line 3, the recording holds no bulk transfer on 0x02 of"):
        link.bulk_write(0x02, sent, 1)
    with pytest.raises(ReplayMismatchError, match="on 0x83 of 5 bytes"):
        link.submit_bulk_read(0x83, 5, 1).result(60)
    with pytest.raises(ReplayMismatchError, match="control"):
        link.control_write(0x0C, 0x100, b"\x7f", 0x400)
    link.close()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("USBDEVFS_REAPURB 0 3 2 0 0 2 2 0 80x1", "line 2: non-hexadecimal"),
        ("USBDEVFS_REAPURB 0 3 2 0 0 2 2", "line 2: a transfer has 8 numbers"),
        ("USBDEVFS_REAPURB 0 3 131 0 0 2 2 0 80", "line 2: 2 bytes moved, 1 are written down"),
        ("USBDEVFS_REAPURB 0 9 2 0 0 2 2 0 8001", "line 2: 9"),
        ("USBDEVFS_REAPURB 0 3 two 0 0 2 2 0 8001", "line 2: 'two' is no number"),
        ("EVIOCGVERSION 0 010001", "line 2: 'EVIOCGVERSION' is no USB ioctl"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_line(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        recorded_urbs(f"@DEV /dev/bus/usb/001/003\n{line}\n")


@pytest.mark.parametrize("spoilt", ["", "P: /devices/x", DESCRIPTION.replace("=1201", "=1202")])
def test_what_is_no_description_is_refused(spoilt: str) -> None:
    with pytest.raises(ValueError, match="descri"):
        recorded_description(spoilt)


@given(st.data())
def test_spoilt_files_are_read_or_refused(data: st.DataObject) -> None:
    for text, reads in ((TRAFFIC, recorded_urbs), (DESCRIPTION, recorded_description)):
        place = data.draw(st.integers(0, len(text) - 1))
        with contextlib.suppress(ValueError):
            reads(text[:place] + data.draw(st.text(max_size=3)) + text[place + 1 :])
