"""One job at one reader: the steps of a card in their order, and what is done when one of them goes wrong.

A card is at every moment one of three: untouched (the job may have another), finished and verified, or waiting in the
journal to be finished or given up. What the card itself holds is looked at anew after every fault: whether the command
under way was carried out is never guessed, and no session is used again.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event

from drivers import (
    CaptureCancelled,
    CardLost,
    CardRefused,
    CardUnusable,
    CardWriter,
    DeviceError,
    DeviceHung,
)
from gateway.card import CardNotTrusted, CardSecurityError, MalformedCardData, PasswordRefused, SessionDead
from gateway.card_profile import CardImage
from gateway.personalisation.activation import activate_card, prove_access
from gateway.personalisation.chip import chip_free, chip_serial
from gateway.personalisation.connection import CardSecrets, Connection, opened_connection
from gateway.personalisation.errors import (
    AccessNotHeld,
    AlreadyPersonal,
    CardBarred,
    CardKeysMissing,
    CardOfAnotherJob,
    CardPending,
    ChipUnsuited,
    ImageUnfit,
    JournalError,
    NoRoom,
    PersonalisationError,
    ReadBackDiffers,
    WrongCard,
)
from gateway.personalisation.invalidation import end_use
from gateway.personalisation.job import JobState
from gateway.personalisation.journal import Journal
from gateway.personalisation.journal_entry import CardRecord, CardStanding, JobRecord
from gateway.personalisation.outcome import PersonalisationOutcome, code_of, mark_out_of_use, signed, spoiled
from gateway.personalisation.plan import PlannedFile, planned
from gateway.personalisation.reading_back import read_back, read_what_is_readable
from gateway.personalisation.result import CardOutcome
from gateway.personalisation.writing import check_blank, erase_torn, write_card
from gateway.trust import KeyProblem, Signer

MOST_INTERRUPTIONS = 3
"""Times that a card may be lost before the job waits for a person; a worn contact is not mended by a tenth try."""
MOST_FAULTS = 2
"""Times that a card may refuse or give back other bytes before it is spoiled: once may be the line's fault."""
_GIVE_UP_WAIT_S = 5.0
_INTERRUPTIONS = (CardLost, CardUnusable, DeviceHung, SessionDead)
_FAULTS = (CardRefused, MalformedCardData, ReadBackDiffers, AccessNotHeld, CardNotTrusted, PasswordRefused)
_TERMINATED = 0x6285

Seal = Callable[[CardImage, bytes], CardImage]
"""Gives an image with the seal in it, for the chip of that serial number."""


@dataclass(frozen=True)
class Progress:
    """How far a card is; steps may go back where a card has to be written again."""

    state: JobState
    detail: str
    """The file, where the step is one file's."""
    step: int
    of: int


