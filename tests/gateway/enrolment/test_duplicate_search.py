"""The duplicate book behind an enrolment: kept under the gateway's key, tried again where it cannot be opened."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from gateway.duplicates import DuplicateBook, Strength
from gateway.enrolment import NotComparable
from gateway.enrolment.duplicate_search import BookSearch
from gateway.eye import EyePosition
from gateway.finger import FingerPosition
from gateway.spool import SpoolUnwritable
from gateway.trust import KeyModuleGone, KeyPassphraseWrong, PassphraseWrap, time_now
from tests.gateway.enrolment.office import OPERATOR, Office, code_of, print_of

RIGHT, LEFT = FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX


def fingers_of(person: int, seed: int = 1):
    return {RIGHT: print_of(10 * person, seed), LEFT: print_of(10 * person + 1, seed)}


def book_of(folder, passphrase: bytes = b"of the test"):
    return partial(DuplicateBook.open, folder, "rekam-1", [PassphraseWrap(passphrase)])


def test_a_person_is_found_after_a_restart_by_fingers_or_by_irises(tmp_path):
    eyes = {EyePosition.RIGHT: code_of(17, 1), EyePosition.LEFT: code_of(18, 1)}
    search = BookSearch(book_of(tmp_path))
    assert search.search(fingers_of(1), eyes) == ()
    search.remember("e" * 32, fingers_of(1), eyes, "Sari\n", 30)
    search.remember("e" * 32, fingers_of(1), eyes, "Sari\n", 30)  # told again after a crash
    search.close()
    search = BookSearch(book_of(tmp_path))
    (by_fingers,) = search.search(fingers_of(1, 2), {})
    (by_irises,) = search.search({}, {EyePosition.RIGHT: code_of(17, 2), EyePosition.LEFT: code_of(18, 2)})
    for hit in (by_fingers, by_irises):
        assert (hit.enrolment_id, hit.operator) == ("e" * 32, "Sari ")
        assert hit.recorded_at.endswith("Z")
        assert hit.fmr < 1e-4
        assert hit.score > 9
        assert (hit.gateway_id, hit.exchanged) == ("rekam-1", False)
        assert hit.strength in {each.text for each in Strength}
    assert search.search(fingers_of(2), {}) == ()
    search.close()


def test_hands_that_were_exchanged_are_said(tmp_path):
    search = BookSearch(book_of(tmp_path))
    search.remember("e" * 32, fingers_of(1), {}, "Sari", 30)
    again = fingers_of(1, 2)
    (hit,) = search.search({RIGHT: again[LEFT], LEFT: again[RIGHT]}, {})
    assert (hit.enrolment_id, hit.exchanged) == ("e" * 32, True)
    search.close()


def test_that_nothing_could_be_compared_is_not_that_nobody_was_found(tmp_path):
    search = BookSearch(book_of(tmp_path))
    with pytest.raises(NotComparable) as nothing:
        search.search({}, {})
    assert "tidak ada jari" in nothing.value.words.id
    search.remember("e" * 32, fingers_of(1), {}, "Sari", 30)
    with pytest.raises(NotComparable, match="in common"):
        search.search({}, {EyePosition.RIGHT: code_of(17, 1)})
    search.remember("f" * 32, {}, {}, "Sari", 30)  # nobody to be searched for later
    search.close()


def test_who_is_past_the_days_is_forgotten(tmp_path):
    now = time_now()
    search = BookSearch(book_of(tmp_path), lambda: replace(now, wall=now.wall - timedelta(days=31)))
    search.remember("a" * 32, fingers_of(1), {}, "Sari", 30)
    search.close()
    search = BookSearch(book_of(tmp_path))
    search.remember("b" * 32, fingers_of(2), {}, "Sari", 30)
    search.remember("c" * 32, fingers_of(3), {}, "Sari", 30)
    search.forget(["b" * 32], now.wall, timedelta(days=30))
    assert search.search(fingers_of(1), {}) == ()
    assert search.search(fingers_of(2), {}) == ()
    assert [hit.enrolment_id for hit in search.search(fingers_of(3), {})] == ["c" * 32]
    search.close()


def test_a_book_under_another_key_is_not_touched_and_said(tmp_path):
    search = BookSearch(book_of(tmp_path))
    search.remember("e" * 32, fingers_of(1), {}, "Sari", 30)
    search.close()
    other = BookSearch(book_of(tmp_path, b"another"))
    with pytest.raises(KeyPassphraseWrong):
        other.search(fingers_of(1), {})
    (warning,) = other.warnings()
    assert "passphrase does not open" in warning.en
    assert "Data ganda" in warning.id
    again = BookSearch(book_of(tmp_path))
    assert len(again.search(fingers_of(1, 2), {})) == 1
    assert again.warnings() == ()
    again.close()


class PulledToken(PassphraseWrap):
    """A wrap that can be away, as a token's is."""

    away = True

    def wrap(self, key, bound):
        if self.away:
            raise KeyModuleGone("The token is away.", "Plug it in.")
        return super().wrap(key, bound)


def test_a_token_that_was_away_is_asked_again(tmp_path):
    token = PulledToken(b"of the token")
    search = BookSearch(partial(DuplicateBook.open, tmp_path, "rekam-1", [token]))
    with pytest.raises(KeyModuleGone):
        search.search(fingers_of(1), {})
    assert "away" in search.warnings()[0].en
    token.away = False
    assert search.search(fingers_of(1), {}) == ()
    assert search.warnings() == ()
    search.close()


def test_a_cut_while_captures_are_erased_takes_no_finger_from_the_book(tmp_path):
    state = tmp_path / "state"
    with Office(state, duplicates=BookSearch(book_of(tmp_path / "book"))) as office:

        def cut(capture_ids):
            office.spool.erase(capture_ids[:1])
            raise SpoolUnwritable("The disk is gone.", "Look at it.")

        office.erased.erase = cut
        snapshot = office.filled()
        it = snapshot.enrolment_id
        office.enrolments.seal(it, OPERATOR, snapshot.version)
        office.everybody.close()
    with Office(state, duplicates=BookSearch(book_of(tmp_path / "book"))) as office:
        assert office.enrolments.recover().finished == (it,)
        for unit, finger in ((FingerPosition.RIGHT_INDEX, 1), (FingerPosition.RIGHT_MIDDLE, 2)):
            (hit,) = office.everybody.search({unit: print_of(finger, 9)}, {})
            assert hit.enrolment_id == it
        office.everybody.close()
