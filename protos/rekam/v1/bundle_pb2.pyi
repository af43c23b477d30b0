import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NextVolumeRequest(_message.Message):
    __slots__ = ("max_bytes", "again", "operator")
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    AGAIN_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    max_bytes: int
    again: bool
    operator: str
    def __init__(self, max_bytes: _Optional[int] = ..., again: _Optional[bool] = ..., operator: _Optional[str] = ...) -> None: ...

class NextVolumeResponse(_message.Message):
    __slots__ = ("volume", "left_packets", "left_bytes")
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    LEFT_PACKETS_FIELD_NUMBER: _ClassVar[int]
    LEFT_BYTES_FIELD_NUMBER: _ClassVar[int]
    volume: BundleVolume
    left_packets: int
    left_bytes: int
    def __init__(self, volume: _Optional[_Union[BundleVolume, _Mapping]] = ..., left_packets: _Optional[int] = ..., left_bytes: _Optional[int] = ...) -> None: ...

class BundleVolume(_message.Message):
    __slots__ = ("contents", "size", "taken", "medium", "operator", "without_receipt")
    CONTENTS_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_RECEIPT_FIELD_NUMBER: _ClassVar[int]
    contents: bytes
    size: int
    taken: _timestamp_pb2.Timestamp
    medium: str
    operator: str
    without_receipt: int
    def __init__(self, contents: _Optional[bytes] = ..., size: _Optional[int] = ..., taken: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., medium: _Optional[str] = ..., operator: _Optional[str] = ..., without_receipt: _Optional[int] = ...) -> None: ...

class ReadVolumeRequest(_message.Message):
    __slots__ = ("bundle_id", "number")
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    bundle_id: str
    number: int
    def __init__(self, bundle_id: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class ReadVolumeResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class ConfirmVolumeRequest(_message.Message):
    __slots__ = ("bundle_id", "number", "medium", "operator")
    BUNDLE_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    bundle_id: str
    number: int
    medium: str
    operator: str
    def __init__(self, bundle_id: _Optional[str] = ..., number: _Optional[int] = ..., medium: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class ConfirmVolumeResponse(_message.Message):
    __slots__ = ("volume",)
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    volume: BundleVolume
    def __init__(self, volume: _Optional[_Union[BundleVolume, _Mapping]] = ...) -> None: ...

class ListVolumesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListVolumesResponse(_message.Message):
    __slots__ = ("volumes",)
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    volumes: _containers.RepeatedCompositeFieldContainer[BundleVolume]
    def __init__(self, volumes: _Optional[_Iterable[_Union[BundleVolume, _Mapping]]] = ...) -> None: ...

class ImportAnswersRequest(_message.Message):
    __slots__ = ("answers", "operator")
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    answers: _containers.RepeatedScalarFieldContainer[bytes]
    operator: str
    def __init__(self, answers: _Optional[_Iterable[bytes]] = ..., operator: _Optional[str] = ...) -> None: ...

class ImportAnswersResponse(_message.Message):
    __slots__ = ("receipts", "statuses", "announcements", "known", "foreign", "refused")
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCEMENTS_FIELD_NUMBER: _ClassVar[int]
    KNOWN_FIELD_NUMBER: _ClassVar[int]
    FOREIGN_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    receipts: int
    statuses: int
    announcements: int
    known: int
    foreign: int
    refused: int
    def __init__(self, receipts: _Optional[int] = ..., statuses: _Optional[int] = ..., announcements: _Optional[int] = ..., known: _Optional[int] = ..., foreign: _Optional[int] = ..., refused: _Optional[int] = ...) -> None: ...
