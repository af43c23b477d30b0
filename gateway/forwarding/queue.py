"""The outbox on the disk: which packets have to leave, and how far each is."""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from gateway.centre import AnswerCursor, PacketNotice
from gateway.elapsed import Moment, moment_now
from gateway.forwarding.answer_store import AnswerStore
from gateway.forwarding.errors import PacketUnknown
from gateway.forwarding.incident import IncidentKind
from gateway.forwarding.notebook import Notebook, note_history
from gateway.forwarding.order import OFFER_MOST, Phase
from gateway.forwarding.packet import PacketState, QueuedPacket
from gateway.forwarding.rows import SELECT_PACKETS, milliseconds, read_packet, step_packet, write_packet
from gateway.forwarding.store import OutboxFile


@dataclass(frozen=True)
class Depth:
    """How much of a state there is."""

    packets: int
    bytes: int
    """Of the files."""


class PacketQueue:
    """The packets of one state folder; made by `open`, closed by `close` or a `with` block; any thread may call.

    What a method changed is on the disk when it returns. Every method that reads or writes raises `OutboxCorrupt`,
    `OutboxFull` or `OutboxUnwritable` where the file cannot be used; nothing of what was asked is done then.
    """

    def __init__(self, file: OutboxFile) -> None:
        self._file = file
        self.answers = AnswerStore(file)
        self.notes = Notebook(file)
        self.clock = file.clock
        """Counts the seconds of this outbox."""
        if file.replaced:
            self.notes.note(IncidentKind.STORE_REPLACED, detail=file.replaced)

    @classmethod
    def open(cls, state: Path, read: Callable[[], Moment] = moment_now) -> Self:
        """Open the outbox of a state folder, whose lock the caller holds.

        A damaged file is renamed to `forwarding.corrupt-TIME.sqlite3` and a new one begun: the packets themselves say
        what has to leave, and the centre what it has.

        Raises
        ------
        OutboxTooNew, OutboxFull, OutboxUnwritable
        """
        return cls(OutboxFile.open(state, read))

    def add(self, notice: PacketNotice, early_bytes: int) -> bool:
        """Take a packet in; False where it is known already.

        A packet whose file had been missing is taken back, where it is the same one.
        """
        with self._file.changing() as connection:
            row = connection.execute(SELECT_PACKETS + " WHERE packet_id = ?", (notice.packet_id,)).fetchone()
            if row is not None:
                known = read_packet(row)
                if known.state is PacketState.MISSING and known.notice == notice:
                    write_packet(connection, replace(known, state=PacketState.WAITING, offered=False))
                    return True
                return False
            now = milliseconds(self.clock())
            connection.execute(
                "INSERT INTO packets (packet_id, sha256, size, chain_id, sequence, early_bytes, state, added_ms,"
                " offered, acknowledged, attempts, refusals, not_before_ms, reason, words, phase)"
                " VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, 0, 0, 0, 0, 0, '', '', 0)",
                (
                    *(notice.packet_id, notice.sha256, notice.size, notice.chain_id, notice.sequence),
                    *(min(max(0, early_bytes), notice.size), now),
                ),
            )
            note_history(connection, self.clock(), arrived=notice.size)
        return True

    def get(self, packet_id: str) -> QueuedPacket | None:
        """The packet of that id."""
        with self._file.using() as connection:
            row = connection.execute(SELECT_PACKETS + " WHERE packet_id = ?", (packet_id,)).fetchone()
        return None if row is None else read_packet(row)

    def packets(
        self, states: Iterable[PacketState] = (), after: int = 0, limit: int = 1_000_000_000
    ) -> list[QueuedPacket]:
        """Packets in those states (all without any), the oldest first, after that number."""
        names = [state.value for state in states] or [state.value for state in PacketState]
        marks = ", ".join("?" * len(names))
        with self._file.using() as connection:
            rows = connection.execute(
                SELECT_PACKETS + f" WHERE state IN ({marks}) AND number > ? ORDER BY number LIMIT ?",
                (*names, after, limit),
            ).fetchall()
        return [read_packet(row) for row in rows]

    def offers(self, most: int = OFFER_MOST) -> list[QueuedPacket]:
        """Those to tell the centre of now: `gateway.forwarding.order.offers_due` over all packets, by an index."""
        return self._due("phase = 0 AND not_before_ms <= ?", most)

    def next_to_send(self, *, small_only: bool = False, besides: Set[str] = frozenset()) -> QueuedPacket | None:
        """Whose bytes go next: `gateway.forwarding.order.next_to_send` over all packets, by an index.

        Parameters
        ----------
        small_only : bool
        besides : set of str
            Ids of packets that are left out.
        """
        most = len(besides) + 1
        found = [*self._due("phase = 1 AND not_before_ms <= ?", most)]
        if not small_only:
            found += self._due("phase = 2 AND not_before_ms <= ?", most)
        return next((each for each in found if each.packet_id not in besides), None)

    def next_due_s(self) -> float | None:
        """Counted seconds at which the next packet that waits for its try is due; None where none waits."""
        with self._file.using() as connection:
            (due,) = connection.execute(
                "SELECT min(not_before_ms) FROM packets WHERE phase < ?", (int(Phase.NOTHING),)
            ).fetchone()
        return None if due is None else due / 1000

    def grace_over(self, grace_s: float, most: int = 100) -> list[QueuedPacket]:
        """Packets whose receipt is older than that, and that the centre has not lost since."""
        with self._file.using() as connection:
            rows = connection.execute(
                SELECT_PACKETS + " WHERE state = 'received' AND offered = 1 AND received_ms <= ?"
                " ORDER BY number LIMIT ?",
                (milliseconds(self.clock() - grace_s), most),
            ).fetchall()
        return [read_packet(row) for row in rows]

    def change(self, packet_id: str, step: Callable[[QueuedPacket], QueuedPacket]) -> tuple[QueuedPacket, QueuedPacket]:
        """Let a packet take a step, from the row as it is now.

        Returns
        -------
        tuple of QueuedPacket
            Before and after.

        Raises
        ------
        PacketUnknown
        """
        with self._file.changing() as connection:
            return step_packet(connection, packet_id, step)

    def change_all(
        self, steps: Mapping[str, Callable[[QueuedPacket], QueuedPacket]]
    ) -> list[tuple[QueuedPacket, QueuedPacket]]:
        """`change` of several, by their ids, in one transaction; those that are not known are left out."""
        changed = []
        with self._file.changing() as connection:
            for packet_id, step in steps.items():
                try:
                    changed.append(step_packet(connection, packet_id, step))
                except PacketUnknown:
                    continue
        return changed

    def offer_all_again(self, step: Callable[[QueuedPacket], QueuedPacket], cursor: AnswerCursor) -> int:
        """The centre may have lost what it had: every packet takes the step, and answers are taken from `cursor` on.

        Answers that are kept stay, under another name of their ledger: a centre that gives its numbers a second time
        is understood as well.
        """
        with self._file.changing() as connection:
            rows = connection.execute(
                SELECT_PACKETS + " WHERE state IN ('waiting', 'partial', 'received', 'erased')"
            ).fetchall()
            for row in rows:
                write_packet(connection, step(read_packet(row)))
            (last,) = connection.execute("SELECT coalesce(max(rowid), 0) FROM answers").fetchone()
            connection.execute(
                "UPDATE answers SET ledger_id = ledger_id || ? WHERE ledger_id = ?", (f"~{last}", cursor.ledger_id)
            )
            connection.execute(
                "UPDATE centre SET ledger_id = ?, sequence = ?, passes = 0", (cursor.ledger_id, cursor.sequence)
            )
        return len(rows)

    def to_forget(self, most: int = 100) -> list[str]:
        """Packets with a receipt whose person others have not been told to forget yet."""
        with self._file.using() as connection:
            rows = connection.execute(
                "SELECT packet_id FROM packets WHERE forgotten = 0 AND state IN ('received', 'erased') LIMIT ?", (most,)
            ).fetchall()
        return [packet_id for (packet_id,) in rows]

    def forgotten(self, packet_ids: Iterable[str]) -> None:
        """Others were told."""
        with self._file.changing() as connection:
            connection.executemany("UPDATE packets SET forgotten = 1 WHERE packet_id = ?", [(i,) for i in packet_ids])

    def depth(self) -> dict[PacketState, Depth]:
        """How many packets are in each state."""
        with self._file.using() as connection:
            rows = connection.execute("SELECT state, count(*), sum(size) FROM packets GROUP BY state").fetchall()
        return {PacketState(state): Depth(count, size) for state, count, size in rows}

    def backlog_bytes(self) -> int:
        """Bytes that have to leave yet."""
        with self._file.using() as connection:
            (left,) = connection.execute(
                "SELECT coalesce(sum(size - acknowledged), 0) FROM packets WHERE state IN ('waiting', 'partial')"
            ).fetchone()
        return int(left)

    def oldest_s(self) -> float | None:
        """For how long the oldest packet that has to leave has been here, in counted seconds; None without any."""
        with self._file.using() as connection:
            (added,) = connection.execute(
                "SELECT min(added_ms) FROM packets WHERE state IN ('waiting', 'partial', 'quarantined')"
            ).fetchone()
        return None if added is None else max(0.0, self.clock() - added / 1000)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _due(self, condition: str, most: int) -> list[QueuedPacket]:
        now = int(self.clock() * 1000)
        with self._file.using() as connection:
            rows = connection.execute(
                SELECT_PACKETS + f" WHERE {condition} ORDER BY number LIMIT ?", (now, most)
            ).fetchall()
        return [read_packet(row) for row in rows]
