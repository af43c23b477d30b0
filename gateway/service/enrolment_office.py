"""What enrolments need of the gateway, put together; what was cut off brought to an end; what needs a person, said."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Self

import structlog

from gateway.config import EnrolmentSettings
from gateway.duplicates import DuplicateBook, DuplicatesError
from gateway.duplicates.exchange_key import ExchangeKey
from gateway.enrolment import (
    AuditTrail,
    CaptureEraser,
    CardHolding,
    EnrolmentError,
    Enrolments,
    EnrolmentState,
    EnrolmentStore,
    EnrolmentSummary,
    EnrolmentUnknown,
    Profiles,
    SealedPacket,
    SpoolCaptures,
    read_profiles,
)
from gateway.enrolment.database import FILE_NAME
from gateway.enrolment.duplicate_search import BookSearch
from gateway.enrolment.local_cipher import LocalCipher, local_key_wraps
from gateway.enrolment.sealed_packet import FOLDER as PACKETS
from gateway.enrolment.sealed_packet import PacketSealer
from gateway.guidance import LocalizedText
from gateway.packet import AuditHead
from gateway.purge import Purger
from gateway.service.enrolment_purgers import DuplicatePurger, EnrolmentPurger
from gateway.service.enrolment_recipients import Centres, demonstration_centre, read_centres
from gateway.spool import Spool
from gateway.trust import KeyPlaces, KeyProblem, Signer, TrustAnchors, time_now

log = structlog.get_logger(__name__)

_OVER = (EnrolmentState.SEALED, EnrolmentState.ABANDONED)


class EnrolmentOffice:
    """The enrolments of this gateway; made by `open`, ended by `close`; any thread may call."""

    def __init__(
        self,
        store: EnrolmentStore,
        cipher: LocalCipher,
        sealer: PacketSealer,
        centres: Centres,
        profiles: Path | None,
        spool: Spool,
        key: Signer,
        audit: AuditTrail,
        duplicates: BookSearch,
        exchange: ExchangeKey,
        eraser: CaptureEraser,
        changed: Callable[[EnrolmentSummary], None],
        *,
        forgets_received: bool,
        card_holders: CardHolding | None = None,
    ) -> None:
        self._store = store
        self._cipher = cipher
        self._sealer = sealer
        self._centres = centres
        self._folder = profiles
        self._profiles = read_profiles(profiles)
        self._changed = changed
        self._duplicates = duplicates
        self._forgets_received = forgets_received
        self._left: dict[str, str] = {}
        self._trouble = ""
        self.book = duplicates.book
        """Opens the duplicate book, or gives the open one; blocking, and raises DuplicatesError or KeyProblem."""
        self.exchange = exchange
        """What neighbours make their lists for."""
        self.digest = cipher.digest
        """Of such a request; it says nothing to who has the disk alone."""
        self.enrolments = Enrolments(
            store,
            self._profiles,
            SpoolCaptures(spool),
            lambda: TrustAnchors.from_pem(key.trust_bundle().certificates_pem),
            sealer,
            audit,
            duplicates,
            eraser,
            on_change=self._on_change,
            card_holders=card_holders,
        )

    @classmethod
    def open(
        cls,
        state: Path,
        settings: EnrolmentSettings,
        places: KeyPlaces,
        spool: Spool,
        key: Signer,
        audit: AuditTrail,
        audit_head: Callable[[], AuditHead | None],
        eraser: CaptureEraser,
        changed: Callable[[EnrolmentSummary], None],
        *,
        synthetic: bool,
        on_sealed: Callable[[SealedPacket], None] = lambda _: None,
        card_holders: CardHolding | None = None,
    ) -> Self:
        """Open the journal and all that it needs.

        Parameters
        ----------
        state : Path
            The state folder, whose lock the spool holds.
        settings : EnrolmentSettings
        places : KeyPlaces
            What the local key is closed with.
        spool : Spool
        key : Signer
        audit : AuditTrail
        audit_head : callable
            The end of the trail, for each packet.
        eraser : CaptureEraser
            Erases the captures of what was sealed or abandoned.
        changed : callable
            Told of every change, in the thread that made it; must not raise.
        synthetic : bool
            Nobody real is enrolled here: without a centre in the settings, one for the demonstration is made.
        on_sealed : callable, optional
            Told of every new packet, in the thread that sealed it; must not raise.
        card_holders : CardHolding, optional
            Keeps what cards need of whoever is sealed.

        Raises
        ------
        EnrolmentError, KeyProblem, OSError
        """
        demonstrates = synthetic and not settings.recipients
        centres = demonstration_centre(state) if demonstrates else read_centres(settings.recipients)
        # The key is made before the journal: one that is there without it has been lost.
        needed = (state / FILE_NAME).exists()
        cipher = LocalCipher.open(state / "keys", places.passphrase, places.token, needed=needed)
        sealer = PacketSealer.open(
            packets_folder(state, settings), centres.recipients, key, audit_head=audit_head, on_sealed=on_sealed
        )
        # Templates lie on the disk under a closed key alone; those of drawn persons need none.
        wraps = local_key_wraps(places.passphrase, places.token)
        kept = wraps if wraps or synthetic else None
        duplicates = BookSearch(partial(DuplicateBook.open, state, key.gateway_id, kept))
        store = EnrolmentStore.open(state, cipher)
        exchange = ExchangeKey(state / "keys", kept)
        office = cls(
            *(
                store,
                cipher,
                sealer,
                centres,
                settings.profiles,
                spool,
                key,
                audit,
                duplicates,
                exchange,
                eraser,
                changed,
            ),
            forgets_received=settings.duplicates_until == "receipt",
            card_holders=card_holders,
        )
        office._log_what_is_wrong()
        return office

    def close(self) -> None:
        """Let go of the journal and the duplicate book; a second call does nothing."""
        self._duplicates.close()
        self._store.close()

    def purgers(self) -> tuple[Purger, ...]:
        """What erases here what is past its days, in this order: the summaries say whose templates are."""
        duplicates = DuplicatePurger(self._duplicates, self.enrolments, lambda: self._longest)
        return duplicates, EnrolmentPurger(self.enrolments)

    def received(self, enrolment_id: str) -> None:
        """The centre has the packet: the person is found by its own search from now on, and need not be kept here.

        Raises
        ------
        DuplicatesError, KeyProblem, EnrolmentError
            The person is not forgotten; to be asked again.
        """
        if not self._forgets_received:
            return
        left = None
        if self._store.is_ending(enrolment_id):
            # A receipt may be quicker than the end of the seal, which would remember the person after this.
            left = self.enrolments.recover().left.get(enrolment_id)
        if self._duplicates.held([enrolment_id]):
            self.book().forget(enrolment_id)
        if left is not None:
            raise EnrolmentError(f"The seal of enrolment {enrolment_id} has not ended: {left}", "It is tried again.")

    def is_open(self, enrolment_id: str) -> bool:
        """Whether there is such an enrolment, and it is not over."""
        try:
            return self.enrolments.get(enrolment_id).state not in _OVER
        except EnrolmentUnknown:
            return False

    def packet_path(self, packet_id: str) -> Path:
        """Where the packet of an id is, or would be."""
        return self._sealer.path(packet_id)

    def recover(self) -> None:
        """Bring to an end what was cut off; at the start and now and then. Blocking.

        What cannot be ended now stops nothing: it is told by `warnings` and tried again the next time.
        """
        try:
            recovery = self.enrolments.recover()
            self._left = dict(recovery.left)
            self._duplicates.book()  # read before a person waits for it, and what is wrong with it told
        except (EnrolmentError, KeyProblem, DuplicatesError) as error:
            log.error("enrolments_not_recovered", kind=type(error).__name__, cause=error.cause, remedy=error.remedy)
            self._trouble = str(error)
            return
        self._trouble = ""
        if recovery.sealed or recovery.left or recovery.finished:
            log.info(
                "enrolments_recovered",
                sealed=len(recovery.sealed),
                finished=len(recovery.finished),
                left=len(recovery.left),
            )

    def warnings(self) -> list[LocalizedText]:
        """What needs a person, now."""
        found = list(self._centres.warnings(time_now().wall))
        if self._cipher.warning is not None:
            found.append(self._cipher.warning)
        told = [(each.cause, each.remedy) for each in self._store.incidents]
        told += [(each.cause, each.remedy) for each in self._sealer.restarts]
        found += (_same(f"{cause} {remedy}") for cause, remedy in told)
        found += self._duplicates.warnings()
        found += profile_warnings(self._profiles, self._folder)
        found += (
            LocalizedText(
                id=f"Perekaman {enrolment_id} belum dapat diselesaikan, dan dicoba lagi sendiri: {why}",
                en=f"Enrolment {enrolment_id} could not be brought to its end yet, and is tried again by itself: {why}",
            )
            for enrolment_id, why in sorted(self._left.copy().items())
        )
        if self._trouble:
            found.append(
                LocalizedText(
                    id=f"Yang terputus belum dibereskan, dan dicoba lagi sendiri: {self._trouble}",
                    en=f"What was cut off could not be put in order yet, and is tried again by itself: {self._trouble}",
                )
            )
        problem = self.enrolments.audit_problem
        if problem is not None:
            found.append(
                LocalizedText(
                    id=f"Jejak audit tertinggal, dan tidak ada yang disegel sampai itu diperbaiki: {problem}",
                    en=f"The audit trail lags behind, and nothing is sealed until that is mended: {problem}",
                )
            )
        return found

    @property
    def _longest(self) -> timedelta:
        of_profiles = max(profile.retention_days for profile in self._profiles.found.values())
        # What was enrolled by a profile that is gone or was changed keeps its days.
        return timedelta(days=max(of_profiles, self._store.longest_days()))

    def _log_what_is_wrong(self) -> None:
        for name, problem in sorted(self._profiles.problems.items()):
            log.error("profile_unusable", profile=name, cause=problem.cause, remedy=problem.remedy)
        for incident in self._store.incidents:
            log.error("journal_incident", file=incident.path.name, cause=incident.cause, remedy=incident.remedy)
        for restart in self._sealer.restarts:
            log.error("packet_chain_restarted", cause=restart.cause, remedy=restart.remedy)

    def _on_change(self, line: EnrolmentSummary) -> None:
        if line.state in _OVER:
            self._left.pop(line.enrolment_id, None)
        self._changed(line)


def packets_folder(state: Path, settings: EnrolmentSettings) -> Path:
    """Where sealed packets are."""
    return settings.packets or state / PACKETS


def profile_warnings(profiles: Profiles, folder: Path | None) -> list[LocalizedText]:
    """Profile files that cannot be used, and a folder that is not there."""
    found = [
        LocalizedText(id=f"Profil {name} tidak dapat dipakai: {problem}", en=str(problem))
        for name, problem in sorted(profiles.problems.items())
    ]
    if folder is not None and not folder.is_dir():
        found.append(
            LocalizedText(
                id=f"Folder profil {folder} tidak ada; hanya profil bawaan yang dapat dipakai. Perbaiki "
                "[enrolment] profiles.",
                en=f"The folder of profiles {folder} is not there; only those that are shipped can be used. Mend "
                "[enrolment] profiles.",
            )
        )
    return found


def _same(text: str) -> LocalizedText:
    return LocalizedText(id=text, en=text)
