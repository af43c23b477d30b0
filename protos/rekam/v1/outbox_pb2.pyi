import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from rekam.v1 import capture_pb2 as _capture_pb2
from rekam.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PacketState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PACKET_STATE_UNSPECIFIED: _ClassVar[PacketState]
    PACKET_STATE_WAITING: _ClassVar[PacketState]
    PACKET_STATE_PARTIAL: _ClassVar[PacketState]
    PACKET_STATE_RECEIVED: _ClassVar[PacketState]
    PACKET_STATE_ERASED: _ClassVar[PacketState]
    PACKET_STATE_QUARANTINED: _ClassVar[PacketState]
    PACKET_STATE_RELEASED: _ClassVar[PacketState]
    PACKET_STATE_MISSING: _ClassVar[PacketState]

class EnrolmentStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENROLMENT_STATUS_UNSPECIFIED: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_UNREGISTERED: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_BIO_CAPTURED: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_PROCESSING: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_SENT_FOR_ENROLLMENT: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_RECEIVED_AT_CENTRAL: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_PRINT_READY_RECORD: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_DUPLICATE_RECORD: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_ADJUDICATE_RECORD: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_ENROLL_FAILURE_AT_REGIONAL: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_ENROLL_FAILURE_AT_CENTRAL: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_SEARCH_FAILURE_AT_CENTRAL: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_CARD_PRINTED: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_CARD_SHIPPED: _ClassVar[EnrolmentStatus]
    ENROLMENT_STATUS_CARD_ISSUED: _ClassVar[EnrolmentStatus]

class StatusSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATUS_SOURCE_UNSPECIFIED: _ClassVar[StatusSource]
    STATUS_SOURCE_OFFICE: _ClassVar[StatusSource]
    STATUS_SOURCE_CENTRE: _ClassVar[StatusSource]
    STATUS_SOURCE_STICK: _ClassVar[StatusSource]
    STATUS_SOURCE_BY_HAND: _ClassVar[StatusSource]
PACKET_STATE_UNSPECIFIED: PacketState
PACKET_STATE_WAITING: PacketState
PACKET_STATE_PARTIAL: PacketState
PACKET_STATE_RECEIVED: PacketState
PACKET_STATE_ERASED: PacketState
PACKET_STATE_QUARANTINED: PacketState
PACKET_STATE_RELEASED: PacketState
PACKET_STATE_MISSING: PacketState
ENROLMENT_STATUS_UNSPECIFIED: EnrolmentStatus
ENROLMENT_STATUS_UNREGISTERED: EnrolmentStatus
ENROLMENT_STATUS_BIO_CAPTURED: EnrolmentStatus
ENROLMENT_STATUS_PROCESSING: EnrolmentStatus
ENROLMENT_STATUS_SENT_FOR_ENROLLMENT: EnrolmentStatus
ENROLMENT_STATUS_RECEIVED_AT_CENTRAL: EnrolmentStatus
ENROLMENT_STATUS_PRINT_READY_RECORD: EnrolmentStatus
ENROLMENT_STATUS_DUPLICATE_RECORD: EnrolmentStatus
ENROLMENT_STATUS_ADJUDICATE_RECORD: EnrolmentStatus
ENROLMENT_STATUS_ENROLL_FAILURE_AT_REGIONAL: EnrolmentStatus
ENROLMENT_STATUS_ENROLL_FAILURE_AT_CENTRAL: EnrolmentStatus
ENROLMENT_STATUS_SEARCH_FAILURE_AT_CENTRAL: EnrolmentStatus
ENROLMENT_STATUS_CARD_PRINTED: EnrolmentStatus
ENROLMENT_STATUS_CARD_SHIPPED: EnrolmentStatus
ENROLMENT_STATUS_CARD_ISSUED: EnrolmentStatus
STATUS_SOURCE_UNSPECIFIED: StatusSource
STATUS_SOURCE_OFFICE: StatusSource
STATUS_SOURCE_CENTRE: StatusSource
STATUS_SOURCE_STICK: StatusSource
STATUS_SOURCE_BY_HAND: StatusSource

class GetOutboxRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetOutboxResponse(_message.Message):
    __slots__ = ("depths", "backlog_bytes", "held_bytes", "limit_bytes", "oldest", "forecast", "quota", "has_way", "reached", "problem", "next_call", "goodput", "incidents", "carried_without_receipt")
    DEPTHS_FIELD_NUMBER: _ClassVar[int]
    BACKLOG_BYTES_FIELD_NUMBER: _ClassVar[int]
    HELD_BYTES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    OLDEST_FIELD_NUMBER: _ClassVar[int]
    FORECAST_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    HAS_WAY_FIELD_NUMBER: _ClassVar[int]
    REACHED_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    NEXT_CALL_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_FIELD_NUMBER: _ClassVar[int]
    INCIDENTS_FIELD_NUMBER: _ClassVar[int]
    CARRIED_WITHOUT_RECEIPT_FIELD_NUMBER: _ClassVar[int]
    depths: _containers.RepeatedCompositeFieldContainer[OutboxDepth]
    backlog_bytes: int
    held_bytes: int
    limit_bytes: int
    oldest: _duration_pb2.Duration
    forecast: DrainForecast
    quota: ByteQuota
    has_way: bool
    reached: bool
    problem: str
    next_call: _duration_pb2.Duration
    goodput: float
    incidents: _containers.RepeatedCompositeFieldContainer[OutboxIncident]
    carried_without_receipt: int
    def __init__(self, depths: _Optional[_Iterable[_Union[OutboxDepth, _Mapping]]] = ..., backlog_bytes: _Optional[int] = ..., held_bytes: _Optional[int] = ..., limit_bytes: _Optional[int] = ..., oldest: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., forecast: _Optional[_Union[DrainForecast, _Mapping]] = ..., quota: _Optional[_Union[ByteQuota, _Mapping]] = ..., has_way: _Optional[bool] = ..., reached: _Optional[bool] = ..., problem: _Optional[str] = ..., next_call: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., goodput: _Optional[float] = ..., incidents: _Optional[_Iterable[_Union[OutboxIncident, _Mapping]]] = ..., carried_without_receipt: _Optional[int] = ...) -> None: ...

