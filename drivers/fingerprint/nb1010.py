"""NEXT Biometrics NB-1010-U: a thermal area sensor on USB."""

import logging
import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from drivers.device_turn import DeviceTurn
from drivers.errors import CaptureTimeout, DeviceError, DeviceHung
from drivers.frame import Frame
from drivers.protocols import DeviceCondition, DeviceIdentity, SelfTestStep
from drivers.transports.tape import Blanker
from drivers.transports.usb import UsbLink
from drivers.transports.usb_reads import await_read

WIDTH: Final = 256
HEIGHT: Final = 180
PPI: Final = 385.0
"""The vendor's data sheet; the sensor does not tell."""
FINGER_PRESENT: Final = 0x30
"""A contact strength above it is a finger (0xf7 in the recording); the limit is libfprint's."""
POLL_S: Final = 0.05
"""Between questions for a finger."""
TIMEOUT_S: Final = 0.5
"""For one transfer; the sensor answers at once or not at all."""
ATTEMPTS: Final = 3
"""For a question that gets another's answer, and for an image that has gaps."""

_INTERFACE: Final = (0x00, 0x00, 0x00)
_OUT: Final = 0x02
_IN: Final = 0x83
_REPLY_BYTES: Final = 16
_PART_BYTES: Final = 540
_PART_HEADER_BYTES: Final = 25
_PART_ROWS: Final = 2
_PARTS: Final = HEIGHT // _PART_ROWS
_IMAGE_PART: Final = 0x21

_LEAD: Final = 0x80
# Lead, command, sequence number, 0, length (16 bits), 0, 0. The sensor echoes the sequence number and asks no more of
# it; these are the recorded ones, so that each command's answer is known from the others'.
_POLL: Final = bytes.fromhex("8038010008000000")
_CONTACT: Final = 0x37
_PRE_CAPTURE: Final = bytes.fromhex("800d03000c00000000040000")
_CAPTURE: Final = bytes.fromhex("801204002000000002") + bytes(19) + bytes.fromhex("20000000")
_DONE: Final = 0x20

_QUIET_S: Final = 0.05
"""A sensor that sent nothing for so long has no more to send."""
_DRAINED_READS: Final = 200
"""More than two images have parts."""

_log = logging.getLogger(__name__)


class BadImageError(ValueError):
    """A part of the image is missing or is none; the sensor must capture again."""


def decode_image(parts: bytes) -> NDArray[np.uint8]:
    """The picture in the 90 parts of an image, ridges dark on a light ground.

    Parameters
    ----------
    parts : bytes
        90 transfers of 540 bytes: a header of 25, two rows of 256 pixels, 3 bytes of nothing.

    Returns
    -------
    (180, 256) uint8

    Raises
    ------
    BadImageError
        A part is missing, repeated, out of order or no image part.
    """
    if len(parts) != _PARTS * _PART_BYTES:
        raise BadImageError(f"the image has {len(parts)} bytes, not {_PARTS * _PART_BYTES}")
    for number in range(_PARTS):
        _check_part(parts[number * _PART_BYTES : (number + 1) * _PART_BYTES], number)
    rows = np.frombuffer(parts, np.uint8).reshape(_PARTS, _PART_BYTES)
    return rows[:, _PART_HEADER_BYTES : _PART_HEADER_BYTES + _PART_ROWS * WIDTH].reshape(HEIGHT, WIDTH).copy()


def blank_image(transfer: bytes) -> bytes:
    """The same transfer without its picture, for tapes; an answer stays as it is."""
    if len(transfer) <= _REPLY_BYTES:
        return transfer
    if (transfer[0], transfer[1]) != (_LEAD, _IMAGE_PART):
        return bytes(len(transfer))  # no beginning of a part, so it may be the middle of one
    return transfer[:_PART_HEADER_BYTES] + bytes(len(transfer) - _PART_HEADER_BYTES)


