"""One sitting of one eye: all that does not change from frame to frame, drawn once at the nominal distance."""

from dataclasses import dataclass
from math import radians, sin
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import IRIS_DEPTH_MM, PX_PER_MM, EyeAnatomy, eye_anatomy
from drivers.iris.synthesis.condition import Condition
from drivers.iris.synthesis.grain import smoothstep
from drivers.iris.synthesis.iris_texture import IrisTexture, as_seen, iris_texture
from drivers.iris.synthesis.lashes import LASH_TONE, lash_cover
from drivers.iris.synthesis.lids import LidEdges, lid_edges
from drivers.iris.synthesis.sclera import lid_shade, sclera_tone, tear_line
from drivers.iris.synthesis.skin import skin_tone
from drivers.iris.synthesis.spectacles import Spectacles, spectacles

if TYPE_CHECKING:
    from drivers.iris.synthesis.patterned_lens import PatternedLens
    from drivers.iris.synthesis.printed_eye import PrintedEye

X_MM = (-36.0, 37.0)
Y_MM = (-26.0, 24.0)
"""Extent of a scene about the resting iris centre."""


@dataclass(frozen=True)
class Stance:
    """How a person is before the camera when settled; millimetres and degrees, x to the right of the image, y down."""

    x_mm: float
    y_mm: float
    distance_mm: float
    roll_deg: float
    yaw_deg: float
    pitch_deg: float
    drift_mm_per_s: tuple[float, float]
    focus_error_px: float


@dataclass(frozen=True, eq=False)
class EyeScene:
    """One eye in one sitting.

    Parameters
    ----------
    layers : (h, w, 4) uint8
        The scene without its iris; how far the eyeball is free; the eyeball without its iris; the light on it.
    covers : (h, w, 2) uint8
        How far lids and lashes cover the eyeball, 0 to 255: the truth.
    edges : LidEdges
        In scene columns, x to the right of the image.
    origin : (float, float)
        Scene pixel of the resting iris centre: x, y.
    px_per_mm : float
    lens : PatternedLens or None
        What the eye wears.
    printed : PrintedEye or None
        A print of this eye, which is then presented in its place.
    """

    eye: EyeAnatomy
    texture: IrisTexture
    condition: Condition
    nose_right: bool
    stance: Stance
    torsion_deg: float
    pupil_factor: float
    layers: NDArray[np.uint8]
    covers: NDArray[np.uint8]
    edges: LidEdges
    origin: tuple[float, float]
    px_per_mm: float
    glasses: Spectacles | None
    lens: "PatternedLens | None" = None
    printed: "PrintedEye | None" = None


def seat_person(eye_seed: int, impression: int, condition: Condition) -> Stance:
    """Where and how a person is; both eyes of a person take one stance."""
    rng = np.random.default_rng([eye_seed, impression, 0x534554])

    def sized(ends: tuple[float, float]) -> tuple[float, float]:
        """A vector of a length between the ends, in any direction."""
        length, way = rng.uniform(*ends), rng.uniform(0, 2 * np.pi)
        return float(length * np.cos(way)), float(length * np.sin(way))

    x, y = sized(condition.offset_mm)
    yaw, pitch = sized(condition.gaze_deg)
    drift = sized((condition.drift_mm_per_s, condition.drift_mm_per_s))
    roll = rng.uniform(*condition.roll_deg) * rng.choice([-1, 1])
    return Stance(
        x_mm=x,
        y_mm=y,
        distance_mm=float(rng.uniform(*condition.distance_mm)),
        roll_deg=float(roll),
        yaw_deg=yaw,
        pitch_deg=0.6 * pitch,
        drift_mm_per_s=drift,
        focus_error_px=condition.focus_error_px,
    )


