"""A real gateway in the test's own process, quick enough for many tests."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from drivers import Discovery
from gateway.config import Config
from gateway.main import Gateway, ServeOptions
from tests.gateway.client import Client
from tests.gateway.desk_ports import QUICK

ANY_SCORE = dict.fromkeys(("thumb", "index", "middle", "ring", "little"), 0)


def synthetic(number: int = 1, **options: Any) -> dict[str, Any]:
    """The `[[device]]` table of a quick synthetic scanner."""
    return {"driver": "synthetic", "serial": f"T-{number}", **QUICK, **options}


def synthetic_iris(number: int = 1, **options: Any) -> dict[str, Any]:
    """The `[[device]]` table of a quick synthetic iris camera: somebody is before it at once, and stays."""
    return {"driver": "synthetic-iris", "serial": f"I-{number}", "eye": 17, "impression": 1, **QUICK_SITTER, **options}


QUICK_SITTER = {"delay_s": 0.0, "approach_s": 0.0, "settle_s": 0.05, "hold_s": 1000.0, "frame_rate": 50.0}


def quick_config(*devices: dict[str, Any], **tables: Any) -> Config:
    """Captures that take a tenth of a second; `tables` change the rest."""
    capture = {
        "timeout_s": 15.0,
        "removal_s": 0.0,
        "recovery_s": 3.0,
        "still_frames": 2,
        "min_preview_score": 10,
        "min_quality": ANY_SCORE,
        "iris": {"timeout_s": 15.0, "still_frames": 2, **tables.get("capture", {}).pop("iris", {})},
        **tables.pop("capture", {}),
    }
    lease = {"protected_s": 30.0, **tables.pop("lease", {})}
    return Config.model_validate(
        {"capture": capture, "lease": lease, "device": devices, "rescan_s": 0.1, "spool": {"reserve_mb": 1}, **tables}
    )


@asynccontextmanager
async def running(
    state: Path,
    *devices: dict[str, Any],
    look: Callable[[], Discovery] = lambda: Discovery(()),
    **tables: Any,
) -> AsyncIterator[Gateway]:
    """A gateway on free ports, stopped at the end of the block."""
    metrics, web = tables.pop("metrics", ""), tables.pop("web_listen", "")
    listen = tables.pop("grpc_listen", "127.0.0.1:0")
    options = ServeOptions(state=state, listen=listen, metrics=metrics, web=web)
    gateway = Gateway(quick_config(*devices, **tables), options, look)
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


@asynccontextmanager
async def connected(gateway: Gateway) -> AsyncIterator[Client]:
    """A client over a channel of its own."""
    async with grpc.aio.insecure_channel(gateway.addresses.grpc, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        yield Client(channel)


@asynccontextmanager
async def desk(state: Path, *devices: dict[str, Any], **tables: Any) -> AsyncIterator[Client]:
    """A gateway and a client of it."""
    async with running(state, *devices, **tables) as gateway, connected(gateway) as client:
        yield client


def device_threads() -> list[str]:
    """The threads that belong to devices."""
    kinds = ("device ", "reset ", "synthetic-finger")
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(kinds)]
