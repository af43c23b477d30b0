"""libusb, the devices that a driver claims, and whether this user may open them."""

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from gateway.cli.checks.finding import Finding, ok, problem, warning

SYSFS = Path("/sys/bus/usb/devices")
DEVICE_NODES = Path("/dev/bus/usb")


def check_libusb() -> Iterator[Finding]:
    """The shared library that opens USB devices."""
    import usb.backend.libusb1

    if usb.backend.libusb1.get_backend() is None:
        yield problem("libusb", "libusb 1.0 is not installed, so no USB device can be opened", _INSTALL)
    else:
        yield ok("libusb", "found")


def check_usb_devices(sysfs: Path = SYSFS, nodes: Path = DEVICE_NODES) -> Iterator[Finding]:
    """Attached devices that an installed driver claims.

    Parameters
    ----------
    sysfs, nodes : Path
        Where Linux lists USB devices, and where their nodes are.
    """
    from drivers import discover

    if not sysfs.is_dir():
        yield warning(
            "USB", "this machine, or container, shows no USB bus", "Hand the bus on with --device /dev/bus/usb"
        )
        return
    found = discover().devices
    for device in found:
        if not device.location.startswith("usb:"):
            continue
        yield check_permission(device.device_id, sysfs / device.location.removeprefix("usb:"), nodes)
    if not found:
        yield warning(
            "USB devices",
            "none is attached that a driver claims",
            "Plug a scanner in (`lsusb` lists what is attached), or try `rekam serve --synthetic`",
        )


def check_permission(name: str, folder: Path, nodes: Path) -> Finding:
    """Whether this user may open the device that `folder` of sysfs describes."""
    try:
        number = {key: int((folder / key).read_text("ascii")) for key in ("busnum", "devnum")}
    except (OSError, ValueError):
        return warning(name, "it went away while it was looked at", "Look at its cable, and run this again")
    node = nodes / f"{number['busnum']:03d}" / f"{number['devnum']:03d}"
    if not node.exists():
        return problem(name, f"attached, but there is no {node}", "Hand the bus on to this container, or restart udev")
    if os.access(node, os.R_OK | os.W_OK):
        return ok(name, f"attached, and this user may open it ({node})")
    return problem(name, f"this user may not open it ({node})", PERMISSION_REMEDY)


def check_looks() -> Iterator[Finding]:
    """Drivers that find their devices by a look of their own, and cannot."""
    from drivers import discover

    for each in discover().problems:
        yield warning(f"driver {each.driver}", each.detail, "See to it, or do without devices of this driver.")


PERMISSION_REMEDY = (
    f"sudo {shlex.quote(sys.executable)} -m gateway.cli doctor --write-udev-rules; then plug it in again, and see that "
    "this user is in the group plugdev (sudo adduser USER plugdev, then log in anew)"
)

_INSTALL = "sudo apt-get install libusb-1.0-0"
