import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rekam.v1 import capture_pb2, gateway_pb2

from gateway.cli.capture import exit_status
from gateway.cli.capture_folder import FILES, CaptureFolder
from gateway.cli.connection import GatewayClient
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.records import fir, fmr
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import RunningGateway, running_gateway

INDEX = ("capture", "--modality", "finger", "--position", "right-index")


def at(gateway: RunningGateway) -> tuple[str, ...]:
    return "--gateway", gateway.addresses.unix


def test_capture_leaves_five_whole_files(two_captures: Path) -> None:
    folder = two_captures / "one"
    assert sorted(each.name for each in folder.iterdir()) == sorted(FILES)
    assert [each for each in two_captures.iterdir() if each.name.startswith(".")] == []
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["outcome"] == "captured"
    assert summary["position"] == "right-index"
    assert summary["verification"]["ok"] is True
    image = fir.decode((folder / "image.fir").read_bytes()).representations[0]
    view = fmr.decode((folder / "template.fmr").read_bytes()).views[0]
    assert fir.decode_pixels(image).shape == (view.template.height, view.template.width)
    assert summary["quality"]["score"] == image.quality == view.quality
    assert len(view.template) == summary["minutia_count"] > 20
    assert (folder / "preview.png").read_bytes().startswith(b"\x89PNG")


