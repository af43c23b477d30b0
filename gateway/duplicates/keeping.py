"""The keeping of recorded people on the disk: opened, salvaged where damaged, erased for good."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

import structlog

from gateway.duplicates.errors import BookDamaged, BookUnwritable, LocalKeyLocked, from_os
from gateway.duplicates.people import Key
from gateway.duplicates.person_record import (
    ReadPerson,
    RecordUnreadable,
    decode_person,
    encode_person,
    milliseconds,
    open_person,
    person_surroundings,
    seal_person,
)
from gateway.duplicates.store import (
    FILE,
    SET_ASIDE,
    Store,
    StoredPerson,
    StoredSource,
    record_name,
    salvaged_people,
    salvaged_sources,
    set_aside,
)
from gateway.duplicates.values import RecordedPerson
from gateway.sqlite_file import BESIDE, erase_set_aside
from gateway.trust import KeyWrap, open_local_key, rewrap_local_key
from gateway.trust.keys import PASSPHRASE_CREDENTIAL, PASSPHRASE_VARIABLE
from gateway.trust.local_key import PLAIN

KEY_NAME = "duplicates.key"
_KEYS = "keys"

_LOOKED_FOR = 64
"""Of the records that are erased at once, whose bytes are looked for in the files afterwards."""
Answer = TypeVar("Answer")
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class BookIncident:
    """Something happened to the file that the gateway mended by itself.

    Parameters
    ----------
    at : datetime
        UTC.
    path : Path
        The file that it concerns.
    cause, remedy : str
        In plain words.
    """

    at: datetime
    path: Path
    cause: str
    remedy: str


class Keeping:
    """People on the disk, sealed under the local key; used under one lock, which is the caller's."""

    def __init__(self, path: Path, local_key: bytes, on_incident: Callable[[BookIncident], None] | None) -> None:
        self._path = path
        self._local_key = local_key
        self._on_incident = on_incident
        self._store: Store | None = None
        self.incidents: list[BookIncident] = []
        self.unreadable: tuple[str, ...] = ()
        """Why each stored person could not be read."""

    @classmethod
    def open(
        cls,
        directory: Path,
        wraps: Sequence[KeyWrap] | None,
        on_incident: Callable[[BookIncident], None] | None,
    ) -> Self | None:
        """Open what is kept in `directory`; None where nothing is, and nothing may be (`wraps` is None).

        Raises
        ------
        LocalKeyLocked, KeyProblem, BookTooNew, BookFull, BookUnwritable
        """
        path, key_path = directory / FILE, directory / _KEYS / KEY_NAME
        if (directory / KEY_NAME).exists():
            raise _former(directory / KEY_NAME)
        stored = path.exists() and path.stat().st_size > 0
        if wraps is None:
            if stored or key_path.exists():
                raise _no_wrap(directory)
            return None
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = open_local_key(key_path, wraps, needed=stored)
        except OSError as error:
            raise from_os(error, key_path) from error
        if wraps and key.kind == PLAIN:
            raise _in_clear(key_path)
        keeping = cls(path, key.secret, on_incident)
        try:
            keeping._open_store().check()
        except BookDamaged as error:
            keeping._replace(error)
        return keeping

    def people(self) -> list[ReadPerson]:
        """Everybody who can be read; who cannot is told in `unreadable` and stays on the disk."""
        return self._trying(self._people)

    def put(self, people: Sequence[RecordedPerson], source: StoredSource | None = None) -> None:
        """Store people durably, all or none.

        Raises
        ------
        BookFull, BookUnwritable
        """
        rows = [self._sealed(person) for person in people]
        self._trying(lambda: self._open_store().put(rows, () if source is None else (source,)))

    def sources(self) -> list[StoredSource]:
        """The neighbours' lists that were taken in."""
        return self._trying(lambda: self._open_store().sources())

    def older_than(self, gateway_id: str, recorded_before: datetime) -> list[str]:
        """Who of a gateway was recorded before; also those who cannot be read."""
        return self._trying(lambda: self._open_store().older_than(gateway_id, milliseconds(recorded_before)))

    def erase(self, keys: Iterable[Key], sources: Iterable[str] = ()) -> tuple[list[Key], int]:
        """Delete and overwrite people, and prove it.

        Returns
        -------
        list of (str, str)
            Who was there.
        int
            Of how many the sealed bytes were looked for afterwards, in the file and beside it, without a find.

        Raises
        ------
        BookUnwritable
            Something of them is still there.
        """
        wanted, closed = set(keys), set(sources)
        return self._trying(lambda: self._erased(wanted, closed))

    def rewrap(self, wraps: Sequence[KeyWrap]) -> None:
        """Close the local key by the first of these from now on.

        Raises
        ------
        KeyProblem, BookFull, BookUnwritable
            It stays closed as it was.
        """
        path = self._path.parent / _KEYS / KEY_NAME
        try:
            rewrap_local_key(path, self._local_key, wraps)
        except OSError as error:
            raise from_os(error, path) from error

    def erase_set_aside(self, before: datetime) -> tuple[str, ...]:
        """Overwrite and remove damaged files that were set aside before that time; gives their names.

        Raises
        ------
        BookFull, BookUnwritable
        """
        return erase_set_aside(self._path.parent, SET_ASIDE, before, from_os)

    def close(self) -> None:
        """Let go of the file."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _people(self) -> list[ReadPerson]:
        found, unreadable = [], []
        for row in self._open_store().people():
            try:
                found.append(self._read(row))
            except RecordUnreadable as error:
                unreadable.append(f"Enrolment {row.enrolment_id} of gateway {row.gateway_id} cannot be read: {error}.")
        self.unreadable = tuple(unreadable)
        if unreadable:
            log.warning("recorded_people_unreadable", people=len(unreadable), first=unreadable[0])
        return found

    def _read(self, row: StoredPerson) -> ReadPerson:
        read = decode_person(open_person(row.sealed, self._local_key, row.name))
        if (read.person.gateway_id, read.person.enrolment_id) != (row.gateway_id, row.enrolment_id):
            raise RecordUnreadable("it holds somebody else")
        return read

    def _sealed(self, person: RecordedPerson) -> StoredPerson:
        recorded_at_ms = milliseconds(person.recorded_at)
        name = record_name(person.gateway_id, person.enrolment_id, recorded_at_ms)
        content = encode_person(person, person_surroundings(person))
        return StoredPerson(
            person.gateway_id, person.enrolment_id, recorded_at_ms, seal_person(content, self._local_key, name)
        )

    def _erased(self, keys: set[Key], sources: set[str]) -> tuple[list[Key], int]:
        store = self._open_store()
        sealed = []
        for row in store.people():
            if (row.gateway_id, row.enrolment_id) in keys or row.gateway_id in sources:
                sealed.append(row.sealed)
        erased = store.erase(keys, sources)
        store.overwrite_log()
        looked_for = sealed[:_LOOKED_FOR]
        for path in (self._path.with_name(self._path.name + suffix) for suffix in BESIDE):
            try:
                content = path.read_bytes() if path.exists() else b""
            except OSError as error:
                raise from_os(error, path) from error
            if any(part[:32] in content for one in looked_for for part in (one.key, one.content)):
                raise BookUnwritable(
                    f"What was deleted is still in {path}.", "Close whatever else reads that file, and purge again."
                )
        return erased, len(looked_for)

    def _open_store(self) -> Store:
        if self._store is None:
            self._store = Store(self._path)
        return self._store

    def _trying(self, act: Callable[[], Answer]) -> Answer:
        try:
            return act()
        except BookDamaged as error:
            self._replace(error)
            return act()

    def _replace(self, error: BookDamaged) -> None:
        """Set the damaged file aside and begin a new one with whoever can be read out of it."""
        self.close()
        now = datetime.now(UTC)
        aside = set_aside(self._path, f"{now:%Y%m%dT%H%M%SZ}")
        salvaged = []
        for row in salvaged_people(aside):
            with suppress(RecordUnreadable):
                self._read(row)
                salvaged.append(row)
        # A neighbour's people must not outlive their list: it is read out too. Where it cannot be, they count as ended.
        self._open_store().put(salvaged, salvaged_sources(aside))
        incident = BookIncident(
            now,
            aside,
            f"{error.cause} It was set aside as {aside.name}; {len(salvaged)} people were read out of it.",
            "Check the disk. Others who were in it are no longer found: import neighbours' lists again.",
        )
        self.incidents.append(incident)
        if self._on_incident is not None:
            self._on_incident(incident)


def _no_wrap(directory: Path) -> LocalKeyLocked:
    return LocalKeyLocked(
        f"There is a duplicate list in {directory}, and nothing was given that closes its key.",
        f"Give the systemd credential {PASSPHRASE_CREDENTIAL}, set {PASSPHRASE_VARIABLE}, or attach the token.",
    )


def _former(path: Path) -> LocalKeyLocked:
    return LocalKeyLocked(
        f"{path} is the key of a duplicate list in a former form, which this gateway does not open.",
        f"Move it and {path.with_suffix('.sqlite3').name} out of the folder: a new list begins then. "
        "Nothing was changed.",
    )


def _in_clear(path: Path) -> LocalKeyLocked:
    return LocalKeyLocked(
        f"The key of the duplicate list, {path}, lies in clear from a demonstration, and the token that is to close it "
        "is away.",
        "Attach the token: nobody is stored under that key before.",
    )
