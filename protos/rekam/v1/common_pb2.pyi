import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Modality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODALITY_UNSPECIFIED: _ClassVar[Modality]
    MODALITY_FINGER: _ClassVar[Modality]
    MODALITY_IRIS: _ClassVar[Modality]
    MODALITY_FACE: _ClassVar[Modality]

class FingerPosition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINGER_POSITION_UNSPECIFIED: _ClassVar[FingerPosition]
    FINGER_POSITION_RIGHT_THUMB: _ClassVar[FingerPosition]
    FINGER_POSITION_RIGHT_INDEX: _ClassVar[FingerPosition]
    FINGER_POSITION_RIGHT_MIDDLE: _ClassVar[FingerPosition]
    FINGER_POSITION_RIGHT_RING: _ClassVar[FingerPosition]
    FINGER_POSITION_RIGHT_LITTLE: _ClassVar[FingerPosition]
    FINGER_POSITION_LEFT_THUMB: _ClassVar[FingerPosition]
    FINGER_POSITION_LEFT_INDEX: _ClassVar[FingerPosition]
    FINGER_POSITION_LEFT_MIDDLE: _ClassVar[FingerPosition]
    FINGER_POSITION_LEFT_RING: _ClassVar[FingerPosition]
    FINGER_POSITION_LEFT_LITTLE: _ClassVar[FingerPosition]
    FINGER_POSITION_RIGHT_FOUR: _ClassVar[FingerPosition]
    FINGER_POSITION_LEFT_FOUR: _ClassVar[FingerPosition]
    FINGER_POSITION_TWO_THUMBS: _ClassVar[FingerPosition]

class EyePosition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EYE_POSITION_UNSPECIFIED: _ClassVar[EyePosition]
    EYE_POSITION_RIGHT: _ClassVar[EyePosition]
    EYE_POSITION_LEFT: _ClassVar[EyePosition]
    EYE_POSITION_BOTH: _ClassVar[EyePosition]

class ClockQuality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLOCK_QUALITY_UNSPECIFIED: _ClassVar[ClockQuality]
    CLOCK_QUALITY_TRUSTED: _ClassVar[ClockQuality]
    CLOCK_QUALITY_HOLDOVER: _ClassVar[ClockQuality]
    CLOCK_QUALITY_UNTRUSTED: _ClassVar[ClockQuality]
MODALITY_UNSPECIFIED: Modality
MODALITY_FINGER: Modality
MODALITY_IRIS: Modality
MODALITY_FACE: Modality
FINGER_POSITION_UNSPECIFIED: FingerPosition
FINGER_POSITION_RIGHT_THUMB: FingerPosition
FINGER_POSITION_RIGHT_INDEX: FingerPosition
FINGER_POSITION_RIGHT_MIDDLE: FingerPosition
FINGER_POSITION_RIGHT_RING: FingerPosition
FINGER_POSITION_RIGHT_LITTLE: FingerPosition
FINGER_POSITION_LEFT_THUMB: FingerPosition
FINGER_POSITION_LEFT_INDEX: FingerPosition
FINGER_POSITION_LEFT_MIDDLE: FingerPosition
FINGER_POSITION_LEFT_RING: FingerPosition
FINGER_POSITION_LEFT_LITTLE: FingerPosition
FINGER_POSITION_RIGHT_FOUR: FingerPosition
FINGER_POSITION_LEFT_FOUR: FingerPosition
FINGER_POSITION_TWO_THUMBS: FingerPosition
EYE_POSITION_UNSPECIFIED: EyePosition
EYE_POSITION_RIGHT: EyePosition
EYE_POSITION_LEFT: EyePosition
EYE_POSITION_BOTH: EyePosition
CLOCK_QUALITY_UNSPECIFIED: ClockQuality
CLOCK_QUALITY_TRUSTED: ClockQuality
CLOCK_QUALITY_HOLDOVER: ClockQuality
CLOCK_QUALITY_UNTRUSTED: ClockQuality

class LocalizedText(_message.Message):
    __slots__ = ("id", "en")
    ID_FIELD_NUMBER: _ClassVar[int]
    EN_FIELD_NUMBER: _ClassVar[int]
    id: str
    en: str
    def __init__(self, id: _Optional[str] = ..., en: _Optional[str] = ...) -> None: ...

class EventTime(_message.Message):
    __slots__ = ("monotonic", "wall", "quality", "uncertainty")
    MONOTONIC_FIELD_NUMBER: _ClassVar[int]
    WALL_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    monotonic: _duration_pb2.Duration
    wall: _timestamp_pb2.Timestamp
    quality: ClockQuality
    uncertainty: _duration_pb2.Duration
    def __init__(self, monotonic: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., wall: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., quality: _Optional[_Union[ClockQuality, str]] = ..., uncertainty: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Guidance(_message.Message):
    __slots__ = ("code", "fault", "remedy")
    CODE_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    code: str
    fault: LocalizedText
    remedy: LocalizedText
    def __init__(self, code: _Optional[str] = ..., fault: _Optional[_Union[LocalizedText, _Mapping]] = ..., remedy: _Optional[_Union[LocalizedText, _Mapping]] = ...) -> None: ...

class Quality(_message.Message):
    __slots__ = ("score", "algorithm", "version", "measures")
    class MeasuresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SCORE_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MEASURES_FIELD_NUMBER: _ClassVar[int]
    score: int
    algorithm: str
    version: str
    measures: _containers.ScalarMap[str, float]
    def __init__(self, score: _Optional[int] = ..., algorithm: _Optional[str] = ..., version: _Optional[str] = ..., measures: _Optional[_Mapping[str, float]] = ...) -> None: ...
