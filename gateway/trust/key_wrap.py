"""What closes a local key on the disk: a passphrase, or a key in a token that never leaves it."""

import secrets
import struct
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.trust.key_problem import KeyModuleGone, KeyPassphraseWrong, KeyUnreadable
from gateway.trust.pkcs11_token import Pkcs11Token

if TYPE_CHECKING:
    from pkcs11 import Session

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
LABEL = "Rekam local key"

_SCRYPT = struct.Struct(">BBBx16s12s")
_LOG2_COST, _BLOCK, _PARALLEL = 15, 8, 1
"""Scrypt's log2 N, r, p (RFC 7914): 32 MiB and some 80 ms, once a start."""
_MOST_LOG2_COST = 20
"""A file that asks for more is damaged: it would take a gigabyte."""
_OBJECT_ID_BYTES = 16


class KeyWrap(Protocol):
    """Closes and opens a local key of 32 bytes."""

    @property
    def kind(self) -> str:
        """A word of a-z and -, at most 16: written beside the closed key, to tell what opens it."""
        ...

    def wrap(self, key: bytes, bound: bytes) -> bytes:
        """`key`, closed, with whatever `unwrap` needs besides; `bound` has to be given again to open it.

        Raises
        ------
        KeyProblem
            Nothing is closed.
        """
        ...

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """The key that was closed.

        Raises
        ------
        KeyPassphraseWrong, KeyModuleGone, KeyPinWrong, KeyUnreadable
            This is not what closed it, or it is away, or the bytes are others.
        """
        ...


class PassphraseWrap:
    """Closes a local key under a passphrase: scrypt (RFC 7914) and AES-256-GCM.

    Parameters
    ----------
    passphrase : bytes
        As of `read_passphrase`; not empty.
    """

    kind = "passphrase"

    def __init__(self, passphrase: bytes) -> None:
        if not passphrase:
            raise ValueError("an empty passphrase closes nothing")
        self._passphrase = passphrase

    def wrap(self, key: bytes, bound: bytes) -> bytes:
        """Cost, salt and nonce, which are authenticated, then the ciphertext."""
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE_BYTES)
        head = _SCRYPT.pack(_LOG2_COST, _BLOCK, _PARALLEL, salt, nonce)
        return head + self._cipher(salt, _LOG2_COST, _BLOCK, _PARALLEL).encrypt(nonce, key, bound + head)

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """See `KeyWrap`; another passphrase and changed bytes cannot be told apart."""
        if len(wrapped) != _SCRYPT.size + KEY_BYTES + TAG_BYTES:
            raise _damaged()
        head, closed = wrapped[: _SCRYPT.size], wrapped[_SCRYPT.size :]
        cost, block, parallel, salt, nonce = _SCRYPT.unpack(head)
        if not 0 < cost <= _MOST_LOG2_COST or (block, parallel) != (_BLOCK, _PARALLEL):
            raise _damaged()
        try:
            return self._cipher(salt, cost, block, parallel).decrypt(nonce, closed, bound + head)
        except InvalidTag as error:
            raise KeyPassphraseWrong(
                "The passphrase does not open the local key.", "Give the passphrase that it was closed with."
            ) from error

    def _cipher(self, salt: bytes, log2_cost: int, block: int, parallel: int) -> AESGCM:
        derivation = Scrypt(salt=salt, length=KEY_BYTES, n=1 << log2_cost, r=block, p=parallel)
        return AESGCM(derivation.derive(self._passphrase))


class TokenWrap:
    """Closes a local key under an AES-256 key that is made in a token, sensitive and not extractable: AES-GCM.

    Parameters
    ----------
    token : Pkcs11Token
        Where the AES key is, or is made at the first use; all local keys of a gateway share it.
    """

    kind = "token"

    def __init__(self, token: Pkcs11Token) -> None:
        self._token = token

    def wrap(self, key: bytes, bound: bytes) -> bytes:
        """CKA_ID of the token's key and nonce, then the ciphertext."""
        nonce = secrets.token_bytes(NONCE_BYTES)

        def close(session: "Session") -> bytes:
            handle, object_id = _made_or_found(session)
            return object_id + nonce + _gcm(handle.encrypt, key, nonce, bound)

        return self._token.use(close)

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """See `KeyWrap`."""
        if len(wrapped) != _OBJECT_ID_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES:
            raise _damaged()
        object_id, rest = wrapped[:_OBJECT_ID_BYTES], wrapped[_OBJECT_ID_BYTES:]
        nonce, closed = rest[:NONCE_BYTES], rest[NONCE_BYTES:]

        def open_it(session: "Session") -> bytes:
            import pkcs11

            try:
                handle: Any = session.get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, id=object_id)
            except pkcs11.NoSuchKey as error:
                raise KeyModuleGone(
                    f"The token {self._token.place.label} does not hold the key that the local key is closed with.",
                    "Plug in the token that it was closed with.",
                ) from error
            try:
                return _gcm(handle.decrypt, closed, nonce, bound)
            # A tag that does not fit: SoftHSM2 says CKR_GENERAL_ERROR, others as PKCS#11 v3.1 clause 6.13 has it.
            except (pkcs11.GeneralError, pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange) as error:
                raise _damaged() from error

        return self._token.use(open_it)


def _made_or_found(session: "Session") -> tuple[Any, bytes]:
    from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass

    known = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: LABEL}
    for handle in list(session.get_objects(known)):
        if len(handle[Attribute.ID]) == _OBJECT_ID_BYTES:
            return handle, bytes(handle[Attribute.ID])
    object_id = secrets.token_bytes(_OBJECT_ID_BYTES)
    handle = session.generate_key(
        KeyType.AES,
        8 * KEY_BYTES,
        id=object_id,
        label=LABEL,
        store=True,
        capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
        template={Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
    )
    if handle[Attribute.EXTRACTABLE] or not handle[Attribute.SENSITIVE]:
        handle.destroy()
        raise KeyUnreadable("The module made a key that could be taken out of it.", "Use a module that keeps its keys.")
    return handle, object_id


def _gcm(use: Any, data: bytes, nonce: bytes, bound: bytes) -> bytes:
    from pkcs11 import GCMParams, Mechanism

    return bytes(use(data, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(nonce, bound)))


def _damaged() -> KeyUnreadable:
    return KeyUnreadable("The local key is damaged.", "Put its file back from a backup.")
