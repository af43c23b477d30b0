"""The lock that keeps a second gateway out of a state folder."""

import fcntl
import os
from pathlib import Path

from gateway.spool.errors import StateLocked, from_os

LOCK_FILE = "lock"


class StateLock:
    """An exclusive flock(2) on `DIRECTORY/lock`, held until `release`; the kernel drops it when the process dies.

    Raises
    ------
    StateLocked
        Another process holds it; names its process id.
    SpoolUnwritable, SpoolFull
        The lock file cannot be made.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / LOCK_FILE
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise from_os(error, path) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            if not isinstance(error, BlockingIOError):
                raise from_os(error, path) from error
            raise StateLocked(
                f"The state folder {directory} is in use by another gateway"
                + (f" (process {holder})." if holder.isdigit() else "."),
                "Stop that one, or give this one a state folder of its own.",
            ) from error
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        except OSError as error:
            os.close(self._descriptor)
            raise from_os(error, path) from error

    def release(self) -> None:
        """Let the next one in."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
