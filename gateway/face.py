"""The values of a face that every room shares."""

from enum import IntEnum


class FacePosition(IntEnum):
    """From where a face is seen; a number of ours, as ISO/IEC 19794-5 has positions in no table."""

    FRONT = 1
