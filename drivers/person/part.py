"""What of a person may be brought before a device."""

from enum import StrEnum


class PersonPart(StrEnum):
    """One finger, the fingers of a slap, one eye or both, or the face."""

    RIGHT_THUMB = "right-thumb"
    RIGHT_INDEX = "right-index"
    RIGHT_MIDDLE = "right-middle"
    RIGHT_RING = "right-ring"
    RIGHT_LITTLE = "right-little"
    LEFT_THUMB = "left-thumb"
    LEFT_INDEX = "left-index"
    LEFT_MIDDLE = "left-middle"
    LEFT_RING = "left-ring"
    LEFT_LITTLE = "left-little"
    RIGHT_EYE = "right-eye"
    LEFT_EYE = "left-eye"
    BOTH_EYES = "both-eyes"
    FACE = "face"
    RIGHT_FOUR = "right-four"
    LEFT_FOUR = "left-four"
    TWO_THUMBS = "two-thumbs"


FINGERS = tuple(part for part in PersonPart if part.value.endswith(("thumb", "index", "middle", "ring", "little")))
"""In the order of the position codes 1 to 10 (ISO/IEC 19794-2:2005 table 2)."""
SLAPS = {
    PersonPart.RIGHT_FOUR: FINGERS[1:5],
    PersonPart.LEFT_FOUR: FINGERS[6:10],
    PersonPart.TWO_THUMBS: (FINGERS[0], FINGERS[5]),
}
"""The fingers of each slap."""
EYES = (PersonPart.RIGHT_EYE, PersonPart.LEFT_EYE)
