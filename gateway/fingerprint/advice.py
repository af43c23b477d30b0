"""Guidance: what the measures of a sample say to the operator."""

import math
from dataclasses import dataclass

from gateway.fingerprint.foreground import ForegroundMeasures
from gateway.guidance import Guidance, GuidanceCode, guidance


@dataclass(frozen=True)
class GuidanceLimits:
    """Where a measure becomes a remark.

    Set so that a good print of a public set draws none (DB1 of FVC2002, UPEK) and every state that the synthetic
    scanner draws does. A moving finger is told from two frames, not from one: see `displacement`.
    """

    min_finger_area_mm2: float = 25.0
    min_area_mm2: float = 110.0
    """NFIQ 2 asks for 50,000 pixels = 129 mm2; two of the public sensors' good prints have 115."""
    max_offset: float = 0.17
    """Of the centroid from the middle, as a share of the frame's sides."""
    min_cut_share: float = 0.1
    """A finger that lies off the middle but ends inside the frame is only partly laid down."""
    min_contrast: float = 12.0
    min_coherence: float = 0.35
    min_minutiae: int = 12
    max_darkness: float = 0.55
    hard_area_mm2: float = 240.0
    min_darkness: float = 0.31
    dry_coherence: float = 0.6
    light_area_mm2: float = 120.0
    min_noise_coherence: float = 0.2
    """Noise of any grain stays at 0.14 to 0.2 before enhancement; the least of 448 public prints is 0.23."""
    pale_mean: float = 200.0
    """A faint print on a ground this light is what the last finger left behind."""
    max_residue_share: float = 0.012


DEFAULT_LIMITS = GuidanceLimits()


def finger_present(measures: ForegroundMeasures, limits: GuidanceLimits = DEFAULT_LIMITS) -> bool:
    """Whether the foreground is a finger, neither noise nor the faint print that one left on the platen."""
    return (
        measures.area_mm2 >= limits.min_finger_area_mm2
        and measures.coherence >= limits.min_noise_coherence
        and not (measures.contrast < limits.min_contrast and measures.mean > limits.pale_mean)
    )


def sample_guidance(
    measures: ForegroundMeasures, minutia_count: int | None = None, limits: GuidanceLimits = DEFAULT_LIMITS
) -> tuple[Guidance, ...]:
    """Remarks on one sample, the most important first; none when all is well. A preview counts no minutiae."""
    if not finger_present(measures, limits):
        return tuple(map(guidance, [GuidanceCode.NO_FINGER, *_dirt(measures, limits)]))
    codes = [*_extent(measures, limits), *_skin(measures, limits)]
    if measures.contrast < limits.min_contrast:
        codes.append(GuidanceCode.LOW_CONTRAST)
    if measures.coherence < limits.min_coherence and GuidanceCode.TOO_DRY not in codes:
        codes.append(GuidanceCode.UNCLEAR_RIDGES)
    if minutia_count is not None and minutia_count < limits.min_minutiae:
        codes.append(GuidanceCode.FEW_MINUTIAE)
    return tuple(map(guidance, [*codes, *_dirt(measures, limits)]))


def _extent(measures: ForegroundMeasures, limits: GuidanceLimits) -> list[GuidanceCode]:
    x, y = measures.centroid
    if math.hypot(x - 0.5, y - 0.5) > limits.max_offset and measures.cut_share > limits.min_cut_share:
        return [GuidanceCode.OFF_CENTRE]
    if measures.area_mm2 < limits.min_area_mm2 and not _light(measures, limits):
        return [GuidanceCode.PARTIAL]
    return []


def _skin(measures: ForegroundMeasures, limits: GuidanceLimits) -> list[GuidanceCode]:
    """Dark wide ridges: pressed flat when the contact is large, else wet; pale ones: little pressure or dry."""
    if measures.darkness > limits.max_darkness:
        return [GuidanceCode.TOO_HARD if measures.area_mm2 > limits.hard_area_mm2 else GuidanceCode.TOO_WET]
    if _light(measures, limits):
        return [GuidanceCode.TOO_LIGHT]
    if measures.darkness < limits.min_darkness and measures.coherence < limits.dry_coherence:
        return [GuidanceCode.TOO_DRY]
    return []


def _light(measures: ForegroundMeasures, limits: GuidanceLimits) -> bool:
    return measures.darkness < limits.min_darkness + 0.02 and measures.area_mm2 < limits.light_area_mm2


def _dirt(measures: ForegroundMeasures, limits: GuidanceLimits) -> list[GuidanceCode]:
    return [GuidanceCode.DIRTY_PLATEN] if measures.residue_share > limits.max_residue_share else []
