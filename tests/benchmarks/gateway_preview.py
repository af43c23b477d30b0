"""The preview of a running capture: how many frames a fast client gets, and how old a slow client's are."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import capture_pb2_grpc, common_pb2

from tests.benchmarks.figure import Figure
from tests.benchmarks.gateway_process import serving

SLOW_PAUSE_S = 0.3
FOLLOWED_S = 5.0


@asynccontextmanager
async def _stub(address: str) -> AsyncIterator[capture_pb2_grpc.CaptureServiceStub]:
    async with grpc.aio.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        yield capture_pb2_grpc.CaptureServiceStub(channel)  # type: ignore[no-untyped-call]


async def _frames_per_s(address: str, capture_id: str) -> float:
    """Frames that a client gets which asks again at once."""
    began, seq, frames = time.monotonic(), 0, 0
    async with _stub(address) as stub:
        while (elapsed := time.monotonic() - began) < FOLLOWED_S:
            seq = (await stub.NextPreview(pb.NextPreviewRequest(capture_id=capture_id, after_seq=seq), timeout=10)).seq
            frames += 1
    return frames / elapsed


async def _ages_ms(address: str, capture_id: str) -> list[float]:
    """Ages of the frames that a client gets which pauses between them, each at its arrival.

    The frame's age is the gateway's word when it wrote the answer; the whole of the call is added for the way, which
    is more than it took.
    """
    began, seq, ages = time.monotonic(), 0, list[float]()
    async with _stub(address) as stub:
        while time.monotonic() - began < FOLLOWED_S:
            asked = time.monotonic()
            answer = await stub.NextPreview(pb.NextPreviewRequest(capture_id=capture_id, after_seq=seq), timeout=10)
            waited_s = time.monotonic() - asked
            if not answer.seq:
                break
            # The first call waits for its frame, which is not the way.
            ages.append(1e3 * (answer.age.ToNanoseconds() / 1e9 + (waited_s if seq else 0.0)))
            seq = answer.seq
            await asyncio.sleep(SLOW_PAUSE_S)
    return ages


async def _follow(address: str) -> tuple[float, list[float]]:
    """Both clients at once on one manual capture, each with a connection of its own."""
    request = pb.StartCaptureRequest(
        modality=common_pb2.MODALITY_FINGER, position=common_pb2.FINGER_POSITION_RIGHT_INDEX, manual=True
    )
    async with _stub(address) as stub:
        capture_id = (await stub.StartCapture(request, timeout=10)).capture.capture_id
        rate, ages = await asyncio.gather(_frames_per_s(address, capture_id), _ages_ms(address, capture_id))
        cancel = pb.CommandCaptureRequest(capture_id=capture_id, action=pb.CAPTURE_ACTION_CANCEL)
        await stub.CommandCapture(cancel, timeout=10)
        async for _ in stub.WatchCapture(pb.WatchCaptureRequest(capture_id=capture_id), timeout=30):
            pass
    return rate, ages


async def _oldest_to_the_end_ms(address: str, lag_s: float) -> float:
    """The oldest frame that the slow client gets of a capture that ends by itself, looking `lag_s` after its start."""
    request = pb.StartCaptureRequest(
        modality=common_pb2.MODALITY_FINGER,
        position=common_pb2.FINGER_POSITION_RIGHT_INDEX,
        min_quality=1,
        wait={"seconds": 20},
    )
    async with _stub(address) as stub:
        capture_id = (await stub.StartCapture(request, timeout=30)).capture.capture_id
        await asyncio.sleep(lag_s)
        ages = await _ages_ms(address, capture_id)
    return max(ages)


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """While the finger is looked at, and over the end of captures, where the frames stop."""
    rates, oldest, ages = [], [], []
    with serving(scratch / "preview") as gateway:
        for _ in range(2 if quick else 5):
            rate, seen = asyncio.run(_follow(gateway.addresses.grpc))
            rates.append(rate)
            ages += seen
            oldest.append(max(seen))
        # The lag moves the client's looks over the end of the capture, so that one falls just after it.
        lags = (0.05 * step for step in range(3 if quick else 7))
        over_the_end = [asyncio.run(_oldest_to_the_end_ms(gateway.addresses.grpc, lag_s)) for lag_s in lags]
    return [
        Figure("preview, a fast client", rates, "/s", goal=15, better="higher"),
        Figure("preview, oldest frame at a client that pauses 300 ms", oldest, "ms", goal=150, judged="worst"),
        Figure("  over the end of a capture", over_the_end, "ms", goal=150, judged="worst"),
        Figure("  all frames of that client", ages, "ms"),
    ]
