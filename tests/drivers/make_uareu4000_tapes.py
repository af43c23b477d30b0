"""Writes tests/recordings/uareu4000 anew from the simulator: `python -m tests.drivers.make_uareu4000_tapes`.

Only generated patterns are scanned, so the tapes keep their images; nobody's finger is in them.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from drivers import CaptureCancelled, CaptureTimeout, DeviceLost, FingerprintScanner, TapeRecorder
from drivers.fingerprint.uareu4000 import Uareu4000
from tests.drivers.uareu4000_simulator import SimulatedReader, image_transfer, lose_cable, no_finger, ridges

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings" / "uareu4000"
HOST_SEED = 0x51EA2124
ROWS = ridges(24)
BLOCKS = [(1, 120), (2, 8), (0, 1), (1, 1), (0x82, 10), (4, 2), (2, 3), (1, 60)]
STRIPES = np.tile(np.uint8(90) + 80 * (np.arange(64, dtype=np.uint8) // 4 % 2), (40, 6))
STRIPES[:2] = 12  # dark above the finger: first rows by which a clear image is known


def finger(scanner: FingerprintScanner) -> None:
    scanner.capture(5, Event())
    scanner.await_removal(5, Event())


def two_fingers(scanner: FingerprintScanner) -> None:
    finger(scanner)
    finger(scanner)


def nobody(scanner: FingerprintScanner) -> None:
    with pytest.raises(CaptureTimeout):
        scanner.capture(0.05, Event())
    cancel = Event()
    cancel.set()
    with pytest.raises(CaptureCancelled):
        scanner.capture(5, cancel)


def pulled(scanner: FingerprintScanner) -> None:
    with pytest.raises(DeviceLost):
        scanner.capture(5, Event())


def tested(scanner: FingerprintScanner) -> None:
    assert all(step.passed for step in scanner.self_test(Event()))


IMAGE = image_transfer(ROWS, BLOCKS)
CLEAR = image_transfer(STRIPES, [], scrambled=False)
TAPES: dict[str, tuple[Callable[[], SimulatedReader], Callable[[FingerprintScanner], None]]] = {
    "finger": (lambda: SimulatedReader([IMAGE]), finger),
    "two-fingers": (lambda: SimulatedReader([CLEAR], usb_id=(0x05BA, 0x0007)), two_fingers),
    "scan-again": (lambda: SimulatedReader([CLEAR[:2000], CLEAR], usb_id=(0x05BA, 0x0008)), finger),
    "challenge": (lambda: SimulatedReader([CLEAR], usb_id=(0x045E, 0x00CA)), finger),
    "power-fault": (lambda: SimulatedReader([CLEAR], status=0x85), finger),
    "no-finger": (lambda: SimulatedReader(on_mode={0x10: no_finger}), nobody),
    "unplugged": (lambda: SimulatedReader(on_mode={0x10: lose_cable}), pulled),
    "self-test": (SimulatedReader, tested),
}


def main() -> None:
    RECORDINGS.mkdir(parents=True, exist_ok=True)
    for name, (reader, scene) in TAPES.items():
        with (
            TapeRecorder(reader().link(), RECORDINGS / f"{name}.jsonl", with_images=True) as recorder,
            Uareu4000(recorder, host_seed=HOST_SEED) as scanner,
        ):
            scene(scanner)


if __name__ == "__main__":
    main()
