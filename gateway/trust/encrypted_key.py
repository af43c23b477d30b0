"""A private key encrypted under a passphrase: PKCS #8 with PBES2, scrypt and AES-256-CBC, as `openssl pkcs8` reads it.

The cryptography package reads this form but writes only PBKDF2 with 2048 rounds, which a graphics card tries by the
million a second.
"""

import base64
import secrets

from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_COST, _BLOCK, _PARALLEL = 16_384, 8, 1
"""N, r, p (RFC 7914): 16 MiB and some 40 ms, once a start; the most that OpenSSL reads without being told to."""

_INTEGER, _OCTETS, _OID, _SEQUENCE = 0x02, 0x04, 0x06, 0x30
_PBES2 = bytes.fromhex("2a864886f70d01050d")  # 1.2.840.113549.1.5.13 (RFC 8018 A.4)
_SCRYPT = bytes.fromhex("2b06010401da47040b")  # 1.3.6.1.4.1.11591.4.11 (RFC 7914 clause 7)
_AES_256_CBC = bytes.fromhex("60864801650304012a")  # 2.16.840.1.101.3.4.1.42 (RFC 8018 B.2.5)


def encrypted_pem(private_key: ec.EllipticCurvePrivateKey, passphrase: bytes) -> bytes:
    """The key as a PEM block `ENCRYPTED PRIVATE KEY` (RFC 5958 clause 3).

    Parameters
    ----------
    private_key : ec.EllipticCurvePrivateKey
    passphrase : bytes
        Not empty.
    """
    plain = private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    salt, initial_vector = secrets.token_bytes(16), secrets.token_bytes(16)
    key = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_PARALLEL).derive(passphrase)
    pad = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(initial_vector)).encryptor()
    encrypted = encryptor.update(pad.update(plain) + pad.finalize()) + encryptor.finalize()
    derivation = _sequence(
        _node(_OID, _SCRYPT),
        _sequence(_node(_OCTETS, salt), *(_integer(value) for value in (_COST, _BLOCK, _PARALLEL))),
    )
    cipher = _sequence(_node(_OID, _AES_256_CBC), _node(_OCTETS, initial_vector))
    algorithm = _sequence(_node(_OID, _PBES2), _sequence(derivation, cipher))
    text = base64.b64encode(_sequence(algorithm, _node(_OCTETS, encrypted)))
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN ENCRYPTED PRIVATE KEY-----", *lines, b"-----END ENCRYPTED PRIVATE KEY-----", b""])


def _sequence(*parts: bytes) -> bytes:
    return _node(_SEQUENCE, b"".join(parts))


def _integer(value: int) -> bytes:
    return _node(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _node(tag: int, content: bytes) -> bytes:
    # X.690 clause 8.1.3: lengths up to 127 in one byte, longer ones after a count of bytes.
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
