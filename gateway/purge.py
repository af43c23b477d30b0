"""What a room does that keeps things for a term: erase what is past it, and say what that was."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.guidance import LocalizedText


@dataclass(frozen=True)
class Purged:
    """What one purger erased, or would erase."""

    ids: tuple[str, ...] = ()
    """Ids that the gateway made, never a person's number; empty for what has none."""
    count: int = 0
    """How many things, those without an id among them."""
    bytes: int = 0
    """That they took."""
    remarks: tuple[LocalizedText, ...] = ()
    """What a person should know: what was left and why."""
    complete: bool = True
    """Whether nothing that is past its term is left on the disk; false is told as a failure, and done again."""


class Purger(Protocol):
    """Erases one kind of thing once its term is over; any thread may call, one at a time."""

    @property
    def name(self) -> str:
        """Of the kind, `captures`: a word of a-z and _, at most 30."""
        ...

    @property
    def object_kind(self) -> str:
        """Of `gateway.audit.entry.OBJECT_KINDS`, for what its ids name; empty where it gives no ids."""
        ...

    def purge(self, now: datetime, *, dry_run: bool) -> Purged:
        """Erase what is past its term at `now`, UTC, for good; with `dry_run` only say what that would be."""
        ...


def ids_digest(ids: Iterable[str]) -> str:
    """SHA-256 in hexadecimal over the ids, sorted, each with a line feed: what the audit trail holds of them."""
    return hashlib.sha256("".join(f"{each}\n" for each in sorted(ids)).encode("utf-8")).hexdigest()
