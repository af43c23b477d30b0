"""A U.are.U 4000 family scanner behind pyusb's backend face, written from the wire facts and not from the driver."""

import errno
import os
import threading
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import usb.backend
import usb.core
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from drivers.transports.usb import UsbTransport
from drivers.transports.usb_descriptors import configuration_tree, string_descriptor
from drivers.transports.usb_ports import UsbDevice

CONFIGURATION = bytes.fromhex("0902200001010080640904000002ffffff000705810340000807058202400000")
STRINGS = {1: "Example", 2: "Simulated Reader", 3: "{SIM-0042}"}
KEYS = {7: 0x1A2B3C4D, 8: 0xDEADBEEF, 9: 0x80000001}
Blocks = Sequence[tuple[int, int]]


def ridges(rows: int) -> NDArray[np.uint8]:
    """Rings around a point, light on dark as this sensor sees ridges, with dark uniform rows at the top."""
    y, x = np.mgrid[0:rows, 0:384].astype(np.float32)
    wave = np.sin(np.hypot(x - 192, y - rows * 0.6) * 2 * np.pi / 9)
    picture: NDArray[np.uint8] = (110 + 100 * wave).astype(np.uint8)
    picture[:2] = 12
    return picture


def image_transfer(
    rows: NDArray[np.uint8],
    blocks: Blocks,
    key_number: int = 7,
    keys: Mapping[int, int] = KEYS,
    scrambled: bool = True,
    counted: int | None = None,
) -> bytes:
    """What the scanner sends for `rows`, those that are sent at all, byte by byte as the register goes."""
    header = bytearray(64)
    header[0:4] = bytes.fromhex("10408001")
    header[4:6] = (len(rows) if counted is None else counted).to_bytes(2, "little")
    header[6] = key_number
    for place, (flags, count) in enumerate(blocks):
        header[16 + 2 * place : 18 + 2 * place] = bytes((flags, count))
    plain = rows.tobytes()
    if not scrambled:
        return bytes(header) + plain
    sent = bytearray()
    key = keys[key_number]
    for flags, count in blocks:
        if flags & 0x80:
            key_number += 1
            key = keys[key_number]
        here = b"" if flags & 1 else plain[len(sent) : len(sent) + 384 * count]
        if flags & 6 == 2:
            hidden = bytearray([0x5A])
            for step in range(384 * count):
                if step < len(here) - 1:
                    hidden.append(here[step] ^ keystream_byte(key))
                key = stepped(key)
            here = bytes(hidden) if here else b""
        elif flags & 6 == 0:
            for _ in range(384 * count):
                key = stepped(key)
        sent += here
    return bytes(header) + bytes(sent)


def stepped(key: int) -> int:
    return key >> 1 | (bin(key & 0x9248144D).count("1") & 1) << 31


def keystream_byte(key: int) -> int:
    return sum((key >> bit & 1) << place for place, bit in enumerate((4, 8, 11, 14, 18, 21, 24, 29)))


def expected_picture(rows: NDArray[np.uint8], blocks: Blocks) -> NDArray[np.uint8]:
    """What a driver must make of it, before inversion and rotation."""
    rows = rows.copy()
    taken = 0
    for flags, count in blocks:
        if not flags & 1:
            taken += count
            if flags & 6 == 2:
                rows[taken - 1, 383] = 0
    picture = np.zeros((290, 384), np.uint8)
    taken = top = 0
    for flags, count in blocks:
        if not flags & 1:
            picture[top : top + count] = rows[taken : taken + count]
            taken += count
        elif count == 1 and taken < len(rows):
            picture[top] = rows[taken]
        top += count
    return picture


