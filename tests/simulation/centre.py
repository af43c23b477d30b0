"""A centre that takes so many bytes a second: uploads share it as their lines allow, or are turned away."""

import heapq
from random import Random

import simpy

from gateway.central.turns import Intake, Turns
from tests.simulation.observation import Observation
from tests.simulation.scenario import Scenario


class Upload:
    """Bytes under way."""

    def __init__(self, environment: simpy.Environment, line: int, size: float) -> None:
        self.done = environment.event()
        self.line = line
        self.size = size
        self.goal = 0.0
        """Of what its line has carried since the beginning, when it ends."""
        self.is_open = True


class Ingest:
    """The wire and the disk: every upload gets what its line carries, or an even share of what there is.

    Uploads on lines of one rate progress alike, so that one clock for each rate is enough: it shows the bytes that an
    upload on such a line has been given since the beginning.
    """

    def __init__(self, environment: simpy.Environment, scenario: Scenario, observation: Observation) -> None:
        self._environment = environment
        self._lines = scenario.lines
        self._capacity = scenario.centre_bytes_per_s
        self._observation = observation
        self._clocks = [0.0] * len(self._lines)
        self._counts = [0] * len(self._lines)
        self._rates = [0.0] * len(self._lines)
        self._ends: list[list[tuple[float, int, Upload]]] = [[] for _ in self._lines]
        self._at = 0.0
        self._version = 0
        self._number = 0

    @property
    def asked(self) -> float:
        """Bytes a second that the lines of all uploads would carry."""
        return sum(count * line for count, line in zip(self._counts, self._lines, strict=True))

    def begin(self, line: int, size: float) -> Upload:
        """Start an upload; its `done` tells of the end."""
        self._advance()
        upload = Upload(self._environment, line, size)
        upload.goal = self._clocks[line] + size
        self._number += 1
        heapq.heappush(self._ends[line], (upload.goal, self._number, upload))
        self._counts[line] += 1
        self._changed()
        return upload

    def cut(self, upload: Upload) -> float:
        """End an upload before its end; the bytes that came."""
        self._advance()
        upload.is_open = False
        self._counts[upload.line] -= 1
        self._changed()
        return upload.size - max(0.0, upload.goal - self._clocks[upload.line])

    def _advance(self) -> None:
        now = self._environment.now
        if now > self._at:
            taken = sum(count * rate for count, rate in zip(self._counts, self._rates, strict=True))
            self._observation.spread(self._observation.asked, self._at, now, self.asked * (now - self._at))
            self._observation.spread(self._observation.taken, self._at, now, taken * (now - self._at))
            for index, rate in enumerate(self._rates):
                self._clocks[index] += rate * (now - self._at)
        self._at = now

    def _changed(self) -> None:
        """Share anew, and wake up when the next upload ends."""
        share = _even_share(self._lines, self._counts, self._capacity)
        self._rates = [min(line, share) for line in self._lines]
        self._version += 1
        next_s = min(
            (
                (ends[0][0] - clock) / rate
                for ends, clock, rate in zip(self._ends, self._clocks, self._rates, strict=True)
                if _first_open(ends)
            ),
            default=None,
        )
        if next_s is not None:
            version = self._version
            wake = self._environment.timeout(max(0.0, next_s))
            wake.callbacks.append(lambda _: self._end(version))

    def _end(self, version: int) -> None:
        if version != self._version:
            return
        self._advance()
        for line, ends in enumerate(self._ends):
            while _first_open(ends) and ends[0][0] - self._clocks[line] <= 1e-3:
                upload = heapq.heappop(ends)[2]
                upload.is_open = False
                self._counts[line] -= 1
                upload.done.succeed()
        self._changed()


class SimulatedCentre:
    """Who may send, and when those whom it turns away come again: by the very rules of `gateway.central`."""

    def __init__(
        self, environment: simpy.Environment, scenario: Scenario, observation: Observation, random: Random
    ) -> None:
        self._environment = environment
        self._scenario = scenario
        self._observation = observation
        self._turns = Turns(scenario.centre_bytes_per_s, random)
        self.ingest = Ingest(environment, scenario, observation)

    def call(self, *, connects: bool = False) -> None:
        """Work of a call that moves nothing."""
        work = self._scenario.call_bytes + (self._scenario.connection_bytes if connects else 0.0)
        now = self._environment.now
        self._observation.spread(self._observation.asked, now, now, work)

    def is_busy(self, office: str) -> bool:
        """Whether it says so to an office that asks."""
        return self._turns.is_busy(office, self._environment.now, self._intake)

    def admits(self, office: str, waiting_bytes: int) -> bool:
        """Whether one more upload may begin."""
        return self._turns.admits(office, waiting_bytes, self._environment.now, self._intake)

    def sent(self, office: str, size: int) -> None:
        """Bytes of an upload that ended."""
        self._turns.sent(office, size)

    def whole(self) -> None:
        """A packet was received whole."""
        self._turns.whole(self._environment.now)

    def leaves(self, office: str) -> None:
        """It has nothing more to send now."""
        self._turns.leaves(office)

    def wait_s(self, office: str) -> float:
        """What somebody who is turned away is asked to wait."""
        self._observation.refusals += 1
        return self._turns.turned_away(office, self._environment.now)

    @property
    def _intake(self) -> Intake:
        return Intake(self.ingest.asked, self._scenario.typical_line)


def _first_open(ends: list[tuple[float, int, Upload]]) -> bool:
    while ends and not ends[0][2].is_open:
        heapq.heappop(ends)
    return bool(ends)


def _even_share(lines: tuple[float, ...], counts: list[int], capacity: float) -> float:
    """The rate that nobody exceeds, such that all together take no more than the capacity (max-min fairness)."""
    left, many = capacity, sum(counts)
    for line, count in sorted(zip(lines, counts, strict=True)):
        if not many or line * many <= left:
            left -= line * count
            many -= count
            continue
        return left / many
    return max(lines)
