import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from rekam.v1 import common_pb2 as _common_pb2
from rekam.v1 import device_pb2 as _device_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CalibrationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALIBRATION_STATE_UNSPECIFIED: _ClassVar[CalibrationState]
    CALIBRATION_STATE_NEVER: _ClassVar[CalibrationState]
    CALIBRATION_STATE_VALID: _ClassVar[CalibrationState]
    CALIBRATION_STATE_DUE_SOON: _ClassVar[CalibrationState]
    CALIBRATION_STATE_OVERDUE: _ClassVar[CalibrationState]
    CALIBRATION_STATE_FAILED: _ClassVar[CalibrationState]
    CALIBRATION_STATE_CHANGED: _ClassVar[CalibrationState]

class CalibrationRunState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALIBRATION_RUN_STATE_UNSPECIFIED: _ClassVar[CalibrationRunState]
    CALIBRATION_RUN_STATE_PLACING: _ClassVar[CalibrationRunState]
    CALIBRATION_RUN_STATE_MEASURING: _ClassVar[CalibrationRunState]
    CALIBRATION_RUN_STATE_DONE: _ClassVar[CalibrationRunState]
    CALIBRATION_RUN_STATE_CANCELLED: _ClassVar[CalibrationRunState]
    CALIBRATION_RUN_STATE_FAILED: _ClassVar[CalibrationRunState]

