"""Whether anybody accepts connections on the centre's port."""

import asyncio
import errno
import time
from contextlib import suppress

from gateway.link.evidence import ConnectOutcome, ConnectSeen

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CLOSE_S = 0.5

_OUTCOMES = {
    errno.ECONNREFUSED: ConnectOutcome.REFUSED,
    errno.ENETUNREACH: ConnectOutcome.NO_ROUTE,
    errno.EHOSTUNREACH: ConnectOutcome.NO_ROUTE,
    errno.ENETDOWN: ConnectOutcome.NO_ROUTE,
    errno.EADDRNOTAVAIL: ConnectOutcome.NO_ROUTE,
    errno.ETIMEDOUT: ConnectOutcome.TIMEOUT,
}


async def probe_connect(addresses: tuple[str, ...], port: int, timeout_s: float) -> tuple[ConnectSeen, Streams | None]:
    """Connect to the first address that takes it, within `timeout_s` for all of them.

    Parameters
    ----------
    addresses : tuple of str
        At least one; each has its share of the time.
    port : int
    timeout_s : float

    Returns
    -------
    ConnectSeen
        Of the one that answered, else of the last.
    (StreamReader, StreamWriter) or None
        The open connection, which the caller closes with `let_go`.
    """
    share_s = timeout_s / len(addresses)
    seen = ConnectSeen("", ConnectOutcome.FAILED, 0.0)
    for address in addresses:
        began = time.monotonic()
        try:
            async with asyncio.timeout(share_s):
                streams = await asyncio.open_connection(address, port)
        except TimeoutError:
            seen = ConnectSeen(address, ConnectOutcome.TIMEOUT, time.monotonic() - began)
        except OSError as error:
            outcome = _OUTCOMES.get(error.errno or 0, ConnectOutcome.FAILED)
            seen = ConnectSeen(address, outcome, time.monotonic() - began, error.strerror or str(error))
        else:
            return ConnectSeen(address, ConnectOutcome.CONNECTED, time.monotonic() - began), streams
    return seen, None


async def let_go(streams: Streams) -> None:
    """Close a connection, whatever the other side does about it."""
    writer = streams[1]
    writer.transport.abort()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await writer.wait_closed()
