"""Real input, end to end: the gateway on a recorded U.are.U 4500, a client's capture, its signature and its pixels."""

import ctypes.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.records import fir

ROOT = Path(__file__).resolve().parents[2]
RECORDING = ROOT.parent / "shared/data/recordings/uru4000-4500"
REKAM = (sys.executable, "-m", "gateway.cli")
CONFIG = """
[capture]
recovery_s = 1.0

[[device]]
driver = "uareu4000"
host_seed = 0x51EA2124
"""

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not RECORDING.exists(), reason="needs the recordings beside the checkout"),
    pytest.mark.skipif(shutil.which("umockdev-run") is None, reason="needs the Debian package umockdev"),
    pytest.mark.skipif(ctypes.util.find_library("usb-1.0") is None, reason="needs the Debian package libusb-1.0-0"),
]


def sysfs_path() -> str:
    first = (RECORDING / "device").read_text(encoding="utf-8", errors="replace").splitlines()[0]
    return "/sys" + first.removeprefix("P: ")


DEVICE_TROUBLE = 4
"""Exit status: not found, not ready, lost."""


def wait_for(found: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while not found.exists():
        assert process.poll() is None, "the gateway ended"
        assert time.monotonic() < deadline, "the gateway does not serve"
        time.sleep(0.05)


def rekam(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*REKAM, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        # What the tape shows is skin without a ridge, taken so on purpose: any score will do, or
        (("--min-quality", "0"), 0),
        # it falls short, and the scanner is gone before a second try: recorded all the same, and said to be poor.
        ((), 3),
    ],
)
def test_recorded_finger_becomes_a_signed_capture(tmp_path: Path, asked: tuple[str, ...], status: int) -> None:
    config, state, out = tmp_path / "rekam.toml", tmp_path / "state", tmp_path / "capture"
    config.write_text(CONFIG)
    command = (
        "umockdev-run",
        f"--device={RECORDING / 'device'}",
        f"--pcap={sysfs_path()}={RECORDING / 'capture.pcapng'}",
        "--",
        *REKAM,
        *(
            "serve",
            "--config",
            str(config),
            "--state",
            str(state),
            "--listen",
            "127.0.0.1:0",
            "--metrics",
            "",
            "--web",
            "",
        ),
    )
    with (tmp_path / "log").open("wb") as log:
        serving = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            wait_for(state / "addresses.json", serving)
            deadline = time.monotonic() + 60
            while True:
                done = rekam(
                    *("capture", "--modality", "finger", "--position", "right-index", *asked),
                    *("--state", str(state), "--out", str(out), "--json"),
                )
                # The gateway serves before it has opened its scanner.
                if done.returncode != DEVICE_TROUBLE or time.monotonic() > deadline:
                    break
            assert done.returncode == status, done.stderr
        finally:
            os.kill(int((state / "lock").read_text()), signal.SIGTERM)
            serving.wait(timeout=60)

    assert json.loads((out / "summary.json").read_text())["device_id"].startswith("uareu4000:")
    verified = rekam("verify", str(out), "--json")
    assert verified.returncode == 0, verified.stderr
    pixels = fir.decode_pixels(fir.decode((out / "image.fir").read_bytes()).representations[0])
    recorded = cv2.imread(str(RECORDING / "capture.png"), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(pixels, recorded)
