"""A holder as a row of the file: sealed under a key of its own, which is sealed under the gateway's cipher."""

from pathlib import Path
from secrets import token_bytes
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.card_holders.database import Row
from gateway.card_holders.errors import damaged
from gateway.card_holders.holder import Holder, decode_holder, encode_holder

_KEY_BYTES, _NONCE_BYTES = 32, 12


class Cipher(Protocol):
    """Encrypts small values for this gateway alone (`gateway.enrolment.local_cipher.LocalCipher`)."""

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        """Authenticated encryption; `aad` has to be given again to decrypt. KeyProblem where the key is away."""
        ...

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes; ValueError where the bytes, the key or `aad` are others."""
        ...


def sealed_row(holder: Holder, enrolment_id: str, first_id: str, kept_ms: int, cipher: Cipher) -> Row:
    """The row of a holder, under a new key.

    Raises
    ------
    KeyProblem
        The gateway's key cannot be opened now.
    """
    key, nonce = token_bytes(_KEY_BYTES), token_bytes(_NONCE_BYTES)
    body = nonce + AESGCM(key).encrypt(nonce, encode_holder(holder), _aad(enrolment_id, first_id, "body"))
    return Row(enrolment_id, first_id, kept_ms, cipher.encrypt(key, _aad(enrolment_id, first_id, "key")), body)


def opened_row(row: Row, cipher: Cipher, path: Path) -> Holder:
    """The holder of a row.

    Parameters
    ----------
    row : Row
        With its key.
    cipher : Cipher
    path : Path
        Of the file, for the message.

    Raises
    ------
    HoldersDamaged
        It does not open under this gateway's key, or is not what was written.
    KeyProblem
    """
    assert row.data_key is not None
    names = row.enrolment_id, row.first_id
    try:
        key = cipher.decrypt(row.data_key, _aad(*names, "key"))
        return decode_holder(
            AESGCM(key).decrypt(row.body[:_NONCE_BYTES], row.body[_NONCE_BYTES:], _aad(*names, "body"))
        )
    except (ValueError, InvalidTag):
        # Not chained: what does not fit may be quoted there.
        raise damaged(path, f"enrolment {row.enrolment_id} does not open under this gateway's key") from None


def _aad(enrolment_id: str, first_id: str, what: str) -> bytes:
    return f"rekam-card-holder\0{enrolment_id}\0{first_id}\0{what}".encode()
