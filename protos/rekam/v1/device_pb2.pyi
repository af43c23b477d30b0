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

class DeviceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEVICE_KIND_UNSPECIFIED: _ClassVar[DeviceKind]
    DEVICE_KIND_FINGERPRINT_SCANNER: _ClassVar[DeviceKind]
    DEVICE_KIND_IRIS_CAMERA: _ClassVar[DeviceKind]
    DEVICE_KIND_PORTRAIT_CAMERA: _ClassVar[DeviceKind]
    DEVICE_KIND_CARD_WRITER: _ClassVar[DeviceKind]
    DEVICE_KIND_SLAP_SCANNER: _ClassVar[DeviceKind]

class DeviceState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEVICE_STATE_UNSPECIFIED: _ClassVar[DeviceState]
    DEVICE_STATE_ABSENT: _ClassVar[DeviceState]
    DEVICE_STATE_IDLE: _ClassVar[DeviceState]
    DEVICE_STATE_AWAITING_FINGER_ON: _ClassVar[DeviceState]
    DEVICE_STATE_CAPTURING: _ClassVar[DeviceState]
    DEVICE_STATE_AWAITING_FINGER_OFF: _ClassVar[DeviceState]
    DEVICE_STATE_RECOVERING: _ClassVar[DeviceState]
    DEVICE_STATE_FAILED: _ClassVar[DeviceState]
    DEVICE_STATE_AWAITING_EYE: _ClassVar[DeviceState]
    DEVICE_STATE_AWAITING_FACE: _ClassVar[DeviceState]

class DeviceIncidentKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEVICE_INCIDENT_KIND_UNSPECIFIED: _ClassVar[DeviceIncidentKind]
    DEVICE_INCIDENT_KIND_RESET: _ClassVar[DeviceIncidentKind]
    DEVICE_INCIDENT_KIND_LOSS: _ClassVar[DeviceIncidentKind]
    DEVICE_INCIDENT_KIND_FAILURE: _ClassVar[DeviceIncidentKind]
DEVICE_KIND_UNSPECIFIED: DeviceKind
DEVICE_KIND_FINGERPRINT_SCANNER: DeviceKind
DEVICE_KIND_IRIS_CAMERA: DeviceKind
DEVICE_KIND_PORTRAIT_CAMERA: DeviceKind
DEVICE_KIND_CARD_WRITER: DeviceKind
DEVICE_KIND_SLAP_SCANNER: DeviceKind
DEVICE_STATE_UNSPECIFIED: DeviceState
DEVICE_STATE_ABSENT: DeviceState
DEVICE_STATE_IDLE: DeviceState
DEVICE_STATE_AWAITING_FINGER_ON: DeviceState
DEVICE_STATE_CAPTURING: DeviceState
DEVICE_STATE_AWAITING_FINGER_OFF: DeviceState
DEVICE_STATE_RECOVERING: DeviceState
DEVICE_STATE_FAILED: DeviceState
DEVICE_STATE_AWAITING_EYE: DeviceState
DEVICE_STATE_AWAITING_FACE: DeviceState
DEVICE_INCIDENT_KIND_UNSPECIFIED: DeviceIncidentKind
DEVICE_INCIDENT_KIND_RESET: DeviceIncidentKind
DEVICE_INCIDENT_KIND_LOSS: DeviceIncidentKind
DEVICE_INCIDENT_KIND_FAILURE: DeviceIncidentKind

class Device(_message.Message):
    __slots__ = ("device_id", "driver", "vendor", "model", "serial", "firmware", "modality", "ppi", "width", "height", "state", "problem", "health", "lease_holder", "calibration_id", "live_preview", "kind", "synthetic")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    FIRMWARE_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    PPI_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    HEALTH_FIELD_NUMBER: _ClassVar[int]
    LEASE_HOLDER_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_ID_FIELD_NUMBER: _ClassVar[int]
    LIVE_PREVIEW_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SYNTHETIC_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    driver: str
    vendor: str
    model: str
    serial: str
    firmware: str
    modality: _common_pb2.Modality
    ppi: float
    width: int
    height: int
    state: DeviceState
    problem: _common_pb2.LocalizedText
    health: DeviceHealth
    lease_holder: str
    calibration_id: str
    live_preview: bool
    kind: DeviceKind
    synthetic: bool
    def __init__(self, device_id: _Optional[str] = ..., driver: _Optional[str] = ..., vendor: _Optional[str] = ..., model: _Optional[str] = ..., serial: _Optional[str] = ..., firmware: _Optional[str] = ..., modality: _Optional[_Union[_common_pb2.Modality, str]] = ..., ppi: _Optional[float] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., state: _Optional[_Union[DeviceState, str]] = ..., problem: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., health: _Optional[_Union[DeviceHealth, _Mapping]] = ..., lease_holder: _Optional[str] = ..., calibration_id: _Optional[str] = ..., live_preview: _Optional[bool] = ..., kind: _Optional[_Union[DeviceKind, str]] = ..., synthetic: _Optional[bool] = ...) -> None: ...

