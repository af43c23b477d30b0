"""The pupil: how wide it is in what light, how fast it follows, how it never rests."""

from math import exp, log10, pi, sin, tanh

import numpy as np

from drivers.iris.synthesis.anatomy import EyeAnatomy

LATENCY_S = 0.24
"""From a change of the light to the first movement of the pupil; 0.2 to 0.5 s in life."""
CONSTRICTION_S = 0.28
DILATION_S = 1.6
"""Time constants: a pupil closes much faster than it opens."""
HIPPUS = ((0.09, 0.012), (0.23, 0.012), (0.61, 0.006))
"""Frequencies in Hz and amplitudes, shares of the diameter, of its unrest; natural hippus lies at 0.05 to 2 Hz."""
_REFLECTANCE = 0.5  # of the room that an eye looks at


def resting_diameter_mm(eye: EyeAnatomy, lux: float) -> float:
    """Diameter in steady light.

    References
    ----------
    Moon and Spencer 1944: 4.9 - 3 tanh(0.4 log10 L), L in cd/m².
    """
    luminance = max(lux, 1e-3) * _REFLECTANCE / pi
    return min(max(4.9 - 3 * tanh(0.4 * log10(luminance)) + eye.pupil_bias, 1.8), 1.5 * eye.iris_radius)


class Pupil:
    """One eye's pupil over time, seconds of any one clock.

    Parameters
    ----------
    eye : EyeAnatomy
    lux : float
        Visible light at the start, long since.
    unrest : int
        Chooses the phases of hippus.
    """

    def __init__(self, eye: EyeAnatomy, lux: float, unrest: int) -> None:
        self._eye = eye
        self._from = self._to = resting_diameter_mm(eye, lux)
        self._since = 0.0
        self._phases = np.random.default_rng([eye.face, unrest, 0x505550]).uniform(0, 2 * pi, len(HIPPUS)).tolist()

    def light(self, lux: float, now: float) -> None:
        """The light changes at `now`; the pupil follows after its latency."""
        self._from = self._reached(now)
        self._to = resting_diameter_mm(self._eye, lux)
        self._since = now

    def ratio(self, now: float) -> float:
        """Pupil to iris diameter."""
        sway = sum(
            depth * sin(2 * pi * hz * now + phase) for (hz, depth), phase in zip(HIPPUS, self._phases, strict=True)
        )
        return min(max(self._reached(now) * (1 + sway) / (2 * self._eye.iris_radius), 0.14), 0.8)

    def _reached(self, now: float) -> float:
        moved = now - self._since - LATENCY_S
        if moved <= 0:
            return self._from
        pace = CONSTRICTION_S if self._to < self._from else DILATION_S
        return self._to + (self._from - self._to) * exp(-moved / pace)
