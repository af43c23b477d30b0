"""A driver in a package outside ours is found, listed and captured from, by its entry point alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.records import fir

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "examples" / "folder_scanner"
REKAM = (sys.executable, "-m", "gateway.cli")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source")
    for path in PACKAGE.iterdir():
        (source / path.name).write_bytes(path.read_bytes())
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
    done = subprocess.run(
        [*pip, "--no-build-isolation", f"--target={target}", str(source)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return target


def test_a_driver_of_another_package_captures(installed: Path, tmp_path: Path) -> None:
    inbox, state, out, config = (tmp_path / name for name in ("inbox", "state", "out", "rekam.toml"))
    inbox.mkdir()
    config.write_text(f'[[device]]\ndriver = "folder"\nid = "folder:inbox"\nfolder = "{inbox}"\n')
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def rekam(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [*REKAM, *arguments, "--state", str(state)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    address = ("--listen", "127.0.0.1:0", "--metrics", "", "--web", "")
    command = [*REKAM, "serve", "--config", str(config), "--state", str(state), *address]
    with (tmp_path / "log").open("wb") as log:
        serving = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while not (state / "addresses.json").exists():
                assert serving.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert "folder:inbox" in rekam("devices", "--json").stdout
            pixels = draw_fingerprint(21, 1)
            cv2.imwrite(str(inbox / "a.png"), pixels)
            done = rekam("capture", "--modality", "finger", "--position", "left-thumb", "--out", str(out))
            assert done.returncode == 0, done.stderr
        finally:
            serving.send_signal(signal.SIGTERM)
            serving.wait(timeout=60)
    recorded = fir.decode_pixels(fir.decode((out / "image.fir").read_bytes()).representations[0])
    np.testing.assert_array_equal(recorded, pixels)
    assert not list(inbox.iterdir())
