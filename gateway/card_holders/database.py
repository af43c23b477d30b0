"""The SQLite file of card holders: its settings, its table, and what can still be read of a damaged one."""

import sqlite3
from functools import partial
from pathlib import Path
from typing import NamedTuple

from gateway.card_holders.errors import damaged, from_os, from_sqlite, too_new
from gateway.sqlite_file import salvaged_rows
from gateway.sqlite_schema import SqliteSchema, given_as, opened

SCHEMA_VERSION = 1
FILE_NAME = "card-holders.sqlite3"
SET_ASIDE = "card-holders.corrupt-*.sqlite3"

# In clear: which enrolments wait for a card, and since when. A row without a key is erased.
_TABLES = """
CREATE TABLE holders (
    enrolment_id TEXT PRIMARY KEY,
    first_id TEXT NOT NULL,
    kept_ms INTEGER NOT NULL,
    data_key BLOB,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX holders_by_first ON holders (first_id);
"""
COLUMNS = "enrolment_id, first_id, kept_ms, data_key, body"

_SCHEMA = SqliteSchema(
    SCHEMA_VERSION,
    _TABLES,
    too_new=lambda path, version: too_new(path, version, SCHEMA_VERSION),
    foreign=lambda path, _: damaged(path, "it holds tables, but not those of card holders"),
    damaged=damaged,
    # Who was erased does not stay in free pages.
    pragmas=(
        "PRAGMA secure_delete = ON",
        f"PRAGMA journal_size_limit = {1 << 20}",
    ),
    empties_log=True,
)

sqlite_errors = partial(given_as, from_sqlite)
"""Turns SQLite's errors inside a block about a path into the room's."""


class Row(NamedTuple):
    """A row: what is in clear, and what is sealed."""

    enrolment_id: str
    first_id: str
    """The enrolment that it supplements; its own where it is none."""
    kept_ms: int
    data_key: bytes | None
    body: bytes


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    HolderError
    """
    try:
        with sqlite_errors(path):
            return opened(path, _SCHEMA)
    except OSError as error:
        raise from_os(error, path) from error


def salvaged_holders(path: Path) -> list[Row]:
    """The rows that can still be read out of a file that was set aside."""
    select = f"SELECT rowid, {COLUMNS} FROM holders NOT INDEXED"  # noqa: S608 - constants
    return [Row(*row) for row in salvaged_rows(path, select)]
