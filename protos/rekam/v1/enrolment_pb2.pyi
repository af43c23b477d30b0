from buf.validate import validate_pb2 as _validate_pb2
from rekam.v1 import capture_pb2 as _capture_pb2
from rekam.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EnrolmentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENROLMENT_STATE_UNSPECIFIED: _ClassVar[EnrolmentState]
    ENROLMENT_STATE_OPEN: _ClassVar[EnrolmentState]
    ENROLMENT_STATE_PAUSED: _ClassVar[EnrolmentState]
    ENROLMENT_STATE_SEALED: _ClassVar[EnrolmentState]
    ENROLMENT_STATE_ABANDONED: _ClassVar[EnrolmentState]

class EnrolmentPartKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENROLMENT_PART_KIND_UNSPECIFIED: _ClassVar[EnrolmentPartKind]
    ENROLMENT_PART_KIND_FINGER: _ClassVar[EnrolmentPartKind]
    ENROLMENT_PART_KIND_SLAP: _ClassVar[EnrolmentPartKind]
    ENROLMENT_PART_KIND_IRIS: _ClassVar[EnrolmentPartKind]
    ENROLMENT_PART_KIND_PORTRAIT: _ClassVar[EnrolmentPartKind]
    ENROLMENT_PART_KIND_SIGNATURE: _ClassVar[EnrolmentPartKind]

class EnrolmentPartStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENROLMENT_PART_STATUS_UNSPECIFIED: _ClassVar[EnrolmentPartStatus]
    ENROLMENT_PART_STATUS_OPEN: _ClassVar[EnrolmentPartStatus]
    ENROLMENT_PART_STATUS_BELOW_THRESHOLD: _ClassVar[EnrolmentPartStatus]
    ENROLMENT_PART_STATUS_DONE: _ClassVar[EnrolmentPartStatus]
    ENROLMENT_PART_STATUS_EXCEPTED: _ClassVar[EnrolmentPartStatus]
    ENROLMENT_PART_STATUS_AWAITING_APPROVAL: _ClassVar[EnrolmentPartStatus]
    ENROLMENT_PART_STATUS_NOT_NEEDED: _ClassVar[EnrolmentPartStatus]

class ReferenceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REFERENCE_KIND_UNSPECIFIED: _ClassVar[ReferenceKind]
    REFERENCE_KIND_NIK: _ClassVar[ReferenceKind]
    REFERENCE_KIND_APPLICATION: _ClassVar[ReferenceKind]

