"""Enrolments sealed for the centre: everything that was captured comes out there, once, in an unbroken chain."""

import json
import os
import shutil
from dataclasses import replace
from datetime import timedelta

import imagecodecs
import numpy as np
import pytest

from gateway.enrolment import (
    DuplicateHit,
    EnrolmentState,
    ExceptionReason,
    PacketPart,
    SealingFailed,
    SealingFull,
)
from gateway.enrolment.packet_chain import HEAD_FILE
from gateway.enrolment.sealed_packet import NoRecipient
from gateway.iris import decode_code
from gateway.packet import (
    AuditHead,
    SignerUnknown,
    open_packet,
    verify_packet,
)
from gateway.records import cbeff, fac, fir, fmr, iir
from gateway.trust import KeyRevoked, RevocationReason, TrustAnchors, open_signing_key, payload_digest, time_now
from tests.gateway.enrolment.killed_sealer import statement as own_statement
from tests.gateway.enrolment.office import NIK, OPERATOR, SUPERVISOR, Everybody, portrait
from tests.gateway.enrolment.sealing_office import (
    CENTRE,
    hidden,
    numbers,
    opened_by_the_centre,
    sealed_alone,
    sealer_of,
    sealing_office,
    whole_person,
)
from tests.gateway.trust.key_bench import file_store, soft_token, token_store
from tests.gateway.trust.signed_captures import moment


def test_a_whole_person_goes_to_the_centre_and_every_record_decodes(tmp_path):
    state = tmp_path / "state"
    head = AuditHead("audit-1", 7, "cd" * 32)
    with sealing_office(state, sealer=sealer_of(state, audit_head=lambda: head)) as office:
        snapshot = whole_person(office)
        it = snapshot.enrolment_id
        sealed = office.enrolments.seal(it, OPERATOR, snapshot.version)
        assert sealed.state is EnrolmentState.SEALED
        path = office.sealer.path(sealed.packet.packet_id)
        assert path.name == f"{sealed.packet.packet_id}.rekam"
        anchors = TrustAnchors.from_pem(office.key.trust_bundle().certificates_pem)
        report = verify_packet(path, anchors)
        assert report.ok
        assert (report.sha256, path.stat().st_size) == (sealed.packet.sha256, sealed.packet.size)
        assert NIK.encode() not in path.read_bytes()
        statement, out = opened_by_the_centre(path, office, tmp_path / "centre")
        with open_packet(path, CENTRE, anchors) as packet:
            packet.check_captures(anchors)
            assert packet.statement.audit_head == head
            assert packet.statement.software.startswith("rekam ")
    files = {str(each.relative_to(out)): each.read_bytes() for each in out.rglob("*") if each.is_file()}
    assert statement["person"] == {"kind": "nik", "value": NIK}
    assert (statement["enrolment_id"], statement["profile_id"]) == (it, "ktp-el")
    assert (statement["operator"], statement["supervisors"]) == (OPERATOR, [SUPERVISOR])
    assert [(each["modality"], each["position"], each["reason"]) for each in statement["exceptions"]] == [
        ("finger", {"code": 10, "name": "left-little"}, "amputated")
    ]
    assert [(each["approver"], each["remark"]) for each in statement["exceptions"]] == [(SUPERVISOR, "kecelakaan")]
    assert files["missing-left-little-photo.jpg"] == portrait(64, 64)
    assert [each["device_id"] for each in statement["devices"]] == ["synthetic:T-1"]
    assert len(statement["captures"]) == 10
    details = statement["details"]
    assert {part["key"] for part in details["parts"]} >= {"portrait", "signature", "right-thumb", "left-iris"}
    assert (details["sealed_by"], details["profile_version"]) == (OPERATOR, 1)
    assert NIK not in json.dumps(details)
    decoded = {name: decode(name, content, files) for name, content in files.items() if name != "statement.json"}
    assert sum(kind == "finger image" for kind in decoded.values()) == 9
    assert sum(kind == "minutiae" for kind in decoded.values()) == 9
    assert sum(kind == "eyes" for kind in decoded.values()) == 1
    assert sum(kind == "iris code" for kind in decoded.values()) == 2
    assert sorted(kind for kind in decoded.values() if kind.startswith("cbeff")) == sorted(
        [*["cbeff Finger"] * 18, "cbeff Iris", "cbeff Face"]
    )


