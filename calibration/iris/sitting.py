"""The procedures of an iris camera as a technician goes through them: what is laid, looked at, and wanted next."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import black_level
from calibration.camera.placement import check_cap, check_grey_card, check_square
from calibration.camera.target import IRIS_SQUARE, CameraTarget
from calibration.camera.target_file import EYE_SAFETY, GREY_CARD, SQUARE
from calibration.errors import NotInTable, TargetMissing
from calibration.iris import distance, exposure, eye_safety, focus, illumination, mtf_edge, resolution, snr
from calibration.iris.exposure import ExposureStep
from calibration.iris.rail import first_stops, next_distance
from calibration.iris.stop import DistanceStop
from calibration.measurement import Measurement
from calibration.procedures import Procedure, Sitting, View
from drivers import DeviceKind
from gateway.guidance import LocalizedText

CYCLES_PER_MM, LEAST = 2.0, 0.6
EXPOSURES = (0.25, 0.5, 0.75)
"""Shares of the exposure in use: never longer, so that nothing is clipped that was not before."""
DISTANCES = (-2, 0, 2, 4)
"""Steps of the rail from the working distance, at which the sampling is told: where the range of focus was seen."""
RAIL_FRAMES = 4
_MODULATIONS: WeakKeyDictionary[Any, dict[tuple[CameraTarget, float], float]] = WeakKeyDictionary()
"""By the first frame of a stop, for as long as it is kept: with each stop all those before are asked for again."""

STRAIGHT = View(
    "square",
    SQUARE,
    LocalizedText(
        "Pegang kartu persegi (dicetak dengan karbon hitam) lurus di jarak kerja kamera, terputar 3 sampai 10 derajat.",
        "Hold the card with the square (printed in carbon black) straight, at the camera's working distance, turned by "
        "3 to 10 degrees.",
    ),
    frames=8,
    steady=False,
)
GREY = View(
    "grey card",
    GREY_CARD,
    LocalizedText(
        "Pegang kartu abu-abu di jarak kerja; kartu memenuhi gambar.",
        "Hold the grey card at the working distance, so that it fills the picture.",
    ),
    frames=32,
    steady=False,
)
CAPPED = View(
    "capped",
    "",
    LocalizedText("Tutup lensa kamera, dan matikan lampunya.", "Put the cap on the lens, and switch the lamps off."),
    frames=16,
    lit=False,
    steady=False,
)
LIGHT = View(
    "light as set",
    EYE_SAFETY,
    LocalizedText(
        "Biarkan kamera disetel seperti untuk perekaman; tidak ada yang dipasang.",
        "Leave the camera set as for captures; nothing is laid.",
    ),
    frames=1,  # as it is set: an automatic exposure may follow whoever stands there
    steady=False,
)


def iris_procedures() -> tuple[Procedure, ...]:
    """All of them, in the order of a plan."""
    known = partial(Procedure, kind=DeviceKind.IRIS_CAMERA, look=_look)
    sharp = ("resolution", "mtf_edge")
    return (
        known("resolution", views=(STRAIGHT,), measure=_resolution),
        known("mtf_edge", views=(STRAIGHT,), measure=_mtf_edge, after=("resolution",)),
        known("focus", views=(STRAIGHT,), measure=_focus, after=sharp, next_view=_next_focus),
        known("distance", views=(STRAIGHT,), measure=_distance, after=(*sharp, "focus"), next_view=_next_distance),
        known("illumination", views=(GREY, CAPPED), measure=_illumination, after=(*sharp, "focus", "distance")),
        known("exposure", views=(GREY,), measure=_exposure, after=("illumination",), next_view=_next_exposure),
        known("snr", views=(GREY, CAPPED), measure=_snr, after=("illumination", "exposure")),
        Procedure("eye_safety", DeviceKind.IRIS_CAMERA, (LIGHT,), _eye_safety),
    )


def _look(view: View, sitting: Sitting) -> None:
    pixels = sitting.frames[view.name][0].pixels
    if not view.lit:
        check_cap(pixels)
    elif view.target == GREY_CARD:
        check_grey_card(pixels)
    else:
        on_rail = view.distance_mm > 0
        check_square(pixels, _square(sitting), view.distance_mm or None, sharp=not on_rail)


def _resolution(sitting: Sitting) -> Measurement:
    return resolution.measure(_pixels(sitting, STRAIGHT.name), _square(sitting))


def _mtf_edge(sitting: Sitting) -> Measurement:
    return mtf_edge.measure(_pixels(sitting, STRAIGHT.name), _square(sitting))


def _focus(sitting: Sitting) -> Measurement:
    return focus.measure(_stops(sitting), _square(sitting), cycles_per_mm=CYCLES_PER_MM, least=LEAST)


def _distance(sitting: Sitting) -> Measurement:
    return distance.measure(_stops(sitting), _square(sitting))


def _illumination(sitting: Sitting) -> Measurement:
    frames: Sequence[Any] = sitting.frames[GREY.name]
    light = getattr(frames[0], "illumination", None)
    card = _target(sitting)
    return illumination.measure(
        _pixels(sitting, GREY.name),
        [each.captured_at for each in frames],
        black=black_level(_pixels(sitting, CAPPED.name)) if CAPPED.name in sitting.frames else 0.0,
        card_unevenness=card.unevenness if isinstance(card, CameraTarget) else 0.01,
        told_nm=None if light is None else light.wavelength_nm,
    )


def _exposure(sitting: Sitting) -> Measurement:
    in_use = _step(sitting, GREY.name)
    steps = [_step(sitting, name) for name in sitting.frames]
    told = [each for each in steps if each is not None]
    if in_use is None:
        return exposure.measure_in_use(None, _pixels(sitting, GREY.name))
    if len({each.exposure_ms for each in told}) < exposure.MIN_STEPS:
        return exposure.measure_in_use(in_use.exposure_ms, in_use.frames)
    return exposure.measure(told, in_use)


def _snr(sitting: Sitting) -> Measurement:
    return snr.measure(_pixels(sitting, GREY.name), _pixels(sitting, CAPPED.name))


def _eye_safety(sitting: Sitting) -> Measurement:
    given = sitting.targets.get(LIGHT.name)
    if not isinstance(given, eye_safety.EyeSafetyFile):
        raise TargetMissing(
            "the vendor's certified table is not there; give its file, of kind eye-safety, with --target"
        )
    if not sitting.model:
        raise NotInTable("frames from files do not tell whose they are; run eye_safety on the camera itself")
    lights = [light for each in sitting.frames[LIGHT.name] if (light := getattr(each, "illumination", None))]
    set_to = eye_safety.as_told(given.configured, [each.level for each in lights], [sum(each.lamps) for each in lights])
    return eye_safety.check(set_to, given.table, sitting.model, datetime.now(UTC).date())


def _next_focus(sitting: Sitting) -> View | None:
    levels = {
        view.distance_mm: _modulation(sitting.frames[name], _square(sitting), view.distance_mm)
        for name, view in sitting.views.items()
        if view.distance_mm and name in sitting.frames
    }
    away = next_distance(levels, _working_distance(sitting), LEAST)
    return None if away is None else _on_rail(away)


def _modulation(frames: Sequence[Any], square: CameraTarget, away_mm: float) -> float:
    """At the frequency that is looked for; of frames that were measured before, as it was."""
    known = _MODULATIONS.setdefault(frames[0], {})
    if (square, away_mm) not in known:
        found = mtf_edge.square_mtf([each.pixels for each in frames], square, away_mm)
        known[square, away_mm] = found.worse_at(CYCLES_PER_MM)[0] if found.highest >= CYCLES_PER_MM else 0.0
    return known[square, away_mm]


def _next_distance(sitting: Sitting) -> View | None:
    wanted = [_on_rail(each) for each in first_stops(_working_distance(sitting), DISTANCES)]
    return next((view for view in wanted if view.name not in sitting.frames), None)


def _next_exposure(sitting: Sitting) -> View | None:
    in_use = _step(sitting, GREY.name)
    if in_use is None:
        return None
    taken = [each for each in sitting.frames if each != GREY.name]
    last = _step(sitting, taken[-1]) if taken else None
    if last is not None and last.exposure_ms > 0.95 * in_use.exposure_ms:
        return None  # it is not set from here: more of the same tells nothing
    if len(taken) >= len(EXPOSURES):
        return None
    share = EXPOSURES[len(taken)]
    placing = LocalizedText(
        f"Biarkan kartu abu-abu di tempatnya: kamera memajan {100 * share:.0f} % dari biasanya.",
        f"Leave the grey card where it is: the camera exposes for {100 * share:.0f} % of what is set.",
    )
    return View(f"grey card, exposure {100 * share:.0f} %", GREY_CARD, placing, frames=8, exposure=share, steady=False)


def _on_rail(away_mm: float) -> View:
    placing = LocalizedText(
        f"Geser kartu persegi di rel ke jarak {away_mm:g} mm dari muka kamera.",
        f"Move the square along the rail to {away_mm:g} mm from the camera's face.",
    )
    name = f"square at {away_mm:g} mm"
    return View(name, SQUARE, placing, frames=RAIL_FRAMES, distance_mm=away_mm, steady=False)


def _stops(sitting: Sitting) -> list[DistanceStop]:
    """What was seen on the rail; the frames of the card that was held freely are none."""
    names = [name for name, view in sitting.views.items() if view.distance_mm and name in sitting.frames]
    told = {name: getattr(sitting.frames[name][0], "focus_distance_mm", None) for name in names}
    # A fixed lens tells one distance for ever: nothing that a target's place could be held against.
    follows = len(set(told.values())) > 1
    return [
        DistanceStop(sitting.views[name].distance_mm, _pixels(sitting, name), told[name] if follows else None)
        for name in names
    ]


def _working_distance(sitting: Sitting) -> float:
    """As the camera tells it, else as the target's file has it."""
    told = getattr(sitting.frames[STRAIGHT.name][0], "focus_distance_mm", None)
    return float(told) if told else _square(sitting).distance_mm


def _step(sitting: Sitting, name: str) -> ExposureStep | None:
    """None where the camera does not tell its exposure."""
    first: Any = sitting.frames[name][0]
    told = getattr(first, "exposure_ms", None)
    gain = getattr(first, "gain_db", None)
    return None if told is None else ExposureStep(told, gain or 0.0, _pixels(sitting, name))


def _square(sitting: Sitting) -> CameraTarget:
    found = _target(sitting)
    return found if isinstance(found, CameraTarget) else IRIS_SQUARE


def _target(sitting: Sitting) -> object:
    return next(iter(sitting.targets.values()), None)


def _pixels(sitting: Sitting, name: str) -> Sequence[NDArray[np.uint8]]:
    return [each.pixels for each in sitting.frames[name]]
