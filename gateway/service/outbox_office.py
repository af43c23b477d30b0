"""The outbox and the ledger of statuses of this gateway, put together; what needs a person, said."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Self

import structlog

from gateway.centre import PacketNotice, WayOut, WayOutError
from gateway.config import ForwardingSettings
from gateway.elapsed import Moment, moment_now
from gateway.enrolment import EnrolmentError, EnrolmentState, EnrolmentSummary, SealedPacket
from gateway.forwarding import (
    AnswerDesk,
    Forwarder,
    ForwardingError,
    ForwardingPolicy,
    NoWay,
    OutboxLimits,
    PacketQueue,
    check_room,
    look,
    room_warnings,
)
from gateway.forwarding.budget import Quota
from gateway.forwarding.packet import UNDER_WAY
from gateway.forwarding.standing import Patience
from gateway.going_on import going_on
from gateway.guidance import LocalizedText
from gateway.ledger import EnrolmentStanding, LedgerError, StatusLedger
from gateway.link import Waiting
from gateway.packet import PacketError, read_packet_front
from gateway.trust import TrustAnchors, time_now

log = structlog.get_logger(__name__)

LOOK_PERIOD_S = 3600.0
INCIDENTS_TOLD = 20
"""In the gateway's warnings; all of them are in GetOutbox."""
MB, DAY_S = 1_000_000, 86_400.0


