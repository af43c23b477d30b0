"""Random acts on synthetic devices that fail: each ends in frames or in an error of ours, and nothing is left."""

import threading
from collections.abc import Callable, Sequence
from itertools import islice
from threading import Event
from typing import Any

import pytest
from hypothesis import strategies as st

from drivers import DeviceError, DeviceHung, DeviceLost

ACTS = st.lists(st.sampled_from(["frames", "capture", "reopen"]), min_size=1, max_size=5)
FAULTS = st.fixed_dictionaries(
    {"fault_after_frames": st.integers(0, 4), "fault_count": st.integers(1, 3)},
)


def survive(build: Callable[..., Any], fault: str, options: dict[str, int], acts: Sequence[str]) -> None:
    """Act on one device, which a watchdog resets whenever it hangs; then it is well, whatever happened."""
    threads = set(threading.enumerate())
    device = build(fault=fault, **options)
    done = Event()

    def free() -> None:
        while not done.wait(0.001):
            if device.hangs:
                device.reset()

    watchdog = threading.Thread(target=free)
    watchdog.start()
    device.__enter__()
    try:
        for act in (*acts, *["frames"] * options["fault_count"]):
            if _fails(device, act, fault) or act == "reopen":
                device.__exit__()
                device.__enter__()
        assert len(list(islice(device.frames(Event()), 3))) == 3, "all its faults are behind it"
    finally:
        device.__exit__()
        done.set()
        watchdog.join()
    if set(threading.enumerate()) - threads:
        pytest.fail(f"threads are left: {set(threading.enumerate()) - threads}")


def _fails(device: Any, act: str, fault: str) -> bool:
    """Whether it went away and must be opened anew; one that hung was reset."""
    try:
        if act == "frames":
            assert len(list(islice(device.frames(Event()), 5))) == 5
        elif act == "capture":
            device.capture(0.0, Event())
    except DeviceHung:
        assert fault == "hang"
    except DeviceLost:
        assert fault == "unplug"
        return True
    except DeviceError:
        assert act == "capture"
    return False
