"""What is to stand on a card, kept for a resume: encrypted under the gateway's local key, bound to its job."""

import base64
import json
from collections.abc import Mapping
from typing import Protocol

from gateway.personalisation.errors import JournalCorrupt


class Cipher(Protocol):
    """Encrypts small values for this gateway alone, under a key that does not lie on the disk in the clear."""

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        """Authenticated encryption; `aad` has to be given again to decrypt."""
        ...

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes; ValueError where the bytes, the key or `aad` are others."""
        ...


def sealed_contents(contents: Mapping[str, bytes], job_id: str, serial: str, cipher: Cipher) -> bytes:
    """The files of a job, or of the very card where `serial` names one, encrypted.

    Raises
    ------
    KeyProblem
        The local key cannot be opened now.
    """
    plain = json.dumps({name: base64.b64encode(content).decode("ascii") for name, content in contents.items()})
    return cipher.encrypt(plain.encode("ascii"), _aad(job_id, serial))


def opened_contents(sealed: bytes, job_id: str, serial: str, cipher: Cipher) -> dict[str, bytes]:
    """The files of a card.

    Raises
    ------
    JournalCorrupt
        They were changed, belong to another job, or lie under another key.
    KeyProblem
        The local key cannot be opened now.
    """
    try:
        plain = json.loads(cipher.decrypt(sealed, _aad(job_id, serial)))
        return {name: base64.b64decode(content, validate=True) for name, content in plain.items()}
    except (ValueError, AttributeError, TypeError):
        # Not chained: what does not fit may be quoted there.
        raise JournalCorrupt(
            f"What is to stand on the card of job {job_id} does not open under this gateway's key.",
            "Put the key back from a backup; or write the card off and ask for a new job.",
        ) from None


def _aad(job_id: str, serial: str) -> bytes:
    return f"rekam-card-image\0{job_id}\0{serial}".encode()
