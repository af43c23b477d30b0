"""OutboxService: what was sealed waits for the centre, where everybody stands, and who may do what about it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from rekam.v1 import outbox_pb2 as pb

from gateway.centre import CentreUnreachable, UnreachableCause
from gateway.config import ForwardingSettings
from gateway.forwarding import OutboxLimits, PacketState
from gateway.service.outbox_office import OutboxOffice
from gateway.trust import TrustAnchors, open_signing_key
from tests.gateway.client import refused
from tests.gateway.forwarding.scripted_centre import ScriptedCentre
from tests.gateway.service.enrolment_desk import NIK, OPERATOR, FrontEnd, office


async def call(desk: FrontEnd, method: str, **fields: Any) -> Any:
    return await desk.client.unary("OutboxService", method, getattr(pb, f"{method}Request")(**fields))


async def refusal(desk: FrontEnd, method: str, **fields: Any) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call(desk, method, **fields)
    return refused(error.value)


async def sealed(desk: FrontEnd) -> str:
    """A person of two fingers, sealed; gives the enrolment's id."""
    await desk.create()
    await desk.add_fingers()
    await desk.change("SealEnrolment")
    return desk.seen.enrolment_id


async def test_from_the_seal_to_the_card(tmp_path: Path) -> None:
    key = open_signing_key(tmp_path / "centre-keys", "centre-1")
    anchors = TrustAnchors.from_pem(key.trust_bundle().certificates_pem)
    centre = ScriptedCentre(key)
    async with office(tmp_path) as desk:
        it = await sealed(desk)
        status = await call(desk, "GetStatus", enrolment_id=it)
        assert status.standing.status == pb.ENROLMENT_STATUS_PROCESSING
        assert status.packet.state == pb.PACKET_STATE_WAITING
        assert status.packet.enrolment_id == it
        shown = await call(desk, "GetOutbox")
        assert [(each.state, each.packets) for each in shown.depths] == [(pb.PACKET_STATE_WAITING, 1)]
        assert (shown.has_way, shown.reached, shown.forecast.unknown) == (False, False, "TOO_LITTLE_MEASURED")
        outbox = desk.gateway._centre.outbox
        packet = outbox.queue.packets()[0]
        assert 0 < packet.early_bytes <= packet.notice.size
        gateway_id = desk.gateway._gateway._key.gateway_id
        centre_answers(centre, gateway_id)
        outbox.policy = replace(outbox.policy, first_spread_s=0.0)
        forwarder = outbox.attach(centre, gateway_id, lambda: anchors)
        while (
            await call(desk, "GetStatus", enrolment_id=it)
        ).standing.status != pb.ENROLMENT_STATUS_RECEIVED_AT_CENTRAL:
            await forwarder.step()
        status = await call(desk, "GetStatus", enrolment_id=it)
        assert status.packet.state == pb.PACKET_STATE_RECEIVED
        assert len(status.packet.receipts) == 1
        assert (await call(desk, "GetOutbox")).reached
        refusal_of_card = await refusal(
            desk, "SetStatus", enrolment_id=it, status=pb.ENROLMENT_STATUS_PRINT_READY_RECORD, operator=OPERATOR
        )
        assert (refusal_of_card.code, refusal_of_card.reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "STATUS_REFUSED",
        )
        said = await call(desk, "SetStatus", enrolment_id=it, status=pb.ENROLMENT_STATUS_CARD_ISSUED, operator=OPERATOR)
        assert said.standing.status == pb.ENROLMENT_STATUS_CARD_ISSUED
        history = (await call(desk, "GetStatus", enrolment_id=it)).history
        assert [each.source for each in history] == [
            *(pb.STATUS_SOURCE_OFFICE, pb.STATUS_SOURCE_OFFICE, pb.STATUS_SOURCE_OFFICE),
            *(pb.STATUS_SOURCE_CENTRE, pb.STATUS_SOURCE_BY_HAND),
        ]


def centre_answers(centre: ScriptedCentre, gateway_id: str) -> None:
    """Let its receipts be for that gateway."""
    centre.changes_answer = lambda receipt: replace(receipt, gateway_id=gateway_id)


