"""A mirror of what waits on a second medium: packets as they are sealed, databases now and then, all read back.

It never stops the office: a medium that is away or full is told, and made good once it is back. Nothing lies on it
that is not encrypted already; keys go there only if a passphrase or a token closes them.
"""

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import structlog

from gateway.bundle.errors import BundleError, MediumGone, from_os, medium_errors
from gateway.bundle.medium import file_digest, file_pieces, place_file
from gateway.bundle.mirror_index import (
    KEYS,
    PACKETS,
    RESTORED_FILE,
    STATE,
    KeptDatabase,
    MirrorIndex,
    databases,
    holds_open_secret,
    mirror_folder,
    read_index,
    write_index,
)
from gateway.bundle.out_of_service import RETIRED_FILE, Mark, read_mark, write_mark
from gateway.bundle.volume import PIECE_BYTES
from gateway.durable_file import flush_folder
from gateway.guidance import LocalizedText
from gateway.packet import SUFFIX, verify_packet

log = structlog.get_logger(__name__)

BACKUP_PERIOD_S = 300.0
DUTY = 20.0
"""A database is copied again after so many times what the last copy took: a large one costs 5 % of the time."""
VERIFY_BYTES = 64 << 20
"""Of packets that are read back at each look, the longest unread first."""


@dataclass(frozen=True)
class MirrorStatus:
    """How the mirror stands after a look."""

    there: bool
    packets: int = 0
    returned: tuple[str, ...] = ()
    """Packets that had vanished here, and were taken back from it."""
    mended: int = 0
    """Packets on it that had gone bad, and were written anew."""
    whole_at: datetime | None = None
    """When it had all that was here, last; UTC."""
    problem: BundleError | None = None
    open_keys: bool = False
    """Keys that nothing closes are not on it."""
    retired: bool = False
    """The gateway goes on elsewhere, restored from this mirror."""

    def warnings(self) -> list[LocalizedText]:
        """For the gateway's screen."""
        told = []
        if self.retired:
            told.append(_RETIRED)
        if self.problem is not None:
            words = self.problem.words
            told.append(LocalizedText(id=f"Cermin: {words.id}", en=f"Mirror: {words.en}"))
        if self.returned:
            count = len(self.returned)
            told.append(
                LocalizedText(
                    id=f"{count} paket hilang di sini dan dikembalikan dari cermin. Periksa disk.",
                    en=f"{count} packets had vanished here and were taken back from the mirror. Check the disk.",
                )
            )
        if self.open_keys:
            told.append(_OPEN_KEYS)
        return told


