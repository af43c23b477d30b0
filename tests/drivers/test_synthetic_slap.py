"""The synthetic slap scanner: the contract, its options, and the truth that comes with a drawn slap."""

from threading import Event

import numpy as np
import pytest

from drivers import (
    DeviceKind,
    DeviceLost,
    FingerprintScanner,
    PersonPart,
    PresentsHands,
    PresentsPersons,
    installed_drivers,
)
from drivers.fingerprint.synthesis.slap import SlapHand, lay_slap
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


def test_it_is_installed_as_a_slap_scanner() -> None:
    assert installed_drivers()["synthetic-slap"].kind is DeviceKind.SLAP_SCANNER


@pytest.mark.parametrize(
    ("part", "hand"),
    [
        (PersonPart.RIGHT_FOUR, SlapHand.RIGHT_FOUR),
        (PersonPart.LEFT_FOUR, SlapHand.LEFT_FOUR),
        (PersonPart.TWO_THUMBS, SlapHand.TWO_THUMBS),
    ],
)
def test_the_hand_of_a_person_is_laid_next(part: PersonPart, hand: SlapHand) -> None:
    drawn = lay_slap(3, hand, 5, width=400, height=375, ppi=125.0, to_scale=True)
    scanner = quick(hold_s=100.0)
    assert isinstance(scanner, PresentsPersons)
    assert isinstance(scanner, PresentsHands)
    scanner.present_person(3, part, 5)
    with scanner:
        first = scanner.capture(20.0, Event()).pixels
        scanner.present_hand(3, part, 5)
        again = scanner.capture(20.0, Event()).pixels
    for pixels in (first, again):
        for finger in drawn.fingers:
            assert finger.present
            x, y = round(finger.x), round(finger.y)
            assert pixels[y - 4 : y + 5, x - 4 : x + 5].mean() < np.median(pixels) - 20


def test_a_hand_is_laid_without_the_fingers_that_it_has_not() -> None:
    whole = lay_slap(3, SlapHand.RIGHT_FOUR, 5, width=400, height=375, ppi=125.0)
    lacking = lay_slap(3, SlapHand.RIGHT_FOUR, 5, width=400, height=375, ppi=125.0, without=(4,))
    assert [finger.present for finger in lacking.fingers] == [True, True, False, True]
    # The others lie where they would beside it.
    for one, other in zip(whole.fingers, lacking.fingers, strict=True):
        if other.present:
            assert abs(one.x - other.x) < 4
            assert one.rotation_deg == other.rotation_deg
    with pytest.raises(ValueError, match="no finger is left"):
        lay_slap(3, SlapHand.TWO_THUMBS, 5, width=400, height=375, ppi=125.0, without=(1, 6))


@pytest.mark.parametrize(
    ("part", "without", "told"),
    [
        (PersonPart.RIGHT_INDEX, (), "right-four"),
        (PersonPart.FACE, (), "takes slaps"),
        (PersonPart.RIGHT_FOUR, (PersonPart.LEFT_INDEX,), "right-index"),
        (PersonPart.TWO_THUMBS, (PersonPart.RIGHT_THUMB, PersonPart.LEFT_THUMB), "some of them"),
    ],
)
def test_what_it_does_not_see(part: PersonPart, without: tuple[PersonPart, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        quick().present_hand(3, part, without=without)


def test_faults_are_counted_for_each_opening_or_for_the_device() -> None:
    for by_serial in (False, True):
        found = []
        for _ in range(2):
            with quick(serial=f"S-{by_serial}", fault="unplug", faults_by_serial=by_serial) as scanner:
                try:
                    scanner.capture(20.0, Event())
                except DeviceLost:
                    found.append("lost")
                else:
                    found.append("well")
        assert found == (["lost", "well"] if by_serial else ["lost", "lost"])
    with pytest.raises(ValueError, match="fault_count"):
        quick(fault_count=0)
