"""One device behind pyusb's backend face, as its descriptors tell of it; what moves bytes is for a subclass to say."""

import errno
import os
from array import array
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import usb.backend
import usb.core

from drivers.transports.usb_descriptors import ConfigurationTree, string_descriptor

STANDARD_READ = 0x80
GET_DESCRIPTOR = 6


class DescribedDevice(usb.backend.IBackend):  # type: ignore[misc]  # pyusb has no types
    """Answers what pyusb asks of a device before and beside its transfers.

    Parameters
    ----------
    descriptor : SimpleNamespace
        From `device_descriptor`.
    tree : ConfigurationTree
        Its one configuration.
    bus, address : int
    port_numbers : tuple of int
        The port path after the bus.
    strings : mapping of int to str
        String descriptors by index.
    """

    def __init__(
        self,
        descriptor: SimpleNamespace,
        tree: ConfigurationTree,
        *,
        bus: int,
        address: int,
        port_numbers: tuple[int, ...],
        strings: Mapping[int, str] | None = None,
    ) -> None:
        self._descriptor = SimpleNamespace(
            **vars(descriptor), bus=bus, address=address, port_number=port_numbers[-1], port_numbers=port_numbers,
            speed=None,
        )  # fmt: skip
        self._tree = tree
        self._strings = dict(strings or {})

    def enumerate_devices(self) -> Iterator[object]:
        """The one device."""
        yield "device"

    def get_device_descriptor(self, dev: object) -> SimpleNamespace:
        """As given."""
        return self._descriptor

    def get_configuration_descriptor(self, dev: object, config: int) -> SimpleNamespace:
        """As given."""
        if config:
            raise IndexError(f"no configuration {config}")
        return self._tree.configuration

    def get_interface_descriptor(self, dev: object, intf: int, alt: int, config: int) -> SimpleNamespace:
        """As given."""
        return self._tree.interface(intf, alt)[0]

    def get_endpoint_descriptor(self, dev: object, ep: int, intf: int, alt: int, config: int) -> SimpleNamespace:
        """As given."""
        return self._tree.interface(intf, alt)[1][ep]

    def get_configuration(self, dev_handle: object) -> int:
        """The one configuration is active."""
        value: int = self._tree.configuration.bConfigurationValue
        return value

    def set_configuration(self, dev_handle: object, config_value: int) -> None:
        """Accepted, as nothing changes."""

    def claim_interface(self, dev_handle: object, intf: int) -> None:
        """Accepted for the interfaces there are."""
        self._tree.interface(intf, 0)

    def is_kernel_driver_active(self, dev_handle: object, intf: int) -> bool:
        """No other driver is there."""
        return False

    def clear_halt(self, dev_handle: object, ep: int) -> None:
        """Accepted."""

    def reset_device(self, dev_handle: object) -> None:
        """Accepted."""

    def described_string(self, request: tuple[int, int], value: int, length: int) -> bytes | None:
        """The answer to a control transfer that asks for a string descriptor; None for any other."""
        if request != (STANDARD_READ, GET_DESCRIPTOR) or value >> 8 != 3:
            return None
        if value & 0xFF == 0:
            return bytes((4, 3, 9, 4))  # English (United States), the one language
        if value & 0xFF not in self._strings:
            raise usb_error(errno.EPIPE)
        return string_descriptor(self._strings[value & 0xFF])[:length]


def fill(buffer: "array[int]", data: bytes) -> int:
    """Put what came into pyusb's buffer; the number of bytes."""
    memoryview(buffer).cast("B")[: len(data)] = data
    return len(data)


def usb_error(number: int) -> usb.core.USBError:
    """What libusb's backend raises for an errno."""
    kind = usb.core.USBTimeoutError if number == errno.ETIMEDOUT else usb.core.USBError
    error: Any = kind(os.strerror(number), errno=number)
    return error
