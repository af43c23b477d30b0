"""Watches the way to the centre: looks again and again, takes what the forwarder meets, tells what changes."""

import asyncio
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from gateway.centre import AnnouncementKind
from gateway.link.announcement import (
    TypedAnnouncement,
    announced_cause,
    as_centre_says,
    begun_ended,
    in_force,
    merged,
    signed_announcement,
    typed_announcement,
)
from gateway.link.cause import LinkCause, cause_of, cause_of_error
from gateway.link.errors import AnnouncementRefused, LinkError
from gateway.link.evidence import CentreSeen, Look
from gateway.link.judgement import (
    UP,
    Judgement,
    JudgementLimits,
    LinkState,
    Observation,
    ObservedBy,
    failures_at_end,
    judged,
)
from gateway.link.ledger import LinkLedger
from gateway.link.look import Lookout
from gateway.link.outage import AnnouncedBy, KnownAnnouncement, NoticedBy, Outage, Tally, Waiting
from gateway.link.pace import PaceLimits, pause_s, steady_pause_s
from gateway.link.store import LinkStore
from gateway.trust import SignedTime, TrustAnchors

log = structlog.get_logger(__name__)

NOTE_EVERY_S = 1.0
"""Of what the forwarder meets, one success and one failure in so long count: a burst is one observation."""
JWS_REMEMBERED = 256
LOOK_AT_LEAST_EVERY_S = 600.0
CHECKPOINT_S = 60.0
"""What a power cut takes from the time that counts as watched, while nothing else changes."""
LIMITS = JudgementLimits()
PACE = PaceLimits()


@dataclass(frozen=True)
class LinkView:
    """How the link does now."""

    judgement: Judgement
    cause: LinkCause | None
    look: Look | None
    outage: Outage | None
    announced: KnownAnnouncement | None
    """In force now."""
    announcements: tuple[KnownAnnouncement, ...]
    """Those that are not over, the newest last."""

    @property
    def state(self) -> LinkState:
        """Short for that of the judgement."""
        return self.judgement.state


