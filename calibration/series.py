"""Curves and maps beside a record: their bytes, their digests, and small packs for the disk."""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_ELEMENTS = 32 * 1024 * 1024
"""Two full frames of the largest ten-print platen at 1000 ppi would fit; a claim of more is no series."""

_DTYPES = {"bool": np.dtype(np.bool_), "float32": np.dtype("<f4")}


class SeriesDamaged(ValueError):
    """Packed bytes are not the series that their digest names."""


@dataclass(frozen=True)
class SeriesDigest:
    """Which series belongs to a measurement.

    Parameters
    ----------
    name : str
    dtype : str
        `float32` or `bool`.
    shape : tuple of int
    sha256 : str
        Of `dtype`, `shape` and the values, row by row, little-endian.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    sha256: str


def stored_form(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """The series as it is kept: bool as it is, any other number as float32."""
    kind = _DTYPES["bool"] if values.dtype == np.bool_ else _DTYPES["float32"]
    return np.ascontiguousarray(values, kind)


def series_digest(name: str, values: NDArray[np.generic]) -> SeriesDigest:
    """The digest of a series."""
    kept = stored_form(values)
    dtype = "bool" if kept.dtype == np.bool_ else "float32"
    shape = tuple(int(length) for length in kept.shape)
    return SeriesDigest(name, dtype, shape, _sha256(dtype, shape, kept.tobytes()))


def digests_of(series: Mapping[str, NDArray[np.generic]]) -> tuple[SeriesDigest, ...]:
    """The digests of all series of a measurement, by name."""
    return tuple(series_digest(name, series[name]) for name in sorted(series))


def packed(values: NDArray[np.generic]) -> bytes:
    """The values compressed, for the disk: what `unpacked` reads."""
    return zlib.compress(stored_form(values).tobytes(), 6)


def unpacked(content: bytes, digest: SeriesDigest) -> NDArray[np.generic]:
    """The series of a digest.

    Raises
    ------
    SeriesDamaged
        The bytes are others than those that the digest was made of.
    """
    count = int(np.prod(digest.shape, dtype=np.int64)) if digest.shape else 1
    dtype = _DTYPES.get(digest.dtype)
    if dtype is None or min(digest.shape, default=0) < 0 or count > MAX_ELEMENTS:
        raise SeriesDamaged(f"{digest.name}: {digest.dtype} {digest.shape} is no series")
    try:
        reader = zlib.decompressobj()
        plain = reader.decompress(content, count * dtype.itemsize + 1)
    except zlib.error as error:
        raise SeriesDamaged(f"{digest.name}: cannot be unpacked ({error})") from error
    if len(plain) != count * dtype.itemsize or _sha256(digest.dtype, digest.shape, plain) != digest.sha256:
        raise SeriesDamaged(f"{digest.name}: not the values that were measured")
    return np.frombuffer(plain, dtype).reshape(digest.shape)


def _sha256(dtype: str, shape: tuple[int, ...], content: bytes) -> str:
    digest = hashlib.sha256(f"{dtype} {'x'.join(map(str, shape))}\n".encode("ascii"))
    digest.update(content)
    return digest.hexdigest()
