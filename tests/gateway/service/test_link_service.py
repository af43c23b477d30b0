"""LinkService over a real gateway."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from rekam.v1 import audit_pb2
from rekam.v1 import gateway_pb2 as gpb
from rekam.v1 import link_pb2 as pb

from drivers import Discovery
from gateway.centre import Announcement, AnnouncementKind, CentreCondition, CentreState, sign_answer
from gateway.config import CentreSettings
from gateway.guidance import LocalizedText
from gateway.main import Gateway, ServeOptions
from gateway.trust import SigningKey, open_signing_key
from tests.gateway.client import Client, first, refused
from tests.gateway.link.left_outage import left_outage
from tests.gateway.link.servers import free_port
from tests.gateway.running import connected, desk, quick_config

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


@dataclass
class Centre:
    """As much of a way out as the link asks for."""

    announcements: tuple[bytes, ...] = ()
    closed: bool = False
    settings: list[CentreSettings] = field(default_factory=list)
    silent: bool = False

    async def centre(self) -> CentreState:
        return CentreState(
            "centre-1", "ab" * 16, 0, CentreCondition.ACCEPTING, None, self.announcements, centre_is_silent=self.silent
        )

    async def close(self) -> None:
        self.closed = True

    def made(self, settings: CentreSettings, gateway_id: str) -> "Centre":
        self.settings.append(settings)
        return self


@asynccontextmanager
async def linked(
    state: Path,
    open_way: Callable[[CentreSettings, str], Centre | None] = lambda settings, gateway_id: None,
    **centre: object,
) -> AsyncIterator[Client]:
    scheme = "tls" if centre.get("way") == "jetstream" else "grpcs"
    config = quick_config(centre={"url": f"{scheme}://127.0.0.1:{free_port()}", **centre})
    options = ServeOptions(state=state, listen="127.0.0.1:0", metrics="", web="")
    gateway = Gateway(config, options, lambda: Discovery(()), open_way)  # type: ignore[arg-type]
    await gateway.start()
    try:
        async with connected(gateway) as client:
            yield client
    finally:
        await gateway.stop()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return open_signing_key(tmp_path_factory.mktemp("centre"), "centre-1")


@pytest.fixture
def anchors(key: SigningKey, tmp_path: Path) -> Path:
    path = tmp_path / "anchors.pem"
    path.write_text(key.trust_bundle().certificates_pem)
    return path


def announced(key: SigningKey, kind: AnnouncementKind = AnnouncementKind.OUTAGE) -> bytes:
    words = LocalizedText(id="Listrik padam", en="Power is out")
    return sign_answer(Announcement("centre-1", "a-1", kind, NOW, NOW - HOUR, NOW + HOUR, words), key)


def stamp(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message


async def call(client: Client, method: str, **fields: object):
    return await client.unary("LinkService", method, getattr(pb, f"{method}Request")(**fields))


async def refusal(client: Client, method: str, **fields: object):
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call(client, method, **fields)
    return refused(error.value)


async def test_without_a_centre_it_says_so(tmp_path):
    async with desk(tmp_path) as client:
        answer = await call(client, "GetLink")
        assert (answer.link.state, answer.link.centre) == (pb.LINK_STATE_NOT_CONFIGURED, "")
        assert answer.waiting.count == 0
        assert list((await call(client, "ListOutages")).outages) == []
        (month, *_) = (await call(client, "GetAvailability", months=2)).months
        assert (month.observed_share, month.HasField("availability")) == (0.0, False)
        event = await first(client.watch(topics=[gpb.TOPIC_LINK]), lambda event: event.HasField("link"))
        assert event.link.state == pb.LINK_STATE_NOT_CONFIGURED


async def test_a_centre_that_answers_is_online_and_told_to_whoever_watches(tmp_path, key, anchors):
    centre = Centre((announced(key),))
    async with linked(tmp_path / "state", centre.made, anchors=anchors) as client:
        online = await first(
            client.stream("LinkService", "WatchLink", pb.WatchLinkRequest()),
            lambda answer: answer.link.state == pb.LINK_STATE_ONLINE,
        )
        assert online.link.round_trip.ToNanoseconds() > 0
        assert online.link.announced.signed
        assert online.link.announced.words.id == "Listrik padam"
        assert online.link.announced.source == pb.ANNOUNCEMENT_SOURCE_LINK
        event = await first(client.watch(topics=[gpb.TOPIC_LINK]), lambda event: event.HasField("link"))
        assert event.link.state == pb.LINK_STATE_ONLINE
    assert centre.closed
    assert centre.settings[0].url.startswith("grpcs://127.0.0.1:")


@pytest.mark.parametrize("silent", [False, True])
async def test_over_a_hub_a_silent_centre_is_told_from_the_hub(tmp_path, silent):
    centre = Centre(silent=silent)
    async with linked(tmp_path / "state", centre.made, way="jetstream") as client:
        state = pb.LINK_STATE_DEGRADED if silent else pb.LINK_STATE_ONLINE
        link = (
            await first(
                client.stream("LinkService", "WatchLink", pb.WatchLinkRequest()),
                lambda answer: answer.link.state == state,
            )
        ).link
    assert link.over_hub
    assert list(link.weaknesses) == ([pb.LINK_WEAKNESS_SILENT] if silent else [])
    found = {each.probe: (each.ok, each.code) for each in link.findings}
    assert found == {"hub": (True, "reached"), "centre": (False, "silent") if silent else (True, "accepting")}
    assert link.HasField("problem") == silent
    if silent:
        assert (link.problem.cause, link.problem.side) == (pb.LINK_CAUSE_CENTRE_SILENT, pb.LINK_SIDE_THEIRS)
        assert "receipts come once it is back" in link.problem.words.en


async def test_over_a_hub_that_is_not_reached_the_words_name_the_hub(tmp_path):
    left_outage(tmp_path, ended=1)
    async with linked(tmp_path, way="jetstream") as client:
        link = (await call(client, "GetLink")).link
        assert (link.state, link.over_hub) == (pb.LINK_STATE_OFFLINE, True)
        assert link.outage.problem.words.en.startswith("The hub's machine is there")
        ended = (await call(client, "ListOutages")).outages[-1]
        assert ended.problem.words.id.startswith("Komputer hub ada")


async def test_an_outage_that_was_open_when_the_power_went_is_shown_at_once(tmp_path):
    left_outage(tmp_path, ended=3)
    async with linked(tmp_path) as client:
        link = (await call(client, "GetLink")).link
        assert link.state == pb.LINK_STATE_OFFLINE
        assert link.outage.problem.cause == pb.LINK_CAUSE_REFUSED
        assert link.outage.problem.side == pb.LINK_SIDE_THEIRS
        assert link.outage.duration.ToSeconds() > 4 * 3600
        assert 0 < link.outage.observed.ToSeconds() < 600
        assert any("rekam link" in words.id for words in (await client.info()).warnings)
        found = []
        page = ""
        for _ in range(4):
            answer = await call(client, "ListOutages", limit=1, page=page)
            found += answer.outages
            page = answer.next_page
        assert page == ""
        assert [each.HasField("ended") for each in found] == [False, True, True, True]
        assert [(each.captures, each.enrolments) for each in found[1:]] == [(4, 1)] * 3
        assert found[1].duration.ToSeconds() == 125
        months = (await call(client, "GetAvailability", months=2)).months
        assert sum(month.outages for month in months) == 4
        observed = sum(month.observed.ToSeconds() for month in months)
        assert observed == pytest.approx(4 * 180, abs=60)  # what lies between was not watched
        assert (await refusal(client, "ListOutages", page="x")).fields == ["page"]
        assert (await refusal(client, "GetAvailability", months=37)).fields == ["months"]


async def test_an_announcement_comes_in_by_file_and_by_hand_and_is_audited(tmp_path, key, anchors):
    state = tmp_path / "state"
    left_outage(state)
    async with linked(state, anchors=anchors) as client:
        typed = pb.TypedAnnouncement(
            kind=pb.ANNOUNCEMENT_KIND_OUTAGE, expected_return=stamp(NOW + 9 * HOUR), text="SMS: gangguan pusat"
        )
        answers = [
            await call(client, "ImportAnnouncement", typed=typed, operator="Budi", idempotency_key="sms")
            for _ in range(2)
        ]
        assert answers[0] == answers[1]
        assert (answers[0].announcement.signed, answers[0].announcement.entered_by) == (False, "Budi")
        link = (await call(client, "GetLink")).link
        assert link.announced.expected_return == stamp(NOW + 9 * HOUR)
        assert link.outage.problem.cause == pb.LINK_CAUSE_REFUSED
        signed = (await call(client, "ImportAnnouncement", signed=announced(key), operator="Siti")).announcement
        assert (signed.signed, signed.source) == (True, pb.ANNOUNCEMENT_SOURCE_FILE)
        link = (await call(client, "GetLink")).link
        assert (link.announced.expected_return, len(link.announcements)) == (stamp(NOW + HOUR), 2)
        query = audit_pb2.QueryAuditRequest(event="LinkService.ImportAnnouncement")
        entries = [
            entry async for answer in client.stream("AuditService", "QueryAudit", query) for entry in answer.entries
        ]
        assert [entry.outcome for entry in entries] == ["OK"] * 3
    async with linked(state, anchors=anchors) as client:
        link = (await call(client, "GetLink")).link
        assert len(link.announcements) == 2


async def test_what_cannot_be_taken_is_refused_by_name(tmp_path, key, anchors):
    async with linked(tmp_path / "state", anchors=anchors) as client:
        forged = announced(open_signing_key(tmp_path / "forger", "centre-1"))
        found = await refusal(client, "ImportAnnouncement", signed=forged, operator="Budi")
        assert (found.reason, found.code.name) == ("ANNOUNCEMENT_INVALID", "INVALID_ARGUMENT")
        kind = pb.ANNOUNCEMENT_KIND_OUTAGE
        for typed in (
            pb.TypedAnnouncement(kind=kind),
            pb.TypedAnnouncement(kind=kind, begins=stamp(NOW), expected_return=stamp(NOW - HOUR)),
            pb.TypedAnnouncement(text="x"),
            pb.TypedAnnouncement(kind=kind, text="x" * 501),
        ):
            assert (await refusal(client, "ImportAnnouncement", typed=typed, operator="B")).reason == "INVALID_ARGUMENT"
        assert (await refusal(client, "ImportAnnouncement", operator="B")).reason == "INVALID_ARGUMENT"
        assert (await refusal(client, "ImportAnnouncement", signed=b"x")).fields == ["operator"]
        assert not (await call(client, "GetLink")).link.announcements


async def test_files_that_cannot_be_read_stop_nothing_and_are_named(tmp_path):
    (tmp_path / "bad.pem").write_text("no certificate")
    files = {"authority": tmp_path / "bad.pem", "anchors": tmp_path / "missing.pem"}
    async with linked(tmp_path / "state", **files) as client:
        warnings = [each.en for each in (await client.info()).warnings]
        for path in files.values():
            assert any(str(path) in words for words in warnings)
        found = await refusal(client, "ImportAnnouncement", signed=b"x", operator="Budi")
        assert found.reason == "ANNOUNCEMENT_INVALID"


async def test_an_auditor_looks_and_imports_nothing(tmp_path):
    async with desk(tmp_path, roles=["auditor"]) as client:
        await call(client, "GetLink")
        typed = pb.TypedAnnouncement(kind=pb.ANNOUNCEMENT_KIND_OUTAGE, text="x")
        assert (await refusal(client, "ImportAnnouncement", typed=typed, operator="B")).reason == "ROLE_DENIED"
