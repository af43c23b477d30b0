import asyncio
import gc
from collections.abc import Set
from typing import Any

import pytest

from gateway.centre import PacketNotice
from gateway.forwarding.packet import PacketState, QueuedPacket
from gateway.forwarding.several_sends import AtOnce, send_several


def packet(number: int) -> QueuedPacket:
    notice = PacketNotice(f"packet-{number}", "ab" * 32, 100, "cd" * 16, number)
    return QueuedPacket(
        number=number,
        notice=notice,
        early_bytes=10,
        state=PacketState.WAITING,
        added_s=0.0,
        offered=True,
        acknowledged=0,
        attempts=0,
        refusals=0,
        not_before_s=0.0,
        reason="",
        words="",
        received_s=None,
    )


class Line:
    """Waiting packets, and who is under way."""

    def __init__(self, count: int) -> None:
        self.waiting = [packet(number) for number in range(count)]
        self.under_way: set[str] = set()
        self.most = 0
        self.sent: list[str] = []
        self.fails_at = ""
        self.now = 0.0
        self.began = asyncio.Event()

    async def next_packet(self, besides: Set[str]) -> QueuedPacket | None:
        assert besides >= self.under_way
        return next((each for each in self.waiting if each.packet_id not in besides), None)

    async def send(self, it: QueuedPacket) -> None:
        self.under_way.add(it.packet_id)
        self.began.set()
        self.most = max(self.most, len(self.under_way))
        self.now += 1.0
        try:
            for _ in range(3):
                await asyncio.sleep(0)
            if it.packet_id == self.fails_at:
                raise ConnectionError(it.packet_id)
            self.sent.append(it.packet_id)
            self.waiting.remove(it)
        finally:
            self.under_way.discard(it.packet_id)


async def test_all_are_sent_and_no_more_than_allowed_at_once() -> None:
    line = Line(15)
    await send_several(line.next_packet, line.send, 4, lambda: 0.0)
    assert sorted(line.sent) == sorted(f"packet-{number}" for number in range(15))
    assert line.most == 4


async def test_a_failure_ends_the_round_and_the_others_come_to_their_end() -> None:
    line = Line(15)
    line.fails_at = "packet-2"
    with pytest.raises(ConnectionError, match="packet-2"):
        await send_several(line.next_packet, line.send, 4, lambda: 0.0)
    assert line.under_way == set()
    assert 3 <= len(line.sent) < 14


async def test_a_cut_that_ends_all_of_them_is_told_once_and_leaves_no_traceback() -> None:
    left: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: left.append(context))

    async def cut(it: QueuedPacket) -> None:
        await asyncio.sleep(0)
        raise ConnectionError(it.packet_id)

    with pytest.raises(ConnectionError):
        await send_several(Line(4).next_packet, cut, 4, lambda: 0.0)
    gc.collect()
    assert left == []


async def test_a_round_ends_in_time_and_cancelling_leaves_nobody_under_way() -> None:
    line = Line(100)
    await send_several(line.next_packet, line.send, 2, lambda: line.now)
    assert 20 <= len(line.sent) <= 22
    line.began.clear()
    task = asyncio.create_task(send_several(line.next_packet, line.send, 2, lambda: 0.0))
    await line.began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert line.under_way == set()


def test_a_slow_line_has_fewer_under_way() -> None:
    sends = AtOnce(12)
    seen = []
    for _ in range(4):
        sends.went(60.0)
        seen.append(sends.now)
    assert seen == [6, 3, 2, 2]
    sends.went(21.0)
    assert sends.now == 3
    alone = AtOnce(1)
    alone.went(60.0)
    assert alone.now == 1


def test_where_the_centre_asked_for_time_fewer_are_sent_and_one_more_after_each_whole_round() -> None:
    sends = AtOnce(12)
    seen = []
    for _ in range(5):
        sends.was_too_much()
        seen.append(sends.now)
    assert seen == [6, 3, 1, 1, 1]
    for _ in range(3):
        sends.went(1.0)
    assert sends.now == 4
    for _ in range(99):
        sends.went(20.3)
    assert sends.now == 12
