"""LinkService: how the way to the centre does, every outage, and what was announced."""

import asyncio
from collections.abc import AsyncIterator, Callable

from rekam.v1 import link_pb2 as pb

from gateway.events import EventLog
from gateway.guidance import LocalizedText
from gateway.link import (
    Instant,
    LinkLedger,
    LinkStore,
    LinkWatch,
    MonthAvailability,
    TypedAnnouncement,
    monthly_availability,
)
from gateway.service import convert, link_messages
from gateway.service.access import Caller
from gateway.service.errors import BadArgumentError, StoppingError
from gateway.service.idempotency import Idempotency
from gateway.trust import SignedTime, time_now

HEARTBEAT_S = 4.0
OUTAGES_OF_A_PAGE = 50
MONTHS = 12


class LinkCore:
    """Shows the link, and takes announcements in.

    Parameters
    ----------
    watch : LinkWatch
    store : LinkStore
    changes : EventLog of Link
        To which each change is appended.
    centre : str
        Its address; empty where none is configured.
    over_hub : bool
        Whether that is a hub's.
    warnings : callable
        What needs a person.
    idempotency : Idempotency
    """

    def __init__(
        self,
        watch: LinkWatch,
        store: LinkStore,
        changes: EventLog[pb.Link],
        centre: str,
        warnings: Callable[[], list[LocalizedText]],
        idempotency: Idempotency,
        *,
        over_hub: bool = False,
    ) -> None:
        self._watch = watch
        self._store = store
        self._changes = changes
        self._centre = centre
        self._over_hub = over_hub
        self._warnings = warnings
        self._idempotency = idempotency

    async def get_link(self, request: pb.GetLinkRequest, caller: Caller) -> pb.GetLinkResponse:
        """State, cause, what waits and what is expected."""
        waiting = await self._watch.waiting()
        return pb.GetLinkResponse(
            link=self.message(),
            waiting=link_messages.backlog(waiting) if waiting is not None else None,
            warnings=[convert.localized(each) for each in self._warnings()],
        )

    async def watch_link(self, request: pb.WatchLinkRequest, caller: Caller) -> AsyncIterator[pb.WatchLinkResponse]:
        """The link now, and at each change."""
        from_seq, seq = self._changes.last_seq, 1
        yield pb.WatchLinkResponse(seq=seq, time=convert.event_time(time_now()), link=self.message())
        async for event in self._changes.follow(from_seq, HEARTBEAT_S):
            seq += 1
            if event is None:
                yield pb.WatchLinkResponse(seq=seq, time=convert.event_time(time_now()))
            else:
                yield pb.WatchLinkResponse(seq=seq, time=convert.event_time(event.time), link=event.payload)
        raise StoppingError("the gateway is stopping")

    async def list_outages(self, request: pb.ListOutagesRequest, caller: Caller) -> pb.ListOutagesResponse:
        """The newest first."""
        limit = request.limit or OUTAGES_OF_A_PAGE
        boot, _, milliseconds = request.page.partition("-")
        before = Instant(int(boot), int(milliseconds)) if request.page else None
        await self._watch.flush()
        found = await asyncio.to_thread(self._store.outages, limit + 1, before)
        now, ledger = time_now(), self._watch.ledger
        shown = found[:limit]
        last = shown[-1].outage.since if len(found) > limit else None
        return pb.ListOutagesResponse(
            outages=[
                link_messages.outage(each.outage, ledger, now, each.observed_s, over_hub=self._over_hub)
                for each in shown
            ],
            next_page=f"{last.boot}-{last.since_boot_ms}" if last is not None else "",
        )

    async def get_availability(self, request: pb.GetAvailabilityRequest, caller: Caller) -> pb.GetAvailabilityResponse:
        """Month by month, the newest first."""
        await self._watch.flush()
        months = await asyncio.to_thread(
            _availability, self._store, self._watch.ledger, time_now(), request.months or MONTHS
        )
        return pb.GetAvailabilityResponse(months=[link_messages.month(each) for each in months])

    async def import_announcement(
        self, request: pb.ImportAnnouncementRequest, caller: Caller
    ) -> pb.ImportAnnouncementResponse:
        """Take in what did not come over the link."""

        async def taken() -> pb.ImportAnnouncementResponse:
            if request.HasField("typed"):
                known = await self._watch.import_typed(_typed(request.typed, request.operator))
            else:
                known = await self._watch.import_signed(request.signed, request.operator)
            return pb.ImportAnnouncementResponse(announcement=link_messages.announcement(known, self._watch.ledger))

        return await self._idempotency.once("ImportAnnouncement", request, pb.ImportAnnouncementResponse, taken)

    def message(self) -> pb.Link:
        """How the link does now."""
        view = self._watch.view()
        observed_s = self._watch.ledger.observed_s
        return link_messages.link(
            view, self._watch.ledger, self._centre, time_now(), observed_s, over_hub=self._over_hub
        )


def _availability(store: LinkStore, ledger: LinkLedger, now: SignedTime, months: int) -> list[MonthAvailability]:
    begins = [ledger.wall_time(each).wall for each in store.begins()]
    return monthly_availability(ledger.placed(store.spans()), begins, now.wall, months)


def _typed(message: pb.TypedAnnouncement, operator: str) -> TypedAnnouncement:
    begins = convert.moment(message.begins) if message.HasField("begins") else time_now().wall
    back = convert.moment(message.expected_return) if message.HasField("expected_return") else None
    if back is not None and back <= begins:
        raise BadArgumentError("typed.expected_return", "is before its begin; give a later time")
    if back is None and not message.text:
        raise BadArgumentError("typed", "says neither when the centre is expected back nor anything else; give one")
    return TypedAnnouncement(
        kind=link_messages.announcement_kind(message.kind),
        begins=begins,
        expected_return=back,
        text=message.text,
        entered_by=operator,
    )
