"""Records made up for tests."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from calibration.measurement import Measured, Measurement
from calibration.record import (
    DECISION_FORMAT,
    RECORD_FORMAT,
    VERSION,
    Action,
    CalibratedDevice,
    CalibrationDecision,
    CalibrationRecord,
    RecordTime,
    StatedVerdict,
    UsedTarget,
    VerdictOutcome,
    recorded,
    sharing_frames,
)

BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC)
DEVICE = CalibratedDevice("synthetic:A", "fingerprint_scanner", "synthetic", "Rekam", "Synthetic", "A", "1", 500.0)
TARGET = UsedTarget("ronchi-7", "ladder", "CERT-7", date(2027, 1, 1), "0" * 64)


def verdict(limit: str = "ppi_x", value: float = 500.0, **changes: Any) -> StatedVerdict:
    stated = StatedVerdict(
        limit, "resolution", "ppi", value, 0.1, 495.0, 505.0, VerdictOutcome.PASS, "TR-03121-3; 5.1.5", "S"
    )
    stated = replace(stated, **changes)
    inside = (stated.minimum is None or value >= stated.minimum) and (stated.maximum is None or value <= stated.maximum)
    return stated if "outcome" in changes or inside else replace(stated, outcome=VerdictOutcome.FAIL)


def record(day: float = 0, sequence: int = 1, **changes: Any) -> CalibrationRecord:
    ppi = Measurement(
        "resolution", "1", (Measured("ppi_x", 500.0, 0.1, "ppi"), Measured("ppi_y", 500.0, 0.1, "ppi")), {}, ("a" * 64,)
    )
    stated, frames = sharing_frames([recorded(ppi, TARGET.id)])
    wall = BEGIN + timedelta(days=day)
    made = CalibrationRecord(
        RECORD_FORMAT,
        VERSION,
        f"cal-{sequence}",
        DEVICE,
        sequence,
        None if sequence == 1 else "b" * 64,
        "appendix-f-500",
        stated,
        frames,
        (TARGET,),
        (verdict(),),
        "Sri",
        24.5,
        RecordTime(wall, 12.5, "trusted", 0.1),
        "boot-1",
        wall + timedelta(days=90),
        "gw-1",
        "rekam 0.1.0",
    )
    return replace(made, **changes)


def decision(action: Action, in_use: str | None, sequence: int, day: float = 0, **changes: Any) -> CalibrationDecision:
    made = CalibrationDecision(
        DECISION_FORMAT,
        VERSION,
        f"cdec-{sequence}",
        DEVICE.id,
        sequence,
        "b" * 64,
        action,
        in_use,
        "Sri",
        ("technician",),
        "",
        (),
        (),
        RecordTime(BEGIN + timedelta(days=day), 13.0, "trusted", 0.1),
        "boot-1",
        "gw-1",
        "rekam 0.1.0",
    )
    return replace(made, **changes)
