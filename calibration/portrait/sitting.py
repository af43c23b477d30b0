"""The procedures of a portrait camera as a technician goes through them."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from calibration.camera.placement import check_colour_card
from calibration.camera.target import PORTRAIT_CARD, CameraTarget
from calibration.camera.target_file import PORTRAIT
from calibration.measurement import Measurement
from calibration.portrait import distance, exposure, sharpness, white_balance
from calibration.procedures import Procedure, Sitting, View
from drivers import DeviceKind
from gateway.guidance import LocalizedText

RULED_MM = 700.0
COLOUR_CARD = View(
    "colour card",
    PORTRAIT,
    LocalizedText(
        "Pasang kartu potret di tempat wajah, menghadap lurus ke kamera, terputar 3 sampai 10 derajat, di bawah lampu "
        "kantor.",
        "Put the portrait card where the face is, straight to the camera, turned by 3 to 10 degrees, in the office's "
        "own light.",
    ),
    frames=8,
)
AT_RULE = View(
    "colour card at a rule",
    PORTRAIT,
    LocalizedText(
        f"Geser kartu ke jarak {RULED_MM:g} mm dari lensa, diukur dengan penggaris.",
        f"Move the card to {RULED_MM:g} mm from the lens, measured with a rule.",
    ),
    frames=8,
    distance_mm=RULED_MM,
)


def portrait_procedures() -> tuple[Procedure, ...]:
    """All of them, in the order of a plan."""
    on_card = {"exposure": exposure, "white_balance": white_balance, "sharpness": sharpness}
    kind = DeviceKind.PORTRAIT_CAMERA
    return (
        *(Procedure(n, kind, (COLOUR_CARD,), partial(_measured, room.measure), _look) for n, room in on_card.items()),
        Procedure("distance", kind, (AT_RULE,), _distance, _look, after=tuple(on_card)),
    )


def _look(view: View, sitting: Sitting) -> None:
    check_colour_card(sitting.frames[view.name][0].pixels, _card(sitting, view), view.distance_mm or None)


def _measured(measure: Callable[..., Measurement], sitting: Sitting) -> Measurement:
    frames: Sequence[object] = sitting.frames[COLOUR_CARD.name]
    found = measure(_pixels(sitting, COLOUR_CARD), _card(sitting, COLOUR_CARD))
    told = getattr(frames[0], "white_balance_k", None)
    if found.procedure == white_balance.PROCEDURE and told is not None:
        found = white_balance.set_for(found, told)
    return found


def _distance(sitting: Sitting) -> Measurement:
    before = sitting.in_use.get(distance.PROCEDURE)
    known = [each.value for each in before.values if each.name == "focal_px"] if before is not None else []
    return distance.measure(
        _pixels(sitting, AT_RULE),
        _card(sitting, AT_RULE),
        distance_mm=RULED_MM,
        focal_px=known[0] if known else None,
    )


def _card(sitting: Sitting, view: View) -> CameraTarget:
    found = sitting.targets.get(view.name)
    return found if isinstance(found, CameraTarget) else PORTRAIT_CARD


def _pixels(sitting: Sitting, view: View) -> Sequence[NDArray[np.uint8]]:
    return [each.pixels for each in sitting.frames[view.name]]
