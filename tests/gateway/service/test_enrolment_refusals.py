"""What EnrolmentService refuses: wrong persons, versions, captures and roles; each by name, and nothing is changed."""

import asyncio

import grpc
import pytest
from rekam.v1 import capture_pb2
from rekam.v1 import enrolment_pb2 as pb

from tests.gateway.client import Refused
from tests.gateway.enrolment.office import portrait
from tests.gateway.service.enrolment_desk import (
    NIK,
    QUICK,
    SUPERVISOR,
    office,
)


async def test_a_change_that_saw_an_older_version_is_refused_and_changes_nothing(tmp_path):
    async with office(tmp_path, QUICK) as desk:
        await desk.create("quick")
        await desk.change("AddPortrait", image=portrait())
        late = await desk.refused("PauseEnrolment", seen_version=1)
        assert (late.code, late.reason) == (grpc.StatusCode.ABORTED, "VERSION_CONFLICT")
        assert late.metadata == {"seen_version": "1", "current_version": "2"}
        assert set(late.words) == {"id", "en"}
        assert (await desk.get()).version == 2
        # Two at once that saw the same: one of them.
        both = await asyncio.gather(
            *(desk.call("PauseEnrolment", **desk.filled("PauseEnrolment", reason=why)) for why in "ab"),
            desk.call("AddPortrait", **desk.filled("AddPortrait", image=portrait())),
            return_exceptions=True,
        )
        assert any(isinstance(each, grpc.aio.AioRpcError) for each in both)
        unnamed = await desk.refused("ResumeEnrolment", seen_version=0)
        assert (unnamed.reason, unnamed.fields) == ("INVALID_ARGUMENT", ["seen_version"])


async def test_a_capture_of_another_enrolment_is_refused(tmp_path):
    async with office(tmp_path) as desk:
        first = await desk.create()
        of_first = await desk.finger("right-index")
        await desk.create()
        other = await desk.refused("AddCapture", capture_id=of_first)
        assert (other.code, other.reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "CAPTURE_OF_ANOTHER_ENROLMENT",
        )
        unbound = await desk.finger("right-index", transaction_id="cashier 7")
        assert (await desk.refused("AddCapture", capture_id=unbound)).reason == "CAPTURE_OF_ANOTHER_ENROLMENT"
        absent = await desk.refused("AddCapture", capture_id="cap-never")
        assert (absent.code, absent.reason) == (grpc.StatusCode.NOT_FOUND, "CAPTURE_UNKNOWN")
        assert (await desk.get()).version == 1
        assert (await desk.get(first.enrolment_id)).version == 1


NO_NIKS = {
    "length": NIK[:15],
    "not_digits": NIK[:14] + "AB",
    "province": "0" + NIK[1:],
    "day": NIK[:6] + "39" + NIK[8:],
    "month": NIK[:8] + "13" + NIK[10:],
    "serial": NIK[:12] + "0000",
    "kind": "",
}


