"""Guidance: what the measures of a sample say to the operator."""

import math
from dataclasses import dataclass

from gateway.fingerprint.flow import FlowMeasures
from gateway.fingerprint.foreground import ForegroundMeasures
from gateway.guidance import Guidance, GuidanceCode, guidance


@dataclass(frozen=True)
class GuidanceLimits:
    """Where a measure becomes a remark.

    Set so that a good print of a public set draws none and every state that the synthetic scanner draws does; what two
    frames tell better than one, `PlacementAdvice` says.
    """

    min_finger_area_mm2: float = 25.0
    min_area_mm2: float = 110.0
    """NFIQ 2 asks for 50,000 pixels = 129 mm2; two of the public sensors' good prints have 115."""
    max_offset: float = 0.165
    """Of the centroid from the middle, as a share of the frame's sides."""
    min_cut_share: float = 0.13
    """A finger that lies off the middle but ends inside the frame is only partly laid down."""
    surely_cut_share: float = 0.17
    small_area_mm2: float = 136.0
    """A tip that touches the frame is smaller than a whole finger that the frame cuts."""
    whole_area_mm2: float = 150.0
    """A print of this size that ends inside the frame is whole, wherever it lies."""
    min_contrast: float = 12.0
    min_coherence: float = 0.35
    min_minutiae: int = 12
    max_darkness: float = 0.53
    hard_area_mm2: float = 242.0
    hard_coherence: float = 0.87
    flat_area_mm2: float = 265.0
    """A wet finger floods its valleys in pools, one that is pressed flat closes them evenly."""
    min_darkness: float = 0.335
    dry_coherence: float = 0.6
    light_darkness: float = 0.345
    light_area_mm2: float = 120.0
    min_noise_coherence: float = 0.2
    """Noise of any grain stays at 0.14 to 0.2 before enhancement, cloth, leather and text at 0.12 to 0.23; the least
    of 448 public prints is 0.23."""
    straight_coherence: float = 0.3
    max_straightness: float = 0.97
    """Of the whole print; stripes have 0.99, the tip of a finger 0.98, which is why only large areas count."""
    pale_mean: float = 200.0
    """A faint print on a ground this light is what the last finger left behind."""
    max_residue_share: float = 0.009
    object_share: float = 0.05
    max_rotation_deg: float = 18.0
    """Estimated; a finger laid down with care strays by 14."""
    max_smear: float = 0.15
    """See `FlowMeasures.smear`; only an otherwise sound print is called moved."""


DEFAULT_LIMITS = GuidanceLimits()


def finger_present(measures: ForegroundMeasures, limits: GuidanceLimits = DEFAULT_LIMITS) -> bool:
    """Whether the foreground is a finger, neither noise nor the faint print that one left on the platen."""
    return (
        measures.area_mm2 >= limits.min_finger_area_mm2
        and measures.coherence >= limits.min_noise_coherence
        and not _pale(measures, limits)
    )


def without_finger_guidance(seen: ForegroundMeasures, limits: GuidanceLimits = DEFAULT_LIMITS) -> tuple[Guidance, ...]:
    """Remarks on a sample that holds no finger: an empty glass, a trace on it, or something else that lies there.

    `seen` is the foreground before it was found to be no finger.
    """
    ridged = seen.coherence >= limits.min_noise_coherence
    large = seen.area_mm2 >= limits.min_finger_area_mm2
    codes = [GuidanceCode.NO_FINGER]
    if large and ridged and _pale(seen, limits):
        codes += [GuidanceCode.LATENT_ONLY] if seen.coherence >= limits.min_coherence else []
        codes.append(GuidanceCode.DIRTY_PLATEN)
    elif seen.contrast >= limits.min_contrast and (large or (seen.residue_share > limits.object_share and not ridged)):
        # Segmentation takes little of a weave: it has no direction. The rest of it stands beside the foreground.
        codes.append(GuidanceCode.NOT_A_FINGER)
    else:
        codes += _dirt(seen, limits)
    return tuple(map(guidance, codes))


def looks_like_stripes(
    measures: ForegroundMeasures, flow: FlowMeasures, limits: GuidanceLimits = DEFAULT_LIMITS
) -> bool:
    """Whether the foreground has a direction but not that of ridges: parallel throughout, as print and cloth are."""
    return (flow.straightness > limits.max_straightness and measures.area_mm2 > limits.whole_area_mm2) or (
        flow.straightness > 0.7 and measures.coherence < limits.straight_coherence
    )


