"""The operator's page in Chromium: how large and how soon there, its preview, and what that costs the gateway."""

import asyncio
import gzip
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from rekam.v1 import capture_pb2, capture_pb2_grpc, common_pb2

from drivers.iris.synthetic import SyntheticIrisCamera
from gateway.service.web_page import PAGE
from tests.benchmarks.figure import Figure
from tests.benchmarks.gateway_process import ServingGateway, serving
from tests.benchmarks.web_page import paired
from tests.gateway.page.browser import WEB, chromium, door_key, missing

FRAME_RATE = 30.0
"""Frames per second of the camera, 640x480 grey."""
SITTER: dict[str, Any] = {"delay_s": 0.0, "approach_s": 0.0, "settle_s": 0.1, "hold_s": 1000.0}
"""Somebody is before the camera at once, and stays."""
CAMERA = "synthetic-iris:BENCH"
BOUND_S = 300.0
WARM_FRAMES = 30


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """All that a browser shows; where none can be driven, what the page weighs, and why there is no more."""
    size = Figure("the page, compressed", [page_bytes(PAGE) / 1e3], "KB", goal=250)
    if why := missing():
        print(f"web: figures of the page in Chromium are left out: {why}", file=sys.stderr, flush=True)
        return [size]
    state = scratch / "web-browser"
    with (
        serving(state, config=_config(), web="127.0.0.1:0") as gateway,
        grpc.insecure_channel(gateway.addresses.grpc) as channel,
        _capture(channel) as capture,
    ):
        watch = _Watch(gateway, capture)
        told = _driven(gateway, state, watch, quick)
    drawing = _drawing(1 if quick else 3)
    return [size, *_loads(told), *_preview(told, watch), *_cost(told, watch, drawing)]


def page_bytes(folder: Path) -> int:
    """Bytes of a page's files, each compressed as web servers do; licenses are not fetched by it."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != "licenses.md")
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


@dataclass(frozen=True)
class _Capture:
    """A capture of an eye that nobody triggers."""

    captures: capture_pb2_grpc.CaptureServiceStub
    capture_id: str

    def next_preview(self, after: int) -> capture_pb2.NextPreviewResponse:
        request = capture_pb2.NextPreviewRequest(capture_id=self.capture_id, after_seq=after, max_width=32)
        answer: capture_pb2.NextPreviewResponse = self.captures.NextPreview(request, timeout=BOUND_S)
        return answer


@contextmanager
def _capture(channel: grpc.Channel) -> Iterator[_Capture]:
    """One whose eye is seen already; watched, as it would else end by itself."""
    captures = capture_pb2_grpc.CaptureServiceStub(channel)  # type: ignore[no-untyped-call]
    request = capture_pb2.StartCaptureRequest(
        modality=common_pb2.MODALITY_IRIS,
        eye=common_pb2.EYE_POSITION_RIGHT,
        device_id=CAMERA,
        manual=True,
        timeout=Duration(seconds=300),
    )
    capture = _Capture(captures, captures.StartCapture(request, timeout=BOUND_S).capture.capture_id)
    watching = captures.WatchCapture(capture_pb2.WatchCaptureRequest(capture_id=capture.capture_id))
    try:
        seen = capture_pb2.NextPreviewResponse()
        while not seen.live_quality.eye_present:
            seen = capture.next_preview(seen.seq)
        yield capture
    finally:
        watching.cancel()


class _Watch:
    """The gateway over windows of time that a script begins and ends by name."""

    def __init__(self, gateway: ServingGateway, capture: _Capture) -> None:
        self._gateway, self._capture = gateway, capture
        self._began = (0, 0.0, 0.0)
        self.capture_id = capture.capture_id
        self.windows: dict[str, list[_Window]] = {"looked": [], "away": []}

    def answer(self, asked: str) -> str:
        now = (self._capture.next_preview(0).seq, time.monotonic(), self._gateway.cpu_s())
        if asked == "begin":
            self._began = now
        else:
            self.windows[asked].append(_Window(*(end - begin for begin, end in zip(self._began, now, strict=True))))
        return "noted"


@dataclass(frozen=True)
class _Window:
    """What the camera delivered, and the gateway's processor time."""

    frames: float
    seconds: float
    cpu_s: float

    def share(self, drawing_ms: float = 0.0) -> float:
        """Percent of a core, the camera's drawing taken off, as it would be with all frames of the camera's rate."""
        return FRAME_RATE * (100 * self.cpu_s / max(self.frames, 1) - drawing_ms / 10)


