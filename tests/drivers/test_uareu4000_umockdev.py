"""The recorded U.are.U 4500 through umockdev, libusb and plain pyusb: the same finger, byte for byte."""

import ctypes.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORDING = ROOT.parent / "shared" / "data" / "recordings" / "uru4000-4500"
SYSFS_PATH = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-10"


@pytest.mark.shared
@pytest.mark.skipif(not RECORDING.is_dir(), reason="needs ../shared/data/recordings/uru4000-4500 beside the checkout")
@pytest.mark.skipif(shutil.which("umockdev-run") is None, reason="needs the Debian package umockdev")
@pytest.mark.skipif(ctypes.util.find_library("usb-1.0") is None, reason="needs the Debian package libusb-1.0-0")
def test_recorded_finger_is_pixel_equal_under_umockdev() -> None:
    command = [
        "umockdev-run",
        f"--device={RECORDING / 'device'}",
        f"--pcap={SYSFS_PATH}={RECORDING / 'capture.pcapng'}",
        "--",
        sys.executable,
        "-W",
        "error",
        "-m",
        "tests.drivers.umockdev_capture",
        str(RECORDING / "capture.png"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "device_id": "uareu4000:FB0B9071-2E08-7742-BC16-2FAA247CEF66",
        "location": "usb:1-10",
        "model": "U.are.U® 4500 Fingerprint Reader",
        "equal": True,
        "threads": 1,
    }
