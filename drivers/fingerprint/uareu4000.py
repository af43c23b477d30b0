"""DigitalPersona U.are.U 4000, 4000B and 4500 and the Microsoft Fingerprint Reader: optical area sensors on USB."""

import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from threading import Event
from types import MappingProxyType
from typing import ClassVar, Final, Self

from drivers.device_turn import DeviceTurn
from drivers.errors import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceError,
    DeviceHung,
)
from drivers.fingerprint.uareu4000_image import (
    HEIGHT,
    TRANSFER_BYTES,
    WIDTH,
    BadImageError,
    blank_image,
    decode_image,
)
from drivers.frame import Frame
from drivers.protocols import DeviceCondition, DeviceIdentity, SelfTestStep
from drivers.transports.tape import Blanker
from drivers.transports.usb import UsbLink

PPI: Final = 512.0
"""The vendor's data sheet; the scanner does not tell."""
SCAN_TIMEOUT_S: Final = 2.0
"""A scan and its transfer took 130 ms in the recordings."""
SCAN_ATTEMPTS: Final = 4
"""Scans until an image is whole; more bad ones in a row are no accident."""
POWER_UP_ATTEMPTS: Final = 3
POWER_UP_TIMEOUT_S: Final = 8.0
"""For all attempts together; one fails after about 1.3 s when the scanner answers but does not wake."""

_MODELS: Final = {
    (0x05BA, 0x0007): ("DigitalPersona", "U.are.U 4000"),
    (0x05BA, 0x0008): ("DigitalPersona", "U.are.U 4000 in a keyboard"),
    (0x05BA, 0x000A): ("DigitalPersona", "U.are.U 4000B/4500"),
    (0x045E, 0x00BB): ("Microsoft", "Fingerprint Keyboard"),
    (0x045E, 0x00BC): ("Microsoft", "Wireless IntelliMouse with Fingerprint Reader"),
    (0x045E, 0x00BD): ("Microsoft", "Fingerprint Reader"),
    (0x045E, 0x00CA): ("Microsoft", "Fingerprint Reader v2"),
}
_UPSIDE_DOWN: Final = {(0x05BA, 0x000A)}
_CHALLENGES: Final = {(0x045E, 0x00CA)}
_CHALLENGE_KEY: Final = bytes.fromhex("79ac91795ca1478e98e00f3c598f5f4b")

_INTERFACE: Final = (0xFF, 0xFF, 0xFF)
_INTERRUPT_IN: Final = 0x81
_BULK_IN: Final = 0x82
_REGISTER: Final = 0x04
"""The one vendor request; its value is the register."""
_HWSTAT: Final = 0x07
_LOW_POWER: Final = 0x80
_FAULT: Final = 0x84
_ALIVE: Final = 0x01
_SCRAMBLE: Final = 0x33
_DEVICE_WORD: Final = 0x34
_MODE: Final = 0x4E
_INFO: Final = 0xF0
_RESPONSE: Final = 0x2000
_CHALLENGE: Final = 0x2010

_AWAIT_FINGER_ON: Final = 0x10
_AWAIT_FINGER_OFF: Final = 0x12
_SCAN: Final = 0x20
_OFF: Final = 0x70

_POWER_IS_ON: Final = 0x56AA
_FINGER_ON: Final = 0x0101
_FINGER_OFF: Final = 0x0200

_POLLS: Final = 100
_POLL_S: Final = 0.01
_POWER_MESSAGE_S: Final = 0.3
_SLICE_S: Final = 0.05
"""How often a wait looks at `cancel`."""
_PROBE_S: Final = 2.0
"""How often a long wait asks for the status, so that a scanner which hangs is not taken for a finger that tarries."""

_log = logging.getLogger(__name__)