def decode(name: str, content: bytes, files: dict[str, bytes]) -> str:
    """Decode one part wholly; says what it is."""
    if name.endswith(".fir"):
        (image,) = fir.decode(content).representations
        assert fir.decode_pixels(image).shape == (image.height, image.width)
        return "finger image"
    if name.endswith(".fmr"):
        (view,) = fmr.decode(content).views
        assert len(view.template) > 10
        return "minutiae"
    if name.endswith(".iir"):
        images = iir.decode(content).representations
        assert [iir.decode_pixels(each).size > 0 for each in images] == [True, True]
        return "eyes"
    if name.endswith(".ric"):
        decode_code(content)
        return "iris code"
    if name.endswith(".cbeff.xml"):
        (record,) = cbeff.decode(content)
        held = files[name.removesuffix(".cbeff.xml")]
        assert record.record == (fac.encode_portrait(held) if name.startswith("portrait") else held)
        if name.startswith("right-index."):
            assert record.subtype == ("Right", "IndexFinger")
        if record.type == "Face":
            assert fac.decode(record.record).data == held
        return f"cbeff {record.type}"
    assert name.endswith((".manifest.jws", ".jpg", ".png", "signature.json")), name
    return "other"


def test_a_slap_and_a_portrait_without_loss_are_said_as_what_they_are(tmp_path):
    profile = """
id = "slap"
version = 1
duplicates = "none"
[name]
id = "Empat"
en = "Four"
[[step]]
parts = ["right-four", "portrait"]
"""
    state = tmp_path / "state"
    with sealing_office(state, profile) as office:
        snapshot = office.create("slap")
        it = snapshot.enrolment_id
        snapshot = office.add(snapshot, office.slap(it, "right-four", (1, 2, 3, 4)))
        snapshot = office.enrolments.add_portrait(it, portrait(kind=".png"), OPERATOR, snapshot.version)
        sealed = office.enrolments.seal(it, OPERATOR, snapshot.version)
        _, out = opened_by_the_centre(office.sealer.path(sealed.packet.packet_id), office, tmp_path / "centre")
    (record,) = cbeff.decode((out / "right-four.template.fmr.cbeff.xml").read_bytes())
    assert record.subtype == ("Right", "IndexFinger", "MiddleFinger", "RingFinger", "LittleFinger")
    assert (out / "portrait.png").exists()
    assert not (out / "portrait.png.cbeff.xml").exists()  # no face record of that edition holds a PNG


def test_a_portrait_that_no_face_record_holds_is_sealed_all_the_same(tmp_path):
    cmyk = imagecodecs.jpeg8_encode(np.full((320, 240, 4), 90, np.uint8), colorspace="CMYK", outcolorspace="CMYK")
    sealer = sealer_of(tmp_path)
    parts = [
        PacketPart(f"{name}.jpg", "image/jpeg", len(cmyk), payload_digest(cmyk), lambda: cmyk)
        for name in ("portrait", "signature")
    ]
    sealer.seal("one", own_statement("one"), parts)
    with open_packet(sealer.path("one"), CENTRE) as packet:
        assert [each.name for each in packet.parts] == ["signature.jpg", "portrait.jpg"]
        assert packet.read("portrait.jpg") == cmyk
    with pytest.raises(ValueError, match="of another packet"):
        sealer.seal("two", own_statement("one"), parts)


