"""The glass without a finger: wiped, dirty, with a fresh trace of one, or with something else on it."""

import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.condition import CONDITIONS
from drivers.fingerprint.synthesis.impression import contact, lay_finger
from drivers.fingerprint.synthesis.laid_object import OBJECTS, draw_object
from drivers.fingerprint.synthesis.master_print import master_print
from drivers.fingerprint.synthesis.platen import Platen, clean_platen, dirty_platen, seen_frame
from drivers.fingerprint.synthesis.texture import smooth_noise
from drivers.fingerprint.synthesis.touch import Touch

PLATENS = {
    "empty": "wiped",
    "residue": "an old print, a smear and dust",
    "latent": "the whole print of a finger that was just lifted",
    **OBJECTS,
}
_LATENT_GREY = 30.0


def draw_platen(seed: int, state: str, *, width: int = 388, height: int = 374, ppi: float = 500.0) -> NDArray[np.uint8]:
    """Draw a frame that shows no finger; the same arguments give the same pixels.

    Parameters
    ----------
    seed : int
        0 or more: chooses the former finger, the smear, the object.
    state : str
        One of `PLATENS`.
    width, height : int
        Pixels.
    ppi : float

    Returns
    -------
    (height, width) uint8

    Raises
    ------
    ValueError
        No such state.
    """
    if state not in PLATENS:
        raise ValueError(f"no platen {state!r}; there are {', '.join(PLATENS)}")
    shape = (height, width)
    if state in OBJECTS:
        return draw_object(seed, state, shape, ppi)
    platen = clean_platen(seed, shape, ppi)
    if state == "residue":
        platen = dirty_platen(platen, seed, ppi)
    elif state == "latent":
        platen = latent_platen(platen, seed, ppi)
    return seen_frame(platen, None, Touch(0), seed)


def latent_platen(clean: Platen, seed: int, ppi: float) -> Platen:
    """`clean` with the grease of one whole print, 30 grey levels deep at most, in patches."""
    rng = np.random.default_rng([seed, 0x4C4154])
    height, width = clean.light.shape
    former = lay_finger(
        master_print(int(rng.integers(1_000_000, 1_000_200))), (seed, 1), CONDITIONS["clean"], (height, width), ppi
    )
    lines, _ = contact(former, Touch())
    patches = np.clip(0.7 + 0.3 * smooth_noise((height, width), 30 * ppi / 500, rng), 0.2, 1)
    return Platen(np.asarray(clean.light - _LATENT_GREY * lines * patches, np.float32), clean.noise)
