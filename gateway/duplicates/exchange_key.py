"""The key that neighbours encrypt their lists to: EC P-256, its private half derived from a local key.

The scalar is HKDF-SHA-256 (RFC 5869) over the local key, 40 bytes, reduced as FIPS 186-5 A.2.1 has it: 64 bits more
than the order needs. So there is one file, closed as every local key, and the pair can be neither torn nor mismatched.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import ECKey

from gateway.duplicates.errors import LocalKeyLocked, from_os
from gateway.trust import KeyWrap, open_local_key
from gateway.trust.keys import PASSPHRASE_CREDENTIAL, PASSPHRASE_VARIABLE
from gateway.trust.local_key import PLAIN

KEY_NAME = "neighbour-lists.key"
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (NIST SP 800-186 clause 3.2.1.3)."""
_INFO = b"rekam-neighbour-lists\0P-256"
_SCALAR_BYTES = 40


class ExchangeKey:
    """The pair of this gateway; made when it is first needed, and safe in any thread.

    Parameters
    ----------
    keys : Path
        `STATE/keys`; the caller holds the state folder's lock.
    wraps : sequence of KeyWrap or None
        What closes its file, the preferred one first; with an empty one it lies there in clear, which is for drawn
        persons alone. With None it is neither made nor opened.
    """

    def __init__(self, keys: Path, wraps: Sequence[KeyWrap] | None) -> None:
        self._path = keys / KEY_NAME
        self._wraps = wraps
        self._private: ec.EllipticCurvePrivateKey | None = None
        self._lock = threading.Lock()

    def private_key(self) -> ec.EllipticCurvePrivateKey:
        """The private half, in memory alone. What fails is tried again the next time.

        Raises
        ------
        LocalKeyLocked
            Nothing was given that may close it.
        KeyProblem, BookFull, BookUnwritable
        """
        with self._lock:
            if self._private is None:
                self._private = _derived(self._secret())
            return self._private

    def _secret(self) -> bytes:
        if self._wraps is None:
            raise LocalKeyLocked(
                f"The key for neighbours' lists, {self._path.name}, cannot be kept closed.",
                f"Give the systemd credential {PASSPHRASE_CREDENTIAL} or set {PASSPHRASE_VARIABLE}, and start the "
                "gateway again.",
            )
        try:
            key = open_local_key(self._path, self._wraps, needed=False)
        except OSError as error:
            raise from_os(error, self._path) from error
        if self._wraps and key.kind == PLAIN:
            raise LocalKeyLocked(
                f"The key for neighbours' lists, {self._path}, lies in clear from a demonstration, and the token that "
                "is to close it is away.",
                "Attach the token.",
            )
        return key.secret


def thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """RFC 7638, SHA-256: what two offices compare."""
    return ECKey.import_key(key).thumbprint()


def public_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half, to be given to neighbours."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode("ascii")


def read_recipient(pem: str) -> ec.EllipticCurvePublicKey:
    """The neighbour's public key.

    Raises
    ------
    ValueError
        It is another thing; the message says what, and what is due.
    """
    due = "the PEM that `rekam duplicates key` writes at the neighbour is due"
    if "PRIVATE KEY" in pem:
        raise ValueError(f"it is a private key, which nobody may give away; {due}")
    if "BEGIN CERTIFICATE" in pem:
        raise ValueError(f"it is a certificate, whose key signs and does not decrypt; {due}")
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"it is no public key; {due}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(f"it is no key of the curve P-256; {due}")
    return key


def _derived(secret: bytes) -> ec.EllipticCurvePrivateKey:
    drawn = HKDF(hashes.SHA256(), _SCALAR_BYTES, salt=None, info=_INFO).derive(secret)
    return ec.derive_private_key(int.from_bytes(drawn, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
