"""Rules about where files lie and who may do what with them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from gateway.card_profile.contents import CONTENTS
from gateway.card_profile.finding import Finding, error, warning
from gateway.card_profile.profile import (
    DF_OPERATIONS,
    EF_OPERATIONS,
    Application,
    CardFile,
    CardProfile,
    Condition,
    Operation,
)

MASTER = 0x3F00
RESERVED = (0x0000, MASTER, 0x3FFF, 0xFFFF)
"""ISO/IEC 7816-4:2013, 7.4.2: no file may have these."""
MASTER_FILES = {0x2F00: "pkcs15-dir", 0x2F01: ""}
"""EF.DIR and EF.ATR; nothing else may lie there."""
_ATR_EXPRESSION = re.compile(
    r"(?:(?:[0-9A-F.]|\[\^?(?:[0-9A-F](?:-[0-9A-F])?)+\])(?:[?*+]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})?|\|)+"
)
_OPEN_REPETITION = re.compile(r"[?*+]|\{[0-9]+,[0-9]*\}")
_MOST_REPETITIONS = 4
_RESERVED_REMEDY = ("Pilih nomor lain.", "Choose another.")
_DESTRUCTIVE = (Operation.TERMINATE, Operation.DEACTIVATE, Operation.DELETE, Operation.DELETE_CHILD)
_CHANGES = (Operation.UPDATE, Operation.WRITE, Operation.CREATE_DF, Operation.CREATE_EF)


def names(profile: CardProfile) -> Iterator[Finding]:
    """Each file and each application has a name of its own."""
    for kind, found in (
        ("file", [file.name for file in profile.files]),
        ("application", [each.name for each in profile.applications]),
    ):
        for name, count in Counter(found).items():
            if count > 1:
                yield error(
                    "name-unique",
                    name,
                    (f"Nama ini dipakai {count} kali.", f"{count} have this name of a {kind}."),
                    ("Beri nama lain.", "Give one another name."),
                )


def file_ids(profile: CardProfile) -> Iterator[Finding]:
    """Identifiers are no reserved ones, and unique where they are looked for."""
    directories = Counter(each.fid for each in profile.applications)
    for application in profile.applications:
        if not application.is_master and (application.fid in RESERVED or application.fid in MASTER_FILES):
            yield _reserved(application.name, application.fid)
        if directories[application.fid] > 1:
            yield _taken(application.name, application.fid)
        if not application.files:
            yield error(
                "application-empty",
                application.name,
                ("Aplikasi ini tidak punya berkas.", "It has no file."),
                ("Tambahkan berkas, atau hapus aplikasinya.", "Add one, or take the application away."),
            )
        seen = Counter(file.fid for file in application.files)
        neighbours = set(directories) if application.is_master else {application.fid}
        for file in application.files:
            place = f"{application.name}/{file.name}"
            if file.fid in RESERVED or (
                file.fid in MASTER_FILES and not (application.is_master and MASTER_FILES[file.fid] == file.content)
            ):
                yield _reserved(place, file.fid)
            if seen[file.fid] > 1 or file.fid in neighbours:
                yield _taken(place, file.fid)


def short_ids(profile: CardProfile) -> Iterator[Finding]:
    """Short identifiers are 1 to 30, and unique within an application."""
    for application in profile.applications:
        seen = Counter(file.sfi for file in application.files if file.sfi)
        for file in application.files:
            place = f"{application.name}/{file.name}"
            if not 0 <= file.sfi <= 30:
                yield error(
                    "sfi-range",
                    place,
                    (f"SFI {file.sfi} di luar 1 sampai 30.", f"Short identifier {file.sfi} is not within 1 to 30."),
                    ("Pilih 1 sampai 30, atau 0 tanpa SFI.", "Choose 1 to 30, or 0 for none."),
                )
            elif seen[file.sfi] > 1:
                yield error(
                    "sfi-unique",
                    place,
                    (f"SFI {file.sfi} dipakai dua kali.", f"Short identifier {file.sfi} is taken twice."),
                    _RESERVED_REMEDY,
                )


def application_ids(profile: CardProfile) -> Iterator[Finding]:
    """Names of applications have their length, are unique, and none begins another."""
    named = [each for each in profile.applications if not each.is_master]
    for application in named:
        if not 5 <= len(application.aid) <= 16:
            yield error(
                "aid-length",
                application.name,
                (
                    f"AID berukuran {len(application.aid)} bita.",
                    f"Its AID has {len(application.aid)} bytes.",
                ),
                ("AID berukuran 5 sampai 16 bita.", "An AID has 5 to 16 (ISO/IEC 7816-4, 8.2.1.2)."),
            )
        for other in named:
            if other is application or not other.aid.startswith(application.aid):
                continue
            if other.aid == application.aid:
                yield error(
                    "aid-unique",
                    application.name,
                    (f"AID ini juga milik {other.name}.", f"{other.name} has the same AID."),
                    ("Beri AID lain.", "Give one another."),
                )
            else:
                yield warning(
                    "aid-prefix",
                    application.name,
                    (f"AID {other.name} berawal dengan AID ini.", f"The AID of {other.name} begins with this one."),
                    (
                        "Pembaca yang memilih dengan AID sebagian dapat menemukan yang lain; beri AID lain.",
                        "A reader that selects by a partial name may find the other; give one another.",
                    ),
                )


def master_file(profile: CardProfile) -> Iterator[Finding]:
    """The entry of the master file has no name and no access conditions: the chip brings it along."""
    for application in profile.applications:
        if application.is_master and application.aid:
            yield error(
                "master-aid",
                application.name,
                ("Berkas induk (3F00) tidak punya AID.", "The master file (3F00) has no AID."),
                ("Hapus aid.", "Take aid away."),
            )
        if application.is_master and application.access:
            yield error(
                "master-access",
                application.name,
                (
                    "Berkas induk sudah ada pada chip; syaratnya tidak dapat diatur.",
                    "The master file is on the chip already; its conditions cannot be set.",
                ),
                ("Hapus tabel access.", "Take its table access away."),
            )


def access(profile: CardProfile) -> Iterator[Finding]:
    """Every operation is said of every file, and none lets anybody spoil a card."""
    for application in profile.applications:
        if not application.is_master:
            yield from _directory_access(application)
        for file in application.files:
            yield from _file_access(profile, application, file)
    directories = [each for each in profile.applications if not each.is_master]
    if directories and all(each.access.get(Operation.TERMINATE) is Condition.NEVER for each in directories):
        yield warning(
            "never-terminated",
            "profile",
            ("Tidak ada yang dapat mengakhiri kartu ini.", "Nobody can end this card."),
            (
                "Izinkan terminate lewat channel, agar kartu yang rusak atau dicabut dapat dimatikan.",
                "Allow terminate over the channel, so that a card that was spoiled or withdrawn can be made useless.",
            ),
        )


def capacity(profile: CardProfile) -> Iterator[Finding]:
    """All files, as large as they may be, fit."""
    needed = profile.room(file.limit for file in profile.files)
    if needed > profile.capacity:
        yield error(
            "capacity",
            "profile",
            (
                f"Semua berkas dapat mencapai {needed} bita pada chip, capacity {profile.capacity}.",
                f"All files may take {needed} bytes of the chip, capacity is {profile.capacity}.",
            ),
            ("Kecilkan limit, atau pakai chip yang lebih besar.", "Lower limits, or take a larger chip."),
        )


def answer_to_reset(profile: CardProfile) -> Iterator[Finding]:
    """What chips are taken is said, by an expression that is one."""
    if not profile.atr:
        yield warning(
            "atr-any",
            "profile",
            ("Semua jenis chip diterima.", "Chips of any kind are taken."),
            ("Sebut atr dari chip yang dibeli.", "Say the atr of the chips that were bought."),
        )
        return
    problem = _expression_problem(profile.atr)
    if problem is not None:
        yield error("atr-expression", "profile", problem, ("Betulkan.", "Mend it."))


def _expression_problem(expression: str) -> tuple[str, str] | None:
    """Why an expression is not taken, in Indonesian and English; None for one that is.

    Python's `re` backtracks and cannot be stopped: `((A+)+)+Z` would keep the process busy for years. Without groups,
    and with few repetitions of no fixed number, an answer to reset (at most 66 digits) is decided in milliseconds.
    """
    if not _ATR_EXPRESSION.fullmatch(expression):
        return (
            "atr hanya boleh berisi 0-9, A-F, titik, [...], |, dan sesudahnya ?, *, +, {n}, {n,} atau {n,m}.",
            "atr may hold only 0-9, A-F, a dot, [...], |, and after them ?, *, +, {n}, {n,} or {n,m}.",
        )
    if len(_OPEN_REPETITION.findall(expression)) > _MOST_REPETITIONS:
        return (
            f"atr memuat lebih dari {_MOST_REPETITIONS} pengulangan ?, *, +, {{n,}} atau {{n,m}}.",
            f"atr has more than {_MOST_REPETITIONS} of the repetitions ?, *, +, {{n,}} and {{n,m}}.",
        )
    try:
        re.compile(expression)
    except re.error as problem:
        return f"atr bukan ungkapan reguler: {problem}.", f"atr is no regular expression: {problem}."
    return None


def _directory_access(application: Application) -> Iterator[Finding]:
    yield from _complete(application.name, application.access, DF_OPERATIONS)
    yield from _harmless(application.name, application.access)


def _file_access(profile: CardProfile, application: Application, file: CardFile) -> Iterator[Finding]:
    place = f"{application.name}/{file.name}"
    yield from _complete(place, file.access, EF_OPERATIONS)
    yield from _harmless(place, file.access)
    read, kind = file.access.get(Operation.READ), CONTENTS.get(file.content)
    compared_inside = profile.holder is not None and profile.holder.on_card and file.name in profile.holder.templates
    if read is Condition.NEVER and not compared_inside:
        yield error(
            "never-read",
            place,
            ("Tidak ada yang dapat membaca berkas ini.", "Nobody can read this file."),
            ("Izinkan read.", "Allow read."),
        )
    personal = kind is not None and kind.personal
    if read is Condition.ALWAYS and personal and not file.public:
        yield error(
            "personal-public",
            place,
            ("Semua orang dapat membaca data pribadi ini.", "Everybody can read this personal content."),
            (
                "Batasi read dengan pin atau channel, atau tulis public = true bila memang dimaksud.",
                "Bind read to pin or channel, or write public = true if it is meant.",
            ),
        )
    if file.public and not (read is Condition.ALWAYS and personal):
        yield warning(
            "public-idle",
            place,
            (
                "public = true tidak berarti apa-apa di sini.",
                "public = true says nothing here: it is not personal, or not everybody may read it.",
            ),
            ("Hapus.", "Take it away."),
        )
    if file.access.get(Operation.UPDATE) is Condition.PIN or file.access.get(Operation.WRITE) is Condition.PIN:
        yield warning(
            "holder-changes",
            place,
            ("Pemegang kartu dapat mengubah berkas ini.", "The holder can change this file."),
            ("Segel kartu tidak akan cocok lagi; pakai never.", "The seal will not fit any more; use never."),
        )


def _complete(place: str, said: Mapping[Operation, Condition], operations: tuple[Operation, ...]) -> Iterator[Finding]:
    keys = set(said)
    if absent := [each.value for each in operations if each not in keys]:
        listed = ", ".join(absent)
        yield error(
            "access-complete",
            place,
            (f"Belum disebut siapa yang boleh: {listed}.", f"It is not said who may: {listed}."),
            ("Sebut semuanya, kalau perlu never.", "Say it of each, never where nobody may."),
        )
    if strange := [each.value for each in keys if each not in operations]:
        listed = ", ".join(sorted(strange))
        yield error(
            "access-misplaced",
            place,
            (f"Tidak dapat dilakukan di sini: {listed}.", f"That cannot be done here: {listed}."),
            ("Hapus.", "Take it away."),
        )


def _harmless(place: str, said: Mapping[Operation, Condition]) -> Iterator[Finding]:
    for operation, condition in said.items():
        if condition is Condition.ALWAYS and operation in (*_DESTRUCTIVE, *_CHANGES):
            yield error(
                "anybody-spoils",
                place,
                (f"Semua orang boleh {operation.value}.", f"Everybody may {operation.value}."),
                ("Pakai never atau channel.", "Use never or channel."),
            )


def _reserved(place: str, fid: int) -> Finding:
    return error(
        "file-id-reserved",
        place,
        (f"Nomor berkas {fid:04X} dicadangkan.", f"File identifier {fid:04X} is reserved."),
        _RESERVED_REMEDY,
    )


def _taken(place: str, fid: int) -> Finding:
    return error(
        "file-id-unique",
        place,
        (f"Nomor berkas {fid:04X} sudah dipakai di tempat itu.", f"File identifier {fid:04X} is taken there."),
        _RESERVED_REMEDY,
    )
