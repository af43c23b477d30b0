"""In which order a scanner is measured, and what is laid on its glass for it: as data.

Each measurement rests on those before it: no flat field without darkness, no grey response under uneven light, no
modulation in reflectance before the bad pixels are known, no signal to noise of a device whose light nobody checked.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from calibration.errors import OutOfOrder
from gateway.guidance import LocalizedText


@dataclass(frozen=True)
class Lay:
    """What is laid on the glass for a set of frames.

    Parameters
    ----------
    name : str
    target_kind : str
        As of `Target.kind`; empty: the glass is empty, or a finger lies on it.
    lightness : str
        Of an even target: `light`, `grey` or `dark`; else empty.
    lamp_on : bool
    quarter_turns : int
        How often the target is turned clockwise by a quarter.
    frames : int
        To take.
    placing : LocalizedText
        What the technician does.
    """

    name: str
    target_kind: str
    lightness: str
    lamp_on: bool
    quarter_turns: int
    frames: int
    placing: LocalizedText


@dataclass(frozen=True)
class Step:
    """One measurement.

    Parameters
    ----------
    procedure : str
    lays : tuple of str
        Names of the sets of frames that it is made of.
    needs : tuple of str
        Procedures whose result it uses: they must have been measured.
    after : tuple of str
        Procedures that come before it where both are run.
    """

    procedure: str
    lays: tuple[str, ...]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def _lay(
    name: str,
    frames: int,
    indonesian: str,
    english: str,
    *,
    kind: str = "",
    lightness: str = "",
    lamp_on: bool = True,
    turns: int = 0,
) -> Lay:
    return Lay(name, kind, lightness, lamp_on, turns, frames, LocalizedText(indonesian, english))


LAYS = {
    lay.name: lay
    for lay in (
        _lay(
            "darkness",
            64,
            "Kosongkan kaca, tutup dari cahaya; lampu dimatikan.",
            "Empty the glass and cover it from light; the lamp is switched off.",
            lamp_on=False,
        ),
        _lay(
            "light",
            64,
            "Bersihkan kaca, letakkan target rata yang terang, tekan rata.",
            "Wipe the glass, lay the even light target on it, press it flat.",
            kind="uniform",
            lightness="light",
        ),
        _lay(
            "light_again",
            16,
            "Angkat target rata yang terang dan letakkan lagi.",
            "Lift the even light target and lay it down again.",
            kind="uniform",
            lightness="light",
        ),
        _lay(
            "grey",
            16,
            "Letakkan target rata yang abu-abu.",
            "Lay the even grey target on the glass.",
            kind="uniform",
            lightness="grey",
        ),
        _lay(
            "dark",
            16,
            "Letakkan target rata yang gelap.",
            "Lay the even dark target on the glass.",
            kind="uniform",
            lightness="dark",
        ),
        _lay(
            "ladder_upright",
            8,
            "Letakkan target garis dengan garis tegak, menutupi seluruh kaca.",
            "Lay the ladder of bars on the glass, bars upright, so that it covers all of it.",
            kind="ladder",
        ),
        _lay(
            "ladder_lying",
            8,
            "Putar target garis seperempat putaran: garis mendatar.",
            "Turn the ladder by a quarter: bars lying.",
            kind="ladder",
            turns=1,
        ),
        _lay(
            "steps",
            8,
            "Letakkan tangga abu-abu di tengah kaca.",
            "Lay the step tablet in the middle of the glass.",
            kind="steps",
        ),
        _lay(
            "sine_upright",
            16,
            "Letakkan target sinus di tengah kaca, tegak.",
            "Lay the sine chart in the middle of the glass, upright.",
            kind="sine",
        ),
        _lay(
            "sine_turned",
            16,
            "Putar target sinus seperempat putaran searah jarum jam.",
            "Turn the sine chart clockwise by a quarter.",
            kind="sine",
            turns=1,
        ),
        _lay(
            "bars_upright",
            16,
            "Letakkan target batang di tengah kaca, tegak.",
            "Lay the bar chart in the middle of the glass, upright.",
            kind="bars",
        ),
        _lay(
            "bars_turned",
            16,
            "Putar target batang seperempat putaran searah jarum jam.",
            "Turn the bar chart clockwise by a quarter.",
            kind="bars",
            turns=1,
        ),
        _lay(
            "edge",
            16,
            "Letakkan target tepi miring di tengah kaca.",
            "Lay the slanted-edge target in the middle of the glass.",
            kind="edge",
        ),
        _lay("empty", 8, "Bersihkan kaca dan kosongkan.", "Wipe the glass and leave it empty."),
        _lay(
            "prints",
            20,
            "Rekam dua puluh sidik jari dari jari yang berlainan.",
            "Capture twenty prints of different fingers.",
        ),
    )
}
"""Sets of frames by name."""

STEPS = (
    Step("dark", ("darkness",)),
    Step("flat_field", ("light", "darkness"), needs=("dark",)),
    Step("bad_pixels", ("light", "darkness"), needs=("dark",), after=("flat_field",)),
    Step("platen", ("empty",), after=("bad_pixels",)),
    Step("resolution", ("ladder_upright", "ladder_lying"), after=("bad_pixels", "platen")),
    Step("geometry", ("ladder_upright", "ladder_lying"), after=("resolution",)),
    Step("grey_linearity", ("steps",), needs=("flat_field", "bad_pixels"), after=("geometry",)),
    Step("mtf_sine", ("sine_upright", "sine_turned"), needs=("flat_field", "bad_pixels"), after=("grey_linearity",)),
    Step("ctf_bars", ("bars_upright", "bars_turned"), needs=("flat_field", "bad_pixels"), after=("grey_linearity",)),
    Step("mtf_edge", ("edge",), needs=("flat_field", "bad_pixels"), after=("grey_linearity",)),
    Step(
        "snr",
        ("light_again", "grey", "dark", "darkness"),
        needs=("dark",),
        after=("mtf_sine", "ctf_bars", "mtf_edge"),
    ),
    Step("uniformity", ("light_again", "dark"), needs=("flat_field", "bad_pixels"), after=("snr",)),
    Step("repeatability", ("light_again",), after=("snr",)),
    Step("grey_range", ("prints",), after=("uniformity", "repeatability")),
)
"""All measurements of a scanner in their order."""

BY_PROCEDURE = {step.procedure: step for step in STEPS}


def in_order(wanted: Iterable[str], measured: Iterable[str] = ()) -> tuple[Step, ...]:
    """The steps of the wanted procedures, in their order.

    Parameters
    ----------
    wanted : iterable of str
        Procedures.
    measured : iterable of str
        Those whose result is there already.

    Raises
    ------
    OutOfOrder
        No such procedure, or one needs another that is neither wanted nor measured.
    """
    names, there = set(wanted), set(measured)
    for name in names - set(BY_PROCEDURE):
        raise OutOfOrder(f"no procedure {name!r} of a scanner; there are {', '.join(BY_PROCEDURE)}")
    for step in STEPS:
        missing = [need for need in step.needs if step.procedure in names and need not in names | there]
        if missing:
            raise OutOfOrder(f"{step.procedure} rests on {', '.join(missing)}; measure that first")
    return tuple(step for step in STEPS if step.procedure in names)
