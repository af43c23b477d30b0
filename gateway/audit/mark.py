"""Where the audit trail ends, kept a second time beside its file, and how many entries are missing."""

from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.overwritten_record import OverwrittenRecord

MARK_FILE = "audit-mark.json"


@dataclass(frozen=True)
class TrailMark:
    """The end of the trail, as it was when it was last written to."""

    chain_id: str
    sequence: int
    digest: str | None
    missing: int = 0
    """Entries that could not be written and are not told of in the trail yet."""
    clean: bool = False
    """Written by an orderly end."""


class MarkFile:
    """`DIRECTORY/audit-mark.json`, one record that is overwritten in place, so that a full disk takes it as well.

    It is written after each commit: the file of the trail may be ahead of it after a kill or a power cut, never
    behind, unless an older file was put in its place.

    Raises
    ------
    OSError
        From the constructor and `write`.
    """

    def __init__(self, directory: Path) -> None:
        self._record = OverwrittenRecord(directory / MARK_FILE)

    def read(self) -> TrailMark | None:
        """The record, or None where there is none or it does not match its own digest."""
        try:
            return TrailMark(**self._record.read())
        except TypeError:
            return None

    def write(self, mark: TrailMark, *, durable: bool = False) -> None:
        """Overwrite the record; `durable` also waits for the disk."""
        self._record.write(asdict(mark), durable=durable)

    def close(self) -> None:
        """Close the file."""
        self._record.close()
