"""Offices that send what waits: by the gateway's own rules, and two in the way that comes to mind first."""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from random import Random
from typing import Any

import simpy

from gateway.forwarding.backoff import CENTRE_BACKOFF, RETURN_SPREAD_S, wait_s
from gateway.forwarding.budget import Quota, allowance, allowed_at_s, spend, worth_a_send
from gateway.forwarding.order import OFFER_MOST, piece_end
from tests.simulation.centre import SimulatedCentre
from tests.simulation.observation import BIN_S, Observation
from tests.simulation.scenario import Scenario

Steps = Generator[simpy.Event, Any, None]
_DAY_S = 86_400.0


@dataclass
class WaitingPacket:
    """One packet of an office."""

    size: int
    early: int
    is_backlog: bool
    """It waited at the return."""
    sent: int = 0


class Office:
    """What waits in one office, and what it gets meanwhile."""

    def __init__(
        self,
        environment: simpy.Environment,
        scenario: Scenario,
        centre: SimulatedCentre,
        observation: Observation,
        number: int,
        random: Random,
    ) -> None:
        self.environment = environment
        self.scenario = scenario
        self.centre = centre
        self.observation = observation
        self.random = random
        self.name = f"office-{number}"
        self.line = number % len(scenario.lines)
        is_limited = random.random() < scenario.quota_share
        self.quota = Quota(per_hour=scenario.quota_per_hour) if is_limited else Quota()
        self.waiting: deque[WaitingPacket] = deque(
            self.made(is_backlog=True) for _ in range(_poisson(random, scenario.backlog))
        )
        waiting = sum(packet.size for packet in self.waiting)
        observation.backlog += len(self.waiting)
        observation.backlog_bytes += waiting
        observation.slowest_office_s = max(observation.slowest_office_s, waiting / self.rate)
        self.arrived = environment.event()

    @property
    def rate(self) -> float:
        """Bytes a second that the line and the quota let through."""
        line = self.scenario.lines[self.line]
        return min(line, self.quota.per_hour * (1 - self.quota.small_share) / 3600) if self.quota.limited else line

    def made(self, *, is_backlog: bool) -> WaitingPacket:
        """A person's packet."""
        size = int(self.scenario.packet_bytes * self.random.lognormvariate(0.0, self.scenario.packet_spread))
        return WaitingPacket(size, int(size * self.scenario.early_share), is_backlog)

    def work(self) -> Steps:
        """Go on recording people, in working hours; the centre came back as one began."""
        gap = self.scenario.working_s / self.scenario.people_per_day
        while True:
            yield self.environment.timeout(self.random.expovariate(1 / gap))
            if self.environment.now % _DAY_S < self.scenario.working_s:
                self.waiting.append(self.made(is_backlog=False))
                self.observation.recorded[int(self.environment.now // BIN_S)] += 1
                arrived, self.arrived = self.arrived, self.environment.event()
                arrived.succeed()

    def note_early(self) -> None:
        """The centre has the small parts of one more packet."""
        self.observation.known[int(self.environment.now // BIN_S)] += 1

    def note_whole(self, packet: WaitingPacket) -> None:
        """The centre has one more packet."""
        self.observation.whole[int(self.environment.now // BIN_S)] += 1
        self.observation.backlog -= packet.is_backlog
        self.centre.whole()


def forward(office: Office) -> Steps:
    """As the gateway's forwarder does it: notices, small parts of all, then the rest; obedient, with full jitter."""
    environment, centre, random = office.environment, office.centre, office.random
    # The last try failed at some instant before the return; whoever sees the link come back spreads its first call.
    untried = random.uniform(0.0, CENTRE_BACKOFF.cap_s)
    noticed = random.uniform(0.0, office.scenario.link_look_s) + random.uniform(0.0, RETURN_SPREAD_S)
    yield environment.timeout(min(untried, noticed))
    failures, asked, offered, connected = 0, False, 0, False
    spending: Any = {}
    while True:
        if not asked:
            centre.call(connects=not connected)
            connected = True
            if centre.is_busy(office.name):
                failures += 1
                yield environment.timeout(wait_s(CENTRE_BACKOFF, failures, random, centre.wait_s(office.name)))
                continue
            asked, failures = True, 0
        if not office.waiting:
            centre.leaves(office.name)
            yield office.arrived
            continue
        if offered < len(office.waiting):
            centre.call()
            offered = min(len(office.waiting), offered + OFFER_MOST)
            continue
        packet = next((each for each in office.waiting if each.sent < each.early), office.waiting[0])
        small = packet.sent < packet.early
        now = environment.now
        left = allowance(office.quota, spending, now, small=small)
        worth = worth_a_send(office.quota, packet.size - packet.sent)
        if left is not None and left < worth:
            at = allowed_at_s(office.quota, spending, now, worth, small=small)
            yield environment.timeout(max(1.0, at - now))
            continue
        if not centre.admits(office.name, sum(each.size - each.sent for each in office.waiting)):
            centre.call()
            failures, asked = failures + 1, False
            yield environment.timeout(wait_s(CENTRE_BACKOFF, failures, random, centre.wait_s(office.name)))
            continue
        end = piece_end(packet.sent, packet.early, packet.size, left, office.scenario.lines[office.line])
        spending = spend(spending, now, end - packet.sent, small=small) if office.quota.limited else spending
        yield centre.ingest.begin(office.line, end - packet.sent).done
        centre.sent(office.name, end - packet.sent)
        failures = 0
        packet.sent = end
        if small and end >= packet.early:
            office.note_early()
        if end >= packet.size:
            office.waiting.remove(packet)
            offered -= 1
            office.note_whole(packet)


def retry_naively(office: Office, *, resumes: bool) -> Steps:
    """All at once, again every few seconds: a packet as one request with a time-out; or resumed where it was cut."""
    environment, centre, scenario = office.environment, office.centre, office.scenario
    yield environment.timeout(office.random.uniform(0.0, scenario.naive_retry_s))
    while True:
        if not office.waiting:
            yield office.arrived
            continue
        packet = office.waiting[0]
        centre.call(connects=True)
        upload = centre.ingest.begin(office.line, packet.size - packet.sent)
        limit = environment.timeout(scenario.upload_timeout_s)
        yield upload.done | limit
        if upload.done.triggered:
            office.waiting.popleft()
            office.note_early()
            office.note_whole(packet)
            continue
        came = centre.ingest.cut(upload)
        if resumes:
            packet.sent += int(came)
        else:
            office.observation.wasted += came
        yield environment.timeout(scenario.naive_retry_s)


def _poisson(random: Random, mean: float) -> int:
    """A Poisson number by exponential gaps."""
    count, total = 0, random.expovariate(1.0)
    while total < mean:
        count += 1
        total += random.expovariate(1.0)
    return count
