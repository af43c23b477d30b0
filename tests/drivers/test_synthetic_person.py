"""Synthetic persons: the same by the same number, plausible, strangers to each other, shown by synthetic devices."""

from datetime import date
from itertools import pairwise
from threading import Event

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import Eyes, PersonPart, PresentsPersons, any_placement, synthetic_person
from drivers.cards.synthetic import SyntheticCardWriter
from drivers.fingerprint.nb1010 import Nb1010
from drivers.fingerprint.synthesis.slap import SlapHand, drawn_slap
from drivers.fingerprint.synthetic import SyntheticFingerprintScanner
from drivers.iris.synthetic import SyntheticIrisCamera, drawn_eye
from drivers.person.part import EYES, FINGERS, SLAPS
from drivers.person.person import LARGEST_NUMBER
from drivers.person.signature import HEIGHT_PX, SAMPLE_MS, WIDTH_PX
from drivers.portrait.synthetic import SyntheticPortraitCamera

NUMBERS = st.integers(0, LARGEST_NUMBER)


def scanner(**options: object) -> SyntheticFingerprintScanner:
    quick = {"finger_delay_s": 0.0, "settle_s": 0.02, "hold_s": 100.0, "frame_rate": 50.0}
    return SyntheticFingerprintScanner(**{**quick, **options})  # type: ignore[arg-type]


def eye_camera(**options: object) -> SyntheticIrisCamera:
    quick = {"delay_s": 0.0, "approach_s": 0.0, "settle_s": 0.02, "hold_s": 100.0, "frame_rate": 50.0}
    return SyntheticIrisCamera(**{**quick, **options})  # type: ignore[arg-type]


def unlike(one: np.ndarray, two: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - two).mean())


@given(NUMBERS)
def test_a_number_is_one_person(number: int) -> None:
    one, two = synthetic_person(number), synthetic_person(number)
    assert one == two
    assert date(1946, 1, 1) <= one.birth_date <= date(2006, 12, 31)
    seeds = [one.finger_seed(part) for part in FINGERS]
    assert len(set(seeds)) == 10
    assert len({one.eye_seed(part) for part in EYES}) == 2
    neighbour = synthetic_person((number + 1) % (LARGEST_NUMBER + 1))
    assert set(seeds).isdisjoint(neighbour.finger_seed(part) for part in FINGERS)
    assert one.nik != neighbour.nik


@given(NUMBERS)
def test_the_nik_has_the_shape_of_one_and_is_nobodys(number: int) -> None:
    person = synthetic_person(number)
    day, month, year = (int(person.nik[start : start + 2]) for start in (6, 8, 10))
    assert len(person.nik) == 16
    assert person.nik.isdecimal()
    assert person.nik[:2] == "90"  # of no province
    assert (day - 40 if person.sex == "female" else day, month) == (person.birth_date.day, person.birth_date.month)
    assert year == person.birth_date.year % 100
    assert 1 <= int(person.nik[12:]) <= 9999


def test_niks_are_one_each() -> None:
    niks = {synthetic_person(number).nik[:6] + synthetic_person(number).nik[12:] for number in range(0, 100_000, 7)}
    assert len(niks) == len(range(0, 100_000, 7))


@pytest.mark.parametrize("number", [-1, LARGEST_NUMBER + 1])
def test_no_such_person(number: int) -> None:
    with pytest.raises(ValueError, match="numbers 0 to"):
        synthetic_person(number)


def test_a_part_of_another_kind_is_refused_by_name() -> None:
    person = synthetic_person(1)
    with pytest.raises(ValueError, match=r"face is no finger; there are right-thumb"):
        person.finger_seed(PersonPart.FACE)
    with pytest.raises(ValueError, match=r"both-eyes is no eye; there are right-eye and left-eye"):
        person.eye_seed(PersonPart.BOTH_EYES)


def test_single_fingers_are_those_of_the_slap() -> None:
    person = synthetic_person(3)
    expected = {int(position): 30 + position - 1 for position in range(1, 11)}
    assert {FINGERS.index(part) + 1: person.finger_seed(part) for part in FINGERS} == expected
    slap = drawn_slap(3, SlapHand.RIGHT_FOUR, 1, width=400, height=375, ppi=125)
    assert [finger.position for finger in slap.fingers] == [2, 3, 4, 5]
    assert sorted(finger for fingers in SLAPS.values() for finger in fingers) == sorted(FINGERS)
    assert [FINGERS.index(finger) + 1 for finger in SLAPS[PersonPart.LEFT_FOUR]] == [7, 8, 9, 10]


def test_portraits_of_a_person_differ_by_sitting_and_persons_more() -> None:
    person, other = synthetic_person(42), synthetic_person(43)
    one, again, two = person.portrait(1), person.portrait(1), person.portrait(2)
    assert one.shape == (640, 480, 3)
    np.testing.assert_array_equal(one, again)
    assert 0.5 < unlike(one, two) < unlike(one, other.portrait(1))
    with pytest.raises(ValueError, match="120 to 4096"):
        person.portrait(1, 10, 10)


@given(st.integers(0, 5000), st.integers(0, 1 << 31))
def test_a_signature_is_written_by_a_pen(number: int, writing: int) -> None:
    signature = synthetic_person(number).signature(writing)
    points = [point for stroke in signature.strokes for point in stroke]
    assert 1 <= len(signature.strokes) <= 4
    assert all(0 <= p.x <= WIDTH_PX and 0 <= p.y <= HEIGHT_PX and 0 < p.pressure <= 1 for p in points)
    times = [point.t_ms for point in points]
    assert times[0] == 0
    assert all(later - earlier >= SAMPLE_MS - 1e-6 for earlier, later in pairwise(times))
    assert 800 < times[-1] < 6000