def eye_scene(
    eye_seed: int,
    impression: int,
    condition: Condition,
    stance: Stance,
    *,
    nose_right: bool,
    scale: float = 1.0,
    face_seed: int | None = None,
) -> EyeScene:
    """Draw a sitting.

    Parameters
    ----------
    eye_seed, impression : int
        Which eye, which of its sittings.
    condition : Condition
    stance : Stance
        From `seat_person`; lids follow its gaze.
    nose_right : bool
        True for a right eye: its nose is on the right of the image.
    scale : float
        Sampling relative to that of a 640x480 frame.
    face_seed : int, optional
        The face about it; by default the eye's own. Both eyes of a face close and wear spectacles alike.
    """
    eye, ppm = eye_anatomy(eye_seed, face_seed), PX_PER_MM * scale
    rng = np.random.default_rng([eye.face, impression, 0x454C44])
    own = np.random.default_rng([eye.face, 0x534B4E])
    eyeball = np.random.default_rng([eye_seed, impression, 0x524F4C])
    x = np.arange(X_MM[0], X_MM[1], 1 / ppm, dtype=np.float32)
    y = np.arange(Y_MM[0], Y_MM[1], 1 / ppm, dtype=np.float32)
    origin = (-X_MM[0] * ppm, -Y_MM[0] * ppm)
    gaze_down = IRIS_DEPTH_MM * sin(radians(stance.pitch_deg))
    edges = lid_edges(eye, x, float(rng.uniform(*condition.openness)), gaze_down)
    free = _free(edges, y, ppm)
    shade = lid_shade(edges, y)
    sclera = sclera_tone(eye, edges, y, ppm, own)
    skin = skin_tone(eye, edges, y, ppm, own)
    # Beyond the scene is skin: it ends in an even tone, which the frame goes on with.
    skin += _near_end(x, y, 11.0) * (np.float32(eye.skin_tone) - skin)
    droop = eye.lash_droop if condition.lash_droop is None else condition.lash_droop
    lashes = lash_cover(eye, edges, free.shape, origin, ppm, rng, droop=droop, density=condition.lash_density)
    tone = skin + free * (sclera * shade - skin)
    tone += lashes * (LASH_TONE - tone)
    tone += tear_line(edges, y, ppm, rng) * (1 - lashes)
    tone += _near_end(x, y, 1.5) * (skin - tone)
    layers = _bytes(tone, 255 * free * (1 - lashes), sclera, 255 * shade)
    covers = _bytes(255 * (1 - free), 255 * lashes)
    if not nose_right:
        layers, covers = np.ascontiguousarray(layers[:, ::-1]), np.ascontiguousarray(covers[:, ::-1])
        edges = LidEdges(-x[::-1], edges.along[::-1], edges.upper[::-1], edges.lower[::-1])
        origin = (len(x) - 1 - origin[0], origin[1])
    return EyeScene(
        eye=eye,
        texture=as_seen(iris_texture(eye_seed, eye.face), eyeball),
        condition=condition,
        nose_right=nose_right,
        stance=stance,
        torsion_deg=float(eyeball.normal(0, 0.8)),
        pupil_factor=float(np.clip(rng.normal(1, 0.09), 0.8, 1.25)),
        layers=layers,
        covers=covers,
        edges=edges,
        origin=origin,
        px_per_mm=ppm,
        glasses=spectacles(eye.face, impression, ppm, nose_right=nose_right) if condition.spectacles else None,
    )


def _free(edges: LidEdges, y: NDArray[np.float32], ppm: float) -> NDArray[np.float32]:
    """How far the lids leave the eyeball free, their edges smoothed over about a pixel and a half."""
    rows = y[:, None]
    # Steep parts of an edge would seem soft if only heights were compared.
    steep, hanging = (
        np.hypot(1, np.gradient(line, edges.x)).astype(np.float32)[None, :] for line in (edges.upper, edges.lower)
    )
    soft = 1.0 / ppm
    below_upper = smoothstep(-soft, soft, (rows - edges.upper[None, :]) / steep)
    above_lower = smoothstep(-soft, soft, (edges.lower[None, :] - rows) / hanging)
    # Beyond the corners the edges meet in a line that is no gap.
    between = smoothstep(0, 2 * soft, edges.lower - edges.upper)[None, :]
    return np.asarray(below_upper * above_lower * between, np.float32)


def _near_end(x: NDArray[np.float32], y: NDArray[np.float32], within_mm: float) -> NDArray[np.float32]:
    """0 inside the scene, 1 at its ends, smooth over `within_mm`."""
    across = smoothstep(0.1, within_mm, np.minimum(x - x[0], x[-1] - x))
    down = smoothstep(0.1, within_mm, np.minimum(y - y[0], y[-1] - y))
    return np.asarray(1 - across[None, :] * down[:, None], np.float32)


def _bytes(*planes: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.stack([np.clip(np.rint(plane), 0, 255).astype(np.uint8) for plane in planes], axis=-1)
