import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from rekam.v1 import capture_pb2 as _capture_pb2
from rekam.v1 import card_pb2 as _card_pb2
from rekam.v1 import common_pb2 as _common_pb2
from rekam.v1 import device_pb2 as _device_pb2
from rekam.v1 import enrolment_pb2 as _enrolment_pb2
from rekam.v1 import lease_pb2 as _lease_pb2
from rekam.v1 import link_pb2 as _link_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Topic(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TOPIC_UNSPECIFIED: _ClassVar[Topic]
    TOPIC_DEVICES: _ClassVar[Topic]
    TOPIC_LEASES: _ClassVar[Topic]
    TOPIC_CAPTURES: _ClassVar[Topic]
    TOPIC_SPOOL: _ClassVar[Topic]
    TOPIC_ENROLMENTS: _ClassVar[Topic]
    TOPIC_LINK: _ClassVar[Topic]
    TOPIC_CARDS: _ClassVar[Topic]
TOPIC_UNSPECIFIED: Topic
TOPIC_DEVICES: Topic
TOPIC_LEASES: Topic
TOPIC_CAPTURES: Topic
TOPIC_SPOOL: Topic
TOPIC_ENROLMENTS: Topic
TOPIC_LINK: Topic
TOPIC_CARDS: Topic

class GetInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetInfoResponse(_message.Message):
    __slots__ = ("gateway_id", "version", "run_id", "started_at", "now", "spool", "devices_ready", "devices_total", "warnings", "roles")
    GATEWAY_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    NOW_FIELD_NUMBER: _ClassVar[int]
    SPOOL_FIELD_NUMBER: _ClassVar[int]
    DEVICES_READY_FIELD_NUMBER: _ClassVar[int]
    DEVICES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    gateway_id: str
    version: str
    run_id: str
    started_at: _timestamp_pb2.Timestamp
    now: _common_pb2.EventTime
    spool: SpoolInfo
    devices_ready: int
    devices_total: int
    warnings: _containers.RepeatedCompositeFieldContainer[_common_pb2.LocalizedText]
    roles: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, gateway_id: _Optional[str] = ..., version: _Optional[str] = ..., run_id: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., now: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., spool: _Optional[_Union[SpoolInfo, _Mapping]] = ..., devices_ready: _Optional[int] = ..., devices_total: _Optional[int] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.LocalizedText, _Mapping]]] = ..., roles: _Optional[_Iterable[str]] = ...) -> None: ...

class SpoolInfo(_message.Message):
    __slots__ = ("captures", "bytes", "limit_bytes", "oldest", "head_sequence")
    CAPTURES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    OLDEST_FIELD_NUMBER: _ClassVar[int]
    HEAD_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    captures: int
    bytes: int
    limit_bytes: int
    oldest: _timestamp_pb2.Timestamp
    head_sequence: int
    def __init__(self, captures: _Optional[int] = ..., bytes: _Optional[int] = ..., limit_bytes: _Optional[int] = ..., oldest: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., head_sequence: _Optional[int] = ...) -> None: ...

class GetTrustBundleRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetTrustBundleResponse(_message.Message):
    __slots__ = ("gateway_id", "certificates_pem", "jwks", "active_key_id")
    GATEWAY_ID_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATES_PEM_FIELD_NUMBER: _ClassVar[int]
    JWKS_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    gateway_id: str
    certificates_pem: str
    jwks: str
    active_key_id: str
    def __init__(self, gateway_id: _Optional[str] = ..., certificates_pem: _Optional[str] = ..., jwks: _Optional[str] = ..., active_key_id: _Optional[str] = ...) -> None: ...

class PairRequest(_message.Message):
    __slots__ = ("origin", "name", "code")
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    origin: str
    name: str
    code: str
    def __init__(self, origin: _Optional[str] = ..., name: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class PairResponse(_message.Message):
    __slots__ = ("token", "code_expires_at")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CODE_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    token: str
    code_expires_at: _timestamp_pb2.Timestamp
    def __init__(self, token: _Optional[str] = ..., code_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Pairing(_message.Message):
    __slots__ = ("pairing_id", "origin", "name", "paired_at")
    PAIRING_ID_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAIRED_AT_FIELD_NUMBER: _ClassVar[int]
    pairing_id: str
    origin: str
    name: str
    paired_at: _timestamp_pb2.Timestamp
    def __init__(self, pairing_id: _Optional[str] = ..., origin: _Optional[str] = ..., name: _Optional[str] = ..., paired_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListPairingsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPairingsResponse(_message.Message):
    __slots__ = ("pairings",)
    PAIRINGS_FIELD_NUMBER: _ClassVar[int]
    pairings: _containers.RepeatedCompositeFieldContainer[Pairing]
    def __init__(self, pairings: _Optional[_Iterable[_Union[Pairing, _Mapping]]] = ...) -> None: ...

class RevokePairingRequest(_message.Message):
    __slots__ = ("pairing_id",)
    PAIRING_ID_FIELD_NUMBER: _ClassVar[int]
    pairing_id: str
    def __init__(self, pairing_id: _Optional[str] = ...) -> None: ...

class RevokePairingResponse(_message.Message):
    __slots__ = ("pairing",)
    PAIRING_FIELD_NUMBER: _ClassVar[int]
    pairing: Pairing
    def __init__(self, pairing: _Optional[_Union[Pairing, _Mapping]] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("topics", "from_seq", "run_id")
    TOPICS_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQ_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    topics: _containers.RepeatedScalarFieldContainer[Topic]
    from_seq: int
    run_id: str
    def __init__(self, topics: _Optional[_Iterable[_Union[Topic, str]]] = ..., from_seq: _Optional[int] = ..., run_id: _Optional[str] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("seq", "time", "run_id", "heartbeat", "device", "lease", "capture", "spool", "enrolment", "link", "card_job")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_FIELD_NUMBER: _ClassVar[int]
    SPOOL_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    CARD_JOB_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: _common_pb2.EventTime
    run_id: str
    heartbeat: _capture_pb2.Heartbeat
    device: _device_pb2.Device
    lease: _lease_pb2.Lease
    capture: _capture_pb2.Capture
    spool: SpoolInfo
    enrolment: _enrolment_pb2.EnrolmentSummary
    link: _link_pb2.Link
    card_job: _card_pb2.CardJob
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., run_id: _Optional[str] = ..., heartbeat: _Optional[_Union[_capture_pb2.Heartbeat, _Mapping]] = ..., device: _Optional[_Union[_device_pb2.Device, _Mapping]] = ..., lease: _Optional[_Union[_lease_pb2.Lease, _Mapping]] = ..., capture: _Optional[_Union[_capture_pb2.Capture, _Mapping]] = ..., spool: _Optional[_Union[SpoolInfo, _Mapping]] = ..., enrolment: _Optional[_Union[_enrolment_pb2.EnrolmentSummary, _Mapping]] = ..., link: _Optional[_Union[_link_pb2.Link, _Mapping]] = ..., card_job: _Optional[_Union[_card_pb2.CardJob, _Mapping]] = ...) -> None: ...
