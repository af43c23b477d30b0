"""A pyusb backend that plays a usbmon recording: what the host sends must be what was recorded."""

import errno
import os
import threading
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import usb.core

from drivers.transports.pcapng import TransferKind, UsbPacket
from drivers.transports.usb_described import GET_DESCRIPTOR, STANDARD_READ, DescribedDevice, fill, usb_error
from drivers.transports.usb_descriptors import ConfigurationTree, configuration_tree, device_descriptor

_CANCELLED = (-errno.ENOENT, -errno.ECONNRESET, -errno.ESHUTDOWN)


class ReplayMismatchError(RuntimeError):
    """The host did what the recording does not hold; the message says at which packet."""


@dataclass(eq=False)
class _Transfer:
    """A transfer that the host waits for."""

    kind: TransferKind
    endpoint: int
    length: int
    setup: bytes = b""
    data: bytes = b""
    urb: int | None = None
    """The recorded transfer that this one plays, once its submission was met."""
    result: bytes | None = None
    error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.result is not None or self.error is not None

    def plays(self, packet: UsbPacket) -> bool:
        return (self.kind, self.endpoint, self.length, self.setup, self.data) == (
            packet.kind,
            packet.endpoint,
            packet.length,
            packet.setup,
            packet.data if not packet.endpoint & 0x80 else b"",
        )

    def __str__(self) -> str:
        return _described(self.kind, self.endpoint, self.length, self.setup, self.data)