class Sex(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEX_UNSPECIFIED: _ClassVar[Sex]
    SEX_MALE: _ClassVar[Sex]
    SEX_FEMALE: _ClassVar[Sex]

class MissingRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MISSING_RULE_UNSPECIFIED: _ClassVar[MissingRule]
    MISSING_RULE_NEVER: _ClassVar[MissingRule]
    MISSING_RULE_REASON: _ClassVar[MissingRule]
    MISSING_RULE_SUPERVISOR: _ClassVar[MissingRule]

class DuplicateRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DUPLICATE_RULE_UNSPECIFIED: _ClassVar[DuplicateRule]
    DUPLICATE_RULE_NONE: _ClassVar[DuplicateRule]
    DUPLICATE_RULE_WARN: _ClassVar[DuplicateRule]
    DUPLICATE_RULE_SUPERVISOR: _ClassVar[DuplicateRule]
ENROLMENT_STATE_UNSPECIFIED: EnrolmentState
ENROLMENT_STATE_OPEN: EnrolmentState
ENROLMENT_STATE_PAUSED: EnrolmentState
ENROLMENT_STATE_SEALED: EnrolmentState
ENROLMENT_STATE_ABANDONED: EnrolmentState
ENROLMENT_PART_KIND_UNSPECIFIED: EnrolmentPartKind
ENROLMENT_PART_KIND_FINGER: EnrolmentPartKind
ENROLMENT_PART_KIND_SLAP: EnrolmentPartKind
ENROLMENT_PART_KIND_IRIS: EnrolmentPartKind
ENROLMENT_PART_KIND_PORTRAIT: EnrolmentPartKind
ENROLMENT_PART_KIND_SIGNATURE: EnrolmentPartKind
ENROLMENT_PART_STATUS_UNSPECIFIED: EnrolmentPartStatus
ENROLMENT_PART_STATUS_OPEN: EnrolmentPartStatus
ENROLMENT_PART_STATUS_BELOW_THRESHOLD: EnrolmentPartStatus
ENROLMENT_PART_STATUS_DONE: EnrolmentPartStatus
ENROLMENT_PART_STATUS_EXCEPTED: EnrolmentPartStatus
ENROLMENT_PART_STATUS_AWAITING_APPROVAL: EnrolmentPartStatus
ENROLMENT_PART_STATUS_NOT_NEEDED: EnrolmentPartStatus
REFERENCE_KIND_UNSPECIFIED: ReferenceKind
REFERENCE_KIND_NIK: ReferenceKind
REFERENCE_KIND_APPLICATION: ReferenceKind
SEX_UNSPECIFIED: Sex
SEX_MALE: Sex
SEX_FEMALE: Sex
MISSING_RULE_UNSPECIFIED: MissingRule
MISSING_RULE_NEVER: MissingRule
MISSING_RULE_REASON: MissingRule
MISSING_RULE_SUPERVISOR: MissingRule
DUPLICATE_RULE_UNSPECIFIED: DuplicateRule
DUPLICATE_RULE_NONE: DuplicateRule
DUPLICATE_RULE_WARN: DuplicateRule
DUPLICATE_RULE_SUPERVISOR: DuplicateRule

class Profile(_message.Message):
    __slots__ = ("profile_id", "version", "name", "references", "application_pattern", "most_tries", "below_threshold_needs_supervisor", "mix_ups_can_be_approved", "duplicates", "retention_days", "least_portrait_width", "least_portrait_height", "steps", "parts")
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REFERENCES_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_PATTERN_FIELD_NUMBER: _ClassVar[int]
    MOST_TRIES_FIELD_NUMBER: _ClassVar[int]
    BELOW_THRESHOLD_NEEDS_SUPERVISOR_FIELD_NUMBER: _ClassVar[int]
    MIX_UPS_CAN_BE_APPROVED_FIELD_NUMBER: _ClassVar[int]
    DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    RETENTION_DAYS_FIELD_NUMBER: _ClassVar[int]
    LEAST_PORTRAIT_WIDTH_FIELD_NUMBER: _ClassVar[int]
    LEAST_PORTRAIT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    profile_id: str
    version: int
    name: _common_pb2.LocalizedText
    references: _containers.RepeatedScalarFieldContainer[ReferenceKind]
    application_pattern: str
    most_tries: int
    below_threshold_needs_supervisor: bool
    mix_ups_can_be_approved: bool
    duplicates: DuplicateRule
    retention_days: int
    least_portrait_width: int
    least_portrait_height: int
    steps: _containers.RepeatedCompositeFieldContainer[ProfileStep]
    parts: _containers.RepeatedCompositeFieldContainer[ProfilePart]
    def __init__(self, profile_id: _Optional[str] = ..., version: _Optional[int] = ..., name: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., references: _Optional[_Iterable[_Union[ReferenceKind, str]]] = ..., application_pattern: _Optional[str] = ..., most_tries: _Optional[int] = ..., below_threshold_needs_supervisor: _Optional[bool] = ..., mix_ups_can_be_approved: _Optional[bool] = ..., duplicates: _Optional[_Union[DuplicateRule, str]] = ..., retention_days: _Optional[int] = ..., least_portrait_width: _Optional[int] = ..., least_portrait_height: _Optional[int] = ..., steps: _Optional[_Iterable[_Union[ProfileStep, _Mapping]]] = ..., parts: _Optional[_Iterable[_Union[ProfilePart, _Mapping]]] = ...) -> None: ...

class ProfileStep(_message.Message):
    __slots__ = ("alternatives", "required", "missing")
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    alternatives: _containers.RepeatedCompositeFieldContainer[ProfileAlternative]
    required: bool
    missing: MissingRule
    def __init__(self, alternatives: _Optional[_Iterable[_Union[ProfileAlternative, _Mapping]]] = ..., required: _Optional[bool] = ..., missing: _Optional[_Union[MissingRule, str]] = ...) -> None: ...

class ProfileAlternative(_message.Message):
    __slots__ = ("parts",)
    PARTS_FIELD_NUMBER: _ClassVar[int]
    parts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, parts: _Optional[_Iterable[str]] = ...) -> None: ...

