"""The way over a hub does what every way does."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

from gateway.ways import JetstreamWay
from tests.gateway.central.centres import GATEWAY
from tests.gateway.hub.hubs import Hub
from tests.gateway.ways.way_out_contract import Scene, WayOutContract
from tests.gateway.ways.ways_scenes import SMALL_HUB, hub_scene


class TestJetstreamWay(WayOutContract):
    def scene(self, folder: Path) -> AbstractAsyncContextManager[Scene]:
        return hub_scene(folder)

    def busy_scene(self, folder: Path) -> AbstractAsyncContextManager[Scene]:
        return hub_scene(folder, replace(SMALL_HUB, in_bytes=600_000), is_up=False)

    def way_to(self, folder: Path, port: int) -> JetstreamWay:
        return JetstreamWay(Hub(folder / "hub", [GATEWAY]).place(GATEWAY, f"127.0.0.1:{port}"), GATEWAY)
