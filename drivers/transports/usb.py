"""Transfers to one USB device through pyusb, with errors that say cause and remedy."""

import contextlib
import errno
import time
from typing import Any, Protocol

import usb.backend
import usb.core
import usb.util

from drivers.errors import (
    DeviceAccessDenied,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
)
from drivers.transports.node_holders import named_holders
from drivers.transports.usb_ports import UsbDevice, device_node, libusb, port_path, usb_rule
from drivers.transports.usb_reads import BulkRead, BulkReader, InterruptReader, PendingRead

CONTROL_TIMEOUT_S = 1.0
"""Recorded control transfers of our devices take below 2 ms; a device silent for a second has stopped."""
REOPEN_TIMEOUT_S = 3.0
"""How long a device may take to come back on its port after a USB reset."""


class UsbLink(Protocol):
    """What a driver asks of a USB device: `UsbTransport`, `Tape` and `TapeRecorder` fit.

    Calls are made by one thread at a time. Any of them raises `DeviceLost` when the device went away, and
    `DeviceHung` when it does not answer in time.
    """

    @property
    def device(self) -> UsbDevice:
        """Who the device is."""
        ...

    def open(self, interface_class: tuple[int, int, int]) -> None:
        """Open the device and claim its interface with this class, subclass and protocol."""
        ...

    def close(self) -> None:
        """Stop all pending reads and give the device back; safe to call twice."""
        ...

    def reset(self) -> None:
        """Reset the device's port and open it again as it was, without pending reads."""
        ...

    def control_read(self, request: int, value: int, length: int) -> bytes:
        """Vendor request to the device, IN; at most `length` bytes."""
        ...

    def control_write(self, request: int, value: int, data: bytes, index: int = 0) -> None:
        """Vendor request to the device, OUT."""
        ...

    def start_interrupts(self, endpoint: int, length: int) -> None:
        """Keep one read pending on an interrupt IN endpoint from now on."""
        ...

    def next_interrupt(self, timeout_s: float) -> bytes | None:
        """The oldest message not yet taken, waiting for one up to `timeout_s`; None when none came."""
        ...

    def submit_bulk_read(self, endpoint: int, length: int, timeout_s: float) -> PendingRead:
        """Start one bulk IN transfer that fails after `timeout_s`."""
        ...

    def bulk_write(self, endpoint: int, data: bytes, timeout_s: float) -> None:
        """One bulk OUT transfer, all of it."""
        ...


