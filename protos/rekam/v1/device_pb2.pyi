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
DEVICE_STATE_UNSPECIFIED: DeviceState
DEVICE_STATE_ABSENT: DeviceState
DEVICE_STATE_IDLE: DeviceState
DEVICE_STATE_AWAITING_FINGER_ON: DeviceState
DEVICE_STATE_CAPTURING: DeviceState
DEVICE_STATE_AWAITING_FINGER_OFF: DeviceState
DEVICE_STATE_RECOVERING: DeviceState
DEVICE_STATE_FAILED: DeviceState

class Device(_message.Message):
    __slots__ = ("device_id", "driver", "vendor", "model", "serial", "firmware", "modality", "ppi", "width", "height", "state", "problem", "health", "lease_holder", "calibration_id", "live_preview")
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
    def __init__(self, device_id: _Optional[str] = ..., driver: _Optional[str] = ..., vendor: _Optional[str] = ..., model: _Optional[str] = ..., serial: _Optional[str] = ..., firmware: _Optional[str] = ..., modality: _Optional[_Union[_common_pb2.Modality, str]] = ..., ppi: _Optional[float] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., state: _Optional[_Union[DeviceState, str]] = ..., problem: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., health: _Optional[_Union[DeviceHealth, _Mapping]] = ..., lease_holder: _Optional[str] = ..., calibration_id: _Optional[str] = ..., live_preview: _Optional[bool] = ...) -> None: ...

class DeviceHealth(_message.Message):
    __slots__ = ("captures", "timeouts", "resets", "losses", "last_error", "last_error_time", "attached_since")
    CAPTURES_FIELD_NUMBER: _ClassVar[int]
    TIMEOUTS_FIELD_NUMBER: _ClassVar[int]
    RESETS_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTACHED_SINCE_FIELD_NUMBER: _ClassVar[int]
    captures: int
    timeouts: int
    resets: int
    losses: int
    last_error: str
    last_error_time: _timestamp_pb2.Timestamp
    attached_since: _timestamp_pb2.Timestamp
    def __init__(self, captures: _Optional[int] = ..., timeouts: _Optional[int] = ..., resets: _Optional[int] = ..., losses: _Optional[int] = ..., last_error: _Optional[str] = ..., last_error_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attached_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListDevicesRequest(_message.Message):
    __slots__ = ("modality",)
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    modality: _common_pb2.Modality
    def __init__(self, modality: _Optional[_Union[_common_pb2.Modality, str]] = ...) -> None: ...

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
