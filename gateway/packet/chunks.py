"""The ciphertext: AES-256-GCM in chunks, each bound to its place, to being the last or not, and to the header.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance, 2015): the nonce counts, and its last byte marks the last chunk.
"""

import hashlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.packet.errors import (
    ChunkChanged,
    ChunkDoubled,
    ChunkFault,
    ChunkMissing,
    ChunkSurplus,
    ChunkSwapped,
    ChunkUnreadable,
)

TAG_BYTES = 16


class ChunkCipher:
    """Encrypts and decrypts the chunks of one packet.

    Parameters
    ----------
    secret : bytes
        The content key, 32 bytes, used for this packet alone: so a counter is a nonce that is never used twice.
    header : bytes
        The packet's header in its canonical form.
    count : int
        Number of chunks.
    """

    def __init__(self, secret: bytes, header: bytes, count: int) -> None:
        self._cipher = AESGCM(secret)
        self._bound = hashlib.sha256(header).digest()
        self._count = count

    def encrypt(self, index: int, plaintext: bytes) -> bytes:
        """The chunk `index`, tag at its end."""
        return self._cipher.encrypt(self._nonce(index), plaintext, self._bound)

    def decrypt(self, index: int, chunk: bytes) -> bytes:
        """The plaintext of the chunk `index`; ChunkUnreadable where it is not that."""
        try:
            return self._cipher.decrypt(self._nonce(index), chunk, self._bound)
        except InvalidTag as error:
            raise ChunkUnreadable(index) from error

    def _nonce(self, index: int) -> bytes:
        return index.to_bytes(11, "big") + (b"\1" if index == self._count - 1 else b"\0")


def chunk_digest(chunk: bytes) -> str:
    """SHA-256 of a chunk in lower-case hexadecimal, as the seal lists it."""
    return hashlib.sha256(chunk).hexdigest()


def first_fault(found: Sequence[str], sealed: Sequence[str]) -> ChunkFault | None:
    """The first difference between the chunks that are there and those that were sealed, by name.

    Parameters
    ----------
    found : sequence of str
        Digests of what stands in the file, cut into chunks; one more than sealed where more bytes follow.
    sealed : sequence of str
        Digests as signed.
    """
    places = {digest: index for index, digest in enumerate(sealed)}
    for index, digest in enumerate(sealed):
        if index >= len(found):
            return ChunkMissing(index, f"Chunk {index} and all after it are missing: the file was cut off.")
        if found[index] == digest:
            continue
        stands = places.get(found[index])
        if stands is None:
            return ChunkChanged(index, f"Chunk {index} was changed after sealing.")
        if stands < index:
            return ChunkDoubled(index, f"Chunk {stands} stands once more where chunk {index} belongs.")
        if digest in found[index:]:
            return ChunkSwapped(index, f"Chunk {stands} stands where chunk {index} belongs: they were swapped.")
        return ChunkMissing(index, f"Chunk {index} is missing: chunk {stands} stands in its place.")
    if len(found) > len(sealed):
        stands = places.get(found[len(sealed)])
        what = "bytes follow" if stands is None else f"chunk {stands} stands once more"
        kind = ChunkSurplus if stands is None else ChunkDoubled
        return kind(len(sealed), f"After the last chunk {what}.")
    return None
