"""Slaps: four fingers or two thumbs on one glass, with where each of them truly lies."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.condition import CONDITIONS, Condition
from drivers.fingerprint.synthesis.drawn_fingerprint import check_frame, check_seeds
from drivers.fingerprint.synthesis.impression import SLIDE_MM, Impression, contact
from drivers.fingerprint.synthesis.master_print import PPI, master_print
from drivers.fingerprint.synthesis.platen import Platen, clean_platen, seen_frame
from drivers.fingerprint.synthesis.ridges import grow_ridges
from drivers.fingerprint.synthesis.slap_condition import SlapCondition, slap_condition_named
from drivers.fingerprint.synthesis.slap_hand import FingerShape, SlapHand, hand_shape, moved
from drivers.fingerprint.synthesis.texture import blurred, smooth_noise
from drivers.fingerprint.synthesis.touch import Touch

__all__ = ["DrawnFinger", "DrawnSlap", "LaidSlap", "SlapHand", "drawn_slap", "lay_slap", "slap_platen"]

_FOLD_ROW = 512.0  # of the master print's 540: its lowest part lies in the fold
_TOUCHES = 0.15
_FIRM_SHARE = 0.87
"""Share of the dome's breadth that leaves a print; beyond it the skin bends away."""
_PHALANX_SHAPE = (560, 440)


@dataclass(frozen=True)
class DrawnFinger:
    """Where one finger of a slap truly lies; pixels of the frame, x to the right, y down.

    Parameters
    ----------
    position : int
        Finger position code, 1 to 10.
    present : bool
        Whether anything of the fingertip is on the glass; all that follows is 0 where not.
    x, y : float
        Middle of its box.
    width, height : float
        Of its box, across and along the finger: all that touches of the last phalanx, down to the fold.
    rotation_deg : float
        Which way it points: counter-clockwise from upright.
    visible : float
        Share of the fingertip's print that lies on the glass, 0 to 1.
    """

    position: int
    present: bool
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    rotation_deg: float = 0.0
    visible: float = 0.0


@dataclass(frozen=True, eq=False)
class LaidSlap:
    """A slap on the glass, ready to be pressed, and where its fingers are (`fingers`, by position code)."""

    impression: Impression
    fingers: tuple[DrawnFinger, ...]


@dataclass(frozen=True, eq=False)
class DrawnSlap:
    """A slap's (height, width) uint8 image and its truth: every finger asked for, and one that should not be there."""

    pixels: NDArray[np.uint8]
    fingers: tuple[DrawnFinger, ...]


def drawn_slap(
    person: int,
    hand: SlapHand,
    impression: int,
    condition: str = "clean",
    *,
    width: int = 1600,
    height: int = 1500,
    ppi: float = 500.0,
) -> DrawnSlap:
    """Draw one slap; the same arguments give the same pixels.

    Parameters
    ----------
    person, impression : int
        Seeds, 0 or more: whose hand, and which of its placements.
    hand : SlapHand
    condition : str
        One of `SLAP_CONDITIONS`.
    width, height : int
        Pixels.
    ppi : float

    Raises
    ------
    ValueError
        No such condition, a negative seed, or a frame without pixels.
    """
    state = slap_condition_named(condition)
    laid = lay_slap(person, hand, impression, condition, width=width, height=height, ppi=ppi)
    rng = np.random.default_rng([person, int(hand), impression, 0x504C54])
    platen = slap_platen(int(rng.integers(1 << 30)), condition, width=width, height=height, ppi=ppi)
    pixels = seen_frame(platen, laid.impression, Touch(), impression)
    if state.noise:
        grain = np.float32(state.noise) * rng.standard_normal(pixels.shape, np.float32)
        pixels = np.clip(pixels + grain, 0, 255).astype(np.uint8)
    return DrawnSlap(pixels, laid.fingers)


