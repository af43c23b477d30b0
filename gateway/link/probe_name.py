"""Whether the centre's name resolves, asked of the system's resolver in a thread of its own."""

import asyncio
import ipaddress
import socket
import threading
import time
from contextlib import suppress

from gateway.link.evidence import NameFault, NameSeen

_NOT_FOUND = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))


class NameProbe:
    """Resolves one name; belongs to the event loop's thread.

    getaddrinfo(3) cannot be stopped and may take half a minute. While one hangs, later looks wait for that one, so
    that there is never more than one thread; it is a daemon, which no end of the program waits for.

    Parameters
    ----------
    host : str
        A name, or an address, which is not asked about.
    """

    def __init__(self, host: str) -> None:
        self._host = host.strip("[]")
        self._under_way: asyncio.Future[NameSeen] | None = None

    async def look(self, timeout_s: float) -> NameSeen:
        """Ask once, for `timeout_s` at most."""
        if _is_address(self._host):
            return NameSeen((self._host,), None, 0.0)
        if self._under_way is None or self._under_way.done():
            loop = asyncio.get_running_loop()
            self._under_way = loop.create_future()
            threading.Thread(
                target=_resolve, args=(self._host, loop, self._under_way), name="name of the centre", daemon=True
            ).start()
        try:
            # Shielded: the next look takes up what this one had no time for.
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(self._under_way)
        except TimeoutError:
            return NameSeen((), NameFault.TIMEOUT, timeout_s)


def _resolve(host: str, loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[NameSeen]") -> None:
    seen = _resolved(host)
    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(_give, answer, seen)


def _give(answer: "asyncio.Future[NameSeen]", seen: NameSeen) -> None:
    if not answer.done():
        answer.set_result(seen)


def _resolved(host: str) -> NameSeen:
    began = time.monotonic()
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        fault = NameFault.NOT_FOUND if error.errno in _NOT_FOUND else NameFault.NO_ANSWER
        return NameSeen((), fault, time.monotonic() - began)
    except (OSError, UnicodeError):  # UnicodeError: not a name at all (IDNA)
        return NameSeen((), NameFault.NOT_FOUND, time.monotonic() - began)
    addresses = tuple(dict.fromkeys(str(each[4][0]) for each in found))
    likely = _is_likely(host, addresses)
    return NameSeen(addresses, None if likely else NameFault.UNLIKELY, time.monotonic() - began)


def _is_likely(host: str, addresses: tuple[str, ...]) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 clause 6.3
        return bool(addresses)
    found = [ipaddress.ip_address(each.partition("%")[0]) for each in addresses]
    return any(not (each.is_loopback or each.is_unspecified) for each in found)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