class CalibrationCommand(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALIBRATION_COMMAND_UNSPECIFIED: _ClassVar[CalibrationCommand]
    CALIBRATION_COMMAND_GO_ON: _ClassVar[CalibrationCommand]
    CALIBRATION_COMMAND_CANCEL: _ClassVar[CalibrationCommand]

class CalibrationPart(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALIBRATION_PART_UNSPECIFIED: _ClassVar[CalibrationPart]
    CALIBRATION_PART_REPORT_HTML: _ClassVar[CalibrationPart]
    CALIBRATION_PART_REPORT_PDF: _ClassVar[CalibrationPart]
    CALIBRATION_PART_ENTRIES: _ClassVar[CalibrationPart]

class CalibrationVerdictOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALIBRATION_VERDICT_OUTCOME_UNSPECIFIED: _ClassVar[CalibrationVerdictOutcome]
    CALIBRATION_VERDICT_OUTCOME_PASS: _ClassVar[CalibrationVerdictOutcome]
    CALIBRATION_VERDICT_OUTCOME_FAIL: _ClassVar[CalibrationVerdictOutcome]
    CALIBRATION_VERDICT_OUTCOME_UNCERTAIN: _ClassVar[CalibrationVerdictOutcome]
    CALIBRATION_VERDICT_OUTCOME_NOT_MEASURED: _ClassVar[CalibrationVerdictOutcome]
CALIBRATION_STATE_UNSPECIFIED: CalibrationState
CALIBRATION_STATE_NEVER: CalibrationState
CALIBRATION_STATE_VALID: CalibrationState
CALIBRATION_STATE_DUE_SOON: CalibrationState
CALIBRATION_STATE_OVERDUE: CalibrationState
CALIBRATION_STATE_FAILED: CalibrationState
CALIBRATION_STATE_CHANGED: CalibrationState
CALIBRATION_RUN_STATE_UNSPECIFIED: CalibrationRunState
CALIBRATION_RUN_STATE_PLACING: CalibrationRunState
CALIBRATION_RUN_STATE_MEASURING: CalibrationRunState
CALIBRATION_RUN_STATE_DONE: CalibrationRunState
CALIBRATION_RUN_STATE_CANCELLED: CalibrationRunState
CALIBRATION_RUN_STATE_FAILED: CalibrationRunState
CALIBRATION_COMMAND_UNSPECIFIED: CalibrationCommand
CALIBRATION_COMMAND_GO_ON: CalibrationCommand
CALIBRATION_COMMAND_CANCEL: CalibrationCommand
CALIBRATION_PART_UNSPECIFIED: CalibrationPart
CALIBRATION_PART_REPORT_HTML: CalibrationPart
CALIBRATION_PART_REPORT_PDF: CalibrationPart
CALIBRATION_PART_ENTRIES: CalibrationPart
CALIBRATION_VERDICT_OUTCOME_UNSPECIFIED: CalibrationVerdictOutcome
CALIBRATION_VERDICT_OUTCOME_PASS: CalibrationVerdictOutcome
CALIBRATION_VERDICT_OUTCOME_FAIL: CalibrationVerdictOutcome
CALIBRATION_VERDICT_OUTCOME_UNCERTAIN: CalibrationVerdictOutcome
CALIBRATION_VERDICT_OUTCOME_NOT_MEASURED: CalibrationVerdictOutcome

class CalibrationStanding(_message.Message):
    __slots__ = ("device_id", "kind", "state", "calibration_id", "due", "latest_id", "due_reason", "due_evidence", "attached", "run_id")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_ID_FIELD_NUMBER: _ClassVar[int]
    DUE_FIELD_NUMBER: _ClassVar[int]
    LATEST_ID_FIELD_NUMBER: _ClassVar[int]
    DUE_REASON_FIELD_NUMBER: _ClassVar[int]
    DUE_EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    ATTACHED_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    kind: _device_pb2.DeviceKind
    state: CalibrationState
    calibration_id: str
    due: _timestamp_pb2.Timestamp
    latest_id: str
    due_reason: str
    due_evidence: _containers.RepeatedCompositeFieldContainer[CalibrationEvidence]
    attached: bool
    run_id: str
    def __init__(self, device_id: _Optional[str] = ..., kind: _Optional[_Union[_device_pb2.DeviceKind, str]] = ..., state: _Optional[_Union[CalibrationState, str]] = ..., calibration_id: _Optional[str] = ..., due: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., latest_id: _Optional[str] = ..., due_reason: _Optional[str] = ..., due_evidence: _Optional[_Iterable[_Union[CalibrationEvidence, _Mapping]]] = ..., attached: _Optional[bool] = ..., run_id: _Optional[str] = ...) -> None: ...

class CalibrationEvidence(_message.Message):
    __slots__ = ("name", "value", "bound", "unit")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    BOUND_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    bound: float
    unit: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ..., bound: _Optional[float] = ..., unit: _Optional[str] = ...) -> None: ...

class ListCalibrationsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListCalibrationsResponse(_message.Message):
    __slots__ = ("standings",)
    STANDINGS_FIELD_NUMBER: _ClassVar[int]
    standings: _containers.RepeatedCompositeFieldContainer[CalibrationStanding]
    def __init__(self, standings: _Optional[_Iterable[_Union[CalibrationStanding, _Mapping]]] = ...) -> None: ...

class PlanCalibrationRequest(_message.Message):
    __slots__ = ("device_id", "procedures", "resume_run_id")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    PROCEDURES_FIELD_NUMBER: _ClassVar[int]
    RESUME_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    procedures: _containers.RepeatedScalarFieldContainer[str]
    resume_run_id: str
    def __init__(self, device_id: _Optional[str] = ..., procedures: _Optional[_Iterable[str]] = ..., resume_run_id: _Optional[str] = ...) -> None: ...

class CalibrationStep(_message.Message):
    __slots__ = ("procedure", "views")
    PROCEDURE_FIELD_NUMBER: _ClassVar[int]
    VIEWS_FIELD_NUMBER: _ClassVar[int]
    procedure: str
    views: _containers.RepeatedCompositeFieldContainer[CalibrationView]
    def __init__(self, procedure: _Optional[str] = ..., views: _Optional[_Iterable[_Union[CalibrationView, _Mapping]]] = ...) -> None: ...

class CalibrationView(_message.Message):
    __slots__ = ("name", "target", "instruction", "frames")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    name: str
    target: str
    instruction: _common_pb2.LocalizedText
    frames: int
    def __init__(self, name: _Optional[str] = ..., target: _Optional[str] = ..., instruction: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., frames: _Optional[int] = ...) -> None: ...

class PlanCalibrationResponse(_message.Message):
    __slots__ = ("steps", "standard")
    STEPS_FIELD_NUMBER: _ClassVar[int]
    STANDARD_FIELD_NUMBER: _ClassVar[int]
    steps: _containers.RepeatedCompositeFieldContainer[CalibrationStep]
    standard: str
    def __init__(self, steps: _Optional[_Iterable[_Union[CalibrationStep, _Mapping]]] = ..., standard: _Optional[str] = ...) -> None: ...

class StartCalibrationRequest(_message.Message):
    __slots__ = ("device_id", "procedures", "targets", "operator", "temperature_celsius", "unattended", "resume_run_id", "idempotency_key")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    PROCEDURES_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_CELSIUS_FIELD_NUMBER: _ClassVar[int]
    UNATTENDED_FIELD_NUMBER: _ClassVar[int]
    RESUME_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    procedures: _containers.RepeatedScalarFieldContainer[str]
    targets: _containers.RepeatedScalarFieldContainer[bytes]
    operator: str
    temperature_celsius: float
    unattended: bool
    resume_run_id: str
    idempotency_key: str
    def __init__(self, device_id: _Optional[str] = ..., procedures: _Optional[_Iterable[str]] = ..., targets: _Optional[_Iterable[bytes]] = ..., operator: _Optional[str] = ..., temperature_celsius: _Optional[float] = ..., unattended: _Optional[bool] = ..., resume_run_id: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class StartCalibrationResponse(_message.Message):
    __slots__ = ("run",)
    RUN_FIELD_NUMBER: _ClassVar[int]
    run: CalibrationRun
    def __init__(self, run: _Optional[_Union[CalibrationRun, _Mapping]] = ...) -> None: ...

class MeasuredValue(_message.Message):
    __slots__ = ("procedure", "name", "value", "uncertainty", "unit")
    PROCEDURE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    procedure: str
    name: str
    value: float
    uncertainty: float
    unit: str
    def __init__(self, procedure: _Optional[str] = ..., name: _Optional[str] = ..., value: _Optional[float] = ..., uncertainty: _Optional[float] = ..., unit: _Optional[str] = ...) -> None: ...

class CalibrationVerdict(_message.Message):
    __slots__ = ("limit", "procedure", "unit", "value", "uncertainty", "minimum", "maximum", "outcome", "source", "grade")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PROCEDURE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    limit: str
    procedure: str
    unit: str
    value: float
    uncertainty: float
    minimum: float
    maximum: float
    outcome: CalibrationVerdictOutcome
    source: str
    grade: str
    def __init__(self, limit: _Optional[str] = ..., procedure: _Optional[str] = ..., unit: _Optional[str] = ..., value: _Optional[float] = ..., uncertainty: _Optional[float] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ..., outcome: _Optional[_Union[CalibrationVerdictOutcome, str]] = ..., source: _Optional[str] = ..., grade: _Optional[str] = ...) -> None: ...

class CalibrationRun(_message.Message):
    __slots__ = ("run_id", "device_id", "state", "procedure", "step", "steps", "share", "instruction", "fault", "reason", "values", "calibration_id", "remarks")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROCEDURE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_ID_FIELD_NUMBER: _ClassVar[int]
    REMARKS_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    device_id: str
    state: CalibrationRunState
    procedure: str
    step: int
    steps: int
    share: float
    instruction: _common_pb2.LocalizedText
    fault: _common_pb2.LocalizedText
    reason: str
    values: _containers.RepeatedCompositeFieldContainer[MeasuredValue]
    calibration_id: str
    remarks: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, run_id: _Optional[str] = ..., device_id: _Optional[str] = ..., state: _Optional[_Union[CalibrationRunState, str]] = ..., procedure: _Optional[str] = ..., step: _Optional[int] = ..., steps: _Optional[int] = ..., share: _Optional[float] = ..., instruction: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., fault: _Optional[_Union[_common_pb2.LocalizedText, _Mapping]] = ..., reason: _Optional[str] = ..., values: _Optional[_Iterable[_Union[MeasuredValue, _Mapping]]] = ..., calibration_id: _Optional[str] = ..., remarks: _Optional[_Iterable[str]] = ...) -> None: ...

class WatchCalibrationRequest(_message.Message):
    __slots__ = ("run_id", "from_seq")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQ_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    from_seq: int
    def __init__(self, run_id: _Optional[str] = ..., from_seq: _Optional[int] = ...) -> None: ...

class WatchCalibrationResponse(_message.Message):
    __slots__ = ("seq", "time", "run")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: _common_pb2.EventTime
    run: CalibrationRun
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[_Union[_common_pb2.EventTime, _Mapping]] = ..., run: _Optional[_Union[CalibrationRun, _Mapping]] = ...) -> None: ...

