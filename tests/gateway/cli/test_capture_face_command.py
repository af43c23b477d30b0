"""`rekam capture --modality face`: a portrait, from the camera to a folder that verifies."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from gateway.cli.exits import ExitStatus
from gateway.config import DeviceTable
from gateway.records import fac
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import RunningGateway, running_gateway
from tests.gateway.running import QUICK_SITTER

FACE = ("capture", "--modality", "face")


def camera(serial: str, **options: object) -> DeviceTable:
    table = {"driver": "synthetic-portrait", "serial": serial, "face": 3, **QUICK_SITTER, **options}
    return DeviceTable.model_validate(table)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    devices = (camera("ONE"), camera("FAR", condition="far"), camera("NOBODY", fault="no_person"))
    with running_gateway(tmp_path_factory.mktemp("state"), devices=devices) as running:
        yield running


def at(gateway: RunningGateway, serial: str = "ONE") -> tuple[str, ...]:
    return ("--device", f"synthetic-portrait:{serial}", "--gateway", gateway.addresses.unix)


def test_a_portrait_becomes_a_folder_that_verifies(gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    out = tmp_path / "face"
    result = rekam(*FACE, "--out", out, *at(gateway))
    assert result.exit_code == 0, result.stderr
    assert "Hold still and look at the camera." in result.stderr
    assert "Captured: portrait, quality" in result.stdout
    assert "minutia" not in result.stdout
    assert sorted(each.name for each in out.iterdir()) == [
        "image.fac",
        "manifest.jws",
        "preview.png",
        "summary.json",
    ]
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert (summary["modality"], summary["eye"], summary["position"]) == ("face", None, None)
    assert summary["quality"]["algorithm"] == "rekam-portrait"
    record = fac.decode((out / "image.fac").read_bytes())
    assert cv2.imread(str(out / "preview.png")).shape == (record.height, record.width, 3)
    assert "portrait, captured" in rekam("verify", out).stdout
    (out / "image.fac").write_bytes((out / "image.fac").read_bytes()[:-1] + b"x")
    assert rekam("verify", out).exit_code == ExitStatus.OUTCOME


def test_what_does_not_succeed_says_why(
    gateway: RunningGateway, rekam: Rekam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = rekam(*FACE, "--timeout", 4, "--out", tmp_path / "far", *at(gateway, "FAR"))
    assert result.exit_code == ExitStatus.OUTCOME
    assert "below the asked quality: portrait" in result.stdout
    assert "Bring the person closer to the camera." in result.stdout
    monkeypatch.setenv("LANG", "id_ID.UTF-8")
    result = rekam(*FACE, "--timeout", 2, "--json", "--out", tmp_path / "none", *at(gateway, "NOBODY"))
    assert (result.exit_code, json.loads(result.stdout)["outcome"]) == (ExitStatus.OUTCOME, "no_face")
    assert "Tidak ada wajah sampai batas waktu" in result.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("wrong", [("--position", "right-index"), ("--slap", "right-four"), ("--eye", "right")])
def test_a_portrait_takes_no_finger_slap_or_eye(
    gateway: RunningGateway, rekam: Rekam, tmp_path: Path, wrong: tuple[str, ...]
) -> None:
    result = rekam(*FACE, *wrong, "--out", tmp_path / "x", *at(gateway))
    assert result.exit_code == ExitStatus.USAGE
    assert "neither --position, --slap nor --eye" in result.stderr