def _check_part(part: bytes, number: int) -> None:
    if len(part) != _PART_BYTES or (part[0], part[1]) != (_LEAD, _IMAGE_PART):
        raise BadImageError(f"part {number + 1} of the image is none: {len(part)} bytes, {part[:3].hex()}")
    told, row = int.from_bytes(part[4:6], "little"), part[16]  # rows count from 1
    if told != _PART_BYTES or row != number * _PART_ROWS + 1:
        raise BadImageError(
            f"part {number + 1} of the image tells of {told} bytes and row {row}, "
            f"not of {_PART_BYTES} and {number * _PART_ROWS + 1}"
        )


class Nb1010:
    """An NB-1010-U; fits `FingerprintScanner`.

    A sensor that falls silent is reported as `DeviceHung` within 1 s. It has no live frames: nobody has seen what it
    sends when it is told to capture without a finger. Its other known commands (check, initialise, device string) are
    not used, as their answers are not known byte for byte.

    Parameters
    ----------
    link : UsbLink
        To the device; opened by the `with` block and closed after it.
    """

    usb_ids: ClassVar[frozenset[tuple[int, int]]] = frozenset({(0x298D, 0x1010)})
    tape_blanker: ClassVar[Callable[[], Blanker]] = lambda: blank_image

    def __init__(self, link: UsbLink) -> None:
        self._link = link
        self._turn = DeviceTurn("sensor")
        self._in_step = True
        """Whether all that was asked has been answered; if not, an old answer may still come."""
        self._bad_frames = 0

    @property
    def condition(self) -> DeviceCondition:
        """Images that came damaged since the driver was built."""
        return DeviceCondition(bad_frames=self._bad_frames)

    @property
    def identity(self) -> DeviceIdentity:
        """Who the device is; the firmware is the release of its USB descriptor."""
        self._turn.require_entered()
        device = self._link.device
        return DeviceIdentity(
            driver="nb1010",
            vendor=device.manufacturer or "NEXT Biometrics",
            model=device.product or "NB-1010-U",
            serial=device.serial,
            firmware=f"{device.release >> 8:x}.{device.release & 0xFF:02x}",
            ppi=PPI,
            width=WIDTH,
            height=HEIGHT,
        )

    def __enter__(self) -> Self:
        with self._turn.entering(self._link.close):
            self._link.open(_INTERFACE)
            self._start_up()
        return self

    def __exit__(self, *exc: object) -> None:
        with self._turn.leaving():
            self._link.close()

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        """Wait for a finger and capture it: 256 x 180 pixels at 385 ppi.

        Raises
        ------
        CaptureTimeout, CaptureCancelled
            No finger came, or `cancel` was set; the device is ready.
        DeviceHung
            The device is silent, or no image of three was whole.
        DeviceLost
            The device went away.
        """
        deadline = time.monotonic() + timeout_s
        with self._turn.using():
            self._await_finger(True, deadline, cancel)
            return self._capture_until_whole(cancel)

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Wait until no finger is on the sensor."""
        deadline = time.monotonic() + timeout_s
        with self._turn.using():
            self._await_finger(False, deadline, cancel)

    def reset(self) -> None:
        """Ask the device anew, after what it still sends; when that fails, reset its USB port.

        Any thread may call; one that waits for a finger meanwhile gets `DeviceHung`.

        Raises
        ------
        DeviceLost
            It did not come back.
        """
        with self._turn.resetting():
            self._in_step = False
            try:
                self._contact(Event())
            except DeviceError as error:
                self._reset_port(error)

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Whether the sensor answers, quickly, and feels nothing where nothing is."""
        steps = (("answer", self._test_answer), ("bare sensor", self._test_bare))
        return self._turn.self_test(steps, cancel)

    def _start_up(self) -> None:
        self._in_step = True
        try:
            self._contact(Event())
        except DeviceHung:
            try:
                # A program that was killed may have left an image half read; now that is drained first.
                self._contact(Event())
            except DeviceHung as error:
                self._reset_port(error)

    def _reset_port(self, error: DeviceError) -> None:
        _log.warning("nb1010 %s: reset of the USB port, as %s", self._link.device.port_path, error)
        self._link.reset()
        self._in_step = True
        self._contact(Event())

    def _test_answer(self, cancel: Event) -> tuple[bool, str]:
        began = time.monotonic()
        for _ in range(5):
            self._contact(cancel)
        return True, f"five questions were answered in {1000 * (time.monotonic() - began):.0f} ms"

    def _test_bare(self, cancel: Event) -> tuple[bool, str]:
        contact = self._contact(cancel)
        if contact > FINGER_PRESENT:
            return False, f"contact {contact} of 255 without a finger; clean the sensor and keep it free"
        return True, f"contact {contact} of 255, a finger has more than {FINGER_PRESENT}"

    def _await_finger(self, present: bool, deadline: float, cancel: Event) -> None:
        while True:
            self._turn.check(cancel)
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise CaptureTimeout("no finger was placed or lifted in the time given")
            if (self._contact(cancel) > FINGER_PRESENT) == present:
                return
            cancel.wait(min(POLL_S, left_s))

    def _contact(self, cancel: Event) -> int:
        return self._ask(_POLL, _CONTACT, cancel)[12]

    def _capture_until_whole(self, cancel: Event) -> Frame:
        for attempt in range(1, ATTEMPTS + 1):
            self._ask(_PRE_CAPTURE, _DONE, cancel)
            try:
                if self._exchange(_CAPTURE, _DONE, cancel) is None:
                    raise BadImageError("the order to capture got another's answer")
                parts = self._read_parts(cancel)
                captured_at = time.monotonic()
                return Frame(decode_image(parts), PPI, captured_at)
            except BadImageError as error:
                bad = error
                self._bad_frames += 1
                _log.warning("nb1010 %s: image %d is bad, %s", self._link.device.port_path, attempt, error)
        raise DeviceHung(
            f"the sensor sent {ATTEMPTS} bad images in a row ({bad}); plug it straight into the computer, without a "
            "hub, and reset it"
        ) from bad

    def _read_parts(self, cancel: Event) -> bytes:
        self._in_step = False
        parts = bytearray()
        for number in range(_PARTS):
            part = self._read(_PART_BYTES, cancel)
            _check_part(part, number)  # at once: after a lost part, one waits for the last in vain
            parts += part
        self._in_step = True
        return bytes(parts)

    def _ask(self, command: bytes, code: int, cancel: Event) -> bytes:
        """The answer to a command; again, when it is answered with something else."""
        for _ in range(ATTEMPTS):
            reply = self._exchange(command, code, cancel)
            if reply is not None:
                return reply
        raise DeviceHung(f"the sensor answers a question ({command[1]:#04x}) with something else; reset it")

    def _exchange(self, command: bytes, code: int, cancel: Event) -> bytes | None:
        """The answer to a command; None when it is that to another, or none at all."""
        if not self._in_step:
            self._drain(cancel)
        self._in_step = False
        self._link.bulk_write(_OUT, command, TIMEOUT_S)
        reply = self._read(_REPLY_BYTES, cancel)
        if len(reply) == _REPLY_BYTES and reply[:3] == bytes((_LEAD, code, command[2])):
            self._in_step = True
            return reply
        _log.warning("nb1010 %s: answered %#04x with %s", self._link.device.port_path, command[1], reply[:3].hex())
        return None

    def _drain(self, cancel: Event) -> None:
        """Forget what the sensor still has to send."""
        for _ in range(_DRAINED_READS):
            self._turn.check(cancel)
            try:
                self._link.submit_bulk_read(_IN, _PART_BYTES, _QUIET_S).result()
            except DeviceHung:
                return
        raise DeviceHung("the sensor sends without being asked; unplug it and plug it in again")

    def _read(self, length: int, cancel: Event) -> bytes:
        return await_read(self._link.submit_bulk_read(_IN, length, TIMEOUT_S), self._checking(cancel))

    def _checking(self, cancel: Event) -> Callable[[], None]:
        return lambda: self._turn.check(cancel)
