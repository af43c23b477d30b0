"""The settings of a gateway: one file per group of sections, read once, frozen, unknown keys refused."""

from gateway.config.calibration import CalibrationSettings
from gateway.config.capture import CaptureSettings
from gateway.config.card import CardModuleSettings, CardSettings
from gateway.config.centre import CentreSettings, ForwardingSettings
from gateway.config.doors import GrpcSettings, WebSettings
from gateway.config.enrolment import EnrolmentSettings
from gateway.config.file import Config, ConfigError, DeviceTable, read_config
from gateway.config.keeping import AuditSettings, KeySettings
from gateway.config.office import CallbackSettings, OfficeSettings, SmsSettings

__all__ = [
    "AuditSettings",
    "CalibrationSettings",
    "CallbackSettings",
    "CaptureSettings",
    "CardModuleSettings",
    "CardSettings",
    "CentreSettings",
    "Config",
    "ConfigError",
    "DeviceTable",
    "EnrolmentSettings",
    "ForwardingSettings",
    "GrpcSettings",
    "KeySettings",
    "OfficeSettings",
    "SmsSettings",
    "WebSettings",
    "read_config",
]
