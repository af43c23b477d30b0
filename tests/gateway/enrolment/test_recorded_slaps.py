"""Slaps as the recorder leaves them, in an enrolment: admitted, mixed up, searched for, sealed."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest

from drivers import Frame
from drivers.fingerprint.synthesis.slap import SlapHand as DrawnHand
from drivers.fingerprint.synthesis.slap import drawn_slap
from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.capture.judged_slap import JudgedSlap, judged_slap
from gateway.capture.values import CaptureRequest, MissingReason
from gateway.enrolment import CaptureUnfit, EnrolmentSnapshot, ExceptionReason, MixUp, PartStatus
from gateway.finger import FingerPosition, SlapHand
from gateway.fingerprint import analyze
from gateway.records import cbeff, fir
from tests.gateway.enrolment.office import IDENTITY, OPERATOR, SUPERVISOR, Office
from tests.gateway.enrolment.sealing_office import opened_by_the_centre, sealing_office

LITTLE = FingerPosition.LEFT_LITTLE
PROFILE = """
id = "hands"
version = 1
duplicates = "none"
[name]
id = "Tangan"
en = "Hands"
[[step]]
parts = ["right-four", "left-four"]
missing = "supervisor"
"""


@cache
def judged(hand: SlapHand, *missing: FingerPosition) -> JudgedSlap:
    """Person 42's hand as it lies on the glass."""
    drawn = drawn_slap(42, DrawnHand(int(hand)), 1, width=800, height=750, ppi=250.0)
    slap = judged_slap(Frame(drawn.pixels, 250.0, 1.0), hand, missing, lambda _: 10)
    # Where a finger is said to be missing it is not there; nobody drew it.
    return replace(slap, seen=replace(slap.seen, extra=()))


def recorded(
    office: Office, transaction: str, hand: SlapHand, *missing: FingerPosition, shown: SlapHand | None = None
) -> str:
    """Record a slap as that of `hand`, though it shows another where one is named."""
    request = CaptureRequest(
        uuid4().hex,
        "synthetic-slap:S-1",
        hand,
        5.0,
        0,
        transaction,
        operator=OPERATOR,
        missing=tuple((finger, MissingReason.AMPUTATED) for finger in missing),
        thresholds=tuple((finger, 10) for finger in hand.positions),
    )
    slap = judged(shown or hand, *missing)
    if shown is not None:
        names = dict(zip(shown.positions, hand.positions, strict=True))
        slap = replace(slap, fingers=tuple(replace(each, position=names[each.position]) for each in slap.fingers))
    office.recorder.record_slap(request, IDENTITY, slap)
    return request.capture_id


def status(snapshot: EnrolmentSnapshot, key: str) -> PartStatus:
    return next(part.status for part in snapshot.parts if part.key == key)


@pytest.fixture
def office(tmp_path: Path):
    with Office(tmp_path / "state", PROFILE) as office:
        yield office


def test_a_slap_gives_each_of_its_fingers(office: Office) -> None:
    snapshot = office.create("hands")
    capture = recorded(office, snapshot.enrolment_id, SlapHand.RIGHT_FOUR)
    snapshot = office.add(snapshot, capture)
    assert status(snapshot, "right-four") is PartStatus.DONE
    part = next(part for part in snapshot.parts if part.key == "right-four")
    assert set(part.tries[0].scores) == {f"right-{name}" for name in ("index", "middle", "ring", "little")}
    assert snapshot.warnings == ()


def test_a_finger_that_the_slap_says_is_missing_waits_for_a_supervisor(office: Office) -> None:
    snapshot = office.create("hands")
    it = snapshot.enrolment_id
    snapshot = office.add(snapshot, recorded(office, it, SlapHand.LEFT_FOUR, LITTLE))
    assert status(snapshot, "left-four") is PartStatus.DONE
    (missing,) = snapshot.exceptions
    assert (missing.unit, missing.reason, missing.approved_by) == ("left-little", ExceptionReason.AMPUTATED, "")
    assert ("left-little", "EXCEPTION_NOT_APPROVED") in {(lack.part, lack.code) for lack in snapshot.open}


