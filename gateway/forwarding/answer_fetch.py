"""Looks for answers at the centre and takes them in the order of its ledger."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial

from gateway.centre import AnswerCursor, WayOut
from gateway.forwarding.answers import AnswerDesk, AnswerWay, Taken
from gateway.forwarding.budget import CALL_BYTES
from gateway.forwarding.meter import Meter
from gateway.forwarding.queue import PacketQueue

ANSWER_BYTES = 3_000
"""An answer brings a signature and a certificate."""
ANSWERS_AT_ONCE, LOOK_S = 1_000, 60.0
"""A look ends after so many, or so long, and the next goes on from there: packets do not wait for the end of a stream
that may have none."""
PASSES = 5
"""After so many looks at an answer that is not to be believed, those after it are taken without it."""


@dataclass
class Fetched:
    """What a look brought."""

    is_news: bool = False
    """Something that was not known, or that there is more to look for."""
    is_other_ledger: bool = False
    """The centre works with another ledger than it was asked for: it was put back from a backup."""


class AnswerFetch:
    """Belongs to an event loop; one look at a time.

    Parameters
    ----------
    queue : PacketQueue
    way : WayOut
    answers : AnswerDesk
    meter : Meter
    """

    def __init__(self, queue: PacketQueue, way: WayOut, answers: AnswerDesk, meter: Meter) -> None:
        self._queue, self._way, self._answers, self._meter = queue, way, answers, meter
        self._settled: AnswerCursor | None = None
        """Up to here all is known; the cursor is not there yet."""

    async def look(self) -> Fetched:
        """Take what comes after the cursor; what was taken when it breaks off is not asked for again.

        Raises
        ------
        WayOutError, ForwardingError
        """
        cursor = await asyncio.to_thread(self._queue.answers.cursor)
        passes = await asyncio.to_thread(self._queue.answers.passes)
        fetched, held_up = Fetched(), False
        self._meter.charge(CALL_BYTES, small=True)
        stream = self._way.answers(cursor)
        self._settled = None
        count, ends = 0, time.monotonic() + LOOK_S
        try:
            async for after, jws in stream:
                self._meter.charge(len(jws), small=True)
                fetched.is_other_ledger |= after.ledger_id != cursor.ledger_id
                taken = await self._took(cursor, after, jws, move_cursor=not held_up)
                fetched.is_news |= taken is Taken.KEPT
                refused = taken is Taken.REFUSED and not held_up
                if refused and await asyncio.to_thread(self._queue.answers.cursor) != after:
                    # It may have been changed on its way: asked for again, but not for ever.
                    held_up = passes < PASSES
                    if not held_up and after.ledger_id == cursor.ledger_id:
                        await asyncio.to_thread(self._queue.answers.move_cursor, after)
                        self._settled = None
                count += 1
                if count >= ANSWERS_AT_ONCE or time.monotonic() >= ends:
                    # Of what is known already the rest is looked for as soon as news is.
                    fetched.is_news |= self._settled is not None and self._settled.sequence > cursor.sequence
                    break
                if not self._meter.allows(ANSWER_BYTES, small=True):
                    break
        finally:
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()
            if self._settled is not None:
                await asyncio.to_thread(self._queue.answers.move_cursor, self._settled)
        if held_up:
            here = await asyncio.to_thread(self._queue.answers.cursor)
            await asyncio.to_thread(self._queue.answers.move_cursor, here, passes + 1 if here == cursor else 1)
        return fetched

    async def _took(self, cursor: AnswerCursor, after: AnswerCursor, jws: bytes, *, move_cursor: bool) -> Taken:
        in_order = move_cursor and after.ledger_id == cursor.ledger_id
        # Of a backlog that has just left each receipt comes a second time: no flush of the disk for each.
        if in_order and await asyncio.to_thread(self._answers.is_settled, after, jws):
            self._settled = after
            return Taken.KNOWN
        take = partial(self._answers.take, move_cursor=move_cursor, ledger_id=cursor.ledger_id)
        taken = await asyncio.to_thread(take, jws, AnswerWay.CENTRE)
        if taken is not Taken.REFUSED and move_cursor:
            self._settled = None  # the cursor went with it
        return taken
