"""GetInfo calls that one client gets answered, and what each costs the gateway."""

import asyncio
import time
from collections import deque
from pathlib import Path

import grpc
from rekam.v1 import gateway_pb2 as pb
from rekam.v1 import gateway_pb2_grpc

from tests.benchmarks.figure import Figure
from tests.benchmarks.gateway_process import serving

IN_FLIGHT = 8
RUN_S = 2.0
REQUEST = pb.GetInfoRequest()


def _in_turn(stub: gateway_pb2_grpc.GatewayServiceStub) -> float:
    """Calls per second of a blocking client that waits for each answer."""
    began, calls = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < RUN_S:
        stub.GetInfo(REQUEST, timeout=5)
        calls += 1
    return calls / elapsed


def _overlapping(stub: gateway_pb2_grpc.GatewayServiceStub) -> float:
    """Calls per second of a blocking client that keeps eight of them in flight."""
    began, calls = time.perf_counter(), 0
    waiting = deque(stub.GetInfo.future(REQUEST, timeout=5) for _ in range(IN_FLIGHT))
    while (elapsed := time.perf_counter() - began) < RUN_S:
        waiting.popleft().result()
        calls += 1
        waiting.append(stub.GetInfo.future(REQUEST, timeout=5))
    for call in waiting:
        call.result()
    return calls / elapsed


async def _overlapping_async(address: str) -> float:
    """Calls per second of an asyncio client with eight tasks, each of which waits for its answer."""
    calls = 0

    async def ask(stub: gateway_pb2_grpc.GatewayServiceStub, until: float) -> None:
        nonlocal calls
        while time.perf_counter() < until:
            await stub.GetInfo(REQUEST, timeout=5)
            calls += 1

    async with grpc.aio.insecure_channel(address) as channel:
        stub = gateway_pb2_grpc.GatewayServiceStub(channel)  # type: ignore[no-untyped-call]
        await stub.GetInfo(REQUEST, timeout=5)
        began = time.perf_counter()
        await asyncio.gather(*(ask(stub, began + RUN_S) for _ in range(IN_FLIGHT)))
        return calls / (time.perf_counter() - began)


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """One client on one channel: it may have several calls in flight, as a page or a desktop program has."""
    in_turn, overlapping, overlapping_async, cost_us = [], [], [], []
    with serving(scratch / "requests") as gateway, grpc.insecure_channel(gateway.addresses.grpc) as channel:
        stub = gateway_pb2_grpc.GatewayServiceStub(channel)  # type: ignore[no-untyped-call]
        stub.GetInfo(REQUEST, timeout=5)
        for _ in range(3 if quick else 7):
            in_turn.append(_in_turn(stub))
            cpu_s = gateway.cpu_s()
            overlapping.append(_overlapping(stub))
            cost_us.append(1e6 * (gateway.cpu_s() - cpu_s) / (overlapping[-1] * RUN_S))
            overlapping_async.append(asyncio.run(_overlapping_async(gateway.addresses.grpc)))
    return [
        Figure("GetInfo, one client, 8 calls in flight", overlapping, "/s", goal=1500, better="higher"),
        Figure("GetInfo, one asyncio client, 8 calls in flight", overlapping_async, "/s", goal=1500, better="higher"),
        Figure("GetInfo, one client, one call at a time", in_turn, "/s", goal=1500, better="higher"),
        Figure("  gateway's CPU per call (8 in flight)", cost_us, "µs"),
    ]
