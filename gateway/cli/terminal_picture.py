"""A grey picture on the terminal, two pixels to a character."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.text import Text

UPPER_HALF = "\u2580"


def terminal_picture(pixels: "NDArray[np.uint8]", columns: int, rows: int) -> "Text":
    """The picture within so many characters; its sides keep their proportion.

    Parameters
    ----------
    pixels : (height, width) uint8, or (height, width, 3) red, green, blue
    columns, rows : int
        Of characters; each shows two pixels one over the other, which makes them about square.
    """
    import cv2
    import numpy as np
    from rich.style import Style
    from rich.text import Text

    height, width = pixels.shape[:2]
    scale = min(columns / width, 2 * rows / height)
    size = (max(1, round(width * scale)), max(2, round(height * scale) // 2 * 2))
    shown = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    if shown.ndim == 2:
        shown = np.repeat(shown[..., None], 3, axis=2)
    text = Text(no_wrap=True)
    for upper, lower in zip(shown[0::2], shown[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            style = Style.from_color(_colour(above), _colour(below))
            text.append(UPPER_HALF, style)
        text.append("\n")
    return text


def decoded(jpeg: bytes) -> "NDArray[np.uint8]":
    """Pixels of a JPEG, grey or red, green, blue."""
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return np.asarray(image, np.uint8)


def _colour(pixel: "NDArray[np.uint8]") -> "Color":
    from rich.color import Color

    red, green, blue = (int(each) for each in pixel)
    return Color.from_rgb(red, green, blue)


if TYPE_CHECKING:
    from rich.color import Color