def test_a_duplicate_that_was_found_and_a_supplement_are_stated(tmp_path):
    class Known(Everybody):
        def search(self, fingers, eyes):
            return [DuplicateHit("enrolment-0", "2026-01-01T00:00:00Z", "budi", 0.93, 1e-5)]

    state = tmp_path / "state"
    profile = """
id = "known"
version = 1
duplicates = "warn"
[name]
id = "Satu"
en = "One"
[[step]]
parts = ["right-index", "left-index"]
missing = "reason"
"""
    with sealing_office(state, profile, duplicates=Known()) as office:
        snapshot = office.create("known")
        it = snapshot.enrolment_id
        snapshot = office.add(snapshot, office.finger(it, "right-index", 1))
        long = "perangkat rusak " * 60
        snapshot = office.enrolments.add_exception(
            it, "left-index", ExceptionReason.DEVICE_BROKEN, OPERATOR, snapshot.version, detail=long
        )
        first = office.enrolments.seal(it, OPERATOR, snapshot.version)
        statement, _ = opened_by_the_centre(office.sealer.path(first.packet.packet_id), office, tmp_path / "one")
        (warning,) = statement["duplicate_warnings"]
        assert (warning["enrolment_id"], warning["score"], warning["fmr"]) == ("enrolment-0", 0.93, 1e-5)
        (exception,) = statement["exceptions"]
        assert (len(exception["remark"]), exception["remark"][-1]) == (512, "…")
        assert statement["details"]["exceptions"][0]["detail"] == long
        later = office.enrolments.supplement(it, OPERATOR)
        later = office.add(later, office.finger(later.enrolment_id, "left-index", 2))
        second = office.enrolments.seal(later.enrolment_id, OPERATOR, later.version)
        statement, _ = opened_by_the_centre(office.sealer.path(second.packet.packet_id), office, tmp_path / "two")
        assert statement["supplement_of"] == {"packet_id": first.packet.packet_id, "sha256": first.packet.sha256}
        assert statement["person"] is None
    assert numbers(state) == [1, 2]


def test_a_key_in_a_module_seals_and_a_rotation_goes_on_with_the_chain(tmp_path, monkeypatch):
    store = token_store(tmp_path, soft_token(tmp_path, monkeypatch))
    try:
        sealer = sealer_of(tmp_path, store, clock=moment)
        sealer.check_ready()
        one = sealed_alone(sealer, "one")
        store.rotate(moment())
        two = sealed_alone(sealer, "two")
        assert (sealer.find("one"), sealer.find("two")) == (one, two)
        store.revoke(store.key_id, RevocationReason.KEY_COMPROMISE, "", moment)
        # The file is whole whatever became of its key: it is not sealed a second time for that.
        assert sealer.find("two") == two
        with pytest.raises(KeyRevoked):
            sealer.check_ready()
        with pytest.raises(KeyRevoked):
            sealed_alone(sealer, "three")
    finally:
        store.close()
    assert numbers(tmp_path) == [1, 2]


def test_without_a_recipient_it_is_refused_by_name_before_anything_is_written(tmp_path):
    state = tmp_path / "state"
    with sealing_office(state, sealer=sealer_of(state, recipients=[])) as office:
        with pytest.raises(NoRecipient):
            office.sealer.check_ready()
        snapshot = office.filled()
        with pytest.raises(SealingFailed, match=r"No centre is named that could open a packet\. Put the centre"):
            office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version)
        assert office.enrolments.get(snapshot.enrolment_id).state is EnrolmentState.OPEN
    assert [path.name for path in (state / "packets").iterdir()] == [HEAD_FILE]


def test_a_second_seal_gives_the_packet_that_is_there_and_replaces_a_torn_one(tmp_path):
    sealer = sealer_of(tmp_path)
    first = sealed_alone(sealer, "one")
    assert sealed_alone(sealer, "one") == first
    path = sealer.path("one")
    whole = path.read_bytes()
    for torn in (whole[:-1], b"", whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:], whole[:40] + b"!" + whole[41:]):
        path.write_bytes(torn)
        assert sealer.find("one") is None
    again = sealed_alone(sealer, "one")
    assert again.sha256 != first.sha256
    assert sealer.find("one") == again
    # The number of the torn one may have been seen by others: it is not used again.
    assert verify_packet(path).header.place.sequence == 2
    shutil.copy(path, sealer.path("two"))
    assert sealer.find("two") is None
    for outside in ("../one", "", "a/b", ".one"):
        with pytest.raises(ValueError, match="packet's id"):
            sealer.find(outside)


