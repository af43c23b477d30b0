"""`[calibration]`: when devices are due, and what captures do then."""

from typing import Literal

from pydantic import Field

from gateway.config.table import Table

CalibrationPolicy = Literal["ignore", "warn", "refuse"]
"""What a capture does: nothing, record and say so, or not begin."""


class CalibrationKindSettings(Table):
    """`[calibration.fingerprint_scanner]` and its like: what differs for one kind of device."""

    overdue: CalibrationPolicy | None = None
    failed: CalibrationPolicy | None = None
    missing: CalibrationPolicy | None = None
    changed: CalibrationPolicy | None = None
    interval_days: int | None = Field(None, ge=1, le=3650)
    standard: str | None = Field(None, pattern=r"^[a-z][a-z0-9-]{0,63}$")


class CalibrationSettings(Table):
    """`[calibration]`: when devices are due, and what captures do then; docs/calibration.md."""

    overdue: CalibrationPolicy = "warn"
    """Its term is over, or a drift was seen."""
    failed: CalibrationPolicy = "warn"
    """It was measured, and does not keep its limits."""
    missing: CalibrationPolicy = "ignore"
    """It was never calibrated."""
    changed: CalibrationPolicy = "warn"
    """Another serial number or firmware than was measured."""
    interval_days: int = Field(90, ge=1, le=3650)
    daily_at: str = Field("05:30", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")
    """Idle devices are looked at by themselves at that time of this machine's time zone; empty: never."""
    fingerprint_scanner: CalibrationKindSettings = CalibrationKindSettings()
    slap_scanner: CalibrationKindSettings = CalibrationKindSettings()
    iris_camera: CalibrationKindSettings = CalibrationKindSettings()
    portrait_camera: CalibrationKindSettings = CalibrationKindSettings()
    card_writer: CalibrationKindSettings = CalibrationKindSettings()
