"""What an idle camera's own view of the empty place tells without anybody: light, its shape and colour, noise, pixels.

A camera sees a room, and rooms change: what is seen of light and its shape on one day alone may be a chair that was
moved. It counts as drift when two looks, one after the other, agree; noise and pixels count at once.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.idle_frames import check_frames, frame_noise, without_stray
from calibration.portrait.colour_card import linear_light
from calibration.record import Evidence
from gateway.iris import assess_preview
from gateway.portrait import located_head

PLACES = (6, 8)
"""Rows and columns of the background that is kept of each look."""
STILL = 3.0
"""Grey levels by which a place may change between frames: more is somebody who moves there."""
DARK_ROOM = 20.0
"""Levels of sRGB: a portrait camera has no light of its own, and says nothing of itself before the office opens."""
MOST_SHAPE = 15.0
"""Percent by which a place's share of the light may change: a lamp of several that fails changes a third."""
_NOISE_SHARE, _NOISE_STEP = 0.5, 0.6
_MORE_PIXELS = 15.0
_LIGHT = {"light": (0.15, 1.5), "red_over_green": (0.12, 0.03), "blue_over_green": (0.12, 0.03)}
"""Share and least step, either way. Programme choices; docs/calibration-cameras.md."""
_AT_ONCE = ("noise", "stray_pixels")


def idle_place_figures(frames: Sequence[NDArray[np.uint8]]) -> dict[str, float] | None:
    """Figures of the empty place; None where somebody is there, or where a room without light shows nothing.

    Parameters
    ----------
    frames : sequence of (height, width) or (height, width, 3) uint8
        Over two seconds or so, `idle_frames.MIN_FRAMES` at least, of one size; in colour of a portrait camera.

    Returns
    -------
    dict
        `light`: mean grey; `noise`: deviation from frame to frame; `stray_pixels`: how many differ from their
        neighbours by 8 deviations and 12 levels; `place_R_C`: the light of a place over the mean, 48 of them; of a
        portrait camera `red_over_green` and `blue_over_green` in linear light too.

    Raises
    ------
    ValueError
        Too few frames, or of different sizes.
    """
    check_frames(frames)
    colour = frames[0].ndim == 3
    grey = np.stack([cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) if colour else each for each in frames]).astype(np.float32)
    places = np.stack([_places(each) for each in grey])
    mean = np.asarray(grey.mean(axis=0), np.float32)
    light = float(mean.mean())
    if float(np.ptp(places, axis=0).max()) > max(STILL, 0.05 * light) or (colour and light < DARK_ROOM):
        return None
    if _somebody(frames[-1]):
        return None
    found = {
        "light": light,
        "noise": frame_noise(grey),
        "stray_pixels": float(without_stray(mean)[1]),
    }
    if colour:
        red, green, blue = linear_light(np.stack(frames)).mean(axis=(0, 1, 2), dtype=np.float64)
        found |= {"red_over_green": float(red / green), "blue_over_green": float(blue / green)}
    shape = places.mean(axis=0) / max(light, 1e-3)
    return found | {f"place_{row}_{column}": float(share) for (row, column), share in np.ndenumerate(shape)}


def place_drift(
    reference: Mapping[str, float], now: Mapping[str, float], before: Mapping[str, float] | None
) -> tuple[Evidence, ...]:
    """Figures that have left their bounds.

    Parameters
    ----------
    reference : mapping of float
        As they were when the calibration in use was new: see `place_reference`.
    now : mapping of float
    before : mapping of float or None
        Of the look before this one: what may be the room's is drift only where that had it too.
    """
    seen_before = {each.name for each in _beyond(reference, before)} if before is not None else set()
    return tuple(each for each in _beyond(reference, now) if each.name in _AT_ONCE or each.name in seen_before)


def place_reference(looks: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of the first three looks since a calibration came into use."""
    first = looks[:3]
    names = [name for name in first[0] if all(name in look for look in first)]
    return {name: float(np.median([look[name] for look in first])) for name in names}


def _beyond(reference: Mapping[str, float], now: Mapping[str, float]) -> list[Evidence]:
    found = []
    both = [name for name in reference if name in now]
    for name in both:
        was, is_now = reference[name], now[name]
        if name in _LIGHT:
            share, step = _LIGHT[name]
            allowed = max(step, share * abs(was))
            if abs(is_now - was) > allowed:
                found.append(Evidence(name, is_now, was + (allowed if is_now > was else -allowed), _unit(name)))
        elif name in _AT_ONCE:
            bound = was + (max(_NOISE_STEP, _NOISE_SHARE * was) if name == "noise" else _MORE_PIXELS + was)
            if is_now > bound:
                found.append(Evidence(name, is_now, bound, _unit(name)))
    changes = [100 * abs(now[name] / max(reference[name], 1e-3) - 1) for name in both if name.startswith("place_")]
    if changes and max(changes) > MOST_SHAPE:
        found.append(Evidence("illumination_shape", max(changes), MOST_SHAPE, "%"))
    return found


def _unit(name: str) -> str:
    return "grey" if name in ("light", "noise") else "1"


def _places(grey: NDArray[np.float32]) -> NDArray[np.float64]:
    """(6, 8) means."""
    rows, columns = PLACES
    bands = [np.array_split(band, columns, axis=1) for band in np.array_split(grey, rows, axis=0)]
    return np.array([[place.mean(dtype=np.float64) for place in band] for band in bands])


def _somebody(frame: NDArray[np.uint8]) -> bool:
    """Whether a person who holds still is seen."""
    if frame.ndim == 3:
        return located_head(frame) is not None
    return assess_preview(frame).eye_present
