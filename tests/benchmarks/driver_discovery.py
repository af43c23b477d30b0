"""How long a look at the ports takes, until a pulled cable is announced, and until a device that is back is ready."""

import asyncio
import contextlib
import itertools
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from rekam.v1 import capture_pb2, device_pb2

from drivers import Discovery, discover
from drivers.transports import usb_ports
from tests.benchmarks.figure import Figure
from tests.benchmarks.gateway_process import serving
from tests.gateway.client import Client
from tests.soak.clients import client_of
from tests.soak.faulty_scanner import DRIVER, Plan
from tests.soak.installed_driver import cable_file, calm_file, environment_with_driver

LOOK_GOAL_MS, UNPLUG_GOAL_MS, REPLUG_GOAL_S = 300.0, 500.0, 2.0
HUB = 20
USB_IDS = ("05ba:000a", "298d:1010", "147e:2015", "08ff:5731", "1d6b:0002")
"""Scanners of four drivers, and a hub that nobody claims."""

FIRST_LOOK = """
import time
from drivers import discover
began = time.perf_counter()
discover()
print(time.perf_counter() - began)
"""

CONFIG = "[capture]\nmin_preview_score = 10\nremoval_s = 0.0\n[spool]\nreserve_mb = 1\n"
"""The rescan's period is the default."""
WAIT_S = 30.0
PAUSE_S = 0.25
"""A cable is pulled at any moment of the rescan's period."""


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Looks at this machine's own ports and at a hub's; a cable pulled from a gateway in a process of its own."""
    first = [_first_look_ms() for _ in range(3 if quick else 7)]
    own, _ = _looks_ms(100)
    with _hub(scratch / "sysfs"):
        hub, found = _looks_ms(100)
    folder = scratch / "cables"
    folder.mkdir()
    environment = environment_with_driver(folder, Plan(0, ("CABLE",), float("inf")))
    calm_file(folder).touch()
    idle, busy, back = asyncio.run(_cables(folder, environment, 6 if quick else 20))
    return [
        Figure("discovery, all drivers", own, "ms", goal=LOOK_GOAL_MS),
        Figure(f"  a hub with {HUB} devices, {len(found.devices)} of them ours", hub, "ms", goal=LOOK_GOAL_MS),
        Figure("  the first of a process, which loads the drivers", first, "ms", goal=LOOK_GOAL_MS),
        Figure("unplugged → announced, idle", idle, "ms", goal=UNPLUG_GOAL_MS),
        Figure("unplugged → announced, during a capture", busy, "ms", goal=UNPLUG_GOAL_MS),
        Figure("plugged in again → ready", back, "s", goal=REPLUG_GOAL_S),
    ]


def _first_look_ms() -> float:
    done = subprocess.run([sys.executable, "-c", FIRST_LOOK], check=True, capture_output=True, text=True, timeout=60)
    return 1e3 * float(done.stdout)


def _looks_ms(count: int) -> tuple[list[float], Discovery]:
    found, took = discover(), []
    for _ in range(count):
        began = time.perf_counter()
        found = discover()
        took.append(1e3 * (time.perf_counter() - began))
    return took, found


@contextlib.contextmanager
def _hub(sysfs: Path) -> Iterator[None]:
    """Meanwhile the kernel's list is one with a hub full of devices, four interfaces each."""
    for number, usb_id in zip(range(1, HUB + 1), itertools.cycle(USB_IDS), strict=False):
        folder = sysfs / f"1-1.{number}"
        folder.mkdir(parents=True)
        vendor, product = usb_id.split(":")
        named = {"serial": f"HUB-{number}", "manufacturer": "Example", "product": "Device", "bcdDevice": "0100"}
        for name, value in {"idVendor": vendor, "idProduct": product, **named}.items():
            (folder / name).write_text(f"{value}\n", encoding="utf-8")
        for interface in range(4):
            (sysfs / f"1-1.{number}:1.{interface}").mkdir()
    own, usb_ports.SYSFS = usb_ports.SYSFS, sysfs
    try:
        yield
    finally:
        usb_ports.SYSFS = own


async def _cables(
    folder: Path, environment: Mapping[str, str], runs: int
) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds until a removal is announced, idle and busy; seconds until the device is ready again."""
    device_id, cable = f"{DRIVER}:CABLE", cable_file(folder, "CABLE")
    lots = random.Random(7)
    idle, busy, back = list[float](), list[float](), list[float]()
    with serving(folder / "state", CONFIG, environment) as gateway:
        async with client_of(gateway.addresses.grpc) as client:
            for run in range(runs):
                await _until(client, device_id, device_pb2.DEVICE_STATE_IDLE)
                if during := run % 2 == 1:
                    capture = await client.start(device_id=device_id, manual=True, timeout=60)
                    await client.until(capture.capture_id, capture_pb2.CAPTURE_STATE_CAPTURING)
                await asyncio.sleep(lots.uniform(0, PAUSE_S))
                noticed = asyncio.create_task(_until(client, device_id, *_GONE))
                await asyncio.sleep(PAUSE_S)  # the watch has begun
                began = time.monotonic()
                cable.touch()  # pulled
                (busy if during else idle).append(1e3 * (await noticed - began))
                if during:
                    await client.command(capture.capture_id, capture_pb2.CAPTURE_ACTION_CANCEL)
                    await client.end(capture.capture_id)
                ready = asyncio.create_task(_until(client, device_id, device_pb2.DEVICE_STATE_IDLE))
                await asyncio.sleep(2 * PAUSE_S + lots.uniform(0, PAUSE_S))
                began = time.monotonic()
                cable.unlink()
                back.append(await ready - began)
    return idle, busy, back


_GONE = (device_pb2.DEVICE_STATE_ABSENT, device_pb2.DEVICE_STATE_RECOVERING, device_pb2.DEVICE_STATE_FAILED)


async def _until(client: Client, device_id: str, *states: int) -> float:
    """When a watcher was told that the device is in one of the states, by the monotonic clock."""
    call = client.watch_devices()
    try:
        async with asyncio.timeout(WAIT_S):
            async for change in call:
                if change.HasField("device") and change.device.device_id == device_id and change.device.state in states:
                    return time.monotonic()
    finally:
        call.cancel()
    raise RuntimeError("the gateway stopped")
