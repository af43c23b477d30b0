"""`rekam purge`: what is said and written, and the exit statuses."""

import json
from pathlib import Path

from gateway.audit.head import read_audit_head
from gateway.cli.exits import ExitStatus
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import quick_device, running_gateway


def test_it_says_what_it_erases_and_gives_the_proof(rekam: Rekam, tmp_path: Path) -> None:
    with running_gateway(tmp_path / "state", devices=(quick_device("QUICK"),)) as own:
        at = ("--state", own.state)
        trial = rekam("purge", "--dry-run", *at)
        assert trial.exit_code == ExitStatus.DONE, trial.stderr
        assert "would be erased" in trial.stdout
        assert "keep_days" in trial.stderr
        head = tmp_path / "head.jws"
        done = rekam("purge", "--clock-is-right", "--json", "--proof", head, *at)
        assert done.exit_code == ExitStatus.DONE, done.stderr
        document = json.loads(done.stdout)
        names = [kind["name"] for kind in document["kinds"]]
        assert names == ["captures", "duplicates", "enrolments", "callbacks", "card_jobs", "idempotency_answers"]
        assert all(kind["complete"] and kind["audit_sequence"] for kind in document["kinds"])
        assert head.read_text().strip() == document["audit_head"]
        assert read_audit_head(head.read_bytes().strip()).head.sequence >= document["kinds"][-1]["audit_sequence"]
        verified = rekam("audit", "verify", "--head", head, *at)
        assert verified.exit_code == ExitStatus.DONE, verified.stderr


def test_it_is_for_supervisors(rekam: Rekam, tmp_path: Path) -> None:
    with running_gateway(tmp_path / "state", devices=(), roles=frozenset({"operator"})) as own:
        assert rekam("purge", "--state", own.state).exit_code == ExitStatus.REFUSED


def test_without_a_gateway_it_says_so(rekam: Rekam, tmp_path: Path) -> None:
    assert rekam("purge", "--state", tmp_path).exit_code == ExitStatus.UNREACHABLE
