"""What the duplicate check asks of a gallery beside searches: a first look, kept surroundings, threads."""

import threading

import numpy as np
import pytest

from gateway.fingerprint import Gallery, prepare
from gateway.fingerprint.matching.gallery import quantized_surroundings, surroundings_version
from tests.gateway.fingerprint.synthetic_templates import finger_template, impression

COUNT = 150


@pytest.fixture
def gallery():
    entries = Gallery()
    for finger in range(COUNT):
        template = finger_template(finger)
        entries.add(finger, template, quantized_surroundings(template) if finger % 2 else None)
    return entries


def test_the_mate_is_most_alike_whether_surroundings_were_kept_or_made(gallery):
    for finger in (20, 21):
        seen = gallery.likeness(prepare(impression(finger_template(finger), 1)))
        assert seen.ids == tuple(range(COUNT))
        assert int(seen.values.argmax()) == finger
        assert 0 < seen.values.max() <= 12.1


def test_who_was_removed_is_nowhere(gallery):
    gallery.remove(20)
    seen = gallery.likeness(prepare(finger_template(20)))
    assert seen.ids[20] is None
    assert seen.values[20] == -np.inf
    assert np.isfinite(np.delete(seen.values, 20)).all()
    assert 20 not in [found.id for found in gallery.search(finger_template(20), limit=COUNT)]


def test_a_cancelled_look_leaves_the_rest_unseen(gallery):
    assert not np.isfinite(gallery.likeness(prepare(finger_template(1)), lambda: True).values).any()


def test_surroundings_of_another_print_are_refused(gallery):
    with pytest.raises(ValueError, match="surroundings"):
        gallery.add("more", finger_template(999, 30), quantized_surroundings(finger_template(999, 31)))
    assert "more" not in gallery


def test_the_version_is_the_same_each_time():
    first = surroundings_version()
    surroundings_version.cache_clear()
    assert surroundings_version() == first


def test_searches_beside_additions_and_removals_find_who_stays(gallery):
    errors, stop = [], threading.Event()

    def searching():
        try:
            while not stop.is_set():
                assert gallery.search(impression(finger_template(5), 1), limit=1)[0].id == 5
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=searching)
    thread.start()
    for finger in range(COUNT, 2 * COUNT):
        gallery.add(finger, finger_template(finger))
        gallery.remove(finger - COUNT if finger % 3 == 0 else finger)
    stop.set()
    thread.join(60)
    assert not errors
