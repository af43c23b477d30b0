"""Guidance: what the measures of an iris say to the operator."""

from dataclasses import dataclass

from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.iris.contrast import FrameLight
from gateway.iris.gaze import LAMPS_BELOW_LENS, GazeEstimate
from gateway.iris.geometry import IrisOutcome
from gateway.iris.quality import IrisQuality
from gateway.iris.side import EstimatedSide, Side

SURE_SIDE = 0.97
"""Of a side's certainty; a remark needs more than the 0.9 from which a side is named."""


@dataclass(frozen=True)
class GuidanceLimits:
    """Where a measure becomes a remark.

    Set on drawn eyes of every condition so that a clean one draws none; the standard's recommendation where it has one
    that these eyes allow. Shares are percent, lengths pixels or iris radii.
    """

    min_radius: float = 80.0
    """Usual for ISO/IEC 29794-6."""
    max_frame_share: float = 0.54
    near_radius: float = 130.0
    """A small frame about the eye is not a near eye."""
    min_margin: float = 30.0
    """ISO/IEC 29794-6 recommends 80, which an eye in the middle of a small frame may miss."""
    good_margin: float = 95.0
    max_displacement: float = 0.18
    """Beyond it an eye with less than a good margin is off centre."""
    max_blur: float = 2.5
    """Percent of the iris radius; a lens on its plane of focus leaves about 1."""
    motion_ratio: float = 2.2
    """Defocus leaves 1.0 to 1.1."""
    max_aside: float = 0.5
    """Probability that an eye looks aside, of `estimated_gaze`."""
    sure_gaze_deg: float = 16.0
    """Ghosts of lamps in spectacles read up to 14."""
    max_gaze: float = 1.0
    """See `gaze_evidence`."""
    sure_gaze: float = 1.6
    """Spectacles at a straight gaze give up to 1.4."""
    lamps: tuple[float, float] | None = LAMPS_BELOW_LENS
    """Where the camera's lamps are mirrored at a straight gaze, x, y from the iris centre in iris radii, as
    `lamp_offset` measures it; None where that is not known, and gaze is told by outlines alone."""
    lamp_offset: float = 0.075
    """Where the lamps are mirrored at a straight gaze, iris radii from the pupil's centre: a property of the camera."""
    min_usable: float = 67.5
    low_upper_lid: float = 0.145
    min_usable_below_lid: float = 74.0
    """Usable area wanted where an upper lid hides more than `low_upper_lid`: there is something to open."""
    min_usable_for_gaze: float = 60.0
    """Usable area below which lids come first: they bend both outlines."""
    lid_share: float = 0.26
    """Of the ring under the lids above which it is these that cover it, and not lashes alone."""
    lid_contrast: float = 0.15
    """Share of the iris's grey by which an upper lid differs from it; a lid that does not is taken for a false one."""
    min_spectacle_glints: int = 2
    max_glint_share: float = 0.06
    dark_iris: float = 50.0
    dark_sclera: float = 85.0
    max_noise: float = 2.6
    """Grey levels; a camera that lacks light raises its gain."""
    min_signal_to_noise: float = 32.0
    """An iris that stands this far above the noise is light enough however noisy."""
    max_saturated: float = 0.12
    bright_sclera: float = 252.0
    wide_ratio: float = 60.0
    small_ratio: float = 21.5
    bright_frame_share: float = 0.35
    """Of a frame without an eye that is white."""
    dark_frame: float = 60.0
    """Its 90th percentile."""


DEFAULT_LIMITS = GuidanceLimits()


