"""Which picture a camera is asked for: pixel format, size and rate, out of what its driver offers."""

import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drivers.errors import DeviceUnsupported
from drivers.transports import v4l2_abi as abi
from drivers.transports.v4l2_calls import V4l2Calls
from drivers.transports.v4l2_nodes import pixel_formats

FLUENT_PER_S = 15.0
"""Slower than this, a size is only taken when it is asked for: people hold still by what they see in the preview."""
_MOST_PIXELS = 1920 * 1200
"""Larger frames are only taken when asked for: at 30/s they would cost a core."""
_PLAIN_SIZE = (640, 480)
_MOST_ENTRIES = 256


@dataclass(frozen=True)
class Wish:
    """What a configuration asks for; None leaves it to us."""

    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            value = getattr(self, name)
            if value is not None and not 16 <= value <= 16384:
                raise ValueError(f"{name} must lie in 16 to 16384 pixels, not {value}")
        if self.frame_rate is not None and not 0 < self.frame_rate <= 1000:
            raise ValueError(f"frame_rate must lie in 0 to 1000 per second, not {self.frame_rate}")


@dataclass(frozen=True)
class Mode:
    """One of the pictures that a camera offers."""

    pixel_format: str
    width: int
    height: int
    rates: tuple[float, ...]
    """Frames per second; empty where the driver does not tell."""


def chosen_mode(calls: V4l2Calls, descriptor: int, wish: Wish, order: Sequence[str]) -> Mode:
    """The best mode of an open node for a wish.

    Without a wish it is the largest picture of at most 1920x1200 that comes fluently, in the first format of `order`
    that has it.

    Raises
    ------
    DeviceUnsupported
        No format that is known here, or not the size that is wished.
    OSError
        The node's own.
    """
    formats = pixel_formats(calls, descriptor)
    modes = [mode for name in order if name in formats for mode in _modes(calls, descriptor, name, wish)]
    if not modes:
        told = ", ".join(formats) or "none at all"
        raise DeviceUnsupported(f"the camera offers none of the formats {', '.join(order)}, but {told}")
    fitting = [mode for mode in modes if _fits(mode, wish)]
    if not fitting:
        sizes = ", ".join(sorted({f"{mode.width}x{mode.height}" for mode in modes}))
        raise DeviceUnsupported(
            f"the camera has no picture of {wish.width or 'any'}x{wish.height or 'any'}; correct 'width' and 'height' "
            f"(it has {sizes})"
        )
    fluent = min(wish.frame_rate or FLUENT_PER_S, FLUENT_PER_S)

    def worth(mode: Mode) -> tuple[bool, bool, int]:
        area = mode.width * mode.height
        comes = not mode.rates or max(mode.rates) >= fluent - 0.5
        return area <= _MOST_PIXELS, comes, area if area <= _MOST_PIXELS else -area

    return max(fitting, key=worth)  # of equals the first, which is the first of `order`


def _fits(mode: Mode, wish: Wish) -> bool:
    return wish.width in (None, mode.width) and wish.height in (None, mode.height)


def _modes(calls: V4l2Calls, descriptor: int, pixel_format: str, wish: Wish) -> Iterator[Mode]:
    code = abi.fourcc_code(pixel_format)
    for width, height in _sizes(calls, descriptor, code, wish):
        yield Mode(pixel_format, width, height, tuple(_rates(calls, descriptor, code, width, height)))


def _sizes(calls: V4l2Calls, descriptor: int, code: int, wish: Wish) -> Iterator[tuple[int, int]]:
    for index in range(_MOST_ENTRIES):
        told = abi.FrameSize(index=index, pixel_format=code)
        if not _tells(calls, descriptor, abi.ENUM_FRAMESIZES, told):
            if not index:  # the driver does not list its sizes; what it makes of a wish is seen when it is set
                yield wish.width or _PLAIN_SIZE[0], wish.height or _PLAIN_SIZE[1]
            return
        if told.type == abi.DISCRETE:
            yield told.sizes[0], told.sizes[1]
            continue
        yield (
            _stepped(wish.width or _PLAIN_SIZE[0], *told.sizes[0:3]),
            _stepped(wish.height or _PLAIN_SIZE[1], *told.sizes[3:6]),
        )
        return


def _rates(calls: V4l2Calls, descriptor: int, code: int, width: int, height: int) -> Iterator[float]:
    for index in range(_MOST_ENTRIES):
        told = abi.FrameInterval(index=index, pixel_format=code, width=width, height=height)
        if not _tells(calls, descriptor, abi.ENUM_FRAMEINTERVALS, told):
            return
        numerator, denominator = told.fractions[0], told.fractions[1]  # discrete, or the shortest interval
        if numerator and denominator:
            yield denominator / numerator
        if told.type != abi.DISCRETE:
            return


def _tells(calls: V4l2Calls, descriptor: int, request: int, told: abi.FrameSize | abi.FrameInterval) -> bool:
    try:
        calls.ioctl(descriptor, request, told)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTTY):
            return False
        raise
    return True


def _stepped(wanted: int, least: int, most: int, step: int) -> int:
    """The nearest value that a range with steps has."""
    step = max(step, 1)
    inside = min(max(wanted, least), most)
    return least + (inside - least) // step * step