async def test_what_was_sealed_waits_over_restarts_and_a_lost_outbox(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        it = await sealed(desk)
    for name in ("forwarding.sqlite3", "statuses.sqlite3"):
        (tmp_path / "state" / name).write_bytes(b"damaged, all of it " * 1000)
    async with office(tmp_path) as desk:
        listed = await call(desk, "ListPackets")
        assert [each.state for each in listed.packets] == [pb.PACKET_STATE_WAITING]
        lines = await call(desk, "ListStatuses")
        assert [(each.enrolment_id, each.status) for each in lines.standings] == [(it, pb.ENROLMENT_STATUS_PROCESSING)]
        shown = await call(desk, "GetOutbox")
        assert [each.code for each in shown.incidents] == ["STORE_REPLACED"]
        desk.gateway._centre.outbox.packet_path(listed.packets[0].packet_id).unlink()
    async with office(tmp_path) as desk:
        listed = await call(desk, "ListPackets", states=[pb.PACKET_STATE_MISSING])
        assert len(listed.packets) == 1
        assert "FILE_MISSING" in [each.code for each in (await call(desk, "GetOutbox")).incidents]


async def test_a_full_outbox_refuses_to_begin_and_never_to_go_on(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await sealed(desk)
        await desk.create()
        outbox = desk.gateway._centre.outbox
        outbox.limits = OutboxLimits(max_bytes=100_000)
        begins = {"profile_id": "two-fingers", "nik": NIK, "operator": OPERATOR}
        full = await desk.refusal("CreateEnrolment", **begins)
        assert (full.code, full.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SPOOL_FULL")
        await desk.add_fingers()
        await desk.change("SealEnrolment")
        assert len((await call(desk, "ListPackets")).packets) == 2
        warnings = [each.en for each in outbox.warnings()]
        assert any("no enrolment can begin" in each for each in warnings)


async def test_retry_and_release(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await sealed(desk)
        queue = desk.gateway._centre.outbox.queue
        name = queue.packets()[0].packet_id
        released = await call(desk, "ReleasePacket", packet_id=name, operator=OPERATOR)
        assert released.packet.state == pb.PACKET_STATE_RELEASED
        again = await call(desk, "ReleasePacket", packet_id=name, operator=OPERATOR)
        assert again.packet.state == pb.PACKET_STATE_RELEASED
        retried = await call(desk, "RetryPacket", packet_id=name, operator=OPERATOR)
        assert retried.packet.state == pb.PACKET_STATE_WAITING
        unknown = await refusal(desk, "RetryPacket", packet_id="nobody", operator=OPERATOR)
        assert (unknown.code, unknown.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
        unknown = await refusal(desk, "GetStatus", enrolment_id="nobody")
        assert (unknown.code, unknown.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
        assert queue.get(name).state is PacketState.WAITING


async def test_an_operator_does_not_release(tmp_path: Path) -> None:
    async with office(tmp_path, roles=frozenset({"operator"})) as desk:
        denied = await refusal(desk, "ReleasePacket", packet_id="packet", operator=OPERATOR)
        assert denied.reason == "ROLE_DENIED"


async def test_statuses_are_watched_as_they_move(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        seen: list[Any] = []
        stream = desk.client.stream("OutboxService", "WatchStatuses", pb.WatchStatusesRequest())
        async for event in stream:
            if event.HasField("heartbeat") and not seen:
                it = await sealed(desk)
            if event.HasField("standing"):
                seen.append(event.standing)
            if seen and seen[-1].status == pb.ENROLMENT_STATUS_PROCESSING:
                break
        assert {each.enrolment_id for each in seen} == {it}
        assert [each.status for each in seen] == [
            *(pb.ENROLMENT_STATUS_UNREGISTERED, pb.ENROLMENT_STATUS_PROCESSING),
        ]


async def test_a_fault_of_this_machine_is_told_and_one_of_the_way_is_the_links_to_tell(tmp_path: Path) -> None:
    outbox = OutboxOffice.open(tmp_path / "state", tmp_path / "packets", ForwardingSettings(), lambda _: None)
    forwarder = outbox.attach(None, "kedoya-1", lambda: TrustAnchors(frozenset()))
    forwarder.problem = CentreUnreachable(UnreachableCause.TIMEOUT, "Nobody answers.")
    assert outbox.warnings() == []
    forwarder.problem = OSError(28, "No space left on device")
    (told,) = outbox.warnings()
    assert "because of this machine" in told.en
    assert "No space left" in told.en
    forwarder.problem = None
    outbox.close()
    (told,) = outbox.warnings()
    assert "cannot be written: it is closed" in told.en
