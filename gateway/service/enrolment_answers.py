"""Answers about enrolments, kept for requests that come again, and unreadable to who has the disk alone."""

import hashlib

import structlog

from gateway.enrolment import Cipher
from gateway.service.idempotency import ResponseStore
from gateway.spool import KeptResponse, SpoolUnwritable

log = structlog.get_logger(__name__)

_DIGEST_BYTES = hashlib.sha256().digest_size
_NO_DIGEST = b""


class EncryptedAnswers:
    """Keeps answers and digests of requests under the gateway's cipher.

    An answer says of what health a person is ("amputated"). The digest is encrypted too: that of a request with a NIK,
    of which there are few enough to try them all, would give it away.
    """

    def __init__(self, inner: ResponseStore, cipher: Cipher) -> None:
        self._inner = inner
        self._cipher = cipher

    def remember(self, method: str, key: str, request_digest: bytes, response: bytes) -> KeptResponse:
        """See `ResponseStore`.

        Raises
        ------
        SpoolError
        """
        try:
            sealed = self._cipher.encrypt(request_digest + response, _aad(method, key))
        except Exception as error:
            # The deed is done: whoever asked must learn of it, as when the disk does not take the answer.
            raise SpoolUnwritable(f"The answer could not be encrypted: {error}.", "Mend the gateway's key.") from error
        kept = self._inner.remember(method, key, _NO_DIGEST, sealed)
        return self._opened(method, key, kept) or KeptResponse(request_digest, response)

    def recall(self, method: str, key: str) -> KeptResponse | None:
        """See `ResponseStore`; None also for what was kept under another key of the gateway."""
        kept = self._inner.recall(method, key)
        return None if kept is None else self._opened(method, key, kept)

    def _opened(self, method: str, key: str, kept: KeptResponse) -> KeptResponse | None:
        try:
            plain = self._cipher.decrypt(kept.response, _aad(method, key))
        except ValueError:
            log.warning("kept_answer_unreadable", method=method)
            return None
        return KeptResponse(plain[:_DIGEST_BYTES], plain[_DIGEST_BYTES:])


def _aad(method: str, key: str) -> bytes:
    return f"rekam-answer/{method}/{key}".encode()
