"""EnrolmentService over a real gateway with synthetic scanners, from the first capture to the sealed packet."""

import asyncio
import hashlib
import json

import cv2
import grpc
import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from rekam.v1 import capture_pb2, common_pb2
from rekam.v1 import enrolment_pb2 as pb

from gateway.packet import open_packet
from tests.gateway.client import Client, refused
from tests.gateway.enrolment.office import portrait
from tests.gateway.running import connected, running
from tests.gateway.service.enrolment_desk import (
    NIK,
    OPERATOR,
    QUICK,
    SUPERVISOR,
    centre,
    office,
    part,
)


async def test_two_fingers_from_the_first_capture_to_the_sealed_packet(tmp_path):
    async with office(tmp_path) as desk:
        begun = await desk.create(birth_date="1987-11-12", sex=pb.SEX_MALE)
        assert (begun.state, begun.version, begun.profile_id) == (pb.ENROLMENT_STATE_OPEN, 1, "two-fingers")
        assert (begun.next_part, begun.operator) == ("right-index", OPERATOR)
        assert [each.code for each in begun.lacks] == ["MISSING", "MISSING"]
        assert not begun.reference_remarks
        right = part(begun, "right-index")
        assert (right.kind, right.status) == (pb.ENROLMENT_PART_KIND_FINGER, pb.ENROLMENT_PART_STATUS_OPEN)

        capture_id = await desk.finger("right-index")
        once = await desk.change("AddCapture", capture_id=capture_id)
        again = await desk.change("AddCapture", capture_id=capture_id)
        assert once.version == again.version == 2  # a capture that is there already changes nothing
        right = part(again, "right-index")
        assert (right.status, right.capture_id) == (pb.ENROLMENT_PART_STATUS_DONE, capture_id)
        assert right.tries[0].scores["right-index"] > 0
        await desk.change("AddCapture", capture_id=await desk.finger("left-index"))
        assert not desk.seen.lacks
        assert not desk.seen.next_part

        packet = await desk.seal()
        assert desk.seen.state == pb.ENROLMENT_STATE_SEALED
        assert not desk.seen.HasField("reference")
        assert not (await desk.call("ShowReference", **desk.filled("ShowReference"))).HasField("reference")
        content = await desk.download(packet.packet_id)
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (packet.sha256, packet.size)
        assert await desk.download(packet.packet_id, offset=100) == content[100:]
        assert await desk.download(packet.packet_id, offset=len(content)) == b""
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await desk.download(packet.packet_id, offset=len(content) + 1)
        assert refused(error.value).fields == ["offset"]
        assert NIK.encode() not in content
        (line,) = await desk.listed(states=[pb.ENROLMENT_STATE_SEALED])
        assert (line.enrolment_id, line.packet_id) == (begun.enrolment_id, packet.packet_id)
        # The same again, also of one that saw an older version, is answered with the packet that is there.
        assert (await desk.change("SealEnrolment", seen_version=1)).packet == packet


