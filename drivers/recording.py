"""A device whose traffic is written down while it is used as any other, and the driver on what was written."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import usb.backend

from drivers.discovery import DriverEntry, discover, installed_drivers
from drivers.errors import DeviceNotFound, DeviceUnsupported
from drivers.kinds import DeviceKind
from drivers.protocols import DeviceAddress, DeviceDriver
from drivers.transports.tape import Tape, TapeRecorder
from drivers.transports.tape_format import TapeFormatError, read_lines
from drivers.transports.usb import UsbTransport
from drivers.transports.usb_ports import UsbDevice, attached_usb_devices

if TYPE_CHECKING:
    from drivers.transports.serial_tape import SerialTape

LARGEST_TAPE: Final = 32 << 20
"""Characters; a capture of any of our devices needs less than a million, one with images less than two."""

_REASONS: Final = {
    DeviceKind.IRIS_CAMERA: "all that a camera sends is images of people, and a tape without them says nothing",
    DeviceKind.PORTRAIT_CAMERA: "all that a camera sends is images of people, and a tape without them says nothing",
    DeviceKind.CARD_WRITER: "what goes to a card and comes from it is personal, and is never written down",
}


class TapeText:
    """The text of a tape in memory; any thread may read it while it is written."""

    def __init__(self, largest: int = LARGEST_TAPE) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._largest = largest
        self._full = False
        self._writing = threading.Lock()

    @property
    def cut(self) -> bool:
        """Whether there was more than fits; it ends with whole transfers all the same."""
        return self._full

    def write(self, text: str) -> None:
        """Take a transfer's lines; after one that no longer fits, nothing more is taken."""
        with self._writing:
            self._full = self._full or self._size + len(text) > self._largest
            if not self._full:
                self._parts.append(text)
                self._size += len(text)

    def flush(self) -> None:
        """Nothing to do: what was written is there."""

    def text(self) -> str:
        """All that was written."""
        with self._writing:
            return "".join(self._parts)


@dataclass(frozen=True)
class RecordedDevice:
    """A device whose traffic is written down.

    The tape tells the model, the port, and the serial number where the device tells one: that names the device and
    not a person, and faults come by series. Passwords are not on it, nor, unless they were asked for, images.
    """

    driver: DeviceDriver
    """Used in its `with` block as any other; opening and closing it is on the tape."""
    note: Callable[[str], None]
    """Writes a line for the reader, e.g. what is tried next."""
    tape: TapeText


@dataclass(frozen=True)
class ReplayedDevice:
    """The driver on a tape."""

    driver: DeviceDriver
    tape: "Tape | SerialTape"
    """The link that it is given; `finished` says whether all was played."""


def record_device(
    address: DeviceAddress,
    options: Mapping[str, object] | None = None,
    *,
    with_images: bool = False,
    drivers: Mapping[str, DriverEntry] | None = None,
    usb_backend: usb.backend.IBackend | None = None,
) -> RecordedDevice:
    """Build the driver of the device at `address` with a recorder around its transport.

    A driver is recordable by its class: `tape_blanker`, without arguments, makes what takes the picture out of its
    traffic, `Blanker` for one on USB and `SerialBlanker` for one with `over_serial`. Where they are there,
    `tape_options` are options without which a tape cannot be played, and `tape_secrets` names of options that are
    kept off it.

    Parameters
    ----------
    address, options, drivers, usb_backend
        As for `open_device`.
    with_images : bool
        Keep them: for targets, phantoms and synthetic prints, never anybody's finger.

    Raises
    ------
    DeviceUnsupported
        Devices of this driver cannot be recorded; the message says why.
    DeviceNotFound
        No such driver is installed, or the device is no longer at its place.
    ValueError
        The driver has no such option, or refuses its value.
    """
    drivers = installed_drivers() if drivers is None else drivers
    entry = drivers.get(address.driver)
    if entry is None:
        raise DeviceNotFound(f"there is no driver {address.driver!r}; installed: {', '.join(drivers) or 'none'}")
    driver: Any = entry.load()
    options = {**getattr(driver, "tape_options", {}), **(options or {})}
    entry.check_options(options)
    blanker = getattr(driver, "tape_blanker", None)
    _refuse_unrecordable(entry, driver, blanker, with_images)
    text = TapeText()
    if entry.usb_ids():
        device = _usb_device(address, entry, usb_backend)
        blank = {} if blanker is None else {"blank": blanker()}
        header = {"driver": entry.name, "options": _told(driver, options)}
        link = TapeRecorder(UsbTransport(device, usb_backend), text, with_images=with_images, header=header, **blank)
        return RecordedDevice(_built(entry, lambda: driver(link, **options)), link.note, text)
    return _recorded_serial(entry, options, text, with_images)


