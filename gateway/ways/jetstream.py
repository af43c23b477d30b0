"""The way over a NATS JetStream hub: what the hub took is safe there, whether the centre is up or not.

The hub stands between: `send` ends when the hub has the bytes durably, the receipt comes among the answers. What the
centre says of a packet is asked through the same stream that carries its bytes, so its answer knows of all of them.
"""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import Header
from nats.js.errors import NotFoundError

from gateway.centre import (
    AnswerCursor,
    CentreBusy,
    CentreCondition,
    CentreState,
    CentreUnreachable,
    PacketNotice,
    PacketStanding,
    StandingState,
    UnreachableCause,
)
from gateway.hub import (
    ALIVE_STREAM,
    ALIVE_SUBJECT,
    IN_STREAM,
    MARK_STREAM,
    OUT_STREAM,
    WORD_SUBJECT,
    CentreWord,
    HubConnection,
    HubPlace,
    MessageWrong,
    OfficeSubjects,
    api_fault,
    connect,
    connect_fault,
    notices_to_bytes,
)
from gateway.hub.messages import (
    REPLY_HEADER,
    OfferAnswer,
    last_from_bytes,
    last_to_bytes,
    mark_from_bytes,
    mark_to_bytes,
    read_offer_answer,
)
from gateway.ways.jetstream_sending import STALL_S, Sending

CALL_S = 20.0
OFFER_S = 8.0
"""How long the centre's word on packets is waited for; the hub's is given after it."""
OFFERED_S = 0.05
"""More for each packet of an offer."""
_AT_ONCE = 32
_REMEMBERED = 20_000
_ANSWERS_ASKED_S = 10.0
_UNKNOWN_SEQUENCE = (1 << 53) - 1
"""Of the last answer, where the hub has it no more: not below what any office took, or each would hold its centre for
one that was put back from a backup."""


@dataclass(frozen=True)
class HubState(CentreState):
    """A centre's word on itself, as the hub has it."""

    centre_is_silent: bool = False
    """The hub is up, and the centre has said nothing for a minute: packets are taken, receipts come when it is back."""


