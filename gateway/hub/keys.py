"""nkeys of users: an Ed25519 key whose public half stands in the hub's configuration."""

import os
from pathlib import Path

import nkeys  # type: ignore[import-untyped]

from gateway.durable_file import flush_folder


def write_new_key(path: Path) -> str:
    """Make an nkey and keep its seed in a new file that only its owner reads; the public half.

    Raises
    ------
    OSError
        There is a file already, or it cannot be written.
    """
    seed = bytes(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER))
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, seed + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
    flush_folder(path.parent)
    return public_of(seed)


def public_of(seed: bytes) -> str:
    """The public half, `U…`."""
    public: bytes = nkeys.from_seed(bytearray(seed)).public_key
    return public.decode("ascii")
