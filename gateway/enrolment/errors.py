"""What can go wrong with an enrolment, named after what happened, with the remedy; no message holds a NIK."""

import errno
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from gateway.guidance import LocalizedText
from gateway.sqlite_file import SqliteFault, sqlite_fault


class EnrolmentError(Exception):
    """An enrolment did not do what it was asked; nothing of it was changed.

    Parameters
    ----------
    cause, remedy : str or LocalizedText
        In plain words; the message is both, in English. What an operator can do something about is in both languages.
    """

    reason = "ENROLMENT_FAILED"
    """Of the API's error table."""

    words: LocalizedText | None = None
    """Cause and remedy for the operator; None where there is English alone."""

    def __init__(self, cause: str | LocalizedText, remedy: str | LocalizedText) -> None:
        self.cause = cause if isinstance(cause, str) else cause.en
        self.remedy = remedy if isinstance(remedy, str) else remedy.en
        super().__init__(f"{self.cause} {self.remedy}")
        if isinstance(cause, LocalizedText) and isinstance(remedy, LocalizedText):
            self.words = LocalizedText(id=f"{cause.id} {remedy.id}", en=str(self))


class EnrolmentUnknown(EnrolmentError):
    """There is no enrolment of this id."""

    reason = "ENROLMENT_UNKNOWN"


class ProfileProblem(EnrolmentError):
    """A profile cannot be used; the cause names the file, the line or key, and what is wrong there."""

    reason = "PROFILE_INVALID"


class ProfileUnknown(EnrolmentError):
    """There is no profile of this id."""

    reason = "PROFILE_UNKNOWN"


class ReferenceInvalid(EnrolmentError):
    """A person's reference has not its shape; `fault` says how, and the text never shows it."""

    reason = "REFERENCE_INVALID"

    def __init__(self, fault: str, cause: str, remedy: str) -> None:
        super().__init__(cause, remedy)
        self.fault = fault


class VersionConflict(EnrolmentError):
    """Somebody else changed the enrolment since the caller saw it; `current` is its version now."""

    reason = "VERSION_CONFLICT"

    def __init__(self, seen: int, current: int) -> None:
        super().__init__(
            LocalizedText(
                id=f"Perekaman ini sudah diubah di tempat lain: versi {current}, bukan {seen} lagi.",
                en=f"The enrolment is at version {current}, not {seen} any more.",
            ),
            LocalizedText(
                id="Lihat lagi, dan ulangi perubahannya bila masih perlu.",
                en="Look at it again, and repeat the change if it is still wanted.",
            ),
        )
        self.seen = seen
        self.current = current


class WrongState(EnrolmentError):
    """The enrolment is paused, sealed or abandoned, and the change needs an open one."""

    reason = "ENROLMENT_NOT_OPEN"


class CaptureNotFound(EnrolmentError):
    """No capture of this id is stored, or in this enrolment."""

    reason = "CAPTURE_UNKNOWN"


class CaptureChanged(EnrolmentError):
    """A capture is not what was signed."""

    reason = "CAPTURE_CHANGED"


class CaptureOfAnother(EnrolmentError):
    """A capture names another enrolment, or none."""

    reason = "CAPTURE_OF_ANOTHER_ENROLMENT"


class CaptureUnfit(EnrolmentError):
    """A capture holds nothing that the profile asks for."""

    reason = "CAPTURE_UNFIT"


class PartUnknown(EnrolmentError):
    """The profile asks for no such part."""

    reason = "PART_UNKNOWN"


class ExceptionRefused(EnrolmentError):
    """The profile does not let this part be missing, or not in this way."""

    reason = "EXCEPTION_REFUSED"


class ApprovalRefused(EnrolmentError):
    """There is nothing to approve, or not by this person."""

    reason = "APPROVAL_REFUSED"


class ImageRefused(EnrolmentError):
    """A portrait, a signature or a photo is not an image that can be kept."""

    reason = "IMAGE_REFUSED"


class SupplementRefused(EnrolmentError):
    """Nothing of the enrolment can be supplemented."""

    reason = "SUPPLEMENT_REFUSED"


@dataclass(frozen=True)
class Lack:
    """One thing that stands between an enrolment and its seal."""

    part: str
    code: str
    cause: LocalizedText
    remedy: LocalizedText


