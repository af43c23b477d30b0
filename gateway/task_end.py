"""The end of tasks that run for ever: asked for until it is there.

One `Task.cancel` is not enough. Until Python 3.12 `asyncio.wait_for` returns its result instead where both come at
once, a task group whose task failed at that moment raises the failure instead (until 3.13), and clients swallow it
(nats-py 2.16 while it flushes): the loop around them would go on, and whoever waits for its end would wait for ever.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import structlog

log = structlog.get_logger(__name__)

ASKED_EVERY_S = 10.0
"""Long enough for what a task still has to put in order: asked again, it is interrupted in that."""


async def end_tasks(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    """Cancel tasks until all have ended; one that failed is told in the log.

    Parameters
    ----------
    tasks : iterable of asyncio.Task
        Of this event loop; those that have ended already are passed over.
    """
    every = set(tasks)
    left = every
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=ASKED_EVERY_S)
    for task in every:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("task_failed", task=task.get_name(), cause=repr(error), exc_info=error)
