"""The hub's streams, made where they are missing; told twice, it has one effect."""

from contextlib import suppress
from dataclasses import dataclass, replace

from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from gateway.hub.subjects import (
    ALIVE_STREAM,
    ALIVE_SUBJECT,
    IN_CONSUMER,
    IN_STREAM,
    MARK_ALL,
    MARK_STREAM,
    NOTICE_ALL,
    OUT_ALL,
    OUT_STREAM,
    SEGMENT_ALL,
    WORD_SUBJECT,
)

DUPLICATES_S = 600.0
"""The hub knows a message again for so long; what comes later twice, the centre knows by itself."""
_DAY_S = 86_400.0


@dataclass(frozen=True)
class HubLimits:
    """How much the hub keeps."""

    in_bytes: int = 50 * 10**9
    """Of packets that the centre has not taken; full, the hub takes no more, and offices wait."""
    out_bytes: int = 20 * 10**9
    """Of answers; the oldest go first, and the centre gives them again when they are asked for."""
    out_days: float = 60.0
    replicas: int = 1
    """Copies of every message: 3 in a cluster of three."""
    ack_wait_s: float = 120.0
    """What the centre took and did not acknowledge is given to it again after so long."""
    unacknowledged: int = 256
    """Messages that the centre may have at once; of 256 KiB at most each."""
    alive_s: float = 60.0
    """The centre's word counts as said just now for so long; it is said five times in that."""


async def ensure_streams(client: Client, limits: HubLimits, *, change: bool = False) -> list[str]:
    """Make what is missing; the names of those that were made.

    Parameters
    ----------
    client : Client
    limits : HubLimits
    change : bool
        Give those that are there already these limits as well.

    Raises
    ------
    nats.errors.Error
        The hub does not answer, has no JetStream, or does not let this key.
    """
    context = client.jetstream()
    made = [config.name for config in _streams(limits) if await _ensure(context, config, change)]
    return [name for name in made if name]


async def begin_taking(client: Client, limits: HubLimits) -> None:
    """Let the hub give everything that is not acknowledged, in its order, to whoever pulls now.

    What a centre had that was killed would be given again only after `ack_wait_s`, out of its order. One centre alone
    takes from a hub, as it alone serves its folder.

    Raises
    ------
    nats.errors.Error
    """
    context = client.jetstream()
    with suppress(NotFoundError):
        await context.delete_consumer(IN_STREAM, IN_CONSUMER)
    consumer = ConsumerConfig(
        durable_name=IN_CONSUMER,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=limits.ack_wait_s,
        max_ack_pending=limits.unacknowledged,
    )
    await context.add_consumer(IN_STREAM, consumer)


def _streams(limits: HubLimits) -> list[StreamConfig]:
    kept = StreamConfig(storage=StorageType.FILE, num_replicas=limits.replicas, duplicate_window=DUPLICATES_S)
    newest = replace(kept, max_msgs_per_subject=1, discard=DiscardPolicy.OLD, allow_direct=True)
    return [
        # No age: what an office was told is at the hub stays until the centre has it.
        replace(
            kept,
            name=IN_STREAM,
            subjects=[NOTICE_ALL, SEGMENT_ALL],
            retention=RetentionPolicy.WORK_QUEUE,
            discard=DiscardPolicy.NEW,
            max_bytes=limits.in_bytes,
        ),
        replace(
            newest,
            name=OUT_STREAM,
            subjects=[OUT_ALL, WORD_SUBJECT],
            max_bytes=limits.out_bytes,
            max_age=limits.out_days * _DAY_S,
        ),
        replace(
            newest,
            name=ALIVE_STREAM,
            subjects=[ALIVE_SUBJECT],
            max_age=limits.alive_s,
            duplicate_window=min(DUPLICATES_S, limits.alive_s),
        ),
        replace(newest, name=MARK_STREAM, subjects=[MARK_ALL], max_age=limits.out_days * _DAY_S),
    ]


async def _ensure(context: JetStreamContext, config: StreamConfig, change: bool) -> bool:
    """Whether it was made."""
    assert config.name is not None
    try:
        await context.stream_info(config.name)
    except NotFoundError:
        await context.add_stream(config)
        return True
    if change:
        await context.update_stream(config)
    return False
