"""What operators are told of enrolments is said in Indonesian where the terminal is Indonesian: no English inside."""

from pathlib import Path

import pytest

from gateway.duplicates import errors as duplicate_errors
from gateway.enrolment import EnrolmentError, VersionConflict, errors
from gateway.enrolment.images import StrokePoint, checked_image, checked_strokes
from gateway.enrolment.store import unknown
from gateway.service.status import refusal_of

ENGLISH = {"the", "is", "are", "not", "again", "and", "of", "that", "was", "take", "send", "with", "cannot", "has"}
PATH = Path("/var/lib/rekam/enrolments.db")
POINTS = (StrokePoint(1, 1, 10, 0.5), StrokePoint(1, 1, 5, 0.5))


def refused_images() -> list[EnrolmentError]:
    found: list[EnrolmentError] = []
    for data, what in ((b"GIF89a", "portrait"), (b"\x89PNG\r\n\x1a\n", "photo"), (bytes(9 << 20), "signature")):
        with pytest.raises(EnrolmentError) as error:
            checked_image(data, what)
        found.append(error.value)
    for strokes in ([], [POINTS]):
        with pytest.raises(EnrolmentError) as error:
            checked_strokes(strokes)
        found.append(error.value)
    return found


def test_words_of_refusals_are_indonesian() -> None:
    found = [
        *refused_images(),
        VersionConflict(3, 5),
        unknown("ab12"),
        errors.full(PATH),
        errors.unwritable(PATH, ""),
        errors.corrupt(PATH, ""),
    ]
    for error in found:
        refusal = refusal_of(error)
        assert refusal is not None
        assert refusal.message.en == str(error)
        said = {word.strip(".,;:()").lower() for word in refusal.message.id.split()}
        if "damaged" in refusal.message.en and "journal" not in refusal.message.en:
            continue  # a decoder's own words are in brackets
        assert not said & ENGLISH, refusal.message.id


def test_an_error_in_english_alone_still_says_what_happened() -> None:
    refusal = refusal_of(errors.ProfileProblem("The file kiosk.toml is no TOML.", "Mend that line."))
    assert refusal is not None
    assert refusal.message.id.startswith("Profil tidak dapat dipakai: ")


def test_words_of_the_duplicate_list_are_indonesian() -> None:
    for error in (
        duplicate_errors.full(PATH),
        duplicate_errors.unwritable(PATH, ""),
        duplicate_errors.damaged(PATH, ""),
    ):
        assert error.words is not None
        assert not {word.strip(".,;:()").lower() for word in error.words.id.split()} & ENGLISH
