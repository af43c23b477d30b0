"""`rekam enrol` as an operator sees it: a terminal, questions, answers."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rekam.v1 import enrolment_pb2

from drivers import synthetic_person
from gateway.cli.connection import GatewayClient
from gateway.cli.exits import ExitStatus
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.enrolled import document
from tests.gateway.cli.running_gateway import RunningGateway, quick_device, running_gateway

NIK = synthetic_person(7).nik
PATIENCE_S = 60.0


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, gateway: RunningGateway, *options: object) -> None:
        ours, theirs = pty.openpty()
        environment = {**os.environ, "LANG": "en_GB.UTF-8", "TERM": "dumb", "COLUMNS": "120"}
        for name in ("LC_ALL", "LC_MESSAGES", "REKAM_STATE"):
            environment.pop(name, None)
        command = [
            sys.executable,
            "-m",
            "gateway.cli",
            "enrol",
            *map(str, options),
            "--gateway",
            gateway.addresses.unix,
        ]
        self._process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
        os.close(theirs)
        self._terminal = ours
        self.shown = ""
        self._read = 0

    def until(self, text: str) -> str:
        """What was shown up to `text`, since the last answer."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.shown[self._read :]:
            assert time.monotonic() < deadline, self.shown
            if not self._more():
                raise AssertionError(f"{text!r} was never shown:\n{self.shown}")
        at = self.shown.index(text, self._read) + len(text)
        found, self._read = self.shown[self._read : at], at
        return found

    def type(self, answer: str) -> None:
        os.write(self._terminal, f"{answer}\n".encode())

    def end(self) -> int:
        """The exit status."""
        while self._more():
            pass
        return self._process.wait(PATIENCE_S)

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)
        os.close(self._terminal)

    def _more(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], 0.2)
        if not ready:
            return self._process.poll() is None
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # what Linux says of a terminal whose other end is closed
            return False
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    state = tmp_path_factory.mktemp("desk") / "state"
    with running_gateway(state, devices=(quick_device("ONE", finger=170),), synthetic=True) as running:
        yield running


@pytest.fixture
def desk(gateway: RunningGateway) -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


def enrolment(gateway: RunningGateway, enrolment_id: str) -> enrolment_pb2.Enrolment:
    with GatewayClient(gateway.addresses.unix) as client:
        request = enrolment_pb2.GetEnrolmentRequest(enrolment_id=enrolment_id)
        return client.call("EnrolmentService/GetEnrolment", request, enrolment_pb2.GetEnrolmentResponse).enrolment


def test_an_operator_is_led_through_captures_a_mix_up_and_a_seal(
    gateway: RunningGateway, desk: list[Terminal], tmp_path: Path
) -> None:
    packet = tmp_path / "P.rekam"
    terminal = Terminal(gateway, "--profile", "two-fingers", "--operator", "Pak Budi", "--out", packet)
    desk.append(terminal)
    terminal.until("NIK or number of the application: ")
    terminal.type(NIK)
    terminal.until("right index finger  (2 to go)")
    terminal.until("> ")
    terminal.type("")
    terminal.until("Captured: right index finger, quality")
    terminal.until("left index finger  (1 to go)")
    terminal.until("> ")
    terminal.type("")  # the scanner draws one finger for all: a mix-up
    terminal.until("Name of the supervisor who approves")
    terminal.type("r")
    terminal.until("Enter: capture")
    terminal.type("x")  # no answer
    terminal.until("Enter: capture")
    terminal.type("")
    terminal.until("Name of the supervisor who approves")
    terminal.type("Pak Budi")
    assert "operator" in terminal.until("Name of the supervisor who approves")  # nobody approves what is their own
    terminal.type("Bu Ratna")
    terminal.until("Sealed: packet ")
    assert terminal.end() == ExitStatus.DONE
    assert packet.is_file()
    assert "s of waiting for the person" in terminal.shown


def test_what_is_missing_is_asked_for_and_put_aside(
    gateway: RunningGateway, desk: list[Terminal], rekam: Rekam, tmp_path: Path
) -> None:
    terminal = Terminal(gateway, "--profile", "ktp-el", "--nik", NIK, "--operator", "Pak Budi")
    desk.append(terminal)
    terminal.until("portrait  (")
    terminal.until("Enter: capture with the camera")
    terminal.type(str(tmp_path / "nowhere.png"))
    terminal.until("cannot be read")
    terminal.type("")
    terminal.until("Captured: portrait, quality")
    terminal.until("signature  (")
    terminal.type("m")
    reasons = terminal.until("Why? A number, or Enter to go back: ")
    assert "refused" in reasons
    assert "amputated" not in reasons
    terminal.type("1")
    terminal.until("empty: later): ")
    terminal.type("")
    terminal.until("four fingers of the right hand  (")
    terminal.type("m")
    assert "4  little" in terminal.until("Which finger? A number, or Enter to go back: ")
    terminal.type("4")
    assert "amputated" in terminal.until("Why? A number, or Enter to go back: ")
    terminal.type("")
    terminal.until("four fingers of the right hand  (")
    terminal.type("m")
    terminal.until("Which finger? A number, or Enter to go back: ")
    terminal.type("4")
    terminal.until("Why? A number, or Enter to go back: ")
    terminal.type("2")
    terminal.until("A photo of it? Show it to the portrait camera and type k, or name a file (empty: no photo): ")
    terminal.type(str(tmp_path / "nowhere.png"))
    terminal.until("cannot be read")
    terminal.type("k")
    terminal.until("The photo is taken.")
    terminal.until("empty: later): ")
    terminal.type("Bu Ratna")
    terminal.until("four fingers of the right hand  (")
    terminal.type("p")
    terminal.until("Put aside. Go on with `rekam enrol --resume ")
    assert terminal.end() == ExitStatus.OUTCOME
    (line,) = (
        each
        for each in document(rekam("enrol", "--list", "--json", "--gateway", gateway.addresses.unix))["enrolments"]
        if each["state"] == "paused"
    )
    assert line["enrolment_id"] in terminal.shown

    again = Terminal(gateway, "--resume", line["enrolment_id"], "--operator", "Pak Budi")
    desk.append(again)
    assert "portrait" not in again.until("four fingers of the right hand  (")
    shown = enrolment(gateway, line["enrolment_id"])
    (little,) = (each for each in shown.exceptions if each.unit == "right-little")
    assert (little.has_photo, little.approved_by) == (True, "Bu Ratna")
    again.type("q")
    again.until("Why, without the person's name (empty: go back): ")
    again.type("a test")
    again.until("given up; its data are erased")
    assert again.end() == ExitStatus.OUTCOME
    result = rekam("enrol", "--resume", line["enrolment_id"], "--operator", "X", "--gateway", gateway.addresses.unix)
    assert result.exit_code == ExitStatus.USAGE
    assert "abandoned" in result.stderr
