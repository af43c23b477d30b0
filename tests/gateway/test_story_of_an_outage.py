"""The network is down for days: the office goes on recording, and when it is back all is at the centre, once."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from rekam.v1 import callback_pb2, link_pb2, outbox_pb2
from rekam.v1 import enrolment_pb2 as pb

from gateway.central import Authority, OpenCentre, set_up
from gateway.central.setting_up import CENTRE_PEM
from gateway.centre import Announcement, AnnouncementKind, EnrolmentStatus, Receipt, read_answer
from gateway.guidance import LocalizedText
from gateway.packet import verify_packet
from gateway.reference_number import reference_number
from gateway.trust import TrustAnchors, open_signing_key
from tests.forked_lives import Lives
from tests.gateway.central.centres import until as looked_until
from tests.gateway.central.killed_centre import Centres
from tests.gateway.client import Client
from tests.gateway.enrolment.office import portrait
from tests.gateway.service.enrolment_desk import OPERATOR, centre
from tests.gateway.sms.modem_simulator import ModemSimulator
from tests.outage_proxy import CUT, OutageProxy, Weather

GATEWAY = "kedoya-1"
ONLINE, OFFLINE = 5, 20
PEOPLE = ONLINE + OFFLINE
PROFILE = """
id = "portrait-only"
version = 1
duplicates = "none"
[name]
id = "Potret saja"
en = "Portrait only"
[[step]]
parts = ["portrait"]
"""
HALF_BROKEN = Weather(
    bytes_per_s=125_000,
    delay_s=0.01,
    delay_spread_s=0.01,
    reordered_s=0.1,
    cut_share=1.0,
    cut_bytes=(6_000, 120_000),
    garbage_share=0.1,
)
"""Half of the 2 Mbit/s that the line had."""
WHOLE = Weather(bytes_per_s=250_000, delay_s=0.01)
OUTBOX, LINK, CALLBACKS = "OutboxService", "LinkService", "CallbackService"
_NO_WORDS = LocalizedText(id="", en="")


class Story:
    """An office, its centre, and the network between them."""

    def __init__(self, folder: Path, centres: Centres, proxy: OutageProxy, gateways: Lives, modem: str) -> None:
        self.folder, self.centre_state = folder, folder / "centre"
        self.centres, self.proxy, self.gateways = centres, proxy, gateways
        self.config = self._config(modem)
        self.enrolled: list[str] = []
        self.client: Client
        self._channel: grpc.aio.Channel | None = None

    async def start(self) -> None:
        said = await self.gateways.start(self.config)
        assert said, self.gateways.errors()
        self._channel = grpc.aio.insecure_channel(said["address"], [("grpc.use_local_subchannel_pool", 1)])
        self.client = Client(self._channel)

    async def end(self, number: signal.Signals) -> None:
        await self.leave()
        how = await self.gateways.end(number)
        assert how == (-number if number is signal.SIGKILL else 0), self.gateways.errors()

    async def leave(self) -> None:
        """Let go of the gateway's door."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def enrol(self, count: int) -> None:
        """So many people, each of whom is photographed and sealed."""
        for _ in range(count):
            number = len(self.enrolled) + 1
            enrolled = await self._enrol("CreateEnrolment", None, profile_id="portrait-only", nik=_nik(number))
            enrolled = await self._enrol("AddPortrait", enrolled, image=portrait())
            enrolled = await self._enrol("SealEnrolment", enrolled)
            assert enrolled.state == pb.ENROLMENT_STATE_SEALED
            self.enrolled.append(enrolled.enrolment_id)

    async def ask(self, service: str, module: Any, method: str, **fields: Any) -> Any:
        return await self.client.unary(service, method, getattr(module, f"{method}Request")(**fields))

    async def statuses(self) -> Counter[int]:
        answer = await self.ask(OUTBOX, outbox_pb2, "ListStatuses")
        return Counter({each.status: each.enrolments for each in answer.counts if each.enrolments})

    async def link(self) -> link_pb2.Link:
        return (await self.ask(LINK, link_pb2, "GetLink")).link

    async def until_link(self, *states: int) -> link_pb2.Link:
        await until(lambda: self._is_link(states))
        return await self.link()

    def centre_says(self, status: EnrolmentStatus, packet_ids: list[str]) -> None:
        """Move packets on, as `rekam central status set` does beside the centre that serves."""
        with OpenCentre(self.centre_state) as beside:
            for packet in beside.store.packets(GATEWAY, packet_ids).values():
                beside.store.set_status(packet, status, now(), _NO_WORDS, beside.ledger.mark)

    def announced(self, kind: AnnouncementKind, back: datetime | None) -> bytes:
        """What the centre signs and gives to all."""
        with OpenCentre(self.centre_state) as beside:
            words = LocalizedText(id="Pusat data padam.", en="The data centre is without power.")
            made = Announcement("pusat-1", f"a-{uuid4().hex[:16]}", kind, now(), now(), back, words)
            beside.store.announce(made)
            return beside.signer.announcement(made)

    async def _is_link(self, states: tuple[int, ...]) -> bool:
        return (await self.link()).state in states

    async def _enrol(self, method: str, seen: pb.Enrolment | None, **fields: Any) -> pb.Enrolment:
        request = getattr(pb, f"{method}Request")
        usual: dict[str, Any] = {"operator": OPERATOR, "idempotency_key": uuid4().hex}
        if seen is not None:
            usual |= {"enrolment_id": seen.enrolment_id, "seen_version": seen.version}
        enrolment: pb.Enrolment = (
            await self.client.unary("EnrolmentService", method, request(**usual, **fields))
        ).enrolment
        return enrolment

    def _config(self, modem: str) -> dict[str, Any]:
        profiles = self.folder / "profiles"
        profiles.mkdir()
        (profiles / "portrait-only.toml").write_text(PROFILE)
        given = self.folder / "from-centre"
        given.mkdir()
        issued = Authority.read(self.centre_state / "tls").gateway_certificate(GATEWAY, now(), timedelta(days=30))
        (given / "gateway.pem").write_bytes(issued.certificate_pem)
        (given / "gateway.key").write_bytes(issued.key_pem)
        return {
            "gateway_id": GATEWAY,
            "enrolment": {"profiles": str(profiles), "recipients": [str(centre(self.folder / "search"))]},
            "centre": {
                "url": f"grpcs://{self.proxy.address}",
                "certificate": str(given / "gateway.pem"),
                "key": str(given / "gateway.key"),
                "authority": str(self.centre_state / "tls" / "authority.pem"),
                "anchors": str(self.centre_state / CENTRE_PEM),
            },
            "office": {"name": "Kelurahan Kedoya", "phone": "021-5482222"},
            "sms": {"port": modem},
            "callbacks": {"quiet_from": "00:00", "quiet_until": "00:00"},
            "spool": {"reserve_mb": 1},
            "purge": {"at": ""},
        }


