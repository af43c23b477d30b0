"""Whether this machine has a way out: carrier, default route, a route to an address; asked of the kernel alone."""

import errno
import ipaddress
import socket
from pathlib import Path

from gateway.link.evidence import RouteSeen

PROC = Path("/proc/net")
SYS = Path("/sys/class/net")
_LOOPBACK = "lo"
_RTF_UP, _RTF_REJECT = 0x0001, 0x0200  # <linux/route.h>; the numbers hold for <linux/ipv6_route.h> too


def probe_route(proc: Path = PROC, sys: Path = SYS) -> RouteSeen:
    """Look at the interfaces and at the main routing table.

    Policy routing and tunnels may lead out beside the main table, so that a missing default route explains a failure
    but is none by itself.

    Parameters
    ----------
    proc, sys : Path, optional
        Where the kernel shows its tables (proc_net(5)) and its interfaces (Documentation/ABI/testing/sysfs-class-net).
    """
    return RouteSeen(carrier=_carrier(sys), default_route=_default_route(proc))


def kernel_reaches(addresses: tuple[str, ...]) -> bool | None:
    """Whether the kernel knows a route to any of these addresses, by all its tables and rules; None without any.

    A datagram socket is connected, for which the kernel looks up the route and sends nothing (connect(2), udp(7)).
    """
    if not addresses:
        return None
    return any(_has_route(address) for address in addresses)


def _has_route(address: str) -> bool:
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as probe:
            probe.connect((address, 9))
    except OSError as error:
        # Others (EACCES of a broadcast address, EADDRNOTAVAIL of a family that is switched off) say no more.
        return error.errno not in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True


def _carrier(sys: Path) -> bool | None:
    try:
        interfaces = [each for each in sys.iterdir() if each.name != _LOOPBACK]
    except OSError:
        return None
    found: bool | None = None
    for interface in interfaces:
        try:
            carrier = (interface / "carrier").read_text(encoding="ascii").strip() == "1"
        except OSError:  # EINVAL: it is switched off, which is as good as no cable
            carrier = False
        found = bool(found) or carrier
    return found


def _default_route(proc: Path) -> bool | None:
    found: bool | None = None
    for name, has_default in (("route", _default_of_ipv4), ("ipv6_route", _default_of_ipv6)):
        try:
            lines = (proc / name).read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            continue  # IPv6 may be switched off
        found = bool(found) or any(has_default(line.split()) for line in lines)
    return found


def _default_of_ipv4(columns: list[str]) -> bool:
    """Iface Destination Gateway Flags RefCnt Use Metric Mask …, numbers hexadecimal."""
    if len(columns) < 8 or columns[0] in ("Iface", _LOOPBACK):
        return False
    try:
        destination, flags, mask = int(columns[1], 16), int(columns[3], 16), int(columns[7], 16)
    except ValueError:
        return False
    return destination == 0 and mask == 0 and _is_usable(flags)


def _default_of_ipv6(columns: list[str]) -> bool:
    """Destination, its prefix length, source, its length, next hop, metric, references, use, flags, interface."""
    if len(columns) < 10 or columns[9] == _LOOPBACK:
        return False
    try:
        destination, prefix, flags = int(columns[0], 16), int(columns[1], 16), int(columns[8], 16)
    except ValueError:
        return False
    return destination == 0 and prefix == 0 and _is_usable(flags)


def _is_usable(flags: int) -> bool:
    return bool(flags & _RTF_UP) and not flags & _RTF_REJECT
