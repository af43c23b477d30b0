"""A whole gateway with synthetic devices, in a thread of the test's own process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from gateway.config import CaptureSettings, Config, DeviceTable
from gateway.main import Gateway, ServeOptions
from gateway.state_folder import Addresses

READY_S = 30.0
QUICK = {"settle_s": 0.1, "finger_delay_s": 0.05, "finger": 17}


@dataclass(frozen=True)
class RunningGateway:
    state: Path
    addresses: Addresses
    gateway: Gateway


def quick_device(serial: str, **options: object) -> DeviceTable:
    return DeviceTable.model_validate({"driver": "synthetic", "serial": serial, **QUICK, **options})


DEVICES = (
    quick_device("QUICK"),
    quick_device("EMPTY", finger_delay_s=1000.0),
    quick_device("BROKEN", condition="soaked"),
)


@contextmanager
def running_gateway(
    state: Path,
    *,
    roles: frozenset[str] | None = None,
    devices: tuple[DeviceTable, ...] = DEVICES,
    synthetic: bool = False,
    **tables: Any,
) -> Iterator[RunningGateway]:
    config = Config(device=devices, capture=CaptureSettings(recovery_s=0.2, removal_s=0.0), **tables)
    if roles is not None:
        config = config.model_copy(update={"roles": roles})
    ready, failed = threading.Event(), []
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    gateway = Gateway(config, ServeOptions(synthetic, state, listen="127.0.0.1:0", metrics="", web=""))

    async def serve() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        try:
            await gateway.start()
        finally:
            ready.set()
        await stop.wait()
        await gateway.stop()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)

    # The gateway's log, which is a program's of its own, must not fall into the output of the command under test.
    log = (state.parent / f"{state.name}.log").open("w", encoding="utf-8")
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
    thread = threading.Thread(target=run, name="gateway")
    thread.start()
    try:
        assert ready.wait(READY_S)
        assert not failed, failed
        yield RunningGateway(state, gateway.addresses, gateway)
    finally:
        loop, stop = loops[0]
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join(READY_S)
        structlog.configure(**before)
        log.close()
    assert not failed, failed
