"""What a line carries, as the forwarder measures it."""

from pathlib import Path

import pytest

from gateway.forwarding.budget import Quota
from gateway.forwarding.meter import Meter
from gateway.forwarding.queue import PacketQueue
from tests.gateway.forwarding.outbox import MadeTime


def test_the_first_round_tells_a_goodput_before_it_is_over(tmp_path: Path) -> None:
    now = 100.0
    with PacketQueue.open(tmp_path, MadeTime()) as queue:
        meter = Meter(queue, Quota(), lambda: now)
        assert meter.goodput is None
        with meter.round():
            now = 101.0
            meter.count(1_000_000)
            assert meter.goodput is None  # one send, and its way there and back
            now = 104.0
            meter.count(3_000_000)
            assert meter.goodput == pytest.approx(1_000_000)
            now = 110.0
        assert meter.goodput == pytest.approx(400_000)


def test_a_later_round_changes_the_goodput_once_it_is_over_by_its_length(tmp_path: Path) -> None:
    now = 0.0
    with PacketQueue.open(tmp_path, MadeTime()) as queue:
        meter = Meter(queue, Quota(), lambda: now)
        with meter.round():
            meter.count(1_000_000)
            now += 10.0
        with meter.round():
            now += 30.0
            meter.count(15_000_000)
            assert meter.goodput == pytest.approx(100_000)
        assert meter.goodput == pytest.approx(100_000 + 0.7 * 400_000)
        with meter.round():
            now += 60.0
        assert meter.goodput == pytest.approx(0.0)
