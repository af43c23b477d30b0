"""A travel document: made here, signed by a state that a test is, and nothing written that it did not sign."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.card import authenticate_passively, data_object, pace_offers
from gateway.card_profile import (
    CardPerson,
    CommonData,
    ContentFaultCode,
    ContentProblem,
    DocumentFinger,
    FingerScan,
    Mrz,
    card_image,
    data_groups,
    load_profile,
    personal_contents,
    read_contents,
)
from gateway.card_profile.biometric_template import decode_group, decode_template
from gateway.card_profile.errors import MalformedContent
from gateway.finger import FingerPosition
from gateway.records import fir
from gateway.records.fac import FaceImageRecord
from tests.gateway.card.document_signer import NOW, made_signer
from tests.gateway.card_profile.persons import biodata, person, reduced

LDS = load_profile("icao-lds1")
DG14, DG15 = (data_object(tag, data_object(0x30, bytes(20))) for tag in (0x6E, 0x6F))
# Doc 9303-11, appendix G.1: generic mapping over ECDH with AES-128, brainpoolP256r1.
EF_CARD_ACCESS = bytes.fromhex("31143012060A04007F0007020204020202010202010D")
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "records" / "card"


def bearer(**changes) -> CardPerson:
    return replace(person(), biodata=biodata(valid_until=date(2036, 5, 31), **changes))


@cache
def signer():
    return made_signer()


@cache
def groups():
    handed = {"dg14": DG14, "dg15": DG15, "card-access": EF_CARD_ACCESS}
    return personal_contents(LDS, bearer(), reduced=reduced, handed=handed)


def made(sod=None, **changes):
    signed = sod if sod is not None else signer().sign(data_groups(LDS, groups()))
    given = {"at": NOW, "reduced": reduced, "made": groups(), "handed": {"sod": signed}, **changes}
    return card_image(LDS, bearer(), None, **given)


def test_a_whole_document():
    contents = made(anchors=[signer().authority]).contents
    assert list(contents) == [file.name for file in LDS.files]
    assert LDS.needed(contents) <= LDS.capacity
    found = read_contents(LDS, contents)
    assert found.faults == ()
    assert found.values["com"] == CommonData("0107", (0x61, 0x75, 0x63, 0x6E, 0x6F))
    zone, face, fingers = found.values["dg1"], found.values["dg2"], found.values["dg3"]
    assert isinstance(zone, Mrz)
    assert (zone.document_code, zone.number, zone.nationality) == ("ID", "X1234567", "IDN")
    assert isinstance(face, FaceImageRecord)
    picture = cv2.imdecode(np.frombuffer(face.data, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (face.height, face.width, 3)
    assert isinstance(fingers, tuple)
    assert [finger.position for finger in fingers] == [FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX]
    for finger in fingers:
        assert isinstance(finger, DocumentFinger)
        (image,) = finger.record.representations
        assert fir.decode_pixels(image).shape == person().finger_scans[finger.position].pixels.shape
    verdict = authenticate_passively(contents["sod"], data_groups(LDS, contents), [signer().authority], NOW)
    assert verdict.genuine
    assert verdict.unread == ()
    assert set(verdict.verified) == {1, 2, 3, 14, 15}
    assert pace_offers(contents["card-access"])


def test_groups_are_made_alike_twice():
    again = personal_contents(LDS, bearer(), reduced=reduced, handed={"dg14": DG14})
    assert {name: again[name] for name in ("dg1", "dg2", "dg3", "dg14")} == {
        name: groups()[name] for name in ("dg1", "dg2", "dg3", "dg14")
    }


def refused(**options) -> ContentProblem:
    with pytest.raises(ContentProblem) as caught:
        made(**options)
    return caught.value


def test_nothing_is_written_that_the_state_did_not_sign():
    right = data_groups(LDS, groups())
    changed = {**right, 2: right[2][:-1] + b"\x00"}
    assert "DG2: a data group is not the one" in refused(sod=signer().sign(changed)).cause
    fewer = {number: octets for number, octets in right.items() if number != 3}
    assert "DG3: a data group is not among" in refused(sod=signer().sign(fewer)).cause
    assert "DG4: it is signed, and not to be written" in refused(sod=signer().sign({**right, 4: b"x"})).cause
    assert "the signature over the hashes is wrong" in refused(sod=_tampered(signer().sign(right))).cause
    assert "out of date" in refused(at=NOW + timedelta(days=4000)).cause
    problem = refused(anchors=[made_signer().authority])
    assert problem.fault is ContentFaultCode.NOT_SIGNED
    assert "none of the given authorities" in problem.cause
    assert problem.file == "sod"
    assert made(anchors=None).contents["sod"]


def _tampered(sod: bytes) -> bytes:
    """Its last byte is the signature's."""
    return sod[:-1] + bytes((sod[-1] ^ 1,))


def test_what_the_issuer_forgot_or_spoiled():
    assert refused(handed={}).fault is ContentFaultCode.NO_SOURCE
    assert refused(sod=b"\x77\x00").fault is ContentFaultCode.MALFORMED
    assert refused(sod=bytes(7000)).fault is ContentFaultCode.TOO_LONG
    for name, octets in (("dg14", DG15), ("dg15", b""), ("card-access", b"\x31\x03\x02\x01")):
        with pytest.raises(ContentProblem, match=name) as caught:
            personal_contents(LDS, bearer(), reduced=reduced, handed={name: octets})
        assert caught.value.fault is ContentFaultCode.MALFORMED