def test_a_packet_by_a_stranger_is_neither_believed_nor_replaced(tmp_path):
    stranger = sealer_of(tmp_path / "elsewhere")
    sealed_alone(stranger, "one")
    sealer = sealer_of(tmp_path)
    shutil.copy(stranger.path("one"), sealer.path("one"))
    before = sealer.path("one").read_bytes()
    with pytest.raises(SignerUnknown):
        sealer.find("one")
    with pytest.raises(SignerUnknown):
        sealed_alone(sealer, "one")
    assert sealer.path("one").read_bytes() == before


def test_the_clock_set_back_after_a_seal_does_not_make_it_another(tmp_path):
    late = time_now()
    sealer = sealer_of(tmp_path, clock=lambda: replace(late, wall=late.wall + timedelta(days=300)))
    sealed = sealed_alone(sealer, "one")
    assert sealer.find("one") == sealed


def test_a_full_disk_is_told_as_such_and_goes_on_once_there_is_room(tmp_path, small_disk):
    key = open_signing_key(tmp_path / "keys")
    with sealing_office(tmp_path, sealer=sealer_of(small_disk, key)) as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        ballast = small_disk / "ballast"
        with ballast.open("wb") as file:
            free = os.statvfs(small_disk)
            file.write(bytes(free.f_bavail * free.f_frsize - 20_000))
        with pytest.raises(SealingFull):
            office.enrolments.seal(it, OPERATOR, snapshot.version)
        ballast.unlink()
        assert office.enrolments.get(it).state is EnrolmentState.OPEN
        assert hidden(small_disk) == []
        office.enrolments.seal(it, OPERATOR, office.enrolments.get(it).version)
    assert numbers(small_disk) == [1]


def test_an_enrolment_that_was_cut_off_is_sealed_by_the_key_and_the_time_of_the_next_start(tmp_path):
    class PowerCut(BaseException):
        pass

    def cut() -> None:
        raise PowerCut

    state = tmp_path / "state"
    with sealing_office(state, sealer=sealer_of(state, audit_head=cut)) as office:
        snapshot = office.filled()
        with pytest.raises(PowerCut):
            office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version)
    with sealing_office(state) as office:
        assert office.enrolments.recover().sealed == (snapshot.enrolment_id,)
        sealed = office.enrolments.get(snapshot.enrolment_id)
        statement, _ = opened_by_the_centre(office.sealer.path(sealed.packet.packet_id), office, tmp_path / "centre")
    assert statement["details"]["sealed"]["wall"] <= statement["time"]["wall"]
    assert numbers(state) == [1]


def test_a_changed_capture_is_not_sealed(tmp_path):
    state = tmp_path / "state"
    with sealing_office(state) as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        seal = office.sealer.seal

        def changed(packet_id, statement, parts):
            parts = [
                replace(each, read=lambda each=each: each.read()[:-1] + b"!") if each.name.endswith(".fmr") else each
                for each in parts
            ]
            return seal(packet_id, statement, parts)

        office.sealer.seal = changed
        with pytest.raises(SealingFailed, match="was changed after it was recorded"):
            office.enrolments.seal(it, OPERATOR, snapshot.version)
        assert hidden(state) == []
        assert office.enrolments.get(it).state is EnrolmentState.OPEN


def test_an_offices_own_key_store_is_a_signer_too(tmp_path):
    store = file_store(tmp_path)
    sealed_alone(sealer_of(tmp_path, store, clock=moment), "one")
    assert numbers(tmp_path) == [1]
    assert open_signing_key(tmp_path / "keys").key_id == store.key_id
