import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from rekam.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CaptureState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPTURE_STATE_UNSPECIFIED: _ClassVar[CaptureState]
    CAPTURE_STATE_QUEUED: _ClassVar[CaptureState]
    CAPTURE_STATE_AWAITING_FINGER: _ClassVar[CaptureState]
    CAPTURE_STATE_CAPTURING: _ClassVar[CaptureState]
    CAPTURE_STATE_PROCESSING: _ClassVar[CaptureState]
    CAPTURE_STATE_RECOVERING: _ClassVar[CaptureState]
    CAPTURE_STATE_DONE: _ClassVar[CaptureState]
    CAPTURE_STATE_AWAITING_EYE: _ClassVar[CaptureState]
    CAPTURE_STATE_AWAITING_FACE: _ClassVar[CaptureState]

class CaptureOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPTURE_OUTCOME_UNSPECIFIED: _ClassVar[CaptureOutcome]
    CAPTURE_OUTCOME_CAPTURED: _ClassVar[CaptureOutcome]
    CAPTURE_OUTCOME_BELOW_QUALITY: _ClassVar[CaptureOutcome]
    CAPTURE_OUTCOME_NO_FINGER: _ClassVar[CaptureOutcome]
    CAPTURE_OUTCOME_MARKED_MISSING: _ClassVar[CaptureOutcome]
    CAPTURE_OUTCOME_CANCELLED: _ClassVar[CaptureOutcome]
    CAPTURE_OUTCOME_DEVICE_LOST: _ClassVar[CaptureOutcome]
    CAPTURE_OUTCOME_FAILED: _ClassVar[CaptureOutcome]
    CAPTURE_OUTCOME_NO_EYE: _ClassVar[CaptureOutcome]
    CAPTURE_OUTCOME_NO_FACE: _ClassVar[CaptureOutcome]

class CaptureAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPTURE_ACTION_UNSPECIFIED: _ClassVar[CaptureAction]
    CAPTURE_ACTION_TRIGGER: _ClassVar[CaptureAction]
    CAPTURE_ACTION_RETAKE: _ClassVar[CaptureAction]
    CAPTURE_ACTION_MARK_MISSING: _ClassVar[CaptureAction]
    CAPTURE_ACTION_CANCEL: _ClassVar[CaptureAction]

class MissingReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MISSING_REASON_UNSPECIFIED: _ClassVar[MissingReason]
    MISSING_REASON_AMPUTATED: _ClassVar[MissingReason]
    MISSING_REASON_BANDAGED: _ClassVar[MissingReason]
    MISSING_REASON_REFUSED: _ClassVar[MissingReason]
    MISSING_REASON_DEVICE_BROKEN: _ClassVar[MissingReason]
    MISSING_REASON_OTHER: _ClassVar[MissingReason]
    MISSING_REASON_CANNOT_OPEN: _ClassVar[MissingReason]