class SealingRefused(EnrolmentError):
    """The enrolment is not complete; `lacks` names each thing that is missing."""

    reason = "ENROLMENT_INCOMPLETE"

    def __init__(self, lacks: tuple[Lack, ...]) -> None:
        super().__init__(
            " ".join(lack.cause.en for lack in lacks), " ".join(dict.fromkeys(lack.remedy.en for lack in lacks))
        )
        self.lacks = lacks


class SealingFailed(EnrolmentError):
    """The packet could not be written; the enrolment stays open with all that it holds."""

    reason = "SEALING_FAILED"


class SealingFull(SealingFailed):
    """The packet could not be written as the disk is full."""

    reason = "SPOOL_FULL"


class AuditUnavailable(EnrolmentError):
    """The audit trail does not take entries, and nothing is sealed unaudited."""

    reason = "AUDIT_UNAVAILABLE"


class DuplicatesUnavailable(EnrolmentError):
    """Nobody can be searched for now, or at this gateway."""

    reason = "DUPLICATES_UNAVAILABLE"


class NotComparable(DuplicatesUnavailable):
    """Whether this person was recorded before cannot be told: there is nothing to compare.

    Parameters
    ----------
    words : LocalizedText
        Why; for the operator, and the packet.
    """

    def __init__(self, words: LocalizedText) -> None:
        super().__init__(words.en, "The enrolment is as it was.")
        self.words = words


class StoreFull(EnrolmentError):
    """The disk has no room for the journal."""

    reason = "SPOOL_FULL"


class StoreUnwritable(EnrolmentError):
    """The operating system does not let us write the journal."""

    reason = "STATE_UNWRITABLE"


class StoreCorrupt(EnrolmentError):
    """The journal does not give back what was written into it, or not under this key."""

    reason = "STATE_CORRUPT"


class StoreTooNew(EnrolmentError):
    """A newer version of the gateway made the journal."""

    reason = "STATE_TOO_NEW"


def is_full(error: BaseException) -> bool:
    """Whether an error, or one that led to it, says that a disk is full."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if getattr(seen, "reason", None) in ("SPOOL_FULL", "HOLDERS_FULL"):
            return True
        seen = seen.__cause__
    return False


def from_sqlite(error: sqlite3.Error, path: Path) -> EnrolmentError:
    """Tell the causes of an SQLite error apart; https://www.sqlite.org/rescode.html."""
    match sqlite_fault(error, path):
        case SqliteFault.DAMAGED:
            return corrupt(path, str(error))
        case SqliteFault.FULL:
            return full(path)
        case SqliteFault.UNWRITABLE:
            return unwritable(path, str(error))


def from_os(error: OSError, path: Path) -> EnrolmentError:
    """Tell the causes of an operating system's error apart."""
    return full(path) if is_full(error) else unwritable(path, error.strerror or str(error))


def full(path: Path) -> StoreFull:
    """The disk that holds `path` is full."""
    return StoreFull(
        LocalizedText(id=f"Cakram tempat {path.parent} penuh.", en=f"The disk that holds {path.parent} is full."),
        LocalizedText(
            id="Kosongkan ruang, atau kirim yang menunggu; yang sudah terekam aman, dan perekaman lalu dilanjutkan.",
            en="Free space on it, or send what waits; what was recorded is safe, and the enrolment goes on then.",
        ),
    )


def unwritable(path: Path, why: str) -> StoreUnwritable:
    """`path` cannot be used."""
    return StoreUnwritable(
        LocalizedText(
            id=f"Jurnal perekaman {path} tidak dapat ditulis ({why}).",
            en=f"The journal of enrolments {path} cannot be written: {why}.",
        ),
        LocalizedText(
            id="Beri pengguna gateway hak menulis ke folder itu, pada cakram yang tidak dipasang hanya-baca.",
            en="Give the gateway's user the right to write into that folder, on a disk that is not mounted read-only.",
        ),
    )


def corrupt(path: Path, why: str) -> StoreCorrupt:
    """`path` does not hold what was written into it."""
    return StoreCorrupt(
        LocalizedText(
            id=f"Jurnal perekaman {path} rusak ({why}).", en=f"The journal of enrolments {path} is damaged: {why}."
        ),
        LocalizedText(
            id="Periksa cakram, dan simpan berkas itu untuk pemulihan.",
            en="Check the disk, and keep the file for recovery.",
        ),
    )
