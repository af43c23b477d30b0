"""Where a head is: by its eyes, or, where these are not seen, by an oval of the colour of skin."""

from dataclasses import dataclass
from math import cos, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.portrait.eye_pair import Expected, EyePair, eye_pair
from gateway.portrait.skin import skin_mask

_LOOK_SIDE = 240
"""Pixels of the shorter side that is looked at: eyes of a head that fills a tenth of it are 12 apart still."""
_WIDTH_PER_EYES = 150 / 63
"""Width of a head over the distance between its eyes."""
HEIGHT_PER_WIDTH = 230 / 150
"""Crown to chin over the width; the eyes are halfway (ISO/IEC 39794-5 draws heads so)."""
_LEAST_FILLED, _OVAL = 0.6, (0.7, 1.8)
"""Of an oval in its box pi/4 is filled; and height over width, of a face that a scarf leaves free or a bald head."""
_LEAST_WIDTH, _MOST_WIDTH = 0.1, 0.75
"""Of the frame's shorter and longer side."""
_NECK = 0.72
"""Of its width where a face has narrowed to the jaw."""
_FOREHEAD, _WIDEST, _EYES_ABOVE = 0.5, 0.92, 0.05
"""Of the width: rows above which a patch is not looked at for a jaw; what counts as its widest; the eyes above that."""


@dataclass(frozen=True)
class Head:
    """A head in a frame; pixels.

    Parameters
    ----------
    centre : (float, float)
        Between the eyes, (x, y).
    width : float
        Ear to ear.
    roll_deg : float
        Positive where it leans to the right of the image; 0 where the eyes were not seen.
    eyes : EyePair or None
        None where they were not seen: shut, hidden, turned away, or too small.
    """

    centre: tuple[float, float]
    width: float
    roll_deg: float
    eyes: EyePair | None

    @property
    def height(self) -> float:
        """Crown to chin, from the width."""
        return HEIGHT_PER_WIDTH * self.width

    def outline(self, share: float = 1.0) -> NDArray[np.int32]:
        """(64, 2) points (x, y) of an ellipse about the head, its axes a `share` of the head's."""
        angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        across, down = share * self.width / 2 * np.cos(angle), share * self.height / 2 * np.sin(angle)
        turn = radians(self.roll_deg)
        x = self.centre[0] + across * cos(turn) - down * sin(turn)
        y = self.centre[1] + across * sin(turn) + down * cos(turn)
        return np.rint(np.stack([x, y], axis=1)).astype(np.int32)


def located_head(pixels: NDArray[np.uint8]) -> Head | None:
    """The head of the person before the camera, if one is seen.

    No face is recognised as one: what has two eyes amid skin is taken for a head, and an oval of the colour of skin
    that stands upright and is no wider than a head can be. A doll, a photograph and a drawing are heads, too.

    Parameters
    ----------
    pixels : (height, width, 3) uint8
        sRGB, upright.

    Raises
    ------
    ValueError
        It is no such array.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise ValueError(f"a portrait is (height, width, 3) uint8, not {pixels.shape} {pixels.dtype}")
    height, width = pixels.shape[:2]
    zoom = max(1.0, min(height, width) / _LOOK_SIDE)
    small = pixels
    if zoom > 1:
        size = (round(width / zoom), round(height / zoom))
        small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    skin = skin_mask(small)
    oval = _of_oval(skin)
    expected = None if oval is None else Expected(oval.centre, oval.width / _WIDTH_PER_EYES)
    pair = eye_pair(np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8), skin, expected)
    head = oval if pair is None else Head(pair.middle, _WIDTH_PER_EYES * pair.distance, pair.roll_deg, pair)
    return None if head is None else _magnified(head, width / small.shape[1])


def _of_oval(skin: NDArray[np.bool_]) -> Head | None:
    """The largest patch of skin, as far down as the jaw narrows it."""
    opened = cv2.morphologyEx(skin.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    if count < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    left, top, broad, tall = (int(each) for each in stats[largest, : cv2.CC_STAT_AREA])
    patch = labels[top : top + tall, left : left + broad] == largest
    # Eyes, brows and mouth are no holes.
    patch = np.maximum.accumulate(patch, axis=1) & np.maximum.accumulate(patch[:, ::-1], axis=1)[:, ::-1]
    widths = patch.sum(axis=1)
    high = _jaw_row(widths)
    patch, widths = patch[:high], widths[:high]
    wide = int(np.percentile(widths, 95))
    shorter, longer = min(skin.shape), max(skin.shape)
    if not (_LEAST_WIDTH * shorter <= wide <= _MOST_WIDTH * longer and _OVAL[0] <= high / wide <= _OVAL[1]):
        return None
    columns = np.flatnonzero(patch.sum(axis=0) > high / 4)
    if not columns.size or patch.sum() < _LEAST_FILLED * wide * high:
        return None
    middle = left + (columns[0] + columns[-1]) / 2
    # Cheekbones and ears are where a head is widest, and the eyes a little above.
    widest = top + float(np.median(np.flatnonzero(widths >= _WIDEST * wide)))
    return Head((float(middle), widest - _EYES_ABOVE * wide), float(wide), 0.0, None)


def _jaw_row(widths: NDArray[np.int64]) -> int:
    """How many rows from the top belong to the face, by how wide the patch is in each."""
    widest = 0
    for row, width in enumerate(widths):
        widest = max(widest, int(width))
        if row > _FOREHEAD * widest and (width < _NECK * widest or row > _OVAL[1] * widest):
            return row
    return len(widths)


def _magnified(head: Head, zoom: float) -> Head:
    x, y = head.centre
    eyes = None if head.eyes is None else head.eyes.magnified(zoom)
    return Head((zoom * (x + 0.5) - 0.5, zoom * (y + 0.5) - 0.5), zoom * head.width, head.roll_deg, eyes)
