"""A small record that is overwritten in place, so that a full disk takes it as well."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

RECORD_BYTES = 512


class OverwrittenRecord:
    """One JSON object with its own digest in a file of 512 bytes, mode 0600.

    Raises
    ------
    OSError
        From the constructor and `write`.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def read(self) -> Any:
        """What was written last; None where there is nothing, or it does not match its own digest."""
        line = os.pread(self._descriptor, RECORD_BYTES, 0)
        try:
            body, digest = line.rstrip().rsplit(b" ", 1)
            if hashlib.sha256(body).hexdigest().encode("ascii") != digest:
                return None
            return json.loads(body)
        except ValueError:
            return None

    def write(self, content: dict[str, Any], *, durable: bool = False) -> None:
        """Overwrite the record; `durable` also waits for the disk."""
        body = json.dumps(content).encode("ascii")
        line = body + b" " + hashlib.sha256(body).hexdigest().encode("ascii")
        os.pwrite(self._descriptor, line.ljust(RECORD_BYTES - 1) + b"\n", 0)
        if durable:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
