"""The procedures of a card writer as a technician goes through them: one test card, and spacers under it."""

from collections.abc import Callable
from time import monotonic

from calibration.card import atr, field, timing, write_read_cycle
from calibration.card.conversation import exercise, power_ups
from calibration.card.field import FieldTrial
from calibration.errors import TargetMissing
from calibration.measurement import Measurement
from calibration.procedures import CardSitting, Procedure, View
from drivers import CardProtocol, CardTimeout, DeviceKind
from drivers.cards.line import CardLine
from drivers.cards.synthetic import SyntheticCardWriter
from gateway.guidance import LocalizedText

CYCLES, POWER_UPS = 100, 30
SPACER_MM, THIN_MM, MOST_MM = 4.0, 2.0, 100.0
"""Plates of acrylic as they are sold; no proximity card is meant to be read farther off (Permendagri 34/2014)."""
_CARD_S = 2.0
_LIFTED_S = 0.5  # a reader that sees a card at all sees it within a few polls

CARD = View(
    "test card",
    "",
    LocalizedText(
        "Masukkan kartu uji kosong ke pembaca, atau letakkan di atasnya. Jangan kartu milik penduduk.",
        "Put a blank test card into the reader, or onto it; never one that bears a person's data.",
    ),
    frames=0,
)


def card_procedures() -> tuple[Procedure, ...]:
    """All of them, in the order of a plan."""
    kind = DeviceKind.CARD_WRITER
    return (
        Procedure("atr", kind, (CARD,), _atr, _look),
        Procedure("write_read_cycle", kind, (CARD,), _write_read_cycle, _look, after=("atr",)),
        Procedure("timing", kind, (CARD,), _timing, _look, after=("atr", "write_read_cycle")),
        Procedure(
            "field",
            kind,
            (CARD,),
            _field,
            _look,
            after=("atr", "write_read_cycle", "timing"),
            next_view=_next_spacer,
            gather=_trial,
        ),
    )


def _look(view: View, sitting: CardSitting) -> None:
    """See that a card is there; where spacers lift it, that it does not answer may be what is measured."""
    if view.distance_mm:
        return
    try:
        sitting.writer.await_card(_CARD_S, sitting.cancel)
    except CardTimeout as error:
        raise TargetMissing("no card is in the reader; put a blank test card in, contacts first") from error


def _atr(sitting: CardSitting) -> Measurement:
    return atr.measure(power_ups(sitting.writer, POWER_UPS, sitting.cancel, clock=_clock(sitting)))


def _write_read_cycle(sitting: CardSitting) -> Measurement:
    made = exercise(sitting.writer, CYCLES, sitting.cancel, clock=_clock(sitting), told=sitting.told)
    return write_read_cycle.measure(made)


def _timing(sitting: CardSitting) -> Measurement:
    clock = _clock(sitting)
    made = exercise(sitting.writer, CYCLES, sitting.cancel, clock=clock, told=sitting.told)
    return timing.measure(made, power_ups(sitting.writer, POWER_UPS, sitting.cancel, clock=clock))


def _field(sitting: CardSitting) -> Measurement:
    return field.measure([each for each in sitting.gathered.values() if isinstance(each, FieldTrial)])


def _trial(view: View, sitting: CardSitting) -> FieldTrial:
    away = _LIFTED_S if view.distance_mm else None
    resets = power_ups(sitting.writer, POWER_UPS, sitting.cancel, clock=_clock(sitting), lost_within_s=away)
    card = sitting.writer.card
    return FieldTrial(view.distance_mm, resets, contactless=card is not None and card.protocol is CardProtocol.TCL)


def _next_spacer(sitting: CardSitting) -> View | None:
    """A spacer more until a reset is not answered, and then half of one; a reader that is drawn lifts its own card."""
    if not sitting.attended and _line(sitting) is None:
        return None
    trials = [each for each in sitting.gathered.values() if isinstance(each, FieldTrial)]
    trials.sort(key=lambda each: each.distance_mm)
    if not trials[0].contactless:
        return None
    failed = next((each for each in trials if each.failed), None)
    if failed is None:
        away = trials[-1].distance_mm + SPACER_MM
        return _lifted(away) if away <= MOST_MM else None
    good = [each.distance_mm for each in trials if each.distance_mm < failed.distance_mm]
    return _lifted(good[-1] + THIN_MM) if good and failed.distance_mm - good[-1] > THIN_MM else None


def _lifted(away_mm: float) -> View:
    placing = LocalizedText(
        f"Letakkan pengganjal setebal {away_mm:g} mm di antara pembaca dan kartu uji.",
        f"Put spacers of {away_mm:g} mm between the reader and the test card.",
    )
    return View(f"test card {away_mm:g} mm off", "", placing, frames=0, distance_mm=away_mm)


def _clock(sitting: CardSitting) -> Callable[[], float]:
    """Seconds; a synthetic reader's line has a time of its own, for which nobody waits."""
    line = _line(sitting)
    return monotonic if line is None else line.now


def _line(sitting: CardSitting) -> CardLine | None:
    """What is true of a synthetic reader's way to its card."""
    return sitting.writer.line if isinstance(sitting.writer, SyntheticCardWriter) else None