def slap_platen(seed: int, condition: str = "clean", *, width: int, height: int, ppi: float) -> Platen:
    """A large glass as it is before the hand comes, with what `condition` leaves on it."""
    state = slap_condition_named(condition)
    rng = np.random.default_rng([seed, 0x534C50])
    shape = (height, width)
    clean = clean_platen(seed, shape, ppi)
    light = clean.light - np.float32(rng.uniform(*state.ground))
    if state.residue:
        former = lay_slap(
            int(rng.integers(4)) + 900_000, SlapHand.RIGHT_FOUR, seed % 97, width=width, height=height, ppi=ppi
        )
        lines, nearness = contact(former.impression, Touch())
        patches = np.clip(0.75 + 0.45 * smooth_noise(shape, 26 * ppi / PPI, rng), 0, 1.2)
        light = light - np.float32(state.residue) * (40 * lines * patches + 5 * nearness)
    return Platen(np.clip(light, 0, 255).astype(np.float32), clean.noise[:2].copy())


def lay_slap(
    person: int,
    hand: SlapHand,
    impression: int,
    condition: str = "clean",
    *,
    width: int = 1600,
    height: int = 1500,
    ppi: float = 500.0,
    without: Collection[int] = (),
    to_scale: bool = False,
) -> LaidSlap:
    """Lay a hand on the glass.

    Parameters
    ----------
    without : collection of int
        Position codes of fingers that are not there; the others lie as they would beside them.
    to_scale : bool
        Ridges lie as far apart as on the finger laid alone, whatever the size of the hand is: the same finger.
        Else a smaller hand has finer ridges, as one of another person.

    Others, and errors, as of `drawn_slap`.
    """
    check_seeds(person, impression)
    check_frame(width, height, ppi)
    state = slap_condition_named(condition)
    rng = np.random.default_rng([person, int(hand), impression, crc32(condition.encode())])
    margin = int(np.ceil(SLIDE_MM / 25.4 * ppi))
    full = (height + 2 * margin, width + 2 * margin)
    shapes = hand_shape(hand, state, rng)
    gone = _missing(shapes, state, rng) | ({shape.position for shape in shapes} & set(without))
    if len(gone) == len(shapes):
        raise ValueError(f"without {sorted(gone)} no finger is left")
    there = [shape for shape in shapes if shape.position not in gone]
    if state.off_glass:
        x, y = _push_off(there, (width / ppi * 25.4, height / ppi * 25.4), rng)
        there = moved(there, x, y)
    skins = _skins(there, state, rng)
    surface = _Surface(full, ppi, rng)
    regions = [
        surface.lay(person, shape, CONDITIONS[name], rng.uniform(*state.lower_phalanges), rng, to_scale=to_scale)
        for shape, name in zip(there, skins, strict=True)
    ]
    laid = surface.impression(margin)
    touching, _ = contact(laid, Touch())
    fingers = {position: DrawnFinger(position, False) for position in gone}
    for shape, region in zip(there, regions, strict=True):
        fingers[shape.position] = _truth(shape, surface.mine(region, shape), touching, margin, ppi)
    return LaidSlap(laid, tuple(fingers[position] for position in sorted(fingers)))


def _missing(shapes: list[FingerShape], state: SlapCondition, rng: np.random.Generator) -> set[int]:
    count = int(rng.integers(state.missing[0], state.missing[1] + 1))
    asked = [shape.position for shape in shapes if len(shapes) == 2 or shape.position not in (1, 6)]
    count = min(count, len(asked) - 1)
    return {int(position) for position in rng.choice(asked, count, replace=False)}


def _skins(shapes: list[FingerShape], state: SlapCondition, rng: np.random.Generator) -> list[str]:
    skins = [str(rng.choice(state.skin))] * len(shapes)
    if state.odd_skin:
        skins[int(rng.integers(len(skins)))] = str(rng.choice(state.odd_skin))
    return skins


