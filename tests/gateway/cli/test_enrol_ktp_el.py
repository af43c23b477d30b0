"""`rekam enrol --profile ktp-el --synthetic-person N`: a whole person, unasked, by a gateway of the command's own."""

import time
from hashlib import sha256
from pathlib import Path

import pytest

from drivers import synthetic_person
from gateway.cli.exits import ExitStatus
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.enrolled import CENTRE_KEY, check_records, document, opened

SLAPS = ["right-four", "left-four", "two-thumbs"]
PARTS = ["portrait", "signature", *SLAPS, "right-iris", "left-iris"]
MACHINE_S = 25.0
"""Of the processor's work for one person, as the figure of this command says; the clock counts other programs' too."""


@pytest.mark.timeout(600)  # half a minute of work, on a machine that may be busy
def test_a_whole_person_is_sealed_and_opened(rekam: Rekam, tmp_path: Path) -> None:
    state, packet = tmp_path / "state", tmp_path / "P"
    asked = ("--profile", "ktp-el", "--synthetic-person", 42, "--state", state, "--out", packet, "--json")
    began_s = time.process_time()
    result = rekam("enrol", *asked)
    worked_s = time.process_time() - began_s
    assert result.exit_code == ExitStatus.DONE, result.stderr
    found = document(result)
    assert (found["state"], found["profile"], found["exit_status"]) == ("sealed", "ktp-el", 0)
    assert [part["part"] for part in found["parts"]] == PARTS
    assert all(part["status"] == "done" for part in found["parts"])
    assert found["parts"][0]["score"] >= 70  # by the portrait camera
    assert all(part["score"] >= 10 for part in found["parts"][2:])
    assert found["exceptions"] == found["mix_ups"] == found["lacks"] == found["reference_remarks"] == []
    seconds = found["seconds"]
    assert abs(seconds["total"] - seconds["machine"] - seconds["person"]) < 0.05
    assert seconds["machine"] > 0
    assert worked_s <= MACHINE_S
    assert (found["path"], found["size"]) == (str(packet), packet.stat().st_size)
    assert sha256(packet.read_bytes()).hexdigest() == found["sha256"]
    assert synthetic_person(42).nik not in result.stdout + result.stderr

    packets = rekam("verify", packet, "--json")
    assert packets.exit_code == ExitStatus.DONE, packets.stderr
    inside = opened(packet, state / CENTRE_KEY, tmp_path / "opened")
    assert inside.statement["packet_id"] == found["packet_id"]
    kinds = check_records(inside.files, found["enrolment_id"])
    assert {"jws", "fir", "fmr", "iir", "ric", "fac", "png", "json"} <= kinds
    assert len([name for name in inside.files if name.endswith(".fir")]) == 13  # three slaps, ten fingers
    assert len([name for name in inside.files if name.endswith(".fmr")]) == 10
    assert len([name for name in inside.files if name.endswith(".iir")]) == 2
    assert synthetic_person(42).nik in str(inside.statement)
    # The gateway of the command is gone, and so is the way to it.
    assert rekam("enrol", "--list", "--state", state).exit_code == ExitStatus.UNREACHABLE
