"""What runs of procedures and decisions about calibrations are asked, and how a run stands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from calibration.camera.target import CameraTarget
from calibration.iris.eye_safety import EyeSafetyFile
from calibration.measurement import Measurement
from calibration.procedures import Procedure, View
from calibration.record import UsedTarget
from calibration.targets import Target
from gateway.guidance import LocalizedText

Lay = Callable[[Any, View | None, Any, int], None]
"""Lay the target of a view, or the print of that number, on a device that draws what it sees, or with no view take it
away; does nothing on any other. In the device's thread."""


@dataclass(frozen=True)
class Conditions:
    """Who measured, and in what surroundings."""

    operator: str
    temperature_c: float | None = None


@dataclass(frozen=True)
class Decider:
    """Who decides about a calibration.

    Parameters
    ----------
    operator : str
        Name; empty where none was given.
    roles : tuple of str
    supervisor : bool
        May overrule objections.
    reason : str
    """

    operator: str
    roles: tuple[str, ...]
    supervisor: bool
    reason: str = ""


class RunState(StrEnum):
    """Where a run stands."""

    PLACING = "placing"
    """The technician is asked for something; `instruction` says what."""
    MEASURING = "measuring"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    """It ended early; what was measured is kept, and the run can be resumed."""


@dataclass(frozen=True)
class RunSnapshot:
    """A run as it stands.

    Parameters
    ----------
    procedure : str
        The one under way.
    step, steps : int
        It is number `step` of `steps`, from 1.
    share : float
        Of the procedure, 0 to 1.
    instruction : LocalizedText or None
        What the technician does now.
    fault : LocalizedText or None
        What is not yet as it should be, or why the run ended.
    reason : str
        Why it failed, for programs.
    measurements : tuple of Measurement
        What is there so far.
    calibration_id : str
        Of the record, once there is one.
    """

    run_id: str
    device_id: str
    state: RunState
    procedure: str = ""
    step: int = 0
    steps: int = 0
    share: float = 0.0
    instruction: LocalizedText | None = None
    fault: LocalizedText | None = None
    reason: str = ""
    measurements: tuple[Measurement, ...] = ()
    calibration_id: str = ""


@dataclass(frozen=True, eq=False)
class LaidTarget:
    """A target of this run: what procedures read of it, and what the record states."""

    content: Target | CameraTarget | EyeSafetyFile
    used: UsedTarget

    def check_valid(self, on: date) -> None:
        """TargetExpired unless its certificate is valid on that day; a nominal one never expires."""
        self.content.check_valid(on)


@dataclass(frozen=True, eq=False)
class RunRequest:
    """What is to be run.

    Parameters
    ----------
    plan : sequence of Procedure
    targets : mapping of LaidTarget
        By the name under which procedures ask for them.
    attended : bool
        Somebody lays the targets and says so; else the run goes on by itself once it sees them.
    done : sequence of (Measurement, str)
        From the run that this one resumes, each with the id of its target.
    done_targets : sequence of UsedTarget
        Of those.
    """

    run_id: str
    device_id: str
    plan: Sequence[Procedure]
    targets: Mapping[str, LaidTarget]
    conditions: Conditions
    attended: bool
    done: Sequence[tuple[Measurement, str]] = ()
    done_targets: Sequence[UsedTarget] = ()
