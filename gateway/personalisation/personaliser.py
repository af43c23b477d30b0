"""Cards of a gateway: jobs taken in, personalised at its readers, resumed, invalidated or written off."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from drivers import CardWriter
from gateway.card_profile import CardImage, CardProfile
from gateway.personalisation.attempt import Attempt, Progress, Seal
from gateway.personalisation.chip import chip_serial
from gateway.personalisation.connection import CardSecrets
from gateway.personalisation.errors import (
    JobBusy,
    JobClosed,
    JobForAnotherGateway,
    NothingPending,
    ReaderBusy,
    ReasonInvalid,
)
from gateway.personalisation.invalidation import end_use
from gateway.personalisation.job import TYPE, JobState, PersonalisationJob, read_job
from gateway.personalisation.journal import Journal
from gateway.personalisation.journal_entry import CardRecord, CardStanding, JobRecord
from gateway.personalisation.outcome import PersonalisationOutcome, mark_out_of_use, signed, spoiled
from gateway.personalisation.result import CardOutcome
from gateway.trust import Signer, TrustAnchors, read_signature

DEFAULT_WAIT_S = 60.0
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


class Personaliser:
    """What a gateway does with cards; any thread may call, and calls block while a card is worked on.

    Parameters
    ----------
    journal : Journal
    profiles : callable
        Gives a profile by name and version; LookupError where there is none.
    secrets : callable
        What the chips of a profile are opened with.
    signer : Signer
    seal : callable, optional
        Puts the seal into an image that was taken without it, for the chip whose serial number is given: so no copy of
        a card on another chip is genuine. Without it images come with their seal.
    """

    def __init__(
        self,
        journal: Journal,
        profiles: Callable[[str, int], CardProfile],
        secrets: Callable[[CardProfile], CardSecrets],
        signer: Signer,
        seal: Seal | None = None,
    ) -> None:
        self.journal = journal
        self._profiles, self._secrets, self._signer, self._seal = profiles, secrets, signer, seal
        self._turns = _Turns()

    def take(self, job: PersonalisationJob, image: CardImage) -> JobRecord:
        """Take a job of this office in.

        Raises
        ------
        JobForAnotherGateway, JobExpired, JobReplayed, JobInvalid, ImageUnfit
        KeyProblem, JournalError
        """
        if job.gateway_id != self._signer.gateway_id:
            raise JobForAnotherGateway(
                f"The job is for gateway {job.gateway_id}, and this is {self._signer.gateway_id}.", "Hand it in there."
            )
        job.check_expiry(self.journal.now())
        self.journal.take(job, image, seal_follows=self._seal is not None)
        return self.journal.record(job.job_id)

    def take_signed(self, jws: bytes, image: CardImage, anchors: TrustAnchors) -> JobRecord:
        """Take a job in that a centre signed; `anchors` are of the centres that may ask for cards.

        Raises
        ------
        JobSignatureInvalid, JobForAnotherGateway, JobExpired, JobReplayed, JobInvalid, ImageUnfit
        KeyProblem, JournalError
        """
        job = read_job(jws, anchors, self._signer.gateway_id, self.journal.now())
        self.journal.take(job, image, read_signature(jws, TYPE).key_id, seal_follows=self._seal is not None)
        return self.journal.record(job.job_id)

    def personalise(
        self,
        job_id: str,
        writer: CardWriter,
        cancel: Event,
        *,
        progress: Callable[[Progress], None] = lambda _: None,
        wait_s: float = DEFAULT_WAIT_S,
    ) -> PersonalisationOutcome:
        """Make the job's card, or go on with it where it was interrupted; a job that is done tells so again.

        Parameters
        ----------
        job_id : str
        writer : CardWriter
            Open; of this thread until the call is over.
        cancel : Event
            Heeded until something is written, and in waits; a card that is begun is finished.
        progress : callable
            Told of each step, in this thread; it must not raise.
        wait_s : float
            To wait for a card, at first and whenever it was lost.

        Raises
        ------
        CardPending
            The card waits for this call to be made again, with the same card, or for `invalidate` or `write_off`.
        WrongCard
            So it does, and another card is in the reader.
        JournalError
            The journal could not take a step; what it says is true of the card.
        PersonalisationError, CardSecurityError, DeviceError, KeyProblem, LookupError
            This call wrote nothing: the card that it met is what it was. A job whose card waited before waits still.
        """
        with self._turns.of(job_id, writer):
            record = self.journal.record(job_id)
            if record.state is JobState.DONE:
                return _ended(record)
            attempt = self._attempt(record, writer, cancel, progress, wait_s)
            if record.state.is_clean:
                record.job.check_expiry(self.journal.now())
                self._signer.check_ready(self.journal.now())
            return attempt.run()

    def resume(
        self,
        job_id: str,
        writer: CardWriter,
        cancel: Event,
        *,
        progress: Callable[[Progress], None] = lambda _: None,
        wait_s: float = DEFAULT_WAIT_S,
    ) -> PersonalisationOutcome:
        """Go on with a card that waits; as `personalise`, and refused where none does.

        Raises
        ------
        NothingPending
        """
        self._pending(job_id)
        return self.personalise(job_id, writer, cancel, progress=progress, wait_s=wait_s)

    def invalidate(
        self, job_id: str, writer: CardWriter, cancel: Event, reason: str, *, wait_s: float = DEFAULT_WAIT_S
    ) -> PersonalisationOutcome:
        """Give up a card that waits: put it out of use if it is there, and count it as spoiled.

        Parameters
        ----------
        reason : str
            A code, e.g. `OPERATOR`.

        Raises
        ------
        ReasonInvalid, NothingPending, JobBusy, ReaderBusy, ProfileChanged, JournalError
        """
        _check_reason(reason)
        with self._turns.of(job_id, writer):
            record = self._pending(job_id)
            return self._attempt(record, writer, cancel, lambda _: None, wait_s).give_up(reason)

    def write_off(self, job_id: str, reason: str) -> PersonalisationOutcome:
        """Give up a card that waits and is gone: it is counted as spoiled, and put out of use if it ever comes back.

        Raises
        ------
        ReasonInvalid, NothingPending, JobBusy, JournalError
        """
        _check_reason(reason)
        with self._turns.of(job_id):
            record = self._pending(job_id)
            assert record.card is not None  # the schema keeps a card for every job that waits
            return spoiled(self.journal, self._signer, record, record.card.serial, reason, terminated=False)

    def examine(self, writer: CardWriter, cancel: Event, *, wait_s: float = DEFAULT_WAIT_S) -> CardRecord | None:
        """What is known of the card in a reader; one that was counted as spoiled is put out of use at sight.

        Returns
        -------
        CardRecord or None
            None for a blank, or a card that is not of this gateway.

        Raises
        ------
        ReaderBusy, JournalError, DeviceError, CardSecurityError
        """
        with self._turns.of("", writer):
            writer.await_card(wait_s, cancel)
            with writer.transaction():
                serial = chip_serial(writer.transmit)
            known = self.journal.card(serial)
            if known is None or known.standing is not CardStanding.SPOILED or known.terminated:
                return known
            if end_use(writer, *self._opened_with(known)):
                mark_out_of_use(self.journal, self._signer, known)
            return self.journal.card(serial)

    def _opened_with(self, known: CardRecord) -> tuple[CardProfile | None, CardSecrets | None]:
        """Profile and secrets of a card's job, as far as there are any still."""
        if not known.job_id:
            return None, None
        job = self.journal.record(known.job_id).job
        try:
            profile = self._profiles(job.profile, job.profile_version)
        except LookupError:
            return None, None
        return profile, self._secrets(profile)

    def abandon(self, job_id: str) -> None:
        """Give a job up that has no card that waits, and erase what was to stand on one.

        Raises
        ------
        CardPending, JobUnknown, JobBusy, JournalError
        """
        with self._turns.of(job_id):
            self.journal.abandon(job_id)

    def signed_result(self, serial: str) -> bytes | None:
        """JWS of how a card of a job ended, signed now if the key could not sign then; None for one that did not end.

        Raises
        ------
        KeyProblem, JournalError
        """
        card = self.journal.card(serial)
        if card is None or card.standing is CardStanding.BOUND or not card.job_id:
            return None
        if card.result is not None:
            return card.result
        record = self.journal.record(card.job_id)
        result = signed(
            self.journal,
            self._signer,
            record,
            serial,
            CardOutcome.INVALIDATED,  # a finished card is signed before it is called so
            card.reason,
            terminated=card.terminated,
        )
        self.journal.attach_result(serial, result)
        return result

    def _attempt(
        self,
        record: JobRecord,
        writer: CardWriter,
        cancel: Event,
        progress: Callable[[Progress], None],
        wait_s: float,
    ) -> Attempt:
        if record.closed:
            raise JobClosed(f"Job {record.job.job_id} was given up.", "Ask for a new job.")
        profile = self._profiles(record.job.profile, record.job.profile_version)
        image = self.journal.image(record, profile)
        secrets = self._secrets(profile)
        secrets.keys_for(profile)
        return Attempt(self.journal, writer, record, image, self._seal, secrets, self._signer, cancel, progress, wait_s)

    def _pending(self, job_id: str) -> JobRecord:
        record = self.journal.record(job_id)
        if not record.state.is_pending:
            raise NothingPending(f"Job {job_id} is {record.state}: no card of it waits.", "Nothing has to be done.")
        return record


