"""The minutiae of one finger view in a record's bytes, and the extended data that follows them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate, MinutiaType
from gateway.records.errors import RecordError
from gateway.records.reader import RecordReader
from gateway.records.representation import SCORES

MAX_MINUTIAE = 255
COORDINATES = 1 << 14  # a coordinate has 14 bits
_MINUTIA = np.dtype([("x", ">u2"), ("y", ">u2"), ("angle", "u1"), ("quality", "u1")])


@dataclass(frozen=True)
class ExtendedArea:
    """One extended data area as it was read; it is never written."""

    type_id: int
    data: bytes


def encode_minutiae(template: FingerTemplate, unknown_quality: int) -> bytes:
    """The count and six bytes for each minutia, with `unknown_quality` where its quality is not known.

    Raises
    ------
    ValueError
        More than 255 minutiae, or one that lies outside of the image or has no right type, angle or quality.
    """
    if len(template) > MAX_MINUTIAE:
        raise ValueError(f"{len(template)} minutiae, expected at most {MAX_MINUTIAE}")
    out = np.zeros(len(template), _MINUTIA)
    kind = template.kind.astype(np.uint16)
    if np.any(kind > MinutiaType.BIFURCATION):
        raise ValueError(f"minutia type {kind.max()}, expected 0 to 2")
    out["x"] = kind << 14 | _whole_pixels(template.x, template.width, "x")
    out["y"] = _whole_pixels(template.y, template.height, "y")
    if not np.all(np.isfinite(template.angle)):
        raise ValueError("a minutia's angle is not finite")
    # In double precision, as a float32 radian just below a turn has to wrap to 0 with certainty.
    out["angle"] = np.rint(template.angle.astype(np.float64) * (128 / np.pi)).astype(np.int64) % 256
    if np.any(template.quality > SCORES[-1]):
        raise ValueError(f"minutia quality {template.quality.max()}, expected 0 to 100")
    out["quality"] = np.where(template.quality == 0, unknown_quality, template.quality)
    return bytes([len(template)]) + out.tobytes()


def _whole_pixels(coordinate: NDArray[np.float32], size: int, axis: str) -> NDArray[np.uint16]:
    limit = min(size, COORDINATES)
    inside = (coordinate >= -0.5) & (coordinate < limit)
    if not np.all(inside):
        raise ValueError(f"minutia at {axis} = {coordinate[~inside][0]}, outside of {limit} pixels")
    return np.clip(np.rint(coordinate), 0, limit - 1).astype(np.uint16)


def decode_minutiae(
    reader: RecordReader, size: int, unknown_qualities: tuple[int, ...], *, width: int, height: int, ppi: float
) -> FingerTemplate:
    """The count and the minutiae of `size` bytes each, as a template of an image of `width` by `height` at `ppi`.

    A quality in `unknown_qualities` is read as 0, and so are all where `size` is 5, which leaves no room for them.
    """
    count = reader.uint(1, "number of minutiae")
    start = reader.offset
    raw = np.frombuffer(reader.take(count * size, "minutiae"), np.uint8).reshape(count, size)
    fields = np.zeros((count, _MINUTIA.itemsize), np.uint8)
    fields[:, :size] = raw
    minutiae = fields.view(_MINUTIA)[:, 0]
    kind = (minutiae["x"] >> 14).astype(np.uint8)
    x, y, quality = minutiae["x"] & 0x3FFF, minutiae["y"] & 0x3FFF, minutiae["quality"]
    unknown = np.isin(quality, unknown_qualities)

    def refuse(wrong: NDArray[np.bool_], at: int, field: str, values: NDArray[np.integer], expected: str) -> None:
        if wrong.any():
            index = int(np.argmax(wrong))
            raise RecordError(
                start + index * size + at, field, f"of minutia {index} is {values[index]}, expected {expected}"
            )

    refuse(kind == 3, 0, "minutia type", kind, "0 to 2")
    refuse(x >= width, 0, "x coordinate", x, f"less than the image's width, {width}")
    refuse(y >= height, 2, "y coordinate", y, f"less than the image's height, {height}")
    refuse((quality > SCORES[-1]) & ~unknown, 5, "minutia quality", quality, "0 to 100")
    reserved = np.flatnonzero(minutiae["y"] >> 14)
    if reserved.size:
        reader.deviation(start + int(reserved[0]) * size + 2, "reserved bits of y", "are set, expected 0")
    angle = minutiae["angle"].astype(np.float32) * np.float32(np.pi / 128)
    return FingerTemplate(
        x.astype(np.float32),
        y.astype(np.float32),
        angle,
        kind,
        np.where(unknown, 0, quality).astype(np.uint8),
        width,
        height,
        ppi,
    )


def decode_extended(reader: RecordReader) -> tuple[ExtendedArea, ...]:
    """The extended data block: areas of type, length and data.

    The standard's example counts the four bytes of type and length in an area's length, but writers are about that
    do not; the reading that ends with the block is taken.
    """
    at = reader.offset
    length = reader.uint(2, "extended data length")
    block = reader.part(length, "extended data length", at)
    start = block.offset
    try:
        return _extended_areas(block, counted=4)
    except RecordError as error:
        block.offset = start
        try:
            return _extended_areas(block, counted=0)
        except RecordError:
            raise error from None


def _extended_areas(block: RecordReader, counted: int) -> tuple[ExtendedArea, ...]:
    areas = []
    while block.remaining:
        type_id = block.uint(2, "extended data type")
        at = block.offset
        length = block.uint(2, "extended data area length", range(counted, 1 << 16), f"{counted} or more")
        part = block.part(length - counted, "extended data area length", at)
        areas.append(ExtendedArea(type_id, part.data[part.offset : part.end]))
    return tuple(areas)
