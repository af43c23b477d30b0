"""Whether a V4L2 camera delivers as it should: its rate, whole frames, the kernel's time stamps."""

import time
from collections.abc import Iterator
from itertools import islice
from threading import Event

from drivers.errors import CaptureCancelled, DeviceHung
from drivers.protocols import SelfTestStep
from drivers.transports.v4l2 import V4l2Camera

_LOOKED_AT = 8
_LEAST_PER_S = 3.0
"""CALIBRATION of a registration camera: a preview of at least 3 frames per second."""
_MOST_DAMAGED = 0.2


def delivery_steps(camera: V4l2Camera, cancel: Event) -> Iterator[SelfTestStep]:
    """Watch some frames of an open camera, whatever is before it; a set `cancel` raises `CaptureCancelled`."""
    opened = camera.opened
    layout, told = opened.layout, 1 / opened.interval_s
    yield SelfTestStep(
        "picture",
        True,
        f"{layout.width}x{layout.height} {layout.pixel_format} at {told:.0f} per second by {opened.kernel_driver}",
    )
    damaged_before = camera.damaged_frames
    try:
        frames = list(islice(camera.frames(cancel), _LOOKED_AT))
    except DeviceHung as error:
        yield SelfTestStep("frames", False, str(error))
        return
    if cancel.is_set():
        raise CaptureCancelled("the self test was cancelled")
    spanned = frames[-1].captured_at - frames[0].captured_at
    rate = (len(frames) - 1) / max(spanned, 1e-6)
    yield SelfTestStep(
        "frames",
        rate >= _LEAST_PER_S,
        f"{rate:.1f} frames per second, at least {_LEAST_PER_S:.0f} are well"
        + ("" if rate >= _LEAST_PER_S else "; give it more light, or a USB port of its own"),
    )
    damaged = camera.damaged_frames - damaged_before
    well = damaged <= _MOST_DAMAGED * len(frames)
    yield SelfTestStep(
        "transfer",
        well,
        f"{damaged} damaged frames beside {len(frames)} whole ones"
        + ("" if well else "; take a shorter cable, or another USB port"),
    )
    age_ms = 1e3 * (time.monotonic() - frames[-1].captured_at)
    light = float(frames[-1].pixels.mean())
    yield SelfTestStep("image", True, f"mean grey {light:.0f}, {age_ms:.0f} ms old when it was looked at")
