"""How much a centre takes at once, and when those whom it turns away shall come again."""

import os
import random
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.central.metrics import CONDITION, FREE_BYTES, TURNED_AWAY, UPLOADS
from gateway.central.open_centre import LARGEST_PACKET_BYTES
from gateway.centre import CentreCondition

_LOOKED_BACK_S = 60.0
_BUSY_ABOVE = 0.75
"""Share of the uploads that may be under way."""
_FIRST_WAIT_S = 2.0
_LONGEST_SPREAD_S = 900.0
_ROOM_LOOKED_AT_S = 0.5
CLOSED_WAIT_S = 300.0


@dataclass(frozen=True)
class AdmissionLimits:
    """Bounds of what is taken."""

    uploads: int = 128
    """At once."""
    uploads_per_gateway: int = 8
    """Of them; more would take from the others."""
    offers: int = 64
    """Of up to 500 packets each, answered at once: for each packet that is held, a receipt is signed."""
    verifications: int = 64
    """Packets that came whole and wait for a verdict; beyond it no upload begins."""
    packet_bytes: int = LARGEST_PACKET_BYTES
    """Of a packet; the format has no larger."""
    kept_free_bytes: int = 1 << 30
    """On the disk of packets: below it nothing is taken, so that what is on its way, the store's log and the machine
    have room."""


class TurnedAway(Exception):
    """Not now; asks for time."""

    def __init__(self, reason: str, words: str, retry_after_s: float) -> None:
        super().__init__(words)
        self.reason = reason
        self.words = words
        self.retry_after_s = retry_after_s


class Admission:
    """Who may send now; used by one event loop.

    Parameters
    ----------
    limits : AdmissionLimits
    disk : Path
        A folder on the disk of packets.
    """

    def __init__(self, limits: AdmissionLimits, disk: Path) -> None:
        self.limits = limits
        self.is_closed = False
        """By its people, or because it is stopping."""
        self._disk = disk
        self._by_gateway: Counter[str] = Counter()
        self._promised = 0
        self._verifying = 0
        self._offers = 0
        self._turned_away: deque[float] = deque(maxlen=20_000)
        self._done: deque[float] = deque(maxlen=20_000)
        self._free = (0.0, 0)

    @contextmanager
    def upload(self, gateway_id: str, due_bytes: int) -> Iterator[None]:
        """Room for one upload of that many bytes.

        Raises
        ------
        TurnedAway
        """
        if self.is_closed:
            raise self._turn_away("CLOSED", "The centre takes nothing now.")
        under_way = self._by_gateway.total()
        if under_way >= self.limits.uploads or self._verifying >= self.limits.verifications:
            raise self._turn_away("BUSY", f"The centre has {under_way} uploads under way; come again.")
        if self._by_gateway[gateway_id] >= self.limits.uploads_per_gateway:
            words = f"This gateway has {self._by_gateway[gateway_id]} uploads under way already; end one first."
            raise self._turn_away("GATEWAY_BUSY", words)
        self._by_gateway[gateway_id] += 1
        self._promised += due_bytes
        UPLOADS.inc()
        try:
            yield
        finally:
            UPLOADS.dec()
            self._promised -= due_bytes
            self._by_gateway[gateway_id] -= 1
            if not self._by_gateway[gateway_id]:
                del self._by_gateway[gateway_id]

    @contextmanager
    def offer(self) -> Iterator[None]:
        """One offer of packets that is answered.

        Raises
        ------
        TurnedAway
        """
        if self._offers >= self.limits.offers:
            raise self._turn_away("BUSY", f"The centre answers {self._offers} offers already; come again.")
        self._offers += 1
        try:
            yield
        finally:
            self._offers -= 1

    @contextmanager
    def verification(self) -> Iterator[None]:
        """One packet that waits for its verdict or gets it."""
        self._verifying += 1
        try:
            yield
        finally:
            self._verifying -= 1
            self._done.append(time.monotonic())

    def has_room(self, due_bytes: int) -> bool:
        """Whether so many bytes have room beside what was promised already; looked at before any is taken."""
        return self._free_bytes() - self._promised - due_bytes >= self.limits.kept_free_bytes

    def condition(self) -> tuple[CentreCondition, float | None]:
        """How the centre does, and when to come again in seconds where it takes little or nothing."""
        found: tuple[CentreCondition, float | None]
        if self.is_closed or not self.has_room(0):
            found = CentreCondition.CLOSED, CLOSED_WAIT_S * _jitter()
        elif (
            self._by_gateway.total() >= _BUSY_ABOVE * self.limits.uploads
            or self._verifying >= _BUSY_ABOVE * self.limits.verifications
        ):
            found = CentreCondition.BUSY, self.wait_s()
        else:
            found = CentreCondition.ACCEPTING, None
        for each in CentreCondition:
            CONDITION.labels(each).set(float(each is found[0]))
        return found

    def wait_s(self) -> float:
        """Seconds until somebody who was turned away shall come again, spread over the time that those who were turned
        away in the last minute need by what was done in it."""
        now = time.monotonic()
        waiting, done = (_within(each, now) for each in (self._turned_away, self._done))
        per_second = max(done, 1) / _LOOKED_BACK_S
        spread = min(_LONGEST_SPREAD_S, max(_FIRST_WAIT_S, waiting / per_second))
        return _FIRST_WAIT_S + random.uniform(0.0, spread)  # noqa: S311 - spread, no secret

    def _turn_away(self, reason: str, words: str) -> TurnedAway:
        TURNED_AWAY.labels(reason).inc()
        self._turned_away.append(time.monotonic())
        return TurnedAway(reason, words, self.wait_s())

    def _free_bytes(self) -> int:
        now = time.monotonic()
        if now - self._free[0] > _ROOM_LOOKED_AT_S:
            status = os.statvfs(self._disk)
            self._free = now, status.f_bavail * status.f_frsize
            FREE_BYTES.set(self._free[1])
        return self._free[1]


def _within(times: deque[float], now: float) -> int:
    while times and now - times[0] > _LOOKED_BACK_S:
        times.popleft()
    return len(times)


def _jitter() -> float:
    return random.uniform(0.5, 1.5)  # noqa: S311
