"""Options that several commands have in common."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.eye import EyePosition

if TYPE_CHECKING:
    from gateway.finger import FingerPosition

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, and nothing else there.")]
GatewayAddress = Annotated[
    str | None,
    typer.Option("--gateway", metavar="ADDRESS", help="Where the gateway answers: HOST:PORT or unix:PATH."),
]
State = Annotated[
    Path | None,
    typer.Option("--state", metavar="DIR", help="Find the gateway by its state folder (else REKAM_STATE)."),
]
StateHere = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help="The gateway's state folder (else REKAM_STATE).")
]

Operator = Annotated[str, typer.Option("--operator", metavar="NAME", help="Who asks, for the audit trail.")]
Trust = Annotated[
    Path | None,
    typer.Option("--trust", metavar="BUNDLE.pem", help="Trust bundle of the gateways you know: `keys export --pem`."),
]


class Modality(StrEnum):
    """What part of a person."""

    FINGER = "finger"
    IRIS = "iris"


class CaptureModality(StrEnum):
    """What part of a person, where it is captured rather than read from a file."""

    FINGER = "finger"
    IRIS = "iris"
    FACE = "face"


Position = StrEnum(  # type: ignore[misc]
    "Position",
    {
        f"{side}_{finger}".upper(): f"{side}-{finger}"
        for side in ("right", "left")
        for finger in ("thumb", "index", "middle", "ring", "little")
    },
)
"""Finger positions as they are typed: `right-index`. Spelt out, as `gateway.finger` would load numpy for `--help`."""


class Slap(StrEnum):
    """Slaps as they are typed."""

    RIGHT_FOUR = "right-four"
    LEFT_FOUR = "left-four"
    TWO_THUMBS = "two-thumbs"


class Eye(StrEnum):
    """Eyes as they are typed."""

    RIGHT = "right"
    LEFT = "left"
    BOTH = "both"

    @property
    def position(self) -> EyePosition:
        """Its code."""
        return EyePosition[self.name]


def finger_position(position: str | None) -> "FingerPosition":
    """The position that was typed; unknown where none was."""
    from gateway.finger import FingerPosition

    return FingerPosition[position.upper().replace("-", "_")] if position else FingerPosition.UNKNOWN


def position_code(position: str | None) -> int:
    """The code of the finger or the slap that was typed; 0 where none was."""
    from gateway.finger import SlapHand

    name = (position or "").upper().replace("-", "_")
    return int(SlapHand[name] if name in SlapHand.__members__ else finger_position(position))
