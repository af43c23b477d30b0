import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.cli.exits import ExitStatus
from gateway.cli.verify import verify_folder
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import RunningGateway

REKAM = [sys.executable, "-m", "gateway.cli"]
FREE = ("--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--web", "127.0.0.1:0")
END_S = 90


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REKAM_")}
    return kept | {"LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[3])} | changes


def started(*arguments: object, **changes: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*REKAM, "serve", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**changes),
    )


@contextmanager
def serving(*arguments: object, **changes: str) -> Iterator[dict[str, str]]:
    with subprocess.Popen(
        [*REKAM, "serve", *map(str, arguments), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(**changes),
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
            process.send_signal(signal.SIGINT)
            assert process.wait(END_S) == 0
            assert process.stdout.read() == ""
        finally:
            process.kill()


def test_what_keeps_a_gateway_from_serving_is_one_line(tmp_path: Path, rekam: Rekam) -> None:
    state = tmp_path / "state"
    with serving("--state", state, *FREE, REKAM_KEY_PASSPHRASE="right") as ready:
        assert ready["event"] == "serving"
        assert ready["unix"] == f"unix:{state}/rekam.sock"
        assert rekam("devices", "--state", state).stdout.startswith("No device is attached.")
        listed = json.loads(rekam("devices", "--state", state, "--json").stdout)
        assert listed["devices"] == []
        # Told once the first look at the ports is over: here no PC/SC service runs.
        assert {problem["driver"] for problem in listed["problems"]} <= {"pcsc"}
        refused = [
            (started("--state", state, *FREE), "in use by another gateway (process"),
            (
                started("--state", tmp_path / "a", "--listen", ready["grpc"], "--metrics", "", "--web", ""),
                "cannot be bound",
            ),
            (
                started("--state", tmp_path / "b", *FREE[:2], "--metrics", ready["metrics"], "--web", ""),
                "for metrics cannot be bound",
            ),
            (started("--state", "/proc/rekam", *FREE), "cannot be written"),
        ]
        ended = [(process, *process.communicate(timeout=END_S), words) for process, words in refused]
    wrong = started("--state", state, *FREE, REKAM_KEY_PASSPHRASE="wrong")
    for process, output, errors, words in (
        *ended,
        (wrong, *wrong.communicate(timeout=END_S), "passphrase does not open"),
    ):
        assert process.returncode == ExitStatus.REFUSED
        assert output == ""
        assert len(errors.splitlines()) == 1
        assert errors.startswith("rekam: ")
        assert words in errors


@pytest.mark.parametrize(
    ("content", "words"),
    [("listten = 1", "unknown key 'listten'"), ("listen = ", "no TOML"), ("rescan_s = -1", "rescan_s")],
)
def test_bad_configuration_is_wrong_usage(rekam: Rekam, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "rekam.toml").write_text(content)
    result = rekam("serve", "--config", tmp_path / "rekam.toml", "--state", tmp_path / "state", "--json")
    assert result.exit_code == ExitStatus.USAGE
    assert words in json.loads(result.stdout)["error"]["message"]
    assert not (tmp_path / "state").exists()


def test_demo_makes_a_capture_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    process = started("--synthetic", "--demo", "--once", "--state", "state", *FREE)
    output, errors = process.communicate(timeout=END_S)
    assert process.returncode == 0, errors
    for words in (
        "Rekam",
        "gRPC",
        "Captured: right index finger, quality",
        "Signature verified: number 1",
        "captures/",
    ):
        assert words in output
    (folder,) = (tmp_path / "captures").iterdir()
    assert verify_folder(folder, None).report.ok


def test_demo_goes_on_serving_and_says_what_to_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen(
        [*REKAM, "serve", "--synthetic", "--demo", "--state", "my state", *FREE],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(END_S) == 0
    assert sum("--state 'my state'" in line for line in lines) == 2


def test_doctor_asks_the_running_gateway(gateway: RunningGateway, rekam: Rekam) -> None:
    result = rekam("doctor", "--state", gateway.state, "--json")
    findings = json.loads(result.stdout)["findings"]
    assert "2 of 3 ready" in [each["detail"] for each in findings]
    assert [each["name"] for each in findings if each["level"] == "problem"] == ["synthetic:BROKEN"]
    assert result.exit_code == ExitStatus.OUTCOME
    text = rekam("doctor", "--state", gateway.state).stdout
    assert "held by the gateway of process" in text
    assert text.splitlines()[-1].startswith("1 problem")


def test_doctor_names_what_is_wrong_and_what_mends_it(rekam: Rekam, tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "keys").mkdir(parents=True)
    key = state / "keys" / "signing.pem"
    key.write_text("no key")
    key.chmod(0o644)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        config = tmp_path / "rekam.toml"
        config.write_text(f'listen = "127.0.0.1:{port}"\n[[device]]\ndriver = "nope"\n')
        result = rekam("doctor", "--state", state, "--config", config, "--json")
    assert result.exit_code == ExitStatus.OUTCOME
    document = json.loads(result.stdout)
    found = {each["name"]: each for each in document["findings"] if each["level"] == "problem"}
    assert found["signing key"]["remedy"] == f"chmod 600 {key}"
    assert str(port) in found["gRPC port"]["remedy"]
    assert "'nope'" in found["configuration"]["detail"]
    assert document["problems"] == len([each for each in document["findings"] if each["level"] == "problem"]) == 3
    assert all(each["remedy"] for each in document["findings"] if each["level"] != "ok")


def test_doctor_looks_at_the_rights_of_a_usb_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.cli.checks.finding import Level
    from gateway.cli.checks.usb_devices import check_permission

    folder, nodes = tmp_path / "1-10", tmp_path / "nodes"
    folder.mkdir()
    for name, content in (("busnum", "1"), ("devnum", "7"), ("idVendor", "05ba"), ("idProduct", "000a")):
        (folder / name).write_text(f"{content}\n")
    assert check_permission("uareu4000:A", folder, nodes).level is Level.PROBLEM
    (nodes / "001").mkdir(parents=True)
    (nodes / "001" / "007").touch()
    assert check_permission("uareu4000:A", folder, nodes).level is Level.OK
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may open everything
    denied = check_permission("uareu4000:A", folder, nodes)
    assert denied.level is Level.PROBLEM
    assert "doctor --write-udev-rules" in denied.remedy


def test_doctor_writes_the_rules_of_every_usb_driver(rekam: Rekam, tmp_path: Path) -> None:
    from drivers import installed_drivers

    rules = tmp_path / "70-rekam.rules"
    document = json.loads(rekam("doctor", "--write-udev-rules", "--udev-rules-file", rules, "--json").stdout)
    written = rules.read_text()
    ids = [each for entry in installed_drivers().values() for each in entry.usb_ids()]
    assert document["rules"] == len(ids) == written.count('TAG+="uaccess"')
    for vendor, product in ids:
        assert f'ATTR{{idVendor}}=="{vendor:04x}", ATTR{{idProduct}}=="{product:04x}", MODE="0660"' in written
    assert rules.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["70-rekam.rules"]
    refused = rekam("doctor", "--write-udev-rules", "--udev-rules-file", tmp_path / "nowhere" / "x.rules", "--json")
    assert refused.exit_code == ExitStatus.USAGE
    assert "--udev-rules-file" in json.loads(refused.stdout)["error"]["message"]


def test_the_history_of_a_device_is_shown(gateway: RunningGateway, two_captures: Path, rekam: Rekam) -> None:
    at = ("--state", gateway.state)
    document = json.loads(rekam("devices", "history", "synthetic:QUICK", "--json", *at).stdout)
    (day,) = document["days"]
    assert day["captures"] >= 2
    assert day["uptime_s"] > 0
    shown = rekam("devices", "history", "synthetic:QUICK", "--days", "1", *at).stdout
    assert day["date"] in shown
    assert "bad frames" in shown
    missing = rekam("devices", "history", "synthetic:NOBODY", *at)
    assert missing.exit_code == ExitStatus.DEVICE


def test_keys_in_three_forms(gateway: RunningGateway, rekam: Rekam) -> None:
    at = ("--state", gateway.state)
    assert rekam("keys", "show", "--pem", *at).stdout.startswith("-----BEGIN CERTIFICATE-----")
    jwks = json.loads(rekam("keys", "show", "--jwks", *at).stdout)
    document = json.loads(rekam("keys", "show", "--json", *at).stdout)
    assert document["jwks"] == jwks
    assert document["active_key_id"] in {key["kid"] for key in jwks["keys"]}
    assert "d" not in jwks["keys"][0]
    assert document["active_key_id"] in rekam("keys", "show", *at).stdout
    assert rekam("keys", "show", "--pem", "--jwks", *at).exit_code == ExitStatus.USAGE


def test_devices_are_shown_and_watched(gateway: RunningGateway, rekam: Rekam) -> None:
    state = str(gateway.state)
    shown = rekam("devices", "--state", state)
    assert shown.exit_code == 0
    assert "synthetic:QUICK  ready" in shown.stdout
    assert "soaked" in shown.stdout
    with subprocess.Popen(
        [*REKAM, "devices", "--watch", "--json", "--state", state], stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        seen = {json.loads(process.stdout.readline())["device"]["device_id"] for _ in range(3)}
        process.send_signal(signal.SIGINT)
        assert process.wait(END_S) == 0
    assert seen == {"synthetic:QUICK", "synthetic:EMPTY", "synthetic:BROKEN"}


def test_help_and_completion_load_no_heavy_library() -> None:
    code = (
        "import sys; from gateway.cli import app; app(['--help'], standalone_mode=False); "
        "heavy = {'numpy', 'cv2', 'grpc', 'scipy', 'pydantic', 'cryptography'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=END_S, env=environment(), check=True
    )
    assert result.stderr.strip() == "[]"
    for command in ("serve", "devices", "capture", "fetch", "analyze", "compare", "verify", "keys", "doctor"):
        assert command in result.stdout
    script = subprocess.run(
        [*REKAM, "--show-completion", "bash"],
        capture_output=True,
        text=True,
        timeout=END_S,
        env=environment(_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"),  # else the shell that runs the tests counts
        check=False,
    )
    assert script.returncode == 0, script.stderr
    assert "complete" in script.stdout


def test_typed_positions_are_those_of_the_standard() -> None:
    from gateway.cli.options import Position, finger_position
    from gateway.finger import FingerPosition

    assert [finger_position(each.value) for each in Position] == [each for each in FingerPosition if each]
    assert finger_position(None) is FingerPosition.UNKNOWN