class UsbmonReplay(DescribedDevice):
    """One recorded device behind pyusb's face.

    Submissions are met in the order of the recording, completions follow as soon as they can: nothing waits for the
    recorded times. Unlike umockdev, a read that timed out and is started again takes up its recorded answer.
    Requests of the USB standard (enumeration) are left out; descriptors are taken from the recorded ones.

    Parameters
    ----------
    packets : list of UsbPacket
        From `usb_packets`. They must hold the reading of the device and the configuration descriptor.
    port_numbers : tuple of int
        The port path after the bus, which a recording does not tell.
    strings : mapping of int to str
        String descriptors by index.

    Raises
    ------
    ValueError
        The recording lacks a descriptor.
    """

    def __init__(
        self, packets: list[UsbPacket], port_numbers: tuple[int, ...] = (1,), strings: Mapping[int, str] | None = None
    ) -> None:
        descriptor, tree = _recorded_descriptors(packets)
        first = packets[0]
        super().__init__(
            descriptor, tree, bus=first.bus, address=first.address, port_numbers=port_numbers, strings=strings
        )
        self._packets = [p for p in packets if (p.bus, p.address) == (first.bus, first.address)]
        self._position = 0
        self._open = False
        self._waiting: list[_Transfer] = []
        self._abandoned: list[_Transfer] = []
        self._changed = threading.Condition()

    @property
    def remaining(self) -> list[UsbPacket]:
        """What was not played yet; completions of cancelled reads aside."""
        with self._changed:
            self._advance()
            return [p for p in self._packets[self._position :] if not (p.event == "C" and p.status in _CANCELLED)]

    def open_device(self, dev: object) -> object:
        """Open the device; a second opener is refused."""
        with self._changed:
            if self._open:
                raise usb_error(errno.EBUSY)
            self._open = True
        return "handle"

    def close_device(self, dev_handle: object) -> None:
        """Close the device; what still waits is lost."""
        with self._changed:
            self._open = False
            for transfer in self._waiting:
                transfer.error = usb_error(errno.ENODEV)
            self._changed.notify_all()

    def release_interface(self, dev_handle: object, intf: int) -> None:
        """Ends all that waits, without data, as Linux does."""
        with self._changed:
            for transfer in self._waiting:
                if transfer.kind is not TransferKind.CONTROL:
                    transfer.result = b""
            self._changed.notify_all()

    def ctrl_transfer(
        self,
        dev_handle: object,
        bmRequestType: int,  # noqa: N803  pyusb's names
        bRequest: int,  # noqa: N803
        wValue: int,  # noqa: N803
        wIndex: int,  # noqa: N803
        data: "array[int]",
        timeout: int,
    ) -> int:
        """Play a control transfer."""
        size = len(data) * data.itemsize
        described = self.described_string((bmRequestType, bRequest), wValue, size)
        if described is not None:
            return fill(data, described)
        setup = bytes((bmRequestType, bRequest)) + b"".join(
            number.to_bytes(2, "little") for number in (wValue, wIndex, size)
        )
        reads = bool(bmRequestType & 0x80)
        sent = b"" if reads else data.tobytes()
        transfer = _Transfer(TransferKind.CONTROL, bmRequestType & 0x80, size, setup, sent)
        answer = self._play(transfer, timeout)
        return fill(data, answer) if reads else size

    def intr_read(self, dev_handle: object, ep: int, intf: int, buff: "array[int]", timeout: int) -> int:
        """Play an interrupt IN transfer."""
        size = len(buff) * buff.itemsize
        return fill(buff, self._play(_Transfer(TransferKind.INTERRUPT, ep, size), timeout))

    def bulk_read(self, dev_handle: object, ep: int, intf: int, buff: "array[int]", timeout: int) -> int:
        """Play a bulk IN transfer."""
        size = len(buff) * buff.itemsize
        return fill(buff, self._play(_Transfer(TransferKind.BULK, ep, size), timeout))

    def intr_write(self, dev_handle: object, ep: int, intf: int, data: "array[int]", timeout: int) -> int:
        """Play an interrupt OUT transfer."""
        sent = data.tobytes()
        self._play(_Transfer(TransferKind.INTERRUPT, ep, len(sent), data=sent), timeout)
        return len(sent)

    def bulk_write(self, dev_handle: object, ep: int, intf: int, data: "array[int]", timeout: int) -> int:
        """Play a bulk OUT transfer."""
        sent = data.tobytes()
        self._play(_Transfer(TransferKind.BULK, ep, len(sent), data=sent), timeout)
        return len(sent)

    def _play(self, transfer: _Transfer, timeout_ms: int) -> bytes:
        with self._changed:
            if not self._open:
                raise usb_error(errno.ENODEV)
            for left in self._abandoned:
                if (left.kind, left.endpoint, left.length) == (transfer.kind, transfer.endpoint, transfer.length):
                    self._abandoned.remove(left)
                    transfer.urb = left.urb
                    break
            self._waiting.append(transfer)
            self._advance()
            self._changed.notify_all()
            self._changed.wait_for(lambda: transfer.done, timeout_ms / 1000 if timeout_ms else None)
            self._waiting.remove(transfer)
            if transfer.error is not None:
                raise transfer.error
            if transfer.result is not None:
                return transfer.result
            if transfer.urb is not None:
                self._abandoned.append(transfer)
            elif transfer.kind is TransferKind.CONTROL or not transfer.endpoint & 0x80:
                raise self._mismatch(transfer)
            raise usb.core.USBTimeoutError(os.strerror(errno.ETIMEDOUT), errno=errno.ETIMEDOUT)

    def _advance(self) -> None:
        """Play all packets that can be played with what the host has submitted so far."""
        while self._position < len(self._packets):
            packet = self._packets[self._position]
            played = self._meet(packet) if packet.event == "S" else self._complete(packet)
            if not played:
                return
            self._position += 1
        for transfer in self._waiting:
            if transfer.kind is TransferKind.CONTROL and not transfer.done:
                transfer.error = self._mismatch(transfer)

    def _meet(self, packet: UsbPacket) -> bool:
        if packet.setup and packet.setup[0] & 0x60 == 0:
            return True  # of the standard: enumeration by the recording host
        for transfer in self._waiting:
            if transfer.urb is None and not transfer.done and transfer.plays(packet):
                transfer.urb = packet.urb
                return True
        for transfer in self._waiting:
            # A host makes its control transfers one after the other, so none that fits can still come.
            if packet.kind is transfer.kind is TransferKind.CONTROL and not transfer.done and transfer.urb is None:
                transfer.error = self._mismatch(transfer)
        return False

    def _complete(self, packet: UsbPacket) -> bool:
        for transfer in self._waiting:
            if transfer.urb == packet.urb and not transfer.done:
                if packet.status in _CANCELLED:
                    transfer.urb = None  # the recording host ended it; here the host still waits
                elif packet.status not in (0, -errno.EREMOTEIO):
                    transfer.error = usb_error(-packet.status)
                else:
                    transfer.result = packet.data
                return True
        if packet.status in _CANCELLED:
            return True
        return all(left.urb != packet.urb for left in self._abandoned)

    def _mismatch(self, transfer: _Transfer) -> ReplayMismatchError:
        if self._position >= len(self._packets):
            return ReplayMismatchError(f"the recording is at its end, and the host goes on with {transfer}")
        packet = self._packets[self._position]
        expected = _described(packet.kind, packet.endpoint, packet.length, packet.setup, packet.data)
        return ReplayMismatchError(
            f"packet {packet.number} ({packet.event}) is {expected}, and the host does {transfer}"
        )


def _recorded_descriptors(packets: list[UsbPacket]) -> tuple[SimpleNamespace, ConfigurationTree]:
    """The device descriptor and the longest configuration descriptor that the recording host read."""
    asked: dict[int, int] = {}
    found: dict[int, bytes] = {}
    for packet in packets:
        if packet.event == "S" and packet.setup[:2] == bytes((STANDARD_READ, GET_DESCRIPTOR)):
            asked[packet.urb] = packet.setup[3]
        elif packet.event == "C" and packet.urb in asked:
            kind = asked.pop(packet.urb)
            found[kind] = max(found.get(kind, b""), packet.data, key=len)
    if 1 not in found or 2 not in found:
        raise ValueError("the recording does not hold the device's descriptors")
    return device_descriptor(found[1]), configuration_tree(found[2])


def _described(kind: TransferKind, endpoint: int, length: int, setup: bytes, data: bytes) -> str:
    name = f"{kind.name.lower()} transfer on {endpoint:#04x} of {length} bytes"
    return name + (f", setup {setup.hex()}" if setup else "") + (f", data {data[:16].hex()}" if data else "")
