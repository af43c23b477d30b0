"""The procedures of cameras and card writers with what they need."""

from dataclasses import replace
from typing import Any

from calibration.camera.guidance import in_both_languages
from calibration.card.sitting import card_procedures
from calibration.iris.sitting import iris_procedures
from calibration.portrait.sitting import portrait_procedures
from calibration.procedures import Procedure


def other_procedures() -> tuple[Procedure, ...]:
    """Those of iris cameras, portrait cameras and card writers; their refusals are said in both languages."""
    return tuple(_told(each) for each in (*iris_procedures(), *portrait_procedures(), *card_procedures()))


def _told(procedure: Procedure) -> Procedure:
    said: dict[str, Any] = {
        name: in_both_languages(call)
        for name in ("measure", "look", "next_view", "gather")
        if (call := getattr(procedure, name)) is not None
    }
    return replace(procedure, **said)
