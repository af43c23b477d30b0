"""`rekam calibrate`: what a technician types, on a synthetic scanner with a truth and on saved frames."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import Result

import calibration.targets
from calibration.targets import bundled_targets
from drivers.fingerprint.synthesis.target_element import LaidTarget
from drivers.fingerprint.synthesis.true_sensor import TrueSensor, truth_of
from tests.gateway.cli.running_gateway import RunningGateway, quick_device, running_gateway

Rekam = Callable[..., Result]
DEVICE = "synthetic:CAL"
TRUTH = {"seed": 3, "ppi_x": 502.0, "ppi_y": 499.0}
SENSOR = {"width": 500, "height": 500, "frame_rate": 200.0, "truth": TRUTH}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    devices = (
        quick_device("CAL", **SENSOR),
        quick_device("OFF", **{**SENSOR, "truth": {**TRUTH, "ppi_x": 515.0}}),
        quick_device("DULL", **{**SENSOR, "truth": {**TRUTH, "blur_mm": 0.045}}),
    )
    with running_gateway(tmp_path_factory.mktemp("workshop"), devices=devices) as running:
        yield running


def asked(result: Result) -> dict[str, Any]:
    """The last JSON document of a command."""
    document: dict[str, Any] = json.loads(result.stdout.strip().splitlines()[-1])
    return document


@pytest.fixture(scope="module")
def measured(workshop: RunningGateway, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A calibration of the good scanner, accepted."""
    from typer.testing import CliRunner

    from gateway.cli import app

    at = ["--gateway", workshop.addresses.unix]
    run = [
        "calibrate",
        "run",
        DEVICE,
        "dark",
        "flat_field",
        "resolution",
        "--operator",
        "Sri",
        "--unattended",
        "--json",
    ]
    result = CliRunner().invoke(app, [*run, *at])
    assert result.exit_code == 0, result.stderr
    calibration_id: str = asked(result)["calibration_id"]
    assert CliRunner().invoke(app, ["calibrate", "accept", calibration_id, "--operator", "Sri", *at]).exit_code == 0
    return calibration_id


def test_the_plan_names_steps_in_order_with_their_targets(rekam: Rekam, workshop: RunningGateway) -> None:
    result = rekam("calibrate", "plan", DEVICE, "--json", "--gateway", workshop.addresses.unix)
    assert result.exit_code == 0, result.stderr
    plan = asked(result)
    names = [step["procedure"] for step in plan["steps"]]
    wanted = ["dark", "flat_field", "bad_pixels", "resolution", "grey_linearity", "mtf_sine", "snr"]
    assert [name for name in names if name in wanted] == wanted
    assert plan["standard"] == "appendix-f-500"
    assert all(view["instruction"]["id"] for step in plan["steps"] for view in step["views"])


def test_list_and_history_show_what_is_in_use(rekam: Rekam, workshop: RunningGateway, measured: str) -> None:
    at = ("--gateway", workshop.addresses.unix)
    shown = {each["device_id"]: each for each in asked(rekam("calibrate", "list", "--json", *at))["calibrations"]}
    assert (shown[DEVICE]["state"], shown[DEVICE]["calibration_id"]) == ("valid", measured)
    assert shown["synthetic:OFF"]["state"] == "never"
    history = asked(rekam("calibrate", "history", DEVICE, "--json", *at))["entries"]
    assert [each["kind"] for each in history] == ["accept", "record"]
    assert measured in rekam("calibrate", "list", *at).stdout
    assert measured in rekam("devices", *at).stdout


def test_a_driver_stands_for_its_first_device(rekam: Rekam, workshop: RunningGateway, measured: str) -> None:
    at = ("--json", "--gateway", workshop.addresses.unix)
    for name in ("synthetic-scanner", "synthetic"):
        assert asked(rekam("calibrate", "plan", name, *at))["device_id"] == DEVICE
        assert asked(rekam("calibrate", "history", name, *at))["standing"]["device_id"] == DEVICE
    assert rekam("calibrate", "plan", "synthetic:NONE", *at).exit_code != 0


