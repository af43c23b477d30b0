"""Ports of this machine for servers that begin later, or come again where they were."""

import os
import socket
from itertools import count

FIRST, LAST = 10_000, 19_999
"""Below the range from which Linux gives ports by itself (`ip_local_port_range`, from 32768): one of that range, free a
moment ago or between two lives of a server, is soon whoever's that asked for any port."""
_APART = 257  # processes begun one after the other look at other ports
_numbers = count(os.getpid() * _APART)


def free_port() -> int:
    """A port on which nobody listens, another at each call of this process."""
    for number, _ in zip(_numbers, range(FIRST, LAST + 1), strict=False):
        port = FIRST + number % (LAST - FIRST + 1)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError(f"no port from {FIRST} to {LAST} is free")
