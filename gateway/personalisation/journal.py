"""The journal of cards: every step of every card, durable before it is sent, and whose each card is."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from gateway.card_profile import CardImage, CardProfile
from gateway.personalisation.database import Database
from gateway.personalisation.errors import (
    CardOfAnotherJob,
    CardPending,
    ImageUnfit,
    JobClosed,
    JobReplayed,
    JobUnknown,
    NothingPending,
    ProfileChanged,
    WrongCard,
)
from gateway.personalisation.job import JobState, PersonalisationJob, image_digest, job_bytes, read_job_bytes
from gateway.personalisation.journal_entry import CardRecord, CardStanding, JobRecord, JournalStep
from gateway.personalisation.plan import planned, profile_digest
from gateway.personalisation.sealed_image import Cipher, opened_contents, sealed_contents
from gateway.personalisation.stock import Stock
from gateway.trust import SignedTime, time_now
from gateway.trust.clock import is_plausible

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Journal:
    """Jobs and cards on the disk; any thread may call.

    Parameters
    ----------
    database : Database
    cipher : Cipher
        Under the gateway's local key.
    clock : callable
        Gives the time that entries bear.
    """

    def __init__(self, database: Database, cipher: Cipher, clock: Callable[[], SignedTime] = time_now) -> None:
        self._database, self._cipher, self._clock = database, cipher, clock
        self.stock = Stock(database, clock)
        """The blanks."""

    @classmethod
    def open(cls, folder: Path, cipher: Cipher, clock: Callable[[], SignedTime] = time_now) -> Self:
        """Open the journal in the state folder, whose lock the caller holds; make it where there is none.

        Raises
        ------
        JournalError
        """
        return cls(Database(folder), cipher, clock)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def take(
        self, job: PersonalisationJob, image: CardImage, signed_by: str = "", *, seal_follows: bool = False
    ) -> None:
        """Take a job in, with what is to stand on its card: durable, and encrypted, when this returns.

        With `seal_follows` the seal may be missing, as it is made for the chip; the job's digest is without it then.

        Raises
        ------
        JobReplayed
            A job of this id was taken before, whatever became of it.
        ImageUnfit
            The contents do not fit their profile, or are not those that the job names.
        JobInvalid, KeyProblem, JournalError
        """
        profile, stated = image.profile, (job.profile, job.profile_version)
        planned(image, seal_follows=seal_follows)
        digest = image_digest(profile.name, profile.version, image.contents)
        if stated != (profile.name, profile.version) or digest != job.image_sha256:
            raise ImageUnfit(
                f"What was handed in with job {job.job_id} is not what the job names.",
                "Hand in the contents that the job was made for.",
            )
        sealed = sealed_contents(image.contents, job.job_id, "", self._cipher)
        values = (
            *(job.job_id, job_bytes(job), job.enrolment_id, signed_by, profile_digest(profile)),
            *(JobState.CREATED, "", sealed),
        )
        with self._database.changing() as connection:
            known = connection.execute("SELECT state FROM jobs WHERE job_id = ?", (job.job_id,)).fetchone()
            if known is not None:
                raise JobReplayed(
                    f"Job {job.job_id} was taken before, and is {known[0]}.",
                    "Look at that one; a second card needs a job of its own.",
                )
            connection.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)", values)
            self._note(connection, job.job_id, JobState.CREATED, "", "")

    def record(self, job_id: str) -> JobRecord:
        """A job as it stands.

        Raises
        ------
        JobUnknown, JournalError
        """
        with self._database.reading() as connection:
            row = connection.execute(f"{_JOBS} WHERE job_id = ?", (job_id,)).fetchone()
            if row is None:
                raise _unknown(job_id)
            return _record(row, _cards_of(connection, job_id))

    def records(self) -> tuple[JobRecord, ...]:
        """All jobs, the oldest first."""
        return self._records("TRUE")

    def pending(self) -> tuple[JobRecord, ...]:
        """Jobs whose card waits to be finished or given up: for the operator, after a start."""
        states = [each.value for each in JobState if each.is_pending]
        return self._records(f"state IN ({', '.join('?' * len(states))})", *states)

    def of_enrolment(self, enrolment_id: str) -> tuple[JobRecord, ...]:
        """Jobs for an enrolment, the oldest first: whether its person has a card already."""
        return self._records("enrolment_id = ?", enrolment_id)

    def steps(self, job_id: str) -> tuple[JournalStep, ...]:
        """What was done for a job, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, state, detail, serial, wall_ms, quality FROM steps WHERE job_id = ? ORDER BY number",
                (job_id,),
            ).fetchall()
        return tuple(
            JournalStep(number, JobState(state), detail, serial, _time(wall_ms), quality)
            for number, state, detail, serial, wall_ms, quality in rows
        )

    def card(self, serial: str) -> CardRecord | None:
        """What is known of a card; None for one that was never written for a job, nor spoiled."""
        with self._database.reading() as connection:
            row = connection.execute(f"{_CARDS} WHERE serial = ?", (serial,)).fetchone()
        return None if row is None else _card(row)

    def image(self, record: JobRecord, profile: CardProfile) -> CardImage:
        """What is to stand on the card: on the very card of the job, its seal with it, once it has one.

        Raises
        ------
        ProfileChanged
            The profile is not the one with which the job was taken.
        JobClosed
        JournalCorrupt, KeyProblem, JournalError
        """
        job = record.job
        if profile_digest(profile) != record.profile_sha256:
            raise ProfileChanged(
                f"Profile {job.profile} version {job.profile_version} is not the one with which job {job.job_id} was "
                "taken.",
                "Put that one back: a changed profile needs a new version.",
            )
        with self._database.reading() as connection:
            sealed, sealed_card = connection.execute(
                "SELECT sealed, sealed_card FROM jobs WHERE job_id = ?", (job.job_id,)
            ).fetchone()
        if sealed is None:
            raise _closed(job.job_id)
        if record.state.is_pending and record.card is not None:
            contents = opened_contents(sealed_card, job.job_id, record.card.serial, self._cipher)
        else:
            contents = opened_contents(sealed, job.job_id, "", self._cipher)
        return CardImage(profile, contents)

    def step(self, job_id: str, state: JobState, detail: str = "") -> None:
        """Put down what comes next, durably, before anything of it is sent.

        Raises
        ------
        JobClosed
        """
        with self._database.changing() as connection:
            _check_open(connection, job_id)
            self._move(connection, job_id, state, detail)

    def bind(self, job_id: str, serial: str, image: CardImage) -> None:
        """Make a card the job's, before it is authenticated to, with all that is to stand on this very card.

        Raises
        ------
        CardOfAnotherJob, WrongCard
            It is another job's, or spoiled; or the job has one.
        JobClosed
        """
        sealed = sealed_contents(image.contents, job_id, serial, self._cipher)
        card_sha256 = image_digest(image.profile.name, image.profile.version, image.contents)
        with self._database.changing() as connection:
            _check_open(connection, job_id)
            row = connection.execute("SELECT job_id FROM cards WHERE serial = ?", (serial,)).fetchone()
            if row is not None:
                raise CardOfAnotherJob(f"Card {serial} belongs to job {row[0] or 'none'}.", "Take another blank.")
            bound = connection.execute(
                "SELECT serial FROM cards WHERE job_id = ? AND standing <> 'spoiled'", (job_id,)
            ).fetchone()
            if bound is not None:
                raise WrongCard(f"Job {job_id} has card {bound[0]}.", "Put that one in.")
            connection.execute(
                "INSERT INTO cards (serial, job_id, standing, card_sha256, wall_ms) VALUES (?, ?, 'bound', ?, ?)",
                (serial, job_id, card_sha256, self._now_ms()),
            )
            connection.execute("UPDATE jobs SET sealed_card = ? WHERE job_id = ?", (sealed, job_id))
            self._move(connection, job_id, JobState.AUTHENTICATING, "")

    def release(self, job_id: str, reason: str) -> None:
        """Put down that nothing was written: the card, if there was one, is a blank still.

        Raises
        ------
        CardPending
            Something was.
        """
        with self._database.changing() as connection:
            state, serial = _standing(connection, job_id)
            if not state.is_clean:
                raise CardPending(serial, "it was written to")
            self._move(connection, job_id, JobState.FAILED_CLEAN, reason)
            _unbind(connection, job_id)

    def finish(self, job_id: str, result: bytes) -> None:
        """Put down that the card is done, and erase what was to stand on it, in one step."""
        with self._database.changing() as connection:
            _, serial = _standing(connection, job_id)
            if not serial:
                raise NothingPending(f"Job {job_id} has no card.", "Personalise one.")
            self._move(connection, job_id, JobState.DONE, "")
            connection.execute("UPDATE cards SET standing = 'finished', result = ? WHERE serial = ?", (result, serial))
            _erase(connection, job_id)
        self._database.empty_log()

    def spoil(self, job_id: str, reason: str, *, terminated: bool, result: bytes | None) -> None:
        """Put down that the job's card is spoiled and counted as such; the job may have another."""
        with self._database.changing() as connection:
            state, serial = _standing(connection, job_id)
            if not state.is_pending:
                raise NothingPending(f"Job {job_id} has no card that could be spoiled.", "Nothing has to be done.")
            self._move(connection, job_id, JobState.INVALIDATED, reason)
            connection.execute(
                "UPDATE cards SET standing = 'spoiled', reason = ?, terminated = ?, result = ?, wall_ms = ? "
                "WHERE serial = ?",
                (reason, terminated, result, self._now_ms(), serial),
            )
            _unbind(connection, job_id)

    def put_out_of_use(self, serial: str, result: bytes | None) -> None:
        """Put down that a barred card came back, and its chip knows now that it is spoiled."""
        with self._database.changing() as connection:
            connection.execute(
                "UPDATE cards SET terminated = 1, result = coalesce(?, result) "
                "WHERE serial = ? AND standing = 'spoiled'",
                (result, serial),
            )

    def attach_result(self, serial: str, result: bytes) -> None:
        """Keep the signed result of a card for which the key could not sign at its time."""
        with self._database.changing() as connection:
            connection.execute("UPDATE cards SET result = ? WHERE serial = ?", (result, serial))

    def abandon(self, job_id: str) -> None:
        """Give a job up that has no card, and erase what was to stand on one.

        Raises
        ------
        CardPending
            Its card has to be finished, invalidated or written off before.
        """
        with self._database.changing() as connection:
            state, serial = _standing(connection, job_id)
            if state.is_pending:
                raise CardPending(serial, "its job was to be given up")
            if state is not JobState.DONE:
                self._note(connection, job_id, state, "abandoned", serial)
                _unbind(connection, job_id)
            _erase(connection, job_id)
        self._database.empty_log()

    def expired(self, now: datetime) -> tuple[str, ...]:
        """Ids of the jobs that nobody may begin any more at `now`, UTC, but those with a card that waits."""
        return tuple(
            each.job.job_id
            for each in self._records("closed = 0")
            if each.state.is_clean and is_plausible(now) and now >= each.job.expires
        )

    def now(self) -> SignedTime:
        """The time, by the clock that entries bear."""
        return self._clock()

    def _records(self, condition: str, *values: str) -> tuple[JobRecord, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(f"{_JOBS} WHERE {condition} ORDER BY rowid", values).fetchall()
            return tuple(_record(row, _cards_of(connection, row[0])) for row in rows)

    def _move(self, connection: sqlite3.Connection, job_id: str, state: JobState, detail: str) -> None:
        _, serial = _standing(connection, job_id)
        connection.execute("UPDATE jobs SET state = ?, detail = ? WHERE job_id = ?", (state, detail, job_id))
        self._note(connection, job_id, state, detail, serial)

    def _note(self, connection: sqlite3.Connection, job_id: str, state: JobState, detail: str, serial: str) -> None:
        now = self._clock()
        connection.execute(
            "INSERT INTO steps (job_id, state, detail, serial, wall_ms, since_boot_ms, quality) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (job_id, state, detail, serial, _ms(now.wall), round(now.since_boot_s * 1000), now.quality),
        )

    def _now_ms(self) -> int:
        return _ms(self._clock().wall)


_JOBS = "SELECT job_id, job, signed_by, state, detail, profile_sha256, closed FROM jobs"
_CARDS = "SELECT serial, job_id, standing, reason, terminated, card_sha256, result, wall_ms FROM cards"


def _standing(connection: sqlite3.Connection, job_id: str) -> tuple[JobState, str]:
    """A job's state, and the serial number of its card that is not spoiled; empty where it has none."""
    row = connection.execute("SELECT state FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
    if row is None:
        raise _unknown(job_id)
    card = connection.execute(
        "SELECT serial FROM cards WHERE job_id = ? AND standing <> 'spoiled'", (job_id,)
    ).fetchone()
    return JobState(row[0]), "" if card is None else card[0]


def _check_open(connection: sqlite3.Connection, job_id: str) -> None:
    """Refuse a job that was given up, within the transaction that would go on with it."""
    if connection.execute("SELECT 1 FROM jobs WHERE job_id = ? AND closed = 1", (job_id,)).fetchone() is not None:
        raise _closed(job_id)


def _cards_of(connection: sqlite3.Connection, job_id: str) -> tuple[CardRecord, ...]:
    rows = connection.execute(f"{_CARDS} WHERE job_id = ? ORDER BY rowid", (job_id,)).fetchall()
    return tuple(map(_card, rows))


def _record(row: tuple[str, bytes, str, str, str, str, int], cards: tuple[CardRecord, ...]) -> JobRecord:
    _, job, signed_by, state, detail, profile_sha256, closed = row
    return JobRecord(read_job_bytes(job), signed_by, JobState(state), detail, profile_sha256, bool(closed), cards)


def _card(row: tuple[str, str | None, str, str, int, str, bytes | None, int]) -> CardRecord:
    serial, job_id, standing, reason, terminated, card_sha256, result, wall_ms = row
    return CardRecord(
        serial, job_id or "", CardStanding(standing), reason, bool(terminated), card_sha256, result, _time(wall_ms)
    )


def _unbind(connection: sqlite3.Connection, job_id: str) -> None:
    """Part a job from its blank, and erase what was made for that very one."""
    connection.execute("DELETE FROM cards WHERE job_id = ? AND standing = 'bound'", (job_id,))
    connection.execute("UPDATE jobs SET sealed_card = NULL WHERE job_id = ?", (job_id,))


def _erase(connection: sqlite3.Connection, job_id: str) -> None:
    connection.execute("UPDATE jobs SET sealed = NULL, sealed_card = NULL, closed = 1 WHERE job_id = ?", (job_id,))


def _unknown(job_id: str) -> JobUnknown:
    return JobUnknown(f"There is no job {job_id}.", "Hand it in before.")


def _closed(job_id: str) -> JobClosed:
    return JobClosed(f"Job {job_id} is closed, and what was to stand on its card is erased.", "Ask for a new job.")


def _ms(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)


def _time(value: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=value)
