"""Portraits: pixels in; the head's place, quality, guidance and the cut of the picture out. No model is used."""

from gateway.portrait.analysis import PortraitAnalysis, analyze
from gateway.portrait.framing import Framing, portrait_framing
from gateway.portrait.head import Head, located_head
from gateway.portrait.quality import PortraitQuality

__all__ = [
    "Framing",
    "Head",
    "PortraitAnalysis",
    "PortraitQuality",
    "analyze",
    "located_head",
    "portrait_framing",
]