async def test_every_part_and_state_of_an_enrolment_can_be_reached(tmp_path):
    async with office(tmp_path, QUICK) as desk:
        await desk.create("quick", application_number="ABC/2026-17")
        assert desk.seen.reference.kind == pb.REFERENCE_KIND_APPLICATION
        removed = await desk.finger("right-index")
        await desk.change("AddCapture", capture_id=removed)
        await desk.change("RemoveCapture", capture_id=removed, reason="wrong person")
        assert part(desk.seen, "right-index").status == pb.ENROLMENT_PART_STATUS_OPEN
        await desk.change("AddCapture", capture_id=await desk.finger("right-index"))

        await desk.change(
            "AddException", part="left-index", reason=capture_pb2.MISSING_REASON_BANDAGED, photo=portrait(60, 60)
        )
        (missing,) = desk.seen.exceptions
        assert (missing.unit, missing.reason, missing.by) == (
            "left-index",
            capture_pb2.MISSING_REASON_BANDAGED,
            OPERATOR,
        )
        assert missing.has_photo
        assert part(desk.seen, "left-index").status == pb.ENROLMENT_PART_STATUS_AWAITING_APPROVAL
        await desk.change("WithdrawException", part="left-index")
        assert not desk.seen.exceptions
        await desk.change("AddException", part="left-index", reason=capture_pb2.MISSING_REASON_DEVICE_BROKEN)
        own = await desk.refused("ApprovePart", part="left-index", supervisor=OPERATOR)
        assert own.reason == "APPROVAL_REFUSED"
        await desk.change("ApprovePart", part="left-index", supervisor=SUPERVISOR)
        assert desk.seen.exceptions[0].approved_by == SUPERVISOR

        await desk.change("PauseEnrolment", reason="lunch")
        paused = await desk.refused("AddPortrait", image=portrait())
        assert (paused.code, paused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ENROLMENT_NOT_OPEN")
        await desk.change("ResumeEnrolment")
        await desk.change("AddPortrait", image=portrait())
        assert part(desk.seen, "portrait").status == pb.ENROLMENT_PART_STATUS_DONE
        unknown = await desk.refused("AddSignature", image=portrait(300, 100, ".png"), strokes=[_stroke(0)])
        assert (unknown.reason, unknown.fields) == ("PART_UNKNOWN", ["part"])
        first = await desk.seal()
        assert list(desk.seen.can_be_supplemented) == ["left-index"]

        await desk.change("SupplementEnrolment")
        assert desk.seen.supplements
        assert not desk.seen.HasField("reference")
        assert [each.key for each in desk.seen.parts] == ["left-index"]
        await desk.change("AddCapture", capture_id=await desk.finger("left-index"))
        assert (await desk.seal()).packet_id != first.packet_id

        await desk.create("quick")
        await desk.change("AbandonEnrolment", reason="went away")
        assert (desk.seen.state, desk.seen.abandoned_reason) == (pb.ENROLMENT_STATE_ABANDONED, "went away")
        states = [each.state for each in await desk.listed()]
        assert states == [pb.ENROLMENT_STATE_ABANDONED, pb.ENROLMENT_STATE_SEALED, pb.ENROLMENT_STATE_SEALED]


async def test_a_signature_comes_with_its_strokes(tmp_path):
    profile = QUICK.replace('parts = ["portrait"]', 'parts = ["signature"]')
    async with office(tmp_path, profile) as desk:
        await desk.create("quick")
        await desk.change("AddSignature", image=portrait(300, 100, ".png"), strokes=[_stroke(0), _stroke(400)])
        signed = part(desk.seen, "signature")
        assert signed.status == pb.ENROLMENT_PART_STATUS_DONE
        assert [each.name for each in signed.files] == ["signature.png", "signature.json"]
        strokes = json.loads(await desk.download_part("signature", "signature.json"))
        assert len(strokes["strokes"]) == 2
        torn = await desk.refused("AddSignature", image=portrait(300, 100, ".png")[:200])
        assert (torn.code, torn.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "IMAGE_REFUSED")


async def test_another_front_end_reads_back_the_portrait_until_it_is_sealed(tmp_path):
    noise = np.random.default_rng(2).integers(0, 255, (800, 600, 3), np.uint8)
    image = bytes(cv2.imencode(".png", noise)[1])
    async with office(tmp_path, QUICK) as desk:
        await desk.create("quick")
        await desk.change("AddPortrait", image=image)
    async with office(tmp_path, QUICK) as other:
        await other.get(desk.seen.enrolment_id)
        (file,) = part(other.seen, "portrait").files
        assert (file.name, file.media_type) == ("portrait.png", "image/png")
        content = await other.download_part("portrait", file.name)
        assert len(content) == file.size > 1 << 20  # in several pieces
        assert (cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) == noise).all()
        await other.add_fingers()
        await other.seal()
        assert not part(await other.get(), "portrait").files
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await other.download_part("portrait", file.name)
        assert error.value.code() == grpc.StatusCode.NOT_FOUND


