"""JPEG images in a record or on a card, decoded."""

import numpy as np
from numpy.typing import NDArray

from gateway.records.errors import RecordError

MAX_SCANS = 64
"""A progressive file of libjpeg has 10; a scan of a few bytes can take as long as a whole image."""
_START_OF_SCAN = b"\xff\xda"


def decode_jpeg(data: bytes) -> NDArray[np.generic]:
    """The samples of a JPEG file of 8 bits.

    Raises
    ------
    RecordError
        It has more than `MAX_SCANS` scans, and the decoder does not see it; or it does not decode.

    References
    ----------
    ISO/IEC 10918-1, B.2.3, scan header; in coded data a zero byte follows each FF (B.1.1.5), so what is counted here
    is at least the number of scans.
    """
    if (scans := data.count(_START_OF_SCAN)) > MAX_SCANS:
        raise RecordError(0, "JPEG image", f"has {scans} scans, expected at most {MAX_SCANS}")
    import imagecodecs

    try:
        return np.asarray(imagecodecs.jpeg8_decode(data))
    except (imagecodecs.Jpeg8Error, ValueError, NotImplementedError) as error:
        raise RecordError(0, "JPEG image", f"is not decodable: {error}") from error
