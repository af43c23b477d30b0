"""Availability per month, of the time that was observed; and what packets the tally counts."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.enrolment.packet_chain import PacketChain, packets_made
from gateway.link import LinkState, Tally, monthly_availability
from gateway.link.availability import PlacedSpan
from gateway.trust import ClockQuality

NOW = datetime(2026, 3, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
TRUSTED = ClockQuality.TRUSTED


def span(state: LinkState, begins: datetime, hours: float, quality: ClockQuality = TRUSTED) -> PlacedSpan:
    return PlacedSpan(state, begins, begins + hours * HOUR, quality)


def test_what_was_not_observed_counts_as_neither() -> None:
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    spans = [
        span(LinkState.ONLINE, begin, 30),
        span(LinkState.DEGRADED, begin + 30 * HOUR, 10),
        span(LinkState.OFFLINE, begin + 40 * HOUR, 8),
        span(LinkState.RECOVERING, begin + 48 * HOUR, 2),
        span(LinkState.UNKNOWN, begin + 50 * HOUR, 20),
    ]
    march, february = monthly_availability(spans, [begin + 40 * HOUR], NOW, 2)
    assert (march.year, march.month, march.length_s) == (2026, 3, 240 * 3600)
    assert march.observed_s == 50 * 3600
    assert march.availability == pytest.approx(40 / 50)
    assert march.degraded_s == 10 * 3600
    assert march.observed == pytest.approx(50 / 240)
    assert (march.outages, march.doubtful_s) == (1, 0)
    assert (february.month, february.availability, february.outages) == (2, None, 0)
    assert february.length_s == 28 * 24 * 3600


def test_a_span_over_the_turn_of_a_month_is_shared_out() -> None:
    spans = [span(LinkState.ONLINE, datetime(2025, 12, 31, 22, tzinfo=UTC), 5, ClockQuality.UNTRUSTED)]
    months = monthly_availability(spans, [], NOW, 4)
    assert [(each.year, each.month) for each in months] == [(2026, 3), (2026, 2), (2026, 1), (2025, 12)]
    assert [each.up_s / 3600 for each in months] == [0, 0, 3, 2]
    assert [each.doubtful_s / 3600 for each in months] == [0, 0, 3, 2]


@given(
    st.lists(
        st.tuples(st.sampled_from(list(LinkState)), st.integers(-2000, 2000), st.floats(0, 900)),
        max_size=20,
    ),
    st.integers(1, 12),
)
def test_no_month_has_more_than_it_is_long(spans: list[tuple[LinkState, int, float]], months: int) -> None:
    placed = [span(state, NOW + hours * HOUR, length) for state, hours, length in spans]
    for month in monthly_availability(placed, [], NOW, months):
        assert 0 <= month.degraded_s <= month.up_s + 1e-6 <= month.observed_s + 2e-6 <= month.length_s + 3e-6
        assert month.availability is None or 0 <= month.availability <= 1 + 1e-9
        assert 0 <= month.observed <= 1


def test_counts_only_grow_and_give_what_came_in_between() -> None:
    assert Tally(9, 4).since(Tally(5, 4)) == Tally(4, 0)
    assert Tally(1, 0).since(Tally(5, 4)) == Tally(0, 0)  # a chain that was begun anew


def test_packets_are_counted_by_the_head_of_their_chain(tmp_path: Path) -> None:
    assert packets_made(tmp_path) == 0
    PacketChain.open(tmp_path)
    assert packets_made(tmp_path) == 0
    head = tmp_path / "chain.json"
    content = {"format": "rekam-packet-chain", "version": 1, "chain_id": "c", "sequence": 7}
    head.write_text(json.dumps({**content, "packet_id": "p", "digest": "d"}))
    assert packets_made(tmp_path) == 7
    head.write_text("{")
    assert packets_made(tmp_path) == 0
