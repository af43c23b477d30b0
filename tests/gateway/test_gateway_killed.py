"""SIGKILL at random instants during captures: what was acknowledged is there and verifies, nothing is half-written."""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from rekam.v1 import capture_pb2 as pb

from gateway.records import fir, fmr
from gateway.trust import TrustAnchors, open_signing_key, verify_capture, verify_chain
from tests.gateway.client import Client
from tests.gateway.killed_gateway import SCANNERS
from tests.gateway.left_spool import left_spool

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("REKAM_KILLS", "100"))
FOLDERS = 2
"""The kills are shared out over so many state folders, side by side: a machine has two cores at least."""

ALIVE_S = (0.0, 0.4)
"""From the first finger of a run to its end; a capture takes about 60 ms."""
SLOW_LIFE = 10
"""One life in so many lasts five times as long, so that a busy machine makes captures too."""


@dataclass
class Heard:
    """What clients were told."""

    acknowledged: dict[int, str] = field(default_factory=dict)
    """Capture id by sequence number."""
    lives_with_captures: int = 0


async def capture_until_killed(client: Client, device_id: str, heard: Heard, begun: asyncio.Event) -> None:
    """A desk that captures one finger after the other, and notes what it is told."""
    with contextlib.suppress(grpc.aio.AioRpcError):  # the kill, as a client sees it
        while True:
            capture = await client.start(device_id=device_id, wait=60, transaction_id="t", nonce=b"n")
            async for event in client.watch_capture(capture.capture_id):
                if event.capture.state == pb.CAPTURE_STATE_CAPTURING:
                    begun.set()
                if event.capture.sequence:
                    assert event.capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
                    heard.acknowledged[event.capture.sequence] = event.capture.capture_id


async def one_life(starter: asyncio.subprocess.Process, heard: Heard, alive_s: float) -> None:
    assert starter.stdin is not None
    assert starter.stdout is not None
    starter.stdin.write(b"start\n")
    said = json.loads(await asyncio.wait_for(starter.stdout.readline(), 60))
    options = [("grpc.use_local_subchannel_pool", 1)]
    before, begun = len(heard.acknowledged), asyncio.Event()
    async with grpc.aio.insecure_channel(said["address"], options) as channel:
        client = Client(channel)
        desks = [
            asyncio.create_task(capture_until_killed(client, f"synthetic:T-{number}", heard, begun))
            for number in range(SCANNERS)
        ]
        await asyncio.wait_for(begun.wait(), 60)
        await asyncio.sleep(alive_s)  # the instant of the kill is what is drawn by lot
        assert not any(desk.done() for desk in desks)
        os.kill(said["pid"], signal.SIGKILL)
        await asyncio.gather(*desks)
    heard.lives_with_captures += len(heard.acknowledged) > before


def check(state: Path, heard: Heard) -> int:
    """Look at the folder as the next start finds it; the number of captures in it."""
    with left_spool(state) as spool:
        assert spool.is_encrypted
        assert spool.incidents == ()
        assert spool.check() == ()
        anchors = TrustAnchors.from_pem(open_signing_key(state / "keys").trust_bundle().certificates_pem)
        stored = list(spool.all_captures())
        assert [capture.sequence for capture in stored] == list(range(1, len(stored) + 1))
        assert spool.head().sequence == len(stored)
        by_sequence = {capture.sequence: capture.capture_id for capture in stored}
        assert heard.acknowledged.items() <= by_sequence.items()
        for capture in stored:
            blobs = {blob.name: blob.content for blob in spool.blobs(capture.capture_id)}
            report = verify_capture(capture.jws, blobs, anchors)
            assert report.ok, report.failures
            image = fir.decode(blobs["image.fir"])
            assert fir.decode_pixels(image.representations[0]).shape == (374, 388)
            assert fmr.decode(blobs["template.fmr"]).views
        assert verify_chain([capture.jws for capture in stored], anchors).ok
    return len(stored)


async def many_lives(state: Path, lives: int, instants: random.Random) -> tuple[Heard, int]:
    heard = Heard()
    starter = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.gateway.killed_gateway",
        state,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    for number in range(lives):
        slowly = 5 if number % SLOW_LIFE == 0 else 1
        await one_life(starter, heard, slowly * instants.uniform(*ALIVE_S))
    assert starter.stdin is not None
    starter.stdin.close()
    assert await starter.wait() == 0
    return heard, await asyncio.to_thread(check, state, heard)


@pytest.mark.timeout(600)  # a hundred starts, at the pace of the machine
async def test_a_killed_gateway_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    shares = [len(range(folder, KILLS, FOLDERS)) for folder in range(FOLDERS)]
    found = await asyncio.gather(
        *(
            many_lives(tmp_path / f"state-{folder}", lives, random.Random(20130318 + folder))
            for folder, lives in enumerate(shares)
        )
    )
    for lives, (heard, stored) in zip(shares, found, strict=True):
        assert heard.lives_with_captures > 0  # few on a busy machine
        # What was stored just before the kill may not have been announced any more: one capture for each device.
        assert len(heard.acknowledged) <= stored <= len(heard.acknowledged) + lives * SCANNERS
