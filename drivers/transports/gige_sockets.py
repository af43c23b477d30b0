"""A library's own UDP socket: which it is, and how to take it away from the library."""

import os
import socket


def udp_sockets(interface: str) -> set[tuple[int, str]]:
    """Our unconnected UDP sockets on that address: number and inode."""
    found = set()
    for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208 # each is used by number
        try:
            target = os.readlink(f"/proc/self/fd/{entry}")  # noqa: PTH115
            if not target.startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(entry))) as twin:
                if twin.family == socket.AF_INET and twin.type == socket.SOCK_DGRAM and _bound_only(twin, interface):
                    found.add((int(entry), target))
        except OSError:
            continue  # closed meanwhile
    return found


def _bound_only(opened: socket.socket, interface: str) -> bool:
    if opened.getsockname()[0] != interface:
        return False
    try:
        opened.getpeername()
    except OSError:
        return True
    return False


def silenced(number: int) -> socket.socket:
    """Put a socket that cannot send in the place of another, so that whoever uses it by number fails at once.

    Returns
    -------
    socket.socket
        What was there, under another number: it still has its port.
    """
    taken = socket.socket(fileno=os.dup(number))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        os.dup2(deaf.fileno(), number, inheritable=False)
    return taken
