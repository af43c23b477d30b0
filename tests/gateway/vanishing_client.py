"""A client that captures until it is killed: `python -m tests.gateway.vanishing_client ADDRESS HOW DEVICE`.

HOW is `lease` (a capture under a lease of some seconds), `capture` (one that takes its own), `unwatched` (one that
nobody watches) or `queued` (one that waits for the device). Says what it holds in one line once it holds it, then
watches for ever.
"""

import asyncio
import sys

import grpc
from rekam.v1 import capture_pb2

from tests.gateway.client import Client

TERM_S = 4.0
"""Of the lease, once the finger is there: longer than a busy machine needs to tell of it."""


async def main(address: str, how: str, device_id: str) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        client = Client(channel)
        lease_id = (await client.acquire(device_id, ttl_s=60)).lease_id if how == "lease" else ""
        wait = 600 if how == "queued" else 0
        capture = await client.start(device_id=device_id, lease_id=lease_id, manual=True, timeout=300, wait=wait)
        if how in ("lease", "capture"):
            await client.until(capture.capture_id, capture_pb2.CAPTURE_STATE_CAPTURING)
        if lease_id:
            await client.renew(lease_id, TERM_S)
        print(capture.capture_id, flush=True)
        if how == "unwatched":
            await asyncio.Event().wait()
        async for _ in client.watch_capture(capture.capture_id):
            pass


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