def _config() -> str:
    camera = {"driver": "synthetic-iris", "serial": "BENCH", "frame_rate": FRAME_RATE, **SITTER}
    scanner = {"driver": "synthetic", "serial": "BENCH"}  # what the page begins with, so that it can be used
    lines = [
        ["[[device]]", *(f"{key} = {json.dumps(value)}" for key, value in each.items())] for each in (camera, scanner)
    ]
    return "\n".join(line for table in lines for line in (*table, ""))


def _driven(gateway: ServingGateway, state: Path, watch: _Watch, quick: bool) -> dict[str, Any]:
    """What `web/browser/figures.mjs` told."""
    desk = {
        "address": f"https://{gateway.addresses.web}",
        "key": door_key(state),
        "chromium": chromium(),
        "token": asyncio.run(paired(state, gateway.addresses.web)),
        "captureId": watch.capture_id,
        "loads": 3 if quick else 10,
        "windows": 1 if quick else 4,
        "windowMs": 5_000 if quick else 8_000,
    }
    return _conversed(WEB / "browser/figures.mjs", desk, watch.answer)


def _conversed(script: Path, desk: dict[str, Any], answer: Callable[[str], str]) -> dict[str, Any]:
    """Run a script that tells and asks by lines of JSON; all that it told."""
    node = shutil.which("node")
    assert node
    environment = {"PATH": str(Path(node).parent), "HOME": str(Path.home()), "REKAM_DESK": json.dumps(desk)}
    pipe = subprocess.PIPE
    with subprocess.Popen([node, script], stdin=pipe, stdout=pipe, env=environment, text=True, bufsize=1) as process:
        try:
            assert process.stdin
            assert process.stdout
            told: dict[str, Any] = {}
            for line in process.stdout:
                said = json.loads(line)
                if asked := said.pop("ask", None):
                    process.stdin.write(f"{answer(asked)}\n")
                told |= said
            if process.wait(BOUND_S):
                raise RuntimeError(f"{script.name} failed; what it said stands above")
            return told
        finally:
            process.kill()


def _loads(told: dict[str, Any]) -> list[Figure]:
    return [
        Figure("the page, opened with an empty cache → can be used", told["paired"], "s", goal=1),
        Figure("  before it is paired", told["unpaired"], "s", goal=1),
    ]


def _preview(told: dict[str, Any], watch: _Watch) -> list[Figure]:
    windows = [sorted(ages) for ages in told["ages"]]
    looked = watch.windows["looked"]
    rates = [len(ages) / window.seconds for ages, window in zip(windows, looked, strict=True)]
    slowest = [ages[int(0.95 * len(ages))] for ages in windows if ages]
    return [
        Figure("preview 640x480 grey, drawn by Chromium", rates, "/s", goal=15, better="higher"),
        Figure("  of the camera meanwhile", [window.frames / window.seconds for window in looked], "/s"),
        Figure("  frame → on the screen, 95 %", slowest, "ms", goal=150),
        Figure("  median", [statistics.median(ages) for ages in windows if ages], "ms"),
    ]


def _cost(told: dict[str, Any], watch: _Watch, drawing_ms: list[float]) -> list[Figure]:
    each_ms, unit = statistics.median(drawing_ms), "% of a core"
    looked, away = watch.windows["looked"], watch.windows["away"]
    own = [window.share(each_ms) for window in looked]
    page = [
        (with_page.share() - without.share()) * with_page.frames / max(len(ages), 1)
        for with_page, without, ages in zip(looked, away, told["ages"], strict=True)
    ]
    name = f"  gateway's CPU at {FRAME_RATE:.0f} frames/s, without the camera's drawing"
    return [
        Figure(name, own, unit, goal=35),
        Figure("    with the drawing", [window.share() for window in looked], unit),
        Figure("    with the drawing, the same capture and no page that looks", [each.share() for each in away], unit),
        Figure("    what a page adds that draws every frame", page, unit),
        Figure(
            "    the drawing, by the camera alone in a process", [each / 10 * FRAME_RATE for each in drawing_ms], unit
        ),
    ]


def _drawing(runs: int, seconds: float = 5.0) -> list[float]:
    """What the synthetic camera draws, which a real one does not: milliseconds of processor time per frame."""
    taken_ms, count = [], round(seconds * FRAME_RATE)
    with SyntheticIrisCamera(serial="BENCH", frame_rate=FRAME_RATE, **SITTER) as camera:
        frames: Iterator[object] = camera.frames(Event())
        next(islice(frames, WARM_FRAMES, None))
        for _ in range(runs):
            busy = time.process_time()
            for _ in islice(frames, count):
                pass
            taken_ms.append(1e3 * (time.process_time() - busy) / count)
    return taken_ms
