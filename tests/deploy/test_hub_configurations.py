"""The hub's configurations in `deploy/`: accepted by the server, and the cluster at work on this machine."""

import asyncio
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.central.jetstream import JetstreamSettings
from gateway.central.server import CentreSettings
from gateway.centre import StandingState, WayOutError
from gateway.hub import HubLimits, HubPlace
from gateway.ways import JetstreamWay
from tests.free_ports import free_port
from tests.gateway.central.centres import GATEWAY, ROOMY, Packet, made_centre, packet, served, until
from tests.gateway.hub.hubs import PROGRAM

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVERS = ("hub-1", "hub-2", "hub-3", "leaf")


def with_secrets(kind: str, folder: Path, *options: str) -> Path:
    """A copy of a configuration, with secrets that the script made."""
    made = folder / kind
    if not made.exists():
        shutil.copytree(DEPLOY / kind, made, ignore=shutil.ignore_patterns("secrets"))
    command = [sys.executable, str(DEPLOY / "make_secrets.py"), str(made / "secrets"), *options]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return made


def accepted(folder: Path, name: str) -> bool:
    assert PROGRAM is not None
    command = [PROGRAM, "-t", "-c", f"{name}.conf"]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False).returncode == 0


def test_the_single_hub_is_accepted(tmp_path: Path) -> None:
    folder = with_secrets("centre", tmp_path, "--host", "hub.example.go.id", "--gateway", "kedoya-1")
    assert accepted(folder, "hub")
    (folder / "secrets" / "users.conf").write_text("users: [ { nkey: nonsense } ]")
    assert not accepted(folder, "hub")


@pytest.mark.parametrize("name", SERVERS)
def test_each_server_of_the_cluster_is_accepted(tmp_path: Path, name: str) -> None:
    assert accepted(with_secrets("cluster", tmp_path, "--cluster", "--gateway", "kedoya-1"), name)


def test_secrets_are_kept_when_an_office_is_added(tmp_path: Path) -> None:
    folder = with_secrets("centre", tmp_path, "--gateway", "kedoya-1") / "secrets"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with_secrets("centre", tmp_path, "--gateway", "palmerah.2")
    users = folder / "users.conf"
    assert {path: path.read_bytes() for path in before if path != users} == {
        path: content for path, content in before.items() if path != users
    }
    text = users.read_text()
    assert len(re.findall(r"nkey: U", text)) == 3
    assert "rekam.in.palmerah=2.>" in text
    assert not re.search(r"\bSU[A-Z2-7]{40,}", text)
    assert all(not stat.S_IMODE(path.stat().st_mode) & 0o077 for path in before)


async def test_three_servers_and_a_leaf_carry_packets_while_one_is_killed(tmp_path: Path) -> None:
    folder = with_secrets("cluster", tmp_path, "--cluster", "--host", "127.0.0.1", "--gateway", GATEWAY)
    ports = _on_this_machine(folder)
    secrets = folder / "secrets"
    centre_place = HubPlace("127.0.0.1", ports["hub-2"], secrets / "centre.nk", secrets / "authority.pem")
    office_place = HubPlace(
        "127.0.0.1", ports["leaf"], secrets / "offices" / f"{GATEWAY}.nk", secrets / "authority.pem"
    )
    limits = HubLimits(in_bytes=10**9, out_bytes=10**8, replicas=3)
    state = made_centre(tmp_path / "centre")
    settings = CentreSettings(limits=ROOMY, jetstream=JetstreamSettings(centre_place, limits))
    async with _running(folder) as processes, served(state, settings):
        out = JetstreamWay(office_place, GATEWAY, offer_s=1.5)
        try:
            assert await _delivered(out, packet(tmp_path, 1, 400_000))
            processes["hub-3"].send_signal(signal.SIGKILL)
            assert await _delivered(out, packet(tmp_path, 2, 400_000))
        finally:
            await out.close()


async def _delivered(out: JetstreamWay, made: Packet) -> bool:
    async with asyncio.timeout(60):
        while True:
            try:
                standing = (await out.offer([made.notice]))[0]
                if standing.state is not StandingState.PARTIAL:
                    return standing.state is StandingState.RECEIVED
                end = made.notice.size
                await out.send(made.notice, min(standing.received, end), end, made.read, lambda _: None)
            except WayOutError:
                await asyncio.sleep(0.1)


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[dict[str, asyncio.subprocess.Process]]:
    assert PROGRAM is not None
    processes: dict[str, asyncio.subprocess.Process] = {}
    try:
        for name in SERVERS:
            (folder / name).mkdir()
            (folder / name / "secrets").symlink_to(folder / "secrets")
            with (folder / name / "log").open("wb") as log:
                processes[name] = await asyncio.create_subprocess_exec(
                    *(PROGRAM, "-c", str(folder / f"{name}.conf")), cwd=folder / name, stdout=log, stderr=log
                )
        # They elect nobody before they know each other.
        await until(lambda: any(b"new metadata leader" in (folder / each / "log").read_bytes() for each in SERVERS))
        yield processes
    finally:
        for process in processes.values():
            if process.returncode is None:
                process.kill()
            await process.wait()


def _on_this_machine(folder: Path) -> dict[str, int]:
    """Rewrite addresses to free ports of loopback; where clients come."""
    clients, routes, leaves = ({each: free_port() for each in SERVERS} for _ in range(3))
    for path in [*folder.glob("*.conf"), folder / "secrets" / "routes.conf"]:
        own, text = path.stem, path.read_text()
        for name in SERVERS:
            text = text.replace(f"{name}:6222", f"127.0.0.1:{routes[name]}")
            text = text.replace(f"{name}:7422", f"127.0.0.1:{leaves[name]}")
        if own in SERVERS:
            text = text.replace("0.0.0.0:4222", f"127.0.0.1:{clients[own]}")
            text = text.replace("0.0.0.0:6222", f"127.0.0.1:{routes[own]}")
            text = text.replace("0.0.0.0:7422", f"127.0.0.1:{leaves[own]}")
        text = re.sub(r"(?m)^http: .*$", "", text).replace("500GB", "5GB")
        path.write_text(text)
    return clients
