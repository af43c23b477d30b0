"""Enrolments as objects of the gateway: begun, filled, looked at from any front end, sealed, supplemented."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from uuid import uuid4

from gateway.enrolment import admission
from gateway.enrolment.desk import Desk, check_open, check_seen
from gateway.enrolment.errors import EnrolmentUnknown, WrongState
from gateway.enrolment.event import (
    Abandoned,
    CaptureRemoved,
    Created,
    ExceptionWithdrawn,
    Paused,
    Resumed,
)
from gateway.enrolment.images import STROKES_TYPE, StrokePoint, checked_image, checked_strokes
from gateway.enrolment.ports import AuditTrail, CaptureEraser, CardHolding, DuplicateSearch, Sealer, StoredCaptures
from gateway.enrolment.profile import Profile, Profiles
from gateway.enrolment.record import Record
from gateway.enrolment.reference import Sex, reference_remarks
from gateway.enrolment.samples import Samples
from gateway.enrolment.sealing import PacketSealing, Recovery
from gateway.enrolment.snapshot import over_snapshot_of, read_summary, snapshot_of
from gateway.enrolment.store import EnrolmentStore
from gateway.enrolment.values import EnrolmentSnapshot, EnrolmentState, EnrolmentSummary, ExceptionReason
from gateway.guidance import LocalizedText
from gateway.trust import SignedTime, TrustAnchors, boot_id, time_now

REPEATED_WITHIN = timedelta(hours=24)
"""For so long an idempotency key stands for one deed; after that the same request begins another enrolment."""


class Enrolments:
    """The enrolments of one gateway; any thread may call, and every method blocks until it is done.

    Each change names the version that its caller saw (`seen`), and is refused with `VersionConflict` where somebody
    else changed the enrolment meanwhile. What was done already is answered with what is there: the same capture added
    again, a sealed enrolment sealed again.

    Parameters
    ----------
    store : EnrolmentStore
    profiles : Profiles
    captures : StoredCaptures
    anchors : callable
        The certificates whose captures are taken, asked for each time.
    sealer : Sealer
    audit : AuditTrail
    duplicates : DuplicateSearch, optional
        Without it nobody is searched for.
    eraser : CaptureEraser, optional
        Without it captures stay in the spool, whose own terms hold for them.
    clock, boot : callable, optional
    on_change : callable, optional
        Told of every change, in the thread that made it; must not raise.
    card_holders : CardHolding, optional
        Without it nothing is kept for a card.
    """

    def __init__(
        self,
        store: EnrolmentStore,
        profiles: Profiles,
        captures: StoredCaptures,
        anchors: Callable[[], TrustAnchors],
        sealer: Sealer,
        audit: AuditTrail,
        duplicates: DuplicateSearch | None = None,
        eraser: CaptureEraser | None = None,
        clock: Callable[[], SignedTime] = time_now,
        boot: Callable[[], str] = boot_id,
        on_change: Callable[[EnrolmentSummary], None] | None = None,
        card_holders: CardHolding | None = None,
    ) -> None:
        self.profiles = profiles
        self._desk = Desk(store, audit, clock, boot, on_change)
        self._samples = Samples(captures, anchors)
        self._sealing = PacketSealing(self._desk, self._samples, sealer, duplicates, eraser, card_holders)

    @property
    def audit_problem(self) -> Exception | None:
        """Why the audit trail lags behind; None where it does not."""
        return self._desk.audit_problem

    def recover(self) -> Recovery:
        """Bring to an end what a crash, a full disk or a neighbour that was away cut off.

        To be called at the start, before anything else; later calls, an hour apart say, do no harm, and finish what
        the duplicate search, the eraser or the audit trail did not take at the time.
        """
        return self._sealing.recover()

    def answering(self, request: str) -> AbstractContextManager[None]:
        """In the block this thread answers a request that may come again: what it changes is noted as done for that.

        A power cut may come between a change and the keeping of its answer. `done` then gives the answer, `create` and
        `supplement` give the enrolment that was begun, and a seal goes on though it raised the version itself.

        Parameters
        ----------
        request : str
            32 hexadecimal digits: a digest of the whole request under a secret key, as it becomes an enrolment's id.
        """
        return self._desk.answering(request)

    def done(self, enrolment_id: str) -> EnrolmentSnapshot | None:
        """The enrolment as it stands, where what this thread answers was done already; None where it was not.

        Raises
        ------
        StoreCorrupt, StoreUnwritable
        """
        try:
            record = self._desk.record(enrolment_id, keep=False)
        except (WrongState, EnrolmentUnknown):
            return None  # over, or never there: who asks is told so by what is asked
        return snapshot_of(record) if self._desk.request in record.requests else None

    def create(
        self,
        profile_id: str,
        operator: str,
        *,
        nik: str = "",
        application_number: str = "",
        birth_date: date | None = None,
        sex: Sex | None = None,
    ) -> EnrolmentSnapshot:
        """Begin an enrolment for one person: a NIK or an application number, as the profile takes.

        A NIK that differs from the birth date or the sex is remarked on, and never refused; neither is kept.

        Raises
        ------
        ProfileUnknown, ProfileProblem, ReferenceInvalid, StoreFull, StoreUnwritable
        """
        profile = self.profiles.get(profile_id)
        reference = admission.reference_of(profile, nik, application_number)
        remarks = reference_remarks(reference, birth_date, sex)
        event = Created(actor=operator, profile=profile, reference=reference, remarks=remarks)
        return self._begun(event)

    def supplement(self, enrolment_id: str, operator: str) -> EnrolmentSnapshot:
        """Begin the enrolment of what a broken device could not give to one that is sealed.

        Its packet names the first one, which says whose it is: the reference itself was erased here.

        Raises
        ------
        EnrolmentUnknown, SupplementRefused, ProfileUnknown
        """
        first = self.get(enrolment_id)
        event = admission.supplement_begun(first, self.profiles.get(first.profile_id), operator)
        return self._begun(event)

    def get(self, enrolment_id: str) -> EnrolmentSnapshot:
        """The whole of an enrolment; of one that is over, its summary.

        Raises
        ------
        EnrolmentUnknown, StoreCorrupt
        """
        try:
            return snapshot_of(self._desk.record(enrolment_id, keep=False))
        except (WrongState, EnrolmentUnknown):
            # Over, or made so in between by another thread.
            summary = self._desk.store.summary(enrolment_id)
            if summary is None:
                raise
            return read_summary(summary)

    def profile(self, enrolment_id: str) -> Profile:
        """The profile of an enrolment that is under way, as it was when it began.

        Raises
        ------
        EnrolmentUnknown, WrongState, StoreCorrupt
        """
        return self._desk.record(enrolment_id, keep=False).created.profile

    def list(
        self, states: Sequence[EnrolmentState] = (), limit: int = 100, before_ms: int = 1 << 62
    ) -> list[EnrolmentSummary]:
        """Enrolments in those states (all without any), the latest first, begun before that millisecond of 1970."""
        return self._desk.store.lines(states, limit, before_ms)

    def add_capture(
        self, enrolment_id: str, capture_id: str, operator: str, seen: int | None = None
    ) -> EnrolmentSnapshot:
        """Add a capture of the spool that was made for this enrolment (its transaction id is the enrolment's id).

        One that was made as a retake of a capture in an open mix-up takes that one's place. Adding the same capture
        again changes nothing. `seen` may be left out: a capture undoes nothing that another front end did.

        Raises
        ------
        EnrolmentUnknown, WrongState, VersionConflict
        CaptureNotFound, CaptureChanged, CaptureOfAnother, CaptureUnfit
        ExceptionRefused
            It says that something is missing that may not be.
        """
        with self._desk.holding(enrolment_id):
            record = self._desk.record(enrolment_id)
            if record.capture(capture_id) is not None:
                return snapshot_of(record)
            record = self._changeable(record, operator, seen)
            event = admission.capture_added(record, self._samples, capture_id, operator)
            return snapshot_of(self._desk.change(record, event, details={"capture": capture_id, "part": event.part}))

    def remove_capture(
        self, enrolment_id: str, capture_id: str, reason: str, operator: str, seen: int
    ) -> EnrolmentSnapshot:
        """Let a capture no longer count; the packet names it as a try that was removed, and why.

        Raises
        ------
        EnrolmentUnknown, WrongState, VersionConflict, CaptureNotFound
        """
        with self._desk.holding(enrolment_id):
            record = self._desk.record(enrolment_id)
            if capture_id in record.removed:
                return snapshot_of(record)
            record = self._changeable(record, operator, seen)
            admission.check_counts(record, capture_id)
            left = [each.capture_id for each in record.captures if each.capture_id != capture_id]
            warnings = self._samples.warnings(enrolment_id, left)
            event = CaptureRemoved(actor=operator, capture_id=capture_id, reason=reason, warnings=warnings)
            return snapshot_of(self._desk.change(record, event, details={"capture": capture_id}))

    def add_exception(
        self,
        enrolment_id: str,
        part: str,
        reason: ExceptionReason,
        operator: str,
        seen: int,
        *,
        approver: str = "",
        detail: str = "",
        photo: bytes | None = None,
    ) -> EnrolmentSnapshot:
        """Say that a part is missing, and why: a finger or an eye, a whole slap, the portrait or the signature.

        Parameters
        ----------
        approver : str
            A supervisor who approves it at once, and is not the operator.
        photo : bytes, optional
            JPEG or PNG.

        Raises
        ------
        EnrolmentUnknown, WrongState, VersionConflict, PartUnknown, ExceptionRefused, ApprovalRefused, ImageRefused
        """
        checked = None if photo is None else checked_image(photo, "photo")
        with self._desk.holding(enrolment_id):
            record = self._changeable(self._desk.record(enrolment_id), operator, seen)
            event = admission.exception_added(record, part, reason, operator, approver, detail, checked)
            contents = {} if checked is None else {f"photo/{event.photo_sha256}": checked.content}
            # The reason may be of the person's health: the audit trail is not told it.
            return snapshot_of(self._desk.change(record, event, contents, {"part": part}))

    def withdraw_exception(self, enrolment_id: str, part: str, operator: str, seen: int) -> EnrolmentSnapshot:
        """A part is not missing after all.

        Raises
        ------
        EnrolmentUnknown, WrongState, VersionConflict, PartUnknown
        """
        with self._desk.holding(enrolment_id):
            record = self._changeable(self._desk.record(enrolment_id), operator, seen)
            units = tuple(unit for unit in admission.known_part(record, part).units if unit in record.missing)
            if not units:
                return snapshot_of(record)
            event = ExceptionWithdrawn(actor=operator, units=units)
            return snapshot_of(self._desk.change(record, event, details={"part": part}))

    def approve(self, enrolment_id: str, part: str, supervisor: str, seen: int) -> EnrolmentSnapshot:
        """Approve what stands at a part now: that it is missing, a mix-up, or quality below its threshold.

        `duplicates` as the part approves the duplicates that were found. What comes later is not covered. Whether the
        caller is a supervisor is for the service to know; here it is checked that it is not the operator.

        Raises
        ------
        EnrolmentUnknown, WrongState, VersionConflict, PartUnknown
        ApprovalRefused
            Nothing of it needs an approval, nobody may give it, or not this person.
        """
        with self._desk.holding(enrolment_id):
            record = self._changeable(self._desk.record(enrolment_id), supervisor, seen)
            event = admission.approved(record, part, supervisor)
            return snapshot_of(self._desk.change(record, event, details={"part": part}))

    def add_portrait(self, enrolment_id: str, image: bytes, operator: str, seen: int) -> EnrolmentSnapshot:
        """Add the portrait, a JPEG or PNG, in the place of an earlier one; its metadata are not kept.

        Raises
        ------
        EnrolmentUnknown, WrongState, VersionConflict, PartUnknown, ImageRefused
        """
        with self._desk.holding(enrolment_id):
            record = self._changeable(self._desk.record(enrolment_id), operator, seen)
            admission.known_part(record, "portrait")
            checked = checked_image(image, "portrait", record.created.profile.least_portrait_px)
            name = "portrait.jpg" if checked.media_type == "image/jpeg" else "portrait.png"
            return self._add_images(record, "portrait", {name: (checked.media_type, checked.content)}, operator)

    def add_signature(
        self,
        enrolment_id: str,
        strokes: Sequence[Sequence[StrokePoint]],
        image: bytes,
        operator: str,
        seen: int,
    ) -> EnrolmentSnapshot:
        """Add the signature, in the place of an earlier one.

        Parameters
        ----------
        strokes : sequence of sequences of StrokePoint
            As the pen moved; none where the pad gives an image alone.
        image : bytes
            JPEG or PNG.

        Raises
        ------
        EnrolmentUnknown, WrongState, VersionConflict, PartUnknown, ImageRefused
        """
        checked = checked_image(image, "signature")
        name = "signature.jpg" if checked.media_type == "image/jpeg" else "signature.png"
        files = {name: (checked.media_type, checked.content)}
        if strokes:
            files["signature.json"] = (STROKES_TYPE, checked_strokes(strokes))
        with self._desk.holding(enrolment_id):
            record = self._changeable(self._desk.record(enrolment_id), operator, seen)
            admission.known_part(record, "signature")
            return self._add_images(record, "signature", files, operator)

    def content(self, enrolment_id: str, name: str) -> bytes:
        """A portrait or signature file as it is kept: `portrait/portrait.jpg`, `signature/signature.json`, ...

        Raises
        ------
        EnrolmentUnknown
            There is no such enrolment under way.
        StoreCorrupt
        """
        return self._desk.store.content(enrolment_id, name)

    def pause(self, enrolment_id: str, reason: str, operator: str, seen: int) -> EnrolmentSnapshot:
        """Put the enrolment aside, for hours or days; nothing but `resume`, `abandon` and `get` is answered then.

        Raises
        ------
        EnrolmentUnknown, WrongState, VersionConflict
        """
        with self._desk.holding(enrolment_id):
            record = self._desk.record(enrolment_id)
            if record.state is EnrolmentState.PAUSED:
                return snapshot_of(record)
            record = self._changeable(record, operator, seen)
            return snapshot_of(self._desk.change(record, Paused(actor=operator, reason=reason)))

    def resume(self, enrolment_id: str, operator: str, seen: int) -> EnrolmentSnapshot:
        """Take a paused enrolment up again; an open one is answered as it is.

        Raises
        ------
        EnrolmentUnknown, WrongState, VersionConflict
        """
        with self._desk.holding(enrolment_id):
            record = self._desk.record(enrolment_id)
            if record.state is EnrolmentState.OPEN:
                return snapshot_of(record)
            check_seen(record, seen)
            return snapshot_of(self._desk.change(record, Resumed(actor=operator)))

    def abandon(self, enrolment_id: str, reason: str, operator: str, seen: int) -> EnrolmentSnapshot:
        """Give the enrolment up and erase its data; that it was, and why, is kept.

        The reason is kept, so it should not name the person.

        Raises
        ------
        EnrolmentUnknown, VersionConflict
        WrongState
            It is sealed.
        """
        with self._desk.holding(enrolment_id):
            before = self.get(enrolment_id)
            if before.state is EnrolmentState.ABANDONED:
                return before
            record = self._desk.record(enrolment_id)
            check_seen(record, seen)
            record = self._settled(record, operator)
            after = self._desk.change(record, Abandoned(actor=operator, reason=reason))
            self._sealing.finish_quietly(enrolment_id)
        return over_snapshot_of(after)

    def check_duplicates(self, enrolment_id: str, operator: str) -> EnrolmentSnapshot:
        """Search everybody recorded here for what was captured so far; see `EnrolmentSnapshot.duplicates`.

        Raises
        ------
        EnrolmentUnknown, WrongState
        DuplicatesUnavailable
            This gateway searches for no duplicates, or cannot now.
        """
        with self._desk.holding(enrolment_id):
            record = self._changeable(self._desk.record(enrolment_id), operator, None)
            return snapshot_of(self._sealing.search(record, operator))

    def seal(self, enrolment_id: str, operator: str, seen: int) -> EnrolmentSnapshot:
        """Seal the enrolment into one packet; one that is sealed already is answered with its packet.

        Raises
        ------
        EnrolmentUnknown, WrongState, VersionConflict
        SealingRefused
            Something is missing; `lacks` names each.
        SealingFull, SealingFailed, AuditUnavailable, DuplicatesUnavailable, StoreFull, StoreUnwritable, StoreCorrupt
            The enrolment stays open with all that it holds.
        """
        with self._desk.holding(enrolment_id):
            before = self.get(enrolment_id)
            if before.state is EnrolmentState.SEALED:
                return before
            record = self._desk.record(enrolment_id)
            check_open(record)
            # A seal that was cut off raised the version without the caller's doing; so did its own search before it.
            own = bool(self._desk.request) and record.last.event.request == self._desk.request
            check_seen(record, None if own or record.intent is not None else seen)
            return over_snapshot_of(self._sealing.seal(record, operator))

    def purge(self, now_ms: int | None = None) -> tuple[str, ...]:
        """Delete what is left of enrolments that ended longer ago than their profile keeps them; gives their ids."""
        now = self._desk.clock().wall.timestamp() * 1000 if now_ms is None else now_ms
        return self._desk.store.purge(int(now))

    def past(self, now_ms: int) -> tuple[str, ...]:
        """Whom `purge` would delete at a time, milliseconds since 1970 UTC."""
        return self._desk.store.past(now_ms)

    def _begun(self, event: Created) -> EnrolmentSnapshot:
        enrolment_id = self._desk.request or uuid4().hex
        with self._desk.holding(enrolment_id):
            try:
                before = self.get(enrolment_id)
            except EnrolmentUnknown:
                return snapshot_of(self._desk.begin(enrolment_id, event))
            if self._desk.clock().wall - before.started.wall < REPEATED_WITHIN:
                return before  # by the same request, whose answer was lost
            return snapshot_of(self._desk.begin(uuid4().hex, event))

    def _changeable(self, record: Record, actor: str, seen: int | None) -> Record:
        check_seen(record, seen)
        check_open(record)
        return self._settled(record, actor)

    def _settled(self, record: Record, actor: str) -> Record:
        settled = self._sealing.settle(record, actor)
        if settled is None:
            raise WrongState(
                LocalizedText(
                    id="Perekaman orang ini ternyata sudah tersegel.", en="The enrolment turned out to be sealed."
                ),
                LocalizedText(id="Lihat lagi.", en="Look at it again."),
            )
        return settled

    def _add_images(
        self, record: Record, part: str, files: dict[str, tuple[str, bytes]], operator: str
    ) -> EnrolmentSnapshot:
        event = admission.images_added(part, files, operator)
        contents = {f"{part}/{name}": content for name, (_, content) in files.items()}
        return snapshot_of(self._desk.change(record, event, contents, {"part": part}))