def now() -> datetime:
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _nik(number: int) -> str:
    return f"360204121187{number:04}"


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    await looked_until(happened, within_s=60.0)


@asynccontextmanager
async def told(folder: Path) -> AsyncIterator[tuple[Story, ModemSimulator]]:
    """Everything set up: the centre knows the gateway, and serves; the gateway has not begun."""
    state = folder / "state"
    state.mkdir(mode=0o700)
    gateways_ready = asyncio.create_task(Lives.ready("tests.gateway.outage_gateway", state, log=folder / "gateway.log"))
    bundle = open_signing_key(state / "keys", GATEWAY).trust_bundle().certificates_pem
    set_up(folder / "centre", "pusat-1", ["127.0.0.1"], None, now())
    with OpenCentre(folder / "centre") as opened:
        opened.store.register(GATEWAY, bundle, now())
    centres, modem = Centres(folder / "centre"), ModemSimulator()
    gateways = await gateways_ready
    await centres.start()
    try:
        async with OutageProxy(centres.address, WHOLE) as proxy:
            story = Story(folder, centres, proxy, gateways, modem.path)
            try:
                yield story, modem
            finally:
                await story.leave()
                await gateways.close()
    finally:
        await asyncio.to_thread(modem.close)
        await centres.end(signal.SIGTERM)


