"""A bounded log of events that many readers follow, each at its own pace, without losing one."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.trust import SignedTime, time_now

T = TypeVar("T")


@dataclass(frozen=True)
class Event(Generic[T]):
    """One thing that happened; `seq` counts from 1 within its log."""

    seq: int
    time: SignedTime
    payload: T


class FellBehindError(Exception):
    """A reader asked for events that are no longer kept, or read too slowly to get them in time."""

    def __init__(self, wanted: int, oldest: int) -> None:
        super().__init__(f"event {wanted} is gone, the oldest kept is {oldest}")
        self.wanted = wanted
        self.oldest = oldest


class EventLog(Generic[T]):
    """Events of one subject; belongs to the event loop's thread.

    The log keeps the newest `capacity` events. A reader that falls further behind gets `FellBehindError` rather
    than a gap: readers cost no memory of their own, and none can hold another up.
    """

    def __init__(self, capacity: int) -> None:
        self._events: deque[Event[T]] = deque(maxlen=capacity)
        self._last_seq = 0
        self._closed = False
        self._changed = asyncio.Event()

    @property
    def last_seq(self) -> int:
        """Sequence number of the newest event; 0 before the first."""
        return self._last_seq

    def append(self, payload: T) -> Event[T]:
        """Add an event and wake the readers."""
        self._last_seq += 1
        event = Event(self._last_seq, time_now(), payload)
        self._events.append(event)
        self._wake()
        return event

    def close(self) -> None:
        """No more events: readers end once they have read what is there."""
        self._closed = True
        self._wake()

    async def follow(
        self, from_seq: int, heartbeat_s: float, wants: Callable[[T], bool] = lambda _: True
    ) -> AsyncIterator[Event[T] | None]:
        """Yield each wanted event after `from_seq`, and None whenever `heartbeat_s` passed without one."""
        loop = asyncio.get_running_loop()
        seen = min(from_seq, self._last_seq)
        due = loop.time() + heartbeat_s
        while True:
            changed = self._changed
            while seen < self._last_seq:
                event = self._event(seen + 1)
                seen = event.seq
                if wants(event.payload):
                    yield event
                    due = loop.time() + heartbeat_s
            if self._closed:
                return
            if changed.is_set() and loop.time() < due:
                continue
            try:
                async with asyncio.timeout_at(due):
                    await changed.wait()
            except TimeoutError:
                yield None
                due = loop.time() + heartbeat_s

    def _event(self, seq: int) -> Event[T]:
        oldest = self._events[0].seq
        if seq < oldest:
            raise FellBehindError(seq, oldest)
        return self._events[seq - oldest]

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