def test_signatures_of_a_person_are_alike_and_never_the_same() -> None:
    one, again, two = (synthetic_person(42).signature(writing) for writing in (1, 1, 2))
    assert one == again
    assert one != two
    picture, other = one.picture(), synthetic_person(43).signature(1).picture()
    assert 0 < unlike(picture, two.picture()) < unlike(picture, other)
    assert picture.min() < 60
    assert (picture < 128).mean() < 0.15


def test_those_who_draw_present_persons_and_no_other() -> None:
    for device in (scanner(), eye_camera(), SyntheticPortraitCamera()):
        assert isinstance(device, PresentsPersons)
    for other in (SyntheticCardWriter, Nb1010):
        assert not hasattr(other, "present_person")


def test_the_finger_that_is_presented_lies_on_the_glass_next() -> None:
    with scanner(finger=17, impression=1) as device:
        device.capture(5, Event())
        device.present_person(42, PersonPart.LEFT_RING, 5)
        device.await_removal(5, Event())
        shown = device.capture(5, Event()).pixels
    with scanner(finger=synthetic_person(42).finger_seed(PersonPart.LEFT_RING), impression=5) as alone:
        same = alone.capture(5, Event()).pixels
    assert unlike(shown, same) < 4
    with scanner(finger=17, impression=1) as other:
        assert unlike(shown, other.capture(5, Event()).pixels) > 10


def test_a_finger_never_lies_twice_alike_unless_asked_to() -> None:
    with scanner(finger_delay_s=0.1) as device:
        frames = []
        for placement in (None, None, 9, 9):
            device.present_person(42, PersonPart.RIGHT_INDEX, placement)
            device.await_removal(5, Event())
            frames.append(device.capture(5, Event()).pixels)
            device.await_removal(5, Event())
            frames.append(device.capture(5, Event()).pixels)
    other = [unlike(one, two) for one, two in pairwise(frames[:4])]
    assert min(other) > 4, "another placement each time"
    assert max(unlike(frames[4], frame) for frame in frames[5:]) < 4, "placement 9 each time"
    assert len({any_placement() for _ in range(20)}) == 20


def test_a_presented_finger_keeps_its_condition_and_faults() -> None:
    with scanner(condition="dry") as dry, scanner() as clean:
        for device in (dry, clean):
            device.present_person(42, PersonPart.RIGHT_INDEX, 3)
        assert unlike(dry.capture(5, Event()).pixels, clean.capture(5, Event()).pixels) > 4
        assert dry._first.condition == "dry"


@pytest.mark.parametrize(
    ("device", "part", "told"),
    [
        (scanner(), PersonPart.LEFT_EYE, "left-eye is no finger"),
        (eye_camera(), PersonPart.RIGHT_INDEX, "this camera shows one eye at a time"),
        (eye_camera(), PersonPart.BOTH_EYES, "one eye at a time, not the both-eyes"),
        (eye_camera(eyes="both"), PersonPart.FACE, "this camera shows both eyes"),
        (SyntheticPortraitCamera(), PersonPart.RIGHT_EYE, "sees the face"),
    ],
)
def test_a_part_that_the_device_does_not_see(device: PresentsPersons, part: PersonPart, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        device.present_person(1, part)


@pytest.mark.parametrize("part", [PersonPart.RIGHT_EYE, PersonPart.LEFT_EYE])
def test_a_camera_of_one_eye_is_turned_to_the_eye_that_is_presented(part: PersonPart) -> None:
    person = synthetic_person(42)
    with eye_camera(eyes="left" if part is PersonPart.RIGHT_EYE else "right") as camera:
        camera.present_person(42, part, 4)
        empty = next(camera.frames(Event()))  # before anybody came
        frame = camera.capture(10, Event())
    assert empty.eyes is frame.eyes
    assert frame.eyes is (Eyes.RIGHT if part is PersonPart.RIGHT_EYE else Eyes.LEFT)
    with eye_camera(eyes="right" if part is PersonPart.RIGHT_EYE else "left") as camera:
        camera.present(person.eye_seed(part), 4)
        alone = camera.capture(10, Event())
    assert alone.eyes is frame.eyes
    assert frame.pixels.shape == drawn_eye(1, 1).pixels.shape


def test_a_camera_of_both_eyes_shows_both_whatever_is_presented() -> None:
    person = synthetic_person(42)
    with eye_camera(eyes="both") as camera:
        for part in (PersonPart.BOTH_EYES, PersonPart.LEFT_EYE):
            camera.present_person(42, part, 2)
            chosen = camera._first
            assert (chosen.eye, chosen.other_eye) == tuple(map(person.eye_seed, EYES))
        assert camera.capture(10, Event()).eyes is Eyes.BOTH


def test_the_face_that_is_presented_comes_next() -> None:
    quick = {"delay_s": 0.0, "approach_s": 0.0, "settle_s": 0.02, "hold_s": 100.0}
    with SyntheticPortraitCamera(**quick) as camera:  # type: ignore[arg-type]
        camera.present_person(42, PersonPart.FACE)
        shown = camera.capture(5, Event()).pixels
        camera.present(synthetic_person(42).face_seed)
        assert unlike(shown, camera.capture(5, Event()).pixels) < 4
