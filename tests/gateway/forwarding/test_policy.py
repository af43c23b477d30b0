"""The pure parts: waits, quotas, order, seconds across restarts."""

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.centre import PacketNotice
from gateway.elapsed import CountedClock, Mark, counted_s, elapsed_s
from gateway.forwarding.backoff import LONGEST_ASKED_S, Backoff, bound_s, wait_s
from gateway.forwarding.budget import BIN_S, DAY_S, HOUR_S, Quota, allowance, allowed_at_s, spend
from gateway.forwarding.order import CRUMB, LARGEST_PIECE, Phase, next_to_send, offers_due, phase_of, piece_end
from gateway.forwarding.packet import PacketState, QueuedPacket
from gateway.forwarding.queue import PacketQueue
from gateway.forwarding.rows import phase_of_packet
from gateway.trust import ClockQuality
from tests.gateway.forwarding.outbox import MadeTime


@given(st.integers(1, 100), st.integers(0, 2**32), st.floats(0, 1000) | st.none())
def test_a_wait_lies_within_its_bound_and_after_what_was_asked(failures: int, seed: int, asked: float | None) -> None:
    backoff = Backoff(2.0, 900.0)
    wait = wait_s(backoff, failures, Random(seed), asked)
    if asked:
        assert asked <= wait <= asked + max(2.0, asked / 2)
    else:
        assert 0.0 <= wait <= bound_s(backoff, failures) <= 900.0


@given(st.integers(1, 100), st.integers(0, 2**32), st.floats(1000.0) | st.just(math.nan) | st.floats(max_value=-1e-9))
def test_no_wait_is_asked_for_that_keeps_an_office_away_for_hours(failures: int, seed: int, asked: float) -> None:
    backoff = Backoff(2.0, 900.0)
    wait = wait_s(backoff, failures, Random(seed), asked)
    if math.isfinite(asked) and asked > 0:
        least = min(asked, LONGEST_ASKED_S)
        assert least <= wait <= 1.5 * least
    else:
        assert 0.0 <= wait <= bound_s(backoff, failures)


def test_waits_are_spread_over_the_whole_interval() -> None:
    random = Random(1)
    waits = sorted(wait_s(Backoff(1.0, 512.0), 10, random) for _ in range(2000))
    # Of a uniform distribution: no tenth of the interval is empty, and none holds a crowd.
    shares = [sum(10 * k <= wait / 51.2 * 10 < 10 * (k + 1) for wait in waits) / 2000 for k in range(10)]
    assert min(shares) > 0.07
    assert max(shares) < 0.13


