"""The centre's store in SQL that SQLite and PostgreSQL both speak."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.central.chain_forks import FORK_TABLES, ChainFork, note_earlier_forks, note_forks, packets_at
from gateway.central.database import Database, Row, Statements
from gateway.central.errors import StoreError, StoreWentBack
from gateway.central.postgres_database import PostgresDatabase
from gateway.central.sqlite_database import SqliteDatabase
from gateway.central.store import Reception, RegisteredGateway, StoredAnswer, StoredPacket, VerifiedPacket
from gateway.centre import Announcement, AnnouncementKind, EnrolmentStatus
from gateway.guidance import LocalizedText

SCHEMA_VERSION = 1
STORE_FILE = "centre.sqlite3"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_TABLES = (
    """CREATE TABLE ledger (
        only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
        version BIGINT NOT NULL,
        centre_id TEXT NOT NULL,
        ordinal BIGINT NOT NULL
    )""",
    """CREATE TABLE gateways (
        gateway_id TEXT PRIMARY KEY,
        bundle_pem TEXT,
        added_at_ms BIGINT NOT NULL,
        last_sequence BIGINT NOT NULL
    )""",
    """CREATE TABLE packets (
        gateway_id TEXT NOT NULL REFERENCES gateways (gateway_id),
        packet_id TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        size BIGINT NOT NULL,
        chain_id TEXT NOT NULL,
        chain_sequence BIGINT NOT NULL,
        digest TEXT NOT NULL,
        remarks TEXT NOT NULL,
        received_at_ms BIGINT NOT NULL,
        ordinal BIGINT NOT NULL UNIQUE,
        receipt_sequence BIGINT NOT NULL,
        status TEXT NOT NULL,
        status_at_ms BIGINT NOT NULL,
        PRIMARY KEY (gateway_id, packet_id)
    )""",
    "CREATE INDEX packets_by_status ON packets (status, ordinal)",
    "CREATE INDEX packets_by_gateway ON packets (gateway_id, ordinal)",
    "CREATE INDEX packets_by_id ON packets (packet_id)",
    """CREATE TABLE answers (
        gateway_id TEXT NOT NULL,
        sequence BIGINT NOT NULL,
        packet_id TEXT NOT NULL,
        status TEXT,
        at_ms BIGINT NOT NULL,
        words_id TEXT NOT NULL,
        words_en TEXT NOT NULL,
        PRIMARY KEY (gateway_id, sequence),
        FOREIGN KEY (gateway_id, packet_id) REFERENCES packets (gateway_id, packet_id)
    )""",
    """CREATE TABLE announcements (
        announcement_id TEXT PRIMARY KEY,
        centre_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        issued_ms BIGINT NOT NULL,
        begins_ms BIGINT NOT NULL,
        expected_return_ms BIGINT,
        words_id TEXT NOT NULL,
        words_en TEXT NOT NULL
    )""",
)
# A gateway without a bundle is not registered any more: its numbers go on should it come back.
_PACKET = (
    "gateway_id, packet_id, sha256, size, chain_id, chain_sequence, digest, remarks, received_at_ms, ordinal, "
    "receipt_sequence, status, status_at_ms"
)
_AT_ONCE = 200
"""Names in one statement."""


class SqlStore:
    """A `CentreStore` in a database.

    Parameters
    ----------
    database : Database
    centre_id : str
        A store belongs to one centre.

    Raises
    ------
    StoreError
        It belongs to another, is of a newer version, or cannot be used.
    """

    def __init__(self, database: Database, centre_id: str) -> None:
        self._database = database
        with database.writing() as told:
            sqlite = isinstance(database, SqliteDatabase)
            if not _has_table(told, "ledger", sqlite=sqlite):
                _make_tables(told, _TABLES, sqlite=sqlite)
                first = "INSERT INTO ledger (only_row, version, centre_id, ordinal) VALUES (1, ?, ?, 0)"
                told.run(first, SCHEMA_VERSION, centre_id)
            if not _has_table(told, "chain_forks", sqlite=sqlite):  # a store of before; an older program minds nothing
                _make_tables(told, FORK_TABLES, sqlite=sqlite)
                note_earlier_forks(told, _ms(datetime.now(UTC)))
            version, owner = told.row("SELECT version, centre_id FROM ledger") or (0, "")
        if version > SCHEMA_VERSION:
            raise StoreError(
                LocalizedText(
                    id=f"Data pusat dibuat oleh versi yang lebih baru ({version}). Perbarui program ini.",
                    en=f"The store is of a newer version ({version}). Update this program.",
                )
            )
        if owner != centre_id:
            raise StoreError(
                LocalizedText(
                    id=f"Data ini milik pusat {owner}, bukan {centre_id}. Sebutkan database lain.",
                    en=f"This store is that of centre {owner}, not {centre_id}. Name another database.",
                )
            )

    def ordinal(self) -> int:
        """How many changes with a receipt or a status it holds."""
        with self._database.reading() as look:
            return _integer(look.row("SELECT ordinal FROM ledger"))

    def gateway(self, gateway_id: str) -> RegisteredGateway | None:
        """A gateway that is registered."""
        with self._database.reading() as look:
            row = look.row(f"{_GATEWAYS} AND gateway_id = ?", gateway_id)
        return None if row is None else _gateway(row)

    def gateways(self) -> Sequence[RegisteredGateway]:
        """All that are registered, by id."""
        with self._database.reading() as look:
            return [_gateway(row) for row in look.rows(f"{_GATEWAYS} ORDER BY gateway_id")]

    def register(self, gateway_id: str, bundle_pem: str, at: datetime) -> None:
        """Take packets of a gateway from now on."""
        with self._database.writing() as told:
            told.run(
                "INSERT INTO gateways (gateway_id, bundle_pem, added_at_ms, last_sequence) VALUES (?, ?, ?, 0) "
                "ON CONFLICT (gateway_id) DO UPDATE SET bundle_pem = excluded.bundle_pem",
                *(gateway_id, bundle_pem, _ms(at)),
            )

    def unregister(self, gateway_id: str) -> bool:
        """Take no more of it."""
        with self._database.writing() as told:
            sql = "UPDATE gateways SET bundle_pem = NULL WHERE gateway_id = ? AND bundle_pem IS NOT NULL"
            return told.run(sql, gateway_id) > 0

    def packets(self, gateway_id: str, packet_ids: Sequence[str]) -> dict[str, StoredPacket]:
        """Those of a gateway that are held, by id."""
        found: dict[str, StoredPacket] = {}
        with self._database.reading() as look:
            for start in range(0, len(packet_ids), _AT_ONCE):
                some = packet_ids[start : start + _AT_ONCE]
                places = ", ".join("?" * len(some))
                sql = f"SELECT {_PACKET} FROM packets WHERE gateway_id = ? AND packet_id IN ({places})"  # noqa: S608
                found.update((row[1], _packet(row)) for row in look.rows(sql, gateway_id, *some))
        return found

    def packets_named(self, packet_id: str) -> Sequence[StoredPacket]:
        """Packets of that id, of any gateway."""
        return self._packets("WHERE packet_id = ? ORDER BY gateway_id", packet_id)

    def newest_packets(self, gateway_id: str | None, limit: int) -> Sequence[StoredPacket]:
        """The newest, of one gateway or of all, newest first."""
        if gateway_id is None:
            return self._packets("ORDER BY ordinal DESC LIMIT ?", limit)
        return self._packets("WHERE gateway_id = ? ORDER BY ordinal DESC LIMIT ?", gateway_id, limit)

    def packets_with(self, status: EnrolmentStatus, after: int, limit: int) -> Sequence[StoredPacket]:
        """Packets of a status beyond an ordinal, oldest first."""
        return self._packets("WHERE status = ? AND ordinal > ? ORDER BY ordinal LIMIT ?", *(str(status), after, limit))

    def counts(self) -> dict[EnrolmentStatus, int]:
        """Packets by status."""
        with self._database.reading() as look:
            rows = look.rows("SELECT status, count(*) FROM packets GROUP BY status")
        return {EnrolmentStatus(status): int(count) for status, count in rows}

    def receive(self, packets: Sequence[VerifiedPacket], at: datetime, mark: int) -> Reception:
        """Hold packets, all in one."""
        with self._database.writing() as told:
            ordinal = _advanced(told, len(packets), mark) - len(packets)
            stored = []
            places: list[tuple[str, str, int]] = []
            for packet in packets:
                ordinal += 1
                stored.append(_received(told, packet, _ms(at), ordinal))
                if stored[-1] is not None and stored[-1].ordinal == ordinal:
                    found = note_forks(told, packet, _ms(at))
                    places += [(packet.gateway_id, packet.chain_id, each) for each in found]
            forks = tuple(ChainFork(*place, at, packets_at(told, *place)) for place in places)
        return Reception(ordinal, tuple(stored), forks)

    def chain_forks(self, gateway_id: str | None, limit: int) -> Sequence[ChainFork]:
        """Places of chains that more than one packet claims, the newest found first."""
        which, values = ("", ()) if gateway_id is None else ("WHERE gateway_id = ?", (gateway_id,))
        with self._database.reading() as look:
            rows = look.rows(
                f"SELECT gateway_id, chain_id, chain_sequence, found_at_ms FROM chain_forks {which} "  # noqa: S608
                "ORDER BY found_at_ms DESC, gateway_id, chain_id, chain_sequence LIMIT ?",
                *(*values, limit),
            )
            return [
                ChainFork(gateway, chain, int(at), _at(found_ms), packets_at(look, gateway, chain, at))
                for gateway, chain, at, found_ms in rows
            ]

    def count_forks(self) -> int:
        """How many such places there are."""
        with self._database.reading() as look:
            return _integer(look.row("SELECT count(*) FROM chain_forks"))

    def set_status(
        self, packet: StoredPacket, status: EnrolmentStatus, at: datetime, words: LocalizedText, mark: int
    ) -> int | None:
        """Move a packet on, with an answer for its gateway."""
        with self._database.writing() as told:
            ordinal = _advanced(told, 1, mark)
            place = packet.gateway_id, packet.packet_id
            changed = told.run(
                "UPDATE packets SET status = ?, status_at_ms = ? "
                "WHERE gateway_id = ? AND packet_id = ? AND status <> ?",
                *(str(status), _ms(at), *place, str(status)),
            )
            if not changed:
                return None
            sequence = _next_sequences(told, packet.gateway_id, 1)
            assert sequence is not None
            _answer(told, *place, sequence, str(status), _ms(at), words)
        return ordinal

    def last_sequence(self, gateway_id: str) -> int:
        """Of the answers for a gateway."""
        with self._database.reading() as look:
            row = look.row("SELECT last_sequence FROM gateways WHERE gateway_id = ?", gateway_id)
        return 0 if row is None else int(row[0])

    def answers(self, gateway_id: str, after: int, limit: int) -> Sequence[StoredAnswer]:
        """Answers for a gateway beyond a sequence, oldest first."""
        with self._database.reading() as look:
            rows = look.rows(
                "SELECT a.gateway_id, a.sequence, a.packet_id, p.sha256, p.size, a.status, a.at_ms, a.words_id, "
                "a.words_en FROM answers a JOIN packets p ON p.gateway_id = a.gateway_id AND p.packet_id = a.packet_id "
                "WHERE a.gateway_id = ? AND a.sequence > ? ORDER BY a.sequence LIMIT ?",
                *(gateway_id, after, limit),
            )
        return [_stored_answer(row) for row in rows]

    def announce(self, announcement: Announcement) -> None:
        """Keep an announcement."""
        back = announcement.expected_return
        with self._database.writing() as told:
            told.run(
                "INSERT INTO announcements (announcement_id, centre_id, kind, issued_ms, begins_ms, "
                "expected_return_ms, words_id, words_en) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (announcement_id) DO NOTHING",
                *(announcement.announcement_id, announcement.centre_id, str(announcement.kind)),
                *(_ms(announcement.issued), _ms(announcement.begins), None if back is None else _ms(back)),
                *(announcement.words.id, announcement.words.en),
            )

    def announcements(self, limit: int) -> Sequence[Announcement]:
        """The newest, newest first."""
        with self._database.reading() as look:
            rows = look.rows(
                "SELECT centre_id, announcement_id, kind, issued_ms, begins_ms, expected_return_ms, words_id, words_en "
                "FROM announcements ORDER BY issued_ms DESC, announcement_id LIMIT ?",
                limit,
            )
        return [_announcement(row) for row in rows]

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _packets(self, condition: str, *values: object) -> list[StoredPacket]:
        with self._database.reading() as look:
            return [_packet(row) for row in look.rows(f"SELECT {_PACKET} FROM packets {condition}", *values)]  # noqa: S608


_GATEWAYS = "SELECT gateway_id, bundle_pem, added_at_ms, last_sequence FROM gateways WHERE bundle_pem IS NOT NULL"


def open_store(url: str, state: Path, centre_id: str) -> SqlStore:
    """The store of a centre.

    Parameters
    ----------
    url : str
        `postgresql://…`; empty for SQLite in the centre's folder.
    state : Path
    centre_id : str

    Raises
    ------
    StoreError
    """
    database: Database = PostgresDatabase(url) if url else SqliteDatabase(state / STORE_FILE)
    try:
        return SqlStore(database, centre_id)
    except BaseException:
        database.close()
        raise


def _has_table(look: Statements, name: str, *, sqlite: bool) -> bool:
    if sqlite:
        return look.row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", name) is not None
    look.run("SELECT pg_advisory_xact_lock(7247345)")  # two that come at once make the tables once
    return look.row("SELECT to_regclass(?)", name) != (None,)


def _make_tables(told: Statements, tables: Sequence[str], *, sqlite: bool) -> None:
    for table in tables:
        is_table = table.startswith("CREATE TABLE")
        told.run(table.replace("BIGINT", "INTEGER") + (" STRICT" if is_table else "") if sqlite else table)


def _advanced(told: Statements, count: int, mark: int) -> int:
    """Count changes; the row is locked until the transaction ends, so that all take their turns."""
    ordinal = _integer(told.row("UPDATE ledger SET ordinal = ordinal + ? RETURNING ordinal", count))
    if ordinal - count < mark:
        raise StoreWentBack(
            LocalizedText(
                id="Data pusat lebih tua daripada tanda terima yang sudah diberikan: dipulihkan dari cadangan. "
                "Jalankan pusat sekali (`rekam central serve`): ia melanjutkan dengan buku baru.",
                en="The store is older than receipts that were given: it was put back from a backup. Run the centre "
                "once (`rekam central serve`): it goes on under another ledger.",
            )
        )
    return ordinal


def _received(told: Statements, packet: VerifiedPacket, at_ms: int, ordinal: int) -> StoredPacket | None:
    place = packet.gateway_id, packet.packet_id
    find = f"SELECT {_PACKET} FROM packets WHERE gateway_id = ? AND packet_id = ?"  # noqa: S608
    before = told.row(find, *place)
    if before is not None:
        return _packet(before)
    last = _next_sequences(told, packet.gateway_id, 2)
    if last is None:
        return None
    status = str(EnrolmentStatus.RECEIVED_AT_CENTRAL)
    row = (
        *(*place, packet.sha256, packet.size, packet.chain_id, packet.chain_sequence, packet.digest, packet.remarks),
        *(at_ms, ordinal, last - 1, status, at_ms),
    )
    told.run(f"INSERT INTO packets ({_PACKET}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)  # noqa: S608
    _answer(told, *place, last - 1, None, at_ms, _NO_WORDS)
    _answer(told, *place, last, status, at_ms, _NO_WORDS)
    return _packet(row)


_NO_WORDS = LocalizedText(id="", en="")


def _next_sequences(told: Statements, gateway_id: str, count: int) -> int | None:
    row = told.row(
        "UPDATE gateways SET last_sequence = last_sequence + ? WHERE gateway_id = ? RETURNING last_sequence",
        *(count, gateway_id),
    )
    return None if row is None else int(row[0])


def _answer(
    told: Statements,
    gateway_id: str,
    packet_id: str,
    sequence: int,
    status: str | None,
    at_ms: int,
    words: LocalizedText,
) -> None:
    told.run(
        "INSERT INTO answers (gateway_id, sequence, packet_id, status, at_ms, words_id, words_en) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(gateway_id, sequence, packet_id, status, at_ms, words.id, words.en),
    )


def _integer(row: Row | None) -> int:
    assert row is not None
    return int(row[0])


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def _at(ms: int) -> datetime:
    return _EPOCH + ms * _MILLISECOND


def _gateway(row: Row) -> RegisteredGateway:
    return RegisteredGateway(row[0], row[1], _at(row[2]), int(row[3]))


def _packet(row: Row) -> StoredPacket:
    gateway_id, packet_id, sha256, size, chain_id, chain_sequence, digest, remarks, received_ms, *rest = row
    ordinal, receipt_sequence, status, status_at_ms = rest
    return StoredPacket(
        *(gateway_id, packet_id, sha256, int(size), chain_id, int(chain_sequence), digest, remarks),
        *(_at(received_ms), int(ordinal), int(receipt_sequence), EnrolmentStatus(status), _at(status_at_ms)),
    )


def _stored_answer(row: Row) -> StoredAnswer:
    gateway_id, sequence, packet_id, sha256, size, status, at_ms, indonesian, english = row
    named = None if status is None else EnrolmentStatus(status)
    words = LocalizedText(id=indonesian, en=english)
    return StoredAnswer(gateway_id, int(sequence), packet_id, sha256, int(size), named, _at(at_ms), words)


def _announcement(row: Row) -> Announcement:
    centre_id, announcement_id, kind, issued, begins, back, indonesian, english = row
    return Announcement(
        centre_id,
        announcement_id,
        AnnouncementKind(kind),
        _at(issued),
        _at(begins),
        None if back is None else _at(back),
        LocalizedText(id=indonesian, en=english),
    )
