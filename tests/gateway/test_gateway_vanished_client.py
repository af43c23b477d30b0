"""A client that is killed in the middle of a capture leaves neither a stuck device nor a ghost lease."""

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import device_pb2

from tests.gateway.client import eventually
from tests.gateway.running import connected, running, synthetic
from tests.gateway.vanishing_client import TERM_S

ROOT = Path(__file__).parents[2]
ONE = "synthetic:T-1"
ABANDONED_S = 4.0
"""Longer than a busy machine keeps a client from watching what it has just begun."""


@asynccontextmanager
async def killed(address: str, how: str):
    """A client that holds what it says when the block begins; killed within the block by what is yielded."""
    command = (sys.executable, "-m", "tests.gateway.vanishing_client", address, how, ONE)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    capture_id = (await process.stdout.readline()).decode().strip()
    assert capture_id

    async def kill() -> float:
        process.kill()
        await process.wait()
        return time.monotonic()

    yield capture_id, kill
    if process.returncode is None:
        await kill()


@pytest.mark.parametrize("how", ["lease", "capture", "unwatched"])
async def test_another_client_captures_soon_after(tmp_path, how):
    async with (
        running(tmp_path, synthetic(1), lease={"abandoned_s": ABANDONED_S}) as gateway,
        connected(gateway) as client,
        killed(gateway.addresses.grpc, how) as (capture_id, kill),
    ):
        held = await client.device(ONE)
        assert held.lease_holder
        vanished_at = await kill()
        capture = await client.start(device_id=ONE, wait=60)
        ended = await client.end(capture.capture_id)
        took_s = time.monotonic() - vanished_at
        assert ended.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        # What the gateway promises, not how quick it is: the term, and not the minute that is waited for.
        assert took_s < (TERM_S if how == "lease" else ABANDONED_S) + 50.0
        vanished = await client.get_capture(capture_id)
        assert (vanished.state, vanished.outcome) == (pb.CAPTURE_STATE_DONE, pb.CAPTURE_OUTCOME_CANCELLED)
        assert vanished.sequence == 0

        async def idle() -> bool:
            device = await client.device(ONE)
            return device.state == device_pb2.DEVICE_STATE_IDLE and not device.lease_holder

        await eventually(idle)


async def test_one_that_vanishes_from_the_queue_never_comes_to_its_turn(tmp_path):
    async with (
        running(tmp_path, synthetic(1), lease={"abandoned_s": ABANDONED_S}) as gateway,
        connected(gateway) as client,
    ):
        lease = await client.acquire(ONE, ttl_s=60)
        async with killed(gateway.addresses.grpc, "queued") as (capture_id, kill):
            assert (await client.get_capture(capture_id)).state == pb.CAPTURE_STATE_QUEUED
            await kill()
            ended = asyncio.create_task(client.capture(device_id=ONE, wait=60))
            await client.release(lease.lease_id)
            assert (await ended).outcome == pb.CAPTURE_OUTCOME_CAPTURED
            vanished = await client.get_capture(capture_id)
            assert (vanished.state, vanished.outcome) == (pb.CAPTURE_STATE_DONE, pb.CAPTURE_OUTCOME_CANCELLED)
