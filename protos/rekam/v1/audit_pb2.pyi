import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from rekam.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuditEntry(_message.Message):
    __slots__ = ("sequence", "time", "boot_id", "event", "peer", "roles", "operator", "device_id", "object_kind", "object_id", "outcome", "reason", "count", "shift_ms", "canonical")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    BOOT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    OBJECT_KIND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    SHIFT_MS_FIELD_NUMBER: _ClassVar[int]
    CANONICAL_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    time: _common_pb2.EventTime
    boot_id: str
    event: str
    peer: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    operator: str
    device_id: str
    object_kind: str
    object_id: str
    outcome: str
    reason: str
    count: int
    shift_ms: int
    canonical: bytes
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., boot_id: _Optional[str] = ..., event: _Optional[str] = ..., peer: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., operator: _Optional[str] = ..., device_id: _Optional[str] = ..., object_kind: _Optional[str] = ..., object_id: _Optional[str] = ..., outcome: _Optional[str] = ..., reason: _Optional[str] = ..., count: _Optional[int] = ..., shift_ms: _Optional[int] = ..., canonical: _Optional[bytes] = ...) -> None: ...

class AuditFinding(_message.Message):
    __slots__ = ("fault", "sequence", "detail")
    FAULT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    fault: str
    sequence: int
    detail: str
    def __init__(self, fault: _Optional[str] = ..., sequence: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class QueryAuditRequest(_message.Message):
    __slots__ = ("from_sequence", "to_sequence", "from_time", "to_time", "actor", "event", "object_id", "device_id", "person", "newest_first", "limit", "with_heads")
    FROM_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TO_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    NEWEST_FIRST_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    WITH_HEADS_FIELD_NUMBER: _ClassVar[int]
    from_sequence: int
    to_sequence: int
    from_time: _timestamp_pb2.Timestamp
    to_time: _timestamp_pb2.Timestamp
    actor: str
    event: str
    object_id: str
    device_id: str
    person: str
    newest_first: bool
    limit: int
    with_heads: bool
    def __init__(self, from_sequence: _Optional[int] = ..., to_sequence: _Optional[int] = ..., from_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., to_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., event: _Optional[str] = ..., object_id: _Optional[str] = ..., device_id: _Optional[str] = ..., person: _Optional[str] = ..., newest_first: _Optional[bool] = ..., limit: _Optional[int] = ..., with_heads: _Optional[bool] = ...) -> None: ...

class QueryAuditResponse(_message.Message):
    __slots__ = ("entries", "heads")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    HEADS_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[AuditEntry]
    heads: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, entries: _Optional[_Iterable[_Union[AuditEntry, _Mapping]]] = ..., heads: _Optional[_Iterable[bytes]] = ...) -> None: ...

class GetHeadRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetHeadResponse(_message.Message):
    __slots__ = ("head", "chain_id", "sequence", "digest", "time")
    HEAD_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    head: bytes
    chain_id: str
    sequence: int
    digest: str
    time: _common_pb2.EventTime
    def __init__(self, head: _Optional[bytes] = ..., chain_id: _Optional[str] = ..., sequence: _Optional[int] = ..., digest: _Optional[str] = ..., time: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ...) -> None: ...

class VerifyRangeRequest(_message.Message):
    __slots__ = ("from_sequence", "to_sequence")
    FROM_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TO_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    from_sequence: int
    to_sequence: int
    def __init__(self, from_sequence: _Optional[int] = ..., to_sequence: _Optional[int] = ...) -> None: ...

class VerifyRangeResponse(_message.Message):
    __slots__ = ("ok", "findings", "entries", "heads", "sealed_sequence", "last_sequence", "missing")
    OK_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    HEADS_FIELD_NUMBER: _ClassVar[int]
    SEALED_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    ok: bool
    findings: _containers.RepeatedCompositeFieldContainer[AuditFinding]
    entries: int
    heads: int
    sealed_sequence: int
    last_sequence: int
    missing: int
    def __init__(self, ok: _Optional[bool] = ..., findings: _Optional[_Iterable[_Union[AuditFinding, _Mapping]]] = ..., entries: _Optional[int] = ..., heads: _Optional[int] = ..., sealed_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ..., missing: _Optional[int] = ...) -> None: ...