class Line:
    """A line under a quota, driven as the forwarder does."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.spending: dict = {}
        self.spent: list[tuple[float, int, bool]] = []

    def use(self, now: float, size: int, *, small: bool) -> int:
        left = allowance(self.quota, self.spending, now, small=small)
        size = size if left is None else min(size, left)
        if size:
            self.spending = spend(self.spending, now, size, small=small)
            self.spent.append((now, size, small))
        return size


@given(
    st.lists(st.tuples(st.floats(0, 4000), st.integers(1, 60_000), st.booleans()), min_size=1, max_size=60),
    st.integers(10_000, 200_000),
    st.integers(50_000, 1_000_000),
)
def test_no_hour_and_no_day_takes_more_than_its_quota(
    uses: list[tuple[float, int, bool]], per_hour: int, per_day: int
) -> None:
    line = Line(Quota(per_hour, per_day, 0.2))
    now = 0.0
    for wait, size, small in uses:
        now += wait
        line.use(now, size, small=small)
    for window, limit in ((HOUR_S, per_hour), (DAY_S, per_day)):
        for begin, _, _ in line.spent:
            within = [(size, small) for at, size, small in line.spent if begin <= at < begin + window]
            assert sum(size for size, _ in within) <= limit
            assert sum(size for size, small in within if not small) <= limit * 0.8


def test_the_small_still_move_when_the_large_have_taken_their_share() -> None:
    line = Line(Quota(per_day=1_000_000))
    while line.use(0.0, 50_000, small=False):
        pass
    assert sum(size for _, size, _ in line.spent) == 800_000
    assert line.use(1.0, 150_000, small=True) == 150_000


@given(st.integers(1, 500_000), st.booleans(), st.lists(st.integers(1, 100_000), max_size=10))
def test_a_quota_is_free_when_it_was_said_to_be_and_not_a_bin_before(
    size: int, small: bool, earlier: list[int]
) -> None:
    line = Line(Quota(per_hour=100_000, per_day=400_000))
    for number, each in enumerate(earlier):
        line.use(number * 700.0, each, small=bool(number % 2))
    now = 7000.0
    at = allowed_at_s(line.quota, line.spending, now, size, small=small)
    most = min(size, 100_000 if small else 80_000)
    left = allowance(line.quota, line.spending, at, small=small)
    assert left is not None
    assert left >= most
    if at > now:
        before = allowance(line.quota, line.spending, at - BIN_S, small=small)
        assert before is not None
        assert before < most


def test_without_a_quota_everything_is_allowed() -> None:
    assert allowance(Quota(), {}, 0.0, small=False) is None
    assert allowed_at_s(Quota(), {}, 5.0, 1 << 40, small=False) == 5.0


PACKETS = st.builds(
    QueuedPacket,
    number=st.integers(1, 1000),
    notice=st.builds(
        PacketNotice, st.just("p"), st.just("ab" * 32), st.integers(1, 5000), st.just("chain"), st.integers(1, 9)
    ),
    early_bytes=st.integers(0, 5000),
    state=st.sampled_from(PacketState),
    added_s=st.just(0.0),
    offered=st.booleans(),
    acknowledged=st.integers(0, 5000),
    attempts=st.integers(0, 3),
    not_before_s=st.integers(0, 20).map(float),
)


@given(st.lists(PACKETS, max_size=30, unique_by=lambda each: each.number))
def test_the_small_of_all_go_first_then_the_oldest(packets: list[QueuedPacket]) -> None:
    candidates = [(phase_of_packet(each), each) for each in packets]
    chosen = next_to_send(candidates, 10.0)
    early = [each.number for phase, each in candidates if phase is Phase.EARLY and each.not_before_s <= 10]
    rest = [each.number for phase, each in candidates if phase is Phase.REST and each.not_before_s <= 10]
    assert (chosen.number if chosen else None) == min(early, default=min(rest, default=None))
    assert all(phase_of_packet(each) is Phase.OFFER for each in offers_due(candidates, 10.0))


@settings(max_examples=25)
@given(st.lists(PACKETS, min_size=1, max_size=12))
def test_the_file_of_the_outbox_gives_the_same_order(
    tmp_path_factory: pytest.TempPathFactory, packets: list[QueuedPacket]
) -> None:
    time = MadeTime()
    with PacketQueue.open(tmp_path_factory.mktemp("queue"), time) as queue:
        for number, packet in enumerate(packets, 1):
            name = f"packet-{number}"
            queue.add(replace(packet.notice, packet_id=name), packet.early_bytes)
            queue.change(
                name,
                lambda row, packet=packet: replace(
                    packet, number=row.number, notice=row.notice, early_bytes=row.early_bytes
                ),
            )
        time.pass_s(10)
        rows = queue.packets()
        candidates = [(phase_of_packet(each), each) for each in rows]
        assert queue.next_to_send() == next_to_send(candidates, 10.0)
        assert queue.next_to_send(small_only=True) == next_to_send(candidates, 10.0, small_only=True)
        assert queue.offers() == offers_due(candidates, 10.0)


@given(
    st.integers(0, 10**7), st.integers(0, 10**7), st.integers(1, 10**7),
    st.integers(1, 10**6) | st.none(), st.floats(1, 1e8) | st.none(),
)  # fmt: skip
def test_a_piece_is_never_empty_nor_beyond_what_is_allowed(
    begin: int, early: int, size: int, allowed: int | None, rate: float | None
) -> None:
    begin = min(begin, size - 1)
    end = piece_end(begin, early, size, allowed, rate)
    assert begin < end <= size
    assert end - begin <= min(LARGEST_PIECE, allowed or LARGEST_PIECE)
    assert not begin < early < end or early >= size
    goal = early if begin < early < size else size
    assert allowed is not None or end == goal or goal - end > CRUMB


def test_a_first_chunk_with_its_front_is_one_send_before_anything_was_measured() -> None:
    early = (256 << 10) + 2_400
    assert piece_end(0, early, 500_000, None, None) == early
    assert piece_end(early, early, 500_000, None, None) == 500_000
    assert piece_end(0, early, 500_000, 10_000, None) == 10_000


def test_phases_of_a_packet_on_its_way() -> None:
    way = [
        phase_of(PacketState.WAITING, False, 0, 100, 1000),
        phase_of(PacketState.WAITING, True, 0, 100, 1000),
        phase_of(PacketState.PARTIAL, True, 100, 100, 1000),
        phase_of(PacketState.PARTIAL, True, 1000, 100, 1000),
        phase_of(PacketState.PARTIAL, True, 1000, 100, 1000, attempts=1),
        phase_of(PacketState.RECEIVED, True, 1000, 100, 1000),
        phase_of(PacketState.RECEIVED, False, 1000, 100, 1000),
        phase_of(PacketState.QUARANTINED, False, 0, 100, 1000),
    ]
    assert way == [
        *(Phase.OFFER, Phase.EARLY, Phase.REST, Phase.REST, Phase.OFFER),
        *(Phase.NOTHING, Phase.OFFER, Phase.NOTHING),
    ]


def test_seconds_count_on_over_a_reboot_and_never_back() -> None:
    time = MadeTime()
    clock = CountedClock(None, time)
    time.pass_s(100)
    assert clock() == 100.0
    mark = clock.mark()
    time.reboot(off_s=3600)
    assert CountedClock(mark, time)() == 3700.0
    time.reboot(off_s=-90_000)
    assert CountedClock(Mark(3700.0, time()), time)() == 3700.0
    assert elapsed_s(mark.moment, time()) is None


def test_a_jump_of_an_untrusted_clock_counts_for_a_day_at_most() -> None:
    time = MadeTime()
    mark = Mark(0.0, time())
    time.reboot(off_s=400 * 86_400)
    assert counted_s(mark, time()) == 86_400.0
    time = MadeTime(ClockQuality.TRUSTED)
    mark = Mark(0.0, time())
    time.reboot(off_s=10 * 86_400)
    assert counted_s(mark, time()) == 10 * 86_400.0


@given(st.lists(st.tuples(st.floats(0, 5000), st.floats(-1e7, 1e7), st.booleans()), max_size=20))
def test_the_count_never_goes_back(steps: list[tuple[float, float, bool]]) -> None:
    time = MadeTime()
    clock = CountedClock(None, time)
    last = 0.0
    for passed, off, reboots in steps:
        time.pass_s(passed)
        if reboots:
            mark = clock.mark()
            time.reboot(off)
            clock = CountedClock(mark, time)
        assert clock() >= last
        last = clock()
