"""The folder of a centre: what lies where in it, who it is, and that one process alone serves it."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.central.errors import CentreServed, StateUnusable
from gateway.durable_file import write_durably
from gateway.guidance import LocalizedText

CENTRE_FILE = "centre.json"
ADDRESSES_FILE = "addresses.json"
_LOCK_FILE = "lock"
_FORMAT, _VERSION = "rekam-centre", 1


@dataclass(frozen=True)
class CentrePlaces:
    """Where things lie in a centre's folder."""

    state: Path

    @property
    def packets(self) -> Path:
        """Packets that are held: `GATEWAY/PACKET.rekam`."""
        return self.state / "packets"

    @property
    def parts(self) -> Path:
        """Packets that are on their way, on the same disk."""
        return self.state / "parts"

    @property
    def signing_key(self) -> Path:
        """The key that signs answers."""
        return self.state / "keys" / "signing.pem"

    @property
    def tls(self) -> Path:
        """The authority of the connections, and the server's certificate."""
        return self.state / "tls"

    @property
    def addresses(self) -> Path:
        """Where the running centre answers."""
        return self.state / ADDRESSES_FILE


@dataclass(frozen=True)
class CentreIdentity:
    """Who the centre is, and where it remembers."""

    centre_id: str
    store: str = ""
    """`postgresql://…`; empty for SQLite in the folder."""


def write_identity(state: Path, identity: CentreIdentity) -> None:
    """Say who the centre of a folder is.

    Raises
    ------
    StateUnusable
    """
    content = {"format": _FORMAT, "version": _VERSION, **asdict(identity)}
    with told(state):
        write_durably(state / CENTRE_FILE, (json.dumps(content, indent=2) + "\n").encode())


def read_identity(state: Path) -> CentreIdentity | None:
    """Who the centre of a folder is; None where it is no centre's yet.

    Raises
    ------
    StateUnusable
    """
    path = state / CENTRE_FILE
    try:
        with told(state):
            content = json.loads(path.read_bytes()) if path.exists() else None
        if content is None:
            return None
        if content.pop("format") != _FORMAT or content.pop("version") != _VERSION:
            raise ValueError("of another kind or version")
        return CentreIdentity(**content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateUnusable(
            LocalizedText(
                id=f"{path} rusak: {error}. Pulihkan dari cadangan.",
                en=f"{path} is damaged: {error}. Put it back from a backup.",
            )
        ) from error


def identity_of(state: Path) -> CentreIdentity:
    """Who the centre of a folder is.

    Raises
    ------
    StateUnusable
        It is no centre's folder.
    """
    identity = read_identity(state)
    if identity is None:
        raise StateUnusable(
            LocalizedText(
                id=f"{state} bukan folder pusat. Jalankan dulu: rekam central init --id ID --state {state}",
                en=f"{state} is no centre's folder. Run first: rekam central init --id ID --state {state}",
            )
        )
    return identity


@contextmanager
def served_alone(state: Path) -> Iterator[None]:
    """Keep other processes from serving the same folder; the kernel lets go when this one ends, however it does.

    Raises
    ------
    CentreServed, StateUnusable
    """
    with told(state):
        lock = os.open(state / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CentreServed(
                LocalizedText(
                    id=f"Proses lain sudah melayani pusat di {state}. Hentikan dulu, atau sebutkan folder lain.",
                    en=f"Another process serves the centre in {state}. Stop it, or name another folder.",
                )
            ) from error
        yield
    finally:
        os.close(lock)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into `StateUnusable`."""
    try:
        yield
    except OSError as error:
        raise StateUnusable(
            LocalizedText(
                id=f"{path} tidak dapat dibaca atau ditulis: {error.strerror}. Periksa folder, pemilik, dan disknya.",
                en=f"{path} cannot be read or written: {error.strerror}. Check the folder, its owner and the disk.",
            )
        ) from error
