"""One connection to the hub: TLS from the first byte, and an nkey; it is not mended, another is made."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nats.aio.client import Client
from nats.errors import ConnectionClosedError
from nats.errors import Error as NatsError
from nats.js.api import PubAck
from nats.js.client import JetStreamContext

from gateway.hub.transport import TlsTransport

CONNECT_S = 15.0
PING_S, PINGS = 20, 3
"""A line that went dark is noticed when the fourth is due."""
_CLOSE_S = 1.0
_FORBIDDEN = "permissions violation"


@dataclass(frozen=True)
class HubPlace:
    """Where a hub is, and by what each side is known; the files are read at every connection."""

    host: str
    port: int
    seed: Path
    """The nkey's seed (`SU…`), one line."""
    authority: Path | None = None
    """PEM: who issued the hub's certificate; None for those that the system knows."""
    server_name: str = ""
    """In the hub's certificate, where it is not `host`."""


class AuthorityWrong(ValueError):
    """The file of the hub's authority holds no certificate."""


class _Client(Client):
    """A client that says that it ended before it does anything else about it.

    Its own callbacks come after what was left to write: a line that is cut refuses that, and they never come; a dark
    one does not even refuse it (nats-py 2.16). Whoever waits for the hub's word would wait to the end of its time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ended = asyncio.Event()

    async def _close(self, status: int, do_cbs: bool = True) -> None:
        self.ended.set()
        # A message that waits for room is not rid of by cancelling it: it would lie here to the end of its time.
        for reply in list(self._resp_map.values()):
            if not reply.done():
                reply.set_exception(ConnectionClosedError())
                reply.exception()  # nobody may be left to ask for it
        with suppress(OSError):  # what it could not write is nobody's any more
            await super()._close(status, do_cbs)


class HubConnection:
    """A connection that is there, until it is not.

    Parameters
    ----------
    client : Client
    ended : asyncio.Event
        The client's end.
    transport : TlsTransport
        Its own.
    """

    def __init__(self, client: Client, ended: asyncio.Event, transport: TlsTransport) -> None:
        self.client = client
        self._transport = transport
        self.stream: JetStreamContext = client.jetstream(timeout=10)
        self.closed = ended
        """It ended, or the hub forbade a subject: what was asked there is never answered."""
        self.complaint = ""
        """What it forbade."""

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return not self.closed.is_set() and self.client.is_connected

    def publish_ahead(
        self, stream: str, subject: str, data: bytes, headers: dict[str, str] | None = None, within_s: float = 30.0
    ) -> "asyncio.Task[PubAck]":
        """Publish, and go on; those that are begun first go first. What becomes of it, the task says.

        The client's own `publish_async` never ends where the hub refuses a message (nats-py 2.16).
        """
        work = self.stream.publish(subject, data, timeout=within_s, stream=stream, headers=headers)
        task: asyncio.Task[PubAck] = asyncio.ensure_future(work)
        task.add_done_callback(_taken)
        return task

    async def close(self) -> None:
        """Let go of it."""
        self.closed.set()
        with suppress(NatsError, OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self.client.close()
        self._transport.abort()


async def connect(place: HubPlace, inbox: str) -> HubConnection:
    """A new connection.

    Parameters
    ----------
    place : HubPlace
    inbox : str
        Subject under which replies come.

    Raises
    ------
    nats.errors.Error, OSError, TimeoutError, ValueError
        There is none; `connect_fault` says why.
    """
    context = tls_context(place.authority)
    seed = place.seed.read_text(encoding="ascii").strip()
    client, connection = _Client(), list[HubConnection]()

    async def complained(error: Exception) -> None:
        if _FORBIDDEN in str(error).lower():
            for each in connection:
                each.complaint = str(error)
                each.closed.set()

    options: dict[str, Any] = {
        "tls": context,
        # Else whoever stands in between could say that no TLS is needed (the first line comes in the clear).
        "tls_handshake_first": True,
        "nkeys_seed_str": seed,
        "inbox_prefix": inbox,
        "allow_reconnect": False,
        "connect_timeout": int(CONNECT_S),
        "ping_interval": PING_S,
        "max_outstanding_pings": PINGS,
        "error_cb": complained,
    }
    async with asyncio.timeout(CONNECT_S):
        reader, writer = await asyncio.open_connection(
            place.host, place.port, ssl=context, server_hostname=place.server_name or place.host
        )
    transport = TlsTransport(reader, writer)
    try:
        client._transport = transport  # it takes one, and has no other place for it
        async with asyncio.timeout(CONNECT_S):
            await client.connect("tls://hub:4222", **options)
    except BaseException as error:
        transport.abort()
        if isinstance(error, NatsError) and reader.at_eof() and "empty response" in str(error):
            raise ConnectionResetError("hung up before it said anything") from error
        raise
    made = HubConnection(client, client.ended, transport)
    connection.append(made)
    return made


def _taken(task: "asyncio.Task[PubAck]") -> None:
    """Whoever began it may have given up: then nobody asks what became of it."""
    if not task.cancelled():
        task.exception()


def tls_context(authority: Path | None) -> ssl.SSLContext:
    """Of a client that believes one authority, or those of the system."""
    if authority is None:
        context = ssl.create_default_context()
    else:
        try:
            context = ssl.create_default_context(cadata=authority.read_text(encoding="ascii"))
        except (ssl.SSLError, UnicodeError) as error:
            raise AuthorityWrong(f"{authority} is no certificate. Install the hub's authority.") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
