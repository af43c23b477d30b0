import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PaperSize(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PAPER_SIZE_UNSPECIFIED: _ClassVar[PaperSize]
    PAPER_SIZE_A4: _ClassVar[PaperSize]
    PAPER_SIZE_A5: _ClassVar[PaperSize]
    PAPER_SIZE_THERMAL_58: _ClassVar[PaperSize]
    PAPER_SIZE_THERMAL_80: _ClassVar[PaperSize]

class LetterKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LETTER_KIND_UNSPECIFIED: _ClassVar[LetterKind]
    LETTER_KIND_CLOSED: _ClassVar[LetterKind]
    LETTER_KIND_OPEN_AGAIN: _ClassVar[LetterKind]
    LETTER_KIND_CARDS_READY: _ClassVar[LetterKind]
PAPER_SIZE_UNSPECIFIED: PaperSize
PAPER_SIZE_A4: PaperSize
PAPER_SIZE_A5: PaperSize
PAPER_SIZE_THERMAL_58: PaperSize
PAPER_SIZE_THERMAL_80: PaperSize
LETTER_KIND_UNSPECIFIED: LetterKind
LETTER_KIND_CLOSED: LetterKind
LETTER_KIND_OPEN_AGAIN: LetterKind
LETTER_KIND_CARDS_READY: LetterKind

class RenderSlipRequest(_message.Message):
    __slots__ = ("enrolment_id", "size", "language", "operator")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    size: PaperSize
    language: str
    operator: str
    def __init__(self, enrolment_id: _Optional[str] = ..., size: _Optional[_Union[PaperSize, str]] = ..., language: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class RenderSlipResponse(_message.Message):
    __slots__ = ("pdf", "reference_number")
    PDF_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    pdf: bytes
    reference_number: str
    def __init__(self, pdf: _Optional[bytes] = ..., reference_number: _Optional[str] = ...) -> None: ...

class RenderLetterRequest(_message.Message):
    __slots__ = ("kind", "addressee", "since", "expected", "references", "signatory", "language", "operator")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ADDRESSEE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    REFERENCES_FIELD_NUMBER: _ClassVar[int]
    SIGNATORY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    kind: LetterKind
    addressee: str
    since: _timestamp_pb2.Timestamp
    expected: _timestamp_pb2.Timestamp
    references: _containers.RepeatedScalarFieldContainer[str]
    signatory: str
    language: str
    operator: str
    def __init__(self, kind: _Optional[_Union[LetterKind, str]] = ..., addressee: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expected: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., references: _Optional[_Iterable[str]] = ..., signatory: _Optional[str] = ..., language: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class RenderLetterResponse(_message.Message):
    __slots__ = ("pdf",)
    PDF_FIELD_NUMBER: _ClassVar[int]
    pdf: bytes
    def __init__(self, pdf: _Optional[bytes] = ...) -> None: ...