class CapturePart(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPTURE_PART_UNSPECIFIED: _ClassVar[CapturePart]
    CAPTURE_PART_MANIFEST: _ClassVar[CapturePart]
    CAPTURE_PART_IMAGE: _ClassVar[CapturePart]
    CAPTURE_PART_TEMPLATE: _ClassVar[CapturePart]
    CAPTURE_PART_PREVIEW: _ClassVar[CapturePart]
    CAPTURE_PART_IRIS_CODE: _ClassVar[CapturePart]
    CAPTURE_PART_IRIS_CODE_RIGHT: _ClassVar[CapturePart]
    CAPTURE_PART_IRIS_CODE_LEFT: _ClassVar[CapturePart]

class PreviewFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PREVIEW_FORMAT_UNSPECIFIED: _ClassVar[PreviewFormat]
    PREVIEW_FORMAT_JPEG: _ClassVar[PreviewFormat]
    PREVIEW_FORMAT_RAW: _ClassVar[PreviewFormat]

class LivenessVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIVENESS_VERDICT_UNSPECIFIED: _ClassVar[LivenessVerdict]
    LIVENESS_VERDICT_NOT_ASSESSED: _ClassVar[LivenessVerdict]
    LIVENESS_VERDICT_BONA_FIDE_SIGNS: _ClassVar[LivenessVerdict]
    LIVENESS_VERDICT_ATTACK_SUSPECTED: _ClassVar[LivenessVerdict]

class LivenessCueStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIVENESS_CUE_STATUS_UNSPECIFIED: _ClassVar[LivenessCueStatus]
    LIVENESS_CUE_STATUS_NOT_ASSESSED: _ClassVar[LivenessCueStatus]
    LIVENESS_CUE_STATUS_NONE_SEEN: _ClassVar[LivenessCueStatus]
    LIVENESS_CUE_STATUS_ATTACK_SUSPECTED: _ClassVar[LivenessCueStatus]

class CheckStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHECK_STATUS_UNSPECIFIED: _ClassVar[CheckStatus]
    CHECK_STATUS_PASSED: _ClassVar[CheckStatus]
    CHECK_STATUS_FAILED: _ClassVar[CheckStatus]
    CHECK_STATUS_WARNING: _ClassVar[CheckStatus]
CAPTURE_STATE_UNSPECIFIED: CaptureState
CAPTURE_STATE_QUEUED: CaptureState
CAPTURE_STATE_AWAITING_FINGER: CaptureState
CAPTURE_STATE_CAPTURING: CaptureState
CAPTURE_STATE_PROCESSING: CaptureState
CAPTURE_STATE_RECOVERING: CaptureState
CAPTURE_STATE_DONE: CaptureState
CAPTURE_STATE_AWAITING_EYE: CaptureState
CAPTURE_STATE_AWAITING_FACE: CaptureState
CAPTURE_OUTCOME_UNSPECIFIED: CaptureOutcome
CAPTURE_OUTCOME_CAPTURED: CaptureOutcome
CAPTURE_OUTCOME_BELOW_QUALITY: CaptureOutcome
CAPTURE_OUTCOME_NO_FINGER: CaptureOutcome
CAPTURE_OUTCOME_MARKED_MISSING: CaptureOutcome
CAPTURE_OUTCOME_CANCELLED: CaptureOutcome
CAPTURE_OUTCOME_DEVICE_LOST: CaptureOutcome
CAPTURE_OUTCOME_FAILED: CaptureOutcome
CAPTURE_OUTCOME_NO_EYE: CaptureOutcome
CAPTURE_OUTCOME_NO_FACE: CaptureOutcome
CAPTURE_ACTION_UNSPECIFIED: CaptureAction
CAPTURE_ACTION_TRIGGER: CaptureAction
CAPTURE_ACTION_RETAKE: CaptureAction
CAPTURE_ACTION_MARK_MISSING: CaptureAction
CAPTURE_ACTION_CANCEL: CaptureAction
MISSING_REASON_UNSPECIFIED: MissingReason
MISSING_REASON_AMPUTATED: MissingReason
MISSING_REASON_BANDAGED: MissingReason
MISSING_REASON_REFUSED: MissingReason
MISSING_REASON_DEVICE_BROKEN: MissingReason
MISSING_REASON_OTHER: MissingReason
MISSING_REASON_CANNOT_OPEN: MissingReason
CAPTURE_PART_UNSPECIFIED: CapturePart
CAPTURE_PART_MANIFEST: CapturePart
CAPTURE_PART_IMAGE: CapturePart
CAPTURE_PART_TEMPLATE: CapturePart
CAPTURE_PART_PREVIEW: CapturePart
CAPTURE_PART_IRIS_CODE: CapturePart
CAPTURE_PART_IRIS_CODE_RIGHT: CapturePart
CAPTURE_PART_IRIS_CODE_LEFT: CapturePart
PREVIEW_FORMAT_UNSPECIFIED: PreviewFormat
PREVIEW_FORMAT_JPEG: PreviewFormat
PREVIEW_FORMAT_RAW: PreviewFormat
LIVENESS_VERDICT_UNSPECIFIED: LivenessVerdict
LIVENESS_VERDICT_NOT_ASSESSED: LivenessVerdict
LIVENESS_VERDICT_BONA_FIDE_SIGNS: LivenessVerdict
LIVENESS_VERDICT_ATTACK_SUSPECTED: LivenessVerdict
LIVENESS_CUE_STATUS_UNSPECIFIED: LivenessCueStatus
LIVENESS_CUE_STATUS_NOT_ASSESSED: LivenessCueStatus
LIVENESS_CUE_STATUS_NONE_SEEN: LivenessCueStatus
LIVENESS_CUE_STATUS_ATTACK_SUSPECTED: LivenessCueStatus
CHECK_STATUS_UNSPECIFIED: CheckStatus
CHECK_STATUS_PASSED: CheckStatus
CHECK_STATUS_FAILED: CheckStatus
CHECK_STATUS_WARNING: CheckStatus

class Capture(_message.Message):
    __slots__ = ("capture_id", "device_id", "modality", "position", "state", "outcome", "quality", "guidance", "transaction_id", "sequence", "parts", "retake_of", "missing_reason", "error", "manifest_sha256", "minutia_count", "eye", "liveness", "fingers")
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    GUIDANCE_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    RETAKE_OF_FIELD_NUMBER: _ClassVar[int]
    MISSING_REASON_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_SHA256_FIELD_NUMBER: _ClassVar[int]
    MINUTIA_COUNT_FIELD_NUMBER: _ClassVar[int]
    EYE_FIELD_NUMBER: _ClassVar[int]
    LIVENESS_FIELD_NUMBER: _ClassVar[int]
    FINGERS_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    device_id: str
    modality: _common_pb2.Modality
    position: _common_pb2.FingerPosition
    state: CaptureState
    outcome: CaptureOutcome
    quality: _common_pb2.Quality
    guidance: _containers.RepeatedCompositeFieldContainer[_common_pb2.Guidance]
    transaction_id: str
    sequence: int
    parts: _containers.RepeatedCompositeFieldContainer[StoredPart]
    retake_of: str
    missing_reason: MissingReason
    error: CaptureError
    manifest_sha256: str
    minutia_count: int
    eye: _common_pb2.EyePosition
    liveness: _containers.RepeatedCompositeFieldContainer[LivenessAssessment]
    fingers: _containers.RepeatedCompositeFieldContainer[CapturedFinger]
    def __init__(self, capture_id: _Optional[str] = ..., device_id: _Optional[str] = ..., modality: _Optional[_Union[_common_pb2.Modality, str]] = ..., position: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., state: _Optional[_Union[CaptureState, str]] = ..., outcome: _Optional[_Union[CaptureOutcome, str]] = ..., quality: _Optional[_Union[_common_pb2.Quality, _Mapping]] = ..., guidance: _Optional[_Iterable[_Union[_common_pb2.Guidance, _Mapping]]] = ..., transaction_id: _Optional[str] = ..., sequence: _Optional[int] = ..., parts: _Optional[_Iterable[_Union[StoredPart, _Mapping]]] = ..., retake_of: _Optional[str] = ..., missing_reason: _Optional[_Union[MissingReason, str]] = ..., error: _Optional[_Union[CaptureError, _Mapping]] = ..., manifest_sha256: _Optional[str] = ..., minutia_count: _Optional[int] = ..., eye: _Optional[_Union[_common_pb2.EyePosition, str]] = ..., liveness: _Optional[_Iterable[_Union[LivenessAssessment, _Mapping]]] = ..., fingers: _Optional[_Iterable[_Union[CapturedFinger, _Mapping]]] = ...) -> None: ...

class CapturedFinger(_message.Message):
    __slots__ = ("position", "quality", "minutia_count", "guidance", "missing_reason")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    MINUTIA_COUNT_FIELD_NUMBER: _ClassVar[int]
    GUIDANCE_FIELD_NUMBER: _ClassVar[int]
    MISSING_REASON_FIELD_NUMBER: _ClassVar[int]
    position: _common_pb2.FingerPosition
    quality: _common_pb2.Quality
    minutia_count: int
    guidance: _containers.RepeatedCompositeFieldContainer[_common_pb2.Guidance]
    missing_reason: MissingReason
    def __init__(self, position: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., quality: _Optional[_Union[_common_pb2.Quality, _Mapping]] = ..., minutia_count: _Optional[int] = ..., guidance: _Optional[_Iterable[_Union[_common_pb2.Guidance, _Mapping]]] = ..., missing_reason: _Optional[_Union[MissingReason, str]] = ...) -> None: ...

class MissingFinger(_message.Message):
    __slots__ = ("position", "reason")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    position: _common_pb2.FingerPosition
    reason: MissingReason
    def __init__(self, position: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., reason: _Optional[_Union[MissingReason, str]] = ...) -> None: ...

class FingerThreshold(_message.Message):
    __slots__ = ("position", "min_quality")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    MIN_QUALITY_FIELD_NUMBER: _ClassVar[int]
    position: _common_pb2.FingerPosition
    min_quality: int
    def __init__(self, position: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., min_quality: _Optional[int] = ...) -> None: ...

class LivenessAssessment(_message.Message):
    __slots__ = ("eye", "verdict", "cues", "algorithm", "version")
    EYE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    CUES_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    eye: _common_pb2.EyePosition
    verdict: LivenessVerdict
    cues: _containers.RepeatedCompositeFieldContainer[LivenessCue]
    algorithm: str
    version: str
    def __init__(self, eye: _Optional[_Union[_common_pb2.EyePosition, str]] = ..., verdict: _Optional[_Union[LivenessVerdict, str]] = ..., cues: _Optional[_Iterable[_Union[LivenessCue, _Mapping]]] = ..., algorithm: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class LivenessCue(_message.Message):
    __slots__ = ("name", "status", "score", "reason", "words")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    status: LivenessCueStatus
    score: int
    reason: str
    words: _common_pb2.LocalizedText
    def __init__(self, name: _Optional[str] = ..., status: _Optional[_Union[LivenessCueStatus, str]] = ..., score: _Optional[int] = ..., reason: _Optional[str] = ..., words: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class CaptureError(_message.Message):
    __slots__ = ("reason", "message")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: _common_pb2.LocalizedText
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class StoredPart(_message.Message):
    __slots__ = ("part", "name", "media_type", "size", "sha256", "finger")
    PART_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    FINGER_FIELD_NUMBER: _ClassVar[int]
    part: CapturePart
    name: str
    media_type: str
    size: int
    sha256: str
    finger: _common_pb2.FingerPosition
    def __init__(self, part: _Optional[_Union[CapturePart, str]] = ..., name: _Optional[str] = ..., media_type: _Optional[str] = ..., size: _Optional[int] = ..., sha256: _Optional[str] = ..., finger: _Optional[_Union[_common_pb2.FingerPosition, str]] = ...) -> None: ...

class StartCaptureRequest(_message.Message):
    __slots__ = ("modality", "position", "device_id", "lease_id", "timeout", "min_quality", "wait", "transaction_id", "nonce", "operator", "manual", "holder", "idempotency_key", "eye", "missing_fingers", "finger_thresholds")
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    MIN_QUALITY_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    MANUAL_FIELD_NUMBER: _ClassVar[int]
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    EYE_FIELD_NUMBER: _ClassVar[int]
    MISSING_FINGERS_FIELD_NUMBER: _ClassVar[int]
    FINGER_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    modality: _common_pb2.Modality
    position: _common_pb2.FingerPosition
    device_id: str
    lease_id: str
    timeout: _duration_pb2.Duration
    min_quality: int
    wait: _duration_pb2.Duration
    transaction_id: str
    nonce: bytes
    operator: str
    manual: bool
    holder: str
    idempotency_key: str
    eye: _common_pb2.EyePosition
    missing_fingers: _containers.RepeatedCompositeFieldContainer[MissingFinger]
    finger_thresholds: _containers.RepeatedCompositeFieldContainer[FingerThreshold]
    def __init__(self, modality: _Optional[_Union[_common_pb2.Modality, str]] = ..., position: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., device_id: _Optional[str] = ..., lease_id: _Optional[str] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., min_quality: _Optional[int] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., transaction_id: _Optional[str] = ..., nonce: _Optional[bytes] = ..., operator: _Optional[str] = ..., manual: _Optional[bool] = ..., holder: _Optional[str] = ..., idempotency_key: _Optional[str] = ..., eye: _Optional[_Union[_common_pb2.EyePosition, str]] = ..., missing_fingers: _Optional[_Iterable[_Union[MissingFinger, _Mapping]]] = ..., finger_thresholds: _Optional[_Iterable[_Union[FingerThreshold, _Mapping]]] = ...) -> None: ...

class StartCaptureResponse(_message.Message):
    __slots__ = ("capture",)
    CAPTURE_FIELD_NUMBER: _ClassVar[int]
    capture: Capture
    def __init__(self, capture: _Optional[_Union[Capture, _Mapping]] = ...) -> None: ...

class WatchCaptureRequest(_message.Message):
    __slots__ = ("capture_id", "from_seq")
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQ_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    from_seq: int
    def __init__(self, capture_id: _Optional[str] = ..., from_seq: _Optional[int] = ...) -> None: ...

class WatchCaptureResponse(_message.Message):
    __slots__ = ("seq", "time", "heartbeat", "capture", "live_quality", "image_transfer")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_FIELD_NUMBER: _ClassVar[int]
    LIVE_QUALITY_FIELD_NUMBER: _ClassVar[int]
    IMAGE_TRANSFER_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: _common_pb2.EventTime
    heartbeat: Heartbeat
    capture: Capture
    live_quality: LiveQuality
    image_transfer: ImageTransfer
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., capture: _Optional[_Union[Capture, _Mapping]] = ..., live_quality: _Optional[_Union[LiveQuality, _Mapping]] = ..., image_transfer: _Optional[_Union[ImageTransfer, _Mapping]] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ImageTransfer(_message.Message):
    __slots__ = ("share",)
    SHARE_FIELD_NUMBER: _ClassVar[int]
    share: float
    def __init__(self, share: _Optional[float] = ...) -> None: ...

class LiveQuality(_message.Message):
    __slots__ = ("finger_present", "score", "still", "guidance", "eye_present", "face_present", "fingers")
    FINGER_PRESENT_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    STILL_FIELD_NUMBER: _ClassVar[int]
    GUIDANCE_FIELD_NUMBER: _ClassVar[int]
    EYE_PRESENT_FIELD_NUMBER: _ClassVar[int]
    FACE_PRESENT_FIELD_NUMBER: _ClassVar[int]
    FINGERS_FIELD_NUMBER: _ClassVar[int]
    finger_present: bool
    score: int
    still: bool
    guidance: _containers.RepeatedCompositeFieldContainer[_common_pb2.Guidance]
    eye_present: bool
    face_present: bool
    fingers: _containers.RepeatedCompositeFieldContainer[LiveFinger]
    def __init__(self, finger_present: _Optional[bool] = ..., score: _Optional[int] = ..., still: _Optional[bool] = ..., guidance: _Optional[_Iterable[_Union[_common_pb2.Guidance, _Mapping]]] = ..., eye_present: _Optional[bool] = ..., face_present: _Optional[bool] = ..., fingers: _Optional[_Iterable[_Union[LiveFinger, _Mapping]]] = ...) -> None: ...

class LiveFinger(_message.Message):
    __slots__ = ("position", "present", "score")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    PRESENT_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    position: _common_pb2.FingerPosition
    present: bool
    score: int
    def __init__(self, position: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., present: _Optional[bool] = ..., score: _Optional[int] = ...) -> None: ...

class NextPreviewRequest(_message.Message):
    __slots__ = ("capture_id", "after_seq", "timeout", "format", "max_width")
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    MAX_WIDTH_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    after_seq: int
    timeout: _duration_pb2.Duration
    format: PreviewFormat
    max_width: int
    def __init__(self, capture_id: _Optional[str] = ..., after_seq: _Optional[int] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., format: _Optional[_Union[PreviewFormat, str]] = ..., max_width: _Optional[int] = ...) -> None: ...

class NextPreviewResponse(_message.Message):
    __slots__ = ("seq", "format", "width", "height", "pixels", "age", "live_quality", "state")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PIXELS_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    LIVE_QUALITY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    seq: int
    format: PreviewFormat
    width: int
    height: int
    pixels: bytes
    age: _duration_pb2.Duration
    live_quality: LiveQuality
    state: CaptureState
    def __init__(self, seq: _Optional[int] = ..., format: _Optional[_Union[PreviewFormat, str]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., pixels: _Optional[bytes] = ..., age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., live_quality: _Optional[_Union[LiveQuality, _Mapping]] = ..., state: _Optional[_Union[CaptureState, str]] = ...) -> None: ...

class CommandCaptureRequest(_message.Message):
    __slots__ = ("capture_id", "action", "missing_reason", "idempotency_key")
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    MISSING_REASON_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    action: CaptureAction
    missing_reason: MissingReason
    idempotency_key: str
    def __init__(self, capture_id: _Optional[str] = ..., action: _Optional[_Union[CaptureAction, str]] = ..., missing_reason: _Optional[_Union[MissingReason, str]] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class CommandCaptureResponse(_message.Message):
    __slots__ = ("capture",)
    CAPTURE_FIELD_NUMBER: _ClassVar[int]
    capture: Capture
    def __init__(self, capture: _Optional[_Union[Capture, _Mapping]] = ...) -> None: ...

class GetCaptureRequest(_message.Message):
    __slots__ = ("capture_id",)
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    def __init__(self, capture_id: _Optional[str] = ...) -> None: ...

class GetCaptureResponse(_message.Message):
    __slots__ = ("capture",)
    CAPTURE_FIELD_NUMBER: _ClassVar[int]
    capture: Capture
    def __init__(self, capture: _Optional[_Union[Capture, _Mapping]] = ...) -> None: ...

class DownloadCaptureRequest(_message.Message):
    __slots__ = ("capture_id", "part", "finger")
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    FINGER_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    part: CapturePart
    finger: _common_pb2.FingerPosition
    def __init__(self, capture_id: _Optional[str] = ..., part: _Optional[_Union[CapturePart, str]] = ..., finger: _Optional[_Union[_common_pb2.FingerPosition, str]] = ...) -> None: ...

class DownloadCaptureResponse(_message.Message):
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

class ReadCaptureRequest(_message.Message):
    __slots__ = ("capture_id", "part", "finger", "offset", "max_bytes")
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    FINGER_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    part: CapturePart
    finger: _common_pb2.FingerPosition
    offset: int
    max_bytes: int
    def __init__(self, capture_id: _Optional[str] = ..., part: _Optional[_Union[CapturePart, str]] = ..., finger: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., offset: _Optional[int] = ..., max_bytes: _Optional[int] = ...) -> None: ...

class ReadCaptureResponse(_message.Message):
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

class VerifyCaptureRequest(_message.Message):
    __slots__ = ("capture_id",)
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    def __init__(self, capture_id: _Optional[str] = ...) -> None: ...

class VerifyCaptureResponse(_message.Message):
    __slots__ = ("ok", "checks")
    OK_FIELD_NUMBER: _ClassVar[int]
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    ok: bool
    checks: _containers.RepeatedCompositeFieldContainer[VerificationCheck]
    def __init__(self, ok: _Optional[bool] = ..., checks: _Optional[_Iterable[_Union[VerificationCheck, _Mapping]]] = ...) -> None: ...

class VerificationCheck(_message.Message):
    __slots__ = ("name", "status", "detail")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    name: str
    status: CheckStatus
    detail: str
    def __init__(self, name: _Optional[str] = ..., status: _Optional[_Union[CheckStatus, str]] = ..., detail: _Optional[str] = ...) -> None: ...
