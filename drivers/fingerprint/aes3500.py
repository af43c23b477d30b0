"""AuthenTec AES3500 and its sibling AES4000: small radio-frequency area sensors on USB."""

import logging
import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import ClassVar, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from drivers.device_turn import DeviceTurn
from drivers.errors import CaptureCancelled, CaptureTimeout, DeviceError, DeviceHung
from drivers.frame import Frame
from drivers.protocols import DeviceCondition, DeviceIdentity, SelfTestStep
from drivers.transports.tape import Blanker
from drivers.transports.usb import UsbLink
from drivers.transports.usb_reads import await_read

PPI: Final = 500.0
"""Not told on the wire, and in doubt; see `Aes3500`."""
WRITE_S: Final = 1.0
"""For one write of registers."""
REARM_S: Final = 5.0
"""How long one read waits for a finger. Then the sensor is started anew: one that hangs looks like one nobody touches,
but does not take its registers."""
LIFTED_S: Final = 0.5
"""A sensor that sends no image for so long feels no finger."""
ATTEMPTS: Final = 3
"""Images until one is whole."""

_INTERFACE: Final = (0xFF, 0xFF, 0xFF)
_IN: Final = 0x81
_OUT: Final = 0x02
_FRAME_ROWS: Final = 16
_PAUSE_S: Final = 0.05


class _Model(NamedTuple):
    name: str
    size: int
    """Rows and columns."""
    transfer_bytes: int
    """Image, and a dump of registers behind it."""
    end_row: int
    end_column: int
    """Registers 0x94 (in frames of 16 rows) and 0x96 (in groups of 4 columns)."""

    @property
    def image_bytes(self) -> int:
        return self.size // _FRAME_ROWS * (1 + self.size * _FRAME_ROWS // 2)


_MODELS: Final = {
    (0x08FF, 0x5731): _Model("AES3500", 128, 8329, 0x07, 0x1F),
    # As libfprint has them; never seen on a wire here.
    (0x08FF, 0x5501): _Model("AES4000", 96, 4697, 0x05, 0x18),
}

_RESETS: Final = tuple(map(bytes.fromhex, ("8001", "8000", "81008000", "8002", "8000", "8004", "8000", "8100")))
"""Register and value by turns: master reset, scan reset, registers not buffered."""
_SETTINGS: Final = bytes.fromhex(
    "80008100820483138407853d86038701880289028a338b338c0f8d048e238f07"
    "9000911c9208930094ff950096ff9704982899009a0b9b009c009d099e539f6b"
)
"""Drive, sense, gain and image format, as recorded; the end row and column (ff) are the model's. 16 pairs a write."""
_ARM: Final = tuple(map(bytes.fromhex, ("80008100", "8104", "8100")))
"""Then an image comes as soon as a finger is felt."""

_log = logging.getLogger(__name__)


class BadImageError(ValueError):
    """The transfer holds no whole image; the sensor must send another."""


class _NobodyYet(DeviceError):
    """No finger came while one read was pending."""


