"""Writes the tapes of nb1010, upektouchchip and aes3500 anew: `python -m tests.drivers.make_usb_scanner_tapes`.

Only generated patterns are scanned, so the tapes keep their images; nobody's finger is in them.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import NamedTuple

import numpy as np
import pytest

from drivers import CaptureCancelled, CaptureTimeout, DeviceLost, FingerprintScanner, TapeRecorder
from drivers.fingerprint.aes3500 import Aes3500
from drivers.fingerprint.nb1010 import Nb1010
from drivers.fingerprint.upektouchchip import UpekTouchChip
from drivers.transports.usb import UsbLink
from tests.drivers.aes3500_simulator import SimulatedAes3500
from tests.drivers.nb1010_simulator import SimulatedNb1010
from tests.drivers.simulated_port import SimulatedPort
from tests.drivers.upektouchchip_simulator import KEEP, NO_FINGER_YET, PRESENT, SIDEWAYS, SimulatedTouchChip

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
STRIPES = np.tile(np.uint8(60) + np.arange(64, dtype=np.uint8) // 4 % 2 * np.uint8(160), (270, 4))
"""The same in each row and 64 columns, so that a tape of it is short."""


def finger(scanner: FingerprintScanner) -> None:
    scanner.capture(5, Event())
    scanner.await_removal(5, Event())


def nobody(scanner: FingerprintScanner) -> None:
    with pytest.raises(CaptureTimeout):
        scanner.capture(0.12, Event())
    cancel = Event()
    cancel.set()
    with pytest.raises(CaptureCancelled):
        scanner.capture(5, cancel)


def pulled(scanner: FingerprintScanner) -> None:
    with pytest.raises(DeviceLost):
        scanner.capture(5, Event())


def tested(scanner: FingerprintScanner) -> None:
    assert all(step.passed for step in scanner.self_test(Event()))


class Scene(NamedTuple):
    driver: Callable[[UsbLink], FingerprintScanner]
    device: Callable[[], SimulatedPort]
    happens: Callable[[FingerprintScanner], None]


UPEK_FINGER = (NO_FINGER_YET, KEEP, PRESENT)
UPEK_PICTURE = np.ascontiguousarray(STRIPES[:102, :96])
TAPES: dict[str, Scene] = {
    "nb1010/finger": Scene(Nb1010, lambda: SimulatedNb1010([0, 0, 0xF7, 0xF7, 0], picture=STRIPES[:180]), finger),
    "nb1010/no-finger": Scene(Nb1010, lambda: SimulatedNb1010([0]), nobody),
    "nb1010/unplugged": Scene(Nb1010, lambda: SimulatedNb1010([0], lose_at_poll=2), pulled),
    "nb1010/self-test": Scene(Nb1010, lambda: SimulatedNb1010([0]), tested),
    "upektouchchip/finger": Scene(
        UpekTouchChip,
        lambda: SimulatedTouchChip([UPEK_FINGER, (NO_FINGER_YET,)], silicon=(128, 136), picture=UPEK_PICTURE),
        finger,
    ),
    "upektouchchip/scan-again": Scene(
        UpekTouchChip,
        lambda: SimulatedTouchChip(
            [(KEEP, SIDEWAYS), UPEK_FINGER, (NO_FINGER_YET,)], silicon=(128, 136), picture=UPEK_PICTURE, keep_alives=1
        ),
        finger,
    ),
    "upektouchchip/no-finger": Scene(UpekTouchChip, lambda: SimulatedTouchChip([(NO_FINGER_YET,)]), nobody),
    "upektouchchip/unplugged": Scene(UpekTouchChip, lambda: SimulatedTouchChip([(KEEP,)], lose_at_scan=0), pulled),
    "upektouchchip/self-test": Scene(UpekTouchChip, lambda: SimulatedTouchChip([(NO_FINGER_YET,)]), tested),
    "aes3500/finger": Scene(Aes3500, SimulatedAes3500, finger),
    "aes3500/aes4000-finger": Scene(Aes3500, lambda: SimulatedAes3500(product=0x5501, size=96, dump_bytes=83), finger),
    "aes3500/no-finger": Scene(Aes3500, lambda: SimulatedAes3500([False]), nobody),
    "aes3500/unplugged": Scene(Aes3500, lambda: SimulatedAes3500(lose_at_arm=0), pulled),
    "aes3500/self-test": Scene(Aes3500, lambda: SimulatedAes3500([False]), tested),
}


def main() -> None:
    for name, scene in TAPES.items():
        path = RECORDINGS / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with TapeRecorder(scene.device().link(), path, with_images=True) as tape, scene.driver(tape) as scanner:
            scene.happens(scanner)


if __name__ == "__main__":
    main()
