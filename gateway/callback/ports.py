"""What the list needs of others."""

from typing import Protocol


class Cipher(Protocol):
    """Keeps what lies on the disk from whoever takes the disk; `gateway.enrolment.local_cipher.LocalCipher`."""

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        """Encrypted and bound to `aad`; `KeyProblem` where the key cannot be opened now."""
        ...

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes; `ValueError` where they, the key or `aad` are others, `KeyProblem` as above."""
        ...

    def digest(self, data: bytes) -> bytes:
        """A keyed digest, so that equal things are found without their being stored; `KeyProblem` as above."""
        ...