def _push_off(
    shapes: list[FingerShape], glass_mm: tuple[float, float], rng: np.random.Generator
) -> tuple[float, float]:
    """A shift to the left, the right or over the upper edge that cuts 15 to 45 percent of the outermost fingertip."""
    cut = rng.uniform(0.15, 0.45)
    half_x, half_y = glass_mm[0] / 2, glass_mm[1] / 2
    way = rng.integers(3)
    if way == 2:
        top = min(shape.middle[1] - shape.length / 2 for shape in shapes)
        return 0.0, -half_y - top - cut * 25 * 0.7
    side = -1 if way == 0 else 1
    outer = max(shapes, key=lambda shape: side * shape.middle[0])
    edge = side * outer.middle[0] + outer.width / 2
    return side * float(half_x - edge + cut * outer.width), 0.0


class _Surface:
    """The skin above the glass, composed finger by finger: each pixel belongs to the finger that presses it most."""

    def __init__(self, full: tuple[int, int], ppi: float, rng: np.random.Generator) -> None:
        self.full, self.ppi = full, ppi
        self.dome = np.full(full, -1, np.float32)
        self.relief = np.full(full, -3, np.float32)
        self.tone = np.full(full, 60, np.float32)
        self.owner = np.zeros(full, np.uint8)
        self.blur_px = CONDITIONS["clean"].blur_px * ppi / PPI
        scale = ppi / PPI
        self._fine = smooth_noise(full, 0.9 * scale, rng)
        self._coarse = smooth_noise(full, 2.2 * scale, rng)
        self._patches = smooth_noise(full, 14 * scale, rng)
        self._rim = 0.05 * self._patches + np.float32(0.05) * smooth_noise(full, 34 * scale, rng)
        self._pools = smooth_noise(full, 9 * scale, rng)
        self._bend = 1.6 / PPI * 25.4 * smooth_noise(full, 55 * scale, rng)

    def lay(
        self,
        person: int,
        finger: FingerShape,
        skin: Condition,
        lower: float,
        rng: np.random.Generator,
        *,
        to_scale: bool,
    ) -> tuple[slice, slice]:
        """Add one finger; gives the part of the surface that it may cover."""
        region = self._region(finger)
        across, along = self._finger_coordinates(finger, region)
        dome = _dome(across, along, finger, skin, lower, rng) + self._rim[region]
        bend = self._bend[region]
        relief = _skin(person, finger, across + bend, along + bend, rng, to_scale=to_scale)
        relief += self._roughness(relief, skin, region)
        # `Impression` has one threshold for all: what this finger's differs goes into its height.
        relief -= np.float32(skin.threshold + np.clip(rng.normal(0, 0.09), -0.2, 0.2))
        mine = dome > self.dome[region]
        self.dome[region][mine] = dome[mine]
        self.relief[region][mine] = relief[mine]
        self.tone[region][mine] = np.float32(skin.tone + rng.normal(0, 4)) + 9 * self._patches[region][mine]
        self.owner[region][mine] = finger.position
        return region

    def mine(self, region: tuple[slice, slice], finger: FingerShape) -> "_Owned":
        """Which pixels of `region` are the fingertip's, and where on it they lie."""
        across, along = self._finger_coordinates(finger, region)
        return _Owned(region, across, along, (self.owner[region] == finger.position) & (along > 0))

    def impression(self, margin: int) -> Impression:
        """All fingers as one impression."""
        none = np.zeros((1, 1), np.float32)
        return Impression(self.relief, none, none, self.dome, 0.0, self.tone, margin, self.blur_px, (0.0, 0.0))

    def _region(self, finger: FingerShape) -> tuple[slice, slice]:
        x, y = finger.axis
        reach = finger.width * 0.75
        ends = [(finger.fold_x + x * d, finger.fold_y + y * d) for d in (finger.length + 2, -finger.phalanx - 26)]
        sides = []
        for axis in (1, 0):
            low = min(end[axis] for end in ends) - reach
            high = max(end[axis] for end in ends) + reach
            middle = (self.full[1 - axis] - 1) / 2
            first, last = (int(np.clip(middle + v * self.ppi / 25.4, 0, self.full[1 - axis])) for v in (low, high))
            sides.append(slice(first, max(last, first)))
        return sides[0], sides[1]

    def _finger_coordinates(
        self, finger: FingerShape, region: tuple[slice, slice]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Across the finger, to the right, and along it from the fold to the tip; mm."""
        mm = 25.4 / self.ppi
        x = ((np.arange(region[1].start, region[1].stop) - (self.full[1] - 1) / 2) * mm - finger.fold_x)[None, :]
        y = ((np.arange(region[0].start, region[0].stop) - (self.full[0] - 1) / 2) * mm - finger.fold_y)[:, None]
        axis_x, axis_y = finger.axis
        return (-axis_y * x + axis_x * y).astype(np.float32), (axis_x * x + axis_y * y).astype(np.float32)

    def _roughness(
        self, relief: NDArray[np.float32], skin: Condition, region: tuple[slice, slice]
    ) -> NDArray[np.float32]:
        """As of a single finger: scales on the crests, patches, pools of sweat."""
        rough = np.float32(skin.fine_roughness) * self._fine[region]
        rough += np.float32(skin.coarse_roughness) * self._coarse[region]
        rough *= np.clip(np.float32(0.65) + np.float32(0.4) * relief, 0.2, 1)
        rough += np.float32(skin.patchiness) * self._patches[region]
        if skin.moisture:
            rough += np.float32(skin.moisture) * np.clip(self._pools[region] - 0.25, 0, 1.6)
        return rough


@dataclass(frozen=True, eq=False)
class _Owned:
    region: tuple[slice, slice]
    across: NDArray[np.float32]
    along: NDArray[np.float32]
    mask: NDArray[np.bool_]


def _dome(
    across: NDArray[np.float32],
    along: NDArray[np.float32],
    finger: FingerShape,
    skin: Condition,
    lower: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Pressure: 1 in the middle of the tip, less in the folds, `lower` in the middle phalanx."""
    fold, second = rng.uniform(0.12, 0.75), rng.uniform(0.0, 0.5)
    waist, bulge = rng.uniform(0.78, 0.95), rng.uniform(0.88, 1.05)
    # A light touch reaches less far to the tip, the sides and the fold.
    reach = float(np.clip(skin.reach, 0.5, 1.08))
    half = finger.width / 2 * reach / _FIRM_SHARE
    tip = finger.length * (0.5 + 0.5 * min(1.0, reach))
    fold = fold if reach > 0.8 else rng.uniform(-0.5, 0.1)
    lower = min(lower, 0.9) * (1.0 if reach > 0.8 else 0.5)
    steps = np.arange(-finger.phalanx - 30, finger.length + 6, 0.1)
    pressure = np.interp(
        steps,
        [-finger.phalanx - 28, -finger.phalanx - 10, -finger.phalanx, -finger.phalanx / 2, 0, 0.35 * finger.length],
        [-0.5, lower * rng.uniform(0.0, 1.0) - 0.1, lower * second, lower, min(fold, 0.2 + lower), 1.0],
    )
    pressure[steps > tip] = -1
    middle = 0.45 * finger.length
    blunt = rng.uniform(2.0, 2.6)
    rounded = np.clip(1 - (np.clip(steps - middle, 0, None) / (tip - middle)) ** blunt, 0, 1) ** (1 / blunt)
    taper = 1 - (1 - waist) * np.clip((middle - steps) / middle, 0, 1) ** 2
    below = waist + (bulge - waist) * np.abs(np.sin(np.pi * np.clip(-steps / finger.phalanx, 0, 2)))
    width = half * np.where(steps > 0, rounded * taper, below)
    place = np.clip(((along - steps[0]) * 10).astype(np.int32), 0, len(steps) - 1)
    lean = rng.normal(0, 0.04)
    share = across / np.maximum(width.astype(np.float32)[place], 0.05) - np.float32(lean)
    return np.asarray(pressure.astype(np.float32)[place] - np.clip(share * share, 0, 3), np.float32)


def _skin(
    person: int,
    finger: FingerShape,
    across: NDArray[np.float32],
    along: NDArray[np.float32],
    rng: np.random.Generator,
    *,
    to_scale: bool,
) -> NDArray[np.float32]:
    """Height of the skin: the finger's print above the fold, slanting ridges below, creases in the folds."""
    master = master_print(person * 10 + finger.position - 1)
    # Small hands have finer ridges; a print as long as a thumb's takes the whole master.
    per_mm = PPI / 25.4 if to_scale else 480 / max(finger.length, 18.0)
    column = across * np.float32(per_mm) + np.float32((master.relief.shape[1] - 1) / 2)
    # To scale the middle of the fingertip is that of the master: what is too long for it is mirrored at both ends.
    fold_row = _FOLD_ROW / 2 + finger.length / 2 * per_mm if to_scale else _FOLD_ROW
    row = np.float32(fold_row) - along * np.float32(per_mm)
    skin = master.relief - np.float32(1.5) * master.pores
    relief = cv2.remap(skin, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    phalanx = _phalanx_skin(person * 2 + int(finger.position > 5))
    shift = np.float32(rng.uniform(0, 60))
    under = cv2.remap(phalanx, column + shift, row - np.float32(400), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    height: NDArray[np.float32] = np.where(along > 0, relief, under).astype(np.float32)
    for fold in (0.0, -finger.phalanx):
        for line in range(int(rng.integers(1, 4))):
            at = fold - (0 if line == 0 else rng.uniform(0.8, 3.0) * rng.choice([-1, 1], p=(0.3, 0.7)))
            wide, deep = rng.uniform(0.2, 0.55), rng.uniform(1.2, 3.5) if line == 0 else rng.uniform(0.5, 2.0)
            bow = rng.normal(0, 0.006)
            away = (along - np.float32(at) - np.float32(bow) * across * across) / np.float32(wide)
            height -= np.float32(deep) * np.exp(-np.clip(away * away, 0, 30))
    return height


@lru_cache(maxsize=4)
def _phalanx_skin(seed: int) -> NDArray[np.float32]:
    """Ridges of a middle phalanx: slanting waves without a centre."""
    rng = np.random.default_rng([seed, 0x504841])
    orientation = np.float32(rng.normal(0, 0.35)) + np.float32(0.3) * smooth_noise(_PHALANX_SHAPE, 60, rng)
    period = np.full(_PHALANX_SHAPE, rng.uniform(9.0, 10.0), np.float32)
    return grow_ridges(orientation.astype(np.float32), period, rng)


def _truth(finger: FingerShape, owned: _Owned, touching: NDArray[np.float32], margin: int, ppi: float) -> DrawnFinger:
    """The box of what touches, along the finger's own axis."""
    height, width = touching.shape
    rows, columns = owned.region
    top, left = max(rows.start, margin), max(columns.start, margin)
    bottom, right = min(rows.stop, margin + height), min(columns.stop, margin + width)
    absent = DrawnFinger(finger.position, False)
    if bottom <= top or right <= left:
        return absent
    inner = (slice(top - rows.start, bottom - rows.start), slice(left - columns.start, right - columns.start))
    seen = blurred(touching[top - margin : bottom - margin, left - margin : right - margin], 0.012 * ppi)
    print_ = owned.mask[inner] & (seen > _TOUCHES)
    if print_.sum() < 9 / 25.4**2 * ppi**2:
        return absent
    across, along = owned.across[inner][print_], owned.along[inner][print_]
    (x0, x1), (y0, y1) = np.quantile(across, (0.003, 0.997)), np.quantile(along, (0.003, 0.997))
    axis_x, axis_y = finger.axis
    u, v = (x0 + x1) / 2, (y0 + y1) / 2
    x, y = finger.fold_x - axis_y * u + axis_x * v, finger.fold_y + axis_x * u + axis_y * v
    scale = ppi / 25.4
    usual = 0.78 * finger.width * finger.length
    return DrawnFinger(
        finger.position,
        True,
        float(x * scale + (width - 1) / 2),
        float(y * scale + (height - 1) / 2),
        float((x1 - x0) * scale),
        float((y1 - y0) * scale),
        finger.turn_deg,
        float(min(1.0, (x1 - x0) * (y1 - y0) / usual)),
    )
