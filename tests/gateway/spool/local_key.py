"""A local key for tests, and what a spool file of the version before encryption looks like."""

import hashlib
import secrets
import sqlite3
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.spool.database import PAGE_SIZE


class LocalKey:
    """AES-256-GCM under a key in memory; `away` for a token that is pulled out."""

    def __init__(self) -> None:
        self._under = AESGCM(AESGCM.generate_key(256))
        self.away = False
        self.needed: list[bool] = []

    def __call__(self, needed: bool) -> "LocalKey":
        self.needed.append(needed)
        return self

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        self._check()
        nonce = secrets.token_bytes(12)
        return nonce + self._under.encrypt(nonce, plain, aad)

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        self._check()
        try:
            return self._under.decrypt(sealed[:12], sealed[12:], aad)
        except (InvalidTag, ValueError) as error:
            raise ValueError("changed, or under another key") from error

    def _check(self) -> None:
        if self.away:
            raise ConnectionError("the token is away")


VERSION_1 = """
CREATE TABLE captures (
    sequence INTEGER PRIMARY KEY,
    capture_id TEXT NOT NULL UNIQUE,
    chain_id TEXT NOT NULL,
    manifest_digest TEXT NOT NULL,
    jws BLOB NOT NULL,
    jws_sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE TABLE blobs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;
CREATE TABLE chain (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    chain_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    digest TEXT,
    stored_captures INTEGER NOT NULL,
    stored_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE idempotency (
    method TEXT NOT NULL,
    key TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    response BLOB NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (method, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_expiry ON idempotency (expires_at_ms);
"""


def write_version_1(directory: Path, contents: list[bytes], answer: bytes = b"") -> None:
    """A spool of the first version: captures c-1, c-2, … of one blob each, and an answer kept for the key `key-1`."""
    directory.mkdir(exist_ok=True)
    connection = sqlite3.connect(directory / "spool.sqlite3", isolation_level=None)
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(VERSION_1)
    total = 0
    for number, content in enumerate(contents, 1):
        jws = b"signature of %d " % number + hashlib.sha256(content).hexdigest().encode()
        total += len(jws) + len(content)
        connection.execute(
            "INSERT INTO captures VALUES (?, ?, 'chain', ?, ?, ?, ?, ?, 'WAITING')",
            (
                *(number, f"c-{number}", f"digest-{number}", jws, hashlib.sha256(jws).hexdigest()),
                *(len(jws) + len(content), 1_790_000_000_000 + number),
            ),
        )
        connection.execute(
            "INSERT INTO blobs VALUES (?, 'image.fir', 'image/x', ?, ?, ?)",
            (number * 64, hashlib.sha256(content).hexdigest(), len(content), content),
        )
    connection.execute(
        "INSERT INTO chain VALUES (1, 'chain', ?, ?, ?, ?)",
        (len(contents), f"digest-{len(contents)}", len(contents), total),
    )
    connection.execute(
        "INSERT INTO idempotency VALUES ('StartCapture', 'key-1', x'01', ?, ?)", (answer, 4_000_000_000_000)
    )
    connection.execute("PRAGMA user_version = 1")
    connection.close()


def all_bytes(directory: Path) -> bytes:
    """Every file of a folder, one after another."""
    return b"\n".join(file.read_bytes() for file in sorted(directory.rglob("*")) if file.is_file())


def traces(directory: Path, *contents: bytes, run: int = 48) -> int:
    """How many of the contents' runs stand somewhere in the folder's files; any of them is one too many."""
    found = all_bytes(directory)
    return sum(
        content[start : start + run] in found
        for content in contents
        for start in range(0, max(1, len(content) - run), 4999)
    )