class DeviceHealth(_message.Message):
    __slots__ = ("captures", "timeouts", "resets", "losses", "last_error", "last_error_time", "attached_since", "bad_frames", "failures", "uptime", "temperature_celsius")
    CAPTURES_FIELD_NUMBER: _ClassVar[int]
    TIMEOUTS_FIELD_NUMBER: _ClassVar[int]
    RESETS_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTACHED_SINCE_FIELD_NUMBER: _ClassVar[int]
    BAD_FRAMES_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    UPTIME_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_CELSIUS_FIELD_NUMBER: _ClassVar[int]
    captures: int
    timeouts: int
    resets: int
    losses: int
    last_error: str
    last_error_time: _timestamp_pb2.Timestamp
    attached_since: _timestamp_pb2.Timestamp
    bad_frames: int
    failures: int
    uptime: _duration_pb2.Duration
    temperature_celsius: float
    def __init__(self, captures: _Optional[int] = ..., timeouts: _Optional[int] = ..., resets: _Optional[int] = ..., losses: _Optional[int] = ..., last_error: _Optional[str] = ..., last_error_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attached_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., bad_frames: _Optional[int] = ..., failures: _Optional[int] = ..., uptime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., temperature_celsius: _Optional[float] = ...) -> None: ...

class ListDevicesRequest(_message.Message):
    __slots__ = ("modality", "kind")
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    modality: _common_pb2.Modality
    kind: DeviceKind
    def __init__(self, modality: _Optional[_Union[_common_pb2.Modality, str]] = ..., kind: _Optional[_Union[DeviceKind, str]] = ...) -> None: ...

class ListDevicesResponse(_message.Message):
    __slots__ = ("devices", "problems")
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    devices: _containers.RepeatedCompositeFieldContainer[Device]
    problems: _containers.RepeatedCompositeFieldContainer[DriverProblem]
    def __init__(self, devices: _Optional[_Iterable[_Union[Device, _Mapping]]] = ..., problems: _Optional[_Iterable[_Union[DriverProblem, _Mapping]]] = ...) -> None: ...

class DriverProblem(_message.Message):
    __slots__ = ("driver", "detail")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    driver: str
    detail: str
    def __init__(self, driver: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class GetDeviceRequest(_message.Message):
    __slots__ = ("device_id",)
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    def __init__(self, device_id: _Optional[str] = ...) -> None: ...

class GetDeviceResponse(_message.Message):
    __slots__ = ("device",)
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    device: Device
    def __init__(self, device: _Optional[_Union[Device, _Mapping]] = ...) -> None: ...

class WatchDevicesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchDevicesResponse(_message.Message):
    __slots__ = ("seq", "time", "device")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: _common_pb2.EventTime
    device: Device
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., device: _Optional[_Union[Device, _Mapping]] = ...) -> None: ...

