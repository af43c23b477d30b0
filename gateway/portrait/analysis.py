"""One frame judged in full."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.portrait.framing import Framing, portrait_framing
from gateway.portrait.head import Head, located_head
from gateway.portrait.quality import PortraitQuality, assess


@dataclass(frozen=True)
class PortraitAnalysis:
    """What a frame shows.

    Parameters
    ----------
    head : Head or None
        None where no face was seen.
    quality : PortraitQuality or None
        None without a head.
    guidance : tuple of Guidance
        The most important remark first.
    framing : Framing
        The part of the frame that is the portrait.
    """

    head: Head | None
    quality: PortraitQuality | None
    guidance: tuple[Guidance, ...]
    framing: Framing


def analyze(pixels: NDArray[np.uint8]) -> PortraitAnalysis:
    """Locate the head and judge the frame.

    Parameters
    ----------
    pixels : (height, width, 3) uint8
        sRGB, upright.

    Raises
    ------
    ValueError
        It is no such array.
    """
    head = located_head(pixels)
    if head is None:
        return PortraitAnalysis(None, None, (guidance(GuidanceCode.NO_FACE),), portrait_framing(pixels.shape, None))
    quality, remarks, fit = assess(pixels, head)
    return PortraitAnalysis(head, quality, remarks, fit.framing)
