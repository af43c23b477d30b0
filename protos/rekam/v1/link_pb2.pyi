import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from rekam.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LinkState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_STATE_UNSPECIFIED: _ClassVar[LinkState]
    LINK_STATE_NOT_CONFIGURED: _ClassVar[LinkState]
    LINK_STATE_UNKNOWN: _ClassVar[LinkState]
    LINK_STATE_ONLINE: _ClassVar[LinkState]
    LINK_STATE_DEGRADED: _ClassVar[LinkState]
    LINK_STATE_OFFLINE: _ClassVar[LinkState]
    LINK_STATE_RECOVERING: _ClassVar[LinkState]

class LinkWeakness(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_WEAKNESS_UNSPECIFIED: _ClassVar[LinkWeakness]
    LINK_WEAKNESS_LOSSY: _ClassVar[LinkWeakness]
    LINK_WEAKNESS_SLOW: _ClassVar[LinkWeakness]
    LINK_WEAKNESS_BUSY: _ClassVar[LinkWeakness]
    LINK_WEAKNESS_SILENT: _ClassVar[LinkWeakness]

class LinkCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_CAUSE_UNSPECIFIED: _ClassVar[LinkCause]
    LINK_CAUSE_CABLE: _ClassVar[LinkCause]
    LINK_CAUSE_NO_ROUTE: _ClassVar[LinkCause]
    LINK_CAUSE_NAME: _ClassVar[LinkCause]
    LINK_CAUSE_CAPTIVE_PORTAL: _ClassVar[LinkCause]
    LINK_CAUSE_CLOCK: _ClassVar[LinkCause]
    LINK_CAUSE_OWN_CERTIFICATE: _ClassVar[LinkCause]
    LINK_CAUSE_CENTRE_CERTIFICATE: _ClassVar[LinkCause]
    LINK_CAUSE_REFUSED: _ClassVar[LinkCause]
    LINK_CAUSE_OVERLOADED: _ClassVar[LinkCause]
    LINK_CAUSE_CLOSED: _ClassVar[LinkCause]
    LINK_CAUSE_MAINTENANCE: _ClassVar[LinkCause]
    LINK_CAUSE_ANNOUNCED_OUTAGE: _ClassVar[LinkCause]
    LINK_CAUSE_TIMEOUT: _ClassVar[LinkCause]
    LINK_CAUSE_CUT: _ClassVar[LinkCause]
    LINK_CAUSE_GARBAGE: _ClassVar[LinkCause]
    LINK_CAUSE_UNKNOWN: _ClassVar[LinkCause]
    LINK_CAUSE_CENTRE_SILENT: _ClassVar[LinkCause]

class LinkSide(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_SIDE_UNSPECIFIED: _ClassVar[LinkSide]
    LINK_SIDE_OURS: _ClassVar[LinkSide]
    LINK_SIDE_THEIRS: _ClassVar[LinkSide]
    LINK_SIDE_UNKNOWN: _ClassVar[LinkSide]

class AnnouncementKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ANNOUNCEMENT_KIND_UNSPECIFIED: _ClassVar[AnnouncementKind]
    ANNOUNCEMENT_KIND_OUTAGE: _ClassVar[AnnouncementKind]
    ANNOUNCEMENT_KIND_MAINTENANCE: _ClassVar[AnnouncementKind]
    ANNOUNCEMENT_KIND_RETURN: _ClassVar[AnnouncementKind]

class AnnouncementSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ANNOUNCEMENT_SOURCE_UNSPECIFIED: _ClassVar[AnnouncementSource]
    ANNOUNCEMENT_SOURCE_LINK: _ClassVar[AnnouncementSource]
    ANNOUNCEMENT_SOURCE_FILE: _ClassVar[AnnouncementSource]
    ANNOUNCEMENT_SOURCE_TYPED: _ClassVar[AnnouncementSource]
LINK_STATE_UNSPECIFIED: LinkState
LINK_STATE_NOT_CONFIGURED: LinkState
LINK_STATE_UNKNOWN: LinkState
LINK_STATE_ONLINE: LinkState
LINK_STATE_DEGRADED: LinkState
LINK_STATE_OFFLINE: LinkState
LINK_STATE_RECOVERING: LinkState
LINK_WEAKNESS_UNSPECIFIED: LinkWeakness
LINK_WEAKNESS_LOSSY: LinkWeakness
LINK_WEAKNESS_SLOW: LinkWeakness
LINK_WEAKNESS_BUSY: LinkWeakness
LINK_WEAKNESS_SILENT: LinkWeakness
LINK_CAUSE_UNSPECIFIED: LinkCause
LINK_CAUSE_CABLE: LinkCause
LINK_CAUSE_NO_ROUTE: LinkCause
LINK_CAUSE_NAME: LinkCause
LINK_CAUSE_CAPTIVE_PORTAL: LinkCause
LINK_CAUSE_CLOCK: LinkCause
LINK_CAUSE_OWN_CERTIFICATE: LinkCause
LINK_CAUSE_CENTRE_CERTIFICATE: LinkCause
LINK_CAUSE_REFUSED: LinkCause
LINK_CAUSE_OVERLOADED: LinkCause
LINK_CAUSE_CLOSED: LinkCause
LINK_CAUSE_MAINTENANCE: LinkCause
LINK_CAUSE_ANNOUNCED_OUTAGE: LinkCause
LINK_CAUSE_TIMEOUT: LinkCause
LINK_CAUSE_CUT: LinkCause
LINK_CAUSE_GARBAGE: LinkCause
LINK_CAUSE_UNKNOWN: LinkCause
LINK_CAUSE_CENTRE_SILENT: LinkCause
LINK_SIDE_UNSPECIFIED: LinkSide
LINK_SIDE_OURS: LinkSide
LINK_SIDE_THEIRS: LinkSide
LINK_SIDE_UNKNOWN: LinkSide
ANNOUNCEMENT_KIND_UNSPECIFIED: AnnouncementKind
ANNOUNCEMENT_KIND_OUTAGE: AnnouncementKind
ANNOUNCEMENT_KIND_MAINTENANCE: AnnouncementKind
ANNOUNCEMENT_KIND_RETURN: AnnouncementKind
ANNOUNCEMENT_SOURCE_UNSPECIFIED: AnnouncementSource
ANNOUNCEMENT_SOURCE_LINK: AnnouncementSource
ANNOUNCEMENT_SOURCE_FILE: AnnouncementSource
ANNOUNCEMENT_SOURCE_TYPED: AnnouncementSource

class LinkProblem(_message.Message):
    __slots__ = ("cause", "side", "words")
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    cause: LinkCause
    side: LinkSide
    words: _common_pb2.LocalizedText
    def __init__(self, cause: _Optional[_Union[LinkCause, str]] = ..., side: _Optional[_Union[LinkSide, str]] = ..., words: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class LinkFinding(_message.Message):
    __slots__ = ("probe", "ok", "code", "detail", "took")
    PROBE_FIELD_NUMBER: _ClassVar[int]
    OK_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    TOOK_FIELD_NUMBER: _ClassVar[int]
    probe: str
    ok: bool
    code: str
    detail: str
    took: _duration_pb2.Duration
    def __init__(self, probe: _Optional[str] = ..., ok: _Optional[bool] = ..., code: _Optional[str] = ..., detail: _Optional[str] = ..., took: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class WallTime(_message.Message):
    __slots__ = ("wall", "quality", "uncertainty")
    WALL_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    wall: _timestamp_pb2.Timestamp
    quality: _common_pb2.ClockQuality
    uncertainty: _duration_pb2.Duration
    def __init__(self, wall: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., quality: _Optional[_Union[_common_pb2.ClockQuality, str]] = ..., uncertainty: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class LinkAnnouncement(_message.Message):
    __slots__ = ("key", "kind", "signed", "source", "entered_by", "centre_id", "issued", "begins", "expected_return", "words", "received")
    KEY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIGNED_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ENTERED_BY_FIELD_NUMBER: _ClassVar[int]
    CENTRE_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUED_FIELD_NUMBER: _ClassVar[int]
    BEGINS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_RETURN_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    key: str
    kind: AnnouncementKind
    signed: bool
    source: AnnouncementSource
    entered_by: str
    centre_id: str
    issued: _timestamp_pb2.Timestamp
    begins: _timestamp_pb2.Timestamp
    expected_return: _timestamp_pb2.Timestamp
    words: _common_pb2.LocalizedText
    received: WallTime
    def __init__(self, key: _Optional[str] = ..., kind: _Optional[_Union[AnnouncementKind, str]] = ..., signed: _Optional[bool] = ..., source: _Optional[_Union[AnnouncementSource, str]] = ..., entered_by: _Optional[str] = ..., centre_id: _Optional[str] = ..., issued: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., begins: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expected_return: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., words: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., received: _Optional[_Union[WallTime, _Mapping]] = ...) -> None: ...

class Outage(_message.Message):
    __slots__ = ("outage_id", "since", "noticed", "noticed_by", "problem", "ended", "ended_by", "duration", "observed", "captures", "enrolments")
    OUTAGE_ID_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    NOTICED_FIELD_NUMBER: _ClassVar[int]
    NOTICED_BY_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    ENDED_BY_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    CAPTURES_FIELD_NUMBER: _ClassVar[int]
    ENROLMENTS_FIELD_NUMBER: _ClassVar[int]
    outage_id: str
    since: WallTime
    noticed: WallTime
    noticed_by: str
    problem: LinkProblem
    ended: WallTime
    ended_by: str
    duration: _duration_pb2.Duration
    observed: _duration_pb2.Duration
    captures: int
    enrolments: int
    def __init__(self, outage_id: _Optional[str] = ..., since: _Optional[_Union[WallTime, _Mapping]] = ..., noticed: _Optional[_Union[WallTime, _Mapping]] = ..., noticed_by: _Optional[str] = ..., problem: _Optional[_Union[LinkProblem, _Mapping]] = ..., ended: _Optional[_Union[WallTime, _Mapping]] = ..., ended_by: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., observed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., captures: _Optional[int] = ..., enrolments: _Optional[int] = ...) -> None: ...

class LinkBacklog(_message.Message):
    __slots__ = ("count", "bytes", "oldest")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    OLDEST_FIELD_NUMBER: _ClassVar[int]
    count: int
    bytes: int
    oldest: _timestamp_pb2.Timestamp
    def __init__(self, count: _Optional[int] = ..., bytes: _Optional[int] = ..., oldest: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Link(_message.Message):
    __slots__ = ("state", "since", "centre", "weaknesses", "problem", "round_trip", "loss", "goodput", "outage", "announced", "announcements", "findings", "over_hub")
    STATE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    CENTRE_FIELD_NUMBER: _ClassVar[int]
    WEAKNESSES_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    ROUND_TRIP_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_FIELD_NUMBER: _ClassVar[int]
    OUTAGE_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCED_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCEMENTS_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    OVER_HUB_FIELD_NUMBER: _ClassVar[int]
    state: LinkState
    since: _duration_pb2.Duration
    centre: str
    weaknesses: _containers.RepeatedScalarFieldContainer[LinkWeakness]
    problem: LinkProblem
    round_trip: _duration_pb2.Duration
    loss: float
    goodput: float
    outage: Outage
    announced: LinkAnnouncement
    announcements: _containers.RepeatedCompositeFieldContainer[LinkAnnouncement]
    findings: _containers.RepeatedCompositeFieldContainer[LinkFinding]
    over_hub: bool
    def __init__(self, state: _Optional[_Union[LinkState, str]] = ..., since: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., centre: _Optional[str] = ..., weaknesses: _Optional[_Iterable[_Union[LinkWeakness, str]]] = ..., problem: _Optional[_Union[LinkProblem, _Mapping]] = ..., round_trip: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., loss: _Optional[float] = ..., goodput: _Optional[float] = ..., outage: _Optional[_Union[Outage, _Mapping]] = ..., announced: _Optional[_Union[LinkAnnouncement, _Mapping]] = ..., announcements: _Optional[_Iterable[_Union[LinkAnnouncement, _Mapping]]] = ..., findings: _Optional[_Iterable[_Union[LinkFinding, _Mapping]]] = ..., over_hub: _Optional[bool] = ...) -> None: ...

class GetLinkRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetLinkResponse(_message.Message):
    __slots__ = ("link", "waiting", "warnings")
    LINK_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    link: Link
    waiting: LinkBacklog
    warnings: _containers.RepeatedCompositeFieldContainer[_common_pb2.LocalizedText]
    def __init__(self, link: _Optional[_Union[Link, _Mapping]] = ..., waiting: _Optional[_Union[LinkBacklog, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.LocalizedText, _Mapping]]] = ...) -> None: ...

class WatchLinkRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchLinkResponse(_message.Message):
    __slots__ = ("seq", "time", "link")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: _common_pb2.EventTime
    link: Link
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., link: _Optional[_Union[Link, _Mapping]] = ...) -> None: ...

class ListOutagesRequest(_message.Message):
    __slots__ = ("limit", "page")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    limit: int
    page: str
    def __init__(self, limit: _Optional[int] = ..., page: _Optional[str] = ...) -> None: ...

class ListOutagesResponse(_message.Message):
    __slots__ = ("outages", "next_page")
    OUTAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_FIELD_NUMBER: _ClassVar[int]
    outages: _containers.RepeatedCompositeFieldContainer[Outage]
    next_page: str
    def __init__(self, outages: _Optional[_Iterable[_Union[Outage, _Mapping]]] = ..., next_page: _Optional[str] = ...) -> None: ...

class GetAvailabilityRequest(_message.Message):
    __slots__ = ("months",)
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    months: int
    def __init__(self, months: _Optional[int] = ...) -> None: ...

class MonthAvailability(_message.Message):
    __slots__ = ("year", "month", "length", "observed", "up", "degraded", "doubtful", "outages", "availability", "observed_share")
    YEAR_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    UP_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    DOUBTFUL_FIELD_NUMBER: _ClassVar[int]
    OUTAGES_FIELD_NUMBER: _ClassVar[int]
    AVAILABILITY_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_SHARE_FIELD_NUMBER: _ClassVar[int]
    year: int
    month: int
    length: _duration_pb2.Duration
    observed: _duration_pb2.Duration
    up: _duration_pb2.Duration
    degraded: _duration_pb2.Duration
    doubtful: _duration_pb2.Duration
    outages: int
    availability: float
    observed_share: float
    def __init__(self, year: _Optional[int] = ..., month: _Optional[int] = ..., length: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., observed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., up: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., degraded: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., doubtful: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., outages: _Optional[int] = ..., availability: _Optional[float] = ..., observed_share: _Optional[float] = ...) -> None: ...

class GetAvailabilityResponse(_message.Message):
    __slots__ = ("months",)
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    months: _containers.RepeatedCompositeFieldContainer[MonthAvailability]
    def __init__(self, months: _Optional[_Iterable[_Union[MonthAvailability, _Mapping]]] = ...) -> None: ...

class TypedAnnouncement(_message.Message):
    __slots__ = ("kind", "begins", "expected_return", "text")
    KIND_FIELD_NUMBER: _ClassVar[int]
    BEGINS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_RETURN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    kind: AnnouncementKind
    begins: _timestamp_pb2.Timestamp
    expected_return: _timestamp_pb2.Timestamp
    text: str
    def __init__(self, kind: _Optional[_Union[AnnouncementKind, str]] = ..., begins: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expected_return: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., text: _Optional[str] = ...) -> None: ...

class ImportAnnouncementRequest(_message.Message):
    __slots__ = ("signed", "typed", "operator", "idempotency_key")
    SIGNED_FIELD_NUMBER: _ClassVar[int]
    TYPED_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    signed: bytes
    typed: TypedAnnouncement
    operator: str
    idempotency_key: str
    def __init__(self, signed: _Optional[bytes] = ..., typed: _Optional[_Union[TypedAnnouncement, _Mapping]] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class ImportAnnouncementResponse(_message.Message):
    __slots__ = ("announcement",)
    ANNOUNCEMENT_FIELD_NUMBER: _ClassVar[int]
    announcement: LinkAnnouncement
    def __init__(self, announcement: _Optional[_Union[LinkAnnouncement, _Mapping]] = ...) -> None: ...
