"""A USB port with one simulated device of bulk endpoints behind pyusb's backend face; a device says what it answers."""

import errno
import threading
from abc import abstractmethod
from array import array
from collections import deque
from collections.abc import Iterator, Mapping
from enum import StrEnum

from drivers.transports.usb import UsbTransport
from drivers.transports.usb_described import DescribedDevice, fill, usb_error
from drivers.transports.usb_descriptors import configuration_tree, device_descriptor
from drivers.transports.usb_ports import UsbDevice

PACKET = 64


class PortFault(StrEnum):
    """What happens in place of a transfer."""

    LOST = "lost"
    TIMEOUT = "timeout"
    STALL = "stall"
    SHORT = "short"
    GARBLED = "garbled"
    HANG = "hang"
    """This transfer and all after it are not answered until the port is reset."""


class SimulatedPort(DescribedDevice):
    """One device on port 3-1.2.

    A subclass answers in `sent` and `controlled` with `reply`. Replies leave in packets of 64 bytes, and a read ends
    with its last byte or a short packet, as on a bus.

    Parameters
    ----------
    descriptors : bytes
        Device descriptor and configuration.
    strings : mapping of int to str
    faults : mapping of int to PortFault
        By number of the transfer, counted from 0 over all that go to the device.
    """

    def __init__(
        self, descriptors: bytes, strings: Mapping[int, str], faults: Mapping[int, PortFault] | None = None
    ) -> None:
        descriptor = device_descriptor(descriptors[:18])
        super().__init__(
            descriptor, configuration_tree(descriptors[18:]), bus=3, address=5, port_numbers=(1, 2), strings=strings
        )
        self.device = UsbDevice(
            descriptor.idVendor,
            descriptor.idProduct,
            "3-1.2",
            strings.get(descriptor.iSerialNumber, ""),
            strings.get(descriptor.iManufacturer, ""),
            strings.get(descriptor.iProduct, ""),
            descriptor.bcdDevice,
        )
        self.faults = dict(faults or {})
        self.transfers = 0
        self.resets = 0
        self.silent = False
        self.gone = False
        self.attached = True
        self.claim_error = 0
        self.handles = 0
        self.claims = 0
        self.flood = b""
        self.pending_reads = 0
        self._packets: deque[bytes] = deque()
        self._changed = threading.Condition()

    @abstractmethod
    def sent(self, data: bytes) -> None:
        """The host sent this."""

    @abstractmethod
    def powered_up(self) -> None:
        """The device was reset."""

    def controlled(self, request: int, value: int, index: int, data: bytes) -> None:
        raise AssertionError(f"control transfer {request:#x}")

    def link(self) -> UsbTransport:
        return UsbTransport(self.device, self)

    def reply(self, data: bytes) -> None:
        """Queue what the device sends, in packets."""
        with self._changed:
            self._packets.extend(data[start : start + PACKET] for start in range(0, len(data), PACKET))
            if not data:
                self._packets.append(b"")
            self._changed.notify_all()

    def forget_replies(self) -> None:
        with self._changed:
            self._packets.clear()

    def pull_cable(self) -> None:
        with self._changed:
            self.gone = True
            self._changed.notify_all()

    # pyusb's face

    def enumerate_devices(self) -> Iterator[object]:
        if self.attached:
            yield "simulated"

    def open_device(self, dev: object) -> str:
        self.handles += 1
        return "handle"

    def close_device(self, handle: object) -> None:
        self.handles -= 1

    def claim_interface(self, handle: object, intf: int) -> None:
        super().claim_interface(handle, intf)
        if self.claim_error:
            raise usb_error(self.claim_error)
        if self.gone:
            raise usb_error(errno.ENODEV)
        with self._changed:
            self.claims += 1

    def release_interface(self, handle: object, intf: int) -> None:
        with self._changed:
            self.claims -= 1
            self._changed.notify_all()

    def reset_device(self, handle: object) -> None:
        with self._changed:
            self.resets += 1
            self.silent = False
            self._packets.clear()
            self._changed.notify_all()
        self.powered_up()

    def ctrl_transfer(
        self, handle: object, kind: int, request: int, value: int, index: int, data: "array[int]", timeout: int
    ) -> int:
        described = self.described_string((kind, request), value, len(data))
        if described is not None:
            return fill(data, described)
        fault = self._count(timeout)
        assert kind == 0x40
        if fault is PortFault.SHORT:
            return len(data) // 2
        self.controlled(request, value, index, _spoilt(data.tobytes(), fault))
        return len(data)

    def bulk_write(self, handle: object, ep: int, intf: int, data: "array[int]", timeout: int) -> int:
        assert ep == 0x02
        fault = self._count(timeout)
        if fault is PortFault.SHORT:
            return len(data) // 2
        self.sent(_spoilt(data.tobytes(), fault))
        return len(data)

    def bulk_read(self, handle: object, ep: int, intf: int, buff: "array[int]", timeout: int) -> int:
        assert ep in self.bulk_in
        fault = self._count(timeout)
        with self._changed:
            if not self.flood:
                self.pending_reads += 1
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._packets or self.gone or not self.claims, timeout / 1000)
                self.pending_reads -= 1
            if self.gone:
                raise usb_error(errno.ENODEV)
            if not self.claims:
                return 0
            if self.flood:
                return fill(buff, self.flood[: len(buff)])
            if not self._packets:
                raise usb_error(errno.ETIMEDOUT)
            data = self._read(len(buff))
        if fault is PortFault.SHORT:
            data = data[: len(data) // 2]
        return fill(buff, _spoilt(data, fault))

    bulk_in = (0x81, 0x83)

    def await_pending_read(self) -> None:
        """Return when the host waits for an answer."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.pending_reads, 60)

    def _read(self, length: int) -> bytes:
        data = b""
        while self._packets and len(data) < length:
            if len(data) + len(self._packets[0]) > length:
                self._packets.popleft()
                raise usb_error(errno.EOVERFLOW)
            packet = self._packets.popleft()
            data += packet
            if len(packet) < PACKET:
                break
        return data

    def _count(self, timeout: int) -> PortFault | None:
        """The fault of the transfer that begins, unless it is one that ends it at once."""
        with self._changed:
            fault = self.faults.get(self.transfers)
            self.transfers += 1
            if fault is PortFault.LOST:
                self.gone = True
                self._changed.notify_all()
            if fault is PortFault.HANG:
                self.silent = True
            if self.silent and not self.gone:
                self.pending_reads += 1
                self._changed.notify_all()
                self._changed.wait_for(lambda: self.gone or not self.claims, timeout / 1000)
                self.pending_reads -= 1
                if not self.gone:
                    raise usb_error(errno.ETIMEDOUT)
            if self.gone:
                raise usb_error(errno.ENODEV)
        if fault is PortFault.TIMEOUT:
            raise usb_error(errno.ETIMEDOUT)
        if fault is PortFault.STALL:
            raise usb_error(errno.EPIPE)
        return fault


def _spoilt(data: bytes, fault: PortFault | None) -> bytes:
    return bytes(0xFF ^ byte for byte in data) if fault is PortFault.GARBLED else data
