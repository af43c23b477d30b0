"""Which programs hold a device node open."""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


_NAMED = 3
"""So many programs are named in a sentence."""


@dataclass(frozen=True)
class Holder:
    """A program that has a node open."""

    name: str
    process: int


def processes_holding(node: Path, proc: Path = PROC) -> list[Holder]:
    """Each program that has `node` open, this one too, by name; links to the node count as the node.

    Programs of other users show only to root: an empty answer does not say that nobody holds it.
    """
    try:
        wanted = node.stat().st_rdev
    except OSError:
        return []
    found = [
        Holder(_name(process), int(process.name))
        for process in proc.iterdir()
        if process.name.isdecimal() and _holds(process, node, wanted)
    ]
    return sorted(found, key=lambda holder: (holder.name, holder.process))


def holders(node: Path, proc: Path = PROC) -> list[str]:
    """Name and process id of each other program that has `node` open, e.g. `fprintd (731)`."""
    found = processes_holding(node, proc)
    return [f"{holder.name} ({holder.process})" for holder in found if holder.process != os.getpid()]


def named_holders(node: Path, proc: Path = PROC) -> str:
    """The holders for a sentence: `fprintd (731)`, or `another program` where none can be seen."""
    return ", ".join(holders(node, proc)) or "another program"


def holders_in_words(node: Path, proc: Path = PROC) -> str:
    """As `named_holders`, where this program may be the one: `cheese (process 731)`, or `this program itself`."""
    found = processes_holding(node, proc)
    others = [f"{holder.name} (process {holder.process})" for holder in found if holder.process != os.getpid()]
    if others:
        return " or ".join(others[:_NAMED])
    return "this program itself" if found else "another program"


def _holds(process: Path, node: Path, wanted: int) -> bool:
    try:
        for descriptor in (process / "fd").iterdir():
            try:
                status = descriptor.stat()
                same = status.st_rdev == wanted if wanted else descriptor.readlink() == node
            except OSError:  # closed while we looked
                continue
            if same:
                return True
    except OSError:  # another user's, or it has ended
        pass
    return False


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a program"
