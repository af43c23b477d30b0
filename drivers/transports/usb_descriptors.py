"""USB descriptors from their bytes, in the shape in which a pyusb backend hands them out."""

import struct
from dataclasses import dataclass, field
from types import SimpleNamespace

_DEVICE = [
    "bLength",
    "bDescriptorType",
    "bcdUSB",
    "bDeviceClass",
    "bDeviceSubClass",
    "bDeviceProtocol",
    "bMaxPacketSize0",
    "idVendor",
    "idProduct",
    "bcdDevice",
    "iManufacturer",
    "iProduct",
    "iSerialNumber",
    "bNumConfigurations",
]
_CONFIGURATION = [
    "bLength",
    "bDescriptorType",
    "wTotalLength",
    "bNumInterfaces",
    "bConfigurationValue",
    "iConfiguration",
    "bmAttributes",
    "bMaxPower",
]
_INTERFACE = [
    "bLength",
    "bDescriptorType",
    "bInterfaceNumber",
    "bAlternateSetting",
    "bNumEndpoints",
    "bInterfaceClass",
    "bInterfaceSubClass",
    "bInterfaceProtocol",
    "iInterface",
]
_ENDPOINT = ["bLength", "bDescriptorType", "bEndpointAddress", "bmAttributes", "wMaxPacketSize", "bInterval"]


@dataclass(frozen=True)
class ConfigurationTree:
    """One configuration with its interfaces and endpoints, in the order of their bytes."""

    configuration: SimpleNamespace
    interfaces: list[tuple[SimpleNamespace, list[SimpleNamespace]]] = field(default_factory=list)

    def interface(self, number: int, alternate: int) -> tuple[SimpleNamespace, list[SimpleNamespace]]:
        """The alternate setting of the interface, with its endpoints; IndexError where there is none."""
        for interface, endpoints in self.interfaces:
            if (interface.bInterfaceNumber, interface.bAlternateSetting) == (number, alternate):
                return interface, endpoints
        raise IndexError(f"no interface {number} with alternate setting {alternate}")


def device_descriptor(data: bytes) -> SimpleNamespace:
    """A device descriptor (USB 2.0, table 9-8) of 18 bytes; ValueError when it is not one."""
    if len(data) != 18 or data[1] != 1:
        raise ValueError(f"no device descriptor: {data.hex()}")
    return _named(_DEVICE, struct.unpack("<BBHBBBBHHHBBBB", data))


def configuration_tree(data: bytes) -> ConfigurationTree:
    """A configuration descriptor with all that follows it (USB 2.0, 9.6.3 to 9.6.6); ValueError when it is cut."""
    tree: ConfigurationTree | None = None
    offset = 0
    while offset < len(data):
        size = data[offset]
        if size < 2 or offset + size > len(data):
            raise ValueError(f"offset {offset}: a descriptor of {size} bytes does not fit")
        kind = data[offset + 1]
        try:
            if kind == 2:
                tree = ConfigurationTree(_named(_CONFIGURATION, struct.unpack_from("<BBHBBBBB", data, offset)))
            elif kind == 4 and tree is not None:
                tree.interfaces.append((_named(_INTERFACE, struct.unpack_from("<9B", data, offset)), []))
            elif kind == 5 and tree is not None and tree.interfaces:
                endpoint = _named(_ENDPOINT, struct.unpack_from("<BBBBHB", data, offset))
                endpoint.bRefresh = endpoint.bSynchAddress = 0
                tree.interfaces[-1][1].append(endpoint)
        except struct.error as error:
            raise ValueError(f"offset {offset}: {error}") from error
        offset += size
    if tree is None:
        raise ValueError("no configuration descriptor")
    return tree


def string_descriptor(text: str) -> bytes:
    """A string descriptor (USB 2.0, table 9-16)."""
    encoded = text.encode("utf-16-le")[:252]
    return bytes([2 + len(encoded), 3]) + encoded


def _named(names: list[str], values: tuple[int, ...]) -> SimpleNamespace:
    return SimpleNamespace(**dict(zip(names, values, strict=True)), extra_descriptors=[])
