"""A local key: 32 random bytes that data of this gateway lie under, in a file of the keys folder, closed if it can be.

The file has 8 bytes `RKLOCAL\\1`, a byte with the length of the kind, the kind (`passphrase`, `token` or `plain`), and
what that kind needs. The kind and the file's name are authenticated with the key, so that none passes for another.
"""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gateway.durable_file import write_durably
from gateway.trust.key_problem import KeyExposed, KeyModuleGone, KeyPassphraseWrong, KeyPinWrong, KeyUnreadable
from gateway.trust.key_wrap import KEY_BYTES, KeyWrap, PassphraseWrap, TokenWrap
from gateway.trust.keys import PASSPHRASE_CREDENTIAL, PASSPHRASE_VARIABLE

PLAIN = "plain"
_MAGIC = b"RKLOCAL\1"
_MOST_BYTES = 4096
_REMEDIES = {
    PassphraseWrap.kind: f"Give the systemd credential {PASSPHRASE_CREDENTIAL} or set {PASSPHRASE_VARIABLE}.",
    TokenWrap.kind: "Name the `module` and `token` that it was closed with in the section [key].",
}


@dataclass(frozen=True)
class LocalKey:
    """A local key, open.

    Parameters
    ----------
    secret : bytes
        32 bytes, in memory alone.
    kind : str
        What closes it on the disk: `passphrase`, `token`, or `plain` where nothing does.
    """

    secret: bytes = field(repr=False)
    kind: str


def open_local_key(path: Path, wraps: Sequence[KeyWrap] = (), *, needed: bool) -> LocalKey:
    """Open the local key in `path`, or make it where there is none.

    A key that something else closes than the first of `wraps`, or nothing, is closed anew by the first, in place. Where
    a token is away just then, it stays as it is until the next start.

    Parameters
    ----------
    path : Path
        `STATE/keys/NAME.key`; the caller holds the state folder's lock.
    wraps : sequence of KeyWrap
        What is at hand, the preferred one first; with none the key lies in the file in clear, of mode 0600.
    needed : bool
        Data lie under it: a missing key is an error then, and no new one is made.

    Raises
    ------
    OSError
        The folder or the file cannot be read or written.
    KeyUnreadable
        The file is missing though it is needed, is damaged, or was closed by what is not at hand.
    KeyPassphraseWrong, KeyModuleGone, KeyPinWrong, KeyExposed
    """
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink()  # by a power cut, and maybe in clear
    if not path.exists():
        if needed:
            raise KeyUnreadable(
                f"The local key {path} is missing, though data lie under it.",
                "Put it back from a backup: without it nobody can read them.",
            )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret = secrets.token_bytes(KEY_BYTES)
        return LocalKey(secret, _write(path, secret, wraps))
    kind, wrapped = _taken_apart(path)
    secret = _opened(path, kind, wrapped, wraps)
    if wraps and kind != wraps[0].kind:
        # What is away is tried again at the next start; nothing is lost by waiting.
        with suppress(KeyModuleGone, KeyPinWrong):
            return LocalKey(secret, rewrap_local_key(path, secret, wraps))
    return LocalKey(secret, kind)


def rewrap_local_key(path: Path, secret: bytes, wraps: Sequence[KeyWrap]) -> str:
    """Close a key anew by the first of `wraps`, in one step; the kind of it.

    Raises
    ------
    OSError, KeyProblem
        The old file stands.
    """
    with path.open("r+b") as old:
        size = os.fstat(old.fileno()).st_size
        kind = _write(path, secret, wraps)
        # The name is the new file's; what stood there in clear may be read from the disk no longer. Flash and
        # file systems that copy on write may keep it all the same.
        old.write(bytes(size))
        old.flush()
        os.fsync(old.fileno())
    return kind


def _write(path: Path, secret: bytes, wraps: Sequence[KeyWrap]) -> str:
    if wraps:
        kind = wraps[0].kind
        wrapped = wraps[0].wrap(secret, _bound(path, kind))
    else:
        kind, wrapped = PLAIN, secret
    name = kind.encode("ascii")
    write_durably(path, _MAGIC + bytes([len(name)]) + name + wrapped)
    return kind


def _opened(path: Path, kind: str, wrapped: bytes, wraps: Sequence[KeyWrap]) -> bytes:
    if kind == PLAIN:
        secret = wrapped
    else:
        wrap = next((each for each in wraps if each.kind == kind), None)
        if wrap is None:
            missing = KeyPassphraseWrong if kind == PassphraseWrap.kind else KeyUnreadable
            remedy = _REMEDIES.get(kind, "Start the newer gateway that closed it.")
            raise missing(f"The local key {path} is closed by a {kind}, and none was given.", remedy)
        secret = wrap.unwrap(wrapped, _bound(path, kind))
    if len(secret) != KEY_BYTES:
        raise _damaged(path)
    return secret


def _bound(path: Path, kind: str) -> bytes:
    return _MAGIC + kind.encode("ascii") + b"\0" + path.name.encode("utf-8")


def _taken_apart(path: Path) -> tuple[str, bytes]:
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        content = file.read(_MOST_BYTES + 1)
    if mode & 0o077:
        raise KeyExposed(
            f"The local key {path} has mode {mode & 0o777:04o}: others than its owner may use it.",
            f"Run: chmod 600 {path}",
        )
    at = len(_MAGIC) + 1
    if not content.startswith(_MAGIC) or not at < len(content) <= _MOST_BYTES:
        raise _damaged(path)
    end = at + content[at - 1]
    name = content[at:end]
    if not name.isascii() or not name.replace(b"-", b"").isalpha() or end >= len(content):
        raise _damaged(path)
    return name.decode("ascii"), content[end:]


def _damaged(path: Path) -> KeyUnreadable:
    return KeyUnreadable(
        f"The local key {path} is damaged.", "Put it back from a backup: without it nobody can read what lies under it."
    )