def test_a_scanner_three_percent_off_fails_by_name(rekam: Rekam, workshop: RunningGateway) -> None:
    at = ("--gateway", workshop.addresses.unix)
    run = ("calibrate", "run", "synthetic:OFF", "resolution", "--operator", "Sri", "--unattended")
    result = rekam(*run, "--json", *at)
    assert result.exit_code == 3, result.stderr
    failed = [each["limit"] for each in asked(result)["verdicts"] if each["outcome"] == "fail"]
    assert failed == ["ppi_x"]
    shown = rekam("calibrate", "list", *at).stdout
    assert "FAILED" in shown


def test_a_scanner_that_does_not_resolve_ridges_fails_by_name(rekam: Rekam, workshop: RunningGateway) -> None:
    at = ("--gateway", workshop.addresses.unix)
    steps = ("dark", "flat_field", "bad_pixels", "mtf_sine")
    result = rekam("calibrate", "run", "synthetic:DULL", *steps, "--operator", "Sri", "--unattended", "--json", *at)
    assert result.exit_code == 3, result.stderr
    outcomes = {each["limit"]: each["outcome"] for each in asked(result)["verdicts"]}
    failed = [name for name, outcome in outcomes.items() if outcome == "fail"]
    assert failed == [f"mtf_{cycles}" for cycles in range(3, 11)]
    shown = {each["device_id"]: each for each in asked(rekam("calibrate", "list", "--json", *at))["calibrations"]}
    assert shown["synthetic:DULL"]["state"] == "failed"


def changed_digit(path: Path) -> None:
    """One digit of the signed record is another; all else, its form too, is as it was."""
    header, payload, signature = path.read_text("ascii").split(".")
    text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    place = text.index('"ppi_x"') + text[text.index('"ppi_x"') :].index('"value":') + len('"value":') + 2
    digit = "1" if text[place] != "1" else "2"
    changed = base64.urlsafe_b64encode((text[:place] + digit + text[place + 1 :]).encode()).rstrip(b"=").decode()
    path.write_text(f"{header}.{changed}.{signature}", "ascii")


def test_verify_holds_and_exits_3_after_a_changed_digit(
    rekam: Rekam, workshop: RunningGateway, measured: str, tmp_path: Path
) -> None:
    at = ("--gateway", workshop.addresses.unix)
    folder = tmp_path / "report"
    assert rekam("calibrate", "report", measured, "--out", folder, "--language", "en", *at).exit_code == 0
    assert (folder / "report.html").read_text("utf-8").startswith("<!doctype html>")
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(rekam("keys", "show", "--pem", *at).stdout, "ascii")
    assert rekam("calibrate", "verify", folder, "--trust", bundle).exit_code == 0

    damaged = Path(shutil.copytree(folder, tmp_path / "digit"))
    (entry,) = damaged.glob("*.jws")
    changed_digit(entry)
    result = rekam("calibrate", "verify", damaged, "--trust", bundle, "--json")
    assert result.exit_code == 3
    checks = asked(result)["entries"][0]["checks"]
    assert [each["name"] for each in checks if each["status"] == "failed"] == ["signature"]
    assert rekam("calibrate", "verify", entry).exit_code == 3

    damaged = Path(shutil.copytree(folder, tmp_path / "map"))
    series = next((damaged / "series").iterdir())
    series.write_bytes(series.read_bytes()[:-100])
    assert rekam("calibrate", "verify", damaged).exit_code == 3
    series.unlink()
    assert rekam("calibrate", "verify", damaged).exit_code == 3


def test_compare_shows_each_change(rekam: Rekam, workshop: RunningGateway, measured: str) -> None:
    at = ("--gateway", workshop.addresses.unix)
    again = rekam("calibrate", "run", DEVICE, "resolution", "--operator", "Budi", "--unattended", "--json", *at)
    assert again.exit_code == 0
    rows = asked(rekam("calibrate", "compare", DEVICE, "--json", *at))["values"]
    row = next(each for each in rows if each["name"] == "ppi_x")
    assert abs(row["change"]) < 0.5
    assert rekam("calibrate", "compare", DEVICE, "cal-none", *at).exit_code == 2


