"""What can go wrong with what is kept of people until their card is made, with the remedy."""

import errno
import sqlite3
from pathlib import Path

from gateway.guidance import LocalizedText
from gateway.sqlite_file import SqliteFault, sqlite_fault


class HolderError(Exception):
    """What is kept for cards did not do what it was asked.

    Parameters
    ----------
    cause, remedy : LocalizedText
        In plain words, with nothing of a person in them; the message is both, in English.
    """

    reason = "HOLDERS_UNUSABLE"
    """For programs."""

    def __init__(self, cause: LocalizedText, remedy: LocalizedText) -> None:
        super().__init__(f"{cause.en} {remedy.en}")
        self.cause = cause.en
        self.remedy = remedy.en
        self.words = LocalizedText(id=f"{cause.id} {remedy.id}", en=str(self))
        """Cause and remedy for the operator."""


class HolderUnknown(HolderError):
    """Nothing is kept for a card under that enrolment: it never was, or it is erased."""

    reason = "HOLDER_UNKNOWN"


class HolderUnfit(HolderError):
    """What is kept does not go with the card that is asked for."""

    reason = "HOLDER_UNFIT"


class HoldersFull(HolderError):
    """There is no room on the disk; what is stored is safe."""

    reason = "HOLDERS_FULL"


class HoldersUnwritable(HolderError):
    """The operating system does not let us write into the folder, or what was erased is still there."""


class HoldersDamaged(HolderError):
    """What is read back is not what was written."""


class HoldersTooNew(HolderError):
    """The file belongs to a newer version; nothing was touched."""


def unknown(enrolment_id: str) -> HolderUnknown:
    """Nothing is kept under that id."""
    return HolderUnknown(
        LocalizedText(
            id=f"Untuk perekaman {enrolment_id} tidak ada data kartu yang disimpan di sini.",
            en=f"Nothing is kept here for a card of enrolment {enrolment_id}.",
        ),
        LocalizedText(
            id="Data itu dihapus setelah kartu jadi, bila pusat menolak, atau setelah masa simpannya "
            "(`[card] keep_days`); yang disegel sebelum `[card] profile` diisi tidak pernah disimpan. Bila kartunya "
            "belum ada, rekam orang itu lagi.",
            en="It is erased once the card is made, where the centre refuses, and after its days (`[card] keep_days`); "
            "of who was sealed before `[card] profile` was set nothing was ever kept. If there is no card yet, record "
            "the person again.",
        ),
    )


def unfit_reference() -> HolderUnfit:
    """The number under which the person was recorded does not go onto a card."""
    return HolderUnfit(
        LocalizedText(
            id="Nomor acuan orang itu tidak berbentuk seperti yang dimuat kartu.",
            en="The person's reference does not have a form that a card takes.",
        ),
        LocalizedText(
            id="Kartu memuat 4 sampai 40 huruf besar, angka, / dan -. Ubah `application_pattern` pada profil "
            "perekaman, lalu rekam lagi.",
            en="Cards take 4 to 40 capitals, digits, / and -. Change `application_pattern` of the enrolment profile, "
            "and record the person again.",
        ),
    )


def another_person() -> HolderUnfit:
    """The biodata that were given are of somebody else."""
    return HolderUnfit(
        LocalizedText(
            id="Biodata yang diberikan memuat nomor acuan lain daripada perekaman itu.",
            en="The biodata that were given have another reference than the enrolment.",
        ),
        LocalizedText(id="Berikan biodata orang itu.", en="Give the biodata of that person."),
    )


def from_sqlite(error: sqlite3.Error, path: Path) -> HolderError:
    """Tell the causes of an SQLite error apart."""
    match sqlite_fault(error, path):
        case SqliteFault.DAMAGED:
            return damaged(path, str(error))
        case SqliteFault.FULL:
            return full(path.parent)
        case SqliteFault.UNWRITABLE:
            return unwritable(path, str(error))


def from_os(error: OSError, path: Path) -> HolderError:
    """Tell the causes of an operating system's error apart."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(path.parent)
    return unwritable(path, error.strerror or str(error))


def full(directory: Path) -> HoldersFull:
    """The disk below `directory` is full."""
    return HoldersFull(
        LocalizedText(id=f"Cakram tempat {directory} penuh.", en=f"The disk that holds {directory} is full."),
        LocalizedText(
            id="Kosongkan ruang; data kartu yang sudah tersimpan tetap aman.",
            en="Free space on it; what is kept for cards already is safe.",
        ),
    )


def unwritable(path: Path, why: str) -> HoldersUnwritable:
    """`path` cannot be used."""
    return HoldersUnwritable(
        LocalizedText(
            id=f"Berkas {path} tidak dapat dibaca atau ditulis ({why}).",
            en=f"The file {path} cannot be read or written: {why}.",
        ),
        LocalizedText(
            id="Beri pengguna gateway hak menulis ke folder itu, pada cakram yang tidak dipasang hanya-baca.",
            en="Give the gateway's user the right to write into that folder, on a disk that is not mounted read-only.",
        ),
    )


def still_there(path: Path) -> HoldersUnwritable:
    """What was erased is still in a file."""
    return HoldersUnwritable(
        LocalizedText(id=f"Yang sudah dihapus masih ada dalam {path}.", en=f"What was erased is still in {path}."),
        LocalizedText(
            id="Tutup program lain yang membaca berkas itu, lalu jalankan penghapusan lagi.",
            en="Close whatever else reads that file, and purge again.",
        ),
    )


def damaged(path: Path, why: str) -> HoldersDamaged:
    """`path` does not hold what was written into it."""
    return HoldersDamaged(
        LocalizedText(id=f"Data kartu {path} rusak ({why}).", en=f"What is kept for cards, {path}, is damaged: {why}."),
        LocalizedText(
            id="Periksa cakram. Siapa yang tidak terbaca lagi dan belum punya kartu harus direkam lagi.",
            en="Check the disk. Who cannot be read any more and has no card yet has to be recorded again.",
        ),
    )


def too_new(path: Path, version: int, known: int) -> HoldersTooNew:
    """The file is of a later version."""
    return HoldersTooNew(
        LocalizedText(
            id=f"Data kartu {path} berversi {version}; gateway ini mengenal {known}.",
            en=f"What is kept for cards, {path}, has version {version}; this gateway knows {known}.",
        ),
        LocalizedText(
            id="Jalankan gateway baru yang membuatnya, atau beri gateway ini folder lain.",
            en="Start the newer gateway that made it, or give this one another state folder.",
        ),
    )