def sample_guidance(
    quality: IrisQuality | None,
    outcome: IrisOutcome,
    frame: FrameLight | None = None,
    limits: GuidanceLimits = DEFAULT_LIMITS,
    *,
    gaze: GazeEstimate | None = None,
) -> tuple[Guidance, ...]:
    """Remarks on one image, the most important first; none when all is well.

    Parameters
    ----------
    quality : IrisQuality or None
        None where no outlines were found.
    outcome : IrisOutcome
    frame : FrameLight, optional
        Tells why no eye was found.
    limits : GuidanceLimits
    gaze : GazeEstimate, optional
        Of `estimated_gaze` with `limits.lamps`; without it `gaze_evidence` tells, less surely.
    """
    if quality is None:
        return tuple(map(guidance, _nothing(outcome, frame, limits)))
    placing, lit = _placing(quality, outcome, limits), _light(quality, limits)
    # A white eye has false outlines.
    codes = [*lit, *placing] if GuidanceCode.EYE_TOO_BRIGHT in lit else [*placing, *lit]
    codes += _blur(quality, limits)
    believed = GuidanceCode.OPEN_WIDER in _cover(quality, limits) or not codes
    if outcome is IrisOutcome.EYE_CLOSED and believed and GuidanceCode.EYE_OFF_CENTRE not in codes:
        codes.insert(0, GuidanceCode.OPEN_WIDER)
    elif outcome is IrisOutcome.NO_EYE:
        codes.insert(0, GuidanceCode.NO_EYE)
    codes += _pupil(quality, limits)
    if not codes:
        # What blur, a cut or glare does to outlines is no sign of gaze or lids; a low lid's of neither gaze nor glass.
        codes += _cover(quality, limits)
        if GuidanceCode.OPEN_WIDER not in codes or quality.usable_iris_area >= limits.min_usable_for_gaze:
            aside, glass = _gaze(quality, limits, gaze), _spectacles(quality, limits)
            first = [*aside, *glass] if _surely_aside(quality, limits, gaze) else [*glass, *aside]
            codes = [*first, *codes]
    return tuple(map(guidance, codes))


def gaze_evidence(quality: IrisQuality, limits: GuidanceLimits = DEFAULT_LIMITS) -> float:
    """How surely an eye looks aside; over 1 it does by 10 degrees or more.

    Of the mirrored lamps' distance from the pupil's centre, beyond what lamps beside the lens give at a straight gaze,
    and of the flatness of both outlines. Drawn eyes that look straight reach 0.7 (1.0 with the head turned). Of no use
    where a camera's lamps are elsewhere than `limits.lamp_offset` says: most of MMU1's eyes exceed 1.
    """
    flat = max(0.0, 0.975 - quality.pupil_axis_ratio) / 0.035 + max(0.0, 0.98 - quality.limbus_axis_ratio) / 0.08
    aside = max(0.0, quality.glint_offset - limits.lamp_offset) / 0.045 if quality.corneal_glints else 0.0
    return aside + flat


def _nothing(outcome: IrisOutcome, frame: FrameLight | None, limits: GuidanceLimits) -> list[GuidanceCode]:
    if outcome is IrisOutcome.EYE_CLOSED:
        return [GuidanceCode.OPEN_WIDER]
    if outcome is IrisOutcome.IRIS_INCOMPLETE:
        return [GuidanceCode.EYE_OFF_CENTRE]
    if outcome is IrisOutcome.TOO_SMALL:
        return [GuidanceCode.EYE_TOO_FAR]
    if frame is None:
        return [GuidanceCode.NO_EYE]
    if frame.saturated > limits.bright_frame_share:
        return [GuidanceCode.EYE_TOO_BRIGHT, GuidanceCode.NO_EYE]
    if frame.bright_level < limits.dark_frame:
        return [GuidanceCode.EYE_TOO_DARK, GuidanceCode.NO_EYE]
    return [GuidanceCode.NO_EYE]


def _placing(quality: IrisQuality, outcome: IrisOutcome, limits: GuidanceLimits) -> list[GuidanceCode]:
    if quality.iris_radius < limits.min_radius:
        codes = [GuidanceCode.EYE_TOO_FAR]
    elif quality.iris_radius > limits.near_radius and quality.frame_share > limits.max_frame_share:
        codes = [GuidanceCode.EYE_TOO_NEAR]
    else:
        codes = []
    margin = quality.margin_adequacy
    displaced = margin <= limits.good_margin and quality.displacement > limits.max_displacement
    if outcome is IrisOutcome.IRIS_INCOMPLETE or margin <= limits.min_margin or displaced:
        codes.append(GuidanceCode.EYE_OFF_CENTRE)
    return codes


