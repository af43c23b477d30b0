"""The web door as pages feel it, and what native clients feel of busy pages."""

import asyncio
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import grpc
from google.protobuf.duration_pb2 import Duration
from rekam.v1 import capture_pb2, capture_pb2_grpc, common_pb2, gateway_pb2, gateway_pb2_grpc, lease_pb2, lease_pb2_grpc

from tests.benchmarks.figure import Figure
from tests.benchmarks.gateway_process import ServingGateway, serving
from tests.benchmarks.web_page import WebPage, page, paired
from tests.benchmarks.web_tabs import CONNECT, Load, tabs

GRPC_WEB = "application/grpc-web+proto"
CAMERA, SLAP = "synthetic-iris:SYN-0003", "synthetic-slap:SYN-0006"
LEASED = "synthetic:SYN-0001"
"""A device that no capture here needs; its leases are the events."""
TURN_S = 0.5
"""Short, so that whatever else the machine does falls on all turns alike."""
WATCHERS = 20
STOPPED = 12
STOPPED_S = 6.0
PAUSE_S = 0.02
"""Between one lease and the next."""


class _Desk:
    """A gateway with a web door, a page's token, and a preview that runs."""

    def __init__(self, gateway: ServingGateway, state: Path) -> None:
        self.gateway, self.state = gateway, state
        self.token = asyncio.run(paired(state, gateway.addresses.web))
        self.channel = grpc.insecure_channel(gateway.addresses.grpc)
        self.captures = capture_pb2_grpc.CaptureServiceStub(self.channel)  # type: ignore[no-untyped-call]
        self._leases = lease_pb2_grpc.LeaseServiceStub(self.channel)  # type: ignore[no-untyped-call]
        self.info = gateway_pb2_grpc.GatewayServiceStub(self.channel)  # type: ignore[no-untyped-call]

    @contextmanager
    def preview(self) -> Iterator[str]:
        """A capture of an eye, 640x480 grey, that nobody triggers; watched, as it would else end by itself."""
        request = capture_pb2.StartCaptureRequest(
            modality=common_pb2.MODALITY_IRIS,
            eye=common_pb2.EYE_POSITION_RIGHT,
            device_id=CAMERA,
            manual=True,
            timeout=Duration(seconds=300),
        )
        capture_id = str(self.captures.StartCapture(request).capture.capture_id)
        watching = self.captures.WatchCapture(capture_pb2.WatchCaptureRequest(capture_id=capture_id))
        try:
            yield capture_id
        finally:
            cancel = capture_pb2.CommandCaptureRequest(capture_id=capture_id, action=capture_pb2.CAPTURE_ACTION_CANCEL)
            self.captures.CommandCapture(cancel)
            watching.cancel()

    def load(self, capture_id: str) -> Load:
        return Load(str(self.state), self.gateway.addresses.web, self.token, capture_id)

    def lease(self) -> None:
        """Two events: a lease taken, and given back."""
        taken = self._leases.AcquireLease(
            lease_pb2.AcquireLeaseRequest(device_ids=[LEASED], ttl=Duration(seconds=30), holder="bench"), timeout=5
        )
        self._leases.ReleaseLease(lease_pb2.ReleaseLeaseRequest(lease_id=taken.lease.lease_id), timeout=5)

    @contextmanager
    def events(self) -> Iterator[None]:
        """Leases taken and given back ten times a second, until the end of the block."""
        ended = threading.Event()

        def make() -> None:
            while not ended.wait(0.1):
                self.lease()

        making = threading.Thread(target=make)
        making.start()
        try:
            yield
        finally:
            ended.set()
            making.join()

    def call_ms(self, seconds: float) -> list[float]:
        """How long GetInfo takes over native gRPC, one call at a time."""
        took, until = [], time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            self.info.GetInfo(gateway_pb2.GetInfoRequest(), timeout=10)
            took.append(1e3 * (time.perf_counter() - began))
        return took


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Everything of the web door that needs no browser."""
    state, other_state = scratch / "web", scratch / "web-other"
    with (
        serving(state, web="127.0.0.1:0") as gateway,
        serving(other_state, web="127.0.0.1:0") as other,
    ):
        desk, other_desk = _Desk(gateway, state), _Desk(other, other_state)
        return [
            *_native(desk, other_desk, 8 if quick else 24),
            *_tabs(desk, 5.0 if quick else 15.0),
            *asyncio.run(_download(desk, 5 if quick else 20)),
            *asyncio.run(_watchers(desk, 100 if quick else 400)),
            *asyncio.run(_stopped_readers(desk)),
        ]


def _native(desk: _Desk, other: _Desk, rounds: int) -> list[Figure]:
    """GetInfo beside busy pages of the same gateway, of another on the same machine, and of none; all have events."""
    shared, apart, alone, ratios = [], [], [], []
    with (
        desk.preview() as here,
        other.preview() as there,
        tabs(desk.load(here)) as ours,
        tabs(other.load(there)) as theirs,
        desk.events(),
        other.events(),
    ):
        ours.pause()
        theirs.pause()
        desk.call_ms(TURN_S)
        for _ in range(rounds):
            for running, taken in ((ours, shared), (theirs, apart)):
                running.go_on()
                desk.call_ms(TURN_S / 4)  # until they are at it again
                taken.append(statistics.median(desk.call_ms(TURN_S)))
                running.pause()
            alone.append(statistics.median(desk.call_ms(TURN_S)))
            ratios.append(shared[-1] / apart[-1])
    return [
        Figure("native GetInfo beside a busy web door, to beside another gateway's", ratios, "x", goal=1.2),
        Figure("  beside 3 pages, 36 streams, 3 previews", shared, "ms"),
        Figure("  the same pages at another gateway", apart, "ms"),
        Figure("  no pages at all", alone, "ms"),
    ]


def _tabs(desk: _Desk, seconds: float) -> list[Figure]:
    """Three tabs with twelve streams and a preview each, while events come."""
    with desk.preview() as capture_id, tabs(desk.load(capture_id)) as running:
        cpu_s, loop_s = desk.gateway.cpu_s(), desk.gateway.loop_cpu_s()
        began, sent = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            desk.lease()
            sent += 2
            time.sleep(PAUSE_S)
        took = time.perf_counter() - began
        used = 100 * (desk.gateway.cpu_s() - cpu_s) / took
        loop_used = 100 * (desk.gateway.loop_cpu_s() - loop_s) / took
        time.sleep(0.5)  # what is on its way
        came = running.end()
    rates = [frames / came.seconds for frames in came.frames]
    shares = [100 * events / sent for events in came.events]
    return [
        Figure("3 pages of 12 streams: preview of each", rates, "/s", goal=15, better="higher", judged="worst"),
        Figure("  events that each stream got", shares, "%", goal=100, better="higher", judged="worst"),
        Figure(f"  gateway's CPU, its camera and {sent / took:.0f} events a second included", [used], "% of a core"),
        Figure("    of its event loop, which native calls wait for", [loop_used], "% of a core"),
    ]


async def _download(desk: _Desk, times: int) -> list[Figure]:
    """The image of a slap over gRPC-Web."""
    capture_id = await asyncio.to_thread(_slap, desk)
    request = capture_pb2.DownloadCaptureRequest(capture_id=capture_id, part=capture_pb2.CAPTURE_PART_IMAGE)
    took, size = [], 0
    async with page(desk.state, desk.gateway.addresses.web, desk.token) as shown:
        for _ in range(times + 1):
            began, size = time.perf_counter(), 0
            answers = shown.stream(
                "CaptureService/DownloadCapture", request, capture_pb2.DownloadCaptureResponse, GRPC_WEB
            )
            async for answer in answers:
                size += len(answer.data)
            took.append(1e3 * (time.perf_counter() - began))
    per_mb = [1.5 * each / (size / 1e6) for each in took[1:]]
    return [
        Figure(f"a capture of {size / 1e6:.1f} MB by gRPC-Web", took[1:], "ms"),
        Figure("  of 1.5 MB, in proportion", per_mb, "ms", goal=150, judged="worst"),
    ]


def _slap(desk: _Desk) -> str:
    request = capture_pb2.StartCaptureRequest(
        modality=common_pb2.MODALITY_FINGER,
        position=common_pb2.FINGER_POSITION_RIGHT_FOUR,
        device_id=SLAP,
        timeout=Duration(seconds=30),
    )
    capture = desk.captures.StartCapture(request).capture
    for event in desk.captures.WatchCapture(capture_pb2.WatchCaptureRequest(capture_id=capture.capture_id)):
        if event.capture.state == capture_pb2.CAPTURE_STATE_DONE:
            return str(capture.capture_id)
    raise RuntimeError("the capture of a slap did not end")


async def _watchers(desk: _Desk, events: int) -> list[Figure]:
    """How long after it was made an event is with each of twenty pages."""
    late: list[float] = []
    expected = 2 * events

    async def watch(shown: WebPage, ready: asyncio.Event) -> None:
        seen = 0
        answers = shown.stream("GatewayService/Watch", gateway_pb2.WatchRequest(), gateway_pb2.WatchResponse, CONNECT)
        async for event in answers:
            arrived = time.time()
            kind = event.WhichOneof("event")
            if kind == "heartbeat":
                ready.set()
            elif kind == "lease" and ready.is_set():
                late.append(1e3 * (arrived - event.time.wall.ToNanoseconds() / 1e9))
                seen += 1
                if seen == expected:
                    return

    def make_events() -> None:
        for _ in range(events):
            desk.lease()
            time.sleep(PAUSE_S)

    async with AsyncExitStack() as stack:
        pages = [
            await stack.enter_async_context(page(desk.state, desk.gateway.addresses.web, desk.token))
            for _ in range(WATCHERS)
        ]
        ready = [asyncio.Event() for _ in pages]
        watching = [asyncio.create_task(watch(*each)) for each in zip(pages, ready, strict=True)]
        async with asyncio.timeout(30 + expected * 0.1):
            await asyncio.gather(*(each.wait() for each in ready))
            await asyncio.to_thread(make_events)
            await asyncio.gather(*watching)
    late.sort()
    return [
        Figure("20 pages watch: event made → with the page, p99", [late[int(0.99 * len(late))]], "ms", goal=100),
        Figure("  median", [statistics.median(late)], "ms"),
    ]


async def _stopped_readers(desk: _Desk) -> list[Figure]:
    """What the gateway keeps for twelve streams that nobody reads, images and events."""
    capture_id = await asyncio.to_thread(_slap, desk)
    image = capture_pb2.DownloadCaptureRequest(capture_id=capture_id, part=capture_pb2.CAPTURE_PART_IMAGE)
    async with page(desk.state, desk.gateway.addresses.web, desk.token) as shown:
        async for _ in shown.stream(
            "CaptureService/DownloadCapture", image, capture_pb2.DownloadCaptureResponse, GRPC_WEB
        ):
            pass
        before = desk.gateway.resident_mb()
        streams = [
            shown.stream("GatewayService/Watch", gateway_pb2.WatchRequest(), gateway_pb2.WatchResponse, CONNECT)
            if number % 2
            else shown.stream("CaptureService/DownloadCapture", image, capture_pb2.DownloadCaptureResponse, GRPC_WEB)
            for number in range(STOPPED)
        ]
        # Their pages share one connection: once its window is full, some may not even get a first answer.
        begun = [asyncio.create_task(anext(stream)) for stream in streams]
        await asyncio.wait(begun, timeout=STOPPED_S)
        until, most = time.monotonic() + STOPPED_S, before
        while time.monotonic() < until:
            await asyncio.to_thread(desk.lease)  # not read either: what would be kept are these events
            most = max(most, desk.gateway.resident_mb())
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
    return [Figure("memory behind 12 streams that nobody reads, at most", [most - before], "MB", goal=40)]
