"""examples/desktop_client.mjs: native gRPC by another implementation than Python's and C's, grpc-js of Node."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from rekam.v1 import capture_pb2 as pb

from gateway.trust import Manifest, read_signature
from tests.gateway.running import connected, running, synthetic
from tests.gateway.service.example_program import Ended, run_program

ROOT = Path(__file__).parents[3]
LIBRARIES = ROOT / "web/node_modules"


def missing() -> str:
    """Why the client cannot run here; empty where it can."""
    if not shutil.which("node"):
        return "needs Node"
    there = (LIBRARIES / "@grpc/grpc-js").is_dir() and (LIBRARIES / "@grpc/proto-loader").is_dir()
    return "" if there else "needs grpc-js: npm ci --prefix web"


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "is here")


@pytest.fixture(scope="module")
def descriptor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a program in another language is given of the API."""
    file = tmp_path_factory.mktemp("api") / "rekam.binpb"
    subprocess.run([sys.executable, ROOT / "protos/generate.py", "--image", file], check=True)
    return file


@dataclass(frozen=True)
class DesktopClient:
    """The example, in a folder of its own beside its libraries, as `npm install` leaves it."""

    folder: Path
    descriptor: Path

    async def run(self, address: str) -> Ended:
        environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        return await run_program(
            ("node", "desktop_client.mjs", str(self.descriptor), address), self.folder, environment
        )

    def kept(self) -> dict[str, bytes]:
        """The files of the one capture that it kept."""
        (folder,) = self.folder.glob("cap-*")
        return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def client(tmp_path: Path, descriptor: Path) -> DesktopClient:
    folder = tmp_path / "client"
    folder.mkdir()
    shutil.copy(ROOT / "examples/desktop_client.mjs", folder)
    (folder / "node_modules").symlink_to(LIBRARIES)
    return DesktopClient(folder, descriptor)


@pytest.mark.parametrize("way", ["grpc", "unix"])
async def test_a_whole_capture(tmp_path: Path, client: DesktopClient, way: str) -> None:
    async with running(tmp_path / "state", synthetic(), capture={"timeout_s": 60.0}) as gateway:
        ended = await client.run(getattr(gateway.addresses, way))
        assert (ended.status, ended.errors) == (0, "")
        async with connected(gateway) as ours:
            kept = client.kept()
            manifest = Manifest.from_bytes(read_signature(kept["manifest.jws"]).payload)
            capture = await ours.get_capture(manifest.capture_id)
    assert "CAPTURE_OUTCOME_CAPTURED" in ended.out
    assert ended.out.rstrip().endswith("signature holds")
    assert capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
    assert {part.name: part.sha256 for part in capture.parts} == {
        name: hashlib.sha256(content).hexdigest() for name, content in kept.items()
    }
    assert len(kept["image.fir"]) > 1000


async def test_a_refusal_comes_with_its_words_and_its_status(tmp_path: Path, client: DesktopClient) -> None:
    async with running(tmp_path / "state") as gateway:
        ended = await client.run(gateway.addresses.grpc)
    assert ended.status == 1
    assert "(NOT_FOUND)" in ended.errors
    assert "device" in ended.errors
    assert not list(client.folder.glob("cap-*"))


async def test_a_gateway_that_is_not_there_is_said_to_be_unavailable(tmp_path: Path, client: DesktopClient) -> None:
    ended = await client.run(f"unix:{tmp_path}/nothing.sock")
    assert ended.status == 1
    assert "(UNAVAILABLE)" in ended.errors
