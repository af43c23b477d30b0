"""Prints for a calibration: one capture for each finger."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from calibration.installed import lay_synthetic
from calibration.installed_scanner import FINGERS
from drivers import CaptureCancelled, CaptureTimeout
from drivers.fingerprint.synthetic import SyntheticFingerprintScanner
from gateway.calibration.frames import captured_prints
from gateway.devices.worker import Watch
from gateway.guidance import LocalizedText

FAULT = LocalizedText("tidak ada jari", "no finger")


def taken(scanner: SyntheticFingerprintScanner, count: int, timeout_s: float = 60.0, **changes: Any) -> list[Any]:
    told: Callable[..., None] = changes.pop("told", lambda number, fault: None)
    steps = {
        "lay": lambda number: lay_synthetic(scanner, FINGERS, None, number),
        "fault_of": lambda frame: None,
        **changes,
    }
    stop = steps.pop("stop", Event())
    return list(captured_prints(scanner, Watch(60.0), stop, count, timeout_s, told=told, **steps))


def scanner(**options: Any) -> SyntheticFingerprintScanner:
    quick = {"finger_delay_s": 0.0, "settle_s": 0.02, "truth": "drawn"}
    return SyntheticFingerprintScanner(**{**quick, **options})


def test_each_finger_is_another_and_the_one_that_was_presented_comes_again() -> None:
    with scanner(finger=17, impression=1) as device:
        before = device.capture(60.0, Event()).pixels.astype(int)
        frames = [each.pixels.astype(int) for each in taken(device, 3)]
        lay_synthetic(device, None, None)
        device.await_removal(60.0, Event())
        after = device.capture(60.0, Event()).pixels.astype(int)
    for index, one in enumerate(frames):
        for other in frames[index + 1 :]:
            assert abs(one - other).mean() > 15
    assert abs(before - after).mean() < 5


def test_a_frame_without_a_print_is_captured_again() -> None:
    faults = iter([None, FAULT, FAULT, None])
    told: list[tuple[int, LocalizedText | None]] = []
    with scanner() as device:
        frames = taken(
            device, 2, fault_of=lambda frame: next(faults), told=lambda number, fault: told.append((number, fault))
        )
    assert len(frames) == 2
    assert told == [(0, None), (1, None), (1, FAULT), (1, FAULT), (2, None)]


def test_nobody_comes_or_it_is_cancelled() -> None:
    with scanner(fault="no_finger", truth=None) as device:
        with pytest.raises(CaptureTimeout):
            taken(device, 1, timeout_s=0.2, lay=lambda number: None)
        stop = Event()
        stop.set()
        with pytest.raises(CaptureCancelled):
            taken(device, 1, stop=stop, lay=lambda number: None)
    with scanner() as device, pytest.raises(CaptureTimeout, match="no finger"):
        taken(device, 1, timeout_s=0.3, fault_of=lambda frame: FAULT)
