"""Why a card was not personalised, named after what happened; no message shows personal data, a key or a PIN."""

import errno
import sqlite3
from pathlib import Path

from gateway.sqlite_file import SqliteFault, sqlite_fault


class PersonalisationError(Exception):
    """A job, a card or the journal did not do what it was asked.

    Parameters
    ----------
    cause, remedy : str
        In plain words; the message is both.
    """

    reason = "PERSONALISATION_FAILED"

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class JobInvalid(PersonalisationError):
    """It is no job, or one that contradicts itself."""

    reason = "JOB_INVALID"


class JobSignatureInvalid(PersonalisationError):
    """Nobody whom this office believes signed the job as it is."""

    reason = "JOB_SIGNATURE_INVALID"


class JobForAnotherGateway(PersonalisationError):
    """The job is addressed to another gateway."""

    reason = "JOB_FOR_ANOTHER_GATEWAY"


class JobExpired(PersonalisationError):
    """The time within which the job may be begun is over."""

    reason = "JOB_EXPIRED"


class JobReplayed(PersonalisationError):
    """A job of this id was taken before."""

    reason = "JOB_REPLAYED"


class JobUnknown(PersonalisationError):
    """No job of this id was ever taken."""

    reason = "JOB_UNKNOWN"


class JobClosed(PersonalisationError):
    """The job was given up, and what was to stand on its card is erased."""

    reason = "JOB_CLOSED"


class JobBusy(PersonalisationError):
    """Another reader works on this job at this moment."""

    reason = "JOB_BUSY"


class ReaderBusy(PersonalisationError):
    """This reader works on another job at this moment."""

    reason = "READER_BUSY"


class ImageUnfit(PersonalisationError):
    """What is to stand on the card does not fit the profile, or is not what the job names."""

    reason = "IMAGE_UNFIT"


class ProfileChanged(PersonalisationError):
    """The profile is not the one with which the job was taken."""

    reason = "PROFILE_CHANGED"


class TestKeysRefused(PersonalisationError):
    """The keys are those that everybody knows."""

    __test__ = False  # no test class, whatever pytest makes of the name
    reason = "TEST_KEYS_REFUSED"


class CardKeysMissing(PersonalisationError):
    """The profile asks for a channel, and there are no keys for it."""

    reason = "CARD_KEYS_MISSING"


class ReasonInvalid(PersonalisationError):
    """A card is given up for a reason that is no code."""

    reason = "REASON_INVALID"


class ChipUnsuited(PersonalisationError):
    """The chip is none of the profile's: another type, without a serial number, or out of use."""

    reason = "CHIP_UNSUITED"


class NoRoom(PersonalisationError):
    """The chip has less free memory than the card needs."""

    reason = "CARD_NO_ROOM"


class AlreadyPersonal(PersonalisationError):
    """The chip holds an application of this profile already, and this gateway did not write it for this job."""

    reason = "CARD_ALREADY_PERSONAL"


class CardOfAnotherJob(PersonalisationError):
    """The card was begun, or finished, for another job."""

    reason = "CARD_OF_ANOTHER_JOB"


class WrongCard(PersonalisationError):
    """The job has a card already, and this is another one."""

    reason = "CARD_WRONG"


class CardBarred(PersonalisationError):
    """The card was counted as spoiled and must not be used again."""

    reason = "CARD_BARRED"


class BlankNotInStock(PersonalisationError):
    """No stock that was brought in has a blank of this serial number."""

    reason = "BLANK_NOT_IN_STOCK"


class PinBlocked(PersonalisationError):
    """The chip's PIN has no tries left."""

    reason = "PIN_BLOCKED"


class PinRefused(PersonalisationError):
    """The chip does not accept the PIN that it is personalised under."""

    reason = "PIN_REFUSED"


class ReadBackDiffers(PersonalisationError):
    """What the card gives back is not what was written."""

    reason = "CARD_READ_BACK_DIFFERS"


class AccessNotHeld(PersonalisationError):
    """The card allows what the profile forbids, or refuses what it allows."""

    reason = "CARD_ACCESS_NOT_HELD"


class CardPending(PersonalisationError):
    """The card is neither finished nor given up: the journal waits for it.

    Parameters
    ----------
    serial : str
        Of the card, hexadecimal.
    why : str
        What interrupted it.
    """

    reason = "CARD_PENDING"

    def __init__(self, serial: str, why: str) -> None:
        super().__init__(
            f"Card {serial} is not finished: {why}",
            "Do not hand it over. Put the same card in and resume the job; if it is gone or broken, write it off.",
        )
        self.serial = serial


class NothingPending(PersonalisationError):
    """The job has no card that could be resumed, invalidated or written off."""

    reason = "NOTHING_PENDING"


class StockRefused(PersonalisationError):
    """Blanks cannot be brought in, spoiled or counted like this."""

    reason = "STOCK_REFUSED"


class JournalError(PersonalisationError):
    """The journal did not take a step; nothing further was sent to the card."""

    reason = "JOURNAL_UNUSABLE"


class JournalFull(JournalError):
    """No further card is begun; what was journalled is safe."""

    reason = "JOURNAL_FULL"


class JournalUnwritable(JournalError):
    """The operating system does not let us write into the state folder."""


class JournalCorrupt(JournalError):
    """What is read back is not what was written."""


class JournalTooNew(JournalError):
    """The file belongs to a newer version; nothing was touched."""


def from_sqlite(error: sqlite3.Error, path: Path) -> JournalError:
    """Tell the causes of an SQLite error apart."""
    match sqlite_fault(error, path):
        case SqliteFault.DAMAGED:
            return corrupt(path, str(error))
        case SqliteFault.FULL:
            return disk_full(path.parent)
        case SqliteFault.UNWRITABLE:
            return unwritable(path, str(error))


def from_os(error: OSError, path: Path) -> JournalError:
    """Tell the causes of an operating system's error apart."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(path.parent)
    return unwritable(path, error.strerror or str(error))


def disk_full(folder: Path) -> JournalFull:
    """The disk below `folder` is full."""
    return JournalFull(f"The disk that holds {folder} is full.", "Free space on it, then resume the card with its job.")


def unwritable(path: Path, why: str) -> JournalUnwritable:
    """`path` cannot be used."""
    return JournalUnwritable(
        f"The journal of cards {path} cannot be written: {why}.",
        "Give the gateway's user the right to write into that folder, on a disk that is not mounted read-only.",
    )


def corrupt(path: Path, why: str) -> JournalCorrupt:
    """`path` does not hold what was written into it."""
    return JournalCorrupt(
        f"The journal of cards {path} is damaged: {why}.",
        "Put it back from a backup, count the blanks, and hand over no card that the journal does not call done.",
    )
