"""What all operations on enrolments share: the journal, one lock for each enrolment, the clock and the audit trail."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from weakref import WeakValueDictionary

from gateway.enrolment.errors import EnrolmentError, VersionConflict, WrongState, corrupt
from gateway.enrolment.event import Created, Event
from gateway.enrolment.ports import AuditTrail
from gateway.enrolment.record import Entry, Record, applied, began, replayed
from gateway.enrolment.snapshot import line_of, summary_of
from gateway.enrolment.store import Change, EnrolmentStore
from gateway.enrolment.values import EnrolmentState, EnrolmentSummary
from gateway.guidance import LocalizedText
from gateway.trust import SignedTime

RECORDS_KEPT = 64
_OF_A_SEAL = ("sealing", "sealing_given_up", "sealed")
"""Events that no single request stands for: a change may have to settle somebody else's seal before it is made."""
_ENDED = LocalizedText(id="Perekaman orang ini sudah selesai.", en="The enrolment is over.")
_BEGIN = LocalizedText(
    id="Mulai yang baru, atau buat tambahannya bila sudah tersegel.",
    en="Begin a new one, or supplement it if it was sealed.",
)
_OVER = (EnrolmentState.SEALED, EnrolmentState.ABANDONED)


class Desk:
    """Reads records and changes them, one event after another; any thread may call.

    Parameters
    ----------
    store : EnrolmentStore
    audit : AuditTrail
    clock : callable
        The time, judged.
    boot : callable
        The id of the machine's boot.
    on_change : callable or None
        Told of each change after it is on the disk, in the thread that made it; must not raise.
    """

    def __init__(
        self,
        store: EnrolmentStore,
        audit: AuditTrail,
        clock: Callable[[], SignedTime],
        boot: Callable[[], str],
        on_change: Callable[[EnrolmentSummary], None] | None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.audit_problem: Exception | None = None
        self._audit = audit
        self._boot = boot
        self._on_change = on_change
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._guard = threading.Lock()
        self._locks: WeakValueDictionary[str, _EnrolmentLock] = WeakValueDictionary()
        self._audit_lock = threading.Lock()
        self._asked = threading.local()

    @property
    def request(self) -> str:
        """The request that this thread answers now; empty where it answers none that can come again."""
        return getattr(self._asked, "request", "")

    @contextmanager
    def answering(self, request: str) -> Iterator[None]:
        """What this thread changes in the block is noted, with the change, as the answer to that request."""
        self._asked.request = request
        try:
            yield
        finally:
            self._asked.request = ""

    @contextmanager
    def holding(self, enrolment_id: str) -> Iterator[None]:
        """Nobody else reads to change, or changes, that enrolment in the block."""
        with self._guard:
            lock = self._locks.get(enrolment_id)
            if lock is None:
                lock = self._locks[enrolment_id] = _EnrolmentLock()
        with lock.lock:
            yield

    def record(self, enrolment_id: str, *, keep: bool = True) -> Record:
        """The record of an enrolment that is under way.

        Parameters
        ----------
        keep : bool
            The caller holds the enrolment: kept by one who does not, an older record could replace a newer one.

        Raises
        ------
        EnrolmentUnknown
            There is none.
        WrongState
            It is over.
        StoreCorrupt
        """
        with self._guard:
            known = self._records.get(enrolment_id)
        if known is not None:
            return known
        if self.store.summary(enrolment_id) is not None:
            raise WrongState(_ENDED, _BEGIN)
        try:
            record = replayed(enrolment_id, self.store.entries(enrolment_id))
        except ValueError as error:
            raise corrupt(self.store.path, f"the journal of enrolment {enrolment_id} has a gap: {error}") from error
        if keep:
            self._keep(record)
        return record

    def begin(self, enrolment_id: str, event: Created) -> Record:
        """The first event of an enrolment."""
        record = began(enrolment_id, Entry(1, event, self.clock(), self._boot()))
        self._write(record, {}, {"profile": event.profile.id})
        return record

    def change(
        self,
        record: Record,
        event: Event,
        contents: Mapping[str, bytes] | None = None,
        details: Mapping[str, str] | None = None,
    ) -> Record:
        """Append an event; the caller holds the enrolment. On return it is on the disk."""
        if self.request and event.kind not in _OF_A_SEAL:
            event = event.model_copy(update={"request": self.request})
        after = applied(record, Entry(record.version + 1, event, self.clock(), self._boot()))
        self._write(after, contents or {}, details or {})
        return after

    def tell_audit(self) -> bool:
        """Tell the audit trail what it was not told yet, in order; False where it does not take it now."""
        with self._audit_lock:
            try:
                for number, entry in self.store.unaudited():
                    self._audit.append(entry)
                    self.store.audited(number)
            except Exception as error:
                self.audit_problem = error
                return False
            self.audit_problem = None
            return True

    def _write(self, record: Record, contents: Mapping[str, bytes], details: Mapping[str, str]) -> None:
        over = record.state in _OVER
        line = line_of(record)
        try:
            self.store.append(
                Change(
                    enrolment_id=record.enrolment_id,
                    entry=record.last,
                    line=line,
                    retention_days=record.created.profile.retention_days,
                    sealing=record.intent is not None,
                    contents=contents,
                    summary=summary_of(record) if over else None,
                    captures=tuple(dict.fromkeys((*(e.capture_id for e in record.captures), *record.removed))),
                    details=details,
                )
            )
        except EnrolmentError:
            # What is on the disk is read again: after an error nothing in memory is believed.
            self._forget(record.enrolment_id)
            raise
        if over:
            self._forget(record.enrolment_id)
        else:
            self._keep(record)
        self.tell_audit()
        if self._on_change is not None:
            self._on_change(line)

    def _keep(self, record: Record) -> None:
        with self._guard:
            self._records[record.enrolment_id] = record
            self._records.move_to_end(record.enrolment_id)
            while len(self._records) > RECORDS_KEPT:
                self._records.popitem(last=False)

    def _forget(self, enrolment_id: str) -> None:
        with self._guard:
            self._records.pop(enrolment_id, None)


class _EnrolmentLock:
    """A lock that is gone when nobody holds or awaits it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def check_seen(record: Record, seen: int | None) -> None:
    """Refuse a change that was decided on another version.

    Raises
    ------
    VersionConflict
    """
    if seen is not None and seen != record.version:
        raise VersionConflict(seen, record.version)


def check_open(record: Record) -> None:
    """Refuse a change of an enrolment that is not open.

    Raises
    ------
    WrongState
    """
    if record.state is EnrolmentState.PAUSED:
        raise WrongState(
            LocalizedText(id="Perekaman orang ini sedang ditunda.", en="The enrolment is paused."),
            LocalizedText(id="Lanjutkan dahulu.", en="Resume it first."),
        )
    if record.state is not EnrolmentState.OPEN:
        raise WrongState(_ENDED, _BEGIN)
