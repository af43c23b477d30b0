"""What the store needs of a database: statements with `?` for each value, read together or changed together."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]


class Statements(Protocol):
    """Statements of one look, or of one transaction."""

    def rows(self, sql: str, *values: object) -> list[Row]:
        """All rows that a statement gives."""
        ...

    def row(self, sql: str, *values: object) -> Row | None:
        """The first row."""
        ...

    def run(self, sql: str, *values: object) -> int:
        """How many rows a statement changed."""
        ...


class Database(Protocol):
    """A database; safe in any thread."""

    def reading(self) -> AbstractContextManager[Statements]:
        """For a look; StoreError where it cannot be read."""
        ...

    def writing(self) -> AbstractContextManager[Statements]:
        """One transaction: durable after the block, without a trace if it raises; StoreError where it cannot be."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...
