"""`rekam pair`: pages listed and taken back over the native door."""

import json
from pathlib import Path

import pytest

from gateway.cli.exits import ExitStatus
from gateway.service.pairing import Pairings
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import running_gateway

ORIGIN = "https://desk.example"


def paired(state: Path, *names: str) -> None:
    """Tokens as a gateway that ran before has left them."""
    state.mkdir()
    codes: list[str] = []
    pairings = Pairings(state / "pairings.json", lambda _origin, _name, code: codes.append(code))
    for name in names:
        pairings.request_code(ORIGIN, name)
        pairings.trade(ORIGIN, codes[-1])
    pairings.save()


def test_pages_are_listed_and_taken_back(rekam: Rekam, tmp_path: Path) -> None:
    state = tmp_path / "state"
    paired(state, "Loket 3", "Loket 4")
    at = ("--state", state)
    with running_gateway(state, devices=()):
        listed = json.loads(rekam("pair", "list", "--json", *at).stdout)["pairings"]
        assert {(each["origin"], each["name"]) for each in listed} == {(ORIGIN, "Loket 3"), (ORIGIN, "Loket 4")}
        assert ORIGIN in rekam("pair", "list", *at).stdout
        first = listed[0]
        gone = rekam("pair", "revoke", first["id"][:8], "--json", *at)
        assert gone.exit_code == ExitStatus.DONE, gone.stderr
        assert json.loads(gone.stdout)["revoked"] == first
        assert json.loads(rekam("pair", "list", "--json", *at).stdout)["pairings"] == listed[1:]
        unknown = rekam("pair", "revoke", first["id"], "--json", *at)
        assert json.loads(unknown.stdout)["error"]["reason"] == "NOT_FOUND"
        assert rekam("pair", "revoke", "", *at).exit_code == ExitStatus.USAGE
        misspelt = rekam("pair", "revoke", "loket", *at)
        assert misspelt.exit_code == ExitStatus.USAGE
        assert "'loket' fits 0 pages" in misspelt.stderr
        rekam("pair", "revoke", listed[1]["id"], *at)
        assert "No page is paired" in rekam("pair", "list", *at).stdout


def test_a_code_is_on_the_gateways_terminal_alone(
    rekam: Rekam, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with running_gateway(tmp_path / "state", devices=()) as own:
        asked = rekam("pair", "code", ORIGIN, "--name", "Loket 3", "--json", "--state", own.state)
        assert asked.exit_code == ExitStatus.DONE, asked.stderr
        assert set(json.loads(asked.stdout)) == {"origin", "code_expires_at"}


def test_an_operator_takes_nothing_back(rekam: Rekam, tmp_path: Path) -> None:
    state = tmp_path / "state"
    paired(state, "Loket 3")
    with running_gateway(state, devices=(), roles=frozenset({"operator"})):
        (page,) = json.loads(rekam("pair", "list", "--json", "--state", state).stdout)["pairings"]
        assert rekam("pair", "revoke", page["id"], "--state", state).exit_code == ExitStatus.REFUSED
