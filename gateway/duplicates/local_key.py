"""The local key that stored templates are under: 32 bytes, on the disk only wrapped by something that is not there."""

import os
import secrets
import struct
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.duplicates.errors import DuplicatesError, LocalKeyLocked, LocalKeyMissing, from_os
from gateway.trust.keys import PASSPHRASE_CREDENTIAL, PASSPHRASE_VARIABLE

KEY_FILE = "duplicates.key"
KEY_BYTES = 32
NONCE_BYTES = 12
_MAGIC = b"RDK\x01"
_LARGEST_FILE = 65_536

_HEADER = struct.Struct(">4sBBBB16s12s")
_LOG2_COST, _BLOCK, _PARALLEL = 15, 8, 1
"""Scrypt's N = 2^15, r, p (RFC 7914): 32 MiB and some 80 ms, once a start."""
_LARGEST_LOG2_COST = 20
"""A file that asks for more is damaged: it would take a gigabyte."""


class KeyWrap(Protocol):
    """What keeps the local key closed: a passphrase, or a key in a token that never leaves it."""

    @property
    def kind(self) -> str:
        """A word of a-z, 0-9 and -, at most 16: written beside the wrapped key, to tell which wrap it needs."""
        ...

    def wrap(self, key: bytes) -> bytes:
        """`key`, closed and with whatever `unwrap` needs besides."""
        ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key that was closed.

        Raises
        ------
        LocalKeyLocked
            This is not the wrap that closed it, or the token is away.
        """
        ...


class PassphraseWrap:
    """Closes the local key under a passphrase: scrypt and AES-256-GCM.

    Parameters
    ----------
    passphrase : bytes
        As of `gateway.trust.read_passphrase`; not empty.
    """

    kind = "passphrase"

    def __init__(self, passphrase: bytes) -> None:
        if not passphrase:
            raise ValueError("an empty passphrase closes nothing")
        self._passphrase = passphrase

    def wrap(self, key: bytes) -> bytes:
        """Header (magic, N, r, p, salt, nonce), then ciphertext; the header is authenticated."""
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE_BYTES)
        header = _HEADER.pack(b"RPW\x01", _LOG2_COST, _BLOCK, _PARALLEL, 0, salt, nonce)
        cipher = AESGCM(self._derived(salt, _LOG2_COST, _BLOCK, _PARALLEL))
        return header + cipher.encrypt(nonce, key, header)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key.

        Raises
        ------
        LocalKeyLocked
            Another passphrase closed it, or the bytes were changed: the two cannot be told apart.
        """
        locked = LocalKeyLocked(
            "The passphrase does not open the key of the duplicate list.",
            "Give the passphrase that it was made with; nothing was changed.",
        )
        if len(wrapped) < _HEADER.size:
            raise locked
        magic, cost, block, parallel, _, salt, nonce = _HEADER.unpack_from(wrapped)
        if magic != b"RPW\x01" or not 0 < cost <= _LARGEST_LOG2_COST or block != _BLOCK or parallel != _PARALLEL:
            raise locked
        cipher = AESGCM(self._derived(salt, cost, block, parallel))
        try:
            return cipher.decrypt(nonce, wrapped[_HEADER.size :], wrapped[: _HEADER.size])
        except InvalidTag as error:
            raise locked from error

    def _derived(self, salt: bytes, log2_cost: int, block: int, parallel: int) -> bytes:
        return Scrypt(salt=salt, length=KEY_BYTES, n=1 << log2_cost, r=block, p=parallel).derive(self._passphrase)


def open_local_key(directory: Path, wrap: KeyWrap, *, needed: bool) -> bytes:
    """Unwrap the local key of `directory`, or make it where there is none.

    Parameters
    ----------
    directory : Path
    wrap : KeyWrap
    needed : bool
        People are stored under it: a missing key is an error, and no new one is made.

    Raises
    ------
    LocalKeyLocked, LocalKeyMissing, BookFull, BookUnwritable
    """
    path = directory / KEY_FILE
    try:
        content = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise from_os(error, path) from error
    if content is None:
        if needed:
            raise LocalKeyMissing(
                f"People are stored in {directory}, but {path.name}, the key that opens them, is gone.",
                "Put it back from a backup. Without it nobody can read them: move the duplicate list away then.",
            )
        key = secrets.token_bytes(KEY_BYTES)
        write_local_key(directory, key, wrap)
        return key
    kind, wrapped = _taken_apart(content, path)
    if kind != wrap.kind:
        raise LocalKeyLocked(
            f"The key of the duplicate list is closed by a {kind}, not by a {wrap.kind}.",
            f"Give the {kind} that it was made with; nothing was changed.",
        )
    key = wrap.unwrap(wrapped)
    if len(key) != KEY_BYTES:
        raise _damaged(path)
    return key


def write_local_key(directory: Path, key: bytes, wrap: KeyWrap) -> None:
    """Put the wrapped key into the folder, in one step, in place of an earlier one.

    Raises
    ------
    BookFull, BookUnwritable
    """
    path = directory / KEY_FILE
    kind = wrap.kind.encode("ascii")
    content = _MAGIC + bytes([len(kind)]) + kind + wrap.wrap(key)
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=f".{KEY_FILE}.")  # mode 0600
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink(missing_ok=True)
        raise from_os(error, path) from error


def local_key_is_there(directory: Path) -> bool:
    """Whether an earlier run left a wrapped key."""
    return (directory / KEY_FILE).exists()


def no_wrap(directory: Path) -> DuplicatesError:
    """People are stored, but no passphrase and no token was given."""
    return LocalKeyLocked(
        f"The duplicate list in {directory} is encrypted, and nothing was given that opens it.",
        f"Give the systemd credential {PASSPHRASE_CREDENTIAL}, set {PASSPHRASE_VARIABLE}, or attach the token.",
    )


def _taken_apart(content: bytes, path: Path) -> tuple[str, bytes]:
    head = len(_MAGIC) + 1
    if not content.startswith(_MAGIC) or not head < len(content) <= _LARGEST_FILE:
        raise _damaged(path)
    size = content[head - 1]
    kind = content[head : head + size]
    if not kind.isascii() or len(kind) != size:
        raise _damaged(path)
    return kind.decode("ascii"), content[head + size :]


def _damaged(path: Path) -> LocalKeyMissing:
    return LocalKeyMissing(
        f"The key file {path} is damaged.", "Put it back from a backup: without it nobody can read the stored people."
    )
