"""Where the audit trail ends, kept a second time beside its file, and how many entries are missing."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MARK_FILE = "audit-mark.json"
_BYTES = 512


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
        self._descriptor = os.open(directory / MARK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def read(self) -> TrailMark | None:
        """The record, or None where there is none or it does not match its own digest."""
        line = os.pread(self._descriptor, _BYTES, 0)
        try:
            body, digest = line.rstrip().rsplit(b" ", 1)
            if hashlib.sha256(body).hexdigest().encode("ascii") != digest:
                return None
            content: dict[str, Any] = json.loads(body)
            return TrailMark(**content)
        except (ValueError, TypeError):
            return None

    def write(self, mark: TrailMark, *, durable: bool = False) -> None:
        """Overwrite the record; `durable` also waits for the disk."""
        body = json.dumps(asdict(mark)).encode("ascii")
        line = body + b" " + hashlib.sha256(body).hexdigest().encode("ascii")
        os.pwrite(self._descriptor, line.ljust(_BYTES - 1) + b"\n", 0)
        if durable:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
