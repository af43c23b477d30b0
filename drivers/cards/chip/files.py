"""The files of a chip: a tree of headers and their contents, in cells."""

from collections.abc import Iterator
from dataclasses import replace

from drivers.cards.chip.cells import PAGE, Cells, Key
from drivers.cards.chip.header import MF, FileHeader, FileKind, LifeCycle
from drivers.cards.chip.refusal import Refused

_HEADER_COST = 32
_ROOT = 0


class Files:
    """A file system of `capacity` bytes; each change is one journalled change of the cells.

    Parameters
    ----------
    cells : Cells
    capacity : int
        Bytes for headers and contents.
    torn_writes : bool
        Leave content writes out of the journal, as cards do that promise no atomic update: what power cuts short
        is then half old and half new. Headers are always journalled.
    """

    def __init__(self, cells: Cells, capacity: int, torn_writes: bool) -> None:
        self._cells = cells
        self._capacity = capacity
        self._journalled = not torn_writes
        if cells.get((_ROOT, "header")) is None:
            root = FileHeader(_ROOT, _ROOT, FileKind.DEDICATED, MF, LifeCycle.INITIALISATION)
            cells.change({(_ROOT, "header"): root})

    @property
    def root(self) -> FileHeader:
        """The master file."""
        return self.header(_ROOT)

    @property
    def free(self) -> int:
        """Bytes not yet taken."""
        return self._capacity - sum(self._cost(header) for header in self._all())

    def header(self, number: int) -> FileHeader:
        """A file's header as it is now.

        Raises
        ------
        Refused
            6A82: it was deleted.
        """
        header = self._cells.get((number, "header"))
        if not isinstance(header, FileHeader):
            raise Refused(0x6A82)
        return header

    def children(self, parent: FileHeader) -> list[FileHeader]:
        """The files directly in a dedicated file, in the order of their making."""
        return [h for h in self._all() if h.parent == parent.number and h.number != _ROOT]

    def named(self, name: bytes) -> list[FileHeader]:
        """Dedicated files whose name begins with `name`."""
        return [h for h in self._all() if h.dedicated and h.name and h.name.startswith(name)]

    def next_number(self) -> int:
        """A number no file has."""
        return max(h.number for h in self._all()) + 1

    def create(self, header: FileHeader) -> None:
        """Make a file, its content all 00; its records do not exist yet.

        Raises
        ------
        Refused
            6A89, 6A8A: identifier or name is taken. 6A84: no room.
        """
        siblings = self.children(self.header(header.parent))
        if any(h.fid == header.fid for h in siblings):
            raise Refused(0x6A89)
        if header.name and any(h.name == header.name for h in self._all()):
            raise Refused(0x6A8A)
        if self._cost(header) > self.free:
            raise Refused(0x6A84)
        changes: dict[Key, object] = {
            (header.number, start // PAGE): bytes(min(PAGE, header.size - start))
            for start in range(0, header.size, PAGE)
        }
        # The header comes last, and the journal covers all: a file is there whole or not at all.
        self._cells.change({**changes, (header.number, "header"): header})

    def delete(self, header: FileHeader) -> None:
        """Delete a file, with all that is in it."""
        numbers = {h.number for h in self._tree(header)}
        self._cells.change({key: None for key in self._cells.taken() if key[0] in numbers})

    def set_life(self, header: FileHeader, life: LifeCycle) -> None:
        """Change a file's life cycle status."""
        self._cells.change({(header.number, "header"): replace(header, life=life)})

    def read(self, header: FileHeader) -> bytes:
        """The content of a transparent file."""
        pages = range(-(-header.size // PAGE))
        return b"".join(self._cells.get((header.number, page)) for page in pages)

    def write(self, header: FileHeader, offset: int, data: bytes) -> None:
        """Put data into a transparent file; only the pages that differ are programmed."""
        old = self.read(header)
        new = old[:offset] + data + old[offset + len(data) :]
        changes: dict[Key, object] = {
            (header.number, start // PAGE): new[start : start + PAGE]
            for start in range(0, header.size, PAGE)
            if new[start : start + PAGE] != old[start : start + PAGE]
        }
        if changes:
            self._cells.change(changes, journalled=self._journalled)

    def records(self, header: FileHeader) -> list[bytes]:
        """The records of a file in the order of their numbers: a cyclic file's newest first."""
        found: list[bytes] = []
        while (record := self._cells.get((header.number, len(found)))) is not None:
            found.append(record)
        if header.kind is FileKind.CYCLIC and found:
            newest = self._cells.get((header.number, "newest"))
            found = [found[(newest - back) % len(found)] for back in range(len(found))]
        return found

    def write_record(self, header: FileHeader, index: int, record: bytes) -> None:
        """Replace the record at `index` (from 0, in the order of `records`)."""
        place = index
        if header.kind is FileKind.CYCLIC:
            count = len(self.records(header))
            place = (self._cells.get((header.number, "newest")) - index) % count
        self._cells.change({(header.number, place): record}, journalled=self._journalled)

    def append_record(self, header: FileHeader, record: bytes) -> None:
        """Add a record; a full cyclic file gives up its oldest.

        Raises
        ------
        Refused
            6A84: a linear file is full.
        """
        count = len(self.records(header))
        if header.kind is not FileKind.CYCLIC:
            if count >= header.records:
                raise Refused(0x6A84)
            self._cells.change({(header.number, count): record})
            return
        newest = self._cells.get((header.number, "newest"))
        place = count if count < header.records else (newest + 1) % header.records
        self._cells.change({(header.number, place): record, (header.number, "newest"): place})

    def _all(self) -> Iterator[FileHeader]:
        headers = (self._cells.get(key) for key in self._cells.taken() if key[1] == "header")
        return iter(sorted(headers, key=lambda header: header.number))

    def _tree(self, header: FileHeader) -> Iterator[FileHeader]:
        yield header
        for child in self.children(header):
            yield from self._tree(child)

    def _cost(self, header: FileHeader) -> int:
        content = header.size + header.records * header.record_length
        return _HEADER_COST + -(-content // PAGE) * PAGE
