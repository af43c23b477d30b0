"""Preview frames as JPEG, made once for all who look at the same capture."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.capture import previews

KEPT = 8
"""Sizes of the newest frame of captures that are looked at: a few devices, each by pages and a desktop program."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame, encoded."""

    width: int
    height: int
    jpeg: bytes


class PreviewPictures:
    """The newest frame of each capture at each width; belongs to the event loop's thread.

    Three pages that follow one capture cost one JPEG a frame, half a millisecond to one of a core, not three.
    """

    def __init__(self) -> None:
        self._newest: OrderedDict[tuple[str, int], tuple[int, asyncio.Task[Picture]]] = OrderedDict()

    async def picture(self, capture_id: str, seq: int, pixels: NDArray[np.uint8], max_width: int) -> Picture:
        """Frame `seq` of a capture, at most `max_width` wide where that is not 0."""
        key = (capture_id, max_width)
        held = self._newest.get(key)
        if held is None or held[0] != seq:
            held = (seq, asyncio.create_task(asyncio.to_thread(_picture, pixels, max_width)))
            if key not in self._newest or self._newest[key][0] < seq:
                self._newest[key] = held
                self._newest.move_to_end(key)
                if len(self._newest) > KEPT:
                    self._newest.popitem(last=False)
        # Who leaves must not take it away from the others.
        return await asyncio.shield(held[1])


def _picture(pixels: NDArray[np.uint8], max_width: int) -> Picture:
    shown = previews.scaled(pixels, max_width)
    return Picture(shown.shape[1], shown.shape[0], previews.jpeg(shown))
