"""Keys from shared secrets and passwords of travel documents (ICAO Doc 9303-11, 9.7.1)."""

from enum import Enum

from cryptography.hazmat.primitives import hashes

from gateway.card.message_ciphers import AesCipher, MessageCipher, TripleDesCipher

ENCRYPTION, AUTHENTICATION, PASSWORD = 1, 2, 3
"""What a key is for, as the counter that is hashed in."""


class KeyKind(Enum):
    """A cipher and its key length."""

    TRIPLE_DES = "3DES"
    AES_128 = "AES-128"
    AES_192 = "AES-192"
    AES_256 = "AES-256"

    @property
    def length(self) -> int:
        """Bytes of a key."""
        return {KeyKind.AES_192: 24, KeyKind.AES_256: 32}.get(self, 16)


def derived_key(secret: bytes, purpose: int, kind: KeyKind) -> bytes:
    """A key of `kind.length` bytes: SHA-1 for keys of 128 bits, SHA-256 for longer ones.

    Parameters
    ----------
    secret : bytes
        Shared secret, key seed or hashed password.
    purpose : int
        1 encryption, 2 authentication, 3 password.
    kind : KeyKind
    """
    # SHA-1 is the standard's, as a key derivation; no collision of it matters here.
    digest = hashes.Hash(hashes.SHA1() if kind.length == 16 else hashes.SHA256())  # noqa: S303
    digest.update(secret + purpose.to_bytes(4, "big"))
    key = digest.finalize()[: kind.length]
    return _with_odd_parity(key) if kind is KeyKind.TRIPLE_DES else key


def message_cipher(secret: bytes, kind: KeyKind) -> MessageCipher:
    """The cipher of a session whose two keys come from `secret`."""
    keys = derived_key(secret, ENCRYPTION, kind), derived_key(secret, AUTHENTICATION, kind)
    return TripleDesCipher(*keys) if kind is KeyKind.TRIPLE_DES else AesCipher(*keys)


def sha1(octets: bytes) -> bytes:
    """SHA-1, where Doc 9303 makes a key seed of printed data with it."""
    digest = hashes.Hash(hashes.SHA1())  # noqa: S303
    digest.update(octets)
    return digest.finalize()


def _with_odd_parity(key: bytes) -> bytes:
    return bytes(octet & 0xFE | (octet >> 1).bit_count() & 1 ^ 1 for octet in key)
