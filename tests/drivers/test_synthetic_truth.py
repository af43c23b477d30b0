"""The synthetic scanner with a truth: what it draws is exact, and it stays a scanner like any other."""

from itertools import islice
from threading import Event

import cv2
import numpy as np
import pytest

from drivers import DeviceError
from drivers.fingerprint.synthesis.drawn_target import Optics, draw_target
from drivers.fingerprint.synthesis.drawn_truth import drawn_truth
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth
from drivers.fingerprint.synthesis.target_element import EMPTY_GLASS, ElementKind, LaidTarget, TargetElement
from drivers.fingerprint.synthesis.true_sensor import Lamp
from drivers.fingerprint.synthetic import SyntheticFingerprintScanner
from gateway.fingerprint import analyze
from gateway.fingerprint.matching.comparison import compare
from gateway.fingerprint.matching.decision import score_at_fmr

FIELDS = (
    TargetElement(ElementKind.BARS, (-2.0, -2.0), (3.0, 2.5), light=0.9, dark=0.05, frequency=4.0),
    TargetElement(ElementKind.SINE, (2.0, -2.0), (2.5, 3.0), light=0.8, dark=0.1, frequency=6.0, turn_deg=90.0),
    TargetElement(ElementKind.EDGE, (-2.0, 2.0), (3.0, 3.0), light=0.8, dark=0.2, turn_deg=5.0),
    TargetElement(ElementKind.GRID, (2.0, 2.0), (3.0, 3.0), light=0.9, dark=0.1, frequency=1.0),
)


def quick(**options: object) -> SyntheticFingerprintScanner:
    defaults: dict[str, object] = {"finger_delay_s": 0.0, "settle_s": 0.02, "frame_rate": 1000.0}
    return SyntheticFingerprintScanner(**{**defaults, **options})  # type: ignore[arg-type]


def by_supersampling(target: LaidTarget, side: int, optics: Optics, fine: int = 10) -> np.ndarray:
    """The same picture by brute force: fine samples, blurred and averaged over pixels."""
    axis = (np.arange(side * fine) + 0.5) / fine - 0.5 - (side - 1) / 2
    x, y = np.meshgrid(axis * optics.pitch_mm[0], axis * optics.pitch_mm[1])
    turn = np.radians(target.turn_deg)
    u, v = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    seen = np.where(np.maximum(np.abs(u) / target.size_mm[0], np.abs(v) / target.size_mm[1]) < 0.5, target.ground, 1.0)
    for field in target.elements:
        lean = np.radians(field.turn_deg)
        a, b = u - field.centre_mm[0], v - field.centre_mm[1]
        a, b = np.cos(lean) * a + np.sin(lean) * b, np.cos(lean) * b - np.sin(lean) * a
        inside = (np.abs(a) < field.size_mm[0] / 2) & (np.abs(b) < field.size_mm[1] / 2)
        if field.kind is ElementKind.BARS:
            shape = ((a + field.size_mm[0] / 2) * field.frequency) % 1 >= 0.5
        elif field.kind is ElementKind.SINE:
            shape = 0.5 + 0.5 * np.sin(2 * np.pi * field.frequency * a)
        elif field.kind is ElementKind.EDGE:
            shape = a > 0
        else:
            shape = ~((np.abs((a + 0.5) % 1 - 0.5) < 0.05) | (np.abs((b + 0.5) % 1 - 0.5) < 0.05))
        seen = np.where(inside, field.dark + (field.light - field.dark) * shape, seen)
    blurred = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), optics.blur_mm / optics.pitch_mm[0] * fine)
    return blurred.reshape(side, fine, side, fine).mean(axis=(1, 3))


def test_a_drawn_target_is_what_supersampling_comes_to() -> None:
    optics, side = Optics((0.05, 0.05), 0.015), 160
    target = LaidTarget(FIELDS, (7.5, 7.5), turn_deg=2.3)
    axis = ((np.arange(side) - (side - 1) / 2) * 0.05).astype(np.float32)
    drawn = draw_target(target, *(np.ascontiguousarray(a) for a in np.meshgrid(axis, axis)), optics)
    off = np.abs(drawn - by_supersampling(target, side, optics))
    # Ten samples to a pixel are themselves unsure by two hundredths at an edge.
    assert np.percentile(off, 99) < 0.02
    assert off.max() < 0.04


def test_without_a_truth_it_has_no_glass_for_targets() -> None:
    with pytest.raises(DeviceError, match="truth"):
        quick().lay_target(EMPTY_GLASS)
    with pytest.raises(DeviceError, match="truth"):
        quick().set_lamp(Lamp(0.0))
    assert quick().truth is None


