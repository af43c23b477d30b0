"""The iris of one eye, unrolled: strands, collarette, crypts, furrows, freckles and the pupil's ruff."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import eye_anatomy
from drivers.iris.synthesis.grain import grained, ring, smoothstep

ANGLES = 1024
"""Columns: counter-clockwise in the mathematical sense of an image whose y points down, from the +x axis."""
ROWS_PER_RING = 96
"""Rows between the pupil's edge and the limbus."""
FIRST_ROW, LAST_ROW = -24, 24
"""Rows painted inside the pupil's edge and beyond the limbus."""
ROWS = ROWS_PER_RING - FIRST_ROW + LAST_ROW
PUPIL_TONE = 24.0
_DISPLACEMENT_COLUMNS, _DISPLACEMENT_ROWS = np.float32(2.1), np.float32(1.0)
_MIRRORED_GREY = np.float32(2.9)


@dataclass(frozen=True, eq=False)
class IrisTexture:
    """Grey levels in polar form; a column more than `ANGLES` closes the ring.

    Parameters
    ----------
    ring : (ROWS, ANGLES + 1) float32
        Row r lies at (r + FIRST_ROW) / ROWS_PER_RING of the way from the pupil's edge to the limbus.
    furrows : (ROWS, ANGLES + 1) float32
        What a wide pupil adds: the ring folds.
    """

    ring: NDArray[np.float32]
    furrows: NDArray[np.float32]

    def at_dilation(self, pupil_ratio: float) -> NDArray[np.float32]:
        """Grey levels with a pupil of that share of the iris diameter: (ROWS, ANGLES + 1) float32."""
        depth = np.float32(np.clip((pupil_ratio - 0.3) / 0.3, 0, 1))
        return np.asarray(self.ring + depth * self.furrows, np.float32)


@lru_cache(maxsize=64)
def iris_texture(seed: int, face: int) -> IrisTexture:
    """The iris of the eye of that seed in that face; drawing it takes a few tens of milliseconds."""
    rng = np.random.default_rng([seed, 0x495249])
    tone = np.float32(eye_anatomy(seed, face).iris_tone)
    rho = np.asarray((np.arange(ROWS) + FIRST_ROW)[:, None] / ROWS_PER_RING, np.float32)
    collarette = _collarette_line(rng)
    relief = _strands(rho, collarette, rng) + _blotches(rng) + _collarette(rho, collarette, rng)
    relief += _crypts(rho, collarette, rng)
    relief = _resolved(relief)
    relief += _freckles(rho, rng)
    furrows = _resolved(_furrows(rho, rng))
    # A dark iris has less contrast of its own; a light one more.
    relief *= np.float32(rng.uniform(0.75, 1.15)) * tone / 112
    image = tone + relief + np.float32(0.35) * furrows + _zones(rho, collarette, rng)
    image[rho[:, 0] > 1] = image[ROWS_PER_RING - FIRST_ROW]
    image = _with_pupil(image, rho, rng)
    ends = (rho > 0.05) & (rho < 1)
    return IrisTexture(_closed(np.clip(image, 12, 235)), _closed(np.where(ends, furrows, 0)))


