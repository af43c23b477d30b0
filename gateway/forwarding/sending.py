"""Which packet's bytes go next, and the way of one piece of them to the centre."""

import asyncio
from collections.abc import Callable, Set
from pathlib import Path

from gateway.centre import PacketStanding, StandingState, WayOut
from gateway.forwarding import folder
from gateway.forwarding.budget import CALL_BYTES
from gateway.forwarding.meter import Meter
from gateway.forwarding.order import Phase, piece_end
from gateway.forwarding.packet import QueuedPacket
from gateway.forwarding.piece import Piece
from gateway.forwarding.queue import PacketQueue
from gateway.forwarding.rows import phase_of_packet
from gateway.forwarding.standings import Standings


class Sending:
    """Sends packets, several at a time where it is asked to; `send` belongs to an event loop, the rest blocks.

    Parameters
    ----------
    queue : PacketQueue
    way : WayOut
    path : callable
        Where the file of a packet is.
    standings : Standings
    meter : Meter
    """

    def __init__(
        self, queue: PacketQueue, way: WayOut, path: Callable[[str], Path], standings: Standings, meter: Meter
    ) -> None:
        self._queue = queue
        self._way = way
        self._path = path
        self._standings = standings
        self._meter = meter

    def next_packet(self, besides: Set[str] = frozenset()) -> QueuedPacket | None:
        """The packet whose bytes go next, where the quota lets some of it go; none of those that are under way."""
        packet = self._queue.next_to_send(besides=besides)
        if packet is None:
            return None
        if self._meter.allows(self.least(packet), small=is_small(packet)):
            return packet
        if is_small(packet):
            return None
        packet = self._queue.next_to_send(small_only=True, besides=besides)
        return packet if packet is not None and self._meter.allows(self.least(packet), small=True) else None

    def least(self, packet: QueuedPacket) -> int:
        """What has to be free for a call to be worth its own bytes."""
        small = is_small(packet)
        worth = min(packet.left_bytes, 8 * CALL_BYTES) if small else self._meter.worth_a_send(packet.left_bytes)
        return self._meter.least(CALL_BYTES + worth, small=small)

    async def send(self, packet: QueuedPacket, lines: int) -> bool:
        """Send what the quota and a few seconds let go of it, and keep how far it came.

        Parameters
        ----------
        packet : QueuedPacket
        lines : int
            How many packets share the line.

        Returns
        -------
        bool
            False where nothing was sent, or the packet's file ended it; its standing says why.

        Raises
        ------
        WayOutError, ForwardingError
        """
        small = is_small(packet)
        left = self._meter.left(small=small)
        end = piece_end(
            packet.acknowledged,
            packet.early_bytes,
            packet.notice.size,
            None if left is None else left - CALL_BYTES,
            self._meter.goodput and self._meter.goodput / lines,
        )
        path = self._path(packet.packet_id)
        if not await asyncio.to_thread(self._is_as_sealed, packet, path):
            return False
        # Charged before, given back after: what a killed process had on its way is not spent twice.
        await asyncio.to_thread(self._meter.reserve, CALL_BYTES + end - packet.acknowledged, small=small)
        piece = Piece(packet, path)
        standing = None
        try:
            standing = await self._way.send(packet.notice, packet.acknowledged, end, piece.read, piece.acknowledged)
        except Exception:
            if piece.unread is None:
                raise
        finally:
            self._meter.charge(min(0, piece.taken - (end - packet.acknowledged)), small=small)
            await asyncio.to_thread(self._sent, piece, standing)
        return piece.unread is None

    def _is_as_sealed(self, packet: QueuedPacket, path: Path) -> bool:
        """Whether the packet's file is there to be sent; what is wrong with it is noted. Blocking."""
        try:
            size = folder.size_of(path)
            if size != packet.notice.size:
                self._standings.file_unfit(packet, size)
                return False
            # Refused before: nothing is sent again that is not what was sealed.
            doubtful = packet.refusals > 0 and packet.acknowledged == 0
            if doubtful and folder.file_sha256(path) != packet.notice.sha256:
                self._standings.file_changed(packet, "SHA-256")
                return False
        except OSError as error:
            self._standings.file_unreadable(packet, packet.acknowledged, error)
            return False
        return True

    def _sent(self, piece: Piece, standing: PacketStanding | None) -> None:
        """Keep how far it came. Blocking."""
        packet, reached = piece.packet, piece.reached
        if standing is not None and standing.state is StandingState.PARTIAL:
            reached = max(reached, min(standing.received, packet.notice.size))
        if standing is not None and standing.state is StandingState.RECEIVED:
            reached = packet.notice.size
        self._meter.count(max(0, reached - packet.acknowledged))
        if standing is not None:
            self._standings.take([(packet, standing)])
            if packet.attempts:
                self._standings.file_read(packet)
        elif piece.unread is not None:
            self._standings.file_unreadable(packet, reached, piece.unread)
        elif piece.taken:  # else the way was broken before this packet came onto it
            self._standings.cut_off(packet, reached)


def is_small(packet: QueuedPacket) -> bool:
    """Whether what is left of it counts for the quota of small things."""
    return phase_of_packet(packet) is Phase.EARLY
