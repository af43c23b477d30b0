"""What of the spool is unreadable without the gateway's local key, and how it is made so.

Each capture's blobs lie under a data key of their own, AES-256-GCM, and that key lies beside them under the local key:
to erase a capture it is enough that the wrapped data key is gone. Manifests and kept responses lie under the local key
itself, as they outlive the blobs. Ids, sequence numbers, digests, sizes and times stay readable.
"""

import hmac
import secrets
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.spool.capture import Blob, KeptResponse
from gateway.spool.errors import key_wrong

KEY_BYTES = 32
NONCE_BYTES = 12

_INDEX: Final = b"rekam-spool-index"
_DATA_KEY: Final = b"rekam-spool-data-key"
_BLOB: Final = b"rekam-spool-blob"
_MANIFEST: Final = b"rekam-spool-manifest"
_RESPONSE: Final = b"rekam-spool-response"


class Cipher(Protocol):
    """Encrypts small values under the gateway's local key, which does not lie on the disk in the clear.

    What its methods raise beside ValueError (the key is in a token that is away) goes to the caller of the spool.
    """

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        """Authenticated encryption; `aad` has to be given again to decrypt."""
        ...

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes; ValueError where the bytes, the key or `aad` are others."""
        ...


OpenCipher = Callable[[bool], Cipher]
"""Opens the local key, or makes it: called once the state folder is taken, with whether data lie under it already."""


@dataclass(frozen=True)
class SealedCapture:
    """A capture as its rows hold it."""

    jws: bytes
    data_key: bytes | None
    """Wrapped; None where there are no blobs."""
    contents: tuple[bytes, ...]
    """Of the blobs, in their order."""


class ContentCipher:
    """Seals and opens what the spool stores; any thread may call.

    Parameters
    ----------
    cipher : Cipher
    sealed_index_key : bytes
        Of this spool file, as `new_index_key` made it. It shows whether the local key is the right one.
    path : Path
        Of the spool file.
    """

    def __init__(self, cipher: Cipher, sealed_index_key: bytes, path: Path) -> None:
        self._cipher = cipher
        self._path = path
        self._sealed_index_key = sealed_index_key
        self._index_key: bytes | None = None
        self._lock = threading.Lock()

    def check_key(self) -> None:
        """Open the index key, if that was not done before.

        Raises
        ------
        SpoolKeyWrong
            The local key is another, or the index key is damaged.
        Exception
            Whatever the cipher raises while the local key is not at hand.
        """
        self._index()

    def seal(
        self, capture_id: str, jws: bytes, blobs: Sequence[Blob], places: Sequence[int] | None = None
    ) -> SealedCapture:
        """A capture under a data key that is made for it; `places` are those of its blobs, where not 0, 1, …"""
        if not blobs:
            return SealedCapture(self.seal_manifest(capture_id, jws), None, ())
        self.check_key()  # nothing is put under a key that is not this file's
        data_key = AESGCM.generate_key(8 * KEY_BYTES)
        under = AESGCM(data_key)
        # The key is of this one moment, so the blob's place is a nonce that never comes twice under it.
        contents = tuple(
            under.encrypt(_nonce(place), blob.content, _bound(_BLOB, capture_id, blob.name))
            for place, blob in zip(places or range(len(blobs)), blobs, strict=True)
        )
        wrapped = self._cipher.encrypt(data_key, _bound(_DATA_KEY, capture_id))
        return SealedCapture(self.seal_manifest(capture_id, jws), wrapped, contents)

    def seal_manifest(self, capture_id: str, jws: bytes) -> bytes:
        """A signed manifest, as its row holds it."""
        self.check_key()
        return self._cipher.encrypt(jws, _bound(_MANIFEST, capture_id))

    def open_manifest(self, capture_id: str, sealed: bytes) -> bytes:
        """The signed manifest; ValueError where the bytes are not what was stored."""
        self.check_key()
        return self._cipher.decrypt(sealed, _bound(_MANIFEST, capture_id))

    def open_data_key(self, capture_id: str, wrapped: bytes) -> AESGCM:
        """The data key of a capture's blobs; ValueError where the bytes are not what was stored."""
        self.check_key()
        return AESGCM(self._cipher.decrypt(wrapped, _bound(_DATA_KEY, capture_id)))

    def opens(self, capture_id: str, sealed: bytes) -> bool:
        """Whether the local key opens that manifest, whatever the index key says of it."""
        try:
            self._cipher.decrypt(sealed, _bound(_MANIFEST, capture_id))
        except ValueError:
            return False
        return True

    def index(self, method: str, key: str) -> str:
        """What stands for an idempotency key: clients make those, and may put a person's number into them."""
        # Of a keyed hash nobody can try all numbers through, as they could of a plain one.
        return hmac.digest(self._index(), _bound(_INDEX, method, key), "sha256").hex()

    def seal_response(self, method: str, key: str, kept: KeptResponse) -> bytes:
        """A kept response with the digest of its request, as its row holds them."""
        plain = struct.pack(">H", len(kept.request_digest)) + kept.request_digest + kept.response
        return self._cipher.encrypt(plain, _bound(_RESPONSE, method, key))

    def open_response(self, method: str, key: str, sealed: bytes) -> KeptResponse:
        """What `seal_response` sealed; ValueError where the bytes are not what was stored."""
        plain = self._cipher.decrypt(sealed, _bound(_RESPONSE, method, key))
        end = 2 + int.from_bytes(plain[:2], "big")
        return KeptResponse(plain[2:end], plain[end:])

    def _index(self) -> bytes:
        with self._lock:
            if self._index_key is None:
                try:
                    self._index_key = self._cipher.decrypt(self._sealed_index_key, _INDEX)
                except ValueError as error:
                    raise key_wrong(self._path) from error
            return self._index_key


def new_index_key(cipher: Cipher) -> bytes:
    """A key for the idempotency keys of one spool file, sealed under the local key."""
    return cipher.encrypt(secrets.token_bytes(KEY_BYTES), _INDEX)


def open_blob(under: AESGCM, capture_id: str, name: str, place: int, sealed: bytes) -> bytes:
    """The content of a blob at its place within a capture; ValueError where the bytes are not what was stored."""
    try:
        return under.decrypt(_nonce(place), sealed, _bound(_BLOB, capture_id, name))
    except InvalidTag as error:
        raise ValueError("changed, or another capture's") from error


def _nonce(place: int) -> bytes:
    return place.to_bytes(NONCE_BYTES, "big")


def _bound(*parts: bytes | str) -> bytes:
    """Parts with their lengths, so that no two lists of parts look alike."""
    coded = [part.encode("utf-8") if isinstance(part, str) else part for part in parts]
    return b"".join(struct.pack(">I", len(part)) + part for part in coded)
