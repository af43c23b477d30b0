"""The outbox: sealed packets on their way to the centre, and what it answers; the face of the room.

Pure policy, for whoever wants to see it at work: `backoff`, `budget`, `order`, `standing`, `forecast`.
"""

from gateway.forwarding.answers import AnswerDesk, AnswerWay, StatusBook, Taken
from gateway.forwarding.errors import (
    ForwardingError,
    OutboxCorrupt,
    OutboxFull,
    OutboxTooNew,
    OutboxUnwritable,
    PacketUnknown,
    RetryRefused,
)
from gateway.forwarding.folder import Found, look, read_notice, small_end
from gateway.forwarding.forecast import Forecast, Unknown, drain_forecast
from gateway.forwarding.forwarder import Forwarder
from gateway.forwarding.incident import Incident, IncidentKind
from gateway.forwarding.no_way import NoWay
from gateway.forwarding.packet import HELD, UNDER_WAY, PacketState, QueuedPacket
from gateway.forwarding.queue import Depth, PacketQueue
from gateway.forwarding.room import OutboxLimits, check_room, held_bytes, room_warnings
from gateway.forwarding.settings import ForwardingPolicy

__all__ = [
    "HELD",
    "UNDER_WAY",
    "AnswerDesk",
    "AnswerWay",
    "Depth",
    "Forecast",
    "Forwarder",
    "ForwardingError",
    "ForwardingPolicy",
    "Found",
    "Incident",
    "IncidentKind",
    "NoWay",
    "OutboxCorrupt",
    "OutboxFull",
    "OutboxLimits",
    "OutboxTooNew",
    "OutboxUnwritable",
    "PacketQueue",
    "PacketState",
    "PacketUnknown",
    "QueuedPacket",
    "RetryRefused",
    "StatusBook",
    "Taken",
    "Unknown",
    "check_room",
    "drain_forecast",
    "held_bytes",
    "look",
    "read_notice",
    "room_warnings",
    "small_end",
]
