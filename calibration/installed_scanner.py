"""The plan of fingerprint scanners: every procedure with the views that it needs, in the one order that there is.

Each rests on those before it: no flat field without darkness, no grey response under uneven light, no modulation before
the bad pixels are known, no signal to noise of a device whose light nobody checked. What evens frames out is made of
frames of its own: light is taken again, the target laid anew, for all that is judged by it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from calibration.corrected_frames import corrected_frames
from calibration.errors import OutOfOrder, TooFewFrames
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
from calibration.scanner.grey_range import PRINTS, measure_grey_range, print_area
from calibration.scanner.illumination import measure_illumination
from calibration.scanner.ladder import find_ladder
from calibration.scanner.mtf_edge import measure_mtf_edge
from calibration.scanner.mtf_sine import measure_mtf_sine
from calibration.scanner.platen import check_empty, measure_platen
from calibration.scanner.repeatability import measure_repeatability
from calibration.scanner.resolution import measure_resolution
from calibration.scanner.snr import measure_snr
from calibration.scanner.uniform_field import check_uniform
from calibration.scanner.uniformity import measure_uniformity
from calibration.targets import Target
from drivers import DeviceKind
from gateway.guidance import LocalizedText

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


FINGERS = View(
    "prints",
    "",
    LocalizedText(
        "Letakkan jari, satu per satu: dua puluh jari yang berlainan, sebaiknya dari beberapa orang.",
        "Lay fingers one after the other: twenty different ones, of several persons if you can.",
    ),
    frames=PRINTS,
    prints=True,
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


class _Step(NamedTuple):
    """One procedure: what must have been measured before it, what it looks at, and what it comes to."""

    name: str
    needs: tuple[str, ...]
    views: tuple[View, ...]
    measure: Callable[[Sitting], Measurement]


def scanner_procedures(kind: DeviceKind = DeviceKind.FINGERPRINT_SCANNER) -> tuple[Procedure, ...]:
    """All measurements of a scanner in their order: dark, flat field, bad pixels, geometry, response, MTF, noise."""
    steps = _steps()
    names = [step.name for step in steps]
    return tuple(
        Procedure(step.name, kind, step.views, step.measure, _look, tuple(names[:place]), step.needs)
        for place, step in enumerate(steps)
    )


def _steps() -> tuple[_Step, ...]:
    level = ("flat_field", "bad_pixels")
    return (
        _Step("dark", (), (DARK,), lambda s: measure_dark(_stack(s, DARK))),
        _Step("flat_field", ("dark",), (DARK, FLAT), partial(_of_flat_and_dark, measure_flat_field)),
        _Step("bad_pixels", ("dark", "flat_field"), (DARK, FLAT), partial(_of_flat_and_dark, measure_bad_pixels)),
        _Step("platen", (), (EMPTY,), _platen),
        _Step("resolution", (), (LADDER, LADDER_LYING), _resolution),
        _Step("geometry", ("resolution",), (LADDER, LADDER_LYING), _geometry),
        _Step("grey_linearity", level, (STEPS,), _grey_linearity),
        _Step("mtf_sine", level, (SINE, SINE_TURNED), partial(_modulation, measure_mtf_sine, SINE, SINE_TURNED)),
        _Step("ctf_bars", level, (BARS, BARS_TURNED), partial(_modulation, measure_ctf_bars, BARS, BARS_TURNED)),
        _Step("mtf_edge", (*level, "resolution"), (EDGE,), _edge),
        _Step("snr", ("dark",), (LIGHT, BLACK, GREY, DARK), _snr),
        _Step("illumination", (), (LIGHT,), _illumination),
        _Step("uniformity", level, (LIGHT, BLACK), _uniformity),
        _Step("repeatability", (), (LIGHT,), lambda s: measure_repeatability(_stack(s, LIGHT))),
        _Step("grey_range", (), (FINGERS,), _grey_range),
    )


def _stack(sitting: Sitting, view: View) -> FrameStack:
    frames = sitting.frames.get(view.name)
    if not frames:
        raise TooFewFrames(f"there are no frames of {view.name!r}: {view.placing.en}")
    return stack_of([each.pixels for each in frames], _ppi(sitting))


def _stack_if_there(sitting: Sitting, view: View) -> FrameStack | None:
    return _stack(sitting, view) if sitting.frames.get(view.name) else None


def _target(sitting: Sitting, *views: View) -> Any:
    """What lay there; of several views, which have one target, the first that is told."""
    for view in views:
        if view.name in sitting.targets:
            return sitting.targets[view.name]
    names = " and ".join(view.name for view in views)
    raise OutOfOrder(f"nobody told which target lay there for {names}; name it")


def _ppi(sitting: Sitting) -> float:
    return sitting.nominal_ppi or 500.0


def _measured(sitting: Sitting, name: str) -> Measurement:
    if name not in sitting.earlier:
        raise OutOfOrder(f"this rests on {name}; measure that first")
    return sitting.earlier[name]


def _flattened(sitting: Sitting, view: View) -> FrameStack:
    """Frames with the flat field and bad pixels of this run, which were made of others."""
    stack = _stack(sitting, view)
    return corrected_frames(stack, _measured(sitting, "flat_field"), _measured(sitting, "bad_pixels"))


def _of_flat_and_dark(
    measure: Callable[[FrameStack, FrameStack, Target], Measurement], sitting: Sitting
) -> Measurement:
    return measure(_stack(sitting, FLAT), _stack(sitting, DARK), _target(sitting, FLAT))


def _resolution(sitting: Sitting) -> Measurement:
    target = _target(sitting, LADDER, LADDER_LYING)
    return measure_resolution(_stack_if_there(sitting, LADDER), _stack_if_there(sitting, LADDER_LYING), target)


def _geometry(sitting: Sitting) -> Measurement:
    upright, lying = _stack_if_there(sitting, LADDER), _stack_if_there(sitting, LADDER_LYING)
    # Records state the measured sampling, so that distances are what it makes them.
    ppi = _measured_ppi(sitting)
    return measure_geometry(upright, lying, _target(sitting, LADDER, LADDER_LYING), ppi)


def _measured_ppi(sitting: Sitting) -> tuple[float, float] | None:
    found = {each.name: each.value for each in _measured(sitting, "resolution").values}
    return (found["ppi_x"], found["ppi_y"]) if {"ppi_x", "ppi_y"} <= found.keys() else None


def _grey_linearity(sitting: Sitting) -> Measurement:
    return measure_grey_linearity(_flattened(sitting, STEPS), _target(sitting, STEPS))


def _modulation(measure: Callable[..., Measurement], upright: View, turned: View, sitting: Sitting) -> Measurement:
    stacks = [_flattened(sitting, view) if sitting.frames.get(view.name) else None for view in (upright, turned)]
    return measure(*stacks, _target(sitting, upright, turned))


def _edge(sitting: Sitting) -> Measurement:
    return measure_mtf_edge(_flattened(sitting, EDGE), _target(sitting, EDGE), _measured_ppi(sitting))


def _snr(sitting: Sitting) -> Measurement:
    light, black = _stack(sitting, LIGHT), _stack(sitting, BLACK)
    between = [stack for stack in [_stack_if_there(sitting, GREY)] if stack is not None]
    darkness = _stack_if_there(sitting, DARK)
    return measure_snr(light, _target(sitting, LIGHT), black, _target(sitting, BLACK), darkness, between)


def _illumination(sitting: Sitting) -> Measurement:
    dark = sitting.earlier.get("dark")
    black = None if dark is None else np.asarray(dark.series["dark"], np.float32)
    return measure_illumination(_stack(sitting, LIGHT), _target(sitting, LIGHT), black)


def _uniformity(sitting: Sitting) -> Measurement:
    light, black = _flattened(sitting, LIGHT), _flattened(sitting, BLACK)
    return measure_uniformity(light, _target(sitting, LIGHT), black, _target(sitting, BLACK))


def _platen(sitting: Sitting) -> Measurement:
    stored = sitting.in_use.get("platen")
    background = None if stored is None else np.asarray(stored.series["background"], np.float32)
    return measure_platen(_stack(sitting, EMPTY), background)


def _grey_range(sitting: Sitting) -> Measurement:
    stack = _stack(sitting, FINGERS)
    return measure_grey_range([FrameStack(frame[None], stack.ppi, bits=stack.bits) for frame in stack.pixels])


def _look(view: View, sitting: Sitting) -> None:
    """Refuse while what lies on the glass is not what the view asks for."""
    stack = _stack(sitting, view)
    target = sitting.targets.get(view.name)
    if not view.lit:
        check_dark(stack)
    elif view.prints:
        print_area(stack)
    elif target is None:
        check_empty(stack)
    elif target.kind == "uniform":
        check_uniform(stack, target)
    elif target.kind == "ladder":
        find_ladder(stack, target, upright=view.quarter_turns == 0)
    else:
        find_target(np.asarray(stack.mean, np.float32), stack.full_scale, stack.ppi, target, view.quarter_turns)
