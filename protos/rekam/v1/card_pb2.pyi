import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from rekam.v1 import capture_pb2 as _capture_pb2
from rekam.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CardPresence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CARD_PRESENCE_UNSPECIFIED: _ClassVar[CardPresence]
    CARD_PRESENCE_NO_READER: _ClassVar[CardPresence]
    CARD_PRESENCE_EMPTY: _ClassVar[CardPresence]
    CARD_PRESENCE_IN_USE: _ClassVar[CardPresence]
    CARD_PRESENCE_UNREADABLE: _ClassVar[CardPresence]
    CARD_PRESENCE_PRESENT: _ClassVar[CardPresence]

class CardStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CARD_STANDING_UNSPECIFIED: _ClassVar[CardStanding]
    CARD_STANDING_BLANK: _ClassVar[CardStanding]
    CARD_STANDING_WAITING: _ClassVar[CardStanding]
    CARD_STANDING_PERSONAL: _ClassVar[CardStanding]
    CARD_STANDING_SPOILED: _ClassVar[CardStanding]
    CARD_STANDING_FOREIGN: _ClassVar[CardStanding]

class CardJobState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CARD_JOB_STATE_UNSPECIFIED: _ClassVar[CardJobState]
    CARD_JOB_STATE_CREATED: _ClassVar[CardJobState]
    CARD_JOB_STATE_CHECKING: _ClassVar[CardJobState]
    CARD_JOB_STATE_AUTHENTICATING: _ClassVar[CardJobState]
    CARD_JOB_STATE_WRITING: _ClassVar[CardJobState]
    CARD_JOB_STATE_READING_BACK: _ClassVar[CardJobState]
    CARD_JOB_STATE_ACTIVATING: _ClassVar[CardJobState]
    CARD_JOB_STATE_DONE: _ClassVar[CardJobState]
    CARD_JOB_STATE_INVALIDATING: _ClassVar[CardJobState]
    CARD_JOB_STATE_INVALIDATED: _ClassVar[CardJobState]
    CARD_JOB_STATE_FAILED_CLEAN: _ClassVar[CardJobState]

