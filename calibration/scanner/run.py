"""One step of a scanner's calibration: the frames of its lays go to its procedure, corrected as it allows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from calibration.corrected_frames import corrected_frames
from calibration.errors import OutOfOrder, TooFewFrames
from calibration.frames import FrameStack
from calibration.measurement import Measurement
from calibration.order import BY_PROCEDURE, LAYS
from calibration.scanner.bad_pixels import measure_bad_pixels
from calibration.scanner.ctf_bars import measure_ctf_bars
from calibration.scanner.dark import measure_dark
from calibration.scanner.flat_field import measure_flat_field
from calibration.scanner.geometry import measure_geometry
from calibration.scanner.grey_linearity import measure_grey_linearity
from calibration.scanner.grey_range import measure_grey_range
from calibration.scanner.mtf_edge import measure_mtf_edge
from calibration.scanner.mtf_sine import measure_mtf_sine
from calibration.scanner.platen import measure_platen
from calibration.scanner.repeatability import measure_repeatability
from calibration.scanner.resolution import measure_resolution
from calibration.scanner.snr import measure_snr
from calibration.scanner.uniformity import measure_uniformity
from calibration.targets import Target


@dataclass(frozen=True, eq=False)
class ScannerSitting:
    """What was taken of a scanner, and what was measured before.

    Parameters
    ----------
    frames : mapping of FrameStack
        Raw frames by name of their lay, as in `calibration.order.LAYS`.
    targets : mapping of Target
        What lay there, by the same names.
    earlier : mapping of Measurement
        By procedure.
    background : (height, width) float32 or None
        Of the clean empty glass, as stored before.
    on : date or None
        Today, to hold the targets' certificates against; None: they are not held against anything.
    """

    frames: Mapping[str, FrameStack]
    targets: Mapping[str, Target] = field(default_factory=dict)
    earlier: Mapping[str, Measurement] = field(default_factory=dict)
    background: NDArray[np.float32] | None = None
    on: date | None = None

    def raw(self, lay: str) -> FrameStack:
        """Frames as they came; TooFewFrames where there are none."""
        if lay not in self.frames:
            raise TooFewFrames(f"there are no frames of {lay}: {LAYS[lay].placing.en}")
        return self.frames[lay]

    def corrected(self, lay: str) -> FrameStack:
        """Frames corrected by the flat field and bad pixels that were measured before."""
        return corrected_frames(self.raw(lay), self._measured("flat_field"), self._measured("bad_pixels"))

    def optional(self, lay: str) -> FrameStack | None:
        """Frames as they came, if there are any."""
        return self.frames.get(lay)

    def optional_corrected(self, lay: str) -> FrameStack | None:
        """As `corrected`, if there are any."""
        return self.corrected(lay) if lay in self.frames else None

    def target(self, *lays: str) -> Target:
        """What lay there, its certificate checked; of several lays, which have one target, the first that is told."""
        for lay in lays:
            if lay in self.targets:
                if self.on is not None:
                    self.targets[lay].check_valid(self.on)
                return self.targets[lay]
        raise OutOfOrder(f"nobody told which target lay there for {' and '.join(lays)}; name it")

    def _measured(self, procedure: str) -> Measurement:
        if procedure not in self.earlier:
            raise OutOfOrder(f"this rests on {procedure}; measure that first")
        return self.earlier[procedure]


def measure_step(procedure: str, sitting: ScannerSitting) -> Measurement:
    """Make one measurement of a scanner.

    Parameters
    ----------
    procedure : str
        As in `calibration.order.STEPS`.
    sitting : ScannerSitting

    Raises
    ------
    OutOfOrder
        No such procedure, or what it rests on was not measured.
    MeasurementRefused
        As the procedure says.
    """
    if procedure not in _MEASURES:
        raise OutOfOrder(f"no procedure {procedure!r} of a scanner; there are {', '.join(BY_PROCEDURE)}")
    missing = [need for need in BY_PROCEDURE[procedure].needs if need not in sitting.earlier]
    if missing:
        raise OutOfOrder(f"{procedure} rests on {', '.join(missing)}; measure that first")
    return _MEASURES[procedure](sitting)


def _snr(sitting: ScannerSitting) -> Measurement:
    between = [stack for stack in [sitting.optional("grey")] if stack is not None]
    return measure_snr(
        sitting.raw("light_again"),
        sitting.target("light_again", "light"),
        sitting.raw("dark"),
        sitting.target("dark"),
        sitting.optional("darkness"),
        between,
    )


def _resolution(sitting: ScannerSitting) -> Measurement:
    target = sitting.target("ladder_upright", "ladder_lying")
    return measure_resolution(sitting.optional("ladder_upright"), sitting.optional("ladder_lying"), target)


def _geometry(sitting: ScannerSitting) -> Measurement:
    target = sitting.target("ladder_upright", "ladder_lying")
    stated = None
    if "resolution" in sitting.earlier:
        ppi = {value.name: value.value for value in sitting.earlier["resolution"].values}
        # Records state the measured sampling, so that distances are what it makes them.
        stated = (ppi["ppi_x"], ppi["ppi_y"]) if {"ppi_x", "ppi_y"} <= set(ppi) else None
    return measure_geometry(sitting.optional("ladder_upright"), sitting.optional("ladder_lying"), target, stated)


def _uniformity(sitting: ScannerSitting) -> Measurement:
    return measure_uniformity(
        sitting.corrected("light_again"),
        sitting.target("light_again", "light"),
        sitting.corrected("dark"),
        sitting.target("dark"),
    )


def _prints(sitting: ScannerSitting) -> Measurement:
    stack = sitting.raw("prints")
    return measure_grey_range([FrameStack(frame[None], stack.ppi, bits=stack.bits) for frame in stack.pixels])


_MEASURES: dict[str, Callable[[ScannerSitting], Measurement]] = {
    "dark": lambda s: measure_dark(s.raw("darkness")),
    "flat_field": lambda s: measure_flat_field(s.raw("light"), s.raw("darkness"), s.target("light")),
    "bad_pixels": lambda s: measure_bad_pixels(s.raw("light"), s.raw("darkness"), s.target("light")),
    "platen": lambda s: measure_platen(s.raw("empty"), s.background),
    "resolution": _resolution,
    "geometry": _geometry,
    "grey_linearity": lambda s: measure_grey_linearity(s.corrected("steps"), s.target("steps")),
    "mtf_sine": lambda s: measure_mtf_sine(
        s.optional_corrected("sine_upright"),
        s.optional_corrected("sine_turned"),
        s.target("sine_upright", "sine_turned"),
    ),
    "ctf_bars": lambda s: measure_ctf_bars(
        s.optional_corrected("bars_upright"),
        s.optional_corrected("bars_turned"),
        s.target("bars_upright", "bars_turned"),
    ),
    "mtf_edge": lambda s: measure_mtf_edge(s.corrected("edge"), s.target("edge")),
    "snr": _snr,
    "uniformity": _uniformity,
    "repeatability": lambda s: measure_repeatability(s.raw("light_again")),
    "grey_range": _prints,
}
