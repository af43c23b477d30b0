"""What the tests of the ZFM driver share: a hurried clock, one finger's way, and that nothing is left behind."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.fingerprint import zfm, zfm_line
from drivers.fingerprint.zfm import Zfm
from drivers.transports import serial
from tests.drivers.zfm_module import ZfmModule, product

PATIENCE_S = 60.0
R503 = product(b"R503", b"00004711", 192, 192)


@contextmanager
def nothing_left() -> Iterator[None]:
    """No thread and no open file that was not there before."""
    threads, files = set(threading.enumerate()), open_files()
    yield
    assert set(threading.enumerate()) <= threads
    assert open_files() <= files


def open_files() -> set[str]:
    return {file.name for file in Path("/proc/self/fd").iterdir()}


def hurry(patch: pytest.MonkeyPatch, factor: float = 3.0) -> None:
    """The module answers at once: what is waited for in vain is waited for shortly."""
    for name, seconds in {
        "REPLY_TIMEOUT_S": 0.2,
        "PROBE_TIMEOUT_S": 0.1,
        "QUIET_S": 0.03,
        "PAUSE_IN_IMAGE_S": 0.08,
        "SWITCH_S": 0.005,
        "SLICE_S": 0.01,
    }.items():
        patch.setattr(zfm_line, name, seconds * factor)
    patch.setattr(serial, "SLICE_S", 0.01 * factor)
    patch.setattr(zfm, "POLL_S", 0.005)


def one_finger(module: ZfmModule, **options: object) -> NDArray[np.uint8]:
    with Zfm(port=module.port, **options) as scanner:  # type: ignore[arg-type]
        frame = scanner.capture(PATIENCE_S, Event())
        scanner.await_removal(PATIENCE_S, Event())
    return frame.pixels
