"""A small country by the same rules; `make simulate` has the whole."""

from dataclasses import replace

from tests.simulation.run import run
from tests.simulation.scenario import MBIT, Scenario

# As many offices to the capacity as in the whole, and lines as much slower as the centre is smaller.
SMALL = replace(
    Scenario(),
    offices=150,
    people_per_day=4.0,
    centre_bytes_per_s=0.85e6,
    lines=(0.02 * MBIT, 0.05 * MBIT, 0.1 * MBIT, 0.2 * MBIT),
    packet_bytes=1e6,
    quota_per_hour=8_000_000,
    call_bytes=2_000.0,
    connection_bytes=12_000.0,
)


def test_a_week_of_everybodys_packets_leaves_without_knocking_the_centre_down() -> None:
    outcome = run(SMALL, "gateway", 1)
    assert outcome.drained
    assert outcome.observation.backlog == 0
    assert max(outcome.load) <= 1.2
    assert outcome.seconds <= 1.3 * outcome.ideal_s
    assert outcome.observation.wasted == 0


def test_what_comes_to_mind_first_knocks_it_down() -> None:
    outcome = run(replace(SMALL, lines=tuple(10 * line for line in SMALL.lines)), "naive", 1)
    assert max(outcome.load) > 2
    assert outcome.observation.wasted > 0
