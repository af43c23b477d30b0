import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from rekam.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CallbackPurpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALLBACK_PURPOSE_UNSPECIFIED: _ClassVar[CallbackPurpose]
    CALLBACK_PURPOSE_SERVICE_BACK: _ClassVar[CallbackPurpose]
    CALLBACK_PURPOSE_CARD_READY: _ClassVar[CallbackPurpose]

class NoticeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOTICE_STATE_UNSPECIFIED: _ClassVar[NoticeState]
    NOTICE_STATE_QUEUED: _ClassVar[NoticeState]
    NOTICE_STATE_SENDING: _ClassVar[NoticeState]
    NOTICE_STATE_SENT: _ClassVar[NoticeState]
    NOTICE_STATE_DELIVERED: _ClassVar[NoticeState]
    NOTICE_STATE_FAILED: _ClassVar[NoticeState]
    NOTICE_STATE_UNCERTAIN: _ClassVar[NoticeState]
    NOTICE_STATE_UNREPORTED: _ClassVar[NoticeState]
CALLBACK_PURPOSE_UNSPECIFIED: CallbackPurpose
CALLBACK_PURPOSE_SERVICE_BACK: CallbackPurpose
CALLBACK_PURPOSE_CARD_READY: CallbackPurpose
NOTICE_STATE_UNSPECIFIED: NoticeState
NOTICE_STATE_QUEUED: NoticeState
NOTICE_STATE_SENDING: NoticeState
NOTICE_STATE_SENT: NoticeState
NOTICE_STATE_DELIVERED: NoticeState
NOTICE_STATE_FAILED: NoticeState
NOTICE_STATE_UNCERTAIN: NoticeState
NOTICE_STATE_UNREPORTED: NoticeState

class Callback(_message.Message):
    __slots__ = ("callback_id", "name", "phone", "purpose", "reference", "language", "consented_at", "consent_asked_by", "created_at", "expires_at", "notice")
    CALLBACK_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CONSENTED_AT_FIELD_NUMBER: _ClassVar[int]
    CONSENT_ASKED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    callback_id: str
    name: str
    phone: str
    purpose: CallbackPurpose
    reference: str
    language: str
    consented_at: _timestamp_pb2.Timestamp
    consent_asked_by: str
    created_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    notice: NoticeState
    def __init__(self, callback_id: _Optional[str] = ..., name: _Optional[str] = ..., phone: _Optional[str] = ..., purpose: _Optional[_Union[CallbackPurpose, str]] = ..., reference: _Optional[str] = ..., language: _Optional[str] = ..., consented_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., consent_asked_by: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., notice: _Optional[_Union[NoticeState, str]] = ...) -> None: ...

