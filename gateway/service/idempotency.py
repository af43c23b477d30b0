"""The same deed once: a mutating request that comes again gets the answer that it got before."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from google.protobuf.message import Message

from gateway.service.errors import BadArgumentError
from gateway.spool import KeptResponse

M = TypeVar("M", bound=Message)


class ResponseStore(Protocol):
    """Keeps answers for 24 hours, across restarts; the spool."""

    def remember(self, method: str, key: str, request_digest: bytes, response: bytes) -> KeptResponse:
        """Keep an answer, unless one is kept already; what is kept is given back."""
        ...

    def recall(self, method: str, key: str) -> KeptResponse | None:
        """The answer kept for a key."""
        ...


class Idempotency:
    """Answers by idempotency key; belongs to the event loop's thread.

    Only answers are kept: a request that failed may be tried again with its key. Two requests with one key at the
    same time are one deed with two askers.
    """

    def __init__(self, store: ResponseStore) -> None:
        self._store = store
        self._under_way: dict[tuple[str, str], tuple[bytes, asyncio.Future[Message]]] = {}

    async def once(self, method: str, request: Message, response_type: type[M], do: Callable[[], Awaitable[M]]) -> M:
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
        running = self._under_way.get((method, key))
        if running is not None:
            _check_same(running[0], digest)
            answer = await asyncio.shield(running[1])
            assert isinstance(answer, response_type)
            return answer
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._under_way[method, key] = digest, future
        try:
            response = await self._recalled(method, key, digest, response_type)
            if response is None:
                response = await do()
                await asyncio.to_thread(self._store.remember, method, key, digest, response.SerializeToString())
            future.set_result(response)
            return response
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                future.cancel()
            else:
                future.set_exception(error)
                future.exception()  # whoever shares it has seen it; nobody may be there
            raise
        finally:
            del self._under_way[method, key]

    async def _recalled(self, method: str, key: str, digest: bytes, response_type: type[M]) -> M | None:
        kept = await asyncio.to_thread(self._store.recall, method, key)
        if kept is None:
            return None
        _check_same(kept.request_digest, digest)
        return response_type.FromString(kept.response)


def _check_same(kept: bytes, digest: bytes) -> None:
    if kept != digest:
        raise BadArgumentError(
            "idempotency_key", "was used with another request in the last 24 hours; use a new key for a new request"
        )
