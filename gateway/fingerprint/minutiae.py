"""Minutiae: where ridges end and fork, read off the skeleton."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.finger import MinutiaType
from gateway.fingerprint.orientation import RidgeOrientation, grid_values
from gateway.fingerprint.skeleton import CROSSING_NUMBER, NEIGHBOUR_BITS, NEIGHBOURS, neighbour_codes

CHORD_STEPS = 18
_SPUR_STEPS = 4
_ISLAND_STEPS = 14
_BRIDGE_STEPS = 8
_BORDER_PX = 10
_NEAR_BORDER_PX = 4
_ENOUGH = 32
"""Prints with fewer take in the best that lie nearer to the border. Endings that the border cut off are among them;
to leave those out gains nothing (EER 3.7 against 3.5): a placement that repeats, repeats them."""
_REFILL = 4
"""At most three of the outer for one of the inner: what has none inside are stripes."""
_TIP_STEPS = 4
_VALLEY_PERIODS = 0.45
"""From the fork of the skeleton to the tip of the valley between its branches, in ridge periods. Measured on drawn
prints, whose minutiae are points of the phase: forks lie 0.5 behind those and endings 0; on public prints against
mindtct, which reports the valley's tip: 0.4 and 0. Three minutiae in ten change their kind between two impressions."""
_STOP = 255


@dataclass(frozen=True, eq=False)
class Minutiae:
    """Minutiae in pixels at 500 ppi.

    Parameters
    ----------
    x, y : (n,) float32
    angle : (n,) float32
        As in `gateway.finger.FingerTemplate`.
    kind : (n,) uint8
        `MinutiaType` codes.
    quality : (n,) float32
        0 to 1.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    angle: NDArray[np.float32]
    kind: NDArray[np.uint8]
    quality: NDArray[np.float32]


def minutiae(
    skeleton: NDArray[np.uint8],
    foreground: NDArray[np.bool_],
    orientation: RidgeOrientation,
    certainty: NDArray[np.float32],
    period_px: float = 9.0,
) -> Minutiae:
    """Ridge endings and bifurcations that are neither artefacts nor at the border.

    Parameters
    ----------
    skeleton : (h, w) uint8
        0/1 at 500 ppi.
    foreground : (h, w) bool
    orientation : RidgeOrientation
        Its grid covers the same area.
    certainty : (rows, columns) float32
        0 to 1 on that grid, how much the enhanced image can be believed.
    period_px : float
        Distance of two ridges at 500 ppi; without it an adult's.
    """
    left, top, width, height = cv2.boundingRect(skeleton)
    padded = np.pad(skeleton[top : top + height, left : left + width], 1)
    codes = neighbour_codes(padded).ravel()
    stride = padded.shape[1]
    at = np.flatnonzero(padded)
    crossing = CROSSING_NUMBER[codes[at]]
    endings, forks = at[crossing == 1], at[crossing == 3]
    steps = np.array([row * stride + column for row, column in NEIGHBOURS], np.intp)
    paths = _followed(codes, steps, endings, forks)
    alive = _without_artefacts(paths, CROSSING_NUMBER[codes[paths.end]], len(endings), len(forks))
    angle = _directions(paths, len(endings), len(forks), stride)
    place = np.concatenate([endings, forks])
    kind = np.repeat([MinutiaType.RIDGE_ENDING, MinutiaType.BIFURCATION], [len(endings), len(forks)]).astype(np.uint8)
    y, x = place // stride - 1 + top, place % stride - 1 + left
    across = 0.5 * np.arctan2(
        *(grid_values(field, x, y, skeleton.shape) for field in (orientation.sin2, orientation.cos2))
    )
    # The field's angle is clockwise (y down): the sine of the sum is the cosine to the ridge's own direction.
    agreement = np.abs(np.sin(angle + across))
    quality = np.clip(grid_values(certainty, x, y, skeleton.shape) * agreement, 0, 1)
    framed = np.pad(foreground.astype(np.uint8), 1)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1][y, x]
    inner = alive & (depth > _BORDER_PX)
    missing = min(_ENOUGH, _REFILL * int(inner.sum())) - int(inner.sum())
    if missing > 0:
        outer = np.flatnonzero(alive & ~inner & (depth > _NEAR_BORDER_PX))
        inner[outer[np.argsort(-quality[outer], kind="stable")[:missing]]] = True
    exact_x, exact_y = _exact_places(paths, len(endings), angle, stride, _VALLEY_PERIODS * period_px)
    return Minutiae(
        (exact_x + left - 1)[inner].astype(np.float32),
        (exact_y + top - 1)[inner].astype(np.float32),
        angle[inner].astype(np.float32),
        kind[inner],
        quality[inner].astype(np.float32),
    )


@dataclass(frozen=True, eq=False)
class _Paths:
    """Branches followed from every ending (one each) and fork (three each, after all endings)."""

    start: NDArray[np.intp]
    end: NDArray[np.intp]
    early: NDArray[np.intp]
    """Where the branch is after `_TIP_STEPS` steps, or where it stopped before."""
    length: NDArray[np.intp]
    stopped: NDArray[np.bool_]


def _followed(
    codes: NDArray[np.uint8], steps: NDArray[np.intp], endings: NDArray[np.intp], forks: NDArray[np.intp]
) -> _Paths:
    """Walk all branches at once, up to the chord's length or to the next ending or fork."""
    start = np.concatenate([endings, np.repeat(forks, 3)])
    direction = np.concatenate([_BRANCHES[codes[endings], 0], _BRANCHES[codes[forks]].ravel()]).astype(np.intp)
    position = start + steps[direction]
    length = np.ones(len(start), np.intp)
    walking = np.arange(len(start))
    stopped = np.zeros(len(start), np.bool_)
    early = position
    for taken in range(1, CHORD_STEPS):
        if taken == _TIP_STEPS:
            early = position.copy()
        onward = _ONWARD[codes[position[walking]], (direction[walking] + 4) % 8]
        stopped[walking[onward == _STOP]] = True
        going = onward != _STOP
        walking, onward = walking[going], onward[going].astype(np.intp)
        direction[walking] = onward
        position[walking] += steps[onward]
        length[walking] += 1
    return _Paths(start, position, early, length, stopped)


