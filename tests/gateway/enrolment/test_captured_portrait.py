"""Portraits that the portrait camera took, in an enrolment: added, replaced, refused, sealed, wrapped."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from drivers import PortraitFrame
from gateway.capture.portrait_auto_capture import JudgedPortrait
from gateway.capture.values import MissingReason
from gateway.enrolment import CaptureUnfit, EnrolmentSnapshot, ExceptionRefused, PartStatus
from gateway.enrolment.cbeff_parts import cbeff_part
from gateway.enrolment.ports import PacketPart
from gateway.face import FacePosition
from gateway.portrait import analyze
from gateway.records import cbeff, fac
from gateway.trust import Manifest, read_signature
from tests.gateway.enrolment.office import IDENTITY, OPERATOR, QUICK, Office, portrait
from tests.gateway.portrait.figures import figure

FACE_ALONE = QUICK.replace('parts = ["right-index", "right-middle"]', 'parts = ["right-index"]')


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office(tmp_path, FACE_ALONE) as office:
        yield office


def begun(office: Office) -> EnrolmentSnapshot:
    return office.create()


def captured(office: Office, enrolment_id: str, face: int = 3, **options: int) -> str:
    """Record a portrait of a figure as the portrait camera does; gives the capture's id."""
    pixels = figure(face, **options)
    request = office._request(enrolment_id, FacePosition.FRONT)
    judged = JudgedPortrait(PortraitFrame(pixels, 1.0), analyze(pixels))
    office.recorder.record_portrait(request, IDENTITY, judged)
    return request.capture_id


def part(snapshot: EnrolmentSnapshot):
    (found,) = (each for each in snapshot.parts if each.key == "portrait")
    return found


def test_the_latest_portrait_counts_be_it_captured_or_added(office: Office) -> None:
    snapshot = begun(office)
    it = snapshot.enrolment_id
    first, second = captured(office, it), captured(office, it, 5)
    snapshot = office.add(snapshot, first)
    assert (part(snapshot).status, part(snapshot).capture_id) == (PartStatus.DONE, first)
    snapshot = office.add(snapshot, second)
    assert part(snapshot).capture_id == second
    assert [each.capture_id for each in part(snapshot).tries] == [first, second]
    snapshot = office.enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
    assert (part(snapshot).capture_id, [each.name for each in part(snapshot).files]) == ("", ["portrait.jpg"])
    third = captured(office, it, 7)
    snapshot = office.add(snapshot, third)
    assert (part(snapshot).capture_id, part(snapshot).files) == (third, ())
    snapshot = office.enrolments.remove_capture(it, third, "retake", OPERATOR, snapshot.version)
    assert part(snapshot).capture_id == second


def test_it_is_sealed_with_its_signature_and_record(office: Office) -> None:
    snapshot = begun(office)
    it = snapshot.enrolment_id
    capture_id = captured(office, it)
    snapshot = office.add(snapshot, office.finger(it, "right-index", 1), capture_id)
    assert snapshot.open == ()
    office.enrolments.seal(it, OPERATOR, snapshot.version)
    (statement,) = office.sealer.statements()
    (stated,) = (each for each in statement["parts"] if each["key"] == "portrait")
    assert (stated["capture_id"], stated["passed"]) == (capture_id, True)
    assert set(stated["files"]) == {"portrait.manifest.jws", "portrait.image.fac"}
    assert {"portrait.manifest.jws", "portrait.image.fac"} <= {each["name"] for each in statement["files"]}


def test_one_that_is_too_small_is_refused(office: Office) -> None:
    snapshot = begun(office)
    small = captured(office, snapshot.enrolment_id, width=320, height=240)
    with pytest.raises(CaptureUnfit, match="at least 240 x 320 are due") as refused:
        office.add(snapshot, small)
    assert refused.value.words is not None
    assert "Dekatkan orangnya" in refused.value.words.id


def test_what_is_missing_is_checked_and_captured_later(office: Office) -> None:
    snapshot = begun(office)
    it = snapshot.enrolment_id
    request = office._request(it, FacePosition.FRONT)
    office.recorder.record_missing(request, IDENTITY, MissingReason.BANDAGED)
    with pytest.raises(ExceptionRefused):
        office.add(snapshot, request.capture_id)
    request = office._request(it, FacePosition.FRONT)
    office.recorder.record_missing(request, IDENTITY, MissingReason.REFUSED)
    snapshot = office.add(snapshot, request.capture_id)
    assert [each.unit for each in snapshot.exceptions] == ["portrait"]
    snapshot = office.add(snapshot, captured(office, it))
    assert snapshot.exceptions == ()


def test_one_of_nobody_that_the_operator_took_counts(office: Office) -> None:
    snapshot = begun(office)
    pixels = np.full((480, 640, 3), 120, np.uint8)
    request = office._request(snapshot.enrolment_id, FacePosition.FRONT)
    office.recorder.record_portrait(request, IDENTITY, JudgedPortrait(PortraitFrame(pixels, 1.0), analyze(pixels)))
    snapshot = office.add(snapshot, request.capture_id)
    assert (part(snapshot).status, part(snapshot).tries[0].scores) == (PartStatus.DONE, {"portrait": 0})


def test_its_record_is_wrapped_as_a_face(office: Office) -> None:
    it = begun(office).enrolment_id
    capture_id = captured(office, it)
    stored = office.spool.get(capture_id)
    assert stored is not None
    manifest = Manifest.from_bytes(read_signature(stored.jws).payload)
    (blob,) = office.spool.blobs(capture_id)
    name = f"portrait.{blob.name}"
    source = PacketPart(name, blob.media_type, len(blob.content), blob.sha256, lambda: blob.content)
    wrapped = cbeff_part(source, manifest, datetime.now(UTC))
    assert wrapped is not None
    (record,) = cbeff.decode(wrapped.open().read())
    assert record.type is cbeff.BiometricType.FACE
    assert record.subtype == ()
    assert fac.decode(record.record).data == fac.decode(blob.content).data
