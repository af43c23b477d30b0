"""One print searched among many."""

import numpy as np
import pytest

from gateway.fingerprint.matching.comparison import compare
from gateway.fingerprint.matching.gallery import Gallery
from tests.gateway.fingerprint.synthetic_templates import changed, finger_template, impression

PEOPLE = 300


@pytest.fixture(scope="module")
def gallery() -> Gallery[str]:
    entries: Gallery[str] = Gallery()
    for finger in range(PEOPLE):
        entries.add(f"finger {finger}", finger_template(finger))
    return entries


@pytest.mark.parametrize("finger", [0, 7, 150, 299])
def test_a_mate_comes_first_with_the_score_of_the_comparison(gallery: Gallery[str], finger: int) -> None:
    probe = impression(finger_template(finger), finger, turn=0.4)
    first, *others = gallery.search(probe)
    assert first.id == f"finger {finger}"
    assert first.score == compare(probe, finger_template(finger))
    assert len(others) == 9
    assert sorted(others, key=lambda found: -found.score) == others
    assert first.score > others[0].score


def test_a_stranger_finds_nobody_at_a_low_rate(gallery: Gallery[str]) -> None:
    probe = impression(finger_template(1000), 1)
    assert gallery.search(probe, fmr=1e-6) == []
    found = gallery.search(impression(finger_template(5), 1), fmr=1e-4)
    assert [candidate.id for candidate in found] == ["finger 5"]


def test_the_limit_is_kept(gallery: Gallery[str]) -> None:
    assert len(gallery.search(finger_template(3), limit=1)) == 1
    with pytest.raises(ValueError, match="candidate"):
        gallery.search(finger_template(3), limit=0)


def test_templates_come_back_as_they_were(gallery: Gallery[str]) -> None:
    kept, given = gallery.template("finger 9"), finger_template(9)
    for name in ("x", "y", "angle", "kind", "quality"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(given, name))
    assert (kept.width, kept.height, kept.ppi) == (given.width, given.height, given.ppi)


def test_entries_are_removed_and_their_room_is_closed() -> None:
    entries: Gallery[int] = Gallery()
    for finger in range(40):
        entries.add(finger, finger_template(finger))
    full = entries.nbytes
    for finger in range(30):
        entries.remove(finger)
        assert finger not in entries
    assert {found.id for found in entries.search(finger_template(2), limit=50)} == set(range(30, 40))
    assert len(entries) == 10
    assert entries.nbytes < full / 1.9
    for finger in (30, 35, 39):
        assert entries.search(impression(finger_template(finger), 1))[0].id == finger
    entries.add(3, finger_template(3))
    assert entries.search(impression(finger_template(3), 1))[0].id == 3
    with pytest.raises(KeyError):
        entries.remove(4)


def test_one_id_is_one_entry() -> None:
    entries: Gallery[int] = Gallery()
    entries.add(1, finger_template(1))
    with pytest.raises(ValueError, match="already"):
        entries.add(1, finger_template(2))
    assert len(entries) == 1


def test_empty_templates_and_galleries_are_searched_without_a_find() -> None:
    entries: Gallery[int] = Gallery()
    assert entries.search(finger_template(1)) == []
    none = np.zeros(0, np.float32)
    code = np.zeros(0, np.uint8)
    empty = changed(finger_template(1), x=none, y=none, angle=none, kind=code, quality=code)
    for number in range(130):
        entries.add(number, empty if number % 2 else finger_template(number, 5 + number % 40))
    assert all(found.score == 0 for found in entries.search(empty, limit=200))
    assert entries.search(finger_template(44, 5 + 44 % 40), limit=1)[0].score == 1.0


def test_a_template_takes_some_eighty_bytes_a_minutia(gallery: Gallery[str]) -> None:
    assert gallery.nbytes / PEOPLE < 100 * 40
