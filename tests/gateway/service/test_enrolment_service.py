"""EnrolmentService over a real gateway with synthetic scanners, from the first capture to the sealed packet."""

import asyncio
import hashlib

import grpc
import pytest
from rekam.v1 import capture_pb2, common_pb2
from rekam.v1 import enrolment_pb2 as pb

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
        assert part(desk.seen, "signature").status == pb.ENROLMENT_PART_STATUS_DONE
        torn = await desk.refused("AddSignature", image=portrait(300, 100, ".png")[:200])
        assert (torn.code, torn.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "IMAGE_REFUSED")


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
        assert hit.fmr < 1e-4
        assert desk.seen.duplicates.current
        assert (await desk.seal()).size > 0  # a warning, by this profile
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
        assert {"two-fingers", "quick", "auth", "ktp-el"} <= found.keys()
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
        assert problem.profile_id == "own-1"
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
