"""What the centre says of packets, put into the queue, and what follows from it told."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from random import Random

import structlog

from gateway.centre import PacketStanding, StandingState
from gateway.forwarding import folder
from gateway.forwarding.answers import AnswerDesk, AnswerWay, StatusBook, Taken
from gateway.forwarding.incident import IncidentKind
from gateway.forwarding.packet import UNDER_WAY, PacketState, QueuedPacket
from gateway.forwarding.queue import PacketQueue
from gateway.forwarding.standing import Patience, cut_off, told

log = structlog.get_logger(__name__)


class Standings:
    """Takes the centre's word on packets; any thread may call, one at a time.

    Parameters
    ----------
    queue : PacketQueue
    answers : AnswerDesk
        Verifies receipts.
    patience : Patience
    book : StatusBook
    random : Random
    """

    def __init__(
        self, queue: PacketQueue, answers: AnswerDesk, patience: Patience, book: StatusBook, random: Random
    ) -> None:
        self._queue = queue
        self._answers = answers
        self._patience = patience
        self._book = book
        self._random = random

    def take(self, answered: Sequence[tuple[QueuedPacket, PacketStanding]]) -> None:
        """Let the packets be where the centre says. Blocking."""
        steps = {}
        now = self._queue.clock()
        for packet, standing in answered:
            if standing.state is StandingState.RECEIVED and standing.receipt:
                taken = self._answers.take(standing.receipt, AnswerWay.CENTRE, packet_id=packet.packet_id)
                if taken is not Taken.REFUSED:
                    continue
            steps[packet.packet_id] = partial(
                told, standing=standing, now_s=now, patience=self._patience, random=self._random
            )
        lacks = {packet.packet_id for packet, standing in answered if standing.state is StandingState.PARTIAL}
        for before, after in self._queue.change_all(steps):
            if before.state is PacketState.ERASED and after.packet_id in lacks:
                self._queue.notes.note(IncidentKind.LOST_AT_CENTRE, after.packet_id, f"{after.notice.size} bytes")
                log.error("lost_at_centre", packet=after.packet_id)
            self._look_at_change(before, after)

    def cut_off(self, packet: QueuedPacket, reached: int) -> None:
        """A send of the packet broke off after so many acknowledged bytes."""
        step = partial(
            cut_off, acknowledged=reached, now_s=self._queue.clock(), patience=self._patience, random=self._random
        )
        self._queue.change(packet.packet_id, step)

    def file_unfit(self, packet: QueuedPacket, size: int | None) -> None:
        """The packet's file has another size than it was sealed with; None where it is gone."""
        if size is None:
            folder.note_gone(self._queue, packet)
        else:
            self.file_changed(packet, f"{size} bytes")

    def file_changed(self, packet: QueuedPacket, what: str) -> None:
        """The packet's file is not what was sealed: it is not sent, and a person has to look."""
        self._queue.change(packet.packet_id, partial(_damaged, what=what))
        self._queue.notes.note(IncidentKind.FILE_CHANGED, packet.packet_id, what)
        log.error("packet_file_changed", packet=packet.packet_id, what=what)

    def file_unreadable(self, packet: QueuedPacket, reached: int, why: OSError) -> None:
        """The packet's file cannot be read: it is tried later, each time later, and the others go on."""
        self.cut_off(packet, reached)
        if self._queue.notes.note(IncidentKind.FILE_UNREADABLE, packet.packet_id, why.strerror or str(why)):
            log.error("packet_file_unreadable", packet=packet.packet_id, why=str(why))

    def file_read(self, packet: QueuedPacket) -> None:
        """The packet's file could be read, at the second try or later: what was told of it is over."""
        self._queue.notes.settle(IncidentKind.FILE_UNREADABLE, packet.packet_id)

    def _look_at_change(self, before: QueuedPacket, after: QueuedPacket) -> None:
        if after.state is PacketState.QUARANTINED and before.state is not PacketState.QUARANTINED:
            self._queue.notes.note(IncidentKind.QUARANTINED, after.packet_id, f"{after.reason}: {after.words}")
            log.error("packet_quarantined", packet=after.packet_id, reason=after.reason)
        whole = after.state is PacketState.PARTIAL and after.acknowledged >= after.notice.size
        if whole and before.acknowledged < before.notice.size:
            self._book.sent(after.packet_id)


def _damaged(packet: QueuedPacket, what: str) -> QueuedPacket:
    if packet.state not in UNDER_WAY:
        return packet
    return replace(packet, state=PacketState.QUARANTINED, reason="FILE_CHANGED", words=f"the file has another {what}")
