"""The procedures of fingerprint scanners with the views that they need."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from calibration.corrected_frames import corrected_frames
from calibration.errors import OutOfOrder
from calibration.frames import FrameStack, stack_of
from calibration.measurement import Measurement
from calibration.placement import find_target
from calibration.procedures import Procedure, Sitting, View
from calibration.scanner.bad_pixels import measure_bad_pixels
from calibration.scanner.ctf_bars import measure_ctf_bars
from calibration.scanner.dark import check_dark, measure_dark
from calibration.scanner.flat_field import measure_flat_field
from calibration.scanner.geometry import measure_geometry
from calibration.scanner.grey_linearity import measure_grey_linearity
from calibration.scanner.ladder import find_ladder
from calibration.scanner.mtf_edge import measure_mtf_edge
from calibration.scanner.mtf_sine import measure_mtf_sine
from calibration.scanner.platen import measure_platen
from calibration.scanner.repeatability import measure_repeatability
from calibration.scanner.resolution import measure_resolution
from calibration.scanner.snr import measure_snr
from calibration.scanner.uniform_field import check_uniform
from calibration.scanner.uniformity import measure_uniformity
from drivers import DeviceKind
from gateway.guidance import LocalizedText

KIND = DeviceKind.FINGERPRINT_SCANNER

DARK = View(
    "darkness",
    "",
    LocalizedText(
        "Matikan lampu alat dan tutup kacanya dengan kain hitam.",
        "Switch the scanner's lamp off, and cover its glass with a black cloth.",
    ),
    frames=64,
    lit=False,
)
EMPTY = View(
    "empty glass",
    "",
    LocalizedText("Bersihkan kaca dan biarkan kosong.", "Wipe the glass, and leave it empty."),
)


def _laid(name: str, target: str, quarter_turns: int = 0, frames: int = 16) -> View:
    turned = quarter_turns != 0
    return View(
        name,
        target,
        LocalizedText(
            f"Letakkan target {target} rata dan bersih di tengah kaca"
            + (", diputar seperempat putaran searah jarum jam." if turned else ", tegak."),
            f"Lay target {target} flat and clean on the middle of the glass"
            + (", turned clockwise by a quarter." if turned else ", upright."),
        ),
        frames,
        quarter_turns=quarter_turns,
    )


FLAT = _laid("light for the flat field", "uniform-light", frames=64)
LIGHT, BLACK = _laid("light", "uniform-light"), _laid("dark", "uniform-dark")
GREY = _laid("grey", "uniform-grey")
LADDER, LADDER_LYING = _laid("ladder", "ladder", frames=8), _laid("ladder, turned", "ladder", 1, frames=8)
STEPS = _laid("steps", "steps")
BARS, BARS_TURNED = _laid("bars", "bars"), _laid("bars, turned", "bars", 1)
SINE, SINE_TURNED = _laid("sine", "sine"), _laid("sine, turned", "sine", 1)
EDGE = _laid("edge", "edge")


def scanner_procedures() -> tuple[Procedure, ...]:
    """In the order dark, flat field, bad pixels, geometry, response, modulation, noise."""
    bad, before = ("bad_pixels",), ("dark", "flat_field", "bad_pixels")
    scaled, answered = (*before, "resolution", "geometry"), (*before, "resolution", "geometry", "grey_linearity")
    last = (*answered, "mtf_sine", "ctf_bars", "mtf_edge")
    return (
        _procedure("dark", (DARK,), lambda s: measure_dark(_stack(s, DARK))),
        _procedure(
            "flat_field",
            (DARK, FLAT),
            lambda s: measure_flat_field(_stack(s, FLAT), _stack(s, DARK), s.targets[FLAT.name]),
            after=("dark",),
        ),
        _procedure(
            "bad_pixels",
            (DARK, FLAT),
            lambda s: measure_bad_pixels(_stack(s, FLAT), _stack(s, DARK), s.targets[FLAT.name]),
            after=("dark", "flat_field"),
        ),
        _procedure(
            "resolution",
            (LADDER, LADDER_LYING),
            lambda s: measure_resolution(
                _stack_if_there(s, LADDER), _stack_if_there(s, LADDER_LYING), _either(s, LADDER, LADDER_LYING)
            ),
            after=before,
        ),
        _procedure("geometry", (LADDER, LADDER_LYING), _geometry, after=(*before, "resolution")),
        _procedure(
            "grey_linearity",
            (STEPS,),
            lambda s: measure_grey_linearity(_flattened(s, STEPS), s.targets[STEPS.name]),
            after=scaled,
        ),
        _procedure("mtf_sine", (SINE, SINE_TURNED), _modulation(measure_mtf_sine, SINE, SINE_TURNED), after=answered),
        _procedure("ctf_bars", (BARS, BARS_TURNED), _modulation(measure_ctf_bars, BARS, BARS_TURNED), after=answered),
        _procedure("mtf_edge", (EDGE,), _edge, after=answered),
        _procedure("snr", (LIGHT, BLACK, GREY, DARK), _snr, after=(*last, *bad)),
        _procedure(
            "uniformity",
            (LIGHT, BLACK),
            lambda s: measure_uniformity(
                _flattened(s, LIGHT), s.targets[LIGHT.name], _flattened(s, BLACK), s.targets[BLACK.name]
            ),
            after=(*last, "snr"),
        ),
        _procedure("repeatability", (GREY,), lambda s: measure_repeatability(_stack(s, GREY)), after=(*last, "snr")),
        _procedure("platen", (EMPTY,), _platen, after=(*last, "snr", "uniformity", "repeatability")),
    )


def _procedure(
    name: str, views: tuple[View, ...], measure: Callable[[Sitting], Measurement], after: tuple[str, ...] = ()
) -> Procedure:
    return Procedure(name, KIND, views, measure, _look, after)


def _stack(sitting: Sitting, view: View) -> FrameStack:
    frames = sitting.frames.get(view.name)
    if not frames:
        raise OutOfOrder(f"frames of {view.name!r} are missing; take them first")
    return stack_of([each.pixels for each in frames], _ppi(sitting))


def _stack_if_there(sitting: Sitting, view: View) -> FrameStack | None:
    return _stack(sitting, view) if sitting.frames.get(view.name) else None


def _either(sitting: Sitting, first: View, second: View) -> Any:
    return sitting.targets.get(first.name) or sitting.targets[second.name]


def _ppi(sitting: Sitting) -> float:
    return sitting.nominal_ppi or 500.0


def _flattened(sitting: Sitting, view: View) -> FrameStack:
    """Frames with the flat field of this run, which was made of others; raw where there is none."""
    stack = _stack(sitting, view)
    flat = sitting.earlier.get("flat_field")
    return stack if flat is None else corrected_frames(stack, flat, sitting.earlier.get("bad_pixels"))


def _modulation(measure: Callable[..., Measurement], upright: View, turned: View) -> Callable[[Sitting], Measurement]:
    return lambda s: measure(
        *(_flattened(s, view) if s.frames.get(view.name) else None for view in (upright, turned)),
        _either(s, upright, turned),
    )


def _measured_ppi(earlier: Mapping[str, Measurement]) -> tuple[float, float] | None:
    resolution = earlier.get("resolution")
    found = {} if resolution is None else {each.name: each.value for each in resolution.values}
    return (found["ppi_x"], found["ppi_y"]) if {"ppi_x", "ppi_y"} <= found.keys() else None


def _geometry(sitting: Sitting) -> Measurement:
    upright, lying = _stack_if_there(sitting, LADDER), _stack_if_there(sitting, LADDER_LYING)
    target = _either(sitting, LADDER, LADDER_LYING)
    return measure_geometry(upright, lying, target, _measured_ppi(sitting.earlier))


def _edge(sitting: Sitting) -> Measurement:
    return measure_mtf_edge(_flattened(sitting, EDGE), sitting.targets[EDGE.name], _measured_ppi(sitting.earlier))


def _snr(sitting: Sitting) -> Measurement:
    targets = sitting.targets
    light, black, grey = (_stack(sitting, view) for view in (LIGHT, BLACK, GREY))
    return measure_snr(light, targets[LIGHT.name], black, targets[BLACK.name], _stack(sitting, DARK), (grey,))


def _platen(sitting: Sitting) -> Measurement:
    stored = sitting.in_use.get("platen")
    background = None if stored is None else np.asarray(stored.series["background"], np.float32)
    return measure_platen(_stack(sitting, EMPTY), background)


def _look(view: View, sitting: Sitting) -> None:
    """Refuse while what lies on the glass is not what the view asks for."""
    stack = _stack(sitting, view)
    target = sitting.targets.get(view.name)
    if not view.lit:
        check_dark(stack)
    elif target is None:
        return
    elif target.kind == "uniform":
        check_uniform(stack, target)
    elif target.kind == "ladder":
        find_ladder(stack, target, upright=view.quarter_turns == 0)
    else:
        find_target(np.asarray(stack.mean, np.float32), stack.full_scale, stack.ppi, target, view.quarter_turns)
