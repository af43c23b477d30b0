"""What passes over a NATS JetStream hub between offices and their centre, and how they connect; the face of the room.

An office is known to the hub by its nkey, and may write under its own subjects alone: who wrote a message is in its
subject, not in what the message says.
"""

from gateway.hub.connection import HubConnection, HubPlace, connect
from gateway.hub.faults import api_fault, connect_fault
from gateway.hub.messages import (
    CentreWord,
    MessageWrong,
    OfferAnswer,
    Segment,
    answer_messages,
    notices_from_bytes,
    notices_to_bytes,
    segment_from_message,
    segment_headers,
)
from gateway.hub.streams import HubLimits, begin_taking, ensure_streams
from gateway.hub.subjects import (
    ALIVE_STREAM,
    ALIVE_SUBJECT,
    ASK_ALL,
    IN_CONSUMER,
    IN_STREAM,
    MARK_STREAM,
    OUT_STREAM,
    WORD_SUBJECT,
    OfficeSubjects,
    name_of,
    token,
)

__all__ = [
    "ALIVE_STREAM",
    "ALIVE_SUBJECT",
    "ASK_ALL",
    "IN_CONSUMER",
    "IN_STREAM",
    "MARK_STREAM",
    "OUT_STREAM",
    "WORD_SUBJECT",
    "CentreWord",
    "HubConnection",
    "HubLimits",
    "HubPlace",
    "MessageWrong",
    "OfferAnswer",
    "OfficeSubjects",
    "Segment",
    "answer_messages",
    "api_fault",
    "begin_taking",
    "connect",
    "connect_fault",
    "ensure_streams",
    "name_of",
    "notices_from_bytes",
    "notices_to_bytes",
    "segment_from_message",
    "segment_headers",
    "token",
]
