import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CentreCondition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CENTRE_CONDITION_UNSPECIFIED: _ClassVar[CentreCondition]
    CENTRE_CONDITION_ACCEPTING: _ClassVar[CentreCondition]
    CENTRE_CONDITION_BUSY: _ClassVar[CentreCondition]
    CENTRE_CONDITION_CLOSED: _ClassVar[CentreCondition]

class PacketStandingState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PACKET_STANDING_STATE_UNSPECIFIED: _ClassVar[PacketStandingState]
    PACKET_STANDING_STATE_PARTIAL: _ClassVar[PacketStandingState]
    PACKET_STANDING_STATE_RECEIVED: _ClassVar[PacketStandingState]
    PACKET_STANDING_STATE_REFUSED: _ClassVar[PacketStandingState]
    PACKET_STANDING_STATE_NOT_NOW: _ClassVar[PacketStandingState]
CENTRE_CONDITION_UNSPECIFIED: CentreCondition
CENTRE_CONDITION_ACCEPTING: CentreCondition
CENTRE_CONDITION_BUSY: CentreCondition
CENTRE_CONDITION_CLOSED: CentreCondition
PACKET_STANDING_STATE_UNSPECIFIED: PacketStandingState
PACKET_STANDING_STATE_PARTIAL: PacketStandingState
PACKET_STANDING_STATE_RECEIVED: PacketStandingState
PACKET_STANDING_STATE_REFUSED: PacketStandingState
PACKET_STANDING_STATE_NOT_NOW: PacketStandingState

class GetCentreRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCentreResponse(_message.Message):
    __slots__ = ("centre_id", "ledger_id", "last_sequence", "condition", "retry_after", "announcements")
    CENTRE_ID_FIELD_NUMBER: _ClassVar[int]
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCEMENTS_FIELD_NUMBER: _ClassVar[int]
    centre_id: str
    ledger_id: str
    last_sequence: int
    condition: CentreCondition
    retry_after: _duration_pb2.Duration
    announcements: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, centre_id: _Optional[str] = ..., ledger_id: _Optional[str] = ..., last_sequence: _Optional[int] = ..., condition: _Optional[_Union[CentreCondition, str]] = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., announcements: _Optional[_Iterable[bytes]] = ...) -> None: ...

class PacketNotice(_message.Message):
    __slots__ = ("packet_id", "sha256", "size", "chain_id", "sequence")
    PACKET_ID_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    packet_id: str
    sha256: str
    size: int
    chain_id: str
    sequence: int
    def __init__(self, packet_id: _Optional[str] = ..., sha256: _Optional[str] = ..., size: _Optional[int] = ..., chain_id: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class PacketStanding(_message.Message):
    __slots__ = ("packet_id", "state", "received", "receipt", "reason", "words")
    PACKET_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    packet_id: str
    state: PacketStandingState
    received: int
    receipt: bytes
    reason: str
    words: str
    def __init__(self, packet_id: _Optional[str] = ..., state: _Optional[_Union[PacketStandingState, str]] = ..., received: _Optional[int] = ..., receipt: _Optional[bytes] = ..., reason: _Optional[str] = ..., words: _Optional[str] = ...) -> None: ...

class OfferPacketsRequest(_message.Message):
    __slots__ = ("notices",)
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    notices: _containers.RepeatedCompositeFieldContainer[PacketNotice]
    def __init__(self, notices: _Optional[_Iterable[_Union[PacketNotice, _Mapping]]] = ...) -> None: ...

class OfferPacketsResponse(_message.Message):
    __slots__ = ("standings",)
    STANDINGS_FIELD_NUMBER: _ClassVar[int]
    standings: _containers.RepeatedCompositeFieldContainer[PacketStanding]
    def __init__(self, standings: _Optional[_Iterable[_Union[PacketStanding, _Mapping]]] = ...) -> None: ...

class UploadPacketRequest(_message.Message):
    __slots__ = ("start", "data")
    START_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    start: UploadStart
    data: bytes
    def __init__(self, start: _Optional[_Union[UploadStart, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class UploadStart(_message.Message):
    __slots__ = ("notice", "offset")
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    notice: PacketNotice
    offset: int
    def __init__(self, notice: _Optional[_Union[PacketNotice, _Mapping]] = ..., offset: _Optional[int] = ...) -> None: ...

class UploadPacketResponse(_message.Message):
    __slots__ = ("durable", "standing")
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    durable: int
    standing: PacketStanding
    def __init__(self, durable: _Optional[int] = ..., standing: _Optional[_Union[PacketStanding, _Mapping]] = ...) -> None: ...

class FetchAnswersRequest(_message.Message):
    __slots__ = ("ledger_id", "after_sequence")
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ledger_id: str
    after_sequence: int
    def __init__(self, ledger_id: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class FetchAnswersResponse(_message.Message):
    __slots__ = ("answer", "ledger_id", "sequence")
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    answer: bytes
    ledger_id: str
    sequence: int
    def __init__(self, answer: _Optional[bytes] = ..., ledger_id: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...
