"""A sensor with a truth: targets, fingers and darkness as it delivers them, frame after frame."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from drivers import truth_option
from drivers.fingerprint.synthesis.drawn_target import draw_target
from drivers.fingerprint.synthesis.drawn_truth import drawn_truth
from drivers.fingerprint.synthesis.impression import Impression
from drivers.fingerprint.synthesis.platen import Platen, seen_frame
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth, as_sensed, sensed
from drivers.fingerprint.synthesis.target_element import LaidTarget
from drivers.fingerprint.synthesis.touch import Touch

_WHOLE = ("seed", "gain_step_frame")
_IDEAL_WHITE = 241.0  # of the glass that fingers are drawn on: `clean_platen`


@dataclass(frozen=True)
class Lamp:
    """The scanner's light.

    Parameters
    ----------
    level : float
        As a share of its usual drive; 0: off.
    stray : float
        Light that comes in from one side through an open lid, as a share of the white; it stays when the lamp is off.
    """

    level: float = 1.0
    stray: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.level <= 10 or not 0 <= self.stray <= 1:
            raise ValueError(f"a lamp has a level of 0 to 10 and stray light of 0 to 1, not {self.level}, {self.stray}")


class TrueSensor:
    """What lies before a sensor with a truth, and the frames that it makes of it.

    Parameters
    ----------
    truth : ScannerTruth
    shape : (height, width)
    nominal_ppi : float
        At which fingers are drawn.

    Notes
    -----
    `lay` and `light` may be called from another thread than `frame`.
    """

    def __init__(self, truth: ScannerTruth, shape: tuple[int, int], nominal_ppi: float = 500.0) -> None:
        self.truth, self._shape, self._nominal_ppi = truth, shape, nominal_ppi
        self._lamp = Lamp()
        self._target: LaidTarget | None = None
        self._print: Impression | None = None
        self._drawn: NDArray[np.float32] | None = None
        self._delivered = 0
        self._lock = Lock()
        self._empty = Platen(np.full(shape, _IDEAL_WHITE, np.float32), np.zeros((1, *shape), np.float32))

    def lay(self, target: LaidTarget | None) -> None:
        """Lay a target on the glass; None takes it away."""
        with self._lock:
            self._target, self._drawn = target, None

    def lay_print(self, impression: Impression | None) -> None:
        """Lay a finger that rests where no target lies; None takes it away."""
        with self._lock:
            self._print = impression

    def light(self, lamp: Lamp) -> None:
        """Set the lamp."""
        with self._lock:
            self._lamp = lamp

    @property
    def occupied(self) -> bool:
        """Whether a target or a print was laid."""
        with self._lock:
            return self._target is not None or self._print is not None

    def frame(
        self,
        impression: Impression | None = None,
        touch: Touch | None = None,
        grease: NDArray[np.float32] | None = None,
    ) -> NDArray[np.uint8]:
        """The next frame: of the target, else of the finger, else of the empty glass.

        Parameters
        ----------
        impression : Impression, optional
        touch : Touch, optional
        grease : (height, width) float32, optional
            Share of the light that lies on the glass lets through; by default it is wiped.

        Returns
        -------
        (height, width) uint8
        """
        with self._lock:
            target, drawn, lamp = self._target, self._drawn, self._lamp
            if self._print is not None:
                impression, touch = self._print, Touch()
            self._delivered += 1
            count = self._delivered
        if target is not None:
            if drawn is None:
                fields = self.truth.fields(self._shape)
                drawn = draw_target(target, fields.x_mm, fields.y_mm, self.truth.optics)
                with self._lock:
                    if self._target is target:
                        self._drawn = drawn
            reflectance = drawn
        elif impression is not None and touch is not None and touch.pressure > 0:
            ideal = seen_frame(self._empty, impression, touch, 0).astype(np.float32)
            reflectance = as_sensed(self.truth, ideal, _IDEAL_WHITE, self._nominal_ppi)
        else:
            reflectance = np.ones(self._shape, np.float32)
        if grease is not None:
            reflectance = reflectance * grease
        level = lamp.level * (self.truth.gain_step if count > self.truth.gain_step_frame else 1.0)
        rng = np.random.default_rng([self.truth.seed, count, 0x4652])
        return sensed(self.truth, reflectance, rng, light=level, stray=self._stray(lamp))

    def _stray(self, lamp: Lamp) -> NDArray[np.float32] | None:
        if not lamp.stray:
            return None
        ramp = np.linspace(1, 0, self._shape[1], dtype=np.float32)[None, :] ** 2
        return np.asarray(np.broadcast_to(np.float32(lamp.stray) * ramp, self._shape), np.float32)


def truth_of(options: "ScannerTruth | dict[str, float] | str", serial_seed: int, ppi: float = 500.0) -> ScannerTruth:
    """A truth, or one made of plain options; one without a seed of its own takes the serial number's.

    Parameters
    ----------
    options : ScannerTruth or dict or str
        `DRAWN`: one that `drawn_truth` draws for the serial number.
    serial_seed : int
    ppi : float
        As the scanner states it.

    Raises
    ------
    ValueError
        No such option; the message lists those there are. A value out of range.
    """
    return truth_option.truth_of(
        options,
        ScannerTruth,
        "such as ppi_x",
        lambda: drawn_truth(serial_seed, ppi),
        lambda values: _of_values(values, serial_seed),
    )


def _of_values(options: Mapping[str, float], serial_seed: int) -> ScannerTruth:
    known = [name for name in ScannerTruth.__dataclass_fields__ if not name.startswith("_")]
    truth_option.check_known(options, known, "of a scanner")
    whole = {name: int(value) for name, value in options.items() if name in _WHOLE}
    whole.setdefault("seed", serial_seed)
    return replace(ScannerTruth(**{k: v for k, v in options.items() if k not in _WHOLE}), **whole)  # type: ignore[arg-type]
