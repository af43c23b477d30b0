"""The portrait of a synthetic person, plainly a drawing, as the synthetic portrait camera would show it."""

import numpy as np
from numpy.typing import NDArray

from drivers.portrait.synthesis.condition import CONDITIONS
from drivers.portrait.synthesis.figure import drawn_figure
from drivers.portrait.synthesis.light import automatic
from drivers.portrait.synthesis.picture import Studio
from drivers.portrait.synthesis.visit import Pose

_STUDIO_SEED = 0x53545544
_DAYLIGHT_K = 5000.0


def person_portrait(face: int, sitting: int, width: int = 480, height: int = 640) -> NDArray[np.uint8]:
    """Draw one sitting; the same arguments give the same pixels.

    Parameters
    ----------
    face, sitting : int
        Seeds, 0 or more: whose face, and which of its sittings.
    width, height : int
        Pixels, 120 to 4096.

    Returns
    -------
    (height, width, 3) uint8
        Red, green, blue.

    Raises
    ------
    ValueError
        A negative seed, or a side out of range.
    """
    if face < 0 or sitting < 0:
        raise ValueError(f"face and sitting are seeds of 0 or more, not {face} and {sitting}")
    if not all(120 <= side <= 4096 for side in (width, height)):
        raise ValueError(f"width and height must lie in 120 to 4096 pixels, not {width}, {height}")
    rng = np.random.default_rng([face, sitting, 0x534954])
    condition = CONDITIONS["clean"]
    x, y, away, roll = rng.normal(0, (4.0, 4.0, 20.0, 0.8))
    pose = Pose(float(x), float(y), condition.distance_mm + float(away), float(roll), (0.0, 0.0), 0.0)
    studio = Studio(_STUDIO_SEED, width, height)
    tick = int(rng.integers(1 << 16))
    return studio.frame(drawn_figure(face), pose, condition, automatic(condition.light), _DAYLIGHT_K, tick)
