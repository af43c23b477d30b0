from buf.validate import validate_pb2 as _validate_pb2
from rekam.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PurgeRequest(_message.Message):
    __slots__ = ("dry_run", "clock_is_right", "operator")
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    CLOCK_IS_RIGHT_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    clock_is_right: bool
    operator: str
    def __init__(self, dry_run: _Optional[bool] = ..., clock_is_right: _Optional[bool] = ..., operator: _Optional[str] = ...) -> None: ...

class PurgeResponse(_message.Message):
    __slots__ = ("kind", "proof")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    kind: PurgedKind
    proof: PurgeProof
    def __init__(self, kind: _Optional[_Union[PurgedKind, _Mapping]] = ..., proof: _Optional[_Union[PurgeProof, _Mapping]] = ...) -> None: ...

class PurgedKind(_message.Message):
    __slots__ = ("name", "ids", "count", "bytes", "ids_sha256", "remarks", "complete", "audit_sequence")
    NAME_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    IDS_SHA256_FIELD_NUMBER: _ClassVar[int]
    REMARKS_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    AUDIT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    ids: _containers.RepeatedScalarFieldContainer[str]
    count: int
    bytes: int
    ids_sha256: str
    remarks: _containers.RepeatedCompositeFieldContainer[_common_pb2.LocalizedText]
    complete: bool
    audit_sequence: int
    def __init__(self, name: _Optional[str] = ..., ids: _Optional[_Iterable[str]] = ..., count: _Optional[int] = ..., bytes: _Optional[int] = ..., ids_sha256: _Optional[str] = ..., remarks: _Optional[_Iterable[_Union[_common_pb2.LocalizedText, _Mapping]]] = ..., complete: _Optional[bool] = ..., audit_sequence: _Optional[int] = ...) -> None: ...

class PurgeProof(_message.Message):
    __slots__ = ("audit_head", "chain_id", "sequence")
    AUDIT_HEAD_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    audit_head: bytes
    chain_id: str
    sequence: int
    def __init__(self, audit_head: _Optional[bytes] = ..., chain_id: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...
