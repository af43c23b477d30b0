"""Whether the link is up, judged from a window of observations with hysteresis; pure, over a time that is given.

A single failure changes nothing. A state is kept for `dwell_s` at least, so that changes are few however the link
flaps; and whatever came before, observations of one kind lead to one state.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import median

from gateway.link.cause import LinkCause


class LinkState(StrEnum):
    """How the way to the centre does."""

    NOT_CONFIGURED = "not_configured"
    UNKNOWN = "unknown"
    """Not enough was seen since the start."""
    ONLINE = "online"
    DEGRADED = "degraded"
    """It works: slowly, with losses, or the centre asks for time."""
    OFFLINE = "offline"
    RECOVERING = "recovering"
    """The centre answers again; whether that holds is not sure yet."""


UP = frozenset({LinkState.ONLINE, LinkState.DEGRADED})


class ObservedBy(StrEnum):
    """Who saw it."""

    LOOK = "look"
    FORWARDER = "forwarder"


@dataclass(frozen=True)
class Observation:
    """One try to reach the centre."""

    at_s: float
    """Seconds of a clock that only goes forward; the boot clock."""
    by: ObservedBy
    cause: LinkCause | None = None
    """Of a failure; None or OVERLOADED where the centre was reached and takes packets."""
    round_trip_s: float | None = None
    goodput: float | None = None
    """Bytes of packets per second that arrived, as the forwarder measured."""
    silent: bool | None = None
    """Whether the hub that was reached has heard nothing of the centre for a while; None where that was not asked."""

    @property
    def failed(self) -> bool:
        """Whether nothing would have left the office."""
        return self.cause is not None and not self.busy

    @property
    def busy(self) -> bool:
        """Whether the centre asked for time."""
        return self.cause is LinkCause.OVERLOADED


@dataclass(frozen=True)
class JudgementLimits:
    """From when on a link is what.

    The counts are small enough to notice an outage within half a minute of fast looks, and large enough that a
    modem which drops one request in ten (weak GSM) does not make one.
    """

    window: int = 10
    """Observations that count."""
    window_s: float = 900.0
    """And how old they may be."""
    spacing_s: float = 1.0
    """Of one kind, those that follow within so long are one: a burst of tries says no more than one try."""
    dwell_s: float = 10.0
    offline_after: int = 3
    """Failures in a row."""
    offline_span_s: float = 6.0
    """That lie so far apart, the first from the last. Less than a window of `spacing_s`, or it could not be reached."""
    offline_loss: float = 0.8
    """Or this share of a full window."""
    online_after: int = 3
    """Successes in a row after an outage."""
    online_span_s: float = 6.0
    lossy: float = 0.2
    """Share of failures from which on a link is degraded, if there are two; half of it ends that."""
    slow_round_trip_s: float = 2.0
    """Median; three quarters of it end that."""
    slow_goodput: float = 1_000.0
    """Bytes/s, median: a packet of 500 KB then takes eight minutes. Half as much again ends that."""
    busy_of_last: int = 2
    """Of the last three."""


class Weakness(StrEnum):
    """Why a link is degraded."""

    LOSSY = "lossy"
    SLOW = "slow"
    BUSY = "busy"
    SILENT = "silent"
    """The hub takes packets, and the centre behind it says nothing. Its heartbeat has been missed several times by
    then, so that one look is enough for it."""


@dataclass(frozen=True)
class Judgement:
    """What is thought of the link, and by what."""

    state: LinkState
    since_s: float
    """When that state began."""
    window: tuple[Observation, ...] = ()
    """The newest last."""
    weaknesses: tuple[Weakness, ...] = ()
    """Of a degraded one."""

    @property
    def loss(self) -> float | None:
        """Share of the window that failed, 0 to 1; None where nothing was seen."""
        return _loss(self.window) if self.window else None

    @property
    def round_trip_s(self) -> float | None:
        """Median of the window."""
        return _median([each.round_trip_s for each in self.window])

    @property
    def goodput(self) -> float | None:
        """Median of the window, bytes/s."""
        return _median([each.goodput for each in self.window])

    @property
    def cause(self) -> LinkCause | None:
        """The likeliest cause of what fails now; None where nothing does."""
        failing = failures_at_end(self.window)
        if not failing and Weakness.SILENT in self.weaknesses:
            return LinkCause.CENTRE_SILENT
        failing = failing or tuple(each for each in self.window if each.failed)
        if not failing:
            return LinkCause.OVERLOADED if Weakness.BUSY in self.weaknesses else None
        known = [each.cause for each in failing if each.cause not in (None, LinkCause.UNKNOWN)]
        # The commonest; the newest where several are.
        counts = Counter(known)
        return max(reversed(known), key=counts.__getitem__) if known else LinkCause.UNKNOWN


def judged(before: Judgement, seen: Observation, limits: JudgementLimits) -> Judgement:
    """What is thought of the link after one more observation.

    Parameters
    ----------
    before : Judgement
    seen : Observation
        Not older than the newest in the window; one that claims to be counts as of the same time.
    limits : JudgementLimits

    Returns
    -------
    Judgement
        With another `since_s` where the state changed.
    """
    if before.window and seen.at_s < before.window[-1].at_s:
        seen = replace(seen, at_s=before.window[-1].at_s)
    at_s = seen.at_s
    kept = [each for each in before.window if seen.at_s - each.at_s <= limits.window_s]
    if kept and _is_of_one_burst(kept[-1], seen, limits):
        last = kept.pop()
        seen = replace(seen, at_s=last.at_s, silent=last.silent if seen.silent is None else seen.silent)
    window = (*kept, seen)[-limits.window :]
    now = replace(before, window=window)
    state = _next_state(now, limits)
    held = before.state is not LinkState.UNKNOWN and at_s - before.since_s < limits.dwell_s
    if state is before.state or held:
        weaknesses = _weaknesses(window, before.weaknesses, limits) if before.state is LinkState.DEGRADED else ()
        return replace(now, weaknesses=weaknesses)
    if state is LinkState.RECOVERING:
        window = (seen,)  # what failed before says nothing of how it does now
    weaknesses = _weaknesses(window, before.weaknesses, limits) if state is LinkState.DEGRADED else ()
    return Judgement(state, at_s, window, weaknesses)


def failures_at_end(window: Sequence[Observation]) -> tuple[Observation, ...]:
    """The unbroken run of failures with which a window ends."""
    return _run_at_end(window, failed=True)


def _next_state(now: Judgement, limits: JudgementLimits) -> LinkState:
    window, state = now.window, now.state
    if state is LinkState.NOT_CONFIGURED:
        return state
    if state is LinkState.OFFLINE:
        return state if window[-1].failed else LinkState.RECOVERING
    if window[-1].failed:
        # A run of failures leads to an outage or to nothing; that a link is lossy shows once something gets through.
        return LinkState.OFFLINE if _is_offline(window, limits) else state
    if state is LinkState.RECOVERING:
        run = _run_at_end(window, failed=False)
        held = len(run) >= limits.online_after and run[-1].at_s - run[0].at_s >= limits.online_span_s
        if not held and len(window) < limits.window:
            return state
    return LinkState.DEGRADED if _weaknesses(window, now.weaknesses, limits) else LinkState.ONLINE


def _is_offline(window: Sequence[Observation], limits: JudgementLimits) -> bool:
    run = failures_at_end(window)
    if len(run) >= limits.offline_after and run[-1].at_s - run[0].at_s >= limits.offline_span_s:
        return True
    failures = [each for each in window if each.failed]
    spread = bool(failures) and failures[-1].at_s - failures[0].at_s >= limits.offline_span_s
    return len(window) == limits.window and spread and _loss(window) >= limits.offline_loss


def _weaknesses(
    window: Sequence[Observation], before: Sequence[Weakness], limits: JudgementLimits
) -> tuple[Weakness, ...]:
    found = []
    failures = sum(each.failed for each in window)
    if Weakness.LOSSY in before:
        lossy = failures > 0 and _loss(window) > limits.lossy / 2
    else:
        lossy = failures >= 2 and _loss(window) >= limits.lossy
    if lossy:
        found.append(Weakness.LOSSY)
    easing = 0.75 if Weakness.SLOW in before else 1.0
    round_trip_s = _median([each.round_trip_s for each in window], at_least=3)
    goodput = _median([each.goodput for each in window], at_least=3)
    if (round_trip_s is not None and round_trip_s > limits.slow_round_trip_s * easing) or (
        goodput is not None and goodput < limits.slow_goodput * (1.5 if Weakness.SLOW in before else 1.0)
    ):
        found.append(Weakness.SLOW)
    last = window[-3:]
    busy = sum(each.busy for each in last)
    if busy >= (1 if Weakness.BUSY in before else limits.busy_of_last):
        found.append(Weakness.BUSY)
    heard = [each.silent for each in window if each.silent is not None]
    if heard[-1] if heard else Weakness.SILENT in before:
        found.append(Weakness.SILENT)
    return tuple(found)


def _is_of_one_burst(last: Observation, seen: Observation, limits: JudgementLimits) -> bool:
    alike = (last.failed, last.busy) == (seen.failed, seen.busy)
    return alike and seen.at_s - last.at_s < limits.spacing_s


def _run_at_end(window: Sequence[Observation], *, failed: bool) -> tuple[Observation, ...]:
    start = len(window)
    while start and window[start - 1].failed is failed:
        start -= 1
    return tuple(window[start:])


def _loss(window: Sequence[Observation]) -> float:
    return sum(each.failed for each in window) / len(window)


def _median(values: Sequence[float | None], at_least: int = 1) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if len(known) >= at_least else None
