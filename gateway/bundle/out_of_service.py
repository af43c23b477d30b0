"""Marks in a state folder that keep a gateway from being started there: it went on elsewhere, or is being put here."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.bundle.errors import GatewayRetired, from_os
from gateway.durable_file import flush_folder, write_durably

RETIRED_FILE = "retired.json"
IMPORTING_FILE = "importing.json"
MOVED_FILE = "moved.json"
_VERSION = 1


@dataclass(frozen=True)
class Mark:
    """Of a move; what stands in each of the files."""

    move_id: str
    """16 hexadecimal digits: the copy that was made."""
    import_id: str
    """The same, of one import of it; empty before."""
    at: str
    """RFC 3339, by the clock of the machine that wrote it."""
    why: str
    """`moved`: exported for another machine; `restored`: it goes on elsewhere from its mirror."""


def read_mark(path: Path) -> Mark | None:
    """The mark in a file; None where there is none.

    One that cannot be read counts all the same, with nothing known of it: it was put there for a reason.

    Raises
    ------
    MediumGone, MediumUnwritable
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise from_os(error, path.parent) from error
    try:
        value = json.loads(content)
        if value.pop("version") != _VERSION or not all(isinstance(each, str) for each in value.values()):
            return Mark("", "", "", "")
        return Mark(**value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Mark("", "", "", "")


def write_mark(path: Path, mark: Mark) -> None:
    """Put a mark on the disk.

    Raises
    ------
    MediumGone, MediumFull, MediumUnwritable
    """
    try:
        write_durably(path, (json.dumps({"version": _VERSION, **asdict(mark)}, indent=1) + "\n").encode())
    except OSError as error:
        raise from_os(error, path.parent) from error


def remove_mark(path: Path) -> None:
    """Take a mark away, for good once this returns."""
    try:
        path.unlink(missing_ok=True)
        flush_folder(path.parent)
    except OSError as error:
        raise from_os(error, path.parent) from error


def refuse_out_of_service(state: Path) -> None:
    """Keep a gateway from going on where it must not.

    Raises
    ------
    GatewayRetired
        It was moved, or is only half here. Says what to do.
    """
    if not state.is_dir():
        return  # nothing was ever here; what is wrong with the place is for whoever opens it
    retired = read_mark(state / RETIRED_FILE)
    if retired is not None:
        raise GatewayRetired(
            f"Gateway ini dipindahkan ke komputer lain ({retired.at or 'waktu tidak terbaca'}) dan tidak boleh "
            "berjalan di dua tempat. Pakai komputer yang baru. Hanya jika salinannya tidak pernah dan tidak akan "
            "diimpor: rekam spool reinstate",
            f"This gateway was moved to another machine ({retired.at or 'time not readable'}), and must not go on in "
            "two places. Use the new one. Only if its copy was never imported, and never will be, run: "
            "rekam spool reinstate",
        )
    if read_mark(state / IMPORTING_FILE) is not None:
        raise GatewayRetired(
            "Pemindahan gateway ke sini belum selesai. Ulangi `rekam spool import` dengan media yang sama.",
            "A gateway is being moved to here, and not all of it is here yet. Run `rekam spool import` again with the "
            "same medium.",
        )