class OutboxOffice:
    """Made by `open`, ended by `close`; any thread may call.

    Parameters
    ----------
    queue : PacketQueue
    ledger : StatusLedger
    packets : Path
        Folder of sealed packets.
    limits : OutboxLimits
    policy : ForwardingPolicy
        Of the forwarder, which `attach` makes once the way out is known.
    """

    def __init__(
        self, queue: PacketQueue, ledger: StatusLedger, packets: Path, limits: OutboxLimits, policy: ForwardingPolicy
    ) -> None:
        self.queue = queue
        self.ledger = ledger
        self.packets = packets
        self.limits = limits
        self.policy = policy
        self.forwarder: Forwarder | None = None
        """None before `attach`."""
        self.answers: AnswerDesk | None = None
        """Takes answers that were carried here; None before `attach`."""
        self.has_way = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._trouble = ""

    @classmethod
    def open(
        cls,
        state: Path,
        packets: Path,
        settings: ForwardingSettings,
        changed: Callable[[EnrolmentStanding], None],
        read: Callable[[], Moment] = moment_now,
    ) -> Self:
        """Open what is kept in the state folder, whose lock the caller holds.

        Parameters
        ----------
        state, packets : Path
        settings : ForwardingSettings
        changed : callable
            Told of every status that moves, in the thread that moved it; must not raise.

        Raises
        ------
        ForwardingError, LedgerError
        """
        queue = PacketQueue.open(state, read)
        try:
            ledger = StatusLedger.open(state, read, changed)
        except BaseException:
            queue.close()
            raise
        if ledger.replaced is not None:
            queue.answers.apply_again()
        return cls(queue, ledger, packets, limits_of(settings), policy_of(settings))

    def attach(
        self,
        way: WayOut | None,
        gateway_id: str,
        anchors: Callable[[], TrustAnchors],
        forget: Callable[[str], None] = lambda _: None,
        on_change: Callable[[], None] = lambda: None,
        on_away: Callable[[WayOutError], None] = lambda _: None,
    ) -> Forwarder:
        """Set up the way to the centre; called once, in the loop that then runs the forwarder (`Forwarder.run`).

        Parameters
        ----------
        way : WayOut or None
            None: there is none, and answers come by hand.
        gateway_id : str
        anchors : callable
            The centres that are believed, asked for each time.
        forget, on_change, on_away : callable
            See `Forwarder`.
        """
        self._loop = asyncio.get_running_loop()
        self.has_way = way is not None
        self.answers = AnswerDesk(self.queue, gateway_id, anchors)
        self.forwarder = Forwarder(
            *(self.queue, way or NoWay(), self.answers, self.packet_path, self.policy, self.ledger),
            forget=forget,
            on_change=on_change,
            on_away=on_away,
        )
        return self.forwarder

    def close(self) -> None:
        """Let go of both files; a second call does nothing."""
        self.queue.close()
        self.ledger.close()

    def packet_path(self, packet_id: str) -> Path:
        """Where the packet of an id is, or would be."""
        return self.packets / f"{packet_id}.rekam"

    def sealed(self, packet: SealedPacket) -> None:
        """A packet was sealed; called in the thread that did. What fails here is found by the next `look`."""
        try:
            header, _ = read_packet_front(self.packet_path(packet.packet_id))
            place = header.place
            notice = PacketNotice(packet.packet_id, packet.sha256, packet.size, place.chain_id, place.sequence)
            self.queue.add(notice, packet.early_bytes)
            if self._loop is not None and self.forwarder is not None:
                with contextlib.suppress(RuntimeError):  # the loop is closed: the gateway stops
                    self._loop.call_soon_threadsafe(self.forwarder.wake)
        except (ForwardingError, PacketError, OSError) as error:
            log.error("packet_not_queued", packet=packet.packet_id, cause=str(error))
            self._trouble = str(error)

    def enrolment_changed(self, line: EnrolmentSummary) -> None:
        """An enrolment changed; called in the thread that changed it. What fails here is made good by `look`."""
        try:
            if line.state is EnrolmentState.SEALED:
                self.ledger.sealed(line.enrolment_id, line.packet_id)
            elif line.state is EnrolmentState.ABANDONED:
                self.ledger.abandoned(line.enrolment_id)
            else:
                self.ledger.begun(line.enrolment_id)
        except LedgerError as error:
            log.error("status_not_kept", enrolment=line.enrolment_id, cause=str(error))
            self._trouble = str(error)

    def look(self, enrolments: Callable[[], Iterable[EnrolmentSummary]]) -> None:
        """Take in what the folder holds and what the journal knows; at the start and now and then. Blocking."""
        try:
            found = look(self.packets, self.queue)
            known = self.ledger.known()
            for line in enrolments():
                if line.state is EnrolmentState.ABANDONED or known.get(line.enrolment_id) != line.packet_id:
                    self.enrolment_changed(line)
        except (ForwardingError, LedgerError, EnrolmentError, OSError) as error:
            log.error("outbox_not_looked_at", kind=type(error).__name__, cause=str(error))
            self._trouble = str(error)
            return
        self._trouble = ""
        if found.added or found.missing or found.unfit:
            log.info("outbox_looked_at", added=len(found.added), missing=len(found.missing), unfit=len(found.unfit))

    async def keep_looking(self, enrolments: Callable[[], Iterable[EnrolmentSummary]]) -> None:
        """`look` once an hour, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_PERIOD_S)
            with going_on("outbox_not_looked_at"):  # it makes good all that failed elsewhere
                await asyncio.to_thread(self.look, enrolments)

    def check_room(self) -> None:
        """Whether another enrolment may begin. Blocking.

        Raises
        ------
        OutboxFull
            A limit is reached, and what is here has to leave first.
        ForwardingError
        """
        check_room(self.queue, self.limits)

    def waiting(self) -> Waiting:
        """What has yet to leave. Blocking."""
        depth = self.queue.depth()
        under_way = [depth[each] for each in UNDER_WAY if each in depth]
        oldest_s = self.queue.oldest_s()
        oldest = None if oldest_s is None else time_now().wall - timedelta(seconds=oldest_s)
        return Waiting(sum(each.packets for each in under_way), self.queue.backlog_bytes(), oldest)

    @property
    def _own_fault(self) -> str:
        """Why the forwarder cannot work here; what lies with the way or the centre, the link tells."""
        problem = self.forwarder.problem if self.forwarder is not None else None
        return "" if problem is None or isinstance(problem, WayOutError) else str(problem)

    def warnings(self) -> list[LocalizedText]:
        """What needs a person, now. Blocking."""
        found: list[LocalizedText] = []
        unread = ""
        try:
            found += room_warnings(self.queue, self.limits)
            found += [each.words for each in self.queue.notes.incidents(INCIDENTS_TOLD)]
        except ForwardingError as error:
            unread = str(error)
        found += _of_this_machine(unread or self._own_fault)
        if self.ledger.replaced is not None:
            name = self.ledger.replaced.name
            found.append(
                LocalizedText(
                    id=f"Daftar status rusak, disisihkan sebagai {name}, dan dimulai baru.",
                    en=f"The ledger of statuses was damaged, set aside as {name}, and a new one begun.",
                )
            )
        if self._trouble:
            found.append(
                LocalizedText(
                    id=f"Daftar kirim tidak lengkap, dan diperiksa lagi sendiri: {self._trouble}",
                    en=f"The outbox is not complete, and is looked at again by itself: {self._trouble}",
                )
            )
        return found


def _of_this_machine(why: str) -> list[LocalizedText]:
    """What keeps packets here though the centre may be there; nothing where `why` is empty."""
    if not why:
        return []
    return [
        LocalizedText(
            id=f"Paket tidak dapat dikirim karena komputer ini, dan dicoba lagi sendiri: {why}",
            en=f"Packets cannot leave because of this machine, and are tried again by themselves: {why}",
        )
    ]


def limits_of(settings: ForwardingSettings) -> OutboxLimits:
    """The limits that the configuration comes to."""
    return OutboxLimits(
        max_bytes=settings.limit_mb * MB,
        max_age_s=settings.limit_days * DAY_S,
        warn_age_s=settings.warn_age_days * DAY_S,
    )


def policy_of(settings: ForwardingSettings) -> ForwardingPolicy:
    """How the configuration has packets forwarded."""
    return ForwardingPolicy(
        quota=Quota(settings.bytes_per_hour, settings.bytes_per_day),
        patience=Patience(settings.quarantine_after),
        grace_s=settings.grace_days * DAY_S,
    )
