"""`rekam calibrate` on the scanner of `--synthetic`: the whole plan, its report, what is accepted, what is in use."""

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from calibration.series import unpacked
from drivers.fingerprint.synthesis.drawn_truth import drawn_truth
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth
from gateway.calibration.verification import verify_entry
from gateway.cli import app
from gateway.records import fir
from gateway.trust import read_signature
from tests.benchmarks.calibration_figures import true_ctf, true_mtf, true_snr
from tests.gateway.cli.running_gateway import RunningGateway, running_gateway

Rekam = Callable[..., Result]
SERIAL = "SYN-0001"
DEVICE = f"synthetic:{SERIAL}"
SHAPE = (374, 388)


@dataclass(frozen=True)
class Way:
    """A gateway whose first scanner was measured."""

    running: RunningGateway
    folder: Path
    result: Result
    calibration_id: str
    report: Path

    def command(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, [*map(str, arguments), "--gateway", self.running.addresses.unix])


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """Nothing is configured: the devices are those of `--synthetic`, and targets lay themselves."""
    folder = tmp_path_factory.mktemp("way")
    with running_gateway(folder / "state", devices=(), synthetic=True) as running:
        at = ["--gateway", running.addresses.unix]
        run = ["calibrate", "run", "synthetic-scanner", "--unattended", "--operator", "Sri", "--json"]
        result = CliRunner().invoke(app, [*run, *at])
        assert result.exit_code == 0, result.stderr
        calibration_id = json.loads(result.stdout.strip().splitlines()[-1])["calibration_id"]
        report = folder / "report"
        made = CliRunner().invoke(app, ["calibrate", "report", calibration_id, "--out", str(report), *at])
        assert made.exit_code == 0, made.stderr
        yield Way(running, folder, result, calibration_id, report)


@pytest.fixture(scope="module")
def truth() -> ScannerTruth:
    return drawn_truth(crc32(SERIAL.encode()), 500.0)


def record_of(way: Way) -> Any:
    (entry,) = way.report.glob("*.jws")
    series = {each.name[:-2]: each.read_bytes() for each in (way.report / "series").iterdir()}
    checked = verify_entry(entry.read_bytes(), None, series)
    assert checked.ok
    return checked.entry, series


def test_the_whole_plan_passes_every_limit_by_itself(way: Way) -> None:
    documents = [json.loads(line) for line in way.result.stdout.strip().splitlines()]
    steps = {document["procedure"] for document in documents if document.get("procedure")}
    assert len(steps) == documents[0]["steps"] == 15
    outcomes = {each["limit"]: each["outcome"] for each in documents[-1]["verdicts"]}
    assert set(outcomes.values()) == {"pass"}, outcomes
    assert {"ppi_x", "linearity", "snr_white", "mtf_10", "ctf_10", "grey_range_most", "grey_depth"} <= set(outcomes)


def test_the_record_agrees_with_the_truth_within_the_figures(way: Way, truth: ScannerTruth) -> None:
    record, series = record_of(way)
    found = {(m.procedure, v.name): v.value for m in record.measurements for v in m.values}

    def maps(procedure: str, name: str) -> np.ndarray:
        digest = next(s for m in record.measurements if m.procedure == procedure for s in m.series if s.name == name)
        return np.asarray(unpacked(series[digest.sha256], digest))

    for axis in "xy":
        assert found["resolution", f"ppi_{axis}"] == pytest.approx(getattr(truth, f"ppi_{axis}"), rel=0.001)
        # Laid askew by a degree, as a hand does, each axis by itself; the value told is the lower of both.
    for cycles in range(1, 11):
        assert found["mtf_sine", f"mtf_{cycles}"] == pytest.approx(true_mtf(truth, cycles, 1.0), abs=0.02)
        assert found["ctf_bars", f"ctf_{cycles}"] == pytest.approx(true_ctf(truth, cycles, 1.0), abs=0.02)
    for cycles in range(1, 9):
        assert found["mtf_edge", f"mtf_edge_{cycles}"] == pytest.approx(true_mtf(truth, cycles, 6.0), abs=0.03)
    assert found["snr", "snr_white"] == pytest.approx(true_snr(truth, "uniform-light"), rel=0.05)
    assert found["snr", "snr_black"] == pytest.approx(true_snr(truth, "uniform-dark"), rel=0.05)
    assert found["snr", "gain"] == pytest.approx(truth.shot_gain, rel=0.05)
    assert found["snr", "read_noise"] == pytest.approx(truth.read_noise, rel=0.1)
    fields = truth.fields(SHAPE)
    planted, told = fields.hot | fields.dead, maps("bad_pixels", "bad") > 0
    assert not (planted & ~told).any()
    assert (told & ~planted).sum() <= 1
    even = (fields.gain * maps("flat_field", "gain"))[~planted]
    assert even.std() / even.mean() <= 0.003
    errors = [maps("geometry", f"error_{axis}") - fields.displacement_px[k] for k, axis in enumerate("xy")]
    assert all(np.sqrt((error**2).mean()) <= 0.1 for error in errors)


