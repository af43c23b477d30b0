"""Which programs hold a device node open."""

import os
from pathlib import Path

PROC = Path("/proc")


def holders(node: Path, proc: Path = PROC) -> list[str]:
    """Name and process id of each other program that has `node` open, e.g. `fprintd (731)`.

    Programs of other users show only to root: an empty answer does not say that nobody holds it.
    """
    try:
        wanted = node.stat().st_rdev
    except OSError:
        return []
    found = []
    for process in proc.iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid() and _holds(process, node, wanted):
            found.append(f"{_name(process)} ({process.name})")
    return sorted(found)


def named_holders(node: Path, proc: Path = PROC) -> str:
    """The holders for a sentence: `fprintd (731)`, or `another program` where none can be seen."""
    return ", ".join(holders(node, proc)) or "another program"


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