def test_a_truth_of_plain_values() -> None:
    scanner = quick(truth={"ppi_x": 507.0, "hot_share": 0.001}, serial="SYN-7")
    assert scanner.truth is not None
    assert (scanner.truth.ppi_x, scanner.truth.ppi_y) == (507.0, 500.0)
    other = quick(truth={}, serial="SYN-8").truth
    assert other is not None
    assert other.seed != scanner.truth.seed, "each serial number has a pattern of its own"
    with pytest.raises(ValueError, match="no truth ppi_z"):
        quick(truth={"ppi_z": 500.0})
    for name, wrong in {"ppi_x": 0.0, "falloff": 1.0, "read_noise": -1.0, "blur_mm": float("nan")}.items():
        with pytest.raises(ValueError, match=name):
            ScannerTruth(**{name: wrong})


def test_a_drawn_truth_is_that_of_the_serial_number() -> None:
    one, again, other = (quick(truth="drawn", serial=serial).truth for serial in ("SYN-7", "SYN-7", "SYN-8"))
    assert one == again
    assert one is not None
    assert other is not None
    assert one.ppi_x != other.ppi_x
    for seed in range(200):
        truth = drawn_truth(seed, 1000.0)
        assert all(abs(ppi / 1000 - 1) <= 0.006 for ppi in (truth.ppi_x, truth.ppi_y))
    with pytest.raises(ValueError, match="'drawn' or a table"):
        quick(truth="perfect")


@pytest.mark.parametrize("serial", ["SYN-0001", "SYN-0002"])
def test_prints_of_a_drawn_truth_are_as_good_as_an_ideal_scanners(serial: str) -> None:
    """Before any calibration: as many minutiae, as high a score, no remark, and the same finger."""
    found = {}
    for truth in (None, "drawn"):
        with quick(truth=truth, serial=serial) as scanner:
            for finger in (17, 42, 8):
                scanner.present(finger, 1)
                found[truth, finger] = analyze(scanner.capture(10.0, Event()).pixels, 500.0)
    for finger in (17, 42, 8):
        ideal, real = found[None, finger], found["drawn", finger]
        assert real.quality.score >= ideal.quality.score - 3
        assert real.quality.minutia_count >= 0.9 * ideal.quality.minutia_count
        assert not real.guidance
        assert compare(ideal.template, real.template) > score_at_fmr(1e-4)


def test_a_print_lies_until_it_is_taken_away_and_dirt_lies_on_a_true_sensor_too() -> None:
    with quick(truth="drawn", finger=17, impression=1) as scanner:
        hand = scanner.capture(5.0, Event()).pixels.astype(int)
        scanner.lay_print(1003)
        lent = [scanner.capture(5.0, Event()).pixels.astype(int) for _ in range(2)]
        scanner.lay_print(None)
        back = scanner.capture(5.0, Event()).pixels.astype(int)
    assert abs(lent[0] - lent[1]).mean() < 3 < 15 < abs(lent[0] - hand).mean()
    assert abs(back - hand).mean() < 5
    with pytest.raises(DeviceError, match="truth"):
        quick().lay_print(3)
    with pytest.raises(ValueError, match="seed"):
        quick(truth={}).lay_print(-1)
    glasses = []
    for fault in (None, "dirty_platen"):
        with quick(truth="drawn", fault=fault) as scanner:
            scanner.lay_target(EMPTY_GLASS)
            glasses.append(next(scanner.frames(Event())).pixels.astype(float))
    assert glasses[1].std() > 2 * glasses[0].std()


def test_targets_darkness_and_fingers_come_as_they_are_laid() -> None:
    truth = {"hot_share": 0.001, "falloff": 0.1, "seed": 3.0}
    with quick(truth=truth) as scanner:
        scanner.lay_target(EMPTY_GLASS)
        empty = next(scanner.frames(Event())).pixels
        scanner.set_lamp(Lamp(0.0))
        dark = next(scanner.frames(Event())).pixels
        scanner.set_lamp(Lamp())
        scanner.lay_target(LaidTarget(FIELDS, (12.0, 12.0)))
        laid = scanner.capture(5.0, Event()).pixels
        scanner.lay_target(None)
        finger = scanner.capture(5.0, Event())
    assert empty.mean() > 180
    assert np.median(dark) == 8
    assert (dark > 30).mean() == pytest.approx(0.001, rel=0.1)
    assert laid[187, 194] < 150 < empty[187, 194]
    assert finger.ppi == 500.0
    assert finger.pixels[150:220, 150:240].std() > 30, "ridges"


def test_frames_differ_by_noise_alone_and_gain_steps_when_told() -> None:
    with quick(truth={"gain_step": 0.9, "gain_step_frame": 4}) as scanner:
        scanner.lay_target(EMPTY_GLASS)
        frames = [frame.pixels.astype(np.float64) for frame in islice(scanner.frames(Event()), 6)]
    assert 0.5 < (frames[0] - frames[1]).std() < 4
    assert frames[5].mean() / frames[0].mean() == pytest.approx(0.9, abs=0.01)
