"""`rekam audit`: asked of a gateway, exported, and verified without one."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.gateway.cli.running_gateway import running_gateway


@pytest.fixture
def at(gateway, two_captures) -> tuple[str, str]:
    """A gateway that has captured, and how to reach it."""
    return ("--gateway", gateway.addresses.unix)


@pytest.fixture
def exported(rekam, at, tmp_path) -> Path:
    out = tmp_path / "trail.jsonl"
    result = rekam("audit", "export", "--out", out, *at)
    assert result.exit_code == 0, result.stderr
    return out


def test_entries_are_shown(rekam, at):
    shown = rekam("audit", "query", *at)
    assert shown.exit_code == 0
    assert "CaptureService.StartCapture" in shown.stdout
    assert "synthetic:QUICK" in shown.stdout
    documents = [
        json.loads(line) for line in rekam("audit", "query", "--json", "--oldest-first", *at).stdout.splitlines()
    ]
    assert [each["sequence"] for each in documents[:3]] == [1, 2, 3]
    assert documents[0]["event"] == "gateway.started"
    capture_id = next(each["object"]["id"] for each in documents if each["event"] == "capture.recorded")
    about = [
        json.loads(line) for line in rekam("audit", "query", "--json", "--object", capture_id, *at).stdout.splitlines()
    ]
    assert {each["event"] for each in about} >= {"CaptureService.StartCapture", "capture.recorded"}
    assert rekam("audit", "query", "--json", "--from", 2, "--to", 3, *at).stdout.count("\n") == 2
    assert rekam("audit", "query", "--json", "--until", "2020-01-01", *at).stdout == ""
    assert rekam("audit", "query", "--json", "--since", "2020-01-01T00:00", "--limit", 1, *at).stdout.count("\n") == 1
    assert rekam("audit", "query", "--since", "yesterday", *at).exit_code == 2


def test_the_gateways_trail_is_whole(rekam, at):
    whole = rekam("audit", "verify", *at)
    assert whole.exit_code == 0, whole.stdout
    assert "whole" in whole.stdout


def test_an_export_is_verified_without_a_gateway(rekam, exported, two_captures):
    bundle = ("--trust", two_captures / "bundle.pem")
    whole = rekam("audit", "verify", exported, *bundle, "--json")
    assert whole.exit_code == 0, whole.stdout
    document = json.loads(whole.stdout)
    assert document["ok"]
    assert document["entries"] == document["sealed_sequence"] == document["last_sequence"] > 3
    assert "Who signed is not known" in rekam("audit", "verify", exported).stdout
    assert "Who signed is not known" not in rekam("audit", "verify", exported, *bundle).stdout


@pytest.mark.parametrize("deed", ["removed", "changed", "inserted", "reordered", "truncated"])
def test_a_fault_of_an_export_is_named_and_the_status_is_3(rekam, exported, deed):
    lines = exported.read_bytes().splitlines(keepends=True)
    if deed == "removed":
        del lines[2]
    elif deed == "changed":
        lines[2] = lines[2].replace(b'"version":1', b'"version": 1')
    elif deed == "inserted":
        lines.insert(4, lines[2])
    elif deed == "reordered":
        lines[2], lines[3] = lines[3], lines[2]
    else:
        lines = lines[:4]
    exported.write_bytes(b"".join(lines))
    result = rekam("audit", "verify", exported, "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["findings"][0]["fault"] == deed
    told = rekam("audit", "verify", exported)
    assert told.exit_code == 3
    assert f"First at {'the 2. entry here' if deed == 'changed' else 'entry'}" in told.stdout


def test_a_head_that_was_kept_elsewhere_shows_a_cut_that_nothing_else_shows(rekam, at, tmp_path):
    early = tmp_path / "early.jsonl"
    assert rekam("audit", "export", "--out", early, *at).exit_code == 0  # and more is done after it: the export itself
    head = rekam("audit", "head", *at)
    assert head.exit_code == 0
    assert "of chain" in head.stderr
    kept = tmp_path / "head.jws"
    kept.write_text(head.stdout, encoding="ascii")
    assert rekam("audit", "verify", early).exit_code == 0
    cut = rekam("audit", "verify", early, "--head", kept, "--json")
    assert cut.exit_code == 3
    assert json.loads(cut.stdout)["findings"][0]["fault"] == "truncated"
    assert json.loads(rekam("audit", "head", "--json", *at).stdout)["sequence"] >= 3


def test_what_cannot_be_read_or_written_is_said(rekam, at, exported, tmp_path):
    assert rekam("audit", "verify", tmp_path / "missing").exit_code == 2
    (tmp_path / "other").write_text("{}\n")
    wrong = rekam("audit", "verify", tmp_path / "other")
    assert wrong.exit_code == 2
    assert "audit export" in wrong.stderr
    assert rekam("audit", "verify", exported, "--trust", tmp_path / "other").exit_code == 2
    assert rekam("audit", "verify", exported, *at).exit_code == 2
    assert rekam("audit", "export", "--out", exported, *at).exit_code == 2
    assert rekam("audit", "export", "--out", exported, "--force", *at).exit_code == 0
    assert rekam("audit", "export", "--out", tmp_path / "none" / "x", *at).exit_code == 2
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_gateway_does_not_serve_over_the_trail_of_a_newer_one(rekam, tmp_path):
    state = tmp_path / "state"
    with running_gateway(state, devices=()):
        pass
    connection = sqlite3.connect(state / "audit.sqlite3")
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    result = rekam("serve", "--state", state, "--listen", "127.0.0.1:0", "--metrics", "", "--web", "")
    assert result.exit_code == 6
    assert "version 9" in result.stderr


def test_an_operator_does_not_read_the_trail(rekam, tmp_path):
    with running_gateway(tmp_path / "state", roles=frozenset({"operator"})) as gateway:
        at = ("--gateway", gateway.addresses.unix)
        for command in (("query",), ("head",), ("verify",), ("export", "--out", tmp_path / "trail")):
            result = rekam("audit", *command, *at)
            assert result.exit_code == 6, result.output
    assert not (tmp_path / "trail").exists()
