"""Ciphers of secure messaging of travel documents: 3DES with retail MAC, AES with CMAC (ICAO Doc 9303-11, 9.8.6)."""

from typing import Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

MAC_LENGTH = 8


class MessageCipher(Protocol):
    """Encryption and authentication of one session; its text form shows no key."""

    @property
    def block(self) -> int:
        """Bytes of a block, which are also those of the send sequence counter."""
        ...

    def encrypted(self, counter: bytes, padded: bytes) -> bytes:
        """Whole blocks, encrypted for the message of this counter."""
        ...

    def decrypted(self, counter: bytes, blocks: bytes) -> bytes:
        """Whole blocks, decrypted."""
        ...

    def mac(self, padded: bytes) -> bytes:
        """The eight bytes that authenticate whole blocks."""
        ...

    def forget(self) -> None:
        """Overwrite the keys; nothing can be done with it afterwards."""
        ...


class TripleDesCipher:
    """Two-key 3DES in CBC mode with a zero vector, and the retail MAC (9303-11, 9.8.6.1).

    Parameters
    ----------
    encryption_key, mac_key : bytes
        16 bytes each.
    """

    block = 8

    def __init__(self, encryption_key: bytes, mac_key: bytes) -> None:
        if len(encryption_key) != 16 or len(mac_key) != 16:
            raise ValueError("two keys of 16 bytes are due")
        self._encryption_key, self._mac_key = bytearray(encryption_key), bytearray(mac_key)

    def encrypted(self, counter: bytes, padded: bytes) -> bytes:
        """Whole blocks, encrypted; the counter plays no part."""
        return _encrypt(TripleDES(self._three_keys(self._encryption_key)), bytes(8), padded)

    def decrypted(self, counter: bytes, blocks: bytes) -> bytes:
        """Whole blocks, decrypted."""
        return _decrypt(TripleDES(self._three_keys(self._encryption_key)), bytes(8), blocks)

    def mac(self, padded: bytes) -> bytes:
        """ISO/IEC 9797-1 MAC algorithm 3: single DES over all blocks, 3DES at the last."""
        single = TripleDES(bytes(self._mac_key[:8]) * 3)
        before = _encrypt(single, bytes(8), padded[:-8])[-8:] or bytes(8)
        return _encrypt(TripleDES(self._three_keys(self._mac_key)), before, padded[-8:])

    def forget(self) -> None:
        """Overwrite the keys."""
        self._encryption_key[:], self._mac_key[:] = bytes(16), bytes(16)

    @staticmethod
    def _three_keys(key: bytearray) -> bytes:
        return bytes(key + key[:8])


class AesCipher:
    """AES in CBC mode, its vector the encrypted counter, and CMAC cut to eight bytes (9303-11, 9.8.6.2).

    Parameters
    ----------
    encryption_key, mac_key : bytes
        16, 24 or 32 bytes each.
    """

    block = 16

    def __init__(self, encryption_key: bytes, mac_key: bytes) -> None:
        if len(encryption_key) != len(mac_key) or len(mac_key) not in (16, 24, 32):
            raise ValueError("two keys of 16, 24 or 32 bytes are due")
        self._encryption_key, self._mac_key = bytearray(encryption_key), bytearray(mac_key)

    def encrypted(self, counter: bytes, padded: bytes) -> bytes:
        """Whole blocks, encrypted."""
        return _encrypt(AES(bytes(self._encryption_key)), self._vector(counter), padded)

    def decrypted(self, counter: bytes, blocks: bytes) -> bytes:
        """Whole blocks, decrypted."""
        return _decrypt(AES(bytes(self._encryption_key)), self._vector(counter), blocks)

    def mac(self, padded: bytes) -> bytes:
        """The first eight bytes of the CMAC."""
        return aes_cmac(bytes(self._mac_key), padded)[:MAC_LENGTH]

    def forget(self) -> None:
        """Overwrite the keys."""
        self._encryption_key[:] = bytes(len(self._encryption_key))
        self._mac_key[:] = bytes(len(self._mac_key))

    def _vector(self, counter: bytes) -> bytes:
        return _encrypt(AES(bytes(self._encryption_key)), bytes(16), counter)


def aes_cmac(key: bytes, octets: bytes) -> bytes:
    """The 16 bytes of AES-CMAC (NIST SP 800-38B)."""
    cmac = CMAC(AES(key))
    cmac.update(octets)
    return cmac.finalize()


def aes_cbc_encrypted(key: bytes, vector: bytes, blocks: bytes) -> bytes:
    """Whole blocks in CBC mode."""
    return _encrypt(AES(key), vector, blocks)


def aes_cbc_decrypted(key: bytes, vector: bytes, blocks: bytes) -> bytes:
    """Whole blocks in CBC mode."""
    return _decrypt(AES(key), vector, blocks)


def _encrypt(algorithm: BlockCipherAlgorithm, vector: bytes, blocks: bytes) -> bytes:
    encryptor = Cipher(algorithm, modes.CBC(vector)).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def _decrypt(algorithm: BlockCipherAlgorithm, vector: bytes, blocks: bytes) -> bytes:
    decryptor = Cipher(algorithm, modes.CBC(vector)).decryptor()
    return decryptor.update(blocks) + decryptor.finalize()
