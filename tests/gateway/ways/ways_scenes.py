"""Scenes for the contract of ways: over gRPC, and over a hub."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from gateway.central import AdmissionLimits
from gateway.central.server import CentreServer, CentreSettings
from gateway.centre import CentreBusy
from gateway.hub import HubLimits
from gateway.ways import IngestWay, JetstreamWay
from tests.free_ports import free_port
from tests.gateway.central.centres import GATEWAY, ROOMY, made_centre, place, until
from tests.gateway.central.slow_line import SlowLine
from tests.gateway.hub.hubs import Hub, hub_at
from tests.gateway.ways.way_out_contract import Scene

SMALL_HUB = HubLimits(in_bytes=10**9, out_bytes=10**8, alive_s=1.0, ack_wait_s=5.0)


class _Served:
    """A centre that can be up or down."""

    def __init__(self, state: Path, settings: CentreSettings) -> None:
        self.state, self.settings = state, settings
        self.server: CentreServer | None = None

    async def start(self) -> str:
        assert self.server is None
        self.server = CentreServer(self.state, self.settings)
        await self.server.start()
        return self.server.address

    async def stop(self) -> None:
        server, self.server = self.server, None
        if server is not None:
            await server.stop()


class IngestScene(Scene):
    """Straight to the centre."""

    def __init__(self, stack: AsyncExitStack, served: _Served) -> None:
        self._stack, self._served = stack, served
        self.state = served.state

    async def begin(self) -> None:
        """Start the centre, and know it by one address from now on."""
        self._served.settings = replace(self._served.settings, listen=f"127.0.0.1:{free_port()}")
        address = await self._served.start()
        self.line = await self._stack.enter_async_context(SlowLine(address))
        self.out = self.another_way()

    async def up(self) -> None:
        await self._served.stop()  # where it is up and busy
        self._served.settings = replace(self._served.settings, limits=ROOMY)
        await self._served.start()

    async def down(self) -> None:
        await self._served.stop()

    def another_way(self) -> IngestWay:
        way = IngestWay(place(self.state, self.line.address))
        self._stack.push_async_callback(way.close)
        return way


class HubScene(Scene):
    """Over a hub that stays up."""

    def __init__(self, stack: AsyncExitStack, served: _Served, hub: Hub) -> None:
        self._stack, self._served = stack, served
        self.hub, self.state = hub, served.state

    async def begin(self) -> None:
        """A line to the hub, and a way over it."""
        self.line = await self._stack.enter_async_context(SlowLine(self.hub.address))
        self.out = self.another_way()

    async def up(self) -> None:
        await self._served.start()
        await until(self._is_heard)

    async def down(self) -> None:
        await self._served.stop()
        await until(self._is_silent)

    async def stop_unnoticed(self) -> None:
        """Stop the centre; its last word still counts."""
        await self._served.stop()

    def another_way(self, offer_s: float = 8.0) -> JetstreamWay:
        way = JetstreamWay(self.hub.place(GATEWAY, self.line.address), GATEWAY, offer_s=offer_s)
        self._stack.push_async_callback(way.close)
        return way

    async def _is_heard(self) -> bool:
        return await self._silence() is False

    async def _is_silent(self) -> bool:
        return await self._silence() is True

    async def _silence(self) -> bool | None:
        way = JetstreamWay(self.hub.place(GATEWAY), GATEWAY)
        try:
            return (await way.centre()).centre_is_silent
        except CentreBusy:
            return None
        finally:
            await way.close()


@asynccontextmanager
async def ingest_scene(folder: Path, limits: AdmissionLimits = ROOMY) -> AsyncIterator[IngestScene]:
    """Over gRPC; the centre is up."""
    async with AsyncExitStack() as stack:
        settings = CentreSettings(listen="127.0.0.1:0", limits=limits)
        served = _Served(made_centre(folder / "centre"), settings)
        stack.push_async_callback(served.stop)
        scene = IngestScene(stack, served)
        await scene.begin()
        yield scene


@asynccontextmanager
async def hub_scene(folder: Path, limits: HubLimits = SMALL_HUB, *, is_up: bool = True) -> AsyncIterator[HubScene]:
    """Over a hub; the centre is up, or has been only until now."""
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(hub_at(folder / "hub", GATEWAY))
        settings = CentreSettings(listen="127.0.0.1:0", limits=ROOMY, jetstream=hub.settings(limits))
        served = _Served(made_centre(folder / "centre"), settings)
        stack.push_async_callback(served.stop)
        scene = HubScene(stack, served, hub)
        await scene.begin()
        await scene.up()
        if not is_up:
            await scene.down()
        yield scene
