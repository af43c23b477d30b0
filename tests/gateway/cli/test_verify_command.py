import json
import shutil
from pathlib import Path

import pytest

from gateway.cli.exits import ExitStatus
from gateway.cli.verify import file_of, verify_folder
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import running_gateway


def changed_files(folder: Path) -> set[str]:
    return {file_of(check) for check in verify_folder(folder, None).report.failures}


@pytest.mark.parametrize(("name", "step"), [("manifest.jws", 1), ("template.fmr", 1), ("image.fir", 509)])
def test_every_flipped_byte_is_noticed_and_its_file_named(captures: Path, name: str, step: int) -> None:
    folder = captures / "one"
    path = folder / name
    content = path.read_bytes()
    assert changed_files(folder) == set()
    for at in range(0, len(content), step):
        flipped = bytearray(content)
        flipped[at] ^= 1 << at % 8
        path.write_bytes(flipped)
        assert name in changed_files(folder), f"byte {at}"


@pytest.mark.parametrize(
    ("name", "at"), [("manifest.jws", 700), ("manifest.jws", -1), ("template.fmr", 40), ("image.fir", -1)]
)
def test_command_says_which_file_was_changed(captures: Path, rekam: Rekam, name: str, at: int) -> None:
    path = captures / "one" / name
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)
    result = rekam("verify", captures / "one")
    assert result.exit_code == ExitStatus.OUTCOME
    assert f"NOT as it was signed: {name}" in result.stdout
    assert "FAILED" in result.stdout
    document = json.loads(rekam("verify", captures / "one", "--json").stdout)
    assert document["ok"] is False
    assert document["captures"][0]["changed"] == [name]


def test_files_for_people_are_not_signed(captures: Path, rekam: Rekam) -> None:
    (captures / "one" / "preview.png").write_bytes(b"")
    (captures / "one" / "summary.json").unlink()
    (captures / "one" / "notes.txt").write_text("x")
    result = rekam("verify", captures / "one")
    assert result.exit_code == 0
    assert "notes.txt" in result.stdout


@pytest.mark.parametrize("name", ["manifest.jws", "template.fmr", "image.fir"])
@pytest.mark.parametrize("emptied", [False, True])
def test_missing_and_empty_files_are_named(captures: Path, rekam: Rekam, name: str, emptied: bool) -> None:
    (captures / "one" / name).unlink()
    if emptied:
        (captures / "one" / name).touch()
    result = rekam("verify", captures / "one")
    assert result.exit_code == ExitStatus.OUTCOME
    assert f"NOT as it was signed: {name}" in result.stdout
    assert rekam("verify", captures).exit_code == ExitStatus.OUTCOME


def test_trust_bundle_says_who_signed(captures: Path, rekam: Rekam, tmp_path: Path) -> None:
    result = rekam("verify", captures / "one", "--trust", captures / "bundle.pem")
    assert result.exit_code == 0
    assert "is in the trust bundle" in result.stdout
    with running_gateway(tmp_path / "other") as other:
        pem = rekam("keys", "show", "--pem", "--state", other.state).stdout
    (tmp_path / "other.pem").write_text(pem)
    result = rekam("verify", captures / "one", "--trust", tmp_path / "other.pem")
    assert result.exit_code == ExitStatus.OUTCOME
    assert "unknown key" in result.stdout
    (tmp_path / "none.pem").write_text("no certificate")
    assert rekam("verify", captures / "one", "--trust", tmp_path / "none.pem").exit_code == ExitStatus.USAGE


def test_a_folder_of_captures_and_their_chain(captures: Path, rekam: Rekam) -> None:
    result = rekam("verify", captures)
    assert result.exit_code == 0, result.stdout
    assert "none missing between them" in result.stdout

    shutil.copytree(captures / "one", captures / "three")
    result = rekam("verify", captures, "--json")
    assert result.exit_code == ExitStatus.OUTCOME
    document = json.loads(result.stdout)
    assert [each["ok"] for each in document["captures"]] == [True, True, True]
    assert document["chains"][0]["ok"] is False
    assert document["chains"][0]["findings"][0]["fault"] == "inserted"


def test_manifest_itself_may_be_named(captures: Path, rekam: Rekam) -> None:
    assert rekam("verify", captures / "one" / "manifest.jws").exit_code == 0


def test_nothing_to_verify_is_wrong_usage(rekam: Rekam, tmp_path: Path) -> None:
    assert rekam("verify", tmp_path).exit_code == ExitStatus.USAGE
    assert rekam("verify", tmp_path / "nowhere").exit_code == ExitStatus.USAGE
