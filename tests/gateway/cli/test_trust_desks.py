"""`rekam trust issue-desk`, and the command at a desk on another machine."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.cli.exits import ExitStatus
from gateway.config import GrpcSettings
from gateway.desks import DeskAuthority
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import running_gateway


def test_a_desk_is_issued_comes_and_is_revoked(rekam: Rekam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, folder = tmp_path / "state", tmp_path / "desk"
    with running_gateway(state, devices=(), grpc=GrpcSettings(listen="127.0.0.1:0")) as own:
        issued = rekam(
            "trust", "issue-desk", "Loket 3", "--role", "auditor", "--out", folder, "--state", state, "--json"
        )
        assert issued.exit_code == ExitStatus.DONE, issued.stderr
        desk = json.loads(issued.stdout)["desk"]
        assert desk["roles"] == ["auditor"]
        assert (folder / "desk.key").stat().st_mode & 0o777 == 0o600

        there = ("--gateway", own.addresses.desks)
        monkeypatch.setenv("REKAM_DESK", str(folder))
        assert rekam("devices", "--json", *there).exit_code == ExitStatus.DONE
        denied = rekam("keys", "create", "--json", *there)
        assert json.loads(denied.stdout)["error"]["reason"] == "ROLE_DENIED"

        (listed,) = json.loads(rekam("trust", "desks", "--state", state, "--json").stdout)["desks"]
        assert listed == desk
        assert rekam("trust", "revoke-desk", desk["desk_id"][:8], "--state", state).exit_code == ExitStatus.DONE
        assert "revoked" in rekam("trust", "desks", "--state", state).stdout
        gone = rekam("devices", *there)
        assert gone.exit_code == ExitStatus.REFUSED
        assert "is revoked since" in gone.stderr

        foreign = DeskAuthority.open(tmp_path / "elsewhere").issue("Loket 3", ["auditor"], 30)
        (folder / "desk.key").write_bytes(foreign.key_pem)
        (folder / "desk.pem").write_bytes(foreign.certificate_pem)
        refused = rekam("devices", *there)
        assert refused.exit_code == ExitStatus.REFUSED
        assert "refused this desk's certificate" in refused.stderr


def test_what_a_desk_lacks_is_named(rekam: Rekam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.cli.connection import desk_credentials
    from gateway.cli.exits import CommandFailure

    monkeypatch.delenv("REKAM_DESK", raising=False)
    assert desk_credentials("127.0.0.1:7411") is None
    assert desk_credentials("unix:/run/rekam.sock") is None
    with pytest.raises(CommandFailure, match="REKAM_DESK=FOLDER"):
        desk_credentials("192.0.2.1:7414")
    monkeypatch.setenv("REKAM_DESK", str(tmp_path))
    with pytest.raises(CommandFailure, match="cannot be read"):
        desk_credentials("192.0.2.1:7414")
    old = DeskAuthority.open(tmp_path).issue("old", ["operator"], 1, datetime.now(UTC) - timedelta(days=9))
    for name, content in (
        ("desk.pem", old.certificate_pem),
        ("desk.key", old.key_pem),
        ("gateway.pem", old.authority_pem),
    ):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandFailure, match="ended on"):
        desk_credentials("192.0.2.1:7414")


def test_a_desk_needs_a_role_and_a_name(rekam: Rekam, tmp_path: Path) -> None:
    at = ("--state", tmp_path / "state", "--out", tmp_path / "desk")
    for arguments in (
        ("Loket", "--role", "root"),
        ("", "--role", "operator"),
        ("Loket", "--role", "operator", "--days", 0),
    ):
        failed = rekam("trust", "issue-desk", *arguments, *at)
        assert failed.exit_code == ExitStatus.USAGE, failed.output
        assert not (tmp_path / "desk").exists()
    assert rekam("trust", "revoke-desk", "ab", "--state", tmp_path / "state").exit_code == ExitStatus.USAGE