async def test_who_cannot_be_compared_is_said_and_sealed_by_a_supervisors_word(tmp_path):
    strict = QUICK.replace('duplicates = "none"', 'duplicates = "supervisor"')
    async with office(tmp_path, strict) as desk:
        await desk.create("quick")
        for key in ("right-index", "left-index"):
            await desk.change(
                "AddException", part=key, reason=capture_pb2.MISSING_REASON_AMPUTATED, approver=SUPERVISOR
            )
        await desk.change("AddPortrait", image=portrait())
        refusal = await desk.refused("SealEnrolment")
        assert refusal.reason == "ENROLMENT_INCOMPLETE"
        await desk.get()
        assert "no finger and no iris is usable" in desk.seen.duplicates.not_checked.en
        assert desk.seen.duplicates.not_checked.id
        (lack,) = desk.seen.lacks
        assert (lack.part, lack.code) == ("duplicates", "DUPLICATES_NOT_CHECKED")
        own = await desk.refused("ApprovePart", part="duplicates", supervisor=OPERATOR)
        assert own.reason == "APPROVAL_REFUSED"
        await desk.change("ApprovePart", part="duplicates", supervisor=SUPERVISOR)
        assert desk.seen.duplicates.approved_by == SUPERVISOR
        packet = await desk.seal()
        key = serialization.load_pem_private_key((tmp_path / "centre.pem").read_bytes(), None)
        with open_packet(tmp_path / "state" / "packets" / f"{packet.packet_id}.rekam", key) as opened:
            details = opened.statement.details
            assert details["duplicates_checked"] is None
            assert details["duplicates_not_checked"]["approved_by"] == SUPERVISOR
            assert "usable" in details["duplicates_not_checked"]["reason"]
            assert SUPERVISOR in opened.statement.supervisors


async def test_who_can_be_compared_again_needs_no_word_of_a_supervisor(tmp_path):
    strict = QUICK.replace('duplicates = "none"', 'duplicates = "supervisor"')
    async with office(tmp_path, strict) as desk:
        await desk.create("quick")
        await desk.change("CheckDuplicate")
        assert [each.code for each in desk.seen.lacks].count("DUPLICATES_NOT_CHECKED") == 1
        await desk.add_fingers()
        await desk.change("AddPortrait", image=portrait())
        assert not desk.seen.lacks
        await desk.seal()
        assert not desk.seen.duplicates.HasField("not_checked")


async def test_another_front_end_goes_on_after_a_restart(tmp_path):
    async with office(tmp_path) as desk:
        await desk.create()
        await desk.change("AddCapture", capture_id=await desk.finger("right-index"))
        before = desk.seen
    async with office(tmp_path) as other:
        (line,) = await other.listed(states=[pb.ENROLMENT_STATE_OPEN])
        assert (line.enrolment_id, line.version) == (before.enrolment_id, before.version)
        assert await other.get(line.enrolment_id) == before
        await other.change("AddCapture", capture_id=await other.finger("left-index"))
        packet = await other.seal()
    async with office(tmp_path) as third:
        sealed = await third.get(before.enrolment_id)
        assert (sealed.state, sealed.packet) == (pb.ENROLMENT_STATE_SEALED, packet)
        assert len(await third.download(packet.packet_id)) == packet.size


async def test_two_front_ends_seal_one_enrolment_into_one_packet(tmp_path):
    async with office(tmp_path) as desk:
        await desk.create()
        await desk.add_fingers()
        answers = await asyncio.gather(*(desk.call("SealEnrolment", **desk.filled("SealEnrolment")) for _ in range(4)))
        assert len({answer.enrolment.packet.packet_id for answer in answers}) == 1
        assert len({answer.enrolment.packet.sha256 for answer in answers}) == 1
        assert len(list((tmp_path / "state" / "packets").glob("*.rekam"))) == 1


