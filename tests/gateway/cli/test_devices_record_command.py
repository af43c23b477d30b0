"""`rekam devices record`: the file, the words and the exit statuses, over a gateway with a serial module."""

import hashlib
import json
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from drivers import replay_device
from gateway.cli import devices_record
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.config import DeviceTable
from tests.drivers.zfm_bench import R503, hurry
from tests.drivers.zfm_module import NOBODY, ROUND, ZfmModule
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import RunningGateway, quick_device, running_gateway

DEVICE = "zfm:desk"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def module_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    with pytest.MonkeyPatch.context() as patch, ZfmModule(ROUND, product=R503, version=b"V1.4") as module:
        hurry(patch, 3)  # a tape is no use where a busy machine makes the driver give up
        table = DeviceTable.model_validate({"driver": "zfm", "id": DEVICE, "port": module.port})
        state = tmp_path_factory.mktemp("recording") / "state"
        with running_gateway(state, devices=(table, quick_device("QUICK"))) as running:
            yield running


def record(rekam: Rekam, gateway: RunningGateway, out: Path, *more: object, device: str = DEVICE):
    return rekam("devices", "record", device, "--out", out, "--state", gateway.state, *more)


def test_a_tape_is_written_and_plays(module_gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    out = tmp_path / "module.jsonl"
    result = record(rekam, module_gateway, out)
    assert result.exit_code == ExitStatus.DONE, result.stderr
    assert result.stdout.startswith(f"{out}: ")
    assert "ok      self test: handshake" in result.stderr
    assert "lay one on it" in result.stderr
    assert "Image payload is blanked" in result.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["module.jsonl"]
    with replay_device(out).driver as scanner:
        assert scanner.identity.model == "R503"
        list(scanner.self_test(Event()))
        assert not scanner.capture(5, Event()).pixels.any()  # type: ignore[attr-defined]


def test_json_tells_the_steps_and_the_digest(module_gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    out = tmp_path / "module.jsonl"
    result = record(rekam, module_gateway, out, "--with-images", "--json")
    assert result.exit_code == ExitStatus.DONE, result.stderr
    document = json.loads(result.stdout)
    assert document["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert document["bytes"] == out.stat().st_size
    assert (document["with_images"], document["cut"], document["device_id"]) == (True, False, DEVICE)
    assert [step["name"] for step in document["steps"]][-2:] == ["capture", "close"]
    assert all(step["passed"] and step["detail"]["id"] for step in document["steps"])
    assert "never a person's finger" in result.stderr
    assert "The tape holds images" in result.stderr


def test_words_are_indonesian_where_the_desk_is(
    module_gateway: RunningGateway, rekam: Rekam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "id_ID.UTF-8")
    result = record(rekam, module_gateway, tmp_path / "module.jsonl")
    assert "Isi citra dikosongkan" in result.stderr
    assert "Satu citra 192 x 192 piksel diambil." in result.stderr


def test_a_file_that_is_there_is_kept_unless_forced(
    module_gateway: RunningGateway, rekam: Rekam, tmp_path: Path
) -> None:
    out = tmp_path / "module.jsonl"
    out.write_text("precious")
    refused = record(rekam, module_gateway, out)
    assert refused.exit_code == ExitStatus.USAGE
    assert "--force" in refused.stderr
    assert out.read_text() == "precious"
    assert record(rekam, module_gateway, out, "--force").exit_code == ExitStatus.DONE
    assert out.read_text().startswith('{"tape": 1, ')


def test_a_file_that_another_made_meanwhile_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "module.jsonl"
    with devices_record.prepared(out, force=False) as write:
        out.write_text("precious")
        with pytest.raises(CommandFailure, match="made by another"):
            write(b"the tape")
    assert out.read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["module.jsonl"]


def test_what_cannot_be(module_gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    out = tmp_path / "module.jsonl"
    unknown = record(rekam, module_gateway, out, "--json", device="zfm:other")
    assert unknown.exit_code == ExitStatus.DEVICE
    assert json.loads(unknown.stdout)["error"]["reason"] == "DEVICE_NOT_FOUND"
    drawn = record(rekam, module_gateway, out, device="synthetic:QUICK")
    assert "no traffic on USB or a serial port" in drawn.stderr
    assert drawn.exit_code == ExitStatus.DEVICE
    assert record(rekam, module_gateway, tmp_path).exit_code == ExitStatus.USAGE
    assert record(rekam, module_gateway, tmp_path / "no" / "folder").exit_code == ExitStatus.USAGE
    assert record(rekam, module_gateway, out, "--timeout", "0").exit_code == ExitStatus.USAGE
    nobody = rekam("devices", "record", DEVICE, "--out", out, "--state", tmp_path / "none")
    assert nobody.exit_code == ExitStatus.UNREACHABLE
    early = rekam("devices", "--json", "record", DEVICE, "--out", out)
    assert early.exit_code == ExitStatus.USAGE
    assert "behind `rekam devices record`" in early.stderr
    assert not list(tmp_path.iterdir())


def test_images_are_for_technicians(rekam: Rekam, tmp_path: Path) -> None:
    table = DeviceTable.model_validate({"driver": "zfm", "id": DEVICE, "port": "/dev/null/none"})
    with running_gateway(tmp_path / "state", roles=frozenset({"operator"}), devices=(table,)) as gateway:
        refused = record(rekam, gateway, tmp_path / "tape.jsonl", "--with-images")
        assert refused.exit_code == ExitStatus.REFUSED
        assert "technician" in refused.stderr
        opened = record(rekam, gateway, tmp_path / "tape.jsonl")
    assert opened.exit_code == ExitStatus.DONE
    assert "failed  open: " in opened.stderr
    assert "/dev/null/none" in (tmp_path / "tape.jsonl").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recording_that_is_cancelled_writes_nothing(tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "out" / "tape.jsonl"
    out.parent.mkdir()
    with ZfmModule(ROUND, product=R503, looks=NOBODY) as module:
        table = DeviceTable.model_validate({"driver": "zfm", "id": DEVICE, "port": module.port})
        with running_gateway(tmp_path / "state", devices=(table,)) as gateway:
            command = (sys.executable, "-m", "gateway.cli", "devices", "record", DEVICE, "--timeout", "300")
            where = ("--out", str(out), "--state", str(gateway.state))
            with subprocess.Popen(
                [*command, *where], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
            ) as process:
                assert process.stderr is not None
                for line in process.stderr:
                    if "self test: sensor" in line:
                        process.send_signal(number)
                        break
                words = process.stderr.read()
            assert "nothing was written" in words
            assert process.returncode == ExitStatus.OUTCOME
    assert not list(out.parent.iterdir())
