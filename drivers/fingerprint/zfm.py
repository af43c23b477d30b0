"""ZFM-20/60, R30x, AS608, FPM10A, R503 and their clones: fingerprint modules on a serial port."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any, ClassVar, Final, Self

from drivers.device_turn import DeviceTurn
from drivers.errors import (
    CaptureTimeout,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
)
from drivers.fingerprint.zfm_image import OPTICAL, BadImageError, ImageSize, decode_image, size_of
from drivers.fingerprint.zfm_line import (
    BAUD_STEP,
    NO_FINGER,
    NOT_IMAGED,
    OK,
    PACKET_SIZE,
    PRODUCT_DATA,
    RATES,
    VERSION_DATA,
    Check,
    Instruction,
    Upload,
    ZfmLine,
)
from drivers.fingerprint.zfm_model import ZfmModel, with_parameters, with_product
from drivers.fingerprint.zfm_packet import StreamBlanker
from drivers.frame import Frame
from drivers.protocols import DeviceCondition, DeviceIdentity, SelfTestStep
from drivers.transports.serial import SerialLink, SerialTransport

PPI: Final = 500.0
PPI_ROUND: Final = 508.0
"""R503 (Grow user manual 1.4.1, chapter I)."""
POLL_S = 0.1
"""Between two looks for a finger."""
UPLOADS: Final = 4
"""Until an image is whole; from the third on at the rate that the module had when it was opened."""
OVERRUN_S: Final = 9.0
"""An image is sent anew only where it would be there so long after the capture's time-out, not later."""
CLOSE_S = 3.0
"""For giving the module its rate back when it is closed."""
PROGRESS_S: Final = 0.1
PACKETS_OF_128: Final = 2
OPTICAL_SYSTEM_ID: Final = 0x0009
"""That of the ZFM and R30x modules (ZFM-70 user manual, 6.2.5), whose image is `OPTICAL`; the R503 has 0."""

_HIGHEST_RATE: Final = 12 * BAUD_STEP
_log = logging.getLogger(__name__)


