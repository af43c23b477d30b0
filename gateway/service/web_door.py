"""The web door: Connect and gRPC-Web for browsers, by granian's embedded server in the gateway's event loop."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
from google.protobuf.descriptor import ServiceDescriptor
from granian._granian import SocketHolder
from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server

from gateway.service.audit_trail import AuditTrail
from gateway.service.calls import Calls, methods_of
from gateway.service.pairing import Pairings
from gateway.service.web_guard import AsgiApplication, WebGuard
from gateway.service.web_origins import WebOrigins
from gateway.service.web_page import WebPage, read_page, read_selftest
from gateway.service.web_rpc import WebCalls

log = structlog.get_logger(__name__)

BACKLOG = 1024
KILL_S = 3
"""A connection whose page does not read its streams' end is cut after."""
HTTP1 = HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 * 1024)
HTTP2 = HTTP2Settings(
    keep_alive_interval=15_000,  # a browser whose machine went dark is noticed in 25 s
    keep_alive_timeout=10,
    max_headers_size=64 * 1024,
    max_concurrent_streams=128,
)


class WebDoor:
    """An HTTPS server over cores; each core is named by the service it implements.

    Parameters
    ----------
    cores : iterable of (ServiceDescriptor, object)
    pairings : Pairings
    audit : AuditTrail, optional
    """

    def __init__(
        self,
        cores: Iterable[tuple[ServiceDescriptor, object]],
        pairings: Pairings,
        audit: AuditTrail | None = None,
    ) -> None:
        self._methods = [method for service, core in cores for method in methods_of(service, core)]
        self._pairings = pairings
        self._calls = WebCalls(self._methods, Calls(audit))
        self._socket: socket.socket | None = None
        self._guard: WebGuard | None = None
        self._served: AsgiApplication | None = None
        self._running: list[tuple[_Server, asyncio.Task[None]]] = []

    def listen(self, host: str, port: int) -> int:
        """Bind an address, alone; the port in use.

        Raises
        ------
        OSError
            The address is in use, or not ours.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Connections inherit it; without, an answer's last part waits 40 to 200 ms for the browser's delayed ACK.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            listening.bind((host.strip("[]"), port))
            listening.listen(BACKLOG)
            listening.setblocking(False)
        except OSError as error:
            listening.close()
            raise OSError(f"{host}:{port} for browsers cannot be bound: {error.strerror}") from error
        self._socket = listening
        return int(listening.getsockname()[1])

    async def start(self, origins: WebOrigins, certificate: Path, key: Path) -> None:
        """Serve pages of the origins.

        Parameters
        ----------
        certificate, key : Path
            PEM.
        """
        self._guard = WebGuard(self._calls.application(), self._methods, origins, self._pairings)
        page, selftest = await asyncio.to_thread(lambda: (read_page(), read_selftest()))
        self._served = WebPage(self._guard, origins, {**page, **selftest})
        await self._serve(certificate, key)

    async def renew(self, certificate: Path, key: Path) -> None:
        """Show another certificate from now on; who connects in between waits in the backlog of the socket."""
        while self._running:
            await self._end(self._running.pop())
        await self._serve(certificate, key)

    async def stop(self) -> None:
        """End every stream with UNAVAILABLE, then let calls end for `KILL_S`, then cut them off."""
        self._calls.close()
        for running in self._running:
            await self._end(running)
        self._running.clear()
        left = list(self._guard.under_way) if self._guard is not None else []
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self.close()

    def close(self) -> None:
        """Give the address back, of a door that never served too."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _serve(self, certificate: Path, key: Path) -> None:
        assert self._socket is not None
        assert self._served is not None
        server = _Server(self._served, self._socket, certificate, key)
        task = asyncio.create_task(server.serve(), name="web door")
        self._running.append((server, task))
        await asyncio.sleep(0)
        if task.done():
            await task

    async def _end(self, running: "tuple[_Server, asyncio.Task[None]]") -> None:
        server, task = running
        server.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):  # of a worker that had to be killed
            await task


class _Server(Server):
    """Granian's server on a socket that is bound already: its own would share the port with a second gateway."""

    def __init__(self, application: AsgiApplication, listening: socket.socket, certificate: Path, key: Path) -> None:
        self._listening = listening
        super().__init__(
            application,
            interface=Interfaces.ASGINL,
            websockets=False,
            backlog=BACKLOG,
            backpressure=BACKLOG,  # counts connections: idle ones must not keep others out
            http1_settings=HTTP1,
            http2_settings=HTTP2,
            log_enabled=False,
            ssl_cert=certificate,
            ssl_key=key,
            ssl_protocol_min=SSLProtocols.tls12,
        )
        self.workers_kill_timeout = KILL_S

    def _init_shared_socket(self) -> None:
        # The server closes what it is given.
        holder: Any = SocketHolder  # its stub leaves the constructor out
        self._shd = holder(os.dup(self._listening.fileno()), False, BACKLOG)
