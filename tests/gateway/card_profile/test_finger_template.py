"""Finger templates of a card: which finger is taken, how many minutiae, in which order and wrapping."""

from dataclasses import replace

import numpy as np
import pytest

from gateway.card import data_object, data_objects, only_object
from gateway.card_profile import (
    CardFinger,
    CardPerson,
    ContentProblem,
    MalformedContent,
    load_profile,
    personal_contents,
    read_contents,
    template_of,
)
from gateway.card_profile.biometric_template import SUBTYPES
from gateway.finger import FingerPosition
from gateway.fingerprint.reduced import best_first
from gateway.records import compact_card
from gateway.records.compact_card import MinutiaOrder
from tests.gateway.card_profile.persons import biodata, reduced, with_file, with_options
from tests.gateway.fingerprint.synthetic_templates import finger_template

SAMPLE = load_profile("sample-id")
TEMPLATES = replace(
    SAMPLE,
    seal="",
    applications=(replace(SAMPLE.applications[0], files=(SAMPLE.file("finger-1"), SAMPLE.file("finger-2"))),),
)
P = FingerPosition


def made(fingers, profile=TEMPLATES):
    return personal_contents(profile, CardPerson(biodata(), fingers=fingers), reduced=reduced)


def positions(fingers):
    contents = made(fingers)
    return [template_of(TEMPLATES, contents, name).position for name in contents]


def test_subtypes_are_those_of_the_header():
    assert SUBTYPES[P.RIGHT_INDEX] == 0x09
    assert SUBTYPES[P.LEFT_INDEX] == 0x0A
    assert (SUBTYPES[P.RIGHT_THUMB], SUBTYPES[P.LEFT_LITTLE]) == (0x05, 0x16)
    assert len(set(SUBTYPES.values())) == 10


def test_the_bytes_of_a_template():
    contents = made({P.RIGHT_INDEX: finger_template(1, 20)})
    (header, block) = data_objects(only_object(contents["finger-1"], 0x7F60))
    assert header.raw == bytes.fromhex("A10E8101088201098702010188020006")
    minutiae = only_object(only_object(block.raw, 0x7F2E), 0x81)
    assert minutiae == compact_card.encode(best_first(finger_template(1, 20)))


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ([P.RIGHT_INDEX, P.LEFT_INDEX, P.RIGHT_THUMB], [P.RIGHT_INDEX, P.LEFT_INDEX]),
        ([P.RIGHT_THUMB, P.LEFT_INDEX], [P.RIGHT_THUMB, P.LEFT_INDEX]),
        ([P.RIGHT_THUMB, P.RIGHT_MIDDLE], [P.RIGHT_THUMB, P.RIGHT_MIDDLE]),
        ([P.LEFT_LITTLE], [P.LEFT_LITTLE]),
        ([], []),
    ],
)
def test_the_first_of_the_profiles_fingers_that_there_is(there, taken):
    assert positions({position: finger_template(position, 20) for position in there}) == taken


def test_a_finger_with_too_few_minutiae_gives_way_to_the_next():
    fingers = {P.RIGHT_INDEX: finger_template(1, 7), P.RIGHT_THUMB: finger_template(2, 8)}
    assert positions(fingers) == [P.RIGHT_THUMB]


@pytest.mark.parametrize(("count", "kept"), [(20, 20), (60, 60), (61, 60), (120, 60)])
def test_no_more_minutiae_than_the_profile_takes(count, kept):
    contents = made({P.RIGHT_INDEX: finger_template(3, count)})
    card = template_of(TEMPLATES, contents, "finger-1").template
    assert len(card) == kept
    assert len(contents["finger-1"]) <= TEMPLATES.file("finger-1").limit
    inner = reduced(finger_template(3, count), kept)
    assert sorted(card.x.tolist()) == sorted(np.rint(inner.x.astype(np.float64) * 254 / 500).tolist())


def test_a_limit_below_the_most_keeps_what_fits():
    small = with_file(TEMPLATES, "finger-1", limit=100)
    contents = made({P.RIGHT_INDEX: finger_template(3, 60)}, small)
    assert 94 < len(contents["finger-1"]) <= 100
    assert 20 <= len(template_of(small, contents, "finger-1").template) <= 26


