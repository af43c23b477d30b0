"""The journal of enrolments, told to the gateway's audit trail; and the head of that trail, for packets."""

import threading
from contextlib import suppress

from gateway.audit import Actor, AuditEvent, AuditFieldError, AuditLog, AuditQuery, PersonTokens, StoredEntry
from gateway.audit import AuditEntry as TrailEntry
from gateway.enrolment.ports import AuditEntry
from gateway.packet import AuditHead


class EnrolmentTrail:
    """Writes what happens to enrolments into the audit trail; an `AuditTrail`, safe in any thread.

    An entry is `enrolment.sealed` and the like, of the object `enrolment`, by the operator whom the client named. Its
    `count` is the number of changes that the enrolment has had: the version that the journal gave it.

    Parameters
    ----------
    trail : AuditLog
    tokens : PersonTokens
    """

    def __init__(self, trail: AuditLog, tokens: PersonTokens) -> None:
        self._trail = trail
        self._tokens = tokens
        self._lock = threading.Lock()
        self._resuming = True
        """What is told may stand there from the run before; entries come in order, so one that does not ends it."""

    def append(self, entry: AuditEntry) -> None:
        """See `AuditTrail`.

        Raises
        ------
        AuditError
            It is not on the disk.
        """
        event = AuditEvent(
            event=entry.action,
            actor=Actor(operator=self._tokens.operator_name(entry.actor)),
            object_kind="enrolment",
            object_id=self._tokens.object_name(entry.enrolment_id),
            count=int(entry.event_id.rpartition("/")[2]),
        )
        with self._lock:
            if self._resuming and self._stands_there(event):
                return
            self._trail.append(event)
            self._resuming = False

    def head(self) -> AuditHead:
        """The end of the trail, signed now: what is sealed with it cannot be taken out of the trail unseen.

        Raises
        ------
        AuditError, KeyProblem
        """
        head = self._trail.sign_head().head
        return AuditHead(head.chain_id, head.sequence, head.digest)

    def _stands_there(self, event: AuditEvent) -> bool:
        query = AuditQuery(event=event.event, object_id=event.object_id)
        found = self._trail.entries(query, newest_first=True)
        return any(_count_of(stored) == event.count for stored in found)


def _count_of(stored: StoredEntry) -> int | None:
    with suppress(AuditFieldError):  # a damaged one is none of ours
        return TrailEntry.from_bytes(stored.body).event.count
    return None