async def test_what_cannot_be_a_nik_is_refused_with_the_fault_and_never_repeated(tmp_path):
    async with office(tmp_path) as desk:
        for fault, nik in NO_NIKS.items():
            found = await desk.refused("CreateEnrolment", profile_id="two-fingers", nik=nik)
            assert (found.code, found.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REFERENCE_INVALID")
            assert (found.metadata["fault"], found.fields) == (fault, ["reference"])
            assert set(found.words) == {"id", "en"}
            assert not nik or nik not in _all_text(found)
        assert not await desk.listed()


async def test_a_nik_that_differs_from_the_register_is_remarked_on_and_taken(tmp_path):
    async with office(tmp_path) as desk:
        begun = await desk.create(birth_date="1987-11-13", sex=pb.SEX_FEMALE)
        assert [each.code for each in begun.reference_remarks] == ["birth_date_differs", "sex_differs"]
        assert all(each.words.id and each.words.en for each in begun.reference_remarks)
        no_day = await desk.refused("CreateEnrolment", profile_id="two-fingers", nik=NIK, birth_date="2023-02-29")
        assert (no_day.reason, no_day.fields) == ("INVALID_ARGUMENT", ["birth_date"])


async def test_sealing_names_everything_that_is_missing(tmp_path):
    async with office(tmp_path, QUICK) as desk:
        await desk.create("quick")
        await desk.change("AddCapture", capture_id=await desk.finger("right-index"))
        found = await desk.refused("SealEnrolment")
        assert (found.code, found.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ENROLMENT_INCOMPLETE")
        assert [(each.part, each.code) for each in found.lacks] == [("left-index", "MISSING"), ("portrait", "MISSING")]
        assert all(each.cause.id and each.cause.en and each.remedy.id and each.remedy.en for each in found.lacks)
        assert list(found.lacks) == list((await desk.get()).lacks)
        assert desk.seen.state == pb.ENROLMENT_STATE_OPEN


async def test_who_may_do_what(tmp_path):
    async with office(tmp_path, roles=["operator"]) as desk:
        await desk.create()
        shown = await desk.call("ShowReference", **desk.filled("ShowReference"))
        assert (shown.reference.kind, shown.reference.value) == (pb.REFERENCE_KIND_NIK, NIK)
        denied = await desk.refused("ApprovePart", part="left-index", supervisor=SUPERVISOR)
        assert (denied.code, denied.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_DENIED")
        missing = {"part": "left-index", "reason": capture_pb2.MISSING_REASON_AMPUTATED}
        denied = await desk.refused("AddException", **missing, approver=SUPERVISOR)
        assert (denied.reason, denied.metadata) == ("ROLE_DENIED", {"needed": "supervisor"})
        await desk.change("AddException", **missing)
        begun = desk.seen.enrolment_id
    async with office(tmp_path, roles=["auditor"]) as auditor:
        seen = await auditor.get(begun)
        assert (seen.reference.value, seen.reference.masked) == ("", "•" * 12 + NIK[-4:])
        for method in ("ShowReference", "CreateEnrolment", "SealEnrolment", "AbandonEnrolment", "AddCapture"):
            assert (await auditor.refused(method)).reason == "ROLE_DENIED"


async def test_lists_come_in_pages_and_unknown_tokens_are_refused(tmp_path):
    async with office(tmp_path) as desk:
        begun = [(await desk.create()).enrolment_id for _ in range(7)]
        # Several within a millisecond are told apart too: the order among them is not asked for.
        for size in (1, 3, 7, 100):
            found = [each.enrolment_id for each in await desk.listed(page_size=size)]
            assert len(found) == 7
            assert set(found) == set(begun)
        for token in ("x", "W10=", "WzEsMl0=", "W1tbW10="):
            refusal = await desk.refusal("ListEnrolments", page_token=token)
            assert (refusal.reason, refusal.fields) == ("INVALID_ARGUMENT", ["page_token"])


async def test_unknown_names_are_told(tmp_path):
    async with office(tmp_path) as desk:
        assert (await desk.refusal("GetEnrolment", enrolment_id="none")).reason == "ENROLMENT_UNKNOWN"
        profile = await desk.refused("CreateEnrolment", profile_id="none", nik=NIK)
        assert (profile.code, profile.reason) == (grpc.StatusCode.NOT_FOUND, "PROFILE_UNKNOWN")
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await desk.download("none")
        assert error.value.code() == grpc.StatusCode.NOT_FOUND
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await desk.download("../enrolments")
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        await desk.create()
        for key, file in (("portrait", "portrait.jpg"), ("portrait", "../x"), ("none", "none")):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await desk.download_part(key, file)
            assert error.value.code() == grpc.StatusCode.NOT_FOUND


def _all_text(found: Refused) -> str:
    return " ".join([found.text, *found.words.values(), *found.metadata.values(), *found.fields])