class NextCalibrationPictureRequest(_message.Message):
    __slots__ = ("run_id", "after_seq", "timeout", "max_width")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    MAX_WIDTH_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    after_seq: int
    timeout: _duration_pb2.Duration
    max_width: int
    def __init__(self, run_id: _Optional[str] = ..., after_seq: _Optional[int] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_width: _Optional[int] = ...) -> None: ...

class NextCalibrationPictureResponse(_message.Message):
    __slots__ = ("seq", "width", "height", "jpeg")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    JPEG_FIELD_NUMBER: _ClassVar[int]
    seq: int
    width: int
    height: int
    jpeg: bytes
    def __init__(self, seq: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., jpeg: _Optional[bytes] = ...) -> None: ...

class CommandCalibrationRequest(_message.Message):
    __slots__ = ("run_id", "command", "idempotency_key")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    command: CalibrationCommand
    idempotency_key: str
    def __init__(self, run_id: _Optional[str] = ..., command: _Optional[_Union[CalibrationCommand, str]] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class CommandCalibrationResponse(_message.Message):
    __slots__ = ("run",)
    RUN_FIELD_NUMBER: _ClassVar[int]
    run: CalibrationRun
    def __init__(self, run: _Optional[_Union[CalibrationRun, _Mapping]] = ...) -> None: ...

class AcceptCalibrationRequest(_message.Message):
    __slots__ = ("calibration_id", "operator", "reason", "idempotency_key")
    CALIBRATION_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    calibration_id: str
    operator: str
    reason: str
    idempotency_key: str
    def __init__(self, calibration_id: _Optional[str] = ..., operator: _Optional[str] = ..., reason: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class AcceptCalibrationResponse(_message.Message):
    __slots__ = ("standing", "objections")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    OBJECTIONS_FIELD_NUMBER: _ClassVar[int]
    standing: CalibrationStanding
    objections: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, standing: _Optional[_Union[CalibrationStanding, _Mapping]] = ..., objections: _Optional[_Iterable[str]] = ...) -> None: ...

class RollbackCalibrationRequest(_message.Message):
    __slots__ = ("device_id", "operator", "reason", "idempotency_key")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    operator: str
    reason: str
    idempotency_key: str
    def __init__(self, device_id: _Optional[str] = ..., operator: _Optional[str] = ..., reason: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class RollbackCalibrationResponse(_message.Message):
    __slots__ = ("standing",)
    STANDING_FIELD_NUMBER: _ClassVar[int]
    standing: CalibrationStanding
    def __init__(self, standing: _Optional[_Union[CalibrationStanding, _Mapping]] = ...) -> None: ...

class GetCalibrationHistoryRequest(_message.Message):
    __slots__ = ("device_id", "limit")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    limit: int
    def __init__(self, device_id: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class CalibrationEntry(_message.Message):
    __slots__ = ("sequence", "time", "clock_quality", "operator", "record", "decision")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CLOCK_QUALITY_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    time: _timestamp_pb2.Timestamp
    clock_quality: _common_pb2.ClockQuality
    operator: str
    record: CalibrationRecordSummary
    decision: CalibrationDecisionSummary
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., clock_quality: _Optional[_Union[_common_pb2.ClockQuality, str]] = ..., operator: _Optional[str] = ..., record: _Optional[_Union[CalibrationRecordSummary, _Mapping]] = ..., decision: _Optional[_Union[CalibrationDecisionSummary, _Mapping]] = ...) -> None: ...

class CalibrationRecordSummary(_message.Message):
    __slots__ = ("calibration_id", "passed", "standard", "due", "verdicts", "values", "procedures", "targets")
    CALIBRATION_ID_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    STANDARD_FIELD_NUMBER: _ClassVar[int]
    DUE_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    PROCEDURES_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    calibration_id: str
    passed: bool
    standard: str
    due: _timestamp_pb2.Timestamp
    verdicts: _containers.RepeatedCompositeFieldContainer[CalibrationVerdict]
    values: _containers.RepeatedCompositeFieldContainer[MeasuredValue]
    procedures: _containers.RepeatedScalarFieldContainer[str]
    targets: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, calibration_id: _Optional[str] = ..., passed: _Optional[bool] = ..., standard: _Optional[str] = ..., due: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., verdicts: _Optional[_Iterable[_Union[CalibrationVerdict, _Mapping]]] = ..., values: _Optional[_Iterable[_Union[MeasuredValue, _Mapping]]] = ..., procedures: _Optional[_Iterable[str]] = ..., targets: _Optional[_Iterable[str]] = ...) -> None: ...

class CalibrationDecisionSummary(_message.Message):
    __slots__ = ("action", "calibration_id", "reason", "objections", "evidence")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OBJECTIONS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    action: str
    calibration_id: str
    reason: str
    objections: _containers.RepeatedScalarFieldContainer[str]
    evidence: _containers.RepeatedCompositeFieldContainer[CalibrationEvidence]
    def __init__(self, action: _Optional[str] = ..., calibration_id: _Optional[str] = ..., reason: _Optional[str] = ..., objections: _Optional[_Iterable[str]] = ..., evidence: _Optional[_Iterable[_Union[CalibrationEvidence, _Mapping]]] = ...) -> None: ...

class GetCalibrationHistoryResponse(_message.Message):
    __slots__ = ("standing", "entries")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    standing: CalibrationStanding
    entries: _containers.RepeatedCompositeFieldContainer[CalibrationEntry]
    def __init__(self, standing: _Optional[_Union[CalibrationStanding, _Mapping]] = ..., entries: _Optional[_Iterable[_Union[CalibrationEntry, _Mapping]]] = ...) -> None: ...

class DownloadCalibrationRequest(_message.Message):
    __slots__ = ("calibration_id", "part", "language")
    CALIBRATION_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    calibration_id: str
    part: CalibrationPart
    language: str
    def __init__(self, calibration_id: _Optional[str] = ..., part: _Optional[_Union[CalibrationPart, str]] = ..., language: _Optional[str] = ...) -> None: ...

class DownloadCalibrationResponse(_message.Message):
    __slots__ = ("offset", "total_size", "data")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    offset: int
    total_size: int
    data: bytes
    def __init__(self, offset: _Optional[int] = ..., total_size: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...
