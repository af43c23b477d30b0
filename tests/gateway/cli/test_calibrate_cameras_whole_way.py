"""`rekam calibrate` on the cameras and the reader of `--synthetic`: whole plans, held against what is true of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from typer.testing import CliRunner

from drivers.cards.line import drawn_line
from drivers.iris.synthesis.drawn_truth import drawn_truth as drawn_camera
from drivers.portrait.synthesis.drawn_truth import drawn_truth as drawn_portrait
from gateway.cli import app
from gateway.trust import read_signature
from tests.gateway.cli.running_gateway import RunningGateway, running_gateway

IRIS_MM = 11.7


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """Nothing is configured: the devices are those of `--synthetic`."""
    with running_gateway(tmp_path_factory.mktemp("way") / "state", devices=(), synthetic=True) as running:
        yield running


def command(running: RunningGateway, *arguments: object) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, [*map(str, arguments), "--gateway", running.addresses.unix])
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.strip().splitlines()]


def whole_plan(running: RunningGateway, device: str, steps: int) -> tuple[str, dict[str, float], set[str]]:
    """The calibration's id, every value by name, and the limits that were kept; all that were judged are."""
    *shown, ended = command(running, "calibrate", "run", device, "--unattended", "--operator", "Sri", "--json")
    assert shown[0]["steps"] == len({each["procedure"] for each in shown if each.get("procedure")}) == steps
    outcomes = {each["limit"]: each["outcome"] for each in ended["verdicts"]}
    assert set(outcomes.values()) <= {"pass", "not_measured"}, outcomes
    (history,) = command(running, "calibrate", "history", device, "--json")
    (record,) = (each for each in history["entries"] if each.get("calibration_id") == ended["calibration_id"])
    values = {each["name"]: each["value"] for each in record["values"]}
    return ended["calibration_id"], values, {name for name, outcome in outcomes.items() if outcome == "pass"}


def test_an_iris_camera_is_measured_as_it_truly_is_and_named_by_its_captures(
    running: RunningGateway, tmp_path: Path
) -> None:
    calibration_id, values, kept = whole_plan(running, "synthetic-iris", 8)
    truth = drawn_camera(crc32(b"SYN-0003"))
    for axis, scale in zip("xy", truth.px_per_mm(250), strict=True):
        assert values[f"px_per_mm_{axis}"] == pytest.approx(scale, rel=0.001)
    assert values["modulation_2"] == pytest.approx(truth.modulation(2, 250), abs=0.03)
    assert values["black"] == pytest.approx(truth.black, abs=1)
    assert values["iris_diameter"] == pytest.approx(min(truth.px_per_mm(250)) * IRIS_MM, rel=0.005)
    away = np.linspace(120, 450, 3301)
    sharp = away[[truth.modulation(2, float(mm)) >= 0.6 for mm in away]]
    assert values["focus_near"] == pytest.approx(sharp.min(), abs=2)
    assert values["focus_far"] == pytest.approx(sharp.max(), abs=2)
    assert kept >= {"iris_diameter", "modulation_2", "working_distance", "evenness", "snr", "configured_drive"}
    command(running, "calibrate", "accept", calibration_id, "--operator", "Sri", "--json")
    out = tmp_path / "iris"
    asked = ("--modality", "iris", "--eye", "right", "--device", "synthetic-iris:SYN-0003", "--out", out)
    (captured,) = command(running, "capture", *asked, "--json")[-1:]  # the target was taken away again
    manifest = json.loads(read_signature((out / "manifest.jws").read_bytes()).payload)
    assert manifest["calibration_id"] == calibration_id
    assert captured


def test_a_portrait_camera_is_measured_as_it_truly_is(running: RunningGateway) -> None:
    _, values, kept = whole_plan(running, "synthetic-portrait", 4)
    truth = drawn_portrait(crc32(b"SYN-0005"))
    red, _, blue = truth.gains()
    assert values["red_over_green"] == pytest.approx(red, rel=0.01)
    assert values["blue_over_green"] == pytest.approx(blue, rel=0.01)
    assert values["focal_px"] == pytest.approx(truth.px_per_mm * 700, rel=0.005)
    assert kept >= {"eyes_px", "exposure_error", "red_over_green", "blue_over_green"}


def test_a_card_reader_is_measured_as_it_truly_is(running: RunningGateway) -> None:
    _, values, kept = whole_plan(running, "synthetic-card", 4)
    truth = drawn_line(crc32(b"SYN-0004"), contactless=False)
    # The middle of times that scatter upwards exponentially; a reset is all of the line's own.
    assert values["power_up_p50"] == pytest.approx(1000 * truth.power_up_s * (1 + truth.spread * np.log(2)), rel=0.05)
    assert kept >= {"atr_valid", "cycles", "cycles_failed", "write_p99", "power_ups_failed"}