class OutboxDepth(_message.Message):
    __slots__ = ("state", "packets", "bytes")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PACKETS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    state: PacketState
    packets: int
    bytes: int
    def __init__(self, state: _Optional[_Union[PacketState, str]] = ..., packets: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class DrainForecast(_message.Message):
    __slots__ = ("earliest", "likely", "latest", "unknown", "from_return")
    EARLIEST_FIELD_NUMBER: _ClassVar[int]
    LIKELY_FIELD_NUMBER: _ClassVar[int]
    LATEST_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    FROM_RETURN_FIELD_NUMBER: _ClassVar[int]
    earliest: _duration_pb2.Duration
    likely: _duration_pb2.Duration
    latest: _duration_pb2.Duration
    unknown: str
    from_return: bool
    def __init__(self, earliest: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., likely: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., latest: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., unknown: _Optional[str] = ..., from_return: _Optional[bool] = ...) -> None: ...

class ByteQuota(_message.Message):
    __slots__ = ("per_hour", "per_day", "spent_hour", "spent_day")
    PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    PER_DAY_FIELD_NUMBER: _ClassVar[int]
    SPENT_HOUR_FIELD_NUMBER: _ClassVar[int]
    SPENT_DAY_FIELD_NUMBER: _ClassVar[int]
    per_hour: int
    per_day: int
    spent_hour: int
    spent_day: int
    def __init__(self, per_hour: _Optional[int] = ..., per_day: _Optional[int] = ..., spent_hour: _Optional[int] = ..., spent_day: _Optional[int] = ...) -> None: ...

class OutboxIncident(_message.Message):
    __slots__ = ("code", "packet_id", "words", "at")
    CODE_FIELD_NUMBER: _ClassVar[int]
    PACKET_ID_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    code: str
    packet_id: str
    words: _common_pb2.LocalizedText
    at: _timestamp_pb2.Timestamp
    def __init__(self, code: _Optional[str] = ..., packet_id: _Optional[str] = ..., words: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OutboxPacket(_message.Message):
    __slots__ = ("packet_id", "state", "size", "acknowledged", "sha256", "chain_id", "sequence", "age", "attempts", "refusals", "next_try", "reason", "words", "receipts", "enrolment_id", "carried")
    PACKET_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_TRY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CARRIED_FIELD_NUMBER: _ClassVar[int]
    packet_id: str
    state: PacketState
    size: int
    acknowledged: int
    sha256: str
    chain_id: str
    sequence: int
    age: _duration_pb2.Duration
    attempts: int
    refusals: int
    next_try: _duration_pb2.Duration
    reason: str
    words: str
    receipts: _containers.RepeatedScalarFieldContainer[bytes]
    enrolment_id: str
    carried: PacketCarried
    def __init__(self, packet_id: _Optional[str] = ..., state: _Optional[_Union[PacketState, str]] = ..., size: _Optional[int] = ..., acknowledged: _Optional[int] = ..., sha256: _Optional[str] = ..., chain_id: _Optional[str] = ..., sequence: _Optional[int] = ..., age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., attempts: _Optional[int] = ..., refusals: _Optional[int] = ..., next_try: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reason: _Optional[str] = ..., words: _Optional[str] = ..., receipts: _Optional[_Iterable[bytes]] = ..., enrolment_id: _Optional[str] = ..., carried: _Optional[_Union[PacketCarried, _Mapping]] = ...) -> None: ...

class PacketCarried(_message.Message):
    __slots__ = ("bundle_id", "volume", "at", "medium", "receipt_outstanding")
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_OUTSTANDING_FIELD_NUMBER: _ClassVar[int]
    bundle_id: str
    volume: int
    at: _timestamp_pb2.Timestamp
    medium: str
    receipt_outstanding: bool
    def __init__(self, bundle_id: _Optional[str] = ..., volume: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., medium: _Optional[str] = ..., receipt_outstanding: _Optional[bool] = ...) -> None: ...

class ListPacketsRequest(_message.Message):
    __slots__ = ("states", "page_size", "page_token")
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[PacketState]
    page_size: int
    page_token: str
    def __init__(self, states: _Optional[_Iterable[_Union[PacketState, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPacketsResponse(_message.Message):
    __slots__ = ("packets", "next_page_token")
    PACKETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    packets: _containers.RepeatedCompositeFieldContainer[OutboxPacket]
    next_page_token: str
    def __init__(self, packets: _Optional[_Iterable[_Union[OutboxPacket, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RetryPacketRequest(_message.Message):
    __slots__ = ("packet_id", "operator", "idempotency_key")
    PACKET_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    packet_id: str
    operator: str
    idempotency_key: str
    def __init__(self, packet_id: _Optional[str] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class RetryPacketResponse(_message.Message):
    __slots__ = ("packet",)
    PACKET_FIELD_NUMBER: _ClassVar[int]
    packet: OutboxPacket
    def __init__(self, packet: _Optional[_Union[OutboxPacket, _Mapping]] = ...) -> None: ...

class ReleasePacketRequest(_message.Message):
    __slots__ = ("packet_id", "operator", "idempotency_key")
    PACKET_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    packet_id: str
    operator: str
    idempotency_key: str
    def __init__(self, packet_id: _Optional[str] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class ReleasePacketResponse(_message.Message):
    __slots__ = ("packet",)
    PACKET_FIELD_NUMBER: _ClassVar[int]
    packet: OutboxPacket
    def __init__(self, packet: _Optional[_Union[OutboxPacket, _Mapping]] = ...) -> None: ...

class EnrolmentStanding(_message.Message):
    __slots__ = ("enrolment_id", "packet_id", "status", "name", "since", "lasted", "stuck", "advice", "conflicts")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    LASTED_FIELD_NUMBER: _ClassVar[int]
    STUCK_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    packet_id: str
    status: EnrolmentStatus
    name: _common_pb2.LocalizedText
    since: StatusTransition
    lasted: _duration_pb2.Duration
    stuck: bool
    advice: _common_pb2.LocalizedText
    conflicts: int
    def __init__(self, enrolment_id: _Optional[str] = ..., packet_id: _Optional[str] = ..., status: _Optional[_Union[EnrolmentStatus, str]] = ..., name: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., since: _Optional[_Union[StatusTransition, _Mapping]] = ..., lasted: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., stuck: _Optional[bool] = ..., advice: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., conflicts: _Optional[int] = ...) -> None: ...

class StatusTransition(_message.Message):
    __slots__ = ("status", "source", "noted", "at", "sequence", "words", "operator")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    NOTED_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    status: EnrolmentStatus
    source: StatusSource
    noted: _common_pb2.EventTime
    at: _timestamp_pb2.Timestamp
    sequence: int
    words: _common_pb2.LocalizedText
    operator: str
    def __init__(self, status: _Optional[_Union[EnrolmentStatus, str]] = ..., source: _Optional[_Union[StatusSource, str]] = ..., noted: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sequence: _Optional[int] = ..., words: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., operator: _Optional[str] = ...) -> None: ...

class ListStatusesRequest(_message.Message):
    __slots__ = ("statuses", "page_size", "page_token")
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    statuses: _containers.RepeatedScalarFieldContainer[EnrolmentStatus]
    page_size: int
    page_token: str
    def __init__(self, statuses: _Optional[_Iterable[_Union[EnrolmentStatus, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListStatusesResponse(_message.Message):
    __slots__ = ("standings", "next_page_token", "counts")
    STANDINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    standings: _containers.RepeatedCompositeFieldContainer[EnrolmentStanding]
    next_page_token: str
    counts: _containers.RepeatedCompositeFieldContainer[StatusCount]
    def __init__(self, standings: _Optional[_Iterable[_Union[EnrolmentStanding, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., counts: _Optional[_Iterable[_Union[StatusCount, _Mapping]]] = ...) -> None: ...

class StatusCount(_message.Message):
    __slots__ = ("status", "enrolments")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ENROLMENTS_FIELD_NUMBER: _ClassVar[int]
    status: EnrolmentStatus
    enrolments: int
    def __init__(self, status: _Optional[_Union[EnrolmentStatus, str]] = ..., enrolments: _Optional[int] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ("enrolment_id",)
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    def __init__(self, enrolment_id: _Optional[str] = ...) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("standing", "history", "packet")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    standing: EnrolmentStanding
    history: _containers.RepeatedCompositeFieldContainer[StatusTransition]
    packet: OutboxPacket
    def __init__(self, standing: _Optional[_Union[EnrolmentStanding, _Mapping]] = ..., history: _Optional[_Iterable[_Union[StatusTransition, _Mapping]]] = ..., packet: _Optional[_Union[OutboxPacket, _Mapping]] = ...) -> None: ...

class SetStatusRequest(_message.Message):
    __slots__ = ("enrolment_id", "status", "operator", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    status: EnrolmentStatus
    operator: str
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., status: _Optional[_Union[EnrolmentStatus, str]] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class SetStatusResponse(_message.Message):
    __slots__ = ("standing",)
    STANDING_FIELD_NUMBER: _ClassVar[int]
    standing: EnrolmentStanding
    def __init__(self, standing: _Optional[_Union[EnrolmentStanding, _Mapping]] = ...) -> None: ...

class WatchStatusesRequest(_message.Message):
    __slots__ = ("enrolment_id", "from_seq", "run_id")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQ_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    from_seq: int
    run_id: str
    def __init__(self, enrolment_id: _Optional[str] = ..., from_seq: _Optional[int] = ..., run_id: _Optional[str] = ...) -> None: ...

class WatchStatusesResponse(_message.Message):
    __slots__ = ("seq", "time", "run_id", "heartbeat", "standing")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: _common_pb2.EventTime
    run_id: str
    heartbeat: _capture_pb2.Heartbeat
    standing: EnrolmentStanding
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., run_id: _Optional[str] = ..., heartbeat: _Optional[_Union[_capture_pb2.Heartbeat, _Mapping]] = ..., standing: _Optional[_Union[EnrolmentStanding, _Mapping]] = ...) -> None: ...
