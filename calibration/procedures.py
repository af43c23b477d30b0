"""The procedures by name: what device and target each is for, what it needs before it, and what measures."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from calibration.errors import MeasurementRefused
from calibration.measurement import Measurement
from drivers import CardWriter, DeviceKind, Frame, IrisFrame, PortraitFrame
from gateway.guidance import LocalizedText

AnyFrame = Frame | IrisFrame | PortraitFrame


class PlanRefused(MeasurementRefused):
    """No such procedure, or one whose forerunner is missing; the message says which."""


@dataclass(frozen=True)
class View:
    """Frames of one scene: what lies before the device, and how many of it.

    Parameters
    ----------
    name : str
        Procedures that name the same view share its frames within a run.
    target : str
        Id or kind of the target; empty where nothing lies there.
    placing : LocalizedText
        What the technician does before it.
    frames : int
        How many are taken.
    lit : bool
        With the device's lamp on.
    quarter_turns : int
        The target is turned so far, clockwise.
    distance_mm : float
        Of the target, or the card, from the device; 0 where it usually is.
    exposure : float
        Share of the exposure that is set for captures.
    steady : bool
        Whether frames whose brightness changes are refused before they are measured; a lamp's flicker is measured.
    prints : bool
        Each frame is a capture of its own, of another finger.
    """

    name: str
    target: str
    placing: LocalizedText
    frames: int = 16
    lit: bool = True
    quarter_turns: int = 0
    distance_mm: float = 0.0
    exposure: float = 1.0
    steady: bool = True
    prints: bool = False


@dataclass(frozen=True, eq=False)
class Sitting:
    """What a procedure measures from.

    Parameters
    ----------
    frames : mapping of tuples of frames
        By the name of the view, as they came from the device, in order; nothing of them was corrected.
    targets : mapping of objects
        What describes the target of each view, as `calibration.targets` reads it.
    nominal_ppi : float
        As the device names it; 0 where it names none.
    earlier : mapping of Measurement
        What was measured before in this run, by procedure.
    in_use : mapping of Measurement
        Those of the calibration in use, by procedure: what things are held against.
    model : str
        As the device names it; empty where frames come from files.
    views : mapping of View
        By name, those that were chosen while it was measured among them: where each stood, how it was exposed.
    """

    frames: Mapping[str, tuple[AnyFrame, ...]]
    targets: Mapping[str, Any] = field(default_factory=dict)
    nominal_ppi: float = 0.0
    earlier: Mapping[str, Measurement] = field(default_factory=dict)
    in_use: Mapping[str, Measurement] = field(default_factory=dict)
    model: str = ""
    views: Mapping[str, View] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class CardSitting:
    """A card writer, for the procedures that talk to a card instead of looking at frames.

    Parameters
    ----------
    writer : CardWriter
    cancel : Event
    told : callable
        Called with the share that is done, 0 to 1.
    earlier : mapping of Measurement
    gathered : mapping of objects
        What `Procedure.gather` took of each view so far, by its name.
    views : mapping of View
        Those, by name.
    attended : bool
        Whether somebody can put the card elsewhere.
    """

    writer: CardWriter
    cancel: Event
    told: Callable[[float], None]
    earlier: Mapping[str, Measurement] = field(default_factory=dict)
    gathered: Mapping[str, object] = field(default_factory=dict)
    views: Mapping[str, View] = field(default_factory=dict)
    attended: bool = True


@dataclass(frozen=True)
class Procedure:
    """One procedure of a technician.

    Parameters
    ----------
    name : str
    kind : DeviceKind
    views : tuple of View
        What it looks at, in order; of a card writer, where the card is put.
    measure : callable
        Of a `Sitting`, or of a `CardSitting` for a card writer; raises `MeasurementRefused`.
    look : callable or None
        Of a view and a `Sitting` with one frame of it, or a `CardSitting`: raises `MeasurementRefused` while the target
        does not lie as it should.
    after : tuple of str
        Procedures that come before it where they are run at all.
    needs : tuple of str
        Procedures without whose measurement it cannot be done.
    next_view : callable or None
        Of a sitting with all frames, or of a `CardSitting` with all that was gathered: the view that is wanted next, or
        None where it can be measured. Raises `MeasurementRefused` of the view that came last.
    gather : callable or None
        Of a view and a `CardSitting`: what is taken of a card there.
    """

    name: str
    kind: DeviceKind
    views: tuple[View, ...]
    measure: Callable[[Any], Measurement]
    look: Callable[[View, Any], object] | None = None
    after: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    next_view: Callable[[Any], View | None] | None = None
    gather: Callable[[View, CardSitting], object] | None = None


Registry = Mapping[tuple[DeviceKind, str], Procedure]


def registry(procedures: Iterable[Procedure]) -> Registry:
    """Procedures by kind of device and name; `ValueError` for two of one name."""
    found: dict[tuple[DeviceKind, str], Procedure] = {}
    for each in procedures:
        if (each.kind, each.name) in found:
            raise ValueError(f"two procedures of a {each.kind.value} are named {each.name}")
        found[each.kind, each.name] = each
    return found


def plan(known: Registry, kind: DeviceKind, names: Iterable[str] = (), done: Iterable[str] = ()) -> list[Procedure]:
    """The procedures in the order in which they must be run.

    Parameters
    ----------
    known : Registry
    kind : DeviceKind
        Of the device.
    names : iterable of str
        The ones wanted; all of the kind where none is named.
    done : iterable of str
        Measured earlier in the same run: they are left out, and satisfy those that need them.

    Raises
    ------
    PlanRefused
        No such procedure for the device, or one needs another that is neither wanted nor done.
    """
    of_kind = {name: procedure for (of, name), procedure in known.items() if of is kind}
    wanted, ended = list(dict.fromkeys(names)) or list(of_kind), set(done)
    for name in wanted:
        if name not in of_kind:
            there = ", ".join(of_kind) or "none"
            raise PlanRefused(f"a {kind.value} has no procedure {name!r}; there are: {there}")
        missing = [each for each in of_kind[name].needs if each not in wanted and each not in ended]
        if missing:
            raise PlanRefused(f"{name} needs {', '.join(missing)} first; name it too")
    ordered: list[Procedure] = []
    waiting = [name for name in of_kind if name in wanted and name not in ended]
    while waiting:
        ready = [n for n in waiting if not {*of_kind[n].after, *of_kind[n].needs} & (set(waiting) - {n})]
        if not ready:
            raise PlanRefused(f"these wait for each other: {', '.join(waiting)}")
        ordered.append(of_kind[ready[0]])
        waiting.remove(ready[0])
    return ordered
