"""What a calibration changes in a frame: gain, offset, bad pixels, scale; taken from its measurements."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from calibration.measurement import Measurement

FLAT_FIELD, BAD_PIXELS, RESOLUTION, GEOMETRY = "flat_field", "bad_pixels", "resolution", "geometry"
WHITE_BALANCE = "white_balance"
GAIN, OFFSET, BAD = "gain", "offset", "bad"
"""Names of the series that factors are made of."""
PPI_X, PPI_Y = "ppi_x", "ppi_y"


class FactorsUnusable(ValueError):
    """Nobody may use these factors: a frame corrected with them would be no image; the message says why."""


@dataclass(frozen=True, eq=False)
class Factors:
    """How a frame of one device is corrected, in the geometry in which the device delivers it.

    Parameters
    ----------
    gain, offset : (height, width) float32 or None
        corrected = (raw - offset) * gain, with gain = mean(F - D) / (F - D) and offset = D, the averages of flat and
        dark frames.
    bad : (height, width) bool or None
        True where a pixel is hot or dead.
    ppi_x, ppi_y : float or None
        Measured, pixels per inch along rows and columns.
    colour_gains : (float, float, float) or None
        Of red, green and blue of a portrait camera, in linear light: so that grey comes out grey; green is 1.
    white_balance_k : float or None
        What the camera was set for when they were measured; None where it does not tell.
    """

    gain: NDArray[np.float32] | None = None
    offset: NDArray[np.float32] | None = None
    bad: NDArray[np.bool_] | None = None
    ppi_x: float | None = None
    ppi_y: float | None = None
    colour_gains: tuple[float, float, float] | None = None
    white_balance_k: float | None = None

    @property
    def ppi(self) -> float | None:
        """One figure for both axes, the geometric mean, which keeps areas; None where it was not measured."""
        if self.ppi_x is None or self.ppi_y is None:
            return None
        return sqrt(self.ppi_x * self.ppi_y)

    @property
    def shape(self) -> tuple[int, int] | None:
        """(height, width) of the frames that the maps fit; None without a map."""
        for each in (self.gain, self.offset, self.bad):
            if each is not None:
                return (each.shape[0], each.shape[1])
        return None

    def __bool__(self) -> bool:
        return self.shape is not None or self.ppi is not None or self.colour_gains is not None


def factors_of(measurements: Iterable[Measurement]) -> Factors:
    """The factors that measurements give; what was not measured stays as the device delivers it.

    Raises
    ------
    FactorsUnusable
        Maps differ in size, hold what is no number, or a gain that is not positive; a white balance that is none.
    """
    of = {each.procedure: each for each in measurements}
    gain, offset = _map(of.get(FLAT_FIELD), GAIN), _map(of.get(FLAT_FIELD), OFFSET)
    bad = _map(of.get(BAD_PIXELS), BAD)
    scale = of.get(RESOLUTION) or of.get(GEOMETRY)
    factors = Factors(
        None if gain is None else gain.astype(np.float32),
        None if offset is None else offset.astype(np.float32),
        None if bad is None else bad.astype(np.bool_),
        _value(scale, PPI_X),
        _value(scale, PPI_Y),
        _colour_gains(of.get(WHITE_BALANCE)),
        _value(of.get(WHITE_BALANCE), "white_balance_k"),
    )
    _check(factors)
    return factors


def _map(measurement: Measurement | None, name: str) -> NDArray[np.generic] | None:
    return None if measurement is None else measurement.series.get(name)


def _value(measurement: Measurement | None, name: str) -> float | None:
    found = [each.value for each in measurement.values if each.name == name] if measurement else []
    return found[0] if found else None


def _colour_gains(measurement: Measurement | None) -> tuple[float, float, float] | None:
    red, blue = _value(measurement, "red_over_green"), _value(measurement, "blue_over_green")
    if red is None or blue is None:
        return None
    if not (isfinite(red) and isfinite(blue) and min(red, blue) > 0):
        raise FactorsUnusable(f"the white balance is {red} and {blue}; measure it again")
    return 1 / red, 1.0, 1 / blue


def _check(factors: Factors) -> None:
    maps = [each for each in (factors.gain, factors.offset, factors.bad) if each is not None]
    if any(each.ndim != 2 or each.shape != maps[0].shape for each in maps):
        raise FactorsUnusable(f"maps of different sizes: {', '.join(str(each.shape) for each in maps)}; measure again")
    if (factors.gain is None) != (factors.offset is None):
        raise FactorsUnusable("gain and offset go together; measure the flat field again")
    if factors.gain is not None and factors.offset is not None:
        if not (np.isfinite(factors.gain).all() and np.isfinite(factors.offset).all()):
            raise FactorsUnusable("the flat field holds what is no number; measure it again")
        good = factors.gain if factors.bad is None else factors.gain[~factors.bad]
        if good.size and float(good.min()) <= 0:
            raise FactorsUnusable("the flat field has a gain that is not positive; measure it again")
    for name in (PPI_X, PPI_Y):
        value = getattr(factors, name)
        if value is not None and not (isfinite(value) and value > 0):
            raise FactorsUnusable(f"{name} is {value}; measure the resolution again")