def decode_image(transfer: bytes, size: int) -> NDArray[np.uint8]:
    """The picture of an image transfer, ridges dark on a light ground, fingertip up.

    Parameters
    ----------
    transfer : bytes
        Frames of 16 rows, each a marker (0xe0 and its number) and the rows column by column, two rows a byte, the
        upper in the low nibble; what follows the last frame is not looked at.
    size : int
        Rows and columns, 128 for the AES3500, 96 for the AES4000.

    Returns
    -------
    (size, size) uint8
        The 16 grey levels as 0, 17, ... 255.

    Raises
    ------
    BadImageError
        The transfer is too short, or a marker is not in its place.
    """
    frames, frame_bytes = size // _FRAME_ROWS, 1 + size * _FRAME_ROWS // 2
    if len(transfer) < frames * frame_bytes:
        raise BadImageError(f"the transfer has {len(transfer)} bytes, too few for {size} x {size} pixels")
    sent = np.frombuffer(transfer, np.uint8, frames * frame_bytes).reshape(frames, frame_bytes)
    if not np.array_equal(sent[:, 0], 0xE0 + np.arange(frames)):
        raise BadImageError(f"the frames are marked {sent[:, 0].tobytes().hex()}, not e0, e1 and so on")
    pairs = sent[:, 1:].reshape(frames, size, _FRAME_ROWS // 2).transpose(0, 2, 1)
    levels = np.stack((pairs & 0x0F, pairs >> 4), axis=2).reshape(size, size)
    # The sensor sees ridges light and the finger upside down.
    picture: NDArray[np.uint8] = 255 - 17 * levels[::-1, ::-1]
    return picture


def blank_image(transfer: bytes) -> bytes:
    """The same transfer without its picture, for tapes: frame markers and register dump stay."""
    model = next((model for model in _MODELS.values() if model.transfer_bytes == len(transfer)), None)
    if model is None:
        return transfer[:1] + bytes(max(0, len(transfer) - 1))
    frame_bytes = 1 + model.size * _FRAME_ROWS // 2
    markers = (transfer[start : start + 1] for start in range(0, model.image_bytes, frame_bytes))
    return b"".join(marker + bytes(frame_bytes - 1) for marker in markers) + transfer[model.image_bytes :]


class Aes3500:
    """An AES3500 or AES4000; fits `FingerprintScanner`.

    The image read is the finger detection: it stays pending until a finger is there, and is cancelled by the timeout,
    by `cancel` and by a reset. As no status can be asked for meanwhile, a silent sensor is noticed (`DeviceHung`) when
    it is started anew, at most 7 s later.

    Not verified, as the one recording holds one image of an AES3500 and nothing of an AES4000:

    - The AES4000 at all. Its id, its size and its two registers that differ are libfprint's; that its frames are marked
      and its picture is turned and inverted as the AES3500's are is taken from their likeness.
    - That a start-up ends a scan that waits for a finger, and that a sensor which feels a finger sends its image within
      0.5 s, by which `await_removal` knows a lifted one.
    - The scale. Descriptions of the protocol say about 250 ppi, but the ridges of the recorded finger lie 9.6 pixels
      apart (median of the spectra's peaks, 9.1 to 9.9): 0.97 mm at 250 ppi, which no finger has, and 0.49 mm at
      500 ppi, which is usual. So 500 is taken. Measure a device with a target, and set `ppi`.

    Parameters
    ----------
    link : UsbLink
        To the device; opened by the `with` block and closed after it.
    ppi : float
        Sampling rate of the sensor at hand, 100 to 1000 pixels per inch.
    """

    usb_ids: ClassVar[frozenset[tuple[int, int]]] = frozenset(_MODELS)
    tape_blanker: ClassVar[Callable[[], Blanker]] = lambda: blank_image

    def __init__(self, link: UsbLink, *, ppi: float = PPI) -> None:
        if type(ppi) not in (int, float) or not 100 <= ppi <= 1000:
            raise ValueError(f"ppi is a number from 100 to 1000, not {ppi!r}")
        self._link = link
        self._ppi = float(ppi)
        self._model = _MODELS.get(link.device.usb_id, _MODELS[0x08FF, 0x5731])
        self._turn = DeviceTurn("sensor")
        self._started = False
        """Whether the registers are set and no scan waits."""
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
            driver="aes3500",
            vendor=device.manufacturer or "AuthenTec",
            model=self._model.name,  # what the device calls itself is "Fingerprint Sensor"
            serial=device.serial,
            firmware=f"{device.release >> 8:x}.{device.release & 0xFF:02x}",
            ppi=self._ppi,
            width=self._model.size,
            height=self._model.size,
        )

    def __enter__(self) -> Self:
        with self._turn.entering(self._link.close):
            self._link.open(_INTERFACE)
            try:
                self._start()
            except DeviceHung as error:
                self._reset_port(error)
        return self

    def __exit__(self, *exc: object) -> None:
        with self._turn.leaving():
            self._link.close()

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        """Wait for a finger and take its image: 128 x 128 pixels, 96 x 96 of an AES4000.

        Raises
        ------
        CaptureTimeout, CaptureCancelled
            No finger came, or `cancel` was set; the device is ready.
        DeviceHung
            The device takes no registers, or no image of three was whole.
        DeviceLost
            The device went away.
        """
        deadline = time.monotonic() + timeout_s
        bad: BadImageError | None = None
        attempts = 0
        with self._turn.using():
            while attempts < ATTEMPTS:
                transfer = self._image_within(REARM_S, deadline, cancel)
                captured_at = time.monotonic()
                if transfer is None:
                    continue
                try:
                    return Frame(decode_image(transfer, self._model.size), self._ppi, captured_at)
                except BadImageError as error:
                    self._started = False
                    bad = error
                    attempts += 1
                    self._bad_frames += 1
                    _log.warning("aes3500 %s: image %d is bad, %s", self._link.device.port_path, attempts, error)
            raise DeviceHung(
                f"the sensor sent {ATTEMPTS} bad images in a row ({bad}); plug it straight into the computer, without "
                "a hub, and reset it"
            ) from bad

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Wait until the sensor, asked for an image again and again, sends none for half a second."""
        deadline = time.monotonic() + timeout_s
        with self._turn.using():
            while self._image_within(LIFTED_S, deadline, cancel) is not None:
                cancel.wait(_PAUSE_S)

    def reset(self) -> None:
        """Start the sensor anew; when that fails, reset its USB port.

        Any thread may call; one that waits for a finger meanwhile gets `DeviceHung`.

        Raises
        ------
        DeviceLost
            It did not come back.
        """
        with self._turn.resetting():
            try:
                self._start()
            except DeviceError as error:
                self._reset_port(error)

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Whether the sensor takes its registers, and sends no image where no finger is."""
        steps = (("registers", self._test_registers), ("bare sensor", self._test_bare))
        return self._turn.self_test(steps, cancel)

    def _test_registers(self, cancel: Event) -> tuple[bool, str]:
        self._start()
        return True, "reset, and set for scanning"

    def _test_bare(self, cancel: Event) -> tuple[bool, str]:
        if self._image_within(LIFTED_S, time.monotonic() + 2 * LIFTED_S, cancel) is not None:
            return False, "sends an image without a finger; clean the sensor and keep it free"
        return True, f"waits for a finger, none in {LIFTED_S} s"

    def _start(self) -> None:
        """Reset the sensor and set its registers; a scan that waits for a finger is over."""
        self._started = False
        settings = bytearray(_SETTINGS)
        settings[32 + 9], settings[32 + 13] = self._model.end_row, self._model.end_column
        for registers in (*_RESETS, bytes(settings[:32]), bytes(settings[32:])):
            self._link.bulk_write(_OUT, registers, WRITE_S)
        self._started = True

    def _reset_port(self, error: DeviceError) -> None:
        _log.warning("aes3500 %s: reset of the USB port, as %s", self._link.device.port_path, error)
        self._link.reset()
        self._start()

    def _image_within(self, wait_s: float, deadline: float, cancel: Event) -> bytes | None:
        """What the sensor sends when it feels a finger; None when it feels none for `wait_s`."""
        check = self._checking(time.monotonic() + wait_s, deadline, cancel)
        check()
        if not self._started:
            self._start()
        self._started = False
        for registers in _ARM:
            self._link.bulk_write(_OUT, registers, WRITE_S)
        # Our own checks come first; the time-out of the transfer is for a program that was stopped meanwhile.
        read = self._link.submit_bulk_read(_IN, self._model.transfer_bytes, wait_s + 1)
        try:
            transfer = await_read(read, check)
        except _NobodyYet:
            self._start()
            return None
        except (CaptureTimeout, CaptureCancelled):
            self._start()
            raise
        self._started = True
        return transfer

    def _checking(self, until: float, deadline: float, cancel: Event) -> Callable[[], None]:
        def check() -> None:
            self._turn.check(cancel)
            now = time.monotonic()
            if now >= deadline:
                raise CaptureTimeout("no finger was placed or lifted in the time given")
            if now >= until:
                raise _NobodyYet

        return check
