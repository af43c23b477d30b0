"""What stands between this office and its centre, put together: the way out, the link, what waits, who is told."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

import structlog
from rekam.v1 import bundle_pb2, callback_pb2, link_pb2, outbox_pb2, paper_pb2, report_pb2

from gateway.audit import AuditLog
from gateway.centre import EnrolmentStatus, WayOut
from gateway.centre_pace import CentrePace
from gateway.config import CentreSettings, Config
from gateway.enrolment import EnrolmentSummary, SealedPacket
from gateway.events import EventLog
from gateway.forwarding import Forwarder
from gateway.going_on import going_on
from gateway.guidance import LocalizedText
from gateway.ledger import EnrolmentStanding
from gateway.link import UP, LinkState, Tally
from gateway.purge import Purger
from gateway.service.bundle import BundleCore
from gateway.service.callback import CallbackCore
from gateway.service.card_holder_office import CardHolderOffice
from gateway.service.day_sources import GatewayDaySources, PacketCounts
from gateway.service.enrolment_office import EnrolmentOffice, packets_folder
from gateway.service.idempotency import Idempotency
from gateway.service.link_office import LinkOffice
from gateway.service.mirror import MirrorWatch
from gateway.service.outbox import OutboxCore
from gateway.service.outbox_office import LOOK_PERIOD_S, OutboxOffice
from gateway.service.paper import PaperCore
from gateway.service.people_office import PERIOD_S, PeopleOffice
from gateway.service.report import ReportCore
from gateway.task_end import end_tasks
from gateway.trust import KeyPlaces, Signer, TrustAnchors

log = structlog.get_logger(__name__)

CHANGES_KEPT = 2_000
CARD_READY = frozenset({EnrolmentStatus.CARD_PRINTED, EnrolmentStatus.CARD_SHIPPED})
"""People who wait for their card are told at these: cards are printed where they are handed out, and who has theirs
is not told any more."""
WARNINGS_PERIOD_S = 10.0
NOBODY = TrustAnchors(frozenset())
NOTHING_TO_SHOW = LocalizedText(
    id="Pusat sudah ditentukan (`[centre] url`), tetapi sertifikat kantor ini belum: tidak ada yang dikirim. Isi "
    "`certificate` dan `key` dengan yang diberikan pusat, lalu mulai ulang gateway.",
    en="A centre is named (`[centre] url`), but not what this office shows it: nothing leaves. Give `certificate` and "
    "`key`, as the centre handed them out, and start the gateway again.",
)

OpenWay = Callable[[CentreSettings, str], WayOut | None]
"""Makes the way to the centre that is configured, for a gateway of that id; opens nothing yet."""


class CentreOffice:
    """Everything towards the centre; belongs to the event loop's thread where nothing else is said.

    Made by `open`, set going by `start`; ended by the stacks that both are given.
    """

    outbox: OutboxOffice
    link: LinkOffice
    people: PeopleOffice
    card_holders: CardHolderOffice
    bundles: BundleCore
    mirror: MirrorWatch
    _pace: CentrePace

    def __init__(self, changed: Callable[[link_pb2.Link], None]) -> None:
        self._changed = changed
        self._way: WayOut | None = None
        self._statuses: EventLog[EnrolmentStanding] = EventLog(CHANGES_KEPT)
        self._loop = asyncio.get_running_loop()
        self._was_up = self._was_away = False
        self._telling: set[asyncio.Task[None]] = set()
        self._in_turn = asyncio.Lock()
        """What is told, and taken back, in the order in which the link changed."""
        self._unfit: list[LocalizedText] = []
        """What keeps the configured way from being used."""
        self._warnings: list[LocalizedText] = []
        self._enrolments: Callable[[], list[EnrolmentSummary]] = list

    @classmethod
    def open(
        cls,
        state: Path,
        config: Config,
        key: Signer,
        places: KeyPlaces,
        idempotency: Idempotency,
        tally: Callable[[], Tally],
        changed: Callable[[link_pb2.Link], None],
        open_way: OpenWay,
        stack: contextlib.AsyncExitStack,
        pace: CentrePace | None = None,
    ) -> Self:
        """Open all of it in the state folder, whose lock the caller holds; nothing is sent before `start`.

        Raises
        ------
        BundleError, ForwardingError, LedgerError, LinkError, CallbackError, HolderError, KeyProblem
        """
        office = cls(changed)
        office._pace = pace = pace or CentrePace()
        packets = packets_folder(state, config.enrolment)
        office.outbox = OutboxOffice.open(state, packets, config.forwarding, office._status_changed)
        office.outbox.policy = pace.of(office.outbox.policy)
        stack.callback(office.outbox.close)
        office.people = PeopleOffice.open(state, config, places)
        stack.callback(office.people.close)
        office.card_holders = CardHolderOffice.open(state, config.card, places, office.outbox.ledger.get)
        stack.callback(office.card_holders.close)
        if config.centre.url:
            office._way = open_way(config.centre, key.gateway_id)
            if office._way is None:
                office._unfit.append(NOTHING_TO_SHOW)
            else:
                stack.push_async_callback(office._way.close)
        office.link = LinkOffice.open(
            state,
            config.centre,
            office._way.centre if office._way is not None else None,
            idempotency,
            tally,
            office.outbox.waiting,
            office._link_changed,
            pace.looks,
            pace.judgement,
        )
        stack.push_async_callback(office.link.stop)
        stack.callback(office._statuses.close)
        office._open_by_hand(state, config.spool.mirror, key, stack)
        return office

    def _open_by_hand(self, state: Path, medium: Path | None, key: Signer, stack: contextlib.AsyncExitStack) -> None:
        """What leaves and comes back on a stick, and what lies on a second medium."""
        self.bundles = BundleCore.open(
            *(state, key, self.outbox.queue, self.outbox.packet_path, self.outbox.ledger),
            lambda: self.link.anchors or NOBODY,
            self.link.watch.import_signed,
        )
        stack.callback(self.bundles.close)
        self.mirror = MirrorWatch(
            *(state, self.outbox.packets, medium, key.gateway_id, self.outbox.queue),
            lambda: self.outbox.look(self._enrolments),
        )

    def sealed(self, packet: SealedPacket) -> None:
        """A packet was sealed; called in the thread that did."""
        self.outbox.sealed(packet)
        self.mirror.sealed(packet.packet_id)

    def cores(
        self, office: EnrolmentOffice, trail: AuditLog, idempotency: Idempotency, run_id: str
    ) -> list[tuple[object, object]]:
        """The services of all this, each with the module of its messages."""
        people, enrolments, ledger = self.people, office.enrolments, self.outbox.ledger
        counts = PacketCounts(
            sent=partial(ledger.count, EnrolmentStatus.SENT_FOR_ENROLLMENT),
            received=partial(ledger.count, EnrolmentStatus.RECEIVED_AT_CENTRAL),
            waiting=lambda: self.outbox.waiting().count,
        )
        sources = GatewayDaySources(enrolments, trail, counts)
        return [
            (bundle_pb2, self.bundles),
            (outbox_pb2, OutboxCore(self.outbox, self._statuses, idempotency, run_id, self.bundles.carried)),
            (link_pb2, self.link.core),
            (callback_pb2, CallbackCore(people, idempotency)),
            (paper_pb2, PaperCore(enrolments.get, people.office, people.zone, people.letters)),
            (report_pb2, ReportCore(sources, people.office.name, people.zone, people.zone_name)),
        ]

    async def start(
        self,
        gateway_id: str,
        forget: Callable[[str], None],
        enrolments: Callable[[], list[EnrolmentSummary]],
        stack: contextlib.AsyncExitStack,
    ) -> None:
        """Watch the link, forward what waits, tell people, until the stack is closed.

        Parameters
        ----------
        gateway_id : str
        forget : callable
            Told of each enrolment whose packet has its receipt, in a thread; again after a crash.
        enrolments : callable
            All of them; asked in a thread.
        stack : AsyncExitStack
        """
        self._enrolments = enrolments
        forwarder = self.outbox.attach(
            self._way,
            gateway_id,
            lambda: self.link.anchors or NOBODY,
            partial(self._forget, forget),
            self._moved,
            self.link.watch.note_failure,
        )
        self.link.start()
        for work in (
            forwarder.run(),
            self.people.watch(self._pace.notices_s or PERIOD_S),
            self.outbox.keep_looking(enrolments),
            self.mirror.run(),
            self._keep_settling(),
            self._keep_warnings(),
        ):
            task = asyncio.create_task(work)
            stack.push_async_callback(end_tasks, [task])

    def warnings(self) -> list[LocalizedText]:
        """What needs a person, as it was a moment ago."""
        of_rooms = (self.link, self.people, self.card_holders, self.mirror)
        return [*self._unfit, *(each for room in of_rooms for each in room.warnings()), *self._warnings]

    def purgers(self) -> tuple[Purger, ...]:
        """What erases here what is past its term."""
        return (*self.people.purgers(), *self.card_holders.purgers())

    @property
    def _forwarder(self) -> Forwarder:
        assert self.outbox.forwarder is not None
        return self.outbox.forwarder

    def _moved(self) -> None:
        if self._way is not None and self._forwarder.reached:
            self.link.watch.note_success(self._forwarder.goodput)

    def _link_changed(self, message: link_pb2.Link) -> None:
        self._changed(message)
        state = self.link.watch.view().state
        is_up = state in UP
        if is_up and not self._was_up and self.outbox.forwarder is not None:
            self.outbox.forwarder.centre_is_back()
        self._was_up = is_up
        went_away = state is LinkState.OFFLINE and not self._was_away
        self._was_away = state is LinkState.OFFLINE
        if state is LinkState.ONLINE or went_away:
            task = self._loop.create_task(self._tell_that_it_is_back() if is_up else self._tell_nobody_now())
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell_nobody_now(self) -> None:
        """What waits for the morning to say that the service is back must not be said while it is away again."""
        try:
            async with self._in_turn:
                withdrawn = await asyncio.to_thread(self.people.service_is_away)
            if withdrawn:
                log.info("notices_withdrawn", count=withdrawn)
        except Exception:
            log.exception("notices_not_withdrawn", occasion="service_back")

    async def _tell_that_it_is_back(self) -> None:
        """Write notices for whoever waits for the service; asked again, nobody is told twice."""
        try:
            async with self._in_turn:
                outage_id = await asyncio.to_thread(self.link.last_ended_outage)
                if outage_id is not None:
                    await asyncio.to_thread(self.people.service_is_back, outage_id)
        except Exception:
            # Asked again when the link is next seen; the list itself says what is wrong with it.
            log.exception("people_not_told", occasion="service_back")

    def _status_changed(self, standing: EnrolmentStanding) -> None:
        """Called in the thread that changed it."""
        self.card_holders.status_changed(standing)
        if standing.status in CARD_READY:
            try:
                self.people.card_is_ready(standing.enrolment_id)
            except Exception:
                # Made good by `_settle`.
                log.exception("people_not_told", occasion="card_ready")
        with contextlib.suppress(RuntimeError):  # the loop is closed: the gateway stops
            self._loop.call_soon_threadsafe(self._statuses.append, standing)

    def _forget(self, forget: Callable[[str], None], packet_id: str) -> None:
        enrolment_id = self.outbox.ledger.enrolment_of(packet_id)
        if enrolment_id is not None:
            forget(enrolment_id)

    async def _keep_settling(self) -> None:
        while True:
            await asyncio.to_thread(self._settle)
            await asyncio.sleep(LOOK_PERIOD_S)

    def _settle(self) -> None:
        """Make good what a crash or a fault cut off from the status that it follows. Blocking."""
        with going_on("card_holders_not_settled"):
            self.card_holders.settle()
        with going_on("people_not_told", occasion="card_ready"):
            told = self.people.make_good_cards(partial(self.outbox.ledger.standing_at, CARD_READY))
            if told:
                log.info("cards_made_good", notices=told)

    async def _keep_warnings(self) -> None:
        while True:
            with going_on("warnings_not_read"):
                self._warnings = await asyncio.to_thread(self.outbox.warnings)
            await asyncio.sleep(WARNINGS_PERIOD_S)
