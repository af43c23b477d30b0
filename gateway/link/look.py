"""One look at the way to the centre: its own word first; where that fails, why."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.link.evidence import AskCentre, ConnectOutcome, LinkTarget, Look, NameSeen, RouteSeen
from gateway.link.probe_centre import probe_centre
from gateway.link.probe_connect import Streams, let_go, probe_connect
from gateway.link.probe_name import NameProbe
from gateway.link.probe_own_certificate import probe_own_certificate
from gateway.link.probe_route import kernel_reaches, probe_route
from gateway.link.probe_tls import probe_tls


@dataclass(frozen=True)
class LookBounds:
    """How long each probe may take, in seconds."""

    centre_s: float = 10.0
    name_s: float = 4.0
    connect_s: float = 5.0
    tls_s: float = 6.0


class Lookout:
    """Looks at one target; belongs to the event loop's thread.

    A look costs a line of 1 MB a day as little as can be: where the centre answers, nothing else is sent. Only a
    failure is looked into, from this machine outwards, and no further than to what explains it.

    Parameters
    ----------
    target : LinkTarget
    ask : callable or None
        `WayOut.centre`; without it, what answers on the port is all that can be known.
    bounds : LookBounds, optional
    route : callable, optional
        Gives the `RouteSeen` of this machine.
    """

    def __init__(
        self,
        target: LinkTarget,
        ask: AskCentre | None,
        bounds: LookBounds = LookBounds(),
        route: Callable[[], RouteSeen] = probe_route,
    ) -> None:
        self.target = target
        self._ask = ask
        self._bounds = bounds
        self._route = route
        self._name = NameProbe(target.host)

    async def look(self, now: datetime, clock: Callable[[], float]) -> Look:
        """Look once; bounded in time by the sum of the bounds.

        Parameters
        ----------
        now : datetime
            By which certificates are judged, UTC.
        clock : callable
            Seconds of the boot clock.
        """
        look = Look(0.0)
        if self._ask is not None:
            look = replace(look, centre=await probe_centre(self._ask, self._bounds.centre_s))
        if not look.reached:
            look = await self._looked_into(look, now)
        return replace(look, at_s=clock())

    async def _looked_into(self, look: Look, now: datetime) -> Look:
        target, bounds = self.target, self._bounds
        route = self._route()
        if target.certificate_pem is not None:
            look = replace(look, own_certificate=probe_own_certificate(target.certificate_pem, now))
        if route.carrier is False and not _is_this_machine(target.host):
            return replace(look, route=route)
        name: NameSeen = await self._name.look(bounds.name_s)
        if name.fault is not None:
            return replace(look, route=route, name=name)
        look = replace(look, route=replace(route, reaches=kernel_reaches(name.addresses)), name=name)
        connect, streams = await probe_connect(name.addresses, target.port, bounds.connect_s)
        look = replace(look, connect=connect)
        if connect.outcome is not ConnectOutcome.CONNECTED:
            return look
        opened: list[Streams] = []
        waiting = [streams] if streams is not None else []

        async def connected() -> Streams | None:
            given = (
                waiting.pop() if waiting else (await probe_connect((connect.address,), target.port, bounds.tls_s))[1]
            )
            if given is not None:
                opened.append(given)
            return given

        try:
            return replace(look, tls=await probe_tls(connected, target, now, bounds.tls_s))
        finally:
            for each in (*opened, *waiting):
                await let_go(each)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
