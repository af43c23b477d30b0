"""BundleService: what waits leaves as volumes, and the centre's answers come back, at a gateway that records."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from rekam.v1 import bundle_pb2 as pb
from rekam.v1 import outbox_pb2

from gateway.bundle import VolumeContents, read_contents
from gateway.centre import (
    Announcement,
    AnnouncementKind,
    EnrolmentStatus,
    PacketNotice,
    Receipt,
    StatusAnswer,
    sign_answer,
)
from gateway.guidance import LocalizedText
from gateway.trust import SigningKey, open_signing_key
from tests.gateway.client import refused
from tests.gateway.service.enrolment_desk import OPERATOR, FrontEnd, office

LEDGER = "0123456789abcdef" * 2
AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return open_signing_key(tmp_path / "centre-keys", "centre-1")


def believing(folder: Path, key: SigningKey) -> dict[str, Any]:
    """The configuration of an office that knows the centre by its certificate alone."""
    path = folder / "answers.pem"
    path.write_text(key.trust_bundle().certificates_pem)
    return {"anchors": path}


async def call(desk: FrontEnd, method: str, **fields: Any) -> Any:
    return await desk.client.unary("BundleService", method, getattr(pb, f"{method}Request")(**fields))


async def outbox(desk: FrontEnd, method: str) -> Any:
    request = getattr(outbox_pb2, f"{method}Request")()
    return await desk.client.unary("OutboxService", method, request)


async def sealed(desk: FrontEnd) -> str:
    await desk.create()
    await desk.add_fingers()
    await desk.change("SealEnrolment")
    return desk.seen.enrolment_id


async def volume_bytes(desk: FrontEnd, contents: VolumeContents) -> bytes:
    request = pb.ReadVolumeRequest(bundle_id=contents.bundle_id, number=contents.number)
    return b"".join([each.data async for each in desk.client.stream("BundleService", "ReadVolume", request)])


async def test_from_the_seal_over_the_stick_to_the_receipt(tmp_path: Path, key: SigningKey) -> None:
    async with office(tmp_path, centre=believing(tmp_path, key)) as desk:
        it = await sealed(desk)
        before = await outbox(desk, "ListPackets")
        offer = await call(desk, "NextVolume", max_bytes=1 << 30, operator=OPERATOR)
        contents, _ = read_contents(offer.volume.contents)
        assert (len(contents.packets), contents.number, contents.of, offer.left_packets) == (1, 1, 1, 0)
        once, again = await volume_bytes(desk, contents), await volume_bytes(desk, contents)
        assert once == again
        assert len(once) == offer.volume.size
        same = await call(desk, "NextVolume", max_bytes=1 << 30, operator=OPERATOR)
        assert same.volume.contents == offer.volume.contents
        place = {"bundle_id": contents.bundle_id, "number": 1}
        await call(desk, "ConfirmVolume", **place, medium="stick 4", operator=OPERATOR)
        assert not (await call(desk, "NextVolume", max_bytes=1 << 30, operator=OPERATOR)).HasField("volume")
        listed = (await call(desk, "ListVolumes")).volumes
        assert [(each.medium, each.without_receipt, each.HasField("taken")) for each in listed] == [
            ("stick 4", 1, True)
        ]
        packet = desk.gateway._centre.outbox.queue.packets()[0]
        assert packet.state.value == "waiting"
        (shown,) = (await outbox(desk, "ListPackets")).packets
        assert not before.packets[0].HasField("carried")
        carried = shown.carried
        assert (carried.bundle_id, carried.volume, carried.medium) == (contents.bundle_id, 1, "stick 4")
        assert carried.at == listed[0].taken
        assert carried.receipt_outstanding
        assert (await outbox(desk, "GetOutbox")).carried_without_receipt == 1

        notice = contents.packets[0]
        answers = _answers(key, contents.gateway_id, notice)
        foreign = sign_answer(Receipt("c", LEDGER, 1, "another", "p", "ab" * 32, 5, AT), key)
        forged = answers[0][:-8] + b"AAAAAAAA"
        first = await call(desk, "ImportAnswers", answers=[*answers, foreign, forged, b"no.jws"], operator=OPERATOR)
        assert (first.receipts, first.statuses, first.announcements) == (1, 1, 1)
        assert (first.known, first.foreign, first.refused) == (0, 1, 2)
        second = await call(desk, "ImportAnswers", answers=answers[:2], operator=OPERATOR)
        assert (second.receipts, second.statuses, second.known) == (0, 0, 2)
        status = await desk.client.unary("OutboxService", "GetStatus", outbox_pb2.GetStatusRequest(enrolment_id=it))
        assert status.standing.status == outbox_pb2.ENROLMENT_STATUS_PRINT_READY_RECORD
        assert status.history[-1].source == outbox_pb2.STATUS_SOURCE_STICK
        assert status.packet.state == outbox_pb2.PACKET_STATE_RECEIVED
        assert (await call(desk, "ListVolumes")).volumes[0].without_receipt == 0
        assert (status.packet.carried.medium, status.packet.carried.receipt_outstanding) == ("stick 4", False)
        assert (await outbox(desk, "GetOutbox")).carried_without_receipt == 0


async def test_what_nobody_asked_for_is_refused(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call(desk, "ConfirmVolume", bundle_id="ab" * 8, number=1, medium="", operator=OPERATOR)
        assert (refused(error.value).code, refused(error.value).reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
        assert not (await call(desk, "NextVolume", max_bytes=1 << 30, operator=OPERATOR)).HasField("volume")


def _answers(key: SigningKey, gateway_id: str, notice: PacketNotice) -> list[bytes]:
    ready = EnrolmentStatus.PRINT_READY_RECORD
    words = LocalizedText(id="Pemeliharaan", en="Maintenance")
    return [
        sign_answer(Receipt("c", LEDGER, 1, gateway_id, notice.packet_id, notice.sha256, notice.size, AT), key),
        sign_answer(StatusAnswer("c", LEDGER, 2, gateway_id, notice.packet_id, ready, AT), key),
        sign_answer(Announcement("c", "a-1", AnnouncementKind.MAINTENANCE, AT, AT, None, words), key),
    ]