async def test_who_was_recorded_before_is_told_and_nobody_else_is(tmp_path, monkeypatch):
    monkeypatch.setenv("REKAM_KEY_PASSPHRASE", "a passphrase of the test")
    async with office(tmp_path) as desk:
        first = await desk.create()
        await desk.add_fingers()
        assert not (await desk.change("CheckDuplicate")).duplicates.hits
        assert not await _warnings(desk.client, "duplicat")
        await desk.seal()
    async with office(tmp_path, impression=2) as desk:
        await desk.create()
        await desk.add_fingers()
        await desk.change("CheckDuplicate")
        (hit,) = desk.seen.duplicates.hits
        assert (hit.enrolment_id, hit.operator) == (first.enrolment_id, OPERATOR)
        assert (hit.gateway_id, hit.exchanged) == ((await desk.client.info()).gateway_id, False)
        assert "the same person" in hit.strength.en
        assert hit.strength.id
        assert hit.fmr < 1e-4
        assert desk.seen.duplicates.current
        packet = await desk.seal()  # a warning, by this profile
        key = serialization.load_pem_private_key((tmp_path / "centre.pem").read_bytes(), None)
        with open_packet(tmp_path / "state" / "packets" / f"{packet.packet_id}.rekam", key) as opened:
            (stated,) = opened.statement.duplicate_warnings
            assert (stated.enrolment_id, stated.gateway_id, stated.operator) == (
                first.enrolment_id,
                hit.gateway_id,
                OPERATOR,
            )
            assert f"{stated.enrolled_at:%Y-%m-%dT%H:%M:%SZ}" == hit.recorded_at
            (warning,) = opened.statement.details["warnings"]
            assert (warning["earlier"]["strength"], warning["earlier"]["exchanged"]) == (hit.strength.en, False)
    async with office(tmp_path, person=5) as desk:
        await desk.create()
        await desk.add_fingers()
        await desk.seal()
        assert desk.seen.duplicates.HasField("checked_at")
        assert not desk.seen.duplicates.hits


async def test_without_a_passphrase_templates_of_residents_are_in_memory_alone(tmp_path):
    async with office(tmp_path) as desk:
        assert [each for each in (await desk.client.info()).warnings if "in memory alone" in each.en]
        await desk.create()
        await desk.add_fingers()
        await desk.seal()
        await desk.create()
        await desk.add_fingers()
        assert len((await desk.change("CheckDuplicate")).duplicates.hits) == 1
    assert not list((tmp_path / "state").glob("duplicates.*"))


async def test_profiles_are_listed_and_broken_files_named(tmp_path):
    async with office(tmp_path, QUICK, 'id = "ktp-el"\nversion = 9\nmost_trys = 3\n') as desk:
        answer = await desk.call("ListProfiles")
        found = {each.profile_id: each for each in answer.profiles}
        assert {"two-fingers", "quick", "auth"} <= found.keys()
        assert "ktp-el" not in found  # never the shipped one in the place of a broken file
        quick = found["quick"]
        assert [list(step.alternatives[0].parts) for step in quick.steps] == [
            ["right-index", "left-index"],
            ["portrait"],
        ]
        assert [step.missing for step in quick.steps] == [pb.MISSING_RULE_SUPERVISOR, pb.MISSING_RULE_REASON]
        assert quick.parts[0].thresholds == {"right-index": 30}
        assert quick.parts[0].position == 2
        assert not quick.parts[2].thresholds
        assert not await _warnings(desk.client, "[enrolment] recipients")
        (problem,) = answer.problems
        assert problem.profile_id == "ktp-el"
        assert "own-1.toml" in problem.problem.en
        assert "most_trys" in problem.problem.en
        assert await _warnings(desk.client, "most_trys")


async def test_without_a_centre_persons_are_enrolled_and_nothing_is_sealed(tmp_path):
    async with running(tmp_path) as gateway, connected(gateway) as client:
        assert await _warnings(client, "[enrolment] recipients")
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    async with office(tmp_path, enrolment={"recipients": [centre(tmp_path), broken]}) as desk:
        assert await _warnings(desk.client, "broken.pem")
        await desk.create()
        await desk.add_fingers()
        refusal = await desk.refused("SealEnrolment")
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NO_RECIPIENT")
        assert (await desk.get()).state == pb.ENROLMENT_STATE_OPEN
    async with office(tmp_path) as mended:
        await mended.get(desk.seen.enrolment_id)
        assert (await mended.seal()).size > 0


def _stroke(begun_ms: float) -> pb.Stroke:
    moved = (pb.StrokePoint(x=n, y=n / 2, elapsed_ms=begun_ms + 8 * n, pressure=0.5) for n in range(30))
    return pb.Stroke(points=moved)


async def _warnings(client: Client, word: str) -> list[common_pb2.LocalizedText]:
    return [each for each in (await client.info()).warnings if word in each.en and word in each.id]
