"""The bulk scanners' drivers on their tapes: strictly what was recorded, and what faults on them lead to."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from drivers import DeviceHung, DeviceLost, Fault, FaultKind, Tape, TapeMismatchError, TapeRecorder
from drivers.fingerprint import aes3500, nb1010
from drivers.fingerprint.upektouchchip_messages import ImageBlanker
from tests.drivers.aes3500_simulator import ridges
from tests.drivers.make_usb_scanner_tapes import RECORDINGS, STRIPES, TAPES, UPEK_PICTURE, finger

FINGERS = [name for name, scene in TAPES.items() if scene.happens is finger]
PICTURES = {
    "nb1010/finger": STRIPES[:180],
    "upektouchchip/finger": UPEK_PICTURE,
    "upektouchchip/scan-again": UPEK_PICTURE,
    "aes3500/finger": ridges(),
    "aes3500/aes4000-finger": ridges(96),
}
BLANKERS: dict[str, Callable[[], Callable[[bytes], bytes]]] = {
    "nb1010": lambda: nb1010.blank_image,
    "upektouchchip": ImageBlanker,
    "aes3500": lambda: aes3500.blank_image,
}


@pytest.fixture(autouse=True)
def lifted_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aes3500, "LIFTED_S", 0.05)


def tape_of(name: str, faults: dict[int, Fault] | None = None) -> Tape:
    return Tape(RECORDINGS / f"{name}.jsonl", faults)


def places(name: str, op: str) -> list[int]:
    return [number for number, transfer in enumerate(tape_of(name).transfers) if transfer.op == op]


@pytest.mark.parametrize("name", TAPES)
def test_driver_does_what_is_on_the_tape(name: str) -> None:
    tape = tape_of(name)
    with TAPES[name].driver(tape) as scanner:
        TAPES[name].happens(scanner)
    assert tape.finished


def test_every_tape_is_played() -> None:
    drivers = {name.partition("/")[0] for name in TAPES}
    found = {f"{path.parent.name}/{path.stem}" for driver in drivers for path in (RECORDINGS / driver).iterdir()}
    assert found == set(TAPES)


@pytest.mark.parametrize("name", FINGERS)
def test_pictures_of_the_tapes(name: str) -> None:
    with TAPES[name].driver(tape_of(name)) as scanner:
        frame = scanner.capture(5, Event())
        assert frame.pixels.shape == (scanner.identity.height, scanner.identity.width)
    np.testing.assert_array_equal(frame.pixels, PICTURES[name])


@pytest.mark.parametrize("name", FINGERS)
def test_cable_pulled_at_transfers_all_along_the_tape(name: str) -> None:
    transfers = len(tape_of(name).transfers) - 1  # closing meets no device
    for number in range(0, transfers, 1 + transfers // 40):
        tape = tape_of(name, {number: Fault(FaultKind.LOST)})
        with pytest.raises(DeviceLost, match="plug it in again"), TAPES[name].driver(tape) as scanner:
            finger(scanner)


@pytest.mark.parametrize("name", ["nb1010/finger", "aes3500/finger"])
def test_no_answer_is_a_hang(name: str) -> None:
    tape = tape_of(name, {places(name, "bulk")[-1 if name.startswith("aes") else 20]: Fault(FaultKind.TIMEOUT)})
    with TAPES[name].driver(tape) as scanner, pytest.raises(DeviceHung):
        scanner.capture(5, Event())


def test_no_answer_of_the_coprocessor_is_a_hang() -> None:
    name = "upektouchchip/finger"
    tape = tape_of(name, {places(name, "bulk")[7]: Fault(FaultKind.TIMEOUT)})
    with TAPES[name].driver(tape) as scanner, pytest.raises(DeviceHung, match="as was asked for"):
        scanner.capture(5, Event())


@pytest.mark.parametrize("kind", [FaultKind.SHORT, FaultKind.GARBLED])
def test_spoilt_image_is_asked_for_again(kind: FaultKind) -> None:
    name = "aes3500/finger"
    bulk = places(name, "bulk")[0]
    start_up = places(name, "send")[0]
    tape = tape_of(name, {bulk: Fault(kind, resume_at=start_up)})
    with TAPES[name].driver(tape) as scanner:
        np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, ridges())


def test_other_command_is_not_what_was_recorded() -> None:
    name = "upektouchchip/finger"
    with (
        TAPES[name].driver(tape_of(name)) as scanner,
        pytest.raises(TapeMismatchError, match=r"finger\.jsonl: line \d+: the tape holds 'send .*', the driver did '"),
    ):
        list(scanner.self_test(Event()))


@pytest.mark.parametrize("name", [name for name in FINGERS if name != "upektouchchip/scan-again"])
def test_blanked_tape_leads_the_same_way_and_shows_nothing(name: str, tmp_path: Path) -> None:
    scene = TAPES[name]
    path = tmp_path / "blank.jsonl"
    blank = BLANKERS[name.partition("/")[0]]()
    with TapeRecorder(scene.device().link(), path, blank=blank) as recorder, scene.driver(recorder) as scanner:
        finger(scanner)
    tape = Tape(path)
    with scene.driver(tape) as scanner:
        frame = scanner.capture(5, Event())
        scanner.await_removal(5, Event())
    assert len(np.unique(frame.pixels)) == 1
    assert tape.finished
