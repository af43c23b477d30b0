"""What umockdev-record writes of a USB device: its description, and the tree of the transfers a program made."""

import re
from dataclasses import dataclass
from types import SimpleNamespace

from drivers.transports.pcapng import TransferKind
from drivers.transports.usb_descriptors import ConfigurationTree, configuration_tree, device_descriptor

_REAPED = frozenset({"USBDEVFS_REAPURB", "USBDEVFS_REAPURBNDELAY"})
_STRINGS = {"iManufacturer": "manufacturer", "iProduct": "product", "iSerialNumber": "serial"}
_DEVICE_DESCRIPTOR_BYTES = 18


@dataclass(frozen=True)
class RecordedUrb:
    """One transfer; umockdev writes each once, however often it was made alike."""

    line: int
    depth: int
    """How many transfers it hangs below; it is only met after them."""
    kind: TransferKind
    endpoint: int
    """With the direction in bit 7."""
    status: int
    """Negative errno; 0 is well."""
    length: int
    """Bytes asked for."""
    data: bytes
    """What went either way; the setup packet leads it in a control transfer."""


@dataclass(frozen=True)
class RecordedDescription:
    """A device as a `.umockdev` description tells of it."""

    descriptor: SimpleNamespace
    tree: ConfigurationTree
    bus: int
    address: int
    port_numbers: tuple[int, ...]
    strings: dict[int, str]


def recorded_urbs(text: str) -> list[RecordedUrb]:
    """All USB transfers of an ioctl recording, in the order of the file, which walks the tree from the root down.

    Raises
    ------
    ValueError
        With the number of the line that is wrong.

    References
    ----------
    umockdev 0.17, `docs/script-format.txt` and the text form of the ioctl tree: indent, name, result, then for a
    transfer its type, endpoint, status, flags, bytes asked for, bytes moved, errors, and what moved as hexadecimals.
    """
    urbs = []
    for number, line in enumerate(text.splitlines(), 1):
        name, _, rest = line.strip().partition(" ")
        if name not in _REAPED:
            if name and not name.startswith(("@DEV", "USBDEVFS_", "#")):
                raise ValueError(f"line {number}: {name[:40]!r} is no USB ioctl")
            continue
        urbs.append(_urb(number, len(line) - len(line.lstrip(" ")), rest.split()))
    return urbs


def _urb(number: int, depth: int, fields: list[str]) -> RecordedUrb:
    if len(fields) not in (8, 9):
        raise ValueError(f"line {number}: a transfer has 8 numbers and its bytes, not {len(fields)} fields")
    _, kind, endpoint, status, _, length, moved, _ = (_number(number, field) for field in fields[:8])
    try:
        data = bytes.fromhex(fields[8] if len(fields) == 9 else "")
        known = {3: TransferKind.BULK, 2: TransferKind.CONTROL, 1: TransferKind.INTERRUPT}[
            kind
        ]  # <linux/usbdevice_fs.h>
    except (KeyError, ValueError) as error:
        raise ValueError(f"line {number}: {error}") from error
    if endpoint & 0x80 and known is not TransferKind.CONTROL and len(data) != moved:
        raise ValueError(f"line {number}: {moved} bytes moved, {len(data)} are written down")
    return RecordedUrb(number, depth, known, endpoint, status, length, data)


def _number(line: int, field: str) -> int:
    if not re.fullmatch(r"-?\d{1,10}", field):
        raise ValueError(f"line {line}: {field[:40]!r} is no number")
    return int(field)


def recorded_description(text: str) -> RecordedDescription:
    """The first device of a description: its path, its descriptors, and the strings that sysfs shows.

    Raises
    ------
    ValueError
        It lacks the path or the descriptors, or they contradict the USB standard.
    """
    block = text.strip().split("\n\n")[0]
    path = re.search(r"^P: .*/(\d+)-(\d+(?:\.\d+)*)$", block, re.MULTILINE)
    node = re.search(r"^N: bus/usb/\d+/(\d+)=([0-9A-Fa-f]+)$", block, re.MULTILINE)
    if path is None or node is None:
        raise ValueError("the description does not begin with a USB device that has a node and its descriptors")
    descriptors = bytes.fromhex(node[2])
    descriptor = device_descriptor(descriptors[:_DEVICE_DESCRIPTOR_BYTES])
    strings = {}
    for index, attribute in _STRINGS.items():
        shown = re.search(rf"^A: {attribute}=(.*?)(?:\\n)?$", block, re.MULTILINE)
        if getattr(descriptor, index) and shown is not None:
            strings[getattr(descriptor, index)] = shown[1]
    return RecordedDescription(
        descriptor=descriptor,
        tree=configuration_tree(descriptors[_DEVICE_DESCRIPTOR_BYTES:]),
        bus=int(path[1]),
        address=int(node[1]),
        port_numbers=tuple(int(port) for port in path[2].split(".")),
        strings=strings,
    )