def test_what_is_handed_in_for_no_file_is_a_bug():
    with pytest.raises(ValueError, match="nothing is handed in as dg-14; there are card-access, dg14, dg15, mrz, sod"):
        personal_contents(LDS, bearer(), reduced=reduced, handed={"dg-14": DG14})
    with pytest.raises(ValueError, match="nothing is handed in as dg1"):
        made(handed={"dg1": b"x"})


def test_a_document_without_fingers_or_keys_is_listed_as_such():
    without = replace(bearer(), finger_scans={})
    few = {"dg1": groups()["dg1"], "dg2": groups()["dg2"]}
    sod = signer().sign({1: few["dg1"], 2: few["dg2"]})
    image = card_image(LDS, without, None, at=NOW, reduced=reduced, made=few, handed={"sod": sod})
    assert list(image.contents) == ["com", "dg1", "dg2", "sod"]
    assert read_contents(LDS, image.contents).values["com"] == CommonData("0107", (0x61, 0x75))


def test_a_zone_that_cannot_be_made_may_be_handed_in():
    lifelong = person()
    with pytest.raises(ContentProblem, match="machine readable zone cannot be made") as caught:
        personal_contents(LDS, lifelong, reduced=reduced)
    assert caught.value.fault is ContentFaultCode.NO_SOURCE
    utopia = b"I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
    found = personal_contents(LDS, replace(lifelong, finger_scans={}), reduced=reduced, handed={"mrz": utopia})
    assert found["dg1"] == b"\x61\x5d\x5f\x1f\x5a" + utopia
    with pytest.raises(ContentProblem, match="check digit"):
        personal_contents(LDS, lifelong, reduced=reduced, handed={"mrz": utopia[::-1]})


def test_an_image_that_cannot_be_made_small_enough_says_so():
    noise = np.random.default_rng(1).integers(0, 256, (500, 500), np.uint8)
    loud = replace(bearer(), finger_scans={FingerPosition.RIGHT_INDEX: FingerScan(noise, 500.0)})
    small = replace(
        LDS,
        applications=tuple(
            replace(each, files=tuple(replace(file, limit=2000) if file.name == "dg3" else file for file in each.files))
            for each in LDS.applications
        ),
    )
    with pytest.raises(ContentProblem, match="dg3: The image of a finger does not fit") as caught:
        personal_contents(small, loud, reduced=reduced)
    assert caught.value.fault is ContentFaultCode.NOT_FITTING


@given(st.data())
def test_any_bytes_are_read_or_refused_by_name(data):
    file = data.draw(st.sampled_from(LDS.files))
    octets = data.draw(st.binary(max_size=100))
    found = read_contents(LDS, {file.name: octets}, whole=False)
    assert {fault.file for fault in found.faults} <= {file.name}
    assert (file.name in found.values) == (not found.faults)


@given(st.data())
def test_a_bit_that_flips_is_found_by_name(data):
    contents = dict(made().contents)
    name = data.draw(st.sampled_from(["dg1", "dg2", "dg3", "dg14", "dg15"]))
    at = data.draw(st.integers(0, len(contents[name]) - 1))
    contents[name] = contents[name][:at] + bytes((contents[name][at] ^ 4,)) + contents[name][at + 1 :]
    verdict = authenticate_passively(contents["sod"], data_groups(LDS, contents), [signer().authority], NOW)
    assert [each.group for each in verdict.failures] == [int(name[2:])]
    read_contents(LDS, contents)


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        (b"\x7f\x61\x03\x02\x01\x01", "1 biometric templates are said, 0"),
        (b"\x7f\x61\x00", "begin with its count"),
        (b"\x7f\x60\x00", "one data object 7F61"),
    ],
)
def test_groups_of_templates_that_are_none(octets, complaint):
    with pytest.raises(MalformedContent, match=complaint):
        decode_group(octets)


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("8101088201098702010188020007", None),
        ("8101088201098702010288020007", "owner"),
        ("8101088702010188020007", "which finger"),
        ("8101088201008702010188020007", "which finger"),
        ("8101048201098702010188020007", "kind of a data block"),
        ("8101088201098702010188020002", "format of a data block"),
    ],
)
def test_headers_of_templates(header, complaint):
    octets = data_object(0x7F60, data_object(0xA1, bytes.fromhex(header)) + data_object(0x5F2E, b"block"))
    if complaint is None:
        assert decode_template(octets).position is FingerPosition.RIGHT_INDEX
        return
    with pytest.raises(MalformedContent, match=complaint):
        decode_template(octets)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the records are not beside the checkout")
def test_the_groups_of_a_states_specimen_are_read():
    specimen = SHARED / "bsi2008"
    com = read_contents(LDS, {"com": (specimen / "EF_COM.bin").read_bytes()}, whole=False)
    assert com.values["com"] == CommonData("0107", (0x61, 0x75, 0x63, 0x6E))
    body = (specimen / "Datagroup3.bin").read_bytes()[4:]
    assert [template.position for template in decode_group(body)] == [
        FingerPosition.RIGHT_INDEX,
        FingerPosition.LEFT_INDEX,
    ]
    fourteen = read_contents(LDS, {"dg14": (SHARED / "doc9303-dg14.bin").read_bytes()}, whole=False)
    assert fourteen.faults == ()