def test_what_a_supervisor_approved_before_stays_approved(office: Office) -> None:
    snapshot = office.create("hands")
    it = snapshot.enrolment_id
    snapshot = office.enrolments.add_exception(
        it, "left-little", ExceptionReason.AMPUTATED, OPERATOR, snapshot.version, approver=SUPERVISOR
    )
    snapshot = office.add(snapshot, recorded(office, it, SlapHand.LEFT_FOUR, LITTLE))
    (missing,) = snapshot.exceptions
    assert (missing.approved_by, missing.capture_id) == (SUPERVISOR, "")
    # Another reason is another statement, which nobody has approved.
    other = office.create("hands")
    other = office.enrolments.add_exception(
        other.enrolment_id, "left-little", ExceptionReason.BANDAGED, OPERATOR, other.version, approver=SUPERVISOR
    )
    other = office.add(other, recorded(office, other.enrolment_id, SlapHand.LEFT_FOUR, LITTLE))
    (missing,) = other.exceptions
    assert (missing.approved_by, missing.reason) == ("", ExceptionReason.AMPUTATED)


def test_one_hand_given_as_both_is_noticed(office: Office) -> None:
    snapshot = office.create("hands")
    it = snapshot.enrolment_id
    right = recorded(office, it, SlapHand.RIGHT_FOUR)
    wrong = recorded(office, it, SlapHand.LEFT_FOUR, shown=SlapHand.RIGHT_FOUR)
    snapshot = office.add(snapshot, right, wrong)
    assert {warning.warning.code for warning in snapshot.warnings} <= {MixUp.WRONG_HAND, MixUp.SAME_FINGER_TWICE}
    assert {capture for warning in snapshot.warnings for capture in warning.warning.captures} == {right, wrong}


def test_a_slap_and_a_finger_alone_are_compared(office: Office) -> None:
    snapshot = office.create("ktp-el")
    it = snapshot.enrolment_id
    snapshot = office.add(snapshot, recorded(office, it, SlapHand.RIGHT_FOUR))
    # The right index finger, laid alone and said to be the left one.
    alone = analyze(draw_fingerprint(421, 1), 500.0)
    request = CaptureRequest(uuid4().hex, "synthetic:T-1", FingerPosition.LEFT_INDEX, 5.0, 0, it, operator=OPERATOR)
    frame = Frame(draw_fingerprint(421, 1), 500.0, 1.0)
    office.recorder.record_finger(request, IDENTITY, frame, alone)
    snapshot = office.add(snapshot, request.capture_id)
    assert [warning.warning.code for warning in snapshot.warnings] == [MixUp.WRONG_HAND]


def test_a_profile_that_asks_for_no_slap_takes_none(office: Office) -> None:
    snapshot = office.create("quick")
    with pytest.raises(CaptureUnfit, match="right-four"):
        office.add(snapshot, recorded(office, snapshot.enrolment_id, SlapHand.RIGHT_FOUR))


def test_each_record_of_a_slap_is_in_the_packet_and_says_what_it_shows(tmp_path: Path) -> None:
    with sealing_office(tmp_path / "state", PROFILE) as office:
        snapshot = office.create("hands")
        it = snapshot.enrolment_id
        snapshot = office.enrolments.add_exception(
            it, "left-little", ExceptionReason.AMPUTATED, OPERATOR, snapshot.version, approver=SUPERVISOR
        )
        snapshot = office.add(
            snapshot,
            recorded(office, it, SlapHand.RIGHT_FOUR),
            recorded(office, it, SlapHand.LEFT_FOUR, LITTLE),
        )
        sealed = office.enrolments.seal(it, OPERATOR, snapshot.version)
        path = office.sealer.path(sealed.packet.packet_id)
        _, out = opened_by_the_centre(path, office, tmp_path / "centre")
    right = {f"right-{name}" for name in ("index", "middle", "ring", "little")}
    left = {f"left-{name}" for name in ("index", "middle", "ring")}
    expected = {f"{slap}.{name}" for slap in ("right-four", "left-four") for name in ("manifest.jws", "image.fir")}
    for slap, fingers in (("right-four", right), ("left-four", left)):
        expected |= {f"{slap}.{finger}.{name}" for finger in fingers for name in ("image.fir", "template.fmr")}
    found = {each.name for each in out.iterdir() if each.suffix in (".jws", ".fir", ".fmr")}
    assert found == expected
    whole = fir.decode((out / "right-four.image.fir").read_bytes())
    assert whole.representations[0].position is SlapHand.RIGHT_FOUR
    # Each finger is there once more as CBEFF; the whole slap, which is the largest part, is not.
    wrapped = {each.name.removesuffix(".cbeff.xml") for each in out.iterdir() if each.name.endswith(".cbeff.xml")}
    assert wrapped == {name for name in expected if name.count(".") == 3}
    for name in ("left-four.left-index.image.fir", "left-four.left-index.template.fmr"):
        (one,) = cbeff.decode((out / f"{name}.cbeff.xml").read_bytes())
        assert one.subtype == ("Left", "IndexFinger")
