"""PostgreSQL as the centre's database, for a real centre; psycopg is loaded only where it is used."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from gateway.central.database import Row, Statements
from gateway.central.errors import StoreError, StoreFull, StoreUnavailable
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    import psycopg

_CONNECTIONS = 4
_CONNECT_S = 10
_STATEMENT_MS = 30_000
_DISK_FULL, _OUT_OF_MEMORY = "53100", "53200"  # PostgreSQL, appendix A: error codes
_PASSING = ("08", "53", "57", "40")
"""Classes of errors that pass: connection, resources, an operator's intervention, a transaction rolled back."""


class PostgresDatabase:
    """Some connections, made anew where the server closed them.

    Parameters
    ----------
    url : str
        `postgresql://...` as libpq reads it; a password better lies in its `.pgpass`.

    Raises
    ------
    StoreError
    """

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise StoreError(
                LocalizedText(
                    id="Pustaka untuk PostgreSQL belum terpasang. Jalankan: pip install 'rekam[postgresql]'.",
                    en="The library for PostgreSQL is not installed. Run: pip install 'rekam[postgresql]'.",
                )
            ) from error
        self._psycopg: Any = psycopg
        self._url = url
        self._idle: queue.SimpleQueue[psycopg.Connection[Row] | None] = queue.SimpleQueue()
        with self._told():
            first = self._connect()
            try:
                self._check_durable(first)
            except BaseException:
                first.close()
                raise
        self._idle.put(first)
        for _ in range(_CONNECTIONS - 1):
            self._idle.put(None)

    @contextmanager
    def reading(self) -> Iterator[Statements]:
        """For a look at one state of the database."""
        with self._statements("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as statements:
            yield statements

    @contextmanager
    def writing(self) -> Iterator[Statements]:
        """One transaction."""
        with self._statements("BEGIN") as statements:
            yield statements

    def close(self) -> None:
        """Close all connections."""
        for _ in range(_CONNECTIONS):
            connection = self._idle.get()
            if connection is not None:
                connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def _statements(self, begin: str) -> Iterator[Statements]:
        connection = self._idle.get()
        try:
            with self._told():
                connection = self._ready(connection)
                connection.execute(begin)
                try:
                    yield _PostgresStatements(connection)
                    connection.execute("COMMIT")
                except BaseException:
                    with suppress(self._psycopg.Error):
                        connection.execute("ROLLBACK")
                    raise
        finally:
            self._idle.put(connection)

    def _ready(self, connection: "psycopg.Connection[Row] | None") -> "psycopg.Connection[Row]":
        if connection is not None and not connection.closed:
            try:
                connection.execute("SELECT 1")  # a server that was restarted shows here, before anything is done
                return connection
            except self._psycopg.OperationalError:
                connection.close()
        return self._connect()

    def _connect(self) -> "psycopg.Connection[Row]":
        connection: psycopg.Connection[Row] = self._psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=_CONNECT_S,
            application_name="rekam central",
            tcp_user_timeout=_STATEMENT_MS,
        )
        connection.execute(f"SET statement_timeout = {_STATEMENT_MS}")
        connection.execute(f"SET lock_timeout = {_STATEMENT_MS}")
        connection.execute("SET synchronous_commit = on")
        return connection

    def _check_durable(self, connection: "psycopg.Connection[Row]") -> None:
        for setting in ("fsync", "full_page_writes"):
            row = connection.execute(f"SHOW {setting}").fetchone()
            if row is None or row[0] != "on":
                raise StoreError(
                    LocalizedText(
                        id=f"PostgreSQL berjalan dengan {setting} = off: yang ditulis dapat hilang bila listrik padam. "
                        "Nyalakan di postgresql.conf.",
                        en=f"PostgreSQL runs with {setting} = off: a power cut may take what it confirmed. Set it to "
                        "on in postgresql.conf.",
                    )
                )

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._psycopg.Error as error:
            raise _fault(error) from error


class _PostgresStatements:
    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._connection = connection

    def rows(self, sql: str, *values: object) -> list[Row]:
        return self._executed(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> Row | None:
        return self._executed(sql, values).fetchone()

    def run(self, sql: str, *values: object) -> int:
        return self._executed(sql, values).rowcount

    def _executed(self, sql: str, values: tuple[object, ...]) -> "psycopg.Cursor[Row]":
        return self._connection.execute(sql.replace("?", "%s").encode(), values or None)


def _fault(error: Any) -> StoreError:
    state = error.sqlstate or ""
    cause = str(error).strip().split("\n", maxsplit=1)[0]
    if state == _DISK_FULL:
        return StoreFull(
            LocalizedText(
                id="Disk server PostgreSQL penuh. Kosongkan ruang; tidak ada yang hilang.",
                en="The disk of the PostgreSQL server is full. Free space there; nothing is lost.",
            )
        )
    if not state or state.startswith(_PASSING):
        return StoreUnavailable(
            LocalizedText(
                id=f"PostgreSQL tidak menjawab ({cause}). Periksa servernya; kantor menunggu dan mengirim lagi.",
                en=f"PostgreSQL does not answer ({cause}). Look at the server; offices wait and send again.",
            )
        )
    return StoreError(
        LocalizedText(
            id=f"PostgreSQL menolak ({cause}). Periksa nama database, hak pengguna, dan isinya.",
            en=f"PostgreSQL refuses ({cause}). Check the database's name, the user's rights and what is in it.",
        )
    )