class CardAccessWay(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CARD_ACCESS_WAY_UNSPECIFIED: _ClassVar[CardAccessWay]
    CARD_ACCESS_WAY_PLAIN: _ClassVar[CardAccessWay]
    CARD_ACCESS_WAY_PIN: _ClassVar[CardAccessWay]
    CARD_ACCESS_WAY_CHANNEL: _ClassVar[CardAccessWay]
    CARD_ACCESS_WAY_BAC: _ClassVar[CardAccessWay]
    CARD_ACCESS_WAY_PACE: _ClassVar[CardAccessWay]

class CardFileOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CARD_FILE_OUTCOME_UNSPECIFIED: _ClassVar[CardFileOutcome]
    CARD_FILE_OUTCOME_READ: _ClassVar[CardFileOutcome]
    CARD_FILE_OUTCOME_REFUSED: _ClassVar[CardFileOutcome]
    CARD_FILE_OUTCOME_ABSENT: _ClassVar[CardFileOutcome]
    CARD_FILE_OUTCOME_DAMAGED: _ClassVar[CardFileOutcome]

class CardGenuineness(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CARD_GENUINENESS_UNSPECIFIED: _ClassVar[CardGenuineness]
    CARD_GENUINENESS_GENUINE: _ClassVar[CardGenuineness]
    CARD_GENUINENESS_NOT_GENUINE: _ClassVar[CardGenuineness]
    CARD_GENUINENESS_NOT_CHECKED: _ClassVar[CardGenuineness]

class HolderOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOLDER_OUTCOME_UNSPECIFIED: _ClassVar[HolderOutcome]
    HOLDER_OUTCOME_MATCHED: _ClassVar[HolderOutcome]
    HOLDER_OUTCOME_NOT_MATCHED: _ClassVar[HolderOutcome]
    HOLDER_OUTCOME_NO_TRIES_LEFT: _ClassVar[HolderOutcome]
    HOLDER_OUTCOME_NO_TEMPLATE: _ClassVar[HolderOutcome]
    HOLDER_OUTCOME_POOR_PROBE: _ClassVar[HolderOutcome]
    HOLDER_OUTCOME_SUPERVISED: _ClassVar[HolderOutcome]

class HolderComparison(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOLDER_COMPARISON_UNSPECIFIED: _ClassVar[HolderComparison]
    HOLDER_COMPARISON_GATEWAY: _ClassVar[HolderComparison]
    HOLDER_COMPARISON_CARD: _ClassVar[HolderComparison]

class SupervisedReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUPERVISED_REASON_UNSPECIFIED: _ClassVar[SupervisedReason]
    SUPERVISED_REASON_FINGERS_NOT_USABLE: _ClassVar[SupervisedReason]
    SUPERVISED_REASON_NO_TEMPLATE_ON_CARD: _ClassVar[SupervisedReason]
    SUPERVISED_REASON_TRIES_USED_UP: _ClassVar[SupervisedReason]
    SUPERVISED_REASON_DEVICE_FAILED: _ClassVar[SupervisedReason]
CARD_PRESENCE_UNSPECIFIED: CardPresence
CARD_PRESENCE_NO_READER: CardPresence
CARD_PRESENCE_EMPTY: CardPresence
CARD_PRESENCE_IN_USE: CardPresence
CARD_PRESENCE_UNREADABLE: CardPresence
CARD_PRESENCE_PRESENT: CardPresence
CARD_STANDING_UNSPECIFIED: CardStanding
CARD_STANDING_BLANK: CardStanding
CARD_STANDING_WAITING: CardStanding
CARD_STANDING_PERSONAL: CardStanding
CARD_STANDING_SPOILED: CardStanding
CARD_STANDING_FOREIGN: CardStanding
CARD_JOB_STATE_UNSPECIFIED: CardJobState
CARD_JOB_STATE_CREATED: CardJobState
CARD_JOB_STATE_CHECKING: CardJobState
CARD_JOB_STATE_AUTHENTICATING: CardJobState
CARD_JOB_STATE_WRITING: CardJobState
CARD_JOB_STATE_READING_BACK: CardJobState
CARD_JOB_STATE_ACTIVATING: CardJobState
CARD_JOB_STATE_DONE: CardJobState
CARD_JOB_STATE_INVALIDATING: CardJobState
CARD_JOB_STATE_INVALIDATED: CardJobState
CARD_JOB_STATE_FAILED_CLEAN: CardJobState
CARD_ACCESS_WAY_UNSPECIFIED: CardAccessWay
CARD_ACCESS_WAY_PLAIN: CardAccessWay
CARD_ACCESS_WAY_PIN: CardAccessWay
CARD_ACCESS_WAY_CHANNEL: CardAccessWay
CARD_ACCESS_WAY_BAC: CardAccessWay
CARD_ACCESS_WAY_PACE: CardAccessWay
CARD_FILE_OUTCOME_UNSPECIFIED: CardFileOutcome
CARD_FILE_OUTCOME_READ: CardFileOutcome
CARD_FILE_OUTCOME_REFUSED: CardFileOutcome
CARD_FILE_OUTCOME_ABSENT: CardFileOutcome
CARD_FILE_OUTCOME_DAMAGED: CardFileOutcome
CARD_GENUINENESS_UNSPECIFIED: CardGenuineness
CARD_GENUINENESS_GENUINE: CardGenuineness
CARD_GENUINENESS_NOT_GENUINE: CardGenuineness
CARD_GENUINENESS_NOT_CHECKED: CardGenuineness
HOLDER_OUTCOME_UNSPECIFIED: HolderOutcome
HOLDER_OUTCOME_MATCHED: HolderOutcome
HOLDER_OUTCOME_NOT_MATCHED: HolderOutcome
HOLDER_OUTCOME_NO_TRIES_LEFT: HolderOutcome
HOLDER_OUTCOME_NO_TEMPLATE: HolderOutcome
HOLDER_OUTCOME_POOR_PROBE: HolderOutcome
HOLDER_OUTCOME_SUPERVISED: HolderOutcome
HOLDER_COMPARISON_UNSPECIFIED: HolderComparison
HOLDER_COMPARISON_GATEWAY: HolderComparison
HOLDER_COMPARISON_CARD: HolderComparison
SUPERVISED_REASON_UNSPECIFIED: SupervisedReason
SUPERVISED_REASON_FINGERS_NOT_USABLE: SupervisedReason
SUPERVISED_REASON_NO_TEMPLATE_ON_CARD: SupervisedReason
SUPERVISED_REASON_TRIES_USED_UP: SupervisedReason
SUPERVISED_REASON_DEVICE_FAILED: SupervisedReason

class WatchReadersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CardReader(_message.Message):
    __slots__ = ("device_id", "label", "presence", "serial", "standing", "job_id", "profile", "holder")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    label: str
    presence: CardPresence
    serial: str
    standing: CardStanding
    job_id: str
    profile: str
    holder: str
    def __init__(self, device_id: _Optional[str] = ..., label: _Optional[str] = ..., presence: _Optional[_Union[CardPresence, str]] = ..., serial: _Optional[str] = ..., standing: _Optional[_Union[CardStanding, str]] = ..., job_id: _Optional[str] = ..., profile: _Optional[str] = ..., holder: _Optional[str] = ...) -> None: ...

class WatchReadersResponse(_message.Message):
    __slots__ = ("seq", "time", "reader")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    READER_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: _common_pb2.EventTime
    reader: CardReader
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., reader: _Optional[_Union[CardReader, _Mapping]] = ...) -> None: ...

class InsertSyntheticBlankRequest(_message.Message):
    __slots__ = ("device_id",)
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    def __init__(self, device_id: _Optional[str] = ...) -> None: ...

class InsertSyntheticBlankResponse(_message.Message):
    __slots__ = ("device_id",)
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    def __init__(self, device_id: _Optional[str] = ...) -> None: ...

class ListCardProfilesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CardProfile(_message.Message):
    __slots__ = ("name", "version", "title", "capacity", "files", "handed_in", "holder_check", "channel", "test_keys")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    HANDED_IN_FIELD_NUMBER: _ClassVar[int]
    HOLDER_CHECK_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TEST_KEYS_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    title: _common_pb2.LocalizedText
    capacity: int
    files: _containers.RepeatedScalarFieldContainer[str]
    handed_in: _containers.RepeatedScalarFieldContainer[str]
    holder_check: bool
    channel: bool
    test_keys: bool
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., title: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., capacity: _Optional[int] = ..., files: _Optional[_Iterable[str]] = ..., handed_in: _Optional[_Iterable[str]] = ..., holder_check: _Optional[bool] = ..., channel: _Optional[bool] = ..., test_keys: _Optional[bool] = ...) -> None: ...

class CardProfileProblem(_message.Message):
    __slots__ = ("file", "problem")
    FILE_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    file: str
    problem: str
    def __init__(self, file: _Optional[str] = ..., problem: _Optional[str] = ...) -> None: ...

class ListCardProfilesResponse(_message.Message):
    __slots__ = ("profiles", "problems")
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    profiles: _containers.RepeatedCompositeFieldContainer[CardProfile]
    problems: _containers.RepeatedCompositeFieldContainer[CardProfileProblem]
    def __init__(self, profiles: _Optional[_Iterable[_Union[CardProfile, _Mapping]]] = ..., problems: _Optional[_Iterable[_Union[CardProfileProblem, _Mapping]]] = ...) -> None: ...

class CardBiodata(_message.Message):
    __slots__ = ("reference", "name", "birth_place", "birth_date", "sex", "blood_type", "address", "rt_rw", "village", "district", "regency", "province", "religion", "marital_status", "occupation", "citizenship", "valid_until", "issue_place", "issue_date", "issuer", "card_number")
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_PLACE_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    BLOOD_TYPE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    RT_RW_FIELD_NUMBER: _ClassVar[int]
    VILLAGE_FIELD_NUMBER: _ClassVar[int]
    DISTRICT_FIELD_NUMBER: _ClassVar[int]
    REGENCY_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    RELIGION_FIELD_NUMBER: _ClassVar[int]
    MARITAL_STATUS_FIELD_NUMBER: _ClassVar[int]
    OCCUPATION_FIELD_NUMBER: _ClassVar[int]
    CITIZENSHIP_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    ISSUE_PLACE_FIELD_NUMBER: _ClassVar[int]
    ISSUE_DATE_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    CARD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    reference: str
    name: str
    birth_place: str
    birth_date: str
    sex: str
    blood_type: str
    address: str
    rt_rw: str
    village: str
    district: str
    regency: str
    province: str
    religion: str
    marital_status: str
    occupation: str
    citizenship: str
    valid_until: str
    issue_place: str
    issue_date: str
    issuer: str
    card_number: str
    def __init__(self, reference: _Optional[str] = ..., name: _Optional[str] = ..., birth_place: _Optional[str] = ..., birth_date: _Optional[str] = ..., sex: _Optional[str] = ..., blood_type: _Optional[str] = ..., address: _Optional[str] = ..., rt_rw: _Optional[str] = ..., village: _Optional[str] = ..., district: _Optional[str] = ..., regency: _Optional[str] = ..., province: _Optional[str] = ..., religion: _Optional[str] = ..., marital_status: _Optional[str] = ..., occupation: _Optional[str] = ..., citizenship: _Optional[str] = ..., valid_until: _Optional[str] = ..., issue_place: _Optional[str] = ..., issue_date: _Optional[str] = ..., issuer: _Optional[str] = ..., card_number: _Optional[str] = ...) -> None: ...

class EnrolledCard(_message.Message):
    __slots__ = ("enrolment_id", "profile", "biodata", "handed_in", "replacement_reason")
    class HandedInEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    BIODATA_FIELD_NUMBER: _ClassVar[int]
    HANDED_IN_FIELD_NUMBER: _ClassVar[int]
    REPLACEMENT_REASON_FIELD_NUMBER: _ClassVar[int]
    enrolment_id: str
    profile: str
    biodata: CardBiodata
    handed_in: _containers.ScalarMap[str, bytes]
    replacement_reason: str
    def __init__(self, enrolment_id: _Optional[str] = ..., profile: _Optional[str] = ..., biodata: _Optional[_Union[CardBiodata, _Mapping]] = ..., handed_in: _Optional[_Mapping[str, bytes]] = ..., replacement_reason: _Optional[str] = ...) -> None: ...

class SignedCardJob(_message.Message):
    __slots__ = ("jws", "contents")
    class ContentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    JWS_FIELD_NUMBER: _ClassVar[int]
    CONTENTS_FIELD_NUMBER: _ClassVar[int]
    jws: bytes
    contents: _containers.ScalarMap[str, bytes]
    def __init__(self, jws: _Optional[bytes] = ..., contents: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class PersonaliseCardRequest(_message.Message):
    __slots__ = ("enrolled", "signed", "device_id", "wait", "operator", "idempotency_key")
    ENROLLED_FIELD_NUMBER: _ClassVar[int]
    SIGNED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    enrolled: EnrolledCard
    signed: SignedCardJob
    device_id: str
    wait: _duration_pb2.Duration
    operator: str
    idempotency_key: str
    def __init__(self, enrolled: _Optional[_Union[EnrolledCard, _Mapping]] = ..., signed: _Optional[_Union[SignedCardJob, _Mapping]] = ..., device_id: _Optional[str] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class CardProgress(_message.Message):
    __slots__ = ("state", "file", "step", "steps")
    STATE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    state: CardJobState
    file: str
    step: int
    steps: int
    def __init__(self, state: _Optional[_Union[CardJobState, str]] = ..., file: _Optional[str] = ..., step: _Optional[int] = ..., steps: _Optional[int] = ...) -> None: ...

class CardOfJob(_message.Message):
    __slots__ = ("serial", "standing", "reason", "out_of_use")
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OUT_OF_USE_FIELD_NUMBER: _ClassVar[int]
    serial: str
    standing: CardStanding
    reason: str
    out_of_use: bool
    def __init__(self, serial: _Optional[str] = ..., standing: _Optional[_Union[CardStanding, str]] = ..., reason: _Optional[str] = ..., out_of_use: _Optional[bool] = ...) -> None: ...

class CardJob(_message.Message):
    __slots__ = ("job_id", "state", "detail", "enrolment_id", "profile", "profile_version", "requested_by", "created", "expires", "signed_by", "closed", "cards", "card_waits", "device_id")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_VERSION_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    SIGNED_BY_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    CARDS_FIELD_NUMBER: _ClassVar[int]
    CARD_WAITS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    state: CardJobState
    detail: str
    enrolment_id: str
    profile: str
    profile_version: int
    requested_by: str
    created: _timestamp_pb2.Timestamp
    expires: _timestamp_pb2.Timestamp
    signed_by: str
    closed: bool
    cards: _containers.RepeatedCompositeFieldContainer[CardOfJob]
    card_waits: bool
    device_id: str
    def __init__(self, job_id: _Optional[str] = ..., state: _Optional[_Union[CardJobState, str]] = ..., detail: _Optional[str] = ..., enrolment_id: _Optional[str] = ..., profile: _Optional[str] = ..., profile_version: _Optional[int] = ..., requested_by: _Optional[str] = ..., created: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., signed_by: _Optional[str] = ..., closed: _Optional[bool] = ..., cards: _Optional[_Iterable[_Union[CardOfJob, _Mapping]]] = ..., card_waits: _Optional[bool] = ..., device_id: _Optional[str] = ...) -> None: ...

class CardResult(_message.Message):
    __slots__ = ("job", "serial", "done", "reason", "out_of_use", "result")
    JOB_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OUT_OF_USE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    job: CardJob
    serial: str
    done: bool
    reason: str
    out_of_use: bool
    result: bytes
    def __init__(self, job: _Optional[_Union[CardJob, _Mapping]] = ..., serial: _Optional[str] = ..., done: _Optional[bool] = ..., reason: _Optional[str] = ..., out_of_use: _Optional[bool] = ..., result: _Optional[bytes] = ...) -> None: ...

class PersonaliseCardResponse(_message.Message):
    __slots__ = ("job", "progress", "result", "heartbeat")
    JOB_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    job: CardJob
    progress: CardProgress
    result: CardResult
    heartbeat: _capture_pb2.Heartbeat
    def __init__(self, job: _Optional[_Union[CardJob, _Mapping]] = ..., progress: _Optional[_Union[CardProgress, _Mapping]] = ..., result: _Optional[_Union[CardResult, _Mapping]] = ..., heartbeat: _Optional[_Union[_capture_pb2.Heartbeat, _Mapping]] = ...) -> None: ...

class ResumeCardJobRequest(_message.Message):
    __slots__ = ("job_id", "device_id", "wait", "operator")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    device_id: str
    wait: _duration_pb2.Duration
    operator: str
    def __init__(self, job_id: _Optional[str] = ..., device_id: _Optional[str] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., operator: _Optional[str] = ...) -> None: ...

class ResumeCardJobResponse(_message.Message):
    __slots__ = ("job", "progress", "result", "heartbeat")
    JOB_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    job: CardJob
    progress: CardProgress
    result: CardResult
    heartbeat: _capture_pb2.Heartbeat
    def __init__(self, job: _Optional[_Union[CardJob, _Mapping]] = ..., progress: _Optional[_Union[CardProgress, _Mapping]] = ..., result: _Optional[_Union[CardResult, _Mapping]] = ..., heartbeat: _Optional[_Union[_capture_pb2.Heartbeat, _Mapping]] = ...) -> None: ...

class InvalidateCardRequest(_message.Message):
    __slots__ = ("job_id", "device_id", "reason", "wait", "operator", "idempotency_key")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    device_id: str
    reason: str
    wait: _duration_pb2.Duration
    operator: str
    idempotency_key: str
    def __init__(self, job_id: _Optional[str] = ..., device_id: _Optional[str] = ..., reason: _Optional[str] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class InvalidateCardResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: CardResult
    def __init__(self, result: _Optional[_Union[CardResult, _Mapping]] = ...) -> None: ...

class WriteOffCardRequest(_message.Message):
    __slots__ = ("job_id", "reason", "operator", "idempotency_key")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    reason: str
    operator: str
    idempotency_key: str
    def __init__(self, job_id: _Optional[str] = ..., reason: _Optional[str] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class WriteOffCardResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: CardResult
    def __init__(self, result: _Optional[_Union[CardResult, _Mapping]] = ...) -> None: ...

class AbandonCardJobRequest(_message.Message):
    __slots__ = ("job_id", "operator", "idempotency_key")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    operator: str
    idempotency_key: str
    def __init__(self, job_id: _Optional[str] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class AbandonCardJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: CardJob
    def __init__(self, job: _Optional[_Union[CardJob, _Mapping]] = ...) -> None: ...

class GetCardJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetCardJobResponse(_message.Message):
    __slots__ = ("job", "result")
    JOB_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    job: CardJob
    result: bytes
    def __init__(self, job: _Optional[_Union[CardJob, _Mapping]] = ..., result: _Optional[bytes] = ...) -> None: ...

class ListCardJobsRequest(_message.Message):
    __slots__ = ("waiting", "enrolment_id", "limit")
    WAITING_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    waiting: bool
    enrolment_id: str
    limit: int
    def __init__(self, waiting: _Optional[bool] = ..., enrolment_id: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListCardJobsResponse(_message.Message):
    __slots__ = ("jobs",)
    JOBS_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[CardJob]
    def __init__(self, jobs: _Optional[_Iterable[_Union[CardJob, _Mapping]]] = ...) -> None: ...

class MrzCredential(_message.Message):
    __slots__ = ("document_number", "birth", "expiry")
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    BIRTH_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_FIELD_NUMBER: _ClassVar[int]
    document_number: str
    birth: str
    expiry: str
    def __init__(self, document_number: _Optional[str] = ..., birth: _Optional[str] = ..., expiry: _Optional[str] = ...) -> None: ...

class CardCredentials(_message.Message):
    __slots__ = ("mrz", "can", "pin")
    MRZ_FIELD_NUMBER: _ClassVar[int]
    CAN_FIELD_NUMBER: _ClassVar[int]
    PIN_FIELD_NUMBER: _ClassVar[int]
    mrz: MrzCredential
    can: str
    pin: str
    def __init__(self, mrz: _Optional[_Union[MrzCredential, _Mapping]] = ..., can: _Optional[str] = ..., pin: _Optional[str] = ...) -> None: ...

class ReadCardRequest(_message.Message):
    __slots__ = ("device_id", "profile", "credentials", "wait", "operator")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    profile: str
    credentials: CardCredentials
    wait: _duration_pb2.Duration
    operator: str
    def __init__(self, device_id: _Optional[str] = ..., profile: _Optional[str] = ..., credentials: _Optional[_Union[CardCredentials, _Mapping]] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., operator: _Optional[str] = ...) -> None: ...

class CardOpened(_message.Message):
    __slots__ = ("profile", "way")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    WAY_FIELD_NUMBER: _ClassVar[int]
    profile: str
    way: CardAccessWay
    def __init__(self, profile: _Optional[str] = ..., way: _Optional[_Union[CardAccessWay, str]] = ...) -> None: ...

class CardFileRead(_message.Message):
    __slots__ = ("name", "outcome", "bytes", "status_word", "index", "total")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    STATUS_WORD_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    name: str
    outcome: CardFileOutcome
    bytes: int
    status_word: str
    index: int
    total: int
    def __init__(self, name: _Optional[str] = ..., outcome: _Optional[_Union[CardFileOutcome, str]] = ..., bytes: _Optional[int] = ..., status_word: _Optional[str] = ..., index: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...

class CardReadingRestarted(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CardPicture(_message.Message):
    __slots__ = ("media_type", "data", "width", "height", "media_type_on_card")
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_ON_CARD_FIELD_NUMBER: _ClassVar[int]
    media_type: str
    data: bytes
    width: int
    height: int
    media_type_on_card: str
    def __init__(self, media_type: _Optional[str] = ..., data: _Optional[bytes] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., media_type_on_card: _Optional[str] = ...) -> None: ...

class CardFailure(_message.Message):
    __slots__ = ("code", "file", "words")
    CODE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    code: str
    file: str
    words: str
    def __init__(self, code: _Optional[str] = ..., file: _Optional[str] = ..., words: _Optional[str] = ...) -> None: ...

class CardMrz(_message.Message):
    __slots__ = ("layout", "document_code", "issuer", "document_number", "nationality", "birth", "sex", "expiry", "primary_name", "secondary_name", "optional_data", "wrong_checks")
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NATIONALITY_FIELD_NUMBER: _ClassVar[int]
    BIRTH_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_NAME_FIELD_NUMBER: _ClassVar[int]
    SECONDARY_NAME_FIELD_NUMBER: _ClassVar[int]
    OPTIONAL_DATA_FIELD_NUMBER: _ClassVar[int]
    WRONG_CHECKS_FIELD_NUMBER: _ClassVar[int]
    layout: str
    document_code: str
    issuer: str
    document_number: str
    nationality: str
    birth: str
    sex: str
    expiry: str
    primary_name: str
    secondary_name: str
    optional_data: str
    wrong_checks: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, layout: _Optional[str] = ..., document_code: _Optional[str] = ..., issuer: _Optional[str] = ..., document_number: _Optional[str] = ..., nationality: _Optional[str] = ..., birth: _Optional[str] = ..., sex: _Optional[str] = ..., expiry: _Optional[str] = ..., primary_name: _Optional[str] = ..., secondary_name: _Optional[str] = ..., optional_data: _Optional[str] = ..., wrong_checks: _Optional[_Iterable[str]] = ...) -> None: ...

class CardReading(_message.Message):
    __slots__ = ("profile", "way", "serial", "standing", "job_id", "genuineness", "failures", "findings", "unread", "biodata", "mrz", "portrait", "signature", "fingers")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    WAY_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    GENUINENESS_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    BIODATA_FIELD_NUMBER: _ClassVar[int]
    MRZ_FIELD_NUMBER: _ClassVar[int]
    PORTRAIT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    FINGERS_FIELD_NUMBER: _ClassVar[int]
    profile: str
    way: CardAccessWay
    serial: str
    standing: CardStanding
    job_id: str
    genuineness: CardGenuineness
    failures: _containers.RepeatedCompositeFieldContainer[CardFailure]
    findings: _containers.RepeatedCompositeFieldContainer[CardFailure]
    unread: _containers.RepeatedScalarFieldContainer[str]
    biodata: CardBiodata
    mrz: CardMrz
    portrait: CardPicture
    signature: CardPicture
    fingers: _containers.RepeatedScalarFieldContainer[_common_pb2.FingerPosition]
    def __init__(self, profile: _Optional[str] = ..., way: _Optional[_Union[CardAccessWay, str]] = ..., serial: _Optional[str] = ..., standing: _Optional[_Union[CardStanding, str]] = ..., job_id: _Optional[str] = ..., genuineness: _Optional[_Union[CardGenuineness, str]] = ..., failures: _Optional[_Iterable[_Union[CardFailure, _Mapping]]] = ..., findings: _Optional[_Iterable[_Union[CardFailure, _Mapping]]] = ..., unread: _Optional[_Iterable[str]] = ..., biodata: _Optional[_Union[CardBiodata, _Mapping]] = ..., mrz: _Optional[_Union[CardMrz, _Mapping]] = ..., portrait: _Optional[_Union[CardPicture, _Mapping]] = ..., signature: _Optional[_Union[CardPicture, _Mapping]] = ..., fingers: _Optional[_Iterable[_Union[_common_pb2.FingerPosition, str]]] = ...) -> None: ...

class ReadCardResponse(_message.Message):
    __slots__ = ("opened", "file", "restarted", "reading", "heartbeat")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    RESTARTED_FIELD_NUMBER: _ClassVar[int]
    READING_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    opened: CardOpened
    file: CardFileRead
    restarted: CardReadingRestarted
    reading: CardReading
    heartbeat: _capture_pb2.Heartbeat
    def __init__(self, opened: _Optional[_Union[CardOpened, _Mapping]] = ..., file: _Optional[_Union[CardFileRead, _Mapping]] = ..., restarted: _Optional[_Union[CardReadingRestarted, _Mapping]] = ..., reading: _Optional[_Union[CardReading, _Mapping]] = ..., heartbeat: _Optional[_Union[_capture_pb2.Heartbeat, _Mapping]] = ...) -> None: ...

class SupervisedHandOver(_message.Message):
    __slots__ = ("reason", "paper")
    REASON_FIELD_NUMBER: _ClassVar[int]
    PAPER_FIELD_NUMBER: _ClassVar[int]
    reason: SupervisedReason
    paper: str
    def __init__(self, reason: _Optional[_Union[SupervisedReason, str]] = ..., paper: _Optional[str] = ...) -> None: ...

class VerifyHolderRequest(_message.Message):
    __slots__ = ("device_id", "profile", "position", "scanner_id", "capture_id", "supervised", "wait", "credentials", "operator")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SCANNER_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    SUPERVISED_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    profile: str
    position: _common_pb2.FingerPosition
    scanner_id: str
    capture_id: str
    supervised: SupervisedHandOver
    wait: _duration_pb2.Duration
    credentials: CardCredentials
    operator: str
    def __init__(self, device_id: _Optional[str] = ..., profile: _Optional[str] = ..., position: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., scanner_id: _Optional[str] = ..., capture_id: _Optional[str] = ..., supervised: _Optional[_Union[SupervisedHandOver, _Mapping]] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., credentials: _Optional[_Union[CardCredentials, _Mapping]] = ..., operator: _Optional[str] = ...) -> None: ...

class HolderDecision(_message.Message):
    __slots__ = ("outcome", "words", "hands_over", "card_serial", "job_id", "tries_left", "comparison", "finger", "false_match_rate", "card_tries_left", "liveness", "liveness_note", "statement", "genuineness", "failures")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    HANDS_OVER_FIELD_NUMBER: _ClassVar[int]
    CARD_SERIAL_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TRIES_LEFT_FIELD_NUMBER: _ClassVar[int]
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    FINGER_FIELD_NUMBER: _ClassVar[int]
    FALSE_MATCH_RATE_FIELD_NUMBER: _ClassVar[int]
    CARD_TRIES_LEFT_FIELD_NUMBER: _ClassVar[int]
    LIVENESS_FIELD_NUMBER: _ClassVar[int]
    LIVENESS_NOTE_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    GENUINENESS_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    outcome: HolderOutcome
    words: _common_pb2.LocalizedText
    hands_over: bool
    card_serial: str
    job_id: str
    tries_left: int
    comparison: HolderComparison
    finger: _common_pb2.FingerPosition
    false_match_rate: float
    card_tries_left: int
    liveness: _containers.RepeatedCompositeFieldContainer[_capture_pb2.LivenessAssessment]
    liveness_note: _common_pb2.LocalizedText
    statement: bytes
    genuineness: CardGenuineness
    failures: _containers.RepeatedCompositeFieldContainer[CardFailure]
    def __init__(self, outcome: _Optional[_Union[HolderOutcome, str]] = ..., words: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., hands_over: _Optional[bool] = ..., card_serial: _Optional[str] = ..., job_id: _Optional[str] = ..., tries_left: _Optional[int] = ..., comparison: _Optional[_Union[HolderComparison, str]] = ..., finger: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., false_match_rate: _Optional[float] = ..., card_tries_left: _Optional[int] = ..., liveness: _Optional[_Iterable[_Union[_capture_pb2.LivenessAssessment, _Mapping]]] = ..., liveness_note: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., statement: _Optional[bytes] = ..., genuineness: _Optional[_Union[CardGenuineness, str]] = ..., failures: _Optional[_Iterable[_Union[CardFailure, _Mapping]]] = ...) -> None: ...

class HolderCardRead(_message.Message):
    __slots__ = ("serial", "job_id", "fingers", "tries_left", "scanner_id")
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    FINGERS_FIELD_NUMBER: _ClassVar[int]
    TRIES_LEFT_FIELD_NUMBER: _ClassVar[int]
    SCANNER_ID_FIELD_NUMBER: _ClassVar[int]
    serial: str
    job_id: str
    fingers: _containers.RepeatedScalarFieldContainer[_common_pb2.FingerPosition]
    tries_left: int
    scanner_id: str
    def __init__(self, serial: _Optional[str] = ..., job_id: _Optional[str] = ..., fingers: _Optional[_Iterable[_Union[_common_pb2.FingerPosition, str]]] = ..., tries_left: _Optional[int] = ..., scanner_id: _Optional[str] = ...) -> None: ...

class VerifyHolderResponse(_message.Message):
    __slots__ = ("card", "live_quality", "decision", "heartbeat")
    CARD_FIELD_NUMBER: _ClassVar[int]
    LIVE_QUALITY_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    card: HolderCardRead
    live_quality: _capture_pb2.LiveQuality
    decision: HolderDecision
    heartbeat: _capture_pb2.Heartbeat
    def __init__(self, card: _Optional[_Union[HolderCardRead, _Mapping]] = ..., live_quality: _Optional[_Union[_capture_pb2.LiveQuality, _Mapping]] = ..., decision: _Optional[_Union[HolderDecision, _Mapping]] = ..., heartbeat: _Optional[_Union[_capture_pb2.Heartbeat, _Mapping]] = ...) -> None: ...

class ListStockRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BlankRange(_message.Message):
    __slots__ = ("first", "last", "blanks", "brought_by", "time")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    BLANKS_FIELD_NUMBER: _ClassVar[int]
    BROUGHT_BY_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    first: str
    last: str
    blanks: int
    brought_by: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, first: _Optional[str] = ..., last: _Optional[str] = ..., blanks: _Optional[int] = ..., brought_by: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SpoiledBlank(_message.Message):
    __slots__ = ("serial", "reason", "job_id", "out_of_use", "time")
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    OUT_OF_USE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    serial: str
    reason: str
    job_id: str
    out_of_use: bool
    time: _timestamp_pb2.Timestamp
    def __init__(self, serial: _Optional[str] = ..., reason: _Optional[str] = ..., job_id: _Optional[str] = ..., out_of_use: _Optional[bool] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StockLevel(_message.Message):
    __slots__ = ("brought_in", "used", "spoiled", "in_hand", "unlisted", "blanks")
    BROUGHT_IN_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    SPOILED_FIELD_NUMBER: _ClassVar[int]
    IN_HAND_FIELD_NUMBER: _ClassVar[int]
    UNLISTED_FIELD_NUMBER: _ClassVar[int]
    BLANKS_FIELD_NUMBER: _ClassVar[int]
    brought_in: int
    used: int
    spoiled: int
    in_hand: int
    unlisted: int
    blanks: int
    def __init__(self, brought_in: _Optional[int] = ..., used: _Optional[int] = ..., spoiled: _Optional[int] = ..., in_hand: _Optional[int] = ..., unlisted: _Optional[int] = ..., blanks: _Optional[int] = ...) -> None: ...

class ListStockResponse(_message.Message):
    __slots__ = ("level", "ranges", "spoiled")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    RANGES_FIELD_NUMBER: _ClassVar[int]
    SPOILED_FIELD_NUMBER: _ClassVar[int]
    level: StockLevel
    ranges: _containers.RepeatedCompositeFieldContainer[BlankRange]
    spoiled: _containers.RepeatedCompositeFieldContainer[SpoiledBlank]
    def __init__(self, level: _Optional[_Union[StockLevel, _Mapping]] = ..., ranges: _Optional[_Iterable[_Union[BlankRange, _Mapping]]] = ..., spoiled: _Optional[_Iterable[_Union[SpoiledBlank, _Mapping]]] = ...) -> None: ...

class AddStockRequest(_message.Message):
    __slots__ = ("first", "last", "operator", "idempotency_key")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    first: str
    last: str
    operator: str
    idempotency_key: str
    def __init__(self, first: _Optional[str] = ..., last: _Optional[str] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class AddStockResponse(_message.Message):
    __slots__ = ("range", "level")
    RANGE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    range: BlankRange
    level: StockLevel
    def __init__(self, range: _Optional[_Union[BlankRange, _Mapping]] = ..., level: _Optional[_Union[StockLevel, _Mapping]] = ...) -> None: ...

class SpoilBlankRequest(_message.Message):
    __slots__ = ("serial", "reason", "operator", "idempotency_key")
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    serial: str
    reason: str
    operator: str
    idempotency_key: str
    def __init__(self, serial: _Optional[str] = ..., reason: _Optional[str] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class SpoilBlankResponse(_message.Message):
    __slots__ = ("level",)
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    level: StockLevel
    def __init__(self, level: _Optional[_Union[StockLevel, _Mapping]] = ...) -> None: ...

class CountedSerials(_message.Message):
    __slots__ = ("serials",)
    SERIALS_FIELD_NUMBER: _ClassVar[int]
    serials: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, serials: _Optional[_Iterable[str]] = ...) -> None: ...

class ReconcileStockRequest(_message.Message):
    __slots__ = ("counted", "listed", "operator", "note", "idempotency_key")
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    LISTED_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    counted: int
    listed: CountedSerials
    operator: str
    note: str
    idempotency_key: str
    def __init__(self, counted: _Optional[int] = ..., listed: _Optional[_Union[CountedSerials, _Mapping]] = ..., operator: _Optional[str] = ..., note: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class SurplusBlank(_message.Message):
    __slots__ = ("serial", "book")
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    BOOK_FIELD_NUMBER: _ClassVar[int]
    serial: str
    book: str
    def __init__(self, serial: _Optional[str] = ..., book: _Optional[str] = ...) -> None: ...

class ReconcileStockResponse(_message.Message):
    __slots__ = ("book", "counted", "difference", "agrees", "missing", "surplus", "level")
    BOOK_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    AGREES_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    SURPLUS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    book: int
    counted: int
    difference: int
    agrees: bool
    missing: _containers.RepeatedScalarFieldContainer[str]
    surplus: _containers.RepeatedCompositeFieldContainer[SurplusBlank]
    level: StockLevel
    def __init__(self, book: _Optional[int] = ..., counted: _Optional[int] = ..., difference: _Optional[int] = ..., agrees: _Optional[bool] = ..., missing: _Optional[_Iterable[str]] = ..., surplus: _Optional[_Iterable[_Union[SurplusBlank, _Mapping]]] = ..., level: _Optional[_Union[StockLevel, _Mapping]] = ...) -> None: ...
