"""Jobs at readers: each an object of the gateway that goes on when its client leaves, and is followed by any number."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from threading import Event as ThreadEvent
from typing import Any

import structlog

from drivers import CardWriter
from gateway.audit import Actor
from gateway.devices.device import Device
from gateway.events import EventLog
from gateway.metrics import CARDS
from gateway.personalisation import (
    JobBusy,
    JobRecord,
    JobState,
    PersonalisationError,
    PersonalisationOutcome,
    Personaliser,
    Progress,
)
from gateway.service.card_audit import CardAudit
from gateway.service.card_keys import CardKeys
from gateway.service.card_people import CardPeople
from gateway.service.card_readers import CardReaders, is_synthetic
from gateway.service.status import refusal_of

log = structlog.get_logger(__name__)

EVENTS_KEPT = 1000
STOP_S = 30.0
"""A card that is being written when the gateway stops is finished first: seconds, with a real chip."""


@dataclass(eq=False)
class CardWork:
    """One job at one reader, from its start to its end."""

    job_id: str
    device: Device
    loop: asyncio.AbstractEventLoop
    events: EventLog[Progress] = field(default_factory=lambda: EventLog(EVENTS_KEPT))
    cancel: ThreadEvent = field(default_factory=ThreadEvent)
    """Heeded until something is written, and in waits for a card."""
    watchers: int = 0
    outcome: PersonalisationOutcome | None = None
    error: Exception | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)


class CardWorks:
    """Runs jobs; belongs to the event loop's thread.

    Parameters
    ----------
    abandoned_s : float
        Work that nobody has followed for so long is told to stop; what is begun on a card is finished all the same.
    changed : callable
        Told of a job after a change, with the reader that works on it, in the loop's thread.
    """

    def __init__(
        self,
        readers: CardReaders,
        personaliser: Personaliser,
        keys: CardKeys,
        audit: CardAudit,
        people: CardPeople,
        abandoned_s: float,
        changed: Callable[[JobRecord, str], None],
    ) -> None:
        self._readers, self._personaliser, self._keys = readers, personaliser, keys
        self._audit, self._people, self._abandoned_s, self._changed = audit, people, abandoned_s, changed
        self._running: dict[str, CardWork] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def of(self, job_id: str) -> CardWork | None:
        """The work on a job that goes on now."""
        return self._running.get(job_id)

    def running(self) -> list[str]:
        """Jobs that are worked on now."""
        return list(self._running)

    def device_of(self, job_id: str) -> str:
        """The reader that works on a job now; empty for none."""
        work = self._running.get(job_id)
        return "" if work is None else work.device.address.device_id

    async def begin(self, job_id: str, device: Device, actor: Actor, holder: str, wait_s: float) -> CardWork:
        """Begin to work on a job, once its reader is held.

        Raises
        ------
        LeaseHeldError
            The reader is in use.
        JobBusy
        """
        if job_id in self._running:
            raise JobBusy(f"Job {job_id} is being worked on.", "Wait until that is over.")
        loop = asyncio.get_running_loop()
        work = self._running[job_id] = CardWork(job_id, device, loop)
        held: asyncio.Future[None] = loop.create_future()
        held.add_done_callback(lambda told: told.cancelled() or told.exception())  # nobody may be left to ask
        self._spawn(self._run(work, actor, holder, wait_s, held))
        try:
            await asyncio.shield(held)
        except asyncio.CancelledError:
            self.unwatched(work)
            raise
        return work

    def unwatched(self, work: CardWork) -> None:
        """Somebody left; told to stop where nobody is there a while later."""
        if not work.watchers and not work.done.is_set():
            asyncio.get_running_loop().call_later(self._abandoned_s, self._give_up, work)

    async def invalidate(
        self, job_id: str, device: Device, actor: Actor, holder: str, reason: str, wait_s: float
    ) -> PersonalisationOutcome:
        """Put a card that waits out of use; goes on to its end when the asker leaves.

        Raises
        ------
        LeaseHeldError, PersonalisationError, DeviceError
        """

        async def put() -> PersonalisationOutcome:
            cancel = ThreadEvent()
            async with self._readers.held([device], holder, f"card job {job_id}", cancel.set):
                outcome = await self._readers.run(
                    device, lambda writer: self._invalidated(job_id, writer, cancel, reason, wait_s, device)
                )
            await self._ended(outcome, actor, device.address.device_id)
            await self.tell(job_id)
            return outcome

        task = asyncio.create_task(put(), name=f"invalidate the card of {job_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def note_ended(self, outcome: PersonalisationOutcome, actor: Actor) -> None:
        """A card was given up without a reader."""
        await self._ended(outcome, actor, "")
        await self.tell(outcome.job_id)

    async def stop(self) -> None:
        """Let nothing new begin on a card, and wait for what is begun."""
        for work in self._running.values():
            work.cancel.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_S)
        for task in self._tasks:
            task.cancel()

    async def tell(self, job_id: str) -> None:
        """Tell who watches that a job has changed."""
        try:
            record = await asyncio.to_thread(self._personaliser.journal.record, job_id)
        except PersonalisationError as error:
            log.warning("card_job_not_told", job=job_id, error=str(error))
            return
        self._changed(record, self.device_of(job_id))

    async def _run(
        self, work: CardWork, actor: Actor, holder: str, wait_s: float, held: "asyncio.Future[None]"
    ) -> None:
        device_id = work.device.address.device_id
        try:
            async with self._readers.held([work.device], holder, f"card job {work.job_id}", work.cancel.set):
                if not held.done():
                    held.set_result(None)
                await self.tell(work.job_id)
                work.outcome = await self._readers.run(work.device, partial(self._personalised, work, wait_s))
        except Exception as error:
            work.error = error
            if refusal_of(error) is None:
                log.exception("card_job_failed", job=work.job_id)  # perhaps nobody is there any more to be told
            if not held.done():
                held.set_exception(error)
        else:
            await self._ended(work.outcome, actor, device_id)
        finally:
            self._running.pop(work.job_id, None)
            work.events.close()
            work.done.set()
        log.info(
            "card_job_ended",
            job=work.job_id,
            device=device_id,
            state=work.outcome.state.value if work.outcome else "",
            error=type(work.error).__name__ if work.error else "",
        )
        await self.tell(work.job_id)

    def _personalised(self, work: CardWork, wait_s: float, writer: CardWriter) -> PersonalisationOutcome:
        loop = work.loop

        def told(progress: Progress) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the gateway stops, the card goes on
                loop.call_soon_threadsafe(work.events.append, progress)

        with self._keys.at(synthetic=is_synthetic(work.device)):
            return self._personaliser.personalise(work.job_id, writer, work.cancel, progress=told, wait_s=wait_s)

    def _invalidated(
        self, job_id: str, writer: CardWriter, cancel: ThreadEvent, reason: str, wait_s: float, device: Device
    ) -> PersonalisationOutcome:
        with self._keys.at(synthetic=is_synthetic(device)):
            return self._personaliser.invalidate(job_id, writer, cancel, reason, wait_s=wait_s)

    async def _ended(self, outcome: PersonalisationOutcome, actor: Actor, device_id: str) -> None:
        """Write down how a card ended; of a finished one the person's data are let go of."""
        CARDS.labels(outcome.state.value).inc()
        if outcome.state is not JobState.DONE:
            self._audit.card("card.spoiled", actor, outcome.serial, device_id, "SPOILED", outcome.reason)
        else:
            self._audit.card("card.personalised", actor, outcome.serial, device_id)
            await asyncio.to_thread(self._forget, outcome.job_id)

    def _forget(self, job_id: str) -> None:
        try:
            record = self._personaliser.journal.record(job_id)
            if not record.signed_by:
                self._people.forget(record.job.enrolment_id)
        except Exception as error:
            # The card is made; what could not be erased now is erased by its term.
            log.warning("card_person_not_forgotten", job=job_id, error=type(error).__name__)

    def _give_up(self, work: CardWork) -> None:
        if not work.watchers and not work.done.is_set():
            work.cancel.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
