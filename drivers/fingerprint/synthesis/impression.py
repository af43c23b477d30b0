"""One placement of a finger on the glass: where it lies, how its skin is bent, and where it touches."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.condition import Condition
from drivers.fingerprint.synthesis.master_minutiae import DrawnMinutiae
from drivers.fingerprint.synthesis.master_print import PPI, MasterPrint
from drivers.fingerprint.synthesis.texture import blurred, smooth_noise
from drivers.fingerprint.synthesis.touch import Touch

SLIDE_MM = 1.3
"""How far a placed finger may be drawn away from where it settles without an edge showing."""
_SOFTNESS = 0.85  # heights of the skin between no contact and full contact: what a pixel of 0.05 mm averages
_NO_CONTACT = 1.9  # above every crest and its roughness
_FIRM = 0.30  # share of the dome's height at which pressure no longer matters


@dataclass(frozen=True, eq=False)
class Impression:
    """A finger on the glass, ready to be pressed.

    Parameters
    ----------
    relief : (height + 2 margin, width + 2 margin) float32
        Height of the skin above each pixel, pores, roughness and pools of sweat included.
    skin_x, skin_y : like `relief`
        Which pixel of the master print lies there.
    dome : like `relief`
        Pressure of the pad: 1 in the middle, 0 at the edge of the full contact, negative beyond.
    threshold : float
        Height that just touches under firm pressure.
    tone : like `relief`
        Grey of a ridge in full contact.
    margin : int
        Pixels around the frame, so that the finger can slide.
    blur_px : float
        Deviation of optics and film of water, pixels of the frame.
    drift_px_per_s : (float, float)
        How it slides on while it rests: x, y, pixels at 500 ppi.
    """

    relief: NDArray[np.float32]
    skin_x: NDArray[np.float32]
    skin_y: NDArray[np.float32]
    dome: NDArray[np.float32]
    threshold: float
    tone: NDArray[np.float32]
    margin: int
    blur_px: float
    drift_px_per_s: tuple[float, float]


def lay_finger(
    master: MasterPrint, seed: tuple[int, int], condition: Condition, shape: tuple[int, int], ppi: float
) -> Impression:
    """Lay a finger on the glass.

    Parameters
    ----------
    master : MasterPrint
    seed : (int, int)
        Finger and impression. Placement, bend and texture depend on it alone, so that the same impression can be
        drawn clean and dry.
    condition : Condition
    shape : (height, width)
        Of the frame.
    ppi : float
        Of the frame.
    """
    rng = np.random.default_rng([*seed, 0x494D50])
    scale = ppi / PPI
    margin = int(np.ceil(SLIDE_MM / 25.4 * ppi))
    full = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    pad_x, pad_y = _pad_coordinates(full, scale, condition, rng)
    dome = _dome(pad_x, pad_y, scale, condition, rng)
    pad_x, pad_y = _bent(pad_x, pad_y, scale, condition, rng)
    centre_y, centre_x = ((side - 1) / 2 for side in master.relief.shape)
    skin_x, skin_y = pad_x + np.float32(centre_x), pad_y + np.float32(centre_y)
    skin = np.asarray(
        cv2.remap(
            np.dstack([master.relief, master.pores]),
            skin_x,
            skin_y,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(-3.0, 0.0),
        ),
        np.float32,
    )
    relief = _living_skin(skin[..., 0], skin[..., 1], scale, condition, rng)
    tone = (
        np.float32(condition.tone + rng.normal(0, 4))
        + 9 * smooth_noise(full, 28 * scale, rng)
        + 7 * smooth_noise(full, 1.5 * scale, rng)
    )
    heading = rng.uniform(0, 2 * np.pi)
    speed = condition.drift_px_per_s
    return Impression(
        relief,
        skin_x,
        skin_y,
        dome,
        condition.threshold + float(np.clip(rng.normal(0, 0.09), -0.2, 0.2)),
        tone,
        margin,
        condition.blur_px * scale,
        (speed * float(np.cos(heading)), speed * float(np.sin(heading))),
    )


def contact(impression: Impression, touch: Touch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How the finger touches the glass.

    Parameters
    ----------
    impression : Impression
    touch : Touch
        In pixels of the frame; it slides no more than `SLIDE_MM` each way. Its smear is not applied here.

    Returns
    -------
    touching : (height, width) float32
        0 to 1.
    nearness : (height, width) float32
        0 to 1: how firmly the pad lies above each pixel, touching or not.
    """
    load = np.clip((impression.dome - np.float32(1 - touch.pressure)) * np.float32(1 / _FIRM), 0, 1)
    touching = impression.relief - np.float32(_NO_CONTACT)
    touching += load * np.float32(_NO_CONTACT - impression.threshold)
    touching *= np.float32(1 / _SOFTNESS)
    touching += np.float32(0.5)
    np.clip(touching, 0, 1, out=touching)
    touching *= load > 0
    if impression.blur_px > 0.3:
        touching = blurred(touching, impression.blur_px)
    return _framed(touching, impression.margin, touch.slide_px), _framed(load, impression.margin, touch.slide_px)


