"""What a preview of 640x480 at 30 per second costs a core, from the camera's buffers to frames in memory of their own.

Over a node without a kernel: what the kernel would do beside (USB, copying into the buffers) is done by the node, in
the same process, and counted too. Processor time of all its threads counts, so that a busy machine does not.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

from drivers.iris.uvc import UvcIrisCamera
from drivers.portrait.synthetic import SyntheticPortraitCamera
from drivers.portrait.uvc import UvcPortraitCamera
from tests.benchmarks.figure import Figure
from tests.drivers.v4l2_node import FakeKernel, Node

RATE_PER_S = 30
GOAL_PERCENT = 25


def _node(pixel_format: str) -> FakeKernel:
    return FakeKernel(Node(formats=(pixel_format,), sizes=((640, 480),), rates=(RATE_PER_S,)))


def _share_percent(open_camera: Callable[[], AbstractContextManager[Any]], seconds: float) -> float:
    """Processor time of watching, in percent of the time watched."""
    with open_camera() as camera:
        frames: Iterator[object] = camera.frames(Event())
        next(islice(frames, 8, None))  # the node's pictures are drawn now, and the machine's caches warm
        began, busy = time.monotonic(), time.process_time()
        for _ in islice(frames, round(seconds * RATE_PER_S)):
            pass
        return 100 * (time.process_time() - busy) / (time.monotonic() - began)


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """The near-infrared camera in each of its formats, and what colours cost."""
    runs, seconds = (3, 1.0) if quick else (5, 3.0)

    def cameras(pixel_format: str, kind: type[UvcIrisCamera] | type[UvcPortraitCamera]) -> Callable[[], Any]:
        return lambda: kind("/dev/video0", calls=_node(pixel_format))

    told = {
        "preview 640x480 at 30/s, grey (CPU of a core)": (cameras("GREY", UvcIrisCamera), GOAL_PERCENT),
        "  grey of 10 bits": (cameras("Y10", UvcIrisCamera), None),
        "  grey of YUYV": (cameras("YUYV", UvcIrisCamera), None),
        "  grey of MJPG": (cameras("MJPG", UvcIrisCamera), None),
        "  colours of YUYV": (cameras("YUYV", UvcPortraitCamera), None),
        "  colours of MJPG": (cameras("MJPG", UvcPortraitCamera), None),
        "  synthetic portrait, drawn": (lambda: SyntheticPortraitCamera(frame_rate=RATE_PER_S, delay_s=0), None),
    }
    return [
        Figure(name, [_share_percent(camera, seconds) for _ in range(runs)], "%", goal=goal)
        for name, (camera, goal) in told.items()
    ]
