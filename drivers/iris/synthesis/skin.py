"""The skin about the eye: folds, lines along the lids, pores, sheen, the bone beneath."""

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import EyeAnatomy
from drivers.iris.synthesis.grain import enlarged, smoothstep
from drivers.iris.synthesis.lids import LidEdges


def skin_tone(
    eye: EyeAnatomy, edges: LidEdges, y: NDArray[np.float32], px_per_mm: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Grey levels of the skin as if it covered all.

    Parameters
    ----------
    eye : EyeAnatomy
    edges : LidEdges
        Of n columns.
    y : (m,) float32
        Millimetres below the resting iris centre.
    px_per_mm : float
    rng : numpy.random.Generator
        Of the eye: skin stays.

    Returns
    -------
    (m, n) float32
    """
    rows, x = y[:, None], edges.x[None, :]
    above, below = edges.upper[None, :] - rows, rows - edges.lower[None, :]
    tone = eye.skin_tone + _relief(x, rows, eye)
    tone -= _folds(eye, edges, above, below)
    tone += _lines((len(y), edges.x.size), above, below, px_per_mm, rng)
    # The rim of the lower lid is wet and faces up: a light band between the eyeball and the lashes.
    rim = smoothstep(-0.05, 0.1, below) * (1 - smoothstep(0.9, 1.5, below))
    tone += rim * np.clip(1.3 - edges.along[None, :] ** 2, 0, 1) * 10
    tone -= 26 * np.exp(-((above / 0.28) ** 2)) * (np.abs(edges.along[None, :]) < 1)
    return np.asarray(tone, np.float32)


def _relief(x: NDArray[np.float32], rows: NDArray[np.float32], eye: EyeAnatomy) -> NDArray[np.float32]:
    """Light and shade of the socket: darker at the inner corner and the temple, lighter on the nose and the brow."""
    inner = np.exp(-(((x - eye.nasal_corner[0] - 3) / 4.5) ** 2) - ((rows + 2) / 6) ** 2)
    return np.asarray(
        -26 * inner
        - 22 * smoothstep(16, 34, -x)
        + 12 * smoothstep(20, 30, x)
        - 14 * np.exp(-(((rows + 12.5) / 3.5) ** 2)) * smoothstep(-6, 14, x)
        + 9 * np.exp(-(((rows + 16) / 4) ** 2)),
        np.float32,
    )


def _folds(
    eye: EyeAnatomy, edges: LidEdges, above: NDArray[np.float32], below: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The fold above the upper lid, and a faint one under the lower."""
    along = edges.along[None, :]
    fades = np.exp(-((np.clip(np.maximum(-along - 0.95, along - 0.72), 0, 2) / 0.2) ** 2))
    height = eye.crease * (1.08 - 0.35 * along**2)
    fold = 34 * np.exp(-(((above - height) / 0.32) ** 2)) + 15 * np.exp(-(((above - height - 0.7) / 1.2) ** 2))
    bag = 9 * np.exp(-(((below - 6.5 + 1.5 * along**2) / 1.3) ** 2)) * np.exp(-((along / 1.1) ** 2))
    # The lid's own roundness turns it from the lamps towards its edge and its fold.
    turn = 8 * np.exp(-((above / 1.1) ** 2)) - 7 * np.exp(-(((above - 0.55 * height) / (0.3 * height)) ** 2))
    return np.asarray(fades * (fold + np.where(above > 0, turn, 0)) + bag, np.float32)


def _lines(
    shape: tuple[int, int],
    above: NDArray[np.float32],
    below: NDArray[np.float32],
    px_per_mm: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Fine lines along the lids, pores, blotches and a sheen of sweat."""
    pores = enlarged(shape, (0.11 * px_per_mm, 0.13 * px_per_mm), rng)
    blotches = enlarged(shape, (2.2 * px_per_mm, 2.6 * px_per_mm), rng)
    # Lines follow the lid: drawn in a strip that is straight, laid along the edge.
    strip = enlarged((1024, shape[1]), (0.12 * px_per_mm, 1.6 * px_per_mm), rng)
    columns = np.arange(shape[1])[None, :]
    away = np.where(above > 0, above, np.maximum(below, 0))
    lines = strip[np.minimum(away * px_per_mm, 1023).astype(np.int32), columns]
    near = np.exp(-away / 7.0)
    fine = enlarged(shape, (0.055 * px_per_mm, 0.07 * px_per_mm), rng)
    sheen = np.clip(fine - 0.9, 0, 2) * np.clip(blotches + 0.2, 0, 2)
    return np.asarray(2.6 * pores + 5 * blotches + 3.4 * lines * near + 1.8 * fine + 11 * sheen, np.float32)
