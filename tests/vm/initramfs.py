"""The file system in memory that a kernel starts with, in cpio's `newc` format."""

import gzip
from collections.abc import Mapping
from itertools import count

FOLDER, FILE, LINK = 0o040755, 0o100755, 0o120777


def initramfs(files: Mapping[str, bytes], links: Mapping[str, str]) -> bytes:
    """All files executable, owned by root; their folders are made.

    References
    ----------
    Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
    """
    folders: dict[str, None] = {}
    for path in (*files, *links):
        parts = path.split("/")[:-1]
        for length in range(1, len(parts) + 1):
            folders["/".join(parts[:length])] = None
    entries = [
        *((path, FOLDER, b"") for path in folders),
        *((path, FILE, content) for path, content in files.items()),
        *((path, LINK, target.encode()) for path, target in links.items()),
    ]
    numbers = count(1)
    archive = b"".join(_entry(next(numbers), *entry) for entry in entries) + _entry(0, "TRAILER!!!", 0, b"")
    return gzip.compress(archive, 1)


def _entry(number: int, path: str, mode: int, content: bytes) -> bytes:
    name = path.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(content)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
