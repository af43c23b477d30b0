"""Which drivers are installed, which devices they see, and how one is opened; loads what is asked for, no more."""

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import EntryPoint, entry_points
from itertools import groupby

import usb.backend

from drivers.errors import DeviceError, DeviceNotFound
from drivers.kinds import DeviceKind
from drivers.plain_name import plain_name
from drivers.protocols import DeviceAddress, DeviceDriver
from drivers.transports.usb import UsbTransport
from drivers.transports.usb_ports import UsbDevice, attached_usb_devices


@dataclass(frozen=True)
class DriverEntry:
    """One installed driver, as its entry point names it; not imported yet.

    A class on USB has `usb_ids` and takes a `UsbLink` first. One that finds its devices in another way has two class
    methods: `attached()` gives their addresses, at once and without disturbing them, and `at(address, **options)`
    builds the driver of one. Any other class is built with its options, for a device that the configuration names.
    """

    name: str
    entry_point: EntryPoint
    hides: tuple[str, ...] = ()
    """Classes of other installed drivers that have its name, and so cannot be used."""

    @property
    def kind(self) -> DeviceKind:
        """What its devices are for."""
        return DeviceKind(self.entry_point.group.removeprefix("rekam."))

    def load(self) -> Callable[..., DeviceDriver]:
        """The driver's class.

        Raises
        ------
        DeviceError
            Its module cannot be imported, e.g. as the vendor's library is missing.
        """
        return _load(self.entry_point)

    def check_options(self, options: Mapping[str, object]) -> None:
        """Raise `ValueError` for an option that the driver's constructor does not take. Loads the driver."""
        driver = self.load()
        build = driver.at if self.looks_itself else driver  # type: ignore[attr-defined]
        _check_options(self.name, build, 1 if self.discoverable else 0, options)

    def usb_ids(self) -> frozenset[tuple[int, int]]:
        """The (vendor, product) ids that the driver claims; empty for one that is not on USB. Loads the driver."""
        ids: frozenset[tuple[int, int]] = getattr(self.load(), "usb_ids", frozenset())
        return ids

    @property
    def looks_itself(self) -> bool:
        """Whether the driver finds its devices by a look of its own. Loads the driver."""
        return hasattr(self.load(), "attached")

    @property
    def discoverable(self) -> bool:
        """Whether a discovery can find its devices; others are made from the configuration. Loads the driver."""
        return bool(self.usb_ids()) or self.looks_itself

    def look(self, usb_backend: usb.backend.IBackend | None = None) -> list[DeviceAddress]:
        """Its attached devices, ordered by place; raises `DeviceError` where it cannot look. Loads the driver."""
        ids = self.usb_ids()
        if ids:
            return _addresses(self.name, attached_usb_devices(ids, usb_backend))
        if self.looks_itself:
            found: list[DeviceAddress] = self.load().attached()  # type: ignore[attr-defined]
            return found
        return []


@dataclass(frozen=True)
class DiscoveryProblem:
    """Why a driver took no part in a discovery."""

    driver: str
    detail: str


@dataclass(frozen=True)
class Discovery:
    """What one look at the ports found."""

    devices: tuple[DeviceAddress, ...]
    problems: tuple[DiscoveryProblem, ...] = ()


@lru_cache(maxsize=1)
def installed_drivers() -> Mapping[str, DriverEntry]:
    """Drivers of every kind by name, from the entry points of installed packages; read once per process.

    A name is one driver's, whatever its kind: of two that claim it, the one whose class comes first by name is taken.
    """
    found = [entry for kind in DeviceKind for entry in entry_points(group=kind.group)]
    found.sort(key=lambda entry: (entry.name, entry.value))
    return {
        name: DriverEntry(name, first, hides=tuple(entry.value for entry in others))
        for name, (first, *others) in ((name, list(same)) for name, same in groupby(found, lambda entry: entry.name))
    }


def discover(
    *, drivers: Mapping[str, DriverEntry] | None = None, usb_backend: usb.backend.IBackend | None = None
) -> Discovery:
    """Look at the ports once: the attached devices that an installed driver claims, ordered by driver and port.

    Cheap enough for every second. A driver that cannot be loaded, or cannot look, hurts itself only, and is named in
    `problems`.

    Parameters
    ----------
    drivers : mapping of DriverEntry, optional
        The drivers to ask, all installed ones by default.
    usb_backend : usb.backend.IBackend, optional
        Where pyusb looks, in place of this machine's own ports.
    """
    devices: list[DeviceAddress] = []
    problems: list[DiscoveryProblem] = []
    for name, entry in (installed_drivers() if drivers is None else drivers).items():
        for hidden in entry.hides:
            problems.append(DiscoveryProblem(name, f"{hidden} cannot be used: {entry.entry_point.value} has its name"))
        try:
            devices += entry.look(usb_backend)
        except DeviceError as error:
            problems.append(DiscoveryProblem(name, str(error)))
        except Exception as error:  # a third party's look must not blind us to the other devices
            problems.append(DiscoveryProblem(name, f"its look for devices failed: {type(error).__name__}: {error}"))
    return Discovery(tuple(devices), tuple(problems))