class UsbTransport:
    """A `UsbLink` to an attached device.

    Parameters
    ----------
    device : UsbDevice
        From `attached_usb_devices`; found again by its port when it is opened.
    backend : usb.backend.IBackend, optional
        In place of libusb, e.g. `UsbmonReplay`.
    """

    def __init__(self, device: UsbDevice, backend: usb.backend.IBackend | None = None) -> None:
        self._device = device
        self._backend = backend
        self._handle: Any = None
        self._interface_class = (0, 0, 0)
        self._interface = 0
        self._detached = False
        self._interrupts: InterruptReader | None = None
        self._bulk: BulkReader | None = None

    @property
    def device(self) -> UsbDevice:
        """Who the device is."""
        return self._device

    def open(self, interface_class: tuple[int, int, int]) -> None:
        """Open the device and claim its interface with this class, subclass and protocol.

        Raises
        ------
        DeviceNotFound
            It is no longer on its port.
        DeviceAccessDenied, DeviceBusy
            The system, or another program, keeps it from us.
        DeviceUnsupported
            It has no such interface.
        """
        self._interface_class = interface_class
        backend = self._backend or libusb()
        handle = usb.core.find(backend=backend, custom_match=self._is_ours)
        if handle is None:
            raise DeviceNotFound(f"{self._name} is no longer on port {self._device.port_path}; plug it in again")
        try:
            self._claim(handle)
        except (usb.core.USBError, NotImplementedError) as error:
            usb.util.dispose_resources(handle)
            raise self._opening_error(error) from error
        except DeviceError:
            usb.util.dispose_resources(handle)
            raise
        self._handle = handle

    def close(self) -> None:
        """Stop all pending reads and give the device back; safe to call twice."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        threads = [] if self._bulk is None else [self._bulk.stop()]
        if self._interrupts is not None:
            threads.append(self._interrupts.stop())
        while True:
            with contextlib.suppress(usb.core.USBError):
                # Linux ends all transfers on an interface that is released, so that nothing waits for a time-out.
                # Again and again: pyusb claims it anew for a read that starts just now.
                usb.util.release_interface(handle, self._interface)
            for thread in threads:
                thread.join(0.05)
            if not any(thread.is_alive() for thread in threads):
                break
        self._interrupts = self._bulk = None
        if self._detached:
            with contextlib.suppress(usb.core.USBError, NotImplementedError):
                handle.attach_kernel_driver(self._interface)
        usb.util.dispose_resources(handle)

    def reset(self) -> None:
        """Reset the device's port and open it again as it was, without pending reads."""
        if self._handle is not None:
            with contextlib.suppress(usb.core.USBError, NotImplementedError):
                # ENOENT and ENODEV say that the device came back as a new one: it is found again by its port.
                self._handle.backend.reset_device(self._handle._ctx.handle)
        self.close()
        deadline = time.monotonic() + REOPEN_TIMEOUT_S
        while True:
            try:
                return self.open(self._interface_class)
            except (DeviceNotFound, DeviceLost) as error:
                if time.monotonic() > deadline:
                    raise DeviceLost(f"{self._name} did not come back after a USB reset; re-plug it") from error
            time.sleep(0.1)

    def control_read(self, request: int, value: int, length: int) -> bytes:
        """Vendor request to the device, IN; at most `length` bytes."""
        handle = self._opened()
        try:
            return bytes(handle.ctrl_transfer(0xC0, request, value, 0, length, timeout=_ms(CONTROL_TIMEOUT_S)))
        except usb.core.USBError as error:
            raise self._transfer_error(error, f"reading register {value:#06x}") from error

    def control_write(self, request: int, value: int, data: bytes, index: int = 0) -> None:
        """Vendor request to the device, OUT."""
        handle = self._opened()
        try:
            written = handle.ctrl_transfer(0x40, request, value, index, data, timeout=_ms(CONTROL_TIMEOUT_S))
        except usb.core.USBError as error:
            raise self._transfer_error(error, f"writing register {value:#06x}") from error
        if written != len(data):
            raise DeviceHung(f"{self._name} took {written} of {len(data)} bytes for register {value:#06x}; reset it")

    def start_interrupts(self, endpoint: int, length: int) -> None:
        """Keep one read pending on an interrupt IN endpoint from now on."""
        if self._interrupts is None:
            self._interrupts = InterruptReader(self._opened(), endpoint, length)

    def next_interrupt(self, timeout_s: float) -> bytes | None:
        """The oldest message not yet taken, waiting for one up to `timeout_s`; None when none came."""
        self._opened()
        if self._interrupts is None:
            raise RuntimeError("no interrupt read was started")
        try:
            return self._interrupts.take(timeout_s)
        except usb.core.USBError as error:
            raise self._transfer_error(error, "waiting for a message") from error

    def submit_bulk_read(self, endpoint: int, length: int, timeout_s: float) -> PendingRead:
        """Start one bulk IN transfer that fails after `timeout_s`.

        Returns when the transfer is on its way to libusb. One at a time: a read still pending is waited for first.
        """
        if self._bulk is None:
            name = f"usb-bulk {self._device.port_path}"
            self._bulk = BulkReader(self._opened(), name, self._transfer_error, self._end_read)
        return self._bulk.submit(endpoint, length, timeout_s)

    def bulk_write(self, endpoint: int, data: bytes, timeout_s: float) -> None:
        """One bulk OUT transfer, all of it."""
        handle = self._opened()
        try:
            written = handle.write(endpoint, data, timeout=_ms(timeout_s))
        except usb.core.USBError as error:
            raise self._transfer_error(error, f"writing endpoint {endpoint:#04x}") from error
        if written != len(data):
            raise DeviceHung(f"{self._name} took {written} of {len(data)} bytes on endpoint {endpoint:#04x}; reset it")

    def _end_read(self, read: BulkRead) -> None:
        """Release the interface, which ends all that is pending on it, and take it again."""
        handle = self._opened()
        while not read.ended(0):
            with contextlib.suppress(usb.core.USBError):
                usb.util.release_interface(handle, self._interface)
            read.ended(0.01)
        try:
            usb.util.claim_interface(handle, self._interface)
        except usb.core.USBError as error:
            raise self._transfer_error(error, "taking the interface again") from error

    def _opened(self) -> Any:
        if self._handle is None:
            raise DeviceLost(f"{self._name} is not open; it was closed or a reset failed")
        return self._handle

    def _is_ours(self, candidate: Any) -> bool:
        ours = (candidate.idVendor, candidate.idProduct) == self._device.usb_id
        return bool(ours and port_path(candidate) == self._device.port_path)

    def _claim(self, handle: Any) -> None:
        try:
            configuration = handle.get_active_configuration()
        except usb.core.USBError as error:
            if error.errno is not None:
                raise
            handle.set_configuration()  # pyusb found it unconfigured
            configuration = handle.get_active_configuration()
        interface = usb.util.find_descriptor(
            configuration,
            custom_match=lambda i: (
                (i.bInterfaceClass, i.bInterfaceSubClass, i.bInterfaceProtocol) == self._interface_class
            ),
        )
        if interface is None:
            wanted = "/".join(f"{code:02x}" for code in self._interface_class)
            raise DeviceUnsupported(f"{self._name} has no interface {wanted}; this model is not the one expected")
        self._interface = interface.bInterfaceNumber
        with contextlib.suppress(usb.core.USBError, NotImplementedError):
            if handle.is_kernel_driver_active(self._interface):
                handle.detach_kernel_driver(self._interface)
                self._detached = True
        usb.util.claim_interface(handle, self._interface)

    @property
    def _name(self) -> str:
        device = self._device
        product = device.product or "the USB device"
        return f"{product} ({device.vendor_id:04x}:{device.product_id:04x})"

    def _opening_error(self, error: Exception) -> DeviceError:
        number = getattr(error, "errno", None)
        vendor, product = self._device.usb_id
        if number in (errno.EACCES, errno.EPERM):
            return DeviceAccessDenied(
                f"this user may not open {self._name}; write the line '{usb_rule(vendor, product)}' to "
                "/etc/udev/rules.d/70-rekam.rules, run 'udevadm control --reload', and plug the device in again"
            )
        if number == errno.EBUSY:
            node = device_node(self._device.port_path)
            who = named_holders(node) if node else "another program"
            return DeviceBusy(f"{who} holds {self._name}; close it (fprintd is a usual one) and try again")
        if number in (errno.ENODEV, errno.ENOENT):
            return DeviceNotFound(f"{self._name} went away while it was opened; plug it in again")
        return DeviceError(f"{self._name} cannot be opened: {error}; plug it into another port and try again")

    def _transfer_error(self, error: usb.core.USBError, doing: str) -> DeviceError:
        if isinstance(error, usb.core.USBTimeoutError) or error.errno == errno.ETIMEDOUT:
            return DeviceHung(f"{self._name} does not answer ({doing}); reset it, or re-plug it")
        if error.errno in (errno.EPIPE, errno.EOVERFLOW):
            return DeviceHung(f"{self._name} refuses or garbles a transfer ({doing}: {error}); reset it")
        if error.errno == errno.EBUSY:
            return DeviceBusy(f"another program took {self._name} ({doing}); close it and try again")
        return DeviceLost(f"{self._name} went away ({doing}: {error}); check the cable and plug it in again")


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