async def test_nobody_goes_home_unrecorded(tmp_path: Path) -> None:
    async with told(tmp_path) as (story, modem):
        await story.start()
        await story.until_link(link_pb2.LINK_STATE_ONLINE)
        await story.enrol(ONLINE)
        await until(lambda: _stand(story, outbox_pb2.ENROLMENT_STATUS_RECEIVED_AT_CENTRAL, ONLINE))

        story.proxy.set(CUT)
        await story.until_link(link_pb2.LINK_STATE_OFFLINE)
        await story.enrol(7)
        await story.end(signal.SIGKILL)
        await story.start()
        await story.enrol(7)
        outage = await _announcements_are_taken(story)
        await _people_are_put_on_the_list(story)
        await story.end(signal.SIGTERM)
        await story.start()
        await story.enrol(6)
        link = await story.link()
        assert link.outage.outage_id == outage, "each start goes on with the outage"
        assert await story.statuses() == {
            outbox_pb2.ENROLMENT_STATUS_RECEIVED_AT_CENTRAL: ONLINE,
            outbox_pb2.ENROLMENT_STATUS_PROCESSING: OFFLINE,
        }
        assert not modem.sent, "nobody is told before the service is back"

        story.announced(AnnouncementKind.RETURN, None)
        story.proxy.set(HALF_BROKEN)
        await until(lambda: _came(story, ONLINE + 8))
        broken = dict(story.proxy.faults)
        assert {"cut network", "cut at a random byte", "delayed", "reordered"} <= broken.keys()
        story.proxy.set(WHOLE)
        await until(lambda: _stand(story, outbox_pb2.ENROLMENT_STATUS_RECEIVED_AT_CENTRAL, PEOPLE))
        await story.until_link(link_pb2.LINK_STATE_ONLINE)

        packets = await _each_is_at_the_centre_once(story)
        await _the_outage_is_recorded_once(story, outage)
        await asyncio.to_thread(story.centre_says, EnrolmentStatus.PRINT_READY_RECORD, packets)
        await until(lambda: _stand(story, outbox_pb2.ENROLMENT_STATUS_PRINT_READY_RECORD, PEOPLE))
        first = (await story.ask(OUTBOX, outbox_pb2, "GetStatus", enrolment_id=story.enrolled[0])).packet.packet_id
        await asyncio.to_thread(story.centre_says, EnrolmentStatus.CARD_PRINTED, [first])
        await until(lambda: _stand(story, outbox_pb2.ENROLMENT_STATUS_CARD_PRINTED, 1))
        await _all_three_are_told_once(story, modem)
        assert not (await story.ask(OUTBOX, outbox_pb2, "GetOutbox")).incidents


async def _stand(story: Story, status: int, count: int) -> bool:
    return (await story.statuses())[status] == count


async def _came(story: Story, count: int) -> bool:
    held = len(list((story.centre_state / "packets" / GATEWAY).glob("*.rekam")))
    return held >= count


async def _announcements_are_taken(story: Story) -> str:
    """A file that the centre signed, and what somebody read in an SMS; gives the outage's id."""
    link = await story.until_link(link_pb2.LINK_STATE_OFFLINE)
    back = now() + timedelta(days=2)
    signed = await asyncio.to_thread(story.announced, AnnouncementKind.OUTAGE, back)
    taken = await story.ask(LINK, link_pb2, "ImportAnnouncement", signed=signed, operator=OPERATOR)
    assert taken.announcement.signed
    typed = link_pb2.TypedAnnouncement(kind=link_pb2.ANNOUNCEMENT_KIND_OUTAGE, text="SMS: listrik padam")
    typed.expected_return.FromDatetime(back + timedelta(days=1))
    noted = await story.ask(LINK, link_pb2, "ImportAnnouncement", typed=typed, operator=OPERATOR)
    assert not noted.announcement.signed
    link = await story.link()
    assert link.announced.signed, "what is signed outweighs what was typed"
    assert link.announced.expected_return.ToDatetime(UTC) == back
    assert len(link.announcements) == 2
    assert link.problem.cause == link_pb2.LINK_CAUSE_ANNOUNCED_OUTAGE
    outage_id: str = link.outage.outage_id
    return outage_id