class Attempt:
    """One job at one reader; used once, by one thread.

    Parameters
    ----------
    journal : Journal
    writer : CardWriter
        Open.
    record : JobRecord
        The job as it stands.
    image : CardImage
        What is to stand on the card; without its seal where `seal` makes it.
    seal : callable, optional
        Puts the seal into an image, for the chip whose serial number is given.
    secrets : CardSecrets
    signer : Signer
    cancel : Event
        Heeded until the first command that changes the card, and in waits for it; a card that is begun is finished.
    progress : callable
    wait_s : float
        To wait for a card.
    """

    def __init__(
        self,
        journal: Journal,
        writer: CardWriter,
        record: JobRecord,
        image: CardImage,
        seal: Seal | None,
        secrets: CardSecrets,
        signer: Signer,
        cancel: Event,
        progress: Callable[[Progress], None],
        wait_s: float,
    ) -> None:
        self._journal, self._writer, self._record = journal, writer, record
        self._image, self._seal = image, seal
        self._plan = planned(image, seal_follows=seal is not None and record.state.is_clean)
        self._secrets, self._signer = secrets, signer
        self._cancel, self._progress, self._wait_s = cancel, progress, wait_s
        self._job_id = record.job.job_id
        self._state, self._detail = record.state, record.detail
        self._serial = "" if record.card is None else record.card.serial
        self._interruptions = self._faults = 0

    def run(self) -> PersonalisationOutcome:
        """Bring the card to its end.

        Returns
        -------
        PersonalisationOutcome
            The card is done, or spoiled.

        Raises
        ------
        CardPending, WrongCard
            The card waits: it was lost, or something that is no fault of its own stopped it.
        JournalError
            The journal could not take a step; what it says is true of the card.
        Exception
            Any other: nothing was written.
        """
        while True:
            try:
                return self._go_on()
            except (WrongCard, JournalError, CardPending):
                raise
            except Exception as error:
                if self._state.is_clean:
                    self._fail_cleanly(error)
                elif self._spoils(error):
                    return self.give_up(code_of(error))

    def give_up(self, reason: str) -> PersonalisationOutcome:
        """Put the card out of use as far as it can be reached, and count it as spoiled; its serial number is barred."""
        self._to(JobState.INVALIDATING, reason)
        terminated = False
        for _ in range(MOST_FAULTS):
            try:
                terminated = self._put_out_of_use()
                break
            except _INTERRUPTIONS:
                continue
            except JournalError:
                raise
            except (PersonalisationError, CardSecurityError, DeviceError, LookupError):
                break
        return spoiled(self._journal, self._signer, self._record, self._serial, reason, terminated=terminated)

    def _go_on(self) -> PersonalisationOutcome:
        if self._state is JobState.INVALIDATING:
            return self.give_up(self._detail)
        if self._state.is_clean:
            self._forget_card()
            self._to(JobState.CHECKING)
        self._writer.await_card(self._wait_s, self._cancel)
        if self._state.is_clean:
            self._begin()
        else:
            self._recognise()
        if self._state in (JobState.AUTHENTICATING, JobState.WRITING):
            self._write()
            self._to(JobState.READING_BACK)
            self._reconnect()
        with self._authenticated() as connection:
            if self._state is JobState.READING_BACK:
                read_back(connection, self._plan, lambda each: self._tell(each.name))
                self._to(JobState.ACTIVATING)
                lives = {}
            else:
                lives = read_what_is_readable(connection, self._plan)
            activate_card(connection, self._plan, lives)
        self._reconnect()
        with self._writer.transaction():
            prove_access(self._writer.transmit, self._plan, lambda each: self._tell(each.name))
        return self._finish()

    def _forget_card(self) -> None:
        """Let a card go that was bound when the gateway was killed: nothing was written on it."""
        if self._serial:
            self._journal.release(self._job_id, "INTERRUPTED")
            self._serial = ""

    def _begin(self) -> None:
        """Look at a card that is met for the first time, and bind it to the job."""
        self._check_type()
        with self._writer.transaction():
            serial = chip_serial(self._writer.transmit)
        self._check_standing(serial)
        self._journal.stock.check(serial)
        with self._writer.transaction():
            self._check_room()
            try:
                check_blank(self._writer.transmit, self._plan)
            except CardRefused as error:
                if error.sw == _TERMINATED:
                    raise ChipUnsuited(f"Card {serial} is out of use for good.", "Take another blank.") from error
                raise
        self._refuse_cancelled()
        image = self._sealed(serial)
        self._plan = planned(image)
        self._journal.bind(self._job_id, serial, image)
        self._serial = serial
        self._now(JobState.AUTHENTICATING, "")

    def _sealed(self, serial: str) -> CardImage:
        """All that is to stand on this very card."""
        image, name = self._image, self._image.profile.seal
        if self._seal is None or not name or name in image.contents:
            return image
        made = self._seal(image, bytes.fromhex(serial))
        if {each: content for each, content in made.contents.items() if each != name} != dict(image.contents):
            raise ImageUnfit(
                "What was sealed for the chip is not what the job holds.", "Report this: it is a fault here."
            )
        return made

    def _write(self) -> None:
        with self._authenticated() as connection:
            # Told once more, under the keys: a wrong bit in it would bind the job to a card that does not exist.
            if chip_serial(connection.transmit) != self._serial:
                raise CardUnusable("the card tells two serial numbers; put it in again")
            if self._state is JobState.WRITING:
                erase_torn(connection.transmit, self._plan)
            else:
                self._refuse_cancelled()
            write_card(connection, self._plan, self._before_file)

    def _before_file(self, planned: PlannedFile) -> None:
        self._to(JobState.WRITING, planned.name)

    def _recognise(self) -> None:
        """Refuse any card but the job's own."""
        with self._writer.transaction():
            serial = chip_serial(self._writer.transmit)
            if serial != self._serial and serial != chip_serial(self._writer.transmit):
                raise CardUnusable("the card tells two serial numbers; put it in again")
        if serial != self._serial:
            known = self._journal.card(serial)
            if known is not None and known.standing is CardStanding.SPOILED:
                with suppress(CardBarred):  # what is told is that the job waits for another
                    self._bar(known)
            raise WrongCard(
                f"Job {self._job_id} waits for card {self._serial}, and this is card {serial}.",
                "Put that one in; if it is gone, write it off.",
            )

    def _reconnect(self) -> None:
        """A fresh connection to the same card: what was selected, verified and opened is gone."""
        self._writer.reset_card()
        self._recognise()

    @contextmanager
    def _authenticated(self) -> Iterator[Connection]:
        with self._writer.transaction():
            connection = opened_connection(self._writer.transmit, self._plan.profile, self._secrets)
            try:
                yield connection
            finally:
                connection.close()

    def _check_type(self) -> None:
        expected, card = self._plan.profile.atr, self._writer.card
        if card is None:
            raise CardLost("the card was pulled; put it in again")
        if expected and not re.fullmatch(expected, card.atr.hex().upper()):
            raise ChipUnsuited(
                f"The chip answers the reset as none of profile {self._plan.profile.name}'s does.",
                "Take a blank of the right type.",
            )

    def _check_standing(self, serial: str) -> None:
        known = self._journal.card(serial)
        if known is None:
            return
        if known.standing is CardStanding.SPOILED:
            self._bar(known)
        done = known.standing is CardStanding.FINISHED
        raise CardOfAnotherJob(
            f"Card {serial} {'was finished for' if done else 'is in hand for'} job {known.job_id}.",
            "Take a blank." if done else "Resume that job with it, and take a blank for this one.",
        )

    def _bar(self, known: CardRecord) -> None:
        """A spoiled card came back: put it out of use at sight."""
        terminated = known.terminated
        if not terminated:
            # It is barred, whatever it answers, and whether or not the keys are at hand.
            with suppress(CardSecurityError, CardRefused, CardKeysMissing, KeyProblem, LookupError):
                terminated = end_use(self._writer, self._plan.profile, self._secrets)
            if terminated:
                mark_out_of_use(self._journal, self._signer, known)
        raise CardBarred(
            f"Card {known.serial} was counted as spoiled ({known.reason}){' and is out of use' if terminated else ''}.",
            "Destroy it, and take another blank.",
        )

    def _check_room(self) -> None:
        free, needed = chip_free(self._writer.transmit), max(self._plan.profile.capacity, self._plan.size)
        if free is not None and free < needed:
            raise NoRoom(
                f"The chip has {free} bytes free, and the card needs {needed}.", "Take an empty, larger blank."
            )

    def _finish(self) -> PersonalisationOutcome:
        result = signed(self._journal, self._signer, self._record, self._serial, CardOutcome.PERSONALISED)
        self._journal.finish(self._job_id, result)
        self._now(JobState.DONE, "")
        return PersonalisationOutcome(self._job_id, JobState.DONE, self._serial, "", False, result)

    def _fail_cleanly(self, error: Exception) -> None:
        """Go on where the card was only lost; else put down that nothing was written, and raise."""
        bound, self._serial = self._serial, ""
        self._interruptions += 1
        again = isinstance(error, _INTERRUPTIONS) and self._interruptions < MOST_INTERRUPTIONS
        if bound or not again:
            self._journal.release(self._job_id, code_of(error))
            self._now(JobState.FAILED_CLEAN, code_of(error))
        if not again:
            raise error

    def _spoils(self, error: Exception) -> bool:
        """Whether the card is to be given up for this; False for another try, an error for a card that waits."""
        if isinstance(error, AlreadyPersonal):
            return True
        if isinstance(error, _FAULTS):
            self._faults += 1
            if self._faults < MOST_FAULTS:
                return False
            if not isinstance(error, CardNotTrusted | PasswordRefused):
                return True
        if isinstance(error, _INTERRUPTIONS):
            self._interruptions += 1
            if self._interruptions < MOST_INTERRUPTIONS:
                return False
            if isinstance(error, CardUnusable | SessionDead):
                return True
        told = isinstance(error, PersonalisationError | CardSecurityError | DeviceError | KeyProblem)
        # The text of an error that nobody expected might hold what must not be told.
        words = str(error) if told else f"something failed in the gateway ({type(error).__name__})"
        raise CardPending(self._serial, words) from error

    def _put_out_of_use(self) -> bool:
        self._writer.await_card(min(self._wait_s, _GIVE_UP_WAIT_S), self._cancel)
        self._recognise()
        return end_use(self._writer, self._plan.profile, self._secrets)

    def _refuse_cancelled(self) -> None:
        if self._cancel.is_set():
            raise CaptureCancelled("the card was cancelled before anything was written on it")

    def _to(self, state: JobState, detail: str = "") -> None:
        self._journal.step(self._job_id, state, detail)
        self._now(state, detail)

    def _now(self, state: JobState, detail: str) -> None:
        self._state, self._detail = state, detail
        self._tell(detail)

    def _tell(self, detail: str) -> None:
        names = [each.name for each in self._plan.files]
        at, files = (names.index(detail) if detail in names else 0), len(names)
        first = {
            JobState.CHECKING: 1,
            JobState.AUTHENTICATING: 2,
            JobState.WRITING: 3 + at,
            JobState.READING_BACK: 3 + files + at,
            JobState.ACTIVATING: 3 + 2 * files + at,
        }
        of = 3 + 3 * files
        self._progress(Progress(self._state, detail, first.get(self._state, of), of))
