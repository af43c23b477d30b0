"""The gateway's own cipher: small values under a local key that lies in the keys folder, closed if it can be."""

import hmac
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.guidance import LocalizedText
from gateway.trust import (
    KeyModuleGone,
    KeyPinWrong,
    KeyUnreadable,
    KeyWrap,
    LocalKey,
    PassphraseWrap,
    Pkcs11Token,
    TokenWrap,
    open_local_key,
)
from gateway.trust.local_key import PLAIN

KEY_NAME = "enrolments.key"
_NONCE_BYTES, _TAG_BYTES = 12, 16

IN_CLEAR = LocalizedText(
    id="Kunci data perekaman tersimpan di komputer ini tanpa kata sandi: siapa pun yang mengambil disknya dapat "
    "membaca perekaman yang belum disegel. Tetapkan kata sandi (kredensial rekam-key-passphrase atau "
    "REKAM_KEY_PASSPHRASE) lalu mulai ulang gateway; kunci itu kemudian disimpan terenkripsi.",
    en="The key of the enrolments lies on this computer without a passphrase: whoever takes its disk can read the "
    "enrolments that are not sealed yet. Set a passphrase (the credential rekam-key-passphrase or "
    "REKAM_KEY_PASSPHRASE) and start the gateway again; the key is kept encrypted then.",
)


def local_key_wraps(passphrase: bytes | None, token: Pkcs11Token | None) -> tuple[KeyWrap, ...]:
    """What closes a local key here: the token where there is one, then the passphrase; none where neither is."""
    wraps: list[KeyWrap] = [] if token is None else [TokenWrap(token)]
    if passphrase is not None:
        wraps.append(PassphraseWrap(passphrase))
    return tuple(wraps)


class LocalCipher:
    """AES-256-GCM under the local key; a `Cipher`, safe in any thread.

    Parameters
    ----------
    path : Path
        The key's file.
    wraps : sequence of KeyWrap
        What closes it, the preferred one first.
    needed : bool
        Data lie under the key already.
    """

    def __init__(self, path: Path, wraps: Sequence[KeyWrap], *, needed: bool) -> None:
        self._path = path
        self._wraps = tuple(wraps)
        self._needed = needed
        self._key: LocalKey | None = None
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        keys: Path,
        passphrase: bytes | None = None,
        token: Pkcs11Token | None = None,
        *,
        needed: bool,
        name: str = KEY_NAME,
    ) -> "LocalCipher":
        """Open the key of the keys folder, or make it at the first start.

        Closed by the token where there is one, else by the passphrase, else by nothing (`warning` says so). A key that
        lies there in clear is closed in place once there is either. While a token is away nothing is encrypted or
        decrypted, and it works again by itself once it is back.

        Parameters
        ----------
        keys : Path
            `STATE/keys`; the caller holds the state folder's lock.
        passphrase : bytes, optional
            See `gateway.trust.read_passphrase`.
        token : Pkcs11Token, optional
        needed : bool
            Enrolments are stored: a missing key is an error, and no new one is made.

        Raises
        ------
        KeyUnreadable, KeyPassphraseWrong, KeyExposed
        """
        cipher = cls(keys / name, local_key_wraps(passphrase, token), needed=needed)
        try:
            cipher._opened()
        except (KeyModuleGone, KeyPinWrong):
            # As signing keys do: the gateway starts, and what needs the token is refused until it is back.
            return cipher
        return cipher

    @property
    def warning(self) -> LocalizedText | None:
        """What an administrator should know of how the key is kept; None where it is closed."""
        return IN_CLEAR if self._key is not None and self._key.kind == PLAIN else None

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        """Nonce and ciphertext.

        Raises
        ------
        KeyProblem
            The key cannot be opened now.
        """
        # Random nonces of 96 bits: 2^32 values under one key leave a chance of 2^-32 (NIST SP 800-38D clause 8.3).
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._opened().encrypt(nonce, plain, aad)

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes.

        Raises
        ------
        ValueError
            The bytes, the key or `aad` are others.
        KeyProblem
            The key cannot be opened now.
        """
        if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
            raise ValueError("too short to be encrypted")
        try:
            return self._opened().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)
        except InvalidTag as error:
            raise ValueError("changed, or under another key") from error

    def digest(self, data: bytes) -> bytes:
        """HMAC-SHA-256 under a key derived from the local key: who has the disk alone cannot try out what it is of.

        Raises
        ------
        KeyProblem
            The key cannot be opened now.
        """
        key = hmac.digest(self._secret(), b"rekam-local-digest", "sha256")
        return hmac.digest(key, data, "sha256")

    def _opened(self) -> AESGCM:
        return AESGCM(self._secret())

    def _secret(self) -> bytes:
        with self._lock:
            if self._key is None:
                try:
                    self._key = open_local_key(self._path, self._wraps, needed=self._needed)
                except OSError as error:
                    raise KeyUnreadable(
                        f"The local key {self._path} cannot be read or made: {error.strerror}.",
                        "Give the gateway's user the right to read and write that folder, and room on its disk.",
                    ) from error
            return self._key.secret
