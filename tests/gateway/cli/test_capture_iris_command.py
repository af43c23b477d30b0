"""`rekam capture --modality iris`: the folder, what people read, and the exit status."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from gateway.cli.capture_folder import IRIS_IMAGE
from gateway.cli.exits import ExitStatus
from gateway.config import DeviceTable
from gateway.iris import decode_code
from gateway.records import iir
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import RunningGateway, running_gateway
from tests.gateway.running import QUICK_SITTER

IRIS = ("capture", "--modality", "iris")
ONE_EYE_FILES = ["image.iir", "iris.ric", "manifest.jws", "preview.png", "summary.json"]


def camera(serial: str, **options: object) -> DeviceTable:
    table = {"driver": "synthetic-iris", "serial": serial, "eye": 17, "impression": 1, **QUICK_SITTER, **options}
    return DeviceTable.model_validate(table)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    devices = (
        camera("ONE", eyes="left"),
        camera("TWIN", eyes="both"),
        camera("BLUR", condition="defocused"),
        camera("NOBODY", fault="no_eye"),
        camera("LENS", eye=3000, artefact="patterned_lens"),
    )
    with running_gateway(tmp_path_factory.mktemp("state"), devices=devices) as running:
        yield running


def at(gateway: RunningGateway) -> tuple[str, ...]:
    return ("--gateway", gateway.addresses.unix)


def test_one_eye_becomes_a_folder_that_verifies(gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    out = tmp_path / "eye"
    result = rekam(*IRIS, "--eye", "left", "--device", "synthetic-iris:ONE", "--out", out, *at(gateway))
    assert result.exit_code == 0, result.stderr
    assert "Bring the left eye before the camera." in result.stderr
    assert "Captured: left eye, quality" in result.stdout
    assert "minutia" not in result.stdout
    assert sorted(each.name for each in out.iterdir()) == ONE_EYE_FILES
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert (summary["modality"], summary["eye"], summary["position"]) == ("iris", "left", None)
    assert summary["quality"]["algorithm"] == "rekam-iris"
    assert [each["verdict"] for each in summary["liveness"]] != ["attack_suspected"]
    assert summary["liveness"][0]["cues"][0]["name"] == "pupil_response"
    assert "suspected" not in result.stdout
    (image,) = iir.decode((out / "image.iir").read_bytes()).representations
    assert image.eye is iir.EyeLabel.LEFT
    assert decode_code((out / "iris.ric").read_bytes()).counted > 10_000
    preview = cv2.imread(str(out / "preview.png"))
    assert preview.shape == (480, 640, 3)
    coloured = (preview.max(axis=2).astype(int) - preview.min(axis=2)) > 60
    pixels = iir.decode_pixels(image)
    assert 500 < coloured.sum() < 0.05 * pixels.size  # thin outlines, and all else as it was captured
    assert (preview[~coloured].max(axis=1) == pixels[~coloured]).mean() > 0.98

    verified = rekam("verify", out)
    assert verified.exit_code == 0
    assert "left eye, captured" in verified.stdout
    (out / "iris.ric").write_bytes(b"\0" * 8206)
    broken = rekam("verify", out, "--json")
    assert broken.exit_code == ExitStatus.OUTCOME
    assert json.loads(broken.stdout)["captures"][0]["changed"] == ["iris.ric"]

    again = rekam("fetch", summary["capture_id"], "--out", tmp_path / "again", *at(gateway))
    assert again.exit_code == 0, again.stderr
    assert sorted(each.name for each in (tmp_path / "again").iterdir()) == ONE_EYE_FILES
    assert (tmp_path / "again" / "manifest.jws").read_bytes() == (out / "manifest.jws").read_bytes()


def test_a_suspicion_asks_for_the_supervisor_and_refuses_nobody(
    gateway: RunningGateway, rekam: Rekam, tmp_path: Path
) -> None:
    asked = (*IRIS, "--eye", "right", "--min-quality", "0", "--out", tmp_path / "eye")
    result = rekam(*asked, "--device", "synthetic-iris:LENS", *at(gateway))
    assert result.exit_code == 0, result.stderr
    assert "Attack suspected, right eye: supervisor's review. The capture stands." in result.stdout
    assert "Take the lenses off." in result.stdout
    summary = json.loads((tmp_path / "eye" / "summary.json").read_text(encoding="utf-8"))
    (liveness,) = summary["liveness"]
    assert (liveness["eye"], liveness["verdict"]) == ("right", "attack_suspected")
    lens = {cue["name"]: cue for cue in liveness["cues"]}["lens_ring"]
    assert (lens["status"], lens["reason"]) == ("attack_suspected", "lens_dots")
    assert lens["score"] < 50
    assert lens["words"]["id"]
    assert rekam("verify", tmp_path / "eye").exit_code == 0


def test_both_eyes_in_one_folder(gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    asked = ("--eye", "both", "--device", "synthetic-iris:TWIN")
    result = rekam(*IRIS, *asked, "--out", tmp_path / "eyes", *at(gateway))
    assert result.exit_code == 0, result.stderr
    assert "Bring both eyes before the camera." in result.stderr
    names = {each.name for each in (tmp_path / "eyes").iterdir()}
    assert {"iris-right.ric", "iris-left.ric", IRIS_IMAGE} < names
    assert cv2.imread(str(tmp_path / "eyes" / "preview.png")).shape == (480, 1280, 3)
    assert "both eyes, captured" in rekam("verify", tmp_path / "eyes").stdout
    replaced = rekam(*IRIS, *asked, "--out", tmp_path / "eyes", "--force", *at(gateway))
    assert replaced.exit_code == 0, replaced.stderr


def test_what_does_not_succeed_says_why(
    gateway: RunningGateway, rekam: Rekam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.seen("synthetic-iris:ONE", eye="left")

    def capture(eye: str, serial: str) -> tuple[int, dict[str, object], str]:
        device = ("--device", f"synthetic-iris:{serial}", "--timeout", 3)
        result = rekam(*IRIS, "--eye", eye, *device, "--json", "--out", tmp_path / "none", *at(gateway))
        return result.exit_code, json.loads(result.stdout), result.stderr

    status, document, said = capture("right", "ONE")
    assert (status, document["outcome"]) == (ExitStatus.OUTCOME, "no_eye")
    assert "Present the other eye." in said
    status, document, said = capture("both", "ONE")
    assert (status, document["outcome"]) == (ExitStatus.USAGE, "failed")
    assert "capture the eyes in turn" in said
    monkeypatch.setenv("LANG", "id_ID.UTF-8")
    status, document, said = capture("right", "NOBODY")
    assert (status, document["outcome"]) == (ExitStatus.OUTCOME, "no_eye")
    assert "Tidak ada mata sampai batas waktu" in said
    assert not (tmp_path / "none").exists()


def test_a_blurred_eye_is_kept_below_the_asked_quality(gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    gateway.seen("synthetic-iris:BLUR", eye="right")
    device = ("--device", "synthetic-iris:BLUR", "--timeout", 6)
    result = rekam(*IRIS, "--eye", "right", *device, "--out", tmp_path / "eye", *at(gateway))
    assert result.exit_code == ExitStatus.OUTCOME
    assert "below the asked quality: right eye" in result.stdout
    assert "Move slowly closer or back" in result.stdout
    assert rekam("verify", tmp_path / "eye").exit_code == 0


def test_an_eye_goes_with_irises_and_a_position_with_fingers(rekam: Rekam, tmp_path: Path) -> None:
    finger = ("capture", "--modality", "finger")
    for wrong in (
        IRIS,
        (*IRIS, "--position", "right-index"),
        (*IRIS, "--eye", "left", "--position", "right-index"),
        (*IRIS, "--eye", "third"),
        finger,
        (*finger, "--eye", "left"),
    ):
        result = rekam(*wrong, "--out", tmp_path / "d")
        assert result.exit_code == ExitStatus.USAGE
        assert not (tmp_path / "d").exists()
    assert "--eye" in rekam("capture", "--help").stdout
