"""One run: a scenario, a way of trying, a seed; what the centre met."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

import simpy

from tests.simulation.centre import SimulatedCentre
from tests.simulation.observation import Observation
from tests.simulation.offices import Office, Steps, forward, retry_naively
from tests.simulation.scenario import Scenario

WAYS: dict[str, Callable[[Office], Steps]] = {
    "gateway": forward,
    "naive": partial(retry_naively, resumes=False),
    "naive, resumed": partial(retry_naively, resumes=True),
}
_LOOK_S = 600.0
_GIVEN_UP_S = 3 * 3_600.0
"""Without one whole packet for so long, it is called a collapse."""


@dataclass(frozen=True)
class Outcome:
    """How a run went."""

    way: str
    observation: Observation
    seconds: float
    """Until the last packet that had waited was there; where it never was, how long it was watched."""
    drained: bool
    ideal_s: float
    """What it takes at least: all bytes at the centre's capacity, or the slowest office's at its own."""
    backlog_packets: int

    @property
    def peak_load(self) -> float:
        """Largest load of a minute."""
        return max(self.load)

    @property
    def load(self) -> list[float]:
        """Of each minute."""
        return self.observation.load(self._capacity)

    _capacity: float = 1.0


def run(scenario: Scenario, way: str, seed: int) -> Outcome:
    """From the centre's return until nothing is left of what waited, or nothing moves any more."""
    environment = simpy.Environment()
    observation = Observation()
    random = Random(seed)
    centre = SimulatedCentre(environment, scenario, observation, random)
    for number in range(scenario.offices):
        office = Office(environment, scenario, centre, observation, number, Random(random.random()))
        environment.process(office.work())
        environment.process(WAYS[way](office))
    backlog = observation.backlog
    while observation.backlog and environment.now < scenario.horizon_s:
        environment.run(environment.now + _LOOK_S)
        since = int((environment.now - _GIVEN_UP_S) // 60)
        if environment.now > _GIVEN_UP_S and not any(minute >= since for minute in observation.whole):
            break
    drained = not observation.backlog
    end_s = 60.0 * (1 + max(observation.whole, default=0)) if drained else environment.now
    size = scenario.packet_bytes * sum(observation.recorded.values()) + observation.backlog_bytes
    ideal_s = max(size / scenario.centre_bytes_per_s, observation.slowest_office_s)
    return Outcome(way, observation, end_s, drained, ideal_s, backlog, scenario.centre_bytes_per_s)
