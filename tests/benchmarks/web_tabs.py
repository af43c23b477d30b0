"""Tabs of a busy browser, in a process of their own: `python -m tests.benchmarks.web_tabs` with a `Load` as JSON.

It says `ready` once every stream and preview has had its first answer, goes on until its standard input ends, and
then tells what came as one line of JSON.
"""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from google.protobuf.duration_pb2 import Duration
from rekam.v1 import capture_pb2, gateway_pb2

from tests.benchmarks.web_page import WebPage, page

PREVIEWS_PER_S = 20.0
READY_S, END_S = 120.0, 60.0
CONNECT = "application/connect+proto"


@dataclass(frozen=True)
class Load:
    """What the tabs do.

    Parameters
    ----------
    state, address, token : str
        Of the gateway, its web door and the page.
    capture_id : str
        Whose preview each tab follows.
    tabs, streams : int
        Tabs, and event streams of each.
    """

    state: str
    address: str
    token: str
    capture_id: str
    tabs: int = 3
    streams: int = 12


@dataclass(frozen=True)
class Came:
    """What the tabs got.

    Parameters
    ----------
    seconds : float
        From the moment that all were ready.
    frames : list of int
        Preview frames of each tab.
    events : list of int
        Events of leases of each stream.
    """

    seconds: float
    frames: list[int]
    events: list[int]


class RunningTabs:
    """The tabs of a process that runs; `end` stops them."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def pause(self) -> None:
        """Have the tabs do nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Have them do what they did."""
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> Came:
        """Stop the tabs; what came."""
        out, _ = self._process.communicate(timeout=END_S)
        return Came(**json.loads(out.splitlines()[-1]))


@contextlib.contextmanager
def tabs(load: Load) -> Iterator[RunningTabs]:
    """Tabs that are ready, until the end of the block at the latest."""
    command = [sys.executable, "-m", "tests.benchmarks.web_tabs", json.dumps(asdict(load))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline().strip() != "ready":
                raise RuntimeError("the tabs did not get going")
            yield RunningTabs(process)
        finally:
            process.kill()


class _Tab:
    def __init__(self, shown: WebPage, load: Load) -> None:
        self._page, self._load = shown, load
        self.frames, self.events = 0, [0] * load.streams
        self.first = [asyncio.Event() for _ in range(load.streams + 1)]

    async def follow_preview(self) -> None:
        """As a page does: the next frame at the next beat of 20 a second, or as soon as it is there."""
        after, due = 0, time.monotonic()
        while True:
            request = capture_pb2.NextPreviewRequest(
                capture_id=self._load.capture_id, after_seq=after, timeout=Duration(seconds=5)
            )
            answer = await self._page.call("CaptureService/NextPreview", request, capture_pb2.NextPreviewResponse)
            if answer.seq:
                after = answer.seq
                self.frames += 1
                self.first[-1].set()
            due = max(due + 1 / PREVIEWS_PER_S, time.monotonic() - 1 / PREVIEWS_PER_S)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def watch(self, number: int) -> None:
        request, answer = gateway_pb2.WatchRequest(), gateway_pb2.WatchResponse
        async for event in self._page.stream("GatewayService/Watch", request, answer, CONNECT):
            self.first[number].set()
            if event.WhichOneof("event") == "lease":
                self.events[number] += 1

    def tasks(self) -> list["asyncio.Task[None]"]:
        watching = [asyncio.create_task(self.watch(number)) for number in range(self._load.streams)]
        return [*watching, asyncio.create_task(self.follow_preview())]


async def _run(load: Load) -> Came:
    async with AsyncExitStack() as stack:
        shown = [
            await stack.enter_async_context(page(Path(load.state), load.address, load.token)) for _ in range(load.tabs)
        ]
        all_tabs = [_Tab(each, load) for each in shown]
        tasks = [task for tab in all_tabs for task in tab.tasks()]
        firsts = asyncio.gather(*(first.wait() for tab in all_tabs for first in tab.first))
        await _first_of(firsts, tasks, READY_S)
        for tab in all_tabs:
            tab.frames, tab.events = 0, [0] * load.streams
        print("ready", flush=True)
        began = time.perf_counter()
        await _first_of(_end_of_input(), tasks, None)
        seconds = time.perf_counter() - began
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return Came(seconds, [tab.frames for tab in all_tabs], [each for tab in all_tabs for each in tab.events])


async def _first_of(awaited: "asyncio.Future[Any]", tasks: list["asyncio.Task[None]"], timeout_s: float | None) -> None:
    """Wait for something; whatever ends a stream or a preview meanwhile is raised."""
    done, _ = await asyncio.wait([awaited, *tasks], timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    if awaited not in done:
        raise RuntimeError("a stream ended by itself" if done else "a stream or a preview had no first answer in time")


def _end_of_input() -> "asyncio.Future[bool]":
    """Done once standard input has ended; its thread keeps no process alive."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[bool] = loop.create_future()

    def read() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set_result, True)

    threading.Thread(target=read, daemon=True).start()
    return ended


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_run(Load(**json.loads(sys.argv[1])))))), flush=True)
