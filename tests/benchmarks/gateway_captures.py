"""From a device's frame to the announcement of a signed, stored capture, as a client of the gateway sees it."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import grpc
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import capture_pb2_grpc, common_pb2

from tests.benchmarks.figure import Figure
from tests.benchmarks.gateway_process import ServingGateway, serving

STAGES = ("analysis", "records", "signature", "spool")


@dataclass(frozen=True)
class Announced:
    """How long after its frame a capture was announced, and how many previews its client saw."""

    ms: float
    previews: int


async def capture_watched(stub: capture_pb2_grpc.CaptureServiceStub) -> Announced:
    """Make one capture as a desk does: follow its events and, beside them, its preview.

    The frame taken is the last one that the preview showed; its age tells when the device delivered it. A preview
    that answers late makes the frame look younger by as much, which counts for us: hundreds of microseconds.
    """
    request = pb.StartCaptureRequest(
        modality=common_pb2.MODALITY_FINGER, position=common_pb2.FINGER_POSITION_RIGHT_INDEX, min_quality=1
    )
    capture_id = (await stub.StartCapture(request, timeout=30)).capture.capture_id
    taken_at, previews = 0.0, 0

    async def follow_preview() -> None:
        nonlocal taken_at, previews
        seq = 0
        while True:
            wanted = pb.NextPreviewRequest(capture_id=capture_id, after_seq=seq)
            answer = await stub.NextPreview(wanted, timeout=30)
            if not answer.seq:
                return
            seq, previews = answer.seq, previews + 1
            taken_at = time.monotonic() - answer.age.ToNanoseconds() / 1e9

    preview = asyncio.create_task(follow_preview())
    async for event in stub.WatchCapture(pb.WatchCaptureRequest(capture_id=capture_id), timeout=60):
        if event.capture.state == pb.CAPTURE_STATE_DONE:
            announced_at = time.monotonic()
            outcome = event.capture.outcome
    await preview
    if outcome != pb.CAPTURE_OUTCOME_CAPTURED:
        raise RuntimeError(f"a capture ended with {pb.CaptureOutcome.Name(outcome)}")
    return Announced(1e3 * (announced_at - taken_at), previews)


def stage_ms(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Mean milliseconds of each stage between two looks at the metrics."""
    found = {}
    for stage in STAGES:
        total, count = (f'rekam_capture_stage_seconds_{part}{{stage="{stage}"}}' for part in ("sum", "count"))
        captures = after[count] - before.get(count, 0.0)
        found[stage] = 1e3 * (after[total] - before.get(total, 0.0)) / max(1.0, captures)
    return found


async def _measure(gateway: ServingGateway, runs: int) -> tuple[list[float], list[dict[str, float]]]:
    """Milliseconds of each capture, and of its stages."""
    announced, stages = list[float](), list[dict[str, float]]()
    async with grpc.aio.insecure_channel(gateway.addresses.grpc) as channel:
        stub = capture_pb2_grpc.CaptureServiceStub(channel)  # type: ignore[no-untyped-call]
        for _ in range(runs):
            before = gateway.metrics()
            announced.append((await capture_watched(stub)).ms)
            stages.append(stage_ms(before, gateway.metrics()))
    return announced, stages


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """The way of a capture, whole and by stage; the first of a run apart, as it loads what the others find loaded."""
    first = []
    for run in range(2 if quick else 4):
        with serving(scratch / f"captures-{run}") as gateway:
            announced, stages = asyncio.run(_measure(gateway, 1 if run else 6 if quick else 22))
        first.append(announced[0])
        if run == 0:
            warm, warm_stages = announced[1:], stages[1:]
    return [
        Figure("frame → signed, spooled, announced (388x374)", warm, "ms", goal=150),
        Figure("  the first capture after the start", first, "ms", goal=150),
        *(Figure(f"  of which {stage}", [run[stage] for run in warm_stages], "ms") for stage in STAGES[:3]),
        # The manifest is signed under the lock of the spool: its place in the chain must be known first.
        Figure("  of which spool", [run["spool"] - run["signature"] for run in warm_stages], "ms"),
    ]
