"""Sends bytes of a packet to the hub: in segments, several under way at once, each told when the hub has it."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from nats.js.api import Header, PubAck

from gateway.centre import CentreUnreachable, PacketNotice, UnreachableCause
from gateway.hub import IN_STREAM, HubConnection, OfficeSubjects, segment_headers

READ_BYTES = 256 << 10
SEGMENT_BYTES = (8 << 10, READ_BYTES)
"""Least and most in one message: a message that is cut is sent again, so on a slow line it is small."""
SEGMENT_S = 2.0
"""How long one may take on the line as it was seen last."""
WINDOW_BYTES = 2 << 20
WINDOW_S = 6.0
"""What may be under way: so much, or what the line carries in so long; on a line with a long way about, both count."""
STALL_S = 180.0
"""What the smallest message takes at 50 bytes/s."""
_HEADER_BYTES = 4 << 10
"""Of a hub's largest message, left for headers."""
_REMEMBERED = 20_000


@dataclass(frozen=True)
class _UnderWay:
    begin: int
    end: int
    ack: "asyncio.Task[PubAck]"
    since: float


class Sending:
    """What is known of the line, and which sending of a packet this is.

    Parameters
    ----------
    subjects : OfficeSubjects
    stall_s : float
        Without an acknowledgement for so long, it is given up.
    """

    def __init__(self, subjects: OfficeSubjects, stall_s: float) -> None:
        self._subjects, self._stall_s = subjects, stall_s
        self._bytes_per_s = float(READ_BYTES) / 4
        self._asked: OrderedDict[tuple[str, str], str] = OrderedDict()

    def asked(self, notice: PacketNotice, number: str) -> None:
        """The centre wants the bytes from where it said: what the hub knows from before is not the same message."""
        self._asked[notice.packet_id, notice.sha256] = number
        while len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)

    def forget(self, notice: PacketNotice) -> None:
        """It is not sent any more."""
        self._asked.pop((notice.packet_id, notice.sha256), None)

    async def send(
        self,
        hub: HubConnection,
        notice: PacketNotice,
        span: tuple[int, int],
        read: Callable[[int, int], bytes],
        acknowledged: Callable[[int], None],
    ) -> None:
        """Send bytes from the first to the one before the last; on return the hub has them durably.

        Whoever calls it ends it with the connection.

        Raises
        ------
        nats.errors.Error, ConnectionError, TimeoutError
            What was told as acknowledged is there.
        OSError, ValueError
            The packet's file cannot be read.
        CentreUnreachable
            The hub takes no messages of the size that a segment needs; nothing was read.
        """
        _largest_segment(hub)
        read_to, end = span
        under_way: deque[_UnderWay] = deque()
        chunk = memoryview(b"")
        at, moved = read_to, time.monotonic()
        try:
            while at < end or under_way:
                while at < end and (not under_way or at - under_way[0].begin < self._window):
                    if not chunk:
                        chunk = memoryview(await _read(read, read_to, min(end, read_to + READ_BYTES)))
                        read_to += len(chunk)
                    piece, chunk = chunk[: self._segment(hub)], chunk[self._segment(hub) :]
                    under_way.append(self._publish(hub, notice, at, bytes(piece)))
                    at += len(piece)
                first = under_way[0]
                await self._acknowledged(first, self._stall_s - (time.monotonic() - moved))
                moved = time.monotonic()
                under_way.popleft()
                self._saw(first.end - first.begin if not under_way else at - first.begin, moved - first.since)
                acknowledged(first.end)
        except BaseException:
            self._bytes_per_s = max(1.0, self._bytes_per_s / 8)  # what was cut is sent again: in smaller messages
            if under_way and any(_is_refused(each) for each in under_way):
                # One was refused, and one behind it may have been taken: the hub shall not know those again.
                self.asked(notice, f"{time.time_ns():x}")
            raise
        finally:
            for each in under_way:
                each.ack.cancel()

    @property
    def _window(self) -> int:
        return int(min(WINDOW_BYTES, max(2 * SEGMENT_BYTES[0], self._bytes_per_s * WINDOW_S)))

    def _segment(self, hub: HubConnection) -> int:
        return int(min(max(self._bytes_per_s * SEGMENT_S, SEGMENT_BYTES[0]), _largest_segment(hub)))

    def _publish(self, hub: HubConnection, notice: PacketNotice, offset: int, data: bytes) -> _UnderWay:
        upto = offset + len(data)
        number = self._asked.get((notice.packet_id, notice.sha256), "")
        headers = {
            Header.MSG_ID.value: f"{notice.packet_id}:{notice.sha256[:16]}:{offset}:{upto}:{number}",
            **segment_headers(notice, offset),
        }
        subject = self._subjects.segment(notice.packet_id)
        ack = hub.publish_ahead(IN_STREAM, subject, data, headers, 2 * self._stall_s)
        return _UnderWay(offset, upto, ack, time.monotonic())

    @staticmethod
    async def _acknowledged(first: _UnderWay, within_s: float) -> None:
        await asyncio.wait({first.ack}, timeout=within_s)
        if not first.ack.done():
            raise TimeoutError
        first.ack.result()

    def _saw(self, count: int, seconds: float) -> None:
        self._bytes_per_s += 0.5 * (count / max(seconds, 1e-3) - self._bytes_per_s)


def _largest_segment(hub: HubConnection) -> int:
    most = min(SEGMENT_BYTES[1], hub.client.max_payload - _HEADER_BYTES)
    if most < SEGMENT_BYTES[0]:
        words = (
            f"The hub takes messages of {hub.client.max_payload} bytes at most, which is too little for a packet. "
            f"Raise max_payload in the hub's configuration: {SEGMENT_BYTES[0] + _HEADER_BYTES} at least, 1MB is usual."
        )
        raise CentreUnreachable(UnreachableCause.OTHER, words)
    return most


def _is_refused(each: _UnderWay) -> bool:
    return each.ack.done() and not each.ack.cancelled() and each.ack.exception() is not None


async def _read(read: Callable[[int, int], bytes], begin: int, end: int) -> bytes:
    data = await asyncio.to_thread(read, begin, end)
    if len(data) != end - begin:
        raise ValueError(f"the packet's file gave {len(data)} bytes from {begin} on, not {end - begin}")
    return data
