"""A thousand captures on several devices: what they leave in memory, and how long the event loop stalls meanwhile."""

import asyncio
import itertools
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import capture_pb2_grpc, common_pb2

from tests.benchmarks.figure import Figure
from tests.benchmarks.gateway_process import ServingGateway, serving

WARM_UP = 400
"""Captures before memory is first looked at: 200 are kept to be watched again, and logs and caches are filled."""
COUNTED = 1_000
DEVICES = tuple(f"synthetic:SOAK-{number}" for number in range(1, 5))
LIMIT_S = 600.0
STALL_GOAL_MS = 50.0

CONFIG = "[capture]\nstill_frames = 1\nmin_preview_score = 1\n" + "".join(
    f'[[device]]\ndriver = "synthetic"\nserial = "{device.partition(":")[2]}"\nfinger = {number}\n'
    "finger_delay_s = 0.05\nsettle_s = 0.05\nhold_s = 0.3\nframe_rate = 25.0\n"
    for number, device in enumerate(DEVICES, 17)
)
"""Fingers that come and go about twice a second on each device: a hand needs half a second to be lifted."""

_BUCKET = re.compile(r'rekam_event_loop_stall_seconds_bucket\{le="([^"]+)"\}')


async def _one(stub: capture_pb2_grpc.CaptureServiceStub, device_id: str) -> None:
    request = pb.StartCaptureRequest(
        modality=common_pb2.MODALITY_FINGER,
        position=common_pb2.FINGER_POSITION_RIGHT_INDEX,
        device_id=device_id,
    )
    request.wait.FromSeconds(20)
    capture_id = (await stub.StartCapture(request, timeout=30)).capture.capture_id
    ended = None
    async for event in stub.WatchCapture(pb.WatchCaptureRequest(capture_id=capture_id), timeout=90):
        if event.WhichOneof("event") == "capture":
            ended = event.capture
    if ended is None or not ended.sequence:
        raise RuntimeError(f"a capture was not recorded: {ended}")


async def _captures(address: str, count: int) -> None:
    """Make `count` captures, the devices side by side."""
    numbers = itertools.count()

    async def device_after_device(stub: capture_pb2_grpc.CaptureServiceStub, device_id: str) -> None:
        while next(numbers) < count:
            await _one(stub, device_id)

    async with asyncio.timeout(LIMIT_S), grpc.aio.insecure_channel(address) as channel:
        stub = capture_pb2_grpc.CaptureServiceStub(channel)  # type: ignore[no-untyped-call]
        await asyncio.gather(*(device_after_device(stub, device_id) for device_id in DEVICES))


def stalls_ms(before: dict[str, float], after: dict[str, float]) -> tuple[float, float]:
    """The 99th percentile and the largest stall between two looks at the metrics.

    Each is the upper bound of its bucket: the histogram tells no more.
    """
    counts = {float(found[1]): after[name] - before[name] for name in after if (found := _BUCKET.match(name))}
    total = counts[float("inf")]
    bounds = sorted(counts)
    p99, largest = (next(bound for bound in bounds if counts[bound] >= share * total) for share in (0.99, 1.0))
    return 1e3 * p99, 1e3 * largest


@contextmanager
def _bare_timer() -> Iterator[list[float]]:
    """Meanwhile watch a timer in a process that does nothing else; its largest delay in ms is there afterwards."""
    command = [sys.executable, "-m", "tests.benchmarks.bare_timer"]
    found: list[float] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield found
        found.append(1e3 * float(process.communicate()[0]))


def _settled_mb(gateway: ServingGateway) -> float:
    time.sleep(2.0)
    return gateway.resident_mb()


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Memory after the first captures and after as many more as were promised."""
    counted = 200 if quick else COUNTED
    with serving(scratch / "soak", CONFIG) as gateway:
        asyncio.run(_captures(gateway.addresses.grpc, WARM_UP))
        first_mb, began, before = _settled_mb(gateway), time.perf_counter(), gateway.metrics()
        with _bare_timer() as bare_ms:
            asyncio.run(_captures(gateway.addresses.grpc, counted))
            took_s = time.perf_counter() - began
        p99_ms, largest_ms = stalls_ms(before, gateway.metrics())
        growth_mb = _settled_mb(gateway) - first_mb
    excuse = "so does a bare timer" if bare_ms[0] > STALL_GOAL_MS and bare_ms[0] >= largest_ms else ""
    return [
        Figure(f"resident memory after {WARM_UP} captures", [first_mb], "MB"),
        Figure(f"  growth over {counted:,} more (5 % of it is noise)", [growth_mb], "MB", goal=round(0.05 * first_mb)),
        Figure(f"captures, {len(DEVICES)} devices side by side", [counted / took_s], "/s"),
        Figure("event loop stall meanwhile, 99th percentile", [p99_ms], "ms", goal=STALL_GOAL_MS),
        Figure("  the largest", [largest_ms], "ms", goal=STALL_GOAL_MS, excuse=excuse),
        Figure("  the largest of a bare timer beside it", bare_ms, "ms"),
    ]