def laid_minutiae(impression: Impression, minutiae: DrawnMinutiae) -> DrawnMinutiae:
    """Those of a master print's minutiae that the settled finger shows.

    Parameters
    ----------
    impression : Impression
    minutiae : DrawnMinutiae
        In pixels of the master print.

    Returns
    -------
    DrawnMinutiae
        In pixels of the frame, to the nearest; only where the skin touches firmly, inside the frame.
    """
    height, width = impression.dome.shape
    step = 5.0
    places = []
    for away in (0.0, step):
        x = minutiae.x + away * np.cos(minutiae.angle)
        y = minutiae.y - away * np.sin(minutiae.angle)
        nearest = [
            int(np.argmin((impression.skin_x - at_x) ** 2 + (impression.skin_y - at_y) ** 2))
            for at_x, at_y in zip(x, y, strict=True)
        ]
        places.append(np.unravel_index(np.array(nearest, np.intp), (height, width)))
    (rows, columns), (ahead_rows, ahead_columns) = places
    m = impression.margin
    shown = (rows >= m) & (rows < height - m) & (columns >= m) & (columns < width - m)
    shown &= impression.dome[rows, columns] > 0.5 * _FIRM
    shown &= np.hypot(impression.skin_x[rows, columns] - minutiae.x, impression.skin_y[rows, columns] - minutiae.y) < 2
    angle = np.arctan2(rows - ahead_rows, ahead_columns - columns) % (2 * np.pi)
    return DrawnMinutiae(
        (columns - m)[shown].astype(np.float32),
        (rows - m)[shown].astype(np.float32),
        angle[shown].astype(np.float32),
        minutiae.kind[shown],
    )


def _framed(field: NDArray[np.float32], margin: int, slide_px: tuple[float, float]) -> NDArray[np.float32]:
    height, width = field.shape[0] - 2 * margin, field.shape[1] - 2 * margin
    limit = margin - 1
    dx, dy = (float(np.clip(slide, -limit, limit)) - margin for slide in slide_px)
    if dx.is_integer() and dy.is_integer():
        return field[int(-dy) : int(-dy) + height, int(-dx) : int(-dx) + width]
    shift = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return np.asarray(cv2.warpAffine(field, shift, (width, height), flags=cv2.INTER_LINEAR), np.float32)