class AddCallbackRequest(_message.Message):
    __slots__ = ("name", "phone", "purpose", "reference", "consent", "language", "operator", "idempotency_key")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    name: str
    phone: str
    purpose: CallbackPurpose
    reference: str
    consent: bool
    language: str
    operator: str
    idempotency_key: str
    def __init__(self, name: _Optional[str] = ..., phone: _Optional[str] = ..., purpose: _Optional[_Union[CallbackPurpose, str]] = ..., reference: _Optional[str] = ..., consent: _Optional[bool] = ..., language: _Optional[str] = ..., operator: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class AddCallbackResponse(_message.Message):
    __slots__ = ("callback_id", "expires_at")
    CALLBACK_ID_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    callback_id: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, callback_id: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListCallbacksRequest(_message.Message):
    __slots__ = ("purpose", "full_numbers", "operator")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    FULL_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    purpose: CallbackPurpose
    full_numbers: bool
    operator: str
    def __init__(self, purpose: _Optional[_Union[CallbackPurpose, str]] = ..., full_numbers: _Optional[bool] = ..., operator: _Optional[str] = ...) -> None: ...

class ListCallbacksResponse(_message.Message):
    __slots__ = ("callbacks",)
    CALLBACKS_FIELD_NUMBER: _ClassVar[int]
    callbacks: _containers.RepeatedCompositeFieldContainer[Callback]
    def __init__(self, callbacks: _Optional[_Iterable[_Union[Callback, _Mapping]]] = ...) -> None: ...

class RemoveCallbackRequest(_message.Message):
    __slots__ = ("callback_id", "operator")
    CALLBACK_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    callback_id: str
    operator: str
    def __init__(self, callback_id: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class RemoveCallbackResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueueNoticesRequest(_message.Message):
    __slots__ = ("purpose", "occasion", "operator")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    OCCASION_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    purpose: CallbackPurpose
    occasion: str
    operator: str
    def __init__(self, purpose: _Optional[_Union[CallbackPurpose, str]] = ..., occasion: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class QueueNoticesResponse(_message.Message):
    __slots__ = ("queued", "already", "without_consent", "refused_callback_ids")
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    ALREADY_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_CONSENT_FIELD_NUMBER: _ClassVar[int]
    REFUSED_CALLBACK_IDS_FIELD_NUMBER: _ClassVar[int]
    queued: int
    already: int
    without_consent: int
    refused_callback_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, queued: _Optional[int] = ..., already: _Optional[int] = ..., without_consent: _Optional[int] = ..., refused_callback_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class SendNoticesRequest(_message.Message):
    __slots__ = ("clock_is_right", "operator")
    CLOCK_IS_RIGHT_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    clock_is_right: bool
    operator: str
    def __init__(self, clock_is_right: _Optional[bool] = ..., operator: _Optional[str] = ...) -> None: ...

class SendNoticesResponse(_message.Message):
    __slots__ = ("sent", "waiting", "failed", "uncertain", "reports", "held", "held_words")
    SENT_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    UNCERTAIN_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    HELD_WORDS_FIELD_NUMBER: _ClassVar[int]
    sent: int
    waiting: int
    failed: int
    uncertain: int
    reports: int
    held: str
    held_words: _common_pb2.LocalizedText
    def __init__(self, sent: _Optional[int] = ..., waiting: _Optional[int] = ..., failed: _Optional[int] = ..., uncertain: _Optional[int] = ..., reports: _Optional[int] = ..., held: _Optional[str] = ..., held_words: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class ListNoticesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Notice(_message.Message):
    __slots__ = ("notice_id", "callback_id", "state", "tries", "due_at", "changed_at", "segments", "reason")
    NOTICE_ID_FIELD_NUMBER: _ClassVar[int]
    CALLBACK_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRIES_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    notice_id: str
    callback_id: str
    state: NoticeState
    tries: int
    due_at: _timestamp_pb2.Timestamp
    changed_at: _timestamp_pb2.Timestamp
    segments: int
    reason: str
    def __init__(self, notice_id: _Optional[str] = ..., callback_id: _Optional[str] = ..., state: _Optional[_Union[NoticeState, str]] = ..., tries: _Optional[int] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., segments: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class ListNoticesResponse(_message.Message):
    __slots__ = ("notices",)
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    def __init__(self, notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ...) -> None: ...

class RetryNoticeRequest(_message.Message):
    __slots__ = ("notice_id", "operator")
    NOTICE_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    notice_id: str
    operator: str
    def __init__(self, notice_id: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class RetryNoticeResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetWayOutRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetWayOutResponse(_message.Message):
    __slots__ = ("kind", "sim", "registered", "signal_dbm", "problem", "spent_today", "messages_per_day")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIM_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_DBM_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    SPENT_TODAY_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    kind: str
    sim: str
    registered: bool
    signal_dbm: int
    problem: _common_pb2.LocalizedText
    spent_today: int
    messages_per_day: int
    def __init__(self, kind: _Optional[str] = ..., sim: _Optional[str] = ..., registered: _Optional[bool] = ..., signal_dbm: _Optional[int] = ..., problem: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., spent_today: _Optional[int] = ..., messages_per_day: _Optional[int] = ...) -> None: ...
