"""The parts of a person that a profile may ask for, and the single units that each of them gives."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.eye import EyePosition
from gateway.face import FacePosition
from gateway.finger import FingerPosition
from gateway.guidance import LocalizedText


class PartKind(StrEnum):
    """What a part is of."""

    FINGER = "finger"
    SLAP = "slap"
    IRIS = "iris"
    PORTRAIT = "portrait"
    SIGNATURE = "signature"


@dataclass(frozen=True)
class Part:
    """Something that is captured in one go.

    Parameters
    ----------
    key : str
        `right-index`, `right-four`, `two-thumbs`, `left-iris`, `portrait`, ...
    kind : PartKind
    units : tuple of str
        What it gives: keys of single fingers and eyes, or its own. Two parts that give one unit are alternatives.
    name : LocalizedText
    """

    key: str
    kind: PartKind
    units: tuple[str, ...]
    name: LocalizedText


_FINGERS = {
    "thumb": LocalizedText(id="ibu jari", en="thumb"),
    "index": LocalizedText(id="telunjuk", en="index finger"),
    "middle": LocalizedText(id="jari tengah", en="middle finger"),
    "ring": LocalizedText(id="jari manis", en="ring finger"),
    "little": LocalizedText(id="kelingking", en="little finger"),
}
_SIDES = {"right": "kanan", "left": "kiri"}

FINGER_POSITIONS = {position.name.lower().replace("_", "-"): position for position in FingerPosition if position.value}
EYE_POSITIONS = {"right-iris": EyePosition.RIGHT, "left-iris": EyePosition.LEFT}
FINGER_UNITS = {position: unit for unit, position in FINGER_POSITIONS.items()}
EYE_UNITS = {position: unit for unit, position in EYE_POSITIONS.items()}
FACE_UNITS = {FacePosition.FRONT: "portrait"}

SLAP_CODES = {13: "right-four", 14: "left-four", 15: "two-thumbs"}
"""Finger position codes of slaps (ISO/IEC 19794-4:2011 table 6)."""
SLAP_POSITIONS = {part: code for code, part in SLAP_CODES.items()}


def _four(side: str) -> tuple[str, ...]:
    return tuple(f"{side}-{finger}" for finger in ("index", "middle", "ring", "little"))


def _all_parts() -> tuple[Part, ...]:
    fingers = (
        Part(
            unit,
            PartKind.FINGER,
            (unit,),
            LocalizedText(
                id=f"{_FINGERS[unit.split('-')[1]].id} {_SIDES[unit.split('-')[0]]}",
                en=f"{unit.split('-')[0]} {_FINGERS[unit.split('-')[1]].en}",
            ),
        )
        for unit in FINGER_POSITIONS
    )
    slaps = (
        Part(
            f"{side}-four",
            PartKind.SLAP,
            _four(side),
            LocalizedText(id=f"empat jari {word}", en=f"four fingers of the {side} hand"),
        )
        for side, word in _SIDES.items()
    )
    thumbs = Part(
        "two-thumbs",
        PartKind.SLAP,
        ("right-thumb", "left-thumb"),
        LocalizedText(id="kedua ibu jari", en="both thumbs"),
    )
    irises = (
        Part(
            f"{side}-iris",
            PartKind.IRIS,
            (f"{side}-iris",),
            LocalizedText(id=f"iris mata {word}", en=f"iris of the {side} eye"),
        )
        for side, word in _SIDES.items()
    )
    return (
        *fingers,
        *slaps,
        thumbs,
        *irises,
        Part("portrait", PartKind.PORTRAIT, ("portrait",), LocalizedText(id="pas foto", en="portrait")),
        Part("signature", PartKind.SIGNATURE, ("signature",), LocalizedText(id="tanda tangan", en="signature")),
    )


PARTS = {part.key: part for part in _all_parts()}
"""Every part there is, by its key."""
