"""The glass, the light behind it and the sensor: what a frame shows besides the finger."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.condition import CONDITIONS
from drivers.fingerprint.synthesis.impression import Impression, contact, lay_finger
from drivers.fingerprint.synthesis.master_print import master_print
from drivers.fingerprint.synthesis.texture import blurred, smooth_noise
from drivers.fingerprint.synthesis.touch import Touch

TEMPORAL_NOISE = 2.0  # grey levels, deviation
_NOISE_FIELDS = 8


@dataclass(frozen=True, eq=False)
class Platen:
    """One device's glass.

    Parameters
    ----------
    light : (height, width) float32
        Grey where nothing touches: uneven light, the sensor's fixed pattern, specks and residue.
    noise : (n, height, width) float32
        Sensor noise, drawn once; frames take a field of it, turned about.
    """

    light: NDArray[np.float32]
    noise: NDArray[np.float32]


def clean_platen(seed: int, shape: tuple[int, int], ppi: float) -> Platen:
    """The glass of the device whose serial number gave `seed`, wiped."""
    rng = np.random.default_rng([seed, 0x504C41])
    height, width = shape
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    light = (
        np.float32(241 + rng.normal(0, 1.5)) + np.float32(rng.normal(0, 2.5)) * x + np.float32(rng.normal(0, 2.5)) * y
    )
    light = light - np.float32(rng.uniform(3, 6)) * (x * x + y * y) / 2
    light = light + 1.2 * smooth_noise(shape, 60 * ppi / 500, rng) + 0.8 * rng.standard_normal(shape, np.float32)
    light -= _specks(shape, ppi, 3, rng)
    noise = rng.standard_normal((_NOISE_FIELDS, height, width), np.float32) * np.float32(TEMPORAL_NOISE)
    return Platen(light.astype(np.float32), noise)


def dirty_platen(clean: Platen, seed: int, ppi: float, strength: float = 1.0) -> Platen:
    """The same glass with the grease of a former finger, a smear and specks of dust.

    Parameters
    ----------
    clean : Platen
    seed : int
        Chooses the former finger and the smear.
    ppi : float
    strength : float
        1 darkens the lines of the former print by about 45 grey levels.
    """
    rng = np.random.default_rng([seed, 0x444952])
    shape = clean.light.shape
    scale = ppi / 500
    former = lay_finger(
        master_print(int(rng.integers(1_000_000, 1_000_200))), (seed, 0), CONDITIONS["off_centre"], shape[:2], ppi
    )
    lines, nearness = contact(former, Touch())
    patches = np.clip(0.75 + 0.45 * smooth_noise(shape, 26 * scale, rng), 0, 1.2)
    film = np.clip(smooth_noise(shape, 12 * scale, rng) + 0.4, 0, 2) * nearness
    smear = _smear(shape, scale, rng)
    grease = (45 * lines * patches + 7 * film + smear).astype(np.float32)
    light = clean.light - np.float32(strength) * (grease + _specks(shape, ppi, 45, rng))
    return Platen(np.clip(light, 0, 255), clean.noise)


def seen_frame(
    platen: Platen,
    impression: Impression | None,
    touch: Touch,
    tick: int,
) -> NDArray[np.uint8]:
    """What the sensor delivers.

    Parameters
    ----------
    platen : Platen
    impression : Impression or None
        None: an empty glass.
    touch : Touch
        In pixels of the frame.
    tick : int
        Chooses the noise; the same tick gives the same noise.

    Returns
    -------
    (height, width) uint8
    """
    field = platen.noise[tick % len(platen.noise)]
    turned = np.roll(field, (tick * 37) % field.shape[0], axis=0)
    frame = np.asarray(platen.light + turned, np.float32)
    if impression is not None and touch.pressure > 0:
        touching, nearness = contact(impression, touch)
        touching = _smeared(touching, touch.smear_px)
        m, (height, width) = impression.margin, platen.light.shape
        tone = impression.tone[m : m + height, m : m + width]
        # Light scattered by the skin just above the glass greys the valleys.
        frame -= touching * (platen.light - tone) + (1 - touching) * nearness * np.float32(11)
    np.clip(frame, 0, 255, out=frame)
    return np.asarray(frame, np.uint8)


def _smeared(touching: NDArray[np.float32], smear_px: tuple[float, float]) -> NDArray[np.float32]:
    """The mean over a straight movement."""
    reach = int(np.ceil(max(abs(smear_px[0]), abs(smear_px[1])) / 2))
    if reach < 1:
        return touching
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    half = np.array(smear_px) * 8  # sixteenths of a pixel, to each side of the middle
    start, end = np.round(reach * 16 - half).astype(int), np.round(reach * 16 + half).astype(int)
    cv2.line(kernel, start.tolist(), end.tolist(), 1.0, 1, cv2.LINE_8, 4)
    return np.asarray(cv2.filter2D(touching, -1, kernel / kernel.sum()), np.float32)


def _specks(shape: tuple[int, ...], ppi: float, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Dust: dots of 1 to 3 pixels, up to 90 grey levels deep."""
    dust = np.zeros(shape, np.float32)
    for _ in range(int(rng.poisson(count))):
        x, y = int(rng.integers(shape[1])), int(rng.integers(shape[0]))
        radius = max(1, round(float(rng.uniform(0.5, 1.8)) * ppi / 500))
        cv2.circle(dust, (x, y), radius, float(rng.uniform(20, 90)), -1)
    return blurred(dust, 0.7)


def _smear(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A wipe of a greasy finger: fine streaks along one direction, up to about 25 grey levels."""
    height, width = shape
    side = int(1.5 * max(height, width))
    drawn = cv2.resize(smooth_noise((side, side // 8), 1.6 * scale, rng), (side, side), interpolation=cv2.INTER_LINEAR)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), float(rng.uniform(-60, 60)), 1)
    streaks = cv2.warpAffine(drawn, turn, (side, side), borderMode=cv2.BORDER_REFLECT)
    top, left = (side - height) // 2, (side - width) // 2
    inner = streaks[top : top + height, left : left + width]
    where = np.clip(smooth_noise((height, width), 45 * scale, rng), 0, 1.5)
    return np.asarray(np.clip(inner + 0.5, 0, 2) * where * 9, np.float32)
