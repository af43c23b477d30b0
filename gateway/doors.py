"""The ways into the gateway, put together: loopback, sockets, desks, browsers, metrics; bound first, served later."""

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import prometheus_client
from google.protobuf.descriptor import ServiceDescriptor

from gateway.config import Config
from gateway.metrics import REGISTRY
from gateway.service.audit_trail import AuditTrail
from gateway.service.native_door import NativeDoor
from gateway.service.native_ways import open_for_desks, open_for_group
from gateway.service.pairing import Pairings
from gateway.settings import host_and_port, loopback
from gateway.state_folder import Addresses, socket_path

if TYPE_CHECKING:
    from gateway.service.web_office import WebOffice

STOP_GRACE_S = 2.0


class Doors:
    """All doors of a gateway, over the same cores.

    Parameters
    ----------
    state : Path
    config : Config
    listen, metrics, web : str or None
        Addresses that stand before the configured ones; empty for none, None for what is configured.

    Raises
    ------
    ConfigError
        An address is none, or others than this machine could reach it.
    """

    def __init__(
        self,
        state: Path,
        config: Config,
        listen: str | None = None,
        metrics: str | None = None,
        web: str | None = None,
    ) -> None:
        self._state = state
        self._config = config
        listen = config.listen if listen is None else listen
        self._listen = loopback(listen) if listen else ""
        metrics = config.metrics if metrics is None else metrics
        self._metrics = host_and_port("metrics", metrics) if metrics else None
        web = config.web.listen if web is None else web
        self._web = host_and_port("web", loopback(web, "web")) if web else None
        self.addresses = Addresses()
        self.web: WebOffice | None = None

    def open(
        self,
        services: Iterable[tuple[ServiceDescriptor, object]],
        pairings: Pairings,
        audit: AuditTrail,
        stack: contextlib.AsyncExitStack,
    ) -> None:
        """Bind every door, given back when the stack is closed; nobody is served yet.

        Raises
        ------
        DeskTrustError, OSError
        """
        services = tuple(services)
        self._native = NativeDoor(services, self._config.roles, audit)
        self._bind_own(stack)
        self._bind_for_others(stack)
        if self._metrics is not None:
            self._bind_metrics(*self._metrics, stack)
        if self._web is None:
            return
        from gateway.service.web_office import WebOffice  # libraries that a gateway without browsers need not load

        self.web = WebOffice(self._state, self._config.web, self._config.roles, services, pairings, audit)
        self.addresses = replace(self.addresses, web=self.web.listen(*self._web))
        stack.callback(self.web.close)

    async def serve(self, stack: contextlib.AsyncExitStack) -> None:
        """Serve until the stack is closed.

        Raises
        ------
        WebTrustError, OSError
        """
        await self._native.start()
        stack.push_async_callback(self._native.stop, STOP_GRACE_S)
        if self.web is not None:
            await self.web.start()
            stack.push_async_callback(self.web.stop)

    def _bind_own(self, stack: contextlib.AsyncExitStack) -> None:
        """Loopback, and the socket of this gateway's own user."""
        if self._listen:
            host = self._listen.rpartition(":")[0]
            self.addresses = replace(self.addresses, grpc=f"{host}:{self._native.listen(self._listen)}")
        socket = socket_path(self._state)
        if socket is not None:
            socket.unlink(missing_ok=True)  # ours: the lock of the state folder is held
            self._native.listen(f"unix:{socket}")
            socket.chmod(0o600)
            stack.callback(socket.unlink, missing_ok=True)
            self.addresses = replace(self.addresses, unix=f"unix:{socket}")
        elif not self._listen:
            raise OSError(
                f"{self._state} is too long a path for a unix socket, and `listen` is empty: give one of both"
            )

    def _bind_for_others(self, stack: contextlib.AsyncExitStack) -> None:
        """The socket of a group of this machine's users, and the address of desks on other machines."""
        ways = self._config.grpc
        if ways.socket is not None:
            group = open_for_group(self._native, ways.socket, ways.group, ways.group_roles)
            self.addresses = replace(self.addresses, group=group)
            stack.callback(ways.socket.unlink, missing_ok=True)
        if ways.listen:
            host, _ = host_and_port("grpc.listen", ways.listen)
            port = open_for_desks(self._native, self._state, ways.listen, ways.reached_by)
            self.addresses = replace(self.addresses, desks=f"{host}:{port}")

    def _bind_metrics(self, host: str, port: int, stack: contextlib.AsyncExitStack) -> None:
        try:
            server, thread = prometheus_client.start_http_server(port, host, REGISTRY)
        except OSError as error:
            raise OSError(f"{host}:{port} for metrics cannot be bound: {error.strerror}") from error
        stack.callback(thread.join)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        self.addresses = replace(self.addresses, metrics=f"{host}:{server.server_port}")