def _recorded_serial(
    entry: DriverEntry, options: dict[str, object], text: TapeText, with_images: bool
) -> RecordedDevice:
    from drivers.transports.serial import SerialTransport  # pyserial is for those who have such a device
    from drivers.transports.serial_tape import SerialRecorder

    driver: Any = entry.load()
    port = options.pop("port", None)
    if type(port) is not str or not port:
        raise ValueError(f"driver {entry.name}: port is the path of a serial port, not {port!r}")
    header = {"driver": entry.name, "options": _told(driver, options)}
    line = SerialRecorder(SerialTransport(port), text, driver.tape_blanker(), with_images=with_images, header=header)
    return RecordedDevice(_built(entry, lambda: driver.over_serial(line, **options)), line.note, text)


def replay_device(path: Path, *, drivers: Mapping[str, DriverEntry] | None = None) -> ReplayedDevice:
    """Build the driver that a tape names on that tape, with the options that it was recorded with.

    Parameters
    ----------
    path : Path
        The text of a `RecordedDevice`.
    drivers : mapping of DriverEntry, optional
        As for `open_device`.

    Raises
    ------
    TapeFormatError
        It is no tape, or does not name its driver.
    DeviceNotFound
        No such driver is installed.
    """
    with path.open(encoding="utf-8") as file:
        lines = file.readlines()
    header, _ = read_lines(lines)
    name, options = header.get("driver"), header.get("options", {})
    if not isinstance(name, str) or not isinstance(options, dict):
        raise TapeFormatError("line 1: the header does not name the driver and its options")
    entry = (installed_drivers() if drivers is None else drivers).get(name)
    if entry is None:
        raise DeviceNotFound(f"the tape is of the driver {name!r}, which is not installed")
    driver: Any = entry.load()
    if "serial_port" in header:
        from drivers.transports.serial_tape import SerialTape

        line = SerialTape(lines)
        return ReplayedDevice(_built(entry, lambda: driver.over_serial(line, **options)), line)
    tape = Tape(path)
    return ReplayedDevice(_built(entry, lambda: driver(tape, **options)), tape)


def _refuse_unrecordable(entry: DriverEntry, driver: Any, blanker: object, with_images: bool) -> None:
    on_usb, on_serial = bool(entry.usb_ids()), hasattr(driver, "over_serial")
    if entry.kind in _REASONS:
        raise DeviceUnsupported(f"a {entry.kind.words} cannot be recorded: {_REASONS[entry.kind]}")
    if not on_usb and not on_serial:
        raise DeviceUnsupported(
            f"devices of the driver {entry.name} cannot be recorded: they have no traffic on USB or a serial port"
        )
    if blanker is None and (on_serial or not with_images):
        raise DeviceUnsupported(
            f"the driver {entry.name} does not say which part of its traffic is the image ('tape_blanker'), so it "
            "cannot be kept off the tape; ask its maker for a version that does"
        )


def _usb_device(address: DeviceAddress, entry: DriverEntry, backend: usb.backend.IBackend | None) -> UsbDevice:
    location = address.location
    if not location:
        found = discover(drivers={entry.name: entry}, usb_backend=backend).devices
        location = next((each.location for each in found if each.device_id == address.device_id), "")
    for device in attached_usb_devices(entry.usb_ids(), backend):
        if location == f"usb:{device.port_path}":
            return device
    raise DeviceNotFound(f"{address.label or address.device_id} is not attached at {location or 'any port'}")


def _told(driver: Any, options: Mapping[str, object]) -> dict[str, object]:
    """The options that go on the tape: plain values, and no secret."""
    secrets: frozenset[str] = getattr(driver, "tape_secrets", frozenset())
    plain = (bool, int, float, str)
    return {name: value for name, value in options.items() if name not in secrets and isinstance(value, plain)}


def _built(entry: DriverEntry, build: Callable[[], DeviceDriver]) -> DeviceDriver:
    try:
        return build()
    except (TypeError, ValueError) as error:
        raise ValueError(f"driver {entry.name}: {error}") from error
