"""People whose card is still to be made here: opened, erased by the centre's word, and what needs a person, said."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Self

import structlog

from gateway.card_holders import CardHolderPurger, CardHolders, HolderError
from gateway.card_holders.database import FILE_NAME
from gateway.centre import EnrolmentStatus
from gateway.config import CardSettings
from gateway.enrolment.local_cipher import LocalCipher
from gateway.guidance import LocalizedText
from gateway.ledger import EnrolmentStanding, LedgerError, StandingUnknown
from gateway.purge import Purger
from gateway.trust import KeyPlaces

log = structlog.get_logger(__name__)

KEY_NAME = "card-holders.key"
NO_CARD_ANY_MORE = frozenset(
    {
        EnrolmentStatus.DUPLICATE_RECORD,
        EnrolmentStatus.ENROLL_FAILURE_AT_REGIONAL,
        EnrolmentStatus.ENROLL_FAILURE_AT_CENTRAL,
        EnrolmentStatus.CARD_ISSUED,
    }
)
"""Statuses after which no card is made of this recording: who failed to enrol is recorded again. A search that failed
is done anew, so it ends nothing."""
IN_CLEAR = LocalizedText(
    id="Kunci data kartu tersimpan di komputer ini tanpa kata sandi: siapa pun yang mengambil disknya dapat membaca "
    "pas foto dan sidik jari orang yang kartunya belum dibuat. Tetapkan kata sandi (kredensial rekam-key-passphrase "
    "atau REKAM_KEY_PASSPHRASE) lalu mulai ulang gateway.",
    en="The key of what is kept for cards lies on this computer without a passphrase: whoever takes its disk can read "
    "portraits and fingers of people whose card is not made yet. Set a passphrase (the credential "
    "rekam-key-passphrase or REKAM_KEY_PASSPHRASE) and start the gateway again.",
)


class CardHolderOffice:
    """Made by `open`, ended by `close`; any thread may call."""

    def __init__(
        self,
        holders: CardHolders | None,
        cipher: LocalCipher | None,
        keep: timedelta,
        standing_of: Callable[[str], EnrolmentStanding],
    ) -> None:
        self.holders = holders
        """None: this office makes no cards, and nobody is left from when it did."""
        self.has_card: Callable[[str], bool] = lambda _: False
        """Whether the card of an enrolment was finished here; set by whoever makes cards, and must not raise."""
        self._standing_of = standing_of
        self._cipher = cipher
        self._keep = keep
        self._trouble: LocalizedText | None = None

    @classmethod
    def open(
        cls,
        state: Path,
        settings: CardSettings,
        places: KeyPlaces,
        standing_of: Callable[[str], EnrolmentStanding],
    ) -> Self:
        """Open what is kept in the state folder, whose lock the caller holds.

        Parameters
        ----------
        state : Path
        settings : CardSettings
        places : KeyPlaces
            What the local key is closed with.
        standing_of : callable
            Where an enrolment stands; raises StandingUnknown.

        Raises
        ------
        HolderError, KeyProblem
        """
        keep = timedelta(days=settings.keep_days)
        there = (state / FILE_NAME).exists()
        if not settings.profile and not there:
            return cls(None, None, keep, standing_of)
        cipher = LocalCipher.open(state / "keys", places.passphrase, places.token, needed=there, name=KEY_NAME)
        # Without a profile nobody new is kept; who is there is still erased in time.
        holders = CardHolders.open(state, cipher, settings.enrolments if settings.profile else ())
        if holders.incident is not None:
            log.error("card_holders_incident", cause=holders.incident.cause, remedy=holders.incident.remedy)
        return cls(holders, cipher, keep, standing_of)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        if self.holders is not None:
            self.holders.close()

    def purgers(self) -> tuple[Purger, ...]:
        """What erases here what is past its term."""
        return () if self.holders is None else (CardHolderPurger(self.holders, self._keep, self._settled),)

    def status_changed(self, standing: EnrolmentStanding) -> None:
        """A status moved; called in the thread that did. What fails here is made good by `settle` and the purge."""
        if self.holders is None or standing.status not in NO_CARD_ANY_MORE:
            return
        try:
            forgotten = self.holders.forget(standing.enrolment_id)
        except HolderError as error:
            log.error("card_holder_not_forgotten", enrolment=standing.enrolment_id, cause=error.cause)
            self._trouble = error.words
            return
        if forgotten:
            log.info("card_holder_forgotten", enrolment=standing.enrolment_id, status=standing.status.value)

    def settle(self) -> None:
        """Erase whoever gets no card any more and was not erased when that was said; now and then. Blocking."""
        if self.holders is None:
            return
        try:
            gone = [each for each in self._settled() if self.holders.forget(each)]
        except (HolderError, LedgerError) as error:
            log.error("card_holders_not_settled", kind=type(error).__name__, cause=str(error))
            self._trouble = getattr(error, "words", None) or LocalizedText(id=str(error), en=str(error))
            return
        self._trouble = None
        if gone:
            log.info("card_holders_settled", forgotten=len(gone))

    def warnings(self) -> list[LocalizedText]:
        """What needs a person, now."""
        found = [] if self._cipher is None or self._cipher.warning is None else [IN_CLEAR]
        if self.holders is not None and self.holders.incident is not None:
            found.append(self.holders.incident.words)
        trouble = self._trouble
        if trouble is not None:
            found.append(
                LocalizedText(
                    id=f"Data kartu yang tidak diperlukan lagi belum terhapus, dan dicoba lagi sendiri: {trouble.id}",
                    en="What is kept for cards and not needed any more could not be erased yet, and is tried again by "
                    f"itself: {trouble.en}",
                )
            )
        return found

    def _settled(self) -> list[str]:
        if self.holders is None:
            return []
        found = []
        for enrolment_id in self.holders.enrolment_ids():
            # A power cut may come between the last step of a card and the erasure of what it was made of.
            if self._ended(enrolment_id) or self.has_card(enrolment_id):
                found.append(enrolment_id)
        return found

    def _ended(self, enrolment_id: str) -> bool:
        """By the centre's word."""
        try:
            return self._standing_of(enrolment_id).status in NO_CARD_ANY_MORE
        except StandingUnknown:
            return False
