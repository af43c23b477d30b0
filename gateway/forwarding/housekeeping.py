"""What follows from the centre's answers here: others are told, templates forgotten, files erased after their grace."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from gateway.forwarding import folder
from gateway.forwarding.answers import AnswerDesk, StatusBook
from gateway.forwarding.packet import PacketState, QueuedPacket
from gateway.forwarding.queue import PacketQueue

log = structlog.get_logger(__name__)

ANSWERS_S = 1.0
"""So long at once: after a centre was put back, an office has thousands of answers to tell of."""


class Housekeeping:
    """Needs no centre; any thread may call, one at a time.

    Parameters
    ----------
    queue : PacketQueue
    answers : AnswerDesk
    path : callable
        Where the file of a packet is.
    book : StatusBook
    forget : callable
        See `Forwarder`.
    grace_s : float
    """

    def __init__(
        self,
        queue: PacketQueue,
        answers: AnswerDesk,
        path: Callable[[str], Path],
        book: StatusBook,
        forget: Callable[[str], None],
        grace_s: float,
    ) -> None:
        self._queue = queue
        self._answers = answers
        self._path = path
        self._book = book
        self._forget = forget
        self._grace_s = grace_s
        self._unforgotten: set[str] = set()

    def see_to_it(self) -> None:
        """Tell of answers, forget, erase; what it raises is tried again."""
        until = time.monotonic() + ANSWERS_S
        while self._answers.apply(self._book) and time.monotonic() < until:
            pass
        forgotten = []
        for packet_id in self._queue.to_forget():
            if packet_id in self._unforgotten:
                continue
            try:
                self._forget(packet_id)
            except Exception:
                # Another room's trouble; it is asked again at the next start.
                log.exception("not_forgotten", packet=packet_id)
                self._unforgotten.add(packet_id)
            else:
                forgotten.append(packet_id)
        if forgotten:
            self._queue.forgotten(forgotten)
        failed = None
        for packet in self._queue.grace_over(self._grace_s):
            try:
                self._erase(packet)
            except OSError as error:  # the others go all the same
                failed = error
        if failed is not None:
            raise failed

    def _erase(self, packet: QueuedPacket) -> None:
        # Meanwhile the centre may have been found put back from a backup, and this receipt be worth nothing.
        now = self._queue.get(packet.packet_id)
        if now is None or now.state is not PacketState.RECEIVED or not now.offered:
            return
        folder.erase(self._path(packet.packet_id))
        self._queue.change(packet.packet_id, _erased)
        log.info("packet_erased", packet=packet.packet_id)


def _erased(packet: QueuedPacket) -> QueuedPacket:
    return replace(packet, state=PacketState.ERASED) if packet.state is PacketState.RECEIVED else packet