def _light(quality: IrisQuality, limits: GuidanceLimits) -> list[GuidanceCode]:
    zones = quality.zones
    if zones.saturated > limits.max_saturated or zones.sclera > limits.bright_sclera:
        return [GuidanceCode.EYE_TOO_BRIGHT]
    noisy = zones.noise > limits.max_noise and quality.signal_to_noise < limits.min_signal_to_noise
    if noisy or (zones.iris < limits.dark_iris and zones.sclera < limits.dark_sclera):
        return [GuidanceCode.EYE_TOO_DARK]
    return []


def _blur(quality: IrisQuality, limits: GuidanceLimits) -> list[GuidanceCode]:
    if not quality.relative_blur > limits.max_blur:
        return []
    if quality.motion_blur > limits.motion_ratio:
        return [GuidanceCode.EYE_MOVED]
    return [GuidanceCode.EYE_OUT_OF_FOCUS]


def _pupil(quality: IrisQuality, limits: GuidanceLimits) -> list[GuidanceCode]:
    if quality.pupil_to_iris_ratio > limits.wide_ratio:
        return [GuidanceCode.PUPIL_TOO_WIDE]
    return [GuidanceCode.PUPIL_TOO_SMALL] if quality.pupil_to_iris_ratio < limits.small_ratio else []


def _spectacles(quality: IrisQuality, limits: GuidanceLimits) -> list[GuidanceCode]:
    """A lens mirrors each lamp twice; one spot or a wide one may be anything."""
    if quality.stray_glints >= limits.min_spectacle_glints and quality.stray_glint_share <= limits.max_glint_share:
        return [GuidanceCode.SPECTACLES]
    return [GuidanceCode.REFLECTION] if quality.stray_glints else []


def _surely_aside(quality: IrisQuality, limits: GuidanceLimits, gaze: GazeEstimate | None) -> bool:
    """So far that no ghost of a lamp in spectacles is the cause."""
    if gaze is not None:
        return gaze.angle_deg > limits.sure_gaze_deg
    return gaze_evidence(quality, limits) > limits.sure_gaze


def _gaze(quality: IrisQuality, limits: GuidanceLimits, gaze: GazeEstimate | None) -> list[GuidanceCode]:
    aside = gaze.aside > limits.max_aside if gaze is not None else gaze_evidence(quality, limits) > limits.max_gaze
    return [GuidanceCode.LOOK_AT_CAMERA] if aside else []


def _cover(quality: IrisQuality, limits: GuidanceLimits) -> list[GuidanceCode]:
    hidden, upper = quality.cover, quality.cover.upper_lid
    if abs(hidden.upper_lid_grey - quality.zones.iris) < limits.lid_contrast * quality.zones.iris:
        upper = 0.0
    usable = quality.usable_iris_area + 100 * (hidden.upper_lid - upper)
    low = upper > limits.low_upper_lid
    if usable >= (limits.min_usable_below_lid if low else limits.min_usable):
        return []
    lids_cover = upper + hidden.lower_lid > limits.lid_share + hidden.lashes
    return [GuidanceCode.OPEN_WIDER if low or lids_cover else GuidanceCode.LASHES_OVER_IRIS]


def side_guidance(asked: Side, estimated: EstimatedSide, least_certainty: float = SURE_SIDE) -> tuple[Guidance, ...]:
    """That it is the wrong eye, where the one asked for is known and the other one is surely seen; else nothing.

    Parameters
    ----------
    asked : {"right", "left", "unknown"}
    estimated : EstimatedSide
    least_certainty : float
        Probability below which nothing is said: an operator who is wrongly sent to the other eye captures that one.
    """
    if "unknown" in (asked, estimated.side) or asked == estimated.side or estimated.certainty < least_certainty:
        return ()
    return (guidance(GuidanceCode.WRONG_EYE),)