def open_device(
    address: DeviceAddress | str,
    options: Mapping[str, object] | None = None,
    *,
    drivers: Mapping[str, DriverEntry] | None = None,
    usb_backend: usb.backend.IBackend | None = None,
) -> DeviceDriver:
    """Build the driver of the device at `address`; its `with` block opens the device.

    Parameters
    ----------
    address : DeviceAddress or str
        From `discover`, or the `device_id` of one that it would find; or made by hand with no `location`, or
        `driver:name`, for a driver that is not on USB.
    options : mapping, optional
        Handed to the driver's constructor by name.
    drivers, usb_backend
        As for `discover`.

    Raises
    ------
    DeviceNotFound
        No such driver is installed, or the device is no longer at its place.
    DeviceError
        The driver cannot be loaded.
    ValueError
        The driver has no such option, or refuses its value.
    """
    drivers = installed_drivers() if drivers is None else drivers
    if isinstance(address, str):
        address = _named(address, drivers, usb_backend)
    entry = drivers.get(address.driver)
    if entry is None:
        known = ", ".join(drivers) or "none"
        raise DeviceNotFound(f"there is no driver {address.driver!r}; installed: {known}")
    driver = entry.load()
    ids = entry.usb_ids()
    device: tuple[UsbTransport | DeviceAddress, ...] = ()
    if ids:
        device = (UsbTransport(_at(address, ids, usb_backend), usb_backend),)
    elif entry.looks_itself:
        driver, device = driver.at, (address,)  # type: ignore[attr-defined]
    options = dict(options or {})
    _check_options(entry.name, driver, len(device), options)
    try:
        return driver(*device, **options)
    except (TypeError, ValueError) as error:
        raise ValueError(f"driver {entry.name}: {error}") from error


def _named(
    device_id: str, drivers: Mapping[str, DriverEntry], usb_backend: usb.backend.IBackend | None
) -> DeviceAddress:
    devices = discover(drivers=drivers, usb_backend=usb_backend).devices
    for address in devices:
        if address.device_id == device_id:
            return address
    entry = drivers.get(device_id.partition(":")[0])
    if entry is not None and not entry.usb_ids():
        return DeviceAddress(device_id, entry.name, entry.name)
    attached = ", ".join(address.device_id for address in devices) or "none"
    raise DeviceNotFound(f"there is no device {device_id!r}; attached: {attached}")


def _at(address: DeviceAddress, ids: frozenset[tuple[int, int]], usb_backend: usb.backend.IBackend | None) -> UsbDevice:
    attached = attached_usb_devices(ids, usb_backend)
    for device in attached:
        if _location(device) == address.location:
            return device
    for device, named in zip(attached, _addresses(address.driver, attached), strict=True):
        if not address.location and named.device_id == address.device_id:
            return device
    raise DeviceNotFound(f"{address.label or address.device_id} is not attached at {address.location or 'any port'}")


def _check_options(name: str, driver: Callable[..., object], positional: int, options: Mapping[str, object]) -> None:
    """Raise ValueError for an option that `driver`, a class or its `at`, does not take."""
    parameters = list(inspect.signature(driver).parameters.values())[positional:]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    valid = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    for option in options:
        if option not in valid:
            raise ValueError(f"driver {name} has no option {option!r}; it takes: {', '.join(valid) or 'none'}")


def _addresses(driver: str, attached: list[UsbDevice]) -> list[DeviceAddress]:
    names = [plain_name(device.serial) or device.port_path for device in attached]
    times = Counter(names)
    return [
        DeviceAddress(
            # Two with one serial number are both named by port too: a name never slips from one device to another.
            device_id=f"{driver}:{name}" if times[name] == 1 else f"{driver}:{name}@{device.port_path}",
            driver=driver,
            label=f"{device.manufacturer} {device.product}".strip()
            or f"USB {device.vendor_id:04x}:{device.product_id:04x}",
            location=_location(device),
        )
        for name, device in zip(names, attached, strict=True)
    ]


def _location(device: UsbDevice) -> str:
    return f"usb:{device.port_path}"


@cache
def _load_once(entry_point: EntryPoint) -> tuple[Callable[..., DeviceDriver] | None, Exception | None]:
    try:
        return entry_point.load(), None
    except Exception as error:
        return None, error


def _load(entry_point: EntryPoint) -> Callable[..., DeviceDriver]:
    driver, error = _load_once(entry_point)
    if driver is None:
        message = f"driver {entry_point.name} cannot be loaded ({entry_point.value}): {error}"
        raise DeviceError(message) from error
    return driver
