"""Sealing: one packet for one enrolment, whatever is cut when."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from gateway.enrolment.card_holder import keep_for_card
from gateway.enrolment.desk import Desk
from gateway.enrolment.errors import (
    AuditUnavailable,
    DuplicatesUnavailable,
    EnrolmentError,
    NotComparable,
    SealingFailed,
    SealingFull,
    SealingRefused,
    is_full,
)
from gateway.enrolment.event import DuplicatesChecked, Sealed, SealingGivenUp
from gateway.enrolment.packing import packet_parts, packing_of
from gateway.enrolment.part import PARTS
from gateway.enrolment.ports import CaptureEraser, CardHolding, DuplicateSearch, SealedPacket, Sealer
from gateway.enrolment.progress import lacks, progress
from gateway.enrolment.record import Record
from gateway.enrolment.samples import Samples
from gateway.enrolment.snapshot import read_summary
from gateway.enrolment.values import EnrolmentState
from gateway.guidance import LocalizedText


@dataclass(frozen=True)
class Recovery:
    """What a start found.

    Parameters
    ----------
    sealed : tuple of str
        Enrolments whose seal had been cut off, and that are sealed now.
    left : mapping of str to str
        Those that could not be brought to an end, and why; what they hold is safe, and the next attempt goes on.
    finished : tuple of str
        Enrolments that were over, and whose captures were remembered and erased now.
    """

    sealed: tuple[str, ...]
    left: dict[str, str]
    finished: tuple[str, ...]


class PacketSealing:
    """Seals enrolments of a desk; the caller holds the enrolment that it gives."""

    def __init__(
        self,
        desk: Desk,
        samples: Samples,
        sealer: Sealer,
        duplicates: DuplicateSearch | None,
        eraser: CaptureEraser | None,
        card_holders: CardHolding | None = None,
    ) -> None:
        self._desk = desk
        self._samples = samples
        self._sealer = sealer
        self._duplicates = duplicates
        self._eraser = eraser
        self._card_holders = card_holders

    def seal(self, record: Record, operator: str) -> Record:
        """Write the packet and say so; on return the enrolment is sealed, on the disk.

        The journal says "sealing", with all that the packet will hold, before the packet is begun, and "sealed" once
        it is whole. Between the two nothing else is done to the enrolment, so that a second attempt writes the very
        same packet, under the same id.

        Raises
        ------
        SealingRefused
            Something is missing; each is named.
        AuditUnavailable, DuplicatesUnavailable, SealingFull, SealingFailed
            There is no packet; the enrolment stays open.
        StoreFull, StoreUnwritable, StoreCorrupt
            Where the packet was whole already, `recover` or the next call finds it.
        """
        if record.intent is None:
            record = self._begin(record, operator)
        else:
            packet = self._find(record.packet_id)
            if packet is not None:
                return self._end(record, packet)
        if not self._desk.tell_audit():
            problem = self._desk.audit_problem
            self._give_up(record, operator, "the audit trail takes no entry")
            raise AuditUnavailable(
                LocalizedText(
                    id=f"Jejak audit tidak menerima catatan ({problem}).",
                    en=f"The audit trail takes no entry: {problem}.",
                ),
                LocalizedText(
                    id="Perbaiki dahulu; perekaman tetap terbuka dan utuh.",
                    en="Mend it; the enrolment stays open and whole.",
                ),
            ) from problem
        return self._end(record, self._write(record, operator))

    def settle(self, record: Record, actor: str) -> Record | None:
        """Find out how a seal ended of which the journal says nothing, before something else is done.

        Returns
        -------
        Record or None
            Free of a seal that was begun; None where it turned out to be sealed.
        """
        if record.intent is None:
            return record
        packet = self._find(record.packet_id)
        if packet is not None:
            self._end(record, packet)
            return None
        return self._desk.change(record, SealingGivenUp(actor=actor, reason="cut off"))

    def search(self, record: Record, actor: str) -> Record:
        """Search everybody recorded here for this person, and note what was found, or why nobody can be compared."""
        if self._duplicates is None:
            raise DuplicatesUnavailable(
                LocalizedText(
                    id="Gateway ini tidak mencari data ganda.", en="This gateway searches for no duplicates."
                ),
                LocalizedText(id="Pakai profil yang tidak memintanya.", en="Take a profile that does not ask for it."),
            )
        chosen = [
            (best.capture.capture_id, best.units)
            for step in progress(record)
            for best in step.chosen.values()
            if best.capture is not None
        ]
        fingers, eyes = self._samples.of_parts(record.enrolment_id, chosen)
        own = {record.enrolment_id, record.created.supplements}
        try:
            found = self._duplicates.search(fingers, eyes)
        except NotComparable as error:
            event = DuplicatesChecked(actor=actor, hits=(), not_checked=error.words)
            return self._desk.change(record, event, details={"hits": "not checked"})
        except Exception as error:
            raise DuplicatesUnavailable(
                LocalizedText(
                    id=f"Pencarian data ganda tidak dapat dilakukan ({_in_indonesian(error)}).",
                    en=f"Nobody could be searched for: {error}.",
                ),
                LocalizedText(
                    id="Perbaiki penyebabnya lalu cari lagi; perekaman tetap seperti semula.",
                    en="Mend that and search again; the enrolment is as it was.",
                ),
            ) from error
        hits = tuple(hit for hit in found if hit.enrolment_id not in own)
        return self._desk.change(record, DuplicatesChecked(actor=actor, hits=hits), details={"hits": str(len(hits))})

    def finish(self, enrolment_id: str, capture_ids: Iterable[str]) -> None:
        """Remember whom the packet holds, and erase what is no longer needed; a second time does no harm."""
        data = self._desk.store.summary(enrolment_id)
        summary = None if data is None else read_summary(data)
        if summary is not None and summary.state is EnrolmentState.SEALED and self._duplicates is not None:
            kept = [(part.capture_id, PARTS[part.key].units) for part in summary.parts if part.capture_id]
            fingers, eyes = self._samples.of_parts(enrolment_id, kept)
            days = self._desk.store.retention_days(enrolment_id)
            self._duplicates.remember(enrolment_id, fingers, eyes, summary.operator, days)
        if summary is not None and summary.state is EnrolmentState.ABANDONED and self._card_holders is not None:
            self._card_holders.forget(enrolment_id)  # of a seal that came to nothing
        if self._eraser is not None:
            self._eraser.erase(tuple(capture_ids))
        self._samples.forget(enrolment_id)
        self._desk.store.finish(enrolment_id)

    def finish_quietly(self, enrolment_id: str) -> str:
        """`finish`, which the next start tries again where it fails; says why, or nothing."""
        captures = self._desk.store.unfinished().get(enrolment_id)
        if captures is None:
            return ""
        try:
            self.finish(enrolment_id, captures)
        except Exception as error:
            return str(error)
        return ""

    def recover(self) -> Recovery:
        """See `Enrolments.recover`."""
        sealed, left, finished = [], {}, []
        for enrolment_id in self._desk.store.sealing():
            with self._desk.holding(enrolment_id):
                try:
                    if self._desk.store.summary(enrolment_id) is not None:
                        continue  # somebody else settled it in between
                    record = self._desk.record(enrolment_id)
                    if record.intent is not None:
                        self.seal(record, record.intent.actor)
                        sealed.append(enrolment_id)
                except EnrolmentError as error:
                    left[enrolment_id] = str(error)
        for enrolment_id in self._desk.store.unfinished():
            with self._desk.holding(enrolment_id):
                why = self.finish_quietly(enrolment_id)
            if why:
                left[enrolment_id] = why
            else:
                finished.append(enrolment_id)
        self._desk.tell_audit()
        return Recovery(tuple(sealed), left, tuple(finished))

    def _begin(self, record: Record, operator: str) -> Record:
        found = lacks(record)
        if found:
            raise SealingRefused(found)
        asked = record.created.profile.duplicates
        if asked != "none" and not (record.searched is not None and record.searched.current):
            try:
                record = self.search(record, operator)
            except DuplicatesUnavailable:
                # A search that only warns stops nobody; the statement says that there was none.
                if asked == "supervisor":
                    raise
            if found := lacks(record):
                raise SealingRefused(found)
        intent = packing_of(
            record, self._samples.captures, record.packet_id or uuid4().hex, operator, self._desk.clock()
        )
        details = {"packet": intent.statement.packet_id}
        return self._desk.change(record, intent, details=details)

    def _write(self, record: Record, operator: str) -> SealedPacket:
        intent = record.intent
        assert intent is not None
        parts = packet_parts(intent, self._samples.captures, self._desk.store)
        try:
            # The packet closes over what the card will need: that is on the disk first, whatever is cut when.
            if self._card_holders is not None:
                keep_for_card(record, self._card_holders, self._samples, self._desk.store)
            return self._sealer.seal(record.packet_id, intent.statement, parts)
        except Exception as error:
            self._give_up(record, operator, type(error).__name__)
            if is_full(error):
                raise SealingFull(
                    LocalizedText(
                        id="Cakram penuh: paket tidak dapat ditulis.",
                        en="The disk is full: the packet could not be written.",
                    ),
                    LocalizedText(
                        id="Kosongkan ruang lalu segel lagi; perekaman tetap terbuka, tidak ada yang hilang.",
                        en="Free space on it and seal again; the enrolment is open, and nothing of it is lost.",
                    ),
                ) from error
            raise SealingFailed(
                LocalizedText(
                    id=f"Paket tidak dapat ditulis ({_in_indonesian(error)}).",
                    en=f"The packet could not be written: {error}.",
                ),
                LocalizedText(
                    id="Perbaiki penyebabnya lalu segel lagi; perekaman tetap terbuka, tidak ada yang hilang.",
                    en="Mend that and seal again; the enrolment is open, and nothing of it is lost.",
                ),
            ) from error

    def _find(self, packet_id: str) -> SealedPacket | None:
        try:
            return self._sealer.find(packet_id)
        except Exception as error:
            raise SealingFailed(
                LocalizedText(
                    id=f"Tidak dapat dipastikan apakah paket {packet_id} sudah ditulis ({error}).",
                    en=f"Whether packet {packet_id} was written cannot be told: {error}.",
                ),
                LocalizedText(
                    id="Perbaiki penyebabnya lalu segel lagi; perekaman tetap seperti semula.",
                    en="Mend that and seal again; the enrolment is as it was.",
                ),
            ) from error

    def _give_up(self, record: Record, operator: str, reason: str) -> None:
        try:
            self._desk.change(record, SealingGivenUp(actor=operator, reason=reason))
        except EnrolmentError:
            # Not even that can be written: the seal stays begun, and whoever comes next settles it.
            return

    def _end(self, record: Record, packet: SealedPacket) -> Record:
        assert record.intent is not None
        event = Sealed(actor=record.intent.actor, packet_id=packet.packet_id, sha256=packet.sha256, size=packet.size)
        details = {"packet": packet.packet_id, "sha256": packet.sha256}
        after = self._desk.change(record, event, details=details)
        self.finish_quietly(record.enrolment_id)
        return after


def _in_indonesian(error: Exception) -> str:
    """What an error of another room says, in Indonesian where it can."""
    words = getattr(error, "words", None)
    return words.id if isinstance(words, LocalizedText) else str(error)
