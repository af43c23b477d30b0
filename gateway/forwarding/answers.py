"""Answers of the centre, whichever way they come: verified, kept, and applied once."""

import hashlib
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Protocol

import structlog

from gateway.centre import Announcement, Answer, AnswerCursor, AnswerInvalid, Receipt, StatusAnswer, read_answer
from gateway.forwarding.answer_store import Kept, StoredAnswer
from gateway.forwarding.incident import IncidentKind
from gateway.forwarding.queue import PacketQueue
from gateway.forwarding.standing import received
from gateway.trust import TrustAnchors

log = structlog.get_logger(__name__)


class AnswerWay(StrEnum):
    """How an answer came."""

    CENTRE = "centre"
    STICK = "stick"


class Taken(StrEnum):
    """What became of an answer."""

    KEPT = "kept"
    KNOWN = "known"
    REFUSED = "refused"
    """It is none, or not for what it names; an incident says why."""


class StatusBook(Protocol):
    """Who keeps where each enrolment stands; told of each answer at least once."""

    def answered(self, answer: Receipt | StatusAnswer, way: AnswerWay) -> None:
        """A verified answer for this gateway; what was told before changes nothing. What it raises is tried again."""
        ...

    def sent(self, packet_id: str) -> None:
        """The centre has all bytes of a packet, and has not signed for them yet."""
        ...


class AnswerDesk:
    """Takes answers; any thread may call.

    Parameters
    ----------
    queue : PacketQueue
    gateway_id : str
        Whose answers count.
    anchors : callable
        The centres that are believed, asked for each time.
    """

    def __init__(self, queue: PacketQueue, gateway_id: str, anchors: Callable[[], TrustAnchors]) -> None:
        self._queue = queue
        self._gateway_id = gateway_id
        self._anchors = anchors

    def read(self, jws: bytes) -> Receipt | StatusAnswer:
        """An answer for this gateway whose signature holds.

        Raises
        ------
        AnswerInvalid
        """
        answer: Answer = read_answer(jws, self._anchors())
        if isinstance(answer, Announcement):
            raise AnswerInvalid("answer: an announcement stands where a receipt or a status is due")
        if answer.gateway_id != self._gateway_id:
            raise AnswerInvalid(f"answer: for gateway {answer.gateway_id}, and this is {self._gateway_id}")
        return answer

    def take(
        self, jws: bytes, way: AnswerWay, *, move_cursor: bool = False, packet_id: str = "", ledger_id: str = ""
    ) -> Taken:
        """Verify an answer, keep it, and let its packet be received; on return that is on the disk.

        Parameters
        ----------
        jws : bytes
        way : AnswerWay
        move_cursor : bool
            It came in the order of the ledger: go on after it.
        packet_id : str
            The receipt has to be that packet's; empty for any.
        ledger_id : str
            With `move_cursor`: the ledger that was asked. An answer of another one does not move the cursor.

        Raises
        ------
        ForwardingError
            The outbox cannot keep it; it can be taken again.
        """
        try:
            answer = self.read(jws)
        except AnswerInvalid as error:
            return self._refused(IncidentKind.ANSWER_INVALID, packet_id, str(error))
        packet = self._queue.get(answer.packet_id)
        wrong = ""
        if packet_id and (answer.packet_id != packet_id or not isinstance(answer, Receipt)):
            wrong = f"it is of packet {answer.packet_id}"
        elif isinstance(answer, Receipt) and packet is not None:
            notice = packet.notice
            if (answer.sha256, answer.size) != (notice.sha256, notice.size):
                wrong = f"it names {answer.size} bytes with SHA-256 {answer.sha256}"
        cursor = None
        if move_cursor and answer.ledger_id == ledger_id:
            cursor = AnswerCursor(answer.ledger_id, answer.sequence)
        if wrong:
            if cursor is not None:
                # Signed by the centre itself: to ask for it again would bring the same.
                self._queue.answers.move_cursor(cursor)
            return self._refused(IncidentKind.RECEIPT_WRONG, packet_id or answer.packet_id, wrong)
        kind = "receipt" if isinstance(answer, Receipt) else "status"
        stored = StoredAnswer(
            *(answer.ledger_id, answer.sequence, answer.packet_id, kind, way.value, jws),
            hashlib.sha256(jws.split(b".")[1]).hexdigest(),
        )
        step = None
        if isinstance(answer, Receipt) and packet is not None:
            # What came in answer to this very packet is the centre's word of now; so is what its own ledger says.
            current = self._queue.answers.cursor().ledger_id
            confirmed = bool(packet_id) or current in ("", answer.ledger_id)
            step = partial(received, now_s=self._queue.clock(), confirmed=confirmed)
        kept = self._queue.answers.keep(stored, cursor, step)
        if kept is Kept.OTHER:
            detail = f"{answer.ledger_id} {answer.sequence}"
            return self._refused(IncidentKind.ANSWERS_DIFFER, answer.packet_id, detail)
        return Taken.KEPT if kept is Kept.NEW else Taken.KNOWN

    def is_settled(self, place: AnswerCursor, jws: bytes) -> bool:
        """Whether an answer of a place in the ledger is kept and its packet where it leads: nothing follows from it.

        Its signature is not looked at: what is kept says the same and was verified.
        """
        parts = jws.split(b".")
        return len(parts) == 3 and self._queue.answers.is_settled(place, hashlib.sha256(parts[1]).hexdigest())

    def apply(self, book: StatusBook) -> bool:
        """Tell of what was kept and not told yet, in order; whether there was any."""
        answers = self._queue.answers.unapplied()
        for each in answers:
            answer = self._known(each)
            if answer is not None:
                book.answered(answer, AnswerWay(each.way))
        if answers:
            # Together, as each is a flush of the disk: what is told again after a crash changes nothing.
            self._queue.answers.applied(answers)
        return bool(answers)

    def _known(self, stored: StoredAnswer) -> Receipt | StatusAnswer | None:
        try:
            return self.read(stored.jws)
        except AnswerInvalid as error:
            # It held when it was kept: the centre's certificate was taken away since, or the disk changed it.
            self._refused(IncidentKind.ANSWER_INVALID, stored.packet_id, str(error))
            return None

    def _refused(self, kind: IncidentKind, packet_id: str, why: str) -> Taken:
        if self._queue.notes.note(kind, packet_id, why):
            log.error("answer_refused", kind=kind.value, packet=packet_id, why=why)
        return Taken.REFUSED
