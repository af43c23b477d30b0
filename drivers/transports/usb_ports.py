"""Which USB devices are attached, and the libusb that opens them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import usb.backend
import usb.backend.libusb1
import usb.core

from drivers.errors import DeviceError

SYSFS = Path("/sys/bus/usb/devices")
DEVICE_NODES = Path("/dev/bus/usb")


@dataclass(frozen=True)
class UsbDevice:
    """One attached USB device, as its descriptors and its place name it."""

    vendor_id: int
    product_id: int
    port_path: str
    """Bus and ports, e.g. `1-10` or `2-1.4`, as Linux names them."""
    serial: str = ""
    manufacturer: str = ""
    product: str = ""
    release: int = 0
    """bcdDevice."""

    @property
    def usb_id(self) -> tuple[int, int]:
        """Vendor and product id."""
        return self.vendor_id, self.product_id


def usb_rule(vendor_id: int, product_id: int) -> str:
    """The udev rule that lets the people of the desk, and the group plugdev, open a device."""
    match = f'SUBSYSTEM=="usb", ATTR{{idVendor}}=="{vendor_id:04x}", ATTR{{idProduct}}=="{product_id:04x}"'
    return f'{match}, MODE="0660", GROUP="plugdev", TAG+="uaccess"'


def device_node(port_path: str, sysfs: Path | None = None) -> Path | None:
    """The node by which Linux opens the device on a port, e.g. `/dev/bus/usb/001/004`; None where there is none."""
    folder = (sysfs or SYSFS) / port_path
    try:
        return DEVICE_NODES / f"{int(_attribute(folder, 'busnum')):03d}" / f"{int(_attribute(folder, 'devnum')):03d}"
    except ValueError:
        return None


def attached_usb_devices(
    ids: Collection[tuple[int, int]], backend: usb.backend.IBackend | None = None
) -> list[UsbDevice]:
    """Attached devices with one of `ids` (vendor, product), ordered by port path.

    On Linux the kernel's list in sysfs is read: no permission, no libusb, no udevd and no traffic to a device in use
    are needed, and a re-plugged device is seen at once. Elsewhere, or with a `backend`, pyusb enumerates.
    """
    found = _from_sysfs(ids) if backend is None and SYSFS.is_dir() else _from_pyusb(ids, backend or libusb())
    return sorted(found, key=lambda device: device.port_path)


def libusb() -> usb.backend.IBackend:
    """A libusb context that knows the devices attached now.

    pyusb keeps one context for the life of the process, which learns of a re-plugged device only from udevd; a fresh
    one scans.

    Raises
    ------
    DeviceError
        The shared library of libusb is not installed.
    """
    known = usb.backend.libusb1.get_backend()
    if known is None:
        raise DeviceError("libusb 1.0 is not installed, so no USB device can be opened; apt-get install libusb-1.0-0")
    fresh: usb.backend.IBackend = type(known)(known.lib)
    return fresh


def _from_sysfs(ids: Collection[tuple[int, int]]) -> Iterator[UsbDevice]:
    for folder in SYSFS.iterdir():
        if ":" in folder.name:  # an interface, not a device
            continue
        try:
            usb_id = int(_attribute(folder, "idVendor"), 16), int(_attribute(folder, "idProduct"), 16)
        except ValueError:  # unplugged while we read
            continue
        if usb_id in ids:
            yield UsbDevice(
                *usb_id,
                port_path=folder.name,
                serial=_attribute(folder, "serial"),
                manufacturer=_attribute(folder, "manufacturer"),
                product=_attribute(folder, "product"),
                release=int(_attribute(folder, "bcdDevice") or "0", 16),
            )


def _attribute(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _from_pyusb(ids: Collection[tuple[int, int]], backend: usb.backend.IBackend) -> Iterator[UsbDevice]:
    for device in usb.core.find(find_all=True, backend=backend):
        if (device.idVendor, device.idProduct) in ids:
            yield UsbDevice(
                device.idVendor,
                device.idProduct,
                port_path=port_path(device),
                serial=_string(device, "serial_number"),
                manufacturer=_string(device, "manufacturer"),
                product=_string(device, "product"),
                release=device.bcdDevice,
            )
            usb.util.dispose_resources(device)


def port_path(device: usb.core.Device) -> str:
    """Bus and ports of a pyusb device, as Linux names them."""
    ports = ".".join(str(port) for port in device.port_numbers or (f"@{device.address}",))
    return f"{device.bus}-{ports}"


def _string(device: usb.core.Device, name: str) -> str:
    """A string descriptor, or "" where the system does not let us ask for it."""
    try:
        return str(getattr(device, name) or "")
    except (usb.core.USBError, NotImplementedError, ValueError):
        return ""