@pytest.mark.parametrize("order", list(MinutiaOrder))
def test_minutiae_stand_in_the_order_that_the_profile_says(order):
    profile = with_options(TEMPLATES, "finger-1", order=order.value)
    contents = made({P.RIGHT_INDEX: finger_template(3, 40)}, profile)
    assert len(template_of(profile, contents, "finger-1").template) == 40
    if order is not MinutiaOrder.NONE:
        opposite = {"ascending": "descending", "descending": "ascending"}
        by, _, way = order.value.partition("-")
        other = with_options(TEMPLATES, "finger-1", order=f"{by}-{opposite[way]}")
        assert "order" in str(read_contents(other, contents).faults[0])


def test_a_block_alone_is_of_the_only_finger():
    profile = with_options(TEMPLATES, "finger-1", wrapping="block", fingers=("left-index",))
    contents = made({P.LEFT_INDEX: finger_template(3, 40), P.RIGHT_THUMB: finger_template(4, 40)}, profile)
    assert contents["finger-1"][:2] == b"\x7f\x2e"
    assert len(contents["finger-1"]) == 3 * 40 + 5
    found = read_contents(profile, contents)
    assert found.faults == ()
    first = found.values["finger-1"]
    assert isinstance(first, CardFinger)
    assert first.position is P.LEFT_INDEX


def test_a_finger_that_lay_far_off_is_moved_into_reach():
    template = finger_template(3, 40)
    off = replace(template, x=template.x + np.float32(600), width=1200)
    card = template_of(TEMPLATES, made({P.RIGHT_INDEX: off}), "finger-1").template
    near = template_of(TEMPLATES, made({P.RIGHT_INDEX: template}), "finger-1").template
    apart = near.x - card.x
    assert np.ptp(apart) <= 1


def test_of_a_finger_that_is_wider_than_the_format_the_rim_goes():
    template = finger_template(3, 60)
    wide = replace(template, x=template.x * np.float32(2), width=760)  # 36 mm
    card = template_of(TEMPLATES, made({P.RIGHT_INDEX: wide}), "finger-1").template
    assert 30 <= len(card) < 60
    assert np.ptp(card.x) <= 255
    one_more = reduced(wide, len(card) + 1)
    assert np.ptp(one_more.x) * 254 / 500 > 255


def test_minutiae_that_no_place_makes_fit_are_refused():
    template = finger_template(3, 40)
    wide = replace(template, x=template.x * np.float32(60), width=22800)
    with pytest.raises(ContentProblem, match=r"span \d+\.\d mm"):
        made({P.RIGHT_INDEX: wide})


def wrapped(minutiae, subtype=0x09, form="0006", tag=0x7F2E):
    header = bytes.fromhex(f"8101088201{subtype:02X}8702010188 02{form}".replace(" ", ""))
    block = data_object(0x81, minutiae) if tag == 0x7F2E else minutiae
    return data_object(0x7F60, data_object(0xA1, header) + data_object(tag, block))


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        (wrapped(bytes(30), tag=0x5F2E), "no compact card template"),
        (wrapped(bytes(30), form="0007"), "no compact card template"),
        (wrapped(bytes(31)), "needs 3 bytes"),
        (wrapped(bytes(183)), "more than 60"),
        (wrapped(b"\x00\x00\xc0"), "type"),
        (wrapped(bytes(30), subtype=0x1D), "which finger"),
        (data_object(0x7F2E, data_object(0x81, bytes(30))), "one data object 7F60"),
    ],
)
def test_what_is_no_template_is_refused(octets, complaint):
    found = read_contents(TEMPLATES, {"finger-1": octets}, whole=False)
    assert complaint in str(found.faults[0])
    with pytest.raises(MalformedContent, match=complaint):
        template_of(TEMPLATES, {"finger-1": octets}, "finger-1")


def test_a_finger_that_the_profile_does_not_take_is_refused():
    narrow = with_options(TEMPLATES, "finger-1", fingers=("left-index", "left-thumb"))
    found = read_contents(narrow, {"finger-1": wrapped(bytes(30))}, whole=False)
    assert "does not take here" in str(found.faults[0])


def test_only_templates_are_templates():
    with pytest.raises(MalformedContent, match="no finger template"):
        template_of(SAMPLE, {"seal": b""} | {"certificate": _certificate()}, "certificate")


def _certificate():
    from tests.gateway.card_profile.persons import signing_key

    return signing_key().certificate_der