class Uareu4000:
    """A scanner of the U.are.U 4000 family; fits `FingerprintScanner`.

    The sensor is lit and powered from `capture` until the finger is gone, or the capture ended without one. A scanner
    that falls silent is reported as `DeviceHung` within 3 s; one that answers but does not wake, within 8 s.

    Parameters
    ----------
    link : UsbLink
        To the device; opened by the `with` block and closed after it.
    host_seed : int, optional
        The host's 32 bits of the key that scrambles an image. By default new random ones for each image, so that a
        line that is listened to shows no finger; fixed to play a recording.
    """

    usb_ids: ClassVar[frozenset[tuple[int, int]]] = frozenset(_MODELS)
    tape_blanker: ClassVar[Callable[[], Blanker]] = lambda: blank_image
    tape_options: ClassVar[Mapping[str, object]] = MappingProxyType({"host_seed": 0x51EA2124})
    """A tape plays only with the numbers that it was recorded with."""

    def __init__(self, link: UsbLink, *, host_seed: int | None = None) -> None:
        if host_seed is not None and (type(host_seed) is not int or not 0 <= host_seed < 1 << 32):
            raise ValueError(f"host_seed is a whole number of 32 bits, not {host_seed!r}")
        self._link = link
        self._host_seed = host_seed
        self._turn = DeviceTurn("scanner")
        self._powered = False
        self._finger_on = False
        self._info = bytes(16)
        self._bad_frames = 0

    @property
    def condition(self) -> DeviceCondition:
        """Images that came damaged since the driver was built."""
        return DeviceCondition(bad_frames=self._bad_frames)

    @property
    def identity(self) -> DeviceIdentity:
        """Who the device is; the firmware is its two version words."""
        self._turn.require_entered()
        device = self._link.device
        vendor, model = _MODELS.get(device.usb_id, ("", "U.are.U 4000 family"))
        return DeviceIdentity(
            driver="uareu4000",
            vendor=device.manufacturer or vendor,
            model=device.product or model,
            serial=device.serial.strip("{}"),
            firmware=f"{self._info[4:6].hex()}-{self._info[10:12].hex()}",
            ppi=PPI,
            width=WIDTH,
            height=HEIGHT,
        )

    def __enter__(self) -> Self:
        with self._turn.entering(self._link.close):
            self._link.open(_INTERFACE)
            self._start(Event())
        return self

    def __exit__(self, *exc: object) -> None:
        with self._turn.leaving():
            with contextlib.suppress(DeviceError):  # a lost device is closed all the same
                self._power_off()
            self._link.close()

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        """Wait for a finger and scan it: 384 x 290 pixels at 512 ppi.

        Raises
        ------
        CaptureTimeout, CaptureCancelled
            No finger came, or `cancel` was set; the sensor is off and the device ready.
        DeviceHung
            The device is silent, or no image of four was whole.
        DeviceLost
            The device went away.
        """
        deadline = time.monotonic() + timeout_s
        with self._turn.using():
            try:
                if not self._powered:
                    self._power_up(cancel)
                self._drop_messages()
                self._set_mode(_AWAIT_FINGER_ON)
                self._await(_FINGER_ON, deadline, cancel)
                frame = self._scan_until_whole(cancel)
            except (CaptureTimeout, CaptureCancelled):
                self._power_off()
                raise
            # Asked for here, so that a finger lifted before `await_removal` is called is not missed.
            self._set_mode(_AWAIT_FINGER_OFF)
            self._finger_on = True
            return frame

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Wait until the captured finger has left the sensor, and switch it off; at once when none was captured."""
        deadline = time.monotonic() + timeout_s
        with self._turn.using():
            if self._finger_on:
                self._await(_FINGER_OFF, deadline, cancel)
                self._power_off()

    def reset(self) -> None:
        """Wake the device anew; when that fails, reset its USB port.

        Any thread may call; one that waits for a finger meanwhile gets `DeviceHung`.

        Raises
        ------
        DeviceLost
            It did not come back.
        """
        with self._turn.resetting():
            self._finger_on = self._powered = False
            try:
                self._power_up(Event())
            except DeviceError as error:
                _log.warning("uareu4000 %s: reset of the USB port, as %s", self._link.device.port_path, error)
                self._link.reset()
                self._start(Event())

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Status, power-up with its message, firmware and key exchange; the sensor is off afterwards."""
        steps = (
            ("status", self._test_status),
            ("power-up", self._test_power_up),
            ("firmware", self._test_firmware),
            ("scramble key", self._test_key),
        )
        passed = True
        for step in self._turn.self_test(steps, cancel):
            passed = step.passed
            yield step
        if passed:
            with self._turn.using():
                self._power_off()

    def _test_status(self, cancel: Event) -> tuple[bool, str]:
        status = self._read(_HWSTAT, 1)[0]
        passed = bool(status & _ALIVE) and status & _FAULT != _FAULT
        return passed, f"status {status:#04x}" + ("" if passed else ", a fault; reset the scanner")

    def _test_power_up(self, cancel: Event) -> tuple[bool, str]:
        self._power_off()
        started = time.monotonic()
        self._power_up(cancel)
        return True, f"awake after {1000 * (time.monotonic() - started):.0f} ms"

    def _test_firmware(self, cancel: Event) -> tuple[bool, str]:
        return any(self._info), f"version {self.identity.firmware}"

    def _test_key(self, cancel: Event) -> tuple[bool, str]:
        self._image_key(0)
        return True, "the scanner answers a key exchange"

    def _start(self, cancel: Event) -> None:
        self._finger_on = self._powered = False
        self._link.start_interrupts(_INTERRUPT_IN, 64)
        self._power_up(cancel)

    def _power_up(self, cancel: Event) -> None:
        deadline = time.monotonic() + POWER_UP_TIMEOUT_S
        for _ in range(POWER_UP_ATTEMPTS):
            self._drop_messages()
            if self._wake(deadline, cancel) and self._power_is_on(cancel):
                self._info = self._read(_INFO, 16)
                self._powered = True
                return
        raise DeviceHung("the scanner answers but does not power up; reset it, or plug it in again")

    def _wake(self, deadline: float, cancel: Event) -> bool:
        """Leave a fault, go to low power and leave that: the scanner starts anew. False when it does not."""
        status = self._read(_HWSTAT, 1)[0]
        if status & _FAULT == _FAULT:
            self._write(_HWSTAT, bytes([status & 0x0F]))
            for _ in self._polls(deadline, cancel):
                status = self._read(_HWSTAT, 1)[0]
                if status & _ALIVE:
                    break
            else:
                return False
        if not status & _LOW_POWER:
            self._write(_HWSTAT, bytes([status | _LOW_POWER]))
        for poll in self._polls(deadline, cancel):
            if poll and self._link.device.usb_id in _CHALLENGES:
                self._answer_challenge()
            self._write(_HWSTAT, bytes([status & 0x0F]))
            if not self._read(_HWSTAT, 1)[0] & _LOW_POWER:
                return True
        return False

    def _polls(self, deadline: float, cancel: Event) -> Iterator[int]:
        for poll in range(_POLLS):
            if poll:
                cancel.wait(_POLL_S)
            self._turn.check(cancel)
            if time.monotonic() > deadline:
                return
            yield poll

    def _power_is_on(self, cancel: Event) -> bool:
        # May have come before the last status was read, and may come again later: a level, not an edge.
        try:
            self._await(_POWER_IS_ON, time.monotonic() + _POWER_MESSAGE_S, cancel)
        except CaptureTimeout:
            return False
        return True

    def _answer_challenge(self) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        challenge = self._read(_CHALLENGE, 16)
        encryptor = Cipher(algorithms.AES(_CHALLENGE_KEY), modes.ECB()).encryptor()  # noqa: S305  the device's choice
        self._write(_RESPONSE, encryptor.update(challenge) + encryptor.finalize())

    def _power_off(self) -> None:
        powered, self._powered, self._finger_on = self._powered, False, False
        if powered:
            self._set_mode(_OFF)

    def _scan_until_whole(self, cancel: Event) -> Frame:
        for attempt in range(1, SCAN_ATTEMPTS + 1):
            transfer = self._scan(cancel)
            captured_at = time.monotonic()
            try:
                picture = decode_image(transfer, self._image_key)
            except BadImageError as error:
                bad = error
                self._bad_frames += 1
                _log.warning("uareu4000 %s: scan %d is bad, %s", self._link.device.port_path, attempt, error)
                continue
            pixels = 255 - picture
            if self._link.device.usb_id in _UPSIDE_DOWN:
                pixels = pixels[::-1, ::-1].copy()
            return Frame(pixels, PPI, captured_at)
        raise DeviceHung(
            f"the scanner sent {SCAN_ATTEMPTS} bad images in a row ({bad}); plug it straight into the computer, "
            "without a hub, and reset it"
        ) from bad

    def _scan(self, cancel: Event) -> bytes:
        # The read is on its way before the scan starts: the scanner does not wait for the host.
        pending = self._link.submit_bulk_read(_BULK_IN, TRANSFER_BYTES, SCAN_TIMEOUT_S)
        self._set_mode(_SCAN)
        while True:
            with contextlib.suppress(TimeoutError):
                return pending.result(_SLICE_S)
            self._turn.check(cancel)

    def _image_key(self, key_number: int) -> int:
        seed = secrets.randbits(32) if self._host_seed is None else self._host_seed
        self._write(_SCRAMBLE, bytes([key_number]) + seed.to_bytes(4, "little"))
        return int.from_bytes(self._read(_DEVICE_WORD, 4), "little") ^ seed

    def _await(self, message: int, deadline: float, cancel: Event) -> None:
        probe_at = time.monotonic() + _PROBE_S
        while True:
            self._turn.check(cancel)
            now = time.monotonic()
            left_s = deadline - now
            if left_s <= 0:
                raise CaptureTimeout("no finger was placed or lifted in the time given")
            if now >= probe_at:
                self._read(_HWSTAT, 1)
                probe_at = now + _PROBE_S
            received = self._link.next_interrupt(min(left_s, _SLICE_S))
            if received is not None and int.from_bytes(received[:2], "big") == message and len(received) >= 2:
                return

    def _drop_messages(self) -> None:
        """Forget what was told before now; bounded, as a scanner may tell faster than we forget."""
        for _ in range(1000):
            if self._link.next_interrupt(0) is None:
                return

    def _set_mode(self, mode: int) -> None:
        self._write(_MODE, bytes([mode]))

    def _read(self, register: int, length: int) -> bytes:
        data = self._link.control_read(_REGISTER, register, length)
        if len(data) != length:
            raise DeviceHung(f"the scanner gave {len(data)} of {length} bytes of register {register:#06x}; reset it")
        return data

    def _write(self, register: int, data: bytes) -> None:
        self._link.control_write(_REGISTER, register, data)