class ResetDeviceRequest(_message.Message):
    __slots__ = ("device_id", "idempotency_key")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    idempotency_key: str
    def __init__(self, device_id: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class ResetDeviceResponse(_message.Message):
    __slots__ = ("device",)
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    device: Device
    def __init__(self, device: _Optional[_Union[Device, _Mapping]] = ...) -> None: ...

class GetDeviceHistoryRequest(_message.Message):
    __slots__ = ("device_id", "days")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    DAYS_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    days: int
    def __init__(self, device_id: _Optional[str] = ..., days: _Optional[int] = ...) -> None: ...

class GetDeviceHistoryResponse(_message.Message):
    __slots__ = ("days", "incidents")
    DAYS_FIELD_NUMBER: _ClassVar[int]
    INCIDENTS_FIELD_NUMBER: _ClassVar[int]
    days: _containers.RepeatedCompositeFieldContainer[DeviceDay]
    incidents: _containers.RepeatedCompositeFieldContainer[DeviceIncident]
    def __init__(self, days: _Optional[_Iterable[_Union[DeviceDay, _Mapping]]] = ..., incidents: _Optional[_Iterable[_Union[DeviceIncident, _Mapping]]] = ...) -> None: ...

class DeviceDay(_message.Message):
    __slots__ = ("date", "captures", "timeouts", "resets", "losses", "failures", "bad_frames", "uptime", "temperature_celsius")
    DATE_FIELD_NUMBER: _ClassVar[int]
    CAPTURES_FIELD_NUMBER: _ClassVar[int]
    TIMEOUTS_FIELD_NUMBER: _ClassVar[int]
    RESETS_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    BAD_FRAMES_FIELD_NUMBER: _ClassVar[int]
    UPTIME_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_CELSIUS_FIELD_NUMBER: _ClassVar[int]
    date: str
    captures: int
    timeouts: int
    resets: int
    losses: int
    failures: int
    bad_frames: int
    uptime: _duration_pb2.Duration
    temperature_celsius: float
    def __init__(self, date: _Optional[str] = ..., captures: _Optional[int] = ..., timeouts: _Optional[int] = ..., resets: _Optional[int] = ..., losses: _Optional[int] = ..., failures: _Optional[int] = ..., bad_frames: _Optional[int] = ..., uptime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., temperature_celsius: _Optional[float] = ...) -> None: ...

class DeviceIncident(_message.Message):
    __slots__ = ("time", "kind", "detail")
    TIME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    kind: DeviceIncidentKind
    detail: str
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[_Union[DeviceIncidentKind, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class RunSelfTestRequest(_message.Message):
    __slots__ = ("device_id",)
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    def __init__(self, device_id: _Optional[str] = ...) -> None: ...

class RunSelfTestResponse(_message.Message):
    __slots__ = ("name", "passed", "detail")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    name: str
    passed: bool
    detail: str
    def __init__(self, name: _Optional[str] = ..., passed: _Optional[bool] = ..., detail: _Optional[str] = ...) -> None: ...

class RecordDeviceRequest(_message.Message):
    __slots__ = ("device_id", "timeout", "with_images")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    WITH_IMAGES_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    timeout: _duration_pb2.Duration
    with_images: bool
    def __init__(self, device_id: _Optional[str] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., with_images: _Optional[bool] = ...) -> None: ...

class RecordDeviceResponse(_message.Message):
    __slots__ = ("step", "tape")
    STEP_FIELD_NUMBER: _ClassVar[int]
    TAPE_FIELD_NUMBER: _ClassVar[int]
    step: RecordingStep
    tape: TapeChunk
    def __init__(self, step: _Optional[_Union[RecordingStep, _Mapping]] = ..., tape: _Optional[_Union[TapeChunk, _Mapping]] = ...) -> None: ...

class RecordingStep(_message.Message):
    __slots__ = ("name", "passed", "detail")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    name: str
    passed: bool
    detail: _common_pb2.LocalizedText
    def __init__(self, name: _Optional[str] = ..., passed: _Optional[bool] = ..., detail: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class TapeChunk(_message.Message):
    __slots__ = ("offset", "total_size", "data", "sha256", "cut")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    offset: int
    total_size: int
    data: bytes
    sha256: str
    cut: bool
    def __init__(self, offset: _Optional[int] = ..., total_size: _Optional[int] = ..., data: _Optional[bytes] = ..., sha256: _Optional[str] = ..., cut: _Optional[bool] = ...) -> None: ...

class PresentSyntheticRequest(_message.Message):
    __slots__ = ("device_id", "person", "position", "eye", "face", "placement", "idempotency_key", "missing_fingers")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    EYE_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    MISSING_FINGERS_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    person: int
    position: _common_pb2.FingerPosition
    eye: _common_pb2.EyePosition
    face: bool
    placement: int
    idempotency_key: str
    missing_fingers: _containers.RepeatedScalarFieldContainer[_common_pb2.FingerPosition]
    def __init__(self, device_id: _Optional[str] = ..., person: _Optional[int] = ..., position: _Optional[_Union[_common_pb2.FingerPosition, str]] = ..., eye: _Optional[_Union[_common_pb2.EyePosition, str]] = ..., face: _Optional[bool] = ..., placement: _Optional[int] = ..., idempotency_key: _Optional[str] = ..., missing_fingers: _Optional[_Iterable[_Union[_common_pb2.FingerPosition, str]]] = ...) -> None: ...

class PresentSyntheticResponse(_message.Message):
    __slots__ = ("device",)
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    device: Device
    def __init__(self, device: _Optional[_Union[Device, _Mapping]] = ...) -> None: ...
