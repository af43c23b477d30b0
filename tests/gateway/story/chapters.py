"""The chapters that every story of an outage has: until the cut, through it, and what is there at its end."""

import asyncio
import signal
from datetime import UTC, timedelta
from typing import Any

from rekam.v1 import callback_pb2, link_pb2, outbox_pb2

from gateway.central import OpenCentre
from gateway.centre import AnnouncementKind, EnrolmentStatus, Receipt, read_answer
from gateway.packet import verify_packet
from gateway.reference_number import reference_number
from tests.gateway.service.enrolment_desk import OPERATOR
from tests.gateway.story.office import CALLBACKS, GATEWAY, LINK, OUTBOX, Office, until
from tests.gateway.story.roads import now
from tests.gateway.story.scene import HALF_BROKEN, WHOLE, Scene
from tests.outage_proxy import CUT

ONLINE, OFFLINE = 5, 20
PEOPLE = ONLINE + OFFLINE


async def the_line_is_cut_for_days(scene: Scene) -> str:
    """Five are enrolled, the line is cut, twenty more are, and the machine is switched off twice; the outage's id."""
    office = scene.office
    await office.start()
    await office.until_link(link_pb2.LINK_STATE_ONLINE)
    await office.enrol(ONLINE)
    await office.until_status(outbox_pb2.ENROLMENT_STATUS_RECEIVED_AT_CENTRAL, ONLINE)

    scene.line.set(CUT)
    await office.until_link(link_pb2.LINK_STATE_OFFLINE)
    await office.enrol(7)
    await office.end(signal.SIGKILL)
    await office.start()
    await office.enrol(7)
    outage = await _announcements_are_taken(scene)
    await _people_are_put_on_the_list(office)
    await office.end(signal.SIGTERM)
    await office.start()
    await office.enrol(6)
    link = await office.link()
    assert link.outage.outage_id == outage, "each start goes on with the outage"
    assert await office.statuses() == {
        outbox_pb2.ENROLMENT_STATUS_RECEIVED_AT_CENTRAL: ONLINE,
        outbox_pb2.ENROLMENT_STATUS_PROCESSING: OFFLINE,
    }
    assert not scene.modem.sent, "nobody is told before the service is back"
    assert len(scene.road.files) == ONLINE
    return outage


async def the_line_comes_back(scene: Scene) -> None:
    """Half-broken, then whole; all is received."""
    await asyncio.to_thread(scene.road.announced, AnnouncementKind.RETURN, None)
    scene.line.set(HALF_BROKEN)

    async def some_came() -> bool:
        return len(scene.road.files) >= ONLINE + 8

    await until(some_came)
    broken = dict(scene.line.faults)
    assert {"cut network", "cut at a random byte", "delayed", "reordered"} <= broken.keys()
    scene.line.set(WHOLE)
    await scene.office.until_status(outbox_pb2.ENROLMENT_STATUS_RECEIVED_AT_CENTRAL, PEOPLE)
    await scene.office.until_link(link_pb2.LINK_STATE_ONLINE)


async def cards_are_made(scene: Scene) -> None:
    """The centre moves everybody on, and the first one's card is printed."""
    packets = [each.packet_id for each in await scene.office.packets()]
    await asyncio.to_thread(scene.road.says, EnrolmentStatus.PRINT_READY_RECORD, packets)
    await asyncio.to_thread(scene.road.says, EnrolmentStatus.CARD_PRINTED, packets[:1])


async def statuses_have_moved(office: Office) -> None:
    await office.until_status(outbox_pb2.ENROLMENT_STATUS_PRINT_READY_RECORD, PEOPLE - 1)
    await office.until_status(outbox_pb2.ENROLMENT_STATUS_CARD_PRINTED, 1)


async def each_is_at_the_centre_once(scene: Scene) -> None:
    """25 people in 25 packets that verify, each with one receipt here and there."""
    ours = {each.packet_id: each for each in await scene.office.packets()}
    assert len(ours) == PEOPLE
    anchors = scene.road.anchors
    for packet in ours.values():
        receipts = [read_answer(jws, anchors) for jws in packet.receipts]
        assert [(type(each), each.packet_id) for each in receipts] == [(Receipt, packet.packet_id)]
        assert [(each.sha256, each.size) for each in receipts if isinstance(each, Receipt)] == [
            (packet.sha256, packet.size)
        ]
    files = scene.road.files
    assert sorted(each.stem for each in files) == sorted(ours)
    for path in files:
        report = verify_packet(path)
        assert report.ok
        assert report.sha256 == ours[path.stem].sha256
    with OpenCentre(scene.road.state) as beside:
        answers = beside.store.answers(GATEWAY, 0, 1000)
        assert [each.sequence for each in answers] == list(range(1, len(answers) + 1))
    assert not (await scene.office.ask(OUTBOX, outbox_pb2, "GetOutbox")).incidents


