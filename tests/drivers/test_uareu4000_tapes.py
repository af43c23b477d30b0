"""The U.are.U 4000 driver on its tapes: strictly what was recorded, and what faults on them lead to."""

from pathlib import Path
from threading import Event

import numpy as np
import pytest

from drivers import CaptureTimeout, DeviceHung, DeviceLost, Fault, FaultKind, Tape, TapeMismatchError, TapeRecorder
from drivers.fingerprint.uareu4000 import Uareu4000
from drivers.fingerprint.uareu4000_image import blank_image
from tests.drivers.make_uareu4000_tapes import BLOCKS, HOST_SEED, RECORDINGS, ROWS, STRIPES, TAPES, finger
from tests.drivers.uareu4000_simulator import SimulatedReader, expected_picture, image_transfer, ridges


@pytest.mark.parametrize("name", TAPES)
def test_driver_does_what_is_on_the_tape(name: str) -> None:
    tape = Tape(RECORDINGS / f"{name}.jsonl")
    with Uareu4000(tape, host_seed=HOST_SEED) as scanner:
        TAPES[name][1](scanner)
    assert tape.finished


def test_every_tape_is_played() -> None:
    assert {path.stem for path in RECORDINGS.glob("*")} == set(TAPES)


def test_pictures_of_the_tapes() -> None:
    with Uareu4000(Tape(RECORDINGS / "finger.jsonl"), host_seed=HOST_SEED) as scanner:
        frame = scanner.capture(2, Event())
    np.testing.assert_array_equal(frame.pixels, 255 - expected_picture(ROWS, BLOCKS)[::-1, ::-1])
    with Uareu4000(Tape(RECORDINGS / "scan-again.jsonl"), host_seed=HOST_SEED) as scanner:
        frame = scanner.capture(2, Event())
    np.testing.assert_array_equal(frame.pixels[:40], 255 - STRIPES)


def test_other_seed_is_not_what_was_recorded() -> None:
    scanner = Uareu4000(Tape(RECORDINGS / "finger.jsonl"), host_seed=HOST_SEED ^ 1)
    with (
        pytest.raises(TapeMismatchError, match=r"finger\.jsonl: line \d+: the tape holds 'write .*072421ea51'"),
        scanner,
    ):
        scanner.capture(2, Event())


def place(tape: Tape, op: str, nth: int = 0) -> int:
    """Number of the nth transfer of that kind."""
    return [number for number, transfer in enumerate(tape.transfers) if transfer.op == op][nth]


def test_cable_pulled_at_each_transfer() -> None:
    path = RECORDINGS / "finger.jsonl"
    transfers = Tape(path).transfers
    switched_off = len(transfers) - 2  # failing to switch the sensor off is all that is left, and of no matter
    for number in range(switched_off):
        tape = Tape(path, {number: Fault(FaultKind.LOST)})
        with pytest.raises(DeviceLost, match="plug it in again"), Uareu4000(tape, host_seed=HOST_SEED) as scanner:
            finger(scanner)


@pytest.mark.parametrize("op", ["read", "write", "bulk"])
def test_no_answer_is_a_hang(op: str) -> None:
    path = RECORDINGS / "finger.jsonl"
    switched_off = place(Tape(path), "write", -1)
    tape = Tape(path, {place(Tape(path), op): Fault(FaultKind.TIMEOUT, resume_at=switched_off)})
    with pytest.raises(DeviceHung), Uareu4000(tape, host_seed=HOST_SEED) as scanner:
        scanner.capture(2, Event())


def test_finger_that_is_not_told_of_is_a_timeout() -> None:
    path = RECORDINGS / "no-finger.jsonl"
    tape = Tape(path)
    with Uareu4000(tape, host_seed=HOST_SEED) as scanner, pytest.raises(CaptureTimeout):
        scanner.capture(0.05, Event())


@pytest.mark.parametrize("kind", [FaultKind.SHORT, FaultKind.GARBLED])
def test_spoilt_image_is_scanned_again(kind: FaultKind) -> None:
    path = RECORDINGS / "finger.jsonl"
    whole = Tape(path)
    bulk, submit = place(whole, "bulk"), place(whole, "submit")
    tape = Tape(path, {bulk: Fault(kind, resume_at=submit)})
    with Uareu4000(tape, host_seed=HOST_SEED) as scanner:
        frame = scanner.capture(2, Event())
    np.testing.assert_array_equal(frame.pixels, 255 - expected_picture(ROWS, BLOCKS)[::-1, ::-1])


@pytest.mark.parametrize("scrambled", [True, False])
def test_blanked_tape_leads_the_same_way_and_shows_nothing(tmp_path: Path, scrambled: bool) -> None:
    rows = ridges(20)
    transfer = image_transfer(rows, [(2, 20)], scrambled=scrambled)
    with (
        TapeRecorder(SimulatedReader([transfer]).link(), tmp_path / "blank.jsonl", blank=blank_image) as recorder,
        Uareu4000(recorder, host_seed=1) as scanner,
    ):
        finger(scanner)
    tape = Tape(tmp_path / "blank.jsonl")
    (bulk,) = (t for t in tape.transfers if t.op == "bulk")
    assert bulk.blanked
    assert bulk.data[:64] == transfer[:64]
    assert len(bulk.data) == len(transfer)
    assert set(bulk.data[64:]) <= {0x00, 0xFF}
    with Uareu4000(tape, host_seed=1) as scanner:
        finger(scanner)
    assert tape.finished
