"""What may lie on the glass instead of a finger: cloth, leather, a printed card."""

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.texture import blurred, smooth_noise

OBJECTS = {
    "cloth": "a woven sleeve",
    "leather": "a glove: grain without direction",
    "card": "printed text",
}
_TONE, _LIGHT = 70.0, 238.0


def draw_object(seed: int, kind: str, shape: tuple[int, int], ppi: float) -> NDArray[np.uint8]:
    """A frame with something on the glass that is not a finger.

    Parameters
    ----------
    seed : int
    kind : str
        One of `OBJECTS`.
    shape : (height, width)
    ppi : float

    Returns
    -------
    (height, width) uint8

    Raises
    ------
    ValueError
        No such object.
    """
    if kind not in OBJECTS:
        raise ValueError(f"no object {kind!r}; there are {', '.join(OBJECTS)}")
    rng = np.random.default_rng([seed, 0x4F424A])
    scale = ppi / 500
    drawn = {"cloth": _cloth, "leather": _leather, "card": _card}[kind](shape, scale, rng)
    frame = _LIGHT - drawn * (_LIGHT - _TONE) + rng.normal(0, 2, shape)
    return np.asarray(np.clip(frame, 0, 255), np.uint8)


def _outline(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A large soft-edged patch, 1 inside."""
    patch = smooth_noise(shape, 70 * scale, rng) + np.float32(0.6)
    return np.asarray(np.clip(patch * 4, 0, 1), np.float32)


def _cloth(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Threads over and under each other, 0.5 to 0.9 mm apart."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    turn, period = rng.uniform(0, np.pi), rng.uniform(10, 18) * scale
    u = (x * np.cos(turn) + y * np.sin(turn)) / period + 0.15 * smooth_noise(shape, 20 * scale, rng)
    v = (y * np.cos(turn) - x * np.sin(turn)) / period + 0.15 * smooth_noise(shape, 20 * scale, rng)
    over = np.where((np.floor(u) + np.floor(v)) % 2 == 0, np.sin(np.pi * (u % 1)), np.sin(np.pi * (v % 1)))
    return np.asarray(blurred(over.astype(np.float32), 0.8 * scale) * _outline(shape, scale, rng), np.float32)


def _leather(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> NDArray[np.float32]:
    grain = smooth_noise(shape, rng.uniform(2.5, 5) * scale, rng) + 0.5 * smooth_noise(shape, 1.3 * scale, rng)
    return np.asarray(np.clip(grain * 0.6 + 0.6, 0, 1) * _outline(shape, scale, rng), np.float32)


def _card(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> NDArray[np.float32]:
    page = np.zeros(shape, np.uint8)
    step = rng.uniform(26, 40) * scale
    for line in np.arange(step, shape[0], step):
        letters = "".join(rng.choice(list("ABDEFGHKLMNPRSTUVXYZ0123456789 "), 24))
        place = (int(rng.uniform(0, 20)), int(line))
        cv2.putText(
            page, letters, place, cv2.FONT_HERSHEY_SIMPLEX, step / 42, 255, max(1, round(2 * scale)), cv2.LINE_AA
        )
    turn = cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), float(rng.uniform(-20, 20)), 1)
    turned = np.asarray(cv2.warpAffine(page, turn, (shape[1], shape[0])), np.float32) * np.float32(1 / 255)
    return np.asarray(blurred(turned, 0.8 * scale), np.float32)