class LinkWatch:
    """Judges the link as long as it runs; belongs to the event loop's thread.

    Parameters
    ----------
    lookout : Lookout or None
        None where no centre is configured: then nothing is looked at, and the state is NOT_CONFIGURED.
    store : LinkStore
    ledger : LinkLedger
    anchors : TrustAnchors or None
        Of the centre's signing certificates.
    clock : callable
        Gives the time.
    tally : callable
        What was ever recorded; called in a thread.
    waiting : callable
        What has yet to leave; called in a thread.
    told : callable
        Told of each change, in the loop.
    limits, pace : optional
    chance : callable, optional
        From 0 to 1, evenly.
    """

    def __init__(
        self,
        lookout: Lookout | None,
        store: LinkStore,
        ledger: LinkLedger,
        anchors: TrustAnchors | None,
        clock: Callable[[], SignedTime],
        tally: Callable[[], Tally] = Tally,
        waiting: Callable[[], Waiting | None] = lambda: None,
        told: Callable[[LinkView], None] = lambda _: None,
        limits: JudgementLimits = LIMITS,
        pace: PaceLimits = PACE,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._lookout = lookout
        self._store = store
        self._ledger = ledger
        self._anchors = anchors
        self._clock = clock
        self._tally = tally
        self._waiting = waiting
        self._told = told
        self._limits = limits
        self._pace = pace
        self._chance = chance
        self._look: Look | None = None
        self._notes: list[Observation] = []
        self._noted_at: dict[bool, float] = {}
        self._counts = ledger.outage.latest if ledger.outage is not None else Tally()
        self._woken = asyncio.Event()
        self._look_at_once = False
        self._writing = asyncio.Lock()
        self._written_at = 0.0
        self._trouble: LinkError | None = None
        self._read_jws: dict[bytes, KnownAnnouncement | None] = {}
        self._judgement = self._first_judgement(clock())
        self._shown = self.view()

    @property
    def trouble(self) -> LinkError | None:
        """Why the record is not on the disk now."""
        return self._trouble

    @property
    def ledger(self) -> LinkLedger:
        """The record as it grows."""
        return self._ledger

    def view(self) -> LinkView:
        """How the link does now."""
        now = self._clock().wall
        known = self._ledger.announcements
        return LinkView(
            judgement=self._judgement,
            cause=self._cause(),
            look=self._look,
            outage=self._ledger.outage,
            announced=in_force(known, now),
            announcements=tuple(each for each in known if not each.ended and each.kind is not AnnouncementKind.RETURN),
        )

    async def waiting(self) -> Waiting | None:
        """What has yet to leave the office; None where nobody says."""
        return await asyncio.to_thread(self._waiting)

    def note_success(self, goodput: float | None = None) -> None:
        """The forwarder got something through.

        Parameters
        ----------
        goodput : float, optional
            Bytes of packets per second.
        """
        self._note(Observation(self._clock().since_boot_s, ObservedBy.FORWARDER, goodput=goodput))

    def note_failure(self, error: BaseException) -> None:
        """The forwarder could not; the link is looked at soon."""
        self._note(Observation(self._clock().since_boot_s, ObservedBy.FORWARDER, cause_of_error(error)))

    async def run(self) -> None:
        """Look again and again, until it is cancelled."""
        if self._lookout is None:
            return
        steady_s = 0.0
        while True:
            before = self._judgement.state
            try:
                await self.look_once()
            except Exception:
                log.exception("link_not_looked_at")  # a bug of one look must not end the watch
            changed = self._judgement.state is not before
            pause = pause_s(self._judgement, 0.0 if changed else steady_s, self._pace, self._chance())
            steady_s = steady_pause_s(self._judgement, 0.0 if changed else steady_s, self._pace)
            if await self._woken_within(pause):
                steady_s = 0.0

    async def look_once(self) -> None:
        """Look, judge, write down."""
        if self._lookout is None:
            return
        began = self._clock()
        look = await self._lookout.look(began.wall, lambda: self._clock().since_boot_s)
        now = self._clock()
        self._look = look
        centre = look.centre
        seen = Observation(
            look.at_s,
            ObservedBy.LOOK,
            cause_of(look, now.wall, now.quality),
            round_trip_s=centre.round_trip_s if centre is not None else None,
            silent=centre.silent if centre is not None and centre.reached else None,
        )
        if centre is not None and centre.announcements is not None:
            await self._take_announcements(centre, now)
        await self._take([*self._taken_notes(), seen], now)

    async def take_notes(self) -> None:
        """Judge by what the forwarder met since."""
        notes = self._taken_notes()
        if notes:
            await self._take(notes, self._clock())

    async def import_signed(self, jws: bytes, entered_by: str) -> KnownAnnouncement:
        """Take in an announcement that came as a file.

        Raises
        ------
        AnnouncementRefused
        """
        now = self._clock()
        place = self._ledger.instant(now)
        new = await asyncio.to_thread(signed_announcement, jws, self._anchors, AnnouncedBy.FILE, place, entered_by)
        return await self._import(new)

    async def import_typed(self, typed: TypedAnnouncement) -> KnownAnnouncement:
        """Take in what somebody read elsewhere."""
        now = self._clock()
        return await self._import(typed_announcement(typed, now.wall, self._ledger.instant(now)))

    async def flush(self) -> bool:
        """Bring the record to the disk; whether it is there. What it does not take is written later."""
        async with self._writing:
            changes = self._ledger.take_changes()
            if not changes:
                return True
            try:
                # Shielded: what was begun is known to have ended, whoever leaves.
                await asyncio.shield(asyncio.to_thread(self._store.write, changes))
            except LinkError as error:
                self._ledger.put_back(changes)
                if self._trouble is None:
                    log.error("outages_not_written", cause=error.cause, remedy=error.remedy)
                self._trouble = error
                return False
            except asyncio.CancelledError:
                self._ledger.put_back(changes)  # written twice, it is the same
                raise
            self._trouble = None
            self._written_at = self._clock().since_boot_s
            return True

    async def stop(self) -> None:
        """Write down how long it was watched."""
        if self._lookout is not None and self._judgement.window:
            self._ledger.watched(self._judgement.state, self._clock(), await self._counted())
        await self.flush()

    async def _counted(self) -> Tally:
        try:
            self._counts = await asyncio.to_thread(self._tally)
        except Exception as error:  # a store that cannot be read now: what was counted last stands
            log.warning("recorded_not_counted", error=str(error))
        return self._counts

    def _first_judgement(self, now: SignedTime) -> Judgement:
        if self._lookout is None:
            self._ledger.unwatched(now)
            return Judgement(LinkState.NOT_CONFIGURED, now.since_boot_s)
        if self._ledger.outage is None:
            return Judgement(LinkState.UNKNOWN, now.since_boot_s)
        # It was down when the gateway ended, and nothing says otherwise; the first success need not wait.
        return Judgement(LinkState.OFFLINE, now.since_boot_s - self._limits.dwell_s)

    def _note(self, seen: Observation) -> None:
        last = self._noted_at.get(seen.failed)
        if self._lookout is None or (last is not None and seen.at_s - last < NOTE_EVERY_S):
            return
        self._noted_at[seen.failed] = seen.at_s
        self._notes.append(seen)
        self._look_at_once = self._look_at_once or seen.failed
        self._woken.set()

    def _taken_notes(self) -> list[Observation]:
        notes, self._notes = self._notes, []
        return notes

    async def _woken_within(self, pause_s: float) -> bool:
        """Wait for the next look; whether something that failed asks for it early.

        What gets through stands for a look: the pause begins anew, though not for ever, as announcements come by looks.
        """
        loop = asyncio.get_running_loop()
        due = loop.time() + pause_s
        latest = max(due, loop.time() + LOOK_AT_LEAST_EVERY_S)
        while True:
            try:
                async with asyncio.timeout_at(due):
                    await self._woken.wait()
            except TimeoutError:
                return False
            self._woken.clear()
            if self._look_at_once:
                self._look_at_once = False
                return True
            await self.take_notes()
            due = min(latest, loop.time() + pause_s)

    async def _take(self, observations: list[Observation], now: SignedTime) -> None:
        tally = await self._counted()
        for seen in sorted(observations, key=lambda each: each.at_s):
            self._judge(seen, now, tally)
        self._ledger.watched(self._judgement.state, now, tally)
        changed = _shown(self.view()) != _shown(self._shown)
        if changed or now.since_boot_s - self._written_at >= CHECKPOINT_S:
            await self.flush()
        self._tell()

    def _judge(self, seen: Observation, now: SignedTime, tally: Tally) -> None:
        before = self._judgement
        self._judgement = after = judged(before, seen, self._limits)
        if after.state is not before.state:
            cause = self._cause()
            log.info("link_changed", state=after.state.value, before=before.state.value, cause=cause)
            if after.state is LinkState.OFFLINE:
                run = failures_at_end(after.window)
                by = NoticedBy.LOOK if seen.by is ObservedBy.LOOK else NoticedBy.FORWARDER
                self._ledger.went_offline(run[0].at_s, now, by, cause or LinkCause.UNKNOWN, tally)
            elif after.state in UP and self._ledger.outage is not None:
                self._ledger.recovered(after.state, now, tally)
                self._ledger.announced(begun_ended(self._ledger.announcements, now.wall))
        if after.state is LinkState.OFFLINE:
            self._ledger.explained(self._cause() or LinkCause.UNKNOWN)

    def _cause(self) -> LinkCause | None:
        found = self._judgement.cause
        if found is None or self._judgement.state is LinkState.ONLINE:
            return None  # a single failure on a link that works is nobody's trouble
        return announced_cause(found, in_force(self._ledger.announcements, self._clock().wall))

    async def _take_announcements(self, centre: CentreSeen, now: SignedTime) -> None:
        known = self._ledger.announcements
        keys: set[str] = set()
        unread = False
        for jws in centre.announcements or ():
            read = await self._read(jws, now)
            if read is None:
                unread = True
                continue
            keys.add(read.key)
            known = merged(known, read)
        if not unread:  # one that cannot be read may be one of those known
            known = as_centre_says(known, frozenset(keys), centre.centre_id, now.wall)
        self._ledger.announced(known)

    async def _read(self, jws: bytes, now: SignedTime) -> KnownAnnouncement | None:
        digest = hashlib.sha256(jws).digest()
        if digest not in self._read_jws:
            if len(self._read_jws) >= JWS_REMEMBERED:
                self._read_jws.clear()
            place = self._ledger.instant(now)
            try:
                read = await asyncio.to_thread(signed_announcement, jws, self._anchors, AnnouncedBy.LINK, place)
            except AnnouncementRefused as error:
                log.warning("announcement_not_taken", cause=error.cause, remedy=error.remedy)
                read = None
            self._read_jws[digest] = read
        return self._read_jws[digest]

    async def _import(self, new: KnownAnnouncement) -> KnownAnnouncement:
        if self._ledger.announced(merged(self._ledger.announcements, new)):
            log.info("announcement_taken", kind=new.kind.value, signed=new.signed, by=new.by.value)
        self._judged_again()
        await self.flush()
        self._tell()
        # A later issue may be known, or what ended it.
        return next(each for each in self._ledger.announcements if each.key == new.key)

    def _judged_again(self) -> None:
        if self._judgement.state is LinkState.OFFLINE:
            self._ledger.explained(self._cause() or LinkCause.UNKNOWN)

    def _tell(self) -> None:
        view = self.view()
        if _shown(view) != _shown(self._shown):
            self._told(view)
        self._shown = view


def _shown(view: LinkView) -> tuple[object, ...]:
    """What of a view is worth telling: figures that differ from look to look are not."""
    outage = view.outage
    told = None if outage is None else (outage.outage_id, outage.cause, outage.latest)
    return view.state, view.judgement.weaknesses, view.cause, told, view.announcements, view.announced
