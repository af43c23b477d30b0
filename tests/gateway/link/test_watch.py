"""The watch over time that is given: outages begin, go on over power cuts, end; what is announced; what is counted."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.centre import (
    Announcement,
    AnnouncementKind,
    CentreCondition,
    CentreState,
    CentreUnreachable,
    Receipt,
    UnreachableCause,
    sign_answer,
)
from gateway.guidance import LocalizedText
from gateway.link import (
    AnnouncedBy,
    AnnouncementRefused,
    EndedBy,
    LinkCause,
    LinkLedger,
    LinkState,
    LinkStore,
    LinkTarget,
    LinkView,
    LinkWatch,
    Lookout,
    NoticedBy,
    PaceLimits,
    Tally,
    TypedAnnouncement,
    monthly_availability,
)
from gateway.link.database import FILE_NAME
from gateway.link.evidence import RouteSeen
from gateway.trust import ClockQuality, SignedTime, SigningKey, TrustAnchors, open_signing_key

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class World:
    """An office's machine: its clocks, its centre, its disk."""

    folder: Path
    anchors: TrustAnchors | None = None
    wall: datetime = START
    since_boot_s: float = 100.0
    quality: ClockQuality = ClockQuality.TRUSTED
    boot: str = "boot-1"
    state: CentreState | UnreachableCause = field(
        default_factory=lambda: CentreState("centre-1", "ab" * 16, 0, CentreCondition.ACCEPTING, None, ())
    )
    tally: Tally = field(default_factory=Tally)
    told: list[LinkView] = field(default_factory=list)
    asked: int = 0
    asking: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> SignedTime:
        uncertainty = None if self.quality is ClockQuality.UNTRUSTED else 0.1
        return SignedTime(self.wall, round(self.since_boot_s, 3), self.quality, uncertainty)

    def pass_(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.since_boot_s += seconds

    async def ask(self) -> CentreState:
        self.asked += 1
        self.asking.set()
        self.asking = asyncio.Event()
        if isinstance(self.state, UnreachableCause):
            raise CentreUnreachable(self.state, "as told")
        return self.state

    def answers(self, *announcements: bytes, condition: CentreCondition = CentreCondition.ACCEPTING) -> None:
        self.state = CentreState("centre-1", "ab" * 16, 0, condition, None, announcements)

    def run(self, pace: PaceLimits | None = None, *, configured: bool = True) -> "Run":
        store = LinkStore.open(self.folder)
        # No cable: a look ends with the centre's own word, and nothing else is sent.
        out = Lookout(LinkTarget("centre.invalid", 1), self.ask, route=lambda: RouteSeen(False, False))
        ledger = LinkLedger(store.known(), self.boot, self.now())
        watch = LinkWatch(
            out if configured else None,
            store,
            ledger,
            self.anchors,
            self.now,
            lambda: self.tally,
            told=self.told.append,
            pace=pace or PaceLimits(),
            chance=lambda: 0.5,
        )
        return Run(self, store, watch)

    def reboot(self, off_s: float) -> None:
        self.wall += timedelta(seconds=off_s)
        self.since_boot_s = 20.0
        self.boot = f"boot-{int(self.boot[5:]) + 1}"


@dataclass
class Run:
    """One run of the gateway."""

    world: World
    store: LinkStore
    watch: LinkWatch

    @property
    def state(self) -> LinkState:
        return self.watch.view().state

    async def looks(self, count: int, every_s: float = 4.0) -> None:
        for _ in range(count):
            self.world.pass_(every_s)
            await self.watch.look_once()

    async def down(self) -> None:
        self.world.state = UnreachableCause.REFUSED
        await self.looks(4)
        assert self.state is LinkState.OFFLINE

    async def up(self) -> None:
        self.world.answers()
        await self.looks(8)
        assert self.state is LinkState.ONLINE

    def power_cut(self, off_s: float = 3600.0) -> None:
        self.store.close()
        self.world.reboot(off_s)

    async def end(self) -> None:
        await self.watch.stop()
        self.store.close()

    def outages(self) -> list:
        return self.store.outages(100)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return open_signing_key(tmp_path_factory.mktemp("centre"), "centre-1")


@pytest.fixture
def world(tmp_path: Path, key: SigningKey) -> World:
    return World(tmp_path, TrustAnchors.from_pem(key.trust_bundle().certificates_pem))


def announcement(
    key: SigningKey,
    announcement_id: str = "a-1",
    kind: AnnouncementKind = AnnouncementKind.MAINTENANCE,
    issued: datetime = START,
    begins: datetime = START,
    back: datetime | None = START + 24 * HOUR,
) -> bytes:
    words = LocalizedText(id="Pemeliharaan", en="Maintenance")
    return sign_answer(Announcement("centre-1", announcement_id, kind, issued, begins, back, words), key)


async def test_an_outage_from_begin_to_end(world: World) -> None:
    run = world.run()
    assert run.state is LinkState.UNKNOWN
    await run.looks(5)
    assert run.state is LinkState.ONLINE
    world.tally = Tally(captures=100, enrolments=10)
    first_failure = world.wall + timedelta(seconds=4)
    await run.down()
    view = run.watch.view()
    assert view.outage is not None
    assert run.watch.ledger.wall_time(view.outage.since).wall == first_failure
    assert (view.outage.cause, view.outage.noticed_by) == (LinkCause.CABLE, NoticedBy.LOOK)
    world.tally = Tally(captures=160, enrolments=15)
    world.pass_(60)
    await run.looks(3)
    await run.up()
    assert run.watch.view().outage is None
    (recorded,) = run.outages()
    assert recorded.outage.ended_by is EndedBy.RECOVERED
    assert recorded.outage.done == Tally(captures=60, enrolments=5)
    lasted = run.watch.ledger.duration_s(recorded.outage.since, recorded.outage.ended)
    assert 0 < lasted - recorded.observed_s < 20  # from the first failure until it was noticed nobody knew
    assert [view.state for view in world.told if view.outage is None or view.state is not LinkState.OFFLINE] == [
        LinkState.ONLINE,
        LinkState.RECOVERING,
        LinkState.ONLINE,
    ]
    await run.end()


async def test_an_outage_goes_on_over_power_cuts(world: World) -> None:
    run = world.run()
    await run.looks(3)
    await run.down()
    await run.looks(5, every_s=60)
    outage = run.watch.view().outage
    assert outage is not None
    for _ in range(2):
        run.power_cut(off_s=7200)
        run = world.run()
        assert run.state is LinkState.OFFLINE
        assert run.watch.view().outage == outage
        await run.looks(4)
        assert run.state is LinkState.OFFLINE
    await run.up()
    (recorded,) = run.outages()
    assert recorded.outage.outage_id == outage.outage_id
    lasted = run.watch.ledger.duration_s(recorded.outage.since, recorded.outage.ended)
    assert lasted > 2 * 7200
    assert recorded.observed_s < lasted - 2 * 7200
    assert recorded.observed_s > 5 * 60
    await run.end()


async def test_back_after_a_power_cut_the_outage_is_over_at_the_first_successes(world: World) -> None:
    run = world.run()
    await run.looks(3)
    await run.down()
    run.power_cut()
    world.answers()
    run = world.run()
    await run.looks(1)
    assert run.state is LinkState.RECOVERING
    await run.looks(3)
    assert run.state is LinkState.ONLINE
    assert len(run.outages()) == 1
    await run.end()


async def test_time_in_which_the_gateway_did_not_run_is_not_observed(world: World) -> None:
    run = world.run()
    await run.looks(60, every_s=60)
    run.power_cut(off_s=3 * 3600)
    run = world.run()
    await run.looks(60, every_s=60)
    world.pass_(5 * 3600)  # the machine slept
    await run.looks(60, every_s=60)
    await run.end()
    spans = run.watch.ledger.placed(LinkStore.open(world.folder).spans())
    (month,) = monthly_availability(spans, [], world.wall, 1)
    assert month.availability == 1.0
    assert month.observed_s == pytest.approx(3 * 59 * 60, abs=120)
    assert month.up_s == month.observed_s
    assert month.doubtful_s == 0


async def test_times_of_a_boot_are_mended_when_its_clock_is_set_right(world: World) -> None:
    true_wall = world.wall
    world.wall, world.quality = datetime(1970, 1, 1, 0, 5, tzinfo=UTC), ClockQuality.UNTRUSTED
    run = world.run()
    await run.looks(3)
    await run.down()
    outage = run.watch.view().outage
    assert outage is not None
    assert run.watch.ledger.wall_time(outage.since).wall.year == 1970
    world.wall, world.quality = true_wall + timedelta(seconds=28), ClockQuality.TRUSTED
    await run.looks(1)
    since = run.watch.ledger.wall_time(outage.since)
    assert (since.quality, since.wall) == (ClockQuality.TRUSTED, true_wall + timedelta(seconds=16))
    # Somebody sets the clock a day off: what was known stands.
    world.wall, world.quality = world.wall + 24 * HOUR, ClockQuality.UNTRUSTED
    await run.up()
    assert run.watch.ledger.wall_time(outage.since) == since
    (recorded,) = run.outages()
    assert run.watch.ledger.duration_s(recorded.outage.since, recorded.outage.ended) < 100
    await run.end()


async def test_outages_are_ordered_by_boots_and_not_by_a_clock_that_went_back(world: World) -> None:
    run = world.run()
    await run.looks(3)
    for _ in range(2):
        await run.down()
        await run.up()
    run.power_cut()
    world.wall, world.quality = datetime(2001, 1, 1, tzinfo=UTC), ClockQuality.UNTRUSTED
    run = world.run()
    await run.looks(3)
    await run.down()
    boots = [each.outage.since.boot for each in run.outages()]
    assert boots == [2, 1, 1]
    page = run.store.outages(1)
    assert [each.outage.since.boot for each in run.store.outages(5, page[0].outage.since)] == [1, 1]
    await run.end()


async def test_what_the_forwarder_meets_counts_and_a_burst_is_one(world: World) -> None:
    run = world.run()
    await run.looks(5)
    error = CentreUnreachable(UnreachableCause.TIMEOUT, "no answer")
    for _ in range(50):
        run.watch.note_failure(error)
    await run.watch.take_notes()
    assert run.state is LinkState.ONLINE
    for _ in range(5):
        world.pass_(3)
        run.watch.note_failure(error)
        await run.watch.take_notes()
    view = run.watch.view()
    assert view.state is LinkState.OFFLINE
    assert view.outage is not None
    assert (view.outage.noticed_by, view.outage.cause) == (NoticedBy.FORWARDER, LinkCause.TIMEOUT)
    for _ in range(10):
        world.pass_(3)
        run.watch.note_success(40_000.0)
        await run.watch.take_notes()
    assert run.state is LinkState.ONLINE
    assert run.watch.view().judgement.goodput == 40_000.0
    await run.end()


async def test_a_signed_announcement_over_the_link_explains_the_outage(world: World, key: SigningKey) -> None:
    run = world.run()
    world.answers(announcement(key))
    await run.looks(5)
    announced = run.watch.view().announced
    assert announced is not None
    assert (announced.by, announced.signed, announced.expected_return) == (AnnouncedBy.LINK, True, START + 24 * HOUR)
    assert run.state is LinkState.ONLINE
    world.answers(announcement(key), condition=CentreCondition.CLOSED)
    await run.looks(5)
    view = run.watch.view()
    assert (view.state, view.cause) == (LinkState.OFFLINE, LinkCause.MAINTENANCE)
    assert view.outage is not None
    assert view.outage.cause is LinkCause.MAINTENANCE
    world.answers()  # it is not in force any more
    await run.looks(8)
    assert run.watch.view().announced is None
    world.answers(announcement(key))  # and it is again
    await run.looks(1)
    assert run.watch.view().announced is not None
    world.answers()
    await run.looks(1)
    assert run.watch.view().announced is None
    await run.end()
    again = world.run()
    assert again.watch.view().announcements == ()
    await again.end()


async def test_an_announcement_comes_as_a_file_and_counts_once(world: World, key: SigningKey) -> None:
    run = world.run()
    await run.looks(3)
    world.state = UnreachableCause.REFUSED
    await run.looks(4)
    jws = announcement(key, kind=AnnouncementKind.OUTAGE)
    for _ in range(2):
        known = await run.watch.import_signed(jws + b"\n", "Budi")
    assert (known.by, known.entered_by, known.signed) == (AnnouncedBy.FILE, "Budi", True)
    assert len(run.watch.view().announcements) == 1
    later = announcement(key, kind=AnnouncementKind.OUTAGE, issued=START + HOUR, back=START + 48 * HOUR)
    await run.watch.import_signed(later, "Budi")
    older = await run.watch.import_signed(jws, "Budi")
    assert older.expected_return == START + 48 * HOUR  # the older issue does not come back
    (only,) = run.watch.view().announcements
    assert only.expected_return == START + 48 * HOUR
    run.power_cut(off_s=10)
    run = world.run()
    assert run.watch.view().announcements == (only,)
    world.pass_(3 * 3600)
    await run.watch.import_signed(
        announcement(key, "a-2", AnnouncementKind.RETURN, issued=START + 2 * HOUR, back=None), "Siti"
    )
    assert run.watch.view().announcements == ()
    late = announcement(key, "a-0", AnnouncementKind.OUTAGE, issued=START + HOUR)
    assert (await run.watch.import_signed(late, "Siti")).ended
    assert run.watch.view().announcements == ()  # what ended it came before it
    await run.watch.import_signed(announcement(key, "a-3", issued=START + 3 * HOUR), "Siti")
    assert len(run.watch.view().announcements) == 1
    await run.end()


async def test_what_is_no_announcement_of_the_centre_is_refused_with_the_remedy(
    world: World, key: SigningKey, tmp_path: Path
) -> None:
    run = world.run()
    forger = open_signing_key(tmp_path / "forger", "centre-1")
    receipt = Receipt("centre-1", "ab" * 16, 1, "g", "p", "cd" * 32, 1, START)
    for jws, named in (
        (announcement(forger), "nobody that this office knows"),
        (b"no announcement", "Get it from the centre"),
        (sign_answer(receipt, key), "no announcement"),
        (b"x" * 70_000, "too large"),
    ):
        with pytest.raises(AnnouncementRefused, match=named):
            await run.watch.import_signed(jws, "Budi")
    assert run.watch.view().announcements == ()
    await run.end()
    world.anchors = None
    run = world.run()
    with pytest.raises(AnnouncementRefused, match="anchors"):
        await run.watch.import_signed(announcement(key), "Budi")
    world.answers(announcement(key))
    await run.looks(3)
    assert (run.state, run.watch.view().announcements) == (LinkState.ONLINE, ())
    await run.end()


async def test_what_was_typed_is_marked_and_outweighs_no_signature(world: World, key: SigningKey) -> None:
    run = world.run()
    await run.looks(3)
    world.state = UnreachableCause.REFUSED
    await run.looks(4)
    typed = TypedAnnouncement(AnnouncementKind.OUTAGE, world.wall, world.wall + 5 * HOUR, "SMS dari pusat", "Budi")
    known = await run.watch.import_typed(typed)
    assert (known.by, known.signed, known.entered_by) == (AnnouncedBy.TYPED, False, "Budi")
    assert run.watch.view().announced == known
    assert run.watch.view().cause is LinkCause.CABLE  # what was typed explains nothing by itself
    signed = await run.watch.import_signed(announcement(key), "Budi")
    assert run.watch.view().announced == signed
    back = TypedAnnouncement(AnnouncementKind.RETURN, world.wall, None, "sudah normal", "Budi")
    await run.watch.import_typed(back)
    assert run.watch.view().announcements == (signed,)
    await run.watch.import_typed(typed)
    await run.up()
    assert all(each.signed for each in run.watch.view().announcements)
    await run.end()


async def test_what_was_typed_before_the_outage_is_over_after_it_and_not_by_a_restart(world: World) -> None:
    run = world.run()
    await run.looks(3)
    typed = TypedAnnouncement(AnnouncementKind.OUTAGE, world.wall, None, "SMS: akan padam", "Budi")
    await run.watch.import_typed(typed)
    await run.looks(3)
    await run.end()
    run = world.run()
    await run.looks(3)
    assert run.state is LinkState.ONLINE
    assert len(run.watch.view().announcements) == 1
    await run.down()
    assert len(run.watch.view().announcements) == 1
    await run.up()
    assert run.watch.view().announcements == ()
    await run.end()


async def test_maintenance_to_come_is_shown_and_not_in_force(world: World, key: SigningKey) -> None:
    run = world.run()
    world.answers(announcement(key, begins=START + 24 * HOUR, back=START + 30 * HOUR))
    await run.looks(3)
    assert run.watch.view().announced is None
    assert len(run.watch.view().announcements) == 1
    world.answers()
    await run.looks(1)
    assert len(run.watch.view().announcements) == 1  # it has yet to begin
    world.pass_(25 * 3600)
    assert run.watch.view().announced is not None
    await run.end()


async def test_without_a_centre_nothing_is_looked_at_and_an_open_outage_ends(world: World) -> None:
    run = world.run()
    await run.looks(3)
    await run.down()
    await run.end()
    asked = world.asked
    run = world.run(configured=False)
    await run.watch.run()
    await run.watch.look_once()
    run.watch.note_failure(ValueError("x"))
    await run.end()
    assert (run.state, world.asked) == (LinkState.NOT_CONFIGURED, asked)
    (recorded,) = LinkStore.open(world.folder).outages(5)
    assert recorded.outage.ended_by is EndedBy.UNWATCHED


async def test_what_the_disk_does_not_take_is_written_later(world: World) -> None:
    run = world.run()
    await run.looks(3)
    run.store._connection.execute("PRAGMA query_only = ON")
    await run.down()
    assert run.watch.trouble is not None
    assert run.outages() == []
    await run.up()
    await run.down()
    assert not await run.watch.flush()
    run.store._connection.execute("PRAGMA query_only = OFF")
    assert await run.watch.flush()
    assert run.watch.trouble is None
    assert [each.outage.ended_by for each in run.outages()] == [None, EndedBy.RECOVERED]
    await run.end()


async def test_a_damaged_record_is_set_aside_and_one_that_cannot_be_made_is_kept_in_memory(world: World) -> None:
    run = world.run()
    await run.looks(3)
    await run.end()
    path = world.folder / FILE_NAME
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    run = world.run()
    assert "set aside" in run.store.troubles[0]
    assert list(world.folder.glob("link.corrupt-*.db"))
    await run.looks(3)
    await run.end()
    for each in world.folder.glob("link.db*"):
        each.unlink()
    path.mkdir()
    run = world.run()
    assert "memory" in run.store.troubles[0]
    await run.looks(3)
    await run.down()
    assert len(run.outages()) == 1
    await run.end()


async def test_the_loop_looks_by_itself_and_at_once_when_something_could_not_be_sent(world: World) -> None:
    run = world.run(PaceLimits(fast_s=0.001, slow_s=1000.0, growth=1e9))
    looking = asyncio.create_task(run.watch.run())

    async def asked(count: int) -> None:
        while world.asked < count:
            await world.asking.wait()

    async with asyncio.timeout(60):
        await asked(2)
        before = world.asked
        world.pass_(100)
        run.watch.note_failure(CentreUnreachable(UnreachableCause.CUT, "cut"))
        await asked(before + 1)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert run.state is LinkState.ONLINE
    await run.end()


async def test_what_gets_through_stands_for_a_look(world: World) -> None:
    run = world.run(PaceLimits(fast_s=1000.0, slow_s=1000.0))
    looking = asyncio.create_task(run.watch.run())
    async with asyncio.timeout(60):
        while world.asked < 1:
            await world.asking.wait()
        for number in range(5):
            world.pass_(2)
            run.watch.note_success(1_000.0 * (number + 5))
            while len(run.watch.view().judgement.window) < number + 2:
                await asyncio.to_thread(lambda: None)
    assert world.asked == 1
    assert run.watch.view().judgement.goodput == 7_000.0
    looking.cancel()
    await asyncio.wait({looking})
    await run.end()