def as_seen(texture: IrisTexture, rng: np.random.Generator) -> IrisTexture:
    """The same iris at one sitting.

    Tissue never lies quite as before: it is displaced smoothly, by about a degree and a hundredth of the ring. What the
    tear film and the room mirror into it differs each time, and so does its contrast.

    Parameters
    ----------
    texture : IrisTexture
    rng : numpy.random.Generator
        Of the sitting.
    """
    import cv2

    shape = (ROWS, ANGLES)
    # Some sittings are much alike, others not at all: that is where the tail of real mates comes from.
    much, bright = (np.float32(rng.lognormal(0, 0.4)) for _ in range(2))
    across = np.arange(ANGLES)[None, :] + much * _DISPLACEMENT_COLUMNS * grained(shape, (30, 45), rng)
    share = np.clip((np.arange(ROWS, dtype=np.float32) + FIRST_ROW) / ROWS_PER_RING, 0, 1)[:, None]
    # Its edges are where they are.
    slide = much * _DISPLACEMENT_ROWS * 4 * share * (1 - share) * grained(shape, (30, 45), rng)
    rows = np.asarray(np.arange(ROWS, dtype=np.float32)[:, None] + slide, np.float32)
    across = np.asarray(across % ANGLES, np.float32)
    moved, furrows = (
        np.asarray(cv2.remap(layer, across, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
        for layer in (texture.ring, texture.furrows)
    )
    inside = (share > 0.03) & (share < 1)
    mirrored = bright * _MIRRORED_GREY * (0.8 * grained(shape, (12, 12), rng) + 0.6 * grained(shape, (22, 40), rng))
    level = moved[inside[:, 0]].mean()
    seen = level + np.float32(rng.uniform(0.85, 1.12)) * (moved - level) + mirrored
    return IrisTexture(_closed(np.where(inside, seen, moved)), _closed(furrows))


def _strands(
    rho: NDArray[np.float32], collarette: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Radial strands: fine and straight inside the collarette, coarser and waving outside."""
    shape = (ROWS, ANGLES)
    inner = grained(shape, (20, 2.6), rng) + np.float32(0.5) * grained(shape, (10, 5), rng)
    coarse, fine = grained(shape, (28, 5.0), rng), grained(shape, (16, 2.8), rng)
    # Ridges of a smooth field are thin bright threads with dark gaps, as stromal fibres are.
    outer = np.float32(1.3) * (np.float32(0.8) - np.abs(coarse)) + np.float32(0.8) * (np.float32(0.8) - np.abs(fine))
    outer += np.float32(0.45) * grained(shape, (10, 4), rng)
    sway = (grained(shape, (22, 40), rng) * 7 + grained(shape, (9, 20), rng) * 2.5) * np.clip(rho, 0, 1)
    columns = (np.arange(ANGLES, dtype=np.float32) + sway) % ANGLES
    left = columns.astype(np.int64)
    share = columns - left
    rows = np.arange(ROWS)[:, None]
    outer = outer[rows, left % ANGLES] * (1 - share) + outer[rows, (left + 1) % ANGLES] * share
    beyond = smoothstep(-0.03, 0.05, rho - collarette)
    strength = 1 - np.float32(0.45) * smoothstep(0.55, 1.0, rho * np.ones_like(beyond))
    return np.asarray(7.5 * inner * (1 - beyond) + 7.0 * outer * beyond * strength, np.float32)


def _blotches(rng: np.random.Generator) -> NDArray[np.float32]:
    """The stroma's uneven density, at grains of a few degrees to a few tens of degrees."""
    shape = (ROWS, ANGLES)
    return np.asarray(
        4.8 * grained(shape, (10, 9), rng) + 4.0 * grained(shape, (14, 20), rng) + 2.2 * grained(shape, (20, 60), rng),
        np.float32,
    )


def _collarette_line(rng: np.random.Generator) -> NDArray[np.float32]:
    """Where the pupillary zone ends, as a share of the ring: (ANGLES,)."""
    line = rng.uniform(0.24, 0.42) + 0.028 * ring(ANGLES, 110, rng) + 0.016 * ring(ANGLES, 22, rng)
    return np.asarray(np.clip(line + 0.013 * ring(ANGLES, 7, rng), 0.12, 0.6), np.float32)


def _collarette(
    rho: NDArray[np.float32], collarette: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Its frill: a bright jagged ridge, with gaps behind it."""
    away = rho - collarette
    crest = np.exp(-((away / 0.030) ** 2)) * (7 + 7 * ring(ANGLES, 7, rng) + 4 * ring(ANGLES, 26, rng))
    gaps = np.exp(-(((away - 0.065) / 0.045) ** 2)) * np.clip(12 * ring(ANGLES, 8, rng), -4, 24)
    return np.asarray(rng.uniform(0.7, 1.5) * (crest - gaps), np.float32)


def _crypts(rho: NDArray[np.float32], collarette: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Openings in the stroma: lenses with a bright rim, most of them along the collarette, pits near the limbus."""
    relief = np.zeros((ROWS, ANGLES), np.float32)
    for _ in range(int(rng.poisson(rng.choice([5, 14, 26])))):
        at, half = int(rng.integers(ANGLES)), float(rng.uniform(7, 22))
        centre = collarette[at] + float(rng.exponential(0.09)) + 0.02
        _press(relief, rho, (at, centre), (half, float(rng.uniform(0.045, 0.13))), float(rng.uniform(10, 24)))
    for _ in range(int(rng.poisson(14))):
        at, half = int(rng.integers(ANGLES)), float(rng.uniform(4, 9))
        _press(relief, rho, (at, float(rng.uniform(0.72, 0.96))), (half, float(rng.uniform(0.02, 0.05))), 9)
    return relief


def _press(
    relief: NDArray[np.float32],
    rho: NDArray[np.float32],
    centre: tuple[int, float],
    half: tuple[float, float],
    depth: float,
) -> None:
    """Lower `relief` within a lens about `centre` (column, share of the ring), and raise its rim."""
    reach = int(2 * half[0])
    across = np.arange(-reach, reach + 1)
    rows = np.flatnonzero(np.abs(rho[:, 0] - centre[1]) < 2 * half[1])
    if not len(rows):
        return
    away = (np.abs(across / half[0]) ** 1.5)[None, :] + np.abs((rho[rows] - centre[1]) / half[1]) ** 1.5
    lens = np.exp(-((away / 0.9) ** 3)) - 0.3 * np.exp(-(((away - 1.35) / 0.4) ** 2))
    columns = (centre[0] + across) % ANGLES
    relief[np.ix_(rows, columns)] -= (depth * lens).astype(np.float32)


def _freckles(rho: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Pigment spots: dark, without a rim."""
    relief = np.zeros((ROWS, ANGLES), np.float32)
    columns = np.arange(ANGLES)
    for _ in range(int(rng.poisson(1.3))):
        at, centre, width = rng.integers(ANGLES), rng.uniform(0.35, 0.9), rng.uniform(5, 13)
        across = (columns - at + ANGLES // 2) % ANGLES - ANGLES // 2
        away = (across / width)[None, :] ** 2 + ((rho - centre) / (width / 190)) ** 2
        relief -= (rng.uniform(14, 28) * np.exp(-(away**2))).astype(np.float32)
    return relief


def _furrows(rho: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Contraction furrows: arcs about the pupil, each over a part of the ring."""
    relief = np.zeros((ROWS, ANGLES), np.float32)
    strength = rng.uniform(3, 10)
    for centre in np.linspace(0.55, 0.92, int(rng.integers(2, 6))) + rng.normal(0, 0.02):
        line = centre + 0.012 * ring(ANGLES, 40, rng)
        where = np.clip(ring(ANGLES, 70, rng) + 0.3, 0, 1.6)
        away = (rho - line) / 0.016
        relief -= (strength * where * (np.exp(-(away**2)) - 0.5 * np.exp(-((away - 2) ** 2)))).astype(np.float32)
    return relief


def _zones(rho: NDArray[np.float32], collarette: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Tones of the zones: a lighter or darker pupillary zone, a dark rim at the limbus, the beads of the ruff."""
    pupillary = rng.uniform(-7, 11) * (1 - smoothstep(-0.06, 0.08, rho - collarette))
    rim = rng.uniform(6, 20) * smoothstep(0.72, 1.02, rho * np.ones_like(pupillary))
    beads = np.clip(0.7 + 0.5 * ring(ANGLES, 4, rng), 0, 1.6)
    ruff = rng.uniform(10, 24) * np.exp(-((np.clip(rho, 0, 2) / 0.035) ** 2)) * beads
    return np.asarray(pupillary - rim - ruff, np.float32)


def _resolved(relief: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blur each row along the angle to what a lens resolves where a degree is short: near the pupil."""
    share = np.clip((np.arange(ROWS) + FIRST_ROW) / ROWS_PER_RING, 0, 1)
    # At a usual pupil of 0.35 of the iris a column near it spans 0.25 pixels, at the limbus 0.7.
    deviation = 0.75 / (0.25 + 0.45 * share)
    cut = np.exp(-2 * (np.pi * deviation[:, None] * np.fft.rfftfreq(ANGLES)[None, :]) ** 2)
    return np.asarray(np.fft.irfft(np.fft.rfft(relief, axis=1) * cut, ANGLES, axis=1), np.float32)


def _with_pupil(image: NDArray[np.float32], rho: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Paint the pupil inside an edge that strays from its circle by about a hundredth of the ring."""
    edge = 0.006 * ring(ANGLES, 60, rng) + 0.004 * ring(ANGLES, 20, rng)
    within = 1 - smoothstep(-0.014, 0.014, rho - edge)
    return np.asarray(image + within * (np.float32(PUPIL_TONE) - image), np.float32)


def _closed(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.concatenate([image, image[:, :1]], axis=1), np.float32)