async def the_outage_is_recorded_once(office: Office, outage_id: str) -> None:
    listed = await office.ask(LINK, link_pb2, "ListOutages")
    # A line that is half broken may be gone once more for a moment, which is no part of this one.
    outages = [each for each in listed.outages if each.enrolments]
    assert [each.outage_id for each in outages] == [outage_id]
    (outage,) = outages
    assert outage.HasField("ended")
    assert outage.enrolments == OFFLINE
    # What was seen last while it recovered may be the half-broken line.
    assert outage.problem.cause in (link_pb2.LINK_CAUSE_ANNOUNCED_OUTAGE, link_pb2.LINK_CAUSE_CUT)

    async def nothing_is_announced() -> bool:
        return not (await office.link()).announcements

    await until(nothing_is_announced)


async def all_three_are_told_once(scene: Scene) -> None:
    await until_told(scene, 3)
    for _ in range(3):
        await _pressed(scene.office)
    notices = (await scene.office.ask(CALLBACKS, callback_pb2, "ListNotices")).notices
    assert [each.state for each in notices] == 3 * [callback_pb2.NOTICE_STATE_SENT]
    assert sorted(part.phone for part in scene.modem.sent) == ["+6281234567890", "+6281311112222", "+6281533334444"]
    number = reference_number(scene.office.enrolled[0])
    by_phone = sorted(scene.modem.sent, key=lambda each: each.phone)
    assert [number in part.text for part in by_phone] == [False, False, True]


async def until_told(scene: Scene, count: int) -> None:
    """Wait until so many messages have left."""

    async def told() -> bool:
        await _pressed(scene.office)
        return len(scene.modem.sent) >= count

    await until(told)


async def _pressed(office: Office) -> None:
    # Where no time server is reached a person says that the clock is right; else they leave by themselves.
    await office.ask(CALLBACKS, callback_pb2, "SendNotices", clock_is_right=True, operator=OPERATOR)


async def _announcements_are_taken(scene: Scene) -> str:
    """A file that the centre signed, and what somebody read in an SMS; gives the outage's id."""
    office = scene.office
    await office.until_link(link_pb2.LINK_STATE_OFFLINE)
    back = now() + timedelta(days=2)
    signed = await asyncio.to_thread(scene.road.announced, AnnouncementKind.OUTAGE, back)
    taken = await office.ask(LINK, link_pb2, "ImportAnnouncement", signed=signed, operator=OPERATOR)
    assert taken.announcement.signed
    typed = link_pb2.TypedAnnouncement(kind=link_pb2.ANNOUNCEMENT_KIND_OUTAGE, text="SMS: listrik padam")
    typed.expected_return.FromDatetime(back + timedelta(days=1))
    noted = await office.ask(LINK, link_pb2, "ImportAnnouncement", typed=typed, operator=OPERATOR)
    assert not noted.announcement.signed
    link = await office.link()
    assert link.announced.signed, "what is signed outweighs what was typed"
    assert link.announced.expected_return.ToDatetime(UTC) == back
    assert len(link.announcements) == 2
    assert link.problem.cause == link_pb2.LINK_CAUSE_ANNOUNCED_OUTAGE
    outage_id: str = link.outage.outage_id
    return outage_id


async def _people_are_put_on_the_list(office: Office) -> None:
    wishes: list[dict[str, Any]] = [
        {"name": "Siti R.", "phone": "0812-3456-7890", "purpose": callback_pb2.CALLBACK_PURPOSE_SERVICE_BACK},
        {"name": "Joko", "phone": "0813-1111-2222", "purpose": callback_pb2.CALLBACK_PURPOSE_SERVICE_BACK},
        {
            "name": "Wati",
            "phone": "0815-3333-4444",
            "purpose": callback_pb2.CALLBACK_PURPOSE_CARD_READY,
            "reference": reference_number(office.enrolled[0]),
        },
    ]
    for wish in wishes:
        await office.ask(CALLBACKS, callback_pb2, "AddCallback", consent=True, operator=OPERATOR, **wish)
