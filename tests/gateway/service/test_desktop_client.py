"""examples/desktop_client.py: a front end in forty lines, as its reader runs it."""

import hashlib
import os
import sys
from pathlib import Path

import pytest

from gateway.trust import Manifest, read_signature
from tests.gateway.running import connected, running, synthetic
from tests.gateway.service.example_program import Ended, run_program

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the example runs, and what it keeps comes to."""
    made = tmp_path / "client"
    made.mkdir()
    return made


def kept_in(folder: Path) -> dict[str, bytes]:
    """The files of all captures that the example kept there."""
    return {file.name: file.read_bytes() for file in folder.glob("*/*")}


def left_in(folder: Path) -> list[Path]:
    """Whatever the example left there, folders without a file too."""
    return list(folder.iterdir())


async def run_client(folder: Path, address: str) -> Ended:
    """The example, run in `folder`."""
    command = (sys.executable, str(ROOT / "examples/desktop_client.py"), address)
    return await run_program(command, folder, {**os.environ, "PYTHONPATH": str(ROOT / "protos")})


async def test_a_whole_capture(tmp_path: Path, folder: Path) -> None:
    async with running(tmp_path / "state", synthetic(), capture={"timeout_s": 60.0}) as gateway:
        ended = await run_client(folder, gateway.addresses.grpc)
        assert (ended.status, ended.errors) == (0, "")
        kept = kept_in(folder)
        async with connected(gateway) as ours:
            manifest = Manifest.from_bytes(read_signature(kept["manifest.jws"]).payload)
            capture = await ours.get_capture(manifest.capture_id)
    assert ended.out.rstrip().endswith("signature holds")
    assert {part.name: part.sha256 for part in capture.parts} == {
        name: hashlib.sha256(content).hexdigest() for name, content in kept.items()
    }


async def test_a_capture_without_a_finger_leaves_nothing_and_says_so(tmp_path: Path, folder: Path) -> None:
    nobody = synthetic(finger_delay_s=1000.0)
    async with running(tmp_path / "state", nobody, capture={"timeout_s": 0.5}) as gateway:
        ended = await run_client(folder, gateway.addresses.grpc)
    assert "CAPTURE_OUTCOME_NO_FINGER" in ended.out
    assert (ended.status, ended.errors) == (1, "nothing was recorded\n")
    assert left_in(folder) == []