def sample_guidance(
    measures: ForegroundMeasures,
    minutia_count: int | None = None,
    limits: GuidanceLimits = DEFAULT_LIMITS,
    *,
    flow: FlowMeasures | None = None,
    rejected: ForegroundMeasures | None = None,
) -> tuple[Guidance, ...]:
    """Remarks on one sample, the most important first; none when all is well.

    Parameters
    ----------
    measures : ForegroundMeasures
        Of the finger; of an empty foreground where there is none.
    minutia_count : int, optional
        A preview counts none.
    flow : FlowMeasures, optional
        Without it, a turned or smeared finger is not named.
    rejected : ForegroundMeasures, optional
        Of the foreground that was found to be no finger.
    """
    if not finger_present(measures, limits):
        return without_finger_guidance(rejected or measures, limits)
    codes = [*_extent(measures, limits), *_skin(measures, limits)]
    if measures.contrast < limits.min_contrast:
        codes.append(GuidanceCode.LOW_CONTRAST)
    if measures.coherence < limits.min_coherence and GuidanceCode.TOO_DRY not in codes:
        codes.append(GuidanceCode.UNCLEAR_RIDGES)
    dirt = _dirt(measures, limits)
    if flow is not None and not codes and not dirt:
        codes += _course(flow, limits)
    if minutia_count is not None and minutia_count < limits.min_minutiae:
        codes.append(GuidanceCode.FEW_MINUTIAE)
    return tuple(map(guidance, [*codes, *dirt]))


def _extent(measures: ForegroundMeasures, limits: GuidanceLimits) -> list[GuidanceCode]:
    x, y = measures.centroid
    off = math.hypot(x - 0.5, y - 0.5) > limits.max_offset
    whole = measures.area_mm2 >= limits.small_area_mm2 and measures.cut_share > limits.min_cut_share
    if off and (whole or measures.cut_share > limits.surely_cut_share):
        return [GuidanceCode.OFF_CENTRE, *_way_back(measures)]
    if _light(measures, limits):
        return []
    if measures.area_mm2 < limits.min_area_mm2 or (off and measures.area_mm2 < limits.whole_area_mm2):
        return [GuidanceCode.PARTIAL]
    return []


def _way_back(measures: ForegroundMeasures) -> list[GuidanceCode]:
    """Where to move the finger: along both axes where both are off, the longer way first."""
    x, y = measures.offset_mm
    ways = [
        (abs(x), GuidanceCode.MOVE_LEFT if x > 0 else GuidanceCode.MOVE_RIGHT),
        (abs(y), GuidanceCode.MOVE_UP if y > 0 else GuidanceCode.MOVE_DOWN),
    ]
    ways.sort(key=lambda way: -way[0])
    return [code for distance, code in ways if distance > 0.5 * ways[0][0]]


def _skin(measures: ForegroundMeasures, limits: GuidanceLimits) -> list[GuidanceCode]:
    """Dark wide ridges: pressed flat when the contact is large, else wet; pale ones: little pressure or dry."""
    if measures.darkness > limits.max_darkness:
        large = measures.area_mm2 > limits.hard_area_mm2 and measures.coherence > limits.hard_coherence
        return [GuidanceCode.TOO_HARD if large or measures.area_mm2 > limits.flat_area_mm2 else GuidanceCode.TOO_WET]
    if _light(measures, limits):
        return [GuidanceCode.TOO_LIGHT]
    if measures.darkness < limits.min_darkness and measures.coherence < limits.dry_coherence:
        return [GuidanceCode.TOO_DRY]
    return []


def _course(flow: FlowMeasures, limits: GuidanceLimits) -> list[GuidanceCode]:
    codes = [GuidanceCode.ROTATED] if abs(flow.rotation_deg) > limits.max_rotation_deg else []
    return [*codes, GuidanceCode.MOVED] if flow.smear > limits.max_smear else codes


def _pale(measures: ForegroundMeasures, limits: GuidanceLimits) -> bool:
    return measures.contrast < limits.min_contrast and measures.mean > limits.pale_mean


def _light(measures: ForegroundMeasures, limits: GuidanceLimits) -> bool:
    return measures.darkness < limits.light_darkness and measures.area_mm2 < limits.light_area_mm2


def _dirt(measures: ForegroundMeasures, limits: GuidanceLimits) -> list[GuidanceCode]:
    return [GuidanceCode.DIRTY_PLATEN] if measures.residue_share > limits.max_residue_share else []
