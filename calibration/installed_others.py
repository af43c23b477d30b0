"""The procedures of cameras and card writers with what they need."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.card import atr, timing, write_read_cycle
from calibration.card.conversation import exercise, power_ups
from calibration.iris import illumination, mtf_edge, resolution, snr
from calibration.measurement import Measurement
from calibration.portrait import distance, exposure, sharpness, white_balance
from calibration.procedures import CardSitting, Procedure, Sitting, View
from drivers import DeviceKind
from gateway.guidance import LocalizedText

CYCLES, POWER_UPS = 100, 30

_SQUARE = View(
    "square",
    "",
    LocalizedText(
        "Pegang kartu persegi (dicetak dengan karbon hitam) lurus di jarak kerja kamera.",
        "Hold the card with the square (printed in carbon black) straight, at the camera's working distance.",
    ),
    frames=8,
)
_CARD_GREY = View(
    "grey card",
    "",
    LocalizedText(
        "Pegang kartu abu-abu di jarak kerja; kartu memenuhi gambar.",
        "Hold the grey card at the working distance, so that it fills the picture.",
    ),
    frames=32,
)
_CAPPED = View(
    "capped",
    "",
    LocalizedText("Tutup lensa kamera, dan matikan lampunya.", "Put the cap on the lens, and switch the lamps off."),
    frames=16,
    lit=False,
)
_COLOUR_CARD = View(
    "colour card",
    "",
    LocalizedText(
        "Pasang kartu potret di tempat wajah, menghadap lurus ke kamera, di bawah lampu kantor.",
        "Put the portrait card where the face is, straight to the camera, in the office's own light.",
    ),
    frames=8,
)


def other_procedures() -> tuple[Procedure, ...]:
    """Those that need nothing but frames, or a test card."""
    iris, card, portrait = DeviceKind.IRIS_CAMERA, DeviceKind.CARD_WRITER, DeviceKind.PORTRAIT_CAMERA
    on_card = {"exposure": exposure, "white_balance": white_balance, "sharpness": sharpness, "distance": distance}
    return (
        Procedure("resolution", iris, (_SQUARE,), lambda s: resolution.measure(_pixels(s, _SQUARE))),
        Procedure("mtf_edge", iris, (_SQUARE,), lambda s: mtf_edge.measure(_pixels(s, _SQUARE)), after=("resolution",)),
        Procedure("illumination", iris, (_CARD_GREY,), _illumination, after=("resolution", "mtf_edge")),
        Procedure(
            "snr",
            iris,
            (_CARD_GREY, _CAPPED),
            lambda s: snr.measure(_pixels(s, _CARD_GREY), _pixels(s, _CAPPED)),
            after=("resolution", "mtf_edge", "illumination"),
        ),
        *(
            Procedure(name, portrait, (_COLOUR_CARD,), partial(_of_colour_card, room.measure))
            for name, room in on_card.items()
        ),
        Procedure("atr", card, (), _atr),
        Procedure("write_read_cycle", card, (), _write_read_cycle, after=("atr",)),
        Procedure("timing", card, (), _timing, after=("atr", "write_read_cycle")),
    )


def _pixels(sitting: Sitting, view: View) -> Sequence[NDArray[np.uint8]]:
    return [each.pixels for each in sitting.frames[view.name]]


def _of_colour_card(measure: Callable[..., Measurement], sitting: Sitting) -> Measurement:
    return measure(_pixels(sitting, _COLOUR_CARD))


def _illumination(sitting: Sitting) -> Measurement:
    frames: Sequence[Any] = sitting.frames[_CARD_GREY.name]
    light = getattr(frames[0], "illumination", None)
    return illumination.measure(
        [each.pixels for each in frames],
        [each.captured_at for each in frames],
        told_nm=None if light is None else light.wavelength_nm,
    )


def _atr(sitting: CardSitting) -> Measurement:
    return atr.measure(power_ups(sitting.writer, POWER_UPS, sitting.cancel))


def _write_read_cycle(sitting: CardSitting) -> Measurement:
    return write_read_cycle.measure(exercise(sitting.writer, CYCLES, sitting.cancel, told=sitting.told))


def _timing(sitting: CardSitting) -> Measurement:
    made = exercise(sitting.writer, CYCLES, sitting.cancel, told=sitting.told)
    return timing.measure(made, power_ups(sitting.writer, POWER_UPS, sitting.cancel))
