"""The synthetic slap scanner: the contract, its options, and the truth that comes with a drawn slap."""

from threading import Event

import numpy as np
import pytest

from drivers import FingerprintScanner
from drivers.fingerprint.synthesis.slap import SlapHand
from drivers.fingerprint.synthetic_slap import HANDS, SLAP_CONDITIONS, SLAP_FAULTS, SyntheticSlapScanner, drawn_slap
from tests.contract.fingerprint_scanner import FingerprintScannerContract

SMALL = {"width": 400, "height": 375, "ppi": 125.0}


def quick(**options: object) -> SyntheticSlapScanner:
    defaults: dict[str, object] = {"finger_delay_s": 0.02, "settle_s": 0.1, "hold_s": 0.5, "frame_rate": 50.0, **SMALL}
    return SyntheticSlapScanner(**{**defaults, **options})  # type: ignore[arg-type]


class TestSyntheticSlapScanner(FingerprintScannerContract):
    def scanner(self, scenario: str) -> FingerprintScanner:
        return quick(fault={"no-finger": "no_finger", "unplugged": "unplug", "hang": "hang"}.get(scenario))


def test_defaults_are_a_ten_finger_reader() -> None:
    identity = SyntheticSlapScanner().identity
    assert (identity.driver, identity.width, identity.height, identity.ppi) == ("synthetic-slap", 1600, 1500, 500.0)


def test_unknown_names_are_answered_with_the_known() -> None:
    for option, names in (("hand", HANDS), ("condition", SLAP_CONDITIONS), ("fault", SLAP_FAULTS)):
        with pytest.raises(ValueError) as error:
            quick(**{option: "third"})
        assert all(name in str(error.value) for name in names)


@pytest.mark.parametrize("options", [{"person": -1}, {"impression": -1}, {"width": 10}, {"ppi": 0.0}, {"hold_s": -1.0}])
def test_out_of_range(options: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        quick(**options)


def test_hand_that_is_presented_comes_next() -> None:
    with quick(hold_s=5.0) as scanner:
        one = scanner.capture(20.0, Event()).pixels
        scanner.present(1, hand="thumbs")
        scanner.await_removal(20.0, Event())
        two = scanner.capture(20.0, Event()).pixels
    assert np.abs(one.astype(int) - two).mean() > 5


def test_a_slap_is_drawn_again_alike() -> None:
    one, two = (drawn_slap(3, SlapHand.LEFT_FOUR, 2, "rotated", width=400, height=375, ppi=125) for _ in range(2))
    assert np.array_equal(one.pixels, two.pixels)
    assert one.fingers == two.fingers


@pytest.mark.parametrize("hand", list(SlapHand))
def test_truth_holds_the_dark_of_the_fingertips(hand: SlapHand) -> None:
    slap = drawn_slap(3, hand, 1, width=400, height=375, ppi=125)
    expected = {SlapHand.RIGHT_FOUR: [2, 3, 4, 5], SlapHand.LEFT_FOUR: [7, 8, 9, 10], SlapHand.TWO_THUMBS: [1, 6]}[hand]
    assert [finger.position for finger in slap.fingers] == expected
    ground = np.median(slap.pixels)
    for finger in slap.fingers:
        assert finger.present
        inside = slap.pixels[round(finger.y) - 4 : round(finger.y) + 5, round(finger.x) - 4 : round(finger.x) + 5]
        assert inside.mean() < ground - 20
        above = np.radians(finger.rotation_deg)
        x = round(finger.x - np.sin(above) * (finger.height / 2 + 5))
        y = round(finger.y - np.cos(above) * (finger.height / 2 + 5))
        if 2 <= x < 398 and 2 <= y < 373:
            assert slap.pixels[y - 1 : y + 2, x - 1 : x + 2].mean() > ground - 30
    order = sorted(slap.fingers, key=lambda finger: finger.x)
    names = [finger.position for finger in order]
    assert names == ([6, 1] if hand is SlapHand.TWO_THUMBS else sorted(names, reverse=hand is SlapHand.LEFT_FOUR))


def test_missing_fingers_are_told() -> None:
    slap = drawn_slap(3, SlapHand.RIGHT_FOUR, 1, "two_missing", width=400, height=375, ppi=125)
    assert [finger.present for finger in slap.fingers].count(False) == 2
