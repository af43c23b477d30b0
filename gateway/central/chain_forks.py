"""Forks of gateways' chains: more than one packet claims one place, as of a gateway that was cloned or put back.

Found as packets are received, in the same transaction, and kept; no packet is refused for it, and no person lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.central.database import Statements
from gateway.central.metrics import CHAIN_FORKS
from gateway.central.store import VerifiedPacket

log = structlog.get_logger(__name__)

FORK_TABLES = (
    """CREATE TABLE chain_forks (
        gateway_id TEXT NOT NULL,
        chain_id TEXT NOT NULL,
        chain_sequence BIGINT NOT NULL,
        found_at_ms BIGINT NOT NULL,
        PRIMARY KEY (gateway_id, chain_id, chain_sequence)
    )""",
    "CREATE INDEX packets_by_place ON packets (gateway_id, chain_id, chain_sequence)",
)
_AT_PLACE = "FROM packets WHERE gateway_id = ? AND chain_id = ? AND chain_sequence = ?"


@dataclass(frozen=True)
class ChainFork:
    """A place of a chain that more than one packet claims.

    Parameters
    ----------
    gateway_id, chain_id : str
    sequence : int
    found : datetime
        When that showed here, UTC.
    packet_ids : tuple of str
        Those that are held, the first to come first. One alone: a packet that follows names another, which is not here.
    """

    gateway_id: str
    chain_id: str
    sequence: int
    found: datetime
    packet_ids: tuple[str, ...]


def note_earlier_forks(told: Statements, at_ms: int) -> None:
    """Find the forks among packets that were received before forks were looked for."""
    told.run(
        "INSERT INTO chain_forks SELECT gateway_id, chain_id, chain_sequence, CAST(? AS BIGINT) FROM packets"
        " GROUP BY gateway_id, chain_id, chain_sequence HAVING count(*) > 1",
        at_ms,
    )


def note_forks(told: Statements, packet: VerifiedPacket, at_ms: int) -> list[int]:
    """Note what a packet that was received just now says of its chain.

    Another packet at its place is a fork there. Where the packet before it is held, and is another than it names, the
    fork is at that one's place, though its other packet has not come.

    Returns
    -------
    list of int
        Places that were not known to be forks.
    """
    chain = packet.gateway_id, packet.chain_id
    places = []
    here = told.row(f"SELECT 1 {_AT_PLACE} AND packet_id <> ?", *chain, packet.chain_sequence, packet.packet_id)
    if here is not None:
        places.append(packet.chain_sequence)
    before = told.rows(f"SELECT digest {_AT_PLACE}", *chain, packet.chain_sequence - 1)
    if packet.previous and before and (packet.previous,) not in [tuple(row) for row in before]:
        places.append(packet.chain_sequence - 1)
    note = "INSERT INTO chain_forks VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    return [place for place in places if told.run(note, *chain, place, at_ms)]


def packets_at(look: Statements, gateway_id: str, chain_id: str, sequence: int) -> tuple[str, ...]:
    """Ids of the packets that are held at a place, the first to come first."""
    rows = look.rows(f"SELECT packet_id {_AT_PLACE} ORDER BY ordinal", gateway_id, chain_id, sequence)
    return tuple(row[0] for row in rows)


def alarm(forks: Sequence[ChainFork]) -> None:
    """Tell whoever runs the centre of forks that were found just now."""
    for fork in forks:
        CHAIN_FORKS.inc()
        log.error(
            "chain_forked",
            gateway=fork.gateway_id,
            chain=fork.chain_id,
            sequence=fork.sequence,
            packets=list(fork.packet_ids),
            remedy="Two machines go on with one identity: call the office (rekam central forks). All packets are held.",
        )