def test_json_alone_stands_on_standard_output(gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    asked = ("--device", "synthetic:QUICK", "--operator", "Ibu Sari", "--transaction", "T7", "--json")
    result = rekam(*INDEX, *asked, "--out", tmp_path / "d", *at(gateway))
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["outcome"] == "captured"
    assert document["transaction_id"] == "T7"
    assert document["folder"] == str(tmp_path / "d")
    assert document["exit_status"] == 0
    assert "Place the right index finger on the glass." in result.stderr


def test_below_the_asked_quality_is_kept_and_is_no_success(
    gateway: RunningGateway, rekam: Rekam, tmp_path: Path
) -> None:
    gateway.seen("synthetic:QUICK")
    asked = ("--device", "synthetic:QUICK", "--min-quality", 100, "--timeout", 3)
    result = rekam(*INDEX, *asked, "--out", tmp_path / "d", *at(gateway))
    assert result.exit_code == ExitStatus.OUTCOME
    assert "below the asked quality" in result.stdout
    assert sorted(each.name for each in (tmp_path / "d").iterdir()) == sorted(FILES)
    capture_id = json.loads((tmp_path / "d" / "summary.json").read_text(encoding="utf-8"))["capture_id"]
    again = rekam("fetch", capture_id, "--out", tmp_path / "again", *at(gateway))
    assert again.exit_code == 0
    for name in ("manifest.jws", "image.fir", "template.fmr"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "d" / name).read_bytes()


def test_no_finger_leaves_nothing(gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    asked = ("--device", "synthetic:EMPTY", "--timeout", 0.3, "--json")
    result = rekam(*INDEX, *asked, "--out", tmp_path / "d", *at(gateway))
    assert result.exit_code == ExitStatus.OUTCOME
    assert json.loads(result.stdout)["outcome"] == "no_finger"
    assert "No finger came in time" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_device_that_failed(gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    result = rekam(*INDEX, "--device", "synthetic:BROKEN", "--out", tmp_path / "d", *at(gateway))
    assert result.exit_code == ExitStatus.DEVICE
    assert "soaked" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("outcome", "reason", "status"),
    [
        ("captured", None, ExitStatus.DONE),
        ("below_quality", None, ExitStatus.OUTCOME),
        ("marked_missing", None, ExitStatus.OUTCOME),
        ("device_lost", "DEVICE_LOST", ExitStatus.DEVICE),
        ("failed", "LEASE_HELD", ExitStatus.REFUSED),
        ("failed", "SPOOL_FULL", ExitStatus.REFUSED),
        ("failed", "KEY_EXPIRED", ExitStatus.REFUSED),
        ("failed", "INTERNAL", ExitStatus.FAULT),
    ],
)
def test_exit_status_of_an_outcome(outcome: str, reason: str | None, status: ExitStatus) -> None:
    document = {"outcome": outcome, "error": {"reason": reason} if reason else None}
    assert exit_status(document, verified=True, fetched=False) is status
    assert exit_status(document, verified=False, fetched=False) is not ExitStatus.DONE


def test_unknown_device_names_those_there_are(gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    result = rekam(*INDEX, "--device", "nope:1", "--out", tmp_path / "d", "--json", *at(gateway))
    assert result.exit_code == ExitStatus.DEVICE
    error = json.loads(result.stdout)["error"]
    assert error["reason"] == "DEVICE_NOT_FOUND"
    assert error["exit_status"] == 4
    assert "synthetic:QUICK" in error["message"]
    assert "Alat tidak ditemukan" in error["message_id"]


def test_people_read_their_language(
    gateway: RunningGateway, rekam: Rekam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "id_ID.UTF-8")
    result = rekam(*INDEX, "--device", "nope:1", "--out", tmp_path / "d", *at(gateway))
    assert result.stderr.startswith("rekam: Alat tidak ditemukan")
    result = rekam(*INDEX, "--device", "synthetic:QUICK", "--out", tmp_path / "d", *at(gateway))
    assert "Letakkan jari telunjuk kanan pada kaca." in result.stderr
    assert "Terekam: jari telunjuk kanan, mutu" in result.stdout


def test_no_gateway(rekam: Rekam, tmp_path: Path) -> None:
    for place in (("--state", tmp_path), ("--gateway", f"unix:{tmp_path}/rekam.sock"), ("--gateway", "127.0.0.1:1")):
        result = rekam(*INDEX, "--out", tmp_path / "d", *place)
        assert result.exit_code == ExitStatus.UNREACHABLE
        assert "rekam serve" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_bad_address_is_wrong_usage(rekam: Rekam) -> None:
    for address in ("7411", "localhost:", "127.0.0.1:99999", "unix:"):
        assert rekam("devices", "--gateway", address).exit_code == ExitStatus.USAGE


def test_state_folder_leads_to_the_gateway(
    gateway: RunningGateway, rekam: Rekam, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rekam("devices", "--state", gateway.state).exit_code == 0
    monkeypatch.setenv("REKAM_STATE", str(gateway.state))
    assert rekam("devices", "--gateway", gateway.addresses.grpc).exit_code == 0
    assert rekam("devices").exit_code == 0


def test_device_in_use_is_refused_or_waited_for(gateway: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    mine = ("--device", "synthetic:EMPTY", "--timeout", "60", "--json", "--out", str(tmp_path / "first"))
    first = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", *INDEX, *mine, *at(gateway)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert first.stderr is not None
    assert first.stderr.readline().startswith("Place the right index finger")
    asked = ("--device", "synthetic:EMPTY", "--timeout", 0.2, "--out", tmp_path / "second")
    refused = rekam(*INDEX, *asked, *at(gateway))
    assert refused.exit_code == ExitStatus.REFUSED
    assert "in use by rekam capture" in refused.stderr

    # Ctrl-C cancels at the gateway, and the next in the queue gets the device.
    ended = threading.Timer(0.3, lambda: first.send_signal(signal.SIGINT))
    ended.start()
    began = time.monotonic()
    waited = rekam(*INDEX, *asked, "--wait", 300, *at(gateway))
    assert waited.exit_code == ExitStatus.OUTCOME
    assert "No finger came" in waited.stdout
    assert time.monotonic() - began < 55
    output, _ = first.communicate(timeout=60)
    assert first.returncode == ExitStatus.OUTCOME
    assert json.loads(output)["outcome"] == "cancelled"
    assert list(tmp_path.iterdir()) == []


def test_a_finger_marked_missing_by_another_client_is_kept(
    gateway: RunningGateway, rekam: Rekam, tmp_path: Path
) -> None:
    mine = ("--device", "synthetic:EMPTY", "--timeout", "60", "--json", "--out", str(tmp_path / "d"))
    with (
        GatewayClient(gateway.addresses.grpc) as client,
        subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", *INDEX, *mine, *at(gateway)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process,
    ):
        watched = gateway_pb2.WatchRequest(topics=[gateway_pb2.TOPIC_CAPTURES])
        events = client.stream("GatewayService/Watch", watched, gateway_pb2.WatchResponse, 30.0)
        waiting = next(
            event.capture.capture_id
            for event in events
            if event.HasField("capture") and event.capture.state == capture_pb2.CAPTURE_STATE_AWAITING_FINGER
        )
        client.call(
            "CaptureService/CommandCapture",
            capture_pb2.CommandCaptureRequest(
                capture_id=waiting,
                action=capture_pb2.CAPTURE_ACTION_MARK_MISSING,
                missing_reason=capture_pb2.MISSING_REASON_BANDAGED,
            ),
            capture_pb2.CommandCaptureResponse,
        )
        output, _ = process.communicate(timeout=60)
    assert process.returncode == ExitStatus.OUTCOME
    assert json.loads(output)["missing_reason"] == "bandaged"
    assert sorted(each.name for each in (tmp_path / "d").iterdir()) == ["manifest.jws", "summary.json"]
    assert rekam("verify", tmp_path / "d").exit_code == 0


def test_role_denied(rekam: Rekam, tmp_path: Path) -> None:
    with running_gateway(tmp_path / "state", roles=frozenset({"auditor"})) as gateway:
        result = rekam(*INDEX, "--out", tmp_path / "d", *at(gateway))
        assert result.exit_code == ExitStatus.REFUSED
        assert "role" in result.stderr
        assert rekam("devices", *at(gateway)).exit_code == 0


def test_a_full_folder_is_never_overwritten(gateway: RunningGateway, rekam: Rekam, captures: Path) -> None:
    before = (captures / "one" / "manifest.jws").read_bytes()
    asked = ("--device", "synthetic:QUICK", "--out", captures / "one")
    result = rekam(*INDEX, *asked, *at(gateway))
    assert result.exit_code == ExitStatus.USAGE
    assert "--force" in result.stderr
    assert (captures / "one" / "manifest.jws").read_bytes() == before

    (captures / "one" / "letter.txt").write_text("mine")
    result = rekam(*INDEX, *asked, "--force", *at(gateway))
    assert result.exit_code == ExitStatus.USAGE
    assert "letter.txt" in result.stderr

    (captures / "one" / "letter.txt").unlink()
    result = rekam(*INDEX, *asked, "--force", *at(gateway))
    assert result.exit_code == 0, result.stderr
    assert (captures / "one" / "manifest.jws").read_bytes() != before
    assert sorted(each.name for each in captures.iterdir()) == ["bundle.pem", "one", "two"]


def test_folder_refuses_what_it_cannot_make_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path / "file", Path(), tmp_path / "file" / "below", Path("/proc/rekam/d")):
        with pytest.raises(CommandFailure) as failure:
            CaptureFolder(path, replace=False)
        assert failure.value.status is ExitStatus.USAGE
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_wrong_options_are_wrong_usage(rekam: Rekam, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "d")
    for wrong in (
        ("capture", "--modality", "finger", "--position", "right-toe", *out),
        ("capture", "--modality", "voice", "--position", "right-index", *out),
        (*INDEX, *out, "--min-quality", "101"),
        (*INDEX, *out, "--timeout", "0"),
        INDEX,
    ):
        result = rekam(*wrong)
        assert result.exit_code == ExitStatus.USAGE
        assert result.stdout == ""
