"""The centre's answers as they are kept, and up to where they were taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from gateway.centre import AnswerCursor
from gateway.forwarding.packet import QueuedPacket
from gateway.forwarding.rows import step_packet
from gateway.forwarding.store import OutboxFile


@dataclass(frozen=True)
class StoredAnswer:
    """An answer of the centre as it is kept: verified, and for this gateway."""

    ledger_id: str
    sequence: int
    packet_id: str
    kind: str
    """`receipt` or `status`."""
    way: str
    """How it came: `centre` or `stick`."""
    jws: bytes
    payload_sha256: str


class Kept(Enum):
    """What became of an answer that was to be kept."""

    NEW = "new"
    KNOWN = "known"
    OTHER = "other"
    """Another one is kept under its number, and stands."""


class AnswerStore:
    """The answers of an outbox; any thread may call. Errors as of `PacketQueue`."""

    def __init__(self, file: OutboxFile) -> None:
        self._file = file

    def cursor(self) -> AnswerCursor:
        """Up to where the centre's answers were taken."""
        with self._file.using() as connection:
            ledger_id, sequence = connection.execute("SELECT ledger_id, sequence FROM centre").fetchone()
        return AnswerCursor(ledger_id, sequence)

    def passes(self) -> int:
        """How often in a row an answer after the cursor was not to be believed."""
        with self._file.using() as connection:
            (passes,) = connection.execute("SELECT passes FROM centre").fetchone()
        return int(passes)

    def move_cursor(self, cursor: AnswerCursor, passes: int = 0) -> None:
        """Take answers from there on."""
        with self._file.changing() as connection:
            connection.execute(
                "UPDATE centre SET ledger_id = ?, sequence = ?, passes = ?", (cursor.ledger_id, cursor.sequence, passes)
            )

    def keep(
        self,
        answer: StoredAnswer,
        cursor: AnswerCursor | None = None,
        step: Callable[[QueuedPacket], QueuedPacket] | None = None,
    ) -> Kept:
        """Keep an answer, move the cursor past it and let its packet take a step: all of it, or nothing.

        No step is taken where another answer is kept under its number.
        """
        with self._file.changing() as connection:
            if cursor is not None:
                connection.execute(
                    "UPDATE centre SET ledger_id = ?, sequence = ?, passes = 0", (cursor.ledger_id, cursor.sequence)
                )
            place = (answer.ledger_id, answer.sequence)
            kept = connection.execute(
                "SELECT payload_sha256 FROM answers WHERE ledger_id = ? AND sequence = ?", place
            ).fetchone()
            if kept is not None and kept != (answer.payload_sha256,):
                return Kept.OTHER
            if kept is None:
                connection.execute(
                    "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                    (*place, answer.packet_id, answer.kind, answer.way, answer.jws, answer.payload_sha256),
                )
            if step is not None:
                step_packet(connection, answer.packet_id, step)
        return Kept.NEW if kept is None else Kept.KNOWN

    def is_settled(self, place: AnswerCursor, payload_sha256: str) -> bool:
        """Whether that answer is kept under its number, and, where it is a receipt, its packet has taken the step."""
        with self._file.using() as connection:
            row = connection.execute(
                "SELECT 1 FROM answers LEFT JOIN packets USING (packet_id)"
                " WHERE ledger_id = ? AND answers.sequence = ? AND payload_sha256 = ?"
                " AND (kind = 'status' OR packets.state IS NULL"
                " OR (packets.state IN ('received', 'erased') AND packets.offered = 1))",
                (place.ledger_id, place.sequence, payload_sha256),
            ).fetchone()
        return row is not None

    def unapplied(self, most: int = 100) -> list[StoredAnswer]:
        """Answers that others have not been told of yet, in the order of each ledger."""
        with self._file.using() as connection:
            rows = connection.execute(
                "SELECT ledger_id, sequence, packet_id, kind, way, jws, payload_sha256 FROM answers WHERE applied = 0"
                " ORDER BY rowid LIMIT ?",
                (most,),
            ).fetchall()
        return [StoredAnswer(*row) for row in rows]

    def applied(self, answers: Sequence[StoredAnswer]) -> None:
        """Others were told of them."""
        with self._file.changing() as connection:
            connection.executemany(
                "UPDATE answers SET applied = 1 WHERE ledger_id = ? AND sequence = ?",
                [(each.ledger_id, each.sequence) for each in answers],
            )

    def apply_again(self) -> None:
        """Others lost what they were told: all of it is to be told again."""
        with self._file.changing() as connection:
            connection.execute("UPDATE answers SET applied = 0")

    def receipts(self, packet_id: str) -> list[bytes]:
        """The receipts (JWS) of a packet; several where the centre was put back from a backup."""
        with self._file.using() as connection:
            rows = connection.execute(
                "SELECT jws FROM answers WHERE packet_id = ? AND kind = 'receipt' ORDER BY rowid", (packet_id,)
            ).fetchall()
        return [jws for (jws,) in rows]