class _Turns:
    """One job at one reader at a time, and no second one beside either."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: set[str] = set()
        self._readers: dict[int, str] = {}

    @contextmanager
    def of(self, job_id: str, writer: CardWriter | None = None) -> Iterator[None]:
        """Take a turn, or be refused at once.

        Raises
        ------
        JobBusy, ReaderBusy
        """
        reader = None if writer is None else id(writer)
        with self._lock:
            if job_id and job_id in self._jobs:
                raise JobBusy(f"Job {job_id} is being worked on.", "Wait until that is over.")
            if reader in self._readers:
                raise ReaderBusy(
                    f"The reader works on job {self._readers[reader] or 'a card'}.", "Wait, or take another reader."
                )
            self._jobs.add(job_id)
            if reader is not None:
                self._readers[reader] = job_id
        try:
            yield
        finally:
            with self._lock:
                self._jobs.discard(job_id)
                if reader is not None:
                    self._readers.pop(reader, None)


def _check_reason(reason: str) -> None:
    if not _REASON.fullmatch(reason):
        raise ReasonInvalid("A card is given up for a reason that is a code.", "Give one, e.g. CARD_GONE or OPERATOR.")


def _ended(record: JobRecord) -> PersonalisationOutcome:
    card = record.card
    assert card is not None  # a job is done with its card, in one transaction
    return PersonalisationOutcome(record.job.job_id, JobState.DONE, card.serial, "", False, card.result)
