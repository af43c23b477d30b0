"""UPEK and AuthenTec TouchChip area sensors behind the "Ciao" coprocessor: Eikon Touch, TCRF, TCRU and laptops."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from drivers.device_turn import DeviceTurn
from drivers.errors import CaptureCancelled, CaptureTimeout, DeviceError, DeviceHung, DeviceUnsupported
from drivers.fingerprint import upektouchchip_messages as ciao
from drivers.fingerprint.upektouchchip_messages import BadMessageError, Message, SensorInfo
from drivers.frame import Frame
from drivers.protocols import DeviceCondition, DeviceIdentity, SelfTestStep
from drivers.transports.tape import Blanker
from drivers.transports.usb import UsbLink
from drivers.transports.usb_reads import await_read

PPI: Final = 381.0
"""508 per inch on the silicon; the coprocessor sends three pixels for four."""
SILENCE_S: Final = 4.0
"""A coprocessor that tells nothing for so long, not even that it lives, has stopped; the limit is libfprint's."""
ANSWER_S: Final = 1.0
"""For an answer that needs no finger: 35 ms at most in the recording."""
IMAGE_S: Final = 2.0
"""From an image's first part to its last; 75 ms in the recording."""
ATTEMPTS: Final = 3
"""Captures until an image is whole."""

_INTERFACE: Final = (0xFF, 0x00, 0x00)
_IN: Final = 0x81
_OUT: Final = 0x02
_WRITE_S: Final = 1.0
_WAKE_REQUEST: Final = 0x0C
_WAKE_VALUE: Final = 0x0100
_WAKE_INDEX: Final = 0x0400

_NO_FINGER_YET: Final = 0x0C
_NO_FINGER: Final = 0x01
_WELL: Final = frozenset({_NO_FINGER_YET, _NO_FINGER, 0x13, 0x00})
"""0x13: a finger, keep it there; 0x00: it is there. All other codes are of a scan that failed."""
_PARTS: Final = frozenset({ciao.FIRST_PART, ciao.PART, ciao.LAST_PART})

_FOREIGN_MESSAGES: Final = 32
"""Messages that answer nothing we asked, until that is a fault."""
_QUIET_S: Final = 0.05
"""A coprocessor that sent nothing for so long has no more to send."""
_DRAINED_READS: Final = 100
_PAUSE_S: Final = 0.05
"""Between two looks whether the finger is still there, and after a scan that failed."""

_log = logging.getLogger(__name__)


