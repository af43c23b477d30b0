"""A cursor over a record's bytes that names the field and the offset of whatever does not fit."""

from collections.abc import Container
from enum import IntEnum
from typing import TypeVar

from gateway.records.errors import RecordError, UnsupportedRecordError

Code = TypeVar("Code", bound=IntEnum)


class RecordReader:
    """Reads big-endian fields one after another and never beyond `end`.

    Parameters
    ----------
    data : bytes
        The whole record, so that offsets are the record's own.
    offset, end : int
        The part of it to read; `end` defaults to the end of `data`.
    deviations : list of RecordError, optional
        Where faults go that do not hinder reading. Without it, every fault is raised.
    """

    def __init__(
        self, data: bytes, offset: int = 0, end: int | None = None, deviations: list[RecordError] | None = None
    ) -> None:
        self.data = data
        self.offset = offset
        self.end = len(data) if end is None else end
        self._deviations = deviations

    @property
    def remaining(self) -> int:
        """Bytes from here to the end."""
        return self.end - self.offset

    @property
    def strict(self) -> bool:
        """Whether every fault is raised."""
        return self._deviations is None

    def take(self, size: int, field: str) -> bytes:
        """The next `size` bytes; `RecordError` if there are fewer."""
        if size > self.remaining:
            raise RecordError(self.offset, field, f"needs {size} bytes, but only {self.remaining} are left")
        start, self.offset = self.offset, self.offset + size
        return self.data[start : self.offset]

    def uint(self, size: int, field: str, allowed: Container[int] | None = None, expected: str = "") -> int:
        """The next unsigned number of `size` bytes; `RecordError` unless in `allowed`, which `expected` describes."""
        at = self.offset
        value = int.from_bytes(self.take(size, field), "big")
        if allowed is not None and value not in allowed:
            raise RecordError(at, field, f"is {value}, expected {expected or allowed}")
        return value

    def code(self, field: str, codes: type[Code]) -> Code:
        """The next byte as a member of `codes`; `UnsupportedRecordError` if it is none of them."""
        at = self.offset
        value = self.uint(1, field)
        try:
            return codes(value)
        except ValueError:
            raise UnsupportedRecordError(
                at, field, f"code {value} is not among the {codes.__name__} codes read here"
            ) from None

    def part(self, size: int, field: str, at: int) -> "RecordReader":
        """A reader of the next `size` bytes, which this one leaves behind; `at` is where that size is declared."""
        if size > self.remaining:
            raise RecordError(at, field, f"says {size} bytes, but only {self.remaining} are left")
        part = RecordReader(self.data, self.offset, self.offset + size, self._deviations)
        self.offset += size
        return part

    def deviation(self, offset: int, field: str, problem: str) -> None:
        """Raise a fault that does not hinder reading, or note it where the reader is lenient."""
        error = RecordError(offset, field, problem)
        if self._deviations is None:
            raise error
        self._deviations.append(error)

    def reserved(self, size: int, field: str) -> None:
        """Pass over bytes that have to be zero."""
        at = self.offset
        value = self.uint(size, field)
        if value:
            self.deviation(at, field, f"is {value}, expected 0")

    def declared_length(self, size: int, smallest: int) -> int:
        """The record length field: equal to the bytes given, or a deviation."""
        at = self.offset
        declared = self.uint(size, "record length")
        if declared < smallest:
            self.deviation(at, "record length", f"says {declared}, but the smallest such record has {smallest} bytes")
        elif declared != self.end:
            self.deviation(at, "record length", f"says {declared}, but there are {self.end} bytes")
        return declared

    def finished(self, field: str) -> None:
        """Expect that nothing is left."""
        if self.remaining:
            self.deviation(self.offset, field, f"{self.remaining} bytes follow after the last field")
