"""Devices behind plain protocols; the face of the room: all that others may import."""

from drivers.discovery import (
    Discovery,
    DiscoveryProblem,
    DriverEntry,
    discover,
    installed_drivers,
    open_device,
)
from drivers.errors import (
    CaptureCancelled,
    CaptureTimeout,
    CardLost,
    CardRefused,
    CardTimeout,
    CardUnusable,
    CardWasReset,
    DeviceAccessDenied,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
)
from drivers.frame import Frame
from drivers.protocols import (
    DeviceAddress,
    DeviceIdentity,
    FingerprintScanner,
    LiveFingerprintScanner,
    SelfTestStep,
)
from drivers.transports.tape import Fault, FaultKind, Tape, TapeMismatchError, TapeRecorder

__all__ = [
    "CaptureCancelled",
    "CaptureTimeout",
    "CardLost",
    "CardRefused",
    "CardTimeout",
    "CardUnusable",
    "CardWasReset",
    "DeviceAccessDenied",
    "DeviceAddress",
    "DeviceBusy",
    "DeviceError",
    "DeviceHung",
    "DeviceIdentity",
    "DeviceLost",
    "DeviceNotFound",
    "DeviceUnsupported",
    "Discovery",
    "DiscoveryProblem",
    "DriverEntry",
    "Fault",
    "FaultKind",
    "FingerprintScanner",
    "Frame",
    "LiveFingerprintScanner",
    "SelfTestStep",
    "Tape",
    "TapeMismatchError",
    "TapeRecorder",
    "discover",
    "installed_drivers",
    "open_device",
]
