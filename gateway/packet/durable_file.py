"""A file that is either whole and on the disk under its name, or not there at all."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gateway.durable_file import flush_folder
from gateway.packet.errors import DiskFull, PacketExists, PacketUnwritable

_UNFINISHED = ".unfinished"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""What link(2) says where a file system has none, as FAT on a USB stick."""


@contextmanager
def durable_file(path: Path, size: int) -> Iterator[BinaryIO]:
    """A new file to be written, of mode 0600; under its name only once everything is on the disk.

    Parameters
    ----------
    path : Path
        Where it goes. A file that is there already stays as it is.
    size : int
        Bytes it will have; room for them is reserved before the first is written.

    Raises
    ------
    DiskFull, PacketExists, PacketUnwritable
        Nothing is left behind.
    """
    try:
        if path.exists():
            raise _exists(path)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_UNFINISHED)
    except OSError as error:
        raise _unwritable(error, path, size) from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            _reserve(file, size)
            yield file
            file.flush()
            os.fsync(file.fileno())
        _publish(temporary, path)
        try:
            flush_folder(path.parent)
        except OSError:
            path.unlink()  # under its name, but a power cut might take it
            raise
    except OSError as error:
        raise _unwritable(error, path, size) from error
    finally:
        # After a publication by link the temporary name is but a second one of the file.
        temporary.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> tuple[str, ...]:
    """Delete what a power cut left of files that were being written in `folder`; their names.

    Call it at the start, while nothing is written there.
    """
    removed = []
    for path in sorted(folder.glob(f".*{_UNFINISHED}")):
        path.unlink(missing_ok=True)
        removed.append(path.name)
    return tuple(removed)


def _reserve(file: BinaryIO, size: int) -> None:
    try:
        os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
            raise


def _publish(temporary: Path, path: Path) -> None:
    """Give the file its name, unless another took it meanwhile: link(2) refuses that, rename(2) does not."""
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise _exists(path) from error
        temporary.rename(path)


def _exists(path: Path) -> PacketExists:
    return PacketExists(f"{path} is there already.", "A packet is never written over; give the new one another name.")


def _unwritable(error: OSError, path: Path, size: int) -> PacketUnwritable:
    if error.errno in _FULL:
        return DiskFull(
            f"There is no room for the packet in {path.parent}: it needs {size:,} bytes ({error.strerror}).",
            f"Free space there{_free_bytes(path.parent)} and seal again; nothing of the enrolment is lost.",
        )
    return PacketUnwritable(
        f"The packet cannot be written to {path.parent}: {error.strerror or error}.",
        "Check that the folder is there and that the gateway's user may write in it, then seal again.",
    )


def _free_bytes(folder: Path) -> str:
    with suppress(OSError):
        status = os.statvfs(folder)
        return f" (free now: {status.f_bavail * status.f_frsize:,} bytes)"
    return ""
