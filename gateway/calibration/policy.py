"""What captures do where a device is overdue, failed, or was never calibrated."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from calibration.standing import CalibrationState
from drivers import DeviceKind
from gateway.calibration.errors import CalibrationError, CalibrationFailed, CalibrationMissing, CalibrationOverdue
from gateway.guidance import Guidance, GuidanceCode, guidance

IGNORE, WARN, REFUSE = "ignore", "warn", "refuse"

_REMARKS = {
    CalibrationState.OVERDUE: GuidanceCode.CALIBRATION_OVERDUE,
    CalibrationState.FAILED: GuidanceCode.CALIBRATION_FAILED,
    CalibrationState.NEVER: GuidanceCode.CALIBRATION_MISSING,
    CalibrationState.CHANGED: GuidanceCode.CALIBRATION_CHANGED,
}
_REFUSALS: dict[CalibrationState, type[CalibrationError]] = {
    CalibrationState.OVERDUE: CalibrationOverdue,
    CalibrationState.FAILED: CalibrationFailed,
    CalibrationState.NEVER: CalibrationMissing,
    CalibrationState.CHANGED: CalibrationMissing,
}


@dataclass(frozen=True)
class KindPolicy:
    """The office's policy for one kind of device: what to do in each state, when the next calibration is due, by which
    limits. A profile of enrolments may do otherwise in a state.

    Parameters
    ----------
    actions : mapping of str
        `ignore`, `warn` or `refuse` by state; a state that is not there is ignored.
    interval_days : int
    standard : str
        Name of the limits; empty where there are none.
    """

    actions: Mapping[CalibrationState, str] = field(default_factory=dict)
    interval_days: int = 90
    standard: str = ""

    def under(self, own: Mapping[CalibrationState, str]) -> "KindPolicy":
        """This policy, with what a profile has of its own in its place."""
        return replace(self, actions={**self.actions, **own}) if own else self

    def remarks(self, device_id: str, state: CalibrationState) -> tuple[Guidance, ...]:
        """What is said of a capture on a device in that state.

        Raises
        ------
        CalibrationOverdue, CalibrationFailed, CalibrationMissing
            The policy is to refuse.
        """
        action = self.actions.get(state, IGNORE)
        if action == IGNORE:
            return ()
        remark = guidance(_REMARKS[state])
        if action == REFUSE:
            raise _REFUSALS[state](f"{device_id}: {remark.fault.en}", f"`rekam calibrate run {device_id}`.")
        return (remark,)


Policy = Mapping[DeviceKind, KindPolicy]