class SimulatedReader(usb.backend.IBackend):  # type: ignore[misc]
    """One scanner on port 3-1.2.

    Parameters
    ----------
    images : sequence of bytes
        Transfers to send, one a scan; the last again and again.
    on_mode : mapping of int to callable
        What to do in place of the usual when a mode is written.
    fail_at : mapping of int to int
        errno of the transfer of that number, counted from 0 over control and bulk transfers.
    """

    def __init__(
        self,
        images: Sequence[bytes] = (),
        *,
        usb_id: tuple[int, int] = (0x05BA, 0x000A),
        status: int = 0x01,
        keys: Mapping[int, int] = KEYS,
        on_mode: Mapping[int, Callable[["SimulatedReader"], None]] | None = None,
        fail_at: Mapping[int, int] | None = None,
        wakes: bool = True,
        flood: bytes = b"",
        awake_messages: int = 3,
        configuration: bytes = CONFIGURATION,
    ) -> None:
        self.usb_id = usb_id
        self.images = deque(images)
        self.status = status
        self.keys = keys
        self.on_mode = dict(on_mode or {})
        self.fail_at = dict(fail_at or {})
        self.wakes = wakes
        self.flood = flood
        self.awake_messages = awake_messages
        self.transfers = 0
        self.modes: list[int] = []
        self.key_requests: list[tuple[int, int]] = []
        self.resets = 0
        self.silent = False
        self.gone = False
        self.challenge = bytes(range(16))
        self.answered = usb_id != (0x045E, 0x00CA)
        self.attached = True
        self.open_error = 0
        self.handles = 0
        self._registers: dict[int, bytes] = {0xF0: bytes.fromhex("1a0a1a0a01150000002000108b211130")}
        self._messages: deque[bytes] = deque()
        self._ready: deque[bytes] = deque()
        self._scanning = False
        self._changed = threading.Condition()
        self._closed = True
        self._tree = configuration_tree(configuration)

    def link(self) -> UsbTransport:
        device = UsbDevice(*self.usb_id, "3-1.2", "{SIM-0042}", "Example", "Simulated Reader", 0x0103)
        return UsbTransport(device, self)

    def tell(self, kind: int) -> None:
        with self._changed:
            self._messages.append(kind.to_bytes(2, "big") + bytes(62))
            self._changed.notify_all()

    def pull_cable(self) -> None:
        with self._changed:
            self.gone = True
            self._changed.notify_all()

    # pyusb's face

    def enumerate_devices(self) -> Iterator[object]:
        if self.attached:
            yield "simulated"

    def get_device_descriptor(self, dev: object) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=self.usb_id[0], idProduct=self.usb_id[1], bcdDevice=0x0103, iManufacturer=1,
            iProduct=2, iSerialNumber=3, bNumConfigurations=1, address=5, bus=3, port_number=2, port_numbers=(1, 2),
            speed=None,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: object, config: int) -> SimpleNamespace:
        return self._tree.configuration

    def get_interface_descriptor(self, dev: object, intf: int, alt: int, config: int) -> SimpleNamespace:
        return self._tree.interface(intf, alt)[0]

    def get_endpoint_descriptor(self, dev: object, ep: int, intf: int, alt: int, config: int) -> SimpleNamespace:
        return self._tree.interface(intf, alt)[1][ep]

    def open_device(self, dev: object) -> str:
        if self.open_error:
            raise _error(self.open_error)
        self.handles += 1
        self._closed = False
        return "handle"

    def close_device(self, handle: object) -> None:
        with self._changed:
            self.handles -= 1
            self._closed = True
            self._changed.notify_all()

    def get_configuration(self, handle: object) -> int:
        return 1

    def claim_interface(self, handle: object, intf: int) -> None:
        self._closed = False

    def release_interface(self, handle: object, intf: int) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def is_kernel_driver_active(self, handle: object, intf: int) -> bool:
        return False

    def reset_device(self, handle: object) -> None:
        with self._changed:
            self.resets += 1
            self.silent = False
            self._changed.notify_all()

    def clear_halt(self, handle: object, ep: int) -> None:
        pass

    def ctrl_transfer(
        self, handle: object, kind: int, request: int, value: int, index: int, data: "array[int]", timeout: int
    ) -> int:
        if (kind, request) == (0x80, 6):
            text = bytes((4, 3, 9, 4)) if not value & 0xFF else string_descriptor(STRINGS[value & 0xFF])
            return _fill(data, text[: len(data)])
        self._fail_if_asked()
        assert (request, index) == (4, 0)
        if self.silent:
            raise usb.core.USBTimeoutError("silent", errno=errno.ETIMEDOUT)
        if kind == 0x40:
            self._write(value, data.tobytes())
            return len(data)
        assert kind == 0xC0
        return _fill(data, self._read(value)[: len(data)])

    def intr_read(self, handle: object, ep: int, intf: int, buff: "array[int]", timeout: int) -> int:
        assert (ep, len(buff)) == (0x81, 64)
        if self.flood and not self._closed:
            return _fill(buff, self.flood)
        with self._changed:
            self._changed.wait_for(lambda: self._messages or self.gone or self._closed, timeout / 1000)
            if self.gone:
                raise _error(errno.ENODEV)
            if self._closed:
                return 0
            if not self._messages:
                raise usb.core.USBTimeoutError("nothing", errno=errno.ETIMEDOUT)
            return _fill(buff, self._messages.popleft()[:64])

    def bulk_read(self, handle: object, ep: int, intf: int, buff: "array[int]", timeout: int) -> int:
        assert (ep, len(buff)) == (0x82, 111424)
        self._fail_if_asked()
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self.gone or self._closed, timeout / 1000)
            if self.gone:
                raise _error(errno.ENODEV)
            if self._closed:
                return 0
            if not self._ready:
                raise usb.core.USBTimeoutError("nothing", errno=errno.ETIMEDOUT)
            return _fill(buff, self._ready.popleft())

    def _fail_if_asked(self) -> None:
        with self._changed:
            number = self.fail_at.get(self.transfers, 0)
            self.transfers += 1
        if number == errno.ENODEV:
            self.pull_cable()
        if self.gone or self._closed:
            raise _error(errno.ENODEV)
        if number:
            raise _error(number)

    def _read(self, register: int) -> bytes:
        if register == 0x07:
            return bytes((self.status,))
        if register == 0x2010:
            return self.challenge
        return self._registers[register]

    def _write(self, register: int, data: bytes) -> None:
        if register == 0x07:
            self._write_status(data[0])
        elif register == 0x33:
            number, seed = data[0], int.from_bytes(data[1:5], "little")
            self.key_requests.append((number, seed))
            self._registers[0x34] = (self.keys.get(number, 0x0BADF00D) ^ seed).to_bytes(4, "little")
        elif register == 0x2000:
            host_key = bytes.fromhex("79ac91795ca1478e98e00f3c598f5f4b")
            encryptor = Cipher(algorithms.AES(host_key), modes.ECB()).encryptor()
            self.answered = data == encryptor.update(self.challenge)
        elif register == 0x4E:
            self.modes.append(data[0])
            self.on_mode.get(data[0], _USUAL.get(data[0], lambda _: None))(self)
        else:
            raise AssertionError(f"register {register:#x} is written")

    def _write_status(self, value: int) -> None:
        if value & 0x80:
            self.status = value
        elif self.status & 0x84 == 0x84:
            self.status = 0x01 if self.wakes else 0x84
        elif self.answered and self.wakes and self.status & 0x80:
            self.status = value | 0x01
            for _ in range(self.awake_messages):
                self.tell(0x56AA)

    def scan(self) -> None:
        with self._changed:
            if self.images:
                self._ready.append(self.images[0] if len(self.images) == 1 else self.images.popleft())
            self._changed.notify_all()


def _scan(reader: SimulatedReader) -> None:
    reader.scan()


_USUAL: dict[int, Callable[[SimulatedReader], None]] = {
    0x10: lambda reader: reader.tell(0x0101),
    0x12: lambda reader: reader.tell(0x0200),
    0x20: _scan,
}


def no_finger(reader: SimulatedReader) -> None:
    """Nothing is told."""


def fall_silent(reader: SimulatedReader) -> None:
    """Until the port is reset, the first time that a finger is awaited."""
    if not reader.resets:
        reader.silent = True
    else:
        reader.tell(0x0101)


def lose_cable(reader: SimulatedReader) -> None:
    reader.pull_cable()


def _fill(buffer: "array[int]", data: bytes) -> int:
    memoryview(buffer).cast("B")[: len(data)] = data
    return len(data)


def _error(number: int) -> Any:
    return usb.core.USBError(os.strerror(number), errno=number)
