"""A whole gateway with synthetic devices, in a thread of the test's own process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from rekam.v1 import capture_pb2, common_pb2

from gateway.cli.connection import GatewayClient
from gateway.config import CaptureSettings, Config, DeviceTable
from gateway.main import Gateway, ServeOptions
from gateway.state_folder import Addresses

READY_S = 60.0
EYES = {"right": common_pb2.EYE_POSITION_RIGHT, "left": common_pb2.EYE_POSITION_LEFT}
QUICK = {"settle_s": 0.1, "finger_delay_s": 0.05, "finger": 17}


@dataclass(frozen=True)
class RunningGateway:
    state: Path
    addresses: Addresses
    gateway: Gateway

    def seen(self, device_id: str, eye: str = "") -> None:
        """Wait until a finger, or that eye, is at the device, and leave it there: a busy machine draws for seconds."""
        asked = capture_pb2.StartCaptureRequest(device_id=device_id, manual=True)
        asked.timeout.FromSeconds(60)
        if eye:
            asked.modality, asked.eye = common_pb2.MODALITY_IRIS, EYES[eye]
        else:
            asked.modality, asked.position = common_pb2.MODALITY_FINGER, common_pb2.FINGER_POSITION_RIGHT_INDEX
        with GatewayClient(self.addresses.grpc) as client:
            begun = client.call("CaptureService/StartCapture", asked, capture_pb2.StartCaptureResponse).capture
            watched = capture_pb2.WatchCaptureRequest(capture_id=begun.capture_id)
            cancel = capture_pb2.CommandCaptureRequest(
                capture_id=begun.capture_id, action=capture_pb2.CAPTURE_ACTION_CANCEL
            )
            came = False
            for event in client.stream("CaptureService/WatchCapture", watched, capture_pb2.WatchCaptureResponse, 90.0):
                if event.capture.state == capture_pb2.CAPTURE_STATE_CAPTURING and not came:
                    came = True
                    client.call("CaptureService/CommandCapture", cancel, capture_pb2.CommandCaptureResponse)
        assert came


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
