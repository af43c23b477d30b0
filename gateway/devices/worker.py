"""The one thread that owns a device's handle, and the watchdog that frees it when the device hangs."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import structlog

from drivers import DeviceDriver, DeviceHung

T = TypeVar("T")

log = structlog.get_logger(__name__)

RESET_S = 5.0
"""How long a reset may take before the device counts as gone."""

WATCH_PERIOD_S = 0.1
"""A job may shorten its promise, as when it is told to stop: look again so often."""


class Watch:
    """How a job tells the watchdog that its device still answers.

    A job calls `expect` with the time within which it will call again, or be done; past that, the device hangs.
    """

    def __init__(self, within_s: float) -> None:
        self.deadline = time.monotonic() + within_s

    def expect(self, within_s: float) -> None:
        """The next sign of life comes within `within_s` from now."""
        self.deadline = time.monotonic() + within_s


Job = Callable[[Any, Watch], T]
"""What is done with a device; its driver is given, of the kind that the asker knows the device to be."""


class _Task(Generic[T]):
    def __init__(self, job: Job[T], watch: Watch) -> None:
        self.job = job
        self.watch = watch
        self.future: Future[T] = Future()


class DeviceWorker:
    """Runs jobs on one device, one after the other, in a thread of its own.

    The driver is built and entered in that thread by the first job, and left there by `close`. A job that falls
    silent is freed by the driver's `reset`, called from another thread; if even that does not help, the thread is
    abandoned (it is a daemon and holds nothing else) and the worker counts as dead.
    """

    def __init__(self, name: str, build: Callable[[], DeviceDriver]) -> None:
        self._name = name
        self._build = build
        self._driver: DeviceDriver | None = None
        self._tasks: queue.SimpleQueue[_Task[Any] | None] = queue.SimpleQueue()
        self.dead = False
        self.resets = 0
        self._thread = threading.Thread(target=self._work, name=f"device {name}", daemon=True)
        self._thread.start()

    async def run(self, job: Job[T], *, within_s: float) -> T:
        """Run `job` in the device's thread and give back what it returns or raises.

        Raises
        ------
        DeviceHung
            The job fell silent and the device had to be reset, or the worker was already dead.
        """
        if self.dead:
            raise DeviceHung(f"{self._name} stopped answering and could not be reset; unplug it and plug it in again")
        task = _Task(job, Watch(within_s))
        self._tasks.put(task)
        waiter = asyncio.wrap_future(task.future)
        try:
            while not waiter.done():
                remaining = task.watch.deadline - time.monotonic()
                await asyncio.wait({waiter}, timeout=min(max(remaining, 0.05), WATCH_PERIOD_S))
                if not waiter.done() and time.monotonic() > task.watch.deadline:
                    await self._free(waiter)
            return waiter.result()
        finally:
            # The job goes on where only its watcher went away; what it gives is then nobody's.
            if not waiter.done():
                waiter.cancel()

    async def close(self) -> None:
        """Leave the device and end the thread; waits for both, but not for ever."""
        self._tasks.put(None)
        if not self.dead:
            await asyncio.to_thread(self._thread.join, RESET_S)
        self.dead = True

    async def reset(self) -> None:
        """Have the driver reset the device from outside its thread, whatever a job is doing."""
        self.resets += 1
        driver = self._driver
        if driver is None:
            return
        done = threading.Event()
        failure: list[Exception] = []

        def reset() -> None:
            try:
                driver.reset()
            except Exception as error:
                failure.append(error)
            done.set()

        threading.Thread(target=reset, name=f"reset {self._name}", daemon=True).start()
        if not await asyncio.to_thread(done.wait, RESET_S):
            failure.append(TimeoutError("the reset did not end"))
        if failure:
            raise DeviceHung(f"{self._name} could not be reset: {failure[0]}") from failure[0]

    async def _free(self, waiter: asyncio.Future[T]) -> None:
        log.warning("device_hung", device=self._name)
        try:
            await self.reset()
        except DeviceHung as error:
            log.warning("device_reset_failed", device=self._name, error=str(error))
        await asyncio.wait({waiter}, timeout=2.0)
        if not waiter.done():
            self.dead = True
            self._tasks.put(None)  # should its job ever end, the thread leaves the device to whoever opens it next
            raise DeviceHung(f"{self._name} stopped answering and a reset did not help")

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            if not task.future.set_running_or_notify_cancel():
                continue
            try:
                result = task.job(self._open_driver(), task.watch)
            except BaseException as error:
                self._answer(task, error=error)
            else:
                self._answer(task, result=result)
            del task
        self.leave()

    def _answer(self, task: _Task[Any], *, result: Any = None, error: BaseException | None = None) -> None:
        if error is None:
            task.future.set_result(result)
        else:
            task.future.set_exception(error)

    def _open_driver(self) -> DeviceDriver:
        if self._driver is None:
            driver = self._build()
            driver.__enter__()
            self._driver = driver
        return self._driver

    def leave(self) -> None:
        """Leave the device, so that the next job opens it anew; in the device's own thread only."""
        driver, self._driver = self._driver, None
        if driver is not None:
            try:
                driver.__exit__(None, None, None)
            except Exception as error:
                log.warning("device_close_failed", device=self._name, error=str(error))
