"""A recorded device under umockdev in a process of its own."""

import ctypes.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = ROOT.parent / "shared" / "data" / "recordings"

needs_umockdev = pytest.mark.skipif(
    shutil.which("umockdev-run") is None or ctypes.util.find_library("usb-1.0") is None,
    reason="needs the Debian packages umockdev and libusb-1.0-0",
)


def needs_recording(name: str) -> pytest.MarkDecorator:
    reason = f"needs ../shared/data/recordings/{name} beside the checkout"
    return pytest.mark.skipif(not (RECORDINGS / name).is_dir(), reason=reason)


def captured_under_umockdev(
    recording: str, traffic: str, driver: str, target: str, folder: Path
) -> tuple[dict[str, object], NDArray[np.uint8]]:
    """What `tests.drivers.umockdev_frame` tells, and the frame; `traffic` is umockdev's option that plays it."""
    frame_file = folder / "frame.npy"
    command = ["umockdev-run", f"--device={RECORDINGS / recording / 'device'}", traffic, "--"]
    command += [sys.executable, "-W", "error", "-m", "tests.drivers.umockdev_frame", driver, target, str(frame_file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    pixels: NDArray[np.uint8] = np.load(frame_file)
    told: dict[str, object] = json.loads(done.stdout)
    return told, pixels
