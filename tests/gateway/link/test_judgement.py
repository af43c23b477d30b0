"""The judgement of the link: what single failures, flapping and long histories come to."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.link import Judgement, JudgementLimits, LinkCause, LinkState, Observation, ObservedBy, Weakness, judged
from gateway.link.pace import PaceLimits, pause_s

LIMITS = JudgementLimits()
KINDS = {
    "good": {"round_trip_s": 0.05},
    "slow": {"round_trip_s": 9.0},
    "busy": {"cause": LinkCause.OVERLOADED, "round_trip_s": 0.05},
    "refused": {"cause": LinkCause.REFUSED},
    "timeout": {"cause": LinkCause.TIMEOUT},
    "crawl": {"goodput": 10.0},
    "quick": {"goodput": 50_000.0},
    "silent": {"round_trip_s": 0.05, "silent": True},
    "heard": {"round_trip_s": 0.05, "silent": False},
}
STEADY = {
    "good": (LinkState.ONLINE, ()),
    "quick": (LinkState.ONLINE, ()),
    "slow": (LinkState.DEGRADED, (Weakness.SLOW,)),
    "crawl": (LinkState.DEGRADED, (Weakness.SLOW,)),
    "busy": (LinkState.DEGRADED, (Weakness.BUSY,)),
    "silent": (LinkState.DEGRADED, (Weakness.SILENT,)),
    "heard": (LinkState.ONLINE, ()),
    "refused": (LinkState.OFFLINE, ()),
    "timeout": (LinkState.OFFLINE, ()),
}
HISTORY = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.floats(0.0, 70.0)), max_size=60)
START = st.sampled_from([LinkState.UNKNOWN, LinkState.OFFLINE])


def observation(kind: str, at_s: float) -> Observation:
    heard = {} if kind in ("refused", "timeout") else {"silent": False}
    return Observation(at_s, ObservedBy.LOOK, **{**heard, **KINDS[kind]})


def run(judgement: Judgement, kinds: list[tuple[str, float]], at_s: float = 0.0) -> tuple[list[Judgement], float]:
    seen = [judgement]
    for kind, pause in kinds:
        at_s += pause
        seen.append(judged(seen[-1], observation(kind, at_s), LIMITS))
    return seen, at_s


def after(*kinds: str, start: LinkState = LinkState.UNKNOWN, every_s: float = 4.0) -> Judgement:
    return run(Judgement(start, -100.0), [(kind, every_s) for kind in kinds])[0][-1]


def test_a_hub_that_is_reached_is_told_from_a_centre_that_is_silent() -> None:
    silent = after(*["heard"] * 5, "silent")
    assert (silent.state, silent.weaknesses, silent.cause) == (
        LinkState.DEGRADED,
        (Weakness.SILENT,),
        LinkCause.CENTRE_SILENT,
    )
    # What the forwarder gets through to the hub says nothing of the centre, however much it is.
    note = Observation(30.0, ObservedBy.FORWARDER, goodput=50_000.0)
    for n in range(20):
        silent = judged(silent, replace(note, at_s=30.0 + 0.4 * n), LIMITS)
        assert silent.weaknesses == (Weakness.SILENT,)
    assert after(*["heard"] * 5, "silent", *["heard"] * 3).state is LinkState.ONLINE
    # A hub that is away is an outage; a centre that was silent before is not its cause.
    away = after(*["silent"] * 5, *["refused"] * 4)
    assert (away.state, away.cause) == (LinkState.OFFLINE, LinkCause.REFUSED)
    assert after(*["refused"] * 4, *["silent"] * 4, start=LinkState.OFFLINE).state is LinkState.DEGRADED


def test_the_way_of_an_outage() -> None:
    assert after("good").state is LinkState.ONLINE
    assert after("good", *["refused"] * 2).state is LinkState.ONLINE
    down = after(*["good"] * 5, *["refused"] * 3)
    assert (down.state, down.cause) == (LinkState.OFFLINE, LinkCause.REFUSED)
    assert after(*["good"] * 5, *["refused"] * 9, "good").state is LinkState.RECOVERING
    assert after(*["good"] * 5, *["refused"] * 9, *["good"] * 6).state is LinkState.ONLINE
    assert after(*["good"] * 5, *["refused"] * 9, "good", *["refused"] * 4).state is LinkState.OFFLINE


def test_a_burst_of_failures_within_a_second_is_one() -> None:
    judgement = after(*["good"] * 9)
    for number in range(20):
        judgement = judged(judgement, observation("refused", 40.0 + number / 20), LIMITS)
    assert judgement.state is not LinkState.OFFLINE


def test_half_of_the_tries_lost_is_degraded_and_not_offline() -> None:
    judgement = after(*["good", "timeout"] * 15)
    assert (judgement.state, judgement.weaknesses) == (LinkState.DEGRADED, (Weakness.LOSSY,))
    assert judgement.loss == 0.5
    assert after(*["good", "timeout"] * 15, *["good"] * 12).state is LinkState.ONLINE


def test_nine_of_ten_tries_lost_is_offline() -> None:
    assert after(*["good"] * 3, *(["timeout"] * 2 + ["good"] + ["timeout"] * 7) * 2).state is LinkState.OFFLINE


def test_the_commonest_cause_of_the_last_failures_is_told() -> None:
    judgement = after("good", "timeout", "refused", "refused", "timeout", "refused")
    assert judgement.cause is LinkCause.REFUSED
    assert after("good", *["busy"] * 4).cause is LinkCause.OVERLOADED
    assert after("good", "good").cause is None


def test_an_older_observation_counts_as_of_now() -> None:
    judgement = after("good", "good")
    late = judged(judgement, observation("good", 0.0), LIMITS)
    assert late.window[-1].at_s == judgement.window[-1].at_s


@given(START, HISTORY, st.floats(0.0, 2000.0), st.sampled_from(["refused", "timeout"]))
def test_a_single_failure_changes_no_state(
    start: LinkState, history: list[tuple[str, float]], pause: float, failure: str
) -> None:
    judgements, at_s = run(Judgement(start, -100.0), history)
    judgements, at_s = run(judgements[-1], [("good", 4.0)] * 12, at_s)
    before = judgements[-1]
    assert judged(before, observation(failure, at_s + pause), LIMITS).state is before.state


@given(START, HISTORY, st.sampled_from(["refused", "timeout"]))
def test_a_failure_alone_never_makes_a_link_offline(
    start: LinkState, history: list[tuple[str, float]], failure: str
) -> None:
    """Whatever was seen before: after a success it takes more than one."""
    judgements, at_s = run(Judgement(start, -100.0), [*history, ("good", 1.0), ("good", 1.0), ("good", 1.0)])
    before = judgements[-1]
    now = judged(before, observation(failure, at_s + 1.0), LIMITS)
    lost = sum(each.failed for each in now.window) / len(now.window)
    assert now.state is before.state or lost >= LIMITS.offline_loss


@given(START, HISTORY)
def test_flapping_is_bounded(start: LinkState, history: list[tuple[str, float]]) -> None:
    judgements, at_s = run(Judgement(start, -100.0), history)
    changes = sum(a.state is not b.state for a, b in pairwise(judgements))
    assert changes <= at_s / LIMITS.dwell_s + 2


@given(START, HISTORY, st.sampled_from(sorted(STEADY)), st.floats(0.5, 60.0))
@settings(max_examples=200)
def test_a_steady_state_is_reached_from_every_history(
    start: LinkState, history: list[tuple[str, float]], kind: str, every_s: float
) -> None:
    judgements, at_s = run(Judgement(start, -100.0), history)
    judgements, _ = run(judgements[-1], [(kind, every_s)] * 90, at_s)
    assert (judgements[-1].state, judgements[-1].weaknesses) == STEADY[kind]
    assert judgements[-1].state is judgements[-20].state


@given(START, HISTORY)
def test_the_same_history_gives_the_same_judgement(start: LinkState, history: list[tuple[str, float]]) -> None:
    assert run(Judgement(start, -100.0), history) == run(Judgement(start, -100.0), history)


@given(START, HISTORY)
def test_the_window_is_bounded_in_number_and_age(start: LinkState, history: list[tuple[str, float]]) -> None:
    for judgement in run(Judgement(start, -100.0), history)[0][1:]:
        assert 1 <= len(judgement.window) <= LIMITS.window
        assert judgement.window[-1].at_s - judgement.window[0].at_s <= LIMITS.window_s


def test_without_a_centre_nothing_changes() -> None:
    assert after(*["good"] * 20, start=LinkState.NOT_CONFIGURED).state is LinkState.NOT_CONFIGURED


def test_looks_are_fast_while_things_change_and_slow_while_they_do_not() -> None:
    limits = PaceLimits()
    settled, pause = after(*["good"] * 9), 0.0
    pauses = []
    for _ in range(20):
        pause = pause_s(settled, pause, limits, 0.5)
        pauses.append(pause)
    assert pauses[0] == limits.fast_s
    assert pauses == sorted(pauses)
    assert pauses[-1] == limits.slow_s
    doubtful = after(*["good"] * 9, "refused")
    assert doubtful.state is LinkState.ONLINE
    assert pause_s(doubtful, limits.slow_s, limits, 0.5) == limits.fast_s
    assert pause_s(replace(settled, state=LinkState.RECOVERING), limits.slow_s, limits, 0.5) == limits.fast_s


@given(st.floats(0.0, 1.0), st.floats(0.0, 100.0))
def test_the_jitter_is_bounded_and_spreads(random: float, previous_s: float) -> None:
    limits = PaceLimits()
    middle = pause_s(after(*["good"] * 9), previous_s, limits, 0.5)
    assert middle * (1 - limits.jitter) <= pause_s(after(*["good"] * 9), previous_s, limits, random)
    assert pause_s(after(*["good"] * 9), previous_s, limits, random) <= middle * (1 + limits.jitter)
    assert pause_s(after("good"), previous_s, limits, 0.0) < pause_s(after("good"), previous_s, limits, 1.0)


@pytest.mark.parametrize("kind", ["refused", "busy", "slow"])
def test_an_outage_is_noticed_within_half_a_minute_of_looks(kind: str) -> None:
    judgement, at_s, pause = after(*["good"] * 10), 40.0, 60.0
    failed_at, limits = at_s + pause, PaceLimits()
    while judgement.state is LinkState.ONLINE:
        at_s += pause
        judgement = judged(judgement, observation(kind, at_s), LIMITS)
        pause = pause_s(judgement, pause, limits, 1.0)
        assert at_s < failed_at + (30.0 if kind == "refused" else 900.0)
