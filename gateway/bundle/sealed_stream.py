"""A stream of bytes under a passphrase, in files that FAT can hold: scrypt, then AES-256-GCM in chunks.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015): the nonce counts the chunks of a file, and
its last byte marks the last chunk; each file has a key of its own, so that files cannot be exchanged.
"""

import base64
import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.bundle.errors import CopyDamaged

CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
LOG2_COST, BLOCK, PARALLEL = 15, 8, 1
"""Scrypt's log2 N, r, p (RFC 7914): 32 MiB and some 80 ms."""
_LEAST_LOG2_COST, _MOST_LOG2_COST = 10, 20
_SALT_BYTES = 16
_COUNTER = struct.Struct(">QHB")


@dataclass(frozen=True)
class StreamKey:
    """What a copy lies under.

    Parameters
    ----------
    secret : bytes
        32 bytes, used for one copy alone.
    bound : bytes
        The copy's id: authenticated with every chunk.
    """

    secret: bytes
    bound: bytes

    def _of(self, number: int) -> AESGCM:
        derivation = HKDF(hashes.SHA256(), 32, salt=None, info=b"rekam-move-file %d" % number)
        return AESGCM(derivation.derive(self.secret))

    def encrypted(self, number: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks of the file `number`, the last one marked; one chunk at least."""
        cipher, index, ahead = self._of(number), 0, b""
        for chunk in _chunks(pieces):
            if index or ahead:
                yield cipher.encrypt(_nonce(index - 1, last=False), ahead, self.bound)
            index, ahead = index + 1, chunk
        yield cipher.encrypt(_nonce(max(0, index - 1), last=True), ahead, self.bound)

    def decrypted(self, number: int, file: BinaryIO) -> Iterator[bytes]:
        """What was encrypted into a file; it ends only after the chunk that was marked as the last.

        Raises
        ------
        CopyDamaged
            What came before is what was written; the rest is not, or is cut off.
        OSError
        """
        cipher, index = self._of(number), 0
        chunk = file.read(CHUNK_BYTES + TAG_BYTES)
        while True:
            following = file.read(CHUNK_BYTES + TAG_BYTES)
            try:
                yield cipher.decrypt(_nonce(index, last=not following), chunk, self.bound)
            except InvalidTag as error:
                raise damaged(
                    f"file {number:06} is not what was written, from byte {index * CHUNK_BYTES} on"
                ) from error
            if not following:
                return
            chunk, index = following, index + 1


def new_salt() -> bytes:
    """Of one copy."""
    return secrets.token_bytes(_SALT_BYTES)


def is_derivable(salt: bytes, log2_cost: int) -> bool:
    """Whether a copy of ours has such a salt and cost."""
    return _LEAST_LOG2_COST <= log2_cost <= _MOST_LOG2_COST and len(salt) == _SALT_BYTES


def stream_key(passphrase: str, salt: bytes, bound: bytes, log2_cost: int = LOG2_COST) -> StreamKey:
    """The key of a copy; ValueError where a cost is asked for that no copy of ours has."""
    if not is_derivable(salt, log2_cost):
        raise ValueError("not the cost or the salt of a copy")
    derivation = Scrypt(salt=salt, length=32, n=1 << log2_cost, r=BLOCK, p=PARALLEL)
    return StreamKey(derivation.derive(normal_passphrase(passphrase).encode("utf-8")), bound)


def new_passphrase() -> str:
    """120 random bits in letters and digits that cannot be taken for one another, in groups, to be written down."""
    text = base64.b32encode(secrets.token_bytes(15)).decode("ascii")  # RFC 4648 clause 6: no 0, 1, 8, 9
    return "-".join(text[begin : begin + 4] for begin in range(0, len(text), 4))


def normal_passphrase(typed: str) -> str:
    """A passphrase as it was meant: hyphens, spaces and small letters of one that was made here do not matter."""
    bare = "".join(typed.split()).replace("-", "").upper()
    made_here = len(bare) == 24 and not set(bare) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    return bare if made_here else typed.strip()


def damaged(what: str) -> CopyDamaged:
    """The copy is not whole."""
    return CopyDamaged(
        f"Salinan gateway rusak: {what}. Tidak ada yang diubah di sini; buat salinan lagi di komputer lama.",
        f"The copy of the gateway is damaged: {what}. Nothing here counts yet; make another copy at the old machine.",
    )


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) > CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES])
            del waiting[:CHUNK_BYTES]
    yield bytes(waiting)


def _nonce(index: int, *, last: bool) -> bytes:
    return b"\0" + _COUNTER.pack(index, 0, last)
