"""The web door as the gateway runs it: bound, given its certificate, renewed, ended."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import structlog
from google.protobuf.descriptor import ServiceDescriptor

from gateway.config import WebSettings
from gateway.going_on import going_on
from gateway.service.audit_trail import AuditTrail
from gateway.service.pairing import Pairings
from gateway.service.web_door import WebDoor
from gateway.service.web_origins import WebOrigins
from gateway.task_end import end_tasks
from gateway.web import LocalAuthority, WebTrustError

log = structlog.get_logger(__name__)

LOOKED_AT_S = 12 * 3600.0
"""The certificate's end is a month away when it is renewed."""


class WebOffice:
    """Serves browsers from `start` to `stop`."""

    def __init__(
        self,
        state: Path,
        settings: WebSettings,
        own_roles: frozenset[str],
        cores: Iterable[tuple[ServiceDescriptor, object]],
        pairings: Pairings,
        audit: AuditTrail | None,
    ) -> None:
        self._state = state
        self._settings = settings
        self._own_roles = own_roles
        self._door = WebDoor(cores, pairings, audit)
        self._port = 0
        self._renewing: asyncio.Task[None] | None = None

    def listen(self, host: str, port: int) -> str:
        """Bind `host:port`; what is in use. `OSError` where it cannot be."""
        self._port = self._door.listen(host, port)
        return f"{host}:{self._port}"

    def close(self) -> None:
        """Give the address back."""
        self._door.close()

    async def start(self) -> None:
        """Serve; `WebTrustError` where there is no certificate to show."""
        origins = WebOrigins(self._port, self._settings.origins, self._own_roles, self._settings.roles)
        self._authority = await asyncio.to_thread(LocalAuthority.open, self._state)
        self._certificate = await asyncio.to_thread(self._authority.door)
        await self._door.start(origins, self._certificate.certificate, self._certificate.key)
        self._renewing = asyncio.create_task(self._keep_current(), name="web certificate")

    async def stop(self) -> None:
        """End every stream, then the door."""
        if self._renewing is not None:
            await end_tasks([self._renewing])
        await self._door.stop()

    async def look(self) -> None:
        """Renew the certificate where it is time."""
        try:
            certificate = await asyncio.to_thread(self._authority.door)
        except WebTrustError as error:
            log.error("web_certificate_not_renewed", error=str(error))
            return
        if certificate != self._certificate:
            await self._door.renew(certificate.certificate, certificate.key)
            self._certificate = certificate
            log.info("web_certificate_renewed", until=certificate.until.isoformat())

    async def _keep_current(self) -> None:
        while True:
            await asyncio.sleep(LOOKED_AT_S)
            with going_on("web_certificate_not_renewed"):
                await self.look()
