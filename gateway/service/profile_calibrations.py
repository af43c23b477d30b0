"""The calibration that a capture is made under, by the policy of its enrolment's profile."""

from collections.abc import Callable

import structlog

from calibration.standing import CalibrationState
from gateway.calibration.book import CalibrationBook
from gateway.calibration.in_use import CaptureCalibration
from gateway.devices.state import DeviceSnapshot
from gateway.enrolment.errors import EnrolmentError, EnrolmentUnknown, WrongState
from gateway.enrolment.profile import Profile

log = structlog.get_logger(__name__)

STATES = {
    "overdue": CalibrationState.OVERDUE,
    "failed": CalibrationState.FAILED,
    "missing": CalibrationState.NEVER,
    "changed": CalibrationState.CHANGED,
}
"""By the words of profiles and of the configuration."""


class ProfileCalibrations:
    """Asks the book, with what the profile says; any thread may call.

    Parameters
    ----------
    book : CalibrationBook
    profile_of : callable
        The profile of an enrolment that is under way; raises `EnrolmentError` where there is none.
    """

    def __init__(self, book: CalibrationBook, profile_of: Callable[[str], Profile]) -> None:
        self._book = book
        self._profile_of = profile_of

    def for_capture(self, device: DeviceSnapshot, transaction_id: str) -> CaptureCalibration:
        """What a capture on a device that begins now is made under.

        Parameters
        ----------
        transaction_id : str
            Of the capture: that of its enrolment, or of something else, which has no profile.

        Raises
        ------
        CalibrationOverdue, CalibrationFailed, CalibrationMissing
            The policy is to wait for the technician.
        """
        said = self._said(transaction_id, device.kind.value)
        return self._book.for_capture(device, {STATES[name]: action for name, action in said.items()})

    def _said(self, transaction_id: str, kind: str) -> dict[str, str]:
        if not transaction_id:
            return {}
        try:
            return dict(self._profile_of(transaction_id).calibration.of(kind))
        except (EnrolmentUnknown, WrongState):
            return {}
        except EnrolmentError as error:  # adding the capture will say what is wrong; nobody is sent home before that
            log.error("profile_not_read", error=str(error))
            return {}