class MirrorKeeper:
    """Keeps the mirror of one gateway; any thread may call, and one at a time works.

    What goes wrong with the medium is told in `status`, never raised.

    Parameters
    ----------
    state, packets : Path
        Of the gateway; its databases may be in use.
    medium : Path
        Folder on another file system than the state.
    gateway_id : str
    erased : callable
        Which of those packets were erased here after a receipt; those alone leave the mirror.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        state: Path,
        packets: Path,
        medium: Path,
        gateway_id: str,
        erased: Callable[[Collection[str]], Collection[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state, self._packets, self._medium = state, packets, medium
        self._folder = mirror_folder(medium, gateway_id)
        self._gateway_id = gateway_id
        self._erased = erased
        self._clock = clock
        self._one_by_one = threading.Lock()
        self._status = MirrorStatus(there=False)
        self._due_s: dict[str, float] = {}
        self._copied_as: dict[str, tuple[tuple[int, int], ...]] = {}
        self._read_back_s: dict[str, float] = {}

    @property
    def status(self) -> MirrorStatus:
        """As of the last look."""
        return self._status

    def sealed(self, packet_id: str) -> None:
        """Copy a packet that was just sealed; what fails here is made good by the next look. Blocking."""
        with self._one_by_one:
            try:
                index = self._ready()
                if index is not None:
                    self._copy_packet(self._packets / f"{packet_id}{SUFFIX}")
            except BundleError as error:
                self._failed(error)
            except OSError as error:
                self._failed(from_os(error, self._medium))

    def look(self) -> MirrorStatus:
        """Make the mirror what it should be, and read back a part of it. Blocking; to be called every few minutes."""
        with self._one_by_one:
            try:
                index = self._ready()
                if index is not None:
                    self._look(index)
            except BundleError as error:
                self._failed(error)
            except OSError as error:
                self._failed(from_os(error, self._medium))
        return self._status

    def _look(self, index: MirrorIndex) -> None:
        here = {path.stem: path for path in _packet_files(self._packets)}
        there = {path.stem: path for path in _packet_files(self._folder / PACKETS)}
        for left in (self._folder / PACKETS).glob("*.part"):
            if left.name.removesuffix(f"{SUFFIX}.part") not in here:
                left.unlink()
        for packet_id in sorted(here.keys() - there.keys()):
            self._copy_packet(here[packet_id])
        gone = there.keys() - here.keys()
        erased = set(self._erased(sorted(gone))) if gone else set()
        for packet_id in sorted(gone & erased):
            there[packet_id].unlink()
        returned = tuple(each for each in sorted(gone - erased) if self._take_back(there[each]))
        mended = self._read_back({each: here[each] for each in here.keys() & there.keys()})
        open_keys = self._copy_keys()
        self._copy_databases(index)
        self._status = MirrorStatus(
            there=True,
            packets=len(_packet_files(self._folder / PACKETS)),
            returned=(*self._status.returned, *returned),
            mended=self._status.mended + mended,
            whole_at=datetime.now(UTC),
            open_keys=open_keys,
        )

    def _failed(self, error: BundleError) -> None:
        log.warning("mirror_failed", reason=error.reason, cause=error.words.en)
        self._status = replace(self._status, there=not isinstance(error, MediumGone), problem=error, packets=0)

    def _ready(self) -> MirrorIndex | None:
        """The index of the mirror that is there, begun where the medium is new; None once we are retired.

        Raises
        ------
        MediumGone
            The medium is away, or the folder is on the machine's own disk.
        """
        with medium_errors(self._medium):
            if self._medium.stat().st_dev == self._state.stat().st_dev:
                raise MediumGone(
                    f"{self._medium} ada di disk yang sama dengan gateway: media kedua tidak terpasang. Perekaman "
                    "berjalan terus; pasang medianya.",
                    f"{self._medium} is on the gateway's own disk: the second medium is not mounted. Recording goes "
                    "on; plug the medium in.",
                )
            restored = read_mark(self._folder / RESTORED_FILE)
            if restored is not None:
                if read_mark(self._state / RETIRED_FILE) is None:
                    write_mark(self._state / RETIRED_FILE, Mark(restored.move_id, "", restored.at, "restored"))
                    log.error("gateway_restored_elsewhere", at=restored.at)
                self._status = replace(self._status, there=True, retired=True)
                return None
            for folder in (self._folder, *(self._folder / name for name in (PACKETS, STATE, KEYS))):
                folder.mkdir(mode=0o700, exist_ok=True)
            index = read_index(self._folder)
            if index is None:
                index = MirrorIndex(self._gateway_id, secrets.token_hex(8))
                write_index(self._folder, index)
        return index

    def _copy_packet(self, path: Path) -> None:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return  # received and erased meanwhile
        with file:  # one that is erased from here on is read to its end, and leaves the mirror at the next look
            size = os.fstat(file.fileno()).st_size
            place_file(self._folder / PACKETS, path.name, lambda: _pieces_of(file), size)
        self._read_back_s[path.stem] = self._clock()

    def _take_back(self, copy: Path) -> bool:
        """A packet is gone here without a receipt: the mirror is there for that."""
        try:
            if not verify_packet(copy).ok:
                log.error("packet_not_taken_back", packet=copy.stem, cause="its copy is damaged")
                return False
            place_file(self._packets, copy.name, lambda: file_pieces(copy), copy.stat().st_size)
        except (BundleError, OSError) as error:
            log.error("packet_not_taken_back", packet=copy.stem, cause=str(error))
            return False
        log.warning("packet_taken_back", packet=copy.stem)
        return True

    def _read_back(self, both: dict[str, Path]) -> int:
        """Compare packets with their copies, those first that were read the longest ago; how many had gone bad."""
        left, mended = VERIFY_BYTES, 0
        for packet_id in sorted(both, key=lambda each: self._read_back_s.get(each, float("-inf"))):
            if left <= 0:
                break
            try:
                ours = file_digest(both[packet_id])
            except FileNotFoundError:
                continue
            left -= ours[1]
            try:
                good = file_digest(self._folder / PACKETS / both[packet_id].name) == ours
            except OSError as error:
                log.warning("mirror_unreadable", packet=packet_id, cause=str(error))
                good = False
            if not good:
                mended += 1
                self._mend(both[packet_id])
            self._read_back_s[packet_id] = self._clock()
        return mended

    def _mend(self, path: Path) -> None:
        """A packet and its copy differ: the one whose seal holds takes the place of the other."""
        if verify_packet(path).ok:
            log.warning("mirror_mended", packet=path.stem)
            self._copy_packet(path)
        elif not self._take_back(self._folder / PACKETS / path.name):
            log.error("packet_damaged_here_and_there", packet=path.stem)

    def _copy_keys(self) -> bool:
        """Copy keys that something closes; whether there are others."""
        open_keys = False
        folder = self._state / KEYS
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.name.startswith(".") or not path.is_file():
                continue
            content = path.read_bytes()
            if holds_open_secret(content):
                open_keys = True
                with medium_errors(self._medium):
                    (self._folder / KEYS / path.name).unlink(missing_ok=True)
                continue
            place_file(self._folder / KEYS, path.name, lambda content=content: (content,), len(content))  # type: ignore[misc]
        return open_keys

    def _copy_databases(self, index: MirrorIndex) -> None:
        kept = {each.name: each for each in index.databases}
        changed = False
        for path in databases(self._state):
            version = _version_of(path)
            due = self._due_s.get(path.name, float("-inf"))
            if self._clock() < due or (path.name in kept and self._copied_as.get(path.name) == version):
                continue
            began = self._clock()
            kept[path.name] = self._copy_database(path)
            changed = True
            self._copied_as[path.name] = version
            self._due_s[path.name] = self._clock() + max(BACKUP_PERIOD_S, DUTY * (self._clock() - began))
        if changed:
            write_index(self._folder, replace(index, databases=tuple(kept[name] for name in sorted(kept))))

    def _copy_database(self, path: Path) -> KeptDatabase:
        """One consistent copy by SQLite's backup, beside whoever writes (https://www.sqlite.org/backup.html)."""
        target = self._folder / STATE / path.name
        part = target.with_name(f"{path.name}.part")
        try:
            part.unlink(missing_ok=True)
            source = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)
            try:
                copy = sqlite3.connect(part, isolation_level=None)
                try:
                    copy.execute("PRAGMA synchronous = OFF")  # flushed below, as one
                    source.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")
                finally:
                    copy.close()
            finally:
                source.close()
            descriptor = os.open(part, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            sha256, size = file_digest(part)
            part.replace(target)
            flush_folder(target.parent)
        except sqlite3.Error as error:
            raise from_os(OSError(5, f"{path.name}: {error}"), self._medium) from error
        except OSError as error:
            raise from_os(error, self._medium) from error
        return KeptDatabase(path.name, size, sha256, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")


def _packet_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def _pieces_of(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        yield piece


def _version_of(path: Path) -> tuple[tuple[int, int], ...]:
    """Sizes and times of the file and its log, which change with every commit."""
    found = []
    for name in (path.name, f"{path.name}-wal"):
        try:
            status = path.with_name(name).stat()
            found.append((status.st_size, status.st_mtime_ns))
        except FileNotFoundError:
            found.append((0, 0))
    return tuple(found)


_RETIRED = LocalizedText(
    id="Gateway ini sudah dipulihkan di komputer lain dari cerminnya. Berhenti merekam di sini; setelah dimatikan, "
    "gateway ini tidak akan mulai lagi.",
    en="This gateway was restored on another machine from its mirror. Stop recording here; once it is stopped, it "
    "will not start again.",
)
_OPEN_KEYS = LocalizedText(
    id="Cermin tidak memuat kunci gateway karena kunci itu tidak ditutup kata sandi atau token; dari cermin hanya "
    "paket tersegel yang dapat dipulihkan. Lihat docs/keys.md.",
    en="The mirror does not hold the gateway's keys, as neither a passphrase nor a token closes them: only sealed "
    "packets can be restored from it. See docs/keys.md.",
)
