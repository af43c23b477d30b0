"""The USB transfers of a usbmon recording in a pcapng file, as tshark and dumpcap write it on Linux."""

import struct
from dataclasses import dataclass
from enum import IntEnum

_SECTION = 0x0A0D0D0A
_INTERFACE = 1
_ENHANCED_PACKET = 6
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_LINKTYPE_USB_LINUX_MMAPPED = 220
_USBMON_HEADER = "QBBBBHBBqiiII8s"
"""Documentation/usb/usbmon.rst of Linux, `struct usbmon_packet`: 48 bytes, then 16 of isochronous fields."""
_USBMON_BYTES = 64


class TransferKind(IntEnum):
    """usbmon's `xfer_type`."""

    ISOCHRONOUS = 0
    INTERRUPT = 1
    CONTROL = 2
    BULK = 3


@dataclass(frozen=True)
class UsbPacket:
    """One event of one transfer: its submission (`S`), its completion (`C`), or a failed submission (`E`)."""

    number: int
    """From 1, as Wireshark counts."""
    event: str
    urb: int
    """The same for the submission and the completion of one transfer; used again later."""
    kind: TransferKind
    endpoint: int
    """With the direction in bit 7."""
    bus: int
    address: int
    status: int
    """Negative errno; 0 is well."""
    length: int
    """Bytes asked for, in a submission; bytes moved, in a completion."""
    setup: bytes
    """8 bytes in the submission of a control transfer, else empty."""
    data: bytes
    time_s: float


def usb_packets(recording: bytes) -> list[UsbPacket]:
    """All USB packets of a pcapng file, in order.

    Raises
    ------
    ValueError
        The file is no pcapng file of link type 220, or is cut; with the offset of what is wrong.

    References
    ----------
    draft-ietf-opsawg-pcapng, sections 3 and 4; Linux Documentation/usb/usbmon.rst.
    """
    if len(recording) < 12 or struct.unpack_from("<I", recording)[0] != _SECTION:
        raise ValueError("offset 0: no pcapng section header")
    packets: list[UsbPacket] = []
    order = "<"
    links: list[int] = []
    offset = 0
    while offset < len(recording):
        if len(recording) - offset < 12:
            raise ValueError(f"offset {offset}: the file ends in a block")
        if recording[offset : offset + 4] == struct.pack("<I", _SECTION):
            order = _byte_order(recording, offset)
            links = []
        kind, length = struct.unpack_from(f"{order}II", recording, offset)
        if length < 12 or length % 4 or offset + length > len(recording):
            raise ValueError(f"offset {offset}: a block of {length} bytes does not fit the file")
        body = recording[offset + 8 : offset + length - 4]
        try:
            if kind == _INTERFACE:
                links.append(struct.unpack_from(f"{order}H", body)[0])
            elif kind == _ENHANCED_PACKET:
                packets.append(_packet(len(packets) + 1, body, order, links))
        except struct.error as error:
            raise ValueError(f"offset {offset}: {error}") from error
        except ValueError as error:
            raise ValueError(f"offset {offset}: {error}") from error
        offset += length
    return packets


def _byte_order(recording: bytes, offset: int) -> str:
    for order in "<>":
        if struct.unpack_from(f"{order}I", recording, offset + 8)[0] == _BYTE_ORDER_MAGIC:
            return order
    raise ValueError(f"offset {offset + 8}: no byte-order magic")


def _packet(number: int, body: bytes, order: str, links: list[int]) -> UsbPacket:
    interface, _, _, captured, _ = struct.unpack_from(f"{order}IIIII", body)
    if interface >= len(links) or links[interface] != _LINKTYPE_USB_LINUX_MMAPPED:
        raise ValueError("a packet that is not of link type 220 (USB_LINUX_MMAPPED)")
    packet = body[20 : 20 + captured]
    if len(packet) != captured or captured < _USBMON_BYTES:
        raise ValueError(f"a packet of {captured} bytes is too short for usbmon's header")
    fields = struct.unpack_from(f"{order}{_USBMON_HEADER}", packet)
    urb, event, kind, endpoint, address, bus, no_setup, _, seconds, micros, status, length, held, setup = fields
    return UsbPacket(
        number=number,
        event=chr(event),
        urb=urb,
        kind=TransferKind(kind),
        endpoint=endpoint,
        bus=bus,
        address=address,
        status=status,
        length=length,
        setup=setup if no_setup == 0 and chr(event) == "S" else b"",
        data=packet[_USBMON_BYTES : _USBMON_BYTES + held],
        time_s=seconds + micros / 1e6,
    )