def _without_artefacts(paths: _Paths, end_crossing: NDArray[np.uint8], endings: int, forks: int) -> NDArray[np.bool_]:
    """True for minutiae that are no spur (with its fork), no island and no bridge between two ridges."""
    from_fork = np.arange(len(paths.start)) >= endings
    to_ending, to_fork = paths.stopped & (end_crossing == 1), paths.stopped & (end_crossing >= 3)
    short = np.zeros(len(paths.start), np.bool_)
    short |= ~from_fork & to_ending & (paths.length < _ISLAND_STEPS)
    short |= ~from_fork & to_fork & (paths.length < _SPUR_STEPS)
    short |= from_fork & to_ending & (paths.length < _SPUR_STEPS)
    short |= from_fork & to_fork & (paths.length < _BRIDGE_STEPS)
    return np.concatenate([~short[:endings], ~short[endings:].reshape(forks, 3).any(axis=1)])


def _directions(paths: _Paths, endings: int, forks: int, stride: int) -> NDArray[np.float64]:
    """Counter-clockwise, y up: an ending into its ridge, a fork into the valley between its two closest branches."""
    dx = (paths.end % stride - paths.start % stride).astype(np.float64)
    dy = (paths.start // stride - paths.end // stride).astype(np.float64)
    norm = np.maximum(np.hypot(dx, dy), 1e-9)
    unit = (dx + 1j * dy) / norm
    branches = unit[endings:].reshape(forks, 3)
    nearness = np.stack([(branches[:, k] * branches[:, (k + 1) % 3].conj()).real for k in range(3)], axis=1)
    first = nearness.argmax(axis=1)
    index = np.arange(forks)
    valley = branches[index, first] + branches[index, (first + 1) % 3]
    return np.asarray(np.angle(np.concatenate([unit[:endings], valley])) % (2 * math.pi))


def _exact_places(
    paths: _Paths, endings: int, angle: NDArray[np.float64], stride: int, valley_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y of all endings, then all forks, between the pixels of the padded skeleton.

    An ending lies at the tip of its skeleton, brought sideways onto the line on which the ridge goes on: half way to
    where that passes beside the tip, since thinning leaves the tip itself askew. A fork is moved to the tip of its
    valley, so that one and the same minutia lies in one place whether it looks like an ending or like a fork.
    """
    x, y = (paths.start % stride).astype(np.float64), (paths.start // stride).astype(np.float64)
    u, v = np.cos(angle), -np.sin(angle)
    tip_x, tip_y = x[:endings], y[:endings]
    early_x, early_y = paths.early[:endings] % stride - tip_x, paths.early[:endings] // stride - tip_y
    along_u, along_v = u[:endings], v[:endings]
    aside = 0.5 * (early_y * along_u - early_x * along_v)
    fork_x = x[endings::3] + valley_px * u[endings:]
    fork_y = y[endings::3] + valley_px * v[endings:]
    return np.concatenate([tip_x - aside * along_v, fork_x]), np.concatenate([tip_y + aside * along_u, fork_y])


def _onward_table() -> NDArray[np.uint8]:
    """[code, direction back] -> direction onward, or 255 where the ridge ends or forks."""
    table = np.full((256, 8), _STOP, np.uint8)
    for code in range(256):
        if CROSSING_NUMBER[code] != 2:
            continue
        for back in range(8):
            others = [k for k in range(8) if NEIGHBOUR_BITS[code, k] and k != back]
            if others:
                table[code, back] = min(others, key=lambda k: (abs((k - back) % 8 - 4), k % 2, k))
    return table


def _branch_table() -> NDArray[np.uint8]:
    """[code] -> the first step of up to three branches: of neighbours that touch each other, the nearest."""
    table = np.zeros((256, 3), np.uint8)
    for code in range(256):
        runs: list[list[int]] = []
        for k in range(8):
            if NEIGHBOUR_BITS[code, k] and not NEIGHBOUR_BITS[code, k - 1]:
                run = [k]
                while NEIGHBOUR_BITS[code, (run[-1] + 1) % 8] and len(run) < 8:
                    run.append((run[-1] + 1) % 8)
                runs.append(run)
        for slot, run in enumerate(runs[:3]):
            table[code, slot] = min(run, key=lambda k: (k % 2, k))
    return table


_ONWARD = _onward_table()
_BRANCHES = _branch_table()