class JetstreamWay:
    """A `WayOut` over a hub; belongs to one event loop.

    Parameters
    ----------
    place : HubPlace
    gateway_id : str
        Under whose subjects the nkey may write.
    clock : callable
        The time in UTC, by which a wrong clock of ours is told from a wrong certificate of theirs.
    stall_s : float
        A send in which nothing is acknowledged for so long is given up.
    offer_s : float
        How long the centre's word on packets is waited for.
    """

    def __init__(
        self,
        place: HubPlace,
        gateway_id: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        stall_s: float = STALL_S,
        offer_s: float = OFFER_S,
    ) -> None:
        self._place, self._clock, self._offer_s = place, clock, offer_s
        self._subjects = OfficeSubjects(gateway_id)
        self._sending = Sending(self._subjects, stall_s)
        self._connection: HubConnection | None = None
        self._connecting = asyncio.Lock()
        self._at_hub: OrderedDict[str, tuple[str, int]] = OrderedDict()
        """Of packets: the digest, and up to where the hub or the centre has it, by what was seen here."""
        self.centre_is_silent = False
        """As of the last question."""

    async def centre(self) -> HubState:
        """Ask the hub what the centre said last, and whether that was just now."""
        async with self._call() as hub:
            alive, last = await asyncio.gather(
                self._newest(hub, ALIVE_STREAM, ALIVE_SUBJECT), self._newest(hub, OUT_STREAM, self._subjects.last)
            )
            word = _word(alive) if alive is not None else await self._last_word(hub)
        self.centre_is_silent = alive is None
        ledger_id, sequence = last_from_bytes(last) if last is not None else (word.ledger_id, _UNKNOWN_SEQUENCE)
        sequence = sequence if ledger_id == word.ledger_id else 0
        condition, wait = word.condition, word.retry_after_s
        if alive is None:
            condition, wait = CentreCondition.ACCEPTING, None  # the hub takes for it
        return HubState(
            *(word.centre_id, word.ledger_id, sequence, condition, wait, word.announcements),
            centre_is_silent=alive is None,
        )

    async def offer(self, notices: Sequence[PacketNotice]) -> Sequence[PacketStanding]:
        """Tell of packets; answered by the centre, or by what the hub has where the centre is silent."""
        if not notices:
            return []
        async with self._call(CALL_S + self._offer_s + OFFERED_S * len(notices)) as hub:
            self.centre_is_silent = await self._newest(hub, ALIVE_STREAM, ALIVE_SUBJECT) is None
            if not self.centre_is_silent:
                standings = await self._centres_word(hub, notices)
                if standings is not None:
                    return standings
            standings = await self._hubs_word(hub, notices)
            if self.centre_is_silent:
                news = [each for each, now in zip(notices, standings, strict=True) if now.received < each.size]
                await self._tell(hub, news, reply="")
            return standings

    async def send(
        self,
        notice: PacketNotice,
        offset: int,
        end: int,
        read: Callable[[int, int], bytes],
        acknowledged: Callable[[int], None],
    ) -> PacketStanding:
        """Send bytes `offset` to `end` to the hub; a send of no bytes asks the centre."""
        if not 0 <= offset <= end <= notice.size:
            raise ValueError(f"bytes {offset} to {end} of {notice.size}")
        if offset == end:
            return (await self.offer([notice]))[0]
        seen = self._seen(notice)
        if seen is not None and seen != offset:
            return PacketStanding(notice.packet_id, StandingState.PARTIAL, seen)

        def told(upto: int) -> None:
            self._see(notice, upto)
            acknowledged(upto)

        async with self._call(within_s=None) as hub:
            await self._sending.send(hub, notice, (offset, end), read, told)
            async with asyncio.timeout(CALL_S):
                mark = mark_to_bytes(notice.sha256, end)
                await hub.stream.publish(self._subjects.mark(notice.packet_id), mark, stream=MARK_STREAM)
        return PacketStanding(notice.packet_id, StandingState.PARTIAL, end)

    async def answers(self, cursor: AnswerCursor) -> AsyncIterator[tuple[AnswerCursor, bytes]]:
        """Receipts and statuses after the cursor, oldest first.

        Each lies under a subject with its ledger and number, so that the cursor alone says what comes next: no
        position is kept at the hub that could differ from it.
        """
        async with self._call() as hub:
            word = await self._last_word(hub)
            last = await self._newest(hub, OUT_STREAM, self._subjects.last)
        ledger_id, until = last_from_bytes(last) if last is not None else ("", 0)
        if ledger_id != word.ledger_id:
            return
        after = cursor.sequence if cursor.ledger_id == ledger_id else 0
        asked = -1
        while after < until:
            page = await self._page(ledger_id, after, min(until, after + _AT_ONCE))
            for sequence, jws in page:
                yield AnswerCursor(ledger_id, sequence), jws
            after += len(page)
            if after < until and len(page) < _AT_ONCE:
                if asked == after or not await self._asked_for(ledger_id, after):
                    return
                asked = after

    async def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _centres_word(self, hub: HubConnection, notices: Sequence[PacketNotice]) -> list[PacketStanding] | None:
        """None where it is silent, or too far behind to answer in time."""
        number = secrets.token_hex(8)
        reply = f"{self._subjects.inbox}.offer.{number}"
        parts: asyncio.Queue[OfferAnswer | MessageWrong] = asyncio.Queue()

        async def heard(message: Msg) -> None:
            try:
                parts.put_nowait(read_offer_answer(message.headers, message.data))
            except MessageWrong as error:
                parts.put_nowait(error)

        subscription = await hub.client.subscribe(reply, cb=heard)
        try:
            await self._tell(hub, notices, reply)
            standings: list[PacketStanding] = []
            async with asyncio.timeout(self._offer_s + OFFERED_S * len(notices)):
                while True:
                    part = await parts.get()
                    if isinstance(part, MessageWrong):
                        raise part
                    if part.busy:
                        raise CentreBusy(part.busy, part.retry_after_s)
                    standings += part.standings
                    if part.rest == 0:
                        break
        except TimeoutError:
            if not hub.is_open:
                raise
            return None
        finally:
            if hub.is_open:
                await subscription.unsubscribe()
        if [each.packet_id for each in standings] != [each.packet_id for each in notices]:
            raise MessageWrong("it answers of other packets than were offered")
        for notice, standing in zip(notices, standings, strict=True):
            self._hear(notice, standing, number)
        return standings

    async def _hubs_word(self, hub: HubConnection, notices: Sequence[PacketNotice]) -> list[PacketStanding]:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def standing(notice: PacketNotice) -> PacketStanding:
            seen = self._seen(notice)
            if seen is None:
                async with slots:
                    mark = await self._newest(hub, MARK_STREAM, self._subjects.mark(notice.packet_id))
                sha256, end = mark_from_bytes(mark) if mark is not None else ("", 0)
                seen = min(end, notice.size) if sha256 == notice.sha256 else 0
            return PacketStanding(notice.packet_id, StandingState.PARTIAL, seen)

        return list(await asyncio.gather(*(standing(each) for each in notices)))

    async def _tell(self, hub: HubConnection, notices: Sequence[PacketNotice], reply: str) -> None:
        if not notices:
            return
        data = notices_to_bytes(notices)
        # Without an answer to wait for, the same news twice is one message.
        headers = {REPLY_HEADER: reply} if reply else {Header.MSG_ID.value: hashlib.sha256(data).hexdigest()}
        await hub.stream.publish(self._subjects.notice, data, stream=IN_STREAM, headers=headers)

    async def _page(self, ledger_id: str, after: int, until: int) -> list[tuple[int, bytes]]:
        """Answers after one, without a gap."""
        numbers = range(after + 1, until + 1)
        async with self._call() as hub:
            found = await asyncio.gather(
                *(self._newest(hub, OUT_STREAM, self._subjects.answer(ledger_id, number)) for number in numbers)
            )
        page: list[tuple[int, bytes]] = []
        for number, jws in zip(numbers, found, strict=True):
            if jws is None:
                break
            page.append((number, jws))
        return page

    async def _asked_for(self, ledger_id: str, after: int) -> bool:
        """Whether the centre gave the hub those after one again, which the hub has not, or not any more."""
        async with self._call() as hub:
            try:
                data = last_to_bytes(ledger_id, after)
                answer = await hub.client.request(self._subjects.ask, data, timeout=_ANSWERS_ASKED_S)
            except (NatsError, TimeoutError) as error:
                if not hub.is_open:
                    raise CentreUnreachable(UnreachableCause.CUT, f"{self._place.host} cut the call off.") from error
                return False  # the centre is away; what it has to say, it says later
        return answer.data == b"+"

    async def _last_word(self, hub: HubConnection) -> CentreWord:
        data = await self._newest(hub, OUT_STREAM, WORD_SUBJECT)
        if data is None:
            words = "The hub is up, and no centre has ever spoken there. Start it: rekam central serve --jetstream."
            raise CentreBusy(words, None)
        return _word(data)

    @staticmethod
    async def _newest(hub: HubConnection, stream: str, subject: str) -> bytes | None:
        try:
            message = await hub.stream.get_last_msg(stream, subject, direct=True)
        except NotFoundError:
            return None
        return message.data or b""

    def _hear(self, notice: PacketNotice, standing: PacketStanding, number: str) -> None:
        """What the centre said holds from here on; what it wants again is another message to the hub."""
        if standing.state is StandingState.PARTIAL:
            self._see(notice, standing.received)
            self._sending.asked(notice, number)
        else:
            self._at_hub.pop(notice.packet_id, None)
            self._sending.forget(notice)

    def _see(self, notice: PacketNotice, upto: int) -> None:
        self._at_hub[notice.packet_id] = notice.sha256, upto
        self._at_hub.move_to_end(notice.packet_id)
        while len(self._at_hub) > _REMEMBERED:
            self._at_hub.popitem(last=False)

    def _seen(self, notice: PacketNotice) -> int | None:
        sha256, upto = self._at_hub.get(notice.packet_id, ("", 0))
        return upto if sha256 == notice.sha256 else None

    @asynccontextmanager
    async def _call(self, within_s: float | None = CALL_S) -> AsyncIterator[HubConnection]:
        """One call; what fails in it is told by its cause, and the connection it failed on is not used again."""
        hub = await self._open()
        try:
            async with asyncio.timeout(within_s) as scope, _ended_with(hub, scope):
                yield hub
        except MessageWrong as error:
            raise CentreUnreachable(UnreachableCause.GARBAGE, f"What the hub has is no centre's: {error}.") from error
        except (NatsError, OSError, TimeoutError) as error:
            if isinstance(error, OSError) and not isinstance(error, TimeoutError | ConnectionError):
                raise  # of the packet's own file
            raise await self._told(error, hub) from error

    async def _told(self, error: Exception, hub: HubConnection) -> Exception:
        if hub.complaint:
            words = (
                f"The hub does not let this gateway's nkey ({self._place.seed}) do that ({hub.complaint}). Look at the "
                "gateway's name here and in the hub's configuration."
            )
            return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, words)
        if not hub.is_open:
            return CentreUnreachable(UnreachableCause.CUT, f"The connection to {self._place.host} was cut.")
        if isinstance(error, TimeoutError):
            await hub.close()
            return CentreUnreachable(UnreachableCause.TIMEOUT, f"{self._place.host} did not answer in time.")
        return api_fault(error)

    async def _open(self) -> HubConnection:
        async with self._connecting:
            connection = self._connection
            if connection is not None and connection.is_open:
                return connection
            if connection is not None:
                await connection.close()
            self._connection = None
            try:
                self._connection = await connect(self._place, self._subjects.inbox)
            except Exception as error:  # nkeys raises classes of its own for a seed that is none
                raise connect_fault(error, self._place, self._clock()) from error
            return self._connection


@asynccontextmanager
async def _ended_with(hub: HubConnection, scope: asyncio.Timeout) -> AsyncIterator[None]:
    """End the scope with the connection: what is asked over one that is gone is never answered."""

    async def watch() -> None:
        await hub.closed.wait()
        scope.reschedule(asyncio.get_running_loop().time())

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()


def _word(data: bytes) -> CentreWord:
    return CentreWord.from_bytes(data)
