"""The sample card: filled from a drawn person, read back, and what is torn, flipped or left out found by name."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cards.chip.header import FileHeader, FileKind, LifeCycle
from drivers.cards.synthetic import CardOptions, SmartCard
from gateway.card_profile import (
    Biodata,
    CardFinger,
    CardPerson,
    CardPicture,
    ContentFaultCode,
    ContentProblem,
    SealStatement,
    card_image,
    check_seal,
    load_profile,
    personal_contents,
    read_contents,
    template_of,
)
from gateway.finger import FingerPosition
from gateway.fingerprint import compare, score_at_fmr
from tests.gateway.card_profile.persons import (
    NOW,
    SERIAL,
    biodata,
    drawn_template,
    person,
    reduced,
    sample_card,
    sample_contents,
    signing_key,
    trust,
    with_file,
)

SAMPLE = load_profile("sample-id")
CAPACITY = 8192


def test_a_whole_person_fits_the_chip():
    contents = sample_card().contents
    assert list(contents) == [file.name for file in SAMPLE.files]
    for file in SAMPLE.files:
        assert 0 < len(contents[file.name]) <= file.limit
    assert 4000 < sum(map(len, contents.values())) <= 6600
    assert SAMPLE.needed(contents) <= SAMPLE.capacity < CAPACITY


def test_what_is_counted_is_what_the_chip_takes():
    card = SmartCard(CardOptions(capacity=CAPACITY))
    free = card.files.free
    contents = sample_card().contents
    root = card.files.root
    (application,) = SAMPLE.applications
    directory = FileHeader(
        1, root.number, FileKind.DEDICATED, application.fid, LifeCycle.INITIALISATION, name=application.aid
    )
    card.files.create(directory)
    for number, file in enumerate(application.files, 2):
        size = len(contents[file.name])
        card.files.create(FileHeader(number, 1, FileKind.TRANSPARENT, file.fid, LifeCycle.INITIALISATION, size=size))
    assert free - card.files.free == SAMPLE.needed(contents)


def test_everything_is_read_back():
    found = read_contents(SAMPLE, sample_card().contents)
    assert found.faults == ()
    assert found.values["biodata"] == biodata()
    portrait, signature = found.values["portrait"], found.values["signature"]
    assert isinstance(portrait, CardPicture)
    assert isinstance(signature, CardPicture)
    assert portrait.pixels().shape == (portrait.height, portrait.width, 3)
    assert set(np.unique(signature.pixels())) == {0, 255}
    assert isinstance(found.values["seal"], SealStatement)
    positions = []
    for name in ("finger-1", "finger-2"):
        finger = found.values[name]
        assert isinstance(finger, CardFinger)
        positions.append(finger.position)
    assert positions == [FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX]
    shown = f"{found!r} {dict(found.values)!r} {sample_card()!r}"
    for secret in (biodata().reference, "SITI", "array", "\\x"):
        assert secret not in shown.replace(repr(found.values["seal"]), "")


def test_the_template_of_the_card_matches_its_holder_alone():
    card = template_of(SAMPLE, sample_card().contents, "finger-1")
    assert card.position is FingerPosition.RIGHT_INDEX
    again = drawn_template(42, FingerPosition.RIGHT_INDEX, 2)
    other = drawn_template(43, FingerPosition.RIGHT_INDEX)
    threshold = score_at_fmr(1e-4)
    assert compare(card.template, again) >= threshold > compare(card.template, other)


def test_what_is_made_in_time_is_taken_over():
    made = personal_contents(SAMPLE, person(), reduced=reduced)
    assert list(made) == ["biodata", "signature", "finger-1", "finger-2", "portrait"]
    image = card_image(SAMPLE, person(), signing_key(), at=NOW, reduced=reduced, chip_serial=SERIAL, made=made)
    assert {name: image.contents[name] for name in made} == made
    verdict = check_seal(SAMPLE, image.contents, trust(), chip_serial=SERIAL)
    assert verdict.genuine


@given(st.data())
def test_a_bit_that_flips_is_found_by_name(data):
    contents = dict(sample_card().contents)
    name = data.draw(st.sampled_from(list(contents)))
    at, bit = data.draw(st.integers(0, len(contents[name]) - 1)), data.draw(st.integers(0, 7))
    octets = bytearray(contents[name])
    octets[at] ^= 1 << bit
    contents[name] = bytes(octets)
    verdict = check_seal(SAMPLE, contents, trust(), chip_serial=SERIAL)
    assert not verdict.genuine
    if name != "seal":
        assert [failure.file for failure in verdict.failures] == [name]
        assert name not in verdict.verified
    read_contents(SAMPLE, contents)


@given(st.data())
def test_a_torn_file_is_found_by_name(data):
    contents = dict(sample_card().contents)
    name = data.draw(st.sampled_from(list(contents)))
    kept = data.draw(st.integers(0, len(contents[name]) - 1))
    # A file is made at its whole size; what power cut short stays zero.
    contents[name] = contents[name][:kept] + bytes(len(contents[name]) - kept)
    if contents[name] == sample_card().contents[name]:
        return
    verdict = check_seal(SAMPLE, contents, trust(), chip_serial=SERIAL)
    assert not verdict.genuine
    assert name in [failure.file for failure in verdict.failures] or name == "seal"


@pytest.mark.parametrize("name", ["biodata", "finger-1", "signature", "portrait", "certificate", "seal"])
def test_a_file_that_ends_early_is_read_as_none(name):
    contents = dict(sample_card().contents)
    contents[name] = contents[name][:-1]
    found = read_contents(SAMPLE, contents)
    assert [(fault.file, fault.code) for fault in found.faults] == [(name, ContentFaultCode.MALFORMED)]
    assert name not in found.values
    assert len(found.values) == len(contents) - 1


def test_other_faults_by_name():
    contents = dict(sample_card().contents)
    del contents["biodata"]
    contents["photo"] = b"?"
    contents["finger-2"] = contents["finger-1"]
    contents["signature"] += bytes(1000)
    found = {(fault.file, fault.code) for fault in read_contents(SAMPLE, contents).faults}
    assert found == {
        ("biodata", ContentFaultCode.MISSING),
        ("photo", ContentFaultCode.UNKNOWN_FILE),
        ("finger-2", ContentFaultCode.CONTRADICTS),
        ("signature", ContentFaultCode.TOO_LONG),
        ("signature", ContentFaultCode.MALFORMED),
    }
    assert ("biodata", ContentFaultCode.MISSING) not in {
        (fault.file, fault.code) for fault in read_contents(SAMPLE, contents, whole=False).faults
    }


@given(st.data())
def test_any_bytes_are_read_or_refused_by_name(data):
    file = data.draw(st.sampled_from(SAMPLE.files))
    octets = data.draw(st.binary(max_size=120))
    found = read_contents(SAMPLE, {file.name: octets}, whole=False)
    assert [(fault.file, fault.code) for fault in found.faults] == [(file.name, ContentFaultCode.MALFORMED)]


def test_a_person_without_usable_fingers_has_a_card_without_templates():
    without = CardPerson(biodata(), person().portrait, person().signature)
    made = {name: content for name, content in sample_contents().items() if not name.startswith("finger")}
    image = card_image(SAMPLE, without, signing_key(), at=NOW, reduced=reduced, made=made)
    assert "finger-1" not in image.contents
    assert read_contents(SAMPLE, image.contents).faults == ()
    assert check_seal(SAMPLE, image.contents, trust()).genuine


def test_one_finger_is_never_two():
    one = {FingerPosition.LEFT_INDEX: person().fingers[FingerPosition.LEFT_INDEX]}
    small = replace(SAMPLE, applications=(replace(SAMPLE.applications[0], files=SAMPLE.files[2:4]),), seal="")
    made = personal_contents(small, CardPerson(biodata(), fingers=one), reduced=reduced)
    assert list(made) == ["finger-1"]
    assert template_of(small, made, "finger-1").position is FingerPosition.LEFT_INDEX
    # What was made before counts, too.
    image = card_image(small, CardPerson(biodata(), fingers=one), None, at=NOW, reduced=reduced, made=made)
    assert list(image.contents) == ["finger-1"]


@pytest.mark.parametrize(
    ("changes", "file", "fault"),
    [
        ({"portrait": None}, "portrait", ContentFaultCode.NO_SOURCE),
        ({"portrait": b"\xff\xd8no picture\xff\xd9"}, "portrait", ContentFaultCode.MALFORMED),
        ({"signature": np.full((60, 200), 255, np.uint8)}, "signature", ContentFaultCode.MALFORMED),
        ({"signature": np.zeros((4, 4, 4), np.uint8)}, "signature", ContentFaultCode.MALFORMED),
        (
            {
                "biodata": Biodata(
                    "12345678",
                    **dict.fromkeys(("name", "address", "issuer", "regency", "province", "village"), "X" * 160),
                )
            },
            "biodata",
            ContentFaultCode.NOT_FITTING,
        ),
    ],
)
def test_what_cannot_be_made_says_why_in_both_languages(changes, file, fault):
    given = {"biodata": biodata(), "portrait": person().portrait, "signature": person().signature, **changes}
    made = {name: content for name, content in sample_contents().items() if name not in ("biodata", file)}
    with pytest.raises(ContentProblem) as caught:
        card_image(SAMPLE, CardPerson(**given), signing_key(), at=NOW, reduced=reduced, made=made)
    problem = caught.value
    assert (problem.file, problem.fault) == (file, fault)
    assert problem.words.id != problem.words.en
    assert problem.cause in str(problem)
    assert problem.remedy in str(problem)
    assert "12345678" not in str(problem)


def test_limits_that_nothing_fits_say_so():
    for name, limit in (("portrait", 400), ("signature", 60), ("finger-1", 40), ("certificate", 100), ("seal", 200)):
        profile = with_file(SAMPLE, name, limit=limit)
        made = {key: content for key, content in sample_contents().items() if key != name}
        with pytest.raises(ContentProblem, match=name) as caught:
            card_image(profile, person(), signing_key(), at=NOW, reduced=reduced, made=made)
        assert caught.value.file == name


def test_a_chip_that_is_too_small_says_so():
    with pytest.raises(ContentProblem, match="All files need"):
        card_image(
            replace(SAMPLE, capacity=4000), person(), signing_key(), at=NOW, reduced=reduced, made=sample_contents()
        )


def test_what_the_caller_forgot_is_a_bug():
    with pytest.raises(ValueError, match="a signer"):
        card_image(SAMPLE, person(), None, at=NOW, reduced=reduced, made={**sample_contents(), "certificate": b""})
    with pytest.raises(ValueError, match="time zone"):
        card_image(SAMPLE, person(), signing_key(), at=NOW.replace(tzinfo=None), reduced=reduced)
    with pytest.raises(KeyError):
        card_image(SAMPLE, person(), signing_key(), at=NOW, reduced=reduced, made={"photo": b""})
