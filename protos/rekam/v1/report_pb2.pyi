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

class GetDayRequest(_message.Message):
    __slots__ = ("day", "language")
    DAY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    day: str
    language: str
    def __init__(self, day: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class DayFigure(_message.Message):
    __slots__ = ("of", "name", "figure", "value")
    OF_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FIGURE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    of: str
    name: str
    figure: str
    value: float
    def __init__(self, of: _Optional[str] = ..., name: _Optional[str] = ..., figure: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class GetDayResponse(_message.Message):
    __slots__ = ("day", "zone", "start", "end", "whole", "clock_quality", "figures", "csv", "html")
    DAY_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    CLOCK_QUALITY_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    CSV_FIELD_NUMBER: _ClassVar[int]
    HTML_FIELD_NUMBER: _ClassVar[int]
    day: str
    zone: str
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    whole: bool
    clock_quality: _common_pb2.ClockQuality
    figures: _containers.RepeatedCompositeFieldContainer[DayFigure]
    csv: bytes
    html: bytes
    def __init__(self, day: _Optional[str] = ..., zone: _Optional[str] = ..., start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., whole: _Optional[bool] = ..., clock_quality: _Optional[_Union[_common_pb2.ClockQuality, str]] = ..., figures: _Optional[_Iterable[_Union[DayFigure, _Mapping]]] = ..., csv: _Optional[bytes] = ..., html: _Optional[bytes] = ...) -> None: ...
