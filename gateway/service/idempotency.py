"""The same deed once: a mutating request that comes again gets the answer that it got before."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
from google.protobuf.message import Message

from gateway.service.errors import BadArgumentError
from gateway.spool import KeptResponse, SpoolError
from gateway.trust import KeyProblem

M = TypeVar("M", bound=Message)

log = structlog.get_logger(__name__)


class ResponseStore(Protocol):
    """Keeps answers for 24 hours, across restarts; the spool."""

    def remember(self, method: str, key: str, request_digest: bytes, response: bytes) -> KeptResponse:
        """Keep an answer, unless one is kept already; what is kept is given back."""
        ...

    def recall(self, method: str, key: str) -> KeptResponse | None:
        """The answer kept for a key."""
        ...


@dataclass
class _Deed:
    request_digest: bytes
    task: asyncio.Task[Message]
    askers: int = 0


class Idempotency:
    """Answers by idempotency key; belongs to the event loop's thread.

    Only answers are kept: a request that failed may be tried again with its key. Two requests with one key at the
    same time are one deed with two askers; it is cancelled when the last of them has gone.
    """

    def __init__(self, store: ResponseStore) -> None:
        self._store = store
        self._under_way: dict[tuple[str, str], _Deed] = {}
        self._unwritten: dict[tuple[str, str], KeptResponse] = {}

    async def once(
        self, method: str, request: Message, response_type: type[M], do: Callable[[], Coroutine[Any, Any, M]]
    ) -> M:
        """Do `do`, or answer with what it answered before under the same key.

        Raises
        ------
        BadArgumentError
            The key was used with another request.
        """
        key: str = request.idempotency_key  # type: ignore[attr-defined]
        if not key:
            return await do()
        digest = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
        deed = self._under_way.get((method, key))
        if deed is None:
            task: asyncio.Task[Message] = asyncio.create_task(self._do(method, key, digest, response_type, do))
            deed = self._under_way[method, key] = _Deed(digest, task)
            task.add_done_callback(partial(self._forget, method, key, deed))
        _check_same(deed.request_digest, digest)
        deed.askers += 1
        try:
            answer = await asyncio.shield(deed.task)
        except asyncio.CancelledError:
            if deed.askers == 1:
                deed.task.cancel()
                self._forget(method, key, deed)  # who asks from now on begins anew
            raise
        finally:
            deed.askers -= 1
        assert isinstance(answer, response_type)
        return answer

    def _forget(self, method: str, key: str, deed: _Deed, _: object = None) -> None:
        if self._under_way.get((method, key)) is deed:
            del self._under_way[method, key]

    async def _do(
        self,
        method: str,
        key: str,
        digest: bytes,
        response_type: type[M],
        do: Callable[[], Coroutine[Any, Any, M]],
    ) -> M:
        response = await self._recalled(method, key, digest, response_type)
        if response is None:
            response = await do()
            kept = KeptResponse(digest, response.SerializeToString())
            try:
                await asyncio.to_thread(self._store.remember, method, key, digest, kept.response)
            except (SpoolError, KeyProblem) as error:
                # The deed is done, and its asker must learn of it: what the disk does not take, or the token with the
                # local key does not close, this run keeps.
                log.warning("answer_not_kept", method=method, error=str(error))
                self._unwritten[method, key] = kept
        return response

    async def _recalled(self, method: str, key: str, digest: bytes, response_type: type[M]) -> M | None:
        kept = self._unwritten.get((method, key)) or await asyncio.to_thread(self._store.recall, method, key)
        if kept is None:
            return None
        _check_same(kept.request_digest, digest)
        return response_type.FromString(kept.response)


def _check_same(kept: bytes, digest: bytes) -> None:
    if kept != digest:
        raise BadArgumentError(
            "idempotency_key", "was used with another request in the last 24 hours; use a new key for a new request"
        )