class ProfilePart(_message.Message):
    __slots__ = ("key", "kind", "name", "units", "thresholds", "modality", "position", "eye")
    class ThresholdsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    KEY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    EYE_FIELD_NUMBER: _ClassVar[int]
    key: str
    kind: EnrolmentPartKind
    name: _common_pb2.LocalizedText
    units: _containers.RepeatedScalarFieldContainer[str]
    thresholds: _containers.ScalarMap[str, int]
    modality: _common_pb2.Modality
    position: _common_pb2.FingerPosition
    eye: _common_pb2.EyePosition
    def __init__(self, key: _Optional[str] = ..., kind: _Optional[_Union[EnrolmentPartKind, str]] = ..., name: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., units: _Optional[_Iterable[str]] = ..., thresholds: _Optional[_Mapping[str, int]] = ..., modality: _Optional[_Union[_common_pb2.Modality, str]] = ..., position: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., eye: _Optional[_Union[_common_pb2.EyePosition, str]] = ...) -> None: ...

class ProfileProblem(_message.Message):
    __slots__ = ("profile_id", "problem")
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    profile_id: str
    problem: _common_pb2.LocalizedText
    def __init__(self, profile_id: _Optional[str] = ..., problem: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class PersonReference(_message.Message):
    __slots__ = ("kind", "masked", "value")
    KIND_FIELD_NUMBER: _ClassVar[int]
    MASKED_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    kind: ReferenceKind
    masked: str
    value: str
    def __init__(self, kind: _Optional[_Union[ReferenceKind, str]] = ..., masked: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class ReferenceRemark(_message.Message):
    __slots__ = ("code", "words")
    CODE_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    code: str
    words: _common_pb2.LocalizedText
    def __init__(self, code: _Optional[str] = ..., words: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class Enrolment(_message.Message):
    __slots__ = ("enrolment_id", "version", "state", "sealing", "profile_id", "profile_version", "profile_name", "reference", "reference_remarks", "operator", "started", "ended", "parts", "exceptions", "warnings", "duplicates", "clock_notes", "lacks", "next_part", "packet", "abandoned_reason", "supplements", "can_be_supplemented")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SEALING_FIELD_NUMBER: _ClassVar[int]
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROFILE_NAME_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_REMARKS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    EXCEPTIONS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    CLOCK_NOTES_FIELD_NUMBER: _ClassVar[int]
    LACKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PART_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ABANDONED_REASON_FIELD_NUMBER: _ClassVar[int]
    SUPPLEMENTS_FIELD_NUMBER: _ClassVar[int]
    CAN_BE_SUPPLEMENTED_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    version: int
    state: EnrolmentState
    sealing: bool
    profile_id: str
    profile_version: int
    profile_name: _common_pb2.LocalizedText
    reference: PersonReference
    reference_remarks: _containers.RepeatedCompositeFieldContainer[ReferenceRemark]
    operator: str
    started: _common_pb2.EventTime
    ended: _common_pb2.EventTime
    parts: _containers.RepeatedCompositeFieldContainer[EnrolmentPart]
    exceptions: _containers.RepeatedCompositeFieldContainer[EnrolmentException]
    warnings: _containers.RepeatedCompositeFieldContainer[MixUpWarning]
    duplicates: DuplicateCheck
    clock_notes: _containers.RepeatedCompositeFieldContainer[ClockNote]
    lacks: _containers.RepeatedCompositeFieldContainer[Lack]
    next_part: str
    packet: SealedPacket
    abandoned_reason: str
    supplements: str
    can_be_supplemented: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, enrolment_id: _Optional[str] = ..., version: _Optional[int] = ..., state: _Optional[_Union[EnrolmentState, str]] = ..., sealing: _Optional[bool] = ..., profile_id: _Optional[str] = ..., profile_version: _Optional[int] = ..., profile_name: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., reference: _Optional[_Union[PersonReference, _Mapping]] = ..., reference_remarks: _Optional[_Iterable[_Union[ReferenceRemark, _Mapping]]] = ..., operator: _Optional[str] = ..., started: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., ended: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., parts: _Optional[_Iterable[_Union[EnrolmentPart, _Mapping]]] = ..., exceptions: _Optional[_Iterable[_Union[EnrolmentException, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[MixUpWarning, _Mapping]]] = ..., duplicates: _Optional[_Union[DuplicateCheck, _Mapping]] = ..., clock_notes: _Optional[_Iterable[_Union[ClockNote, _Mapping]]] = ..., lacks: _Optional[_Iterable[_Union[Lack, _Mapping]]] = ..., next_part: _Optional[str] = ..., packet: _Optional[_Union[SealedPacket, _Mapping]] = ..., abandoned_reason: _Optional[str] = ..., supplements: _Optional[str] = ..., can_be_supplemented: _Optional[_Iterable[str]] = ...) -> None: ...

class EnrolmentPart(_message.Message):
    __slots__ = ("key", "kind", "name", "status", "capture_id", "tries", "required", "modality", "position", "eye", "files")
    KEY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    TRIES_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    EYE_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    key: str
    kind: EnrolmentPartKind
    name: _common_pb2.LocalizedText
    status: EnrolmentPartStatus
    capture_id: str
    tries: _containers.RepeatedCompositeFieldContainer[EnrolmentTry]
    required: bool
    modality: _common_pb2.Modality
    position: _common_pb2.FingerPosition
    eye: _common_pb2.EyePosition
    files: _containers.RepeatedCompositeFieldContainer[EnrolmentFile]
    def __init__(self, key: _Optional[str] = ..., kind: _Optional[_Union[EnrolmentPartKind, str]] = ..., name: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., status: _Optional[_Union[EnrolmentPartStatus, str]] = ..., capture_id: _Optional[str] = ..., tries: _Optional[_Iterable[_Union[EnrolmentTry, _Mapping]]] = ..., required: _Optional[bool] = ..., modality: _Optional[_Union[_common_pb2.Modality, str]] = ..., position: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., eye: _Optional[_Union[_common_pb2.EyePosition, str]] = ..., files: _Optional[_Iterable[_Union[EnrolmentFile, _Mapping]]] = ...) -> None: ...

class EnrolmentFile(_message.Message):
    __slots__ = ("name", "media_type", "size")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    name: str
    media_type: str
    size: int
    def __init__(self, name: _Optional[str] = ..., media_type: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class EnrolmentTry(_message.Message):
    __slots__ = ("capture_id", "scores", "passed", "kept")
    class ScoresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    scores: _containers.ScalarMap[str, int]
    passed: bool
    kept: bool
    def __init__(self, capture_id: _Optional[str] = ..., scores: _Optional[_Mapping[str, int]] = ..., passed: _Optional[bool] = ..., kept: _Optional[bool] = ...) -> None: ...

class EnrolmentException(_message.Message):
    __slots__ = ("unit", "reason", "by", "approved_by", "detail", "has_photo", "capture_id")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    APPROVED_BY_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    HAS_PHOTO_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    unit: str
    reason: _capture_pb2.MissingReason
    by: str
    approved_by: str
    detail: str
    has_photo: bool
    capture_id: str
    def __init__(self, unit: _Optional[str] = ..., reason: _Optional[_Union[_capture_pb2.MissingReason, str]] = ..., by: _Optional[str] = ..., approved_by: _Optional[str] = ..., detail: _Optional[str] = ..., has_photo: _Optional[bool] = ..., capture_id: _Optional[str] = ...) -> None: ...

class MixUpWarning(_message.Message):
    __slots__ = ("code", "words", "units", "capture_ids", "score", "fmr", "approved_by")
    CODE_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_IDS_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FMR_FIELD_NUMBER: _ClassVar[int]
    APPROVED_BY_FIELD_NUMBER: _ClassVar[int]
    code: str
    words: _common_pb2.LocalizedText
    units: _containers.RepeatedScalarFieldContainer[str]
    capture_ids: _containers.RepeatedScalarFieldContainer[str]
    score: float
    fmr: float
    approved_by: str
    def __init__(self, code: _Optional[str] = ..., words: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., units: _Optional[_Iterable[str]] = ..., capture_ids: _Optional[_Iterable[str]] = ..., score: _Optional[float] = ..., fmr: _Optional[float] = ..., approved_by: _Optional[str] = ...) -> None: ...

class DuplicateCheck(_message.Message):
    __slots__ = ("checked_at", "current", "hits", "approved_by", "not_checked")
    CHECKED_AT_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    APPROVED_BY_FIELD_NUMBER: _ClassVar[int]
    NOT_CHECKED_FIELD_NUMBER: _ClassVar[int]
    checked_at: _common_pb2.EventTime
    current: bool
    hits: _containers.RepeatedCompositeFieldContainer[DuplicateHit]
    approved_by: str
    not_checked: _common_pb2.LocalizedText
    def __init__(self, checked_at: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., current: _Optional[bool] = ..., hits: _Optional[_Iterable[_Union[DuplicateHit, _Mapping]]] = ..., approved_by: _Optional[str] = ..., not_checked: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class DuplicateHit(_message.Message):
    __slots__ = ("enrolment_id", "recorded_at", "operator", "score", "fmr", "gateway_id", "strength", "exchanged")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FMR_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_ID_FIELD_NUMBER: _ClassVar[int]
    STRENGTH_FIELD_NUMBER: _ClassVar[int]
    EXCHANGED_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    recorded_at: str
    operator: str
    score: float
    fmr: float
    gateway_id: str
    strength: _common_pb2.LocalizedText
    exchanged: bool
    def __init__(self, enrolment_id: _Optional[str] = ..., recorded_at: _Optional[str] = ..., operator: _Optional[str] = ..., score: _Optional[float] = ..., fmr: _Optional[float] = ..., gateway_id: _Optional[str] = ..., strength: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., exchanged: _Optional[bool] = ...) -> None: ...

class ClockNote(_message.Message):
    __slots__ = ("event", "jump", "restart")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    JUMP_FIELD_NUMBER: _ClassVar[int]
    RESTART_FIELD_NUMBER: _ClassVar[int]
    event: int
    jump: float
    restart: bool
    def __init__(self, event: _Optional[int] = ..., jump: _Optional[float] = ..., restart: _Optional[bool] = ...) -> None: ...

class Lack(_message.Message):
    __slots__ = ("part", "code", "cause", "remedy")
    PART_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    part: str
    code: str
    cause: _common_pb2.LocalizedText
    remedy: _common_pb2.LocalizedText
    def __init__(self, part: _Optional[str] = ..., code: _Optional[str] = ..., cause: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., remedy: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class EnrolmentLacks(_message.Message):
    __slots__ = ("lacks",)
    LACKS_FIELD_NUMBER: _ClassVar[int]
    lacks: _containers.RepeatedCompositeFieldContainer[Lack]
    def __init__(self, lacks: _Optional[_Iterable[_Union[Lack, _Mapping]]] = ...) -> None: ...

class SealedPacket(_message.Message):
    __slots__ = ("packet_id", "sha256", "size")
    PACKET_ID_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    packet_id: str
    sha256: str
    size: int
    def __init__(self, packet_id: _Optional[str] = ..., sha256: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class EnrolmentSummary(_message.Message):
    __slots__ = ("enrolment_id", "version", "state", "profile_id", "operator", "started", "ended", "packet_id")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    PACKET_ID_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    version: int
    state: EnrolmentState
    profile_id: str
    operator: str
    started: _common_pb2.EventTime
    ended: _common_pb2.EventTime
    packet_id: str
    def __init__(self, enrolment_id: _Optional[str] = ..., version: _Optional[int] = ..., state: _Optional[_Union[EnrolmentState, str]] = ..., profile_id: _Optional[str] = ..., operator: _Optional[str] = ..., started: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., ended: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., packet_id: _Optional[str] = ...) -> None: ...

class ListProfilesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListProfilesResponse(_message.Message):
    __slots__ = ("profiles", "problems")
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    profiles: _containers.RepeatedCompositeFieldContainer[Profile]
    problems: _containers.RepeatedCompositeFieldContainer[ProfileProblem]
    def __init__(self, profiles: _Optional[_Iterable[_Union[Profile, _Mapping]]] = ..., problems: _Optional[_Iterable[_Union[ProfileProblem, _Mapping]]] = ...) -> None: ...

class CreateEnrolmentRequest(_message.Message):
    __slots__ = ("profile_id", "nik", "application_number", "birth_date", "sex", "operator", "idempotency_key")
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    NIK_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    profile_id: str
    nik: str
    application_number: str
    birth_date: str
    sex: Sex
    operator: str
    idempotency_key: str
    def __init__(self, profile_id: _Optional[str] = ..., nik: _Optional[str] = ..., application_number: _Optional[str] = ..., birth_date: _Optional[str] = ..., sex: _Optional[_Union[Sex, str]] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class CreateEnrolmentResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class GetEnrolmentRequest(_message.Message):
    __slots__ = ("enrolment_id",)
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    def __init__(self, enrolment_id: _Optional[str] = ...) -> None: ...

class GetEnrolmentResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class ShowReferenceRequest(_message.Message):
    __slots__ = ("enrolment_id", "operator")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    operator: str
    def __init__(self, enrolment_id: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class ShowReferenceResponse(_message.Message):
    __slots__ = ("reference",)
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    reference: PersonReference
    def __init__(self, reference: _Optional[_Union[PersonReference, _Mapping]] = ...) -> None: ...

class ListEnrolmentsRequest(_message.Message):
    __slots__ = ("states", "page_size", "page_token")
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[EnrolmentState]
    page_size: int
    page_token: str
    def __init__(self, states: _Optional[_Iterable[_Union[EnrolmentState, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListEnrolmentsResponse(_message.Message):
    __slots__ = ("enrolments", "next_page_token")
    ENROLMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    enrolments: _containers.RepeatedCompositeFieldContainer[EnrolmentSummary]
    next_page_token: str
    def __init__(self, enrolments: _Optional[_Iterable[_Union[EnrolmentSummary, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchEnrolmentsRequest(_message.Message):
    __slots__ = ("enrolment_id", "from_seq", "run_id")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQ_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    from_seq: int
    run_id: str
    def __init__(self, enrolment_id: _Optional[str] = ..., from_seq: _Optional[int] = ..., run_id: _Optional[str] = ...) -> None: ...

class WatchEnrolmentsResponse(_message.Message):
    __slots__ = ("seq", "time", "run_id", "heartbeat", "enrolment")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: _common_pb2.EventTime
    run_id: str
    heartbeat: _capture_pb2.Heartbeat
    enrolment: EnrolmentSummary
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., run_id: _Optional[str] = ..., heartbeat: _Optional[_Union[_capture_pb2.Heartbeat, _Mapping]] = ..., enrolment: _Optional[_Union[EnrolmentSummary, _Mapping]] = ...) -> None: ...

class AddCaptureRequest(_message.Message):
    __slots__ = ("enrolment_id", "capture_id", "operator", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    capture_id: str
    operator: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., capture_id: _Optional[str] = ..., operator: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class AddCaptureResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class RemoveCaptureRequest(_message.Message):
    __slots__ = ("enrolment_id", "capture_id", "reason", "operator", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    capture_id: str
    reason: str
    operator: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., capture_id: _Optional[str] = ..., reason: _Optional[str] = ..., operator: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class RemoveCaptureResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class AddExceptionRequest(_message.Message):
    __slots__ = ("enrolment_id", "part", "reason", "detail", "approver", "photo", "operator", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    part: str
    reason: _capture_pb2.MissingReason
    detail: str
    approver: str
    photo: bytes
    operator: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., part: _Optional[str] = ..., reason: _Optional[_Union[_capture_pb2.MissingReason, str]] = ..., detail: _Optional[str] = ..., approver: _Optional[str] = ..., photo: _Optional[bytes] = ..., operator: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class AddExceptionResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class WithdrawExceptionRequest(_message.Message):
    __slots__ = ("enrolment_id", "part", "operator", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    part: str
    operator: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., part: _Optional[str] = ..., operator: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class WithdrawExceptionResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class ApprovePartRequest(_message.Message):
    __slots__ = ("enrolment_id", "part", "supervisor", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    SUPERVISOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    part: str
    supervisor: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., part: _Optional[str] = ..., supervisor: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class ApprovePartResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class AddPortraitRequest(_message.Message):
    __slots__ = ("enrolment_id", "image", "operator", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    image: bytes
    operator: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., image: _Optional[bytes] = ..., operator: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class AddPortraitResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class StrokePoint(_message.Message):
    __slots__ = ("x", "y", "elapsed_ms", "pressure")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_MS_FIELD_NUMBER: _ClassVar[int]
    PRESSURE_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    elapsed_ms: float
    pressure: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., elapsed_ms: _Optional[float] = ..., pressure: _Optional[float] = ...) -> None: ...

class Stroke(_message.Message):
    __slots__ = ("points",)
    POINTS_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[StrokePoint]
    def __init__(self, points: _Optional[_Iterable[_Union[StrokePoint, _Mapping]]] = ...) -> None: ...

class AddSignatureRequest(_message.Message):
    __slots__ = ("enrolment_id", "strokes", "image", "operator", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    STROKES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    strokes: _containers.RepeatedCompositeFieldContainer[Stroke]
    image: bytes
    operator: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., strokes: _Optional[_Iterable[_Union[Stroke, _Mapping]]] = ..., image: _Optional[bytes] = ..., operator: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class AddSignatureResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class DownloadPartRequest(_message.Message):
    __slots__ = ("enrolment_id", "part", "file")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    part: str
    file: str
    def __init__(self, enrolment_id: _Optional[str] = ..., part: _Optional[str] = ..., file: _Optional[str] = ...) -> None: ...

class DownloadPartResponse(_message.Message):
    __slots__ = ("offset", "total_size", "media_type", "data")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    offset: int
    total_size: int
    media_type: str
    data: bytes
    def __init__(self, offset: _Optional[int] = ..., total_size: _Optional[int] = ..., media_type: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class PauseEnrolmentRequest(_message.Message):
    __slots__ = ("enrolment_id", "reason", "operator", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    reason: str
    operator: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., reason: _Optional[str] = ..., operator: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class PauseEnrolmentResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class ResumeEnrolmentRequest(_message.Message):
    __slots__ = ("enrolment_id", "operator", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    operator: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., operator: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class ResumeEnrolmentResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class AbandonEnrolmentRequest(_message.Message):
    __slots__ = ("enrolment_id", "reason", "operator", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    reason: str
    operator: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., reason: _Optional[str] = ..., operator: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class AbandonEnrolmentResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class CheckDuplicateRequest(_message.Message):
    __slots__ = ("enrolment_id", "operator", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    operator: str
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class CheckDuplicateResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class SealEnrolmentRequest(_message.Message):
    __slots__ = ("enrolment_id", "operator", "seen_version", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    operator: str
    seen_version: int
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., operator: _Optional[str] = ..., seen_version: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class SealEnrolmentResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class SupplementEnrolmentRequest(_message.Message):
    __slots__ = ("enrolment_id", "operator", "idempotency_key")
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    operator: str
    idempotency_key: str
    def __init__(self, enrolment_id: _Optional[str] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class SupplementEnrolmentResponse(_message.Message):
    __slots__ = ("enrolment",)
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ...) -> None: ...

class DownloadPacketRequest(_message.Message):
    __slots__ = ("packet_id", "offset")
    PACKET_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    packet_id: str
    offset: int
    def __init__(self, packet_id: _Optional[str] = ..., offset: _Optional[int] = ...) -> None: ...

class DownloadPacketResponse(_message.Message):
    __slots__ = ("offset", "total_size", "media_type", "data")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    offset: int
    total_size: int
    media_type: str
    data: bytes
    def __init__(self, offset: _Optional[int] = ..., total_size: _Optional[int] = ..., media_type: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...