class Zfm:
    """A module of the ZFM family; fits `FingerprintScanner`.

    It is named in the configuration, as a serial port does not tell what is behind it. An image takes 3.5 s at 115200
    baud, 7 s at 57600, and 42 s at 9600: less than 57600 is for a bench only. Its rate is raised while it is open and
    given back afterwards; both are written to the module's flash. A module that falls silent is reported as
    `DeviceHung` within 3 s.

    Parameters
    ----------
    port : str
        E.g. `/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0`, or `/dev/ttyUSB0`.
    baud : int
        The module's own rate: 9600 times 1 to 12. Where it does not answer at that, the usual ones are tried.
    address, password : int
        32 bits each.
    max_baud : int
        The rate is raised up to this; as `baud`: it is not raised.
    width, height : int
        Pixels of an image, for a module that does not tell and whose image has neither of the family's usual sizes.
    ppi : float
        Pixels per inch; by default 508 for an R503 and 500 for all others.
    light_ridges : bool
        The module shows ridges light on dark.

    Raises
    ------
    ValueError
        An option out of range.
    """

    tape_blanker: ClassVar[Callable[[], StreamBlanker]] = StreamBlanker
    tape_secrets: ClassVar[frozenset[str]] = frozenset({"password"})

    def __init__(
        self,
        *,
        port: str,
        baud: int = 57600,
        address: int = 0xFFFFFFFF,
        password: int = 0,
        max_baud: int = 115200,
        width: int = 0,
        height: int = 0,
        ppi: float | None = None,
        light_ridges: bool = False,
    ) -> None:
        if type(port) is not str or not port:
            raise ValueError(f"port is the path of a serial port, not {port!r}")
        for name, rate in (("baud", baud), ("max_baud", max_baud)):
            if type(rate) is not int or rate % BAUD_STEP or not BAUD_STEP <= rate <= _HIGHEST_RATE:
                raise ValueError(f"{name} is {BAUD_STEP} times 1 to 12, not {rate!r}")
        for name, word in (("address", address), ("password", password)):
            if type(word) is not int or not 0 <= word < 1 << 32:
                raise ValueError(f"{name} is a whole number of 32 bits, not {word!r}")
        if not type(width) is type(height) is int:
            raise ValueError(f"width and height are whole numbers of pixels, not {width!r} and {height!r}")
        if ppi is not None and not 100 <= ppi <= 2000:
            raise ValueError(f"ppi must lie in 100 to 2000, not {ppi}")
        self._size = ImageSize(width, height) if width or height else None
        self._baud, self._max_baud, self._own_baud = baud, max_baud, baud
        self._ppi, self._light_ridges = ppi, light_ridges
        self._address, self._password = address, password
        self._line = ZfmLine(SerialTransport(port), address, password)
        self._model = ZfmModel()
        self._seen_size: ImageSize | None = None
        self._turn = DeviceTurn("module")
        self._progress_due = 0.0
        self._bad_frames = 0
        self.progress: Callable[[float], None] | None = None
        """Told the share of an image that has come, 0 to 1, some ten times a second, in the thread of `capture`."""

    @classmethod
    def over_serial(cls, link: SerialLink, **options: Any) -> Self:
        """A module behind a link other than a port of this machine, e.g. a tape; `options` as the constructor's."""
        scanner = cls(port=link.port, **options)
        scanner._line = ZfmLine(link, scanner._address, scanner._password)
        return scanner

    @property
    def condition(self) -> DeviceCondition:
        """Images that came damaged since the driver was built."""
        return DeviceCondition(bad_frames=self._bad_frames)

    @property
    def identity(self) -> DeviceIdentity:
        """Who the module is, as far as it tells; 0 x 0 pixels where that is known with the first image only."""
        self._turn.require_entered()
        size, model = self._nominal_size, self._model
        known = "" if model.system_id is None else f", system id {model.system_id:#06x}"
        return DeviceIdentity(
            driver="zfm",
            vendor="ZFM family",
            model=model.name or f"serial fingerprint module{known}",
            serial=model.serial,
            firmware=model.firmware,
            ppi=self._frame_ppi,
            width=size.width if size else 0,
            height=size.height if size else 0,
        )

    def __enter__(self) -> Self:
        with self._turn.entering():
            self._open(self._baud)
        return self

    def __exit__(self, *exc: object) -> None:
        with self._turn.leaving():
            self._close()

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        """Wait for a finger, and have its image sent.

        Raises
        ------
        CaptureTimeout, CaptureCancelled
            No finger came, or `cancel` was set; the module is ready.
        DeviceHung
            The module is silent, or no image of four was whole.
        DeviceUnsupported
            Its images have a size that is not known.
        DeviceLost
            The port went away.
        """
        deadline = time.monotonic() + timeout_s
        with self._turn.using():
            check = self._checking(cancel)
            self._await(OK, deadline, cancel, "no finger was placed in the time given")
            return self._fetch(deadline, check)

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Wait until no finger is on the sensor; the same errors as `capture`."""
        deadline = time.monotonic() + timeout_s
        with self._turn.using():
            self._await(NO_FINGER, deadline, cancel, "the finger was not lifted in the time given")

    def reset(self) -> None:
        """Open the port anew, find the module's rate, and begin as after opening.

        Any thread may call; one that waits for a finger meanwhile gets `DeviceHung`.

        Raises
        ------
        DeviceLost
            It did not come back.
        """
        with self._turn.resetting():
            last = self._line_baud()
            self._line.close()
            try:
                self._open(last)
            except DeviceNotFound as error:
                raise DeviceLost(str(error)) from error

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Handshake, parameters, errors on the line, and whether the sensor looks for a finger."""
        steps = (
            ("handshake", self._test_handshake),
            ("parameters", self._test_parameters),
            ("line", self._test_line),
            ("sensor", self._test_sensor),
        )
        return self._turn.self_test(steps, cancel)

    def _test_handshake(self, cancel: Event) -> tuple[bool, str]:
        began = time.monotonic()
        self._line.find_rate([self._line.baud], self._checking(cancel))
        return True, f"answers at {self._line.baud} baud after {1000 * (time.monotonic() - began):.0f} ms"

    def _test_parameters(self, cancel: Event) -> tuple[bool, str]:
        self._read_parameters(self._checking(cancel))
        size = self._nominal_size
        image = f"an image of {size} pixels" if size else "an image of unknown size"
        if self._model.system_id is None:
            return True, f"does not tell its parameters; {image}"
        return True, f"system id {self._model.system_id:#06x}, {self._model.capacity} templates, {image}"

    def _test_line(self, cancel: Event) -> tuple[bool, str]:
        slow = self._line.transfer_s((self._nominal_size or OPTICAL).byte_count)
        if slow > OVERRUN_S:
            return False, f"an image takes {slow:.0f} s at {self._line.baud} baud; set 'max_baud' to 57600 or more"
        return True, f"an image takes {slow:.1f} s at {self._line.baud} baud"

    def _test_sensor(self, cancel: Event) -> tuple[bool, str]:
        code = self._line.ask(Instruction.GET_IMAGE, check=self._checking(cancel)).code
        told = {OK: "sees a finger", NO_FINGER: "sees no finger", NOT_IMAGED: "sees a finger, and could not image it"}
        return code in told, told.get(code, f"refuses to look (code {code:#04x}); unplug it and plug it in again")

    @property
    def _nominal_size(self) -> ImageSize | None:
        if self._size or self._model.size or self._seen_size:
            return self._size or self._model.size or self._seen_size
        return OPTICAL if self._model.system_id == OPTICAL_SYSTEM_ID else None

    @property
    def _frame_ppi(self) -> float:
        if self._ppi is not None:
            return float(self._ppi)
        return PPI_ROUND if self._model.name.startswith("R503") else PPI

    def _open(self, first_baud: int) -> None:
        """Find the module, ask what it is and raise its rate; the port is closed where that fails."""
        check = self._checking(Event())
        self._model = ZfmModel()
        self._line.open(first_baud)
        try:
            found = self._line.find_rate([first_baud, self._baud, *RATES], check)
        except BaseException:
            self._line.close()
            raise
        if found != self._baud:
            _log.warning("zfm %s: answers at %d baud, not at %d", self._line.port, found, self._baud)
        # Faster than configured: left so by a gateway that ended without giving it back. Slower: its own.
        self._own_baud = min(found, self._baud)
        try:
            self._read_parameters(check)
            self._read_product(check)
            self._enlarge_packets(check)
            self._raise_rate(check)
        except BaseException:
            self._close()
            raise

    def _close(self) -> None:
        """Close the port; the module gets its own settings back, where it still answers."""
        until = time.monotonic() + CLOSE_S

        def check() -> None:
            if time.monotonic() > until:
                raise DeviceHung("the module does not take its settings back in time")

        with contextlib.suppress(DeviceError):  # it is closed all the same; the next opening finds its rate
            code = self._model.packet_code
            if code is not None and code < PACKETS_OF_128:
                self._line.ask(Instruction.SET_PARAMETER, bytes((PACKET_SIZE, code)), check=check)
            self._line.change_rate(self._own_baud, check)
        self._line.close()

    def _line_baud(self) -> int:
        with contextlib.suppress(DeviceError):
            return self._line.baud
        return self._baud

    def _read_parameters(self, check: Check) -> None:
        reply = self._line.read_parameters(check)
        if reply is not None:
            self._model = with_parameters(self._model, reply.data)

    def _read_product(self, check: Check) -> None:
        """Ask for what newer modules tell."""
        product = self._line.ask_if_known(Instruction.PRODUCT_INFORMATION, PRODUCT_DATA, check)
        if product is None:
            return
        version = self._line.ask_if_known(Instruction.FIRMWARE_VERSION, VERSION_DATA, check)
        try:
            self._model = with_product(self._model, product.data, version.data if version else None)
        except ValueError as error:
            if self._size is None:
                raise DeviceUnsupported(
                    f"the module on {self._line.port} tells an impossible image size: {error}; set 'width' and "
                    "'height' in its part of the configuration"
                ) from error

    def _enlarge_packets(self, check: Check) -> None:
        """128 bytes where it is less: 11 bytes of every packet are no image."""
        code = self._model.packet_code
        if code is not None and code < PACKETS_OF_128:
            self._line.ask(Instruction.SET_PARAMETER, bytes((PACKET_SIZE, PACKETS_OF_128)), check=check)

    def _raise_rate(self, check: Check) -> None:
        """The fastest rate up to `max_baud` that works; down to it where the module is faster."""
        for baud in sorted({*RATES, self._max_baud}, reverse=True):
            if baud > self._max_baud:
                continue
            if baud <= self._own_baud:
                break
            if self._line.change_rate(baud, check):
                return
            _log.info("zfm %s: %d baud does not work", self._line.port, baud)
            self._max_baud = max(self._own_baud, baud - BAUD_STEP)  # not tried again
        self._line.change_rate(self._own_baud, check)

    def _await(self, wanted: int, deadline: float, cancel: Event, complaint: str) -> None:
        """Look for a finger until the answer is `wanted`."""
        check = self._checking(cancel)
        while True:
            check()
            code = self._line.ask(Instruction.GET_IMAGE, check=check).code
            if code == wanted:
                return
            if code not in (OK, NO_FINGER, NOT_IMAGED):
                raise DeviceHung(f"the module refuses to look for a finger (code {code:#04x}); reset it")
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise CaptureTimeout(complaint)
            cancel.wait(min(POLL_S, left_s))

    def _fetch(self, deadline: float, check: Check) -> Frame:
        """The image in the module's buffer; sent again where it is not whole, the finger need not stay for that."""
        told = self._size or self._model.size
        expected = self._nominal_size or OPTICAL
        strange: list[int] = []
        for attempt in range(1, UPLOADS + 1):
            self._progress_due = 0.0
            upload = self._line.upload_image(
                told.byte_count if told else None, check, self._reporting(expected.byte_count)
            )
            captured_at = time.monotonic()
            try:
                size = self._checked_size(upload, told)
            except BadImageError as error:
                bad = error
                self._line.distrust()
                strange += [len(upload.data)] if upload.complete and not upload.broken else []
                self._bad_frames += 1
                _log.warning("zfm %s: image %d is bad, %s", self._line.port, attempt, error)
            else:
                self._seen_size = size
                pixels = decode_image(upload.data, size)
                return Frame(255 - pixels if self._light_ridges else pixels, self._frame_ppi, captured_at)
            if time.monotonic() + self._line.transfer_s(expected.byte_count) > deadline + OVERRUN_S:
                break
            if attempt == UPLOADS // 2:
                self._line.change_rate(self._own_baud, check)
        if len(strange) == attempt > 1 and len(set(strange)) == 1:
            raise DeviceUnsupported(
                f"the module on {self._line.port} sends images of an unknown size: {bad}; set 'width' and 'height' in "
                "its part of the configuration"
            ) from bad
        raise DeviceHung(
            f"the module on {self._line.port} sent {attempt} bad images in a row ({bad}); shorten or replace the "
            "cable, or set a lower 'max_baud', and reset it"
        ) from bad

    def _checked_size(self, upload: Upload, told: ImageSize | None) -> ImageSize:
        if upload.code != OK:
            raise BadImageError(f"the module does not send it (code {upload.code:#04x})")
        size = size_of(len(upload.data), told)
        # All bytes of a size that was not told may be there by accident, as long as a packet is missing.
        if told is None and upload.broken:
            raise BadImageError(f"{len(upload.data)} bytes came, and {upload.broken} broken packets")
        if told is None and not upload.complete:
            raise BadImageError(f"{len(upload.data)} bytes came, and no end")
        return size

    def _reporting(self, expected: int) -> Callable[[int], None]:
        def received(count: int) -> None:
            now = time.monotonic()
            if self.progress is not None and (now >= self._progress_due or count >= expected):
                self._progress_due = now + PROGRESS_S
                self.progress(min(count / expected, 1.0))

        return received

    def _checking(self, cancel: Event) -> Check:
        return lambda: self._turn.check(cancel)
