"""The udev rules by which the people of a desk, and a gateway's service user, may open the devices."""

from collections.abc import Iterable, Mapping

from drivers.discovery import DriverEntry, installed_drivers
from drivers.errors import DeviceError
from drivers.transports.usb_ports import usb_rule

_HEAD = """\
# Devices that the drivers of this gateway open: for members of the group plugdev (add the service's user with
# `adduser USER plugdev`), and for whoever sits at the machine.
# Made by `rekam doctor --write-udev-rules`; made anew, it holds what is installed then.
"""

_FOOT = """\
# Serial modules show as /dev/ttyUSB* or /dev/ttyACM*, cameras as /dev/video*: Debian gives these to the groups
# dialout and video. Card readers are opened by pcscd alone.
"""


def udev_rules(drivers: Mapping[str, DriverEntry] | None = None) -> str:
    """The text of the rules file for all USB devices that installed drivers claim.

    A driver that cannot be loaded is named in a comment: its devices are not known.
    """
    parts = [_HEAD]
    for name, entry in (installed_drivers() if drivers is None else drivers).items():
        try:
            ids = entry.usb_ids()
        except DeviceError as error:
            parts.append(f"# {name}: {' '.join(str(error).split())}\n")
        else:
            parts.append(_rules(name, sorted(ids)))
    return "\n".join([part for part in parts if part] + [_FOOT])


def _rules(name: str, ids: Iterable[tuple[int, int]]) -> str:
    lines = [usb_rule(vendor, product) for vendor, product in ids]
    return "\n".join([f"# {name}", *lines, ""]) if lines else ""