def _pad_coordinates(
    full: tuple[int, int], scale: float, condition: Condition, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where on the pad each pixel of the glass lies: x to the right, y down, pixels at 500 ppi from its middle."""
    bearing = rng.uniform(0, 2 * np.pi)
    distance = rng.uniform(*condition.shift_px)
    shift_x = np.clip(rng.normal(0, 9), -20, 20) + distance * np.cos(bearing)
    shift_y = np.clip(rng.normal(0, 9), -20, 20) + distance * np.sin(bearing)
    turn = np.clip(rng.normal(0, 6), -14, 14) + rng.choice([-1, 1]) * rng.uniform(*condition.turn_deg)
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    x = ((np.arange(full[1]) - (full[1] - 1) / 2) / scale - shift_x)[None, :]
    y = ((np.arange(full[0]) - (full[0] - 1) / 2) / scale - shift_y)[:, None]
    return (cos * x + sin * y).astype(np.float32), (-sin * x + cos * y).astype(np.float32)


def _dome(
    pad_x: NDArray[np.float32],
    pad_y: NDArray[np.float32],
    scale: float,
    condition: Condition,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Pressure of the pad: an elliptic dome with a ragged rim."""
    half_width = condition.reach * np.clip(rng.normal(148, 7), 132, 164)
    half_height = condition.reach * np.clip(rng.normal(188, 9), 168, 208)
    middle_x, middle_y = rng.normal(0, 4), rng.normal(6, 5)
    part, which = rng.uniform(*condition.part), rng.integers(3)
    if part > 0:
        # The tip alone, or one side: the dome shrinks and moves there.
        toward = ((0.0, -1.0), (-1.0, -0.25), (1.0, -0.25))[which]
        middle_x += toward[0] * part * half_width
        middle_y += toward[1] * part * half_height
        half_width *= 1 - 0.55 * part * abs(toward[0])
        half_height *= 1 - 0.62 * part
    x = (pad_x - np.float32(middle_x)) / np.float32(half_width)
    y = (pad_y - np.float32(middle_y)) / np.float32(half_height)
    # A fingertip is blunter than an ellipse.
    radius = np.sqrt(x * x + y * y + np.float32(0.25) * x * x * y * y)
    dome = 1 - radius**2
    dome += 0.05 * smooth_noise(dome.shape, 8 * scale, rng)
    dome += 0.035 * smooth_noise(dome.shape, 30 * scale, rng)
    return np.asarray(dome, np.float32)


def _bent(
    pad_x: NDArray[np.float32],
    pad_y: NDArray[np.float32],
    scale: float,
    condition: Condition,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Elastic skin: a slow random shift, and a spread that grows towards the rim under pressure."""
    bent_x = pad_x + condition.distortion_px * smooth_noise(pad_x.shape, 55 * scale, rng)
    bent_y = pad_y + condition.distortion_px * smooth_noise(pad_y.shape, 55 * scale, rng)
    if condition.stretch:
        spread = 1 - np.float32(condition.stretch) * np.clip(1.4 - (pad_x / 160) ** 2 - (pad_y / 210) ** 2, 0, 1)
        bent_x, bent_y = bent_x * spread, bent_y * spread
    return bent_x, bent_y


def _living_skin(
    relief: NDArray[np.float32],
    pores: NDArray[np.float32],
    scale: float,
    condition: Condition,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Relief with pores, with roughness at three grains and with sweat in its valleys."""
    shape = relief.shape
    rough = np.float32(condition.fine_roughness) * smooth_noise(shape, 0.9 * scale, rng)
    rough += np.float32(condition.coarse_roughness) * smooth_noise(shape, 2.2 * scale, rng)
    # Crests carry the load and the dry scales; the floor of a valley is out of reach either way.
    rough *= np.clip(np.float32(0.65) + np.float32(0.4) * relief, 0.2, 1)
    skin = relief + rough - np.float32(condition.pore_depth) * pores
    skin += np.float32(condition.patchiness) * smooth_noise(shape, 14 * scale, rng)
    pools = smooth_noise(shape, 7 * scale, rng) + 0.7 * smooth_noise(shape, 22 * scale, rng)
    if condition.moisture:
        skin += np.float32(condition.moisture) * np.clip(pools - 0.25, 0, 1.6)
    return np.asarray(skin, np.float32)