def test_rollback_needs_a_reason_and_something_to_go_back_to(
    rekam: Rekam, workshop: RunningGateway, measured: str
) -> None:
    at = ("--gateway", workshop.addresses.unix)
    assert rekam("calibrate", "rollback", DEVICE, *at).exit_code == 2
    result = rekam("calibrate", "rollback", DEVICE, "--reason", "x", "--json", *at)
    assert (result.exit_code, asked(result)["error"]["reason"]) == (6, "CALIBRATION_REFUSED")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames of a ladder as a scanner with a truth sees it, upright and turned."""
    folder = tmp_path_factory.mktemp("frames")
    target = bundled_targets()["ronchi-1"]
    sensor = TrueSensor(truth_of(dict(TRUTH), 3), (500, 500))
    for name, turn in (("ladder", 1.0), ("ladder-turned", 91.0)):
        sensor.lay(LaidTarget(target.fields, target.size_mm, target.ground, turn_deg=turn))
        (folder / name).mkdir()
        for number in range(8):
            cv2.imwrite(str(folder / name / f"{number}.png"), sensor.frame())
    return folder


def test_saved_frames_are_measured_without_gateway_or_device(rekam: Rekam, saved: Path) -> None:
    run = ("calibrate", "run", "ID", "resolution", "--frames", saved, "--target", "ronchi-1", "--json")
    result = rekam(*run)
    assert result.exit_code == 0, result.stderr
    values = {each["name"]: each["value"] for each in asked(result)["values"]}
    assert abs(values["ppi_x"] / TRUTH["ppi_x"] - 1) < 0.001
    assert abs(values["ppi_y"] / TRUTH["ppi_y"] - 1) < 0.001
    only = rekam("calibrate", "run", "ID", "resolution", "--frames", saved / "ladder", "--target", "ronchi-1", "--json")
    assert only.exit_code == 0, only.stderr
    assert "ppi_y" not in {each["name"] for each in asked(only)["values"]}


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("resolution", "--frames", "FRAMES"), 2, "needs a target"),
        (("resolution", "--frames", "NOWHERE", "--target", "ronchi-1"), 2, "no folder"),
        (("resolution", "--frames", "FRAMES", "--target", "no-such-target"), 2, "bundled"),
        (("resolution", "--frames", "EMPTY", "--target", "ronchi-1"), 2, "No frame"),
        (("resolution", "--frames", "NOISE", "--target", "ronchi-1"), 3, "target"),
        (("mtf_sine", "--frames", "FRAMES", "--target", "sine-1-10"), 3, "flat_field"),
        (("resolution", "--frames", "FRAMES", "--target", "EXPIRED"), 3, "ended on 2020-01-01"),
        (("nothing", "--frames", "FRAMES"), 3, "no procedure"),
        ((), 2, "--operator"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    rekam: Rekam, saved: Path, tmp_path: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "noise").mkdir()
    for number in range(8):
        noise = np.random.default_rng(number).integers(0, 255, (500, 500), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / "noise" / f"{number}.png"), noise)
    places = {
        "FRAMES": saved,
        "NOWHERE": tmp_path / "nowhere",
        "EMPTY": tmp_path / "empty",
        "NOISE": tmp_path / "noise",
        "EXPIRED": tmp_path / "expired.toml",
    }
    nominal = (Path(calibration.targets.__file__).parent / "ronchi-1.toml").read_text("utf-8")
    certificate = '[certificate]\nnumber = "T-7"\nissued = 2019-01-01\nexpires = 2020-01-01\n'
    (tmp_path / "expired.toml").write_text(f"{nominal}\n{certificate}", "utf-8")
    result = rekam("calibrate", "run", "ID", *(places.get(each, each) for each in arguments))
    assert result.exit_code == status, result.stderr
    assert words in result.stderr


def test_targets_are_written_as_pages_and_files(rekam: Rekam, tmp_path: Path) -> None:
    result = rekam("calibrate", "targets", "--out", tmp_path, "--json")
    assert result.exit_code == 0, result.stderr
    names = {Path(each).name for each in asked(result)["files"]}
    assert {"ronchi-1.pdf", "ronchi-1.toml", "iris-square.pdf", "bars-1-10.toml"} <= names
    assert "bars-1-10.pdf" not in names
    assert rekam("calibrate", "targets", "--out", tmp_path / "ronchi-1.toml" / "x").exit_code == 2
