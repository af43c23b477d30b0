"""The values of an eye that every room shares."""

from enum import IntEnum


class EyePosition(IntEnum):
    """Which eye of the subject; right and left are the labels of ISO/IEC 19794-6:2011."""

    UNKNOWN = 0
    RIGHT = 1
    LEFT = 2
    BOTH = 3
    """Both in one frame; a number of ours, in no record."""

    @property
    def eyes(self) -> tuple["EyePosition", ...]:
        """Each single eye: the right one before the left."""
        return (EyePosition.RIGHT, EyePosition.LEFT) if self is EyePosition.BOTH else (self,)
