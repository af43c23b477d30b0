import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetExchangeKeyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetExchangeKeyResponse(_message.Message):
    __slots__ = ("gateway_id", "public_key_pem", "thumbprint")
    GATEWAY_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_PEM_FIELD_NUMBER: _ClassVar[int]
    THUMBPRINT_FIELD_NUMBER: _ClassVar[int]
    gateway_id: str
    public_key_pem: str
    thumbprint: str
    def __init__(self, gateway_id: _Optional[str] = ..., public_key_pem: _Optional[str] = ..., thumbprint: _Optional[str] = ...) -> None: ...

class ExportNeighbourListRequest(_message.Message):
    __slots__ = ("recipient_pem", "valid_days", "operator")
    RECIPIENT_PEM_FIELD_NUMBER: _ClassVar[int]
    VALID_DAYS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    recipient_pem: str
    valid_days: int
    operator: str
    def __init__(self, recipient_pem: _Optional[str] = ..., valid_days: _Optional[int] = ..., operator: _Optional[str] = ...) -> None: ...

class ExportNeighbourListResponse(_message.Message):
    __slots__ = ("list", "data")
    LIST_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    list: NeighbourListFile
    data: bytes
    def __init__(self, list: _Optional[_Union[NeighbourListFile, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class NeighbourListFile(_message.Message):
    __slots__ = ("list_id", "recipient", "people", "made_at", "expires_at", "size", "sha256")
    LIST_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    MADE_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    list_id: str
    recipient: str
    people: int
    made_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    size: int
    sha256: str
    def __init__(self, list_id: _Optional[str] = ..., recipient: _Optional[str] = ..., people: _Optional[int] = ..., made_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., size: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class ImportNeighbourListRequest(_message.Message):
    __slots__ = ("sha256", "total_size", "offset", "data", "trust_pem", "operator")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TRUST_PEM_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    total_size: int
    offset: int
    data: bytes
    trust_pem: str
    operator: str
    def __init__(self, sha256: _Optional[str] = ..., total_size: _Optional[int] = ..., offset: _Optional[int] = ..., data: _Optional[bytes] = ..., trust_pem: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class ImportNeighbourListResponse(_message.Message):
    __slots__ = ("received", "neighbour")
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    NEIGHBOUR_FIELD_NUMBER: _ClassVar[int]
    received: int
    neighbour: Neighbour
    def __init__(self, received: _Optional[int] = ..., neighbour: _Optional[_Union[Neighbour, _Mapping]] = ...) -> None: ...

class Neighbour(_message.Message):
    __slots__ = ("gateway_id", "list_id", "made_at", "expires_at", "people", "ended")
    GATEWAY_ID_FIELD_NUMBER: _ClassVar[int]
    LIST_ID_FIELD_NUMBER: _ClassVar[int]
    MADE_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    gateway_id: str
    list_id: str
    made_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    people: int
    ended: bool
    def __init__(self, gateway_id: _Optional[str] = ..., list_id: _Optional[str] = ..., made_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., people: _Optional[int] = ..., ended: _Optional[bool] = ...) -> None: ...

class ListNeighboursRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListNeighboursResponse(_message.Message):
    __slots__ = ("neighbours",)
    NEIGHBOURS_FIELD_NUMBER: _ClassVar[int]
    neighbours: _containers.RepeatedCompositeFieldContainer[Neighbour]
    def __init__(self, neighbours: _Optional[_Iterable[_Union[Neighbour, _Mapping]]] = ...) -> None: ...

class ForgetNeighbourRequest(_message.Message):
    __slots__ = ("gateway_id", "operator")
    GATEWAY_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    gateway_id: str
    operator: str
    def __init__(self, gateway_id: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class ForgetNeighbourResponse(_message.Message):
    __slots__ = ("people",)
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    people: int
    def __init__(self, people: _Optional[int] = ...) -> None: ...