async def _people_are_put_on_the_list(story: Story) -> None:
    wishes: list[dict[str, Any]] = [
        {"name": "Siti R.", "phone": "0812-3456-7890", "purpose": callback_pb2.CALLBACK_PURPOSE_SERVICE_BACK},
        {"name": "Joko", "phone": "0813-1111-2222", "purpose": callback_pb2.CALLBACK_PURPOSE_SERVICE_BACK},
        {
            "name": "Wati",
            "phone": "0815-3333-4444",
            "purpose": callback_pb2.CALLBACK_PURPOSE_CARD_READY,
            "reference": reference_number(story.enrolled[0]),
        },
    ]
    for wish in wishes:
        await story.ask(CALLBACKS, callback_pb2, "AddCallback", consent=True, operator=OPERATOR, **wish)


async def _each_is_at_the_centre_once(story: Story) -> list[str]:
    """25 people in 25 packets that verify, each with one receipt here and there; the packets' ids."""
    found = [await story.ask(OUTBOX, outbox_pb2, "GetStatus", enrolment_id=each) for each in story.enrolled]
    ours = {each.packet.packet_id: each.packet for each in found}
    assert len(ours) == PEOPLE
    anchors = TrustAnchors.from_pem((story.centre_state / CENTRE_PEM).read_text())
    for packet in ours.values():
        receipts = [read_answer(each, anchors) for each in packet.receipts]
        assert [(type(each), each.packet_id) for each in receipts] == [(Receipt, packet.packet_id)]
        assert [(each.sha256, each.size) for each in receipts if isinstance(each, Receipt)] == [
            (packet.sha256, packet.size)
        ]
    files = list((story.centre_state / "packets" / GATEWAY).iterdir())
    assert sorted(each.stem for each in files) == sorted(ours)
    for path in files:
        report = verify_packet(path)
        assert report.ok
        assert report.sha256 == ours[path.stem].sha256
    with OpenCentre(story.centre_state) as beside:
        answers = beside.store.answers(GATEWAY, 0, 1000)
        assert [each.sequence for each in answers] == list(range(1, len(answers) + 1))
    return list(ours)


async def _the_outage_is_recorded_once(story: Story, outage_id: str) -> None:
    listed = await story.ask(LINK, link_pb2, "ListOutages")
    # A line that is half broken may be gone once more for a moment, which is no part of this one.
    outages = [each for each in listed.outages if each.enrolments]
    assert [each.outage_id for each in outages] == [outage_id]
    (outage,) = outages
    assert outage.HasField("ended")
    assert outage.enrolments == OFFLINE
    # What was seen last while it recovered may be the half-broken line.
    assert outage.problem.cause in (link_pb2.LINK_CAUSE_ANNOUNCED_OUTAGE, link_pb2.LINK_CAUSE_CUT)
    link = await story.link()
    assert not link.announcements, "what was announced is over"


async def _all_three_are_told_once(story: Story, modem: ModemSimulator) -> None:
    async def pressed() -> bool:
        # Where no time server is reached a person says that the clock is right; else they leave by themselves.
        await story.ask(CALLBACKS, callback_pb2, "SendNotices", clock_is_right=True, operator=OPERATOR)
        return len(modem.sent) >= 3

    await until(pressed)
    for _ in range(3):
        await pressed()
    notices = (await story.ask(CALLBACKS, callback_pb2, "ListNotices")).notices
    assert [each.state for each in notices] == 3 * [callback_pb2.NOTICE_STATE_SENT]
    assert sorted(part.phone for part in modem.sent) == ["+6281234567890", "+6281311112222", "+6281533334444"]
    number = reference_number(story.enrolled[0])
    assert [number in part.text for part in sorted(modem.sent, key=lambda each: each.phone)] == [False, False, True]
