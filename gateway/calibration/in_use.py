"""The calibration that one capture is made under: its id, its correction, what is to be said of it."""

from dataclasses import replace
from typing import Any, TypeVar

import structlog

from calibration.correction import Correction
from drivers import Frame, IrisFrame, PortraitFrame
from gateway.guidance import Guidance, GuidanceCode, guidance

F = TypeVar("F", Frame, IrisFrame, PortraitFrame)

log = structlog.get_logger(__name__)


class CaptureCalibration:
    """What was in use when a capture began; used by its device's thread.

    A frame of another size than was measured is taken as the device delivers it: nobody is sent home for that. The
    capture then names no calibration, and says why.

    Parameters
    ----------
    calibration_id : str or None
    correction : Correction or None
    remarks : tuple of Guidance
        Overdue, failed: recorded with the capture.
    """

    def __init__(
        self,
        calibration_id: str | None = None,
        correction: Correction | None = None,
        remarks: tuple[Guidance, ...] = (),
    ) -> None:
        self._id = calibration_id
        self._correction = correction
        self._remarks = remarks
        self._fits = True

    @property
    def calibration_id(self) -> str | None:
        """What the manifest states; None where frames did not fit it."""
        return self._id if self._fits else None

    @property
    def remarks(self) -> tuple[Guidance, ...]:
        """What the operator and the record are told."""
        return self._remarks if self._fits else (*self._remarks, guidance(GuidanceCode.CALIBRATION_CHANGED))

    def correct(self, frame: F) -> F:
        """The frame with gain, offset and bad pixels corrected, and with its measured scale."""
        correction = self._correction
        if correction is None or isinstance(frame, PortraitFrame):
            return frame
        if not self._fits or not correction.fits(frame.pixels):
            if self._fits:
                log.warning("calibration_does_not_fit", calibration=self._id, shape=frame.pixels.shape)
            self._fits = False
            return frame
        pixels = correction.apply(frame.pixels)
        changes: dict[str, Any] = {"pixels": pixels}
        if correction.ppi is not None and hasattr(frame, "ppi"):
            changes["ppi"] = correction.ppi
        return replace(frame, **changes)


UNCALIBRATED = CaptureCalibration()
