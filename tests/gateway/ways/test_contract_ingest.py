"""The way over gRPC does what every way does."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

from gateway.ways import IngestWay
from tests.gateway.central.centres import ROOMY, made_centre, place
from tests.gateway.ways.way_out_contract import Scene, WayOutContract
from tests.gateway.ways.ways_scenes import ingest_scene


class TestIngestWay(WayOutContract):
    def scene(self, folder: Path) -> AbstractAsyncContextManager[Scene]:
        return ingest_scene(folder)

    def busy_scene(self, folder: Path) -> AbstractAsyncContextManager[Scene]:
        return ingest_scene(folder, replace(ROOMY, uploads=0))

    def way_to(self, folder: Path, port: int) -> IngestWay:
        return IngestWay(place(made_centre(folder / "centre"), f"127.0.0.1:{port}"))
