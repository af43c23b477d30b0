"""What is known of a device at one moment."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from drivers import DeviceIdentity, DeviceKind
from gateway.guidance import LocalizedText


class DeviceState(StrEnum):
    """What a device is doing."""

    ABSENT = "absent"
    IDLE = "idle"
    AWAITING_FINGER_ON = "awaiting_finger_on"
    CAPTURING = "capturing"
    AWAITING_FINGER_OFF = "awaiting_finger_off"
    RECOVERING = "recovering"
    FAILED = "failed"
    AWAITING_EYE = "awaiting_eye"
    AWAITING_FACE = "awaiting_face"


@dataclass(frozen=True)
class DeviceHealth:
    """What has happened to a device since this gateway first saw it."""

    captures: int = 0
    timeouts: int = 0
    resets: int = 0
    losses: int = 0
    failures: int = 0
    bad_frames: int = 0
    """Frames that came damaged, or were lost on the way."""
    uptime_s: float = 0.0
    """Seconds for which it was ready or in use."""
    temperature_c: float | None = None
    """As the device last told it."""
    last_error: str = ""
    last_error_at: datetime | None = None
    attached_since: datetime | None = None


@dataclass(frozen=True)
class DeviceSnapshot:
    """A device as it stands."""

    device_id: str
    label: str
    identity: DeviceIdentity
    state: DeviceState
    kind: DeviceKind = DeviceKind.FINGERPRINT_SCANNER
    live_preview: bool = False
    synthetic: bool = False
    """It draws what it captures: anybody may be presented to it."""
    calibration_id: str = ""
    """Of the calibration in use; empty where there is none."""
    problem: LocalizedText | None = None
    health: DeviceHealth = field(default_factory=DeviceHealth)
