"""The calibration that one capture is made under: its id, its correction, what is to be said of it."""

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from calibration.acceptance import MAX_PPI_ERROR
from calibration.correction import Correction
from drivers import Frame, IrisFrame, PortraitFrame
from gateway.guidance import Guidance, GuidanceCode, guidance

F = TypeVar("F", Frame, IrisFrame, PortraitFrame)

log = structlog.get_logger(__name__)


class CaptureCalibration:
    """What was in use when a capture began; used by its device's thread.

    A frame of another size or scale than was measured is taken as the device delivers it: nobody is sent home for that.
    The capture then names no calibration, and says why.

    Parameters
    ----------
    calibration_id : str or None
    correction : Correction or None
    remarks : tuple of Guidance
        Overdue, failed: recorded with the capture.
    nominal_ppi : float
        What the device named when it was measured: frames of another scale are not its. 0 where that is not known: the
        measured scale then stands for it.
    """

    def __init__(
        self,
        calibration_id: str | None = None,
        correction: Correction | None = None,
        remarks: tuple[Guidance, ...] = (),
        nominal_ppi: float = 0.0,
    ) -> None:
        self._id = calibration_id
        self._correction = correction
        self._remarks = remarks
        self._nominal_ppi = nominal_ppi
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
        """The frame with gain, offset and bad pixels corrected, and with its measured scale; a portrait's colours.

        A portrait whose camera tells another white balance than was measured is taken as it comes.
        """
        correction = self._correction
        if correction is None:
            return frame
        if isinstance(frame, PortraitFrame):
            coloured = self._coloured(frame.pixels, frame.white_balance_k, correction)
            return frame if coloured is None else replace(frame, pixels=coloured)
        ppi = getattr(frame, "ppi", 0.0)
        if not self._fits or not correction.fits(frame.pixels) or not self._fits_scale(ppi, correction):
            if self._fits:
                log.warning("calibration_does_not_fit", calibration=self._id, shape=frame.pixels.shape, ppi=ppi)
            self._fits = False
            return frame
        pixels = correction.apply(frame.pixels)
        changes: dict[str, Any] = {"pixels": pixels}
        if correction.ppi is not None and hasattr(frame, "ppi"):
            changes["ppi"] = correction.ppi
        return replace(frame, **changes)

    def _fits_scale(self, ppi: float, correction: Correction) -> bool:
        """Whether a frame is of the scale that was measured, as far as the device names one."""
        measured = self._nominal_ppi or correction.ppi
        return not ppi or not measured or abs(measured / ppi - 1) <= MAX_PPI_ERROR

    def _coloured(
        self, pixels: NDArray[np.uint8], white_balance_k: float | None, correction: Correction
    ) -> NDArray[np.uint8] | None:
        """None where the colours are taken as they come."""
        colours = correction.colours
        if colours is None:
            return None
        if not self._fits or not colours.fits(white_balance_k):
            if self._fits:
                log.warning("calibration_does_not_fit", calibration=self._id, white_balance_k=white_balance_k)
            self._fits = False
            return None
        return colours.apply(pixels)


UNCALIBRATED = CaptureCalibration()