def test_the_report_shows_what_was_measured_and_needs_nothing_else(way: Way) -> None:
    page = (way.report / "report.html").read_text("utf-8")
    record, _ = record_of(way)
    for measurement in record.measurements:
        assert measurement.procedure in page
    for verdict in record.verdicts:
        assert verdict.limit in page
    assert "<svg" in page
    assert "certified" not in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!#|data:)', page)  # nothing from elsewhere
    assert (way.report / "report.pdf").read_bytes().startswith(b"%PDF")


def test_accept_changes_pixels_scale_and_manifest_of_the_next_capture(way: Way, truth: ScannerTruth) -> None:
    def captured(name: str) -> tuple[dict[str, Any], Any]:
        folder = way.folder / name
        asked = ("--modality", "finger", "--position", "right-index", "--device", DEVICE, "--out", folder)
        result = way.command("capture", *asked)
        assert result.exit_code == 0, result.stderr
        manifest: dict[str, Any] = json.loads(read_signature((folder / "manifest.jws").read_bytes()).payload)
        return manifest, fir.decode((folder / "image.fir").read_bytes()).representations[0]

    manifest, image = captured("before")
    assert manifest["calibration_id"] is None
    assert image.image_ppi == (500, 500)
    accepted = way.command("calibrate", "accept", way.calibration_id, "--operator", "Sri")
    assert accepted.exit_code == 0, accepted.stderr
    manifest, corrected = captured("after")
    assert manifest["calibration_id"] == way.calibration_id
    scale = (truth.ppi_x * truth.ppi_y) ** 0.5
    assert all(abs(ppi - scale) <= 0.51 for ppi in corrected.image_ppi)  # a record has whole numbers
    assert manifest["quality"]["score"] >= 60
    # Where the glass is empty in both, the fall-off of light and the fixed pattern are gone.
    pixels = [fir.decode_pixels(each).astype(np.float32) for each in (image, corrected)]
    smooth = [cv2.blur(each, (9, 9)) for each in pixels]
    empty = cv2.erode(((smooth[0] > 215) & (smooth[1] > 215)).astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    assert empty.mean() > 0.05
    assert smooth[1][empty].std() < 0.6 * smooth[0][empty].std()
    dead = truth.fields(SHAPE).dead
    median = cv2.medianBlur(fir.decode_pixels(corrected), 5).astype(np.float32)
    was, became = (np.abs(each - median)[dead].mean() for each in pixels)
    assert became < 0.5 * was
    stands = json.loads(way.command("calibrate", "list", "--json").stdout)["calibrations"]
    assert next(each for each in stands if each["device_id"] == DEVICE)["state"] == "valid"


def test_verify_exits_3_after_a_changed_digit(way: Way, rekam: Rekam, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(way.command("keys", "show", "--pem").stdout, "ascii")
    assert rekam("calibrate", "verify", way.report, "--trust", bundle).exit_code == 0
    damaged = Path(shutil.copytree(way.report, tmp_path / "damaged"))
    (entry,) = damaged.glob("*.jws")
    header, payload, signature = entry.read_text("ascii").split(".")
    text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    place = next(i for i in range(text.index('"grey_depth"'), len(text)) if text[i].isdigit())
    text = text[:place] + str(9 - int(text[place])) + text[place + 1 :]
    changed = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    entry.write_text(f"{header}.{changed}.{signature}", "ascii")
    assert rekam("calibrate", "verify", damaged, "--trust", bundle).exit_code == 3
