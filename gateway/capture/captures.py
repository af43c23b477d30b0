"""All captures of this run: started under a lease, found again, given up when nobody is left."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from gateway.capture.leases import Lease, LeaseBook, LeaseHeldError, LeaseLostError
from gateway.capture.recorder import Recorder
from gateway.capture.session import CaptureSession, SessionSettings
from gateway.capture.values import Action, CaptureRequest, CaptureSnapshot
from gateway.devices.device import Device

FINISHED_KEPT = 200
"""Finished captures that can still be watched from their first event; older ones are in the spool."""

LEASE_MARGIN_S = 60.0


class CaptureBook:
    """Every capture of this run; belongs to the event loop's thread."""

    def __init__(
        self,
        leases: LeaseBook,
        recorder: Recorder,
        settings: SessionSettings,
        abandoned_s: float,
        on_change: Callable[[CaptureSnapshot], None],
    ) -> None:
        self._leases = leases
        self._recorder = recorder
        self._settings = settings
        self._abandoned_s = abandoned_s
        self._on_change = on_change
        self._sessions: OrderedDict[str, CaptureSession] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, capture_id: str) -> CaptureSession | None:
        """A capture of this run that is still known."""
        return self._sessions.get(capture_id)

    def running(self) -> list[CaptureSession]:
        """Captures that have not ended."""
        return [session for session in self._sessions.values() if not session.done.is_set()]

    def start_under(self, lease: Lease, request: CaptureRequest, device: Device) -> CaptureSession:
        """Begin a capture under a lease that its asker holds; the end of the lease ends it."""
        session = self._session(request, device)
        session.lease_id = lease.lease_id
        self._spawn(self._run_under(session, lease))
        return session

    async def start(self, request: CaptureRequest, device: Device, *, holder: str, wait_s: float) -> CaptureSession:
        """Begin a capture that takes a lease of its own.

        Raises
        ------
        LeaseHeldError
            The device is taken and `wait_s` is 0. With a `wait_s`, the capture begins QUEUED and ends with this
            as its problem.
        """
        if wait_s <= 0:
            lease = await self._acquire(request, holder, 0.0)
            session = self._session(request, device)
            self._spawn(self._run_with(session, lease))
        else:
            session = self._session(request, device)
            self._spawn(self._run_queued(session, holder, wait_s))
        session.gives_up_unwatched = True
        self._give_up_unwatched(session)
        return session

    @asynccontextmanager
    async def watching(self, session: CaptureSession) -> AsyncIterator[None]:
        """Counts as a watcher of the capture for the length of the block.

        A capture without a lease of its asker's is cancelled when nobody watched or asked after it for a while, be
        it on the device or in the queue: a client that vanished leaves no device taken.
        """
        session.watchers += 1
        try:
            yield
        finally:
            session.watchers -= 1
            session.asked_after()

    async def close(self) -> None:
        """Cancel what runs and wait until it has ended."""
        for session in self._sessions.values():
            session.command(Action.CANCEL)
            session.leave_finger()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_S)
        for task in self._tasks:
            task.cancel()

    async def _run_queued(self, session: CaptureSession, holder: str, wait_s: float) -> None:
        acquire = asyncio.ensure_future(self._acquire(session.request, holder, wait_s))
        stopped = asyncio.ensure_future(session.stopped.wait())
        try:
            await asyncio.wait({acquire, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if acquire.done():
                await self._run_with(session, acquire.result())
            else:
                # First: the device may become free while it is recorded that a finger is missing, and would stay taken.
                acquire.cancel()
                await session.end_unstarted(None)
        except LeaseHeldError as error:
            await session.end_unstarted(error)
        except LeaseLostError:
            await session.end_unstarted(None)
        finally:
            for waiter in (acquire, stopped):
                waiter.cancel()
                with contextlib.suppress(asyncio.CancelledError, LeaseHeldError, LeaseLostError):
                    await waiter

    async def _run_under(self, session: CaptureSession, lease: Lease) -> None:
        take_back = self._leases.on_end(lease.lease_id, lambda _: session.command(Action.CANCEL))
        try:
            await session.run()
        finally:
            take_back()  # a lease may be renewed all day, and would keep every capture made under it

    async def _run_with(self, session: CaptureSession, lease: Lease) -> None:
        async def release_when_done() -> None:
            await session.done.wait()
            self._leases.release(lease.lease_id)

        self._leases.on_end(lease.lease_id, lambda _: session.command(Action.CANCEL))
        session.renew_lease = partial(self._leases.renew, lease.lease_id)
        self._spawn(release_when_done())
        await session.run()

    async def _acquire(self, request: CaptureRequest, holder: str, wait_s: float) -> Lease:
        ttl_s = request.timeout_s + 2 * self._settings.recovery_s + LEASE_MARGIN_S
        return await self._leases.acquire(
            [request.device_id], ttl_s=ttl_s, holder=holder, reason=f"capture {request.capture_id}", wait_s=wait_s
        )

    def _session(self, request: CaptureRequest, device: Device) -> CaptureSession:
        session = CaptureSession(request, device, self._recorder, self._settings, self._on_change)
        self._sessions[request.capture_id] = session
        finished = [key for key, other in self._sessions.items() if other.done.is_set()]
        for key in finished[: max(0, len(finished) - FINISHED_KEPT)]:
            del self._sessions[key]
        return session

    def _give_up_unwatched(self, session: CaptureSession) -> None:
        """Cancel the capture if nobody cared for it in `abandoned_s`, else look again when that may be so."""
        if session.done.is_set():
            return
        loop = asyncio.get_running_loop()
        left_s = self._abandoned_s if session.watchers else session.asked_at + self._abandoned_s - loop.time()
        if left_s <= 0:
            session.command(Action.CANCEL)
        else:
            loop.call_later(left_s, self._give_up_unwatched, session)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


CLOSE_S = 5.0
