"""A centre at its hub: takes what offices sent, puts its answers there, says how it does; joins again for ever."""

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import PubAck
from nats.js.errors import NotFoundError

from gateway.central.admission import TurnedAway
from gateway.central.errors import CentralError
from gateway.central.ingest import Ingest
from gateway.central.jetstream_intake import Intake
from gateway.central.store import RegisteredGateway
from gateway.centre import CentreCondition, WayOutError
from gateway.hub import (
    ALIVE_STREAM,
    ALIVE_SUBJECT,
    ASK_ALL,
    IN_CONSUMER,
    IN_STREAM,
    OUT_STREAM,
    WORD_SUBJECT,
    CentreWord,
    HubConnection,
    HubLimits,
    HubPlace,
    MessageWrong,
    OfficeSubjects,
    api_fault,
    begin_taking,
    connect,
    connect_fault,
    ensure_streams,
    name_of,
)
from gateway.hub.accounts import CENTRE_INBOX
from gateway.hub.messages import last_from_bytes, last_to_bytes
from gateway.task_end import end_tasks

log = structlog.get_logger(__name__)

INBOX = CENTRE_INBOX
LOOK_EVERY_S = 2.0
"""For statuses that were given by hand, or by the search."""
ANSWERS_AT_ONCE = 500
_FETCHED, _FETCH_S = 64, 5.0
_PUBLISHED_AT_ONCE, _PUBLISHED_S = 64, 30.0
_GATHERED_S = 0.05
"""Answers of so long go together."""
_BACKLOG_LEFT = 200
"""More answers than this that the hub never had are given to it when their office asks."""
_DAY_S = 86_400.0
_SAID_AGAIN = 60
"""So often within the age that the hub gives answers, it is told again what each office's last is, which would else be
forgotten of an office that got none for so long: once a day by default."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 15.0


@dataclass(frozen=True)
class JetstreamSettings:
    """Where the hub is, and what it keeps."""

    place: HubPlace
    limits: HubLimits = field(default_factory=HubLimits)


class HubLink:
    """The centre at its hub: made in the event loop by `start`, ended by `stop`.

    Parameters
    ----------
    settings : JetstreamSettings
    ingest : Ingest
    gateways : callable
        Those that are registered; blocks.
    """

    def __init__(
        self, settings: JetstreamSettings, ingest: Ingest, gateways: Callable[[], Sequence[RegisteredGateway]]
    ) -> None:
        self._settings, self._ingest, self._gateways = settings, ingest, gateways
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._look = asyncio.Event()
        self._given: dict[str, tuple[str, int]] = {}
        """Of gateways: ledger and number of the last answer that the hub has, by what it said itself."""
        self._caught_up = asyncio.Event()
        """The hub has all answers' numbers: before that, silence is more honest than a word."""

    def start(self) -> None:
        """Connect, now or when the hub is there."""
        self._task = asyncio.create_task(self._connected_again_and_again())

    async def stop(self) -> None:
        """Let go; what was not acknowledged, the hub keeps."""
        self._is_stopping = True
        if self._task is not None:
            await end_tasks([self._task])

    async def _connected_again_and_again(self) -> None:
        wait = _FIRST_WAIT_S
        while not self._is_stopping:
            try:
                hub = await connect(self._settings.place, INBOX)
            except Exception as error:  # nkeys raises classes of its own for a seed that is none
                fault = connect_fault(error, self._settings.place)
                log.warning("hub_away", cause=fault.cause, words=fault.detail)
            else:
                try:
                    await self._serve(hub)
                except* (NatsError, OSError, TimeoutError, WayOutError) as errors:
                    log.warning("hub_lost", cause=str(errors.exceptions[0]) or repr(errors.exceptions[0]))
                except* Exception:
                    log.exception("hub_failed")  # a bug: what waits at the hub is taken again
                finally:
                    if self._caught_up.is_set():
                        wait = _FIRST_WAIT_S
                    await hub.close()
            await asyncio.sleep(random.uniform(0.5, 1.0) * wait)  # noqa: S311 - spread, no secret
            wait = min(2 * wait, _LONGEST_WAIT_S)

    async def _serve(self, hub: HubConnection) -> None:
        made = await ensure_streams(hub.client, self._settings.limits)
        await begin_taking(hub.client, self._settings.limits)
        self._given.clear()
        self._caught_up.clear()
        intake = Intake(self._ingest, hub, lambda _: self._look.set())

        async def asked(message: Msg) -> None:
            await self._asked(hub, message)

        await hub.client.subscribe(ASK_ALL, cb=asked)
        log.info("hub_joined", host=self._settings.place.host, streams_made=made)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._until_closed(hub))
                tasks.create_task(self._take(hub, intake))
                tasks.create_task(self._say(hub))
                tasks.create_task(self._answer(hub))
        finally:
            await intake.end()

    @staticmethod
    async def _until_closed(hub: HubConnection) -> None:
        try:
            await hub.closed.wait()
        finally:
            # Where the others are cancelled, the client may lose that: at a hub that is closed nobody goes on.
            await hub.close()
        raise ConnectionResetError(hub.complaint or "the connection to the hub ended")

    async def _take(self, hub: HubConnection, intake: Intake) -> None:
        subscription = await hub.stream.pull_subscribe_bind(consumer=IN_CONSUMER, stream=IN_STREAM)
        while True:
            try:
                messages = await subscription.fetch(_FETCHED, timeout=_FETCH_S)
            except TimeoutError:
                continue
            for message in messages:
                await intake.take(message)

    async def _say(self, hub: HubConnection) -> None:
        """Say how the centre does, again and again; what stands in its way is said by silence."""
        await self._caught_up.wait()
        while True:
            with suppress(TurnedAway):
                state = await self._ingest.centre("")
                word = CentreWord(
                    *(state.centre_id, state.ledger_id, state.condition, state.retry_after_s, state.announcements)
                )
                await hub.stream.publish(WORD_SUBJECT, word.to_bytes(), stream=OUT_STREAM)
                await hub.stream.publish(ALIVE_SUBJECT, word.to_bytes(), stream=ALIVE_STREAM)
                if state.condition is not CentreCondition.ACCEPTING:
                    log.info("hub_told", condition=state.condition)
            await asyncio.sleep(self._settings.limits.alive_s / 5)

    async def _answer(self, hub: HubConnection) -> None:
        """Put answers at the hub, as soon as there are some."""
        clock, again_s = asyncio.get_running_loop().time, self._settings.limits.out_days * _DAY_S / _SAID_AGAIN
        said_again = -math.inf  # how old what the hub has is, nobody knows
        while True:
            try:
                state = await self._ingest.centre("")
                for gateway in await asyncio.to_thread(self._gateways):
                    if gateway.last_sequence:
                        await self._answer_one(hub, gateway, state.ledger_id)
                self._caught_up.set()
                if clock() - said_again >= again_s:
                    await self._say_again(hub)
                    said_again = clock()
            except (TurnedAway, CentralError) as error:
                log.warning("hub_answers_wait", cause=str(error))
                await asyncio.sleep(LOOK_EVERY_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._look.wait()
            await asyncio.sleep(_GATHERED_S)
            self._look.clear()

    async def _answer_one(self, hub: HubConnection, gateway: RegisteredGateway, ledger_id: str) -> None:
        known, given = self._given.get(gateway.gateway_id) or await self._hub_has(hub, gateway.gateway_id)
        if known != ledger_id:
            # Another ledger, or a hub that is new: an office that lacks the older ones asks for them.
            given = 0 if gateway.last_sequence <= _BACKLOG_LEFT else gateway.last_sequence - 1
        elif gateway.last_sequence <= given:
            self._given[gateway.gateway_id] = known, given
            return
        last = await self._give(hub, gateway.gateway_id, ledger_id, given, None)
        if last is None or last[1] <= given:
            return
        # After the answers that it speaks of.
        await hub.stream.publish(OfficeSubjects(gateway.gateway_id).last, last_to_bytes(*last), stream=OUT_STREAM)
        self._given[gateway.gateway_id] = last

    async def _say_again(self, hub: HubConnection) -> None:
        """Tell the hub again what each office's last answer is; in one task with `_answer_one`, that none goes back."""
        acks: list[asyncio.Task[PubAck]] = []
        for gateway_id, last in self._given.items():
            subject = OfficeSubjects(gateway_id).last
            acks.append(hub.publish_ahead(OUT_STREAM, subject, last_to_bytes(*last), None, _PUBLISHED_S))
            if len(acks) >= _PUBLISHED_AT_ONCE:
                await _all(acks)
                acks = []
        await _all(acks)

    @staticmethod
    async def _hub_has(hub: HubConnection, gateway_id: str) -> tuple[str, int]:
        try:
            message = await hub.stream.get_last_msg(OUT_STREAM, OfficeSubjects(gateway_id).last, direct=True)
            return last_from_bytes(message.data or b"")
        except (NotFoundError, MessageWrong):
            return "", 0

    async def _give(
        self, hub: HubConnection, gateway_id: str, ledger_id: str, after: int, most: int | None
    ) -> tuple[str, int] | None:
        """Put answers after one at the hub; ledger and number of the last, None where there were none."""
        subjects, last, count = OfficeSubjects(gateway_id), None, 0
        acks: list[asyncio.Task[PubAck]] = []
        async for ledger, sequence, jws in self._ingest.answers(gateway_id, ledger_id, after):
            acks.append(hub.publish_ahead(OUT_STREAM, subjects.answer(ledger, sequence), jws, None, _PUBLISHED_S))
            last, count = (ledger, sequence), count + 1
            if len(acks) >= _PUBLISHED_AT_ONCE:
                await _all(acks)
                acks = []
            if count == most:
                break
        await _all(acks)
        return last

    async def _asked(self, hub: HubConnection, message: Msg) -> None:
        """An office asks for answers that the hub has not."""
        gateway_id = name_of(message.subject.split(".")[2])
        try:
            ledger_id, after = last_from_bytes(message.data)
            given = await self._give(hub, gateway_id, ledger_id, after, ANSWERS_AT_ONCE)
            await message.respond(b"+" if given is not None and given[0] == ledger_id else b"-")
        except (MessageWrong, TurnedAway) as error:
            log.warning("hub_answers_not_given", gateway=gateway_id, cause=str(error))
            await message.respond(b"-")
        except (NatsError, OSError, TimeoutError, WayOutError) as error:
            log.warning("hub_answers_not_given", gateway=gateway_id, cause=repr(error))


async def _all(acks: "list[asyncio.Task[PubAck]]") -> None:
    """Wait until the hub has all.

    Raises
    ------
    WayOutError, TimeoutError
    """
    if not acks:
        return
    _, left = await asyncio.wait(acks, timeout=_PUBLISHED_S)
    for each in left:
        each.cancel()
    if left:
        raise TimeoutError
    for each in acks:
        error = each.exception()
        if isinstance(error, Exception):
            raise api_fault(error) from error
