"""`rekam central jetstream`: a key, its entry in the hub's configuration, the streams; wrong ways of asking."""

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gateway.cli.central import central
from gateway.hub.keys import public_of
from tests.gateway.central.centres import GATEWAY
from tests.gateway.hub.hubs import Hub, hub_at


def run(*arguments: str, status: int = 0) -> str:
    done = CliRunner().invoke(central, ["jetstream", *arguments], env={"LANG": "C"})
    assert done.exit_code == status, done.output
    return done.output


def told(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return found


def reaching(hub: Hub, gateway_id: str = "") -> list[str]:
    place = hub.place(gateway_id)
    address = ["--jetstream", f"tls://{hub.address}", "--jetstream-key", str(place.seed)]
    return [*address, "--jetstream-authority", str(place.authority)]


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    seed = tmp_path / "kedoya-1.nk"
    public = told("key", "--out", str(seed))["public"]
    assert public == public_of(seed.read_bytes().strip())
    assert stat.S_IMODE(seed.stat().st_mode) == 0o600
    before = seed.read_bytes()
    assert "exists" in run("key", "--out", str(seed), status=6)
    assert seed.read_bytes() == before
    entry = told("user", public, "--gateway", "kedoya-1")["entry"]
    assert public in entry
    assert "rekam.in.kedoya-1.>" in entry
    run("user", before.decode().strip(), status=2)


async def test_streams_are_made_and_their_limits_changed(tmp_path: Path) -> None:
    async with hub_at(tmp_path / "hub", GATEWAY) as hub:
        options = [*reaching(hub), "--in-gb", "1", "--out-gb", "0.5"]
        first = await asyncio.to_thread(told, "init", *options)
        assert first["made"] == ["REKAM_IN", "REKAM_OUT", "REKAM_ALIVE", "REKAM_MARK"]
        again = await asyncio.to_thread(told, "init", *reaching(hub), "--in-gb", "2", "--out-gb", "0.5")
        assert again["made"] == []
        too_large = await asyncio.to_thread(run, "init", *reaching(hub), "--in-gb", "500", status=6)
        assert "storage" in too_large
        forbidden = await asyncio.to_thread(run, "init", *reaching(hub, GATEWAY), status=6)
        assert "ermissions" in forbidden
    assert "hub is down" in await asyncio.to_thread(run, "init", *options, status=5)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    assert "--jetstream" in run("init", status=2)
    assert "--jetstream-key" in run("init", "--jetstream", "tls://hub:4222", status=2)
    assert "tls://HOST:PORT" in run("init", "--jetstream", "http://hub:4222", status=2)