class UpekTouchChip:
    """A TouchChip area sensor; fits `FingerprintScanner`.

    The same USB ids are those of swipe sensors: which one it is, the coprocessor tells, and a swipe sensor is refused
    with `DeviceUnsupported`. A device that falls silent is reported as `DeviceHung` within 5 s.

    Whether a finger was lifted is learnt from the first status of a new scan, which is ended at once. Not verified on
    a device: the recording holds no finger that stays; one that is told of late is taken for lifted.

    Parameters
    ----------
    link : UsbLink
        To the device; opened by the `with` block and closed after it.
    """

    usb_ids: ClassVar[frozenset[tuple[int, int]]] = frozenset({(0x147E, 0x2016), (0x147E, 0x2020)})
    tape_blanker: ClassVar[Callable[[], Blanker]] = ciao.ImageBlanker

    def __init__(self, link: UsbLink) -> None:
        self._link = link
        self._turn = DeviceTurn("sensor")
        self._sensor = SensorInfo(False, 0, 0)
        self._sequence = 0
        """Of the next message."""
        self._in_step = False
        """Whether the coprocessor waits for a command, and its sequence number is ours."""
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
            driver="upektouchchip",
            vendor=device.manufacturer or "UPEK",
            model=device.product or "TouchChip",
            serial=device.serial,
            firmware=f"{device.release >> 8:x}.{device.release & 0xFF:02x}",
            ppi=PPI,
            width=self._sensor.width,
            height=self._sensor.height,
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
        """Wait for a finger and capture it: as many pixels as `identity` says, at 381 ppi.

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
            bad: BadMessageError | None = None
            for _ in range(ATTEMPTS):
                try:
                    pixels = self._scan_until_good(deadline, cancel)
                    return Frame(pixels, PPI, time.monotonic())
                except BadMessageError as error:
                    bad = error
                    self._bad_frames += 1
                    _log.warning("upektouchchip %s: %s", self._link.device.port_path, error)
            raise DeviceHung(
                f"the sensor sent {ATTEMPTS} bad images in a row ({bad}); plug it straight into the computer, without "
                "a hub, and reset it"
            ) from bad

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Wait until a new scan feels no finger; see the class for how sure that is."""
        deadline = time.monotonic() + timeout_s
        with self._turn.using():
            while not self._feels_nothing(deadline, cancel):
                cancel.wait(_PAUSE_S)

    def reset(self) -> None:
        """Start the coprocessor anew; when that fails, reset its USB port.

        Any thread may call; one that waits for a finger meanwhile gets `DeviceHung`.

        Raises
        ------
        DeviceLost
            It did not come back.
        """
        with self._turn.resetting():
            self._in_step = False
            try:
                self._start_anew(Event())
            except DeviceUnsupported:
                raise
            except DeviceError as error:
                self._reset_port(error)

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Start-up with what the coprocessor tells of its sensor, and a scan that is begun and ended."""
        return self._turn.self_test((("start-up", self._test_start), ("scan", self._test_scan)), cancel)

    def _test_start(self, cancel: Event) -> tuple[bool, str]:
        self._start_anew(cancel)
        return True, f"an area sensor of {self._sensor.width} x {self._sensor.height} pixels"

    def _test_scan(self, cancel: Event) -> tuple[bool, str]:
        bare = self._feels_nothing(time.monotonic() + SILENCE_S, cancel)
        return True, "begins, feels " + ("nothing, as it should" if bare else "a finger") + ", and ends"

    def _start_up(self) -> None:
        try:
            self._start(Event())
        except DeviceHung as error:
            self._reset_port(error)

    def _reset_port(self, error: DeviceError) -> None:
        _log.warning("upektouchchip %s: reset of the USB port, as %s", self._link.device.port_path, error)
        self._link.reset()
        self._start(Event())

    def _start_anew(self, cancel: Event) -> None:
        """Start up in the middle of things: what the coprocessor still has to send is forgotten first."""
        for _ in range(_DRAINED_READS):
            self._turn.check(cancel)
            try:
                self._link.submit_bulk_read(_IN, ciao.REST_BYTES, _QUIET_S).result()
            except DeviceHung:  # nothing came
                break
        self._start(cancel)

    def _start(self, cancel: Event) -> None:
        """Wake the coprocessor and ask who it is; `DeviceUnsupported` for a sensor that cannot serve."""
        self._in_step = False
        self._sequence = 0
        try:
            self._wake(cancel)
            self._ask(ciao.SESSION, ciao.FIRST_SESSION, ciao.ACCEPTED, cancel)
            self._ask(ciao.STOP, ciao.STOP_PAYLOAD, ciao.STOPPED, cancel)
            self._wake(cancel)
            self._ask(ciao.SESSION, ciao.SECOND_SESSION, ciao.ACCEPTED, cancel)
            self._send(ciao.GET_INFO)
            sensor = ciao.sensor_info(self._await(ciao.DATA, cancel))
        except BadMessageError as error:
            raise DeviceHung(f"the sensor's coprocessor does not start ({error}); reset it") from error
        if sensor.swipe:
            raise DeviceUnsupported(
                f"the sensor is a swipe sensor ({sensor.width} pixels wide), across which a finger is drawn; use an "
                "area sensor, on which it is laid"
            )
        self._sensor = sensor
        self._in_step = True

    def _wake(self, cancel: Event) -> None:
        self._link.control_write(_WAKE_REQUEST, _WAKE_VALUE, b"\0", _WAKE_INDEX)
        self._await(ciao.READY, cancel)

    def _ask(self, kind: int, payload: bytes, answer: int, cancel: Event) -> None:
        self._write(ciao.encode_message(kind, 0, payload))
        self._await(answer, cancel)

    def _await(self, kind: int, cancel: Event) -> Message:
        """The next message of that kind; others, left from before, are passed over."""
        for _ in range(_FOREIGN_MESSAGES):
            with contextlib.suppress(BadMessageError):
                message = self._receive(ANSWER_S, self._checking(cancel))
                if message.kind == kind:
                    return message
        raise BadMessageError(f"no message of kind {kind} among {_FOREIGN_MESSAGES}")

    def _scan_until_good(self, deadline: float, cancel: Event) -> NDArray[np.uint8]:
        """One image; after a failed scan another, until the deadline. A bad message goes to the caller."""
        while True:
            with self._scan(deadline, cancel):
                pixels = self._read_image(deadline, cancel)
            if pixels is not None:
                return pixels
            cancel.wait(_PAUSE_S)

    def _feels_nothing(self, deadline: float, cancel: Event) -> bool:
        """Whether a new scan says, first of all, that no finger is there."""
        try:
            with self._scan(deadline, cancel):
                told = self._next(self._checking(cancel, deadline))
                return told.payload[0] == ciao.STATUS and ciao.status_code(told) in (_NO_FINGER_YET, _NO_FINGER)
        except BadMessageError as error:
            _log.warning("upektouchchip %s: %s", self._link.device.port_path, error)
            return False

    @contextlib.contextmanager
    def _scan(self, deadline: float, cancel: Event) -> Iterator[None]:
        """A scan for a finger, begun and, however the block ends, ended: the device is ready for the next."""
        self._checking(cancel, deadline)()
        if not self._in_step:
            self._start_anew(cancel)
        self._in_step = False
        self._send(ciao.AWAIT_PRESS)
        try:
            yield
        except (CaptureTimeout, CaptureCancelled):
            self._stop()
            raise
        # A scan that does not end takes nothing from the image; the next begins with a start-up, as it does after a bad
        # message or a silence.
        with contextlib.suppress(DeviceHung):
            self._stop()

    def _stop(self) -> None:
        self._write(ciao.encode_message(ciao.STOP, self._sequence, ciao.STOP_PAYLOAD))
        self._sequence = (self._sequence + 1) % 16
        with contextlib.suppress(BadMessageError):
            self._await(ciao.STOPPED, Event())
            self._in_step = True

    def _read_image(self, deadline: float, cancel: Event) -> NDArray[np.uint8] | None:
        """The image of the scan that was begun; None when it failed."""
        check = self._checking(cancel, deadline)
        wanted = self._sensor.width * self._sensor.height
        image = bytearray()
        begun = False
        while True:
            message = self._next(check)
            kind = message.payload[0]
            if kind == ciao.STATUS:
                code = ciao.status_code(message)
                if code not in _WELL:
                    _log.info("upektouchchip %s: scan failed, code %#04x", self._link.device.port_path, code)
                    return None
                self._send(ciao.GO_ON)
            elif kind in _PARTS:
                if not begun:
                    begun = True
                    check = self._checking(cancel, time.monotonic() + IMAGE_S, "the image does not end")
                image += ciao.image_bytes(message)
                if len(image) > wanted or (kind == ciao.LAST_PART) != (len(image) == wanted):
                    raise BadMessageError(f"an image of {len(image)} pixels, not {wanted}")
                if kind == ciao.LAST_PART:
                    return np.frombuffer(bytes(image), np.uint8).reshape(self._sensor.height, self._sensor.width)
                self._send(ciao.NEXT_PART)
            else:
                raise BadMessageError(f"a message of type {kind:#04x}, unknown here")

    def _next(self, check: Callable[[], None]) -> Message:
        """The answer to the last command."""
        asked = (self._sequence - 1) % 16
        for _ in range(_FOREIGN_MESSAGES):
            check()
            message = self._receive(SILENCE_S, check)
            if message.kind == ciao.KEEP_ALIVE:
                self._write(ciao.encode_message(ciao.ALIVE, 0, b""))
            elif message.kind == ciao.DATA and message.sequence == asked and message.payload:
                return message
        raise BadMessageError(f"{_FOREIGN_MESSAGES} messages that answer nothing")

    def _receive(self, timeout_s: float, check: Callable[[], None]) -> Message:
        until = time.monotonic() + timeout_s
        data = b""
        while not data:  # reads without data happen between messages
            left_s = until - time.monotonic()
            if left_s <= 0:
                raise DeviceHung("the sensor's coprocessor sends empty messages only; reset it, or re-plug it")
            data = await_read(self._link.submit_bulk_read(_IN, ciao.HEAD_BYTES, left_s), check)
            if not data:
                check()
        if ciao.message_bytes(data) > len(data) == ciao.HEAD_BYTES:
            data += await_read(self._link.submit_bulk_read(_IN, ciao.REST_BYTES, ANSWER_S), check)
        return ciao.decode_message(data)

    def _send(self, payload: bytes) -> None:
        self._write(ciao.encode_message(ciao.DATA, self._sequence, payload))
        self._sequence = (self._sequence + 1) % 16

    def _write(self, data: bytes) -> None:
        self._link.bulk_write(_OUT, data, _WRITE_S)

    def _checking(self, cancel: Event, deadline: float | None = None, overrun: str = "") -> Callable[[], None]:
        """What a wait asks again and again; an overrun deadline is a hang where it is named so."""

        def check() -> None:
            self._turn.check(cancel)
            if deadline is not None and time.monotonic() >= deadline:
                if overrun:
                    raise DeviceHung(f"{overrun}; reset the sensor, or re-plug it")
                raise CaptureTimeout("no finger was placed or lifted in the time given")

        return check
