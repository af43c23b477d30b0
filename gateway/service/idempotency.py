"""The same deed once: a mutating request that comes again gets the answer that it got before."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
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


STOP_S = 10.0
"""What was begun when the gateway stops has so long to end."""


@dataclass
class _Deed:
    request_digest: bytes
    waits: bool
    """Whether nothing is done yet but to wait; it may be cancelled then."""
    task: asyncio.Task[Message] = field(init=False)
    askers: int = 0


class Idempotency:
    """Answers by idempotency key; belongs to the event loop's thread.

    Only answers are kept: a request that failed may be tried again with its key. Two requests with one key at the
    same time are one deed with two askers. What is begun goes on to its end though the last of them has gone, as its
    threads would in any case, and its answer is kept for whoever asks again.
    """

    def __init__(self, store: ResponseStore) -> None:
        self._store = store
        self._under_way: dict[tuple[str, str], _Deed] = {}
        self._unwritten: dict[tuple[str, str], KeptResponse] = {}
        self._tasks: set[asyncio.Task[Message]] = set()

    async def once(
        self,
        method: str,
        request: Message,
        response_type: type[M],
        do: Callable[[], Coroutine[Any, Any, M]],
        *,
        waits: bool = False,
    ) -> M:
        """Do `do`, or answer with what it answered before under the same key.

        Parameters
        ----------
        waits : bool
            `do` merely waits until it returns, and leaves nothing behind when it is cancelled: it is given up when
            the last who asked for it has gone. Once it has returned it is done, like any other.

        Raises
        ------
        BadArgumentError
            The key was used with another request.
        """
        key: str = request.idempotency_key  # type: ignore[attr-defined]
        digest = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
        deed = self._under_way.get((method, key)) if key else None
        if deed is None:
            deed = _Deed(digest, waits)
            deed.task = asyncio.create_task(self._answer(deed, method, key, response_type, do))
            self._tasks.add(deed.task)
            if key:
                self._under_way[method, key] = deed
            deed.task.add_done_callback(partial(self._ended, method, key, deed))
        _check_same(deed.request_digest, digest)
        deed.askers += 1
        try:
            answer = await asyncio.shield(deed.task)
        except asyncio.CancelledError:
            if deed.askers == 1 and deed.waits:
                deed.task.cancel()
                self._forget(method, key, deed)  # who asks from now on begins anew
            raise
        finally:
            deed.askers -= 1
        assert isinstance(answer, response_type)
        return answer

    async def stop(self) -> None:
        """Wait until what was begun has ended and its answers are kept."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_S)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _ended(self, method: str, key: str, deed: _Deed, task: asyncio.Task[Message]) -> None:
        self._tasks.discard(task)
        self._forget(method, key, deed)
        error = None if task.cancelled() else task.exception()
        if error is not None and not deed.askers:
            log.warning("request_failed_unasked", method=method, error=type(error).__name__)

    def _forget(self, method: str, key: str, deed: _Deed) -> None:
        if self._under_way.get((method, key)) is deed:
            del self._under_way[method, key]

    async def _answer(
        self, deed: _Deed, method: str, key: str, response_type: type[M], do: Callable[[], Coroutine[Any, Any, M]]
    ) -> M:
        kept = await self._recalled(method, key) if key else None
        if kept is None:
            response = await do()
            deed.waits = False
            if not key:
                return response
            kept = await self._remembered(method, key, KeptResponse(deed.request_digest, response.SerializeToString()))
        _check_same(kept.request_digest, deed.request_digest)
        return response_type.FromString(kept.response)

    async def _recalled(self, method: str, key: str) -> KeptResponse | None:
        return self._unwritten.get((method, key)) or await asyncio.to_thread(self._store.recall, method, key)

    async def _remembered(self, method: str, key: str, answer: KeptResponse) -> KeptResponse:
        try:
            return await asyncio.to_thread(self._store.remember, method, key, answer.request_digest, answer.response)
        except (SpoolError, KeyProblem) as error:
            # The deed is done, and its asker must learn of it: what the disk does not take, or the token with the
            # local key does not close, this run keeps.
            log.warning("answer_not_kept", method=method, error=str(error))
            self._unwritten[method, key] = answer
            return answer


def _check_same(kept: bytes, digest: bytes) -> None:
    if kept != digest:
        raise BadArgumentError(
            "idempotency_key", "was used with another request in the last 24 hours; use a new key for a new request"
        )
