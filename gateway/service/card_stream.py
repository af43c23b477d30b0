"""A task at a reader that tells what it does while it goes on, and that ends when its asker leaves."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from threading import Event as ThreadEvent
from typing import Any, Generic, TypeVar

T = TypeVar("T")
M = TypeVar("M")

HEARTBEAT_S = 4.0


class Telling(Generic[M]):
    """What a task tells, in the order in which it is told; any thread may tell."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._told: asyncio.Queue[M | None] = asyncio.Queue()

    def tell(self, message: M) -> None:
        """Tell something."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._told.put_nowait, message)

    def close(self) -> None:
        """Nothing more is told."""
        self._loop.call_soon_threadsafe(self._told.put_nowait, None)

    async def follow(self, heartbeat: Callable[[], M]) -> AsyncGenerator[M, None]:
        """Everything that is told, and a heartbeat now and then, until it is closed."""
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    message = await self._told.get()
            except TimeoutError:
                yield heartbeat()
                continue
            if message is None:
                return
            yield message


@asynccontextmanager
async def working(
    work: Callable[[], Coroutine[Any, Any, T]], telling: Telling[Any], cancel: ThreadEvent
) -> AsyncIterator["asyncio.Task[T]"]:
    """Work beside the block; it is told to stop, and waited for, when the block is left."""

    async def told() -> T:
        try:
            return await work()
        finally:
            telling.close()

    task = asyncio.create_task(told())
    try:
        yield task
    finally:
        cancel.set()
        with contextlib.suppress(Exception):  # whoever is still there was told by the task itself
            await asyncio.shield(task)
