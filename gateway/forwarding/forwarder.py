"""Sends what waits to the centre, one thing at a time, and takes what it answers."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Set
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from random import Random

import structlog

from gateway.centre import (
    AnswerCursor,
    CentreBusy,
    CentreCondition,
    CentreUnreachable,
    PacketStanding,
    StandingState,
    WayOut,
    WayOutError,
)
from gateway.forwarding.answer_fetch import ANSWER_BYTES, AnswerFetch
from gateway.forwarding.answers import AnswerDesk, StatusBook
from gateway.forwarding.backoff import wait_s
from gateway.forwarding.budget import CALL_BYTES
from gateway.forwarding.errors import ForwardingError
from gateway.forwarding.housekeeping import Housekeeping
from gateway.forwarding.incident import IncidentKind
from gateway.forwarding.meter import Meter
from gateway.forwarding.packet import QueuedPacket
from gateway.forwarding.queue import PacketQueue
from gateway.forwarding.sending import Sending, is_small
from gateway.forwarding.settings import ForwardingPolicy
from gateway.forwarding.several_sends import AtOnce, send_several
from gateway.forwarding.standing import again
from gateway.forwarding.standings import Standings

log = structlog.get_logger(__name__)

NOTICE_BYTES = 300
"""Of one notice and its standing, about."""
HERE_S = 1.0
"""Between looks at what needs no centre, while packets leave."""
LOCAL_FAULT_S = 30.0
"""Wait after our own disk did not do what it should."""
IDLE_S = 300.0
"""A wait is looked at again after so long: what was measured is noted in the bin that it belongs to."""
SHORTEST_WAIT_S = 0.05
ASK_S = 3600.0
"""Between questions how the centre does while all goes well: whether it was put back from a backup."""


class Forwarder:
    """One task that belongs to an event loop; `run` until it is cancelled, or `step` by hand.

    Parameters
    ----------
    queue : PacketQueue
    way : WayOut
    answers : AnswerDesk
    path : callable
        Where the file of a packet is.
    policy : ForwardingPolicy
    book : StatusBook
        Told of every answer, and of what was sent.
    forget : callable
        Told, in a thread, of each packet that has a receipt: what was kept of the person here only until then may go.
        It may be told again after a crash; what it raises is tried again at the next start.
    on_change : callable
        Told, in the loop, when packets moved; must not raise.
    on_away : callable
        Told, in the loop, of each call that the centre did not take, and why; must not raise.
    random : Random, optional
    """

    def __init__(
        self,
        queue: PacketQueue,
        way: WayOut,
        answers: AnswerDesk,
        path: Callable[[str], Path],
        policy: ForwardingPolicy,
        book: StatusBook,
        forget: Callable[[str], None] = lambda _: None,
        on_change: Callable[[], None] = lambda: None,
        on_away: Callable[[WayOutError], None] = lambda _: None,
        random: Random | None = None,
    ) -> None:
        self._queue = queue
        self._way = way
        self._policy = policy
        self._on_change = on_change
        self._on_away = on_away
        self._random = random or Random()  # noqa: S311 - jitter, no secret
        self._housekeeping = Housekeeping(queue, answers, path, book, forget, policy.grace_s)
        self._standings = Standings(queue, answers, policy.patience, book, self._random)
        self._meter = Meter(queue, policy.quota)
        self._sending = Sending(queue, way, path, self._standings, self._meter)
        self._fetch = AnswerFetch(queue, way, answers, self._meter)
        self._at_once = AtOnce(policy.sends_at_once)
        self._centre_failures = 0
        self._centre_not_before_s = queue.clock() + self._random.uniform(0.0, policy.first_spread_s)
        self._asked = False
        """The centre was asked how it does since it was last away."""
        self._answers_due_s = 0.0
        self._answers_wait_s = policy.answers_s
        self._looks_failed = 0
        """Looks for answers that the centre did not take, one after the other."""
        self._ask_due_s = 0.0
        self._fills_line = False
        """The last thing was a round of sends, and there may be more: answers are looked for beside the next. Not with
        a quota, which is kept to the byte by one thing after the other."""
        self._backlogged = False
        self._here = threading.Lock()
        self._here_due_s = self._here_not_before_s = 0.0
        self._wake = asyncio.Event()
        self.problem: WayOutError | ForwardingError | OSError | None = None
        """Why the last call failed; None where it did not."""

    @property
    def reached(self) -> bool:
        """Whether the centre took the last call."""
        return self._asked

    @property
    def waits_for_centre_s(self) -> float:
        """Counted seconds before which the centre is not called."""
        return self._centre_not_before_s

    @property
    def goodput(self) -> float | None:
        """Bytes a second that were acknowledged of late; None before the first."""
        return self._meter.goodput

    def wake(self) -> None:
        """Something new waits, or was asked for by a person."""
        self._wake.set()

    def centre_is_back(self) -> None:
        """Something else says that the centre can be reached: call it soon, though not in the same second as all."""
        soon = self._queue.clock() + self._random.uniform(0.0, self._policy.return_spread_s)
        self._centre_not_before_s = min(self._centre_not_before_s, soon)
        self._wake.set()

    async def run(self) -> None:
        """Forward until cancelled; whatever fails is tried again."""
        while True:
            self._wake.clear()
            began_s = self._queue.clock()
            due_s = await self.step()
            if due_s is None:
                continue
            wait = min(max(SHORTEST_WAIT_S, due_s - began_s), IDLE_S)
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def step(self) -> float | None:
        """Do the next thing.

        Returns
        -------
        float or None
            Counted seconds before which there is nothing to do unless something new comes; None where there may be
            more at once.
        """
        try:
            return await self._step()
        except CentreBusy as error:
            self._away(error, error.retry_after_s)
        except CentreUnreachable as error:
            self._away(error, None)
        except (ForwardingError, OSError) as error:
            log.error("forwarding_failed_here", kind=type(error).__name__, cause=str(error))
            self.problem = error
            return self._queue.clock() + LOCAL_FAULT_S
        except Exception as error:
            # A bug, of ours or of a way: what waits is tried again, and the log says what it was.
            log.exception("forwarding_failed")
            self.problem = ForwardingError(
                f"Forwarding met a fault of its own: {type(error).__name__}: {error}.",
                "It goes on by itself with what it can; the gateway's log has the whole of it.",
            )
            return self._queue.clock() + LOCAL_FAULT_S
        return None

    async def _step(self) -> float | None:
        await asyncio.to_thread(self._look_at_time)
        now = self._queue.clock()
        if now < self._centre_not_before_s:
            return min(self._centre_not_before_s, now + IDLE_S)
        if not self._asked or now >= self._ask_due_s:
            await self._ask_centre()
            return None
        if now >= self._answers_due_s and not self._fills_line:
            await self._fetch_answers()
            return None
        offers = await asyncio.to_thread(self._queue.offers)
        if offers and self._meter.allows(CALL_BYTES + NOTICE_BYTES, small=True):
            self._backlogged = True
            await self._offer(offers)
            return None
        first = await asyncio.to_thread(self._sending.next_packet)
        if first is None:
            self._fills_line = False
            return await asyncio.to_thread(self._next_look_s)
        await self._send_round(first)
        return None

    async def _send_round(self, first: QueuedPacket) -> None:
        """Send what may go, several packets at once, until it is time for news and answers again."""
        self._backlogged = True
        found = [first]

        async def next_packet(besides: Set[str]) -> QueuedPacket | None:
            return found.pop() if found else await asyncio.to_thread(self._sending.next_packet, besides)

        beside = [asyncio.create_task(self._look_meanwhile())]
        if self._fills_line and self._queue.clock() >= self._answers_due_s:
            beside.append(asyncio.create_task(self._fetch_answers()))
        began = time.monotonic()
        try:
            with self._meter.round():
                await send_several(next_packet, self._send, self._most_at_once, time.monotonic)
            self._at_once.went(time.monotonic() - began)
            await asyncio.gather(*beside[1:])
        except CentreBusy:
            self._at_once.was_too_much()
            raise
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        self._fills_line = not self._policy.quota.limited

    @property
    def _most_at_once(self) -> int:
        # A quota counts what has gone: with one, packets go one by one.
        return 1 if self._policy.quota.limited else self._at_once.now

    async def _look_meanwhile(self) -> None:
        """See to what needs no centre while packets leave: between the rounds the line would wait for it."""
        while True:
            await asyncio.sleep(HERE_S)
            await asyncio.to_thread(self._look_at_time)

    def _look_at_time(self) -> None:
        """What the time since the last step was, and now and then what needs no centre. Blocking."""
        with suppress(ForwardingError):
            self._meter.tick(backlogged=self._backlogged)
        if self._queue.clock() >= self._here_due_s:
            self._see_to_what_is_here()

    def _see_to_what_is_here(self) -> None:
        """Apply answers, erase what is past its grace: many at once, as each costs a flush of the disk. Blocking."""
        with self._here:
            if self._queue.clock() < self._here_not_before_s:
                return
            self._here_due_s = math.inf  # nobody else waits for it
            try:
                self._housekeeping.see_to_it()
            except Exception:
                # What waits for the centre does not wait for this.
                log.exception("answers_not_applied")
                self._here_not_before_s = self._queue.clock() + LOCAL_FAULT_S
            finally:
                self._here_due_s = self._queue.clock() + HERE_S

    async def _ask_centre(self) -> None:
        state = await self._way.centre()
        self._meter.charge(CALL_BYTES, small=True)
        if state.condition is not CentreCondition.ACCEPTING:
            raise CentreBusy(f"the centre says that it is {state.condition}", state.retry_after_s)
        cursor = await asyncio.to_thread(self._queue.answers.cursor)
        restored = cursor.ledger_id not in ("", state.ledger_id)
        if restored or (cursor.ledger_id == state.ledger_id and state.last_sequence < cursor.sequence):
            detail = f"{cursor.ledger_id[:8]} {cursor.sequence} -> {state.ledger_id[:8]} {state.last_sequence}"
            beginning = AnswerCursor(state.ledger_id, 0)
            count = await asyncio.to_thread(self._queue.offer_all_again, again, beginning)
            await asyncio.to_thread(self._queue.notes.note, IncidentKind.CENTRE_RESTORED, "", detail)
            log.error("centre_restored_from_backup", ledgers=detail, offered_again=count)
        elif cursor.ledger_id != state.ledger_id:
            await asyncio.to_thread(self._queue.answers.move_cursor, AnswerCursor(state.ledger_id, 0))
        self._ask_due_s = self._queue.clock() + ASK_S
        # That it answers does not mean that it takes anything: failures are forgotten with what it takes.
        self._asked = True

    async def _fetch_answers(self) -> None:
        if not self._meter.allows(CALL_BYTES + ANSWER_BYTES, small=True):
            self._answers_due_s = self._meter.allowed_at_s(CALL_BYTES + ANSWER_BYTES, small=True)
            return
        # An answer that we fail at comes again with the next look: what waits to be sent has its turn before that.
        self._answers_due_s = self._queue.clock() + max(self._answers_wait_s, 2 * LOCAL_FAULT_S)
        self._looks_failed += 1
        fetched = await self._fetch.look()
        self._looks_failed = 0
        if fetched.is_other_ledger:
            self._ask_due_s = 0.0  # the centre was put back from a backup since it was asked
        self._there()
        self._answers_due_s = self._queue.clock() + self._answers_wait_s
        self._answers_wait_s = min(2 * self._answers_wait_s, self._policy.longest_answers_s)
        if fetched.is_news:
            self._moved()

    async def _offer(self, offers: list[QueuedPacket]) -> None:
        left = self._meter.left(small=True)
        if left is not None:
            sizes = accumulate(map(_offer_bytes, offers), initial=CALL_BYTES)
            offers = offers[: max(1, sum(size <= left for size in sizes) - 1)]
        standings = await self._way.offer([each.notice for each in offers])
        receipts = sum(len(standing.receipt) for standing in standings)
        self._meter.charge(CALL_BYTES + NOTICE_BYTES * len(offers) + receipts, small=True)
        by_id = {standing.packet_id: standing for standing in standings}
        answered = [(each, by_id[each.packet_id]) for each in offers if each.packet_id in by_id]
        await asyncio.to_thread(self._standings.take, answered)
        # One that was not answered is asked for later, whatever the centre means by it.
        silent = PacketStanding("", StandingState.NOT_NOW, reason="NOT_ANSWERED")
        await asyncio.to_thread(
            self._standings.take, [(each, silent) for each in offers if each.packet_id not in by_id]
        )
        self._there()
        self._moved()

    async def _send(self, packet: QueuedPacket) -> None:
        if await self._sending.send(packet, self._most_at_once):
            self._there()
            self._moved()

    def _next_look_s(self) -> float:
        """When there is something to do again, if nothing new comes. Blocking."""
        self._see_to_what_is_here()
        now = self._queue.clock()
        dues = [self._answers_due_s, self._ask_due_s]
        due = self._queue.next_due_s()
        self._backlogged = due is not None
        if due is not None and due > now:
            dues.append(due)
        elif due is not None:
            # Due, and not done: the quota.
            if self._queue.offers(1):
                dues.append(self._meter.allowed_at_s(CALL_BYTES + NOTICE_BYTES, small=True))
            for packet in (self._queue.next_to_send(), self._queue.next_to_send(small_only=True)):
                if packet is not None:
                    dues.append(self._meter.allowed_at_s(self._sending.least(packet), small=is_small(packet)))
        return max(now + SHORTEST_WAIT_S, min(dues))

    def _moved(self) -> None:
        self._answers_wait_s = self._policy.answers_s
        self._answers_due_s = min(self._answers_due_s, self._queue.clock() + self._answers_wait_s)
        self._on_change()

    def _there(self) -> None:
        self._asked = True
        self._centre_failures = 0
        self.problem = None

    def _away(self, error: WayOutError, retry_after_s: float | None) -> None:
        # A busy centre is a slow one, and counts for the forecast; one that is away does not.
        self._backlogged = self._backlogged and isinstance(error, CentreBusy)
        self._centre_failures += 1
        self._asked = self._fills_line = False
        wait = wait_s(self._policy.centre_backoff, self._centre_failures, self._random, retry_after_s)
        self._centre_not_before_s = self._queue.clock() + wait
        self.problem = error
        # After an outage answers come first; where it is they that fail, what waits to be sent has its turn before.
        fails_again = self._looks_failed > 1
        self._answers_due_s = self._centre_not_before_s + 2 * LOCAL_FAULT_S if fails_again else 0.0
        self._on_away(error)
        log.info("centre_away", why=str(error), failures=self._centre_failures, wait_s=round(wait, 1))


def _offer_bytes(packet: QueuedPacket) -> int:
    """What an offer of the packet comes to, about: the centre answers with a receipt where it has the whole of it."""
    has_all = packet.received_s is not None or packet.acknowledged >= packet.notice.size
    return NOTICE_BYTES + (ANSWER_BYTES if has_all else 0)
